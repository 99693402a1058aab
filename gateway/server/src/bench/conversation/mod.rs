//! `callwright bench conversation`: so many conversations at a time, and what the callers hear.
//!
//! | file | owns |
//! |---|---|
//! | `args` | the command line |
//! | `script`, `voices` | what callers say, spoken before anything is measured |
//! | `talker` | a caller's mind: when to speak, what, and when to cut in |
//! | `talk` | one call, sans-IO |
//! | `placing` | the calls of a row over real sockets |
//! | `child` | the server, in a process of its own |
//! | `usage` | lanes and processor time |
//! | `row`, `table` | what came of it |
//! | `measuring` | one row after the other, with progress |

mod args;
mod child;
mod measuring;
mod placing;
mod row;
pub(super) mod script;
mod table;
mod talk;
mod talker;
mod usage;
pub(super) mod voices;

pub use args::Args;
pub(super) use child::OwnServer;
pub use child::OwnServerError;
pub(super) use measuring::measure;
