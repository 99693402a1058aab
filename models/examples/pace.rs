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
    DETECTOR_WINDOW, DetectorStep, Draft, Hints, Recognizer, RecognizerPurpose, SlotId,
    SpeechDetector, Synthesizer, TurnJudge, Utterance, VoiceStyle,
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
        let alone = median(|| drop(model.recognize(&[utterance]).unwrap()));
        // The same with what was written when half a second less of it was known.
        let hints = Hints::default();
        let hear = |model: &mut Moonshine, samples, purpose, draft: &Draft| {
            model.hear(Utterance { samples, purpose, hints: &hints, draft }).unwrap().draft
        };
        let (partial, last) = (RecognizerPurpose::Partial, RecognizerPurpose::Final);
        let before = hear(model, &utterance[..utterance.len() - 8_000], partial, &Draft::default());
        let again = median(|| drop(hear(model, utterance, partial, &before)));
        let whole = hear(model, utterance, partial, &before);
        let done = median(|| drop(hear(model, utterance, last, &whole)));
        println!(
            "recognition, {seconds:2} s: {alone:>9.1?} alone, {again:.1?} as a partial run, {done:.1?} when all was written before"
        );
    }
    for (what, purpose) in
        [("partial", RecognizerPurpose::Partial), ("final", RecognizerPurpose::Final)]
    {
        let time = median(|| model.rehearse(purpose).unwrap());
        println!("recognition, rehearsed as {what}: {time:.1?}");
    }
}
