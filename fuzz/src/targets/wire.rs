//! Bytes as strangers send them.

use std::time::Duration;

use callwright_media::rtp::comfort_noise::{NoiseDescription, NoiseMaker, ORDER_MAX};
use callwright_media::rtp::rtcp::{Compound, NtpTime, RtcpPacket};
use callwright_media::rtp::telephone_event::{EventChange, TelephoneEvents};
use callwright_media::rtp::{AudioLevel, Datagram, RtpPacket, write_packet};

/// RTP: what is read lies within the datagram, and what is written from it is read again the same.
pub fn rtp(data: &[u8]) {
    let rtcp_follows = matches!(Datagram::parse(data), Ok(Datagram::Rtcp(_)));
    assert!(!rtcp_follows || Compound::parse(data).is_ok());
    let Ok(packet) = RtpPacket::parse(data) else { return };
    assert!(packet.contributors.iter().count() <= 15);
    let mut parts = packet.payload.len() + 12;
    if let Some(extension) = packet.extension {
        parts += extension.data().len();
        for element in extension.elements() {
            assert!(element.data.len() <= 255);
            if let Some(level) = AudioLevel::parse(element.data) {
                assert_eq!(Some(&level.octet()), element.data.first());
            }
        }
    }
    assert!(parts <= data.len());
    let mut out = vec![0; data.len() + 12];
    let len = write_packet(&packet.header, None, packet.payload, &mut out);
    let Ok(len) = len else { panic!("{} octets do not fit {}", packet.payload.len(), out.len()) };
    let Ok(again) = RtpPacket::parse(&out[..len]) else { panic!("what was written is no RTP") };
    assert_eq!((again.header, again.payload), (packet.header, packet.payload));
}

/// RTCP: once a datagram is accepted, every packet in it can be read to its end.
pub fn rtcp(data: &[u8]) {
    let Ok(compound) = Compound::parse(data) else { return };
    let now = NtpTime::new(Duration::from_secs(data.len() as u64));
    let mut read = 0;
    for packet in compound.iter() {
        read += 1;
        let blocks = match packet {
            RtcpPacket::SenderReport(report) => report.blocks,
            RtcpPacket::ReceiverReport(report) => report.blocks,
            RtcpPacket::SourceDescription(names) => {
                let octets: usize = names.items().map(|item| item.text.len()).sum();
                assert!(octets <= data.len());
                continue;
            }
            RtcpPacket::Goodbye(bye) => {
                assert!(bye.sources().count() <= 31);
                continue;
            }
            RtcpPacket::Other(other) => {
                assert!(other.data.len() <= data.len());
                continue;
            }
        };
        for block in blocks.iter() {
            assert!((-(1 << 23)..1 << 23).contains(&block.cumulative_lost));
            if let Some(round) = block.round_trip(now) {
                assert!(round <= Duration::from_secs(32_768));
            }
        }
    }
    assert!(read > 0);
}

/// Telephone events, in steps of six octets: milliseconds, timestamp in hundreds, payload. Keys go down and up
/// in turn.
pub fn telephone_events(data: &[u8]) {
    let mut events = TelephoneEvents::default();
    let mut now = Duration::ZERO;
    let mut held = None;
    let mut check = |change| match change {
        EventChange::Began(event) => assert_eq!(held.replace(event), None),
        EventChange::Ended(event, _) => assert_eq!(held.take(), Some(event)),
    };
    for step in data.chunks(6) {
        now += Duration::from_millis(u64::from(step[0]));
        events.expire(now).map(&mut check);
        let timestamp = step.get(1).map_or(0, |&octet| u32::from(octet).wrapping_mul(0x0155_5555));
        let payload = step.get(2..).unwrap_or_default();
        events.receive(timestamp, payload, now).into_iter().for_each(&mut check);
    }
    // The longest packet that can be: the steps as one.
    events.receive(1, data, now).into_iter().for_each(&mut check);
    events.restart().map(&mut check);
    assert_eq!(held, None);
}

/// Comfort noise: whatever was described can be made and written again.
pub fn comfort_noise(data: &[u8]) {
    let Some(noise) = NoiseDescription::parse(data) else {
        assert!(data.is_empty());
        return;
    };
    assert!((-127.0..=0.0).contains(&noise.level.0) && noise.reflections.len() <= ORDER_MAX);
    assert!(noise.reflections.iter().all(|k| k.abs() < 1.0));
    assert_eq!(NoiseDescription::parse(&noise.octets()), Some(noise.clone()));
    let mut maker = NoiseMaker::new(data.len() as u64);
    for _ in 0..4 {
        maker.fill(&noise, &mut [0; 160]);
    }
}
