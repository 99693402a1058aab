//! A text, spoken clause by clause by a model that turns numbers into sound.

use std::ops::ControlFlow;

use super::delivery::{Delivery, pitch_factor};
use super::{Group, Language, Phonemizer, clauses, groups, times};
use crate::contract::{ModelError, SpeechChunk, VoiceStyle};

/// A model that turns the numbers of phonemes into sound.
pub(crate) trait Acoustic {
    /// Samples per second of its sound.
    fn rate_hz(&self) -> u32;

    /// Most numbers that it takes at once.
    fn ids_max(&self) -> usize;

    /// Spells a clause that ends with `mark`.
    fn spell(&self, groups: &[Group], mark: char) -> Spelling;

    /// The sound of a spelling, `pace` times as fast as the voice was recorded.
    ///
    /// # Errors
    /// [`ModelError`].
    fn sound(&mut self, ids: &[i64], pace: f32) -> Result<Sound, ModelError>;
}

/// A clause in the numbers that a model was trained with.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Spelling {
    /// The numbers.
    pub(crate) ids: Vec<i64>,
    /// For each of them, about how long it sounds, in phonemes.
    pub(crate) weights: Vec<f32>,
    /// For each group, one past its last number.
    pub(crate) ends: Vec<usize>,
}

impl Spelling {
    pub(crate) fn push(&mut self, id: i64, weight: f32) {
        self.ids.push(id);
        self.weights.push(weight);
    }
}

/// What a model gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sound {
    /// Full scale 1.0.
    pub(crate) samples: Vec<f32>,
    /// How long each number sounds, in a unit of the model's; `None` when it does not say.
    pub(crate) durations: Option<Vec<f32>>,
}

/// Speaks `text`, a clause at a time; stops between chunks when `sink` wants no more.
///
/// # Errors
/// [`ModelError`]; what was given before stays valid.
pub(crate) fn speak(
    text: &str,
    style: &VoiceStyle,
    language: &Language,
    phonemizer: &mut dyn Phonemizer,
    model: &mut dyn Acoustic,
    sink: &mut dyn FnMut(SpeechChunk) -> ControlFlow<()>,
) -> Result<(), ModelError> {
    let clauses = clauses::cut(text)?;
    let mut delivery = Delivery::new(model.rate_hz(), style, sink);
    let mut spoke = false;
    for clause in &clauses {
        let groups = groups::groups(clause, &style.pronunciations, language, phonemizer)?;
        for (part, mark) in parts(&groups, clause.mark, model) {
            let spelling = model.spell(part, mark);
            if spelling.ends.is_empty() {
                continue;
            }
            if spelling.ids.len() > model.ids_max() {
                return Err(ModelError::Unspeakable { reason: "it has a word without an end" });
            }
            // Played higher it is also shorter, so it is made longer first.
            let sound = model.sound(&spelling.ids, style.pace / pitch_factor(style))?;
            let ends = times::group_ends(&spelling, &sound);
            spoke = true;
            if delivery.clause(mark, part, &ends, sound)?.is_break() {
                return Ok(());
            }
        }
    }
    if spoke { Ok(()) } else { Err(ModelError::Unspeakable { reason: "it has no phonemes" }) }
}

/// A clause that has more phonemes than the model takes, in parts that it takes.
fn parts<'g>(groups: &'g [Group], mark: char, model: &dyn Acoustic) -> Vec<(&'g [Group], char)> {
    if groups.is_empty() {
        return Vec::new();
    }
    let fits = |groups: &[Group]| model.spell(groups, mark).ids.len() <= model.ids_max();
    if groups.len() == 1 || fits(groups) {
        return vec![(groups, mark)];
    }
    let (first, second) = groups.split_at(groups.len() / 2);
    let mut all = parts(first, ',', model);
    all.extend(parts(second, mark, model));
    all
}
