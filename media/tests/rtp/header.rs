//! Packets of every shape come back as they were written, and nothing else is taken for one.

use callwright_media::Dbov;
use callwright_media::rtp::rtcp::RtcpError;
use callwright_media::rtp::{
    AudioLevel, Datagram, Header, PayloadType, RtpError, RtpPacket, WriteError, write_packet,
};

const HEADER: Header = Header {
    marker: true,
    payload_type: PayloadType::PCMU,
    sequence: 0xABCD,
    timestamp: 0x0102_0304,
    ssrc: 0xDEAD_BEEF,
};

#[test]
fn a_packet_comes_back_as_it_was_written() {
    let mut out = [0; 64];
    let len = write_packet(&HEADER, None, b"sound", &mut out).unwrap();
    // RFC 3550 figure 1, octet for octet.
    let expected = [&[0x80, 0x80, 0xAB, 0xCD, 1, 2, 3, 4, 0xDE, 0xAD, 0xBE, 0xEF], &b"sound"[..]];
    assert_eq!(out[..len], expected.concat());
    let Ok(Datagram::Rtp(packet)) = Datagram::parse(&out[..len]) else { panic!("not RTP") };
    assert_eq!((packet.header, packet.payload), (HEADER, &b"sound"[..]));
    assert!(packet.extension.is_none());
}

#[test]
fn the_audio_level_travels_beside_the_sound() {
    for (voice, level) in [(true, 0.0), (false, -127.0), (true, -31.0)] {
        let written = AudioLevel { voice, level: Dbov(level) };
        let mut out = [0; 64];
        let len = write_packet(&HEADER, Some((3, &[written.octet()])), b"x", &mut out).unwrap();
        let packet = RtpPacket::parse(&out[..len]).unwrap();
        assert_eq!(packet.payload, b"x");
        let extension = packet.extension.unwrap();
        assert_eq!(extension.profile(), 0xBEDE);
        assert_eq!(extension.element(3).and_then(AudioLevel::parse), Some(written));
        assert_eq!(extension.element(4), None);
    }
}

#[test]
fn elements_of_both_forms_are_told_apart() {
    // One octet: 1 -> [7], padding, 2 -> [8, 9], then 15, after which nothing counts.
    let one = [0x90, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xBE, 0xDE, 0, 2];
    let one = [&one[..], &[0x10, 7, 0, 0x21, 8, 9, 0xF0, 0x10]].concat();
    // Two octets: 20 -> [], 21 -> [5].
    let two = [0x90, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0x10, 0x00, 0, 2];
    let two = [&two[..], &[20, 0, 0, 21, 1, 5, 0, 0]].concat();
    let read = |bytes: &[u8]| -> Vec<(u8, Vec<u8>)> {
        let packet = RtpPacket::parse(bytes).unwrap();
        let elements = packet.extension.unwrap().elements();
        elements.map(|element| (element.id, element.data.to_vec())).collect()
    };
    assert_eq!(read(&one), [(1, vec![7]), (2, vec![8, 9])]);
    assert_eq!(read(&two), [(20, vec![]), (21, vec![5])]);
}

#[test]
fn contributors_and_padding_are_no_sound() {
    let mut bytes = vec![0xA2, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
    bytes.extend([0, 0, 0, 10, 0, 0, 0, 11]);
    bytes.extend(b"tone");
    bytes.extend([0, 0, 3]);
    let packet = RtpPacket::parse(&bytes).unwrap();
    assert_eq!(packet.header.payload_type, PayloadType::PCMA);
    assert_eq!(packet.contributors.iter().collect::<Vec<_>>(), [10, 11]);
    assert_eq!(packet.payload, b"tone");
    for padding in [0, 8, 255] {
        *bytes.last_mut().unwrap() = padding;
        assert_eq!(RtpPacket::parse(&bytes).unwrap_err(), RtpError::Padding);
    }
}

#[test]
fn what_is_cut_short_is_refused_at_every_length() {
    let mut whole = vec![0x91, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 9];
    whole.extend([0xBE, 0xDE, 0, 1, 0x10, 7, 0, 0]);
    for len in 0..whole.len() {
        assert!(RtpPacket::parse(&whole[..len]).is_err(), "{len}");
    }
    assert!(RtpPacket::parse(&whole).unwrap().payload.is_empty());
    for first in [0x00, 0x40, 0xC0] {
        whole[0] = first;
        assert_eq!(RtpPacket::parse(&whole).unwrap_err(), RtpError::Version);
    }
}

#[test]
fn a_writer_hears_of_its_mistakes() {
    let mut out = [0; 20];
    assert_eq!(write_packet(&HEADER, None, &[0; 9], &mut out), Err(WriteError::Short));
    assert_eq!(write_packet(&HEADER, None, &[0; 8], &mut out), Ok(20));
    let mut out = [0; 99];
    for (id, len) in [(0, 1), (15, 1), (1, 0), (1, 17)] {
        let extension = Some((id, &[0; 20][..len]));
        assert_eq!(write_packet(&HEADER, extension, &[], &mut out), Err(WriteError::Extension));
    }
    for len in 1..=16 {
        let data: Vec<u8> = (0..len).collect();
        let written = write_packet(&HEADER, Some((14, &data)), b"end", &mut out).unwrap();
        let packet = RtpPacket::parse(&out[..written]).unwrap();
        assert_eq!(packet.extension.unwrap().element(14), Some(&data[..]));
        assert_eq!(packet.payload, b"end");
    }
}

#[test]
fn rtcp_on_the_same_port_is_told_from_sound() {
    let report = [0x80, 201, 0, 1, 0, 0, 0, 7];
    assert!(matches!(Datagram::parse(&report), Ok(Datagram::Rtcp(_))));
    assert_eq!(Datagram::parse(&report[..7]).unwrap_err(), RtpError::Rtcp(RtcpError::Short));
    // STUN begins with two zero bits.
    assert_eq!(Datagram::parse(&[0, 1, 0, 0]).unwrap_err(), RtpError::Version);
    assert_eq!(Datagram::parse(&[]).unwrap_err(), RtpError::Short);
}
