//! How good a call sounds, from what its network did to it.

mod e_model;
pub use e_model::{Impairment, Path, Rating, rate};

mod estimate;
pub use estimate::QualityEstimate;
