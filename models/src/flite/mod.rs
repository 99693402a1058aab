//! Flite: speaks English in this process, from the system's own shared libraries (package `libflite1`).
//!
//! A text is spoken sentence by sentence. Within a sentence the sound comes while it is made, so that the first
//! of it is there after the sentence's analysis, and word times are known before the first sample.

mod abi;
mod delivery;
mod library;
mod onset;
mod script;

use std::ops::ControlFlow;

use crate::contract::{ModelError, SpeechChunk, Synthesizer, VoiceStyle};
use crate::runtime::LoadError;
use delivery::Delivery;
use library::{Library, Voice};
use script::Script;

/// All of Flite's voices that the system has.
#[derive(Debug)]
pub struct Flite {
    library: &'static Library,
    /// The default first.
    voices: Vec<Voice>,
}

impl Flite {
    /// Opens the system's Flite with those of its voices that are there, and speaks a word to nobody.
    ///
    /// # Errors
    /// [`LoadError::Speech`], when there is no library or no voice.
    pub fn load() -> Result<Self, LoadError> {
        let library = Library::open()?;
        let voices = library.voices()?;
        let mut flite = Self { library, voices };
        flite.speak("Ready.", &VoiceStyle::default(), &mut |_| ControlFlow::Continue(()))?;
        Ok(flite)
    }

    /// Names of the voices, the default first.
    pub fn voices(&self) -> impl Iterator<Item = &'static str> {
        self.voices.iter().map(|voice| voice.name())
    }

    fn voice(&self, style: &VoiceStyle) -> Option<&Voice> {
        let named = style.voice.as_deref();
        self.voices.iter().find(|voice| named == Some(voice.name())).or(self.voices.first())
    }
}

impl Synthesizer for Flite {
    fn speak(
        &mut self,
        text: &str,
        style: &VoiceStyle,
        sink: &mut dyn FnMut(SpeechChunk) -> ControlFlow<()>,
    ) -> Result<(), ModelError> {
        let style = style.clone().clamped();
        let script = Script::parse(text, &style.pronunciations)?;
        let voice = self.voice(&style).ok_or(ModelError::Unspeakable { reason: "no voice" })?;
        let mut delivery = Delivery::new(&style, sink);
        for sentence in script.sentences() {
            delivery.begin_sentence();
            let end =
                self.library.speak(voice, sentence, &style, &mut |piece| delivery.add(piece))?;
            if end.is_break() {
                return Ok(());
            }
        }
        // What the sink says to the last piece makes no difference.
        match delivery.finish() {
            ControlFlow::Continue(()) | ControlFlow::Break(()) => Ok(()),
        }
    }

    fn rehearse(&mut self) -> Result<(), ModelError> {
        let text = "I can offer you half past three on Tuesday.";
        self.speak(text, &VoiceStyle::default(), &mut |_| ControlFlow::Continue(()))
    }
}

const MODEL: &str = "flite";
