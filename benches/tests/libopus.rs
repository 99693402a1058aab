//! Our Opus beside the C library's, on the same packets. Runs with the feature `libopus`, which needs cmake.

#![cfg(feature = "libopus")]

use callwright_media::SampleRate;
use callwright_media::codec::opus::{Decoder, Encoder, PAYLOAD_MAX_BYTES, Settings};

/// A voice of changing pitch with pauses, over faint noise.
fn speech(rate: SampleRate, frames: usize) -> Vec<Vec<i16>> {
    let hz = f64::from(rate.hz());
    let mut noise = 0x2545_F491_u32;
    let mut phase = 0.0_f64;
    let samples: Vec<i16> = (0..frames * rate.frame_samples())
        .map(|n| {
            let t = n as f64 / hz;
            phase += (150.0 + 40.0 * (2.1 * t).sin()) / hz;
            let voiced = (t / 0.25) as u32 % 4 != 3;
            let envelope =
                if voiced { ((t / 0.25).fract() * std::f64::consts::PI).sin() } else { 0.0 };
            let buzz: f64 = (1..20)
                .map(|k| {
                    let formant = (-((f64::from(k) * 150.0 - 600.0) / 500.0).powi(2)).exp() + 0.05;
                    formant * (std::f64::consts::TAU * f64::from(k) * phase).sin()
                })
                .sum();
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let hiss = f64::from(noise >> 16) / 32_768.0 - 1.0;
            (3_000.0 * envelope * buzz + 28.0 * hiss) as i16
        })
        .collect();
    samples.chunks(rate.frame_samples()).map(<[i16]>::to_vec).collect()
}

/// How far apart two decoders of the same packets are, in steps of 16 bits, at most and on the average.
fn apart(theirs: &[i16], ours: &[i16]) -> (i32, f64) {
    let steps = theirs.iter().zip(ours).map(|(&t, &o)| (i32::from(t) - i32::from(o)).abs());
    let sum: i64 = steps.clone().map(i64::from).sum();
    (steps.max().unwrap_or(0), sum as f64 / theirs.len() as f64)
}

/// Decodes `packets` with both, every one in `lost` concealed by each on its own.
fn both(
    rate: SampleRate,
    packets: &[Vec<u8>],
    lost: impl Fn(usize) -> bool,
) -> (Vec<i16>, Vec<i16>) {
    let length = rate.frame_samples();
    let mut theirs = opus::Decoder::new(rate.hz(), opus::Channels::Mono).unwrap();
    let mut ours = Decoder::new(rate);
    let (mut of_theirs, mut of_ours) = (Vec::new(), Vec::new());
    for (index, packet) in packets.iter().enumerate() {
        let (mut their, mut our) = (vec![0; length], vec![0; length]);
        if lost(index) {
            assert_eq!(theirs.decode(&[], &mut their, false).unwrap(), length);
            assert_eq!(ours.conceal(&mut our).unwrap(), length);
        } else {
            assert_eq!(theirs.decode(packet, &mut their, false).unwrap(), length);
            assert_eq!(ours.decode(packet, &mut our).unwrap(), length);
        }
        of_theirs.extend(their);
        of_ours.extend(our);
    }
    (of_theirs, of_ours)
}

/// Whether the packets change between the speech and the music layer up to four frames before `index` or right
/// after it. There `opus-pure` 0.2.2 joins the layers in its own way, and the two part for 80 ms.
fn near_a_switch(packets: &[Vec<u8>], index: usize) -> bool {
    // Configurations from 16 on are CELT alone (RFC 6716 table 2).
    let music = |packet: &Vec<u8>| packet[0] >> 3 >= 16;
    let around = &packets[index.saturating_sub(4)..(index + 2).min(packets.len())];
    around.iter().any(|packet| music(packet) != music(&around[0]))
}

/// Bitrates at which Opus codes as SILK, as hybrid and as CELT.
const BITRATES: [u32; 3] = [16_000, 32_000, 96_000];
const RATES: [SampleRate; 5] = [
    SampleRate::Hz8000,
    SampleRate::Hz12000,
    SampleRate::Hz16000,
    SampleRate::Hz24000,
    SampleRate::Hz48000,
];

#[test]
fn packets_of_the_c_library_decode_as_it_decodes_them() {
    for rate in RATES {
        for bitrate in BITRATES {
            let mut encoder =
                opus::Encoder::new(rate.hz(), opus::Channels::Mono, opus::Application::Voip)
                    .unwrap();
            encoder.set_bitrate(opus::Bitrate::Bits(bitrate as i32)).unwrap();
            let mut payload = [0; PAYLOAD_MAX_BYTES];
            let packets: Vec<Vec<u8>> = speech(rate, 150)
                .iter()
                .map(|frame| {
                    let written = encoder.encode(frame, &mut payload).unwrap();
                    payload[..written].to_vec()
                })
                .collect();
            let (theirs, ours) = both(rate, &packets, |_| false);
            let (most, mean) = apart(&theirs, &ours);
            eprintln!(
                "libopus's packets, {} Hz, {bitrate} bit/s: {most} at most, {mean:.4}",
                rate.hz()
            );
            let frames = theirs.chunks(rate.frame_samples()).zip(ours.chunks(rate.frame_samples()));
            for (index, (theirs, ours)) in frames.enumerate() {
                let (most, _) = apart(theirs, ours);
                assert!(
                    most <= 2 || near_a_switch(&packets, index),
                    "{rate:?} {bitrate}: frame {index} is {most} steps apart"
                );
            }
        }
    }
}

#[test]
fn our_packets_decode_in_the_c_library_as_in_ours_and_conceal_alike() {
    for rate in RATES {
        for bitrate_bps in BITRATES {
            let settings = Settings { bitrate_bps, ..Settings::new(rate) };
            let mut encoder = Encoder::new(settings).unwrap();
            let mut payload = [0; PAYLOAD_MAX_BYTES];
            let packets: Vec<Vec<u8>> = speech(rate, 150)
                .iter()
                .map(|frame| {
                    let written = encoder.encode(frame, &mut payload).unwrap();
                    payload[..written].to_vec()
                })
                .collect();
            let (theirs, ours) = both(rate, &packets, |_| false);
            let (most, mean) = apart(&theirs, &ours);
            eprintln!(
                "our packets, {} Hz, {bitrate_bps} bit/s: {most} at most, {mean:.4}",
                rate.hz()
            );
            assert!(most <= 2, "{rate:?} {bitrate_bps}: {most} steps apart");
            let (theirs, ours) = both(rate, &packets, |index| index % 11 == 6);
            let (most, mean) = apart(&theirs, &ours);
            eprintln!("  with one of eleven lost: {most} at most, {mean:.4}");
        }
    }
}
