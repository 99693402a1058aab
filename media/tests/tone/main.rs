//! The detectors of tones on real sound: everything that people say in the data beside the repository is no
//! key and no signal, and the keys and beeps recorded there are heard.
//!
//! Needs the folder `../shared/data` beside the repository; says that it was skipped where that is missing.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what it measured"
)]

mod gsm;

use std::fs::File;
use std::path::{Path, PathBuf};

use callwright_media::file::{Limits, decode};
use callwright_media::tone::{Digit, DtmfDetector, DtmfEvent, Progress, ProgressDetector};
use callwright_media::{SampleRate, g711};

/// The data, or nothing and a line that says so.
fn data() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: there is no {}", path.display());
    None
}

/// All sound files under `folder`, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if extension(&path).is_some_and(|e| ["flac", "wav", "gsm", "mp3"].contains(&e)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn extension(path: &Path) -> Option<&str> {
    path.extension().and_then(|extension| extension.to_str())
}

/// The sound of a file as a telephone line carries it: 8 kHz, mu-law.
fn over_a_line(path: &Path) -> Vec<i16> {
    let sound = if extension(path) == Some("gsm") {
        gsm::decode(&std::fs::read(path).expect("a file"))
    } else {
        let file = File::open(path).expect("a file");
        let limits = Limits::default();
        decode(file, extension(path).unwrap_or(""), SampleRate::Hz8000, limits, |_| true)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
            .samples
    };
    sound.into_iter().map(|sample| g711::ulaw_decode(g711::ulaw_encode(sample))).collect()
}

fn keys(sound: &[i16]) -> Vec<Digit> {
    let mut detector = DtmfDetector::new();
    let mut keys = Vec::new();
    for frame in sound.chunks(160) {
        detector.feed(frame, |event| {
            if let DtmfEvent::Began { digit, .. } = event {
                keys.push(digit);
            }
        });
    }
    keys
}

fn signals(sound: &[i16]) -> Vec<Progress> {
    let mut detector = ProgressDetector::new();
    let mut signals = Vec::new();
    for frame in sound.chunks(160) {
        detector.feed(frame, |progress| signals.push(progress));
    }
    signals
}

#[test]
fn speech_is_no_keys_and_no_signals() {
    let Some(data) = data() else { return };
    let (mut samples, mut count) = (0, 0);
    let (mut wrong_keys, mut wrong_signals) = (Vec::new(), Vec::new());
    // The recorded keys lie in a folder of their own.
    let is_keys = |path: &Path| path.parent().is_some_and(|folder| folder.ends_with("noise/dtmf"));
    for folder in ["librispeech", "emodb", "ravdess", "telephone", "turns", "prompts-en", "noise"] {
        for path in files(&data.join(folder)).into_iter().filter(|path| !is_keys(path)) {
            let sound = over_a_line(&path);
            samples += sound.len();
            count += 1;
            let loud: Vec<i16> = sound.iter().map(|sample| sample.saturating_mul(3)).collect();
            if HOLDS_TONES.iter().any(|name| path.ends_with(name)) {
                continue;
            }
            let name = path.strip_prefix(&data).expect("inside").display().to_string();
            for sound in [&sound, &loud] {
                let (keys, signals) = (keys(sound), signals(sound));
                if !keys.is_empty() {
                    wrong_keys.push((name.clone(), keys));
                }
                if !signals.is_empty() {
                    wrong_signals.push((name.clone(), signals));
                }
            }
        }
    }
    println!("{count} files, {:.2} hours", samples as f64 / 8_000.0 / 3_600.0);
    assert_eq!(wrong_keys, []);
    assert_eq!(wrong_signals, []);
}

/// What holds tones on purpose: a ring while holding, and a congestion tone behind an announcement.
const HOLDS_TONES: [&str; 2] = ["transfer_hold_ring_8000.wav", "unavailable-phone_rustpbx.wav"];

#[test]
fn the_recorded_keys_and_tones_are_heard() {
    let Some(data) = data() else { return };
    let folder = data.join("noise/dtmf");
    for digit in Digit::all().take(12) {
        let name = match digit.to_char() {
            '*' => "star".to_owned(),
            '#' => "pound".to_owned(),
            other => other.to_string(),
        };
        let sound = over_a_line(&folder.join(format!("dtmf-{name}.wav")));
        assert_eq!(keys(&sound), [digit], "{name}");
    }
    let ring = signals(&over_a_line(&data.join("noise").join(HOLDS_TONES[0])));
    assert!(ring.contains(&Progress::Ringback), "{ring:?}");
    let congestion = signals(&over_a_line(&data.join("noise").join(HOLDS_TONES[1])));
    assert!(congestion.contains(&Progress::Congestion), "{congestion:?}");
    // The beep that a well-known telephone exchange plays before it records, and the quiet after it.
    let mut beep = over_a_line(&data.join("prompts-en/en/beep.gsm"));
    beep.splice(..0, [0; 4_000]);
    beep.extend([0; 8_000]);
    assert!(matches!(signals(&beep)[..], [Progress::Beep { .. }]), "{:?}", signals(&beep));
}
