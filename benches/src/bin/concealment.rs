//! What concealment is worth: real speech through a codec and a line that loses packets, repaired in each
//! way that we have, against the same codec without loss.
//!
//! `cargo run --release -p callwright-benches --bin concealment [DIRECTORY]` prints a table; with a directory
//! it also writes every sound as WAV, for PESQ and ears. The speech lies beside the repository.

#![expect(clippy::print_stdout, reason = "a program that prints a table")]

use std::path::{Path, PathBuf};

use callwright_media::codec::opus::{PAYLOAD_MAX_BYTES, Settings};
use callwright_media::codec::{Codec, Decoder, Encoder};
use callwright_media::conceal::{RepairingDecoder, Splice};
use callwright_media::{Resampler, SampleRate};

/// How many recordings, evenly spread over what there is.
const RECORDINGS: usize = 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/librispeech");
    let mut paths = Vec::new();
    find_flac(Path::new(folder), &mut paths);
    if paths.is_empty() {
        eprintln!("skipped: no speech at ../shared/data/librispeech");
        return Ok(());
    }
    paths.sort();
    let every = paths.len().div_ceil(RECORDINGS);
    let recordings: Vec<Vec<i16>> =
        paths.iter().step_by(every).map(|path| read_flac(path)).collect::<Result<_, _>>()?;
    let out = std::env::args_os().nth(1).map(PathBuf::from);

    println!("| codec | loss | repair | log-spectral distance, dB | SNR, dB |");
    println!("|---|---|---|---|---|");
    let opus = Settings { expected_loss_percent: 10, ..Settings::new(SampleRate::Hz16000) };
    for (name, codec) in [("PCMU", Codec::Pcmu), ("G722", Codec::G722), ("opus", Codec::Opus(opus))]
    {
        for loss in [5, 10, 20] {
            for repair in [Way::Silence, Way::Immediate, Way::Delayed, Way::Copies] {
                let fits = match repair {
                    Way::Delayed => !matches!(codec, Codec::Opus(_)),
                    Way::Copies => matches!(codec, Codec::Opus(_)),
                    _ => true,
                };
                if !fits {
                    continue;
                }
                let mut total = Difference::default();
                for (index, speech) in recordings.iter().enumerate() {
                    let speech = at_rate(speech, codec.sample_rate())?;
                    let packets = encode(codec, &speech)?;
                    let seed = 977 + index as u64;
                    let (wanted, heard) = repaired(codec, &packets, repair, loss, seed);
                    total.add(&wanted, &heard, codec.sample_rate());
                    if let Some(out) = &out {
                        let file =
                            |kind: &str| out.join(format!("{name}-{loss}-{kind}-{index}.wav"));
                        write_wav(&file("whole"), &wanted, codec.sample_rate())?;
                        write_wav(&file(repair.name()), &heard, codec.sample_rate())?;
                    }
                }
                let (distance, snr) = total.figures();
                println!("| {name} | {loss} % | {} | {distance:.2} | {snr:.1} |", repair.name());
            }
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Silence,
    Immediate,
    Delayed,
    Copies,
}

impl Way {
    const fn name(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Immediate => "concealed",
            Self::Delayed => "delayed",
            Self::Copies => "copies",
        }
    }
}

/// The decoded packets without loss and with `loss` percent of them lost, in pairs of two on the average.
fn repaired(
    codec: Codec,
    packets: &[Vec<u8>],
    way: Way,
    loss: u64,
    seed: u64,
) -> (Vec<i16>, Vec<i16>) {
    let length = codec.sample_rate().frame_samples();
    let splice = if way == Way::Delayed { Splice::Delayed } else { Splice::Immediate };
    let mut whole = Decoder::new(codec);
    let mut silent = Decoder::new(codec);
    let mut repairing = RepairingDecoder::new(codec, splice);
    let mut random = Random(seed);
    let (mut wanted, mut heard) = (Vec::new(), Vec::new());
    let mut in_burst = false;
    for (index, packet) in packets.iter().enumerate() {
        let (mut one, mut other) = (vec![0; length], vec![0; length]);
        if whole.decode(packet, &mut one).is_err() {
            continue;
        }
        // Gilbert: from bad to good with one half; to bad so often that the share comes out.
        let percent = if in_burst { 50 } else { loss * 50 / (100 - loss) };
        in_burst = random.next() % 100 < percent;
        match (in_burst, way) {
            (true, Way::Silence) => {}
            (false, Way::Silence) => drop(silent.decode(packet, &mut other)),
            (true, Way::Copies) => {
                repairing.lost(packets.get(index + 1).map(Vec::as_slice), &mut other);
            }
            (true, _) => drop(repairing.lost(None, &mut other)),
            (false, _) => drop(repairing.packet(packet, &mut other)),
        }
        wanted.extend(one);
        heard.extend(other);
    }
    let delay = repairing.delay_samples();
    heard.drain(..delay);
    wanted.truncate(heard.len());
    (wanted, heard)
}

/// Distances over the 10 ms pieces that differ at all, so that what was not touched does not water them down.
#[derive(Default)]
struct Difference {
    distance: f64,
    pieces: u32,
    signal: f64,
    error: f64,
}

impl Difference {
    fn add(&mut self, wanted: &[i16], heard: &[i16], rate: SampleRate) {
        let length = rate.frame_samples() / 2;
        for (wanted, heard) in wanted.chunks_exact(length).zip(heard.chunks_exact(length)) {
            let power = |of: &mut dyn Iterator<Item = f64>| of.map(|v| v * v).sum::<f64>();
            let error =
                power(&mut wanted.iter().zip(heard).map(|(&w, &h)| f64::from(w) - f64::from(h)));
            if error == 0.0 {
                continue;
            }
            self.error += error;
            self.signal += power(&mut wanted.iter().map(|&w| f64::from(w)));
            let bands = spectrum(wanted).into_iter().zip(spectrum(heard));
            let squares: Vec<f64> = bands.map(|(w, h)| (w - h).powi(2)).collect();
            self.distance += (squares.iter().sum::<f64>() / squares.len() as f64).sqrt();
            self.pieces += 1;
        }
    }

    fn figures(&self) -> (f64, f64) {
        (self.distance / f64::from(self.pieces.max(1)), 10.0 * (self.signal / self.error).log10())
    }
}

/// Levels in decibels of the piece's first 38 lines of 100 Hz, over a floor that ears would not miss.
fn spectrum(piece: &[i16]) -> Vec<f64> {
    let length = piece.len() as f64;
    (1..=38)
        .map(|line| {
            let turn = std::f64::consts::TAU * f64::from(line) / length;
            let (re, im) = piece.iter().enumerate().fold((0.0, 0.0), |(re, im), (n, &s)| {
                let window = 0.5 - 0.5 * (std::f64::consts::TAU * (n as f64 + 0.5) / length).cos();
                let (sin, cos) = (turn * n as f64).sin_cos();
                (re + window * f64::from(s) * cos, im + window * f64::from(s) * sin)
            });
            20.0 * ((re * re + im * im).sqrt() / length + 3.0).log10()
        })
        .collect()
}

fn encode(codec: Codec, speech: &[i16]) -> Result<Vec<Vec<u8>>, Box<dyn std::error::Error>> {
    let mut encoder = Encoder::new(codec)?;
    let mut payload = vec![0; PAYLOAD_MAX_BYTES];
    let frames = speech.chunks_exact(codec.sample_rate().frame_samples());
    let packets = frames.map(|frame| {
        let written = encoder.encode(frame, &mut payload)?;
        Ok(payload[..written].to_vec())
    });
    packets.collect()
}

fn at_rate(speech: &[i16], rate: SampleRate) -> Result<Vec<i16>, Box<dyn std::error::Error>> {
    if rate == SampleRate::Hz16000 {
        return Ok(speech.to_vec());
    }
    let mut resampler = Resampler::new(SampleRate::Hz16000, rate)?;
    let mut out = Vec::new();
    for frame in speech.chunks_exact(SampleRate::Hz16000.frame_samples()) {
        let mut piece = vec![0; rate.frame_samples()];
        resampler.process(frame, &mut piece)?;
        out.extend(piece);
    }
    Ok(out)
}

fn find_flac(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            find_flac(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "flac") {
            found.push(path);
        }
    }
}

fn read_flac(path: &Path) -> Result<Vec<i16>, Box<dyn std::error::Error>> {
    let mut reader = claxon::FlacReader::open(path)?;
    let samples: Result<Vec<i32>, _> = reader.samples().collect();
    Ok(samples?.into_iter().map(|sample| sample as i16).collect())
}

fn write_wav(path: &Path, samples: &[i16], rate: SampleRate) -> Result<(), hound::Error> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: rate.hz(),
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec)?;
    for &sample in samples {
        writer.write_sample(sample)?;
    }
    writer.finalize()
}

/// The same numbers for the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}
