//! Steps and reactions as they are written, checked and turned into what they mean.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::super::phrase::{AnyOf, words};
use super::{Deed, Reaction, Step, Voice, When};

/// A step as it is written: one of the deeds, at most one of the times.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenStep {
    say: Option<String>,
    play: Option<PathBuf>,
    keys: Option<String>,
    silence_ms: Option<u64>,
    #[serde(default)]
    hang_up: bool,
    hang_up_after_ms: Option<u64>,
    on: Option<AnyOf>,
    cut_in_after_ms: Option<u64>,
    after_ms: Option<u64>,
}

/// A reaction as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenReaction {
    on: AnyOf,
    say: Option<Wordings>,
    play: Option<PathBuf>,
    keys: Option<String>,
    #[serde(default)]
    hang_up: bool,
    times: Option<u32>,
}

/// One way to say something, or several.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a text or a list of texts")]
enum Wordings {
    One(String),
    Several(Vec<String>),
}

/// A step or reaction says too little or too much.
#[derive(Debug, thiserror::Error)]
pub(super) enum WrongStep {
    #[error("expected exactly one of `say`, `play`, `keys`, `silence_ms` and `hang_up: true`")]
    NotOneDeed,
    #[error("`cut_in_after_ms` and `after_ms` exclude each other, and `on` goes with neither")]
    TwoTimes,
    #[error("`hang_up_after_ms` goes with `say` or `play` only")]
    NothingToBreakOff,
    #[error("{0:?} is not a key of a telephone: 0-9, * and # are")]
    NotAKey(char),
    #[error("there is nothing to say: the text has no word")]
    Wordless,
}

struct WrittenDeed {
    say: Option<String>,
    play: Option<PathBuf>,
    keys: Option<String>,
    silence_ms: Option<u64>,
    hang_up: bool,
    hang_up_after_ms: Option<u64>,
}

impl TryFrom<WrittenDeed> for Deed {
    type Error = WrongStep;

    fn try_from(written: WrittenDeed) -> Result<Self, WrongStep> {
        let hang_up_after = written.hang_up_after_ms.map(Duration::from_millis);
        let mut deeds = Vec::new();
        if let Some(text) = written.say {
            if words(&text).is_empty() {
                return Err(WrongStep::Wordless);
            }
            deeds.push(Self::Speak { voice: Voice::Text(text), hang_up_after });
        }
        if let Some(path) = written.play {
            deeds.push(Self::Speak { voice: Voice::File(path), hang_up_after });
        }
        if let Some(keys) = written.keys {
            let keys: Vec<char> = keys.chars().filter(|key| !key.is_whitespace()).collect();
            let known = |key: &char| matches!(key, '0'..='9' | '*' | '#');
            if let Some(&other) = keys.iter().find(|key| !known(key)) {
                return Err(WrongStep::NotAKey(other));
            }
            deeds.push(Self::Press(keys));
        }
        if let Some(ms) = written.silence_ms {
            deeds.push(Self::StaySilent(Duration::from_millis(ms)));
        }
        if written.hang_up {
            deeds.push(Self::HangUp);
        }
        match (deeds.pop(), deeds.is_empty()) {
            (Some(deed), true) => {
                if hang_up_after.is_some() && !matches!(deed, Self::Speak { .. }) {
                    return Err(WrongStep::NothingToBreakOff);
                }
                Ok(deed)
            }
            _ => Err(WrongStep::NotOneDeed),
        }
    }
}

impl TryFrom<WrittenStep> for Step {
    type Error = WrongStep;

    fn try_from(written: WrittenStep) -> Result<Self, WrongStep> {
        let when = match (written.cut_in_after_ms, written.after_ms, &written.on) {
            (None, None, _) => When::AfterAgent,
            (Some(ms), None, None) => When::CutIn(Duration::from_millis(ms)),
            (None, Some(ms), None) => When::After(Duration::from_millis(ms)),
            _ => return Err(WrongStep::TwoTimes),
        };
        let deed = Deed::try_from(WrittenDeed {
            say: written.say,
            play: written.play,
            keys: written.keys,
            silence_ms: written.silence_ms,
            hang_up: written.hang_up,
            hang_up_after_ms: written.hang_up_after_ms,
        })?;
        Ok(Self { when, on: written.on, deed })
    }
}

impl TryFrom<WrittenReaction> for Reaction {
    type Error = WrongStep;

    fn try_from(written: WrittenReaction) -> Result<Self, WrongStep> {
        let wordings = match written.say {
            None => vec![None],
            Some(Wordings::One(text)) => vec![Some(text)],
            Some(Wordings::Several(texts)) => texts.into_iter().map(Some).collect(),
        };
        let deeds = wordings.into_iter().map(|say| {
            Deed::try_from(WrittenDeed {
                say,
                play: written.play.clone(),
                keys: written.keys.clone(),
                silence_ms: None,
                hang_up: written.hang_up,
                hang_up_after_ms: None,
            })
        });
        let deeds: Vec<Deed> = deeds.collect::<Result<_, _>>()?;
        if deeds.is_empty() {
            return Err(WrongStep::NotOneDeed);
        }
        Ok(Self { on: written.on, deeds, times: written.times.unwrap_or(TIMES) })
    }
}

/// How often a reaction is given unless it says otherwise: enough for a question that is asked again, and an end to
/// an agent that asks for ever.
pub(super) const TIMES: u32 = 5;
