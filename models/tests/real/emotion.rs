//! The emotion model on made-up voices, which are always at hand, and on recorded ones, where there are any.
//!
//! The recordings are in `../shared/data`, which is no part of this repository: without them the tests that want
//! them say "skipped". RAVDESS is measured here and has trained nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use callwright_models::contract::{EmotionModel, EmotionStep, SlotId, VoiceEmotion};
use callwright_models::emotion::EmotionNet;

use crate::recording::{models, noise, through_telephone};

/// A buzz like a voice, of a pitch in Hz, that comes in syllables.
fn buzz(hz: usize, seconds: f64, loudness: i16) -> Vec<i16> {
    let hiss = noise((seconds * 16_000.0) as usize, 40);
    let samples = hiss.into_iter().enumerate();
    samples
        .map(|(i, hiss)| {
            let sounding = i / 2_400 % 3 != 2;
            let pulse =
                if sounding && i * hz / 16_000 != (i + 1) * hz / 16_000 { loudness } else { 0 };
            pulse + hiss
        })
        .collect()
}

/// What is heard of one utterance of the caller in `slot`.
fn judge(net: &mut EmotionNet, slot: u16, fresh: bool, utterance: &[i16]) -> Option<VoiceEmotion> {
    let mut heard = [None];
    net.judge(&[EmotionStep { slot: SlotId(slot), fresh, gone_on: false, utterance }], &mut heard)
        .unwrap();
    heard[0]
}

fn values(heard: &VoiceEmotion) -> Vec<f32> {
    [heard.arousal, heard.valence].into_iter().chain(heard.classes).collect()
}

#[test]
fn callers_heard_together_are_heard_as_each_alone() {
    let utterances: Vec<Vec<i16>> = [(100, 1.0), (140, 2.5), (180, 7.0), (240, 0.1), (310, 4.1)]
        .map(|(hz, seconds)| buzz(hz, seconds, 9_000))
        .into();
    let mut net = EmotionNet::load(&models(), utterances.len()).unwrap();
    for known in [false, true] {
        let steps: Vec<EmotionStep<'_>> = (0..)
            .zip(&utterances)
            .map(|(slot, utterance)| EmotionStep {
                slot: SlotId(slot),
                fresh: !known,
                gone_on: false,
                utterance,
            })
            .collect();
        let mut alone = EmotionNet::load(&models(), utterances.len()).unwrap();
        let mut together = vec![None; steps.len()];
        if known {
            for step in &steps {
                judge(&mut alone, step.slot.0, true, step.utterance);
            }
        }
        net.judge(&steps, &mut together).unwrap();
        assert!(together[3].is_none(), "a tenth of a second is too little");
        for (step, together) in steps.iter().zip(together) {
            let alone = judge(&mut alone, step.slot.0, step.fresh, step.utterance);
            assert_eq!(alone.is_some(), together.is_some());
            let (Some(alone), Some(together)) = (alone, together) else { continue };
            assert_eq!(alone.against_own, together.against_own);
            assert_eq!(alone.voice_ms, together.voice_ms);
            for (one, other) in values(&alone).into_iter().zip(values(&together)) {
                assert!((one - other).abs() < 1e-5, "{one} {other}");
                assert!((0.0..=1.0).contains(&one));
            }
        }
    }
}

#[test]
fn a_caller_is_held_against_their_own_first_seconds_and_the_next_one_is_not() {
    let mut net = EmotionNet::load(&models(), 2).unwrap();
    let calm = buzz(110, 3.0, 6_000);
    let other = judge(&mut net, 1, true, &calm).unwrap();
    let first = judge(&mut net, 0, true, &calm).unwrap();
    assert!(!first.against_own && first == other);
    assert!(first.arousal < 0.8, "what is learned from must be at rest: {}", first.arousal);
    assert!(judge(&mut net, 0, false, &calm).unwrap().against_own);
    let next = judge(&mut net, 0, true, &calm).unwrap();
    assert_eq!(next, first, "nothing is left of the last caller");
}

#[test]
fn an_utterance_that_goes_on_is_learned_from_once() {
    let mut net = EmotionNet::load(&models(), 2).unwrap();
    let (whole, loud) = (buzz(110, 3.0, 6_000), buzz(170, 2.0, 9_000));
    let mut hear = |slot, fresh, gone_on, utterance: &[i16]| {
        let mut heard = [None];
        let step = EmotionStep { slot: SlotId(slot), fresh, gone_on, utterance };
        net.judge(&[step], &mut heard).unwrap();
        heard[0]
    };
    hear(0, true, false, &whole);
    let first = hear(1, true, false, &whole[..24_000]).unwrap();
    let longer = hear(1, false, true, &whole).unwrap();
    assert!(!first.against_own && !longer.against_own, "nobody is held against himself");
    assert_eq!(hear(0, false, false, &loud), hear(1, false, false, &loud));
}

#[test]
fn silence_and_hiss_have_no_mood() {
    let mut net = EmotionNet::load(&models(), 1).unwrap();
    assert_eq!(judge(&mut net, 0, true, &[]), None);
    assert_eq!(judge(&mut net, 0, true, &[0; 48_000]), None);
    assert_eq!(judge(&mut net, 0, true, &noise(48_000, 8_000)), None);
}

/// Where the recordings are, or a word that they are not.
fn data(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: {folder} is not here");
    None
}

/// A FLAC file, mono at 16 kHz, as a telephone carries it.
fn flac(path: &Path) -> Vec<i16> {
    let mut reader = claxon::FlacReader::open(path).unwrap();
    assert_eq!((reader.streaminfo().sample_rate, reader.streaminfo().channels), (16_000, 1));
    let samples: Vec<i16> =
        reader.samples().map(|sample| i16::try_from(sample.unwrap()).unwrap()).collect();
    through_telephone(&samples)
}

/// One actor's clips: emotion, intensity, sound.
type Clips = Vec<(String, String, Vec<i16>)>;

fn ravdess() -> Option<BTreeMap<String, Clips>> {
    let folder = data("ravdess")?;
    let labels = std::fs::read_to_string(folder.join("labels.tsv")).unwrap();
    let mut actors: BTreeMap<String, Clips> = BTreeMap::new();
    for row in labels.lines().skip(1) {
        let [file, speaker, _sex, emotion, intensity] = row.split('\t').collect::<Vec<_>>()[..]
        else {
            panic!("a row of labels.tsv has five fields: {row}");
        };
        let clip = (emotion.to_owned(), intensity.to_owned(), flac(&folder.join(file)));
        actors.entry(speaker.to_owned()).or_default().push(clip);
    }
    Some(actors)
}

fn of<'a>(clips: &'a Clips, emotion: &str, intensity: &str) -> impl Iterator<Item = &'a [i16]> {
    clips
        .iter()
        .filter(move |(e, i, _)| e == emotion && i == intensity)
        .map(|(_, _, sound)| sound.as_slice())
}

/// Roused or not, on speakers, a language and a corpus that the model never heard, by telephone.
#[test]
fn a_roused_voice_is_told_from_a_calm_one_in_a_corpus_never_heard() {
    let Some(actors) = ravdess() else { return };
    let mut net = EmotionNet::load(&models(), 1).unwrap();
    // [acted][judged]
    let mut counts = [[0_u32; 2]; 2];
    for clips in actors.values() {
        let first: Vec<&[i16]> = of(clips, "neutral", "normal").take(2).collect();
        for (emotion, _, sound) in clips {
            if first.contains(&sound.as_slice()) {
                continue;
            }
            for (i, own) in first.iter().enumerate() {
                judge(&mut net, 0, i == 0, own);
            }
            let acted = ["anger", "fear", "happiness", "surprise"].contains(&emotion.as_str());
            let judged = judge(&mut net, 0, false, sound).is_some_and(|heard| heard.arousal > 0.5);
            counts[usize::from(acted)][usize::from(judged)] += 1;
        }
    }
    let recall =
        |side: usize| f64::from(counts[side][side]) / f64::from(counts[side][0] + counts[side][1]);
    let average = f64::midpoint(recall(0), recall(1));
    eprintln!("arousal, unweighted average recall: {average:.3} {counts:?}");
    // The model card has 0.8; less is a change that the card must tell of.
    assert!(average > 0.75, "{average:.3} {counts:?}");
}
