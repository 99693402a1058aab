//! The business's way to one call.

use std::sync::{Mutex, PoisonError};

use callwright_contract::{CallCommand, CommandRefused, CommandSink};
use callwright_media::ring::{Full, Reader, WhenFull, Writer, ring};

use crate::COMMANDS;

/// The writing end of a call's commands. The lock is between senders alone; the shard reads without one.
#[derive(Debug)]
pub struct Commands {
    writer: Mutex<Writer<CallCommand>>,
}

/// Makes both ends, with room for [`COMMANDS`](crate::COMMANDS).
pub fn commands() -> (Commands, Reader<CallCommand>) {
    let (writer, reader) = ring(COMMANDS, WhenFull::Refuse);
    (Commands { writer: Mutex::new(writer) }, reader)
}

impl CommandSink for Commands {
    fn send(&self, command: CallCommand) -> Result<(), CommandRefused> {
        // A sender that panicked left the ring whole: a push either happened or did not.
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if writer.is_abandoned() {
            return Err(CommandRefused::CallOver);
        }
        writer.push(command).map_err(|Full(_)| CommandRefused::Full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_learns_that_the_ring_is_full_or_the_call_over() {
        let (commands, reader) = commands();
        for _ in 0..COMMANDS {
            assert_eq!(commands.send(CallCommand::HangUp), Ok(()));
        }
        assert_eq!(commands.send(CallCommand::HangUp), Err(CommandRefused::Full));
        drop(reader);
        assert_eq!(commands.send(CallCommand::HangUp), Err(CommandRefused::CallOver));
    }
}
