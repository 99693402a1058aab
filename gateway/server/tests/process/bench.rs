//! `callwright bench` over the real models: what it prints for a machine, and what it says to those it cannot help.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::program::models;

/// Runs `callwright bench words` over `data`.
fn words(data: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callwright"));
    command.args(["bench", "words", "--json", "--data"]).arg(data).args(more);
    command.env("CALLWRIGHT_MODELS", models()).output().unwrap()
}

/// The first seconds of a recording that comes with the models.
fn beginning_of_beckett(data: &Path) {
    let mut whole = hound::WavReader::open(models().join("samples/beckett.wav")).unwrap();
    let mut part = hound::WavWriter::create(data.join("part.wav"), whole.spec()).unwrap();
    for sample in whole.samples::<i16>().take(16_000 * 42 / 10) {
        part.write_sample(sample.unwrap()).unwrap();
    }
    part.finalize().unwrap();
}

#[test]
fn a_recording_is_streamed_through_the_whole_path_and_heard_whole() {
    let data = tempfile::tempdir().unwrap();
    beginning_of_beckett(data.path());
    let list = "path\ttext\npart.wav\tever tried ever failed no matter\n";
    std::fs::write(data.path().join("transcripts.tsv"), list).unwrap();
    let heard = data.path().join("heard.tsv");
    let more = ["--band", "telephone", "--write", heard.to_str().unwrap()];
    let output = words(data.path(), &more);
    let (out, complaint) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{complaint}");
    assert_eq!(out.lines().count(), 1, "{out}");
    let figures: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&figures["utterances"], &figures["words"]), (&1.into(), &6.into()));
    assert_eq!(figures["unfinished"], 0, "{figures}");
    // At most two of six words: what is heard wrong differs with where the sound happens to be cut.
    for wer in ["wer_streaming", "wer_offline"] {
        assert!(figures[wer].as_f64().unwrap() <= 34.0, "{figures}");
    }
    // The line waits for 1.2 s of silence; words are shown long before.
    let (first, over) = (&figures["first_partial_ms_p50"], &figures["turn_over_ms_p50"]);
    assert!(first.as_u64().unwrap() < 3_000 && over.as_u64().unwrap() >= 1_000, "{figures}");
    let heard = std::fs::read_to_string(heard).unwrap();
    assert!(heard.lines().nth(1).unwrap().starts_with("part.wav\t"), "{heard}");
}

#[test]
fn a_folder_without_a_list_is_refused_in_a_sentence() {
    let data = tempfile::tempdir().unwrap();
    let output = words(data.path(), &[]);
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{complaint}");
    assert!(complaint.contains("transcripts.tsv") && complaint.contains("--data"), "{complaint}");
    assert!(output.stdout.is_empty() && !complaint.contains("panicked"), "{complaint}");
}
