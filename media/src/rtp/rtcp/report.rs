//! Sender and receiver reports (RFC 3550 section 6.4).

use std::time::Duration;

use super::ntp::{NtpTime, duration_of_middle};
use crate::rtp::Octets;

/// What one end tells of one stream that it receives (section 6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBlock {
    /// The stream that this is about.
    pub ssrc: u32,
    /// Lost since the last report, in 1/256 of what was expected.
    pub fraction_lost: u8,
    /// Lost since the beginning, -2^23..2^23; duplicates make it negative.
    pub cumulative_lost: i32,
    /// Highest sequence number, with the count of its roll-overs in the upper half.
    pub highest_sequence: u32,
    /// Mean deviation of packet spacing, in ticks of the stream's clock (appendix A.8).
    pub jitter: u32,
    /// [`NtpTime::middle`] of the last sender report, 0 if none came.
    pub last_report: u32,
    /// From that report's arrival to this one's departure, in 1/65,536 s.
    pub delay_since: u32,
}

impl ReportBlock {
    /// The octets of one block on the line.
    pub(crate) const LEN: usize = 24;

    fn parse(rest: &mut Octets<'_>) -> Option<Self> {
        let ssrc = rest.u32()?;
        let [fraction_lost, a, b, c] = rest.array()?;
        Some(Self {
            ssrc,
            fraction_lost,
            // 24 bits with a sign: placed at the top and shifted down again, which extends it.
            cumulative_lost: i32::from_be_bytes([a, b, c, 0]) >> 8,
            highest_sequence: rest.u32()?,
            jitter: rest.u32()?,
            last_report: rest.u32()?,
            delay_since: rest.u32()?,
        })
    }

    pub(crate) fn octets(&self) -> [u8; Self::LEN] {
        let mut octets = [0; Self::LEN];
        let lost = self.cumulative_lost.clamp(-(1 << 23), (1 << 23) - 1) << 8;
        let [a, b, c, _] = lost.to_be_bytes();
        let words = [
            self.ssrc.to_be_bytes(),
            [self.fraction_lost, a, b, c],
            self.highest_sequence.to_be_bytes(),
            self.jitter.to_be_bytes(),
            self.last_report.to_be_bytes(),
            self.delay_since.to_be_bytes(),
        ];
        for (room, word) in octets.chunks_exact_mut(4).zip(words) {
            room.copy_from_slice(&word);
        }
        octets
    }

    /// How long a packet takes to the other end and back, when this block answers a report of ours and came
    /// at `now`, read from the clock that stamped our reports. `None` when it answers none, or when the
    /// figures cannot be (a clock was set back).
    pub fn round_trip(&self, now: NtpTime) -> Option<Duration> {
        if self.last_report == 0 {
            return None;
        }
        let since = now.middle().wrapping_sub(self.last_report);
        let round = since.checked_sub(self.delay_since)?;
        // Half the range or more is a difference below zero.
        (round < 1 << 31).then(|| duration_of_middle(round))
    }
}

/// Up to 31 report blocks.
#[derive(Clone, Copy, Debug)]
pub struct ReportBlocks<'a>(&'a [u8]);

impl<'a> ReportBlocks<'a> {
    pub(crate) fn parse(rest: &mut Octets<'a>, count: u8) -> Option<Self> {
        rest.take(usize::from(count) * ReportBlock::LEN).map(Self)
    }

    /// Each block, in order.
    pub fn iter(self) -> impl Iterator<Item = ReportBlock> + 'a {
        let mut rest = Octets(self.0);
        std::iter::from_fn(move || ReportBlock::parse(&mut rest))
    }

    /// The block about the stream `ssrc`.
    pub fn about(self, ssrc: u32) -> Option<ReportBlock> {
        self.iter().find(|block| block.ssrc == ssrc)
    }
}

/// What a sender tells of its own stream (section 6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SenderInfo {
    /// When this was sent.
    pub ntp: NtpTime,
    /// The same moment on the stream's clock, in ticks.
    pub timestamp: u32,
    /// Packets sent, modulo 2^32.
    pub packets: u32,
    /// Octets of payload sent, modulo 2^32.
    pub octets: u32,
}

/// A report of one who sends.
#[derive(Clone, Copy, Debug)]
pub struct SenderReport<'a> {
    /// Who reports.
    pub ssrc: u32,
    /// Of what it sends.
    pub info: SenderInfo,
    /// Of what it receives.
    pub blocks: ReportBlocks<'a>,
}

impl<'a> SenderReport<'a> {
    pub(crate) fn parse(rest: &mut Octets<'a>, count: u8) -> Option<Self> {
        let ssrc = rest.u32()?;
        let ntp = NtpTime(rest.u64()?);
        let info =
            SenderInfo { ntp, timestamp: rest.u32()?, packets: rest.u32()?, octets: rest.u32()? };
        Some(Self { ssrc, info, blocks: ReportBlocks::parse(rest, count)? })
    }
}

/// A report of one who only receives.
#[derive(Clone, Copy, Debug)]
pub struct ReceiverReport<'a> {
    /// Who reports.
    pub ssrc: u32,
    /// Of what it receives.
    pub blocks: ReportBlocks<'a>,
}

impl<'a> ReceiverReport<'a> {
    pub(crate) fn parse(rest: &mut Octets<'a>, count: u8) -> Option<Self> {
        Some(Self { ssrc: rest.u32()?, blocks: ReportBlocks::parse(rest, count)? })
    }
}
