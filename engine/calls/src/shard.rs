//! One thread's calls, and one turn of all of them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use callwright_contract::{
    CallCommand, CallEvent, CallFact, CallId, EndCause, Pii, ReplyId, ReplyOutcome,
};
use callwright_media::ring::Reader;
use callwright_models::contract::{Generation, SlotId, SlotKey};

use crate::call::Call;
use crate::capture::{Recorder, Tape};
use crate::input::Input;
use crate::lanes::Lanes;
use crate::leg::{Gone, LegCall};
use crate::moment::Moment;
use crate::outbox::Outbox;
use crate::spec::CallSpec;

/// A set of calls that one driver ticks.
///
/// > Call [`Self::tick`] every [`TICK_MS`] milliseconds with a `now` that never goes back. Nothing else moves.
///
/// A panic inside a call is our defect: that call ends with [`EndCause::Fault`], is counted, and the others go on.
#[derive(Debug)]
pub struct Shard {
    seats: Vec<Option<Box<Seat>>>,
    /// Slot of the first seat; each seat has a slot of its own in every lane.
    first_slot: u16,
    generation: u32,
    live: usize,
    counts: ShardCounts,
    outbox: Outbox,
    recorder: Option<Recorder>,
}

/// What a shard has seen go wrong and repaired, since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShardCounts {
    /// Calls that a defect of ours ended.
    pub faults: u64,
    /// Answers of lanes that came after their call had gone.
    pub stale_answers: u64,
    /// Packets that a line did not take in time, of calls that are over.
    pub dropped_packets: u64,
    /// Keys that came faster than fingers can press, of calls that are over.
    pub flooded_keys: u64,
}

/// A call and its connections.
#[derive(Debug)]
struct Seat {
    key: SlotKey,
    call: Call,
    leg: LegCall,
    commands: Reader<CallCommand>,
    seq: u32,
    /// Replies that have begun and not ended, so that they end even if the call cannot say so any more.
    begun: Vec<ReplyId>,
    tape: Option<Tape>,
}

/// What a seat has at hand in one step.
struct Step<'a> {
    now: Moment,
    out: &'a mut Outbox,
    recorder: Option<&'a mut Recorder>,
}

/// A call on its way to a shard.
#[derive(Debug)]
pub struct Placement {
    /// What the call is to be.
    pub spec: CallSpec,
    /// Its line.
    pub leg: LegCall,
    /// Where the business's wishes arrive.
    pub commands: Reader<CallCommand>,
    /// Everything it takes in is to be written down, if this shard has a recorder.
    pub capture: bool,
}

/// Milliseconds between two turns of a shard: short against a 20 ms frame, long against a system call.
pub const TICK_MS: u64 = 5;

/// Inputs a line may bring in one turn; more wait for the next, so that one line cannot hold up the others.
const INPUTS_PER_TICK: usize = 64;

impl Shard {
    /// A shard with room for `seats` calls, which take the slots from `first_slot` on.
    pub fn new(seats: u16, first_slot: u16) -> Self {
        Self {
            seats: (0..seats).map(|_| None).collect(),
            first_slot,
            generation: 0,
            live: 0,
            counts: ShardCounts::default(),
            outbox: Outbox::new(),
            recorder: None,
        }
    }

    /// From now on calls that are to be captured are.
    pub fn record(&mut self, recorder: Recorder) {
        self.recorder = Some(recorder);
    }

    /// What writes captures down, if anything does.
    pub const fn recorder(&mut self) -> Option<&mut Recorder> {
        self.recorder.as_mut()
    }

    /// Calls that live here.
    pub const fn live(&self) -> usize {
        self.live
    }

    /// What has gone wrong and was repaired.
    pub const fn counts(&self) -> ShardCounts {
        self.counts
    }

    /// Seats a call that begins `now`.
    ///
    /// # Errors
    /// Gives the placement back when every seat is taken.
    pub fn place(
        &mut self,
        now: Moment,
        placement: Placement,
        lanes: &mut impl Lanes,
    ) -> Result<(), Box<Placement>> {
        let free = self.seats.iter().position(Option::is_none);
        let slot = free.and_then(|index| u16::try_from(index).ok());
        let Some((index, slot)) = free.zip(slot) else { return Err(Box::new(placement)) };
        let Placement { spec, leg, commands, capture } = placement;
        let (share, language) = (spec.share, spec.language.clone());
        let call = match Call::new(now, spec.clone(), leg.profile()) {
            Ok(call) => call,
            Err(_) => return Err(Box::new(Placement { spec, leg, commands, capture })),
        };
        self.generation = self.generation.wrapping_add(1);
        let key = SlotKey {
            slot: SlotId(self.first_slot + slot),
            generation: Generation(self.generation),
        };
        lanes.open(key, share, language.as_ref());
        if let Some(seat) = self.seats.get_mut(index) {
            let recorder = self.recorder.as_mut().filter(|_| capture);
            let tape = recorder.map(|recorder| recorder.begin(now, &spec, leg.profile()));
            let begun = Vec::with_capacity(BEGUN);
            *seat = Some(Box::new(Seat { key, call, leg, commands, seq: 0, begun, tape }));
            self.live += 1;
        }
        Ok(())
    }

    /// One turn of every call: answers of the lanes, wishes, what the lines brought, time.
    ///
    /// *Real time:* bounded by the number of calls and the lengths of their rings.
    pub fn tick(
        &mut self,
        now: Moment,
        lanes: &mut impl Lanes,
        events: &mut impl FnMut(CallEvent),
    ) {
        if let Some(recorder) = &mut self.recorder {
            recorder.retry();
        }
        while let Some(answer) = lanes.answer() {
            let key = answer.key();
            match self.index_of(key) {
                Some(index) => self.with_seat(index, now, lanes, events, |seat, step| {
                    seat.take(Input::Answer(answer), step);
                }),
                None => self.counts.stale_answers += 1,
            }
        }
        for index in 0..self.seats.len() {
            self.with_seat(index, now, lanes, events, Seat::step);
        }
    }

    /// Ends every call that is left, as after a drain that took too long.
    pub fn end_all(
        &mut self,
        now: Moment,
        cause: EndCause,
        lanes: &mut impl Lanes,
        events: &mut impl FnMut(CallEvent),
    ) {
        for index in 0..self.seats.len() {
            self.with_seat(index, now, lanes, events, |seat, step| {
                seat.take(Input::Gone(cause), step);
            });
        }
    }

    fn index_of(&self, key: SlotKey) -> Option<usize> {
        let index = usize::from(key.slot.0.checked_sub(self.first_slot)?);
        let seat = self.seats.get(index)?.as_ref()?;
        (seat.key == key).then_some(index)
    }

    /// Does `step` with the call in a seat, carries out what it wants, and frees the seat when the call is over.
    fn with_seat(
        &mut self,
        index: usize,
        now: Moment,
        lanes: &mut impl Lanes,
        events: &mut impl FnMut(CallEvent),
        work: impl FnOnce(&mut Seat, &mut Step<'_>),
    ) {
        let Some(place) = self.seats.get_mut(index) else { return };
        let Some(seat) = place else { return };
        let mut step = Step { now, out: &mut self.outbox, recorder: self.recorder.as_mut() };
        let survived = catch_unwind(AssertUnwindSafe(|| {
            work(seat, &mut step);
            seat.carry_out(&mut step, lanes, events);
        }));
        if survived.is_err() {
            self.counts.faults += 1;
            *step.out = Outbox::new();
            if seat.seq == 0 {
                events(seat.event(seat.call.started(), &mut step));
            }
            for reply in std::mem::take(&mut seat.begun) {
                let (outcome, heard) = (ReplyOutcome::CallEnded, Pii::default());
                events(seat.event(CallFact::ReplyEnded { reply, outcome, heard }, &mut step));
            }
            events(seat.event(CallFact::Ended { cause: EndCause::Fault }, &mut step));
        }
        if survived.is_err() || seat.call.is_over() {
            lanes.close(seat.key);
            if let (Some(tape), Some(recorder)) = (seat.tape.take(), step.recorder) {
                recorder.end(tape);
            }
            self.counts.dropped_packets += seat.leg.dropped();
            self.counts.flooded_keys += seat.call.flooded_keys();
            *place = None;
            self.live -= 1;
        }
    }

    /// Names of the calls that live here.
    pub fn calls(&self) -> impl Iterator<Item = CallId> + '_ {
        self.seats.iter().flatten().map(|seat| seat.call.id())
    }
}

/// Replies that have begun and not ended are seldom more: one sounds while the end of another is on its way.
const BEGUN: usize = 4;

impl Seat {
    /// The call takes something in, which is written down first if it is to be.
    fn take(&mut self, input: Input, step: &mut Step<'_>) {
        if let (Some(tape), Some(recorder)) = (&mut self.tape, &mut step.recorder) {
            recorder.input(tape, step.now, &input);
        }
        self.call.take(step.now, input, step.out);
    }

    fn step(&mut self, step: &mut Step<'_>) {
        while let Some(command) = self.commands.pop() {
            self.take(Input::Command(command), step);
        }
        for _ in 0..INPUTS_PER_TICK {
            let Some(input) = self.leg.take() else { break };
            self.take(Input::Line(input), step);
        }
        if let Some(gone) = self.leg.gone() {
            let cause = match gone {
                Gone::HungUp => EndCause::CallerHungUp,
                Gone::Lost => EndCause::LineLost,
            };
            self.take(Input::Gone(cause), step);
        }
        self.take(Input::Tick, step);
    }

    fn carry_out(
        &mut self,
        step: &mut Step<'_>,
        lanes: &mut impl Lanes,
        events: &mut impl FnMut(CallEvent),
    ) {
        for request in step.out.lanes.drain(..) {
            lanes.ask(self.key, request);
        }
        let mut stuck = false;
        let sent = !step.out.line.is_empty();
        for output in step.out.line.drain(..) {
            if let (Some(tape), Some(recorder)) = (&mut self.tape, &mut step.recorder) {
                recorder.output(tape, &output);
            }
            stuck |= self.leg.send(output).is_err();
        }
        if stuck {
            self.take(Input::LineStuck, step);
        }
        // Taken out and put back, so that its room is kept.
        let mut facts = std::mem::take(&mut step.out.facts);
        for fact in facts.drain(..) {
            match fact {
                CallFact::ReplyStarted { reply } => self.begun.push(reply),
                CallFact::ReplyEnded { reply, .. } => self.begun.retain(|begun| *begun != reply),
                _ => {}
            }
            let event = self.event(fact, step);
            events(event);
        }
        step.out.facts = facts;
        if sent {
            self.leg.wake();
        }
        if let (Some(tape), Some(recorder)) = (&mut self.tape, &mut step.recorder) {
            recorder.ticked(tape, step.now);
        }
    }

    fn event(&mut self, fact: CallFact, step: &mut Step<'_>) -> CallEvent {
        let seq = self.seq;
        self.seq += 1;
        let event = CallEvent { call: self.call.id(), seq, at: self.call.elapsed(step.now), fact };
        if let (Some(tape), Some(recorder)) = (&mut self.tape, &mut step.recorder) {
            recorder.fact(tape, &event);
        }
        event
    }
}
