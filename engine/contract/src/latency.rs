//! How long a reply took, and where the time went.

use std::time::Duration;

/// The parts of one reply's latency, each counted from the caller's last loud sample.
///
/// A part that did not happen (a greeting answers no turn; a turn ended by patience had no judgement) is
/// `None`. Parts are points in time, not lengths: `words_final` may well come before `turn_judged`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplyLatency {
    /// The speech detector called the silence a pause.
    pub pause_detected: Option<Duration>,
    /// The words of the turn were final.
    pub words_final: Option<Duration>,
    /// The turn was judged over.
    pub turn_judged: Option<Duration>,
    /// The agent's reply arrived in the call.
    pub agent_ready: Option<Duration>,
    /// The first audio of the reply arrived from the synthesiser.
    pub first_audio_made: Option<Duration>,
    /// The first packet of the reply left for the line.
    pub first_audio_sent: Option<Duration>,
}
