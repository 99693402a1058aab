//! A telephone network that goes wrong on purpose, and the same way every time: for tests, simulations and
//! measurements. Never on a frame's path: it allocates.

mod chance;
pub use chance::Chance;

mod loss;
pub use loss::GilbertElliott;

mod network;
pub use network::{Network, NetworkSettings};
