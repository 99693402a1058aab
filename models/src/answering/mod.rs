//! Who answered a call that was placed: a person, a machine, a fax, or the network? And when does the machine record?
//!
//! Three things tell. **The pattern of the greeting's loudness** (`pattern`): a person says a word or two and waits, a
//! machine goes on. **Words**, as far as a recogniser has them (`phrases`). **Tones** of the network, of fax machines, and the
//! beep ([`ProgressDetector`]). `score` weighs the first two; a tone decides by itself.
//!
//! [`AnswerDetector`] is a state machine over blocks of 20 ms: it owns no clock, model or call. Time is the number of
//! samples heard.
//!
//! > Rule of use: [`AnswerDetector::hear`] every block from the moment the far end answers, [`AnswerDetector::words`]
//! > whenever there are some. Each tells what is new. At most one verdict is told, and a second one only when a beep, a tone
//! > or a machine's own words prove the first wrong.

mod pattern;
mod phrases;
mod score;
#[cfg(test)]
mod tests;

use callwright_media::Resampler;
use callwright_media::SampleRate;
use callwright_media::tone::{Progress, ProgressDetector};

use crate::contract::{BLOCK_SAMPLES, SamplePos};
use pattern::Pattern;
pub use pattern::PatternFacts;
use phrases::Cue;

/// Who answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answerer {
    /// Somebody who waits for an answer.
    Person,
    /// An answering machine, a voicemail box, or an announcement.
    Machine,
    /// A fax machine or a modem.
    Fax,
    /// The three tones before a network's announcement: the number cannot be reached.
    SpecialInformation,
    /// A busy tone, of the other side or of the network.
    Busy,
    /// Nothing was said for [`SILENCE_MAX_MS`] after the last tone, or what was said could be either's.
    Unknown,
}

impl Answerer {
    /// Its name in machine-readable output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Machine => "machine",
            Self::Fax => "fax",
            Self::SpecialInformation => "special_information",
            Self::Busy => "busy",
            Self::Unknown => "unknown",
        }
    }
}

/// What was found, once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Who.
    pub who: Answerer,
    /// How likely that is, 0.5-1; a tone is certain, and [`Answerer::Unknown`] has 0.
    pub confidence: f32,
    /// When it was decided.
    pub decided: SamplePos,
}

/// What the detector tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AnswerFact {
    /// Somebody or something began to speak; the time to a verdict counts from here.
    Greeting {
        /// Where the first loud block begins.
        at: SamplePos,
    },
    /// Who it is.
    Decided(Verdict),
    /// One tone, and then quiet: what is said from here on is recorded.
    Beep {
        /// Where the tone ended.
        ended: SamplePos,
        /// Its frequency, Hz.
        hz: f32,
        /// Its length, ms.
        ms: u32,
    },
    /// It still rings at the other side: what was heard so far was no greeting.
    Ringing,
}

/// Hears one answered call from its beginning.
#[derive(Debug)]
pub struct AnswerDetector {
    heard: u64,
    narrow: Resampler,
    progress: ProgressDetector,
    /// Where the last tone of any kind ended.
    tone_ended: SamplePos,
    tone_sounds: bool,
    pattern: Pattern,
    cue: Option<Cue>,
    greeting: Option<SamplePos>,
    verdict: Option<Verdict>,
}

impl AnswerDetector {
    /// A detector for a call that has just been answered.
    #[expect(clippy::expect_used, reason = "there is a filter from 16 to 8 kHz; its test says so")]
    pub fn new() -> Self {
        let narrow = Resampler::new(SampleRate::Hz16000, SampleRate::Hz8000)
            .expect("there is a filter from 16 to 8 kHz");
        Self {
            heard: 0,
            narrow,
            progress: ProgressDetector::new(),
            tone_ended: SamplePos(0),
            tone_sounds: false,
            pattern: Pattern::new(),
            cue: None,
            greeting: None,
            verdict: None,
        }
    }

    /// Hears the next 20 ms, mono at 16 kHz.
    ///
    /// *Real time:* no allocation, no lock; about 3 us, 5 us while a tone sounds.
    pub fn hear(&mut self, block: &[i16; BLOCK_SAMPLES], mut tell: impl FnMut(AnswerFact)) {
        let mut narrow = [0; BLOCK_SAMPLES / 2];
        // Both lengths are 20 ms.
        let _whole = self.narrow.process(block, &mut narrow);
        let mut said = None;
        self.progress.feed(&narrow, |progress| said = Some(progress));
        self.heard += BLOCK_SAMPLES as u64;
        let sounds = self.progress.is_tone();
        if self.tone_sounds && !sounds {
            self.tone_ended = SamplePos(self.heard).minus(BLOCK_SAMPLES as u64);
        }
        self.tone_sounds = sounds;
        self.pattern.hear(block, sounds);
        if self.greeting.is_none()
            && let Some(at) = self.pattern.onset()
        {
            self.greeting = Some(at);
            tell(AnswerFact::Greeting { at });
        }
        if let Some(progress) = said {
            self.tone(progress, &mut tell);
        }
        self.weigh(&mut tell);
    }

    /// Takes in the words so far, from the greeting's beginning; later calls replace earlier ones.
    pub fn words(&mut self, words: &str, mut tell: impl FnMut(AnswerFact)) {
        self.cue = phrases::cue(words);
        if self.cue == Some(Cue::Machine) {
            let confidence = MACHINES_WORDS;
            self.overrule(Answerer::Machine, confidence, &mut tell);
        }
        self.weigh(&mut tell);
    }

    /// What has been decided.
    pub const fn verdict(&self) -> Option<Verdict> {
        self.verdict
    }

    /// Where the greeting began.
    pub const fn greeting(&self) -> Option<SamplePos> {
        self.greeting
    }

    /// How likely a machine speaks, by what was heard so far, 0-1; `None` before the greeting.
    pub fn machine(&self) -> Option<f32> {
        Some(score::machine(self.pattern.facts()?, self.cue))
    }

    /// What the pattern is made of, for those who fit the weights; `None` before the greeting.
    pub fn facts(&self) -> Option<PatternFacts> {
        self.pattern.facts()
    }

    fn tone(&mut self, progress: Progress, tell: &mut impl FnMut(AnswerFact)) {
        match progress {
            Progress::Dial => {}
            Progress::Ringback => {
                tell(AnswerFact::Ringing);
                self.pattern = Pattern::new();
                (self.greeting, self.verdict) = (None, None);
            }
            Progress::Busy | Progress::Congestion => {
                self.overrule(Answerer::Busy, CERTAIN, tell);
            }
            Progress::SpecialInformation(_) => {
                self.overrule(Answerer::SpecialInformation, CERTAIN, tell);
            }
            Progress::FaxCalling | Progress::FaxAnswered => {
                self.overrule(Answerer::Fax, CERTAIN, tell);
            }
            Progress::Beep { hz, ms } => {
                tell(AnswerFact::Beep { ended: self.tone_ended, hz, ms });
                // The tones of a fax or a busy line are told by their own names; a lone beep is a machine's.
                if self.verdict.is_none_or(|verdict| {
                    matches!(verdict.who, Answerer::Person | Answerer::Unknown)
                }) {
                    self.overrule(Answerer::Machine, CERTAIN, tell);
                }
            }
        }
    }

    /// Decides, whatever was decided before.
    fn overrule(&mut self, who: Answerer, confidence: f32, tell: &mut impl FnMut(AnswerFact)) {
        if self.verdict.is_some_and(|verdict| verdict.who == who) {
            return;
        }
        let verdict = Verdict { who, confidence, decided: SamplePos(self.heard) };
        self.verdict = Some(verdict);
        tell(AnswerFact::Decided(verdict));
    }

    /// Decides by pattern and words, if nothing is decided yet and they suffice.
    fn weigh(&mut self, tell: &mut impl FnMut(AnswerFact)) {
        if self.verdict.is_some() {
            return;
        }
        let Some(greeting) = self.greeting else {
            // While it rings there is nobody yet who could speak.
            let silence = SamplePos(self.heard).since(self.tone_ended);
            if !self.tone_sounds && silence >= SILENCE_MAX_MS * SAMPLES_PER_MS {
                self.overrule(Answerer::Unknown, 0.0, tell);
            }
            return;
        };
        let Some(machine) = self.machine() else { return };
        let spoken = SamplePos(self.heard).since(greeting);
        let needed = if spoken >= DECIDE_MAX_MS * SAMPLES_PER_MS { SURE_AT_LAST } else { SURE };
        if machine >= needed {
            self.overrule(Answerer::Machine, machine, tell);
        } else if machine <= 1.0 - needed {
            self.overrule(Answerer::Person, 1.0 - machine, tell);
        } else if spoken >= DECIDE_MAX_MS * SAMPLES_PER_MS {
            self.overrule(Answerer::Unknown, 0.0, tell);
        }
    }
}

impl Default for AnswerDetector {
    fn default() -> Self {
        Self::new()
    }
}

/// When nobody has said anything for so long after answering, or after the last ring, in milliseconds.
pub const SILENCE_MAX_MS: u64 = 5_000;
/// From the greeting's beginning to a verdict at the latest, in milliseconds.
pub const DECIDE_MAX_MS: u64 = 1_480;

/// How sure an early verdict has to be. Chosen on the tuning half; see docs/answering.md.
const SURE: f32 = 0.95;
/// How sure the last one has to be.
const SURE_AT_LAST: f32 = 0.6;
/// What only machines say is not often misheard.
const MACHINES_WORDS: f32 = 0.97;
const CERTAIN: f32 = 1.0;
const SAMPLES_PER_MS: u64 = 16;
