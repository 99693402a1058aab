//! One model, loaded: runs on the calling thread.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::session::{Session, SessionInputValue, SessionOutputs};
use ort::value::{DynValue, Outlet};

use super::{LoadError, environment};
use crate::catalog;
use crate::contract::ModelError;

/// A loaded model.
#[derive(Debug)]
pub(crate) struct OnnxSession {
    model: &'static str,
    session: Session,
}

/// What a model must be able to take and give.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature<'a> {
    /// Names of inputs that it must have.
    pub(crate) inputs: &'a [&'a str],
    /// Names of outputs that it must have.
    pub(crate) outputs: &'a [&'a str],
}

impl OnnxSession {
    /// Loads the model that the catalog has at `path` from the models folder.
    ///
    /// # Errors
    /// [`LoadError`].
    pub(crate) fn load(
        models: &Path,
        model: &'static str,
        path: &'static str,
        signature: Signature<'_>,
    ) -> Result<Self, LoadError> {
        let environment = environment(models)?;
        let file = catalog::installed(models, path)?;
        let session = open(&environment, &file).map_err(|error| LoadError::Refused {
            path: file.clone(),
            reason: error.to_string(),
        })?;
        check(&file, "input", session.inputs(), signature.inputs)?;
        check(&file, "output", session.outputs(), signature.outputs)?;
        Ok(Self { model, session })
    }

    /// Loads a model that is part of this program, with the runtime of the models folder.
    ///
    /// # Errors
    /// [`LoadError`].
    pub(crate) fn embedded(
        models: &Path,
        model: &'static str,
        octets: &'static [u8],
        signature: Signature<'_>,
    ) -> Result<Self, LoadError> {
        let environment = environment(models)?;
        // It lies in no file; its name says which model a message is about.
        let file = PathBuf::from(model);
        let session = builder(&environment)
            .and_then(|mut builder| builder.commit_from_memory(octets))
            .map_err(|error| LoadError::Refused {
                path: file.clone(),
                reason: error.to_string(),
            })?;
        check(&file, "input", session.inputs(), signature.inputs)?;
        check(&file, "output", session.outputs(), signature.outputs)?;
        Ok(Self { model, session })
    }

    /// Loads a model whose graph is part of this program and whose weights lie in `folder`, with the runtime of the models
    /// folder.
    ///
    /// # Errors
    /// [`LoadError`].
    pub(crate) fn embedded_beside(
        models: &Path,
        model: &'static str,
        graph: &'static [u8],
        folder: &Path,
        signature: Signature<'_>,
    ) -> Result<Self, LoadError> {
        let environment = environment(models)?;
        let place = folder.to_string_lossy();
        let session = builder(&environment)
            .and_then(|builder| Ok(builder.with_config_entry(WEIGHTS_FOLDER, place)?))
            .and_then(|mut builder| builder.commit_from_memory(graph))
            .map_err(|error| LoadError::Refused {
                path: folder.to_owned(),
                reason: error.to_string(),
            })?;
        check(folder, "input", session.inputs(), signature.inputs)?;
        check(folder, "output", session.outputs(), signature.outputs)?;
        Ok(Self { model, session })
    }

    /// Runs the model once.
    ///
    /// # Errors
    /// [`ModelError::Runtime`].
    pub(crate) fn run<'v, const N: usize>(
        &mut self,
        inputs: [(&'static str, SessionInputValue<'v>); N],
    ) -> Result<SessionOutputs<'_>, ModelError> {
        let model = self.model;
        self.session.run(Vec::from(inputs)).map_err(|error| failed(model, &error))
    }

    /// Runs the model once, with its inputs in the order in which it has them.
    ///
    /// # Errors
    /// [`ModelError::Runtime`].
    pub(crate) fn run_in_order(
        &mut self,
        inputs: &[SessionInputValue<'_>],
    ) -> Result<SessionOutputs<'_>, ModelError> {
        let model = self.model;
        self.session.run(inputs).map_err(|error| failed(model, &error))
    }

    /// Octets that the runtime holds for the model: its weights, and the room that its steps have needed so far.
    pub(crate) fn memory(&self) -> Option<u64> {
        super::memory::held(&self.session)
    }
}

/// The folder in which a file of the catalog lies whose weights a graph of ours names by their places
/// ([`OnnxSession::embedded_beside`]). The file has the size that it should have, because in one of another size places would
/// be other tensors, and `mark` where a file of its kind has it: the runtime takes any octets at those places for numbers.
///
/// # Errors
/// [`LoadError`].
pub(crate) fn weights_folder(
    models: &Path,
    path: &'static str,
    (at, mark): (usize, &[u8]),
) -> Result<PathBuf, LoadError> {
    let file = catalog::installed(models, path)?;
    // The runtime takes weights from the folder itself alone, and the file may be a link to elsewhere.
    let whole = std::fs::canonicalize(&file)
        .map_err(|source| LoadError::Unreadable { path: file, source })?;
    let mut head = vec![0; at + mark.len()];
    std::fs::File::open(&whole)
        .and_then(|mut file| file.read_exact(&mut head))
        .map_err(|source| LoadError::Unreadable { path: whole.clone(), source })?;
    if !head.ends_with(mark) {
        let reason = "it is of another format".to_owned();
        return Err(LoadError::Refused { path: whole, reason });
    }
    Ok(whole.parent().unwrap_or(models).to_owned())
}

/// Where the runtime looks for the weights of a graph that is given in memory (`onnxruntime_session_options_config_keys.h`).
const WEIGHTS_FOLDER: &str = "session.model_external_initializers_file_folder_path";

/// What the runtime says, as a failed step of `model`.
pub(crate) fn failed<R>(model: &'static str, error: &ort::Error<R>) -> ModelError {
    ModelError::Runtime { model, reason: error.to_string() }
}

/// The `f32` values of an output, if it is there and has `len` of them.
pub(crate) fn floats<'a>(
    model: &'static str,
    output: Option<&'a DynValue>,
    what: &'static str,
    len: usize,
) -> Result<&'a [f32], ModelError> {
    output
        .and_then(|value| value.try_extract_tensor::<f32>().ok())
        .map(|(_, values)| values)
        .filter(|values| values.len() == len)
        .ok_or(ModelError::Shape { model, what })
}

fn open(environment: &ort::environment::Environment, file: &PathBuf) -> ort::Result<Session> {
    builder(environment)?.commit_from_file(file)
}

pub(super) fn builder(environment: &ort::environment::Environment) -> ort::Result<SessionBuilder> {
    let builder = Session::builder(environment)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .with_inter_op_spinning(false)?
        // Lengths differ from run to run; a plan per length would only keep memory.
        .with_memory_pattern(false)?;
    Ok(builder)
}

fn check(
    file: &Path,
    side: &'static str,
    outlets: &[Outlet],
    wanted: &[&str],
) -> Result<(), LoadError> {
    match wanted.iter().find(|name| outlets.iter().all(|outlet| outlet.name() != **name)) {
        None => Ok(()),
        Some(name) => Err(LoadError::Unexpected {
            path: file.to_owned(),
            what: format!("it has no {side} `{name}`"),
        }),
    }
}
