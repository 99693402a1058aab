//! Hearing the keys of a telephone in the sound of the line.
//!
//! Windows of 12.75 ms, half overlapping, are measured at the eight frequencies. A key is two strong tones, one
//! of each group, that hold nearly all of the window's power, and whose phases advance from window to window
//! as those of the right frequencies do. The last is what speech does not do: it fools detectors that only
//! compare powers, but a voice does not hold two frequencies still for 32 ms.

use super::Digit;
use super::digit::{COLUMNS_HZ, ROWS_HZ};
use super::player::PEAK_0_DBM0;
use super::window::{HOP, Hop, Strongest, error_hz, prepare, remaining, strongest};

/// What the line did with a key. Times are in samples of the stream at 8 kHz, from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DtmfEvent {
    /// A key is pressed; told about 32 ms after it began.
    Began {
        /// Which.
        digit: Digit,
        /// When it began, to about 6 ms.
        at: u64,
    },
    /// The key was let go; told about 26 ms later.
    Ended {
        /// Which.
        digit: Digit,
        /// When it ended, to about 6 ms.
        at: u64,
    },
}

/// Detects keys in 8 kHz sound, to ITU-T Q.24 and beyond: tones of 40 ms and pauses of 40 ms count, breaks of
/// 10 ms do not; frequencies within 1.5 % are taken and those off by 3.5 % are not; each tone from -36 to
/// 0 dBm0, the higher one up to 8 dB stronger or 4 dB weaker (and some more).
#[derive(Clone, Debug)]
pub struct DtmfDetector {
    /// Samples of the hop that is being gathered.
    hop: [f32; HOP],
    gathered: usize,
    /// The hop before.
    last: Hop,
    hops: u64,
    /// The latest windows that all look like one key.
    run: Run,
    /// The key that is down.
    down: Option<Digit>,
    misses: u32,
}

/// Windows in a row that make a key: they span 32 ms, and a tone of 40 ms holds four whatever its place.
const WINDOWS_TO_BEGIN: u32 = 4;
/// The same where speech or noise sounds with the key: 57 ms.
const WINDOWS_IN_NOISE: u32 = 8;
/// Windows in a row without it that end a key: a break of 10 ms touches three at most, a pause of 40 ms at
/// least five.
const WINDOWS_TO_END: u32 = 4;
/// The weakest tone, in dBm0; -36 is asked (the most sensitive of the limits in ITU-T Q.24), and the rest is for
/// tones that are off frequency.
const WEAKEST_DBM0: f64 = -39.0;
/// The most that the higher tone may be stronger, and weaker, in decibels: 8 and 4 (ITU-T Q.24 table 1), and
/// 2.5 for noise and for what one tone leaks into the other's sum when both are off their frequencies.
const TWIST_DB: f32 = 10.5;
const REVERSE_TWIST_DB: f32 = 6.5;
/// The two tones' least share of a window's power: noise or speech 5 dB below the key leave 0.76.
const SHARE: f32 = 0.74;
/// The same for a key that is already down.
const SHARE_LOOSE: f32 = 0.5;
/// How far a frequency may be off, as a share of it: 1.5 % must be taken (ITU-T Q.24), and the rest is for noise.
const OFF_FREQUENCY: f32 = 0.017;
/// From this share on it is a key with nothing else in the line, and the fewest windows are enough.
const SHARE_CLEAN: f32 = 0.92;
/// How far a frequency may move from one step to the next, in Hz. A voice glides; a key does not, but noise and
/// the other tone's leakage shake the measurement.
const DRIFT_HZ: f32 = 6.0;
/// How far it may have moved since the run began.
const DRIFT_WHOLE_HZ: f32 = 8.0;
/// How much the proportion of the two tones may change from one window to the next, as a factor: 2 dB.
const TURN: f32 = 1.6;
/// How much the two tones' power may change from one window of a run to the next, as a factor: 4 dB.
const STEADY: f32 = 2.5;

/// What a run of windows has in common.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    windows: u32,
    row: usize,
    column: usize,
    /// The phases of both tones in the latest window.
    phases: [f32; 2],
    /// The sum of the measured frequency errors of both, in Hz, and of how many steps.
    error_hz: [f32; 2],
    /// The first and the latest of them.
    first_hz: [f32; 2],
    latest_hz: [f32; 2],
    /// How much more power the column has than the row in the latest window.
    twist: f32,
    /// The least share of a window's power that the two tones had.
    share: f32,
    power: f32,
}

impl Default for DtmfDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl DtmfDetector {
    /// A detector at the beginning of a stream of 8 kHz sound.
    pub fn new() -> Self {
        // Made here so that no frame has to.
        prepare();
        Self {
            hop: [0.0; HOP],
            gathered: 0,
            last: Hop::default(),
            hops: 0,
            run: Run::default(),
            down: None,
            misses: 0,
        }
    }

    /// The key that is down now.
    pub const fn down(&self) -> Option<Digit> {
        self.down
    }

    /// Listens to the next samples, any number, and tells what the keys did.
    ///
    /// *Real time:* no allocation; about 0.6 us for 20 ms.
    pub fn feed(&mut self, samples: &[i16], mut tell: impl FnMut(DtmfEvent)) {
        for &sample in samples {
            if let Some(place) = self.hop.get_mut(self.gathered) {
                *place = f32::from(sample);
            }
            self.gathered += 1;
            if self.gathered == HOP {
                self.gathered = 0;
                self.end_hop(&mut tell);
            }
        }
    }

    fn end_hop(&mut self, tell: &mut impl FnMut(DtmfEvent)) {
        let hop = Hop::measure(&self.hop);
        let window = strongest(&self.last, &hop);
        self.last = hop;
        self.hops += 1;
        if self.hops < 2 {
            return;
        }
        self.follow(&window);
        let found = self.found();
        let holds = self.down.is_some_and(|digit| window.is(digit, SHARE_LOOSE));
        match (self.down, found) {
            (Some(down), Some(digit)) if down != digit => {
                tell(DtmfEvent::Ended { digit: down, at: self.begun_at() });
                self.begin(digit, tell);
            }
            (None, Some(digit)) => self.begin(digit, tell),
            (Some(_), _) if holds => self.misses = 0,
            (Some(digit), _) => {
                self.misses += 1;
                if self.misses >= WINDOWS_TO_END {
                    self.down = None;
                    let missed = u64::from(self.misses) * HOP as u64;
                    let now = self.hops * HOP as u64;
                    tell(DtmfEvent::Ended { digit, at: now.saturating_sub(missed) });
                }
            }
            (None, None) => {}
        }
    }

    fn begin(&mut self, digit: Digit, tell: &mut impl FnMut(DtmfEvent)) {
        self.down = Some(digit);
        self.misses = 0;
        tell(DtmfEvent::Began { digit, at: self.begun_at() });
    }

    /// Where the present run of windows began.
    fn begun_at(&self) -> u64 {
        (self.hops - 1).saturating_sub(u64::from(self.run.windows)) * HOP as u64
    }

    /// Takes the latest window into the run, or begins a new one with it.
    fn follow(&mut self, window: &Strongest) {
        let run = &mut self.run;
        let power = window.powers[0] + window.powers[1];
        if !window.is_plausible() {
            *run = Run::default();
            return;
        }
        let same = run.windows > 0 && (run.row, run.column) == (window.row, window.column);
        let hz = [ROWS_HZ[window.row], COLUMNS_HZ[window.column]];
        let error_hz =
            [0, 1].map(|tone| error_hz(window.phases[tone] - run.phases[tone], hz[tone]));
        let steady = power < run.power * STEADY && run.power < power * STEADY;
        let since = |earlier: [f32; 2]| {
            (error_hz[0] - earlier[0]).abs().max((error_hz[1] - earlier[1]).abs())
        };
        let still = run.windows < 2
            || since(run.latest_hz) < DRIFT_HZ && since(run.first_hz) < DRIFT_WHOLE_HZ;
        let twist = window.powers[1] / window.powers[0].max(1.0);
        let turned = (twist / run.twist).max(run.twist / twist) > TURN;
        let whole = [0, 1].map(|tone| window.powers[tone] / remaining(error_hz[tone]));
        let share = (whole[0] + whole[1]) / window.energy;
        if same && steady && still && !turned {
            run.windows += 1;
            for (sum, error_hz) in run.error_hz.iter_mut().zip(error_hz) {
                *sum += error_hz;
            }
            run.phases = window.phases;
            if run.windows == 2 {
                run.first_hz = error_hz;
            }
            run.latest_hz = error_hz;
            run.twist = twist;
            run.share = run.share.min(share);
            run.power = power;
        } else {
            *run = Run {
                windows: 1,
                row: window.row,
                column: window.column,
                phases: window.phases,
                error_hz: [0.0; 2],
                first_hz: [0.0; 2],
                latest_hz: [0.0; 2],
                twist,
                share: 1.0,
                power,
            };
        }
    }

    /// The key that the present run of windows is, once it is long enough and on frequency.
    fn found(&self) -> Option<Digit> {
        let run = &self.run;
        let wanted = if run.share > SHARE_CLEAN { WINDOWS_TO_BEGIN } else { WINDOWS_IN_NOISE };
        if run.windows < wanted {
            return None;
        }
        let steps = (run.windows - 1) as f32;
        let hz = [ROWS_HZ[run.row] as f32, COLUMNS_HZ[run.column] as f32];
        let on_frequency = run
            .error_hz
            .iter()
            .zip(hz)
            .all(|(error, hz)| (error / steps).abs() <= OFF_FREQUENCY * hz);
        if on_frequency { Digit::at(run.row, run.column) } else { None }
    }
}

impl Strongest {
    /// Whether both tones are loud enough, in proportion to each other, and nearly all there is. What a tone
    /// loses by being off its frequency is allowed for where the run is judged.
    fn is_plausible(&self) -> bool {
        let [row, column] = self.powers;
        let weakest =
            0.375 * HOP as f32 * (PEAK_0_DBM0 * 10.0_f64.powf(WEAKEST_DBM0 / 20.0)).powi(2) as f32;
        row > weakest
            && column > weakest
            && column < row * decibels(TWIST_DB)
            && row < column * decibels(REVERSE_TWIST_DB)
            && row + column > SHARE * self.energy
    }

    /// Whether these are the tones of `digit`, with at least `share` of the power.
    fn is(&self, digit: Digit, share: f32) -> bool {
        Digit::at(self.row, self.column) == Some(digit)
            && self.powers[0] + self.powers[1] > share * self.energy
            && self.energy > 0.0
    }
}

fn decibels(db: f32) -> f32 {
    10.0_f32.powf(db / 10.0)
}
