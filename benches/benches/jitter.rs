//! What the network's side costs per 20 ms: the jitter buffer, the whole way in, and the whole way through.

use std::hint::black_box;
use std::time::Duration;

use callwright_media::SampleRate;
use callwright_media::codec::{Codec, Encoder};
use callwright_media::jitter::{Incoming, JitterBuffer, JitterSettings, Playout, Stretch};
use callwright_media::quality::{Impairment, QualityEstimate};
use callwright_media::receiver::{Receiver, ReceiverSettings};
use callwright_media::rtp::{Datagram, PayloadType, Sending, write_packet};
use criterion::{Criterion, criterion_group, criterion_main};

const FRAME: Duration = Duration::from_millis(20);

/// 200 Hz and overtones, so that there is a pitch to find.
fn voice() -> [i16; 160] {
    std::array::from_fn(|i| {
        let phase = i as f32 * std::f32::consts::TAU * 200.0 / 8_000.0;
        (6_000.0 * phase.sin() + 3_000.0 * (3.0 * phase).sin()) as i16
    })
}

fn insert_and_pop(c: &mut Criterion) {
    let settings = JitterSettings::telephone(8_000);
    c.bench_function("jitter: insert and pop 160 octets", |b| {
        let Ok(mut buffer) = JitterBuffer::new(settings) else { return };
        let payload = [0x55; 160];
        let mut n = 0_u32;
        b.iter(|| {
            let now = FRAME * n;
            let incoming = Incoming {
                sequence: i64::from(n),
                timestamp: n.wrapping_mul(160),
                marker: false,
                payload_type: PayloadType::PCMU,
                ticks: 160,
                payload: black_box(&payload),
            };
            buffer.insert(incoming, now);
            n += 1;
            matches!(black_box(buffer.pop(now, 0)), Playout::Packet(_))
        });
    });
}

fn whole_way(c: &mut Criterion) {
    let mut group = c.benchmark_group("PCMU");
    let lines = [("every packet comes", u32::MAX), ("every tenth is lost", 10)];
    for (name, lost_every) in lines {
        group.bench_function(format!("datagram to frame to datagram, {name}"), |b| {
            let settings = ReceiverSettings::of(PayloadType::PCMU, Codec::Pcmu);
            let Ok(mut receiver) = Receiver::new(&settings) else { return };
            let Ok(mut encoder) = Encoder::new(Codec::Pcmu) else { return };
            let mut far = Sending::new(7, 0, 0);
            let mut near = Sending::new(8, 0, 0);
            let (mut coming, mut going) = ([0; 172], [0; 172]);
            let (mut frame, mut payload) = (voice(), [0; 160]);
            if encoder.encode(&frame, &mut payload).is_err() {
                return;
            }
            let mut n = 0_u32;
            b.iter(|| {
                let now = FRAME * n;
                n += 1;
                let header = far.packet(PayloadType::PCMU, 160, 160);
                if !n.is_multiple_of(lost_every)
                    && write_packet(&header, None, &payload, &mut coming).is_ok()
                    && let Ok(Datagram::Rtp(packet)) = Datagram::parse(black_box(&coming))
                {
                    receiver.receive(&packet, now);
                }
                receiver.frame(now, &mut frame);
                let mut encoded = [0; 160];
                let len = encoder.encode(&frame, &mut encoded).unwrap_or(0);
                let header = near.packet(PayloadType::PCMU, len, 160);
                write_packet(&header, None, &encoded, &mut going).is_ok()
            });
            black_box(going);
        });
    }
    group.finish();
}

fn rare(c: &mut Criterion) {
    c.bench_function("stretch: a pitch period out of 20 ms of speech", |b| {
        let stretch = Stretch::new(SampleRate::Hz8000);
        b.iter(|| {
            let mut frame = voice();
            stretch.shorten(black_box(&mut frame), 160)
        });
    });
    c.bench_function("quality: one estimate", |b| {
        let counts = callwright_media::jitter::JitterCounts {
            played: 900,
            lost: 100,
            loss_runs: 60,
            ..Default::default()
        };
        let impairment = Impairment::G711_CONCEALED;
        b.iter(|| QualityEstimate::new(black_box(&counts), FRAME, FRAME * 4, impairment));
    });
}

criterion_group!(benches, insert_and_pop, whole_way, rare);
criterion_main!(benches);
