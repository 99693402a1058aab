//! Nothing on a packet's path takes memory.

use std::time::Duration;

use callwright_media::impair::Chance;
use callwright_media::jitter::{Incoming, JitterBuffer, JitterSettings, Playout, Stretch};
use callwright_media::quality::{Impairment, QualityEstimate};
use callwright_media::rtp::comfort_noise::{NoiseDescription, NoiseMaker};
use callwright_media::rtp::telephone_event::TelephoneEvents;
use callwright_media::rtp::{Datagram, PayloadType, Reception, Sending, write_packet};
use callwright_media::{Dbov, SampleRate};

#[test]
fn a_call_of_a_minute_allocates_nothing() {
    let mut buffer = JitterBuffer::new(JitterSettings::telephone(8_000)).unwrap();
    let mut reception = Reception::new(8_000);
    let mut sending = Sending::new(1, 2, 3);
    let mut events = TelephoneEvents::default();
    let mut noise = NoiseMaker::default();
    let stretch = Stretch::new(SampleRate::Hz8000);
    let mut chance = Chance::new(9);
    let (mut heard, mut missed) = (0, 0);
    let allocations = allocation_counter::measure(|| {
        for n in 0..3_000_u64 {
            let now = Duration::from_millis(20 * n + chance.below(60));
            let mut wire = [0; 200];
            let header = sending.packet(PayloadType::PCMU, 160, 160);
            let len = write_packet(&header, Some((1, &[9])), &[n as u8; 160], &mut wire).unwrap();
            if chance.happens(0.1) {
                continue;
            }
            let Ok(Datagram::Rtp(packet)) = Datagram::parse(&wire[..len]) else { continue };
            let Ok(arrival) = reception.receive(&packet.header, now) else { continue };
            events.receive(packet.header.timestamp, &packet.payload[..4], now);
            buffer.insert(
                Incoming {
                    sequence: arrival.sequence,
                    timestamp: packet.header.timestamp,
                    marker: packet.header.marker,
                    payload_type: packet.header.payload_type,
                    ticks: 160,
                    payload: packet.payload,
                },
                now,
            );
            match buffer.pop(Duration::from_millis(20 * n + 60), 0) {
                Playout::Packet(_) => heard += 1,
                Playout::Missing { .. } | Playout::Silence { .. } => missed += 1,
            }
            let mut frame = [0; 320];
            noise.fill(&NoiseDescription::white(Dbov(-30.0)), &mut frame[..160]);
            let len = stretch.lengthen(&mut frame, 160, 160);
            stretch.shorten(&mut frame[..len], 160);
            reception.report(now);
            let jitter = reception.jitter();
            let impairment = Impairment::G711_CONCEALED;
            QualityEstimate::new(buffer.counts(), jitter, buffer.delay(), impairment);
        }
    });
    assert!(heard > 2_000 && missed > 0, "{heard} heard, {missed} missed");
    assert_eq!(allocations.count_total, 0);
}
