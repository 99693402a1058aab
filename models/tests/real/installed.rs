//! What is missing or damaged in the models folder is said clearly.

use std::os::unix::fs::symlink;
use std::path::Path;

use callwright_models::Models;
use callwright_models::moonshine::Moonshine;
use callwright_models::runtime::LoadError;
use callwright_models::silero::SileroDetector;
use callwright_models::smart_turn::SmartTurn;

use crate::recording::models;

/// A models folder like the real one, except for one file, which is made by `change`.
fn folder_with(file: &str, change: impl FnOnce(&Path, &Path)) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(models()).unwrap().map(Result::unwrap) {
        if !entry.file_type().unwrap().is_dir() {
            continue;
        }
        let part = folder.path().join(entry.file_name());
        std::fs::create_dir(&part).unwrap();
        for installed in std::fs::read_dir(entry.path()).unwrap().map(Result::unwrap) {
            symlink(installed.path(), part.join(installed.file_name())).unwrap();
        }
    }
    let changed = folder.path().join(file);
    std::fs::remove_file(&changed).unwrap();
    change(&models().join(file), &changed);
    folder
}

/// As long as the real file, and nothing in it.
fn empty(real: &Path, changed: &Path) {
    let size = std::fs::metadata(real).unwrap().len();
    std::fs::File::create(changed).unwrap().set_len(size).unwrap();
}

fn half(real: &Path, changed: &Path) {
    let octets = std::fs::read(real).unwrap();
    std::fs::write(changed, &octets[..octets.len() / 2]).unwrap();
}

fn error_of<T>(loaded: Result<T, LoadError>, file: &str) -> LoadError {
    let Err(error) = loaded else { panic!("{file} was loaded") };
    let message = error.to_string();
    assert!(message.contains(file), "{message}");
    assert!(message.contains("`./callwright up`"), "{message}");
    error
}

#[test]
fn everything_loads_from_the_shelf() {
    let loaded = Models::load(&models(), 4).unwrap();
    assert_eq!(loaded.detector.slots(), 4);
    let facts: Vec<&str> = loaded.facts.iter().map(|fact| fact.name).collect();
    let names = ["silero-vad", "smart-turn-v3.2", "moonshine-tiny-en", "flite", "emotion"];
    assert_eq!(facts, names);
    assert_eq!(loaded.facts[3].voices.first().map(String::as_str), Some("slt"));
    assert_eq!(loaded.facts[2].size, 13_281_600 + 30_412_256 + 249_974);
}

#[test]
fn a_missing_file_is_named() {
    for file in ["onnxruntime/libonnxruntime.so", "silero-vad/silero_vad.onnx"] {
        let folder = folder_with(file, |_, _| ());
        let error = error_of(SileroDetector::load(folder.path(), 1), file);
        assert!(matches!(error, LoadError::Missing { .. }), "{error}");
    }
    assert!(Models::load(Path::new("/nowhere/at/all"), 1).is_err());
}

#[test]
fn a_file_that_was_cut_short_is_named() {
    let check = |file: &str, load: &dyn Fn(&Path) -> Option<LoadError>| {
        let folder = folder_with(file, half);
        let error = error_of(load(folder.path()).map_or(Ok(()), Err), file);
        assert!(matches!(error, LoadError::Damaged { .. }), "{error}");
    };
    check("smart-turn-v3.2/smart-turn-v3.2-cpu.onnx", &|models| SmartTurn::load(models).err());
    check("moonshine-tiny-en/encoder_model.ort", &|models| Moonshine::load(models).err());
    check("moonshine-tiny-en/decoder_model_merged.ort", &|models| Moonshine::load(models).err());
    check("moonshine-tiny-en/tokenizer.bin", &|models| Moonshine::load(models).err());
}

#[test]
fn a_file_that_holds_no_model_is_named() {
    let file = "silero-vad/silero_vad.onnx";
    let error = error_of(SileroDetector::load(folder_with(file, empty).path(), 1), file);
    assert!(matches!(error, LoadError::Refused { .. }), "{error}");
    let file = "smart-turn-v3.2/smart-turn-v3.2-cpu.onnx";
    let error = error_of(SmartTurn::load(folder_with(file, empty).path()), file);
    assert!(matches!(error, LoadError::Refused { .. }), "{error}");
    let file = "moonshine-tiny-en/decoder_model_merged.ort";
    let error = error_of(Moonshine::load(folder_with(file, empty).path()), file);
    assert!(matches!(error, LoadError::Refused { .. }), "{error}");
    let file = "moonshine-tiny-en/tokenizer.bin";
    let ones = |real: &Path, changed: &Path| {
        let size = usize::try_from(std::fs::metadata(real).unwrap().len()).unwrap();
        std::fs::write(changed, vec![0xFF; size]).unwrap();
    };
    let error = error_of(Moonshine::load(folder_with(file, ones).path()), file);
    assert!(matches!(error, LoadError::Unexpected { .. }), "{error}");
}
