//! Why a model or the runtime could not be loaded, and what to do about it.

use std::path::PathBuf;

/// A model could not be loaded. The message names the file and says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file is not there, or cannot be reached.
    #[error("{} is not there; `./callwright up` installs it", path.display())]
    Missing {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A model that an operator pulls is not there.
    #[error("{} is not there; `callwright models pull {name}` fetches it", path.display())]
    NotPulled {
        /// Which file.
        path: PathBuf,
        /// The model's name in the catalog.
        name: &'static str,
    },
    /// The file is not the one that was installed: its size differs.
    #[error(
        "{} is damaged: it has {found} octets and should have {size}; delete it, and `./callwright up` installs it again",
        path.display()
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Its size in octets.
        found: u64,
        /// The size it should have.
        size: u64,
    },
    /// A file that an operator pulled is not the one that was pulled: its size differs.
    #[error(
        "{} is damaged: it has {found} octets and should have {size}; `callwright models remove {name}` and `pull` it again",
        path.display()
    )]
    DamagedPull {
        /// Which file.
        path: PathBuf,
        /// Its size in octets.
        found: u64,
        /// The size it should have.
        size: u64,
        /// The model's name in the catalog.
        name: &'static str,
    },
    /// The file is there but cannot be read.
    #[error("{} cannot be read; check its permissions, or delete it and run `./callwright up`", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The shared library cannot be used on this machine.
    #[error("{} cannot be used: {reason}; delete it, and `./callwright up` installs it again", path.display())]
    Library {
        /// Which library.
        path: PathBuf,
        /// What the loader says.
        reason: String,
    },
    /// The runtime does not accept the model.
    #[error("{} is not a model that the runtime can load: {reason}; delete it, and `./callwright up` installs it again", path.display())]
    Refused {
        /// Which file.
        path: PathBuf,
        /// What the runtime says.
        reason: String,
    },
    /// The model is another one than this program was written for.
    #[error("{} is not the model that is expected: {what}; delete it, and `./callwright up` installs it again", path.display())]
    Unexpected {
        /// Which file.
        path: PathBuf,
        /// What it lacks.
        what: String,
    },
    /// The model loaded, and failed at its first step.
    #[error("a model failed at its first step")]
    Warmup(#[from] crate::contract::ModelError),
    /// What an operator brought as a voice is none.
    #[error(
        "{} cannot be used as a voice: {what}; bring another, or `callwright models remove` and `pull` it again",
        path.display()
    )]
    Voice {
        /// Which file or folder.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A voice has nobody to read for it.
    #[error(transparent)]
    Phonemes(#[from] crate::spoken::EspeakError),
    /// No speech library, or none with a voice, was found on the system.
    #[error(
        "{library} cannot be used: {reason}; `./callwright up` installs it (Debian and Ubuntu: the package libflite1)"
    )]
    Speech {
        /// Which library.
        library: &'static str,
        /// What the loader says.
        reason: String,
    },
    /// This program asks for a file that its catalog does not have for this machine's processor.
    #[error(
        "{path} is not in the catalog for this machine's processor ({})",
        std::env::consts::ARCH
    )]
    NotInCatalog {
        /// Which file.
        path: &'static str,
    },
}
