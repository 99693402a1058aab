//! A voice that an operator brought: its inputs and outputs are looked at before it is used, because there are many
//! exports of each model.

use std::path::Path;

use ort::session::{Session, SessionInputValue, SessionOutputs};
use ort::value::{DynValue, Outlet, TensorElementType, ValueType};

use super::session::{builder, failed};
use super::{LoadError, environment};
use crate::contract::ModelError;

/// An input that a voice must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// How many dimensions it has.
    pub(crate) rank: usize,
}

/// What an input's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    F32,
    I32,
    I64,
}

/// A voice's model, loaded.
#[derive(Debug)]
pub(crate) struct VoiceSession {
    model: &'static str,
    session: Session,
}

impl VoiceSession {
    /// Loads `file`, which must have exactly these inputs.
    ///
    /// # Errors
    /// [`LoadError`]; [`LoadError::Voice`] says what was expected and what was found.
    pub(crate) fn load(
        models: &Path,
        model: &'static str,
        file: &Path,
        inputs: &[Expected],
    ) -> Result<Self, LoadError> {
        let this = Self::open(models, model, file)?;
        this.check(file, inputs)?;
        Ok(this)
    }

    /// Loads `file`, whatever inputs it has.
    ///
    /// # Errors
    /// [`LoadError`].
    pub(crate) fn open(models: &Path, model: &'static str, file: &Path) -> Result<Self, LoadError> {
        let environment = environment(models)?;
        std::fs::metadata(file)
            .map_err(|source| LoadError::Missing { path: file.to_owned(), source })?;
        let session = builder(&environment)
            .and_then(|mut builder| builder.commit_from_file(file))
            .map_err(|error| LoadError::Voice {
                path: file.to_owned(),
                what: format!("the runtime cannot load it ({error})"),
            })?;
        Ok(Self { model, session })
    }

    /// Holds the model to its inputs.
    ///
    /// # Errors
    /// [`LoadError::Voice`].
    pub(crate) fn check(&self, file: &Path, inputs: &[Expected]) -> Result<(), LoadError> {
        let found = self.session.inputs();
        let fits = |expected: &Expected| {
            let outlet = found.iter().find(|outlet| outlet.name() == expected.name);
            outlet.is_some_and(|outlet| expected.is_met_by(outlet))
        };
        let gives_sound =
            self.session.outputs().first().is_some_and(|outlet| {
                outlet.dtype().tensor_type() == Some(TensorElementType::Float32)
            });
        if found.len() == inputs.len() && inputs.iter().all(fits) && gives_sound {
            return Ok(());
        }
        let wanted: Vec<String> = inputs.iter().map(Expected::shown).collect();
        let shown = |outlets: &[Outlet]| outlets.iter().map(shown).collect::<Vec<_>>().join(", ");
        Err(LoadError::Voice {
            path: file.to_owned(),
            what: format!(
                "a {} model takes {} and gives f32 sound first; this one takes {} and gives {}",
                self.model,
                wanted.join(", "),
                shown(found),
                shown(self.session.outputs()),
            ),
        })
    }

    /// What the numbers of this input are, if it has it and they are of a kind that is used.
    pub(crate) fn kind(&self, name: &str) -> Option<Kind> {
        let outlet = self.session.inputs().iter().find(|outlet| outlet.name() == name)?;
        Kind::of(outlet.dtype())
    }

    /// How many outputs it has.
    pub(crate) fn output_count(&self) -> usize {
        self.session.outputs().len()
    }

    /// Runs the model once.
    ///
    /// # Errors
    /// [`ModelError::Runtime`].
    pub(crate) fn run(
        &mut self,
        inputs: Vec<(&'static str, SessionInputValue<'_>)>,
    ) -> Result<SessionOutputs<'_>, ModelError> {
        let model = self.model;
        self.session.run(inputs).map_err(|error| failed(model, &error))
    }
}

impl Expected {
    fn is_met_by(&self, outlet: &Outlet) -> bool {
        // A scalar where one number is wanted is taken, too; a shape that is not written down may be any.
        let rank = outlet.dtype().tensor_shape().map(|shape| shape.len());
        Kind::of(outlet.dtype()) == Some(self.kind) && rank.is_none_or(|rank| rank == self.rank)
    }

    fn shown(&self) -> String {
        format!("{}: {}[{}]", self.name, self.kind.as_str(), vec!["_"; self.rank].join(", "))
    }
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::I32 => "i32",
            Self::I64 => "i64",
        }
    }

    fn of(kind: &ValueType) -> Option<Self> {
        match kind.tensor_type()? {
            TensorElementType::Float32 => Some(Self::F32),
            TensorElementType::Int32 => Some(Self::I32),
            TensorElementType::Int64 => Some(Self::I64),
            _ => None,
        }
    }
}

fn shown(outlet: &Outlet) -> String {
    let kind = Kind::of(outlet.dtype()).map_or("another type", Kind::as_str);
    let size = |size: &i64| if *size < 0 { "_".to_owned() } else { size.to_string() };
    let shape = outlet.dtype().tensor_shape();
    let shape: Vec<String> = shape.map(|s| s.iter().map(size).collect()).unwrap_or_default();
    format!("{}: {kind}[{}]", outlet.name(), shape.join(", "))
}

/// The samples of the first output: as many as there are, in whatever shape.
///
/// # Errors
/// [`ModelError::Shape`] for what is no sound, and for more than a clause can last.
pub(crate) fn waveform(
    model: &'static str,
    outputs: &SessionOutputs<'_>,
) -> Result<Vec<f32>, ModelError> {
    let first = outputs.values().next();
    let samples = first.as_ref().and_then(|value| value.try_extract_tensor::<f32>().ok());
    let samples = samples.map(|(_, samples)| samples).unwrap_or_default();
    if samples.is_empty() || samples.len() > SAMPLES_MAX {
        return Err(ModelError::Shape { model, what: "sound that is empty or without end" });
    }
    if !samples.iter().all(|sample| sample.is_finite()) {
        return Err(ModelError::Shape { model, what: "sound that is no number" });
    }
    Ok(samples.to_vec())
}

/// A value for each of `count` phonemes out of the second output, if there is one that has as many.
pub(crate) fn durations(outputs: &SessionOutputs<'_>, count: usize) -> Option<Vec<f32>> {
    let second = outputs.values().nth(1)?;
    numbers(&second).filter(|durations| durations.len() == count)
}

fn numbers(value: &DynValue) -> Option<Vec<f32>> {
    if let Ok((_, values)) = value.try_extract_tensor::<f32>() {
        return Some(values.to_vec());
    }
    if let Ok((_, values)) = value.try_extract_tensor::<i64>() {
        return Some(values.iter().map(|&value| value as f32).collect());
    }
    let (_, values) = value.try_extract_tensor::<i32>().ok()?;
    Some(values.iter().map(|&value| value as f32).collect())
}

/// Two minutes at 48 kHz.
const SAMPLES_MAX: usize = 120 * 48_000;
