//! How somebody sounds.
//!
//! [`EmotionNet`] hears one utterance: 80 numbers of it, from the telephone band, go through a small net of
//! our own, trained by `models/emotion/train.py` and carried inside this program. What it is worth, and what it must
//! not be used for, is in `models/emotion/README.md`. What the words add, and how a call is followed from utterance to
//! utterance, is the call's to know: `engine/calls`.

mod features;
mod front_end;
mod own_measure;

mod net;
pub use net::EmotionNet;
