//! Pure sound: units, packets, codecs, resampling, levels, and the rings that carry them.
//!
//! No clock, no thread, no socket, no model, no call. Everything marked *Real time* neither allocates,
//! locks nor blocks, and its cost is bounded by its input.

mod rate;
pub use rate::SampleRate;

mod packet;
pub use packet::{PAYLOAD_MAX_BYTES, Packet};

pub mod g711;

mod level;
pub use level::{Dbov, level_dbov};

mod resample;
pub use resample::{Resampler, ResamplerError};

pub mod ring;
