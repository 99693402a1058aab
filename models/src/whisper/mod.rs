//! Whisper: what was said, in some hundred languages? Any ggml file, run by whisper.cpp, which is compiled into this
//! program under the feature `whisper`.
//!
//! One [`Whisper`] holds the weights; each thread hears with a [`WhisperHearer`] of its own. A hearer computes on the
//! thread that calls it, so that as many hearers as cores never fight for them.
//!
//! Whisper was trained on subtitles and writes some where nobody speaks. Four guards stand against it: a hearer is to be
//! asked only where a speech detector hears somebody; whisper.cpp leaves out what it takes for no speech itself; what
//! `guard` finds unsure, or too long for its time and compressible, is left out; and a phrase that is
//! written again and again is cut to one, after at most twelve tokens a second. It is never asked again at a higher
//! temperature: that makes words up.

mod guard;
mod layout;
mod words;

use std::path::{Path, PathBuf};

use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState,
};

pub use layout::LayoutError;

use crate::contract::{
    Hints, Language, ModelError, Recognition, Recognizer, RecognizerPurpose, SamplePos,
    Transcribed, Transcriber,
};
use crate::transcript::{Passage, Transcript};
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

    /// Somebody who hears with these weights: memory for one stretch at a time.
    ///
    /// # Errors
    /// [`WhisperError::Refused`] when there is no memory for it.
    pub fn hearer(&self) -> Result<WhisperHearer, WhisperError> {
        let state = self
            .context
            .create_state()
            .map_err(|why| WhisperError::Refused { path: self.path.clone(), why })?;
        let end = self.context.token_eot();
        let many_languages = self.layout.many_languages;
        let wave = Vec::with_capacity(STRETCH_MAX);
        Ok(WhisperHearer { state, end, many_languages, language: None, found: None, wave })
    }
}

/// One state of a model: hears one stretch at a time, on the thread that asks.
#[derive(Debug)]
pub struct WhisperHearer {
    state: WhisperState,
    /// The first token that is no text.
    end: i32,
    many_languages: bool,
    /// What is spoken, if it is known.
    language: Option<Language>,
    /// What the stretch before was in.
    found: Option<Language>,
    /// The stretch at full scale 1.
    wave: Vec<f32>,
}

impl WhisperHearer {
    /// From now on hears only this language; `None` to find it out in every stretch.
    pub fn expect(&mut self, language: Option<Language>) {
        self.language = language;
    }

    fn run(&mut self, samples: &[i16]) -> Result<(), ModelError> {
        self.wave.clear();
        self.wave.extend(samples.iter().map(|&sample| f32::from(sample) / FULL_SCALE));
        self.wave.resize(samples.len().max(SHORTEST), 0.0);
        let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        params.set_n_threads(1);
        params.set_no_context(true);
        params.set_token_timestamps(true);
        params.set_suppress_nst(true);
        params.set_temperature(0.0);
        params.set_temperature_inc(0.0);
        params.set_print_special(false);
        params.set_print_progress(false);
        params.set_print_realtime(false);
        params.set_print_timestamps(false);
        let language = if self.many_languages {
            self.language.as_ref().map_or("auto", Language::code)
        } else {
            ENGLISH
        };
        params.set_language(Some(language));
        let tokens_max = TOKENS_SPARE + self.wave.len() * TOKENS_PER_SECOND / 16_000;
        params.set_max_tokens(i32::try_from(tokens_max).unwrap_or(i32::MAX));
        self.state
            .full(params, &self.wave)
            .map_err(|why| ModelError::Runtime { model: MODEL, reason: why.to_string() })
    }

    fn hear_stretch(&mut self, samples: &[i16]) -> Result<Recognition, ModelError> {
        self.found = None;
        if samples.is_empty() {
            return Ok(Recognition::default());
        }
        if samples.len() > STRETCH_MAX {
            return Err(ModelError::Shape { model: MODEL, what: "a stretch that is too long" });
        }
        self.run(samples)?;
        let kept = self.state.as_iter().filter_map(|segment| {
            let heard = words::of_segment(&segment, self.end);
            let silence = segment.no_speech_probability();
            guard::said(&heard, silence).then_some(heard)
        });
        let recognition = words::recognition(kept.flat_map(|heard| heard.words), samples.len());
        let recognition = if guard::fits(&recognition, samples.len()) {
            recognition
        } else {
            Recognition::default()
        };
        if !recognition.text.is_empty() {
            let id = self.state.full_lang_id_from_state();
            let code =
                if self.many_languages { whisper_rs::get_lang_str(id) } else { Some(ENGLISH) };
            self.found = code.and_then(Language::parse);
        }
        Ok(recognition)
    }
}

impl Recognizer for WhisperHearer {
    fn recognize(&mut self, utterances: &[&[i16]]) -> Result<Vec<Recognition>, ModelError> {
        utterances.iter().map(|samples| self.hear_stretch(samples)).collect()
    }

    fn rehearse(&mut self, _: RecognizerPurpose) -> Result<(), ModelError> {
        self.hear_stretch(&[0; 3 * 16_000]).map(drop)
    }
}

impl Transcriber for WhisperHearer {
    fn stretch_max(&self) -> usize {
        STRETCH_MAX
    }

    fn transcribe(
        &mut self,
        samples: &[i16],
        language: Option<&Language>,
    ) -> Result<Transcribed, ModelError> {
        let hints = Hints::default();
        let before = std::mem::replace(&mut self.language, language.cloned());
        let passage = Passage {
            from: SamplePos(0),
            samples,
            purpose: RecognizerPurpose::Final,
            hints: &hints,
        };
        // Which also cuts loops.
        let heard = Transcript::default().hear(self, passage);
        self.language = before;
        Ok(Transcribed { recognition: heard?, language: self.found.take() })
    }
}

const MODEL: &str = "whisper";
const ENGLISH: &str = "en";
/// The model hears 30 s at once; half a second is left for the silence that lets it find the end.
const STRETCH_MAX: usize = 59 * 8_000;
/// Less than a tenth of a second it does not hear; words that short it hears best with some silence after them.
const SHORTEST: usize = 16_000;
/// More tokens than people say in a second, in any language; a decoder that repeats itself is stopped there.
const TOKENS_PER_SECOND: usize = 12;
const TOKENS_SPARE: usize = 12;
const FULL_SCALE: f32 = 32_768.0;
