//! Kokoro: many neural voices in one ONNX file, each a table of styles.
//!
//! | input | type | what |
//! |---|---|---|
//! | `input_ids`, in older exports `tokens` | i64 `[1, n]` | numbers of phonemes, a 0 at both ends |
//! | `style` | f32 `[1, 256]` | the row of the voice's table for so many phonemes |
//! | `speed` | f32 `[1]`, in some exports i32 | the pace |
//!
//! The first output is the sound, f32 at 24 kHz, full scale 1.0. Exports with time stamps have a second one with a value
//! per number, in frames of 25 ms; word times are then the model's own.

mod styles;
mod symbols;
mod vocabulary;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ort::value::Tensor;

use crate::contract::{ModelError, SpeechChunk, Synthesizer, VoiceStyle};
use crate::runtime::LoadError;
use crate::runtime::voice::{Expected, Kind, VoiceSession, durations, waveform};
use crate::spoken::{
    self, Acoustic, Espeak, Group, Language, Phonemizer, Sound, Spelling, WordTimes,
};
use styles::{STYLE_SIZE, Styles};
use symbols::Accent;
use vocabulary::Vocabulary;

/// Kokoro with its voices, loaded.
pub struct Kokoro {
    voices: Vec<Voice>,
    phonemizer: Box<dyn Phonemizer>,
    net: Net,
}

impl std::fmt::Debug for Kokoro {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kokoro").field("net", &self.net).finish_non_exhaustive()
    }
}

/// A voice that can be spoken here.
#[derive(Debug)]
struct Voice {
    /// `af_heart`: of an American woman.
    name: String,
    language: Language,
    accent: Accent,
    styles: Styles,
}

#[derive(Debug)]
struct Net {
    session: VoiceSession,
    /// Name of the input of phonemes.
    ids: &'static str,
    /// This export takes whole numbers for the pace.
    whole_speed: bool,
    vocabulary: Vocabulary,
    /// What is being spoken with.
    accent: Accent,
    style: Vec<f32>,
    table: Styles,
}

impl Kokoro {
    /// Loads the folder's model (`model.onnx` or the one `*.onnx`), its voices (`voices*.bin`, an npz archive, or
    /// `voices/*.bin`, a table of f32 each), and its vocabulary (`config.json`; the published one where it is missing).
    ///
    /// # Errors
    /// [`LoadError`]: what is missing or not Kokoro's, and an espeak-ng that is missing.
    pub fn load(models: &Path, folder: &Path, espeak: &Espeak) -> Result<Self, LoadError> {
        let unusable =
            |what: &str| LoadError::Voice { path: folder.to_owned(), what: what.to_owned() };
        let file = model_file(folder).ok_or_else(|| unusable("it has no `*.onnx`, or several"))?;
        let vocabulary = Vocabulary::read(folder)?;
        let mut voices = Vec::new();
        for (name, styles) in styles::read(folder)? {
            // The first letter is the language; those that espeak-ng is not enough for are left out.
            let Some((language, accent)) = language(&name) else { continue };
            voices.push(Voice { name, language, accent, styles });
        }
        let Some(first) = voices.first() else {
            return Err(unusable("it has no voice of a language that espeak-ng reads for it"));
        };
        espeak.try_out(&first.language)?;
        let session = VoiceSession::open(models, MODEL, &file)?;
        let ids = if session.kind("tokens").is_some() { "tokens" } else { "input_ids" };
        let whole_speed = session.kind("speed") == Some(Kind::I32);
        let speed = if whole_speed { Kind::I32 } else { Kind::F32 };
        session.check(
            &file,
            &[
                Expected { name: ids, kind: Kind::I64, rank: 2 },
                Expected { name: "style", kind: Kind::F32, rank: 2 },
                Expected { name: "speed", kind: speed, rank: 1 },
            ],
        )?;
        if whole_speed {
            tracing::warn!(
                "{} was exported with whole numbers for its speed: its voices keep their own pace",
                file.display()
            );
        }
        let (accent, table) = (first.accent, first.styles.clone());
        let style = Vec::with_capacity(STYLE_SIZE);
        let net = Net { session, ids, whole_speed, vocabulary, accent, style, table };
        let mut kokoro = Self { voices, phonemizer: Box::new(espeak.clone()), net };
        kokoro.speak("Ready.", &VoiceStyle::default(), &mut |_| ControlFlow::Continue(()))?;
        Ok(kokoro)
    }

    /// Names of the voices, in order.
    pub fn voices(&self) -> impl Iterator<Item = &str> {
        self.voices.iter().map(|voice| voice.name.as_str())
    }

    /// Where the times of its words come from.
    pub fn word_times(&self) -> WordTimes {
        if self.net.session.output_count() > 1 { WordTimes::Measured } else { WordTimes::Estimated }
    }
}

impl Synthesizer for Kokoro {
    fn speak(
        &mut self,
        text: &str,
        style: &VoiceStyle,
        sink: &mut dyn FnMut(SpeechChunk) -> ControlFlow<()>,
    ) -> Result<(), ModelError> {
        let style = style.clone().clamped();
        let named = style.voice.as_deref();
        let found = self.voices.iter().find(|voice| named == Some(voice.name.as_str()));
        let voice = found.or(self.voices.first());
        let voice = voice.ok_or(ModelError::Unspeakable { reason: "no voice" })?;
        self.net.accent = voice.accent;
        self.net.table = voice.styles.clone();
        let phonemizer = &mut *self.phonemizer;
        spoken::speak(text, &style, &voice.language, phonemizer, &mut self.net, sink)
    }

    fn rehearse(&mut self) -> Result<(), ModelError> {
        let text = "I can offer you half past three on Tuesday.";
        self.speak(text, &VoiceStyle::default(), &mut |_| ControlFlow::Continue(()))
    }
}

impl Acoustic for Net {
    fn rate_hz(&self) -> u32 {
        24_000
    }

    fn ids_max(&self) -> usize {
        IDS_MAX
    }

    fn spell(&self, groups: &[Group], mark: char) -> Spelling {
        let mut spelling = Spelling::default();
        spelling.push(PAD, 0.0);
        let put = |spelling: &mut Spelling, symbol: char, weight: f32| {
            if let Some(id) = self.vocabulary.id(symbol) {
                spelling.push(id, weight);
            }
        };
        for (place, group) in groups.iter().enumerate() {
            if place > 0 {
                put(&mut spelling, ' ', SPACE_WEIGHT);
            }
            for symbol in symbols::of(&group.phonemes, self.accent).chars() {
                put(&mut spelling, symbol, symbols::weight(symbol));
            }
            spelling.ends.push(spelling.ids.len());
        }
        put(&mut spelling, mark, 0.0);
        spelling.push(PAD, 0.0);
        spelling
    }

    fn sound(&mut self, ids: &[i64], pace: f32) -> Result<Sound, ModelError> {
        let failed =
            |error: ort::Error| ModelError::Runtime { model: MODEL, reason: error.to_string() };
        let count = ids.len();
        // The table has a row for each number of phonemes, from one on.
        self.style.clear();
        self.style.extend_from_slice(self.table.row(count.saturating_sub(3)));
        let input = Tensor::from_array(([1, count], ids.to_vec())).map_err(failed)?;
        let style = Tensor::from_array(([1, STYLE_SIZE], self.style.clone())).map_err(failed)?;
        let speed = if self.whole_speed {
            Tensor::from_array(([1], vec![1_i32])).map_err(failed)?.into_dyn()
        } else {
            Tensor::from_array(([1], vec![pace])).map_err(failed)?.into_dyn()
        };
        let inputs =
            vec![(self.ids, input.into()), ("style", style.into()), ("speed", speed.into())];
        let outputs = self.session.run(inputs)?;
        let samples = waveform(MODEL, &outputs)?;
        Ok(Sound { samples, durations: durations(&outputs, count) })
    }
}

/// espeak-ng's voice for a voice of Kokoro's, by the first letter of its name. Japanese and Chinese have readers of
/// their own, which are not here.
fn language(voice: &str) -> Option<(Language, Accent)> {
    let (name, accent) = match voice.chars().next()? {
        'a' => ("en-us", Accent::American),
        'b' => ("en-gb", Accent::British),
        'e' => ("es", Accent::Other),
        'f' => ("fr-fr", Accent::Other),
        'h' => ("hi", Accent::Other),
        'i' => ("it", Accent::Other),
        'p' => ("pt-br", Accent::Other),
        _ => return None,
    };
    Some((Language::new(name, true)?, accent))
}

/// The folder's model: the one called so, or the only one.
pub(crate) fn model_file(folder: &Path) -> Option<PathBuf> {
    let named = folder.join("model.onnx");
    if named.is_file() {
        return Some(named);
    }
    let files = std::fs::read_dir(folder).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let mut models = files.filter(|path| path.extension().is_some_and(|ending| ending == "onnx"));
    let first = models.next()?;
    models.next().is_none().then_some(first)
}

const MODEL: &str = "kokoro";
/// Stands at both ends.
const PAD: i64 = 0;
/// The context is 512, both ends included.
const IDS_MAX: usize = 512;
const SPACE_WEIGHT: f32 = 0.2;
