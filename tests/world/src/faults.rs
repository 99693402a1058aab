//! What goes wrong in a simulated world, and when: drawn from the seed before anything happens.

use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Fault {
    LaneDies,
    LaneSlow,
    LaneStuck,
    LaneFails,
    LanePanics,
    RequestsLost,
    AnswersLost,
    AnswersOfGoneCalls,
    CallPanics,
    CommandsFlooded,
    EventsStuck,
    StoreSlow,
    StoreFails,
    StoreAnswerLost,
    BusinessFrozen,
    ServerKilled,
    ClockJumps,
    TicksLate,
    LineBreaks,
    LineGoesDead,
    LineStuck,
    LineGarbage,
    LineRepeats,
    LineReorders,
    LineStutters,
    LineNeverStarts,
    CarrierNeverSaysStop,
    Drained,
}

impl Fault {
    pub(super) const ALL: [Self; 28] = [
        Self::LaneDies,
        Self::LaneSlow,
        Self::LaneStuck,
        Self::LaneFails,
        Self::LanePanics,
        Self::RequestsLost,
        Self::AnswersLost,
        Self::AnswersOfGoneCalls,
        Self::CallPanics,
        Self::CommandsFlooded,
        Self::EventsStuck,
        Self::StoreSlow,
        Self::StoreFails,
        Self::StoreAnswerLost,
        Self::BusinessFrozen,
        Self::ServerKilled,
        Self::ClockJumps,
        Self::TicksLate,
        Self::LineBreaks,
        Self::LineGoesDead,
        Self::LineStuck,
        Self::LineGarbage,
        Self::LineRepeats,
        Self::LineReorders,
        Self::LineStutters,
        Self::LineNeverStarts,
        Self::CarrierNeverSaysStop,
        Self::Drained,
    ];

    /// Faults of the world that happen at a moment; the others are a line's own.
    const OF_THE_WORLD: [Self; 18] = [
        Self::LaneSlow,
        Self::LaneStuck,
        Self::LaneFails,
        Self::LanePanics,
        Self::RequestsLost,
        Self::AnswersLost,
        Self::AnswersOfGoneCalls,
        Self::CallPanics,
        Self::CommandsFlooded,
        Self::EventsStuck,
        Self::StoreSlow,
        Self::StoreFails,
        Self::StoreAnswerLost,
        Self::BusinessFrozen,
        Self::ClockJumps,
        Self::TicksLate,
        Self::LaneDies,
        Self::ServerKilled,
    ];
    const OF_A_LINE: [Self; 9] = [
        Self::LineBreaks,
        Self::LineGoesDead,
        Self::LineStuck,
        Self::LineGarbage,
        Self::LineRepeats,
        Self::LineReorders,
        Self::LineStutters,
        Self::LineNeverStarts,
        Self::CarrierNeverSaysStop,
    ];
}

/// A fault at its moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) at_ms: u64,
    pub(super) fault: Fault,
    /// How long it lasts, where it lasts.
    pub(super) lasts_ms: u64,
    /// Which of several it strikes.
    pub(super) which: usize,
}

/// The faults of the world, in order: none in a third of all worlds.
pub(super) fn plan(rng: &mut StdRng, span_ms: u64) -> Vec<Planned> {
    let faults = if rng.random_bool(0.3) { 0 } else { rng.random_range(1..6) };
    let mut plan: Vec<Planned> = (0..faults)
        .filter_map(|_| {
            let fault = *Fault::OF_THE_WORLD.choose(rng)?;
            // What ends everything is rarer, so that there is something to end.
            let rare = matches!(fault, Fault::LaneDies | Fault::ServerKilled);
            let planned = Planned {
                at_ms: rng.random_range(500..span_ms),
                fault,
                lasts_ms: rng.random_range(100..4_000),
                which: rng.random_range(0..4),
            };
            (!rare || rng.random_bool(0.3)).then_some(planned)
        })
        .collect();
    if rng.random_bool(0.1) {
        let (at_ms, lasts_ms) = (rng.random_range(4_000..span_ms), rng.random_range(0..3_000));
        plan.push(Planned { at_ms, fault: Fault::Drained, lasts_ms, which: 0 });
    }
    plan.sort_by_key(|planned| planned.at_ms);
    plan
}

/// What is wrong with one line, if anything.
pub(super) fn of_a_line(rng: &mut StdRng) -> Option<Fault> {
    rng.random_bool(0.5).then(|| *Fault::OF_A_LINE.choose(rng).unwrap_or(&Fault::LineBreaks))
}
