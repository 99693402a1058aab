//! A telephone line that goes wrong on purpose, and the same way every time: for tests, simulations and
//! measurements. Never on a frame's path: it allocates.

mod chance;
pub use chance::Chance;

mod loss;
pub use loss::GilbertElliott;

mod network;
pub use network::{Network, NetworkSettings};

mod ambience;
pub use ambience::{Ambience, Background};

mod echo;
pub use echo::{DELAY_MAX, Echo, EchoSettings};

mod transcoder;
pub use transcoder::Transcoder;

mod line;
pub use line::{Fades, Keys, Line, LineError, LineSettings};
