//! A call's mood from utterance to utterance: smoothed, where it is going, and when it turns.
//!
//! A pure state machine. What counts is the change against the caller's own calm: a loud voice that was loud from the
//! beginning is no escalation.

use std::collections::VecDeque;
use std::time::Duration;

use callwright_contract::{Severity, Shift, Trajectory};

use super::mood::Mood;

/// Follows one caller.
///
/// > Rule of use: [`EmotionTrack::hear`] once for each utterance, in order, with the time since the call began.
#[derive(Clone, Debug)]
pub(crate) struct EmotionTrack {
    arousal: Option<Smooth>,
    valence: Option<Smooth>,
    /// The tension of this caller at rest.
    usual: f32,
    /// How far from it an utterance usually is.
    scatter: f32,
    /// Utterances that both rest on, at most [`USUAL_OF`].
    learned: u8,
    /// The last utterances, the newest last, at most [`RECENT`].
    recent: VecDeque<Heard>,
    standing: Option<Severity>,
}

#[derive(Clone, Copy, Debug)]
struct Heard {
    at: Duration,
    tension: f32,
    voice_ms: u32,
    said_so: bool,
    /// It bears on a change: it was said outright, or there is enough voice and it is clearly roused against the caller's
    /// own, or beyond doubt even to a stranger.
    counts: bool,
    /// The caller's usual tension knows of it.
    learned: bool,
}

impl Heard {
    fn of(mood: &Mood, at: Duration) -> Self {
        let &Mood { tension, voice_ms, said_so, .. } = mood;
        let from = if mood.against_own { ROUSED } else { SURE };
        let roused = mood.arousal.is_some_and(|arousal| arousal >= from);
        let counts = said_so || roused && voice_ms >= VOICE_OF_UTTERANCE_MS;
        Self { at, tension, voice_ms, said_so, counts, learned: false }
    }

    fn is_tense(&self, from: f32) -> bool {
        self.counts && self.tension >= from
    }
}

/// A mean that forgets by half in [`HALF_LIFE`].
#[derive(Clone, Copy, Debug)]
struct Smooth {
    value: f32,
    at: Duration,
}

impl Default for EmotionTrack {
    fn default() -> Self {
        Self {
            arousal: None,
            valence: None,
            usual: USUAL_TENSION,
            scatter: USUAL_SCATTER,
            learned: 1,
            recent: VecDeque::with_capacity(RECENT),
            standing: None,
        }
    }
}

impl EmotionTrack {
    /// Takes the mood of the utterance that ended at `at`, counted from the beginning of the call, and says whether
    /// the call has turned. An utterance that says nothing changes nothing.
    ///
    /// *Real time:* no allocation after the first.
    pub(crate) fn hear(&mut self, mood: &Mood, at: Duration) -> Option<Shift> {
        if !mood.is_known() {
            return None;
        }
        if let Some(arousal) = mood.arousal {
            self.arousal = Some(Smooth::after(self.arousal, arousal, at));
        }
        self.valence = Some(Smooth::after(self.valence, mood.valence, at));
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(Heard::of(mood, at));
        let shift = self.escalated(at).or_else(|| self.calmed());
        match shift {
            Some(Shift::Escalation(severity)) => self.standing = Some(severity),
            Some(Shift::DeEscalation(_)) => self.standing = None,
            None => {}
        }
        let tense = mood.tension >= self.tense_from();
        if !tense {
            self.learn(mood.tension);
        }
        if let Some(heard) = self.recent.back_mut() {
            heard.learned = !tense;
        }
        self.learn_late();
        shift
    }

    /// A tense utterance that no other joined was no change, so that it tells how this caller speaks, too.
    fn learn_late(&mut self) {
        let late = self.recent.iter_mut().rev().nth(LOOK_BACK);
        if let Some(heard) = late.filter(|heard| !heard.learned && self.standing.is_none()) {
            heard.learned = true;
            let tension = heard.tension;
            self.learn(tension);
        }
    }

    /// What an utterance says of the caller at rest. One that is tense says no more than one that nearly is.
    fn learn(&mut self, tension: f32) {
        let tension = tension.min(self.tense_from());
        let weight = 1.0 / (f32::from(self.learned) + 1.0);
        self.scatter += weight * ((tension - self.usual).abs() - self.scatter);
        self.usual += weight * (tension - self.usual);
        self.learned = (self.learned + 1).min(USUAL_OF);
    }

    /// How roused the caller has been of late, 0-1; `None` before the first voice.
    pub(crate) fn arousal(&self) -> Option<f32> {
        self.arousal.map(|smooth| smooth.value)
    }

    /// How pleased the caller has been of late, 0-1; `None` before the first utterance.
    pub(crate) fn valence(&self) -> Option<f32> {
        self.valence.map(|smooth| smooth.value)
    }

    /// Where the tension is going: the straight line through the last utterances.
    pub(crate) fn trajectory(&self) -> Trajectory {
        let count = self.recent.len() as f32;
        let middle = (count - 1.0) / 2.0;
        let mean = self.recent.iter().map(|heard| heard.tension).sum::<f32>() / count.max(1.0);
        let (mut rise, mut width) = (0.0, 0.0);
        for (place, heard) in self.recent.iter().enumerate() {
            let place = place as f32 - middle;
            rise += place * (heard.tension - mean);
            width += place * place;
        }
        let change = if width > 0.0 { rise / width * (count - 1.0) } else { 0.0 };
        if change > MOVES {
            Trajectory::Rising
        } else if change < -MOVES {
            Trajectory::Falling
        } else {
            Trajectory::Steady
        }
    }

    fn tense_from(&self) -> f32 {
        TENSE.max(self.usual + RISE.max(SCATTERS * self.scatter))
    }

    fn escalated(&self, now: Duration) -> Option<Shift> {
        let tense_from = self.tense_from();
        let newest = self.recent.back().filter(|heard| heard.is_tense(tense_from))?;
        let lately = self.recent.iter().rev().take(LOOK_BACK);
        let tense = lately.filter(|heard| {
            heard.is_tense(tense_from) && now.saturating_sub(heard.at) <= BELONGS_TOGETHER
        });
        let (mut count, mut sum, mut voice_ms) = (0_u8, 0.0, 0_u32);
        for heard in tense {
            count += 1;
            sum += heard.tension;
            voice_ms = voice_ms.saturating_add(heard.voice_ms);
        }
        // One roused utterance may be a stress or a child, and short ones say little: two or more with enough voice are
        // a mood. Said outright, once is enough.
        if (count < 2 || voice_ms < VOICE_OF_CHANGE_MS) && !newest.said_so {
            return None;
        }
        let mean = sum / f32::from(count.max(1));
        let severity = match mean {
            _ if mean >= SEVERE => Severity::Severe,
            _ if mean >= STRONG => Severity::Strong,
            _ => Severity::Mild,
        };
        (self.standing < Some(severity)).then_some(Shift::Escalation(severity))
    }

    fn calmed(&self) -> Option<Shift> {
        let over = self.standing?;
        let rest = REST.max(self.usual + RISE / 2.0);
        let mut last = self.recent.iter().rev().take(2);
        let calm = last.len() == 2 && last.all(|heard| heard.tension < rest && !heard.said_so);
        calm.then_some(Shift::DeEscalation(over))
    }
}

impl Smooth {
    fn after(before: Option<Self>, value: f32, at: Duration) -> Self {
        let Some(before) = before else { return Self { value, at } };
        // Even at once after another utterance a new one counts for a third.
        let passed = at.saturating_sub(before.at).as_secs_f32() / HALF_LIFE.as_secs_f32();
        let kept = (0.5_f32).powf(passed).min(2.0 / 3.0);
        Self { value: value + kept * (before.value - value), at }
    }
}

/// Of the smoothed values.
const HALF_LIFE: Duration = Duration::from_secs(15);
/// Tension of a caller of whom nothing is known: an ordinary voice, 0.3 roused, neither pleased nor displeased.
const USUAL_TENSION: f32 = 0.15;
/// And how far from it their utterances are.
const USUAL_SCATTER: f32 = 0.08;
/// Utterances that the usual tension forgets by.
const USUAL_OF: u8 = 8;
/// Utterances that are kept.
const RECENT: usize = 6;
/// Utterances among which the tense ones must be.
const LOOK_BACK: usize = 3;
/// Voice that the tense ones must bring: two short sentences.
const VOICE_OF_CHANGE_MS: u32 = 2_000;
/// An utterance with less voice is a word or two, whose stress is no mood.
const VOICE_OF_UTTERANCE_MS: u32 = 500;
/// Tense utterances further apart than this are two moods.
const BELONGS_TOGETHER: Duration = Duration::from_secs(60);
/// Below this nobody is called tense. Two angry clips of an unseen speaker of EmoDB after three neutral ones are both
/// above it in nine of ten calls, two more neutral ones in one of fifty, two happy ones, which only words can tell
/// from angry ones, in two of three.
const TENSE: f32 = 0.4;
/// Of unseen speakers of EmoDB, judged against their own neutral voice, all angry clips are above this and nine of ten
/// that go half of the way to anger, and six of a hundred neutral ones.
const ROUSED: f32 = 0.8;
/// Who is judged this roused against strangers is so: one of a hundred neutral clips is.
const SURE: f32 = 0.95;
/// And it must be that much above the caller's own calm.
const RISE: f32 = 0.2;
/// And that many times as far from it as this caller usually is: who reads with expression is no angrier for it.
const SCATTERS: f32 = 2.5;
/// Below this a tense caller has come to rest.
const REST: f32 = 0.3;
/// Mean tension of a strong escalation.
const STRONG: f32 = 0.6;
/// Mean tension of a severe one: a voice and words that agree.
const SEVERE: f32 = 0.78;
/// A change of tension over the last utterances that is more than their scatter.
const MOVES: f32 = 0.2;

#[cfg(test)]
mod tests;
