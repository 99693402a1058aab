//! What senders and networks do, one thing at a time.

use std::time::Duration;

use callwright_media::impair::NetworkSettings;
use callwright_media::jitter::{
    Incoming, Inserted, JitterBuffer, JitterSettings, Playout, SettingsError,
};
use callwright_media::rtp::PayloadType;

use crate::listener::{CLOCK_HZ, FRAME_TICKS, Heard, Listener, Sent, steady};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Packets that arrive when they are listed, in ms, and are heard until `until` ms.
fn heard(packets: &[(u64, Sent)], until: u64) -> Listener {
    let mut listener = Listener::new(JitterSettings::telephone(CLOCK_HZ));
    let mut next = 0;
    for now in (0..until).step_by(20) {
        while next < packets.len() && packets[next].0 <= now {
            listener.arrive(packets[next].1, ms(packets[next].0));
            next += 1;
        }
        listener.frame(ms(now));
    }
    listener
}

fn packet(number: i64) -> Sent {
    let timestamp = u32::try_from(1_000_000 + number * FRAME_TICKS).unwrap();
    Sent { number, timestamp, marker: false, ticks: 160 }
}

fn on_time(numbers: impl IntoIterator<Item = i64>) -> Vec<(u64, Sent)> {
    numbers.into_iter().map(|n| (20 * n.unsigned_abs(), packet(n))).collect()
}

#[test]
fn a_lost_packet_is_one_concealed_frame_and_nothing_moves() {
    let listener = heard(&on_time((0..30).filter(|&n| n != 10)), 600);
    let at = listener.heard.iter().position(|h| matches!(h, Heard::Missing(_))).unwrap();
    assert_eq!(listener.heard[at], Heard::Missing(160));
    let times: Vec<_> = listener
        .heard
        .iter()
        .filter_map(|heard| match heard {
            Heard::Packet { number, at, .. } => Some((*number, at.as_millis())),
            _ => None,
        })
        .collect();
    // 40 ms after its arrival each, with a frame missing where it was lost.
    let expected: Vec<_> = (0..28).filter(|&n| n != 10).map(|n| (n, 20 * n as u128 + 40)).collect();
    assert_eq!(times, expected);
    let counts = listener.counts();
    assert_eq!((counts.lost, counts.loss_runs, counts.late), (1, 1, 0));
    assert_eq!(counts.concealed_ticks, 160);
}

#[test]
fn the_packet_after_a_lost_one_is_offered_for_error_correction() {
    let mut buffer = JitterBuffer::new(JitterSettings::telephone(CLOCK_HZ)).unwrap();
    for number in [0, 1, 4] {
        let sent = packet(number);
        let incoming = Incoming {
            sequence: number,
            timestamp: sent.timestamp,
            marker: false,
            payload_type: PayloadType::PCMU,
            ticks: 160,
            payload: &[u8::try_from(number).unwrap()],
        };
        assert_eq!(buffer.insert(incoming, ms(20 * number.unsigned_abs())), Inserted::Kept);
    }
    let offered: Vec<_> = (4..9)
        .map(|n| match buffer.pop(ms(20 * n), 0) {
            Playout::Missing { following, .. } => Err(following.map(|bytes| bytes[0])),
            Playout::Packet(due) => Ok(due.payload[0]),
            Playout::Silence { .. } => panic!("there is sound"),
        })
        .collect();
    assert_eq!(offered, [Ok(0), Ok(1), Err(None), Err(Some(4)), Ok(4)]);
}

#[test]
fn packets_that_overtake_each_other_come_out_in_order() {
    let mut packets = on_time(0..40);
    for pair in packets.chunks_exact_mut(2) {
        let later = pair[1].0;
        pair.reverse();
        pair[0].0 = later;
        pair[1].0 = later;
    }
    let listener = heard(&packets, 900);
    assert_eq!(listener.numbers(), (0..40).collect::<Vec<_>>());
    assert_eq!(listener.counts().lost + listener.counts().late, 0);
}

#[test]
fn doubles_are_heard_once_whenever_they_come() {
    let mut packets = on_time(0..40);
    // Number 5 again at once, number 6 again when it has long been played.
    packets.insert(6, (100, packet(5)));
    packets.insert(20, (360, packet(6)));
    let listener = heard(&packets, 900);
    assert_eq!(listener.numbers(), (0..40).collect::<Vec<_>>());
    assert_eq!((listener.counts().duplicates, listener.counts().late), (2, 0));
}

#[test]
fn a_packet_that_comes_too_late_is_counted_late_and_not_lost() {
    let mut packets = on_time((0..40).filter(|&n| n != 10));
    // Number 10 should have been heard at 240.
    packets.insert(16, (330, packet(10)));
    let listener = heard(&packets, 900);
    assert!(!listener.numbers().contains(&10));
    let counts = listener.counts();
    assert_eq!((counts.late, counts.lost, counts.loss_runs), (1, 0, 1));
}

#[test]
fn what_a_stalled_network_brings_late_is_heard_late_rather_than_never() {
    // Nothing between 400 and 520 ms, then all of it at once.
    let packets = (0..100).map(|n: i64| {
        let at = 20 * n.unsigned_abs();
        (if (400..520).contains(&at) { 520 } else { at }, packet(n))
    });
    let listener = heard(&packets.collect::<Vec<_>>(), 2_600);
    assert_eq!(listener.numbers(), (0..100).collect::<Vec<_>>());
    assert_eq!(listener.counts().lost + listener.counts().late + listener.counts().skipped, 0);
}

#[test]
fn a_pause_of_the_sender_is_silence_and_the_delay_is_set_anew_after_it() {
    // Speech, then two seconds of nothing with the clock running on, then speech.
    let mut packets = on_time(0..200);
    packets.extend((0..50).map(|n: i64| {
        let mut sent = packet(200 + n);
        sent.timestamp += 2 * CLOCK_HZ;
        sent.marker = n == 0;
        (4_000 + 2_000 + 20 * n.unsigned_abs(), sent)
    }));
    let listener = heard(&packets, 7_200);
    let counts = listener.counts();
    assert_eq!(listener.numbers().len(), 250);
    assert_eq!((counts.lost, counts.late), (0, 0));
    let spurt = listener.heard.iter().find_map(|heard| match heard {
        Heard::Packet { number: 200, waited, .. } => Some(*waited),
        _ => None,
    });
    // The network was perfect: 10 ms, found at the next frame.
    assert!(spurt.unwrap() <= ms(20), "{spurt:?}");
}

#[test]
fn a_sender_whose_clock_stood_still_in_a_pause_is_heard_at_once() {
    let mut packets = on_time(0..100);
    packets.extend((100..150).map(|n: i64| (20 * n.unsigned_abs() + 3_000, packet(n))));
    let listener = heard(&packets, 6_100);
    assert_eq!(listener.numbers(), (0..150).collect::<Vec<_>>());
    let resumed = listener.heard.iter().find_map(|heard| match heard {
        Heard::Packet { number: 100, at, .. } => Some(*at),
        _ => None,
    });
    assert!(resumed.unwrap() <= ms(5_000 + 60), "{resumed:?}");
}

#[test]
fn a_restarted_clock_begins_a_new_timeline() {
    for (first, name) in [(5_000_u32, "back"), (900_000_000, "ahead")] {
        let mut packets = on_time(0..100);
        packets.extend((0..100).map(|n: i64| {
            let mut sent = packet(100 + n);
            sent.timestamp = first + u32::try_from(n * FRAME_TICKS).unwrap();
            (2_000 + 20 * n.unsigned_abs(), sent)
        }));
        let listener = heard(&packets, 4_200);
        let numbers = listener.numbers();
        assert!(numbers.windows(2).all(|w| w[0] < w[1]), "{name}");
        // What waited may be given up: no more than the delay at that time.
        assert!(numbers.len() >= 196, "{name}: {} heard", numbers.len());
        assert!(numbers.contains(&100) && numbers.contains(&199), "{name}");
    }
}

#[test]
fn packets_of_any_length_and_changing_lengths_are_played_without_a_gap() {
    for ticks in [80_u32, 160, 240, 320, 480] {
        let mut packets = on_time(0..50);
        packets.extend((0..60_u32).map(|n| {
            let timestamp = packet(50).timestamp + n * ticks;
            // A packet is sent when its last sample is there.
            let at = 980 + u64::from((n + 1) * ticks) / 8;
            (at, Sent { number: 50 + i64::from(n), timestamp, marker: false, ticks })
        }));
        let end = packets.last().unwrap().0;
        let listener = heard(&packets, end);
        let counts = listener.counts();
        assert_eq!((counts.lost, counts.late, counts.skipped), (0, 0, 0), "{ticks}");
        // Longer packets come later: they are waited for once or twice, until the delay has learned it.
        assert!(counts.concealed_ticks <= 1_600, "{ticks}: {counts:?}");
    }
}

#[test]
fn telephone_events_between_the_sound_are_not_missed() {
    let mut buffer = JitterBuffer::new(JitterSettings::telephone(CLOCK_HZ)).unwrap();
    let mut invented = 0;
    for n in 0..200_u64 {
        let sequence = i64::try_from(n).unwrap();
        if (50..60).contains(&n) {
            buffer.pass_over(sequence);
        } else {
            let incoming = Incoming {
                sequence,
                timestamp: u32::try_from(n * 160).unwrap(),
                marker: false,
                payload_type: PayloadType::PCMU,
                ticks: 160,
                payload: &[0; 160],
            };
            assert_eq!(buffer.insert(incoming, ms(20 * n)), Inserted::Kept);
        }
        if let Playout::Missing { .. } = buffer.pop(ms(20 * n), 0) {
            invented += 1;
        }
    }
    assert_eq!((buffer.counts().lost, buffer.counts().concealed_ticks), (0, 0));
    assert!(invented <= 12, "while the key was held: {invented}");
}

#[test]
fn after_comfort_noise_the_line_is_silent_and_nothing_is_concealed() {
    let mut listener = heard(&on_time(0..20), 440);
    listener.buffer.fall_silent();
    let before = *listener.counts();
    for frame in 22..60 {
        listener.frame(ms(20 * frame));
    }
    assert_eq!(listener.counts().concealed_ticks, before.concealed_ticks);
    assert_eq!(listener.heard.last(), Some(&Heard::Silence(160)));
}

#[test]
fn a_flood_gives_up_the_oldest_and_stays_within_its_room() {
    let settings = JitterSettings::telephone(CLOCK_HZ);
    let mut listener = Listener::new(settings);
    for sent in steady(1_000) {
        assert_eq!(listener.arrive(sent, ms(5)), Inserted::Kept);
    }
    assert_eq!(listener.waiting_max, settings.packets_max);
    listener.frame(ms(20));
    let counts = listener.counts();
    assert_eq!(counts.skipped + listener.buffer.waiting() as u64 + counts.played, 1_000);
}

#[test]
fn what_is_too_long_is_refused() {
    let mut buffer = JitterBuffer::new(JitterSettings::telephone(CLOCK_HZ)).unwrap();
    let incoming = |ticks, payload: &'static [u8]| Incoming {
        sequence: 0,
        timestamp: 0,
        marker: false,
        payload_type: PayloadType::PCMU,
        ticks,
        payload,
    };
    for (ticks, len) in [(0, 160), (8_001, 160), (160, 321)] {
        assert_eq!(buffer.insert(incoming(ticks, &[0; 400][..len]), ms(0)), Inserted::Refused);
    }
    assert_eq!((buffer.counts().refused, buffer.waiting()), (3, 0));
}

#[test]
fn settings_that_contradict_themselves_are_refused() {
    let good = JitterSettings::telephone(CLOCK_HZ);
    let check = |settings: JitterSettings, expected| {
        assert_eq!(JitterBuffer::new(settings).map(|_| ()), Err(expected));
    };
    check(JitterSettings { clock_hz: 0, ..good }, SettingsError::Clock);
    check(JitterSettings { delay_min: ms(41), ..good }, SettingsError::Delay);
    check(JitterSettings { delay_max: ms(501), ..good }, SettingsError::Delay);
    check(JitterSettings { packets_max: 48, ..good }, SettingsError::Packets);
    check(JitterSettings { payload_max: 0, ..good }, SettingsError::Payload);
    assert!(JitterBuffer::new(good).is_ok());
}

#[test]
fn loss_on_the_network_is_the_loss_that_is_counted() {
    use callwright_media::impair::{GilbertElliott, Network};
    let settings =
        NetworkSettings { loss: GilbertElliott::bursts(0.1, 2.0), ..NetworkSettings::perfect(5) };
    // The same seed loses the same packets.
    let mut twin = Network::new(settings);
    (0..20_000_u64).for_each(|n| twin.send(ms(20 * n), ()));
    let mut listener = Listener::new(JitterSettings::telephone(CLOCK_HZ));
    listener.call(settings, steady(20_000), |_, _| {});
    let counts = listener.counts();
    let error = twin.lost().abs_diff(counts.lost + counts.late + counts.skipped);
    assert!(error <= 4, "{} lost, {counts:?}", twin.lost());
    let mean = counts.lost as f64 / counts.loss_runs as f64;
    assert!((mean - 2.0).abs() < 0.1, "bursts of {mean}");
    let share = counts.concealed_share();
    assert!((share - 0.1).abs() < 0.015, "{share} concealed");
}
