//! Moments at which clocks and calendars trip: past, too far, off the grid, when clocks change.

use super::*;
use crate::scheduling::{DaySpan, TimeWish, Unfit, When, Wish, fits, seek};

#[tokio::test]
async fn what_may_not_be_booked_may_not_be_held() {
    let calendars = Calendars::open().await;
    let (storage, tenant) = (&calendars.storage, &calendars.tenants[0]);
    for (provider, start, why) in [
        ("dr-chen", "2026-11-20T09:00-05:00[America/New_York]", Unfit::TooSoon),
        ("dr-chen", "2026-11-20T10:15-05:00[America/New_York]", Unfit::TooSoon),
        ("dr-chen", "2027-11-22T10:00-05:00[America/New_York]", Unfit::TooFar),
        ("dr-chen", "2026-11-24T10:10-05:00[America/New_York]", Unfit::OffGrid),
        ("dr-chen", "2026-11-24T10:00:30-05:00[America/New_York]", Unfit::OffGrid),
        ("dr-chen", "2026-11-24T11:45-05:00[America/New_York]", Unfit::Closed),
        ("dr-chen", "2026-11-24T12:30-05:00[America/New_York]", Unfit::Closed),
        ("dr-chen", "2026-11-22T10:00-05:00[America/New_York]", Unfit::Closed),
        ("dr-chen", "2026-12-25T10:00-05:00[America/New_York]", Unfit::Holiday),
        ("dr-patel", "2026-11-23T10:00-05:00[America/New_York]", Unfit::ProviderAway),
        ("nobody", "2026-11-24T10:00-05:00[America/New_York]", Unfit::NotOffered),
    ] {
        match storage.hold(tenant, &request(1, provider, at(start)), now()).await {
            Err(HoldError::Unfit(unfit)) => assert_eq!(unfit, why, "{start}"),
            other => panic!("{start}: {other:?}"),
        }
    }
}

/// In New York the clocks went forward on March 14th 2027 and back on November 1st 2026, both Sundays; here the
/// clinic is open then, at night.
#[test]
fn an_hour_that_is_left_out_or_comes_twice_is_not_offered() {
    let (stored, _) = seed().unwrap();
    let document = stored.document.replace("monday:", "sunday:\n  - 00:00-06:00\n  monday:");
    let document = document.replace("- monday\n", "- monday\n  - sunday\n");
    let tenant = crate::tenants::parse_document(&document).unwrap();
    for (date, now, missing) in [
        ("2027-03-14", "2027-03-10T10:00-05:00[America/New_York]", "02:"),
        ("2026-11-01", "2026-10-28T10:00-04:00[America/New_York]", "01:"),
    ] {
        let now = at(now);
        let date: jiff::civil::Date = date.parse().unwrap();
        for hour in 0..6_i8 {
            let time = jiff::civil::time(hour, 0, 0, 0);
            let wish = Wish {
                service: "cleaning".parse().unwrap(),
                provider: Some("dr-chen".parse().unwrap()),
                when: vec![When { days: DaySpan::day(date), time: TimeWish::At(time) }],
            };
            let finding = seek(&tenant, &wish, &[], now);
            let said = time.strftime("%H:").to_string();
            assert_eq!(finding.unmet.is_some(), said == missing, "{date} {said} {finding:?}");
            for offer in &finding.offers {
                let local = offer.start.to_zoned(tenant.zone.clone());
                let service = tenant.service(&offer.service).unwrap();
                let provider = tenant.provider(&offer.provider).unwrap();
                assert!(fits(&tenant, (service, provider), offer.start, &[], now).is_ok());
                assert!(!(local.date() == date && local.strftime("%H:").to_string() == missing));
            }
        }
    }
}

#[tokio::test]
async fn a_call_holds_one_slot_at_a_time_and_a_hold_runs_out() {
    let calendars = Calendars::open().await;
    let (storage, tenant) = (&calendars.storage, &calendars.tenants[0]);
    let two = at("2026-11-24T14:00-05:00[America/New_York]");
    let three = at("2026-11-24T15:00-05:00[America/New_York]");
    storage.hold(tenant, &request(1, "dr-chen", two), now()).await.unwrap();
    storage.hold(tenant, &request(1, "dr-chen", three), now()).await.unwrap();
    // The first is free again, the second is not.
    storage.hold(tenant, &request(2, "dr-chen", two), now()).await.unwrap();
    let taken = storage.hold(tenant, &request(3, "dr-chen", three), now()).await;
    assert!(matches!(taken, Err(HoldError::Unfit(Unfit::Taken))), "{taken:?}");
    let later = now().checked_add(SignedDuration::from_mins(6)).unwrap();
    storage.hold(tenant, &request(3, "dr-chen", three), later).await.unwrap();
}
