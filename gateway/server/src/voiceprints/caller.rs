//! The caller of a captured call: who it is, whose caller, and what was heard of him.

use std::path::Path;

use callwright_business::{BusinessMoment, MomentError};
use callwright_calls::Input;
use callwright_calls::capture::{Capture, Record};
use callwright_calls::leg::{LegAudio, LegInput};
use callwright_contract::Pii;
use callwright_media::codec::l16::{self, ByteOrder};
use callwright_media::{ResamplerError, SampleRate, g711};

use crate::replay::context::Context;
use crate::replay::{ReadCaptureError, read_capture};
use crate::simulate::speech::resample;

/// A caller, as a captured call has him.
#[derive(Debug)]
pub(super) struct Caller {
    /// The tenant's id.
    pub(super) tenant: String,
    /// Whether the tenant's document let voice-prints be kept when the call was taken.
    pub(super) allowed: bool,
    pub(super) number: Pii<String>,
    /// Everything that was heard, mono at 16 kHz.
    pub(super) sound: Vec<i16>,
}

/// There is no caller whose voice may be looked at.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallerError {
    #[error(transparent)]
    Capture(#[from] ReadCaptureError),
    #[error(
        "the call was taken without a caller's number, so that nobody can say whose voice it is"
    )]
    NoNumber,
    #[error(
        "the capture is without the state of the business, so that it is not known whether it may be used"
    )]
    NoBusiness,
    #[error("the capture's context cannot be read: {0}")]
    Context(#[from] serde_json::Error),
    #[error(transparent)]
    Moment(#[from] MomentError),
    #[error("the call's sound has a rate that is not known: {0}")]
    Rate(#[from] ResamplerError),
}

impl Caller {
    /// Reads a capture.
    pub(super) fn of(path: &Path) -> Result<Self, CallerError> {
        Self::in_capture(&read_capture(path)?)
    }

    pub(super) fn in_capture(capture: &Capture) -> Result<Self, CallerError> {
        let number = capture.header.spec.arrival.caller.clone();
        let number = number.filter(|number| number.reveal().chars().any(|c| c.is_ascii_digit()));
        let number = number.ok_or(CallerError::NoNumber)?;
        let context = capture.context.as_deref().ok_or(CallerError::NoBusiness)?;
        let business = Context::from_octets(context)?.business.ok_or(CallerError::NoBusiness)?;
        let moment = BusinessMoment::from_text(&business, None)?;
        Ok(Self {
            tenant: moment.tenant().to_owned(),
            allowed: moment.keeps_voice_prints()?,
            number,
            sound: heard(capture)?,
        })
    }
}

/// The caller's side of the call.
fn heard(capture: &Capture) -> Result<Vec<i16>, ResamplerError> {
    let mut octets = Vec::new();
    for record in capture.records() {
        if let Record::Input(Input::Line(LegInput::Audio(packet))) = record {
            octets.extend_from_slice(&packet.payload);
        }
    }
    match capture.header.profile.hears {
        LegAudio::Ulaw => {
            let narrow: Vec<i16> = octets.iter().map(|&octet| g711::ulaw_decode(octet)).collect();
            resample(&narrow, SampleRate::Hz8000, SampleRate::Hz16000)
        }
        LegAudio::Wideband => {
            let mut wide = vec![0; octets.len() / 2];
            l16::decode_into(ByteOrder::BigEndian, &octets, &mut wide);
            Ok(wide)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::tests::captured;

    #[test]
    fn a_capture_says_who_called_whom_and_what_was_heard() {
        let caller = Caller::in_capture(&captured()).unwrap();
        assert_eq!(
            (&*caller.tenant, caller.number.reveal().as_str()),
            ("bright-smile", "+15552123456")
        );
        assert!(!caller.allowed, "the sample tenant has it off");
        let level = |ms: std::ops::Range<usize>| {
            let part = &caller.sound[ms.start * 16..ms.end * 16];
            part.iter().map(|sample| sample.unsigned_abs()).max().unwrap()
        };
        assert!(caller.sound.len() > 11 * 16_000, "{}", caller.sound.len());
        assert!(level(9_200..10_300) > 1_000 && level(1_000..8_900) < 100);
    }

    #[test]
    fn a_tenant_may_have_it_on_and_a_caller_without_a_number_is_nobody() {
        let mut capture = captured();
        let context = String::from_utf8(capture.context.clone().unwrap()).unwrap();
        // A line of the tenant's document, which is text within text.
        let on = context.replacen("keeps_voice_prints: false", "keeps_voice_prints: true", 1);
        assert_ne!(on, context);
        capture.context = Some(on.into_bytes());
        assert!(Caller::in_capture(&capture).unwrap().allowed);
        for number in [None, Some(Pii::from("anonymous"))] {
            capture.header.spec.arrival.caller = number;
            assert!(matches!(Caller::in_capture(&capture), Err(CallerError::NoNumber)));
        }
        let mut alone = captured();
        alone.context = None;
        assert!(matches!(Caller::in_capture(&alone), Err(CallerError::NoBusiness)));
    }
}
