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
    /// Beeps: where each ended, Hz, ms.
    pub(crate) beeps: Vec<(SamplePos, f32, u32)>,
    /// Rings before it was answered.
    pub(crate) rings: usize,
    /// The greeting's pattern every 100 ms.
    pub(crate) patterns: Vec<PatternFacts>,
    /// The words that were heard last.
    pub(crate) words: String,
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
            AnswerFact::Beep { ended, hz, ms } => self.beeps.push((ended, hz, ms)),
            AnswerFact::Ringing => {
                let rings = self.rings + 1;
                *self = Self { rings, ..Self::default() };
            }
        }
    }

    /// The last verdict, and how many milliseconds after the greeting's beginning it came (after answering, where there
    /// was no greeting).
    pub(crate) fn verdict(&self, within_ms: u64) -> Option<(Verdict, u64)> {
        let after =
            |verdict: &Verdict| verdict.decided.since(self.greeting.unwrap_or(SamplePos(0))) / 16;
        let mut in_time = self.verdicts.iter().filter(|verdict| after(verdict) <= within_ms);
        in_time.next_back().map(|verdict| (*verdict, after(verdict)))
    }
}
