//! A server that is a test: a clock that stands, a line that takes commands, a caller who speaks.

use std::sync::Arc;
use std::time::Duration;

use callwright_business::{Business, BusinessOptions, Clock, Opened};
use callwright_contract::{
    AfterCall, Arrival, CallCommand, CallEvent, CallFact, CallId, Carrier, CommandRefused,
    CommandSink, EndCause, GuessId, Pii, ReplyOutcome, Say, TurnGuess, TurnId, TurnOver,
    TurnReason,
};
use jiff::{Timestamp, Zoned};
use tokio::sync::mpsc;

/// Longest that anything in these tests takes on a busy machine; a test that waits this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Friday, November 20th 2026, ten in the morning in New York.
pub(crate) fn now() -> Timestamp {
    "2026-11-20T10:00-05:00[America/New_York]".parse::<Zoned>().unwrap().timestamp()
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(now)
}

pub(crate) async fn open(path: &std::path::Path) -> Opened {
    Business::open(BusinessOptions::new(path, clock())).await.unwrap()
}

/// Waits for something that must come.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("{what} did not come"))
}

/// The call's side of the commands.
struct Line(mpsc::Sender<CallCommand>);

impl CommandSink for Line {
    fn send(&self, command: CallCommand) -> Result<(), CommandRefused> {
        self.0.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => CommandRefused::Full,
            mpsc::error::TrySendError::Closed(_) => CommandRefused::CallOver,
        })
    }
}

/// One call, as the engine would run it.
pub(crate) struct Call {
    business: Business,
    pub id: CallId,
    commands: mpsc::Receiver<CallCommand>,
    events: u32,
    turns: u32,
    pub finished: Option<AfterCall>,
}

impl Call {
    /// A call comes in on `line`; an agent's greeting has been heard when this returns.
    pub(crate) async fn place(business: &Business, line: &str, distinct: u32) -> Self {
        let mut call = Self::taken(business, line, distinct);
        call.start(line);
        if business.route(&Pii::from(line)).unwrap().agent.is_some() {
            call.hears().await;
        }
        call
    }

    /// A call that was taken and has not told anything yet.
    pub(crate) fn taken(business: &Business, line: &str, distinct: u32) -> Self {
        let id = CallId::new(1_795_000_000_000, distinct);
        let route = business.route(&Pii::from(line)).expect("the line is known");
        let (sender, commands) = mpsc::channel(16);
        business.take_call(id, &route, Arc::new(Line(sender))).unwrap();
        Self { business: business.clone(), id, commands, events: 0, turns: 0, finished: None }
    }

    pub(crate) fn start(&mut self, line: &str) {
        self.happens(CallFact::Started(Arrival {
            carrier: Carrier::Twilio,
            carrier_call: "CA0123".to_owned(),
            line: Pii::from(line),
            caller: Some(Pii::from("+15552123456")),
        }));
    }

    pub(crate) fn happens(&mut self, fact: CallFact) {
        let at = Duration::from_secs(self.events.into());
        let event = CallEvent { call: self.id, seq: self.events, at, fact };
        self.events += 1;
        let heard_at = now().checked_add(jiff::SignedDuration::try_from(at).unwrap()).unwrap();
        self.business.hear(event, heard_at);
    }

    /// The caller speaks; gives what the agent says to it, which is then heard in full.
    pub(crate) async fn says(&mut self, text: &str) -> String {
        self.speaks(text);
        self.hears().await
    }

    pub(crate) fn speaks(&mut self, text: &str) {
        let turn = TurnId(self.turns);
        self.turns += 1;
        let text = Pii::from(text);
        self.happens(CallFact::TurnOver(TurnOver {
            turn,
            text,
            confidence: 0.9,
            reason: TurnReason::Judged,
            prepared: None,
        }));
    }

    /// The call guesses that the caller's turn is over; gives what the agent prepares for it.
    pub(crate) async fn guesses(&mut self, guess: GuessId, text: &str) -> Vec<CallCommand> {
        let turn = TurnId(self.turns);
        let (text, confidence) = (Pii::from(text), 0.9);
        self.happens(CallFact::TurnLikely(TurnGuess {
            guess,
            turn,
            text,
            confidence,
            emotion: None,
        }));
        loop {
            let command = soon("what is prepared", self.commands.recv()).await;
            if let CallCommand::Prepare { guess: of, commands } =
                command.expect("the agent is there")
            {
                assert_eq!(of, guess);
                return commands;
            }
        }
    }

    /// The turn is over as guessed, and the call has carried out what was prepared.
    pub(crate) fn guessed_right(&mut self, guess: GuessId, text: &str) {
        let turn = TurnId(self.turns);
        self.turns += 1;
        self.happens(CallFact::TurnOver(TurnOver {
            turn,
            text: Pii::from(text),
            confidence: 0.9,
            reason: TurnReason::Judged,
            prepared: Some(guess),
        }));
    }

    /// The agent's next reply.
    pub(crate) async fn hears(&mut self) -> String {
        let say = self.reply().await;
        let text = say.text.reveal().clone();
        self.happens(CallFact::ReplyStarted { reply: say.reply });
        let outcome = ReplyOutcome::Finished;
        self.happens(CallFact::ReplyEnded { reply: say.reply, outcome, heard: say.text });
        text
    }

    pub(crate) async fn reply(&mut self) -> Say {
        loop {
            match soon("a reply", self.commands.recv()).await.expect("the agent is there") {
                CallCommand::Say(say) => return say,
                CallCommand::Finish(after) => self.finished = Some(after),
                _ => {}
            }
        }
    }

    /// The agent's last wish for the call.
    pub(crate) async fn finish(&mut self) -> AfterCall {
        while self.finished.is_none() {
            match soon("the call's end", self.commands.recv()).await.expect("the agent is there") {
                CallCommand::Finish(after) => self.finished = Some(after),
                other => assert!(!matches!(other, CallCommand::Say(_)), "nothing is said between"),
            }
        }
        self.finished.clone().expect("just set")
    }

    pub(crate) fn ends(&mut self, cause: EndCause) {
        self.happens(CallFact::Ended { cause });
    }
}
