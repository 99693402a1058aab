//! Opus at every rate and frame length: what comes back, what a lost packet leaves, what is refused.

use callwright_media::SampleRate;
use callwright_media::codec::opus::{PAYLOAD_MAX_BYTES, Settings};
use callwright_media::codec::{
    Codec, DecodeError, Decoder, EncodeError, Encoder, PACKET_MAX_SAMPLES, opus,
};

use crate::speech::speech;

const RATES: [SampleRate; 5] = [
    SampleRate::Hz8000,
    SampleRate::Hz12000,
    SampleRate::Hz16000,
    SampleRate::Hz24000,
    SampleRate::Hz48000,
];

/// The packets of `source` in frames of `samples`.
fn packets(settings: Settings, source: &[i16], samples: usize) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(Codec::Opus(settings)).unwrap();
    let mut payload = [0; PAYLOAD_MAX_BYTES];
    let frames = source.chunks_exact(samples);
    frames
        .map(|frame| {
            let written = encoder.encode(frame, &mut payload).unwrap();
            payload[..written].to_vec()
        })
        .collect()
}

/// Energy of the short-time spectrum is what Opus keeps, not the waveform: compares the levels of 5 ms pieces.
fn level_difference_db(wanted: &[i16], heard: &[i16], piece: usize) -> f64 {
    let level = |samples: &[i16]| {
        let power: f64 = samples.iter().map(|&s| f64::from(s).powi(2)).sum();
        10.0 * (power / samples.len() as f64 + 100.0).log10()
    };
    let pieces = wanted.chunks_exact(piece).zip(heard.chunks_exact(piece));
    let differences: Vec<f64> = pieces.map(|(w, h)| (level(w) - level(h)).abs()).collect();
    differences.iter().sum::<f64>() / differences.len() as f64
}

#[test]
fn every_rate_and_frame_length_goes_there_and_back() {
    for rate in RATES {
        let settings = Settings::new(rate);
        let codec = Codec::Opus(settings);
        let source = speech(rate.hz(), 1_200);
        for tens in [1, 2, 4, 6] {
            let samples = tens * rate.frame_samples() / 2;
            let packets = packets(settings, &source, samples);
            let mut decoder = Decoder::new(codec);
            let mut heard = Vec::new();
            let mut frame = [0; PACKET_MAX_SAMPLES];
            for packet in &packets {
                assert_eq!(codec.payload_samples(packet), Some(samples));
                let decoded = decoder.decode(packet, &mut frame).unwrap();
                assert_eq!(decoded, samples, "{rate:?} {tens}0 ms");
                heard.extend_from_slice(&frame[..decoded]);
            }
            let difference = level_difference_db(
                &source,
                &heard[codec.delay_samples()..],
                rate.frame_samples() / 4,
            );
            assert!(difference < 3.0, "{rate:?} {tens}0 ms: {difference} dB");
        }
    }
}

#[test]
fn any_rate_decodes_any_other() {
    for sent in RATES {
        let packets = packets(Settings::new(sent), &speech(sent.hz(), 200), sent.frame_samples());
        for heard in RATES {
            let mut decoder = Decoder::new(Codec::Opus(Settings::new(heard)));
            let mut frame = [0; PACKET_MAX_SAMPLES];
            for packet in &packets {
                assert_eq!(decoder.decode(packet, &mut frame), Ok(heard.frame_samples()));
            }
        }
    }
}

#[test]
fn decoder_and_encoder_agree_on_every_bit() {
    // Both ends' range coders end in the same state only if every symbol was read as it was written.
    let rate = SampleRate::Hz16000;
    let mut encoder = opus_pure::OpusEncoder::new(16_000, 1, opus_pure::Application::Voip).unwrap();
    encoder.bitrate_bps = 24_000;
    let mut decoder = opus::Decoder::new(rate);
    let mut payload = [0; PAYLOAD_MAX_BYTES];
    for frame in speech(16_000, 2_000).chunks_exact(320) {
        let written = encoder.encode_s16(frame, 320, &mut payload).unwrap();
        decoder.decode(&payload[..written], &mut [0; 320]).unwrap();
        assert_eq!(decoder.final_range(), encoder.final_range());
    }
}

#[test]
fn a_lost_packet_comes_back_better_from_the_next_ones_copy_than_made_up() {
    let rate = SampleRate::Hz16000;
    let settings = Settings { expected_loss_percent: 20, ..Settings::new(rate) };
    let source = speech(16_000, 8_000);
    let packets = packets(settings, &source, 320);
    // The yardstick is what the same decoder gives without loss.
    let mut whole = Vec::new();
    let mut decoder = opus::Decoder::new(rate);
    for packet in &packets {
        let mut frame = [0; 320];
        decoder.decode(packet, &mut frame).unwrap();
        whole.extend_from_slice(&frame);
    }
    let lossy = |with_copy: bool| {
        let mut decoder = opus::Decoder::new(rate);
        let mut difference = Vec::new();
        for (index, packet) in packets.iter().enumerate().take(packets.len() - 1) {
            let mut frame = [0; 320];
            let lost = index % 5 == 4;
            match (lost, with_copy) {
                (false, _) => decoder.decode(packet, &mut frame),
                (true, true) => decoder.decode_lost(&packets[index + 1], &mut frame),
                (true, false) => decoder.conceal(&mut frame),
            }
            .unwrap();
            if lost {
                difference.push(level_difference_db(&whole[index * 320..][..320], &frame, 80));
            }
        }
        difference.iter().sum::<f64>() / difference.len() as f64
    };
    let (copied, made_up) = (lossy(true), lossy(false));
    assert!(copied < made_up, "copied {copied} dB off, made up {made_up} dB off");
}

#[test]
fn silence_is_not_sent_when_it_need_not_be() {
    let settings = Settings { dtx: true, ..Settings::new(SampleRate::Hz16000) };
    let packets = packets(settings, &[0; 320 * 100], 320);
    let sent = packets.iter().filter(|packet| !packet.is_empty()).count();
    // Ten frames until it is believed, then one every 400 ms (RFC 6716 section 2.1.9).
    assert!((2..30).contains(&sent), "{sent} of 100 packets");
    let without = Settings { dtx: false, ..settings };
    assert!(self::packets(without, &[0; 320 * 20], 320).iter().all(|packet| !packet.is_empty()));
}

#[test]
fn what_cannot_be_is_refused() {
    let codec = Codec::Opus(Settings::new(SampleRate::Hz16000));
    let mut encoder = Encoder::new(codec).unwrap();
    let mut payload = [0; PAYLOAD_MAX_BYTES];
    for samples in [0, 80, 161, 480, 1_920] {
        let refused = Err(EncodeError::FrameLength { samples });
        assert_eq!(encoder.encode(&vec![0; samples], &mut payload), refused);
    }
    assert!(matches!(
        encoder.encode(&[0; 320], &mut [0; 1]),
        Err(EncodeError::OutputTooSmall { .. })
    ));
    let mut decoder = Decoder::new(codec);
    assert_eq!(decoder.decode(&[], &mut [0; 320]), Err(DecodeError::Malformed));
    assert_eq!(decoder.decode(&[0xFF, 0xFF], &mut [0; 320]), Err(DecodeError::Malformed));
    let written = encoder.encode(&[0; 320], &mut payload).unwrap();
    assert_eq!(
        decoder.decode(&payload[..written], &mut [0; 319]),
        Err(DecodeError::OutputTooSmall { needed: 320 })
    );
    for settings in [
        Settings { bitrate_bps: 5_999, ..Settings::new(SampleRate::Hz8000) },
        Settings { bitrate_bps: u32::MAX, ..Settings::new(SampleRate::Hz8000) },
        Settings { complexity: 11, ..Settings::new(SampleRate::Hz8000) },
        Settings { expected_loss_percent: 101, ..Settings::new(SampleRate::Hz8000) },
    ] {
        assert!(matches!(Encoder::new(Codec::Opus(settings)), Err(EncodeError::Settings)));
    }
}

#[test]
fn no_octets_make_the_decoder_panic() {
    let good = packets(Settings::new(SampleRate::Hz16000), &speech(16_000, 1_000), 320);
    let mut state = 0x0123_4567_89AB_CDEF_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut decoder = Decoder::new(Codec::Opus(Settings::new(SampleRate::Hz16000)));
    let mut frame = [0; PACKET_MAX_SAMPLES];
    let mut heard = 0;
    for _ in 0..5_000 {
        let mut packet = good[next() as usize % good.len()].clone();
        for _ in 0..next() % 6 {
            let at = next() as usize % packet.len();
            packet[at] = next() as u8;
        }
        packet.truncate(next() as usize % (packet.len() + 1));
        heard += usize::from(decoder.decode(&packet, &mut frame).is_ok());
    }
    assert!(heard > 1_000, "{heard} of the damaged packets still decoded");
}
