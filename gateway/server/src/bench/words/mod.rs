//! `callwright bench words`: how many words a listening line gets wrong, how soon it shows them, how often they change.
//!
//! | file | owns |
//! |---|---|
//! | `args` | the command line |
//! | `corpus` | recordings with transcripts, and where in them the speech is |
//! | `band` | a recording as a line carries it |
//! | `reading` | one recording, in real time, to a call that listens |
//! | `heard` | what a listener sees of it |
//! | `offline` | the same model on the whole recording |
//! | `tally` | the figures |
//! | `measuring` | all recordings, with progress |

mod args;
mod band;
mod corpus;
mod heard;
mod measuring;
mod offline;
mod reading;
mod tally;

pub use args::{Args, Band};
pub use corpus::CorpusError;
pub(super) use measuring::measure;
pub use reading::ReadingError;
