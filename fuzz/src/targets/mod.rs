//! The targets, and what they begin from.

mod wire;
pub use wire::{comfort_noise, rtcp, rtp, telephone_events};

mod orders;
pub use orders::{jitter, receiver, reception};

mod sound;
pub use sound::{codecs, stretch};

mod files;
pub use files::file;

mod captures;
pub use captures::capture;

mod seeds;

/// A target, by name, with valid inputs to begin from.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, also under libFuzzer.
    pub name: &'static str,
    /// Takes any bytes; panics only when a law is broken.
    pub run: fn(&[u8]),
    /// Inputs to begin from.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target.
pub const ALL: [Target; 11] = [
    Target { name: "rtp", run: rtp, seeds: seeds::datagrams },
    Target { name: "rtcp", run: rtcp, seeds: seeds::reports },
    Target { name: "telephone_events", run: telephone_events, seeds: seeds::events },
    Target { name: "comfort_noise", run: comfort_noise, seeds: seeds::noises },
    Target { name: "reception", run: reception, seeds: seeds::orders },
    Target { name: "jitter", run: jitter, seeds: seeds::orders },
    Target { name: "receiver", run: receiver, seeds: seeds::orders },
    Target { name: "codecs", run: codecs, seeds: seeds::payloads },
    Target { name: "stretch", run: stretch, seeds: seeds::payloads },
    Target { name: "file", run: file, seeds: seeds::files },
    Target { name: "capture", run: capture, seeds: captures::seeds },
];
