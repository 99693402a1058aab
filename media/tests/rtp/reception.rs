//! Who belongs to a stream, and what is reckoned of it.

use std::time::Duration;

use callwright_media::rtp::rtcp::{Compound, NtpTime, Outgoing, RtcpPacket};
use callwright_media::rtp::{Arrival, Header, PayloadType, Reception, Refusal, Sending};

fn header(ssrc: u32, sequence: u16, timestamp: u32) -> Header {
    Header { marker: false, payload_type: PayloadType::PCMU, sequence, timestamp, ssrc }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn numbers_go_on_over_the_roll_over_in_any_order() {
    let mut reception = Reception::new(8_000);
    let arrivals: Vec<i64> = [65_534, 0, 65_535, 1, 65_500]
        .map(|sequence| reception.receive(&header(1, sequence, 0), ms(0)).unwrap().sequence)
        .into();
    assert_eq!(arrivals, [65_534, 65_536, 65_535, 65_537, 65_500]);
}

#[test]
fn a_stray_packet_cannot_take_over_and_a_new_sender_can() {
    let mut reception = Reception::new(8_000);
    for n in 0..10 {
        reception.receive(&header(1, n, 0), ms(20 * u64::from(n))).unwrap();
    }
    assert_eq!(reception.receive(&header(2, 500, 0), ms(200)), Err(Refusal::Stranger));
    assert!(reception.receive(&header(1, 10, 0), ms(200)).is_ok());
    // The old sender spoke in between: the stranger has to begin again.
    assert_eq!(reception.receive(&header(2, 501, 0), ms(201)), Err(Refusal::Stranger));
    let taken = reception.receive(&header(2, 502, 0), ms(221));
    assert_eq!(taken, Ok(Arrival { sequence: 502, restarted: true }));
    assert_eq!(reception.ssrc(), Some(2));
    // After 200 ms of silence there is nobody to protect.
    let taken = reception.receive(&header(3, 9, 0), ms(421));
    assert_eq!(taken, Ok(Arrival { sequence: 9, restarted: true }));
}

#[test]
fn a_jump_in_numbers_is_believed_when_it_goes_on() {
    let mut reception = Reception::new(8_000);
    reception.receive(&header(1, 100, 0), ms(0)).unwrap();
    assert_eq!(reception.receive(&header(1, 40_000, 0), ms(20)), Err(Refusal::Jump));
    assert!(reception.receive(&header(1, 102, 0), ms(40)).is_ok());
    assert_eq!(reception.receive(&header(1, 20_000, 0), ms(60)), Err(Refusal::Jump));
    let taken = reception.receive(&header(1, 20_001, 0), ms(80));
    assert_eq!(taken, Ok(Arrival { sequence: 20_001, restarted: true }));
}

#[test]
fn reports_tell_what_was_lost_since_the_last() {
    let mut reception = Reception::new(8_000);
    assert_eq!(reception.report(ms(0)), None);
    for n in (0..100_u16).filter(|n| !n.is_multiple_of(4)) {
        let at = 20 * u64::from(n);
        reception.receive(&header(5, n.wrapping_sub(50), 160 * u32::from(n)), ms(at)).unwrap();
    }
    let block = reception.report(ms(2_000)).unwrap();
    // Number 0 came never and is not known of: 99 expected, 75 received.
    assert_eq!((block.ssrc, block.cumulative_lost), (5, 24));
    assert_eq!(block.fraction_lost, u8::try_from(24 * 256 / 99).unwrap());
    // From 65487 on, 49 is after one roll-over.
    assert_eq!(block.highest_sequence, 0x1_0000 + 49);
    assert_eq!(block.jitter, 0);
    for n in 100..110_u16 {
        for _ in 0..2 {
            let at = 20 * u64::from(n);
            reception.receive(&header(5, n.wrapping_sub(50), 160 * u32::from(n)), ms(at)).unwrap();
        }
    }
    let block = reception.report(ms(2_200)).unwrap();
    // Everything came twice: none lost now, and duplicates pay for what was.
    assert_eq!((block.fraction_lost, block.cumulative_lost), (0, 14));
}

#[test]
fn jitter_settles_at_the_mean_deviation() {
    let mut reception = Reception::new(8_000);
    for n in 0..2_000_u16 {
        // Every other packet is 8 ms late: neighbours differ by 64 ticks.
        let late = if n.is_multiple_of(2) { 0 } else { 8 };
        let at = ms(20 * u64::from(n) + late);
        reception.receive(&header(1, n, 160 * u32::from(n)), at).unwrap();
    }
    let jitter = reception.jitter().as_secs_f64() * 1_000.0;
    assert!((jitter - 8.0).abs() < 0.3, "{jitter} ms");
}

#[test]
fn two_ends_learn_their_round_trip() {
    let mut sending = Sending::new(77, 1, 1_000);
    let mut far = Reception::new(8_000);
    for n in 0..3 {
        let header = sending.packet(PayloadType::PCMU, 160, 160);
        assert_eq!(header.marker, n == 0);
        far.receive(&header, ms(20 * n)).unwrap();
    }
    sending.pause(800);
    assert_eq!(sending.packet(PayloadType::PCMU, 160, 160).timestamp, 1_000 + 3 * 160 + 800);

    let mut out = [0; 100];
    let info = sending.info(NtpTime::new(ms(10_000)));
    assert_eq!((info.packets, info.octets), (4, 640));
    let len =
        Outgoing { ssrc: 77, sender: Some(info), blocks: &[], canonical_name: "x", goodbye: false }
            .write(&mut out)
            .unwrap();
    // 40 ms there, 300 ms of waiting, 50 ms back; the far clock has another origin.
    let report = Compound::parse(&out[..len]).unwrap().iter().next().unwrap();
    let RtcpPacket::SenderReport(report) = report else { panic!("no sender report") };
    far.sender_report(&report, ms(555_040));
    let block = far.report(ms(555_340)).unwrap();
    let round = block.round_trip(NtpTime::new(ms(10_390))).unwrap();
    assert!(round.abs_diff(ms(90)) < Duration::from_micros(50), "{round:?}");
}
