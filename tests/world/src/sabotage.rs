//! Defects that are put in to see a law broken.

/// A defect put in on purpose, so that it is seen that a law can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sabotage {
    EventLost,
    EventTwice,
    EndWithheld,
    ReplyEndLost,
    SpeechStopLost,
    TurnTwice,
    AnswersSwapped,
    VoicesSwapped,
    ClearLost,
    SoundDoubled,
    SoundAfterClose,
    SlotsNotLeft,
    SeatsWithoutBound,
    CommitPretended,
    BookedTwice,
    EndNeverSeen,
    LogWithoutEnds,
}
