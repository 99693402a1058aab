//! The detector of call progress and of beeps.

use super::*;
use crate::SampleRate;

pub(super) const ALL: [Signal; 10] = [
    Signal::Dial,
    Signal::Ringback,
    Signal::Busy,
    Signal::Congestion,
    Signal::SpecialInformation(SpecialInformation::Intercept),
    Signal::SpecialInformation(SpecialInformation::VacantCode),
    Signal::SpecialInformation(SpecialInformation::Reorder),
    Signal::SpecialInformation(SpecialInformation::NoCircuit),
    Signal::SpecialInformation(SpecialInformation::Unspecified),
    Signal::Beep,
];
const REGIONS: [Region; 3] = [Region::NorthAmerica, Region::UnitedKingdom, Region::International];

fn told(sound: &[i16]) -> Vec<Progress> {
    let mut detector = ProgressDetector::new();
    let mut told = Vec::new();
    for frame in sound.chunks(160) {
        detector.feed(frame, |progress| told.push(progress));
    }
    told
}

fn play(signal: Signal, region: Region, seconds: usize) -> Vec<i16> {
    let mut sound = vec![0; 8_000 * seconds];
    TonePlayer::signal(signal, region, SampleRate::Hz8000).fill(&mut sound);
    sound
}

/// What a line makes of it: it begins anywhere in a stretch, hisses 30 dB below, and is mu-law.
fn line(sound: &[i16], offset: usize) -> Vec<i16> {
    let mut line = vec![0; 2_000 + offset];
    line.extend_from_slice(sound);
    let hiss = noise(line.len(), -49.0, offset as u32);
    add(&mut line, &hiss);
    over_mu_law(&line)
}

#[test]
fn every_signal_of_every_region_is_called_by_its_name() {
    for region in REGIONS {
        for signal in ALL {
            for offset in [0, 37, 100, 160, 199] {
                let heard = told(&line(&play(signal, region, 12), offset));
                let wanted = match signal {
                    Signal::Dial => vec![Progress::Dial],
                    Signal::Ringback => match region {
                        Region::NorthAmerica => vec![Progress::Ringback; 2],
                        Region::UnitedKingdom => vec![Progress::Ringback; 8],
                        Region::International => vec![Progress::Ringback; 3],
                    },
                    // Told from the second tone on; what the cadence allows in twelve seconds.
                    Signal::Busy => match region {
                        Region::UnitedKingdom => vec![Progress::Busy; 15],
                        Region::NorthAmerica | Region::International => vec![Progress::Busy; 11],
                    },
                    Signal::Congestion => match region {
                        Region::UnitedKingdom => heard.clone(),
                        Region::NorthAmerica | Region::International => {
                            vec![Progress::Congestion; 23]
                        }
                    },
                    Signal::SpecialInformation(which) => vec![Progress::SpecialInformation(which)],
                    Signal::Beep | Signal::CallWaiting => {
                        let [Progress::Beep { hz, ms }] = heard[..] else { panic!("{heard:?}") };
                        assert!((hz - 1_000.0).abs() < 3.0 && ms.abs_diff(400) <= 25, "{hz} {ms}");
                        heard.clone()
                    }
                };
                assert_eq!(heard, wanted, "{signal:?} {region:?} {offset}");
            }
        }
    }
}

#[test]
fn british_congestion_is_heard_in_its_short_tones() {
    let heard = told(&line(&play(Signal::Congestion, Region::UnitedKingdom, 12), 3));
    assert!(heard.contains(&Progress::Congestion), "{heard:?}");
}

#[test]
fn fax_machines_are_known_by_their_tones() {
    let mut calling = tone(1_100.0, -12.0, 500);
    calling.extend(silence(3_000));
    assert_eq!(told(&line(&calling, 11)), [Progress::FaxCalling]);
    let answered = tone(2_100.0, -12.0, 3_000);
    assert_eq!(told(&line(&answered, 11)), [Progress::FaxAnswered]);
}

#[test]
fn the_beeps_of_answering_machines_are_heard_after_speech_and_told_soon() {
    // Frequencies and lengths of machines and services in use.
    let beeps = [
        (1_000.0, 300),
        (1_400.0, 500),
        (440.0, 500),
        (850.0, 150),
        (600.0, 1_000),
        (2_000.0, 120),
    ];
    for (hz, ms) in beeps {
        for level_dbm0 in [-8.0, -30.0] {
            let mut sound = noise(8_000, -32.0, 9);
            sound.extend(tone(hz, level_dbm0, ms));
            let ended = sound.len();
            sound.extend(silence(1_500));
            let hiss = noise(sound.len(), -62.0, 3);
            add(&mut sound, &hiss);
            let mut detector = ProgressDetector::new();
            let mut found = Vec::new();
            for (n, sample) in over_mu_law(&sound).into_iter().enumerate() {
                detector.feed(&[sample], |progress| found.push((n, progress)));
            }
            let [(at, Progress::Beep { hz: heard_hz, ms: heard_ms })] = found[..] else {
                panic!("{hz} Hz {level_dbm0} dBm0: {found:?}")
            };
            assert!((f64::from(heard_hz) - hz).abs() < 0.01 * hz, "{heard_hz}");
            assert!(heard_ms.abs_diff(ms) <= 50, "{ms} {heard_ms}");
            let limit_ms = if hz < 500.0 { 900 } else { 225 };
            assert!((at - ended) / 8 <= limit_ms, "{} ms late", (at - ended) / 8);
        }
    }
}

#[test]
fn melodies_keys_and_noise_are_no_beeps() {
    let mut melody = silence(300);
    for hz in [523.0, 659.0, 784.0, 1_047.0] {
        melody.extend(tone(hz, -12.0, 200));
    }
    melody.extend(silence(1_000));
    assert_eq!(told(&line(&melody, 5)), []);
    let digits: Vec<Digit> = Digit::all().collect();
    let mut keys = vec![0; 8_000 * 5];
    TonePlayer::digits(&digits, DigitTiming::default(), SampleRate::Hz8000)
        .unwrap()
        .fill(&mut keys);
    assert_eq!(told(&line(&keys, 5)), []);
    assert_eq!(told(&noise(8_000 * 60, -25.0, 2)), []);
}

#[test]
fn listening_for_signals_allocates_nothing() {
    let sound = line(&play(Signal::Busy, Region::International, 2), 0);
    let mut detector = ProgressDetector::new();
    let mut heard = 0;
    let counted = allocation_counter::measure(|| {
        for frame in sound.chunks(160) {
            detector.feed(frame, |_| heard += 1);
        }
    });
    assert_eq!((counted.count_total, heard), (0, 1));
}
