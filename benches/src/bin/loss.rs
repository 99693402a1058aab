//! What a bad network does to the words: read speech as G.711 over a network that loses packets in bursts, with
//! and without concealment, to the recogniser that answers calls.
//!
//! `cargo run --release -p callwright-benches --bin loss [EVERY]` prints the table of `docs/media/loss.md`, of
//! one utterance in EVERY (all by default). The speech lies beside the repository, in
//! `../shared/data/librispeech`.

#![expect(clippy::print_stdout, reason = "a measuring program prints its table")]

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use callwright_media::codec::{Codec, Decoder, Encoder};
use callwright_media::impair::{GilbertElliott, Network, NetworkSettings};
use callwright_media::jitter::{
    Incoming, JitterBuffer, JitterCounts, JitterSettings, Pace, Playout, Stretch,
};
use callwright_media::quality::{Impairment, QualityEstimate};
use callwright_media::receiver::{Receiver, ReceiverSettings};
use callwright_media::rtp::{PayloadType, RtpPacket, Sending, write_packet};
use callwright_media::{Resampler, SampleRate};
use callwright_models::catalog;
use callwright_models::contract::Recognizer;
use callwright_models::moonshine::Moonshine;

const FRAME: Duration = Duration::from_millis(20);
/// Packets lost in a row, on average.
const BURST: f64 = 1.5;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/librispeech");
    let Ok(list) = std::fs::read_to_string(folder.join("transcripts.tsv")) else {
        eprintln!("skipped: no speech at ../shared/data/librispeech");
        return Ok(());
    };
    let every = std::env::args().nth(1).map_or(Ok(1), |every| every.parse())?;
    let mut model = Moonshine::load(&catalog::folder().ok_or("no models folder")?)?;
    let mut utterances = Vec::new();
    for line in list.lines().skip(1).step_by(every) {
        let mut fields = line.split('\t');
        let (Some(path), Some(said)) = (fields.next(), fields.nth(2)) else {
            return Err("a line of transcripts without its fields".into());
        };
        let wave = read_flac(&folder.join(path))?;
        utterances.push((resample(&wave, SampleRate::Hz16000, SampleRate::Hz8000)?, said));
    }

    println!("| lost | concealed | heard late or never | delay, ms | MOS | words wrong |");
    println!("|---|---|---|---|---|---|");
    for percent in [0, 1, 3, 5, 10, 20] {
        for way in [Way::Concealed, Way::Silent] {
            let mut total = Total::default();
            for (index, (wave, said)) in utterances.iter().enumerate() {
                let network = NetworkSettings {
                    seed: 1_000 + index as u64,
                    loss: GilbertElliott::bursts(f64::from(percent) / 100.0, BURST),
                    jitter_mean: Duration::from_millis(5),
                    jitter_max: Duration::from_millis(60),
                    ..NetworkSettings::perfect(0)
                };
                let heard = match way {
                    Way::Concealed => through_receiver(wave, network)?,
                    Way::Silent => through_silence(wave, network)?,
                };
                let heard16 = resample(&heard.wave, SampleRate::Hz8000, SampleRate::Hz16000)?;
                let words = model.recognize(&[&heard16])?;
                let words = words.first().map_or("", |recognition| recognition.text.as_str());
                total.add(&heard, said, words);
            }
            total.print(percent, way);
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Way {
    Concealed,
    Silent,
}

/// What came out at the other end.
struct Heard {
    wave: Vec<i16>,
    counts: JitterCounts,
    delay_ms_sum: f64,
    frames: usize,
}

/// The packets of `wave` on the network, sent when their last sample is there.
fn send(wave: &[i16], network: NetworkSettings) -> Result<Network<Vec<u8>>, Box<dyn Error>> {
    let mut encoder = Encoder::new(Codec::Pcmu)?;
    let mut sending = Sending::new(1, 65_000, u32::MAX - 10_000);
    let mut network = Network::new(network);
    // The sender goes on with silence: a call does not end with its last word.
    let silence = [0; 160];
    let frames = wave.chunks_exact(160).chain(std::iter::repeat_n(&silence[..], 50));
    for (n, frame) in frames.enumerate() {
        let mut payload = [0; 160];
        let len = encoder.encode(frame, &mut payload)?;
        let header = sending.packet(PayloadType::PCMU, len, 160);
        let mut datagram = vec![0; 172];
        write_packet(&header, None, &payload, &mut datagram)?;
        network.send(FRAME * u32::try_from(n)? + FRAME, datagram);
    }
    Ok(network)
}

/// Frames to listen for: all that was said, and the delay.
const fn frames(wave: &[i16]) -> usize {
    wave.len() / 160 + 15
}

fn through_receiver(wave: &[i16], network: NetworkSettings) -> Result<Heard, Box<dyn Error>> {
    let mut network = send(wave, network)?;
    let mut receiver = Receiver::new(&ReceiverSettings::of(PayloadType::PCMU, Codec::Pcmu))?;
    let mut heard = Vec::new();
    let mut delay_ms_sum = 0.0;
    for n in 0..frames(wave) {
        let now = FRAME * u32::try_from(n)?;
        while let Some((at, datagram)) = network.receive(now) {
            receiver.receive(&RtpPacket::parse(&datagram)?, at);
        }
        let mut frame = [0; 160];
        receiver.frame(now, &mut frame);
        heard.extend_from_slice(&frame);
        delay_ms_sum += receiver.buffer().delay().as_secs_f64() * 1_000.0;
    }
    let counts = *receiver.buffer().counts();
    Ok(Heard { wave: heard, counts, delay_ms_sum, frames: frames(wave) })
}

/// The same buffer, but silence where nothing came.
fn through_silence(wave: &[i16], network: NetworkSettings) -> Result<Heard, Box<dyn Error>> {
    let mut network = send(wave, network)?;
    let mut buffer = JitterBuffer::new(JitterSettings::telephone(8_000))?;
    let mut decoder = Decoder::new(Codec::Pcmu);
    let stretch = Stretch::new(SampleRate::Hz8000);
    let mut reception = callwright_media::rtp::Reception::new(8_000);
    let mut heard = Vec::new();
    let mut delay_ms_sum = 0.0;
    for n in 0..frames(wave) {
        let now = FRAME * u32::try_from(n)?;
        while let Some((at, datagram)) = network.receive(now) {
            let packet = RtpPacket::parse(&datagram)?;
            let Ok(arrival) = reception.receive(&packet.header, at) else { continue };
            let incoming = Incoming {
                sequence: arrival.sequence,
                timestamp: packet.header.timestamp,
                marker: packet.header.marker,
                payload_type: packet.header.payload_type,
                ticks: 160,
                payload: packet.payload,
            };
            buffer.insert(incoming, at);
        }
        while heard.len() < (n + 1) * 160 {
            let queued = u32::try_from(heard.len() - n * 160)?;
            let begin = heard.len();
            match buffer.pop(now, queued) {
                Playout::Packet(due) => {
                    heard.resize(begin + 160, 0);
                    decoder.decode(due.payload, &mut heard[begin..])?;
                    let len = match due.pace {
                        Pace::Keep => 160,
                        Pace::Shorten(most) => {
                            stretch.shorten(&mut heard[begin..], usize::try_from(most)?)
                        }
                        Pace::Lengthen(most) => {
                            heard.resize(begin + 320, 0);
                            stretch.lengthen(&mut heard[begin..], 160, usize::try_from(most)?)
                        }
                    };
                    heard.truncate(begin + len);
                }
                Playout::Missing { ticks, .. } | Playout::Silence { ticks } => {
                    heard.resize(begin + usize::try_from(ticks)?, 0);
                }
            }
        }
        delay_ms_sum += buffer.delay().as_secs_f64() * 1_000.0;
    }
    Ok(Heard { wave: heard, counts: *buffer.counts(), delay_ms_sum, frames: frames(wave) })
}

#[derive(Default)]
struct Total {
    counts: JitterCounts,
    delay_ms_sum: f64,
    frames: usize,
    said: usize,
    wrong: usize,
}

impl Total {
    fn add(&mut self, heard: &Heard, said: &str, words: &str) {
        let (all, one) = (&mut self.counts, &heard.counts);
        all.played += one.played;
        all.late += one.late;
        all.lost += one.lost;
        all.skipped += one.skipped;
        all.loss_runs += one.loss_runs;
        all.played_ticks += one.played_ticks;
        all.concealed_ticks += one.concealed_ticks;
        self.delay_ms_sum += heard.delay_ms_sum;
        self.frames += heard.frames;
        self.said += split(said).len();
        self.wrong += word_errors(said, words);
    }

    fn print(&self, percent: u32, way: Way) {
        let delay_ms = self.delay_ms_sum / self.frames as f64;
        let (name, impairment) = match way {
            Way::Concealed => ("yes", Impairment::G711_CONCEALED),
            Way::Silent => ("no", Impairment::G711_BARE),
        };
        // 20 ms on the network, the buffer's delay, and the packet's own length.
        let delay = Duration::from_secs_f64(delay_ms / 1_000.0) + 2 * FRAME;
        let quality = QualityEstimate::new(&self.counts, Duration::ZERO, delay, impairment);
        println!(
            "| {percent} % | {name}: {:.1} % of the time | {:.1} % | {delay_ms:.0} | {:.2} | {:.1} % of {} |",
            100.0 * quality.concealed,
            100.0 * self.counts.unheard_share(),
            quality.rating.mos,
            100.0 * self.wrong as f64 / self.said as f64,
            self.said
        );
    }
}

fn resample(wave: &[i16], from: SampleRate, to: SampleRate) -> Result<Vec<i16>, Box<dyn Error>> {
    let mut resampler = Resampler::new(from, to)?;
    let mut frame = vec![0; from.frame_samples()];
    let mut out = vec![0; to.frame_samples()];
    let mut all = Vec::new();
    for part in wave.chunks(from.frame_samples()) {
        frame.fill(0);
        frame[..part.len()].copy_from_slice(part);
        resampler.process(&frame, &mut out)?;
        all.extend_from_slice(&out);
    }
    Ok(all)
}

fn read_flac(path: &Path) -> Result<Vec<i16>, Box<dyn Error>> {
    let mut reader = claxon::FlacReader::open(path)?;
    reader.samples().map(|sample| Ok(i16::try_from(sample?)?)).collect()
}

/// The words of a text, without case and marks.
fn split(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| c.is_whitespace() || c == '-')
        .map(|word| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect()
}

/// Words to replace, leave out or put in to get from what was said to what was heard.
fn word_errors(said: &str, heard: &str) -> usize {
    let (said, heard) = (split(said), split(heard));
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, wanted) in said.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, found) in heard.iter().enumerate() {
            let change = diagonal + usize::from(wanted != found);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[heard.len()]
}
