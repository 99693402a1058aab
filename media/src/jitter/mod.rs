//! The jitter buffer: packets go in as the network brings them, and come out in order, evenly, and as soon as
//! the network's unevenness allows.
//!
//! It holds packets, not sound. Whoever pulls decodes what is due, conceals what is missing, and stretches
//! sound a little where the buffer asks for it; [`Stretch`] does the last. How the delay is chosen and what was
//! measured is in `docs/media/jitter.md`.

mod settings;
pub use settings::{JitterSettings, SettingsError};

mod buffer;
pub use buffer::JitterBuffer;

mod incoming;
pub use incoming::{Incoming, Inserted};

mod playout;
pub use playout::{Due, Pace, Playout};

mod due;

mod timeline;
use timeline::Timeline;

mod counts;
pub use counts::JitterCounts;

mod delay;
use delay::DelayEstimate;

mod slack;
use slack::Slack;

mod store;
use store::{Entry, Store};

mod stretch;
pub use stretch::Stretch;
