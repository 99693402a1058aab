//! What it costs to listen for tones in 20 ms of 8 kHz sound, and to make them.

use std::hint::black_box;

use callwright_media::SampleRate;
use callwright_media::tone::{DtmfDetector, ProgressDetector, Region, Signal, TonePlayer};
use criterion::{Criterion, criterion_group, criterion_main};

fn tone(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tone 20 ms");
    let mut player = TonePlayer::signal(Signal::Dial, Region::NorthAmerica, SampleRate::Hz8000);
    let mut ringing = [0; 160];
    player.fill(&mut ringing);
    group.bench_function("make", |bencher| bencher.iter(|| player.fill(black_box(&mut ringing))));
    let noise: Vec<i16> =
        (0..160_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 18) as i16).collect();
    let mut keys = DtmfDetector::new();
    group.bench_function("listen for keys", |bencher| {
        bencher.iter(|| {
            keys.feed(black_box(&noise), |event| {
                black_box(event);
            })
        });
    });
    let mut signals = ProgressDetector::new();
    for (name, sound) in [("noise", &noise[..]), ("a dial tone", &ringing)] {
        group.bench_function(format!("listen for signals in {name}"), |bencher| {
            bencher.iter(|| {
                signals.feed(black_box(sound), |progress| {
                    black_box(progress);
                })
            });
        });
    }
    group.finish();
}

criterion_group!(benches, tone);
criterion_main!(benches);
