//! How somebody sounds, and how they feel over a call.
//!
//! [`EmotionNet`] hears one utterance: 80 numbers of it, from the telephone band, go through a small net of
//! our own, trained by `models/emotion/train.py` and carried inside this program. What it is worth, and what it must
//! not be used for, is in `models/emotion/README.md`. [`words`] scores what was said, [`Mood`] is both together, and
//! [`EmotionTrack`] follows a call from utterance to utterance and tells when it turns.

mod features;
mod front_end;
mod own_measure;

pub mod words;

mod mood;
pub use mood::{Feeling, Mood};

mod track;
pub use track::{EmotionTrack, Severity, Shift, Trajectory};

mod net;
pub use net::EmotionNet;
