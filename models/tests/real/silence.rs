//! No words where nobody speaks, and all the words where somebody does.
//!
//! The sound goes the way that it goes in a call: the speech detector finds where somebody may be speaking, and
//! what it finds is written down. Noise of our own making is always heard; recordings of offices, cafes and ringing
//! from `../shared/data/noise`, and real speech beside them, only where that folder is.

use std::path::{Path, PathBuf};

use callwright_media::{Resampler, SampleRate};
use callwright_models::contract::{
    DETECTOR_WINDOW, DetectorStep, Draft, Hints, Recognizer, RecognizerPurpose, SamplePos, SlotId,
    SpeechDetector, UTTERANCE_MAX, Utterance,
};
use callwright_models::moonshine::Moonshine;
use callwright_models::silero::SileroDetector;
use callwright_models::transcript::{Passage, Transcript};

use crate::librispeech::read_flac;
use crate::recording::{models, noise, read, through_telephone};

/// What hears a call.
struct Ear {
    detector: SileroDetector,
    recognizer: Moonshine,
}

impl Ear {
    fn load() -> Self {
        let folder = models();
        Self {
            detector: SileroDetector::load(&folder, 1).unwrap(),
            recognizer: Moonshine::load(&folder).unwrap(),
        }
    }

    /// Where somebody may be speaking: from two windows in a row of speech to five without, with what belongs to
    /// the first and last words, as a call takes it.
    fn utterances<'a>(&mut self, wave: &'a [i16]) -> Vec<&'a [i16]> {
        let mut found = Vec::new();
        let (mut began, mut voiced, mut quiet) = (None, 0, 0);
        let windows = wave.as_chunks::<DETECTOR_WINDOW>().0;
        for (number, window) in windows.iter().enumerate() {
            let mut probability = [0.0];
            let step = DetectorStep { slot: SlotId(0), fresh: number == 0, window };
            self.detector.step(&[step], &mut probability).unwrap();
            voiced = if probability[0] >= 0.5 { voiced + 1 } else { 0 };
            quiet = if probability[0] < 0.35 { quiet + 1 } else { 0 };
            if began.is_none() && voiced == 2 {
                began = Some(number.saturating_sub(1) * DETECTOR_WINDOW);
            }
            let last = number + 1 == windows.len();
            if let Some(from) = began.take_if(|_| quiet == 5 || last) {
                let end = (number + 1 - quiet) * DETECTOR_WINDOW + 1_600;
                found.push(&wave[from.saturating_sub(4_800)..end.min(wave.len())]);
            }
        }
        found
    }

    /// The words of an utterance.
    fn words(&mut self, utterance: &[i16]) -> String {
        let (from, purpose) = (SamplePos(0), RecognizerPurpose::Final);
        let samples = &utterance[..utterance.len().min(UTTERANCE_MAX)];
        let passage = Passage { from, samples, purpose, hints: &Hints::default() };
        Transcript::default().hear(&mut self.recognizer, passage).unwrap().text
    }

    fn assert_silent(&mut self, what: &str, wave: &[i16]) {
        for utterance in self.utterances(wave) {
            let words = self.words(utterance);
            assert_eq!(words, "", "{what}, {} ms", utterance.len() / 16);
        }
    }
}

/// Chords, a melody that trembles, and a drum every 400 ms: what one is put on hold with.
fn hold_music(seconds: usize, key: f32) -> Vec<i16> {
    const BEAT: usize = 6_400;
    let drum = noise(1_600, 6_000);
    (0..seconds * 16_000)
        .map(|n| {
            let (beat, within) = (n / BEAT, n % BEAT);
            let root = key * [1.0, 0.794, 1.189, 0.891][beat / 4 % 4];
            let step = [1.0, 1.125, 1.25, 1.5, 1.667][beat * 7 % 5];
            let time = n as f32 / 16_000.0;
            let turn = std::f32::consts::TAU * time;
            let decay = (-3.0 * within as f32 / 16_000.0).exp();
            let chord: f32 = [1.0, 1.26, 1.5].iter().map(|tone| (turn * root * tone).sin()).sum();
            let melody = (turn * root * 2.0 * step + 3.0 * (turn * 5.0).sin()).sin();
            let drum = drum.get(within).map_or(0.0, |&hit| f32::from(hit) * decay.powi(8));
            ((chord * 1_200.0 + melody * 2_500.0) * decay + drum) as i16
        })
        .collect()
}

/// A hum with its harmonics, as of a fan or a bad line.
fn hum(seconds: usize, pitch: f32) -> Vec<i16> {
    let tone = |n: usize, harmonic: f32| {
        (std::f32::consts::TAU * pitch * harmonic * n as f32 / 16_000.0).sin() / harmonic
    };
    (0..seconds * 16_000)
        .map(|n| ((1..9).map(|harmonic| tone(n, harmonic as f32)).sum::<f32>() * 2_000.0) as i16)
        .collect()
}

#[test]
fn noise_and_music_of_our_own_making_have_no_words() {
    let mut ear = Ear::load();
    let second = 16_000;
    for (what, wave) in [
        ("silence", vec![0; 10 * second]),
        ("faint noise", noise(10 * second, 40)),
        ("loud noise", noise(20 * second, 8_000)),
        ("hum", hum(20, 50.0)),
        ("whine", hum(20, 210.0)),
        ("music", hold_music(30, 220.0)),
        ("higher music", hold_music(30, 392.0)),
    ] {
        ear.assert_silent(what, &through_telephone(&wave));
    }
}

#[test]
fn what_is_no_speech_has_no_words_even_if_the_detector_is_mistaken() {
    let mut ear = Ear::load();
    for (what, wave) in [
        ("silence", vec![0; 16_000]),
        ("faint noise", noise(32_000, 40)),
        ("noise", noise(32_000, 6_000)),
        ("music", hold_music(4, 220.0)),
        ("hum", hum(2, 50.0)),
    ] {
        assert_eq!(ear.words(&through_telephone(&wave)), "", "{what}");
    }
}

/// A folder of data beside the repository.
fn data(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(folder);
    if !path.is_dir() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

/// A WAV file of any rate that calls use, its first channel at 16 kHz; `None` for one that is of another.
fn wave(path: &Path) -> Option<Vec<i16>> {
    let spec = hound::WavReader::open(path).ok()?.spec();
    let rate = SampleRate::from_hz(spec.sample_rate)?;
    let plain = spec.channels == 1 && spec.bits_per_sample == 16;
    (plain && Resampler::new(rate, SampleRate::Hz16000).is_ok()).then(|| read(path))
}

#[test]
fn ten_minutes_of_offices_cafes_and_ringing_have_no_words() {
    let Some(folder) = data("noise") else { return };
    let mut ear = Ear::load();
    let names = [
        "coffee-shop_bolna.wav",
        "office-ambience-8000-mono_dograh.wav",
        "office_active-call.wav",
        "phone-calling_rustpbx.wav",
        "transfer_hold_ring_8000.wav",
        "noise/noise1.wav",
        "noise/noise2.wav",
        "noise/noise3.wav",
        "noise/noise4.wav",
        "noise/noise5.wav",
    ];
    let mut heard = 0;
    for name in names {
        let Some(wave) = wave(&folder.join(name)) else { continue };
        // As loud as it is, louder and much louder: a caller's telephone does the same.
        for gain in [1, 4, 12] {
            let louder: Vec<i16> = wave.iter().map(|sample| sample.saturating_mul(gain)).collect();
            ear.assert_silent(name, &louder);
            heard += louder.len();
        }
    }
    assert!(heard >= 600 * 16_000, "{} s", heard / 16_000);
}

#[test]
fn speech_keeps_its_words() {
    let Some(folder) = data("librispeech") else { return };
    let mut ear = Ear::load();
    let (mut utterances, mut silenced) = (0, Vec::new());
    let mut check = |name: &Path, wave: &[i16]| {
        for utterance in ear.utterances(wave) {
            // Less than 200 ms of voice is no word.
            if utterance.len() < 4_800 + 1_600 + 3_200 {
                continue;
            }
            // What the model wrote, whatever became of it.
            let (purpose, draft) = (RecognizerPurpose::Final, Draft::default());
            let samples = &utterance[..utterance.len().min(UTTERANCE_MAX)];
            let utterance = Utterance { samples, purpose, hints: &Hints::default(), draft: &draft };
            let heard = ear.recognizer.hear(utterance).unwrap();
            utterances += 1;
            if heard.recognition.text.is_empty() && heard.draft.tokens.len() > 1 {
                silenced.push(format!("{} {:?}", name.display(), heard.draft.tokens));
            }
        }
    };
    for path in files(&folder, "flac").iter().step_by(4) {
        check(path, &through_telephone(&read_flac(path.clone())));
    }
    for path in data("telephone").iter().flat_map(|folder| files(folder, "wav")) {
        check(&path, &wave(&path).unwrap_or_default());
    }
    eprintln!("of {utterances} stretches of speech the guard silenced {silenced:?}");
    assert!(silenced.len() * 100 <= utterances, "{silenced:?}");
}

/// All files of a folder and the folders in it whose names end so.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}
