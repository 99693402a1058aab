//! Feeds: resumable, in order, complete, and a tenant's own.

use callwright_business::{EventFeed, FeedItem, Happening, Scope};
use callwright_contract::{CallFact, EndCause, Pii, TurnId};

use crate::harness::{Call, open, soon};

async fn next(feed: &mut EventFeed) -> FeedItem {
    soon("an event", feed.next()).await.expect("the feed goes on")
}

#[tokio::test]
async fn a_feed_is_live_and_resumes_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let business = open(&folder.path().join("callwright.db")).await.business;
    let mut live = business.subscribe(Scope::Platform, None);
    let mut call = Call::place(&business, "listen", 1).await;
    let text = Pii::from("it was the best");
    call.happens(CallFact::Partial { turn: TurnId(0), text, stable: 0 });
    call.happens(CallFact::SpeechStopped);
    call.ends(EndCause::CallerHungUp);

    let (mut logged, mut partials) = (Vec::new(), 0);
    while logged.len() < 3 {
        match next(&mut live).await {
            FeedItem::Logged(event) => logged.push(event),
            FeedItem::Live(event) => {
                assert!(matches!(event.event.fact, CallFact::Partial { .. }));
                partials += 1;
            }
            other => panic!("unexpected {other:?}"),
        }
    }
    assert_eq!(partials, 1, "what is not kept is told live");
    assert!(logged.windows(2).all(|pair| pair[0].seq < pair[1].seq));

    // From the beginning, and from the middle: the same entries, without those that are not kept.
    let mut again = business.subscribe(Scope::Platform, Some(0));
    for event in &logged {
        assert_eq!(next(&mut again).await, FeedItem::Logged(event.clone()));
    }
    let mut resumed = business.subscribe(Scope::Platform, Some(logged[1].seq));
    assert_eq!(next(&mut resumed).await, FeedItem::Logged(logged[2].clone()));

    // And it is live again after that.
    let mut call = Call::place(&business, "listen", 2).await;
    let FeedItem::Logged(event) = next(&mut resumed).await else { panic!("an entry of the log") };
    assert_eq!(event.what.call(), call.id);
    call.ends(EndCause::CallerHungUp);
    business.drain().await;
    assert!(matches!(next(&mut resumed).await, FeedItem::Logged(_)));
    assert_eq!(soon("the end", resumed.next()).await, None);
    let mut late = business.subscribe(Scope::Platform, Some(event.seq));
    assert!(
        matches!(next(&mut late).await, FeedItem::Logged(_)),
        "the log can be read after the drain"
    );
    assert_eq!(soon("the end", late.next()).await, None);
}

#[tokio::test]
async fn a_slow_reader_is_told_and_loses_nothing_of_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let business = open(&folder.path().join("callwright.db")).await.business;
    let mut slow = business.subscribe(Scope::Platform, None);
    let mut call = Call::place(&business, "listen", 1).await;
    for _ in 0..3_000 {
        call.happens(CallFact::SpeechStarted);
    }
    call.ends(EndCause::CallerHungUp);
    business.drain().await;
    let (mut lagged, mut events) = (0, Vec::new());
    while let Some(item) = soon("an item", slow.next()).await {
        match item {
            FeedItem::Lagged { after } => {
                assert_eq!(after, events.last().copied().unwrap_or(0));
                lagged += 1;
            }
            FeedItem::Logged(event) => events.push(event.seq),
            other => panic!("unexpected {other:?}"),
        }
    }
    assert!(lagged >= 1);
    assert_eq!(events.len(), 3_002);
    assert!(events.windows(2).all(|pair| pair[0] < pair[1]));
}

#[tokio::test]
async fn another_tenants_feed_stays_empty() {
    let folder = tempfile::tempdir().unwrap();
    let business = open(&folder.path().join("callwright.db")).await.business;
    let stranger = Scope::Tenant("somebody-else".parse().unwrap());
    let mut live = business.subscribe(stranger.clone(), None);
    let mut call = Call::place(&business, "+15005550100", 1).await;
    call.says("a cleaning on Tuesday").await;
    call.happens(CallFact::Partial { turn: TurnId(1), text: Pii::from("secret"), stable: 0 });
    call.ends(EndCause::CallerHungUp);
    let mut log = business.subscribe(stranger, Some(0));
    business.drain().await;
    assert_eq!(soon("the end", live.next()).await, None);
    assert_eq!(soon("the end", log.next()).await, None);
}

#[tokio::test]
async fn a_booking_is_in_the_log_with_the_words_around_it() {
    let folder = tempfile::tempdir().unwrap();
    let business = open(&folder.path().join("callwright.db")).await.business;
    let mut call = Call::place(&business, "+15005550100", 1).await;
    for said in ["a cleaning on Tuesday at two", "Anna Miller", "yes", "yes"] {
        call.says(said).await;
    }
    call.ends(EndCause::CallerHungUp);
    business.drain().await;
    let mut feed = business.subscribe(Scope::Platform, Some(0));
    let mut story = Vec::new();
    while let Some(FeedItem::Logged(event)) = soon("an item", feed.next()).await {
        match &event.what {
            Happening::Appointment(change) => {
                assert_eq!(change.appointment.name, Pii::from("Anna Miller"));
                story.push("booked");
            }
            Happening::Said(said) if said.text.reveal().contains("You're booked") => {
                story.push("said so")
            }
            _ => {}
        }
    }
    assert_eq!(story, ["booked", "said so"]);
}
