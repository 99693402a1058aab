//! Sound in files: reading what people bring (prompts, hold music, imports), and recording calls.
//!
//! Nothing here is for the frame path: it allocates, reads and writes.

mod companded;

mod decode;
pub use decode::{DecodeError, DecodeProgress, Limits, Sound, decode, decode_channel};

mod recording;
pub use recording::{Recording, RecordingError, RecordingLimits};

mod playback;
pub use playback::{Playback, PlaybackError};
