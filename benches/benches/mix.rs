//! What it costs to mix, level and clean 20 ms of sound.

use std::hint::black_box;

use callwright_media::mix::{
    Audience, Conference, Gain, Leveller, LevellerSettings, NoiseSuppressor,
};
use callwright_media::{SampleRate, level_dbov};
use criterion::{Criterion, criterion_group, criterion_main};

const RATE: SampleRate = SampleRate::Hz8000;

fn mix(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mix 20 ms");
    let mut frame: Vec<i16> = (0..160).map(|n| (n * 197 % 9_000) as i16).collect();
    for seats in [3, 8] {
        let mut conference = Conference::new(RATE);
        let ids: Vec<_> =
            (0..seats).filter_map(|_| conference.join(Audience::Everyone).ok()).collect();
        let mut out = [0; 160];
        group.bench_function(format!("conference of {seats}"), |bencher| {
            bencher.iter(|| {
                for &id in &ids {
                    conference.speak(id, black_box(&frame));
                }
                for &id in &ids {
                    conference.hear(id, black_box(&mut out));
                }
                conference.next();
            });
        });
    }
    let mut gain = Gain::decibels(-3.0);
    group.bench_function("gain", |bencher| bencher.iter(|| gain.apply(black_box(&mut frame))));
    let mut leveller = Leveller::new(RATE, LevellerSettings::default());
    group.bench_function("leveller", |bencher| {
        bencher.iter(|| leveller.apply(black_box(&mut frame)))
    });
    group.bench_function("level", |bencher| bencher.iter(|| level_dbov(black_box(&frame))));
    if let Ok(mut suppressor) = NoiseSuppressor::new(RATE) {
        suppressor.set_enabled(true);
        let noise: Vec<i16> =
            (0..160_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 20) as i16).collect();
        group.bench_function("noise suppression", |bencher| {
            bencher.iter(|| {
                frame.copy_from_slice(&noise);
                suppressor.process(black_box(&mut frame))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, mix);
criterion_main!(benches);
