//! What the business may tell a call to do.

use std::fmt;
use std::sync::Arc;

use crate::Pii;

/// One side's holding of the floor, counted per call from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TurnId(pub u32);

/// What the agent says in one turn, named by the business, unique within a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplyId(pub u32);

/// A wish of the business about one call.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum CallCommand {
    /// Speak. A reply that is still being spoken goes on first; an interrupted one is over.
    Say(Say),
    /// Get ready for the turn's being over as guessed: what is to be said is made, and nothing is done. If the turn
    /// ends with this guess, the commands are carried out at that moment and [`TurnOver::prepared`] says so; if not,
    /// they are dropped without a trace. A guess that is not the latest is ignored, as is a `Prepare` inside.
    ///
    /// [`TurnOver::prepared`]: crate::TurnOver::prepared
    Prepare {
        /// Which guess.
        guess: GuessId,
        /// What to do, in order.
        commands: Vec<CallCommand>,
    },
    /// Drop this reply if it has not finished: what is left of it is not spoken.
    Cancel(ReplyId),
    /// What kind of answer comes next, so that the call waits as long as such an answer needs.
    Expect(Expected),
    /// End the call once everything said so far has been heard.
    Finish(AfterCall),
    /// End the call now, mid-word.
    HangUp,
}

/// A guess that the caller's turn may be over, counted per call from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GuessId(pub u32);

/// One reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Say {
    /// Name of this reply.
    pub reply: ReplyId,
    /// The turn it answers; `None` for a greeting or a prompt after silence.
    pub answers: Option<TurnId>,
    /// The words, as written text with sentence marks.
    pub text: Pii<String>,
    /// How to say them.
    pub style: Style,
    /// How much of it the caller cannot cut off.
    pub protection: Protection,
}

/// How much of a reply the caller cannot cut off by speaking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protection {
    /// Nothing: the agent yields at once.
    #[default]
    None,
    /// Its first 300 ms: a greeting, over which people say "hello?".
    Opening,
    /// All of it: a legal notice, an emergency number.
    Whole,
}

/// How a reply is spoken. Every voice obeys it, whichever engine it comes from; a number that is not finite counts as
/// its default.
#[derive(Clone, Debug, PartialEq)]
pub struct Style {
    /// Name of a voice that the synthesiser has; `None`, and a name that it does not have, for its default.
    pub voice: Option<String>,
    /// Speaking rate: 1.0 as the voice was recorded, 0.8 slower, 1.2 faster. Clamped to 0.5-2.0.
    pub pace: f32,
    /// Semitones above the voice as it was recorded, below it if negative. Clamped to -6 to 6.
    pub pitch: f32,
    /// Length of the silence between sentences, as a multiple of the voice's own. Clamped to 0-4.
    pub pause: f32,
    /// Decibels louder than the voice as it was recorded, softer if negative. Clamped to -12 to 6.
    pub energy_db: f32,
    /// How to say words that the voice would say wrong.
    pub pronunciations: Arc<[Pronunciation]>,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            voice: None,
            pace: 1.0,
            pitch: 0.0,
            pause: 1.0,
            energy_db: 0.0,
            pronunciations: Arc::default(),
        }
    }
}

/// How to say a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pronunciation {
    /// The word as it is written, without spaces; found whatever its capitals are.
    pub word: Arc<str>,
    /// Spelled the way it sounds, for every voice: "shi-vawn".
    pub respelling: Option<Arc<str>>,
    /// Its phonemes (IPA), for voices that read phonemes; the others take the respelling.
    pub phonemes: Option<Arc<str>>,
}

/// What the agent has just asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expectation {
    /// Nothing in particular.
    #[default]
    Anything,
    /// Yes or no.
    YesNo,
    /// A day or a time of day.
    DateTime,
    /// A person's name, perhaps spelled.
    Name,
    /// A telephone number or another row of digits, spoken in groups or typed.
    Digits,
    /// Something spelled out: an e-mail address, a street.
    Spelling,
}

/// What the agent has just asked for, and words that are likely in the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// The kind of answer.
    pub answer: Expectation,
    /// Words and names that are likely in it, as they are written: services, streets, people who work there.
    pub phrases: Arc<[Box<str>]>,
}

impl From<Expectation> for Expected {
    fn from(answer: Expectation) -> Self {
        Self { answer, phrases: Arc::default() }
    }
}

/// What happens to the caller once our side of the call is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AfterCall {
    /// The carrier hangs up.
    HangUp,
    /// The carrier connects the caller to this E.164 number or SIP address.
    Transfer(Pii<String>),
}

/// Takes commands for one call from any thread; never waits.
pub trait CommandSink: Send + Sync {
    /// Hands one command to the call.
    ///
    /// # Errors
    /// See [`CommandRefused`].
    fn send(&self, command: CallCommand) -> Result<(), CommandRefused>;
}

/// The call did not take the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandRefused {
    /// The call is over; forget it.
    CallOver,
    /// The call has more commands waiting than it may; try again after its next event.
    Full,
}

impl fmt::Display for CommandRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CallOver => "the call is over",
            Self::Full => "the call has too many commands waiting",
        })
    }
}

impl std::error::Error for CommandRefused {}
