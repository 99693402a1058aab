//! Piper: neural voices (VITS), one ONNX file each with a JSON file beside it.
//!
//! | input | type | what |
//! |---|---|---|
//! | `input` | i64 `[1, n]` | numbers of phonemes: `^`, then each with a pad behind it, then `$` |
//! | `input_lengths` | i64 `[1]` | n |
//! | `scales` | f32 `[3]` | noise, length, noise of the lengths |
//! | `sid` | i64 `[1]` | the speaker, in models of several |
//!
//! The first output is the sound, f32 at the rate that the JSON file says, full scale 1.0. A model that was exported or
//! patched to show its durations has a second one with a value per number, in frames; word times are then its own.

mod config;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ort::value::Tensor;

use crate::contract::{ModelError, SpeechChunk, Synthesizer, VoiceStyle};
use crate::runtime::LoadError;
use crate::runtime::voice::{Expected, Kind, VoiceSession, durations, waveform};
use crate::spoken::{
    self, Acoustic, Espeak, Group, Language, Phonemizer, Sound, Spelling, WordTimes,
};
use config::Config;

/// One Piper voice, loaded.
pub struct Piper {
    language: Language,
    phonemizer: Box<dyn Phonemizer>,
    net: Net,
}

impl std::fmt::Debug for Piper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Piper").field("net", &self.net).finish_non_exhaustive()
    }
}

/// The model, apart from who reads for it.
#[derive(Debug)]
struct Net {
    session: VoiceSession,
    config: Config,
    /// Which of the voices of the model.
    speaker: i64,
}

impl Piper {
    /// Loads the voice at `file` (`….onnx`, with `….onnx.json` beside it), with the runtime of the models folder
    /// `models`.
    ///
    /// # Errors
    /// [`LoadError`]: a file that is missing or no Piper voice, and an espeak-ng that is missing or does not know the
    /// voice's language.
    pub fn load(models: &Path, file: &Path, espeak: &Espeak) -> Result<Self, LoadError> {
        let unusable = |what: String| LoadError::Voice { path: file.to_owned(), what };
        let beside = config_of(file);
        let config = Config::read(&beside)?;
        let language = Language::new(&config.espeak_voice, false)
            .ok_or_else(|| unusable("its espeak voice is no name of one".to_owned()))?;
        espeak.try_out(&language)?;
        let mut inputs = vec![
            Expected { name: "input", kind: Kind::I64, rank: 2 },
            Expected { name: "input_lengths", kind: Kind::I64, rank: 1 },
            Expected { name: "scales", kind: Kind::F32, rank: 1 },
        ];
        if config.speakers > 1 {
            inputs.push(Expected { name: "sid", kind: Kind::I64, rank: 1 });
        }
        let session = VoiceSession::load(models, MODEL, file, &inputs)?;
        let speaker = config.default_speaker;
        let net = Net { session, config, speaker };
        let mut piper = Self { language, phonemizer: Box::new(espeak.clone()), net };
        piper.speak("Ready.", &VoiceStyle::default(), &mut |_| ControlFlow::Continue(()))?;
        Ok(piper)
    }

    /// Names of the speakers of a model of several, in order.
    pub fn speakers(&self) -> impl Iterator<Item = &str> {
        self.net.config.speaker_names.iter().map(|(name, _)| name.as_str())
    }

    /// Where the times of its words come from.
    pub fn word_times(&self) -> WordTimes {
        if self.net.session.output_count() > 1 { WordTimes::Measured } else { WordTimes::Estimated }
    }

    /// The speaker that a style's voice names behind a `#`, by name or number; the model's default when it names none
    /// that there is.
    fn speaker(&self, style: &VoiceStyle) -> i64 {
        let config = &self.net.config;
        let named = style.voice.as_deref().and_then(|voice| Some(voice.split_once('#')?.1));
        let by_name = |name: &str| config.speaker_names.iter().find(|(known, _)| known == name);
        named
            .and_then(|name| by_name(name).map(|(_, id)| *id).or_else(|| name.parse().ok()))
            .filter(|id| (0..config.speakers).contains(id))
            .unwrap_or(config.default_speaker)
    }
}

impl Synthesizer for Piper {
    fn speak(
        &mut self,
        text: &str,
        style: &VoiceStyle,
        sink: &mut dyn FnMut(SpeechChunk) -> ControlFlow<()>,
    ) -> Result<(), ModelError> {
        let style = style.clone().clamped();
        self.net.speaker = self.speaker(&style);
        let phonemizer = &mut *self.phonemizer;
        spoken::speak(text, &style, &self.language, phonemizer, &mut self.net, sink)
    }

    fn rehearse(&mut self) -> Result<(), ModelError> {
        let text = "I can offer you half past three on Tuesday.";
        self.speak(text, &VoiceStyle::default(), &mut |_| ControlFlow::Continue(()))
    }
}

impl Acoustic for Net {
    fn rate_hz(&self) -> u32 {
        self.config.rate_hz
    }

    fn ids_max(&self) -> usize {
        IDS_MAX
    }

    fn spell(&self, groups: &[Group], mark: char) -> Spelling {
        let mut spelling = Spelling::default();
        let config = &self.config;
        let put = |spelling: &mut Spelling, symbol: &str, weight: f32| {
            let Some(ids) = config.ids.get(symbol) else { return };
            for id in ids {
                spelling.push(*id, weight / ids.len() as f32);
            }
            for id in &config.pad {
                spelling.push(*id, 0.0);
            }
        };
        put(&mut spelling, BEGIN, 0.0);
        for (place, group) in groups.iter().enumerate() {
            if place > 0 {
                put(&mut spelling, " ", SPACE_WEIGHT);
            }
            for symbol in config.symbols(&group.phonemes) {
                put(&mut spelling, symbol, weight(symbol));
            }
            spelling.ends.push(spelling.ids.len());
        }
        put(&mut spelling, mark.encode_utf8(&mut [0; 4]), 0.0);
        for id in config.ids.get(END).into_iter().flatten() {
            spelling.push(*id, 0.0);
        }
        spelling
    }

    fn sound(&mut self, ids: &[i64], pace: f32) -> Result<Sound, ModelError> {
        let failed =
            |error: ort::Error| ModelError::Runtime { model: MODEL, reason: error.to_string() };
        let config = &self.config;
        let scales = vec![config.noise, config.length / pace, config.length_noise];
        let count = ids.len();
        let input = Tensor::from_array(([1, count], ids.to_vec())).map_err(failed)?;
        let lengths = Tensor::from_array(([1], vec![count as i64])).map_err(failed)?;
        let scales = Tensor::from_array(([3], scales)).map_err(failed)?;
        let mut inputs = vec![
            ("input", input.into()),
            ("input_lengths", lengths.into()),
            ("scales", scales.into()),
        ];
        if config.speakers > 1 {
            let speaker = Tensor::from_array(([1], vec![self.speaker])).map_err(failed)?;
            inputs.push(("sid", speaker.into()));
        }
        let outputs = self.session.run(inputs)?;
        let samples = waveform(MODEL, &outputs)?;
        Ok(Sound { samples, durations: durations(&outputs, count) })
    }
}

/// The JSON file of a voice.
pub(crate) fn config_of(file: &Path) -> PathBuf {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".json");
    beside.into()
}

/// About how long a symbol sounds, in phonemes: marks of stress do not.
pub(crate) fn weight(symbol: &str) -> f32 {
    match symbol.chars().next() {
        Some('ˈ' | 'ˌ') | None => 0.0,
        Some('ː') => 0.6,
        Some(c) if c.is_alphabetic() => 1.0,
        Some(_) => 0.0,
    }
}

const MODEL: &str = "piper";
const BEGIN: &str = "^";
const END: &str = "$";
const SPACE_WEIGHT: f32 = 0.2;
/// About forty seconds of speech.
const IDS_MAX: usize = 1_500;
