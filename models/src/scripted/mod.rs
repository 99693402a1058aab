//! Doubles of the models for tests: deterministic, instant, and saying exactly what a test told them to.
//!
//! They stand behind the same contracts as the real ones, so that a test of a call needs no model file. What
//! they hear is told by the sound itself: [`tone`] is speech to the detector, silence is not, and a tone's
//! loudness can name what is being said.

mod detector;
pub use detector::LevelDetector;

mod emotion;
pub use emotion::ScriptedEmotion;

mod judge;
pub use judge::{ScriptedJudge, TrailingSilence};

mod recognizer;
pub use recognizer::{LoudnessRecognizer, ScriptedRecognizer};

mod synthesizer;
pub use synthesizer::ToneSynthesizer;

/// A square wave of 250 Hz at 16 kHz, `samples` long, that swings between `loudness` and `-loudness`.
///
/// Survives G.711 and resampling as what it is: loud, and about as loud as it was.
pub fn tone(loudness: i16, samples: usize) -> Vec<i16> {
    let half_period = 32;
    (0..samples).map(|i| if i / half_period % 2 == 0 { loudness } else { -loudness }).collect()
}

/// The mean magnitude of some samples, 0-32768; 0 for none.
fn loudness(samples: &[i16]) -> u32 {
    let sum: u64 = samples.iter().map(|sample| u64::from(sample.unsigned_abs())).sum();
    // A mean of 16-bit magnitudes fits.
    sum.checked_div(samples.len() as u64).unwrap_or(0) as u32
}
