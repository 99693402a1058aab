//! How an agent responds to how a caller comes across: a table with a row for each feeling, as data.
//!
//! The defaults are `agents/emotions.yaml`; an agent's document overrides them field by field.

use callwright_contract::{Feeling, Severity};
use serde::Deserialize;

use crate::voice::Manner;

/// The defaults.
const DEFAULTS: &str = include_str!("../../agents/emotions.yaml");

/// The table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Strategies {
    /// Said in the greeting of a caller whose feelings are judged.
    pub notice: String,
    frustrated: Strategy,
    angry: Strategy,
    confused: Strategy,
    sad: Strategy,
    happy: Strategy,
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Strategy {
    /// The manner of the voice; it has a pace of its own.
    pub tone: Manner,
    /// Times that.
    pub pace: f32,
    /// Sentences, one of which comes before the answer; none, or two and more.
    pub acknowledge: Vec<String>,
    /// From which escalation on a person is offered; `None`: never.
    pub offer_person: Option<Severity>,
    /// The same once a person was offered.
    pub offer_again: Option<Severity>,
}

/// The table, or part of it, as written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenStrategies {
    notice: Option<String>,
    #[serde(default)]
    frustrated: WrittenStrategy,
    #[serde(default)]
    angry: WrittenStrategy,
    #[serde(default)]
    confused: WrittenStrategy,
    #[serde(default)]
    sad: WrittenStrategy,
    #[serde(default)]
    happy: WrittenStrategy,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStrategy {
    tone: Option<String>,
    pace: Option<f32>,
    acknowledge: Option<Vec<String>>,
    offer_person: Option<WrittenOffer>,
    offer_again: Option<WrittenOffer>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenOffer {
    Never,
    Mild,
    Strong,
    Severe,
}

/// A table that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StrategyError {
    #[error("the defaults: {0}")]
    Defaults(#[from] serde_yaml_ng::Error),
    #[error("emotions: {place} {wanted}")]
    Value { place: &'static str, wanted: &'static str },
    #[error("emotions: acknowledge: `{sentence}` {wanted}")]
    Sentence { sentence: String, wanted: &'static str },
}

impl Strategies {
    /// The defaults with what an agent's document says over them.
    pub(super) fn over_defaults(own: WrittenStrategies) -> Result<Self, StrategyError> {
        let base: WrittenStrategies = serde_yaml_ng::from_str(DEFAULTS)?;
        let notice = own.notice.or(base.notice).filter(|notice| !notice.trim().is_empty());
        let missing =
            StrategyError::Value { place: "notice", wanted: "is missing: callers must be told" };
        Ok(Self {
            notice: notice.ok_or(missing)?,
            frustrated: own.frustrated.over(base.frustrated)?,
            angry: own.angry.over(base.angry)?,
            confused: own.confused.over(base.confused)?,
            sad: own.sad.over(base.sad)?,
            happy: own.happy.over(base.happy)?,
        })
    }

    /// The row of a feeling; neutral has none.
    pub(crate) const fn of(&self, feeling: Feeling) -> Option<&Strategy> {
        match feeling {
            Feeling::Neutral => None,
            Feeling::Frustrated => Some(&self.frustrated),
            Feeling::Angry => Some(&self.angry),
            Feeling::Confused => Some(&self.confused),
            Feeling::Sad => Some(&self.sad),
            Feeling::Happy => Some(&self.happy),
        }
    }
}

impl WrittenStrategy {
    fn over(self, base: Self) -> Result<Strategy, StrategyError> {
        let wrong = |place, wanted| StrategyError::Value { place, wanted };
        let tone = self.tone.or(base.tone);
        let named = |name: &str| Manner::ALL.into_iter().find(|manner| manner.as_str() == name);
        let tone = tone.map_or(Some(Manner::Neutral), |name| named(&name));
        let wanted = "may be neutral, warm, calm, apologetic and cheerful, and no other";
        let tone = tone.ok_or_else(|| wrong("tone", wanted))?;
        let pace = self.pace.or(base.pace).unwrap_or(1.0);
        if !(0.5..=1.5).contains(&pace) {
            return Err(wrong("pace", "is not 0.5 to 1.5"));
        }
        let acknowledge = self.acknowledge.or(base.acknowledge).unwrap_or_default();
        if acknowledge.len() == 1 {
            return Err(wrong("acknowledge", "needs two sentences or more, or none"));
        }
        acknowledge.iter().try_for_each(|sentence| check(sentence))?;
        let offer = |offer: Option<WrittenOffer>| match offer {
            None | Some(WrittenOffer::Never) => None,
            Some(WrittenOffer::Mild) => Some(Severity::Mild),
            Some(WrittenOffer::Strong) => Some(Severity::Strong),
            Some(WrittenOffer::Severe) => Some(Severity::Severe),
        };
        Ok(Strategy {
            tone,
            pace,
            acknowledge,
            offer_person: offer(self.offer_person.or(base.offer_person)),
            offer_again: offer(self.offer_again.or(base.offer_again)),
        })
    }
}

/// An acknowledgement is short, does not tell people what they feel, and does not fawn.
fn check(sentence: &str) -> Result<(), StrategyError> {
    let wrong = |wanted| StrategyError::Sentence { sentence: sentence.to_owned(), wanted };
    let lower = sentence.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() || words.len() > WORDS_MAX || !sentence.ends_with(['.', '!']) {
        return Err(wrong("is not one short sentence that ends with a full stop"));
    }
    let says = |list: &[&str]| words.iter().any(|word| list.contains(word));
    if says(&NAMES_FEELINGS) {
        return Err(wrong("names what the caller feels"));
    }
    if says(&FAWNS) {
        return Err(wrong("fawns on the caller"));
    }
    Ok(())
}

/// More is a speech.
const WORDS_MAX: usize = 9;

const NAMES_FEELINGS: [&str; 27] = [
    "anger",
    "angry",
    "annoyed",
    "annoying",
    "calm",
    "confused",
    "confusing",
    "confusion",
    "disappointed",
    "emotion",
    "emotional",
    "emotions",
    "feel",
    "feeling",
    "feelings",
    "feels",
    "frustrated",
    "frustrating",
    "frustration",
    "furious",
    "happy",
    "mad",
    "relax",
    "sad",
    "stressed",
    "unhappy",
    "upset",
];

const FAWNS: [&str; 8] = [
    "absolutely",
    "amazing",
    "awesome",
    "delighted",
    "excellent",
    "fantastic",
    "thrilled",
    "wonderful",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(document: &str) -> Result<Strategies, StrategyError> {
        Strategies::over_defaults(serde_yaml_ng::from_str(document).unwrap())
    }

    #[test]
    fn every_feeling_but_neutral_has_a_row_and_only_good_cheer_no_offer() {
        let table = parse("{}").unwrap();
        assert!(table.of(Feeling::Neutral).is_none());
        for feeling in Feeling::ALL.into_iter().filter(|feeling| *feeling != Feeling::Neutral) {
            let row = table.of(feeling).unwrap();
            assert!(row.acknowledge.len() >= 2, "{feeling:?}");
            let pace = row.tone.usual().pace * row.pace;
            assert_eq!(pace < 1.0, feeling != Feeling::Happy, "{feeling:?}");
            assert_eq!(row.offer_person.is_some(), feeling != Feeling::Happy, "{feeling:?}");
        }
    }

    #[test]
    fn a_document_overrides_field_by_field() {
        let own = "angry: { pace: 0.8, offer_again: never }\nsad: { acknowledge: [] }";
        let (table, defaults) = (parse(own).unwrap(), parse("{}").unwrap());
        let (angry, base) =
            (table.of(Feeling::Angry).unwrap(), defaults.of(Feeling::Angry).unwrap());
        assert_eq!((angry.pace, angry.offer_again), (0.8, None));
        assert_eq!(
            (&angry.acknowledge, angry.offer_person),
            (&base.acknowledge, base.offer_person)
        );
        assert!(table.of(Feeling::Sad).unwrap().acknowledge.is_empty());
        assert_eq!(table.of(Feeling::Happy), defaults.of(Feeling::Happy));
    }

    #[test]
    fn what_would_patronise_a_caller_is_refused() {
        for (own, said) in [
            ("sad: { acknowledge: [\"You sound sad.\", \"Oh.\"] }", "names what the caller feels"),
            ("angry: { acknowledge: [\"Please calm down.\", \"Oh.\"] }", "names what the caller"),
            ("happy: { acknowledge: [\"Wonderful!\", \"Oh.\"] }", "fawns"),
            ("happy: { acknowledge: [\"Good.\"] }", "two sentences or more"),
            ("sad: { acknowledge: [\"Oh\", \"Oh.\"] }", "full stop"),
            ("sad: { pace: 3 }", "pace is not"),
            ("sad: { tone: stern }", "tone may be neutral, warm"),
            ("notice: \" \"", "notice is missing"),
        ] {
            let error = parse(own).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
