//! What a server costs and holds: echo, start, memory, overload, and very many calls.
//!
//! | file | owns |
//! |---|---|
//! | `process` | what the kernel knows of a process: memory, files, threads, processor time, instructions |
//! | `ringing`, `frames` | a caller of the echo line who measures each frame |
//! | `crowd` | so many of them at a time |
//! | `echo`, `startup`, `memory`, `overload` | the commands of those names |
//! | `soak`, `sockets`, `inside` | very many calls: over sockets, and within this process |
//! | `profile` | where the time went |

mod crowd;
mod echo;
mod frames;
mod inside;
mod memory;
mod overload;
mod process;
mod profile;
mod ringing;
mod soak;
mod sockets;
mod startup;

pub use echo::Args as EchoArgs;
pub use memory::Args as MemoryArgs;
pub use overload::Args as LoadArgs;
pub use soak::Args as SoakArgs;
pub use startup::Args as StartupArgs;

pub(super) use echo::measure as echo;
pub(super) use memory::measure as memory;
pub(super) use overload::measure as overload;
pub(super) use soak::measure as soak;
pub(super) use startup::measure as startup;

/// The sample clinic's line that sends everything back.
const ECHO_LINE: &str = "echo";
/// Its line with an agent.
const AGENT_LINE: &str = "+15005550100";

/// JSON of one line.
fn json(value: &impl serde::Serialize) -> String {
    // Only maps with other keys than strings and failing writers make this fail, and there are none.
    serde_json::to_string(value).unwrap_or_default()
}
