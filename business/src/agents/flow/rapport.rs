//! How the caller comes across, and what the receptionist makes of it: its voice, an acknowledgement, the offer of a
//! person. The table is the document's; see `strategy`.
//!
//! What is told of a turn may come after its answer was given; then the next answer goes by it. A feeling that the voice
//! alone shows changes how something is said and not what: voices are misjudged too often for words.

use callwright_contract::{CallerEmotion, Evidence, Feeling, Severity, Shift, Style, TurnId};

use super::Receptionist;
use super::question::Question;
use crate::agents::strategy::Strategy;
use crate::voice::Manner;

/// What is known of how the caller comes across, and what was done about it.
#[derive(Clone, Debug, Default)]
pub(super) struct Rapport {
    known: Known,
    done: Done,
}

/// What was told.
#[derive(Clone, Debug, Default)]
struct Known {
    /// The last turn of which a feeling, or an abstention, was told.
    turn: Option<TurnId>,
    /// The last feeling that was told; an abstention leaves it.
    feeling: Option<Feeling>,
    /// The words of that turn bear it out.
    said: bool,
    /// The turn in which the mood last turned.
    shifted: Option<TurnId>,
    /// The escalation that stands.
    tense: Option<Severity>,
}

/// What was done.
#[derive(Clone, Debug, Default)]
struct Done {
    /// Up to this turn everything was answered.
    answered: Option<TurnId>,
    /// Up to this turn every shift was.
    shift_answered: Option<TurnId>,
    /// The feeling that was acknowledged last, while it lasts.
    acknowledged: Option<Feeling>,
    /// Replies since then.
    since: u8,
    /// The acknowledgement that was said last.
    last: Option<String>,
    /// Where in the list the next one is looked for.
    place: usize,
    /// Times a person was offered.
    offers: u8,
}

/// Replies after which a feeling that lasts is acknowledged again.
const AGAIN_AFTER: u8 = 4;

impl Rapport {
    /// Begins the acknowledgements elsewhere in each call.
    pub(super) const fn begin(&mut self, place: usize) {
        self.done.place = place;
    }

    /// Takes note of how the caller came across in a turn; of a turn that is known already nothing is new.
    pub(super) fn hear(&mut self, emotion: &CallerEmotion) {
        if self.known.turn >= Some(emotion.turn) {
            return;
        }
        self.known.turn = Some(emotion.turn);
        let said = matches!(emotion.evidence, Evidence::Words | Evidence::Both);
        self.known.said = said && emotion.feeling.is_some();
        if let Some(feeling) = emotion.feeling {
            self.known.feeling = Some(feeling);
        }
        if self.done.acknowledged.is_some() && self.done.acknowledged != self.row() {
            self.done.acknowledged = None;
        }
    }

    /// Takes note of a shift.
    pub(super) fn shift(&mut self, turn: TurnId, shift: Shift) {
        if self.known.shifted >= Some(turn) {
            return;
        }
        self.known.shifted = Some(turn);
        match shift {
            Shift::Escalation(severity) => self.known.tense = Some(severity),
            Shift::DeEscalation(_) => {
                self.known.tense = None;
                self.known.feeling = None;
                self.done.acknowledged = None;
            }
        }
    }

    /// The feeling whose row of the table counts now. While an escalation stands nobody is taken for pleased: a roused
    /// voice is easily mistaken for a happy one.
    fn row(&self) -> Option<Feeling> {
        let feeling = self.known.feeling.filter(|feeling| *feeling != Feeling::Neutral);
        match self.known.tense {
            Some(_) => feeling.filter(|f| *f != Feeling::Happy).or(Some(Feeling::Frustrated)),
            None => feeling,
        }
    }

    /// An escalation of which the caller has heard nothing yet.
    fn fresh_escalation(&self) -> Option<Severity> {
        self.known.tense.filter(|_| self.known.shifted > self.done.shift_answered)
    }

    /// What was told meanwhile is known to `self`, what was done is as in `before`: nothing that was done since was
    /// heard.
    pub(super) fn undone(&self, before: &Self) -> Self {
        Self { known: self.known.clone(), done: before.done.clone() }
    }

    /// The caller has just said that they did not understand.
    pub(super) fn is_lost(&self, turn: Option<TurnId>) -> bool {
        let known = &self.known;
        known.said && known.turn == turn && known.feeling == Some(Feeling::Confused)
    }
}

impl Receptionist {
    /// The style of what is said now.
    pub(super) fn style(&self) -> Style {
        let Some(strategy) = self.strategy() else { return self.voice.style(Manner::Neutral) };
        let style = self.voice.style(strategy.tone);
        Style { pace: (style.pace * strategy.pace).clamp(0.5, 2.0), ..style }
    }

    fn strategy(&self) -> Option<&Strategy> {
        self.rapport.row().and_then(|feeling| self.document.emotions.of(feeling))
    }

    /// Puts an acknowledgement in front of `sentences` if one is due, and offers a person instead of asking `question` if
    /// the call has escalated.
    pub(super) fn respond(&mut self, question: Question, sentences: &mut Vec<String>) -> Question {
        if self.answers.is_none() {
            return question;
        }
        let sorry = sentences.first().is_some_and(|first| first.to_lowercase().contains("sorry"));
        if let Some(acknowledgement) = self.acknowledgement(sorry) {
            sentences.insert(0, acknowledgement);
        }
        let offer = self.offer(&question);
        let Rapport { known, done } = &mut self.rapport;
        done.answered = known.turn;
        done.shift_answered = known.shifted;
        match offer {
            Some(offer) => {
                done.offers = done.offers.saturating_add(1);
                offer
            }
            None => question,
        }
    }

    /// What to say first; nothing when it was said lately, when nothing new was told, or when the reply is `sorry` by
    /// itself.
    fn acknowledgement(&mut self, sorry: bool) -> Option<String> {
        let feeling = self.rapport.row()?;
        let Rapport { known, done } = &self.rapport;
        let escalated = self.rapport.fresh_escalation().is_some();
        let told = known.turn > done.answered;
        let borne_out = known.said || known.tense.is_some();
        let fresh = done.acknowledged != Some(feeling) || done.since >= AGAIN_AFTER;
        let due = escalated || (told && borne_out && fresh);
        let sentences = &self.document.emotions.of(feeling)?.acknowledge;
        let count = sentences.len().max(1);
        let from = done.place % count;
        let turned = sentences.iter().cycle().skip(from).take(count);
        let found = turned.enumerate().find(|(_, sentence)| done.last.as_ref() != Some(*sentence));
        let chosen = found.map(|(skipped, sentence)| (from + skipped + 1, sentence.clone()));
        let done = &mut self.rapport.done;
        match chosen.filter(|_| due && !sorry) {
            Some((place, sentence)) => {
                (done.acknowledged, done.since) = (Some(feeling), 0);
                (done.last, done.place) = (Some(sentence.clone()), place);
                Some(sentence)
            }
            None => {
                done.since = done.since.saturating_add(1);
                None
            }
        }
    }

    /// What is offered now: a person, a call back if there is nobody, nothing if the caller's number is not known either;
    /// once in a call unless it grows worse.
    fn offer(&self, question: &Question) -> Option<Question> {
        let severity = self.rapport.fresh_escalation()?;
        let reachable = self.form.phone.is_some() || self.caller.is_some();
        let offer = match &self.tenant.transfer_to {
            Some(_) => Question::Person,
            None if reachable => Question::CallBack,
            None => return None,
        };
        if *question == offer {
            return None;
        }
        let from = self.strategy().and_then(|strategy| match self.rapport.done.offers {
            0 => strategy.offer_person,
            _ => strategy.offer_again,
        });
        from.filter(|from| severity >= *from).map(|_| offer)
    }
}
