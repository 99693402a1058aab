//! Hears emotion in files and tells what it costs:
//! `cargo run --release -p callwright-models --example emotion -- [--first OWN.flac] FILE...`
//!
//! FLAC or WAV, mono at 16 kHz, one utterance each; `--first` is how the same caller sounds at rest. Prints one line
//! of JSON per file. Without files it measures the cost alone.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a measuring program prints what it finds and stops at the first thing that fails"
)]

use std::path::Path;
use std::time::Instant;

use callwright_models::catalog;
use callwright_models::contract::{EmotionModel, EmotionStep, SlotId, VoiceEmotion};
use callwright_models::emotion::EmotionNet;

fn main() {
    let mut net = EmotionNet::load(&catalog::folder().unwrap(), 16).unwrap();
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    let first = (files.first().is_some_and(|arg| arg == "--first")).then(|| {
        files.remove(0);
        read(Path::new(&files.remove(0)))
    });
    if files.is_empty() {
        cost(&mut net);
    }
    for file in files {
        if let Some(first) = &first {
            judge(&mut net, true, first);
        }
        let heard = judge(&mut net, first.is_none(), &read(Path::new(&file)));
        let line = heard.map(|heard| {
            serde_json::json!({
                "arousal": heard.arousal,
                "valence": heard.valence,
                "neutral": heard.classes[0],
                "happy": heard.classes[1],
                "sad": heard.classes[2],
                "angry": heard.classes[3],
                "voice_ms": heard.voice_ms,
                "against_own": heard.against_own,
            })
        });
        println!("{}", serde_json::json!({ "file": file, "heard": line }));
    }
}

fn judge(net: &mut EmotionNet, fresh: bool, utterance: &[i16]) -> Option<VoiceEmotion> {
    let mut heard = [None];
    net.judge(&[EmotionStep { slot: SlotId(0), fresh, gone_on: false, utterance }], &mut heard)
        .unwrap();
    heard[0]
}

/// The median time for utterances of some lengths, per second of sound.
fn cost(net: &mut EmotionNet) {
    for (seconds, batch) in [(1_u16, 1_u16), (3, 1), (6, 1), (3, 4), (3, 16)] {
        let buzz: Vec<i16> = (0..u32::from(seconds) * 16_000)
            .map(|i| if i % 128 < 8 { 8_000 } else { i16::try_from(i % 37).unwrap() })
            .collect();
        let steps: Vec<EmotionStep<'_>> = (0..batch)
            .map(|slot| EmotionStep {
                slot: SlotId(slot),
                fresh: true,
                gone_on: false,
                utterance: &buzz,
            })
            .collect();
        let mut heard = vec![None; usize::from(batch)];
        let mut times: Vec<f64> = (0..50)
            .map(|_| {
                let begun = Instant::now();
                net.judge(&steps, &mut heard).unwrap();
                begun.elapsed().as_secs_f64() * 1_000.0
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let each = times[times.len() / 2] / f64::from(batch) / f64::from(seconds);
        println!("{batch:2} utterances of {seconds} s: {each:.2} ms per second of sound");
    }
}

fn read(path: &Path) -> Vec<i16> {
    if path.extension().is_some_and(|extension| extension == "flac") {
        let mut reader = claxon::FlacReader::open(path).unwrap();
        assert_eq!((reader.streaminfo().sample_rate, reader.streaminfo().channels), (16_000, 1));
        return reader.samples().map(|s| i16::try_from(s.unwrap()).unwrap()).collect();
    }
    let reader = hound::WavReader::open(path).unwrap();
    assert_eq!((reader.spec().sample_rate, reader.spec().channels), (16_000, 1));
    reader.into_samples::<i16>().map(Result::unwrap).collect()
}
