//! An agent's document (YAML): how it greets, how patient it is, when it hands over.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;

use super::strategy::{Strategies, StrategyError, WrittenStrategies};
use crate::changes::changed;
use crate::tenants::AgentName;
use crate::voice::{VoiceDocument, VoiceError};

/// The agent that comes with the program.
const RECEPTIONIST: &str = include_str!("../../agents/receptionist.yaml");

/// An agent's document, parsed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AgentDocument {
    pub name: AgentName,
    pub voice: VoiceDocument,
    /// `{business}` stands for the tenant's name, `{name}` for the voice persona's, `{notice}` for the
    /// notice that feelings are judged, where they are.
    pub greeting: String,
    pub goodbye: String,
    /// How callers learn that no person speaks.
    pub disclosure: Disclosure,
    /// How long a slot is kept for a caller who has not confirmed.
    pub hold: SignedDuration,
    /// Confidence below which a request is read back, 0-1.
    pub unsure_below: f32,
    pub failures_before_person: u8,
    pub silence: Silence,
    /// How it responds to how callers come across.
    pub emotions: Strategies,
}

/// How an agent takes silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Silence {
    pub reprompt_after: Duration,
    pub reprompts: u8,
}

/// How callers learn that no person speaks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Disclosure {
    /// The words of the greeting that say so.
    pub words: String,
    /// What is said with the next reply where they were not heard.
    pub sentence: String,
}

/// A document that describes no usable agent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum AgentDocumentError {
    #[error("it is not the YAML of an agent: {0}")]
    Shape(#[from] serde_yaml_ng::Error),
    #[error("{place} {wanted}")]
    Value { place: &'static str, wanted: &'static str },
    #[error(transparent)]
    Voice(#[from] VoiceError),
    #[error(transparent)]
    Emotions(#[from] StrategyError),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    #[serde(rename = "mind")]
    _mind: Mind,
    #[serde(rename = "persona")]
    _persona: String,
    #[serde(default)]
    voice: VoiceDocument,
    greeting: String,
    goodbye: String,
    disclosure: Disclosure,
    hold_minutes: u16,
    unsure_below: f32,
    failures_before_person: u8,
    silence: WrittenSilence,
    #[serde(default)]
    emotions: WrittenStrategies,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mind {
    Flow,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSilence {
    reprompt_after_ms: u32,
    reprompts: u8,
}

impl AgentDocument {
    /// The greeting of a caller of `business`. One whose feelings are judged is told so.
    pub(crate) fn greeting(&self, business: &str, hears_emotion: bool) -> String {
        let greeting = self.greeting.replace("{business}", business);
        let notice = &self.emotions.notice;
        match (greeting.contains(NOTICE), hears_emotion) {
            (true, true) => greeting.replace(NOTICE, &format!(" {notice}")),
            (true, false) => greeting.replace(NOTICE, ""),
            (false, true) => format!("{notice} {greeting}"),
            (false, false) => greeting,
        }
    }
}

/// Where the notice goes in a greeting.
const NOTICE: &str = " {notice}";

/// Parses an agent's document.
pub(crate) fn parse(document: &str) -> Result<AgentDocument, AgentDocumentError> {
    let written: Written = serde_yaml_ng::from_str(document)?;
    let wrong = |place, wanted| AgentDocumentError::Value { place, wanted };
    // Checked here, where the error can say which document; used once a tenant's own is laid over it.
    written.voice.persona()?;
    if !(0.0..=1.0).contains(&written.unsure_below) {
        return Err(wrong("unsure_below", "is not 0 to 1"));
    }
    if written.hold_minutes == 0 || written.hold_minutes > 60 {
        return Err(wrong("hold_minutes", "is not 1 to 60"));
    }
    if written.failures_before_person == 0 {
        return Err(wrong("failures_before_person", "is not at least 1"));
    }
    let Disclosure { words, sentence } = &written.disclosure;
    if !words.contains(char::is_alphanumeric) || !sentence.contains(words.as_str()) {
        return Err(wrong("disclosure", "is not some words and a sentence that has them"));
    }
    Ok(AgentDocument {
        name: written
            .name
            .parse()
            .ok()
            .ok_or_else(|| wrong("name", "is no name such as receptionist"))?,
        voice: written.voice,
        emotions: Strategies::over_defaults(written.emotions)?,
        greeting: written.greeting,
        goodbye: written.goodbye,
        disclosure: written.disclosure,
        hold: SignedDuration::from_mins(i64::from(written.hold_minutes)),
        unsure_below: written.unsure_below,
        failures_before_person: written.failures_before_person,
        silence: Silence {
            reprompt_after: Duration::from_millis(u64::from(written.silence.reprompt_after_ms)),
            reprompts: written.silence.reprompts,
        },
    })
}

/// The agents that come with the program, by name, with `changes` (a YAML mapping) made to the document of each.
pub(crate) fn shipped(
    changes: Option<&str>,
) -> Result<Vec<(AgentName, Arc<AgentDocument>)>, AgentDocumentError> {
    let receptionist = match changes {
        None => parse(RECEPTIONIST)?,
        Some(changes) => parse(&changed(RECEPTIONIST, changes)?)?,
    };
    Ok(vec![(receptionist.name.clone(), Arc::new(receptionist))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_agent_says_that_it_is_automated() {
        let agents = shipped(None).unwrap();
        let document = &agents[0].1;
        assert!(document.greeting.contains("automated assistant"));
        assert!(document.greeting.contains(&document.disclosure.words), "what callers must hear");
    }

    #[test]
    fn callers_whose_feelings_are_judged_are_told_so_and_others_are_not() {
        let shipped = parse(RECEPTIONIST).unwrap();
        let notice = &shipped.emotions.notice;
        let told = shipped.greeting("Us", true);
        assert!(told.contains(&format!("assistant. {notice} How")), "{told}");
        let plain = shipped.greeting("Us", false);
        assert!(plain.contains("assistant. How"), "{plain}");
        let own = AgentDocument { greeting: "Hello, {business}.".to_owned(), ..shipped.clone() };
        assert_eq!(own.greeting("Us", true), format!("{notice} Hello, Us."));
        assert_eq!(own.greeting("Us", false), "Hello, Us.");
    }

    #[test]
    fn changes_are_made_to_what_they_name_alone() {
        let agents = shipped(Some("unsure_below: 0.9\nsilence: { reprompts: 5 }")).unwrap();
        let (was, is) = (&shipped(None).unwrap()[0].1, &agents[0].1);
        assert_eq!((is.unsure_below, is.silence.reprompts), (0.9, 5));
        assert_eq!(is.silence.reprompt_after, was.silence.reprompt_after);
        assert_eq!(is.greeting, was.greeting);
        assert!(shipped(Some("pase: 1.2")).unwrap_err().to_string().contains("pase"));
    }

    #[test]
    fn errors_say_where() {
        for (from, to, said) in [
            ("pace: 1.0", "pace: 9", "voice: pace is not"),
            ("mind: flow", "mind: dream", "unknown variant `dream`"),
            ("hold_minutes: 5", "hold_minutes: 0", "hold_minutes is not"),
            ("goodbye:", "bye:", "unknown field `bye`"),
            ("words: automated", "words: robotic", "disclosure is not"),
            ("emotions: {}", "emotions: { sad: { pace: 9 } }", "emotions: pace is not"),
        ] {
            let error = parse(&RECEPTIONIST.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
