//! Who calls: a voice and the habits of somebody who uses it, apart from what they want, which is a scenario's.
//!
//! `docs/simulate.md` explains the files. The same persona, scenario and seed make the same caller.

use std::path::Path;
use std::time::Duration;

use callwright_media::impair::Chance;
use serde::Deserialize;

use super::scenario::{Deed, Scenario, ScenarioError, Voice};
use super::yaml::{self, Portion, Within, from_ms, maybe_ms};

/// A kind of caller.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// One line that says who this is.
    pub(super) name: String,
    /// A Flite voice, in place of the scenario's.
    pub(super) voice: Option<String>,
    /// How fast, 1 as recorded.
    pace: Option<Within<500, 2_000>>,
    /// How high, 1 as recorded.
    pitch: Option<Within<700, 1_400>>,
    /// How much louder than the voice as it was made, in dB.
    loudness_db: Option<Within<{ -30_000 }, 12_000>>,
    /// How long the agent must have been silent before this caller takes the floor.
    #[serde(default, rename = "pause_ms", deserialize_with = "maybe_ms")]
    pause: Option<Duration>,
    /// How long this caller waits for the agent before asking again.
    #[serde(default, rename = "patience_ms", deserialize_with = "maybe_ms")]
    patience: Option<Duration>,
    /// How often this caller asks again before giving up.
    asks_again: Option<u32>,
    /// What is said when the agent is not understood, or does not understand.
    otherwise: Option<String>,
    /// Spells the scenario's names.
    #[serde(default)]
    spells: bool,
    /// Pauses in the middle of sentences.
    hesitates: Option<Hesitation>,
    /// Says that it listens.
    nods: Option<Nods>,
    /// Answers before the agent has finished.
    cuts_in: Option<CutsIn>,
}

/// How somebody pauses in the middle of a sentence.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hesitation {
    /// In what share of the sentences.
    share: Portion,
    /// The shortest pause.
    #[serde(rename = "least_ms", deserialize_with = "from_ms")]
    least: Duration,
    /// The longest.
    #[serde(rename = "most_ms", deserialize_with = "from_ms")]
    most: Duration,
    /// What fills half of them; without any, all are silent.
    #[serde(default)]
    fillers: Vec<String>,
}

/// How somebody says that they listen.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nods {
    /// To what share of what the agent says.
    share: Portion,
    /// How long the agent has spoken by then.
    #[serde(rename = "after_ms", deserialize_with = "from_ms")]
    after: Duration,
    /// What they say.
    words: Vec<String>,
}

/// How somebody answers too early.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CutsIn {
    /// Of what the agent says.
    share: Portion,
    /// How long the agent has spoken by then.
    #[serde(rename = "after_ms", deserialize_with = "from_ms")]
    after: Duration,
}

/// What a caller does besides what the scenario says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Habits {
    /// How high the voice is, 1 as recorded.
    pub(crate) pitch: f32,
    /// How much louder than made, in dB.
    pub(crate) loudness_db: f32,
    /// How often the caller asks again before giving up.
    pub(crate) asks_again: u32,
    pub(crate) hesitates: Option<Hesitation>,
    pub(crate) nods: Option<Nods>,
    pub(crate) cuts_in: Option<CutsIn>,
    /// Chance of all this.
    pub(crate) seed: u64,
}

/// How often a caller asks again when nothing else is said.
const ASKS_AGAIN: u32 = 2;

impl Default for Habits {
    fn default() -> Self {
        Self {
            pitch: 1.0,
            loudness_db: 0.0,
            asks_again: ASKS_AGAIN,
            hesitates: None,
            nods: None,
            cuts_in: None,
            seed: 0,
        }
    }
}

/// A persona of the program's own.
pub(super) const SHIPPED: [(&str, &str); 7] = [
    ("plain", include_str!("../../personas/plain.yaml")),
    ("fast", include_str!("../../personas/fast.yaml")),
    ("hesitant", include_str!("../../personas/hesitant.yaml")),
    ("elderly", include_str!("../../personas/elderly.yaml")),
    ("interrupting", include_str!("../../personas/interrupting.yaml")),
    ("angry", include_str!("../../personas/angry.yaml")),
    ("speller", include_str!("../../personas/speller.yaml")),
];

impl Persona {
    /// The shipped persona or the file of this name.
    ///
    /// # Errors
    /// [`ScenarioError`] when it is neither, or wrong.
    pub fn named(name: &str) -> Result<Self, ScenarioError> {
        match SHIPPED.iter().find(|(shipped, _)| *shipped == name) {
            Some((_, text)) => yaml::parse(text, &format!("{name}.yaml")),
            None => yaml::read(Path::new(name)),
        }
    }

    /// The scenario as this persona plays it.
    pub fn play(&self, scenario: &Scenario, seed: u64) -> Scenario {
        let mut played = scenario.clone();
        played.habits = Habits {
            pitch: self.pitch.map_or(1.0, |pitch| pitch.0),
            loudness_db: self.loudness_db.map_or(0.0, |loudness| loudness.0),
            asks_again: self.asks_again.unwrap_or(ASKS_AGAIN),
            hesitates: self.hesitates.clone(),
            nods: self.nods.clone(),
            cuts_in: self.cuts_in.clone(),
            seed,
        };
        if let Some(voice) = &self.voice {
            played.voice.clone_from(voice);
        }
        played.pace = self.pace.map_or(played.pace, |pace| pace.0);
        played.pause = self.pause.unwrap_or(played.pause);
        played.patience = self.patience.unwrap_or(played.patience);
        if let Some(otherwise) = &self.otherwise {
            played.otherwise.clone_from(otherwise);
        }
        if self.spells {
            let names = played.names.clone();
            let deeds = played.steps.iter_mut().map(|step| &mut step.deed);
            let reactions = played.reactions.iter_mut().flat_map(|reaction| &mut reaction.deeds);
            for deed in deeds.chain(reactions) {
                if let Deed::Speak { voice: Voice::Text(text), .. } = deed {
                    names.iter().for_each(|name| *text = text.replace(name, &spelled(name)));
                }
            }
        }
        played
    }
}

/// "Mary" is "Mary, M, A, R, Y," when it is spelled.
fn spelled(name: &str) -> String {
    let words = name.split_whitespace().map(|word| {
        let letters = word.chars().filter(|c| c.is_alphanumeric());
        let letters: Vec<String> = letters.map(|c| c.to_uppercase().to_string()).collect();
        format!("{word}, {}", letters.join(", "))
    });
    words.collect::<Vec<_>>().join(", ")
}

/// A text in parts, with the pauses between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Said in one go.
    Words(String),
    /// Nothing is said for this long.
    Pause(Duration),
}

/// Texts of fewer words are said in one go: nobody stops in the middle of "yes, please".
const WORDS_TO_HESITATE: usize = 4;

impl Hesitation {
    /// The text as it is said.
    pub(super) fn parts(&self, text: &str, chance: &mut Chance) -> Vec<Part> {
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.len() < WORDS_TO_HESITATE || !chance.happens(f64::from(self.share.0)) {
            return vec![Part::Words(text.to_owned())];
        }
        // After the first word at the earliest, before the last one at the latest.
        let between = words.len() as u64 - 2;
        let at = 1 + usize::try_from(chance.below(between)).unwrap_or(0);
        let (before, after) = words.split_at(at.min(words.len()));
        let span = self.most.saturating_sub(self.least);
        let mut pause = || Part::Pause(self.least + span.mul_f64(chance.share()));
        let (first, second) = (pause(), pause());
        let mut parts = vec![Part::Words(before.join(" ")), first];
        let filler = usize::try_from(chance.below(self.fillers.len() as u64)).unwrap_or(0);
        if let Some(filler) = self.fillers.get(filler).filter(|_| chance.happens(0.5)) {
            parts.extend([Part::Words(filler.clone()), second]);
        }
        parts.push(Part::Words(after.join(" ")));
        parts
    }
}

impl Nods {
    /// Everything that may be said.
    pub(super) fn voices(&self) -> impl Iterator<Item = Voice> {
        self.words.iter().cloned().map(Voice::Text)
    }

    /// What is said, if anything, once the agent has spoken for `spoken`; to be asked once for each thing it says.
    pub(super) fn word(&self, chance: &mut Chance) -> Option<Voice> {
        if !chance.happens(f64::from(self.share.0)) {
            return None;
        }
        let word = usize::try_from(chance.below(self.words.len() as u64)).ok()?;
        self.words.get(word).cloned().map(Voice::Text)
    }

    /// How long the agent has spoken by then.
    pub(super) const fn after(&self) -> Duration {
        self.after
    }
}

impl CutsIn {
    /// Whether this caller cuts in; to be asked once for each thing the agent says.
    pub(super) const fn happens(&self, chance: &mut Chance) -> bool {
        chance.happens(self.share.0 as f64)
    }

    /// How long the agent has spoken by then.
    pub(super) const fn after(&self) -> Duration {
        self.after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_persona_can_be_read_and_plays_every_scenario() {
        for (name, _) in SHIPPED {
            let persona = Persona::named(name).unwrap();
            assert!(!persona.name.is_empty());
            for shipped in super::super::shipped::SHIPPED {
                let scenario = shipped.read().unwrap();
                let played = persona.play(&scenario, 3);
                assert_eq!(played.steps.len(), scenario.steps.len());
            }
        }
        assert!(matches!(Persona::named("nobody.yaml"), Err(ScenarioError::Unreadable { .. })));
    }

    #[test]
    fn what_is_out_of_bounds_or_unknown_is_refused_with_its_line() {
        for (text, what) in [
            ("name: n\npace: 3\n", "between 0.5 and 2"),
            ("name: n\npitch: 0.1\n", "between 0.7 and 1.4"),
            ("name: n\nnods: {share: 2, after_ms: 1, words: [a]}\n", "between 0 and 1"),
            ("name: n\nhat: red\n", "unknown field"),
        ] {
            let error = yaml::parse::<Persona>(text, "p.yaml").unwrap_err().to_string();
            assert!(error.contains("p.yaml:2:") && error.contains(what), "{error}");
        }
    }

    #[test]
    fn a_speller_spells_names_and_nothing_else() {
        let text = "name: n\nnames: [Mary Johnson]\nsteps:\n  - say: I am Mary Johnson today\n";
        let scenario = Scenario::from_yaml(text, Path::new("")).unwrap();
        let played = Persona::named("speller").unwrap().play(&scenario, 1);
        let said = "I am Mary, M, A, R, Y, Johnson, J, O, H, N, S, O, N today".to_owned();
        assert!(played.voices().any(|voice| voice == Voice::Text(said.clone())));
    }

    #[test]
    fn a_hesitant_caller_pauses_within_the_sentence_and_says_all_of_it() {
        let hesitation = Hesitation {
            share: Within(1.0),
            least: Duration::from_millis(300),
            most: Duration::from_millis(900),
            fillers: vec!["um".to_owned()],
        };
        let mut chance = Chance::new(5);
        let mut filled = 0;
        for _ in 0..100 {
            let parts = hesitation.parts("I need a cleaning next Tuesday", &mut chance);
            let said = parts.iter().filter_map(|part| match part {
                Part::Words(words) if words != "um" => Some(words.as_str()),
                Part::Words(_) => None,
                Part::Pause(pause) => {
                    assert!((300..=900).contains(&pause.as_millis()));
                    None
                }
            });
            assert_eq!(said.collect::<Vec<_>>().join(" "), "I need a cleaning next Tuesday");
            filled += usize::from(parts.len() == 5);
        }
        assert!((30..70).contains(&filled), "half of the pauses are filled: {filled}");
        assert_eq!(hesitation.parts("Yes, please.", &mut chance).len(), 1);
    }
}
