//! Who speaks: what a voice sounds like, as a direction in 256 dimensions, and the turns of those who speak in one recording.
//!
//! The model is Resemblyzer's voice encoder (17 MB, Apache-2.0), which an operator pulls. The publisher's own file of weights
//! is used as it lies; how the model computes is `models/speaker/graph.onnx`, which is part of this program and names each
//! tensor by its place in that file. Read [`VoiceEmbedding`] first, then [`diarize`]. `docs/speakers.md` says how well it does.
//!
//! > What a voice sounds like tells who somebody is. It is in no log, and whoever keeps it has to be allowed to.

mod embedding;
pub use embedding::{DIMENSIONS, VoiceEmbedding};

mod encoder;
mod front_end;
pub use encoder::{MODEL, PASSAGE_MAX, SpeakerEncoder};

mod likeness;
pub use likeness::likeness;

mod clusters;
mod passages;
mod turns;
pub use passages::joined;
pub use turns::{Diarized, SPEAKERS_MAX, SpeakerTurn, Speakers, diarize};
