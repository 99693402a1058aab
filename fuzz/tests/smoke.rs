//! Every target against inputs that chance made: some thousands each, or as long as
//! `CALLWRIGHT_FUZZ_SECONDS` says. `CALLWRIGHT_FUZZ_SEED` repeats a run.
#![expect(
    clippy::disallowed_methods,
    reason = "the longer runs are measured by the clock; what is tested has none"
)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant, SystemTime};

use callwright_fuzz::Mutator;
use callwright_fuzz::targets::{ALL, Target};

/// Inputs of a short run. Opus takes most of the time that they cost.
const INPUTS: u64 = 3_000;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|value| value.parse().ok())
}

fn run(target: &Target) {
    let by_clock = || {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since.map_or(1, |since| since.as_nanos() as u64)
    };
    let seed = number("CALLWRIGHT_FUZZ_SEED").unwrap_or_else(by_clock);
    eprintln!("{}: CALLWRIGHT_FUZZ_SEED={seed}", target.name);
    let seconds = number("CALLWRIGHT_FUZZ_SECONDS").map(Duration::from_secs);
    let began = Instant::now();
    let mut mutator = Mutator::new(seed, (target.seeds)());
    for seed in (target.seeds)() {
        (target.run)(&seed);
    }
    (target.run)(&[]);
    let mut inputs = 0_u64;
    while seconds.map_or(inputs < INPUTS, |seconds| began.elapsed() < seconds) {
        let input = mutator.input();
        inputs += 1;
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.run)(&input))) {
            eprintln!("{}: input {inputs} of seed {seed} broke a law: {input:?}", target.name);
            resume_unwind(panic);
        }
    }
    eprintln!("{}: {inputs} inputs", target.name);
}

macro_rules! targets {
    ($($name:ident),+) => {
        $(#[test]
        fn $name() {
            let target = ALL.iter().find(|target| target.name == stringify!($name));
            run(target.expect("the list names every target"));
        })+

        #[test]
        fn every_target_is_run() {
            assert_eq!(ALL.map(|target| target.name), [$(stringify!($name)),+]);
        }
    };
}

targets!(
    rtp,
    rtcp,
    telephone_events,
    comfort_noise,
    reception,
    jitter,
    receiver,
    codecs,
    stretch,
    file,
    capture
);
