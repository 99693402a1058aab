//! The voice encoder with weights that `models/speaker/tiny.py` makes: each tone is a voice. How well the true weights tell
//! people apart is measured by `callwright bench speaker`.

use std::f64::consts::TAU;
use std::path::Path;
use std::process::Command;

use callwright_models::catalog;
use callwright_models::speaker::{MODEL, PASSAGE_MAX, SpeakerEncoder, Speakers, diarize, likeness};

use crate::recording::models;

/// A models folder with the runtime and tiny weights.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let runtime = models().join("onnxruntime");
    std::os::unix::fs::symlink(runtime, folder.path().join("onnxruntime")).unwrap();
    let own = folder.path().join(MODEL);
    std::fs::create_dir(&own).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("speaker/tiny.py");
    assert!(Command::new("python3").arg(script).arg(&own).status().unwrap().success());
    folder
}

/// A tone of so many seconds.
fn tone(hz: f64, seconds: usize) -> Vec<i16> {
    (0..seconds * 16_000)
        .map(|n| ((TAU * hz * n as f64 / 16_000.0).sin() * 4_000.0) as i16)
        .collect()
}

#[test]
fn tones_are_voices_alone_and_in_batches() {
    let folder = folder();
    let mut encoder = SpeakerEncoder::load(folder.path()).unwrap();
    let sound = [tone(440.0, 4), tone(2_500.0, 4)].concat();
    let regions = [0..64_000, 64_000..128_000];
    let [low, high] = regions
        .map(|region| encoder.voice(&sound, std::slice::from_ref(&region)).unwrap().unwrap());
    assert!(low.cosine(&high) < 0.3, "{}", low.cosine(&high));
    assert!(likeness(&low, &high) < 0.01);

    // More than a step takes, of several lengths: each is what it is alone.
    let passages: Vec<_> = (0..40)
        .map(|n| n * 2_000..n * 2_000 + if n % 3 == 0 { 9_000 } else { PASSAGE_MAX })
        .collect();
    let together = encoder.passages(&sound, &passages).unwrap();
    assert_eq!(together.len(), passages.len());
    for (passage, voice) in passages.iter().zip(&together).step_by(7) {
        let alone = encoder.passages(&sound, std::slice::from_ref(passage)).unwrap();
        assert!(alone[0].cosine(voice) > 0.999, "{passage:?}");
    }
}

#[test]
fn turns_are_found_in_a_mixed_recording() {
    let folder = folder();
    let mut encoder = SpeakerEncoder::load(folder.path()).unwrap();
    let quiet = vec![0; 16_000];
    let (low, high) = (tone(440.0, 3), tone(2_500.0, 3));
    // The second change is without a pause.
    let sound = [&*low, &quiet, &high, &low, &quiet].concat();
    let regions = [0..48_000, 64_000..160_000];
    let found = diarize(&mut encoder, &sound, &regions, Speakers::Auto { most: 5 }).unwrap();
    let turns: Vec<_> = found.turns.iter().map(|turn| (turn.speaker, turn.range.clone())).collect();
    assert_eq!(turns.iter().map(|turn| turn.0).collect::<Vec<_>>(), [0, 1, 0], "{turns:?}");
    let change = turns[1].1.end;
    // These weights hear the end of a passage most of all, the true ones all of it.
    assert!(change.abs_diff(112_000) < 16_000 && turns[2].1.start == change, "{turns:?}");
    assert_eq!(found.voices.len(), 2);

    let one = diarize(&mut encoder, &sound, &regions, Speakers::Exactly(1)).unwrap();
    assert!(one.turns.iter().all(|turn| turn.speaker == 0));
}

#[test]
fn what_is_too_short_or_not_there_is_no_voice_and_no_panic() {
    let folder = folder();
    let mut encoder = SpeakerEncoder::load(folder.path()).unwrap();
    let sound = tone(440.0, 1);
    let short = 0..4_000;
    assert!(encoder.voice(&sound, &[short]).unwrap().is_none());
    assert!(encoder.voice(&sound, &[]).unwrap().is_none());
    let beyond = [900_000..900_400, 15_000..400_000, 3..3];
    assert_eq!(encoder.passages(&sound, &beyond).unwrap().len(), 3);
    let nothing = diarize(&mut encoder, &[], &[], Speakers::Exactly(2)).unwrap();
    assert!(nothing.turns.is_empty());
}

#[test]
fn the_catalog_names_the_file_that_the_graph_is_of() {
    let folder = folder();
    let download = catalog::downloads().iter().find(|download| download.name == MODEL).unwrap();
    let path = download.files[0].paths().next().unwrap();
    let size = std::fs::metadata(folder.path().join(path)).unwrap().len();
    assert_eq!(download.size_about(), size);
}
