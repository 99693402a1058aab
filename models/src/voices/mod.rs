//! All voices that a server has, behind one [`Synthesizer`]: Flite's, and every Piper and Kokoro voice in the models
//! folder.
//!
//! > A voice that is not there, or that fails before its first sound, is spoken by the default voice or by Flite: a
//! > caller hears another voice rather than none. Both are counted, and each unknown name is warned of once.
//!
//! What is asked for again and again (greetings, "One moment, please") is kept as sound (`phrases`).

mod counts;
mod installed;
mod phrases;

pub use counts::{VoiceCounters, VoiceCounts};
pub use installed::{VoiceFact, VoiceOptions};
use phrases::PhraseCache;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use crate::contract::{ModelError, SpeechChunk, Synthesizer, VoiceStyle};
use crate::flite::Flite;
use crate::runtime::LoadError;

/// The voices of a server.
pub struct Voices {
    /// Flite's come first: they are always there.
    engines: Vec<Engine>,
    facts: Vec<VoiceFact>,
    /// Spoken with where none is asked for, or one that is not there.
    default: Option<String>,
    phrases: PhraseCache,
    counters: Arc<VoiceCounters>,
    /// Names that were asked for in vain.
    unknown: BTreeSet<String>,
}

/// One engine, and the names of its voices.
struct Engine {
    voices: Vec<String>,
    synthesizer: Box<dyn Synthesizer>,
}

impl std::fmt::Debug for Voices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Voices").field("facts", &self.facts).finish_non_exhaustive()
    }
}

impl Voices {
    /// Opens Flite, and every voice of the models folder that can be used here; one that cannot is warned of and left
    /// out.
    ///
    /// # Errors
    /// [`LoadError`], when there is no Flite, or when the default voice that the options name is not there.
    pub fn load(models: &Path, options: &VoiceOptions) -> Result<Self, LoadError> {
        let flite = Flite::load()?;
        let mut voices = Self::new(options);
        let names: Vec<String> = flite.voices().map(str::to_owned).collect();
        let facts = names.iter().map(|name| VoiceFact::flite(name)).collect();
        voices.add(names, Box::new(flite), facts);
        let mut left_out = 0;
        for found in installed::find(models) {
            match found.load(models, &options.espeak) {
                Ok((names, synthesizer, facts)) => voices.add(names, synthesizer, facts),
                Err(error) => {
                    tracing::warn!("a voice is left out: {error}");
                    left_out += 1;
                }
            }
        }
        voices.counters.left_out(left_out);
        match &options.default {
            Some(name) if voices.engine_of(name).is_none() => Err(LoadError::Voice {
                path: name.into(),
                what: format!("there is none of this name; there are {}", voices.names()),
            }),
            _ => Ok(voices),
        }
    }

    fn new(options: &VoiceOptions) -> Self {
        Self {
            engines: Vec::new(),
            facts: Vec::new(),
            default: options.default.clone(),
            phrases: PhraseCache::new(options.cache_bytes),
            counters: options.counters.clone(),
            unknown: BTreeSet::new(),
        }
    }

    /// Adds an engine. A name that is taken stays with whoever has it.
    fn add(
        &mut self,
        names: Vec<String>,
        synthesizer: Box<dyn Synthesizer>,
        facts: Vec<VoiceFact>,
    ) {
        self.facts.extend(facts);
        self.engines.push(Engine { voices: names, synthesizer });
    }

    /// What is known of each voice; Flite's default first.
    pub fn facts(&self) -> &[VoiceFact] {
        &self.facts
    }

    fn names(&self) -> String {
        let names = self.engines.iter().flat_map(|engine| &engine.voices);
        names.map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    /// The engine that has this voice. A speaker of a voice is named behind a `#`.
    fn engine_of(&self, name: &str) -> Option<usize> {
        let voice = name.split_once('#').map_or(name, |(voice, _)| voice);
        self.engines.iter().position(|engine| engine.voices.iter().any(|known| known == voice))
    }

    /// The engine to speak with, and the voice by its name.
    fn choose(&mut self, style: &VoiceStyle) -> (usize, Option<String>) {
        if let Some(name) = &style.voice {
            if let Some(engine) = self.engine_of(name) {
                return (engine, Some(name.clone()));
            }
            self.counters.unknown_voice();
            if self.unknown.len() < UNKNOWN_MAX && self.unknown.insert(name.clone()) {
                tracing::warn!(
                    voice = name.as_str(),
                    "there is no such voice; the default one speaks in its place (there are {})",
                    self.names()
                );
            }
        }
        let default = self.default.clone();
        let engine = default.as_deref().and_then(|name| self.engine_of(name));
        engine.map_or((0, None), |engine| (engine, default))
    }

    fn speak_with(
        &mut self,
        engine: usize,
        text: &str,
        style: &VoiceStyle,
        sink: &mut dyn FnMut(SpeechChunk) -> ControlFlow<()>,
    ) -> Result<(), ModelError> {
        let engine = self.engines.get_mut(engine);
        let engine = engine.ok_or(ModelError::Unspeakable { reason: "no voice" })?;
        engine.synthesizer.speak(text, style, sink)
    }
}

impl Synthesizer for Voices {
    fn speak(
        &mut self,
        text: &str,
        style: &VoiceStyle,
        sink: &mut dyn FnMut(SpeechChunk) -> ControlFlow<()>,
    ) -> Result<(), ModelError> {
        let (engine, voice) = self.choose(style);
        let style = VoiceStyle { voice, ..style.clone() }.clamped();
        self.counters.text();
        if let Some(kept) = self.phrases.find(text, &style) {
            self.counters.hit();
            for chunk in kept.iter() {
                if sink(chunk.clone()).is_break() {
                    break;
                }
            }
            return Ok(());
        }
        let mut keeping = self.phrases.wanted(text, &style).then(Vec::new);
        let mut given = false;
        let mut cut_off = false;
        let mut listener = |chunk: SpeechChunk| {
            given = true;
            if let Some(keeping) = &mut keeping {
                keeping.push(chunk.clone());
            }
            let goes_on = sink(chunk);
            cut_off |= goes_on.is_break();
            goes_on
        };
        let mut spoken = self.speak_with(engine, text, &style, &mut listener);
        let is_unspeakable = matches!(spoken, Err(ModelError::Unspeakable { .. }));
        if let Err(error) = &spoken
            && !given
            && engine != 0
            && !is_unspeakable
        {
            // Its first sound has not left: another voice may still say it. What Flite says is not kept.
            self.counters.stood_in();
            tracing::warn!("a voice failed and Flite stands in: {error}");
            let style = VoiceStyle { voice: None, ..style.clone() };
            spoken = self.speak_with(0, text, &style, sink);
            keeping = None;
        }
        if let Some(chunks) = keeping
            && spoken.is_ok()
            && !cut_off
        {
            self.phrases.keep(text, &style, chunks);
        }
        self.counters.cache(&self.phrases);
        spoken
    }

    fn rehearse(&mut self) -> Result<(), ModelError> {
        let (engine, _) = self.choose(&VoiceStyle::default());
        match self.engines.get_mut(engine) {
            Some(engine) => engine.synthesizer.rehearse(),
            None => Ok(()),
        }
    }
}

/// Unknown names that are warned of; they come from documents, of which there may be many.
const UNKNOWN_MAX: usize = 64;

#[cfg(test)]
mod tests;
