//! The receiving half of an RTP line, from datagrams to frames.
#![expect(clippy::unwrap_used, reason = "a proof that cannot go on stops and says where")]

use std::path::Path;
use std::time::Duration;

use callwright_media::codec::{Codec, Encoder};
use callwright_media::impair::{GilbertElliott, Network, NetworkSettings};
use callwright_media::receiver::{
    Format, FrameOrigin, Received, Receiver, ReceiverError, ReceiverSettings,
};
use callwright_media::rtp::telephone_event::{Event, EventChange, KeyPress};
use callwright_media::rtp::{Header, PayloadType, Refusal, RtpPacket, Sending, write_packet};
use callwright_media::{Dbov, SampleRate, g711, level_dbov};

const EVENTS: u8 = 101;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A tone of 200 Hz with an overtone, at 8 kHz.
fn voice(samples: usize) -> Vec<i16> {
    (0..samples)
        .map(|i| {
            let phase = i as f32 * std::f32::consts::TAU * 200.0 / 8_000.0;
            (6_000.0 * phase.sin() + 3_000.0 * (3.0 * phase).sin()) as i16
        })
        .collect()
}

fn settings() -> ReceiverSettings {
    let mut settings = ReceiverSettings::of(PayloadType::PCMU, Codec::Pcmu);
    settings.formats.push(Format { payload_type: PayloadType::PCMA, codec: Codec::Pcma });
    settings.telephone_event = PayloadType::new(EVENTS);
    settings
}

fn take(receiver: &mut Receiver, header: Header, payload: &[u8], now: Duration) -> Received {
    let mut datagram = vec![0; 12 + payload.len()];
    write_packet(&header, None, payload, &mut datagram).unwrap();
    receiver.receive(&RtpPacket::parse(&datagram).unwrap(), now)
}

#[test]
fn what_was_said_is_heard_sample_for_sample() {
    let mut receiver = Receiver::new(&settings()).unwrap();
    let mut sending = Sending::new(5, 65_530, u32::MAX - 500);
    let said = voice(160 * 100);
    let mut heard = Vec::new();
    for n in 0..110 {
        let now = ms(20 * n as u64);
        if let Some(frame) = said.chunks(160).nth(n) {
            let mut payload = [0; 160];
            g711::ulaw_encode_into(frame, &mut payload);
            let header = sending.packet(PayloadType::PCMU, 160, 160);
            take(&mut receiver, header, &payload, now);
        }
        let mut frame = [0; 160];
        receiver.frame(now, &mut frame);
        heard.extend(frame);
    }
    let coded: Vec<i16> = said.iter().map(|&s| g711::ulaw_decode(g711::ulaw_encode(s))).collect();
    // 40 ms to begin with.
    assert!(heard[..320].iter().all(|&sample| sample == 0));
    let steady = 100 * 80;
    assert_eq!(heard[320..320 + steady], coded[..steady]);
}

#[test]
fn loss_does_not_silence_the_line_and_costs_no_allocation() {
    let network = NetworkSettings {
        loss: GilbertElliott::bursts(0.1, 1.5),
        jitter_mean: ms(5),
        jitter_max: ms(50),
        ..NetworkSettings::perfect(8)
    };
    let mut network = Network::new(network);
    let mut sending = Sending::new(5, 1, 1);
    for (n, frame) in voice(160 * 1_500).chunks(160).enumerate() {
        let mut payload = [0; 160];
        g711::ulaw_encode_into(frame, &mut payload);
        let mut datagram = [0; 172];
        let header = sending.packet(PayloadType::PCMU, 160, 160);
        write_packet(&header, None, &payload, &mut datagram).unwrap();
        network.send(ms(20 * n as u64), datagram);
    }
    let mut receiver = Receiver::new(&settings()).unwrap();
    let mut total = FrameOrigin::default();
    let mut quiet = 0;
    let allocations = allocation_counter::measure(|| {
        for n in 0..1_490 {
            let now = ms(20 * n);
            while let Some((at, datagram)) = network.receive(now) {
                receiver.receive(&RtpPacket::parse(&datagram).unwrap(), at);
            }
            let mut frame = [0; 160];
            let origin = receiver.frame(now, &mut frame);
            total.heard += origin.heard;
            total.concealed += origin.concealed;
            total.silent += origin.silent;
            quiet += u32::from(n > 20 && level_dbov(&frame) < Dbov(-45.0));
        }
    });
    assert_eq!(allocations.count_total, 0);
    let share = total.concealed as f64 / (total.concealed + total.heard) as f64;
    assert!((0.08..0.13).contains(&share), "{share} concealed");
    // Frames that fall silent are those at the end of runs of more than three lost packets.
    assert!(quiet <= 30, "{quiet} of 1,490 frames are silent");
    let quality = receiver.quality(Some(ms(60)));
    assert!((2.5..3.9).contains(&quality.rating.mos), "{quality:?}");
    assert!(quality.burst_ratio > 1.2, "{quality:?}");
}

#[test]
fn the_sender_may_change_its_codec_and_its_packets_length() {
    let mut receiver = Receiver::new(&settings()).unwrap();
    let mut sending = Sending::new(5, 1, 1);
    let said = voice(160 * 120);
    let mut concealed = 0;
    let mut loudest = Dbov::SILENCE;
    for n in 0..120 {
        let now = ms(20 * n as u64);
        let alaw = n >= 60;
        // 40 ms of A-law every other time, or 20 ms of mu-law.
        if !alaw || n % 2 == 1 {
            let begin = if alaw { n - 1 } else { n };
            let sound = &said[160 * begin..160 * (n + 1)];
            let codec = if alaw { Codec::Pcma } else { Codec::Pcmu };
            let payload_type = if alaw { PayloadType::PCMA } else { PayloadType::PCMU };
            let mut payload = vec![0; sound.len()];
            Encoder::new(codec).unwrap().encode(sound, &mut payload).unwrap();
            let ticks = u32::try_from(sound.len()).unwrap();
            let header = sending.packet(payload_type, payload.len(), ticks);
            take(&mut receiver, header, &payload, now);
        }
        let mut frame = [0; 160];
        let origin = receiver.frame(now, &mut frame);
        concealed += origin.concealed;
        if n > 20 {
            let level = level_dbov(&frame);
            loudest = if level > loudest { level } else { loudest };
            assert!(level > Dbov(-30.0), "frame {n} is at {level:?}");
        }
    }
    let expected = level_dbov(&said);
    assert!((loudest.0 - expected.0).abs() < 2.0, "nothing was decoded by the wrong law");
    // The longer packets come later: that much is waited for, once.
    assert!(concealed <= 480, "{concealed} samples concealed");
    assert_eq!(receiver.buffer().counts().lost, 0);
}

#[test]
fn keys_are_heard_from_their_own_ssrc_and_do_not_disturb_the_sound() {
    let mut receiver = Receiver::new(&settings()).unwrap();
    let mut sending = Sending::new(5, 1, 1);
    let mut pressing = Sending::new(6, 700, 1);
    let mut press = KeyPress::new(Event(5), 800, 160);
    let mut changes = Vec::new();
    let mut silent = 0;
    for n in 0..100 {
        let now = ms(20 * n);
        let header = sending.packet(PayloadType::PCMU, 160, 160);
        take(&mut receiver, header, &[0x80; 160], now);
        if n > 50
            && let Some((first, payload)) = press.next()
        {
            let events = PayloadType::new(EVENTS).unwrap();
            let header = pressing.event(events, 4, 8_000, first);
            let Received::Keys(keys) = take(&mut receiver, header, &payload, now) else {
                panic!("keys are keys")
            };
            changes.extend(keys);
        }
        changes.extend(receiver.expire_key(now));
        let mut frame = [0; 160];
        let origin = receiver.frame(now, &mut frame);
        silent += origin.silent + origin.concealed;
    }
    assert_eq!(changes, [EventChange::Began(Event(5)), EventChange::Ended(Event(5), 800)]);
    assert_eq!(silent, 320, "only what was waited for at the beginning");
    assert_eq!(receiver.buffer().counts().restarts, 0);
}

#[test]
fn comfort_noise_fills_a_pause() {
    let mut receiver = Receiver::new(&settings()).unwrap();
    let mut sending = Sending::new(5, 1, 1);
    let mut noisy = Vec::new();
    for n in 0..150_u64 {
        let now = ms(20 * n);
        match n {
            0..50 | 120.. => {
                let header = sending.packet(PayloadType::PCMU, 160, 160);
                take(&mut receiver, header, &[0x90; 160], now);
            }
            50 => {
                let header = sending.packet(PayloadType::COMFORT_NOISE, 1, 0);
                take(&mut receiver, header, &[55], now);
                sending.pause(160);
            }
            _ => sending.pause(160),
        }
        let mut frame = [0; 160];
        let origin = receiver.frame(now, &mut frame);
        assert_eq!(origin.concealed, 0, "frame {n}");
        if (60..115).contains(&n) {
            noisy.extend(frame);
        }
    }
    let level = level_dbov(&noisy).0;
    assert!((level + 55.0).abs() < 2.0, "{level} dBov");
    // What came, less what still waits: nothing was lost on the way.
    let waiting = receiver.buffer().waiting() as u64;
    assert_eq!(receiver.buffer().counts().played + waiting, 81);
}

#[test]
fn what_was_not_agreed_is_told_apart() {
    let mut receiver = Receiver::new(&settings()).unwrap();
    let header = Header {
        marker: false,
        payload_type: PayloadType::PCMU,
        sequence: 1,
        timestamp: 0,
        ssrc: 1,
    };
    take(&mut receiver, header, &[0; 160], ms(0));
    let video = Header { payload_type: PayloadType::new(34).unwrap(), sequence: 2, ..header };
    assert_eq!(take(&mut receiver, video, &[0; 160], ms(20)), Received::Unknown);
    let empty = Header { sequence: 3, ..header };
    assert_eq!(take(&mut receiver, empty, &[], ms(40)), Received::Unknown);
    let stranger = Header { ssrc: 2, ..header };
    let refused = Received::Refused(Refusal::Stranger);
    assert_eq!(take(&mut receiver, stranger, &[0; 160], ms(60)), refused);

    let mut none = settings();
    none.formats.clear();
    assert_eq!(Receiver::new(&none).map(|_| ()), Err(ReceiverError::NoFormat));
    let mut wide = settings();
    wide.formats.push(Format { payload_type: PayloadType::G722, codec: Codec::G722 });
    assert_eq!(Receiver::new(&wide).map(|_| ()), Err(ReceiverError::Formats));
    assert_eq!(Codec::G722.sample_rate(), SampleRate::Hz16000);
}

#[test]
fn a_captured_call_is_heard_whole() {
    let path = "../../shared/data/sipp-pcap/pcap/g711a.pcap";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return;
    };
    let mut receiver = Receiver::new(&settings()).unwrap();
    let mut packets = Vec::new();
    let mut at = 24;
    while at + 16 <= bytes.len() {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let len = word(at + 8) as usize;
        let time = Duration::new(u64::from(word(at)), word(at + 4) * 1_000);
        packets.push((time, &bytes[at + 16..at + 16 + len]));
        at += 16 + len;
    }
    let began = packets[0].0;
    let mut next = packets.iter().peekable();
    let mut total = FrameOrigin::default();
    let mut now = ms(3);
    while next.peek().is_some() {
        while let Some((time, frame)) = next.next_if(|(time, _)| *time - began <= now) {
            // Ethernet, IPv4 without options, UDP.
            receiver.receive(&RtpPacket::parse(&frame[42..]).unwrap(), *time - began);
        }
        let mut frame = [0; 160];
        let origin = receiver.frame(now, &mut frame);
        total.heard += origin.heard;
        total.concealed += origin.concealed;
        now += ms(20);
    }
    let counts = receiver.buffer().counts();
    assert_eq!((counts.lost, counts.late, counts.skipped), (0, 0, 0), "{counts:?}");
    let share = total.concealed as f64 / total.heard as f64;
    assert!(share < 0.01, "{share} of a captured call was concealed");
    assert!(counts.played + 5 >= packets.len() as u64);
}
