//! Callers who do not speak English: which model hears them. Moonshine does not, so that a Whisper model of many
//! languages has to be there when a tenant's callers speak another one, or any.

use std::path::PathBuf;

use callwright_business::{TenantSummary, Tongue};
use callwright_models::ModelFact;
use callwright_models::catalog::{self, Download};
use callwright_models::contract::{Language, Recognizer};
use callwright_models::pull;

use crate::config::Config;

/// Callers of some tenant cannot be heard. Each text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OthersError {
    /// There is no model for them.
    #[error(
        "callers of {tenant} speak `{tongue}`, for which Whisper is needed, and no Whisper model of many languages is \
         installed; `callwright models pull whisper-base` fetches one"
    )]
    NotInstalled {
        /// Whose callers.
        tenant: String,
        /// What the tenant's document says.
        tongue: Tongue,
    },
    /// The model that was named is none.
    #[error(
        "there is no Whisper model {0:?} here (--whisper, CALLWRIGHT_WHISPER): name one that `callwright models list` shows \
         as installed, or a ggml file"
    )]
    NoModel(String),
    /// The model does not know the language.
    #[error(
        "callers of {tenant} speak `{tongue}`, which {model} does not know; change `language` in the tenant's document, or \
         choose a model of many languages with --whisper"
    )]
    Unknown {
        /// Whose callers.
        tenant: String,
        /// What the tenant's document says.
        tongue: Tongue,
        /// Which model.
        model: String,
    },
    /// This program was built without Whisper.
    #[error(
        "callers of {tenant} speak `{tongue}`, and this program was built without the feature `whisper`"
    )]
    NoWhisper {
        /// Whose callers.
        tenant: String,
        /// What the tenant's document says.
        tongue: Tongue,
    },
    /// The model cannot be used.
    #[cfg(feature = "whisper")]
    #[error(transparent)]
    Whisper(#[from] callwright_models::whisper::WhisperError),
}

/// The model for callers who do not speak English, found and not yet loaded.
#[derive(Clone, Debug)]
pub(super) struct OtherLanguages {
    /// In the catalog, or `whisper` for a file of the operator's own.
    name: &'static str,
    path: PathBuf,
    /// Who speaks what; never nobody.
    wanted: Vec<(String, Tongue)>,
    lanes: usize,
}

/// A recogniser for each lane, and what is known of their model.
pub(super) type Loaded = (Vec<Box<dyn Recognizer>>, ModelFact);

impl OtherLanguages {
    /// The model that `tenants` need; `None` where all their callers speak English.
    pub(super) fn wanted(
        tenants: &[TenantSummary],
        config: &Config,
    ) -> Result<Option<Self>, OthersError> {
        let others = tenants.iter().filter(|tenant| tenant.tongue != Tongue::English);
        let wanted: Vec<_> =
            others.map(|tenant| (tenant.id.to_string(), tenant.tongue.clone())).collect();
        let Some((tenant, tongue)) = wanted.first().cloned() else { return Ok(None) };
        if !cfg!(feature = "whisper") {
            return Err(OthersError::NoWhisper { tenant, tongue });
        }
        let (name, path) = match &config.whisper {
            Some(named) => {
                found(config, named).ok_or_else(|| OthersError::NoModel(named.clone()))?
            }
            None => smallest(config).ok_or(OthersError::NotInstalled { tenant, tongue })?,
        };
        Ok(Some(Self { name, path, wanted, lanes: config.whisper_lanes }))
    }

    /// Loads it. Takes as long as reading its file.
    #[cfg(feature = "whisper")]
    #[expect(
        clippy::disallowed_methods,
        reason = "loading is no part of a call; how long it takes is shown to the operator"
    )]
    pub(super) fn load(&self) -> Result<Loaded, OthersError> {
        let begun = std::time::Instant::now();
        let model = callwright_models::whisper::Whisper::load(&self.path)?;
        let any = self.wanted.iter().any(|(_, tongue)| *tongue == Tongue::Any);
        for (tenant, tongue) in &self.wanted {
            let known = match language(tongue) {
                Some(language) => model.knows(&language),
                None => model.knows_many_languages(),
            };
            if !known {
                let (tenant, tongue) = (tenant.clone(), tongue.clone());
                return Err(OthersError::Unknown { tenant, tongue, model: self.name.to_owned() });
            }
        }
        let hearers: Result<Vec<_>, OthersError> = (0..self.lanes)
            .map(|_| Ok(Box::new(model.live(any)?) as Box<dyn Recognizer>))
            .collect();
        let fact = ModelFact {
            name: self.name,
            task: "recognition",
            load: begun.elapsed(),
            size: std::fs::metadata(&self.path).map_or(0, |about| about.len()),
            // whisper.cpp does not tell.
            memory: None,
            voices: Vec::new(),
        };
        Ok((hearers?, fact))
    }

    #[cfg(not(feature = "whisper"))]
    pub(super) fn load(&self) -> Result<Loaded, OthersError> {
        let named = self.path.display().to_string();
        Err(OthersError::NoModel(named))
    }
}

/// What a caller speaks, for the models; `None` to find it out.
pub(super) fn language(tongue: &Tongue) -> Option<Language> {
    match tongue {
        Tongue::English => Some(Language::ENGLISH),
        Tongue::Other(code) => Language::parse(code),
        Tongue::Any => None,
    }
}

/// A model by its name in the catalog, or a file.
fn found(config: &Config, named: &str) -> Option<(&'static str, PathBuf)> {
    match whispers().find(|download| download.name == named) {
        Some(download) => installed(config, download),
        None => Some(PathBuf::from(named)).filter(|path| path.is_file()).map(|path| (OWN, path)),
    }
}

/// The smallest model of many languages that is installed: callers wait for it.
fn smallest(config: &Config) -> Option<(&'static str, PathBuf)> {
    let many = whispers().filter(|download| download.languages == "many");
    let there =
        many.filter_map(|download| Some((download.size_about(), installed(config, download)?)));
    there.min_by_key(|(size, _)| *size).map(|(_, model)| model)
}

fn whispers() -> impl Iterator<Item = &'static Download> {
    catalog::downloads().iter().filter(|download| download.task == "transcription")
}

fn installed(config: &Config, download: &'static Download) -> Option<(&'static str, PathBuf)> {
    let file = download.files.first()?;
    let path = config.models.join(file.paths().next()?);
    let there = pull::is_there(&config.models, file).unwrap_or(false);
    there.then_some((download.name.as_str(), path))
}

const OWN: &str = "whisper";

#[cfg(test)]
mod tests {
    use callwright_business::LinePurpose;

    use super::*;

    fn tenant(id: &str, tongue: Tongue) -> TenantSummary {
        TenantSummary {
            id: id.parse().unwrap(),
            name: id.to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            tongue,
            lines: vec![("+4915550100".to_owned(), LinePurpose::Listen)],
            default: false,
        }
    }

    #[test]
    fn nothing_is_needed_where_everybody_speaks_english() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::local(folder.path(), folder.path().to_owned());
        let tenants = [tenant("one", Tongue::English), tenant("two", Tongue::English)];
        assert!(OtherLanguages::wanted(&tenants, &config).unwrap().is_none());
    }

    #[cfg(feature = "whisper")]
    #[test]
    fn a_model_that_is_missing_is_asked_for_by_a_sentence_that_says_how() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::local(folder.path(), folder.path().to_owned());
        let tenants =
            [tenant("one", Tongue::English), tenant("praxis", Tongue::Other("de".into()))];
        let missing = OtherLanguages::wanted(&tenants, &config).unwrap_err().to_string();
        assert!(missing.contains("praxis speak `de`"), "{missing}");
        assert!(missing.contains("models pull whisper-base"), "{missing}");
        let named = Config { whisper: Some("whisper-huge".to_owned()), ..config.clone() };
        let none = OtherLanguages::wanted(&tenants, &named).unwrap_err().to_string();
        assert!(none.contains("whisper-huge"), "{none}");
        let own = folder.path().join("own.bin");
        std::fs::write(&own, "weights").unwrap();
        let named = Config { whisper: Some(own.display().to_string()), ..config };
        let others = OtherLanguages::wanted(&tenants, &named).unwrap().unwrap();
        let Err(damaged) = others.load() else { panic!("these are no weights") };
        assert!(damaged.to_string().contains("is no Whisper model"), "{damaged}");
    }
}
