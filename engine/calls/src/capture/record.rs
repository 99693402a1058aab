//! One record of a capture: a step of time, an input, or something that came out, by which a replay is checked.

use callwright_contract::{Digit, EndCause};
use callwright_media::Packet;

use super::bytes::{Malformed, Put, Take, Taken};
use super::digest::Played;
use super::{answer, command};
use crate::input::Input;
use crate::leg::{LegInput, MarkId};
use crate::shard::TICK_MS;

/// One record.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// Time has gone on by this many nanoseconds; what follows happens then.
    Later(u64),
    /// The call took this in.
    Input(Input),
    /// An event came out, as [`super::fact_text`] writes it.
    Fact(String),
    /// What has gone to the line so far.
    Check(Played),
    /// Nothing follows.
    End(TapeEnd),
}

/// Why a capture ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TapeEnd {
    /// The call ended.
    CallOver,
    /// The capture was as long or as large as it may be; the call went on.
    Limit,
    /// The writer of captures was too slow, or the call took something in that this version cannot write down; the call
    /// went on.
    Broken,
}

const LATER: u8 = 0;
const TICK: u8 = 1;
const AUDIO: u8 = 2;
const DIGIT: u8 = 3;
const MARK: u8 = 4;
const ANSWER: u8 = 5;
const COMMAND: u8 = 6;
const GONE: u8 = 7;
const LINE_STUCK: u8 = 8;
const FACT: u8 = 9;
const CHECK: u8 = 10;
const END: u8 = 11;

/// What a shard's time goes on by when it is not late.
const USUAL_NS: i64 = TICK_MS as i64 * 1_000_000;

const ENDS: [TapeEnd; 3] = [TapeEnd::CallOver, TapeEnd::Limit, TapeEnd::Broken];

pub(super) fn put_later(out: &mut impl Put, nanos: u64) {
    out.octet(LATER);
    out.signed(nanos.cast_signed().wrapping_sub(USUAL_NS));
}

/// Writes an input. False when it cannot be written down.
pub(super) fn put_input(out: &mut impl Put, input: &Input) -> bool {
    match input {
        Input::Tick => out.octet(TICK),
        Input::Line(LegInput::Audio(packet)) => {
            out.octet(AUDIO);
            out.number(packet.payload.len() as u64);
            out.octets(&packet.payload);
        }
        Input::Line(LegInput::Digit(digit)) => {
            out.octet(DIGIT);
            // A key is one of sixteen ASCII characters.
            out.octet(digit.as_char() as u8);
        }
        Input::Line(LegInput::Mark(mark)) => {
            out.octet(MARK);
            out.number(mark.0.into());
        }
        Input::Answer(given) => {
            out.octet(ANSWER);
            answer::put(out, given);
        }
        Input::Command(wish) => {
            out.octet(COMMAND);
            return command::put(out, wish);
        }
        Input::Gone(cause) => {
            out.octet(GONE);
            out.text(cause.as_str());
        }
        Input::LineStuck => out.octet(LINE_STUCK),
    }
    true
}

/// Begins an event's record, whose text follows once it is known how long it is.
pub(super) fn put_fact(out: &mut impl Put, text: &str) {
    out.octet(FACT);
    out.text(text);
}

pub(super) fn put_check(out: &mut impl Put, played: Played) {
    out.octet(CHECK);
    out.octets(&played.digest.to_le_bytes());
    out.number(played.octets);
    out.number(played.facts);
}

pub(super) fn put_end(out: &mut impl Put, end: TapeEnd) {
    out.octet(END);
    out.octet(ENDS.iter().position(|known| *known == end).unwrap_or_default() as u8);
}

/// Reads one record.
pub(super) fn take(octets: &mut Take<'_>) -> Taken<Record> {
    Ok(match octets.octet()? {
        LATER => {
            let nanos = octets.signed()?.checked_add(USUAL_NS);
            let nanos = nanos.and_then(|nanos| u64::try_from(nanos).ok());
            Record::Later(nanos.ok_or(Malformed("time goes back"))?)
        }
        TICK => Record::Input(Input::Tick),
        AUDIO => {
            let count = octets.count()?;
            let mut packet = Packet::default();
            let whole = packet.payload.try_extend_from_slice(octets.octets(count)?);
            whole.map_err(|_long| Malformed("a packet is longer than any"))?;
            Record::Input(Input::Line(LegInput::Audio(packet)))
        }
        DIGIT => {
            let digit = Digit::try_from(char::from(octets.octet()?));
            let digit = digit.map_err(|_none| Malformed("a key is on no keypad"))?;
            Record::Input(Input::Line(LegInput::Digit(digit)))
        }
        MARK => Record::Input(Input::Line(LegInput::Mark(MarkId(octets.small()?)))),
        ANSWER => Record::Input(Input::Answer(answer::take(octets)?)),
        COMMAND => Record::Input(Input::Command(command::take(octets)?)),
        GONE => {
            let name = octets.text()?;
            let cause = EndCause::ALL.into_iter().find(|cause| cause.as_str() == name);
            let cause = cause.ok_or(Malformed("a call ends for no reason that is known"))?;
            Record::Input(Input::Gone(cause))
        }
        LINE_STUCK => Record::Input(Input::LineStuck),
        FACT => Record::Fact(octets.text()?.to_owned()),
        CHECK => {
            let digest = octets.octets(8)?.try_into();
            let digest = digest.map_err(|_len| Malformed("a digest is cut off"))?;
            Record::Check(Played {
                digest: u64::from_le_bytes(digest),
                octets: octets.number()?,
                facts: octets.number()?,
            })
        }
        END => {
            let end = ENDS.get(usize::from(octets.octet()?)).copied();
            Record::End(end.ok_or(Malformed("a capture ends in no way that is known"))?)
        }
        _ => return Err(Malformed("a record is of no kind that this version knows")),
    })
}
