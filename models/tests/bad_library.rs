//! A runtime library that is no library is said clearly, and harms nothing that comes later.
//!
//! A program of its own: the runtime is opened once in a process, and this is about its first opening.
#![cfg(test)]

use std::fs::{self, File};
use std::os::unix::fs::symlink;

use callwright_models::catalog;
use callwright_models::runtime::{LIBRARY, LoadError};
use callwright_models::silero::SileroDetector;

#[test]
fn a_library_that_cannot_be_opened_is_named_and_a_good_one_is_opened_after_it() {
    let models = catalog::folder().unwrap();
    let size = fs::metadata(models.join(LIBRARY))
        .expect("the models are installed: run `./callwright test`")
        .len();
    let folder = tempfile::tempdir().unwrap();
    for part in ["onnxruntime", "silero-vad"] {
        fs::create_dir(folder.path().join(part)).unwrap();
    }
    let model = "silero-vad/silero_vad.onnx";
    symlink(models.join(model), folder.path().join(model)).unwrap();
    File::create(folder.path().join(LIBRARY)).unwrap().set_len(size).unwrap();
    let error = SileroDetector::load(folder.path(), 1).unwrap_err();
    assert!(matches!(error, LoadError::Library { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains(LIBRARY) && message.contains("`./callwright up`"), "{message}");
    assert!(SileroDetector::load(&models, 1).is_ok());
}
