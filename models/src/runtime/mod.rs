//! ONNX Runtime: one library and one environment in a process, and the sessions that run models in it.
//!
//! The library is the one that the installer took out of its own package; it is opened when the first model is
//! loaded. Every session runs on the thread that calls it: lanes are the only threads that compute, and on a
//! machine with two cores a pool that spins costs more than it brings.

mod error;
pub use error::LoadError;

mod memory;

pub(crate) mod session;
pub(crate) mod voice;
pub(crate) use session::OnnxSession;

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;

use crate::catalog;

/// Path of the library in the models folder.
pub const LIBRARY: &str = "onnxruntime/libonnxruntime.so";

/// Opens the library of the models folder `models`, as the first model that is loaded does.
///
/// # Errors
/// [`LoadError`].
pub fn open(models: &Path) -> Result<(), LoadError> {
    environment(models).map(drop)
}

/// The process's environment; opens the library of the models folder `models` if this is the first use.
/// Later uses check that their folder has the library, too, and share the one that is open.
///
/// # Errors
/// [`LoadError`], when the library is missing, damaged or not usable.
pub(crate) fn environment(models: &Path) -> Result<Environment, LoadError> {
    // Checked first: `ort` panics at its first use when the library is not there.
    let library = catalog::installed(models, LIBRARY)?;
    let mut environment = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = environment.as_ref() {
        return Ok(environment.clone());
    }
    let unusable = |reason: String| LoadError::Library { path: library.clone(), reason };
    let opened = ort::init_from(&library)
        .map_err(|error| unusable(error.to_string()))?
        .with_name("callwright")
        .with_telemetry(false)
        .build()
        .map_err(|error| unusable(error.to_string()))?;
    opened.set_log_level(LogLevel::Warning);
    *environment = Some(opened.clone());
    Ok(opened)
}

/// Kept for the life of the process: the runtime allows one environment, once.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);
