//! Neural voices on tiny models of the true signatures (`models/voices/tiny.py`), read by the system's espeak-ng: each
//! phoneme is a tone and lasts a known number of frames. How real weights sound is not told here.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

use callwright_models::contract::{ModelError, Pronunciation, SpokenWord, Synthesizer, VoiceStyle};
use callwright_models::kokoro::Kokoro;
use callwright_models::piper::Piper;
use callwright_models::spoken::{Espeak, WordTimes};
use callwright_models::voices::{VoiceOptions, Voices};

use crate::recording::models;

/// Makes a model in `folder`.
fn make(folder: &Path, arguments: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("voices/tiny.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(arguments[0]).arg(folder).args(&arguments[1..]);
    assert!(command.status().unwrap().success());
}

fn piper(arguments: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path(), &[&["piper"], arguments].concat());
    let file = folder.path().join("en_US-tiny.onnx");
    (folder, file)
}

#[derive(Default)]
struct Heard {
    samples: Vec<i16>,
    hz: u32,
    words: Vec<SpokenWord>,
}

impl Heard {
    fn ends_ms(&self) -> Vec<u64> {
        self.words.iter().map(|word| word.sample_end * 1_000 / u64::from(self.hz)).collect()
    }

    fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.hz)
    }

    fn peak(&self) -> u16 {
        self.samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0)
    }
}

fn hear(voice: &mut dyn Synthesizer, text: &str, style: &VoiceStyle) -> Result<Heard, ModelError> {
    let mut heard = Heard::default();
    voice.speak(text, style, &mut |chunk| {
        heard.hz = chunk.rate.hz();
        let before = heard.samples.len() as u64;
        heard.samples.extend_from_slice(&chunk.samples);
        for word in &chunk.words {
            let given = heard.samples.len() as u64;
            assert!(before < word.sample_end && word.sample_end <= given, "{word:?} {before}");
        }
        heard.words.extend(chunk.words);
        ControlFlow::Continue(())
    })?;
    Ok(heard)
}

const TEXT: &str = "One of the best is at 9:30, on the 25th of May. Shall I book it for you?";

#[test]
fn piper_speaks_clause_by_clause_with_times_from_its_own_durations() {
    let (_folder, file) = piper(&["--durations"]);
    let mut measured = Piper::load(&models(), &file, &Espeak::default()).unwrap();
    assert_eq!(measured.word_times(), WordTimes::Measured);
    let heard = hear(&mut measured, TEXT, &VoiceStyle::default()).unwrap();
    let spoken: Vec<&str> = heard.words.iter().map(|word| &TEXT[..word.text_end]).collect();
    let words: Vec<&str> = TEXT.split_whitespace().collect();
    assert_eq!(spoken.len(), words.len());
    assert!(spoken.iter().zip(&words).all(|(spoken, word)| spoken.ends_with(word)), "{spoken:?}");
    assert!(heard.words.windows(2).all(|pair| pair[0].sample_end <= pair[1].sample_end));
    // The same without durations: shared out by phonemes it is within a sixth of a second of the truth.
    let (_folder, file) = piper(&[]);
    let mut estimated = Piper::load(&models(), &file, &Espeak::default()).unwrap();
    assert_eq!(estimated.word_times(), WordTimes::Estimated);
    let guessed = hear(&mut estimated, TEXT, &VoiceStyle::default()).unwrap();
    assert_eq!(guessed.samples, heard.samples, "they are one model");
    for (guess, truth) in guessed.ends_ms().iter().zip(heard.ends_ms()) {
        assert!(guess.abs_diff(truth) <= 160, "{:?} {:?}", guessed.ends_ms(), heard.ends_ms());
    }
}

#[test]
fn a_speaker_is_named_behind_the_voice() {
    let (_folder, file) = piper(&["--speakers", "3"]);
    let mut voice = Piper::load(&models(), &file, &Espeak::default()).unwrap();
    assert_eq!(voice.speakers().collect::<Vec<_>>(), ["p0", "p1", "p2"]);
    let mut peak = |name: &str| {
        f64::from(hear(&mut voice, "Hello there.", &VoiceStyle::of(name)).unwrap().peak())
    };
    let first = peak("en_US-tiny");
    // Each is half as loud as the one before.
    for (name, loudness) in [("en_US-tiny#p1", 0.5), ("en_US-tiny#2", 0.25), ("en_US-tiny#9", 1.0)]
    {
        let ratio = peak(name) / first;
        assert!((ratio - loudness).abs() < 0.02, "{name}: {ratio}");
    }
}

#[test]
fn pace_pitch_and_given_phonemes_reach_the_model() {
    let (_folder, file) = piper(&["--durations"]);
    let mut voice = Piper::load(&models(), &file, &Espeak::default()).unwrap();
    let plain = hear(&mut voice, TEXT, &VoiceStyle::default()).unwrap();
    let slow = hear(&mut voice, TEXT, &VoiceStyle::default().at_pace(0.5)).unwrap();
    let longer = slow.seconds() / plain.seconds();
    assert!((1.7..2.1).contains(&longer), "pauses stay as they are: {longer}");
    let pitch = VoiceStyle { pitch: 3.0, ..VoiceStyle::default() };
    let high = hear(&mut voice, TEXT, &pitch).unwrap();
    assert!((high.seconds() / plain.seconds() - 1.0).abs() < 0.15, "frames are whole");
    let known =
        Pronunciation { word: "Nguyen".into(), respelling: None, phonemes: Some("wɪn".into()) };
    let style = VoiceStyle { pronunciations: [known].into(), ..VoiceStyle::default() };
    let name = hear(&mut voice, "Nguyen.", &style).unwrap();
    let same = hear(&mut voice, "win.", &style).unwrap();
    assert!(name.seconds() - same.seconds() < 0.03, "{} {}", name.seconds(), same.seconds());
    let unhelped = hear(&mut voice, "Nguyen.", &VoiceStyle::default()).unwrap();
    assert!(unhelped.seconds() > name.seconds(), "espeak-ng says it otherwise");
}

#[test]
fn kokoro_takes_the_style_of_the_voice_and_of_the_length() {
    for arguments in [&["kokoro", "--durations"][..], &["kokoro", "--older"]] {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), arguments);
        let mut kokoro = Kokoro::load(&models(), folder.path(), &Espeak::default()).unwrap();
        // Japanese is not read by espeak-ng for Kokoro.
        assert_eq!(kokoro.voices().collect::<Vec<_>>(), ["af_heart", "bf_emma"]);
        let measures = arguments.contains(&"--durations");
        assert_eq!(kokoro.word_times() == WordTimes::Measured, measures);
        let long = hear(&mut kokoro, TEXT, &VoiceStyle::of("af_heart")).unwrap();
        assert_eq!(long.hz, 24_000);
        assert_eq!(long.words.len(), TEXT.split_whitespace().count());
        let soft = hear(&mut kokoro, TEXT, &VoiceStyle::of("bf_emma")).unwrap();
        let ratio = f64::from(soft.peak()) / f64::from(long.peak());
        assert!((ratio - 0.25).abs() < 0.01, "{ratio}");
        let short = hear(&mut kokoro, "Hi.", &VoiceStyle::of("af_heart")).unwrap();
        let ratio = f64::from(short.peak()) / f64::from(long.peak());
        assert!((ratio - 0.5).abs() < 0.05, "the row of short texts: {ratio}");
        let fast = hear(&mut kokoro, TEXT, &VoiceStyle::of("af_heart").at_pace(1.5)).unwrap();
        assert!(fast.seconds() < long.seconds() * 0.85);
    }
}

#[test]
fn who_wants_no_more_is_given_no_more() {
    let (_folder, file) = piper(&[]);
    let mut voice = Piper::load(&models(), &file, &Espeak::default()).unwrap();
    let mut given = 0;
    voice
        .speak(TEXT, &VoiceStyle::default(), &mut |_| {
            given += 1;
            if given == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!(given, 2);
}

#[test]
fn a_model_of_another_signature_says_what_was_expected_and_what_was_found() {
    let (_folder, file) = piper(&["--wrong"]);
    let error = Piper::load(&models(), &file, &Espeak::default()).unwrap_err().to_string();
    assert!(error.contains("input_lengths: i64[_]"), "{error}");
    assert!(error.contains("sizes: i64[_]") && error.contains("en_US-tiny.onnx"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    make(folder.path(), &["kokoro", "--wrong"]);
    let error = Kokoro::load(&models(), folder.path(), &Espeak::default()).unwrap_err().to_string();
    assert!(
        error.contains("style: f32[_, _]") && error.contains("style: f32[1, 256, 1]"),
        "{error}"
    );
    std::fs::write(folder.path().join("model.onnx"), b"no model").unwrap();
    let error = Kokoro::load(&models(), folder.path(), &Espeak::default()).unwrap_err().to_string();
    assert!(error.contains("the runtime cannot load it"), "{error}");
}

/// A models folder with the runtime of the real one and the voices that `arguments` make.
fn shelf() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(models().join("onnxruntime"), folder.path().join("onnxruntime"))
        .unwrap();
    folder
}

#[test]
fn what_is_installed_is_opened_beside_flite_and_what_cannot_be_is_left_out() {
    let folder = shelf();
    make(&folder.path().join("piper"), &["piper", "--name", "en_US-amy"]);
    make(&folder.path().join("piper"), &["piper", "--name", "en_US-bad", "--wrong"]);
    make(&folder.path().join("kokoro"), &["kokoro", "--durations"]);
    let options = VoiceOptions { default: Some("en_US-amy".to_owned()), ..VoiceOptions::default() };
    let mut voices = Voices::load(folder.path(), &options).unwrap();
    let names: Vec<&str> = voices.facts().iter().map(|fact| &*fact.name).collect();
    for name in ["slt", "en_US-amy", "af_heart", "bf_emma"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(!names.contains(&"en_US-bad"), "{names:?}");
    assert_eq!(options.counters.counts().left_out, 1);
    assert_eq!(hear(&mut voices, "Hello.", &VoiceStyle::default()).unwrap().hz, 24_000);
    assert_eq!(hear(&mut voices, "Hello.", &VoiceStyle::of("slt")).unwrap().hz, 16_000);
    let options = VoiceOptions { default: Some("nobody".to_owned()), ..VoiceOptions::default() };
    let error = Voices::load(folder.path(), &options).unwrap_err().to_string();
    assert!(error.contains("nobody") && error.contains("af_heart"), "{error}");
}

#[test]
fn without_espeak_flite_speaks_all_the_same() {
    let folder = shelf();
    make(&folder.path().join("piper"), &["piper", "--name", "en_US-amy"]);
    let espeak = Espeak::new("/no/such/espeak-ng");
    let options = VoiceOptions { espeak, ..VoiceOptions::default() };
    let mut voices = Voices::load(folder.path(), &options).unwrap();
    assert_eq!(options.counters.counts().left_out, 1);
    assert_eq!(hear(&mut voices, "Hello.", &VoiceStyle::of("en_US-amy")).unwrap().hz, 16_000);
    assert_eq!(options.counters.counts().unknown_voices, 1);
}
