//! A calendar that takes its time while callers wait: they are told so, once, and then get the true answer.

use std::time::Duration;

use callwright_contract::{CallFact, EndCause, TurnId};
use sqlx::{Connection as _, SqliteConnection};

use crate::harness::{Call, open, soon};

/// A second hand that holds the file's write lock, as a backup does, until it is told to let go.
async fn hold(path: &std::path::Path) -> SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut hand = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut hand).await.unwrap();
    hand
}

async fn let_go(mut hand: SqliteConnection) {
    sqlx::query("ROLLBACK").execute(&mut hand).await.unwrap();
}

/// What the call says when a reply is overdue.
fn owed(turn: u32) -> CallFact {
    CallFact::AnswerOwed { turn: TurnId(turn), lasted: Duration::from_millis(700) }
}

#[tokio::test]
async fn a_slow_calendar_is_spoken_of_once_and_then_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("callwright.db");
    let business = open(&path).await.business;
    let mut call = Call::place(&business, "+15005550100", 1).await;

    let hand = hold(&path).await;
    call.speaks("a cleaning on Tuesday at two");
    call.happens(owed(0));
    // The calendar may be looking for free times or already be keeping one.
    let meanwhile = call.hears().await;
    let looking = "Let me look at the calendar.";
    assert!([looking, "One moment, please."].contains(&meanwhile.as_str()), "{meanwhile}");
    // It goes on being overdue, and the caller goes on making sounds.
    call.happens(owed(0));
    call.happens(CallFact::SpeechStarted);
    call.happens(CallFact::SpeechStopped);
    let_go(hand).await;
    let answer = soon("the answer", call.hears()).await;
    assert!(answer.contains("your name"), "nothing else was said before it: {answer}");

    // The next question is a new one: slow again, it is spoken of again.
    for said in ["Anna Miller", "yes"] {
        call.says(said).await;
    }
    let hand = hold(&path).await;
    call.speaks("yes");
    call.happens(owed(3));
    assert_eq!(call.hears().await, "One moment, please.");
    let_go(hand).await;
    let answer = call.hears().await;
    assert!(answer.contains("You're booked"), "{answer}");

    call.ends(EndCause::CallerHungUp);
    business.drain().await;
}

#[tokio::test]
async fn a_calendar_that_answers_in_time_is_not_spoken_of() {
    let folder = tempfile::tempdir().unwrap();
    let business = open(&folder.path().join("callwright.db")).await.business;
    let mut call = Call::place(&business, "+15005550100", 1).await;
    let answer = call.says("a cleaning on Tuesday at two").await;
    assert!(answer.contains("your name"), "{answer}");
    // The reply was there and only its sound was late.
    call.happens(owed(0));
    let answer = call.says("Anna Miller").await;
    assert!(answer.contains("calling from"), "{answer}");
    call.ends(EndCause::CallerHungUp);
    business.drain().await;
}
