//! Calls from the first event to the record that is left of them.

use callwright_business::{CallPage, Scope, Speaker, TakeCallError};
use callwright_contract::{
    AfterCall, CallCommand, CallFact, CallId, EndCause, GuessId, Pii, ReplyId, ReplyLatency,
    ReplyOutcome, TurnId,
};
use jiff::Timestamp;
use std::time::Duration;

use crate::harness::{Call, now, open};

#[tokio::test]
async fn a_booked_appointment_and_the_record_of_its_call() {
    let folder = tempfile::tempdir().unwrap();
    let business = open(&folder.path().join("callwright.db")).await.business;
    let mut call = Call::place(&business, "+15005550100", 1).await;
    assert!(call.says("I'd like a cleaning next Tuesday at two").await.contains("your name"));
    assert!(call.says("Anna Miller").await.contains("calling from"));
    assert!(call.says("yes").await.contains("Shall I book it"));
    assert!(call.says("yes").await.contains("You're booked"));
    let parts = ReplyLatency {
        first_audio_sent: Some(Duration::from_millis(412)),
        ..ReplyLatency::default()
    };
    call.happens(CallFact::Latency { turn: TurnId(0), reply: ReplyId(1), parts });
    call.speaks("no thank you");
    let goodbye = call.reply().await;
    call.happens(CallFact::ReplyStarted { reply: goodbye.reply });
    let heard = Pii::from("Thank you");
    call.happens(CallFact::ReplyEnded {
        reply: goodbye.reply,
        outcome: ReplyOutcome::Interrupted,
        heard,
    });
    assert_eq!(call.finish().await, AfterCall::HangUp);
    call.ends(EndCause::AgentHungUp);
    business.drain().await;

    let tenant = Scope::Tenant("bright-smile".parse().unwrap());
    let appointments = business.appointments(&tenant, now()..Timestamp::MAX).await.unwrap();
    assert_eq!(appointments.len(), 1);
    assert_eq!((appointments[0].service.as_str(), appointments[0].call), ("cleaning", call.id));

    let record = business.call(&tenant, call.id).await.unwrap().unwrap();
    assert_eq!(record.summary.cause, Some(EndCause::AgentHungUp));
    assert_eq!(record.summary.caller, Some(Pii::from("+15552123456")));
    let said: Vec<Speaker> = record.transcript.iter().map(|line| line.who).collect();
    assert_eq!(said.len(), 11, "a greeting, and five turns with their replies");
    assert!(
        said.chunks(2)
            .all(|pair| pair[0] == Speaker::Agent && pair.get(1) != Some(&Speaker::Agent))
    );
    let last = record.transcript.last().unwrap();
    assert_eq!((last.interrupted, last.heard.clone()), (true, Some(Pii::from("Thank you"))));
    assert_eq!(last.turn, Some(TurnId(4)));
    assert_eq!(record.latencies[0].parts, parts);

    let stranger = Scope::Tenant("somebody-else".parse().unwrap());
    assert_eq!(business.call(&stranger, call.id).await.unwrap(), None);
    assert!(business.calls(&stranger, CallPage::default()).await.unwrap().is_empty());
    assert!(business.appointments(&stranger, now()..Timestamp::MAX).await.unwrap().is_empty());
    assert!(business.tenants(&stranger).is_empty());
}

#[tokio::test]
async fn calls_are_listed_newest_first_and_in_pages() {
    let folder = tempfile::tempdir().unwrap();
    let business = open(&folder.path().join("callwright.db")).await.business;
    for distinct in 1..=5 {
        let mut call = Call::place(&business, "echo", distinct).await;
        call.ends(EndCause::CallerHungUp);
    }
    business.drain().await;
    let mut seen: Vec<CallId> = Vec::new();
    let mut page = CallPage { before: None, limit: 2 };
    loop {
        let calls = business.calls(&Scope::Platform, page).await.unwrap();
        let Some(last) = calls.last() else { break };
        page.before = Some(last.id);
        seen.extend(calls.iter().map(|call| call.id));
    }
    let expected: Vec<CallId> =
        (1..=5).rev().map(|distinct| CallId::new(1_795_000_000_000, distinct)).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn many_calls_at_once_keep_their_own_words() {
    let folder = tempfile::tempdir().unwrap();
    let business = open(&folder.path().join("callwright.db")).await.business;
    let mut calls = Vec::new();
    for distinct in 1..=20 {
        calls.push(Call::place(&business, "frontdesk", distinct).await);
    }
    for (place, call) in calls.iter_mut().enumerate() {
        let said = if place % 2 == 0 { "where are you" } else { "how much is a root canal" };
        let reply = call.says(said).await;
        assert_eq!(reply.contains("Maple Street"), place % 2 == 0, "{reply}");
        assert_eq!(reply.contains("900 dollars"), place % 2 == 1, "{reply}");
    }
    for call in &mut calls {
        call.ends(EndCause::CallerHungUp);
    }
    business.drain().await;
    let page = CallPage { before: None, limit: 100 };
    let all = business.calls(&Scope::Platform, page).await.unwrap();
    assert!(all.len() == 20 && all.iter().all(|call| call.cause == Some(EndCause::CallerHungUp)));
}

#[tokio::test]
async fn events_that_come_before_their_call_is_taken_are_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let business = open(&folder.path().join("callwright.db")).await.business;
    let mut early = Call::taken(&business, "echo", 9);
    // The same call's id is what a server would use; here another call that nobody has taken yet speaks first.
    early.id = CallId::new(1_795_000_000_000, 10);
    early.start("+15005550100");
    let mut call = Call::taken(&business, "+15005550100", 10);
    assert!(call.hears().await.contains("automated assistant"));
    call.ends(EndCause::CallerHungUp);
    early.id = CallId::new(1_795_000_000_000, 9);
    early.ends(EndCause::CallerHungUp);
    business.drain().await;
}

#[tokio::test]
async fn after_the_drain_no_call_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let business = open(&folder.path().join("callwright.db")).await.business;
    business.drain().await;
    business.drain().await;
    let route = business.route(&Pii::from("echo")).unwrap();
    struct Nobody;
    impl callwright_contract::CommandSink for Nobody {
        fn send(&self, _: CallCommand) -> Result<(), callwright_contract::CommandRefused> {
            Err(callwright_contract::CommandRefused::CallOver)
        }
    }
    let taken = business.take_call(CallId::new(1, 1), &route, std::sync::Arc::new(Nobody));
    assert_eq!(taken, Err(TakeCallError::Draining));
}

fn said(commands: &[CallCommand]) -> String {
    let texts = commands.iter().filter_map(|command| match command {
        CallCommand::Say(say) => Some(say.text.reveal().as_str()),
        _ => None,
    });
    texts.collect()
}

#[tokio::test]
async fn a_right_guess_is_not_answered_twice_and_a_wrong_one_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let business = open(&folder.path().join("callwright.db")).await.business;
    let mut call = Call::place(&business, "+15005550100", 1).await;
    let wrong = call.guesses(GuessId(0), "I'd like to cancel my appointment").await;
    assert!(!said(&wrong).is_empty());
    let right = call.guesses(GuessId(1), "What are your opening hours?").await;
    assert!(said(&right).contains("open"), "{:?}", said(&right));
    call.guessed_right(GuessId(1), "What are your opening hours?");
    let Some(CallCommand::Say(say)) = right.into_iter().rfind(|c| matches!(c, CallCommand::Say(_)))
    else {
        panic!("something is said")
    };
    call.happens(CallFact::ReplyStarted { reply: say.reply });
    let outcome = ReplyOutcome::Finished;
    call.happens(CallFact::ReplyEnded { reply: say.reply, outcome, heard: say.text });
    // Had the turn been answered again, or the cancelling begun, the next reply would be another.
    let next = call.says("I'd like a cleaning next Tuesday at two").await;
    assert!(next.contains("your name"), "{next}");
    call.ends(EndCause::CallerHungUp);
    business.drain().await;
}
