//! The `voice:` section of an agent's or a tenant's document.

use std::collections::BTreeMap;

use callwright_contract::{Pronunciation, Style};
use serde::{Deserialize, Serialize};

use super::{Delivery, Manner, VoicePersona};

/// A voice persona as it is written. All of it is optional: a tenant's says what differs from its agent's.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VoiceDocument {
    /// What the operator calls the persona.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// A voice that the server has; its default one when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pace: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pitch: Option<f32>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    manners: BTreeMap<String, DeliveryDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pronunciations: Vec<PronunciationDocument>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct DeliveryDocument {
    #[serde(skip_serializing_if = "Option::is_none")]
    pace: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pitch: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pause: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    energy_db: Option<f32>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct PronunciationDocument {
    word: String,
    /// Spelled the way it sounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    say: Option<String>,
    /// Phonemes of the International Phonetic Alphabet.
    #[serde(skip_serializing_if = "Option::is_none")]
    ipa: Option<String>,
}

/// A persona that cannot be spoken: which field, and what it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("voice: {place} {wanted}")]
pub(crate) struct VoiceError {
    place: &'static str,
    wanted: &'static str,
}

impl VoiceDocument {
    /// This document where it says something, `base` where it does not.
    #[must_use]
    pub(crate) fn over(&self, base: &Self) -> Self {
        let mut manners = base.manners.clone();
        manners.extend(self.manners.iter().map(|(name, delivery)| (name.clone(), *delivery)));
        let other = |word: &str| self.pronunciations.iter().all(|own| !same_word(&own.word, word));
        let inherited = base.pronunciations.iter().filter(|known| other(&known.word));
        Self {
            name: self.name.clone().or_else(|| base.name.clone()),
            base: self.base.clone().or_else(|| base.base.clone()),
            pace: self.pace.or(base.pace),
            pitch: self.pitch.or(base.pitch),
            manners,
            pronunciations: self
                .pronunciations
                .iter()
                .chain(inherited)
                .take(PRONUNCIATIONS_MAX)
                .cloned()
                .collect(),
        }
    }

    /// The persona that it describes.
    ///
    /// # Errors
    /// [`VoiceError`] names the first field that is not what it must be.
    pub(crate) fn persona(&self) -> Result<VoicePersona, VoiceError> {
        let pace = within(self.pace, 1.0, (0.5, 2.0), "pace", "is not 0.5 to 2.0")?;
        let pitch = within(self.pitch, 0.0, (-6.0, 6.0), "pitch", "is not -6 to 6 semitones")?;
        if self.base.as_ref().is_some_and(|base| base.trim().is_empty() || base.len() > 100) {
            return Err(wrong("base", "is no name of a voice"));
        }
        if self.pronunciations.len() > PRONUNCIATIONS_MAX {
            return Err(wrong("pronunciations", "are more than 500"));
        }
        let pronunciations =
            self.pronunciations.iter().map(pronunciation).collect::<Result<Vec<_>, _>>()?;
        let mut manners = Manner::ALL.map(Manner::usual);
        for (name, written) in &self.manners {
            let known = Manner::ALL.iter().zip(&mut manners).find(|(m, _)| m.as_str() == name);
            let Some((_, delivery)) = known else {
                return Err(wrong(
                    "manners",
                    "may be neutral, warm, calm, apologetic and cheerful, and no other",
                ));
            };
            *delivery = written.over(*delivery)?;
        }
        let base = Style {
            voice: self.base.clone(),
            pace,
            pitch,
            pronunciations: pronunciations.into(),
            ..Style::default()
        };
        let name = self.name.as_deref().map(Into::into);
        Ok(VoicePersona::new(name, &base, &manners))
    }
}

impl DeliveryDocument {
    fn over(self, usual: Delivery) -> Result<Delivery, VoiceError> {
        Ok(Delivery {
            pace: within(self.pace, usual.pace, (0.5, 2.0), "manners: pace", "is not 0.5 to 2.0")?,
            pitch: within(
                self.pitch,
                usual.pitch,
                (-6.0, 6.0),
                "manners: pitch",
                "is not -6 to 6 semitones",
            )?,
            pause: within(self.pause, usual.pause, (0.0, 4.0), "manners: pause", "is not 0 to 4")?,
            energy_db: within(
                self.energy_db,
                usual.energy_db,
                (-12.0, 6.0),
                "manners: energy_db",
                "is not -12 to 6",
            )?,
        })
    }
}

fn same_word(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

fn pronunciation(written: &PronunciationDocument) -> Result<Pronunciation, VoiceError> {
    let word = written.word.as_str();
    if word.is_empty() || word.len() > WORD_MAX_BYTES || word.contains(char::is_whitespace) {
        return Err(wrong("pronunciations: word", "is not one word of at most 60 bytes"));
    }
    let short = |text: &Option<String>| {
        text.as_ref().is_none_or(|text| !text.trim().is_empty() && text.len() <= SAID_MAX_BYTES)
    };
    if written.say.is_none() && written.ipa.is_none() {
        return Err(wrong("pronunciations", "must each have `say`, `ipa` or both"));
    }
    if !short(&written.say) || !short(&written.ipa) {
        return Err(wrong("pronunciations: say and ipa", "are not 1 to 200 bytes"));
    }
    Ok(Pronunciation {
        word: word.into(),
        respelling: written.say.as_deref().map(Into::into),
        phonemes: written.ipa.as_deref().map(Into::into),
    })
}

fn within(
    value: Option<f32>,
    default: f32,
    (least, most): (f32, f32),
    place: &'static str,
    wanted: &'static str,
) -> Result<f32, VoiceError> {
    match value {
        None => Ok(default),
        Some(value) if (least..=most).contains(&value) => Ok(value),
        Some(_) => Err(wrong(place, wanted)),
    }
}

const fn wrong(place: &'static str, wanted: &'static str) -> VoiceError {
    VoiceError { place, wanted }
}

/// More than any tenant has names of people, streets and products.
const PRONUNCIATIONS_MAX: usize = 500;
const WORD_MAX_BYTES: usize = 60;
const SAID_MAX_BYTES: usize = 200;
