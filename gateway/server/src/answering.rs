//! A sound file heard as a call that was placed and answered: for `models try amd` and `bench answering`.

use callwright_models::answering::{AnswerDetector, AnswerFact, PatternFacts, Verdict};
use callwright_models::contract::{BLOCK_SAMPLES, SamplePos};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    /// Where the greeting begins, if there is one.
    pub(crate) greeting: Option<SamplePos>,
    /// The verdict, and what corrected it.
    pub(crate) verdicts: Vec<Verdict>,
    /// Beeps.
    pub(crate) beeps: Vec<Beep>,
    /// Rings before it was answered.
    pub(crate) rings: usize,
    /// The greeting's pattern every 100 ms.
    pub(crate) patterns: Vec<PatternFacts>,
    /// The words that were heard last.
    pub(crate) words: String,
    /// What has been heard so far.
    pub(crate) heard: SamplePos,
}

/// A machine's beep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Beep {
    /// Where it ended.
    pub(crate) ended: SamplePos,
    /// Where that was told.
    pub(crate) told: SamplePos,
    /// Its frequency.
    pub(crate) hz: f32,
    /// Its length.
    pub(crate) ms: u32,
}

/// Milliseconds after the greeting's beginning at which words are asked for: each is there before a moment that is
/// reported, with 100 ms for the recogniser.
const WORDS_AT_MS: [u64; 3] = [400, 900, 1_380];
/// What follows a file: a line on which nobody speaks, for as long as the detector may need.
const QUIET_AFTER: usize = 2 * 16_000;

/// Writes down what was said in some sound.
pub(crate) type Words<'a, E> = &'a mut dyn FnMut(&[i16]) -> Result<String, E>;

/// Hears `sound` (mono, 16 kHz) from the moment of answering; `recognise` writes down what was said so far.
///
/// # Errors
/// Those of `recognise`.
pub(crate) fn answered<E>(
    sound: &[i16],
    mut recognise: Option<Words<'_, E>>,
) -> Result<Answered, E> {
    let mut detector = AnswerDetector::new();
    let mut found = Answered::default();
    let mut line = sound.to_vec();
    line.resize(sound.len().next_multiple_of(BLOCK_SAMPLES) + QUIET_AFTER, 0);
    let mut asked = 0;
    for (number, block) in line.as_chunks::<BLOCK_SAMPLES>().0.iter().enumerate() {
        found.heard = SamplePos((number as u64 + 1) * BLOCK_SAMPLES as u64);
        detector.hear(block, |fact| found.take(fact));
        let Some(greeting) = detector.greeting() else { continue };
        let upto = (number + 1) * BLOCK_SAMPLES;
        let since_ms = SamplePos(upto as u64).since(greeting) / 16;
        if since_ms.is_multiple_of(100) {
            found.patterns.extend(detector.facts());
        }
        let due = WORDS_AT_MS.get(asked).is_some_and(|at| since_ms >= *at);
        if let Some(recognise) = recognise.as_mut().filter(|_| due) {
            asked += 1;
            let from = usize::try_from(greeting.0).unwrap_or(upto).min(upto);
            found.words = recognise(line.get(from..upto).unwrap_or_default())?;
            detector.words(&found.words.clone(), |fact| found.take(fact));
        }
    }
    Ok(found)
}

impl Answered {
    fn take(&mut self, fact: AnswerFact) {
        match fact {
            AnswerFact::Greeting { at } => self.greeting = Some(at),
            AnswerFact::Decided(verdict) => self.verdicts.push(verdict),
            AnswerFact::Beep { ended, hz, ms } => {
                self.beeps.push(Beep { ended, told: self.heard, hz, ms });
            }
            AnswerFact::Ringing => {
                let (rings, heard) = (self.rings + 1, self.heard);
                *self = Self { rings, heard, ..Self::default() };
            }
        }
    }

    /// The first verdict, and how many milliseconds after the greeting's beginning it came.
    pub(crate) fn first_verdict(&self) -> Option<(Verdict, u64)> {
        self.verdicts.first().map(|verdict| (*verdict, self.after_ms(verdict)))
    }

    /// From the greeting's beginning, or from answering, where there was no greeting.
    fn after_ms(&self, verdict: &Verdict) -> u64 {
        verdict.decided.since(self.greeting.unwrap_or(SamplePos(0))) / 16
    }

    /// The last verdict, and how many milliseconds after the greeting's beginning it came (after answering, where there
    /// was no greeting).
    pub(crate) fn verdict(&self, within_ms: u64) -> Option<(Verdict, u64)> {
        let in_time = |verdict: &&Verdict| self.after_ms(verdict) <= within_ms;
        let last = self.verdicts.iter().rfind(in_time);
        last.map(|verdict| (*verdict, self.after_ms(verdict)))
    }
}
