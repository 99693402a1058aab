//! Many worlds, one seed each.

use std::sync::Mutex;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use super::caller::Deed;
use super::faults::Fault;
use super::laws::{Law, Violation};
use super::models::OnPurpose;
use super::sabotage::Sabotage;
use super::simulation::Simulation;
use super::tally::{Report, Tally};

/// Worlds of one run of the suite.
const SEEDS: u64 = 1_000;

fn world(seed: u64, sabotage: Option<Sabotage>) -> Report {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !panic.payload().is::<OnPurpose>() {
                hook(panic);
            }
        }));
    });
    Simulation::new(seed, sabotage).run()
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not {text}")))
}

fn tell(seed: u64, broken: &Violation) -> String {
    let Violation { law, call, at_ms, what, story } = broken;
    let call = call.map_or_else(|| "the world".to_owned(), |call| call.to_string());
    format!(
        "seed {seed}, {at_ms} ms, {call}: {law:?} is broken: {}.\n{what}\n\n{}\n\nReplay it: SIM_SEED={seed} cargo test -p callwright-world -- --nocapture\n",
        law.sentence(),
        story.join("\n")
    )
}

/// Runs the worlds of all seeds on all cores, until one breaks a law.
fn run(seeds: std::ops::Range<u64>) -> Tally {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (next, stop) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    let (tally, broken) = (Mutex::new(Tally::default()), Mutex::new(None));
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let mut own = Tally::default();
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    let report = world(seed, None);
                    own.add(&report.tally);
                    if let Some(violation) = report.broken {
                        stop.store(true, Ordering::Relaxed);
                        broken.lock().unwrap().get_or_insert((seed, violation));
                    }
                }
                tally.lock().unwrap().add(&own);
            });
        }
    });
    if let Some((seed, violation)) = broken.into_inner().unwrap() {
        panic!("{}", tell(seed, &violation));
    }
    tally.into_inner().unwrap()
}

#[test]
fn whatever_goes_wrong_the_laws_hold() {
    if let Some(seed) = number("SIM_SEED") {
        eprintln!("{:#?}", run(seed..seed + 1));
        return;
    }
    let seeds = number("SIM_SEEDS").unwrap_or(SEEDS);
    let tally = run(0..seeds);
    eprintln!("{tally:#?}");
    if seeds < SEEDS {
        return;
    }
    // A simulation in which nothing happens proves nothing.
    let missing: Vec<Fault> = Fault::ALL
        .into_iter()
        .filter(|fault| tally.faults.get(fault).is_none_or(|&n| n == 0))
        .collect();
    assert!(missing.is_empty(), "these faults never struck: {missing:?}");
    let missing: Vec<Deed> =
        Deed::ALL.into_iter().filter(|deed| !tally.deeds.contains_key(deed)).collect();
    assert!(missing.is_empty(), "no caller did this: {missing:?}");
    let missing: Vec<Law> =
        Law::ALL.into_iter().filter(|law| tally.laws.get(law).is_none_or(|&n| n == 0)).collect();
    assert!(missing.is_empty(), "these laws were never put to the test: {missing:?}");
    assert!(tally.booked > 0 && tally.refused > 0, "{tally:#?}");
}

#[test]
fn one_seed_is_one_world() {
    for seed in 0..8 {
        assert_eq!(world(seed, None).digest, world(seed, None).digest, "{seed}");
    }
}

/// A law that cannot be broken is none: each is broken on purpose, and the watch says which it was.
#[test]
fn every_law_can_be_broken() {
    let broken = [
        (Sabotage::EventLost, Law::Numbered),
        (Sabotage::EventTwice, Law::Numbered),
        (Sabotage::TurnTwice, Law::TurnsInOrder),
        (Sabotage::EndWithheld, Law::EndsWithItsLine),
        (Sabotage::EndNeverSeen, Law::EndsAtAll),
        (Sabotage::ReplyEndLost, Law::RepliesEnd),
        (Sabotage::SpeechStopLost, Law::SpeechStops),
        (Sabotage::AnswersSwapped, Law::OwnWords),
        (Sabotage::VoicesSwapped, Law::OwnVoice),
        (Sabotage::ClearLost, Law::SilentWhenCutOff),
        (Sabotage::SoundDoubled, Law::LeadKept),
        (Sabotage::SoundAfterClose, Law::NothingAfterTheEnd),
        (Sabotage::SlotsNotLeft, Law::NothingLeft),
        (Sabotage::SeatsWithoutBound, Law::BoundsKept),
        (Sabotage::CommitPretended, Law::BookedAfterCommit),
        (Sabotage::BookedTwice, Law::NeverTwice),
        (Sabotage::LogWithoutEnds, Law::LoggedEnds),
    ];
    for (sabotage, law) in broken {
        let first = (0..200).find_map(|seed| world(seed, Some(sabotage)).broken);
        let first = first.unwrap_or_else(|| panic!("{sabotage:?} breaks nothing"));
        assert_eq!(first.law, law, "{sabotage:?}: {}", first.what);
    }
}
