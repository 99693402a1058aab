//! How likely a machine speaks.
//!
//! A logistic model over the pattern, fitted by `models/answering/fit.py` on the tuning half of the clips that
//! docs/answering.md names. Machines and people count alike in it, so that its likelihood is that of a call of which nothing
//! was known.

use super::pattern::PatternFacts;
use super::phrases::Cue;

/// How likely a machine speaks, 0-1.
pub(super) fn machine(facts: PatternFacts, cue: Option<Cue>) -> f32 {
    let seconds = |ms: u32, max: f32| (ms as f32 / 1_000.0).min(max);
    let pattern = BIAS
        + FIRST * seconds(facts.first, 1.5)
        + QUIET * seconds(facts.quiet, 1.0)
        + LATER * seconds(facts.later, 1.0);
    let words = match cue {
        Some(Cue::Machine) => WORDS,
        // Who goes on speaking has not said all of it: the first words of a prompt are easily taken for a hello.
        Some(Cue::Person) if facts.quiet >= PERSON_QUIET_MS => -WORDS,
        Some(Cue::Person) | None => 0.0,
    };
    1.0 / (1.0 + (-(pattern + words)).exp())
}

const BIAS: f32 = -0.789;
const FIRST: f32 = 1.713;
const QUIET: f32 = -11.071;
const LATER: f32 = -0.152;
/// What telling words are worth: 20 to 1.
const WORDS: f32 = 3.0;
/// A hello is one when its voice has paused for so long, in milliseconds: stops within words are shorter.
const PERSON_QUIET_MS: u32 = 100;
