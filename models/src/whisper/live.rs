//! Whisper for callers: an utterance is heard again and again while it grows, so each time must be cheap.
//!
//! The encoder hears 30 s, whatever it is given, and that is most of the cost. Here it is given no more positions than the
//! utterance has, and some. A partial step that is in a final question's way is left undone between two of its parts: after
//! the encoder, and after each token.

use whisper_rs::WhisperState;

use super::MODEL;
use super::hearer::{Manner, WhisperHearer, failed, fill};
use crate::contract::{
    Draft, Haste, Heard, Hints, Language, ModelError, Recognition, Recognizer, RecognizerPurpose,
    UTTERANCE_MAX, Utterance,
};
use crate::transcript::audible::audible;

/// One state of a model, or two: hears one call's utterance at a time, on the thread that asks.
///
/// It serves any number of calls in turn: what a call said before reaches it by the utterance's draft alone.
#[derive(Debug)]
pub struct LiveWhisper {
    hearer: WhisperHearer,
    finder: Option<Finder>,
}

/// A state that hears only which language is spoken. How much of an utterance whisper.cpp looks at for that is what the
/// state's step before was given, so that this one must not do anything else.
#[derive(Debug)]
struct Finder {
    state: WhisperState,
    ready: bool,
    wave: Vec<f32>,
}

impl LiveWhisper {
    pub(super) fn new(hearer: WhisperHearer, finder: Option<WhisperState>) -> Self {
        let finder = finder.map(|state| Finder { state, ready: false, wave: Vec::new() });
        Self { hearer, finder }
    }

    /// What is spoken: what is known, or what is heard now, or, where that is unsure, what was spoken `before`.
    fn language(
        &mut self,
        samples: &[i16],
        (hints, purpose): (&Hints, RecognizerPurpose),
        before: Option<&Language>,
    ) -> Result<Option<Language>, ModelError> {
        if hints.language.is_some() {
            return Ok(hints.language.clone());
        }
        let Some(finder) = &mut self.finder else { return Ok(None) };
        // Partial words can wait for the final question to find that somebody has changed the language.
        if let (RecognizerPurpose::Partial, Some(before)) = (purpose, before) {
            return Ok(Some(before.clone()));
        }
        let (found, probability) = finder.find(samples)?;
        let sure = probability >= SURE || before.is_none();
        Ok(if sure { found } else { before.cloned() })
    }
}

impl Finder {
    /// The likeliest language, and how likely it is.
    fn find(&mut self, samples: &[i16]) -> Result<(Option<Language>, f32), ModelError> {
        if !self.ready {
            let mut params = WhisperHearer::silent_params();
            params.set_audio_ctx(FINDER_POSITIONS);
            fill(&mut self.wave, &[]);
            self.state.full(params, &self.wave).map_err(|why| failed(&why))?;
            self.ready = true;
        }
        fill(&mut self.wave, samples);
        self.state.pcm_to_mel(&self.wave, 1).map_err(|why| failed(&why))?;
        let (id, all) = self.state.lang_detect(0, 1).map_err(|why| failed(&why))?;
        let found = whisper_rs::get_lang_str(id).and_then(Language::parse);
        let probability = usize::try_from(id).ok().and_then(|id| all.get(id));
        Ok((found, probability.copied().unwrap_or_default()))
    }
}

impl Recognizer for LiveWhisper {
    fn recognize(&mut self, utterances: &[&[i16]]) -> Result<Vec<Recognition>, ModelError> {
        let (hints, draft) = (Hints::default(), Draft::default());
        let purpose = RecognizerPurpose::Final;
        let alone = |samples: &&[i16]| {
            let utterance = Utterance { samples, purpose, hints: &hints, draft: &draft };
            self.hear(utterance).map(|heard| heard.recognition)
        };
        utterances.iter().map(alone).collect()
    }

    fn hear(&mut self, utterance: Utterance<'_>) -> Result<Heard, ModelError> {
        let Utterance { samples, purpose, hints, draft } = utterance;
        if samples.len() > UTTERANCE_MAX {
            return Err(ModelError::Shape { model: MODEL, what: "an utterance that is too long" });
        }
        let before = draft.language.as_ref();
        if samples.len() < SHORTEST || !audible(samples) {
            let draft = Draft { language: before.cloned(), ..Draft::default() };
            return Ok(Heard { draft, ..Heard::default() });
        }
        let language = self.language(samples, (hints, purpose), before)?;
        let manner = Manner {
            language: language.as_ref(),
            positions: Some(positions(samples.len())),
            gives_way: purpose == RecognizerPurpose::Partial,
        };
        let recognition = self.hearer.hear_stretch(samples, manner)?;
        Ok(Heard { recognition, draft: Draft { language, ..Draft::default() } })
    }

    fn gives_way_to(&mut self, haste: Haste) {
        self.hearer.gives_way_to(haste);
    }

    fn rehearse(&mut self, purpose: RecognizerPurpose) -> Result<(), ModelError> {
        // 3 s, which the gate for silence is not asked about.
        let samples = [0; 3 * 16_000];
        let hints = Hints::default();
        let language = self.language(&samples, (&hints, purpose), None)?;
        // Nobody waits, so that nothing gives way.
        let positions = Some(positions(samples.len()));
        let manner = Manner { language: language.as_ref(), positions, gives_way: false };
        self.hearer.hear_stretch(&samples, manner).map(drop)
    }
}

/// Positions of the encoder for an utterance of so many samples.
fn positions(samples: usize) -> i32 {
    let positions = samples.div_ceil(SAMPLES_PER_POSITION) + POSITIONS_SPARE;
    let positions = positions.next_multiple_of(64).clamp(POSITIONS_MIN, POSITIONS_ALL);
    i32::try_from(positions).unwrap_or(i32::MAX)
}

/// 20 ms.
const SAMPLES_PER_POSITION: usize = 320;
/// 1.3 s of silence, by which the model finds the end.
const POSITIONS_SPARE: usize = 64;
/// 7.7 s. The model was trained on 30 s alone and is known to repeat itself where it is given much less; how much less
/// the weights of an operator bear was not measured.
const POSITIONS_MIN: usize = 384;
const POSITIONS_ALL: usize = 1_500;
/// The first 7.7 s of an utterance say which language it is in.
const FINDER_POSITIONS: i32 = 384;
/// An utterance is in another language than those before it if that is likelier than everything else together.
const SURE: f32 = 0.5;
/// 100 ms; nothing that short is a word.
const SHORTEST: usize = 1_600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_utterance_costs_a_quarter_and_none_more_than_all() {
        assert_eq!(positions(16_000), 384);
        assert_eq!(positions(10 * 16_000), 576);
        assert_eq!(positions(UTTERANCE_MAX), 1_088);
        assert_eq!(positions(40 * 16_000), 1_500);
    }
}
