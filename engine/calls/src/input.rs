//! Everything that a call takes in, as one type: what a capture of it is a row of.

use callwright_contract::{CallCommand, EndCause};

use crate::lanes::LaneAnswer;
use crate::leg::LegInput;

/// One thing that a call takes in, at some moment. Given the same inputs at the same moments, a call of the same
/// [`CallSpec`](crate::CallSpec) and [`LegProfile`](crate::leg::LegProfile) writes the same outputs: nothing else
/// reaches it.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A lane answers.
    Answer(LaneAnswer),
    /// The business wishes something.
    Command(CallCommand),
    /// The line brings something.
    Line(LegInput),
    /// The line is gone, or the host wants the call ended.
    Gone(EndCause),
    /// The line takes nothing any more: the call ends, and what it still has for the line is thrown away.
    LineStuck,
    /// Time passes.
    Tick,
}
