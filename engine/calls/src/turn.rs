//! The caller's turn: when it begins, what its words are, when it is over.

use std::time::Duration;

use callwright_contract::{
    Expectation, Expected, GuessId, Pii, TurnGuess, TurnId, TurnOver, TurnReason,
};
use callwright_models::contract::{
    AnswerForm, AskId, Hints, JudgeResult, Language, RecognizerPurpose, RecognizerResult, SamplePos,
};

use crate::lanes::LaneRequest;
use crate::moment::Moment;
use crate::outbox::Outbox;
use crate::patience::Pause;
use crate::tuning::PatienceTuning;
use crate::turn_end::{Pace, PauseEvidence};
use crate::turn_words::TurnWords;

/// Follows the caller's turns.
///
/// ```text
///            onset            lull              pause, words, judge     patience over
///   Idle ------------> Speaking -------> Pausing -----------> Pausing --------------> Idle + Finished
///                          ^                |                    |
///                          +--- resumed ----+------ onset -------+
/// ```
///
/// At a lull the words are finalised and the turn is judged, so that both are ready when it turns out to be a pause;
/// while the pause lasts the judge is asked again, because one reading wavers. The answers are thrown away, by the name
/// of the question, when the caller goes on. What the recogniser must hear at once is kept short by settling pieces of
/// a long turn: at a pause when the piece is long, in mid-speech when it cannot be longer.
#[derive(Debug)]
pub(crate) struct Turns {
    state: State,
    /// Where the piece begins that is not settled yet.
    piece: SamplePos,
    words: TurnWords,
    turn: TurnId,
    last_ask: u32,
    last_guess: u32,
    expects: Expectation,
    hints: Hints,
    /// No turn ends after less silence than this.
    patience_min: Duration,
    pace: Pace,
    tuning: PatienceTuning,
}

#[derive(Debug)]
enum State {
    Idle,
    Speaking(Speaking),
    Pausing(Pausing),
}

#[derive(Debug)]
struct Speaking {
    /// The recognition that is under way.
    asked: Option<Asked>,
    partial_due: Moment,
}

#[derive(Debug)]
struct Asked {
    ask: AskId,
    at: Moment,
    /// Set when the answer settles the piece up to here.
    settles: Option<SamplePos>,
}

#[derive(Debug)]
struct Pausing {
    /// End of the caller's last sound.
    ended: SamplePos,
    points: TurnPoints,
    /// The partial words that were asked for before, which may come first.
    partial: Option<AskId>,
    words: Awaited,
    /// The judge's first answer.
    judged: Awaited,
    /// What the answers say so far.
    evidence: PauseEvidence,
    /// The judge is asked again while the pause lasts: the question under way, when the next is due, how many are left.
    again: Again,
    /// The lull has become a pause; before, it may be the gap between two words.
    paused: bool,
    /// How long the silence may last, once both answers are in.
    patience: Option<Patience>,
    /// What the business was told the turn will be, if it ends here.
    guess: Option<GuessId>,
}

#[derive(Clone, Copy, Debug)]
struct Again {
    ask: Option<AskId>,
    due: Moment,
    left: u32,
}

#[derive(Clone, Copy, Debug)]
struct Patience {
    silence: Duration,
    reason: TurnReason,
}

/// The answer to a question.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Awaited {
    Asked(AskId),
    Answered,
}

/// A turn that is over.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) over: TurnOver,
    pub(crate) points: TurnPoints,
    /// The guess that turned out right, if one was made.
    pub(crate) guess: Option<GuessId>,
}

/// When the parts of a turn's end happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TurnPoints {
    /// The caller's last sound arrived.
    pub(crate) quiet_since: Moment,
    /// The silence was called a pause.
    pub(crate) paused: Moment,
    /// The words were final.
    pub(crate) words_final: Option<Moment>,
}

/// What an answer of the recogniser brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeardWords {
    /// The words of the turn so far.
    pub(crate) text: String,
    /// The caller has paused after them.
    pub(crate) quiet: bool,
}

/// Sound before an onset that belongs to the turn: a detector hears the vowel, the word begins before it.
const PRE_ROLL: u64 = 16_000 * 3 / 10;
/// Sound after the last voiced window that the recogniser still hears: final consonants are not voiced.
const POST_ROLL: u64 = 16_000 / 10;
/// First partial after an onset, and between two of them.
const PARTIAL_EVERY: Duration = Duration::from_millis(500);
/// Rest after a partial, in times of what it took.
const PARTIAL_REST: u32 = 3;
/// A piece this long (10 s) is settled at its next pause, so that the recogniser's work does not grow with the turn.
const PIECE_LONG: u64 = 16_000 * 10;
/// A piece this long (17 s) is settled where it stands: the recogniser hears 20 s at once, and needs time to answer.
const PIECE_MAX: u64 = 16_000 * 17;
/// A turn that ends within this silence was judged to be over; after it, patience had its end.
const JUDGED_MAX: Duration = Duration::from_millis(300);
/// Sound without words that is still answered ("Sorry?"), 0.7 s and the pre-roll: shorter ones are coughs.
const WORDLESS_MIN: u64 = 16_000 * 7 / 10 + PRE_ROLL;

/// One reading of the judge wavers with where the sound happens to be cut, so it is asked again at this interval while
/// the pause lasts, so many times. More readings make no turn end better (`callwright bench waits`, before words were
/// weighed: with none 363 ms and
/// 7 of 138 hesitations cut off, with one 349 and 7, with two 358 and 8, with four 355 and 9), and cost as much each.
const AGAIN_EVERY: Duration = Duration::from_millis(100);
const AGAIN_MAX: u32 = 1;

impl Pausing {
    /// Whether the judge is to be asked again, as `ask`.
    fn judge_again(&mut self, now: Moment, ask: AskId) -> Option<AskId> {
        let due = self.paused && self.again.left > 0 && now >= self.again.due;
        if !due || self.again.ask.is_some() || self.judged != Awaited::Answered {
            return None;
        }
        self.again =
            Again { ask: Some(ask), due: now.plus(AGAIN_EVERY), left: self.again.left - 1 };
        Some(ask)
    }

    /// The caller goes on: nobody needs to answer what has not been answered.
    fn take_back(&self, out: &mut Outbox) {
        let asked = |awaited| match awaited {
            Awaited::Asked(ask) => Some(ask),
            Awaited::Answered => None,
        };
        let words = [asked(self.words), self.partial].into_iter().flatten();
        out.lanes.extend(words.map(|ask| LaneRequest::CancelTranscribe { ask }));
        let judged = [asked(self.judged), self.again.ask].into_iter().flatten();
        out.lanes.extend(judged.map(|ask| LaneRequest::CancelJudge { ask }));
    }
}

impl Turns {
    /// Follows turns that end at `pace`, after `patience_min` of silence at the earliest: zero where somebody waits for
    /// an answer, more where only the words count, because whole sentences are recognised better. Their words are of
    /// `language`, where that is known.
    pub(crate) fn new(
        patience_min: Duration,
        pace: Pace,
        tuning: PatienceTuning,
        language: Option<Language>,
    ) -> Self {
        Self {
            patience_min,
            pace,
            tuning,
            state: State::Idle,
            piece: SamplePos(0),
            words: TurnWords::default(),
            turn: TurnId(0),
            last_ask: 0,
            last_guess: 0,
            expects: Expectation::Anything,
            hints: Hints { language, ..Hints::default() },
        }
    }

    /// The agent's question: how long to wait depends on it.
    pub(crate) fn expect(&mut self, expected: Expected) {
        self.expects = expected.answer;
        let form = match expected.answer {
            Expectation::Digits => AnswerForm::Digits,
            Expectation::Spelling => AnswerForm::Spelling,
            _ => AnswerForm::Open,
        };
        let language = self.hints.language.take();
        self.hints = Hints { form, phrases: expected.phrases, language };
    }

    /// What the agent asked for last.
    pub(crate) const fn expects(&self) -> Expectation {
        self.expects
    }

    /// The turn under way, or the next one.
    pub(crate) const fn turn(&self) -> TurnId {
        self.turn
    }

    /// The words so far are wanted by `due`.
    pub(crate) fn want_words_at(&mut self, due: Moment) {
        if let State::Speaking(speaking) = &mut self.state {
            speaking.partial_due = speaking.partial_due.min(due);
        }
    }

    /// If the caller has paused and said something: a guess that the turn ends here.
    pub(crate) fn make_guess(&mut self) -> Option<TurnGuess> {
        let State::Pausing(pausing) = &mut self.state else { return None };
        let text = self.words.text();
        if pausing.points.words_final.is_none() || text.is_empty() {
            return None;
        }
        let guess = GuessId(self.last_guess);
        self.last_guess += 1;
        pausing.guess = Some(guess);
        let (text, confidence) = (Pii::from(text), self.words.confidence());
        Some(TurnGuess { guess, turn: self.turn, text, confidence, emotion: None })
    }

    /// The guess that stands.
    pub(crate) const fn guess(&self) -> Option<GuessId> {
        match &self.state {
            State::Pausing(pausing) => pausing.guess,
            State::Idle | State::Speaking(_) => None,
        }
    }

    /// Something else happened; what is prepared for the guess does not fit any more.
    pub(crate) const fn forget_guess(&mut self) {
        if let State::Pausing(pausing) = &mut self.state {
            pausing.guess = None;
        }
    }

    /// The caller holds the floor, speaking or pausing.
    pub(crate) const fn open(&self) -> bool {
        !matches!(self.state, State::Idle)
    }

    /// Speech began at `began`.
    pub(crate) fn onset(&mut self, now: Moment, began: SamplePos, out: &mut Outbox) {
        match &self.state {
            State::Idle => {
                self.words.clear();
                self.piece = began.minus(PRE_ROLL);
            }
            // Answers that are under way are no longer awaited: their names are forgotten with the state.
            State::Pausing(pausing) => pausing.take_back(out),
            State::Speaking(_) => return,
        }
        self.speak(now);
    }

    fn speak(&mut self, now: Moment) {
        let partial_due = now.plus(PARTIAL_EVERY);
        self.state = State::Speaking(Speaking { asked: None, partial_due });
    }

    /// There has been no speech since `ended`, where the sound arrived at `quiet_since`; heard so far up to `position`.
    pub(crate) fn lull(
        &mut self,
        now: Moment,
        (ended, quiet_since): (SamplePos, Moment),
        position: SamplePos,
        out: &mut Outbox,
    ) {
        let State::Speaking(speaking) = &self.state else { return };
        let partial = speaking.asked.as_ref().filter(|asked| asked.settles.is_none());
        let partial = partial.map(|asked| asked.ask);
        let (ask, judge, from) = (self.ask(), self.ask(), self.piece);
        let upto = ended.plus(POST_ROLL).min(position);
        let (purpose, hints) = (RecognizerPurpose::Final, self.hints.clone());
        out.lanes.push(LaneRequest::Transcribe { ask, from, upto, purpose, hints });
        out.lanes.push(LaneRequest::Judge { ask: judge, from, upto: position, again: false });
        self.state = State::Pausing(Pausing {
            ended,
            points: TurnPoints { quiet_since, paused: now, words_final: None },
            partial,
            words: Awaited::Asked(ask),
            judged: Awaited::Asked(judge),
            evidence: PauseEvidence::default(),
            again: Again { ask: None, due: now, left: AGAIN_MAX },
            paused: false,
            patience: None,
            guess: None,
        });
    }

    /// The lull was a gap between two words.
    pub(crate) fn resumed(&mut self, now: Moment, out: &mut Outbox) {
        if let State::Pausing(pausing) = &self.state {
            pausing.take_back(out);
            self.speak(now);
        }
    }

    /// The lull has become a pause.
    pub(crate) fn pause(&mut self, now: Moment) {
        if let State::Pausing(pausing) = &mut self.state {
            pausing.points.paused = now;
            pausing.again.due = now;
            pausing.paused = true;
        }
    }

    /// Takes in the recogniser's answer. Returns the words, if it was one that was waited for.
    pub(crate) fn recognized(
        &mut self,
        now: Moment,
        result: RecognizerResult,
        out: &mut Outbox,
    ) -> Option<HeardWords> {
        let turn = self.turn;
        match &mut self.state {
            State::Idle => None,
            State::Speaking(speaking) => {
                let asked = speaking.asked.take_if(|asked| asked.ask == result.ask)?;
                // Partials take at most a quarter of the recogniser's time from this call, however slow it has become.
                let rest = now.since(asked.at) * PARTIAL_REST;
                speaking.partial_due = speaking.partial_due.max(now.plus(rest));
                let recognition = result.recognition?;
                if let Some(upto) = asked.settles {
                    self.piece = upto;
                    let fact = self.words.settle(turn, &recognition.text, recognition.confidence);
                    out.facts.push(fact);
                } else {
                    let shown = self.words.hear(turn, recognition);
                    out.facts.extend(shown);
                }
                Some(HeardWords { text: self.words.text(), quiet: false })
            }
            State::Pausing(pausing) => {
                if pausing.partial.take_if(|ask| *ask == result.ask).is_some() {
                    let recognition = result.recognition?;
                    let shown = self.words.hear(turn, recognition);
                    out.facts.extend(shown);
                    return Some(HeardWords { text: self.words.text(), quiet: false });
                }
                if pausing.words != Awaited::Asked(result.ask) {
                    return None;
                }
                pausing.words = Awaited::Answered;
                let Some(recognition) = result.recognition else {
                    self.decide_patience();
                    return None;
                };
                pausing.evidence.finished = recognition.finished;
                pausing.evidence.complete = recognition.complete;
                pausing.points.words_final = Some(now);
                if pausing.ended.since(self.piece) >= PIECE_LONG {
                    self.piece = pausing.ended;
                    let fact = self.words.settle(turn, &recognition.text, recognition.confidence);
                    out.facts.push(fact);
                } else {
                    let shown = self.words.hear(turn, recognition);
                    out.facts.extend(shown);
                }
                self.decide_patience();
                Some(HeardWords { text: self.words.text(), quiet: true })
            }
        }
    }

    /// Takes in the turn judge's answer.
    pub(crate) fn judged(&mut self, result: JudgeResult) {
        let State::Pausing(pausing) = &mut self.state else { return };
        let again = pausing.again.ask.take_if(|ask| *ask == result.ask).is_some();
        if !again && pausing.judged != Awaited::Asked(result.ask) {
            return;
        }
        pausing.judged = Awaited::Answered;
        if let Some(over) = result.over {
            pausing.evidence.judged.add(over);
        }
        self.decide_patience();
    }

    /// Once both answers are in, or will not come, says how long the silence may last.
    fn decide_patience(&mut self) {
        let State::Pausing(pausing) = &mut self.state else { return };
        if (pausing.words, pausing.judged) != (Awaited::Answered, Awaited::Answered) {
            return;
        }
        let words = self.words.text();
        let (expects, evidence, pace) = (self.expects, pausing.evidence, self.pace);
        let tuning = self.tuning;
        let silence = Pause { expects, evidence, words: &words, pace, tuning }.patience();
        let reason = if silence <= JUDGED_MAX { TurnReason::Judged } else { TurnReason::Patience };
        pausing.patience = Some(Patience { silence: silence.max(self.patience_min), reason });
    }

    /// Lets time pass: asks for partials, cuts what grew too long, ends the turn when it is over.
    ///
    /// *Real time:* allocates only when a turn ends.
    pub(crate) fn tick(
        &mut self,
        now: Moment,
        position: SamplePos,
        out: &mut Outbox,
    ) -> Option<Finished> {
        match &mut self.state {
            State::Idle => None,
            State::Speaking(speaking) => {
                let long = position.since(self.piece) >= PIECE_MAX;
                let settling = speaking.asked.as_ref().is_some_and(|asked| asked.settles.is_some());
                let partial = speaking.asked.is_none() && now >= speaking.partial_due;
                if (long && !settling) || (partial && !long) {
                    self.last_ask += 1;
                    let ask = AskId(self.last_ask);
                    let settles = long.then_some(position);
                    speaking.asked = Some(Asked { ask, at: now, settles });
                    speaking.partial_due = now.plus(PARTIAL_EVERY);
                    let purpose =
                        if long { RecognizerPurpose::Final } else { RecognizerPurpose::Partial };
                    let (from, upto, hints) = (self.piece, position, self.hints.clone());
                    out.lanes.push(LaneRequest::Transcribe { ask, from, upto, purpose, hints });
                }
                None
            }
            State::Pausing(pausing) => {
                let silent = now.since(pausing.points.quiet_since);
                let answers_max = self.tuning.answers_max;
                let late = Patience { silence: answers_max, reason: TurnReason::Patience };
                let Patience { silence, reason } = pausing.patience.unwrap_or(late);
                if silent < silence || !pausing.paused {
                    let asked = pausing.judge_again(now, AskId(self.last_ask + 1));
                    if let Some(ask) = asked {
                        self.last_ask = ask.0;
                        let from = self.piece;
                        out.lanes.push(LaneRequest::Judge {
                            ask,
                            from,
                            upto: position,
                            again: true,
                        });
                    }
                    return None;
                }
                let spoken = pausing.ended.since(self.piece);
                let (points, guess) = (pausing.points, pausing.guess);
                self.finish(reason, spoken, points, guess)
            }
        }
    }

    /// Ends the turn; `None` when there is nothing to answer.
    fn finish(
        &mut self,
        reason: TurnReason,
        spoken: u64,
        points: TurnPoints,
        guess: Option<GuessId>,
    ) -> Option<Finished> {
        self.state = State::Idle;
        let text = self.words.text();
        if text.is_empty() && spoken < WORDLESS_MIN {
            return None;
        }
        let turn = self.turn;
        self.turn = TurnId(turn.0 + 1);
        let (text, confidence) = (Pii::from(text), self.words.confidence());
        let over = TurnOver { turn, text, confidence, reason, prepared: None };
        Some(Finished { over, points, guess })
    }

    fn ask(&mut self) -> AskId {
        self.last_ask += 1;
        AskId(self.last_ask)
    }
}
