//! Loss concealment: what the far end hears in place of a packet that never came.
//!
//! [`RepairingDecoder`] is the one to use: packets or the news of their loss in, frames out. Beneath it,
//! [`Waveform`] goes on with the last pitch period (ITU-T G.711 Appendix I) for codecs that cannot conceal by
//! themselves, and [`Background`] knows the noise of the line, to which every longer gap fades.

mod pitch;

mod waveform;
pub use waveform::{Splice, Waveform};

mod background;
pub use background::Background;

mod repair;
pub use repair::{Repair, RepairingDecoder};
