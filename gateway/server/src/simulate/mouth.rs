//! What the caller sends: 20 ms at a time, speech or silence, with the noise around it, and keys.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use callwright_media::SampleRate;
use callwright_media::g711::{ULAW_SILENCE, ulaw_encode};

use super::ear::{LOUD, Span, sample_at, time_of};

/// Samples of one frame of 20 ms at 8 kHz.
pub(crate) const FRAME: usize = 160;

/// Frames from one key to the next: 200 ms, as fast as people type.
const KEY_EVERY: u32 = 10;

/// Something to say, ready to be sent, for telephones and for wideband lines. Places in it are samples of 8 kHz.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clip {
    /// At 8 kHz.
    samples: Vec<i16>,
    /// The same at 16 kHz; empty when nobody needs it.
    wide: Vec<i16>,
    /// First and last loud sample; `None` when it is all silence.
    loud: Option<Span>,
}

impl Clip {
    /// A clip of these samples, without the silence around them. They are 8 kHz, mono.
    pub(crate) fn new(samples: &[i16]) -> Self {
        Self::with_wide(samples, &[])
    }

    /// The same, with the same sound at 16 kHz beside it.
    pub(crate) fn with_wide(samples: &[i16], wide: &[i16]) -> Self {
        let loud = |sample: &i16| sample.unsigned_abs() >= LOUD;
        let (Some(first), Some(last)) =
            (samples.iter().position(loud), samples.iter().rposition(loud))
        else {
            return Self { samples: samples.to_vec(), wide: wide.to_vec(), loud: None };
        };
        // A soft onset and a soft end belong to the first and the last word.
        let from = first.saturating_sub(SOFT);
        let to = (last + SOFT).min(samples.len());
        let kept = samples.get(from..to).unwrap_or_default().to_vec();
        let span = Span { start: (first - from) as u64, end: (last - from) as u64 };
        let wide = wide.get(2 * from..wide.len().min(2 * to)).unwrap_or_default().to_vec();
        Self { samples: kept, wide, loud: Some(span) }
    }

    /// The mean level of its loud part, in dB under a full-scale square wave; `None` when it is all silence.
    pub(crate) fn level_dbov(&self) -> Option<f32> {
        let Span { start, end } = self.loud?;
        let at = |sample: u64| usize::try_from(sample).ok();
        let loud = self.samples.get(at(start)?..=at(end)?)?;
        Some(callwright_media::level_dbov(loud).0)
    }

    /// From its first loud sample to its last.
    pub(crate) fn length(&self) -> Duration {
        self.loud.map_or(Duration::ZERO, |loud| time_of(loud.end - loud.start))
    }

    /// All of it at 8 kHz.
    pub(crate) fn samples(&self) -> &[i16] {
        &self.samples
    }
}

/// Samples kept around what is loud: 50 ms.
const SOFT: usize = 400;

/// What is sent next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    /// 20 ms at the mouth's rate.
    pub(crate) samples: Vec<i16>,
    /// A key pressed during them.
    pub(crate) key: Option<char>,
    /// The caller hung up at the end of them.
    pub(crate) hung_up: bool,
}

impl Sent {
    /// The frame in mu-law, of a mouth at 8 kHz.
    pub(crate) fn octets(&self) -> [u8; FRAME] {
        let mut octets = [ULAW_SILENCE; FRAME];
        for (octet, &sample) in octets.iter_mut().zip(&self.samples) {
            *octet = ulaw_encode(sample);
        }
        octets
    }
}

/// The caller's mouth and fingers.
#[derive(Debug)]
pub(crate) struct Mouth {
    rate: SampleRate,
    noise: Noise,
    /// Samples of 8 kHz sent so far.
    sent: u64,
    clip: Option<(Arc<Clip>, usize)>,
    hang_up_at: Option<u64>,
    keys: VecDeque<char>,
    frames_to_key: u32,
}

impl Mouth {
    /// A telephone's mouth with noise of this level around it (dB under full scale), or none.
    pub(crate) fn new(noise_dbov: Option<f32>) -> Self {
        Self::at(SampleRate::Hz8000, noise_dbov)
    }

    /// The same for a line of this rate, 8 or 16 kHz.
    pub(crate) fn at(rate: SampleRate, noise_dbov: Option<f32>) -> Self {
        Self {
            rate,
            noise: Noise::new(noise_dbov),
            sent: 0,
            clip: None,
            hang_up_at: None,
            keys: VecDeque::new(),
            frames_to_key: 0,
        }
    }

    /// Begins to speak with the next frame. Gives when the loud part will be spoken, unless it has none; a hang-up in
    /// the middle is counted from its first loud sample.
    pub(crate) fn speak(
        &mut self,
        clip: Arc<Clip>,
        hang_up_after: Option<Duration>,
    ) -> Option<Span> {
        let loud =
            clip.loud.map(|loud| Span { start: self.sent + loud.start, end: self.sent + loud.end });
        let first = loud.map_or(self.sent, |loud| loud.start);
        self.hang_up_at = hang_up_after.map(|after| first + sample_at(after));
        self.clip = Some((clip, 0));
        loud
    }

    /// Presses these keys, five a second, beginning with the next frame.
    pub(crate) fn press(&mut self, keys: &[char]) {
        self.keys.extend(keys);
        self.frames_to_key = 0;
    }

    /// Whether something is being said or typed.
    pub(crate) fn is_busy(&self) -> bool {
        self.clip.is_some() || !self.keys.is_empty()
    }

    /// Samples of 8 kHz sent so far.
    pub(crate) const fn sent(&self) -> u64 {
        self.sent
    }

    /// The next 20 ms.
    pub(crate) fn next_frame(&mut self) -> Sent {
        let mut samples = vec![0; self.rate.frame_samples()];
        for sample in &mut samples {
            let speech = self.next_sample();
            *sample = speech.saturating_add(self.noise.next());
        }
        self.sent += FRAME as u64;
        let hung_up = self.hang_up_at.is_some_and(|at| self.sent >= at);
        Sent { samples, key: self.next_key(), hung_up }
    }

    fn next_sample(&mut self) -> i16 {
        let Some((clip, at)) = &mut self.clip else { return 0 };
        let wide = self.rate != SampleRate::Hz8000;
        let sample = if wide { clip.wide.get(*at) } else { clip.samples.get(*at) }.copied();
        *at += 1;
        if sample.is_none() {
            self.clip = None;
        }
        sample.unwrap_or(0)
    }

    fn next_key(&mut self) -> Option<char> {
        if self.frames_to_key > 0 {
            self.frames_to_key -= 1;
            return None;
        }
        let key = self.keys.pop_front();
        if key.is_some() {
            self.frames_to_key = KEY_EVERY;
        }
        key
    }
}

/// White noise, the same in every run (xorshift64, Marsaglia 2003).
#[derive(Debug)]
struct Noise {
    state: u64,
    peak: f32,
}

impl Noise {
    fn new(dbov: Option<f32>) -> Self {
        // The level of uniform noise is its peak over the square root of 3; 0 dBov is a full-scale square wave.
        let rms = dbov.map_or(0.0, |level| 32_768.0 * 10.0_f32.powf(level / 20.0));
        Self { state: 0x9E37_79B9_7F4A_7C15, peak: rms * 3.0_f32.sqrt() }
    }

    fn next(&mut self) -> i16 {
        if self.peak == 0.0 {
            return 0;
        }
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        // The upper 16 bits, as a share of their range around 0; `as` from float saturates.
        let share = (self.state >> 48) as f32 / 32_768.0 - 1.0;
        (share * self.peak) as i16
    }
}

#[cfg(test)]
mod tests {
    use callwright_media::g711::ulaw_decode;
    use callwright_media::level_dbov;

    use super::*;

    fn clip(silence: usize, loud: usize) -> Clip {
        Clip::new(&[vec![0; silence], vec![8_000; loud], vec![0; silence]].concat())
    }

    #[test]
    fn a_clip_knows_its_loud_part_and_loses_the_silence_around_it() {
        let clip = clip(2_000, 100);
        assert_eq!(clip.loud, Some(Span { start: 400, end: 499 }));
        assert_eq!(clip.samples().len(), 899);
        assert_eq!(Clip::new(&[1; 10]).loud, None);
        assert_eq!(Clip::new(&[]).loud, None);
    }

    #[test]
    fn speech_begins_with_the_next_frame_and_ends_in_silence() {
        let mut mouth = Mouth::new(None);
        mouth.next_frame();
        let loud = mouth.speak(Arc::new(clip(0, 200)), None).unwrap();
        assert_eq!(loud, Span { start: 160, end: 359 });
        assert!(mouth.is_busy());
        let octets = [mouth.next_frame().octets(), mouth.next_frame().octets()].concat();
        let is_loud = |octet: &u8| ulaw_decode(*octet).unsigned_abs() >= LOUD;
        assert_eq!(octets.iter().filter(|octet| is_loud(octet)).count(), 200);
        assert!(!mouth.is_busy());
        assert_eq!(mouth.next_frame().octets(), [0xFF; FRAME]);
        assert_eq!(mouth.sent(), 640);
    }

    #[test]
    fn keys_are_pressed_five_a_second() {
        let mut mouth = Mouth::new(None);
        mouth.press(&['1', '#']);
        let pressed: Vec<_> =
            (0..24).filter_map(|frame| mouth.next_frame().key.map(|key| (frame, key))).collect();
        assert_eq!(pressed, [(0, '1'), (11, '#')]);
        assert!(!mouth.is_busy());
    }

    #[test]
    fn a_caller_may_hang_up_in_the_middle_of_a_word() {
        let mut mouth = Mouth::new(None);
        mouth.speak(Arc::new(clip(0, 8_000)), Some(Duration::from_millis(50)));
        let hung_up: Vec<_> = (0..3).map(|_| mouth.next_frame().hung_up).collect();
        assert_eq!(hung_up, [false, false, true]);
    }

    #[test]
    fn noise_has_the_level_that_was_asked_for() {
        let mut mouth = Mouth::new(Some(-40.0));
        let heard: Vec<i16> =
            (0..50).flat_map(|_| mouth.next_frame().octets().map(ulaw_decode)).collect();
        assert!((level_dbov(&heard).0 + 40.0).abs() < 0.5, "{:?}", level_dbov(&heard));
    }
}
