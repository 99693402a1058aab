//! How the caller comes across, turn by turn, on calls whose tenant has switched it on.
//!
//! The lane hears the caller's voice, the words are scored here, both together are the mood of a turn, and the moods are
//! followed over the call. Nothing waits for the lane: a turn that is over before its voice was judged is told late, and
//! with its words alone if the answer does not come. Where it is switched off, no sound goes to the lane and nothing is
//! told.

mod mood;
mod track;
mod words;

use std::time::Duration;

use callwright_contract::{CallFact, CallerEmotion, EmotionGuess, TurnId};
use callwright_models::contract::{AskId, EmotionResult, SamplePos, VoiceEmotion};

use crate::lanes::LaneRequest;
use crate::moment::Moment;
use crate::outbox::Outbox;
use mood::Mood;
use track::EmotionTrack;
use words::WordMood;

/// Follows how one caller comes across.
///
/// The voice is asked about at each lull of a turn, so that the answer is there by the time the words are; the latest
/// answer counts.
#[derive(Debug)]
pub(crate) struct EmotionWatch {
    on: bool,
    /// The lane knows that the call is there.
    opened: bool,
    /// Where the voice under way begins that is the caller's alone, and of no turn before.
    began: SamplePos,
    /// What was asked about last ends here.
    asked_upto: SamplePos,
    utterance: u32,
    last_ask: u32,
    /// The question about the turn under way that has not been answered.
    asked: Option<AskId>,
    /// The latest answer about the turn under way.
    voice: Option<VoiceEmotion>,
    /// A turn that is over, while its voice is still being judged.
    late: Option<Late>,
    track: EmotionTrack,
}

#[derive(Debug)]
struct Late {
    ask: AskId,
    over: Over,
    since: Moment,
}

/// A turn that is over.
#[derive(Clone, Copy, Debug)]
struct Over {
    turn: TurnId,
    /// Since the call began.
    at: Duration,
    words: WordMood,
    /// The answer before the one that is awaited.
    voice: Option<VoiceEmotion>,
}

/// Sound before an onset that belongs to the voice: 300 ms. A detector that has heard nothing for a while finds a raised
/// voice late, and silence before a voice changes nothing of how it is measured.
const PRE_ROLL: u64 = 16_000 * 3 / 10;
/// How long a turn waits for the judgement of its voice. The lane gives up after one second by itself, so this is for
/// questions that never reached it.
const LATE_MAX: Duration = Duration::from_millis(1_500);

impl EmotionWatch {
    /// Follows a caller, if it is `on`.
    pub(crate) fn new(on: bool) -> Self {
        Self {
            on,
            opened: false,
            began: SamplePos(0),
            asked_upto: SamplePos(0),
            utterance: 0,
            last_ask: 0,
            asked: None,
            voice: None,
            late: None,
            track: EmotionTrack::default(),
        }
    }

    /// Whether the lane is to have the sound that comes now; makes it ready when it is the first.
    pub(crate) fn listens(&mut self, out: &mut Outbox) -> bool {
        if self.on && !self.opened {
            self.opened = true;
            out.lanes.push(LaneRequest::OpenEmotion);
        }
        self.on
    }

    /// A turn of the caller began at `began`.
    pub(crate) fn turn_began(&mut self, began: SamplePos) {
        self.utterance = self.utterance.wrapping_add(1);
        self.began = self.began.max(began.minus(PRE_ROLL));
        self.asked = None;
        self.voice = None;
    }

    /// What was heard up to `end` was our own voice: nothing up to there is the caller's.
    pub(crate) fn echoed(&mut self, end: SamplePos) {
        self.began = self.began.max(end);
    }

    /// The caller has made a lull; the sound is there up to `upto`.
    pub(crate) fn lull(&mut self, upto: SamplePos, out: &mut Outbox) {
        let from = self.began;
        if !self.on || upto <= from {
            return;
        }
        self.last_ask += 1;
        let (ask, utterance) = (AskId(self.last_ask), self.utterance);
        self.asked = Some(ask);
        self.asked_upto = upto;
        out.lanes.push(LaneRequest::JudgeEmotion { ask, utterance, from, upto });
    }

    /// The lane's answer.
    pub(crate) fn judged(&mut self, result: EmotionResult, out: &mut Outbox) {
        if let Some(Late { over, .. }) = self.late.take_if(|late| late.ask == result.ask) {
            self.tell(Over { voice: result.heard.or(over.voice), ..over }, out);
        } else if self.asked.take_if(|ask| *ask == result.ask).is_some() {
            self.voice = result.heard.or(self.voice);
        }
    }

    /// What would be told if the turn ended now, with these words; `None` while the voice is being judged, and where it
    /// is switched off.
    pub(crate) fn guess(&self, turn: TurnId, text: &str, at: Duration) -> Option<EmotionGuess> {
        if !self.on || self.asked.is_some() || self.late.is_some() {
            return None;
        }
        let over = Over { turn, at, words: WordMood::of(text), voice: self.voice };
        Some(over.heard_by(&mut self.track.clone()))
    }

    /// A turn is over, with these words, `at` so long after the call's beginning. Tells how the caller came across, now
    /// or when the lane has answered.
    ///
    /// *Real time:* allocates, and looks every word up.
    pub(crate) fn turn_over(
        &mut self,
        now: Moment,
        (turn, text): (TurnId, &str),
        at: Duration,
        out: &mut Outbox,
    ) {
        if !self.on {
            return;
        }
        self.end(out);
        self.began = self.began.max(self.asked_upto);
        let over = Over { turn, at, words: WordMood::of(text), voice: self.voice.take() };
        match self.asked.take() {
            Some(ask) => self.late = Some(Late { ask, over, since: now }),
            None => self.tell(over, out),
        }
    }

    /// Lets time pass: a judgement that does not come is done without.
    pub(crate) fn tick(&mut self, now: Moment, out: &mut Outbox) {
        if self.late.as_ref().is_some_and(|late| now.since(late.since) >= LATE_MAX) {
            self.end(out);
        }
    }

    /// Nothing more will be heard of a turn that waits.
    pub(crate) fn end(&mut self, out: &mut Outbox) {
        if let Some(Late { over, .. }) = self.late.take() {
            self.tell(over, out);
        }
    }

    fn tell(&mut self, over: Over, out: &mut Outbox) {
        let EmotionGuess { emotion, shift } = over.heard_by(&mut self.track);
        out.facts.push(CallFact::Emotion(emotion));
        if let Some(shift) = shift {
            out.facts.push(CallFact::MoodShifted { turn: over.turn, shift });
        }
    }
}

impl Over {
    fn heard_by(&self, track: &mut EmotionTrack) -> EmotionGuess {
        let mood = Mood::of(self.voice.as_ref(), &self.words);
        let shift = track.hear(&mood, self.at);
        let emotion = CallerEmotion {
            turn: self.turn,
            feeling: mood.feeling,
            confidence: mood.confidence,
            calibrated: mood.calibrated,
            evidence: mood.evidence,
            arousal: mood.arousal,
            valence: mood.valence,
            arousal_lately: track.arousal(),
            valence_lately: track.valence().unwrap_or(mood.valence),
            trajectory: track.trajectory(),
        };
        EmotionGuess { emotion, shift }
    }
}
