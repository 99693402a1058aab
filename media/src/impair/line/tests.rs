use super::*;
use crate::codec::opus;
use crate::impair::GilbertElliott;
use crate::level_dbov;

fn opus() -> Codec {
    Codec::Opus(opus::Settings::new(SampleRate::Hz16000))
}

/// A line on which everything is wrong.
fn wretched(codec: Codec, seed: u64) -> LineSettings {
    LineSettings {
        chain: vec![Codec::Pcmu, Codec::Opus(opus::Settings::new(SampleRate::Hz8000))],
        background: Some((Ambience::Room, -45.0)),
        echo: Some(EchoSettings { delay: Duration::from_millis(120), gain_db: -20.0 }),
        gain_db: -3.0,
        fades: Some(Fades {
            every: Duration::from_secs(1),
            lasts: Duration::from_millis(300),
            depth_db: 12.0,
        }),
        network: NetworkSettings {
            loss: GilbertElliott::bursts(0.05, 2.5),
            delay: Duration::from_millis(60),
            jitter_mean: Duration::from_millis(12),
            jitter_max: Duration::from_millis(120),
            reorders: true,
            duplicates: 0.01,
            drift_ppm: 150.0,
            ..NetworkSettings::perfect(seed)
        },
        ..LineSettings::clean(codec, seed)
    }
}

/// What our end hears of `seconds` of a tone, key 5 pressed after half of them, and what was counted.
fn heard(settings: &LineSettings, seconds: u64) -> (Vec<i16>, String, Line) {
    let mut line = Line::new(settings).unwrap();
    let length = line.rate().frame_samples();
    let mut tone = TonePlayer::signal(
        crate::tone::Signal::Dial,
        crate::tone::Region::NorthAmerica,
        line.rate(),
    );
    let (mut sound, mut keys) = (Vec::new(), String::new());
    for frame in 1..=seconds * 50 {
        let now = FRAME * u32::try_from(frame).unwrap();
        for _ in 0..line.frames_due(now) {
            let mut spoken = vec![0; length];
            tone.fill(&mut spoken);
            line.speak(&spoken).unwrap();
        }
        if frame == seconds * 25 {
            line.press(Digit::from_char('5').unwrap());
        }
        line.played(frame * 160, [3_000; 160].into_iter());
        let mut out = vec![0; length];
        line.hear(now, &mut out);
        sound.extend(out);
        keys.extend(std::iter::from_fn(|| line.take_key()));
    }
    (sound, keys, line)
}

#[test]
fn the_same_seed_gives_the_same_octets_and_another_seed_others() {
    for codec in [Codec::Pcmu, Codec::Pcma, Codec::G722, opus()] {
        let (first, ..) = heard(&wretched(codec, 11), 4);
        let (again, ..) = heard(&wretched(codec, 11), 4);
        let (other, ..) = heard(&wretched(codec, 12), 4);
        assert_eq!(first, again, "{codec:?}");
        assert_ne!(first, other, "{codec:?}");
    }
}

#[test]
fn a_clean_line_passes_everything_on() {
    for codec in [Codec::Pcmu, Codec::G722, opus()] {
        let (sound, keys, line) = heard(&LineSettings::clean(codec, 1), 4);
        assert_eq!((keys.as_str(), line.lost()), ("5", 0), "{codec:?}");
        let counts = line.counts();
        assert_eq!((counts.lost, counts.late, counts.duplicates), (0, 0, 0), "{codec:?}");
        // Two tones of -13 dBm0 each; the key takes the place of some of it.
        let second = usize::try_from(line.rate().hz()).unwrap();
        let level = level_dbov(&sound[second..2 * second]).0;
        assert!((-20.0..-14.0).contains(&level), "{codec:?}: {level}");
        // What stands in for the sound while the key is held: 100 ms of events and a frame on either side.
        let key = usize::try_from(line.rate().samples(Duration::from_millis(140))).unwrap();
        assert!(line.origin().concealed <= key, "{codec:?}: {:?}", line.origin());
    }
}

#[test]
fn what_a_network_does_is_seen_in_the_counts() {
    let (_, keys, line) = heard(&wretched(Codec::Pcmu, 5), 20);
    assert_eq!(keys, "5", "a key is repeated until it is through");
    let counts = line.counts();
    assert!((20..90).contains(&line.lost()), "5 % of 1,000: {}", line.lost());
    assert!(counts.duplicates > 0 && counts.lost > 0, "{counts:?}");
    assert!(line.origin().concealed > 0);
}

#[test]
fn a_fast_clock_speaks_more_frames() {
    let settings = |drift_ppm| LineSettings {
        network: NetworkSettings { drift_ppm, ..NetworkSettings::perfect(1) },
        ..LineSettings::clean(Codec::Pcmu, 1)
    };
    let minutes = Duration::from_secs(600);
    let due = |ppm| Line::new(&settings(ppm)).unwrap().frames_due(minutes);
    assert_eq!((due(0.0), due(200.0), due(-200.0)), (30_000, 30_006, 29_994));
}

#[test]
fn tones_of_keys_are_in_the_sound_and_found_there() {
    let settings = LineSettings { keys: Keys::Tones, ..LineSettings::clean(Codec::Pcmu, 1) };
    let mut line = Line::new(&settings).unwrap();
    let mut detector = crate::tone::DtmfDetector::new();
    "142#".chars().for_each(|key| line.press(Digit::from_char(key).unwrap()));
    let mut found = String::new();
    for frame in 1..100_u32 {
        line.speak(&[0; 160]).unwrap();
        let mut out = [0; 160];
        line.hear(FRAME * frame, &mut out);
        detector.feed(&out, |event| {
            if let crate::tone::DtmfEvent::Began { digit, .. } = event {
                found.push(digit.to_char());
            }
        });
    }
    assert_eq!((found.as_str(), line.take_key()), ("142#", None));
}

#[test]
fn a_frame_of_another_length_is_refused() {
    let mut line = Line::new(&LineSettings::clean(Codec::Pcmu, 1)).unwrap();
    assert!(line.speak(&[0; 80]).is_err());
}
