//! The call core over a clip, with its detector, its packets and the delays of its models.

use std::time::Duration;

use callwright_calls::leg::{LegAudio, LegInput, LegProfile, leg};
use callwright_calls::{
    CallLimits, CallMode, CallSpec, Language, Moment, Pace, Placement, Shard, Share, TICK_MS,
    Tuning,
};
use callwright_contract::{Arrival, CallEvent, CallFact, CallId, Carrier, EndCause, Pii, TurnOver};
use callwright_host::InlineLanes;
use callwright_media::Packet;
use callwright_media::ring::{WhenFull, ring};

use super::line::{Arriving, Line};
use super::score::Decision;
use super::set::{Clip, ms};

/// A clip cannot be played to a call.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The shard has no seat for it.
    #[error("the call core took no call")]
    Refused,
    /// The call reads its line too slowly.
    #[error("the call core did not take its sound in time")]
    Behind,
}

/// What a call noticed, in milliseconds of its clip.
#[derive(Debug, Default)]
pub(in crate::bench) struct Noticed {
    /// The caller had stopped.
    pub(super) stopped: Vec<f64>,
    /// A turn was over.
    pub(super) over: Vec<f64>,
    /// The same, each with its turn.
    pub(in crate::bench) turns: Vec<(f64, TurnOver)>,
}

/// Octets of a packet at most: 20 ms of telephone sound, 10 ms of wideband sound.
const PACKET: usize = 320;
const FRAME_MS: u64 = 20;

/// Plays clips to calls, one after the other.
pub(in crate::bench) struct Player<'a> {
    pub(in crate::bench) lanes: &'a mut InlineLanes,
    /// The virtual clock, which goes on from call to call.
    pub(in crate::bench) elapsed_ms: u64,
}

impl Player<'_> {
    /// Plays a clip. A frame arrives when its last sample has been spoken; the agent says nothing.
    pub(super) fn play(
        &mut self,
        arriving: &Arriving,
        line: Line,
        pace: Pace,
    ) -> Result<Noticed, LiveError> {
        self.packets(&arriving.packets, line.band, pace)
    }

    /// Plays packets of 20 ms in the coding of `hears`.
    ///
    /// # Errors
    /// [`LiveError`]
    pub(in crate::bench) fn packets(
        &mut self,
        packets: &[Vec<u8>],
        hears: LegAudio,
        pace: Pace,
    ) -> Result<Noticed, LiveError> {
        let mut shard = Shard::new(1, 0);
        let profile = LegProfile { lead: Duration::ZERO, marks: false, hears, tones: false };
        let (mut driver, leg) = leg(profile);
        let (_business, commands) = ring(1, WhenFull::Refuse);
        let arrival = Arrival {
            carrier: Carrier::Twilio,
            carrier_call: String::new(),
            line: Pii::from("bench"),
            caller: None,
        };
        // Nobody answers here, and that is no reason to end the call.
        let business_max = Duration::from_secs(3_600);
        let limits = CallLimits { business_max, ..CallLimits::default() };
        let (id, mode) = (CallId::new(0, 0), CallMode::Converse);
        let (share, emotion) = (Share::default(), false);
        let spec = CallSpec {
            id,
            arrival,
            mode,
            limits,
            share,
            pace,
            language: Some(Language::ENGLISH),
            emotion,
            tuning: Tuning::default(),
        };
        let begun = self.elapsed_ms;
        let now = Moment::new(Duration::from_millis(begun));
        shard
            .place(now, Placement { spec, leg, commands, capture: false }, self.lanes)
            .map_err(|_given_back| LiveError::Refused)?;
        let mut noticed = Noticed::default();
        for frame in packets {
            for tick in 1..=FRAME_MS / TICK_MS {
                self.elapsed_ms += TICK_MS;
                if tick == FRAME_MS / TICK_MS {
                    for packet in Packet::split(frame, PACKET) {
                        driver
                            .deliver(LegInput::Audio(packet))
                            .map_err(|_full| LiveError::Behind)?;
                    }
                }
                let now = Moment::new(Duration::from_millis(self.elapsed_ms));
                let at_ms = (self.elapsed_ms - begun) as f64;
                self.lanes.set_now(now);
                shard.tick(now, self.lanes, &mut |event: CallEvent| match event.fact {
                    CallFact::TurnOver(over) => {
                        noticed.over.push(at_ms);
                        noticed.turns.push((at_ms, over));
                    }
                    CallFact::SpeechStopped => noticed.stopped.push(at_ms),
                    _ => {}
                });
            }
        }
        let now = Moment::new(Duration::from_millis(self.elapsed_ms));
        shard.end_all(now, EndCause::CallerHungUp, self.lanes, &mut |_| ());
        Ok(noticed)
    }
}

/// What was decided in each pause of the clip. A turn that was taken to be over after the speaker had gone on counts as
/// cut off in the pause before.
pub(super) fn decisions(clip: &Clip, over_ms: &[f64]) -> Vec<Decision> {
    let next = clip.pauses.iter().skip(1).map(|pause| ms(pause.start)).chain([f64::INFINITY]);
    clip.pauses
        .iter()
        .zip(next)
        .map(|(&pause, next)| {
            let start = ms(pause.start);
            let at = over_ms.iter().copied().find(|&at| at >= start && at < next);
            Decision { pause, after_ms: at.map(|at| at - start) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::turns::recordings::Origin;
    use crate::bench::turns::set::Pause;

    #[test]
    fn a_turn_that_is_over_too_late_is_a_cut_off_all_the_same() {
        let pause = |start: usize, end: usize, over| Pause {
            start: start * 16,
            end: end * 16,
            at: start * 16,
            over,
        };
        let clip = Clip {
            name: String::new(),
            speaker: String::new(),
            tuning: false,
            origin: Origin::Read,
            samples: Vec::new(),
            pauses: vec![
                pause(1_000, 1_300, false),
                pause(2_000, 2_300, false),
                pause(3_000, 7_000, true),
            ],
            speech_power: 1.0,
        };
        let after: Vec<_> = decisions(&clip, &[500.0, 1_305.0, 3_200.0, 3_900.0])
            .iter()
            .map(|d| d.after_ms)
            .collect();
        assert_eq!(after, [Some(305.0), None, Some(200.0)]);
    }
}
