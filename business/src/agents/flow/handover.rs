//! When the receptionist is not enough: a person, an emergency, words not understood, goodbye.

use callwright_contract::AfterCall;
use jiff::Zoned;

use super::hearing::Heard;
use super::question::Question;
use super::{Goal, Next, Receptionist};
use crate::agents::{Ask, StorageFailed};
use crate::language::YesNo;

impl Receptionist {
    /// Sends the caller to a person; says so when there is none.
    pub(super) fn hand_over(&mut self, why: &str) -> Next {
        match &self.tenant.transfer_to {
            Some(number) => {
                let number = number.clone();
                self.prefix(format!("{why}One moment, I'll connect you to a person."));
                Next::Finish(AfterCall::Transfer(number))
            }
            None => {
                self.prefix(format!(
                    "{why}I'm sorry, I can't connect you to anyone. Please call again later."
                ));
                Next::Finish(AfterCall::HangUp)
            }
        }
    }

    /// An urgent caller is offered a person before anything else.
    pub(super) fn urgent(&mut self) -> Next {
        self.prefix("I'm sorry, that sounds urgent.");
        if let Some(advice) = self.tenant.answers.emergency.clone() {
            self.prefix(advice);
        }
        Next::Ask(Question::Person)
    }

    /// The answer to whether a person should help.
    pub(super) fn answer_person(&mut self, heard: &Heard, now: &Zoned) -> Option<Next> {
        match heard.yes_no {
            Some(YesNo::Yes) => Some(self.hand_over("")),
            Some(YesNo::No) if self.goal != Goal::Nothing => Some(self.advance(now)),
            Some(YesNo::No) => Some(Next::Ask(Question::HowHelp)),
            None => None,
        }
    }

    /// The answer to whether a call back should be noted.
    pub(super) fn answer_call_back(&mut self, heard: &Heard, now: &Zoned) -> Option<Next> {
        match (heard.yes_no, self.form.phone.clone().or_else(|| self.caller.clone())) {
            (Some(YesNo::Yes), Some(phone)) => {
                let name = self.form.name.clone();
                Some(Next::Calendar(Ask::NoteCallBack { phone, name }))
            }
            (Some(_), _) => Some(self.go_on_after_offer(now)),
            (None, _) => None,
        }
    }

    /// It is written down, or it could not be. That somebody calls is nothing that can be promised here.
    pub(super) fn noted(&mut self, noted: Result<(), StorageFailed>, now: &Zoned) -> Next {
        self.prefix(match noted {
            Ok(()) => "I've noted that you'd like a call back.",
            Err(StorageFailed) => "I'm sorry, I couldn't note that.",
        });
        self.go_on_after_offer(now)
    }

    fn go_on_after_offer(&mut self, now: &Zoned) -> Next {
        match self.goal {
            Goal::Nothing => Next::Ask(Question::AnythingElse),
            _ => self.advance(now),
        }
    }

    pub(super) fn goodbye(&mut self) -> Next {
        self.prefix(self.document.goodbye.clone());
        Next::Finish(AfterCall::HangUp)
    }

    /// There was a sound and no word in it: no failure to understand, but not endless either.
    pub(super) fn not_heard(&mut self) -> Next {
        self.silences = self.silences.saturating_add(1);
        if self.silences > self.document.silence.reprompts {
            return self.hand_over("I'm sorry, I can't hear you well. ");
        }
        self.prefix("Sorry, I didn't hear that.");
        Next::Ask(self.asked.clone())
    }
}
