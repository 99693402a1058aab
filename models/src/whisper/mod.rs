//! Whisper: what was said, in some hundred languages? Any ggml file, run by whisper.cpp, which is compiled into this
//! program under the feature `whisper`.
//!
//! One [`Whisper`] holds the weights; each thread hears with a state of its own: a [`WhisperHearer`] for recordings, a
//! [`LiveWhisper`] for calls. Both compute on the thread that calls them, so that as many as cores never fight for them.
//!
//! Whisper was trained on subtitles and writes some where nobody speaks. Four guards stand against it: a hearer is to be
//! asked only where a speech detector hears somebody; whisper.cpp leaves out what it takes for no speech itself; what
//! `guard` finds unsure, or too long for its time and compressible, is left out; and a phrase that is
//! written again and again is cut to one, after at most twelve tokens a second. It is never asked again at a higher
//! temperature: that makes words up. What a [`LiveWhisper`] is given too quietly to be a caller is not heard at all.

mod hearer;
pub use hearer::WhisperHearer;
mod live;
pub use live::LiveWhisper;

mod guard;
mod layout;
mod words;

use std::path::{Path, PathBuf};

use whisper_rs::{WhisperContext, WhisperContextParameters, WhisperState};

pub use layout::LayoutError;

use crate::contract::Language;
use layout::Layout;

/// The weights of one ggml file.
#[derive(Debug)]
pub struct Whisper {
    context: WhisperContext,
    layout: Layout,
    path: PathBuf,
}

/// A ggml file could not be used. The message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WhisperError {
    /// It cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is no whole Whisper model of the ggml layout.
    #[error("{} is no Whisper model that can be used: {why}; fetch it again with `callwright models pull`", path.display())]
    Layout {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: LayoutError,
    },
    /// whisper.cpp does not take it, or there is no memory for it.
    #[error("whisper.cpp does not take {}: {why}", path.display())]
    Refused {
        /// Which file.
        path: PathBuf,
        /// What whisper.cpp says.
        why: whisper_rs::WhisperError,
    },
}

impl Whisper {
    /// Loads a ggml file. Its layout is checked to the last octet first, because whisper.cpp trusts it.
    ///
    /// # Errors
    /// [`WhisperError`].
    pub fn load(path: &Path) -> Result<Self, WhisperError> {
        let unreadable = |source| WhisperError::Unreadable { path: path.to_owned(), source };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let layout = Layout::read(std::io::BufReader::new(file), length)
            .map_err(|why| WhisperError::Layout { path: path.to_owned(), why })?;
        // What whisper.cpp writes about a model goes to the standard error otherwise.
        whisper_rs::install_logging_hooks();
        let context = WhisperContext::new_with_params(path, WhisperContextParameters::default())
            .map_err(|why| WhisperError::Refused { path: path.to_owned(), why })?;
        Ok(Self { context, layout, path: path.to_owned() })
    }

    /// Whether it knows other languages than English.
    pub fn knows_many_languages(&self) -> bool {
        self.layout.many_languages
    }

    /// Whether it knows `language`.
    pub fn knows(&self, language: &Language) -> bool {
        if self.layout.many_languages {
            whisper_rs::get_lang_id(language.code()).is_some()
        } else {
            language.code() == ENGLISH
        }
    }

    /// Somebody who hears recordings with these weights: memory for one stretch at a time.
    ///
    /// # Errors
    /// [`WhisperError::Refused`] when there is no memory for it.
    pub fn hearer(&self) -> Result<WhisperHearer, WhisperError> {
        let state = self.state()?;
        Ok(WhisperHearer::new(state, self.context.token_eot(), self.layout.many_languages))
    }

    /// Somebody who hears callers with these weights, one at a time; with `finds_languages` also those of whom it is not
    /// known what they speak, which takes as much memory again.
    ///
    /// # Errors
    /// [`WhisperError::Refused`] when there is no memory for it.
    pub fn live(&self, finds_languages: bool) -> Result<LiveWhisper, WhisperError> {
        let finder = (finds_languages && self.layout.many_languages).then(|| self.state());
        Ok(LiveWhisper::new(self.hearer()?, finder.transpose()?))
    }

    fn state(&self) -> Result<WhisperState, WhisperError> {
        let state = self.context.create_state();
        state.map_err(|why| WhisperError::Refused { path: self.path.clone(), why })
    }
}

const MODEL: &str = "whisper";
const ENGLISH: &str = "en";
