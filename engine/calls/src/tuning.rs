//! The thresholds of a call that are worth changing, in one place: a replay with one of them changed shows what it
//! would have done to a real call.

use std::time::Duration;

use crate::spec::CallSpec;

/// How a call hears, waits and yields. The default is what ships; where each value comes from is said with the default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tuning {
    /// When a sound is speech, and when it pauses.
    pub speech: SpeechTuning,
    /// When the agent falls silent for the caller.
    pub barge_in: BargeInTuning,
    /// How long a pause may last before the turn is over.
    pub patience: PatienceTuning,
    /// When the business is told that somebody waits.
    pub waits: WaitTuning,
}

/// When a sound is speech, and when it pauses. A window is 32 ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpeechTuning {
    /// At and above this probability a window is speech.
    pub on: f32,
    /// Below this it is not; in between the last state holds.
    pub off: f32,
    /// Windows that make an onset.
    pub onset_windows: u32,
    /// Windows that make a lull.
    pub lull_windows: u32,
    /// Windows that make a pause.
    pub pause_windows: u32,
}

impl Default for SpeechTuning {
    fn default() -> Self {
        Self {
            // Silero's own defaults.
            on: 0.5,
            off: 0.35,
            // One alone is a click.
            onset_windows: 2,
            // 64 ms, so that the answers are there when it becomes a pause.
            lull_windows: 2,
            // 128 ms. Shorter gaps are the closures of stops and the joints between words.
            pause_windows: 4,
        }
    }
}

/// When the agent falls silent for the caller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BargeInTuning {
    /// Windows of speech in a row at which the agent falls silent.
    pub silencing_windows: u32,
    /// Windows of silence after which a lowered voice rises again.
    pub raising_windows: u32,
    /// The words so far are asked for this long after the caller's first sound.
    pub first_words: Duration,
    /// A sound this long is given the floor even if no word of it was understood.
    pub mumbled: Duration,
    /// How many dB louder than what the line brings all the time a voice must be to be the caller's.
    pub above_background: f32,
    /// How many dB fainter than the caller was so far it may be.
    pub below_caller: f32,
}

impl Default for BargeInTuning {
    fn default() -> Self {
        Self {
            // 64 ms. A cough or a click gets so far, and costs the listener a gap of a quarter of a second; one window
            // more would talk over every caller for another 32 ms.
            silencing_windows: 2,
            // 96 ms.
            raising_windows: 3,
            // So that the answer is there by 300 ms.
            first_words: Duration::from_millis(250),
            mumbled: Duration::from_millis(1_200),
            // Of six voices that talk at once, a window is seldom 5 dB louder than all of them are on average; of a caller
            // who is 15 dB louder than they, three windows of four are.
            above_background: 8.0,
            // The soft syllables of one voice; whoever is further from the telephone than from the caller is below.
            below_caller: 14.0,
        }
    }
}

/// How long a pause may last before the turn is over, where the weighing of judge and words does not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatienceTuning {
    /// An answer that is complete but for a word.
    pub little: Duration,
    /// A yes, a no or a name that the judges think unfinished.
    pub short_answer: Duration,
    /// No judgement came.
    pub no_judge: Duration,
    /// Between the groups of a number that is read off a card, or the letters of a spelled word.
    pub groups: Duration,
    /// After a word that promises another.
    pub trailing: Duration,
    /// After words that can hardly be all.
    pub open: Duration,
    /// After the caller asked for time.
    pub asked_for_time: Duration,
    /// Longest wait for the lanes' answers at a pause; then the turn ends with what there is.
    pub answers_max: Duration,
}

impl Default for PatienceTuning {
    fn default() -> Self {
        let ms = Duration::from_millis;
        Self {
            little: ms(450),
            short_answer: ms(700),
            // The usual compromise of engines that have no judge.
            no_judge: ms(800),
            groups: ms(1_600),
            trailing: ms(1_300),
            open: ms(1_000),
            asked_for_time: ms(4_000),
            answers_max: ms(2_500),
        }
    }
}

/// When the business is told that somebody waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTuning {
    /// An answer that takes longer than this wants a word in between.
    pub owed_max: Duration,
    /// How often the business is told of silence.
    pub quiet_every: Duration,
}

impl Default for WaitTuning {
    fn default() -> Self {
        Self {
            // About as long as people let each other wait (Stivers et al. 2009: answers come within 200 ms on average,
            // and after 700 ms a silence is heard as trouble).
            owed_max: Duration::from_millis(700),
            // A caller who hears nothing for longer believes the line is dead.
            quiet_every: Duration::from_secs(6),
        }
    }
}

/// One value that can be set by its name.
#[derive(Debug, PartialEq)]
pub enum Setting<'a> {
    /// A length of time.
    Time(&'a mut Duration),
    /// A probability, log-odds or a factor.
    Number(&'a mut f32),
    /// How many.
    Count(&'a mut u32),
}

/// How many settings a call has.
pub const SETTINGS: usize = 26;

impl CallSpec {
    /// Every setting of the call by its name, limits and pace included: for captures, which keep them, and for replays,
    /// which change them.
    pub const fn settings(&mut self) -> [(&'static str, Setting<'_>); SETTINGS] {
        use Setting::{Count, Number, Time};
        let Self { limits, pace, tuning, .. } = self;
        let Tuning { speech, barge_in, patience, waits } = tuning;
        [
            ("limits.call_max", Time(&mut limits.call_max)),
            ("limits.silence_max", Time(&mut limits.silence_max)),
            ("limits.business_max", Time(&mut limits.business_max)),
            ("pace.sure", Number(&mut pace.sure)),
            ("pace.longest", Time(&mut pace.longest)),
            ("speech.on", Number(&mut speech.on)),
            ("speech.off", Number(&mut speech.off)),
            ("speech.onset_windows", Count(&mut speech.onset_windows)),
            ("speech.lull_windows", Count(&mut speech.lull_windows)),
            ("speech.pause_windows", Count(&mut speech.pause_windows)),
            ("barge_in.silencing_windows", Count(&mut barge_in.silencing_windows)),
            ("barge_in.raising_windows", Count(&mut barge_in.raising_windows)),
            ("barge_in.first_words", Time(&mut barge_in.first_words)),
            ("barge_in.mumbled", Time(&mut barge_in.mumbled)),
            ("barge_in.above_background", Number(&mut barge_in.above_background)),
            ("barge_in.below_caller", Number(&mut barge_in.below_caller)),
            ("patience.little", Time(&mut patience.little)),
            ("patience.short_answer", Time(&mut patience.short_answer)),
            ("patience.no_judge", Time(&mut patience.no_judge)),
            ("patience.groups", Time(&mut patience.groups)),
            ("patience.trailing", Time(&mut patience.trailing)),
            ("patience.open", Time(&mut patience.open)),
            ("patience.asked_for_time", Time(&mut patience.asked_for_time)),
            ("patience.answers_max", Time(&mut patience.answers_max)),
            ("waits.owed_max", Time(&mut waits.owed_max)),
            ("waits.quiet_every", Time(&mut waits.quiet_every)),
        ]
    }
}
