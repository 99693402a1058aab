//! Packets of real telephones, out of SIPp's captures in `../shared/data/sipp-pcap`; skipped without them.

use std::path::Path;
use std::time::Duration;

use callwright_media::rtp::telephone_event::{EventChange, TelephoneEvents};
use callwright_media::rtp::{PayloadType, Reception, RtpPacket};

/// The UDP payloads of a capture of Ethernet frames, with their times: just enough of the format for these
/// files (libpcap's, either byte order, microseconds).
fn datagrams(bytes: &[u8]) -> Vec<(Duration, Vec<u8>)> {
    let swapped = bytes[..4] == [0xA1, 0xB2, 0xC3, 0xD4];
    let u32_at = |at: usize| {
        let word: [u8; 4] = bytes[at..at + 4].try_into().unwrap();
        if swapped { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
    };
    let mut found = Vec::new();
    let mut at = 24;
    while at + 16 <= bytes.len() {
        let time = Duration::new(u64::from(u32_at(at)), u32_at(at + 4) * 1_000);
        let len = u32_at(at + 8) as usize;
        let frame = &bytes[at + 16..at + 16 + len];
        at += 16 + len;
        // Ethernet, IPv4 of any header length, UDP.
        let header = usize::from(frame[14] & 0x0F) * 4;
        if frame[12..14] == [8, 0] && frame[23] == 17 {
            found.push((time, frame[14 + header + 8..].to_vec()));
        }
    }
    found
}

fn capture(name: &str) -> Option<Vec<(Duration, Vec<u8>)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/sipp-pcap/pcap");
    let bytes = std::fs::read(folder.join(name)).ok();
    if bytes.is_none() {
        eprintln!("skipped: {} is not there", folder.join(name).display());
    }
    bytes.map(|bytes| datagrams(&bytes))
}

#[test]
fn every_key_of_the_captures_is_pressed_once() {
    let names = "0123456789".chars().map(|key| (key, key.to_string()));
    let names = names.chain([('*', "star".to_owned()), ('#', "pound".to_owned())]);
    for (key, name) in names {
        let Some(packets) = capture(&format!("dtmf_2833_{name}.pcap")) else { return };
        let mut events = TelephoneEvents::default();
        let mut changes = Vec::new();
        for (time, bytes) in &packets {
            let packet = RtpPacket::parse(bytes).unwrap();
            changes.extend(events.receive(packet.header.timestamp, packet.payload, *time));
        }
        let [EventChange::Began(began), EventChange::Ended(ended, ticks)] = changes[..] else {
            panic!("{key}: {changes:?} of {} packets", packets.len())
        };
        assert_eq!((began.key(), ended.key()), (Some(key), Some(key)));
        // A finger's time: 20 ms to a second.
        assert!((160..8_000).contains(&ticks), "{key}: {ticks}");
    }
}

#[test]
fn a_captured_call_is_one_stream_without_loss() {
    let Some(packets) = capture("g711a.pcap") else { return };
    let mut reception = Reception::new(8_000);
    for (time, bytes) in &packets {
        let packet = RtpPacket::parse(bytes).unwrap();
        assert_eq!(packet.header.payload_type, PayloadType::PCMA);
        assert_eq!(packet.payload.len(), 240, "30 ms of A-law");
        reception.receive(&packet.header, *time).unwrap();
    }
    let (expected, received) = reception.expected_and_received();
    assert_eq!((expected, received), (packets.len() as u64, packets.len() as u64));
    assert!(reception.jitter() < Duration::from_millis(30));
}
