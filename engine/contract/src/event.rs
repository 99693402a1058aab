//! What happens in a call, as the business hears it.

use std::time::Duration;

use crate::{
    CallId, CallMeasures, CallerEmotion, Digit, EmotionGuess, EndCause, GuessId, Pii, ReplyId,
    ReplyLatency, Shift, TurnId,
};

/// One thing that happened in one call.
///
/// A call's events are numbered without a gap from 0; the first is [`CallFact::Started`], the last
/// [`CallFact::Ended`], and there is exactly one of each.
#[derive(Clone, Debug, PartialEq)]
pub struct CallEvent {
    /// The call.
    pub call: CallId,
    /// Number of the event within the call, from 0.
    pub seq: u32,
    /// Time since the call began.
    pub at: Duration,
    /// What happened.
    pub fact: CallFact,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum CallFact {
    /// The call was taken.
    Started(Arrival),
    /// The caller began to speak.
    SpeechStarted,
    /// The caller paused; the turn may or may not be over.
    SpeechStopped,
    /// The words so far of the caller's turn. Only the first `stable` bytes will not change.
    Partial {
        /// The turn.
        turn: TurnId,
        /// All words so far.
        text: Pii<String>,
        /// Length in bytes of the prefix that two runs of the recogniser agreed on.
        stable: usize,
    },
    /// The caller paused. If the turn ends here, these are its words: an answer may be prepared
    /// ([`CallCommand::Prepare`](crate::CallCommand::Prepare)), and nothing with an effect may be done yet.
    TurnLikely(TurnGuess),
    /// How the caller came across in a turn, once a turn, where the tenant has switched it on. Mostly right before
    /// [`Self::TurnOver`]; later when the lane was slow, since nothing waits for it.
    Emotion(CallerEmotion),
    /// With the [`Self::Emotion`] of this turn, which it follows, the mood of the call has turned.
    MoodShifted {
        /// The turn.
        turn: TurnId,
        /// Which way.
        shift: Shift,
    },
    /// The caller's turn is over: answer it.
    TurnOver(TurnOver),
    /// Nobody has answered the turn for so long that the caller wonders; told once a turn. Say something short.
    AnswerOwed {
        /// The turn that was over.
        turn: TurnId,
        /// Since then.
        lasted: Duration,
    },
    /// The caller pressed a key.
    Digit(Digit),
    /// The first audio of a reply was sent.
    ReplyStarted {
        /// The reply.
        reply: ReplyId,
    },
    /// How long the reply to a turn took.
    Latency {
        /// The turn that was answered.
        turn: TurnId,
        /// The reply.
        reply: ReplyId,
        /// Where the time went.
        parts: ReplyLatency,
    },
    /// The caller cut in and the line fell silent; `ReplyEnded` of the reply follows.
    Interrupted {
        /// The reply that was cut.
        reply: ReplyId,
        /// From the caller's first loud sample to the moment playout stopped.
        after: Duration,
    },
    /// The caller made a sound while a reply was spoken, the agent fell silent, found that it was no interruption, and
    /// went on from the same sample. The sound is no turn: a [`Self::Partial`] of it is void.
    WentOn {
        /// The reply that went on.
        reply: ReplyId,
        /// The turn that was none.
        turn: TurnId,
        /// What it was.
        aside: Aside,
        /// How long the agent was silent.
        silent: Duration,
    },
    /// A reply is over.
    ReplyEnded {
        /// The reply.
        reply: ReplyId,
        /// How it ended.
        outcome: ReplyOutcome,
        /// The part of its text that left the line, to the word.
        heard: Pii<String>,
    },
    /// Neither side has spoken for this long since the last reply ended.
    Quiet {
        /// How long.
        lasted: Duration,
    },
    /// How the conversation went, once, before [`Self::Ended`].
    Measured(CallMeasures),
    /// The call is over. Nothing follows.
    Ended {
        /// Why.
        cause: EndCause,
    },
}

/// A call as it comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The way it came.
    pub carrier: Carrier,
    /// The carrier's own name for the call (Twilio's CallSid, a SIP Call-ID).
    pub carrier_call: String,
    /// The address that was called: an E.164 number, a SIP user.
    pub line: Pii<String>,
    /// Who calls, when the carrier says so.
    pub caller: Option<Pii<String>>,
}

/// The way a call comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Carrier {
    /// Twilio Media Streams.
    Twilio,
}

impl Carrier {
    /// The carrier as one lower-case word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Twilio => "twilio",
        }
    }
}

/// A finished turn of the caller.
#[derive(Clone, Debug, PartialEq)]
pub struct TurnOver {
    /// The turn.
    pub turn: TurnId,
    /// Its words. Empty when there was sound but no word.
    pub text: Pii<String>,
    /// The recogniser's confidence in the words, 0-1.
    pub confidence: f32,
    /// Who decided.
    pub reason: TurnReason,
    /// The guess whose prepared commands were carried out; `None`: nothing has been done yet.
    pub prepared: Option<GuessId>,
}

/// A turn that may be over.
#[derive(Clone, Debug, PartialEq)]
pub struct TurnGuess {
    /// Name of the guess.
    pub guess: GuessId,
    /// The turn.
    pub turn: TurnId,
    /// Its words, if it ends here.
    pub text: Pii<String>,
    /// The recogniser's confidence in the words, 0-1.
    pub confidence: f32,
    /// How the caller came across, if it is known already: what [`CallFact::Emotion`] is likely to say.
    pub emotion: Option<EmotionGuess>,
}

/// A sound of the caller's that takes no turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Aside {
    /// "Mm-hm", "okay": the caller listens and wants to hear more.
    BackChannel,
    /// A cough, a door, a voice in the background: no words.
    Noise,
}

impl Aside {
    /// The aside as one word with underscores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BackChannel => "back_channel",
            Self::Noise => "noise",
        }
    }
}

/// Why a turn was taken to be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TurnReason {
    /// The turn judge and the words said so.
    Judged,
    /// The pause outlasted the patience for what was asked.
    Patience,
}

impl TurnReason {
    /// The reason as one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Judged => "judged",
            Self::Patience => "patience",
        }
    }
}

/// How a reply ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplyOutcome {
    /// All of it was spoken.
    Finished,
    /// The caller cut in.
    Interrupted,
    /// The business took it back.
    Cancelled,
    /// The call ended first.
    CallEnded,
    /// The synthesiser could not speak it.
    Failed,
}

impl ReplyOutcome {
    /// The outcome as one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Interrupted => "interrupted",
            Self::Cancelled => "cancelled",
            Self::CallEnded => "call_ended",
            Self::Failed => "failed",
        }
    }
}
