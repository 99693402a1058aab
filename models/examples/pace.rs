//! Measures what the models cost here: `cargo run --release -p callwright-models --example pace`.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a measuring program prints times and stops at the first thing that fails"
)]

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use callwright_models::contract::{
    DETECTOR_WINDOW, DetectorStep, Recognizer, SlotId, SpeechDetector, Synthesizer, TurnJudge,
    VoiceStyle,
};
use callwright_models::flite::Flite;
use callwright_models::moonshine::Moonshine;
use callwright_models::silero::SileroDetector;
use callwright_models::smart_turn::SmartTurn;
use callwright_models::{Models, catalog};

const RUNS: usize = 30;

fn main() {
    let folder = catalog::folder().unwrap();
    let begun = Instant::now();
    let models = Models::load(&folder, 256).unwrap();
    println!("all models ready after {:?}", begun.elapsed());
    for fact in &models.facts {
        println!("  {:20} {:>8.1?}  {:>9} octets", fact.name, fact.load, fact.size);
    }
    println!("  memory in use: {} kB", resident_kb());
    drop(models);
    detector(&mut SileroDetector::load(&folder, 256).unwrap());
    judge(&mut SmartTurn::load(&folder).unwrap());
    let mut flite = Flite::load().unwrap();
    let speech = synthesizer(&mut flite);
    recognizer(&mut Moonshine::load(&folder).unwrap(), &speech);
}

/// What the whole program holds in memory, as the kernel counts it.
fn resident_kb() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.unwrap_or("?").trim().trim_end_matches(" kB").to_owned()
}

/// The median time of some runs.
fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let begun = Instant::now();
            run();
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[RUNS / 2]
}

fn detector(model: &mut SileroDetector) {
    let window = [100; DETECTOR_WINDOW];
    for batch in [1_u16, 4, 16, 64, 256] {
        let steps: Vec<DetectorStep<'_>> = (0..batch)
            .map(|slot| DetectorStep { slot: SlotId(slot), fresh: false, window: &window })
            .collect();
        let mut found = vec![0.0; usize::from(batch)];
        let time = median(|| model.step(&steps, &mut found).unwrap());
        println!(
            "detector, batch of {batch:3}: {time:>9.1?}, {:.1?} a window",
            time / u32::from(batch)
        );
    }
}

fn judge(model: &mut SmartTurn) {
    for (seconds, batch) in [(1, 1), (8, 1), (8, 4)] {
        let turn = vec![100; seconds * 16_000];
        let turns = vec![turn.as_slice(); batch];
        let mut over = vec![0.0; batch];
        let time = median(|| model.judge(&turns, &mut over).unwrap());
        println!("judge, {seconds} s, batch of {batch}: {time:>9.1?}");
    }
}

/// Speaks texts of some lengths and gives the sound of the longest.
fn synthesizer(flite: &mut Flite) -> Vec<i16> {
    let sentence =
        "I can offer you half past three on Tuesday with Doctor Lee, or ten on Thursday. ";
    let mut speech = Vec::new();
    for sentences in [1, 2, 4] {
        let text = sentence.repeat(sentences);
        let mut first = Duration::ZERO;
        let all = median(|| {
            let begun = Instant::now();
            speech.clear();
            let sink = &mut |chunk: callwright_models::contract::SpeechChunk| {
                if speech.is_empty() {
                    first = begun.elapsed();
                }
                speech.extend_from_slice(&chunk.samples);
                ControlFlow::Continue(())
            };
            flite.speak(&text, &VoiceStyle::default(), sink).unwrap();
        });
        let seconds = speech.len() as f32 / 16_000.0;
        println!(
            "speech, {seconds:4.1} s: first audio after {first:.1?}, all of it after {all:.1?}"
        );
    }
    speech
}

fn recognizer(model: &mut Moonshine, speech: &[i16]) {
    for seconds in [1, 2, 5, 10] {
        let utterance = &speech[..seconds * 16_000];
        let time = median(|| drop(model.recognize(&[utterance]).unwrap()));
        println!("recognition, {seconds:2} s: {time:>9.1?}");
    }
}
