//! Sound that says what it means: every word a caller speaks names its caller and itself in its pitch, and every text
//! that the agent speaks has a pitch of its own. It survives mu-law, resampling and a lowered voice, so that what comes
//! out of the system tells where it went in.

/// Half periods, in samples at 8 kHz, of the three tones of a word: whose, and which.
const WHOSE: [usize; 8] = [30, 33, 36, 39, 42, 45, 48, 51];
const HIGH: std::ops::Range<usize> = 4..12;
const LOW: std::ops::Range<usize> = 14..27;
/// Half periods of the agent's texts.
const TEXTS: [usize; 18] = [26, 28, 30, 32, 34, 36, 38, 40, 42, 44, 46, 48, 50, 52, 54, 56, 58, 60];

/// Callers that can be told apart.
pub(super) const CALLERS_MAX: usize = WHOSE.len();
/// Words of one caller that can be told apart.
pub(super) const WORDS_MAX: usize = (HIGH.end - HIGH.start) * (LOW.end - LOW.start);
/// Octets of one tone of a word at 8 kHz: 60 ms.
const TONE: usize = 480;
/// Octets of a word.
pub(super) const WORD: usize = 3 * TONE;
/// A stretch of one pitch shorter than this, in samples at 16 kHz, is a seam: 30 ms.
const STRETCH_MIN: usize = 480;
const CALLER_LOUD: i16 = 6_000;
/// Fainter samples are silence.
const FAINT: u16 = 300;

/// A word of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spoken {
    pub(super) caller: usize,
    pub(super) word: usize,
}

/// Appends the sound of a word at 8 kHz.
pub(super) fn speak(Spoken { caller, word }: Spoken, to: &mut Vec<i16>) {
    let lows = LOW.end - LOW.start;
    for half in [WHOSE[caller], HIGH.start + word / lows, LOW.start + word % lows] {
        to.extend(
            (0..TONE)
                .map(|n| if (n / half).is_multiple_of(2) { CALLER_LOUD } else { -CALLER_LOUD }),
        );
    }
}

/// The whole words in sound at 16 kHz, in order.
pub(super) fn hear(samples: &[i16]) -> Vec<Spoken> {
    let (mut words, mut whose, mut high) = (Vec::new(), None, None);
    for half in pitches(samples) {
        if let Some(place) = WHOSE.iter().position(|&of| of.abs_diff(half) <= 1) {
            (whose, high) = (Some(place), None);
        } else if HIGH.contains(&half) {
            high = Some(half - HIGH.start);
        } else if LOW.contains(&half)
            && let (Some(caller), Some(high)) = (whose.take(), high.take())
        {
            let word = high * (LOW.end - LOW.start) + half - LOW.start;
            words.push(Spoken { caller, word });
        }
    }
    words
}

/// The half periods, in samples at 8 kHz, of the stretches of one pitch.
fn pitches(samples: &[i16]) -> Vec<usize> {
    let mut found = Vec::new();
    // The stretch at hand: where it began, its half periods so far, the last of them.
    let (mut began, mut halves, mut last) = (0, 0_usize, 0_usize);
    let (mut flank, mut sign) = (None, None);
    let mut close = |began: usize, end: usize, halves: usize| {
        if halves >= 2 && end - began >= STRETCH_MIN {
            // Twice as many samples here as where it was made, rounded.
            found.push((end - began + halves) / (2 * halves));
        }
    };
    for (n, &sample) in samples.iter().enumerate() {
        let loud = sample.unsigned_abs() >= FAINT;
        if !loud || sign.replace(sample > 0) == Some(sample > 0) {
            continue;
        }
        let half = n - flank.replace(n).unwrap_or(n);
        // The seam between two pitches, or a silence, ends a stretch. Flanks wander by a sample or two.
        if half.abs_diff(last) <= 2 && half > 0 {
            halves += 1;
        } else {
            close(began, n - half, halves);
            (began, halves) = (n - half, 1);
        }
        last = half;
    }
    close(began, flank.unwrap_or(began), halves);
    found
}

/// The half period at 8 kHz that says `text`.
pub(super) fn pitch_of(text: &str) -> usize {
    let mix = |hash: u64, octet: u8| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, mix);
    TEXTS[((hash >> 20) % TEXTS.len() as u64) as usize]
}

/// Recognises at 8 kHz the pitch of what the agent says, as it comes.
#[derive(Debug, Default)]
pub(super) struct Ear {
    since: usize,
    sign: bool,
    /// The last half periods.
    halves: [usize; 3],
}

impl Ear {
    /// Takes one sample; tells a pitch once three half periods agree on it.
    pub(super) fn sample(&mut self, sample: i16) -> Option<usize> {
        self.since += 1;
        if sample.unsigned_abs() < 60 || self.sign == (sample > 0) {
            return None;
        }
        self.sign = sample > 0;
        self.halves = [self.halves[1], self.halves[2], std::mem::take(&mut self.since)];
        let (least, most) = (self.halves.iter().min()?, self.halves.iter().max()?);
        let mean = (self.halves.iter().sum::<usize>() + 1) / 3;
        let nearest = *TEXTS.iter().min_by_key(|text| text.abs_diff(mean))?;
        (most - least <= 1 && nearest.abs_diff(mean) <= 1).then_some(nearest)
    }
}

#[cfg(test)]
mod tests {
    use callwright_media::{Resampler, SampleRate, g711};

    use super::*;

    /// The sound as it is once it has come over a telephone.
    fn over_the_line(samples: &[i16]) -> Vec<i16> {
        let mut resampler = Resampler::new(SampleRate::Hz8000, SampleRate::Hz16000).unwrap();
        let mut heard = Vec::new();
        for frame in samples.chunks_exact(160) {
            let coded: Vec<i16> =
                frame.iter().map(|&sample| g711::ulaw_decode(g711::ulaw_encode(sample))).collect();
            let mut wide = [0; 320];
            resampler.process(&coded, &mut wide).unwrap();
            heard.extend(wide);
        }
        heard
    }

    #[test]
    fn every_word_of_every_caller_is_heard_as_what_it_is() {
        for caller in 0..CALLERS_MAX {
            let words: Vec<Spoken> = (0..WORDS_MAX).map(|word| Spoken { caller, word }).collect();
            let mut sound = vec![0; 1_600];
            for &word in &words {
                speak(word, &mut sound);
            }
            sound.extend([0; 1_600]);
            assert_eq!(hear(&over_the_line(&sound)), words);
        }
    }

    #[test]
    fn half_a_word_is_none() {
        let mut sound = Vec::new();
        speak(Spoken { caller: 1, word: 30 }, &mut sound);
        assert_eq!(hear(&over_the_line(&sound[..WORD * 2 / 3])), []);
        assert_eq!(hear(&over_the_line(&sound[WORD / 2..])), []);
    }

    #[test]
    fn the_ear_knows_every_text() {
        for half in TEXTS {
            let mut ear = Ear::default();
            let sample = |n: usize| if (n / half).is_multiple_of(2) { 2_000 } else { -2_000 };
            let heard: Vec<usize> = (0..1_600).filter_map(|n| ear.sample(sample(n))).collect();
            assert!(
                heard.len() > 10 && heard.iter().all(|&heard| heard == half),
                "{half}: {heard:?}"
            );
        }
    }
}
