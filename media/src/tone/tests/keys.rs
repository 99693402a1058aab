//! The detector of keys.

use super::*;

fn events(sound: &[i16]) -> Vec<DtmfEvent> {
    let mut detector = DtmfDetector::new();
    let mut events = Vec::new();
    for frame in sound.chunks(160) {
        detector.feed(frame, |event| events.push(event));
    }
    events
}

fn keys(sound: &[i16]) -> String {
    let began = events(sound).into_iter().filter_map(|event| match event {
        DtmfEvent::Began { digit, .. } => Some(digit.to_char()),
        DtmfEvent::Ended { .. } => None,
    });
    began.collect()
}

/// One press of `digit`: frequencies off by a share each, levels in dBm0 of the lower and the higher tone.
fn press(digit: Digit, off: [f64; 2], level_dbm0: [f64; 2], ms: u32) -> Vec<i16> {
    let (low, high) = digit.frequencies_hz();
    pair([low * (1.0 + off[0]), high * (1.0 + off[1])], level_dbm0, ms)
}

/// A press with silence around it that puts it at an offset into the detector's windows.
fn alone(press: &[i16], offset: usize) -> Vec<i16> {
    let mut sound = vec![0; 400 + offset];
    sound.extend_from_slice(press);
    sound.extend(silence(60));
    sound
}

#[test]
fn every_key_at_every_limit_is_heard_wherever_it_falls() {
    let mut missed = Vec::new();
    let levels = [[0.0, 0.0], [-36.0, -36.0], [-20.0, -12.0], [-12.0, -16.0], [-36.0, -28.0]];
    for digit in Digit::all() {
        for level_dbm0 in levels {
            for off in [[0.0, 0.0], [0.015, 0.015], [-0.015, 0.015], [0.015, -0.015], [-0.015; 2]] {
                for offset in [0, 7, 13, 25, 32, 50] {
                    let sound = alone(&press(digit, off, level_dbm0, 40), offset);
                    let heard = keys(&over_mu_law(&sound));
                    if heard != digit.to_string() {
                        missed.push((digit, level_dbm0, off, offset));
                    }
                }
            }
        }
    }
    assert!(missed.is_empty(), "{} of 2,400: {missed:?}", missed.len());
}

#[test]
fn every_key_is_heard_in_noise_fifteen_decibels_below_it() {
    let mut missed = 0;
    for digit in Digit::all() {
        for seed in 0..25 {
            let mut sound = alone(&press(digit, [0.01, -0.01], [-16.0, -14.0], 50), seed % 51);
            // The key's power is about -12 dBm0, -18 dBov.
            let hiss = noise(sound.len(), -33.0, seed as u32);
            add(&mut sound, &hiss);
            missed += usize::from(keys(&over_mu_law(&sound)) != digit.to_string());
        }
    }
    assert_eq!(missed, 0, "of 400");
}

#[test]
fn what_is_off_frequency_too_weak_too_short_or_too_uneven_is_not_a_key() {
    for digit in Digit::all() {
        for off in [[0.035, 0.0], [-0.035, 0.0], [0.0, 0.035], [0.0, -0.035], [0.04, 0.04]] {
            let heard = keys(&alone(&press(digit, off, [-10.0, -10.0], 100), 3));
            assert_eq!(heard, "", "{digit} {off:?}");
        }
        for level_dbm0 in [[-45.0, -45.0], [-20.0, -8.0], [-8.0, -18.0]] {
            let heard = keys(&alone(&press(digit, [0.0; 2], level_dbm0, 100), 3));
            assert_eq!(heard, "", "{digit} {level_dbm0:?}");
        }
        for offset in 0..51 {
            let heard = keys(&alone(&press(digit, [0.0; 2], [-10.0, -8.0], 20), offset));
            assert_eq!(heard, "", "{digit} for 20 ms at {offset}");
        }
        let (low, high) = digit.frequencies_hz();
        assert_eq!(keys(&alone(&tone(low, -8.0, 100), 0)), "");
        assert_eq!(keys(&alone(&tone(high, -8.0, 100), 0)), "");
    }
}

#[test]
fn a_row_of_keys_at_full_speed_keeps_its_doubles_and_its_order() {
    let dialled = "1122#*0D99A7789B456C33000";
    let mut sound = silence(33);
    for name in dialled.chars() {
        let digit = Digit::from_char(name).unwrap();
        sound.extend(press(digit, [0.0; 2], [-10.0, -8.0], 40));
        sound.extend(silence(40));
    }
    assert_eq!(keys(&over_mu_law(&sound)), dialled);
}

#[test]
fn a_break_of_ten_milliseconds_does_not_make_two_keys_of_one() {
    for offset in 0..51 {
        let digit = Digit::from_char('5').unwrap();
        let mut key = press(digit, [0.0; 2], [-10.0, -8.0], 120);
        key[480..560].fill(0);
        assert_eq!(keys(&alone(&key, offset)), "5", "{offset}");
    }
}

#[test]
fn begin_and_end_are_where_the_key_was() {
    for offset in 0..51 {
        let digit = Digit::from_char('8').unwrap();
        let sound = alone(&press(digit, [0.0; 2], [-10.0, -8.0], 100), offset);
        let begun = 400 + offset as u64;
        let [DtmfEvent::Began { at: began, .. }, DtmfEvent::Ended { at: ended, .. }] =
            events(&sound)[..]
        else {
            panic!("one key was pressed: {:?}", events(&sound))
        };
        assert!(began.abs_diff(begun) <= 64, "{began} {begun}");
        assert!(ended.abs_diff(begun + 800) <= 96, "{ended} {begun}");
    }
}

#[test]
fn a_key_is_told_within_forty_milliseconds() {
    let sound = alone(&press(Digit::from_char('8').unwrap(), [0.0; 2], [-10.0, -8.0], 100), 0);
    let mut detector = DtmfDetector::new();
    let told = sound.iter().position(|&sample| {
        detector.feed(&[sample], |_| ());
        detector.down().is_some()
    });
    assert!(told.unwrap() - 400 <= 320, "{told:?}");
}

#[test]
fn pieces_of_any_length_give_the_same_keys() {
    let mut sound = silence(11);
    for digit in Digit::all() {
        sound.extend(press(digit, [0.0; 2], [-10.0, -8.0], 60));
        sound.extend(silence(60));
    }
    let whole = events(&sound);
    assert_eq!(whole.len(), 32);
    for piece in [1, 51, 160, 333] {
        let mut detector = DtmfDetector::new();
        let mut pieces = Vec::new();
        for frame in sound.chunks(piece) {
            detector.feed(frame, |event| pieces.push(event));
        }
        assert_eq!(pieces, whole);
    }
}

#[test]
fn noise_and_the_networks_own_tones_are_no_keys() {
    assert_eq!(keys(&noise(8_000 * 60, -20.0, 1)), "");
    for region in [Region::NorthAmerica, Region::UnitedKingdom, Region::International] {
        for signal in signals::ALL {
            let rate = crate::SampleRate::Hz8000;
            let mut sound = vec![0; 8_000 * 6];
            TonePlayer::signal(signal, region, rate).fill(&mut sound);
            assert_eq!(keys(&sound), "", "{signal:?} {region:?}");
        }
    }
}

#[test]
fn listening_for_keys_allocates_nothing() {
    let sound = alone(&press(Digit::from_char('8').unwrap(), [0.0; 2], [-10.0, -8.0], 100), 0);
    let mut detector = DtmfDetector::new();
    let mut heard = 0;
    let counted = allocation_counter::measure(|| {
        for frame in sound.chunks(160) {
            detector.feed(frame, |_| heard += 1);
        }
    });
    assert_eq!((counted.count_total, heard), (0, 2));
}
