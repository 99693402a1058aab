//! Is what we hear the caller, or our own voice coming back from a speakerphone?

use callwright_models::contract::SamplePos;

use crate::moment::Moment;
use crate::playout::{LINE_FRAME, LINE_RATE};

/// Knows what the caller's ear was given lately and what came from there, and compares the two.
///
/// An echo is the played sound again, later and fainter, so that a stretch of it correlates with the played sound at
/// one lag; a person's voice does not, at any lag. The lag is searched coarsely on the low band, then finely on sound
/// whose spectrum was flattened, so that two voices of one pitch are not taken for each other. A caller who talks over
/// an echo lowers the correlation below [`ECHO`] as soon as he is louder than it.
///
/// This is detection, not cancellation: nothing is taken out of what the models hear, and with nobody speaking on our
/// side nothing is computed.
pub(crate) struct EchoGuard {
    /// At [`LINE_RATE`], by the time at the caller's ear.
    played: Track<PLAYED>,
    /// At [`LINE_RATE`], by position.
    heard: Track<HEARD>,
    /// From ear time to position, in samples, of the last echo that was found.
    lag: Option<i64>,
}

/// Samples kept of what was played: 1 s, the longest lag and the longest lead included.
const PLAYED: usize = 8_192;
/// Samples kept of what was heard: more than [`STRETCH`] and what a detector is behind.
const HEARD: usize = 2_048;
/// Samples compared: 128 ms, a syllable or two.
const STRETCH: usize = 1_024;
/// The shortest and the longest time, in samples, from the estimated moment at the ear to the arrival of its echo: the
/// estimate may be late by a frame or two, and a mobile network, a room and a carrier's buffer add up to 400 ms.
const LAGS: std::ops::Range<i64> = -320..3_200;
/// Correlation from which a stretch is an echo. Of three people against our voice 99 % of stretches stay below 0.35;
/// of our voice from a speakerphone in four rooms (measured impulse responses) half lie above 0.6.
const ECHO: f32 = 0.45;
/// The same where an echo was found before: chance does not strike at the same lag. 95 % of echoes lie above it.
const ECHO_AT_KNOWN_LAG: f32 = 0.27;
/// The loudest an echo can be, as a factor.
const GAIN_MAX: f32 = 0.7;
/// How far around the known lag is looked before everywhere: 4 ms.
const NEAR: i64 = 32;

/// The last `N` samples of a row that is numbered from 0.
struct Track<const N: usize> {
    samples: Box<[i16; N]>,
    end: i64,
}

impl<const N: usize> Track<N> {
    fn new() -> Self {
        Self { samples: Box::new([0; N]), end: 0 }
    }

    fn slot(at: i64) -> usize {
        // `rem_euclid` of a positive length is within it.
        at.rem_euclid(N as i64) as usize
    }

    /// Writes `samples` at `at`; what lies between the end and there was silence, what lies behind is replaced.
    fn write(&mut self, at: i64, samples: &[i16]) {
        for silent in self.end.max(at - N as i64)..at {
            self.samples[Self::slot(silent)] = 0;
        }
        for (n, &sample) in samples.iter().enumerate() {
            self.samples[Self::slot(at + n as i64)] = sample;
        }
        self.end = at + samples.len() as i64;
    }

    /// What was written from `at` on has not been: it was cleared.
    fn cut(&mut self, at: i64) {
        for cleared in at.max(self.end - N as i64)..self.end {
            self.samples[Self::slot(cleared)] = 0;
        }
        self.end = self.end.min(at);
    }

    /// Copies what lies from `at` on; silence where nothing is known.
    fn read(&self, at: i64, to: &mut [f32]) {
        let known = (self.end - N as i64).max(0)..self.end;
        for (n, to) in to.iter_mut().enumerate() {
            let at = at + n as i64;
            *to = if known.contains(&at) { f32::from(self.samples[Self::slot(at)]) } else { 0.0 };
        }
    }
}

impl EchoGuard {
    pub(crate) fn new() -> Self {
        Self { played: Track::new(), heard: Track::new(), lag: None }
    }

    /// A frame will be at the caller's ear from `at` on.
    ///
    /// *Real time:* no allocation.
    pub(crate) fn played(&mut self, at: Moment, frame: &[i16; LINE_FRAME]) {
        self.played.write(index(at), frame);
    }

    /// What was to be heard after `now` was cleared.
    pub(crate) fn cleared(&mut self, now: Moment) {
        self.played.cut(index(now));
    }

    /// 20 ms more of what we hear, from `start` on, at [`LINE_RATE`].
    ///
    /// *Real time:* no allocation.
    pub(crate) fn heard(&mut self, start: SamplePos, frame: &[i16; LINE_FRAME]) {
        self.heard.write(position(start), frame);
    }

    /// Whether the 128 ms up to `end`, where the sound arrived at `arrived`, are our own voice. Asked only about what the
    /// speech detector takes for speech and about the third block of a hiss, while something is or was just played.
    ///
    /// *Real time:* no allocation; some 0.3 million multiplications when the lag is unknown, 0.1 million when it is known.
    pub(crate) fn is_echo(&mut self, end: SamplePos, arrived: Moment) -> bool {
        let mut stretch = [0.0; STRETCH + 1];
        self.heard.read(position(end) - STRETCH as i64 - 1, &mut stretch);
        let mut past = [0.0; PAST];
        let latest = index(arrived);
        self.played.read(latest - STRETCH as i64 - LAGS.end, &mut past);
        if past.iter().all(|&sample| sample == 0.0) {
            return false;
        }
        let (stretch_flat, past_flat) = (flattened(&stretch), flattened(&past));
        let Some(stretch_flat) = stretch_flat.get(1..) else { return false };
        let known = self.lag.and_then(|lag| finest(stretch_flat, &past_flat, lag, NEAR));
        let found = known.filter(|(_, likeness)| *likeness >= ECHO_AT_KNOWN_LAG).or_else(|| {
            let stretch = stretch.get(1..).unwrap_or_default();
            coarse(stretch, &past)
                .into_iter()
                .filter_map(|lag| finest(stretch_flat, &past_flat, lag, COARSE as i64))
                .max_by(|a, b| a.1.total_cmp(&b.1))
                .filter(|(_, likeness)| *likeness >= ECHO)
        });
        if let Some((lag, _)) = found {
            self.lag = Some(lag);
        }
        found.is_some()
    }
}

impl std::fmt::Debug for EchoGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Thousands of samples help nobody.
        f.debug_struct("EchoGuard").field("lag", &self.lag).finish_non_exhaustive()
    }
}

/// Samples of played sound that are compared with a stretch: one more before it, for the flattening.
const PAST: usize = STRETCH + (LAGS.end - LAGS.start) as usize;
/// The coarse search looks at every fourth sample.
const COARSE: usize = 4;
/// Lags that the coarse search hands to the fine one.
const CANDIDATES: usize = 3;

fn index(at: Moment) -> i64 {
    // A call does not last 36 million years.
    LINE_RATE.samples(at.since(Moment::default())) as i64
}

fn position(at: SamplePos) -> i64 {
    (at.0 / 2) as i64
}

/// Raises the high part of the spectrum, in which voices differ, to the level of the low one (the first order
/// pre-emphasis of speech coding). The first sample has none before it.
fn flattened<const N: usize>(sound: &[f32; N]) -> [f32; N] {
    let mut flat = *sound;
    for (flat, pair) in flat.iter_mut().skip(1).zip(sound.windows(2)) {
        *flat = pair[1] - 0.9 * pair[0];
    }
    flat
}

/// The lags, most likely first, at which the low bands of `stretch` and `past` are most alike.
fn coarse(stretch: &[f32], past: &[f32; PAST]) -> [i64; CANDIDATES] {
    let mut low_stretch = [0.0; STRETCH / COARSE];
    let mut low_past = [0.0; PAST / COARSE];
    for (to, from) in low_stretch.iter_mut().zip(stretch.as_chunks::<COARSE>().0) {
        *to = from.iter().sum();
    }
    for (to, from) in low_past.iter_mut().zip(past.as_chunks::<COARSE>().0) {
        *to = from.iter().sum();
    }
    let mut best = [(f32::MIN, LAGS.start); CANDIDATES];
    let mut energy = dot(&low_past[..low_stretch.len()], &low_past[..low_stretch.len()]);
    for (n, window) in low_past.windows(low_stretch.len()).enumerate() {
        let product = dot(&low_stretch, window);
        // The sign of an echo may be turned by a transformer or a room.
        let likeness = product * product / energy.max(1.0);
        let lag = LAGS.end - (n * COARSE) as i64;
        if let Some(worst) = best.iter_mut().min_by(|a, b| a.0.total_cmp(&b.0))
            && likeness > worst.0
        {
            *worst = (likeness, lag);
        }
        if let (Some(old), Some(new)) = (low_past.get(n), low_past.get(n + low_stretch.len())) {
            energy += new * new - old * old;
        }
    }
    best.map(|(_, lag)| lag)
}

/// The lag within `around` of `lag` at which `stretch` is most like `past`, and how much: 0-1.
fn finest(stretch: &[f32], past: &[f32; PAST], lag: i64, around: i64) -> Option<(i64, f32)> {
    let own = dot(stretch, stretch);
    let near = (lag - around).max(LAGS.start + 1)..=(lag + around).min(LAGS.end - 1);
    near.filter_map(|lag| {
        let begin = usize::try_from(LAGS.end - lag).ok()?;
        let window = past.get(begin..begin + stretch.len())?;
        let (product, played) = (dot(stretch, window).abs(), dot(window, window));
        // An echo is fainter than what was played: whoever is louder speaks for himself.
        let faint = product < played * GAIN_MAX;
        let likeness = product / (own * played).sqrt().max(1.0);
        Some((lag, if faint { likeness } else { 0.0 }))
    })
    .max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Sum of products, in eight sums so that it is computed eight at a time.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; 8];
    let (a, b) = (a.as_chunks::<8>().0, b.as_chunks::<8>().0);
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Seconds of something like speech: noise with a moving resonance, in syllables.
    fn speech(seed: u64, seconds: usize) -> Vec<i16> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut noise = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / 8_388_608.0 - 1.0
        };
        let (mut y1, mut y2) = (0.0, 0.0);
        let samples = (0..seconds * 8_000).map(|n| {
            let syllable = (n as f32 / 1_600.0 + seed as f32).sin().abs();
            let pitch = 0.35 + 0.2 * (n as f32 / 2_300.0 * (1.0 + seed as f32 / 7.0)).sin();
            let y = noise() + 1.8 * pitch.cos() * y1 - 0.88 * y2;
            (y2, y1) = (y1, y);
            (y * syllable * 900.0) as i16
        });
        samples.collect()
    }

    fn echo_of(played: &[i16], delay: usize, gain: f32) -> Vec<i16> {
        let late = std::iter::repeat_n(0, delay).chain(played.iter().copied());
        late.take(played.len()).map(|sample| (f32::from(sample) * gain) as i16).collect()
    }

    /// The share of stretches that are taken for our own voice.
    fn share(played: &[i16], heard: &[i16]) -> f32 {
        let mut guard = EchoGuard::new();
        let (mut echoes, mut all) = (0, 0);
        let frames =
            played.as_chunks::<LINE_FRAME>().0.iter().zip(heard.as_chunks::<LINE_FRAME>().0);
        for (n, (played, heard)) in frames.enumerate() {
            let ms = |n: usize| Moment::new(Duration::from_millis(n as u64 * 20));
            guard.played(ms(n), played);
            let start = SamplePos(n as u64 * 320);
            guard.heard(start, heard);
            if n > 25 {
                all += 1;
                echoes += u32::from(guard.is_echo(start.plus(320), ms(n + 1)));
            }
        }
        echoes as f32 / all as f32
    }

    #[test]
    fn our_voice_is_known_at_any_delay_and_turned_upside_down() {
        let played = speech(1, 2);
        for (delay, gain) in [(0, 0.5), (400, 0.1), (2_000, 0.1), (3_000, -0.05)] {
            let share = share(&played, &echo_of(&played, delay, gain));
            assert!(share > 0.97, "{share} at a delay of {delay} samples");
        }
    }

    #[test]
    fn somebody_else_is_not_us() {
        let played = speech(1, 2);
        for seed in 2..6 {
            let share = share(&played, &speech(seed, 2));
            assert!(share < 0.02, "{share} of speaker {seed}");
        }
    }

    #[test]
    fn a_caller_is_heard_over_an_echo() {
        let played = speech(1, 2);
        let echo = echo_of(&played, 1_000, 0.1);
        let both: Vec<i16> = speech(3, 2)
            .iter()
            .zip(&echo)
            .map(|(caller, echo)| caller.saturating_add(*echo))
            .collect();
        let share = share(&played, &both);
        assert!(share < 0.3, "{share}: only where the caller is silent");
    }

    #[test]
    fn what_was_cleared_was_never_played() {
        let mut track = Track::<8>::new();
        track.write(0, &[1; 6]);
        track.cut(4);
        track.write(6, &[2; 2]);
        let mut read = [9.0; 10];
        track.read(-1, &mut read);
        assert_eq!(read, [0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 2.0, 2.0, 0.0]);
    }
}
