//! What coding, decoding and concealing 20 ms cost, and the whole way of a G.711 packet in and out.
//!
//! With the feature `libopus` (needs cmake) the C library does the same work beside ours.
#![expect(clippy::expect_used, reason = "a proof that cannot go on stops and says where")]

use std::hint::black_box;

use callwright_media::codec::opus::{PAYLOAD_MAX_BYTES, Settings};
use callwright_media::codec::{Codec, Decoder, Encoder, g711};
use callwright_media::conceal::{RepairingDecoder, Splice, Waveform};
use callwright_media::{Resampler, SampleRate};
use criterion::{Criterion, criterion_group, criterion_main};

/// A voice of changing pitch with pauses over faint noise, made here so that every run has the same.
fn speech(rate: SampleRate, frames: usize) -> Vec<Vec<i16>> {
    let hz = f64::from(rate.hz());
    let mut noise = 0x2545_F491_u32;
    let mut phase = 0.0_f64;
    let samples: Vec<i16> = (0..frames * rate.frame_samples())
        .map(|n| {
            let t = n as f64 / hz;
            phase += (150.0 + 40.0 * (2.1 * t).sin()) / hz;
            let envelope = if (t / 0.25) as u32 % 4 == 3 {
                0.0
            } else {
                ((t / 0.25).fract() * std::f64::consts::PI).sin()
            };
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

fn settings(rate: SampleRate) -> Settings {
    Settings { in_band_fec: false, expected_loss_percent: 0, ..Settings::new(rate) }
}

fn g711_there_and_back(c: &mut Criterion) {
    let frame = &speech(SampleRate::Hz8000, 20)[15];
    let (mut octets, mut samples) = ([0; 160], [0; 160]);
    c.bench_function("g711/ulaw encode+decode", |b| {
        b.iter(|| {
            g711::ulaw_encode_into(black_box(frame), &mut octets);
            g711::ulaw_decode_into(black_box(&octets), &mut samples);
            black_box(samples[7])
        });
    });
    c.bench_function("g711/alaw encode+decode", |b| {
        b.iter(|| {
            g711::alaw_encode_into(black_box(frame), &mut octets);
            g711::alaw_decode_into(black_box(&octets), &mut samples);
            black_box(samples[7])
        });
    });
}

fn codecs(c: &mut Criterion) {
    for (name, codec) in [
        ("g722", Codec::G722),
        ("opus 16k", Codec::Opus(settings(SampleRate::Hz16000))),
        ("opus 48k", Codec::Opus(settings(SampleRate::Hz48000))),
    ] {
        let frames = speech(codec.sample_rate(), 250);
        let mut encoder = Encoder::new(codec).expect("the settings are within bounds");
        let mut payload = [0; PAYLOAD_MAX_BYTES];
        let packets: Vec<Vec<u8>> = frames
            .iter()
            .map(|frame| {
                let written = encoder.encode(frame, &mut payload).expect("20 ms");
                payload[..written].to_vec()
            })
            .collect();
        let mut next = 0;
        c.bench_function(&format!("{name}/encode"), |b| {
            b.iter(|| {
                next = (next + 1) % frames.len();
                encoder.encode(black_box(&frames[next]), &mut payload)
            });
        });
        let mut decoder = Decoder::new(codec);
        let mut out = vec![0; codec.sample_rate().frame_samples()];
        c.bench_function(&format!("{name}/decode"), |b| {
            b.iter(|| {
                next = (next + 1) % packets.len();
                decoder.decode(black_box(&packets[next]), &mut out)
            });
        });
    }
}

#[cfg(feature = "libopus")]
fn libopus(c: &mut Criterion) {
    for rate in [SampleRate::Hz16000, SampleRate::Hz48000] {
        let frames = speech(rate, 250);
        let name = rate.hz() / 1_000;
        let mut encoder =
            opus::Encoder::new(rate.hz(), opus::Channels::Mono, opus::Application::Voip)
                .expect("Opus has the rate");
        encoder.set_bitrate(opus::Bitrate::Bits(24_000)).expect("in range");
        encoder.set_complexity(5).expect("in range");
        encoder.set_signal(opus::Signal::Voice).expect("a signal");
        let mut payload = [0; PAYLOAD_MAX_BYTES];
        let packets: Vec<Vec<u8>> = frames
            .iter()
            .map(|frame| {
                let written = encoder.encode(frame, &mut payload).expect("20 ms");
                payload[..written].to_vec()
            })
            .collect();
        let mut next = 0;
        c.bench_function(&format!("libopus {name}k/encode"), |b| {
            b.iter(|| {
                next = (next + 1) % frames.len();
                encoder.encode(black_box(&frames[next]), &mut payload)
            });
        });
        let mut decoder =
            opus::Decoder::new(rate.hz(), opus::Channels::Mono).expect("Opus has the rate");
        let mut out = vec![0_i16; rate.frame_samples()];
        c.bench_function(&format!("libopus {name}k/decode"), |b| {
            b.iter(|| {
                next = (next + 1) % packets.len();
                decoder.decode(black_box(&packets[next]), &mut out, false)
            });
        });
    }
}

#[cfg(not(feature = "libopus"))]
fn libopus(_c: &mut Criterion) {}

fn concealment(c: &mut Criterion) {
    for rate in [SampleRate::Hz8000, SampleRate::Hz16000] {
        let frames = speech(rate, 20);
        let mut heard = Waveform::new(rate, Splice::Immediate);
        for frame in &frames {
            heard.sound(&mut frame.clone());
        }
        let mut frame = frames[3].clone();
        let name = rate.hz() / 1_000;
        let mut waveform = heard.clone();
        c.bench_function(&format!("conceal {name}k/sound"), |b| {
            b.iter(|| waveform.sound(black_box(&mut frame)));
        });
        c.bench_function(&format!("conceal {name}k/gap begins"), |b| {
            b.iter_batched_ref(
                || heard.clone(),
                |waveform| waveform.gap(black_box(&mut frame)),
                criterion::BatchSize::SmallInput,
            );
        });
    }
}

fn whole_path(c: &mut Criterion) {
    let frames = speech(SampleRate::Hz8000, 250);
    let packets: Vec<[u8; 160]> = frames
        .iter()
        .map(|frame| {
            let mut octets = [0; 160];
            g711::ulaw_encode_into(frame, &mut octets);
            octets
        })
        .collect();
    let mut decoder = RepairingDecoder::new(Codec::Pcmu, Splice::Immediate);
    let mut up = Resampler::new(SampleRate::Hz8000, SampleRate::Hz16000).expect("a ratio we have");
    let mut down =
        Resampler::new(SampleRate::Hz16000, SampleRate::Hz8000).expect("a ratio we have");
    let (mut narrow, mut wide, mut payload) = ([0; 160], [0; 320], [0; 160]);
    let mut next = 0;
    c.bench_function("g711/decode, repair, 8->16 kHz, 16->8 kHz, encode", |b| {
        b.iter(|| {
            next = (next + 1) % packets.len();
            decoder.packet(black_box(&packets[next]), &mut narrow).expect("160 octets");
            up.process(&narrow, &mut wide).expect("20 ms");
            down.process(black_box(&wide), &mut narrow).expect("20 ms");
            g711::ulaw_encode_into(&narrow, &mut payload);
            black_box(payload[7])
        });
    });
}

criterion_group!(benches, g711_there_and_back, codecs, libopus, concealment, whole_path);
criterion_main!(benches);
