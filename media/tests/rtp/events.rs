//! Keys pressed, through loss, repetition and disorder; and the noise of a silent line.

use std::time::Duration;

use callwright_media::rtp::comfort_noise::{NoiseDescription, NoiseMaker};
use callwright_media::rtp::telephone_event::{
    Event, EventChange, EventRecord, KeyPress, TelephoneEvents,
};
use callwright_media::{Dbov, level_dbov};

/// Packets as `(timestamp, payload)`, 20 ms apart.
fn hear(packets: &[(u32, [u8; 4])]) -> Vec<EventChange> {
    let mut events = TelephoneEvents::default();
    let mut now = Duration::ZERO;
    let mut changes = Vec::new();
    for (timestamp, payload) in packets {
        now += Duration::from_millis(20);
        changes.extend(events.receive(*timestamp, payload, now));
    }
    now += Duration::from_millis(199);
    assert_eq!(events.expire(now - Duration::from_millis(20)), None);
    changes.extend(events.expire(now + Duration::from_millis(1)));
    changes
}

fn press(key: char, began: u32, ticks: u16) -> Vec<(u32, [u8; 4])> {
    let event = Event::of_key(key).unwrap();
    KeyPress::new(event, ticks, 160).map(|(_, payload)| (began, payload)).collect()
}

fn pressed(key: char, ticks: u32) -> [EventChange; 2] {
    let event = Event::of_key(key).unwrap();
    [EventChange::Began(event), EventChange::Ended(event, ticks)]
}

#[test]
fn every_key_has_its_code_and_comes_back() {
    for (code, key) in "0123456789*#ABCD".chars().enumerate() {
        let event = Event(u8::try_from(code).unwrap());
        assert_eq!((event.key(), Event::of_key(key)), (Some(key), Some(event)));
        assert_eq!(hear(&press(key, 5_000, 800)), pressed(key, 800));
    }
    assert_eq!((Event::FLASH.key(), Event::of_key('x')), (None, None));
}

#[test]
fn a_press_is_packets_of_growing_length_and_three_ends() {
    let packets: Vec<_> = KeyPress::new(Event(5), 400, 160).collect();
    let read: Vec<_> = packets
        .iter()
        .map(|(first, payload)| {
            let record = EventRecord::parse(payload).next().unwrap();
            (*first, record.ticks, record.end)
        })
        .collect();
    let end = (false, 400, true);
    assert_eq!(read, [(true, 160, false), (false, 320, false), end, end, end]);
}

#[test]
fn any_packet_of_a_press_alone_makes_it_heard() {
    let packets = press('7', 9_000, 480);
    for only in &packets {
        let heard = hear(&[*only]);
        assert_eq!(heard[0], EventChange::Began(Event(7)));
        assert_eq!(heard.len(), 2, "it ended too, by its end or by time");
    }
}

#[test]
fn loss_of_all_ends_ends_a_key_where_the_next_begins() {
    let mut packets = press('1', 1_000, 480);
    packets.truncate(2);
    packets.extend(press('1', 3_000, 480));
    assert_eq!(hear(&packets), [pressed('1', 320), pressed('1', 480)].concat());
}

#[test]
fn late_packets_of_a_key_that_is_over_are_not_another_press() {
    let first = press('4', 0xFFFF_FF00, 480);
    let mut packets = first.clone();
    // The clock rolls over between the two keys.
    packets.extend(press('2', 0x200, 480));
    packets.extend(first);
    assert_eq!(hear(&packets), [pressed('4', 480), pressed('2', 480)].concat());
}

#[test]
fn a_key_held_longer_than_the_field_counts_is_one_press() {
    let record = |end, ticks| EventRecord { event: Event(9), end, volume: 10, ticks }.octets();
    let packets = [
        (100, record(false, 0xFFFF)),
        (100 + 0xFFFF, record(false, 160)),
        (100 + 0xFFFF, record(true, 800)),
    ];
    assert_eq!(hear(&packets), pressed('9', 0xFFFF + 800));
}

#[test]
fn several_keys_can_be_in_one_packet() {
    let record = |code, ticks| EventRecord { event: Event(code), end: true, volume: 10, ticks };
    let payload = [record(1, 400).octets(), record(2, 500).octets()].concat();
    let mut events = TelephoneEvents::default();
    let heard = events.receive(50, &payload, Duration::ZERO);
    assert_eq!(heard.to_vec(), [pressed('1', 400), pressed('2', 500)].concat());
    assert!(events.receive(50, &payload, Duration::ZERO).is_empty());
    assert!(events.receive(9_000, &payload[..3], Duration::ZERO).is_empty());
}

#[test]
fn comfort_noise_is_as_loud_as_it_was_described() {
    let payload = [40, 127, 200, 60];
    let noise = NoiseDescription::parse(&payload).unwrap();
    assert_eq!(noise.octets().to_vec(), payload);
    assert_eq!(NoiseDescription::parse(&[]), None);
    for noise in [noise, NoiseDescription::white(Dbov(-60.0)), NoiseDescription::white(Dbov(-20.0))]
    {
        let mut samples = vec![0; 80_000];
        NoiseMaker::default().fill(&noise, &mut samples);
        let error = level_dbov(&samples).0 - noise.level.0;
        assert!(error.abs() < 0.5, "{} is off by {error} dB", noise.level.0);
    }
}

#[test]
fn reflection_coefficients_colour_the_noise() {
    // k1 near -1 in the lattice's sense makes neighbours alike, near 1 makes them opposite.
    for (index, sign) in [(20, 1.0), (234, -1.0)] {
        let noise = NoiseDescription::parse(&[30, index]).unwrap();
        let mut samples = vec![0; 20_000];
        NoiseMaker::new(7).fill(&noise, &mut samples);
        let product = |lag: usize| -> f64 {
            samples.iter().zip(&samples[lag..]).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
        };
        let expected = 258.0 * 107.0 / 32_768.0 * sign;
        assert!((product(1) / product(0) - expected).abs() < 0.03, "{index}");
    }
}
