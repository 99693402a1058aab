//! The receptionist: a conversation that follows a written flow, the same for the same words.
//!
//! ```text
//!            ┌──────────── answers to questions, corrections: any time ────────────┐
//! greeting ─▶ what for? ─▶ service ─▶ day, time ─▶ offer ─▶ hold ─▶ name ─▶ number ─▶ shall I? ─▶ commit ─▶ booked
//!                      └─▶ name, number ─▶ which? ─▶ cancel, or a new day and time ─▶ …
//! ```
//!
//! Each file owns one topic and its words. Handlers collect sentences in `preface` and answer with a [`Next`];
//! all that is said in a turn is one reply.

mod again;
mod answering;
mod appointment;
mod booking;
mod correction;
mod cut_off;
mod form;
mod handover;
mod hearing;
mod information;
mod keypad;
mod likely;
mod notices;
mod offer;
mod personal;
mod question;
mod rapport;
mod silence;
mod wording;

use std::sync::Arc;

use callwright_contract::{
    AfterCall, CallCommand, CallEvent, CallFact, Expected, Pii, Protection, ReplyId, Say, TurnId,
    TurnOver,
};
use jiff::{Timestamp, Zoned};

use super::{Action, AgentDocument, Answer, Ask, Disclosure, Input};
use crate::language::PhoneFormat;
use crate::tenants::Tenant;
use crate::voice::VoicePersona;
use cut_off::Earlier;
use form::{Form, Goal};
use hearing::Heard;
use likely::Likely;
use notices::Notices;
use question::Question;
use rapport::Rapport;

/// What comes next in the conversation.
#[derive(Clone, Debug, PartialEq)]
enum Next {
    /// Nothing: listen on.
    Listen,
    /// Say what there is to say, and ask this.
    Ask(Question),
    /// Ask what was asked: the caller wants to hear it again.
    Repeat,
    /// Ask the calendar first.
    Calendar(Ask),
    /// Say what there is to say, then this happens to the caller.
    Finish(AfterCall),
}

/// One call's receptionist.
#[derive(Clone, Debug)]
pub(crate) struct Receptionist {
    document: Arc<AgentDocument>,
    tenant: Arc<Tenant>,
    phones: PhoneFormat,
    likely: Likely,
    voice: VoicePersona,
    /// The caller's own number, when the carrier told it.
    caller: Option<Pii<String>>,
    goal: Goal,
    form: Form,
    asked: Question,
    /// Sentences that go in front of the next question.
    preface: Vec<String>,
    /// The turn that is being answered.
    answers: Option<TurnId>,
    replies: u32,
    /// The reply that was handed over and has not ended.
    outstanding: Option<ReplyId>,
    /// Whether its first audio has left.
    speaking: bool,
    /// The turn before, while its reply may turn out not to have been heard.
    earlier: Option<Earlier>,
    /// Turns in a row that were not understood, or led nowhere.
    failures: u8,
    /// Silences in a row.
    silences: u8,
    /// Digits that were said or typed of a number so far.
    digits: String,
    rapport: Rapport,
    notices: Notices,
    over: bool,
}

impl Receptionist {
    pub(crate) fn new(document: Arc<AgentDocument>, tenant: Arc<Tenant>) -> Self {
        Self {
            phones: PhoneFormat::new(&tenant.country_code),
            likely: Likely::of(&tenant),
            // Both documents were checked when they were read.
            voice: tenant.voice.over(&document.voice).persona().unwrap_or_default(),
            document,
            tenant,
            caller: None,
            goal: Goal::Nothing,
            form: Form::default(),
            asked: Question::HowHelp,
            preface: Vec::new(),
            answers: None,
            replies: 0,
            outstanding: None,
            speaking: false,
            earlier: None,
            failures: 0,
            silences: 0,
            digits: String::new(),
            rapport: Rapport::default(),
            notices: Notices::default(),
            over: false,
        }
    }

    pub(crate) fn handle(&mut self, input: Input<'_>, now: Timestamp) -> Vec<Action> {
        if self.over {
            return Vec::new();
        }
        let local = now.to_zoned(self.tenant.zone.clone());
        let next = match input {
            Input::Event(event) => self.event(event, &local),
            Input::Answered(answer) => self.calendar_says(answer, &local),
        };
        self.act(next, &local)
    }

    fn event(&mut self, event: &CallEvent, now: &Zoned) -> Next {
        match &event.fact {
            CallFact::Started(arrival) => {
                self.caller =
                    arrival.caller.as_ref().and_then(|caller| self.phones.carried(caller));
                // Which of several sentences comes first differs from call to call.
                self.rapport.begin((event.call.as_u64() % 64) as usize);
                self.greet()
            }
            CallFact::Emotion(emotion) => {
                self.rapport.hear(emotion);
                Next::Listen
            }
            CallFact::MoodShifted { turn, shift } => {
                self.rapport.shift(*turn, *shift);
                Next::Listen
            }
            CallFact::TurnOver(over) => self.turn(over, now),
            CallFact::Digit(digit) => self.key(digit.as_char(), now),
            CallFact::Quiet { lasted } => self.quiet(*lasted),
            CallFact::ReplyStarted { reply } => {
                self.speaking = self.outstanding == Some(*reply);
                Next::Listen
            }
            CallFact::ReplyEnded { reply, heard, .. } => {
                if self.outstanding == Some(*reply) {
                    self.outstanding = None;
                    self.speaking = false;
                }
                self.notices.heard(*reply, heard.reveal());
                self.reply_heard(*reply, heard.reveal());
                Next::Listen
            }
            CallFact::Ended { .. } => {
                self.over = true;
                Next::Listen
            }
            // Speech as it goes on, latencies: the call deals with them.
            _ => Next::Listen,
        }
    }

    fn greet(&mut self) -> Next {
        // The greeting ends with the question itself.
        let name = self.voice.name().unwrap_or(UNNAMED);
        let greeting = self.document.greeting(&self.tenant.name, self.tenant.hears_emotion);
        let greeting = greeting.replace("{name}", name);
        if let Some(notice) = &self.tenant.capture_notice {
            self.notices.add(notice, notice);
        }
        let Disclosure { words, sentence } = &self.document.disclosure;
        self.notices.add(words, sentence);
        if self.tenant.hears_emotion {
            let notice = &self.document.emotions.notice;
            self.notices.add(notice, notice);
        }
        self.preface.extend(self.tenant.capture_notice.clone());
        self.preface.push(greeting);
        self.asked = Question::HowHelp;
        Next::Ask(Question::HowHelp)
    }

    fn turn(&mut self, over: &TurnOver, now: &Zoned) -> Next {
        let about_time = self.asked.is_about_time();
        let heard = Heard::new(over.text.reveal(), over.confidence, &self.tenant, now, about_time);
        // While a reply waits to be spoken, nothing it asks is being answered; while it is spoken, a yes may be.
        let waiting = self.outstanding.is_some() && !self.speaking;
        let listens_to_us = waiting || self.outstanding.is_some() && !self.wants_yes_no();
        if listens_to_us && (heard.words.is_empty() || heard.is_back_channel()) {
            return Next::Listen;
        }
        if let Some(earlier) = self.take_unheard() {
            return self.go_on(earlier, over, now);
        }
        self.answers = Some(over.turn);
        if heard.words.is_empty() {
            return self.not_heard();
        }
        self.silences = 0;
        self.remember(over.text.reveal(), over.confidence);
        self.answer_or_again(&heard, now).unwrap_or_else(|| self.not_understood(now))
    }

    fn wants_yes_no(&self) -> bool {
        self.asked.expectation() == callwright_contract::Expectation::YesNo
    }

    /// Turns what comes next into what is to be done now.
    fn act(&mut self, next: Next, now: &Zoned) -> Vec<Action> {
        match next {
            Next::Listen => Vec::new(),
            Next::Calendar(ask) => vec![Action::Ask(ask)],
            Next::Repeat => self.act(Next::Ask(self.asked.clone()), now),
            Next::Ask(question) => {
                let mut sentences = std::mem::take(&mut self.preface);
                let told = sentences.clone();
                let question = self.respond(question, &mut sentences);
                // The greeting has asked already.
                if self.replies > 0 {
                    if self.failures > 0 && question == self.asked {
                        sentences.extend(self.help(&question, now));
                    }
                    sentences.push(self.wording(&question, now));
                }
                let phrases = self.likely.in_answer_to(&question);
                let expect =
                    CallCommand::Expect(Expected { answer: question.expectation(), phrases });
                self.asked = question;
                let mut actions = self.take_back();
                actions.push(Action::Command(expect));
                actions.extend(self.make_up());
                self.told(ReplyId(self.replies), &told);
                actions.push(self.say(sentences.join(" ")));
                actions
            }
            Next::Finish(after) => {
                let sentences = std::mem::take(&mut self.preface);
                self.over = true;
                let mut actions = self.take_back();
                if !sentences.is_empty() {
                    actions.push(self.say(sentences.join(" ")));
                }
                actions.push(Action::Command(CallCommand::Finish(after)));
                actions
            }
        }
    }

    /// A reply that the caller has talked past is not said any more.
    fn take_back(&mut self) -> Vec<Action> {
        let stale = self.outstanding.take();
        if let Some(reply) = stale.filter(|_| !self.speaking) {
            self.notices.unsaid(reply);
        }
        let stale = stale.map(|reply| Action::Command(CallCommand::Cancel(reply)));
        stale.into_iter().collect()
    }

    /// What the caller had to be told and has not heard, as a reply of its own.
    fn make_up(&mut self) -> Option<Action> {
        // The greeting itself tells it.
        let owed = self.notices.owed().filter(|_| self.replies > 0)?;
        let say = self.compose(self.answers, owed, Protection::Whole);
        Some(Action::Command(CallCommand::Say(say)))
    }

    fn say(&mut self, text: String) -> Action {
        // People say "hello?" over the beginning of a greeting.
        let protection = if self.replies == 0 { Protection::Opening } else { Protection::None };
        let answers = self.answers.take();
        let say = self.compose(answers, text, protection);
        self.outstanding = Some(say.reply);
        self.speaking = false;
        Action::Command(CallCommand::Say(say))
    }

    /// The next reply.
    fn compose(&mut self, answers: Option<TurnId>, text: String, protection: Protection) -> Say {
        let reply = ReplyId(self.replies);
        self.replies = self.replies.saturating_add(1);
        self.notices.saying(reply, &text);
        Say { reply, answers, text: text.into(), style: self.style(), protection }
    }

    pub(crate) fn meanwhile(&mut self, ask: &Ask) -> Say {
        let text = match ask {
            Ask::Seek { .. } => "Let me look at the calendar.",
            Ask::Upcoming { .. } => "Let me look that up.",
            Ask::Hold { .. }
            | Ask::Confirm { .. }
            | Ask::Release
            | Ask::Cancel { .. }
            | Ask::NoteCallBack { .. } => "One moment, please.",
        };
        self.compose(None, text.to_owned(), Protection::None)
    }

    fn calendar_says(&mut self, answer: Answer, now: &Zoned) -> Next {
        match answer {
            Answer::Found(found) => self.found(found, now),
            Answer::Held(held) => self.held(held, now),
            Answer::Confirmed(confirmed) => self.confirmed(confirmed, now),
            Answer::Released => Next::Ask(self.idle_question()),
            Answer::Standing(standing) => self.standing(standing, now),
            Answer::Cancelled(cancelled) => self.cancelled(cancelled, now),
            Answer::Noted(noted) => self.noted(noted, now),
        }
    }

    /// What is asked when nothing is under way.
    fn idle_question(&self) -> Question {
        if self.replies <= 1 { Question::HowHelp } else { Question::AnythingElse }
    }

    /// Puts a sentence in front of what is asked next.
    fn prefix(&mut self, sentence: impl Into<String>) {
        self.preface.push(sentence.into());
    }
}

/// What an agent without a name calls itself.
const UNNAMED: &str = "the automated assistant";

#[cfg(test)]
mod tests;
