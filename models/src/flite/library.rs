//! Flite's shared libraries: the only place that calls C by hand.
//!
//! Written against Flite 2.2 (`flite.h`, `cst_audio.h`, `cst_wave.h`, `cst_utterance.h`), the version of Debian 12
//! and 13 and Ubuntu 22.04 and 24.04. Voices are registered once, under a lock. Speaking touches only the
//! utterance being made and the C library's `rand`, so that one sentence is spoken at a time.
#![expect(unsafe_code, reason = "Flite is a C library and has no binding that is kept up")]

use std::any::Any;
use std::ffi::{CStr, c_char, c_float, c_int, c_uint};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError};

use callwright_media::SampleRate;
use libloading::os::unix::{Library as SharedObject, RTLD_LOCAL, RTLD_NOW};

use super::MODEL;
use super::abi::{CFeatures, CItem, CRelation, CStreaming, CUtterance, CValue, CVoice, CWave};
use super::script::Token;
use crate::contract::{ModelError, VoiceStyle};
use crate::runtime::LoadError;

/// A piece of a sentence's sound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    pub(super) rate: SampleRate,
    pub(super) samples: &'a [i16],
    /// The whole sentence's timing.
    pub(super) timing: &'a Timing<'a>,
}

/// When what is heard in a sentence.
#[derive(Debug)]
pub(super) struct Timing<'a> {
    /// Seconds of silence before the first word.
    pub(super) speech_begins: f32,
    pub(super) words: &'a [WordTime],
}

/// The end of a word.
#[derive(Clone, Copy, Debug)]
pub(super) struct WordTime {
    /// End of the word's token in the text, in bytes.
    pub(super) text_end: usize,
    /// Seconds from the sentence's first sample.
    pub(super) ends: f32,
}

/// A registered voice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Voice {
    name: &'static str,
    voice: *mut CVoice,
}

// SAFETY: a registered voice is never freed and, after registration, never written.
unsafe impl Send for Voice {}
// SAFETY: as above.
unsafe impl Sync for Voice {}

impl Voice {
    pub(super) fn name(&self) -> &'static str {
        self.name
    }
}

/// The functions of `libflite` that are used.
pub(super) struct Library {
    new_utterance: unsafe extern "C" fn() -> *mut CUtterance,
    delete_utterance: unsafe extern "C" fn(*mut CUtterance),
    utt_relation_create: unsafe extern "C" fn(*mut CUtterance, *const c_char) -> *mut CRelation,
    utt_relation: unsafe extern "C" fn(*const CUtterance, *const c_char) -> *mut CRelation,
    relation_append: unsafe extern "C" fn(*mut CRelation, *mut CItem) -> *mut CItem,
    relation_head: unsafe extern "C" fn(*mut CRelation) -> *mut CItem,
    item_next: unsafe extern "C" fn(*const CItem) -> *mut CItem,
    item_set_string: unsafe extern "C" fn(*const CItem, *const c_char, *const c_char),
    item_set_int: unsafe extern "C" fn(*const CItem, *const c_char, c_int),
    feature_int: unsafe extern "C" fn(*const CItem, *const c_char) -> c_int,
    feature_float: unsafe extern "C" fn(*const CItem, *const c_char) -> c_float,
    feat_set_float: unsafe extern "C" fn(*mut CFeatures, *const c_char, c_float),
    feat_set: unsafe extern "C" fn(*mut CFeatures, *const c_char, *const CValue),
    new_audio_streaming_info: unsafe extern "C" fn() -> *mut CStreaming,
    audio_streaming_info_val: unsafe extern "C" fn(*mut CStreaming) -> *mut CValue,
    utt_init: unsafe extern "C" fn(*mut CUtterance, *mut CVoice) -> *mut CUtterance,
    utt_synth_tokens: unsafe extern "C" fn(*mut CUtterance) -> *mut CUtterance,
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Library").finish_non_exhaustive()
    }
}

/// Opened once and kept for the life of the process, because voices point into it. Held while voices register.
static OPENED: Mutex<Option<&'static Library>> = Mutex::new(None);

impl Library {
    /// Opens the library, or gives the one that is open.
    pub(super) fn open() -> Result<&'static Self, LoadError> {
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(library) = *opened {
            return Ok(library);
        }
        let library: &'static Self = Box::leak(Box::new(Self::open_named(LIBRARY)?));
        *opened = Some(library);
        Ok(library)
    }

    fn open_named(name: &'static str) -> Result<Self, LoadError> {
        let object = Object::open(name)?;
        let init: unsafe extern "C" fn() -> c_int = object.function(c"flite_init")?;
        // SAFETY: the signature is `flite.h`'s; it compiles tables of its own, once, under our lock.
        unsafe { init() };
        Ok(Self {
            new_utterance: object.function(c"new_utterance")?,
            delete_utterance: object.function(c"delete_utterance")?,
            utt_relation_create: object.function(c"utt_relation_create")?,
            utt_relation: object.function(c"utt_relation")?,
            relation_append: object.function(c"relation_append")?,
            relation_head: object.function(c"relation_head")?,
            item_next: object.function(c"item_next")?,
            item_set_string: object.function(c"item_set_string")?,
            item_set_int: object.function(c"item_set_int")?,
            feature_int: object.function(c"flite_ffeature_int")?,
            feature_float: object.function(c"flite_ffeature_float")?,
            feat_set_float: object.function(c"flite_feat_set_float")?,
            feat_set: object.function(c"flite_feat_set")?,
            new_audio_streaming_info: object.function(c"new_audio_streaming_info")?,
            audio_streaming_info_val: object.function(c"audio_streaming_info_val")?,
            utt_init: object.function(c"utt_init")?,
            utt_synth_tokens: object.function(c"utt_synth_tokens")?,
        })
    }

    /// Registers every voice that the system has; the default is the first.
    #[expect(clippy::unused_self, reason = "voices need the library that is open")]
    pub(super) fn voices(&self) -> Result<Vec<Voice>, LoadError> {
        let _registering = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        let mut voices = Vec::new();
        let mut refused = None;
        for (name, file, register) in VOICES {
            match register_voice(file, register) {
                Ok(voice) => voices.push(Voice { name, voice }),
                Err(error) => refused = Some(error),
            }
        }
        match refused {
            Some(error) if voices.is_empty() => Err(error),
            _ => Ok(voices),
        }
    }

    /// Speaks one sentence; each piece of sound is given to `listener` as soon as it is made.
    ///
    /// # Errors
    /// [`ModelError::Runtime`], when Flite gives up.
    pub(super) fn speak(
        &self,
        voice: &Voice,
        sentence: &[Token],
        style: &VoiceStyle,
        listener: &mut dyn FnMut(Piece<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, ModelError> {
        let utterance = Utterance::new(self, sentence)?;
        let mut hearing = Hearing {
            library: self,
            sentence,
            words: Vec::new(),
            speech_begins: 0.0,
            begun: false,
            listener,
            outcome: ControlFlow::Continue(()),
            panic: None,
        };
        // One sentence at a time: Flite's noise comes from `rand`, whose state all threads share. From the same seed the same
        // sentence is the same sound, whatever was spoken before.
        let _alone = SENTENCE.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: `srand` is C's, thread-safe in the C libraries that Rust's std links, and takes any number.
        unsafe { srand(NOISE_SEED) };
        // SAFETY: the utterance is ours and whole. Its features come first in its structure (`cst_utterance.h`).
        // The streaming info belongs to the features from `feat_set` on and lives as long as the utterance, and
        // `hearing` outlives the synthesis, which is when the callback may be called. `utt_synth_tokens` gives
        // back its argument or null; the utterance is deleted by `Utterance`, in either case.
        let made = unsafe {
            let features = (*utterance.utterance).features;
            (self.feat_set_float)(features, c"duration_stretch".as_ptr(), 1.0 / style.pace);
            let higher = (style.pitch / 12.0).exp2();
            (self.feat_set_float)(features, c"f0_shift".as_ptr(), higher);
            let streaming = (self.new_audio_streaming_info)();
            (*streaming).min_buffsize = PIECE_MIN_SAMPLES;
            (*streaming).asc = Some(hear);
            (*streaming).userdata = (&raw mut hearing).cast();
            let value = (self.audio_streaming_info_val)(streaming);
            (self.feat_set)(features, c"streaming_info".as_ptr(), value);
            (self.utt_init)(utterance.utterance, voice.voice);
            (self.utt_synth_tokens)(utterance.utterance)
        };
        if let Some(panic) = hearing.panic.take() {
            resume_unwind(panic);
        }
        if made.is_null() {
            return Err(gave_up("it gave up a sentence"));
        }
        Ok(hearing.outcome)
    }
}

unsafe extern "C" {
    /// C's, which std links already.
    fn srand(seed: c_uint);
}

/// Who has it speaks.
static SENTENCE: Mutex<()> = Mutex::new(());
/// The state that C programs begin with.
const NOISE_SEED: c_uint = 1;

fn gave_up(reason: &str) -> ModelError {
    ModelError::Runtime { model: MODEL, reason: reason.to_owned() }
}

/// An utterance with its tokens; deleted when dropped.
struct Utterance<'a> {
    library: &'a Library,
    utterance: *mut CUtterance,
}

impl<'a> Utterance<'a> {
    fn new(library: &'a Library, sentence: &[Token]) -> Result<Self, ModelError> {
        // SAFETY: a plain constructor; its result is checked.
        let utterance = unsafe { (library.new_utterance)() };
        if utterance.is_null() {
            return Err(gave_up("it made no utterance"));
        }
        let this = Self { library, utterance };
        // SAFETY: the utterance is valid and ours; strings are NUL-terminated and copied by Flite; relation and
        // items belong to the utterance.
        unsafe {
            let tokens = (library.utt_relation_create)(utterance, c"Token".as_ptr());
            for (place, token) in sentence.iter().enumerate() {
                let item = (library.relation_append)(tokens, std::ptr::null_mut());
                (library.item_set_string)(item, c"name".as_ptr(), token.name.as_ptr());
                (library.item_set_string)(item, c"whitespace".as_ptr(), c" ".as_ptr());
                (library.item_set_string)(item, c"prepunctuation".as_ptr(), token.before.as_ptr());
                (library.item_set_string)(item, c"punc".as_ptr(), token.after.as_ptr());
                // Counted from 1: 0 is what Flite answers when there is no such feature.
                let number = c_int::try_from(place + 1).unwrap_or(0);
                (library.item_set_int)(item, PLACE.as_ptr(), number);
            }
        }
        Ok(this)
    }
}

impl Drop for Utterance<'_> {
    fn drop(&mut self) {
        // SAFETY: made by `new_utterance` and deleted once.
        unsafe { (self.library.delete_utterance)(self.utterance) }
    }
}

/// What the callback needs.
struct Hearing<'a> {
    library: &'a Library,
    sentence: &'a [Token],
    words: Vec<WordTime>,
    speech_begins: f32,
    /// The timing has been read.
    begun: bool,
    listener: &'a mut dyn FnMut(Piece<'_>) -> ControlFlow<()>,
    outcome: ControlFlow<()>,
    /// A panic of the listener, carried past the C code.
    panic: Option<Box<dyn Any + Send>>,
}

impl Hearing<'_> {
    /// Reads when the words end, once all durations are known.
    ///
    /// # Safety
    /// `utterance` is the one being synthesised.
    unsafe fn read_timing(&mut self, utterance: *const CUtterance) {
        let library = self.library;
        // SAFETY: the relation was made by the text analysis, before any sound; feature paths that lead nowhere
        // give 0.
        let mut word = unsafe {
            let words = (library.utt_relation)(utterance, c"Word".as_ptr());
            if words.is_null() { std::ptr::null_mut() } else { (library.relation_head)(words) }
        };
        let mut first = true;
        while !word.is_null() {
            // SAFETY: `word` is an item of the utterance, until `item_next` says null.
            let (place, begins, ends) = unsafe {
                let place = (library.feature_int)(word, WORD_PLACE.as_ptr());
                let begins = (library.feature_float)(word, WORD_BEGINS.as_ptr());
                let ends = (library.feature_float)(word, WORD_ENDS.as_ptr());
                word = (library.item_next)(word);
                (place, begins, ends)
            };
            if std::mem::take(&mut first) {
                self.speech_begins = begins;
            }
            let token = usize::try_from(place).ok().and_then(|place| place.checked_sub(1));
            if let Some(token) = token.and_then(|place| self.sentence.get(place)) {
                self.words.push(WordTime { text_end: token.text_end, ends });
            }
        }
    }
}

/// Flite's callback: `size` new samples from `start` on.
///
/// # Safety
/// Called by Flite during synthesis, with the streaming info that [`Library::speak`] has made.
unsafe extern "C" fn hear(
    wave: *const CWave,
    start: c_int,
    size: c_int,
    _last: c_int,
    streaming: *mut CStreaming,
) -> c_int {
    // SAFETY: `userdata` is the `Hearing` on the stack of the `speak` that called Flite, which calls back on the
    // same thread and from nowhere else; nothing else uses it meanwhile.
    let hearing = unsafe { &mut *(*streaming).userdata.cast::<Hearing<'_>>() };
    if hearing.outcome.is_break() || hearing.panic.is_some() {
        return STREAM_STOP;
    }
    let heard = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: Flite has filled the wave's samples up to `start + size`.
        let (samples, hz) = unsafe {
            let (Ok(from), Ok(count)) = (usize::try_from(start), usize::try_from(size)) else {
                return ControlFlow::Continue(());
            };
            let samples = std::slice::from_raw_parts((*wave).samples.add(from).cast_const(), count);
            (samples, (*wave).sample_rate)
        };
        let Some(rate) = u32::try_from(hz).ok().and_then(SampleRate::from_hz) else {
            return ControlFlow::Break(());
        };
        if !hearing.begun {
            hearing.begun = true;
            // SAFETY: Flite sets `utt` before it makes any sound.
            unsafe { hearing.read_timing((*streaming).utt) };
        }
        let timing = Timing { speech_begins: hearing.speech_begins, words: &hearing.words };
        (hearing.listener)(Piece { rate, samples, timing: &timing })
    }));
    match heard {
        Ok(outcome) => hearing.outcome = outcome,
        Err(panic) => hearing.panic = Some(panic),
    }
    let goes_on = hearing.outcome.is_continue() && hearing.panic.is_none();
    if goes_on { STREAM_CONTINUE } else { STREAM_STOP }
}

/// A shared object that is never closed.
struct Object {
    name: &'static str,
    object: &'static SharedObject,
}

impl Object {
    fn open(name: &'static str) -> Result<Self, LoadError> {
        // SAFETY: the system's own library, found by the system's own rules; its initialisers do nothing.
        let opened = unsafe { SharedObject::open(Some(name), RTLD_NOW | RTLD_LOCAL) };
        match opened {
            Ok(object) => Ok(Self { name, object: Box::leak(Box::new(object)) }),
            Err(error) => Err(LoadError::Speech { library: name, reason: error.to_string() }),
        }
    }

    /// The function of that name.
    fn function<F: Copy>(&self, name: &CStr) -> Result<F, LoadError> {
        // SAFETY: `F` is the signature that `flite.h` gives for this name, at each place of use. The object is
        // never closed, so the copy stays valid.
        let symbol = unsafe { self.object.get::<F>(name.to_bytes_with_nul()) };
        match symbol {
            Ok(function) => Ok(*function),
            Err(error) => Err(LoadError::Speech { library: self.name, reason: error.to_string() }),
        }
    }
}

fn register_voice(file: &'static str, register: &CStr) -> Result<*mut CVoice, LoadError> {
    let object = Object::open(file)?;
    let register: unsafe extern "C" fn(*const c_char) -> *mut CVoice = object.function(register)?;
    // SAFETY: `register_…(NULL)` as in Flite's own `main`; gives the same voice when called again. The caller
    // holds the lock, because registration is not thread-safe.
    let voice = unsafe { register(std::ptr::null()) };
    if voice.is_null() {
        return Err(LoadError::Speech { library: file, reason: "it has no voice".to_owned() });
    }
    Ok(voice)
}

const LIBRARY: &str = "libflite.so.1";

/// Name, library and registering function of each voice, the most natural first.
const VOICES: [(&str, &str, &CStr); 5] = [
    ("slt", "libflite_cmu_us_slt.so.1", c"register_cmu_us_slt"),
    ("rms", "libflite_cmu_us_rms.so.1", c"register_cmu_us_rms"),
    ("awb", "libflite_cmu_us_awb.so.1", c"register_cmu_us_awb"),
    ("kal16", "libflite_cmu_us_kal16.so.1", c"register_cmu_us_kal16"),
    ("kal", "libflite_cmu_us_kal.so.1", c"register_cmu_us_kal"),
];

/// A piece is at least 20 ms at 16 kHz.
const PIECE_MIN_SAMPLES: c_int = 320;
/// `CST_AUDIO_STREAM_CONT` and `CST_AUDIO_STREAM_STOP` of `cst_audio.h`.
const STREAM_CONTINUE: c_int = 0;
const STREAM_STOP: c_int = -1;

/// Our own feature of a token: its place in the sentence.
const PLACE: &CStr = c"callwright_place";
const WORD_PLACE: &CStr = c"R:Token.parent.callwright_place";
const WORD_BEGINS: &CStr = c"R:SylStructure.daughter1.daughter1.R:Segment.p.end";
const WORD_ENDS: &CStr = c"R:SylStructure.daughtern.daughtern.R:Segment.end";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_is_not_there_is_an_error_that_says_what_to_do() {
        let error = Library::open_named("libflite-that-nobody-has.so.1").unwrap_err();
        let message = error.to_string();
        assert!(message.contains("libflite-that-nobody-has.so.1"), "{message}");
        assert!(message.contains("libflite1"), "{message}");
    }
}
