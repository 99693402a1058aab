//! What a capture begins with: the call as it was placed, and the program that took it.

use std::time::Duration;

use callwright_contract::{Arrival, CallId, Carrier, Pii};

use super::bytes::{Malformed, Put, Take, Taken};
use crate::leg::{LegAudio, LegProfile};
use crate::moment::Moment;
use crate::spec::{CallLimits, CallMode, CallSpec, Language, Share};
use crate::tuning::{Setting, Tuning};
use crate::turn_end::Pace;

/// What a call was when it was placed.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// The version of the program that took the call.
    pub version: String,
    /// When the call was placed, on the clock that all moments of the capture are of.
    pub began: Moment,
    /// What the call was to be.
    pub spec: CallSpec,
    /// What its line could do.
    pub profile: LegProfile,
}

const MODES: [CallMode; 3] = [CallMode::Converse, CallMode::Listen, CallMode::Echo];
const SOUNDS: [LegAudio; 2] = [LegAudio::Ulaw, LegAudio::Wideband];
const CARRIERS: [Carrier; 1] = [Carrier::Twilio];

/// The bit of what a line can do that says that keys may come as tones. The lowest is for marks.
const TONES: u32 = 1;

const TIME: u8 = 0;
const NUMBER: u8 = 1;
const COUNT: u8 = 2;
const TEXT: u8 = 3;

/// What the caller speaks; not there where that is English.
const LANGUAGE: &str = "language";
/// Instead of a code, where it is to be found out.
const ANY_LANGUAGE: &str = "any";

impl Header {
    pub(super) fn put(&self, out: &mut impl Put) {
        let Self { version, began, spec, profile } = self;
        out.text(version);
        out.time(began.since(Moment::default()));
        out.number(spec.id.as_u64());
        out.text(spec.arrival.carrier.as_str());
        out.text(&spec.arrival.carrier_call);
        out.text(spec.arrival.line.reveal());
        out.maybe(spec.arrival.caller.as_ref(), |out, caller| out.text(caller.reveal()));
        out.octet(place(&MODES, spec.mode));
        out.number(spec.share.0.into());
        out.octet(spec.emotion.into());
        out.time(profile.lead);
        out.octet(u8::from(profile.marks) | u8::from(profile.tones) << TONES);
        out.octet(place(&SOUNDS, profile.hears));
        if spec.language != Some(Language::ENGLISH) {
            out.text(LANGUAGE);
            out.octet(TEXT);
            out.text(spec.language.as_ref().map_or(ANY_LANGUAGE, Language::code));
        }
        for (name, setting) in spec.clone().settings() {
            out.text(name);
            match setting {
                Setting::Time(time) => {
                    out.octet(TIME);
                    out.time(*time);
                }
                Setting::Number(number) => {
                    out.octet(NUMBER);
                    out.float(*number);
                }
                Setting::Count(count) => {
                    out.octet(COUNT);
                    out.number((*count).into());
                }
            }
        }
    }

    /// Reads a header. Settings that it does not name, being older than they are, have their defaults.
    pub(super) fn take(octets: &mut Take<'_>) -> Taken<Self> {
        let version = octets.text()?.to_owned();
        let began = Moment::new(octets.time()?);
        let id = CallId::from_u64(octets.number()?);
        let carrier = octets.text()?;
        let carrier = CARRIERS.into_iter().find(|known| known.as_str() == carrier);
        let arrival = Arrival {
            carrier: carrier.ok_or(Malformed("the call came by a way that is not known"))?,
            carrier_call: octets.text()?.to_owned(),
            line: Pii::from(octets.text()?),
            caller: octets.maybe(|octets| octets.text().map(Pii::from))?,
        };
        let mode = at(&MODES, octets.octet()?)?;
        let share = u16::try_from(octets.number()?).map(Share);
        let share = share.map_err(|_large| Malformed("a number is too large"))?;
        let emotion = octets.octet()? != 0;
        let (lead, can) = (octets.time()?, octets.octet()?);
        let (marks, tones) = (can & 1 != 0, can >> TONES & 1 != 0);
        let profile = LegProfile { lead, marks, hears: at(&SOUNDS, octets.octet()?)?, tones };
        let (limits, pace, tuning) = (CallLimits::default(), Pace::default(), Tuning::default());
        let language = Some(Language::ENGLISH);
        let mut spec =
            CallSpec { id, arrival, mode, limits, share, pace, language, emotion, tuning };
        while !octets.is_empty() {
            set(&mut spec, octets)?;
        }
        Ok(Self { version, began, spec, profile })
    }
}

fn set(spec: &mut CallSpec, octets: &mut Take<'_>) -> Taken<()> {
    const WRONG: Malformed = Malformed("a setting is none that this version knows");
    let name = octets.text()?;
    if name == LANGUAGE {
        if octets.octet()? != TEXT {
            return Err(WRONG);
        }
        spec.language = match octets.text()? {
            ANY_LANGUAGE => None,
            code => Some(Language::parse(code).ok_or(WRONG)?),
        };
        return Ok(());
    }
    let setting = spec.settings().into_iter().find(|(known, _)| *known == name);
    match (octets.octet()?, setting.ok_or(WRONG)?.1) {
        (TIME, Setting::Time(time)) => *time = octets.time()?.min(LONGEST),
        (NUMBER, Setting::Number(number)) => *number = octets.float()?,
        (COUNT, Setting::Count(count)) => *count = octets.small()?,
        _ => return Err(WRONG),
    }
    Ok(())
}

/// No setting of a call lasts longer than a year; sums of times cannot overflow.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3_600);

fn place<T: PartialEq>(all: &[T], it: T) -> u8 {
    // All variants are listed; there are a handful.
    all.iter().position(|known| *known == it).unwrap_or_default() as u8
}

fn at<T: Copy>(all: &[T], place: u8) -> Taken<T> {
    all.get(usize::from(place)).copied().ok_or(Malformed("the header names what is not known"))
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(in crate::capture) fn header() -> Header {
        let arrival = Arrival {
            carrier: Carrier::Twilio,
            carrier_call: "CA1".to_owned(),
            line: Pii::from("+15005550100"),
            caller: Some(Pii::from("+15552123456")),
        };
        let mut spec = CallSpec {
            id: CallId::new(1_795_000_000_000, 3),
            arrival,
            mode: CallMode::Listen,
            limits: CallLimits::default(),
            share: Share(9),
            pace: Pace::default(),
            language: Some(Language::ENGLISH),
            emotion: true,
            tuning: Tuning::default(),
        };
        for (n, (_, setting)) in spec.settings().into_iter().enumerate() {
            match setting {
                Setting::Time(time) => *time += Duration::from_nanos(n as u64),
                Setting::Number(number) => *number += n as f32,
                Setting::Count(count) => *count += n as u32,
            }
        }
        let profile = LegProfile {
            lead: Duration::from_millis(160),
            marks: true,
            hears: LegAudio::Wideband,
            tones: true,
        };
        let began = Moment::new(Duration::from_nanos(123_456_789));
        Header { version: "0.1.0".to_owned(), began, spec, profile }
    }

    #[test]
    fn a_header_comes_back_with_every_setting() {
        let mut octets = Vec::new();
        header().put(&mut octets);
        assert_eq!(Header::take(&mut Take::new(&octets)), Ok(header()));
    }

    #[test]
    fn what_the_caller_speaks_comes_back() {
        for language in [None, Language::parse("de"), Language::parse("haw")] {
            let mut foreign = header();
            foreign.spec.language = language;
            let mut octets = Vec::new();
            foreign.put(&mut octets);
            assert_eq!(Header::take(&mut Take::new(&octets)), Ok(foreign));
        }
    }

    #[test]
    fn settings_that_are_not_named_have_their_defaults_and_unknown_ones_are_refused() {
        let mut octets = Vec::new();
        header().put(&mut octets);
        let named = octets.windows(14).position(|name| name == b"limits.call_ma").unwrap() - 1;
        octets.truncate(named);
        let older = Header::take(&mut Take::new(&octets)).unwrap();
        assert_eq!((older.spec.tuning, older.spec.pace), (Tuning::default(), Pace::default()));
        octets.text("speech.colour");
        octets.octet(TIME);
        octets.octet(1);
        assert!(Header::take(&mut Take::new(&octets)).is_err());
    }
}
