//! A process that dies in the middle: what was confirmed stands, what was not is nowhere, its call is marked.

use std::path::{Path, PathBuf};
use std::process::Command;

use callwright_business::{AppointmentState, FeedItem, Happening, Scope};
use callwright_contract::{CallFact, CallId, EndCause};
use jiff::Timestamp;

use crate::harness::{Call, now, open, soon};

/// Tells the process started below which file to die on.
const FILE: &str = "CALLWRIGHT_TEST_DIES_ON";

/// Not a test by itself: the part of `a_killed_server` that is killed, run in a process of its own.
#[tokio::test]
async fn the_process_that_dies() {
    let Some(path) = std::env::var_os(FILE).map(PathBuf::from) else { return };
    let business = open(&path).await.business;
    let mut booked = Call::place(&business, "+15005550100", 1).await;
    for said in ["a cleaning on Tuesday at two", "Anna Miller", "yes", "yes"] {
        booked.says(said).await;
    }
    let mut half = Call::place(&business, "+15005550100", 2).await;
    for said in ["a root canal on Wednesday at eight", "Bob", "yes"] {
        half.says(said).await;
    }
    // Both calls' beginnings are in the log.
    let mut feed = business.subscribe(Scope::Platform, Some(0));
    let mut begun = 0;
    while begun < 2 {
        if let Some(FeedItem::Logged(event)) = soon("an event", feed.next()).await
            && matches!(&event.what, Happening::Call(event) if matches!(event.fact, CallFact::Started(_)))
        {
            begun += 1;
        }
    }
    // No destructor runs, no task finishes, nothing is written any more.
    std::process::abort();
}

fn dies_on(path: &Path) {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::the_process_that_dies", "--nocapture"])
        .env(FILE, path)
        .status()
        .unwrap();
    assert!(!status.success(), "the process was to die");
    assert!(path.exists(), "it died after its work had begun");
}

#[tokio::test]
async fn a_killed_server_leaves_no_half_booking_and_loses_no_whole_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("callwright.db");
    dies_on(&path);

    let opened = open(&path).await;
    assert_eq!(opened.calls_left_open, 2);
    let business = opened.business;
    let standing = business.appointments(&Scope::Platform, now()..Timestamp::MAX).await.unwrap();
    assert_eq!(standing.len(), 1);
    assert_eq!(
        (standing[0].name.reveal().as_str(), standing[0].state),
        ("Anna Miller", AppointmentState::Booked)
    );

    for distinct in [1, 2] {
        let id = CallId::new(1_795_000_000_000, distinct);
        let record = business.call(&Scope::Platform, id).await.unwrap().unwrap();
        assert_eq!(record.summary.cause, Some(EndCause::ServerKilled));
        assert!(record.summary.ended >= Some(record.summary.started));
    }
    // The end is in the log as well, for those who follow it, once for each call.
    let mut feed = business.subscribe(Scope::Platform, Some(0));
    let mut ends = 0;
    while ends < 2 {
        if let Some(FeedItem::Logged(event)) = soon("an event", feed.next()).await
            && let Happening::Call(event) = &event.what
            && event.fact == (CallFact::Ended { cause: EndCause::ServerKilled })
        {
            ends += 1;
        }
    }

    // What was only held is free at once.
    let mut call = Call::place(&business, "+15005550100", 3).await;
    let reply = call.says("a root canal on Wednesday at eight").await;
    assert!(reply.contains("8 AM") && reply.contains("your name"), "{reply}");
    call.ends(EndCause::CallerHungUp);
    business.drain().await;
    drop(business);

    let again = open(&path).await;
    assert_eq!(again.calls_left_open, 0, "a call is marked once");
    again.business.drain().await;
}
