//! One voice-print: what a caller sounds like, whose it is, and that he agreed.

use callwright_contract::Pii;
use callwright_models::speaker::{MODEL, VoiceEmbedding};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// That a caller agreed that his voice is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Consent {
    /// How, in whoever's words who asked: where to find the form, or in which call.
    pub(super) how: String,
    /// When.
    pub(super) on: Date,
}

/// A voice-print. Its `Debug` shows nobody.
#[derive(Clone, Debug)]
pub(super) struct VoicePrint {
    /// The tenant's id.
    pub(super) tenant: String,
    pub(super) caller: Pii<String>,
    pub(super) voice: VoiceEmbedding,
    /// Of how much speech it was made.
    pub(super) seconds: f64,
    pub(super) consent: Consent,
    pub(super) made: Timestamp,
}

/// It is no voice-print that can be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum PrintError {
    #[error("it is no voice-print: {0}")]
    Shape(#[from] serde_json::Error),
    #[error(
        "it was made by {0}, and this program compares voices by {MODEL}; enrol the caller again"
    )]
    Model(String),
    #[error("it holds no voice")]
    Voice,
    #[error("it holds no time: {0}")]
    Time(#[from] jiff::Error),
}

/// As it lies in its file.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Written {
    tenant: String,
    caller: String,
    model: String,
    voice: Vec<f32>,
    seconds: f64,
    consent: String,
    consented_on: String,
    made: String,
}

impl VoicePrint {
    pub(super) fn to_text(&self) -> Result<String, PrintError> {
        Ok(serde_json::to_string(&Written {
            tenant: self.tenant.clone(),
            caller: self.caller.reveal().clone(),
            model: MODEL.to_owned(),
            voice: self.voice.values().to_vec(),
            seconds: self.seconds,
            consent: self.consent.how.clone(),
            consented_on: self.consent.on.to_string(),
            made: self.made.to_string(),
        })?)
    }

    pub(super) fn from_text(text: &str) -> Result<Self, PrintError> {
        let written: Written = serde_json::from_str(text)?;
        let Written { tenant, caller, model, voice, seconds, consent, consented_on, made } =
            written;
        if model != MODEL {
            return Err(PrintError::Model(model));
        }
        let voice = VoiceEmbedding::of(&voice).ok_or(PrintError::Voice)?;
        let consent = Consent { how: consent, on: consented_on.parse()? };
        let (caller, made) = (Pii::new(caller), made.parse()?);
        Ok(Self { tenant, caller, voice, seconds, consent, made })
    }
}
