//! RTCP as it is written, read, cut short, and reckoned with.

use std::time::Duration;

use callwright_media::rtp::rtcp::{
    Compound, NtpTime, Outgoing, ReportBlock, RtcpError, RtcpPacket, RtcpWriteError, SenderInfo,
};

const BLOCK: ReportBlock = ReportBlock {
    ssrc: 0x1111_2222,
    fraction_lost: 12,
    cumulative_lost: -5,
    highest_sequence: 0x0001_FFFE,
    jitter: 77,
    last_report: 0x8899_AABB,
    delay_since: 6_553,
};

fn report(out: &mut [u8]) -> usize {
    let info = SenderInfo {
        ntp: NtpTime::new(Duration::from_millis(1_500)),
        timestamp: 8_000,
        packets: 50,
        octets: 8_000,
    };
    let report = Outgoing {
        ssrc: 7,
        sender: Some(info),
        blocks: &[BLOCK],
        canonical_name: "a1b2c3",
        goodbye: true,
    };
    report.write(out).unwrap()
}

#[test]
fn a_report_comes_back_as_it_was_written() {
    let mut out = [0; 200];
    let len = report(&mut out);
    assert!(len.is_multiple_of(4));
    let packets: Vec<_> = Compound::parse(&out[..len]).unwrap().iter().collect();
    let [
        RtcpPacket::SenderReport(sender),
        RtcpPacket::SourceDescription(names),
        RtcpPacket::Goodbye(bye),
    ] = packets[..]
    else {
        panic!("{packets:?}")
    };
    assert_eq!(sender.ssrc, 7);
    // One and a half seconds in 32.32 fixed point.
    assert_eq!(sender.info.ntp, NtpTime(0x0000_0001_8000_0000));
    assert_eq!((sender.info.packets, sender.info.octets), (50, 8_000));
    assert_eq!(sender.blocks.about(0x1111_2222), Some(BLOCK));
    assert_eq!(sender.blocks.about(0x1111_2223), None);
    let items: Vec<_> = names.items().map(|i| (i.ssrc, i.kind, i.text)).collect();
    assert_eq!(items, [(7, 1, &b"a1b2c3"[..])]);
    assert_eq!(bye.sources().collect::<Vec<_>>(), [7]);
}

#[test]
fn who_only_listens_sends_a_receiver_report() {
    let mut out = [0; 2_000];
    let blocks = [BLOCK; 40];
    let report =
        Outgoing { ssrc: 9, sender: None, blocks: &blocks, canonical_name: "", goodbye: false };
    let len = report.write(&mut out).unwrap();
    let Some(RtcpPacket::ReceiverReport(read)) =
        Compound::parse(&out[..len]).unwrap().iter().next()
    else {
        panic!("no receiver report")
    };
    // Five bits count the blocks.
    assert_eq!((read.ssrc, read.blocks.iter().count()), (9, 31));
}

#[test]
fn what_is_cut_short_is_refused_at_every_length() {
    let mut out = [0; 200];
    let len = report(&mut out);
    // Where one packet of the compound ends, what is left is a shorter compound.
    let ends = [52, 52 + 20, len];
    for cut in 0..=len {
        assert_eq!(Compound::parse(&out[..cut]).is_ok(), ends.contains(&cut), "{cut}");
    }
    for room in 0..len {
        let mut short = vec![0; room];
        let written = Outgoing {
            ssrc: 7,
            sender: Some(SenderInfo::default()),
            blocks: &[BLOCK],
            canonical_name: "a1b2c3",
            goodbye: true,
        };
        assert_eq!(written.write(&mut short), Err(RtcpWriteError::Short), "{room}");
    }
}

#[test]
fn packets_that_count_more_than_they_hold_are_refused() {
    let check = |bytes: &[u8], expected| {
        assert_eq!(Compound::parse(bytes).map(|_| ()), expected, "{bytes:?}");
    };
    check(&[0x81, 201, 0, 1, 0, 0, 0, 1], Err(RtcpError::Count));
    check(&[0x81, 202, 0, 1, 0, 0, 0, 1], Err(RtcpError::Count));
    check(&[0x81, 202, 0, 2, 0, 0, 0, 1, 1, 9, 0, 0], Err(RtcpError::Count));
    check(&[0x82, 203, 0, 1, 0, 0, 0, 1], Err(RtcpError::Count));
    check(&[0xA0, 201, 0, 1, 0, 0, 0, 0], Err(RtcpError::Padding));
    check(&[0x80, 96, 0, 1, 0, 0, 0, 0], Err(RtcpError::Type));
    check(&[0x40, 201, 0, 1, 0, 0, 0, 0], Err(RtcpError::Version));
    // Feedback alone is RTCP too (RFC 5506).
    check(&[0x81, 206, 0, 1, 0, 0, 0, 0], Ok(()));
}

#[test]
fn the_round_trip_is_what_neither_end_kept() {
    let began = NtpTime::new(Duration::from_secs(65_535));
    let answer = ReportBlock {
        last_report: began.middle(),
        // Half a second at the other end.
        delay_since: 0x8000,
        ..ReportBlock::default()
    };
    // The middle bits roll over between the two.
    let now = NtpTime::new(Duration::from_millis(65_536_620));
    let round = answer.round_trip(now).unwrap();
    let error = round.abs_diff(Duration::from_millis(1_120));
    assert!(error < Duration::from_micros(50), "{round:?}");
    // The other end says that it held our report for longer than has passed.
    let liar = ReportBlock { delay_since: 0x7000_0000, ..answer };
    assert_eq!(liar.round_trip(now), None);
    let silent = ReportBlock { last_report: 0, ..answer };
    assert_eq!(silent.round_trip(now), None);
}
