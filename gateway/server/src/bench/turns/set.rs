//! The end-of-turn set: clips with every pause inside a turn and the turn's end marked.

use std::path::Path;

use callwright_media::SampleRate;
use callwright_models::contract::{ModelError, Recognizer, SpeechDetector};

use super::recordings::{Origin, Recording, RecordingsError, stretches, utterances};
use super::sentences::inside_sentence;
use super::silences::{FRAME, Silences, silences};

/// One turn: speech with its pauses, then the room it was recorded in.
#[derive(Clone, Debug)]
pub(super) struct Clip {
    pub(super) name: String,
    pub(super) speaker: String,
    pub(super) origin: Origin,
    /// Mono at 16 kHz.
    pub(super) samples: Vec<i16>,
    /// In order; the last is the turn's end, the others are pauses inside it.
    pub(super) pauses: Vec<Pause>,
    /// Mean power of the speech, full scale 1.
    pub(super) speech_power: f64,
}

/// A silence that somebody may take for the end of the turn; samples at 16 kHz.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pause {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The turn is over.
    pub(super) over: bool,
    /// The speaker is in the middle of a sentence.
    pub(super) in_sentence: bool,
}

/// The set cannot be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum SetError {
    #[error(transparent)]
    Recordings(#[from] RecordingsError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("there is no `librispeech` and no `turns` folder in the data folder")]
    Empty,
}

/// Silence that follows a turn: longer than any patience.
const TRAIL: usize = 4 * 16_000;

/// Makes the set from the folders `librispeech` and `turns` of `data`. The same data gives the same set.
pub(super) fn make(
    data: &Path,
    detector: &mut dyn SpeechDetector,
    recognizer: &mut dyn Recognizer,
) -> Result<Vec<Clip>, SetError> {
    let mut recordings = Vec::new();
    if data.join("librispeech").is_dir() {
        recordings.extend(utterances(&data.join("librispeech"))?);
    }
    if data.join("turns").is_dir() {
        recordings.extend(stretches(&data.join("turns"))?);
    }
    let mut clips = Vec::new();
    for (recording, seed) in recordings.into_iter().zip(0..) {
        if let Some(silences) = silences(&recording.samples, detector)? {
            let mut pauses = Vec::new();
            for silence in &silences.inside {
                let (start, end) = (silence.start, silence.end);
                let mut pause = Pause { start, end, over: false, in_sentence: false };
                pause.in_sentence =
                    inside_sentence(&recording.samples, silences.ended, pause, recognizer)?;
                pauses.push(pause);
            }
            clips.extend(clip(recording, &silences, pauses, seed));
        }
    }
    if clips.is_empty() { Err(SetError::Empty) } else { Ok(clips) }
}

/// `None` when the recording has no room to go on with.
fn clip(
    recording: Recording,
    silences: &Silences,
    mut pauses: Vec<Pause>,
    seed: u64,
) -> Option<Clip> {
    let Recording { name, speaker, origin, mut samples } = recording;
    let room = room(&samples, &silences.room, seed)?;
    // What follows the last sound is the recording's own; after that its room goes on, cross-faded.
    join(&mut samples, &room);
    let (start, end) = (silences.ended, samples.len());
    pauses.push(Pause { start, end, over: true, in_sentence: false });
    let speech_power = silences.speech_power;
    Some(Clip { name, speaker, origin, samples, pauses, speech_power })
}

/// Samples over which two pieces of room are cross-faded: 10 ms.
const FADE: usize = FRAME;
/// Samples of a piece of room: 50 ms, so that no period of it is heard.
const PIECE: usize = 5 * FRAME;
/// Frames of room that a recording must have: 100 ms.
const ROOM_MIN: usize = 10;

/// [`TRAIL`] of the recording's own background: pieces of it in random order, cross-faded.
fn room(samples: &[i16], frames: &[usize], seed: u64) -> Option<Vec<i16>> {
    if frames.len() < ROOM_MIN {
        return None;
    }
    let mut chance = Chance(seed);
    let mut room = Vec::with_capacity(TRAIL + PIECE);
    let mut piece = Vec::with_capacity(PIECE);
    while room.len() < TRAIL {
        let first = chance.below(frames.len());
        piece.clear();
        // Frames that follow each other where they can: the quiet of one gap, then of the next.
        for frame in frames.iter().cycle().skip(first).take(PIECE / FRAME) {
            piece.extend_from_slice(samples.get(frame * FRAME..(frame + 1) * FRAME)?);
        }
        join(&mut room, &piece);
    }
    Some(room)
}

/// Appends `next`, its first [`FADE`] samples mixed into the last of `sound` at equal power.
fn join(sound: &mut Vec<i16>, next: &[i16]) {
    let fade = FADE.min(sound.len()).min(next.len());
    let (mixed, rest) = next.split_at(fade);
    let from = sound.len() - fade;
    for (n, (old, &new)) in sound.iter_mut().skip(from).zip(mixed).enumerate() {
        let angle = (n as f64 + 0.5) / fade as f64 * std::f64::consts::FRAC_PI_2;
        let value = f64::from(*old) * angle.cos() + f64::from(new) * angle.sin();
        *old = value.round().clamp(i16::MIN.into(), i16::MAX.into()) as i16;
    }
    sound.extend_from_slice(rest);
}

/// The half of the speakers that thresholds may be tuned on; the other half is only measured. By the speaker's name
/// alone, so that more data moves nobody to the other side.
pub(super) fn tuning_half(speaker: &str, seed: u64) -> bool {
    let mut chance = Chance(speaker.bytes().fold(seed, |hash, octet| {
        // FNV-1a.
        (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3)
    }));
    chance.next().is_multiple_of(2)
}

/// Chance that is the same on every machine and in every version: SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Clone, Debug)]
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `limit - 1`; 0 when the limit is 0.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        // The remainder fits, because the limit does.
        self.next().checked_rem(limit as u64).unwrap_or(0) as usize
    }
}

impl Pause {
    /// How long it lasts, in milliseconds.
    pub(super) fn ms(&self) -> f64 {
        ms(self.end - self.start)
    }
}

/// Milliseconds of `samples` at 16 kHz.
pub(super) fn ms(samples: usize) -> f64 {
    samples as f64 * 1_000.0 / f64::from(SampleRate::Hz16000.hz())
}

#[cfg(test)]
mod tests {
    use callwright_models::scripted::{LevelDetector, tone};

    use super::*;

    #[test]
    fn a_clip_goes_on_in_the_room_it_was_recorded_in() {
        let mut samples: Vec<i16> = (0..16_000).map(|n| [5, -7, 3][n % 3]).collect();
        samples.extend(tone(8_000, 16_000));
        samples.extend((0..2_000).map(|n| [5, -7, 3][n % 3]));
        let found = silences(&samples, &mut LevelDetector::new(1)).unwrap().unwrap();
        let (name, speaker) = ("a".to_owned(), "s".to_owned());
        let recording = Recording { name, speaker, origin: Origin::Read, samples };
        let clip = clip(recording, &found, Vec::new(), 7).unwrap();
        let end = clip.pauses.last().unwrap();
        assert!(end.over && end.start.abs_diff(32_000) <= 2 * FRAME, "{end:?}");
        assert!(end.ms() > 4_000.0);
        let trail = &clip.samples[34_000..];
        assert!(trail.iter().all(|s| s.abs() < 12), "it is as quiet as the room");
        let still = trail.chunks(32).filter(|some| some.iter().all(|&s| s == 0)).count();
        assert_eq!(still, 0, "and nowhere digital silence");
    }

    #[test]
    fn the_halves_are_about_equal_and_stay() {
        let names: Vec<String> = (0..200).map(|n| n.to_string()).collect();
        let tuning = names.iter().filter(|name| tuning_half(name, 1)).count();
        assert!((80..120).contains(&tuning), "{tuning}");
        assert_ne!(tuning_half("1", 1), (0..64).all(|seed| tuning_half("1", seed)));
    }
}
