//! Conversations as scripts: what the caller says, what the agent must say, what must stand in the calendar.
//!
//! Time stands at Friday, November 20th 2026, ten in the morning in New York.

mod booking;
mod changing;
mod feelings;
mod going_on;
mod misheard;
mod notices;
mod other;

use std::sync::Arc;
use std::time::Duration;

use callwright_contract::{
    AfterCall, Arrival, CallCommand, CallEvent, CallFact, CallId, Carrier, Digit, Expectation, Pii,
    Protection, ReplyId, ReplyOutcome, Say, TurnId, TurnOver, TurnReason,
};
use jiff::{Timestamp, Zoned};

use crate::agents::{Action, Agent, Input, shipped};
use crate::desk::Desk;
use crate::log_writer::LogState;
use crate::scheduling::{Appointment, AppointmentState};
use crate::storage::{SqliteFile, Storage};
use crate::tenants::{Directory, Scope, Tenant, TenantId, seed};

const NOW: &str = "2026-11-20T10:00-05:00[America/New_York]";

/// A clinic with an empty calendar, in a file of its own.
struct Clinic {
    storage: Storage,
    tenant: Arc<Tenant>,
    now: Timestamp,
    calls: u32,
    _folder: tempfile::TempDir,
}

impl Clinic {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = SqliteFile::open(&folder.path().join("clinic.db")).await.unwrap();
        let storage = Storage::File(storage);
        let (stored, lines) = seed().unwrap();
        let now = NOW.parse::<Zoned>().unwrap().timestamp();
        storage.add_tenant(&stored, &lines, now).await.unwrap();
        let directory = Directory::new(vec![stored], lines).unwrap();
        let id: TenantId = "bright-smile".parse().unwrap();
        let tenant = Arc::clone(directory.tenant(&id).unwrap());
        Self { storage, tenant, now, calls: 0, _folder: folder }
    }

    /// A call comes in, and the agent greets.
    async fn call_from(&mut self, caller: Option<&str>) -> Phone {
        self.call_hearing(caller, None).await
    }

    /// A call comes in; so many words of the greeting are heard before the caller cuts in.
    async fn call_hearing(&mut self, caller: Option<&str>, words: Option<usize>) -> Phone {
        self.calls += 1;
        let call = CallId::new(1_795_000_000_000, self.calls);
        let (_, document) = shipped(None).unwrap().remove(0);
        let desk = Desk {
            storage: self.storage.clone(),
            state: Arc::new(LogState::new(0)),
            tenant: Arc::clone(&self.tenant),
            call,
            hold: document.hold,
        };
        let agent = Agent::new(document, Arc::clone(&self.tenant));
        let mut phone = Phone {
            agent,
            desk,
            call,
            now: self.now,
            events: 0,
            turns: 0,
            said: Vec::new(),
            protections: Vec::new(),
            paces: Vec::new(),
            expected: Expectation::Anything,
            finished: None,
            cancelled: Vec::new(),
            hears_words: words,
        };
        let arrival = Arrival {
            carrier: Carrier::Twilio,
            carrier_call: "CA1".to_owned(),
            line: Pii::from("+15005550100"),
            caller: caller.map(Pii::from),
        };
        phone.happens(CallFact::Started(arrival)).await;
        phone.hears_words = None;
        phone
    }

    async fn call(&mut self) -> Phone {
        self.call_from(Some("+15552123456")).await
    }

    /// Every appointment, as `service provider start state name phone`, in order of time.
    async fn calendar(&self) -> Vec<String> {
        let range = Timestamp::MIN..Timestamp::MAX;
        let all = self.storage.appointments(&Scope::Platform, &range).await.unwrap();
        all.iter().map(|one| self.line(one)).collect()
    }

    fn line(&self, one: &Appointment) -> String {
        let start =
            one.start.to_zoned(self.tenant.zone.clone()).strftime("%m-%d %H:%M").to_string();
        let state = if one.state == AppointmentState::Booked { "" } else { one.state.as_str() };
        format!(
            "{} {} {start} {} {} {state}",
            one.service,
            one.provider,
            one.name.reveal(),
            one.phone.reveal()
        )
        .trim_end()
        .to_owned()
    }

    /// Books for somebody else, past the agent.
    async fn book(&mut self, service: &str, provider: &str, start: &str, name: &str) {
        self.calls += 1;
        let call = CallId::new(1_795_000_000_000, self.calls);
        let request = crate::storage::HoldRequest {
            call,
            service: service.parse().unwrap(),
            provider: provider.parse().unwrap(),
            start: start.parse::<Zoned>().unwrap().timestamp(),
            moving: None,
            lasts: jiff::SignedDuration::from_mins(5),
        };
        let held = self.storage.hold(&self.tenant, &request, self.now).await.unwrap();
        let confirmation = crate::storage::Confirmation {
            hold: held.id,
            call,
            name: Pii::from(name),
            phone: Pii::from("+15559998888"),
            moving: None,
        };
        self.storage.confirm(&self.tenant, &confirmation, self.now).await.unwrap();
    }
}

/// The caller's end of one call.
struct Phone {
    agent: Agent,
    desk: Desk,
    call: CallId,
    now: Timestamp,
    events: u32,
    turns: u32,
    said: Vec<String>,
    /// Whether each of these could be cut off.
    protections: Vec<Protection>,
    /// How fast each of these was said.
    paces: Vec<f32>,
    expected: Expectation,
    finished: Option<AfterCall>,
    cancelled: Vec<ReplyId>,
    /// So many words of the agent's replies are heard before the caller cuts in; `None`: all.
    hears_words: Option<usize>,
}

impl Phone {
    /// The caller says something, clearly; the agent answers in full.
    async fn says(&mut self, text: &str) -> &mut Self {
        self.mumbles(text, 0.9).await
    }

    async fn mumbles(&mut self, text: &str, confidence: f32) -> &mut Self {
        let turn = TurnId(self.turns);
        self.turns += 1;
        let over = TurnOver {
            turn,
            text: Pii::from(text),
            confidence,
            reason: TurnReason::Judged,
            prepared: None,
        };
        let before = self.said.len();
        self.happens(CallFact::TurnOver(over)).await;
        eprintln!("caller: {text}");
        for said in self.said.iter().skip(before) {
            eprintln!("agent:  {said}");
        }
        self
    }

    async fn types(&mut self, keys: &str) -> &mut Self {
        for key in keys.chars() {
            self.happens(CallFact::Digit(Digit::try_from(key).unwrap())).await;
        }
        self
    }

    async fn is_quiet(&mut self, seconds: u64) -> &mut Self {
        self.happens(CallFact::Quiet { lasted: Duration::from_secs(seconds) }).await;
        self
    }

    /// The caller says something and goes on before the reply is heard.
    async fn begins(&mut self, text: &str) -> &mut Self {
        self.hears_words = Some(0);
        self.says(text).await;
        self.hears_words = None;
        self
    }

    /// The agent's last reply has all of these words in it.
    #[track_caller]
    fn hears(&mut self, parts: &[&str]) -> &mut Self {
        let last = self.said.last().expect("the agent has said something");
        for part in parts {
            assert!(
                last.to_lowercase().contains(&part.to_lowercase()),
                "`{part}` is not in: {last}"
            );
        }
        self
    }

    async fn happens(&mut self, fact: CallFact) {
        let event = CallEvent {
            call: self.call,
            seq: self.events,
            at: Duration::from_secs(self.events.into()),
            fact,
        };
        self.events += 1;
        let mut actions = self.agent.handle(Input::Event(&event), self.now);
        loop {
            let mut answer = None;
            let mut spoken = Vec::new();
            for action in actions {
                assert!(answer.is_none(), "asking the calendar is the last action");
                match action {
                    Action::Command(CallCommand::Say(say)) => {
                        self.said.push(say.text.reveal().clone());
                        self.paces.push(say.style.pace);
                        self.protections.push(say.protection);
                        spoken.push(say);
                    }
                    Action::Command(CallCommand::Expect(expected)) => {
                        self.expected = expected.answer
                    }
                    Action::Command(CallCommand::Finish(after)) => self.finished = Some(after),
                    Action::Command(CallCommand::Cancel(reply)) => self.cancelled.push(reply),
                    Action::Command(other) => panic!("unexpected {other:?}"),
                    Action::Ask(ask) => answer = Some(self.desk.answer(ask, self.now).await),
                }
            }
            for say in spoken {
                let ended = self.ending_of(say);
                Box::pin(self.happens(ended)).await;
            }
            match answer {
                Some(answer) => actions = self.agent.handle(Input::Answered(answer), self.now),
                None => return,
            }
        }
    }

    fn ending_of(&self, say: Say) -> CallFact {
        let reply = say.reply;
        match self.hears_words {
            None => {
                CallFact::ReplyEnded { reply, outcome: ReplyOutcome::Finished, heard: say.text }
            }
            Some(words) => {
                let heard: Vec<&str> = say.text.reveal().split(' ').take(words).collect();
                let heard = Pii::new(heard.join(" "));
                CallFact::ReplyEnded { reply, outcome: ReplyOutcome::Interrupted, heard }
            }
        }
    }

    fn is_over(&self) -> bool {
        self.finished.is_some()
    }
}
