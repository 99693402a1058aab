//! Pure sound: units, packets, codecs, resampling, levels, and the rings that carry them.
//!
//! No clock, no thread, no socket, no model, no call. Everything marked *Real time* neither allocates,
//! locks nor blocks, and its cost is bounded by its input.

mod rate;
pub use rate::SampleRate;

mod packet;
pub use packet::{PAYLOAD_MAX_BYTES, Packet};

pub mod codec;
pub use codec::{Codec, g711};

pub mod conceal;

mod level;
pub use level::{Dbov, LevelMeter, level_dbov};

mod resample;
pub use resample::{AnyRate, Resampler, ResamplerError};

pub mod file;

pub mod mix;

pub mod tone;

pub mod ring;

mod ticks;

pub mod rtp;

pub mod jitter;

pub mod quality;

pub mod impair;

pub mod receiver;
