//! A turn that goes on after it was taken for over.
//!
//! ```text
//! caller:  Yes. ············ please.          I'd like a cleaning ····· next Tuesday.
//! agent:         (cut: "")                                    (cut: "What")
//! ```
//!
//! A pause within a sentence may be taken for its end. The reply to the first part is then cut before anything
//! of it is heard, and the rest comes as a turn of its own. The two are one: the state before the first part
//! is taken up again and both are answered together. What has been committed meanwhile stays, and is said.

use callwright_contract::{ReplyId, TurnOver};
use jiff::Zoned;

use super::hearing::Heard;
use super::question::Question;
use super::{Next, Receptionist};
use crate::language::{Intent, Words};

/// A reply of which no more words than these were heard has told the caller nothing.
const BARELY_HEARD_WORDS: usize = 2;

/// The turn before, for as long as its reply may turn out not to have been heard.
#[derive(Clone, Debug)]
pub(super) struct Earlier {
    /// The conversation before that turn.
    before: Box<Receptionist>,
    /// Its words, of all its parts.
    text: String,
    confidence: f32,
    /// What the reply told, without its question.
    told: Vec<String>,
    reply: Option<ReplyId>,
    /// Whether the calendar was changed for good in it.
    committed: bool,
    unheard: bool,
}

impl Receptionist {
    /// Keeps the conversation as it is before a turn is answered.
    pub(super) fn remember(&mut self, text: &str, confidence: f32) {
        self.earlier = None;
        let before = Box::new(self.clone());
        self.earlier = Some(Earlier {
            before,
            text: text.to_owned(),
            confidence,
            told: Vec::new(),
            reply: None,
            committed: false,
            unheard: false,
        });
    }

    /// Takes note of the reply to the turn under way.
    pub(super) fn told(&mut self, reply: ReplyId, told: &[String]) {
        if let Some(earlier) = &mut self.earlier {
            earlier.told = told.to_vec();
            earlier.reply = Some(reply);
        }
    }

    /// What the turn under way wanted is in the calendar.
    pub(super) fn committed(&mut self) {
        if let Some(earlier) = &mut self.earlier {
            earlier.committed = true;
        }
    }

    /// So much of a reply was heard.
    pub(super) fn reply_heard(&mut self, reply: ReplyId, heard: &str) {
        let unheard = Words::new(heard).len() <= BARELY_HEARD_WORDS;
        match &mut self.earlier {
            Some(earlier) if earlier.reply == Some(reply) && unheard => earlier.unheard = true,
            Some(earlier) if earlier.reply == Some(reply) => self.earlier = None,
            _ => {}
        }
    }

    /// The turn before, if its reply was not heard: cut off, or not begun yet.
    pub(super) fn take_unheard(&mut self) -> Option<Earlier> {
        let waiting = self.outstanding.filter(|_| !self.speaking);
        self.earlier.take().filter(|earlier| {
            earlier.reply.is_some() && (earlier.unheard || earlier.reply == waiting)
        })
    }

    /// Answers a turn that goes on from one whose reply was not heard.
    pub(super) fn go_on(&mut self, earlier: Earlier, over: &TurnOver, now: &Zoned) -> Next {
        self.answers = Some(over.turn);
        let about_time = self.asked.is_about_time();
        let heard = Heard::new(over.text.reveal(), over.confidence, &self.tenant, now, about_time);
        if !earlier.committed
            && !self.is_choice(&heard)
            && let Some(next) = self.answer_together(&earlier, over, now)
        {
            return next;
        }
        let mut alone = self.clone();
        let next = if is_tail(&heard) { None } else { alone.answer_or_again(&heard, now) };
        match next {
            Some(next) => {
                *self = alone;
                if earlier.committed {
                    // What is in the calendar must be known to the caller.
                    self.preface.splice(0..0, earlier.told);
                }
                next
            }
            None => {
                // It makes no sense alone: the first part was the answer, and its reply is said again.
                self.preface = earlier.told;
                Next::Ask(self.asked.clone())
            }
        }
    }

    /// Whether words choose one of the times that were offered, and so answer what little was heard of the offer.
    fn is_choice(&self, heard: &Heard) -> bool {
        let offered = self.asked == Question::Offer && self.form.offers.len() > 1;
        offered && heard.pick.is_some() && !heard.has_content()
    }

    fn answer_together(&mut self, earlier: &Earlier, over: &TurnOver, now: &Zoned) -> Option<Next> {
        let text = format!("{} {}", earlier.text, over.text.reveal());
        let confidence = earlier.confidence.min(over.confidence);
        let mut again = (*earlier.before).clone();
        // What belongs to the call rather than to the state of the talk goes on.
        (again.answers, again.replies) = (self.answers, self.replies);
        (again.outstanding, again.speaking) = (self.outstanding, self.speaking);
        again.rapport = self.rapport.undone(&again.rapport);
        again.notices = self.notices.clone();
        let about_time = again.asked.is_about_time();
        let heard = Heard::new(&text, confidence, &again.tenant, now, about_time);
        again.remember(&text, confidence);
        let next = again.answer_or_again(&heard, now)?;
        *self = again;
        Some(next)
    }
}

/// Whether words are no more than the end of an answer: politeness, a yes, a sound.
fn is_tail(heard: &Heard) -> bool {
    let polite = |intent: &Intent| *intent == Intent::Thanks;
    heard.words.is_empty()
        || heard.words.len() <= 3 && !heard.has_content() && heard.intents.iter().all(polite)
}
