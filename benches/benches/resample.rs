//! What it costs to change the rate of 20 ms of sound.

use std::hint::black_box;

use callwright_media::{Resampler, SampleRate};
use criterion::{Criterion, criterion_group, criterion_main};

const RATES: [SampleRate; 4] =
    [SampleRate::Hz8000, SampleRate::Hz16000, SampleRate::Hz24000, SampleRate::Hz48000];

fn resample(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("resample 20 ms");
    for from in RATES {
        for to in RATES.into_iter().filter(|&to| to != from) {
            let Ok(mut resampler) = Resampler::new(from, to) else { continue };
            let frame: Vec<i16> =
                (0..from.frame_samples()).map(|n| (n * 97 % 20_000) as i16).collect();
            let mut out = vec![0; to.frame_samples()];
            group.bench_function(format!("{} to {} Hz", from.hz(), to.hz()), |bencher| {
                bencher.iter(|| resampler.process(black_box(&frame), black_box(&mut out)));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, resample);
criterion_main!(benches);
