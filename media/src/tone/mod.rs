//! The tones of the telephone network: keys, ringing, busy, special information, fax, and the beep of an
//! answering machine; made and recognised.
//!
//! Recognition works on 8 kHz, the rate at which every such tone reaches us or to which a
//! [`Resampler`](crate::Resampler) brings it; all of it also after mu-law or A-law.

mod digit;
pub use digit::Digit;

mod plan;
pub use plan::{Region, Signal, SpecialInformation, TonePlan, ToneStep};

mod player;
pub use player::{DIGITS_MAX, DigitTiming, TonePlayer, TooManyDigits};

mod window;

mod dtmf;
pub use dtmf::{DtmfDetector, DtmfEvent};

mod steady;

mod progress;
pub use progress::{Progress, ProgressDetector};

#[cfg(test)]
mod tests;
