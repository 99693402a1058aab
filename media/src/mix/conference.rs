//! Several people in one conversation, each hearing the others: conferences, and a supervisor who listens
//! in, whispers or joins.
//!
//! Every 20 ms: each seat [speaks](Conference::speak) at most once, then each [hears](Conference::hear), then
//! [`Conference::next`] begins the next frame. A seat that does not speak is silent.

use super::{Gain, Limiter};
use crate::SampleRate;

/// Most people in one conference.
pub const SEATS_MAX: usize = 16;

/// Who hears a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Everyone else: a party to the conversation, or a supervisor who has joined it (barge).
    Everyone,
    /// One other seat: a supervisor who whispers to the agent. Nobody, if that seat has left.
    Only(SeatId),
    /// Nobody: a supervisor who listens in, or a party who is muted.
    Nobody,
}

/// A seat of one conference. Never valid again after its holder left: nobody else's words come to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SeatId {
    index: u8,
    generation: u32,
}

/// All [`SEATS_MAX`] seats are taken; nobody was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the conference is full")]
pub struct ConferenceFull;

/// An n-way mix. What a listener hears is the exact sum of the others, limited, never clipped, and never
/// themselves. No delay.
#[derive(Debug)]
pub struct Conference {
    rate: SampleRate,
    seats: [Option<Seat>; SEATS_MAX],
    /// The sum of all who are heard by everyone, in this frame.
    sum: Vec<i32>,
    scratch: Vec<i32>,
    generation: u32,
}

#[derive(Debug)]
struct Seat {
    generation: u32,
    audience: Audience,
    gain: Gain,
    limiter: Limiter,
    frame: Vec<i16>,
    /// Whether `frame` is of this frame of time, and if it is in the sum.
    said: Said,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    ToEveryone,
    ToOne(SeatId),
}

impl Conference {
    /// An empty conference of sound at `rate`.
    pub fn new(rate: SampleRate) -> Self {
        let samples = rate.frame_samples();
        Self {
            rate,
            seats: [const { None }; SEATS_MAX],
            sum: vec![0; samples],
            scratch: vec![0; samples],
            generation: 0,
        }
    }

    /// Adds someone. Allocates their frame.
    ///
    /// # Errors
    /// [`ConferenceFull`] when all seats are taken.
    pub fn join(&mut self, audience: Audience) -> Result<SeatId, ConferenceFull> {
        let free = self.seats.iter().position(Option::is_none).ok_or(ConferenceFull)?;
        self.generation = self.generation.wrapping_add(1);
        let id = SeatId {
            index: u8::try_from(free).map_err(|_why| ConferenceFull)?,
            generation: self.generation,
        };
        if let Some(seat) = self.seats.get_mut(free) {
            *seat = Some(Seat {
                generation: self.generation,
                audience,
                gain: Gain::default(),
                limiter: Limiter::new(self.rate),
                frame: vec![0; self.rate.frame_samples()],
                said: Said::Nothing,
            });
        }
        Ok(id)
    }

    /// Takes someone out; what they said in this frame goes with them.
    pub fn leave(&mut self, id: SeatId) {
        if self.seat(id).is_some() {
            self.withdraw(id);
            if let Some(seat) = self.seats.get_mut(usize::from(id.index)) {
                *seat = None;
            }
        }
    }

    /// Who hears this seat from its next frame on.
    ///
    /// *Real time.*
    pub fn set_audience(&mut self, id: SeatId, audience: Audience) {
        if let Some(seat) = self.seat_mut(id) {
            seat.audience = audience;
        }
    }

    /// The strength with which this seat is heard; `None` when it has left.
    pub fn gain_mut(&mut self, id: SeatId) -> Option<&mut Gain> {
        self.seat_mut(id).map(|seat| &mut seat.gain)
    }

    /// What this seat says in this frame: 20 ms. Another length counts as silence, a second frame replaces the
    /// first.
    ///
    /// *Real time:* no allocation, one pass.
    pub fn speak(&mut self, id: SeatId, frame: &[i16]) {
        self.withdraw(id);
        if frame.len() != self.rate.frame_samples() {
            return;
        }
        let Some(seat) = self.seats.get_mut(usize::from(id.index)).and_then(Option::as_mut) else {
            return;
        };
        if seat.generation != id.generation {
            return;
        }
        seat.frame.copy_from_slice(frame);
        seat.gain.apply(&mut seat.frame);
        seat.said = match seat.audience {
            Audience::Everyone => {
                for (sum, &sample) in self.sum.iter_mut().zip(&seat.frame) {
                    *sum += i32::from(sample);
                }
                Said::ToEveryone
            }
            Audience::Only(listener) => Said::ToOne(listener),
            Audience::Nobody => Said::Nothing,
        };
    }

    /// What this seat hears in this frame, into `out` (20 ms); silence for a seat that has left.
    ///
    /// *Real time:* no allocation; two passes, and one more for each who whispers to this seat.
    pub fn hear(&mut self, id: SeatId, out: &mut [i16]) {
        out.fill(0);
        let Some(own) = self.seats.get(usize::from(id.index)).and_then(Option::as_ref) else {
            return;
        };
        if own.generation != id.generation {
            return;
        }
        self.scratch.copy_from_slice(&self.sum);
        if own.said == Said::ToEveryone {
            for (sum, &sample) in self.scratch.iter_mut().zip(&own.frame) {
                *sum -= i32::from(sample);
            }
        }
        for whispering in self.seats.iter().flatten().filter(|seat| seat.said == Said::ToOne(id)) {
            for (sum, &sample) in self.scratch.iter_mut().zip(&whispering.frame) {
                *sum += i32::from(sample);
            }
        }
        if let Some(seat) = self.seats.get_mut(usize::from(id.index)).and_then(Option::as_mut) {
            seat.limiter.limit(&self.scratch, out);
        }
    }

    /// Begins the next frame: nobody has said anything yet.
    ///
    /// *Real time.*
    pub fn next(&mut self) {
        self.sum.fill(0);
        for seat in self.seats.iter_mut().flatten() {
            seat.said = Said::Nothing;
        }
    }

    /// How many are there.
    pub fn len(&self) -> usize {
        self.seats.iter().flatten().count()
    }

    /// Whether nobody is there.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn seat(&self, id: SeatId) -> Option<&Seat> {
        let seat = self.seats.get(usize::from(id.index))?.as_ref()?;
        (seat.generation == id.generation).then_some(seat)
    }

    fn seat_mut(&mut self, id: SeatId) -> Option<&mut Seat> {
        let seat = self.seats.get_mut(usize::from(id.index))?.as_mut()?;
        (seat.generation == id.generation).then_some(seat)
    }

    /// Takes back what a seat has said in this frame.
    fn withdraw(&mut self, id: SeatId) {
        let seat = self.seats.get_mut(usize::from(id.index)).and_then(Option::as_mut);
        let Some(seat) = seat.filter(|seat| seat.generation == id.generation) else { return };
        if seat.said == Said::ToEveryone {
            for (sum, &own) in self.sum.iter_mut().zip(&seat.frame) {
                *sum -= i32::from(own);
            }
        }
        seat.said = Said::Nothing;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: SampleRate = SampleRate::Hz8000;

    fn heard(conference: &mut Conference, id: SeatId) -> i16 {
        let mut out = [99; 160];
        conference.hear(id, &mut out);
        assert!(out.iter().all(|&s| s == out[0]));
        out[0]
    }

    #[test]
    fn everyone_hears_the_others_and_not_themselves() {
        let mut conference = Conference::new(RATE);
        let seats: Vec<SeatId> =
            (0..SEATS_MAX).map(|_| conference.join(Audience::Everyone).unwrap()).collect();
        assert_eq!(conference.join(Audience::Everyone), Err(ConferenceFull));
        for frame in 0..2 {
            for (n, &seat) in seats.iter().enumerate() {
                conference.speak(seat, &[1 << (n % 14) | frame; 160]);
            }
            let all: i32 = (0..SEATS_MAX).map(|n| 1 << (n % 14) | i32::from(frame)).sum();
            for (n, &seat) in seats.iter().enumerate() {
                let others = all - (1 << (n % 14) | i32::from(frame));
                assert_eq!(i32::from(heard(&mut conference, seat)), others);
            }
            conference.next();
        }
    }

    #[test]
    fn a_supervisor_listens_in_whispers_and_joins() {
        let mut conference = Conference::new(RATE);
        let caller = conference.join(Audience::Everyone).unwrap();
        let agent = conference.join(Audience::Everyone).unwrap();
        let supervisor = conference.join(Audience::Nobody).unwrap();
        let mut frame = |audience| {
            conference.set_audience(supervisor, audience);
            conference.speak(caller, &[1; 160]);
            conference.speak(agent, &[10; 160]);
            conference.speak(supervisor, &[100; 160]);
            let all = [caller, agent, supervisor].map(|seat| heard(&mut conference, seat));
            conference.next();
            all
        };
        assert_eq!(frame(Audience::Nobody), [10, 1, 11]);
        assert_eq!(frame(Audience::Only(agent)), [10, 101, 11]);
        assert_eq!(frame(Audience::Everyone), [110, 101, 11]);
    }

    #[test]
    fn who_has_left_is_neither_heard_nor_hears_even_when_the_seat_is_taken_again() {
        let mut conference = Conference::new(RATE);
        let first = conference.join(Audience::Everyone).unwrap();
        let second = conference.join(Audience::Everyone).unwrap();
        conference.speak(first, &[5; 160]);
        conference.speak(second, &[7; 160]);
        conference.leave(first);
        assert_eq!(heard(&mut conference, second), 0);
        let third = conference.join(Audience::Everyone).unwrap();
        assert_eq!(heard(&mut conference, first), 0);
        conference.speak(first, &[9; 160]);
        assert_eq!((heard(&mut conference, second), heard(&mut conference, third)), (0, 7));
        conference.leave(first);
        assert_eq!(conference.len(), 2);
        assert!(conference.gain_mut(first).is_none());
    }

    #[test]
    fn a_second_frame_replaces_the_first_and_a_wrong_length_is_silence() {
        let mut conference = Conference::new(RATE);
        let one = conference.join(Audience::Everyone).unwrap();
        let two = conference.join(Audience::Everyone).unwrap();
        conference.speak(one, &[5; 160]);
        conference.speak(one, &[6; 160]);
        assert_eq!(heard(&mut conference, two), 6);
        conference.speak(one, &[5; 80]);
        assert_eq!(heard(&mut conference, two), 0);
    }

    #[test]
    fn a_frame_costs_no_allocation() {
        let mut conference = Conference::new(RATE);
        let seats: Vec<SeatId> =
            (0..4).map(|_| conference.join(Audience::Everyone).unwrap()).collect();
        let mut out = [0; 160];
        let counted = allocation_counter::measure(|| {
            for &seat in &seats {
                conference.speak(seat, &[30_000; 160]);
            }
            for &seat in &seats {
                conference.hear(seat, &mut out);
            }
            conference.next();
        });
        assert_eq!(counted.count_total, 0);
        assert!(out.iter().all(|&s| s > 30_000));
    }
}
