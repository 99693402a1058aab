//! One stream as it arrives: which packets belong to it, what was lost, and how unevenly it comes
//! (RFC 3550 appendices A.1, A.3 and A.8).

use std::time::Duration;

use super::header::Header;
use super::rtcp::{ReportBlock, SenderReport};
use super::sequence::Unwrapper;
use crate::ticks::ticks_of;

/// Follows the stream of one other end through lost packets, restarts and strangers.
///
/// A first packet is believed at once, for telephony does not wait. Another SSRC is believed with its second
/// packet in a row, or at once when the old one has been silent for 200 ms: a stray packet cannot take over a
/// call.
#[derive(Clone, Debug)]
pub struct Reception {
    clock_hz: u32,
    stream: Option<Stream>,
    stranger: Option<Stranger>,
}

/// A packet that belongs to the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The sequence number counted on past its roll-overs: order packets by it.
    pub sequence: i64,
    /// Whether the sender began anew (another SSRC, or a jump that the next packet confirmed): numbers before
    /// and after have nothing to do with each other.
    pub restarted: bool,
}

/// Why a packet does not belong to the stream, or not yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Another SSRC, for the first time. Its next packet will be believed.
    #[error("the first packet of another source")]
    Stranger,
    /// A sequence number far from the last. If the next one follows it, the sender has begun anew.
    #[error("a sequence number out of nowhere")]
    Jump,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stranger {
    ssrc: u32,
    next_sequence: u16,
}

#[derive(Clone, Debug)]
struct Stream {
    ssrc: u32,
    sequence: Unwrapper<16>,
    first: i64,
    highest: i64,
    received: u64,
    last_arrival: Duration,
    /// Arrival less timestamp of the last packet, in ticks modulo 2^32.
    transit: u32,
    /// In 1/16 of a tick, as appendix A.8 keeps it.
    jitter_sixteenths: u32,
    expected_reported: i64,
    received_reported: u64,
    /// The last sender report, and when it came.
    reported: Option<(u32, Duration)>,
}

impl Reception {
    /// A gap above this is a jump: a minute of 20 ms packets (appendix A.1).
    const DROPOUT_MAX: i64 = 3_000;
    /// Packets later than this are a jump too (appendix A.1).
    const MISORDER_MAX: i64 = 100;
    /// A stream silent for so long gives way to another at once.
    const SILENT_AFTER: Duration = Duration::from_millis(200);

    /// Waits for a stream with timestamps of `clock_hz` ticks a second.
    pub const fn new(clock_hz: u32) -> Self {
        Self { clock_hz, stream: None, stranger: None }
    }

    /// Takes in a packet that arrived at `now`.
    ///
    /// *Real time:* a few operations; no allocation.
    ///
    /// # Errors
    /// When the packet is not of the stream. Count it and drop it.
    pub fn receive(&mut self, header: &Header, now: Duration) -> Result<Arrival, Refusal> {
        // Modulo 2^32 on purpose: only differences are read.
        let transit = (ticks_of(now, self.clock_hz) as u32).wrapping_sub(header.timestamp);
        let Some(stream) = &mut self.stream else {
            return Ok(self.begin(header, transit, now, false));
        };
        let expected = Some(Stranger { ssrc: header.ssrc, next_sequence: header.sequence });
        let awaited = self.stranger.take() == expected;
        let silent = now.saturating_sub(stream.last_arrival) >= Self::SILENT_AFTER;
        if header.ssrc == stream.ssrc {
            let step = stream.sequence.near(u32::from(header.sequence)) - stream.highest;
            if (-Self::MISORDER_MAX..=Self::DROPOUT_MAX).contains(&step) {
                return Ok(stream.take_in(header, transit, now));
            }
            if awaited {
                return Ok(self.begin(header, transit, now, true));
            }
            self.stranger = Some(Stranger::after(header));
            return Err(Refusal::Jump);
        }
        if awaited || silent {
            return Ok(self.begin(header, transit, now, true));
        }
        self.stranger = Some(Stranger::after(header));
        Err(Refusal::Stranger)
    }

    fn begin(&mut self, header: &Header, transit: u32, now: Duration, restarted: bool) -> Arrival {
        let mut stream = Stream::new(header, transit, now);
        let arrival = stream.take_in(header, transit, now);
        self.stream = Some(stream);
        Arrival { restarted, ..arrival }
    }

    /// Takes in what the sender says of itself.
    pub fn sender_report(&mut self, report: &SenderReport<'_>, now: Duration) {
        if let Some(stream) = self.stream.as_mut().filter(|stream| stream.ssrc == report.ssrc) {
            stream.reported = Some((report.info.ntp.middle(), now));
        }
    }

    /// What to tell the sender, since the last time this was asked; `None` before its first packet.
    ///
    /// *Real time:* a few operations; no allocation.
    pub fn report(&mut self, now: Duration) -> Option<ReportBlock> {
        self.stream.as_mut().map(|stream| stream.report(now))
    }

    /// Who sends.
    pub fn ssrc(&self) -> Option<u32> {
        self.stream.as_ref().map(|stream| stream.ssrc)
    }

    /// Interarrival jitter by RFC 3550: the smoothed mean deviation of packet spacing.
    pub fn jitter(&self) -> Duration {
        let ticks = self.stream.as_ref().map_or(0, |stream| stream.jitter_sixteenths / 16);
        Duration::from_nanos(u64::from(ticks) * 1_000_000_000 / u64::from(self.clock_hz.max(1)))
    }

    /// Packets expected and received of the present stream, duplicates among the latter.
    pub fn expected_and_received(&self) -> (u64, u64) {
        self.stream
            .as_ref()
            .map_or((0, 0), |stream| (stream.expected().unsigned_abs(), stream.received))
    }
}

impl Stranger {
    const fn after(header: &Header) -> Self {
        Self { ssrc: header.ssrc, next_sequence: header.sequence.wrapping_add(1) }
    }
}

impl Stream {
    fn new(header: &Header, transit: u32, now: Duration) -> Self {
        let mut sequence = Unwrapper::new();
        let first = sequence.unwrap(u32::from(header.sequence));
        Self {
            ssrc: header.ssrc,
            sequence,
            first,
            highest: first,
            received: 0,
            last_arrival: now,
            transit,
            jitter_sixteenths: 0,
            expected_reported: 0,
            received_reported: 0,
            reported: None,
        }
    }

    fn take_in(&mut self, header: &Header, transit: u32, now: Duration) -> Arrival {
        let sequence = self.sequence.near(u32::from(header.sequence));
        if sequence > self.highest {
            self.sequence.unwrap(u32::from(header.sequence));
            self.highest = sequence;
        }
        self.first = self.first.min(sequence);
        self.received += 1;
        self.last_arrival = self.last_arrival.max(now);
        // The difference of two transits, with its sign taken away, modulo 2^32.
        let difference = transit.wrapping_sub(self.transit).cast_signed().unsigned_abs();
        self.transit = transit;
        // A timestamp that jumps by more than this is the sender's doing, not the network's.
        if difference < JITTER_DIFFERENCE_MAX {
            let smoothing = (self.jitter_sixteenths + 8) >> 4;
            self.jitter_sixteenths = self.jitter_sixteenths + difference - smoothing;
        }
        Arrival { sequence, restarted: false }
    }

    const fn expected(&self) -> i64 {
        self.highest - self.first + 1
    }

    fn report(&mut self, now: Duration) -> ReportBlock {
        let expected = self.expected();
        let expected_now = expected - self.expected_reported;
        let received_now = (self.received - self.received_reported).cast_signed();
        self.expected_reported = expected;
        self.received_reported = self.received;
        let lost_now = (expected_now - received_now).max(0);
        // At most 255 of 256, as the field is one octet: everything lost is reported so.
        let fraction = if expected_now > 0 { lost_now * 256 / expected_now } else { 0 };
        let lost = expected - self.received.cast_signed();
        let (last_report, delay_since) = self.reported.map_or((0, 0), |(middle, came)| {
            (middle, super::rtcp::middle_of_duration(now.saturating_sub(came)))
        });
        ReportBlock {
            ssrc: self.ssrc,
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            cumulative_lost: i32::try_from(lost.clamp(-(1 << 23), (1 << 23) - 1)).unwrap_or(0),
            // The roll-overs and the number, modulo 2^32 as the field is.
            highest_sequence: (self.highest & 0xFFFF_FFFF) as u32,
            jitter: self.jitter_sixteenths >> 4,
            last_report,
            delay_since,
        }
    }
}

/// 10 s at 48 kHz, in ticks.
const JITTER_DIFFERENCE_MAX: u32 = 480_000;
