//! What becomes of a call that we placed, by its tones: ringing, busy, no way through, a wrong number, a fax,
//! and the beep after which an answering machine records.

use std::ops::RangeInclusive;

use super::SpecialInformation;
use super::steady::{Analyser, Content, Pair, STRETCH};

/// Something that the network or the other side said with a tone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    /// A dial tone: nothing was dialled, or the other side has hung up.
    Dial,
    /// It rings at the other side. Told once for each ring.
    Ringback,
    /// The other side is busy. Told once for each tone from the second on.
    Busy,
    /// No way through the network (fast busy). Told like [`Progress::Busy`].
    Congestion,
    /// The three tones before an announcement.
    SpecialInformation(SpecialInformation),
    /// A fax machine calls us (1,100 Hz, ITU-T T.30).
    FaxCalling,
    /// A fax machine or a modem has answered (2,100 Hz, ITU-T T.30 and V.25).
    FaxAnswered,
    /// One tone and then quiet: an answering machine records from now on.
    Beep {
        /// The tone's frequency in Hz.
        hz: f32,
        /// How long it was, in milliseconds, to about 25.
        ms: u32,
    },
}

/// Recognises the tones of a network in 8 kHz sound. All regions at once; what a tone is called depends on its
/// frequencies and its cadence, which the regions share without contradiction.
///
/// Made for sound of one side only, as a leg receives it. Speech and music do not disturb it.
#[derive(Clone, Debug)]
pub struct ProgressDetector {
    stretch: [i16; STRETCH],
    gathered: usize,
    analyser: Analyser,
    /// The tone that sounds now.
    now: Option<Burst>,
    /// Tones that have ended, the latest last.
    past: [Option<Burst>; 2],
    /// Stretches since the last tone ended, and how loud they were at most.
    quiet: u32,
    quiet_dbov: f32,
    /// A stretch at an edge of a tone looks like no tone; one is forgiven.
    doubtful: bool,
}

/// A tone from its beginning on.
#[derive(Clone, Copy, Debug)]
struct Burst {
    kind: Kind,
    /// Stretches that it has lasted.
    length: u32,
    /// Stretches without a tone before it.
    gap: u32,
    level_dbov: f32,
    told: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Single(f32),
    Pair(Pair),
}

/// Milliseconds of a stretch.
const STRETCH_MS: u32 = 25;
/// How much two stretches' frequencies may differ and still be one tone, as a share.
const SAME_HZ: f32 = 0.015;
/// Tones of the old plan and of ITU-T E.180: 400 to 450 Hz, with room for networks that are off.
const CALL_BAND_HZ: RangeInclusive<f32> = 380.0..=490.0;
/// Milliseconds of a beep, as they are counted: whole stretches, so that one of 100 ms may count 75. Shorter ones are clicks and digits, longer ones are test tones.
const BEEP_MS: RangeInclusive<u32> = 75..=3_000;
/// Where beeps lie; below it a hummed vowel may be as pure.
const BEEP_HZ: RangeInclusive<f32> = 350.0..=2_800.0;
/// How long before a beep no other tone may have sounded: what follows one is a melody.
const BEEP_ALONE_MS: u32 = 150;
/// How long it must be quiet after a beep, in milliseconds.
const BEEP_QUIET_MS: u32 = 150;
/// The same for a tone that could be a busy tone's first.
const BEEP_QUIET_CALL_BAND_MS: u32 = 800;
/// How much quieter the line must be after a beep, in decibels.
const BEEP_DROP_DB: f32 = 12.0;

impl Default for ProgressDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl ProgressDetector {
    /// A detector at the beginning of a stream of 8 kHz sound.
    pub fn new() -> Self {
        Self {
            stretch: [0; STRETCH],
            gathered: 0,
            analyser: Analyser::new(),
            now: None,
            past: [None; 2],
            quiet: 0,
            quiet_dbov: f32::NEG_INFINITY,
            doubtful: false,
        }
    }

    /// Whether a tone sounds now, whatever it means.
    pub const fn is_tone(&self) -> bool {
        self.now.is_some()
    }

    /// Listens to the next samples, any number, and tells what they mean.
    ///
    /// *Real time:* no allocation; 0.6 us for 20 ms, 2.5 us while a tone sounds.
    pub fn feed(&mut self, samples: &[i16], mut tell: impl FnMut(Progress)) {
        for &sample in samples {
            if let Some(place) = self.stretch.get_mut(self.gathered) {
                *place = sample;
            }
            self.gathered += 1;
            if self.gathered == STRETCH {
                self.gathered = 0;
                let stretch = self.analyser.look(&self.stretch);
                if let Some(progress) = self.follow(stretch.content, stretch.level_dbov) {
                    tell(progress);
                }
            }
        }
    }

    fn follow(&mut self, content: Content, level_dbov: f32) -> Option<Progress> {
        let kind = match content {
            Content::Single { hz } => Some(Kind::Single(hz)),
            Content::Pair(pair) => Some(Kind::Pair(pair)),
            Content::Silence | Content::Other => None,
        };
        match (&mut self.now, kind) {
            (Some(burst), Some(kind)) if burst.kind.is_same(kind) => {
                // A doubtful stretch in the middle of a tone was part of it.
                burst.length += 1 + u32::from(std::mem::take(&mut self.doubtful));
                burst.level_dbov = burst.level_dbov.max(level_dbov);
                self.while_it_sounds()
            }
            (Some(_), None) if content == Content::Other && !self.doubtful => {
                self.doubtful = true;
                None
            }
            (Some(_), _) => {
                self.end(kind, level_dbov);
                self.when_it_ends()
            }
            (None, Some(kind)) => {
                self.begin(kind, level_dbov);
                None
            }
            (None, None) => {
                self.quiet = self.quiet.saturating_add(1);
                self.quiet_dbov = self.quiet_dbov.max(level_dbov);
                self.after_it()
            }
        }
    }

    fn begin(&mut self, kind: Kind, level_dbov: f32) {
        self.now = Some(Burst { kind, length: 1, gap: self.quiet, level_dbov, told: false });
        self.doubtful = false;
    }

    /// The tone is over; `next` is what sounds in its place.
    fn end(&mut self, next: Option<Kind>, level_dbov: f32) {
        self.past = [self.past[1], self.now.take()];
        self.quiet = u32::from(next.is_none()) + u32::from(std::mem::take(&mut self.doubtful));
        self.quiet_dbov = if next.is_none() { level_dbov } else { f32::NEG_INFINITY };
        if let Some(kind) = next {
            self.begin(kind, level_dbov);
        }
    }

    /// Tones that say what they are by sounding long enough.
    fn while_it_sounds(&mut self) -> Option<Progress> {
        let [first, second] = self.past;
        let burst = self.now.as_mut().filter(|burst| !burst.told)?;
        let ms = burst.length * STRETCH_MS;
        let progress = match burst.kind {
            Kind::Pair(Pair::Ringing | Pair::BritishRinging) if ms >= 300 => Progress::Ringback,
            Kind::Pair(Pair::Dial) if ms >= 1_000 => Progress::Dial,
            Kind::Single(hz) if CALL_BAND_HZ.contains(&hz) && ms > 3_000 => Progress::Dial,
            // A calling fax sounds half a second in three and a half; an answering one, three seconds.
            Kind::Single(hz) if near(hz, 1_100.0) && ms >= 425 => Progress::FaxCalling,
            Kind::Single(hz) if near(hz, 2_100.0) && ms >= 1_000 => Progress::FaxAnswered,
            Kind::Single(_) if ms >= 150 => {
                Progress::SpecialInformation(special_information(&first?, &second?, burst)?)
            }
            Kind::Pair(_) | Kind::Single(_) => return None,
        };
        burst.told = true;
        Some(progress)
    }

    /// Tones that say what they are by how long they were.
    fn when_it_ends(&mut self) -> Option<Progress> {
        let [before, Some(burst)] = &mut self.past else { return None };
        if burst.told {
            return None;
        }
        let ms = burst.length * STRETCH_MS;
        let gap_ms = burst.gap * STRETCH_MS;
        // The second tone of a cadence: the first could be anything.
        let like = before.is_some_and(|before| before.kind.is_same(burst.kind));
        let progress = match burst.kind {
            Kind::Pair(Pair::Busy) if like => cadence(ms, gap_ms)?,
            Kind::Single(hz) if CALL_BAND_HZ.contains(&hz) => match ms {
                // A ring of one second, as most of the world has it.
                700..=2_000 => Progress::Ringback,
                _ if like => cadence(ms, gap_ms)?,
                _ => return None,
            },
            Kind::Single(_) | Kind::Pair(_) => return None,
        };
        burst.told = true;
        Some(progress)
    }

    /// A single tone that was followed by quiet, and was no part of a melody.
    fn after_it(&mut self) -> Option<Progress> {
        let [_, Some(burst)] = &mut self.past else { return None };
        let Kind::Single(hz) = burst.kind else { return None };
        let ms = burst.length * STRETCH_MS;
        let in_call_band = CALL_BAND_HZ.contains(&hz);
        let wanted_ms = if in_call_band { BEEP_QUIET_CALL_BAND_MS } else { BEEP_QUIET_MS };
        let quiet = self.quiet * STRETCH_MS >= wanted_ms
            && self.quiet_dbov < burst.level_dbov - BEEP_DROP_DB;
        let alone = burst.gap * STRETCH_MS >= BEEP_ALONE_MS;
        if burst.told || !quiet || !alone || !BEEP_MS.contains(&ms) || !BEEP_HZ.contains(&hz) {
            return None;
        }
        burst.told = true;
        Some(Progress::Beep { hz, ms })
    }
}

/// Which three tones they are, while the third sounds.
fn special_information(first: &Burst, second: &Burst, third: &Burst) -> Option<SpecialInformation> {
    let (Kind::Single(low), Kind::Single(middle), Kind::Single(high)) =
        (first.kind, second.kind, third.kind)
    else {
        return None;
    };
    let lasting = [first, second].iter().all(|b| (150..=500).contains(&(b.length * STRETCH_MS)));
    let joined = [second, third].iter().all(|burst| burst.gap <= 2);
    let rising = (890.0..1_010.0).contains(&low)
        && (1_345.0..1_455.0).contains(&middle)
        && (1_740.0..1_840.0).contains(&high);
    if !(lasting && joined && rising) {
        return None;
    }
    // The four of North America lie 18 Hz and more away from ITU-T Q.35's 950 and 14 Hz from its 1,400.
    Some(match (low, middle) {
        (..932.0, ..1_385.0) => SpecialInformation::Intercept,
        (968.0.., ..1_385.0) => SpecialInformation::VacantCode,
        (..932.0, 1_414.0..) => SpecialInformation::Reorder,
        (968.0.., 1_414.0..) => SpecialInformation::NoCircuit,
        _ => SpecialInformation::Unspecified,
    })
}

impl Kind {
    fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Single(hz), Self::Single(other)) => (hz - other).abs() <= SAME_HZ * hz,
            (Self::Pair(pair), Self::Pair(other)) => pair == other,
            (Self::Single(_) | Self::Pair(_), _) => false,
        }
    }
}

fn near(hz: f32, nominal_hz: f32) -> bool {
    (hz - nominal_hz).abs() <= 0.02 * nominal_hz
}

/// Busy or congestion, by how long the tone and the pause before it were.
fn cadence(ms: u32, gap_ms: u32) -> Option<Progress> {
    match (ms, gap_ms) {
        (350..=600, 300..=650) => Some(Progress::Busy),
        (150..=325, 150..=600) => Some(Progress::Congestion),
        _ => None,
    }
}
