//! One state of a model: hears one stretch after the other.

use std::collections::BTreeMap;

use whisper_rs::{FullParams, SamplingStrategy, WhisperState};

use super::{ENGLISH, MODEL, guard, words};
use crate::contract::{
    Haste, Hints, Language, ModelError, Recognition, Recognizer, RecognizerPurpose, SamplePos,
    Transcribed, Transcriber,
};
use crate::transcript::{Passage, Transcript};

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
    /// What a step may give way to.
    haste: Haste,
    /// Parameters that were made, by language and whether the step gives way: whisper-rs never lets go of a language's
    /// name or a callback, so each is made once.
    made: BTreeMap<(Option<Language>, bool), FullParams<'static, 'static>>,
}

/// How a stretch is heard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner<'a> {
    /// The language; `None` to find it out.
    pub(super) language: Option<&'a Language>,
    /// Positions of the encoder, of 20 ms; `None` for all 30 s, and for as many passes as the stretch wants.
    pub(super) positions: Option<i32>,
    /// Whether it is left undone while there is haste.
    pub(super) gives_way: bool,
}

impl WhisperHearer {
    pub(super) fn new(state: WhisperState, end: i32, many_languages: bool) -> Self {
        Self {
            state,
            end,
            many_languages,
            language: None,
            found: None,
            wave: Vec::with_capacity(STRETCH_MAX),
            haste: Haste::default(),
            made: BTreeMap::new(),
        }
    }

    /// From now on hears only this language; `None` to find it out in every stretch.
    pub fn expect(&mut self, language: Option<Language>) {
        self.language = language;
    }

    pub(super) fn gives_way_to(&mut self, haste: Haste) {
        self.haste = haste;
        self.made.clear();
    }

    /// Greedy, on one thread, with nothing printed, in English.
    pub(super) fn silent_params() -> FullParams<'static, 'static> {
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
        params
    }

    /// Parameters for one step, as far as they do not depend on the stretch.
    fn params(
        &mut self,
        language: Option<&Language>,
        gives_way: bool,
    ) -> Result<FullParams<'static, 'static>, ModelError> {
        let language = language.filter(|_| self.many_languages);
        let key = (language.cloned(), gives_way);
        if let Some(made) = self.made.get(&key) {
            return Ok(made.clone());
        }
        let named = match language {
            None if self.many_languages => "auto",
            None => ENGLISH,
            Some(language) => {
                let id = whisper_rs::get_lang_id(language.code());
                id.and_then(whisper_rs::get_lang_str).ok_or(UNKNOWN_LANGUAGE)?
            }
        };
        let mut params = Self::silent_params();
        params.set_language(Some(named));
        if gives_way {
            let haste = self.haste.clone();
            // Of this very type: whisper-rs 0.16 hands the callback its own box, whatever type it is told.
            let abort: Box<dyn FnMut() -> bool> = Box::new(move || haste.is_raised());
            params.set_abort_callback_safe::<_, Box<dyn FnMut() -> bool>>(Some(abort));
        }
        self.made.insert(key, params.clone());
        Ok(params)
    }

    fn run(&mut self, samples: &[i16], manner: Manner<'_>) -> Result<(), ModelError> {
        let mut params = self.params(manner.language, manner.gives_way)?;
        fill(&mut self.wave, samples);
        if let Some(positions) = manner.positions {
            params.set_audio_ctx(positions);
            // Whatever times it writes: a second pass would cost as much as the first.
            params.set_single_segment(true);
        }
        let tokens_max = TOKENS_SPARE + self.wave.len() * TOKENS_PER_SECOND / 16_000;
        params.set_max_tokens(i32::try_from(tokens_max).unwrap_or(i32::MAX));
        self.state.full(params, &self.wave).map_err(|why| {
            if manner.gives_way && self.haste.is_raised() {
                ModelError::GaveWay
            } else {
                failed(&why)
            }
        })
    }

    pub(super) fn hear_stretch(
        &mut self,
        samples: &[i16],
        manner: Manner<'_>,
    ) -> Result<Recognition, ModelError> {
        self.found = None;
        if samples.is_empty() {
            return Ok(Recognition::default());
        }
        if samples.len() > STRETCH_MAX {
            return Err(ModelError::Shape { model: MODEL, what: "a stretch that is too long" });
        }
        self.run(samples, manner)?;
        let kept = self.state.as_iter().filter_map(|segment| {
            let heard = words::of_segment(&segment, self.end);
            let silence = segment.no_speech_probability();
            guard::said(&heard, silence).then_some(heard)
        });
        let recognition = words::recognition(kept.flat_map(|heard| heard.words), samples.len());
        let said = guard::fits(&recognition, samples.len()) && !guard::is_known(&recognition.text);
        let recognition = if said { recognition } else { Recognition::default() };
        if !recognition.text.is_empty() {
            let id = self.state.full_lang_id_from_state();
            let code =
                if self.many_languages { whisper_rs::get_lang_str(id) } else { Some(ENGLISH) };
            self.found = code.and_then(Language::parse);
        }
        Ok(recognition)
    }
}

/// Brings a stretch to full scale 1, with silence after what is very short.
pub(super) fn fill(wave: &mut Vec<f32>, samples: &[i16]) {
    wave.clear();
    wave.extend(samples.iter().map(|&sample| f32::from(sample) / FULL_SCALE));
    wave.resize(samples.len().max(SHORTEST), 0.0);
}

pub(super) fn failed(why: &whisper_rs::WhisperError) -> ModelError {
    ModelError::Runtime { model: MODEL, reason: why.to_string() }
}

impl Recognizer for WhisperHearer {
    fn recognize(&mut self, utterances: &[&[i16]]) -> Result<Vec<Recognition>, ModelError> {
        let language = self.language.clone();
        let manner = Manner { language: language.as_ref(), positions: None, gives_way: false };
        utterances.iter().map(|samples| self.hear_stretch(samples, manner)).collect()
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

const UNKNOWN_LANGUAGE: ModelError =
    ModelError::Shape { model: MODEL, what: "a language that it does not know" };
/// The model hears 30 s at once; half a second is left for the silence that lets it find the end.
pub(super) const STRETCH_MAX: usize = 59 * 8_000;
/// Less than a tenth of a second it does not hear; words that short it hears best with some silence after them.
const SHORTEST: usize = 16_000;
/// More tokens than people say in a second, in any language; a decoder that repeats itself is stopped there.
const TOKENS_PER_SECOND: usize = 12;
const TOKENS_SPARE: usize = 12;
const FULL_SCALE: f32 = 32_768.0;
