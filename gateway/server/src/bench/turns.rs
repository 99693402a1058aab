//! exploring

use std::path::PathBuf;
use std::process::ExitCode;
use callwright_models::Models;
use callwright_models::contract::{BLOCK_SAMPLES};
use std::io::Write;

mod evidence;
mod line;
mod memory;
mod recordings;
mod score;
mod sentences;
mod set;
mod sweep;
mod silences;

/// Args
#[derive(Debug, clap::Args)]
pub struct Args {
    /// data
    #[arg(long)]
    data: PathBuf,
    /// cache
    #[arg(long)]
    cache: Option<PathBuf>,
    /// out
    #[arg(long)]
    out: PathBuf,
    /// lines
    #[arg(long, default_value_t = 2)]
    lines: usize,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut models = Models::load(&crate::config::Config::default_models(), 2)?;
    let memory = match &args.cache { Some(p) if p.is_file() => memory::Memory::load(p)?, _ => memory::Memory::default() };
    let mut judge = memory.judge(models.judge);
    let mut recognizer = memory.recognizer(models.recognizer);
    let clips = set::make(&args.data, models.detector.as_mut(), recognizer.as_mut())?;
    let office = line::Office::load(&args.data)?;
    let mut out = std::fs::File::create(&args.out)?;
    for (n, line) in line::LINES.into_iter().take(args.lines).enumerate() {
        for (seed, clip) in clips.iter().enumerate() {
            let Some(arriving) = line::send(clip, line, office.as_ref(), seed as u64)? else { continue };
            let readings = evidence::readings(clip, &arriving, judge.as_mut())?;
            for r in &readings {
                let from = r.pause.start.saturating_sub(16_000 * 15);
                let upto = (r.pause.start + 1_600).min(arriving.heard.len());
                let words = recognizer.recognize(&[&arriving.heard[from..upto]])?.remove(0);
                let early: Vec<f32> = [32usize, 64, 96, 128, 160].iter().map(|m| {
                    let moment = r.pause.start + m*16;
                    let mut over=[0.0];
                    let _ = judge.judge(&[&arriving.heard[moment.saturating_sub(128_000)..moment]], &mut over);
                    over[0]
                }).collect();
                let levels: Vec<String> = (0..120).map(|k| {
                    let end = (r.pause.start + 160).saturating_sub(k*160);
                    let l = callwright_media::level_dbov(&arriving.heard[end.saturating_sub(160)..end]).0;
                    format!("{l:.1}")
                }).collect();
                writeln!(out, "{n}\t{}\t{}\t{:?}\t{}\t{}\t{}\t{}\t{:?}\t{:?}\t{}\t{}\t{:?}\t{}", clip.name, clip.speaker, clip.origin, r.pause.start, r.pause.end, r.pause.over, r.pause.in_sentence, r.over, early, words.confidence, words.text, words.words.iter().map(|w| w.confidence).collect::<Vec<_>>(), levels.join(","))?;
            }
        }
        if let Some(p) = &args.cache { memory.save(p)?; }
        let _ = writeln!(std::io::stderr(), "line {n} done");
    }
    let _ = BLOCK_SAMPLES;
    Ok(ExitCode::SUCCESS)
}
