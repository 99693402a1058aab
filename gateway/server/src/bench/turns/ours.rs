//! The true call core over a clip: when does it take the turn to be over?

use std::time::Duration;

use callwright_calls::leg::{LegInput, LegProfile, leg};
use callwright_calls::{CallLimits, CallMode, CallSpec, Moment, Pace, Placement, Shard, TICK_MS};
use callwright_contract::{Arrival, CallEvent, CallFact, CallId, Carrier, Pii};
use callwright_host::InlineLanes;
use callwright_media::Packet;
use callwright_media::ring::{WhenFull, ring};

use super::line::{Arriving, Line};
use super::score::Decision;
use super::set::{Clip, Pause};

/// A clip cannot be played to a call.
#[derive(Debug, thiserror::Error)]
pub(super) enum OursError {
    #[error("the call core took no call")]
    Refused,
    #[error("the call core did not take its sound in time")]
    Behind,
}

/// Octets of a packet at most: 20 ms of telephone sound, 10 ms of wideband sound.
const PACKET: usize = 320;

/// Plays a clip to a call and says when it took the turn to be over, in milliseconds of the clip.
///
/// A frame of 20 ms arrives when its last sample has been spoken. The agent says nothing.
pub(super) fn turn_ends(
    arriving: &Arriving,
    line: Line,
    pace: Pace,
    lanes: &mut InlineLanes,
) -> Result<Vec<f64>, OursError> {
    let mut shard = Shard::new(1, 0);
    let profile = LegProfile { lead: Duration::ZERO, marks: false, hears: line.band };
    let (mut driver, leg) = leg(profile);
    let (_business, commands) = ring(1, WhenFull::Refuse);
    let arrival = Arrival {
        carrier: Carrier::Twilio,
        carrier_call: String::new(),
        line: Pii::from("bench"),
        caller: None,
    };
    let limits = CallLimits { business_max: Duration::from_secs(3_600), ..CallLimits::default() };
    let (id, mode) = (CallId::new(0, 0), CallMode::Converse);
    let spec = CallSpec { id, arrival, mode, limits, pace };
    let begun = lanes.now();
    shard
        .place(begun, Placement { spec, leg, commands }, lanes)
        .map_err(|_given_back| OursError::Refused)?;
    let mut ends = Vec::new();
    let mut elapsed_ms = 0;
    for frame in &arriving.packets {
        // The sound of this frame is spoken in these 20 ms and arrives at their end.
        for _ in 0..20 / TICK_MS {
            elapsed_ms += TICK_MS;
            if elapsed_ms.is_multiple_of(20) {
                for packet in Packet::split(frame, PACKET) {
                    driver.deliver(LegInput::Audio(packet)).map_err(|_full| OursError::Behind)?;
                }
            }
            let now = begun.plus(Duration::from_millis(elapsed_ms));
            lanes.set_now(now);
            shard.tick(now, lanes, &mut |event: CallEvent| {
                if let CallFact::TurnOver(_) = event.fact {
                    ends.push(elapsed_ms as f64);
                }
            });
        }
    }
    let now = lanes.now();
    shard.end_all(now, callwright_contract::EndCause::CallerHungUp, lanes, &mut |_| ());
    Ok(ends)
}

/// What was decided in each pause of the clip, and how often the turn was taken to be over while the caller spoke.
pub(super) fn decisions(clip: &Clip, ends_ms: &[f64]) -> (Vec<Decision>, usize) {
    let mut in_speech = ends_ms.len();
    let decide = |&pause: &Pause| {
        let (start, end) = (super::set::ms(pause.start), super::set::ms(pause.end));
        let inside: Vec<f64> =
            ends_ms.iter().copied().filter(|&at| at >= start && at < end).collect();
        in_speech -= inside.len();
        Decision { pause, after_ms: inside.first().map(|at| at - start) }
    };
    (clip.pauses.iter().map(decide).collect(), in_speech)
}
