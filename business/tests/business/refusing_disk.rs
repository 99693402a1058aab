//! A disk that refuses to be written while calls are live: they go on, nothing false is said, it is caught up.

use callwright_business::{CallPage, Scope};
use callwright_contract::{AfterCall, CallFact, EndCause, Pii};
use sqlx::SqlitePool;

use crate::harness::{Call, open, soon};

/// A second hand on the file, which makes writes to a table fail until it is told otherwise.
async fn sabotage(path: &std::path::Path) -> SqlitePool {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    SqlitePool::connect_with(options).await.unwrap()
}

#[tokio::test]
async fn a_log_that_cannot_be_written_stops_no_conversation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("callwright.db");
    let business = open(&path).await.business;
    let hand = sabotage(&path).await;
    // A missing table is no fault of the rows: the entries are kept until it is back.
    sqlx::query("ALTER TABLE event_log RENAME TO event_log_away").execute(&hand).await.unwrap();
    let mut call = Call::place(&business, "+15005550100", 1).await;
    assert!(call.says("a cleaning on Tuesday").await.contains("November 24th"));
    // The writer fails with its first batch; each attempt is a second after the last.
    soon("the failure", async {
        while business.storage_is_writable() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(call.says("the first one").await.contains("your name"));

    sqlx::query("ALTER TABLE event_log_away RENAME TO event_log").execute(&hand).await.unwrap();
    call.happens(CallFact::SpeechStarted);
    call.ends(EndCause::CallerHungUp);
    soon("the drain", business.drain()).await;
    assert!(business.storage_is_writable());
    let record = business.call(&Scope::Platform, call.id).await.unwrap().unwrap();
    assert_eq!(record.summary.cause, Some(EndCause::CallerHungUp));
    assert_eq!(record.transcript.len(), 5, "nothing of the call is missing");
}

#[tokio::test]
async fn a_booking_that_cannot_be_committed_is_not_called_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("callwright.db");
    let business = open(&path).await.business;
    let hand = sabotage(&path).await;
    let mut call = Call::place(&business, "+15005550100", 1).await;
    for said in ["a cleaning on Tuesday at two", "Anna Miller", "yes"] {
        call.says(said).await;
    }
    sqlx::query(
        "CREATE TRIGGER refuse BEFORE UPDATE ON appointments WHEN NEW.state = 'booked'
         BEGIN SELECT RAISE(ABORT, 'the disk refuses'); END",
    )
    .execute(&hand)
    .await
    .unwrap();
    let reply = call.says("yes").await;
    assert!(!reply.contains("booked"), "{reply}");
    assert!(reply.contains("can't reach our calendar"), "{reply}");
    assert_eq!(call.finish().await, AfterCall::Transfer(Pii::from("+15005550123")));
    call.ends(EndCause::Transferred);
    business.drain().await;
    let range = jiff::Timestamp::MIN..jiff::Timestamp::MAX;
    assert!(business.appointments(&Scope::Platform, range).await.unwrap().is_empty());
    assert_eq!(business.calls(&Scope::Platform, CallPage::default()).await.unwrap().len(), 1);
}
