//! Concealment against the ITU's vectors for G.711 Appendix I, and what it promises on sound made here.

use allocation_counter::measure;
use callwright_media::codec::opus::{PAYLOAD_MAX_BYTES, Settings};
use callwright_media::codec::{Codec, Encoder, PACKET_MAX_SAMPLES};
use callwright_media::conceal::{Repair, RepairingDecoder, Splice, Waveform};
use callwright_media::rtp::comfort_noise::NoiseDescription;
use callwright_media::{Dbov, SampleRate, level_dbov};

use crate::shared::words;
use crate::speech::{snr_db, speech};

/// The vectors' directory.
const DATA: &str = "itu-stl/g711iplc/test_data";
/// A lost frame in the vectors' loss patterns (ITU-T G.192).
const LOST: i16 = 0x6B20;

#[test]
fn the_delayed_splice_equals_the_itu_vectors_to_the_last_step() {
    for (pattern, output) in [("fe10", "f2_10"), ("fe10_2", "f2_10_2")] {
        let (Some(source), Some(pattern), Some(expected)) = (
            words(&format!("{DATA}/f2.le")),
            words(&format!("{DATA}/{pattern}.g192")),
            words(&format!("{DATA}/{output}.raw")),
        ) else {
            return;
        };
        let mut waveform = Waveform::new(SampleRate::Hz8000, Splice::Delayed);
        let mut heard = Vec::new();
        for (block, &mark) in source.chunks(80).zip(pattern.iter().cycle()) {
            let mut block = block.to_vec();
            if mark == LOST {
                waveform.gap(&mut block)
            } else {
                waveform.sound(&mut block)
            }
            heard.extend_from_slice(&block);
        }
        // The vectors have the delay taken off.
        let pairs = expected.iter().zip(&heard[waveform.delay_samples()..]);
        let differences: Vec<i32> =
            pairs.map(|(&e, &h)| (i32::from(e) - i32::from(h)).abs()).collect();
        assert!(differences.len() + 80 >= source.len());
        // Theirs computes in double precision, which rounds another way now and then.
        assert!(differences.iter().all(|&d| d <= 1), "{:?}", differences.iter().max());
        let off = differences.iter().filter(|&&d| d > 0).count();
        assert!(off * 200 < differences.len(), "{off} of {} samples", differences.len());
    }
}

/// `source` with every block lost for which `lost` says so, after concealment, the delay taken off.
fn concealed(
    rate: SampleRate,
    splice: Splice,
    source: &[i16],
    lost: impl Fn(usize) -> bool,
) -> Vec<i16> {
    let mut waveform = Waveform::new(rate, splice);
    let mut heard = Vec::new();
    for (index, frame) in source.chunks(rate.frame_samples()).enumerate() {
        let mut frame = frame.to_vec();
        if lost(index) {
            waveform.gap(&mut frame)
        } else {
            waveform.sound(&mut frame)
        }
        heard.extend_from_slice(&frame);
    }
    heard
}

#[test]
fn a_lost_frame_is_nearer_to_what_was_said_than_silence_is() {
    for rate in [SampleRate::Hz8000, SampleRate::Hz16000, SampleRate::Hz48000] {
        let source = speech(rate.hz(), 8_000);
        let lost = |index: usize| index % 10 == 7;
        let silent: Vec<i16> = source
            .chunks(rate.frame_samples())
            .enumerate()
            .flat_map(|(index, frame)| frame.iter().map(move |&s| if lost(index) { 0 } else { s }))
            .collect();
        let silence = snr_db(&source, &silent, 0);
        for splice in [Splice::Immediate, Splice::Delayed] {
            let delay = Waveform::new(rate, splice).delay_samples();
            let repaired = snr_db(&source, &concealed(rate, splice, &source, lost), delay);
            assert!(
                repaired > silence + 2.0,
                "{rate:?} {splice:?}: {repaired} dB, silence {silence} dB"
            );
        }
    }
}

#[test]
fn sound_without_loss_is_left_as_it_is() {
    let source = speech(8_000, 500);
    let heard = concealed(SampleRate::Hz8000, Splice::Immediate, &source, |_| false);
    assert_eq!(heard, source);
    let heard = concealed(SampleRate::Hz8000, Splice::Delayed, &source, |_| false);
    assert_eq!(heard[30..], source[..source.len() - 30]);
}

#[test]
fn no_seam_clicks() {
    // A click is a step between neighbours larger than any that the sound itself has.
    let source: Vec<i16> = (0..16_000)
        .map(|n| (8_000.0 * (std::f64::consts::TAU * 171.3 * f64::from(n) / 8_000.0).sin()) as i16)
        .collect();
    let steepest = |sound: &[i16]| sound.windows(2).map(|w| w[0].abs_diff(w[1])).max().unwrap();
    let own = steepest(&source);
    for splice in [Splice::Immediate, Splice::Delayed] {
        let heard = concealed(SampleRate::Hz8000, splice, &source, |index| index % 7 == 4);
        assert!(steepest(&heard) <= own * 3 / 2, "{splice:?}: {} beside {own}", steepest(&heard));
    }
}

#[test]
fn any_length_of_packet_and_gap_is_taken() {
    for rate in [SampleRate::Hz8000, SampleRate::Hz12000, SampleRate::Hz48000] {
        for splice in [Splice::Immediate, Splice::Delayed] {
            let mut waveform = Waveform::new(rate, splice);
            let mut source = speech(rate.hz(), 800);
            for (index, length) in
                [1, 7, 80, 333, 0, 960, 5_760, 479, 2].into_iter().cycle().take(90).enumerate()
            {
                let samples = &mut source[..length];
                if index % 4 < 2 { waveform.sound(samples) } else { waveform.gap(samples) }
            }
        }
    }
}

/// The payloads of `source` in 20 ms frames.
fn payloads(codec: Codec, source: &[i16]) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(codec).unwrap();
    let mut payload = [0; PAYLOAD_MAX_BYTES];
    let frames = source.chunks_exact(codec.sample_rate().frame_samples());
    frames
        .map(|frame| {
            let written = encoder.encode(frame, &mut payload).unwrap();
            payload[..written].to_vec()
        })
        .collect()
}

fn codecs() -> [Codec; 4] {
    [
        Codec::Pcmu,
        Codec::Pcma,
        Codec::G722,
        Codec::Opus(Settings { expected_loss_percent: 20, ..Settings::new(SampleRate::Hz16000) }),
    ]
}

#[test]
fn a_long_gap_fades_to_the_lines_own_noise_and_back() {
    for codec in codecs() {
        let rate = codec.sample_rate();
        let length = rate.frame_samples();
        // Words over noise, then noise alone at -50 dBov.
        let mut source = speech(rate.hz(), 3_000);
        let mut noise = vec![0; source.len()];
        callwright_media::rtp::comfort_noise::NoiseMaker::new(3)
            .fill(&NoiseDescription::white(Dbov(-50.0)), &mut noise);
        for (sample, &noise) in source.iter_mut().zip(&noise) {
            *sample = sample.saturating_add(noise);
        }
        let payloads = payloads(codec, &source);
        let mut decoder = RepairingDecoder::new(codec, Splice::Immediate);
        let mut frame = vec![0; length];
        for payload in &payloads {
            assert_eq!(decoder.packet(payload, &mut frame), Ok(length));
        }
        let mut repairs = Vec::new();
        let mut late = Vec::new();
        for index in 0..50 {
            repairs.push(decoder.lost(None, &mut frame));
            if index >= 10 {
                late.extend_from_slice(&frame);
            }
        }
        assert_eq!(repairs[0], Repair::MadeUp, "{codec:?}");
        assert!(repairs[10..].iter().all(|&repair| repair == Repair::Noise), "{codec:?}");
        let level = level_dbov(&late).0;
        assert!((-58.0..=-46.0).contains(&level), "{codec:?}: {level} dBov for -50");
        // And speech comes back whole.
        assert_eq!(decoder.packet(&payloads[20], &mut frame), Ok(length));
        assert!(level_dbov(&frame).0 > -40.0, "{codec:?}");
    }
}

#[test]
fn opus_takes_the_copy_of_the_next_packet_and_says_so() {
    let codec = codecs()[3];
    let payloads = payloads(codec, &speech(16_000, 2_000));
    let mut decoder = RepairingDecoder::new(codec, Splice::Immediate);
    let mut frame = [0; 320];
    let mut repairs = Vec::new();
    for (index, payload) in payloads.iter().enumerate() {
        match payloads.get(index + 1) {
            Some(next) if index % 8 == 5 => repairs.push(decoder.lost(Some(next), &mut frame)),
            _ => assert_eq!(decoder.packet(payload, &mut frame), Ok(320)),
        }
    }
    assert!(repairs.len() > 10 && repairs.iter().all(|&repair| repair == Repair::FromNext));
    // Two packets lost: the first is made up, the second copied; octets that are no Opus help nothing.
    assert_eq!(decoder.lost(Some(&payloads[9]), &mut [0; 640]), Repair::FromNext);
    assert_eq!(decoder.lost(Some(&[0xFF, 0xFF]), &mut frame), Repair::MadeUp);
}

#[test]
fn malformed_packets_are_refused_and_lengths_that_no_codec_has_are_filled() {
    for codec in codecs() {
        let mut decoder = RepairingDecoder::new(codec, Splice::Immediate);
        assert!(decoder.packet(&[], &mut [0; 320]).is_err());
        for length in [0, 1, 39, 321, 5_760, 10_000] {
            decoder.lost(None, &mut vec![0; length]);
            decoder.pause(None, &mut vec![0; length]);
        }
    }
}

#[test]
fn the_noise_that_the_far_end_announces_is_heard() {
    for codec in codecs() {
        let mut decoder = RepairingDecoder::new(codec, Splice::Immediate);
        let mut samples = vec![0; 4_000];
        decoder.pause(Some(&NoiseDescription::white(Dbov(-45.0))), &mut samples);
        assert!((level_dbov(&samples).0 + 45.0).abs() < 1.0, "{codec:?}");
    }
}

#[test]
fn a_lossy_minute_allocates_nothing_but_what_opus_makes_up() {
    for codec in codecs() {
        let payloads = payloads(codec, &speech(codec.sample_rate().hz(), 6_000));
        let mut decoder = RepairingDecoder::new(codec, Splice::Immediate);
        let mut buffer = vec![0; PACKET_MAX_SAMPLES];
        let length = codec.sample_rate().frame_samples();
        let (mut decoding, mut repairing, mut repaired) = (0, 0, 0);
        for (index, payload) in payloads.iter().enumerate() {
            let lost = index % 9 == 4 || (100..110).contains(&index);
            let frame = &mut buffer[..length];
            let allocations = measure(|| {
                if lost {
                    decoder.lost(None, frame);
                } else {
                    decoder.packet(payload, frame).unwrap();
                }
            })
            .count_total;
            if index < 50 {
                continue;
            }
            repaired += u64::from(lost);
            *(if lost { &mut repairing } else { &mut decoding }) += allocations;
        }
        assert_eq!(decoding, 0, "{codec:?}");
        // Opus's own concealment works on the heap.
        let allowed = if matches!(codec, Codec::Opus(_)) { 4 * repaired } else { 0 };
        assert!(repairing <= allowed, "{codec:?}: {repairing} in {repaired} lost frames");
    }
}
