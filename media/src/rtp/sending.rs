//! One stream as we send it: numbering, timestamps, and what our reports say of it.

use super::header::{Header, PayloadType};
use super::rtcp::{NtpTime, SenderInfo};

/// Numbers the packets of one outgoing stream.
///
/// > Every tick of the stream's clock passes once, either in a packet ([`packet`](Self::packet)) or in silence
/// > ([`pause`](Self::pause)).
#[derive(Clone, Debug)]
pub struct Sending {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    spurt_begins: bool,
    packets: u32,
    octets: u32,
}

impl Sending {
    /// A stream from `ssrc` whose first packet has this `sequence` and `timestamp`; all three are to be random
    /// (RFC 3550 section 5.1), and randomness is the caller's to bring.
    pub const fn new(ssrc: u32, sequence: u16, timestamp: u32) -> Self {
        Self { ssrc, sequence, timestamp, spurt_begins: true, packets: 0, octets: 0 }
    }

    /// The header of the next packet, whose `payload_len` octets last `ticks`. The first one, and the first
    /// after a pause, has the marker.
    ///
    /// *Real time:* a few operations.
    #[must_use]
    pub fn packet(&mut self, payload_type: PayloadType, payload_len: usize, ticks: u32) -> Header {
        let header = Header {
            marker: self.spurt_begins,
            payload_type,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
        };
        self.spurt_begins = false;
        self.count(payload_len);
        self.timestamp = self.timestamp.wrapping_add(ticks);
        header
    }

    /// The header of a telephone-event packet: its timestamp is the event's beginning, and the stream's clock
    /// does not move (RFC 4733 section 2.2.1). `first` is whether it is the event's first packet.
    #[must_use]
    pub fn event(
        &mut self,
        payload_type: PayloadType,
        payload_len: usize,
        event_timestamp: u32,
        first: bool,
    ) -> Header {
        let header = Header {
            marker: first,
            payload_type,
            sequence: self.sequence,
            timestamp: event_timestamp,
            ssrc: self.ssrc,
        };
        self.count(payload_len);
        header
    }

    /// Lets `ticks` pass without a packet.
    pub const fn pause(&mut self, ticks: u32) {
        self.timestamp = self.timestamp.wrapping_add(ticks);
        self.spurt_begins = true;
    }

    /// The timestamp of what is sent next.
    pub const fn timestamp(&self) -> u32 {
        self.timestamp
    }

    /// Who we are.
    pub const fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// What a sender report of this moment says; `now` is the moment of the next packet.
    pub const fn info(&self, now: NtpTime) -> SenderInfo {
        SenderInfo {
            ntp: now,
            timestamp: self.timestamp,
            packets: self.packets,
            octets: self.octets,
        }
    }

    const fn count(&mut self, payload_len: usize) {
        self.sequence = self.sequence.wrapping_add(1);
        self.packets = self.packets.wrapping_add(1);
        // Modulo 2^32, as the report's field is.
        self.octets = self.octets.wrapping_add(payload_len as u32);
    }
}
