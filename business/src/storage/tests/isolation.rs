//! One tenant's rows are not another's, whatever is asked with the right number and the wrong tenant.

use std::time::Duration;

use callwright_contract::{Arrival, CallEvent, CallFact, Carrier};

use super::*;
use crate::feed::Happening;
use crate::records::CallPage;
use crate::scheduling::AppointmentId;
use crate::tenants::Scope;

#[tokio::test]
async fn nothing_of_a_tenant_is_seen_or_changed_by_another() {
    let calendars = Calendars::open().await;
    let (storage, [own, other]) = (&calendars.storage, &calendars.tenants);
    let start = at("2026-11-24T14:00-05:00[America/New_York]");
    let arrival = Arrival {
        carrier: Carrier::Twilio,
        carrier_call: "CA1".to_owned(),
        line: Pii::from("+15005550100"),
        caller: None,
    };
    let fact = CallFact::Started(arrival);
    let event = CallEvent { call: call(1), seq: 0, at: Duration::ZERO, fact };
    let entry = Entry { tenant: own.id.clone(), at: now(), what: Happening::Call(event) };
    storage.append(&[entry]).await.unwrap();
    let held = storage.hold(own, &request(1, "dr-chen", start), now()).await.unwrap();

    // What is held by one is free for the other, and can be neither booked nor let go by it.
    let confirmed = storage.confirm(other, &confirmation(1, held.id), now()).await;
    assert!(matches!(confirmed, Err(ConfirmError::HoldGone)), "{confirmed:?}");
    storage.release(&other.id, call(1)).await.unwrap();
    let whole = (now(), Timestamp::MAX);
    assert!(storage.taken(&other.id, whole, call(9), None, now()).await.unwrap().is_empty());
    assert_eq!(storage.taken(&own.id, whole, call(9), None, now()).await.unwrap().len(), 1);
    storage.hold(other, &request(1, "dr-chen", start), now()).await.unwrap();

    let booked = storage.confirm(own, &confirmation(1, held.id), now()).await.unwrap();
    let cancelled = storage.cancel(&other.id, booked.id, call(1), now()).await;
    assert!(matches!(cancelled, Err(CancelError::Gone)), "{cancelled:?}");
    let mut request = request(2, "dr-patel", start);
    request.moving = Some(booked.id);
    let moving = storage.hold(other, &request, now()).await.unwrap();
    let mut moved = confirmation(2, moving.id);
    moved.moving = Some(booked.id);
    let moved = storage.confirm(other, &moved, now()).await;
    assert!(matches!(moved, Err(ConfirmError::MovingGone)), "{moved:?}");

    let phone = Pii::from("+15552123456");
    assert!(storage.upcoming(&other.id, &phone, now()).await.unwrap().is_empty());
    assert_eq!(storage.upcoming(&own.id, &phone, now()).await.unwrap(), [booked]);

    let range = Timestamp::MIN..Timestamp::MAX;
    for (tenant, count) in [(own, 1), (other, 0)] {
        let scope = Scope::Tenant(tenant.id.clone());
        assert_eq!(storage.calls(&scope, CallPage::default()).await.unwrap().len(), count);
        assert_eq!(storage.call(&scope, call(1)).await.unwrap().is_some(), count == 1);
        assert_eq!(storage.appointments(&scope, &range).await.unwrap().len(), count);
        // The call's beginning and the booking.
        let page = EventPage { after: 0, limit: 100 };
        assert_eq!(storage.events(&scope, page).await.unwrap().len(), 2 * count);
        assert_eq!(storage.events_of_call(&tenant.id, call(1)).await.unwrap().len(), 2 * count);
    }
    assert_eq!(storage.appointments(&Scope::Platform, &range).await.unwrap().len(), 1);
    let gone = storage.cancel(&own.id, AppointmentId(9_999), call(1), now()).await;
    assert!(matches!(gone, Err(CancelError::Gone)));
}
