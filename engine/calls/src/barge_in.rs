//! The caller makes a sound while the agent speaks: who has the floor?

use std::time::Duration;

use callwright_contract::{Aside, Expectation};

use crate::asides::{Sounds, sounds_like};
use crate::moment::Moment;
use crate::tuning::BargeInTuning;

/// Decides in two steps. At the first window of speech the agent lowers its voice, and at the second it falls silent:
/// whoever wants to speak is never talked over. Then the words decide, at the latest 300 ms after the first sound:
/// an interruption is given the floor; after an "mm-hm" or a cough the agent goes on from the very sample.
///
/// ```text
///             a window        another         words of his own
///   Speaking ---------> Low ----------> Silent ----------------> (the caller has the floor)
///       ^      quiet     |                |  "mm-hm", or no words once it is quiet
///       +----------------+                v
///       ^                            Tolerating ---- more words, or for too long ----> (the caller has the floor)
///       +------ the aside is over --------+
/// ```
///
/// A detector of speech hears the vowel of "Stop" and of "Sorry", some 120 ms after their beginning. What hisses like an
/// "s" for 60 ms therefore silences the agent too, until a voice follows it, or 300 ms have shown that none does.
#[derive(Debug, Default)]
pub(crate) struct BargeIn {
    tuning: BargeInTuning,
    state: State,
    /// Hisses that no voice followed.
    hissed_for_nothing: u32,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Speaking,
    /// The voice is lowered.
    Low {
        /// Windows without speech since then.
        quiet: u32,
    },
    /// Nothing is being sent: what hisses may be the beginning of a word.
    Hushed { began: Moment },
    /// Nothing is being sent, until it is clear what the caller wants.
    Silent {
        /// His first sound.
        began: Moment,
    },
    /// The agent goes on, in a low voice, over something that is no turn.
    Tolerating { began: Moment, aside: Aside },
}

/// What the playout is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Yield {
    /// Go on as before.
    Nothing,
    /// Lower the voice.
    Duck,
    /// It was nothing: raise the voice again.
    Raise,
    /// Fall silent, ready to go on.
    FallSilent,
    /// Go on from where the line fell silent: the caller's sound was only this.
    GoOn(Aside),
    /// Give the floor to the caller, whose first sound was then.
    Stop(Moment),
}

/// The longest that a voice may take to follow a hiss.
const HUSHED_MAX: Duration = Duration::from_millis(300);
/// Where so many hisses were nothing, there is something that hisses.
const HISSES_TRUSTED: u32 = 2;

impl BargeIn {
    pub(crate) fn new(tuning: BargeInTuning) -> Self {
        Self { tuning, ..Self::default() }
    }

    /// Takes in one window of listening while a reply is spoken or held back: `voiced_run` windows in a row were
    /// speech, the first of which began at `began`.
    pub(crate) fn window(&mut self, now: Moment, voiced_run: u32, began: Moment) -> Yield {
        let BargeInTuning { silencing_windows, raising_windows, mumbled, .. } = self.tuning;
        match &mut self.state {
            State::Speaking if voiced_run >= silencing_windows => self.fall_silent(began),
            State::Speaking if voiced_run > 0 => {
                self.state = State::Low { quiet: 0 };
                Yield::Duck
            }
            State::Low { .. } if voiced_run >= silencing_windows => self.fall_silent(began),
            State::Low { quiet } if voiced_run == 0 => {
                *quiet += 1;
                if *quiet < raising_windows {
                    return Yield::Nothing;
                }
                self.state = State::Speaking;
                Yield::Raise
            }
            State::Low { quiet } => {
                *quiet = 0;
                Yield::Nothing
            }
            &mut State::Hushed { began } if voiced_run >= silencing_windows => {
                self.state = State::Silent { began };
                Yield::Nothing
            }
            State::Hushed { began } if voiced_run == 0 && now.since(*began) >= HUSHED_MAX => {
                self.hissed_for_nothing()
            }
            &mut (State::Silent { began } | State::Tolerating { began, .. })
                if voiced_run > 0 && now.since(began) >= mumbled =>
            {
                self.stop(began)
            }
            State::Speaking
            | State::Hushed { .. }
            | State::Silent { .. }
            | State::Tolerating { .. } => Yield::Nothing,
        }
    }

    /// Lets time pass: what is not heard any more, because nothing comes over the line, ends no hiss.
    pub(crate) fn tick(&mut self, now: Moment) -> Yield {
        match self.state {
            State::Hushed { began } if now.since(began) >= 2 * HUSHED_MAX => {
                self.hissed_for_nothing()
            }
            _ => Yield::Nothing,
        }
    }

    const fn hissed_for_nothing(&mut self) -> Yield {
        self.hissed_for_nothing += 1;
        // Where it was lowered before, it rises as after a click.
        self.state = State::Low { quiet: 0 };
        Yield::GoOn(Aside::Noise)
    }

    /// Takes in that something has hissed since `began`, loud and long enough to be the caller's "s".
    pub(crate) fn hiss(&mut self, began: Moment) -> Yield {
        match self.state {
            State::Speaking | State::Low { .. } if self.hissed_for_nothing < HISSES_TRUSTED => {
                self.state = State::Hushed { began };
                Yield::FallSilent
            }
            _ => Yield::Nothing,
        }
    }

    const fn fall_silent(&mut self, began: Moment) -> Yield {
        self.state = State::Silent { began };
        Yield::FallSilent
    }

    const fn stop(&mut self, began: Moment) -> Yield {
        self.state = State::Speaking;
        Yield::Stop(began)
    }

    /// Takes in the words so far of what the caller says; `quiet` when he has paused after them. `expects` is what the
    /// agent asks: to "yes or no?" a "yeah" is an answer.
    pub(crate) fn words(&mut self, words: &str, quiet: bool, expects: Expectation) -> Yield {
        let aside = match (sounds_like(words, expects), quiet) {
            (Sounds::Nothing, false) => return Yield::Nothing,
            (Sounds::Nothing, true) => Aside::Noise,
            (Sounds::BackChannel, _) => Aside::BackChannel,
            (Sounds::Speech, _) => {
                return match self.state {
                    State::Silent { began } | State::Tolerating { began, .. } => self.stop(began),
                    State::Speaking | State::Low { .. } | State::Hushed { .. } => Yield::Nothing,
                };
            }
        };
        match self.state {
            State::Silent { began } => {
                self.state = State::Tolerating { began, aside };
                Yield::GoOn(aside)
            }
            State::Tolerating { began, .. } if aside == Aside::BackChannel => {
                self.state = State::Tolerating { began, aside };
                Yield::Nothing
            }
            State::Tolerating { .. }
            | State::Speaking
            | State::Low { .. }
            | State::Hushed { .. } => Yield::Nothing,
        }
    }

    /// The agent is silent and waits for what the caller wants.
    pub(crate) const fn undecided(&self) -> bool {
        matches!(self.state, State::Silent { .. })
    }

    /// What the caller is saying is taken to be no turn.
    pub(crate) const fn aside(&self) -> Option<Aside> {
        match self.state {
            State::Tolerating { aside, .. } => Some(aside),
            State::Speaking | State::Low { .. } | State::Hushed { .. } | State::Silent { .. } => {
                None
            }
        }
    }

    /// The agent has nothing to say any more.
    pub(crate) const fn nothing_spoken(&mut self) {
        if !matches!(self.state, State::Tolerating { .. }) {
            self.state = State::Speaking;
        }
    }

    /// The caller's sound is over, or he has the floor.
    pub(crate) const fn reset(&mut self) {
        self.state = State::Speaking;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Moment {
        Moment::new(Duration::from_millis(ms))
    }

    fn verdicts(runs: &[u32]) -> Vec<Yield> {
        let mut barge_in = BargeIn::default();
        runs.iter().map(|&run| barge_in.window(at(0), run, at(0))).collect()
    }

    #[test]
    fn speech_lowers_the_voice_at_once_and_silences_it_when_it_goes_on() {
        assert_eq!(
            verdicts(&[0, 1, 2, 3]),
            [Yield::Nothing, Yield::Duck, Yield::FallSilent, Yield::Nothing]
        );
    }

    #[test]
    fn a_click_only_lowers_the_voice() {
        assert_eq!(
            verdicts(&[1, 0, 1, 0, 0, 0, 0]),
            [
                Yield::Duck,
                Yield::Nothing,
                Yield::Nothing,
                Yield::Nothing,
                Yield::Nothing,
                Yield::Raise,
                Yield::Nothing
            ]
        );
    }

    fn silent() -> BargeIn {
        BargeIn { state: State::Silent { began: at(0) }, ..BargeIn::default() }
    }

    #[test]
    fn words_take_the_floor_and_a_back_channel_gives_it_back() {
        assert_eq!(silent().words("Wait", false, Expectation::Anything), Yield::Stop(at(0)));
        let mut barge_in = silent();
        let on = Yield::GoOn(Aside::BackChannel);
        assert_eq!(barge_in.words("Mm-hm.", false, Expectation::Anything), on);
        assert_eq!(barge_in.words("Mm-hm.", true, Expectation::Anything), Yield::Nothing);
        assert_eq!(barge_in.words("Okay, but", false, Expectation::Anything), Yield::Stop(at(0)));
    }

    #[test]
    fn a_sound_without_words_is_noise_once_it_is_over_and_a_mumble_when_it_is_not() {
        let mut barge_in = silent();
        assert_eq!(barge_in.words("", false, Expectation::Anything), Yield::Nothing);
        assert_eq!(barge_in.words("", true, Expectation::Anything), Yield::GoOn(Aside::Noise));
        let mut barge_in = silent();
        assert_eq!(barge_in.window(at(1_199), 30, at(0)), Yield::Nothing);
        assert_eq!(barge_in.window(at(1_200), 31, at(0)), Yield::Stop(at(0)));
    }

    #[test]
    fn a_hiss_silences_the_agent_until_no_voice_followed_it() {
        let mut barge_in = BargeIn::default();
        assert_eq!(barge_in.hiss(at(40)), Yield::FallSilent);
        assert_eq!(barge_in.window(at(200), 1, at(180)), Yield::Nothing);
        assert_eq!(barge_in.window(at(232), 2, at(180)), Yield::Nothing);
        assert!(barge_in.undecided(), "a voice followed");
        let stop = Yield::Stop(at(40));
        assert_eq!(barge_in.words("Stop", false, Expectation::Anything), stop);
    }

    #[test]
    fn a_hiss_after_which_nothing_comes_over_the_line_is_nothing() {
        let mut barge_in = BargeIn::default();
        assert_eq!(barge_in.hiss(at(0)), Yield::FallSilent);
        assert_eq!(barge_in.tick(at(599)), Yield::Nothing);
        assert_eq!(barge_in.tick(at(600)), Yield::GoOn(Aside::Noise));
        assert_eq!(barge_in.tick(at(620)), Yield::Nothing);
    }

    #[test]
    fn where_something_hisses_all_the_time_nobody_falls_silent_for_it() {
        let mut barge_in = BargeIn::default();
        for round in 0..4 {
            let began = round * 1_000;
            let trusted = if round < 2 { Yield::FallSilent } else { Yield::Nothing };
            assert_eq!(barge_in.hiss(at(began)), trusted);
            assert_eq!(barge_in.window(at(began + 270), 0, at(0)), Yield::Nothing);
            let on = if round < 2 { Yield::GoOn(Aside::Noise) } else { Yield::Nothing };
            assert_eq!(barge_in.window(at(began + 302), 0, at(0)), on);
            barge_in.reset();
        }
    }

    #[test]
    fn yes_is_an_answer_where_one_was_asked_for() {
        assert_eq!(silent().words("Yeah.", true, Expectation::YesNo), Yield::Stop(at(0)));
        let on = Yield::GoOn(Aside::BackChannel);
        assert_eq!(silent().words("Yeah.", true, Expectation::Anything), on);
    }
}
