//! The end-of-turn set: clips with every pause inside a turn and the turn's end marked.

use std::path::Path;

use callwright_media::SampleRate;
use callwright_models::contract::{ModelError, Recognizer, SpeechDetector};

use super::labels::Labels;
use super::recordings::{Origin, Recording, RecordingsError, stretches, utterances};
use super::sentences::inside_sentence;
use super::silences::{FRAME, Silences, silences};

/// One turn: speech with its pauses, then the room it was recorded in.
#[derive(Clone, Debug)]
pub(super) struct Clip {
    pub(super) name: String,
    pub(super) speaker: String,
    /// Settings may be tuned on it; the others are only measured.
    pub(super) tuning: bool,
    pub(super) origin: Origin,
    /// Mono at 16 kHz.
    pub(super) samples: Vec<i16>,
    /// In order. One that is over is the last; a clip without it ends in mid-turn.
    pub(super) pauses: Vec<Pause>,
    /// Mean power of the speech, full scale 1.
    pub(super) speech_power: f64,
}

/// A silence that somebody may take for the end of the turn; samples at 16 kHz.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pause {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Where it begins in the recording that the clip was cut from.
    pub(super) at: usize,
    /// The turn is over; otherwise the speaker is in the middle of a sentence.
    pub(super) over: bool,
}

/// The set cannot be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum SetError {
    #[error(transparent)]
    Recordings(#[from] RecordingsError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("benches/turns/labels.tsv: {0}")]
    Labels(String),
    #[error("there is no `librispeech` and no `turns` folder in the data folder")]
    Empty,
}

/// Silence that follows a turn: longer than any patience.
pub(super) const TRAIL: usize = 4 * 16_000;
/// A pause that counts lasts this long at least: 0.2 s (eot-bench's default); shorter ones end no sentence here.
const PAUSE_MIN: usize = 3_200;

/// Makes the set from the folders `librispeech` and `turns` of `data`. The same data gives the same set.
///
/// Every sentence is a turn; where one ends is read from the recogniser's marks, or from `benches/turns/labels.tsv`, which
/// knows better where it knows anything. Utterances of LibriSpeech were cut at any silence, so the end of one is the end of a turn
/// only where the next utterance shows that a sentence ended; a stretch of a meeting ends where its speaker did.
pub(super) fn make(
    data: &Path,
    detector: &mut dyn SpeechDetector,
    recognizer: &mut dyn Recognizer,
    seed: u64,
) -> Result<Vec<Clip>, SetError> {
    let mut recordings = Vec::new();
    if data.join("librispeech").is_dir() {
        recordings.extend(utterances(&data.join("librispeech"))?);
    }
    if data.join("turns").is_dir() {
        recordings.extend(stretches(&data.join("turns"))?);
    }
    let labels = Labels::known().map_err(SetError::Labels)?;
    let mut clips = Vec::new();
    for (number, recording) in recordings.iter().enumerate() {
        if labels.leaves_out(&recording.name) {
            continue;
        }
        let Some(silences) = silences(&recording.samples, detector)? else { continue };
        let mut pauses = Vec::new();
        for silence in &silences.inside {
            let (start, end) = (silence.start, silence.end);
            let over = match labels.ends(&recording.name, start) {
                Some(ends) => ends,
                None if end - start < PAUSE_MIN => false,
                None => {
                    let (sound, last) = (&recording.samples, silences.ended);
                    !inside_sentence(sound, last, (start, end), recognizer)?
                }
            };
            pauses.push(Pause { start, end, at: start, over });
        }
        let next = recordings.get(number + 1).filter(|next| next.follows(recording));
        let over = match labels.ends(&recording.name, silences.ended) {
            Some(ends) => ends,
            None => ends_here(recording, silences.ended, next, recognizer)?,
        };
        if over {
            let (start, end) = (silences.ended, recording.samples.len());
            pauses.push(Pause { start, end, at: start, over: true });
        }
        clips.extend(turns(recording, &silences, &pauses, number as u64));
    }
    clips.iter_mut().for_each(|clip| clip.tuning = tuning_half(&clip.speaker, seed));
    if clips.is_empty() { Err(SetError::Empty) } else { Ok(clips) }
}

/// Whether the speaker's turn is over where the recording is.
fn ends_here(
    recording: &Recording,
    ended: usize,
    next: Option<&Recording>,
    recognizer: &mut dyn Recognizer,
) -> Result<bool, ModelError> {
    let Some(next) = next else { return Ok(recording.origin == Origin::Meeting) };
    let both = [recording.samples.as_slice(), &next.samples].concat();
    let pause = (ended, recording.samples.len());
    Ok(!inside_sentence(&both, both.len(), pause, recognizer)?)
}

/// The turns of a recording whose pauses are known. What comes after its last end is a turn without one.
fn turns(recording: &Recording, silences: &Silences, pauses: &[Pause], seed: u64) -> Vec<Clip> {
    let Some(room) = room(&recording.samples, &silences.room, seed) else { return Vec::new() };
    let mut clips = Vec::new();
    let mut from = 0;
    for turn in pauses.split_inclusive(|pause| pause.over) {
        let end = turn.last().filter(|pause| pause.over);
        // Half of the pause is the recording's own; then its room goes on, cross-faded.
        let upto = end.map_or(recording.samples.len(), |pause| pause.start.midpoint(pause.end));
        let mut samples = recording.samples.get(from..upto).unwrap_or_default().to_vec();
        if end.is_some() {
            join(&mut samples, &room);
        }
        let pauses = turn
            .iter()
            .map(|pause| {
                let end = if pause.over { samples.len() } else { pause.end - from };
                Pause { start: pause.start - from, end, ..*pause }
            })
            .collect();
        let name = format!("{}.{}", recording.name, clips.len());
        let (speaker, origin) = (recording.speaker.clone(), recording.origin);
        let speech_power = silences.speech_power;
        let tuning = false;
        clips.push(Clip { name, speaker, tuning, origin, samples, pauses, speech_power });
        from = upto;
    }
    clips
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
fn tuning_half(speaker: &str, seed: u64) -> bool {
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
    fn every_sentence_is_a_turn_that_ends_in_the_room_it_was_recorded_in() {
        let quiet = |count: usize| (0..count).map(|n| [5, -7, 3][n % 3]).collect::<Vec<i16>>();
        let speech = |ms: usize| tone(8_000, ms * 16);
        let samples = [
            quiet(16_000),
            speech(1_000),
            quiet(8_000),
            speech(1_000),
            quiet(8_000),
            speech(500),
            quiet(4_000),
        ]
        .concat();
        let found = silences(&samples, &mut LevelDetector::new(1)).unwrap().unwrap();
        let mut pauses: Vec<Pause> = found
            .inside
            .iter()
            .map(|s| Pause { start: s.start, end: s.end, at: s.start, over: false })
            .collect();
        pauses[1].over = true;
        let (name, speaker) = ("a".to_owned(), "s".to_owned());
        let recording = Recording { name, speaker, origin: Origin::Read, samples };
        let clips = turns(&recording, &found, &pauses, 7);
        assert_eq!(clips.len(), 1, "what follows the last pause is no turn to measure");
        let [inside, end] = clips[0].pauses[..] else { panic!("two pauses") };
        assert!(!inside.over && inside.start.abs_diff(32_000) <= 2 * FRAME, "{inside:?}");
        assert!(end.over && end.start.abs_diff(56_000) <= 2 * FRAME, "{end:?}");
        assert!(end.ms() > 4_000.0);
        let trail = &clips[0].samples[end.start + 4_000..];
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
