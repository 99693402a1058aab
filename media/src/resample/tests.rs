//! The promises of the resamplers, measured: ripple, images, aliases, delay, length, cost in allocations.

use std::f64::consts::TAU;

use super::*;

const RATES: [SampleRate; 5] = [
    SampleRate::Hz8000,
    SampleRate::Hz12000,
    SampleRate::Hz16000,
    SampleRate::Hz24000,
    SampleRate::Hz48000,
];

/// Where a tone of full quality still is at most this far off, in decibels.
const FLAT_DB: f64 = 0.02;
/// How far images and aliases are down at least.
const REJECTED_DB: f64 = -60.0;
const AMPLITUDE: f64 = 30_000.0;

fn pairs() -> impl Iterator<Item = (SampleRate, SampleRate)> {
    RATES.into_iter().flat_map(|from| RATES.into_iter().map(move |to| (from, to)))
}

fn tone(rate: SampleRate, hz: f64, frames: usize) -> Vec<i16> {
    (0..rate.frame_samples() * frames)
        .map(|n| (AMPLITUDE * (TAU * hz * n as f64 / f64::from(rate.hz())).sin()).round() as i16)
        .collect()
}

fn convert(from: SampleRate, to: SampleRate, samples: &[i16]) -> Vec<i16> {
    let mut resampler = Resampler::new(from, to).unwrap();
    let mut out = vec![0; to.frame_samples()];
    samples
        .chunks(from.frame_samples())
        .flat_map(|frame| {
            resampler.process(frame, &mut out).unwrap();
            out.clone()
        })
        .collect()
}

/// The level of `hz` in the steady part of `samples`, in decibels relative to [`AMPLITUDE`]; the steady part
/// holds a whole number of periods of every multiple of 5 Hz.
fn level_db(rate: SampleRate, samples: &[i16], hz: f64) -> f64 {
    let steady = &samples[rate.frame_samples() * 5..][..rate.frame_samples() * 10];
    let (mut re, mut im) = (0.0, 0.0);
    for (n, &sample) in steady.iter().enumerate() {
        let phase = TAU * hz * n as f64 / f64::from(rate.hz());
        re += f64::from(sample) * phase.cos();
        im += f64::from(sample) * phase.sin();
    }
    20.0 * (2.0 * re.hypot(im) / steady.len() as f64 / AMPLITUDE).max(1e-9).log10()
}

/// The end of the flat band and the beginning of the stop band of the filter between two rates.
fn edges_hz(from: SampleRate, to: SampleRate) -> (f64, f64) {
    match from.min(to) {
        SampleRate::Hz8000 => (3_400.0, 4_600.0),
        SampleRate::Hz12000 => (5_400.0, 6_600.0),
        SampleRate::Hz16000 => (6_900.0, 9_100.0),
        SampleRate::Hz24000 | SampleRate::Hz48000 => (10_900.0, 13_100.0),
    }
}

#[test]
fn the_pass_band_is_flat() {
    for (from, to) in pairs().filter(|(from, to)| from != to) {
        let (flat_hz, _) = edges_hz(from, to);
        let mut worst = 0.0_f64;
        for step in 0..=40 {
            let hz = 100.0 + (flat_hz - 100.0) / 40.0 * f64::from(step);
            let hz = (hz / 5.0).round() * 5.0;
            let out = convert(from, to, &tone(from, hz, 16));
            worst = worst.max(level_db(to, &out, hz).abs());
        }
        eprintln!("{} -> {} Hz: ripple {worst:.4} dB to {flat_hz} Hz", from.hz(), to.hz());
        assert!(worst < FLAT_DB, "{from:?} -> {to:?}: {worst} dB");
    }
}

#[test]
fn images_are_rejected_on_the_way_up() {
    for (from, to) in pairs().filter(|(from, to)| from < to) {
        let (flat_hz, _) = edges_hz(from, to);
        let mut worst = f64::NEG_INFINITY;
        for step in 1..=20 {
            let hz = (flat_hz / 20.0 * f64::from(step) / 5.0).round() * 5.0;
            let out = convert(from, to, &tone(from, hz, 16));
            let half = f64::from(to.hz()) / 2.0;
            let rate = f64::from(from.hz());
            let images = (1..=6).flat_map(|n| [f64::from(n) * rate - hz, f64::from(n) * rate + hz]);
            for image in images.filter(|&image| image < half) {
                worst = worst.max(level_db(to, &out, image));
            }
        }
        eprintln!("{} -> {} Hz: images {worst:.1} dB", from.hz(), to.hz());
        assert!(worst < REJECTED_DB, "{from:?} -> {to:?}: {worst} dB");
    }
}

#[test]
fn aliases_are_rejected_on_the_way_down() {
    for (from, to) in pairs().filter(|(from, to)| from > to) {
        let (_, stop_hz) = edges_hz(from, to);
        let mut worst = f64::NEG_INFINITY;
        for step in 0..40 {
            let top = f64::from(from.hz()) / 2.0 - 20.0;
            let hz = stop_hz + (top - stop_hz) / 40.0 * f64::from(step);
            let hz = (hz / 5.0).round() * 5.0;
            let out = convert(from, to, &tone(from, hz, 16));
            let rate = f64::from(to.hz());
            let folded = hz - (hz / rate).round() * rate;
            worst = worst.max(level_db(to, &out, folded.abs()));
        }
        eprintln!("{} -> {} Hz: aliases {worst:.1} dB", from.hz(), to.hz());
        assert!(worst < REJECTED_DB, "{from:?} -> {to:?}: {worst} dB");
    }
}

#[test]
fn a_sound_is_held_back_as_long_as_is_said() {
    for (from, to) in pairs() {
        let resampler = Resampler::new(from, to).unwrap();
        let mut click = vec![0; from.frame_samples() * 2];
        let at = from.frame_samples() / 2;
        click[at] = 20_000;
        let out = convert(from, to, &click);
        let loudest = out.iter().enumerate().max_by_key(|(_, s)| s.unsigned_abs()).unwrap().0;
        let delay = to.duration(loudest as u64) - from.duration(at as u64);
        assert_eq!(delay, resampler.delay(), "{from:?} -> {to:?}");
        assert!(delay <= Duration::from_millis(2));
    }
}

#[test]
fn every_filter_has_a_length_that_the_products_are_unrolled_for() {
    for (from, to) in pairs() {
        let taps = Filter::between(from, to).map_or(32, |filter| filter.taps);
        assert!([32, 48, 64, 96, 192].contains(&taps), "{from:?} -> {to:?}: {taps}");
    }
}

#[test]
fn every_frame_gives_one_frame_and_other_lengths_are_refused() {
    for (from, to) in pairs() {
        let mut resampler = Resampler::new(from, to).unwrap();
        let frame = vec![0; from.frame_samples()];
        let mut out = vec![0; to.frame_samples()];
        resampler.process(&frame, &mut out).unwrap();
        let refused = Err(ResamplerError::NotOneFrame);
        assert_eq!(resampler.process(&frame[1..], &mut out), refused);
        assert_eq!(resampler.process(&frame, &mut out[1..]), refused);
    }
}

#[test]
fn a_constant_stays_itself_and_the_loudest_sound_only_clips() {
    for (from, to) in pairs() {
        let constant = vec![12_345; from.frame_samples() * 3];
        let out = convert(from, to, &constant);
        assert!(out[to.frame_samples()..].iter().all(|&s| s == 12_345), "{from:?} -> {to:?}");
        // The worst square wave for any filter: nothing may wrap around.
        let square: Vec<i16> = (0..from.frame_samples() * 4)
            .map(|n| if n / 3 % 2 == 0 { i16::MAX } else { i16::MIN })
            .collect();
        let smooth = convert(from, to, &square);
        let reference = convert(from, to, &square.iter().map(|s| s / 4).collect::<Vec<_>>());
        for (loud, quiet) in smooth.iter().zip(&reference) {
            let expected = (i32::from(*quiet) * 4).clamp(-32_768, 32_767);
            assert!((i32::from(*loud) - expected).abs() <= 8, "{from:?} -> {to:?}");
        }
    }
}

#[test]
fn equal_rates_pass_through_and_a_reset_forgets() {
    let samples = tone(SampleRate::Hz8000, 440.0, 3);
    assert_eq!(convert(SampleRate::Hz8000, SampleRate::Hz8000, &samples), samples);

    let mut resampler = Resampler::new(SampleRate::Hz8000, SampleRate::Hz16000).unwrap();
    let (mut first, mut again) = ([0; 320], [0; 320]);
    resampler.process(&samples[..160], &mut first).unwrap();
    resampler.reset();
    resampler.process(&samples[..160], &mut again).unwrap();
    assert_eq!(first, again);
}

#[test]
fn a_frame_costs_no_allocation() {
    for (from, to) in pairs() {
        let mut resampler = Resampler::new(from, to).unwrap();
        let frame = vec![1_000; from.frame_samples()];
        let mut out = vec![0; to.frame_samples()];
        let counted = allocation_counter::measure(|| {
            for _ in 0..10 {
                resampler.process(&frame, &mut out).unwrap();
            }
            resampler.reset();
        });
        assert_eq!(counted.count_total, 0, "{from:?} -> {to:?}");
    }
}

/// A file of `from_hz` made into `to`, in the odd pieces that a decoder gives.
fn convert_any(from_hz: u32, to: SampleRate, samples: &[f32]) -> Vec<i16> {
    let mut resampler = AnyRate::new(from_hz, to).unwrap();
    let mut out = Vec::new();
    for piece in samples.chunks(577) {
        resampler.push(piece, &mut out).unwrap();
    }
    resampler.finish(&mut out).unwrap();
    out
}

#[test]
fn files_of_odd_rates_keep_their_length_their_place_and_their_sound() {
    for from_hz in [6_000, 8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000] {
        for to in RATES {
            let seconds = 0.5;
            let count = (f64::from(from_hz) * seconds) as usize;
            let hz = 1_000.0;
            let sound: Vec<f32> = (0..count)
                .map(|n| (0.5 * (TAU * hz * n as f64 / f64::from(from_hz)).sin()) as f32)
                .collect();
            let out = convert_any(from_hz, to, &sound);
            let due = (count as u64 * u64::from(to.hz())).div_ceil(u64::from(from_hz));
            assert_eq!(out.len() as u64, due, "{from_hz} -> {to:?}");
            // Away from the ends, every sample is where the sine is: no delay, no change of level.
            let middle = out.len() / 4..out.len() * 3 / 4;
            for n in middle {
                let expected = 16_384.0 * (TAU * hz * n as f64 / f64::from(to.hz())).sin();
                let off = (f64::from(out[n]) - expected).abs();
                assert!(off < 20.0, "{from_hz} -> {to:?}: {off} at {n}");
            }
        }
    }
}

#[test]
fn files_of_impossible_rates_are_refused() {
    for hz in [0, 1, 3_999, 384_001, u32::MAX] {
        let refused = AnyRate::new(hz, SampleRate::Hz8000).err();
        assert_eq!(refused, Some(ResamplerError::Unsupported { from: hz, to: 8_000 }));
    }
}
