//! A scenario file: who calls, what they say and when, how they react, and what must come of it.
//!
//! `gateway/server/scenarios/README.md` explains it to those who write one. Everything is checked when the file is read, so that a
//! call is not begun with a scenario that cannot be followed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::civil::Time;
use serde::Deserialize;
use serde::de::Error as _;

use super::day::Day;
use super::persona::{Habits, Nods};
use super::phrase::AnyOf;
use super::profile::WrittenEcho;
use super::yaml::{self, from_ms};

mod written;

/// A caller with something in mind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// One line that says what is proven.
    pub(crate) name: String,
    /// The number that is called.
    #[serde(default = "receptionist")]
    pub(crate) line: String,
    /// The number that calls.
    #[serde(default = "some_caller")]
    pub(crate) caller: String,
    /// The Flite voice that the caller speaks with.
    #[serde(default = "rms")]
    pub(crate) voice: String,
    /// Speed of that voice, 1 as recorded.
    #[serde(default = "as_recorded")]
    pub(crate) pace: f32,
    /// Level of the noise around the caller, in dB under full scale (for example -45); none when left out.
    pub(crate) noise_dbov: Option<f32>,
    /// The agent's voice comes back to it, as from a speakerphone.
    pub(crate) echo: Option<WrittenEcho>,
    /// How long the agent must have been silent before this caller takes the floor.
    #[serde(default = "polite", rename = "pause_ms", deserialize_with = "from_ms")]
    pub(crate) pause: Duration,
    /// How long the caller waits for the agent before saying `otherwise`.
    #[serde(default = "patience", rename = "patience_ms", deserialize_with = "from_ms")]
    pub(crate) patience: Duration,
    /// The call is broken off, and has failed, after this long.
    #[serde(default = "long_enough", rename = "call_max_ms", deserialize_with = "from_ms")]
    pub(crate) call_max: Duration,
    /// What the caller does, in order.
    pub(crate) steps: Vec<Step>,
    /// What the caller answers while no step is due.
    #[serde(default)]
    pub(crate) reactions: Vec<Reaction>,
    /// What the caller says when nothing else fits.
    #[serde(default = "pardon")]
    pub(crate) otherwise: String,
    /// Names in what the caller says, which some callers spell.
    #[serde(default)]
    pub(crate) names: Vec<String>,
    /// What must come of it.
    #[serde(default)]
    pub(crate) expect: Expect,
    /// Where the file lies: what is played is looked for from here.
    #[serde(skip)]
    pub(crate) folder: PathBuf,
    /// What a persona does besides.
    #[serde(skip)]
    pub(crate) habits: Habits,
}

/// Something that the caller does of its own accord.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "written::WrittenStep")]
pub(crate) struct Step {
    /// When.
    pub(crate) when: When,
    /// Only once the agent has said this, since the caller last spoke.
    pub(crate) on: Option<AnyOf>,
    /// What.
    pub(crate) deed: Deed,
}

/// When a step is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Once the agent has finished speaking.
    AfterAgent,
    /// This long after the agent began to speak, cutting it off.
    CutIn(Duration),
    /// This long after the step before, or after the call began, whatever the agent does.
    After(Duration),
}

/// What the caller can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Speak, and perhaps hang up before it is all said.
    Speak {
        /// The sound.
        voice: Voice,
        /// Hang up this long after the first loud sample.
        hang_up_after: Option<Duration>,
    },
    /// Press keys, five a second.
    Press(Vec<char>),
    /// Say nothing for this long, whatever the agent does.
    StaySilent(Duration),
    /// Hang up.
    HangUp,
}

/// Where the caller's sound comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Voice {
    /// A text for the caller's Flite voice.
    Text(String),
    /// A sound file: WAV of 8, 16, 24 or 48 kHz.
    File(PathBuf),
}

/// What the caller answers when the agent says something.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "written::WrittenReaction")]
pub(crate) struct Reaction {
    /// What the agent says.
    pub(crate) on: AnyOf,
    /// The answer, in one or several wordings that take turns: who is asked again puts it another way.
    pub(crate) deeds: Vec<Deed>,
    /// How often at most.
    pub(crate) times: u32,
}

/// What must have come of a call.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    /// Said by the agent, in this order.
    #[serde(default)]
    pub(crate) agent_says: Vec<AnyOf>,
    /// Never said by the agent.
    #[serde(default)]
    pub(crate) agent_never_says: Vec<AnyOf>,
    /// Understood of the caller, in this order.
    #[serde(default)]
    pub(crate) caller_is_heard: Vec<AnyOf>,
    /// A booking that this call made.
    pub(crate) appointment: Option<ExpectAppointment>,
    /// Set to `true`: the call booked nothing.
    #[serde(default)]
    pub(crate) no_appointment: bool,
    /// Rows of the call's appointments, whatever has become of them.
    #[serde(default)]
    pub(crate) rows: Vec<ExpectRows>,
    /// Events of the call.
    #[serde(default)]
    pub(crate) events: Vec<ExpectEvents>,
    /// Who ended the call.
    pub(crate) ended_by: Option<Side>,
    /// The number that the call went on to.
    pub(crate) transfer_to: Option<String>,
    /// The agent was cut off at least once, and knows it.
    pub(crate) interrupted: Option<bool>,
    /// The agent fell silent within this long of being cut off.
    pub(crate) agent_stops_within_ms: Option<u64>,
    /// Median time from the end of the caller's words to the agent's first, at the caller's ear.
    pub(crate) reply_p50_at_most_ms: Option<u64>,
    /// The same for 95 of 100 replies.
    pub(crate) reply_p95_at_most_ms: Option<u64>,
    /// Replies that the caller heard.
    pub(crate) replies_at_least: Option<usize>,
    /// Times that the agent began to speak while the caller was speaking.
    pub(crate) talked_over_at_most: Option<usize>,
    /// Times that the agent's sound ran dry in the middle of something.
    pub(crate) stutters_at_most: Option<u32>,
}

/// How many rows of a kind the calendar must hold of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectRows {
    /// `booked`, `cancelled` or `moved`; any when left out.
    pub(crate) state: Option<RowState>,
    /// What the rows say.
    #[serde(default)]
    pub(crate) appointment: ExpectAppointment,
    /// So many.
    pub(crate) count: usize,
}

/// What has become of an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RowState {
    /// It stands.
    Booked,
    /// It was called off.
    Cancelled,
    /// Another took its place.
    Moved,
}

impl RowState {
    /// The state as the API has it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Cancelled => "cancelled",
            Self::Moved => "moved",
        }
    }
}

/// How often something must have happened in a call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectEvents {
    /// The event's `type`, as `/v1/events` has it.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// At least so often; once when neither bound is given.
    pub(crate) at_least: Option<usize>,
    /// At most so often.
    pub(crate) at_most: Option<usize>,
}

/// A booking, as far as a scenario cares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectAppointment {
    /// The service.
    pub(crate) service: Option<AnyOf>,
    /// The day, in the tenant's time zone.
    pub(crate) day: Option<Day>,
    /// Begins at this time of day or later.
    #[serde(default, deserialize_with = "time_of_day")]
    pub(crate) from: Option<Time>,
    /// Begins before this time of day.
    #[serde(default, deserialize_with = "time_of_day")]
    pub(crate) until: Option<Time>,
    /// The name.
    pub(crate) name: Option<AnyOf>,
}

/// Who ended a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Side {
    /// The caller hung up.
    Caller,
    /// The agent hung up.
    Agent,
    /// The call went on to another number.
    Transfer,
}

impl Side {
    /// The side as one word.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Agent => "agent",
            Self::Transfer => "transfer",
        }
    }
}

/// A scenario could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// The file is not there or not readable.
    #[error("cannot read the scenario {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file does not say what a scenario must say.
    #[error("{place}: {what}")]
    Wrong {
        /// File, line and column as far as known.
        place: String,
        /// What is wrong.
        what: String,
    },
}

impl Scenario {
    /// The shipped scenario or the file of this name.
    ///
    /// # Errors
    /// [`ScenarioError`] when it is neither, or wrong.
    pub fn named(name: &str) -> Result<Self, ScenarioError> {
        super::shipped::find(name)
    }

    /// A scenario written in YAML; what it plays is looked for from `folder`.
    ///
    /// # Errors
    /// [`ScenarioError::Wrong`] with line and column.
    pub fn from_yaml(text: &str, folder: &Path) -> Result<Self, ScenarioError> {
        Self::parse(text, "scenario", folder.to_owned())
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`ScenarioError`] with file, line and column.
    pub(crate) fn read(path: &Path) -> Result<Self, ScenarioError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ScenarioError::Unreadable { path: path.to_owned(), source })?;
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Self::parse(&text, &path.display().to_string(), folder)
    }

    /// Reads a scenario from `text`; `origin` names it in errors.
    ///
    /// # Errors
    /// [`ScenarioError::Wrong`].
    pub(crate) fn parse(text: &str, origin: &str, folder: PathBuf) -> Result<Self, ScenarioError> {
        let mut scenario: Self = yaml::parse(text, origin)?;
        scenario.folder = folder;
        let wrong = |what: &str| {
            Err(ScenarioError::Wrong { place: origin.to_owned(), what: what.to_owned() })
        };
        if scenario.expect.no_appointment && scenario.expect.appointment.is_some() {
            return wrong("`appointment` and `no_appointment` cannot both be expected");
        }
        if !(0.5..=2.0).contains(&scenario.pace) {
            return wrong("`pace` lies between 0.5 and 2");
        }
        if scenario.noise_dbov.is_some_and(|level| !(-90.0..=-10.0).contains(&level)) {
            return wrong("`noise_dbov` lies between -90 and -10");
        }
        Ok(scenario)
    }

    /// Everything that the caller may say, so that it can be made ready before the call.
    pub(crate) fn voices(&self) -> impl Iterator<Item = Voice> {
        let deeds = self.steps.iter().map(|step| &step.deed);
        let all = deeds.chain(self.reactions.iter().flat_map(|reaction| &reaction.deeds));
        let spoken = all.filter_map(|deed| match deed {
            Deed::Speak { voice, .. } => Some(voice.clone()),
            _ => None,
        });
        let nods = self.habits.nods.iter().flat_map(Nods::voices);
        spoken.chain([Voice::Text(self.otherwise.clone())]).chain(nods)
    }
}

fn receptionist() -> String {
    "+15005550100".to_owned()
}

fn some_caller() -> String {
    "+12025550142".to_owned()
}

fn rms() -> String {
    "rms".to_owned()
}

const fn as_recorded() -> f32 {
    1.0
}

const fn polite() -> Duration {
    Duration::from_millis(600)
}

const fn patience() -> Duration {
    Duration::from_secs(12)
}

const fn long_enough() -> Duration {
    Duration::from_secs(180)
}

fn pardon() -> String {
    "Sorry, could you say that again?".to_owned()
}

fn time_of_day<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Time>, D::Error> {
    let written = String::deserialize(deserializer)?;
    let time = Time::strptime("%H:%M", &written).map_err(|_error| {
        D::Error::custom(format!("{written:?} is not a time of day; write \"09:30\", in quotes"))
    })?;
    Ok(Some(time))
}

#[cfg(test)]
mod tests;
