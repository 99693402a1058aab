//! Putting sounds together and giving them the right strength: gain, limiting, levelling, conferences, noise
//! suppression.

mod gain;
pub use gain::Gain;

mod limiter;
pub use limiter::Limiter;

mod leveller;
pub use leveller::{Leveller, LevellerSettings};

mod conference;
pub use conference::{Audience, Conference, ConferenceFull, SEATS_MAX, SeatId};

mod suppress;
pub use suppress::{NoiseSuppressor, NotOneFrame};
