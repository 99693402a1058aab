//! What the jitter buffer costs per packet.

use criterion::{Criterion, criterion_group, criterion_main};

fn jitter(_c: &mut Criterion) {}

criterion_group!(benches, jitter);
criterion_main!(benches);
