//! Random operations in random orders, read from the bytes in steps of six octets.

use std::time::Duration;

use callwright_media::codec::Codec;
use callwright_media::jitter::{Incoming, JitterBuffer, JitterSettings, Pace, Playout};
use callwright_media::receiver::{Format, Receiver, ReceiverSettings};
use callwright_media::rtp::telephone_event::EventChange;
use callwright_media::rtp::{Header, PayloadType, Reception, RtpPacket, write_packet};

/// The next step: an operation and its five arguments. A cut step is filled with zeros.
fn steps(data: &[u8]) -> impl Iterator<Item = [u8; 6]> + '_ {
    data.chunks(6).map(|chunk| {
        let mut step = [0; 6];
        step[..chunk.len()].copy_from_slice(chunk);
        step
    })
}

/// A header some way from the last one: mostly the next packet, sometimes any.
fn header(last: &mut Header, step: [u8; 6]) -> Header {
    let [operation, _, sequence, timestamp, ticks, _] = step;
    let far = operation & 0x80 != 0;
    let (by, ticks) = (u16::from(sequence), u32::from(ticks));
    last.sequence = last.sequence.wrapping_add(if far { by.wrapping_mul(257) } else { by });
    // Odd numbers go on, even ones back, by so many packets or far away.
    let distance = u32::from(timestamp >> 1) * if far { 0x0100_0001 } else { ticks };
    last.timestamp = if timestamp & 1 == 1 {
        last.timestamp.wrapping_add(ticks).wrapping_add(distance)
    } else {
        last.timestamp.wrapping_sub(distance)
    };
    last.ssrc = u32::from(operation >> 5 & 3 == 3);
    last.marker = operation & 0x10 != 0;
    *last
}

const FIRST: Header = Header {
    marker: false,
    payload_type: PayloadType::PCMU,
    sequence: 65_530,
    timestamp: u32::MAX - 1_000,
    ssrc: 0,
};

/// A stream's bookkeeping: reports stay within their fields, and numbers near each other stay near.
pub fn reception(data: &[u8]) {
    let mut reception = Reception::new(8_000);
    let mut last = FIRST;
    let mut now = Duration::ZERO;
    let mut highest = None;
    for step in steps(data) {
        now += Duration::from_millis(u64::from(step[1]));
        let header = header(&mut last, step);
        if let Ok(arrival) = reception.receive(&header, now) {
            assert_eq!(arrival.sequence & 0xFFFF, i64::from(header.sequence));
            if let Some(highest) = highest.filter(|_| !arrival.restarted) {
                assert!((-100..=3_000).contains(&(arrival.sequence - highest)));
            }
            let before = highest.filter(|_| !arrival.restarted);
            highest = Some(before.map_or(arrival.sequence, |h: i64| h.max(arrival.sequence)));
        }
        if step[0] & 1 == 1
            && let Some(block) = reception.report(now)
        {
            assert_eq!(Some(block.ssrc), reception.ssrc());
            assert!((-(1 << 23)..1 << 23).contains(&block.cumulative_lost));
        }
    }
    assert!(reception.jitter() <= Duration::from_secs(1_000));
}

/// The jitter buffer: nothing twice, nothing out of order, everything within its bounds, every look moves on.
pub fn jitter(data: &[u8]) {
    let settings = JitterSettings { packets_max: 16, ..JitterSettings::telephone(8_000) };
    let Ok(mut buffer) = JitterBuffer::new(settings) else { panic!("the settings are good") };
    let mut reception = Reception::new(settings.clock_hz);
    let mut last = FIRST;
    let mut now = Duration::ZERO;
    let mut played: Option<(i64, i64, u64)> = None;
    for step in steps(data) {
        now += Duration::from_millis(u64::from(step[1]));
        match step[0] & 7 {
            0 | 2 => {
                let header = header(&mut last, step);
                let Ok(arrival) = reception.receive(&header, now) else { continue };
                if arrival.restarted {
                    buffer.restart();
                }
                let payload = &[step[5]; 400][..usize::from(step[5]) * 3 / 2];
                buffer.insert(
                    Incoming {
                        sequence: arrival.sequence,
                        timestamp: header.timestamp,
                        marker: header.marker,
                        payload_type: header.payload_type,
                        ticks: u32::from(step[4]) * if header.marker { 40 } else { 1 },
                        payload,
                    },
                    now,
                );
            }
            3 => buffer.pass_over(i64::from(last.sequence) + i64::from(step[2])),
            4 => buffer.fall_silent(),
            5 => buffer.restart(),
            _ => {
                let queued = u32::from(step[2]);
                match buffer.pop(now, queued) {
                    Playout::Silence { ticks } => assert!((1..=160).contains(&ticks)),
                    Playout::Missing { ticks, .. } => {
                        assert!((1..=settings.clock_hz).contains(&ticks));
                    }
                    Playout::Packet(due) => {
                        assert!((1..=settings.clock_hz).contains(&due.ticks));
                        assert!(due.payload.iter().all(|&octet| octet == due.payload[0]));
                        if let Pace::Shorten(0) | Pace::Lengthen(0) = due.pace {
                            panic!("a change by nothing");
                        }
                        let this = (due.sequence, due.timestamp);
                        let restarts = buffer.counts().restarts;
                        if let Some((sequence, timestamp, before)) = played
                            && before == restarts
                        {
                            assert!(this.0 > sequence && this.1 > timestamp);
                        }
                        played = Some((this.0, this.1, restarts));
                    }
                }
            }
        }
        assert!(buffer.waiting() <= settings.packets_max);
        assert!((settings.delay_min..=settings.delay_max).contains(&buffer.target()));
    }
    let counts = buffer.counts();
    assert!((0.0..=1.0).contains(&counts.unheard_share()));
    assert!((0.0..=1.0).contains(&counts.concealed_share()));
}

/// A whole line: any datagrams at any times, and every frame is filled.
pub fn receiver(data: &[u8]) {
    let mut settings = ReceiverSettings::of(PayloadType::PCMU, Codec::Pcmu);
    settings.formats.push(Format { payload_type: PayloadType::PCMA, codec: Codec::Pcma });
    settings.telephone_event = PayloadType::new(101);
    let Ok(mut receiver) = Receiver::new(&settings) else { panic!("the settings are good") };
    let mut last = FIRST;
    let mut now = Duration::ZERO;
    for step in steps(data) {
        now += Duration::from_millis(u64::from(step[1]));
        if step[0] & 1 == 0 {
            let mut header = header(&mut last, step);
            let types = [0, 8, 13, 101, 34, 0, 0, 0];
            let of = types[usize::from(step[0] >> 1 & 7)];
            header.payload_type = PayloadType::new(of).unwrap_or(PayloadType::PCMU);
            let payload = &[step[4]; 400][..usize::from(step[5]) * 3 / 2];
            let mut datagram = [0; 500];
            let len = write_packet(&header, None, payload, &mut datagram).unwrap_or(0);
            if let Ok(packet) = RtpPacket::parse(&datagram[..len]) {
                receiver.receive(&packet, now);
            }
        } else {
            let mut frame = [0x5555; 160];
            receiver.frame(now, &mut frame);
            assert!(!frame.iter().all(|&sample| sample == 0x5555), "a frame was left as it was");
            if let Some(change) = receiver.expire_key(now) {
                assert!(matches!(change, EventChange::Ended(..)));
            }
        }
    }
    let rating = receiver.quality(Some(now)).rating;
    assert!((1.0..=4.5).contains(&rating.mos), "{rating:?}");
}
