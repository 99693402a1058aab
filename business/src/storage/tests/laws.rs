//! Whatever callers do in whatever order, a provider is never in two places and never works when it is closed.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::scheduling::{
    Appointment, AppointmentId, AppointmentState, DaySpan, TimeWish, When, Wish, fits, reach, seek,
};
use crate::tenants::Scope;

/// Something that one of a few callers does.
#[derive(Clone, Debug)]
enum Deed {
    /// Seeks a service from some hour of some day on, and holds the first offer.
    SeekAndHold {
        caller: u32,
        service: usize,
        day: u8,
        hour: i8,
        moving: bool,
    },
    Confirm {
        caller: u32,
    },
    Release {
        caller: u32,
    },
    Cancel {
        which: usize,
    },
    /// Time passes: holds run out.
    Wait {
        minutes: i64,
    },
}

fn deed() -> impl Strategy<Value = Deed> {
    let caller = 1..5_u32;
    prop_oneof![
        4 => (caller.clone(), 0..6_usize, 0..4_u8, 7..18_i8, any::<bool>())
            .prop_map(|(caller, service, day, hour, moving)| Deed::SeekAndHold { caller, service, day, hour, moving }),
        4 => caller.clone().prop_map(|caller| Deed::Confirm { caller }),
        1 => caller.prop_map(|caller| Deed::Release { caller }),
        1 => (0..8_usize).prop_map(|which| Deed::Cancel { which }),
        1 => (1..8_i64).prop_map(|minutes| Deed::Wait { minutes }),
    ]
}

/// What a caller has in hand.
#[derive(Default)]
struct Hand {
    hold: Option<HoldId>,
    moving: Option<AppointmentId>,
}

async fn play(deeds: Vec<Deed>) {
    let calendars = Calendars::open().await;
    let (storage, tenant) = (&calendars.storage, &calendars.tenants[0]);
    let mut now = now();
    let mut hands: HashMap<u32, Hand> = HashMap::new();
    for deed in deeds {
        match deed {
            Deed::SeekAndHold { caller, service, day, hour, moving } => {
                let standing = standing(storage).await;
                let moving = standing.first().filter(|_| moving).map(|one| one.id);
                let wish = wish(tenant, service, day, hour);
                let within = reach(tenant, &wish, now);
                let taken =
                    storage.taken(&tenant.id, within, call(caller), moving, now).await.unwrap();
                let Some(slot) = seek(tenant, &wish, &taken, now).offers.into_iter().next() else {
                    continue;
                };
                let request = HoldRequest {
                    call: call(caller),
                    service: slot.service.clone(),
                    provider: slot.provider.clone(),
                    start: slot.start,
                    moving,
                    lasts: SignedDuration::from_mins(5),
                };
                let held = storage.hold(tenant, &request, now).await;
                // Offered and nobody intervened: it can be had.
                assert_eq!(held.as_ref().unwrap().slot, slot);
                hands.insert(caller, Hand { hold: held.ok().map(|held| held.id), moving });
            }
            Deed::Confirm { caller } => {
                let Some(Hand { hold: Some(hold), moving }) = hands.remove(&caller) else {
                    continue;
                };
                let mut confirmation = confirmation(caller, hold);
                confirmation.moving = moving;
                match storage.confirm(tenant, &confirmation, now).await {
                    Ok(_) | Err(ConfirmError::HoldGone | ConfirmError::MovingGone) => {}
                    Err(other) => panic!("{other:?}"),
                }
            }
            Deed::Release { caller } => {
                hands.remove(&caller);
                storage.release(&tenant.id, call(caller)).await.unwrap();
            }
            Deed::Cancel { which } => {
                if let Some(one) = standing(storage).await.get(which) {
                    storage.cancel(&tenant.id, one.id, call(1), now).await.unwrap();
                }
            }
            Deed::Wait { minutes } => {
                now = now.checked_add(SignedDuration::from_mins(minutes)).unwrap()
            }
        }
        laws_hold(storage, tenant).await;
    }
}

fn wish(tenant: &Tenant, service: usize, day: u8, hour: i8) -> Wish {
    let date = jiff::civil::date(2026, 11, 23)
        .checked_add(jiff::Span::new().days(i64::from(day)))
        .unwrap();
    let time = TimeWish::Between(jiff::civil::time(hour, 0, 0, 0), jiff::civil::time(23, 59, 0, 0));
    let service = tenant.services[service].id.clone();
    Wish { service, provider: None, when: vec![When { days: DaySpan::day(date), time }] }
}

async fn standing(storage: &SqliteFile) -> Vec<Appointment> {
    let range = Timestamp::MIN..Timestamp::MAX;
    let mut all = storage.appointments(&Scope::Platform, &range).await.unwrap();
    all.retain(|one| one.state == AppointmentState::Booked);
    all
}

async fn laws_hold(storage: &SqliteFile, tenant: &Tenant) {
    let standing = standing(storage).await;
    for (place, one) in standing.iter().enumerate() {
        for other in standing.iter().skip(place + 1) {
            let apart =
                one.provider != other.provider || one.end <= other.start || other.end <= one.start;
            assert!(apart, "a provider is in two places: {one:?} and {other:?}");
        }
        let (service, provider) =
            (tenant.service(&one.service).unwrap(), tenant.provider(&one.provider).unwrap());
        // In an empty calendar, seen from the week before, each of them fits: open, working, on the grid.
        let slot = fits(tenant, (service, provider), one.start, &[], now()).unwrap();
        assert_eq!(slot.end, one.end);
    }
    // Exactly the quarters of what stands or is held are taken.
    let (quarters, wanted): (i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM taken_quarters),
                (SELECT coalesce(sum((end_at - start_at) / 900000000), 0) FROM appointments WHERE state = 'booked')
              + (SELECT count(*) FROM taken_quarters q JOIN appointments a ON a.id = q.appointment_id
                 WHERE a.state = 'held')",
    )
    .fetch_one(&storage.writer)
    .await
    .unwrap();
    assert_eq!(quarters, wanted);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn a_provider_is_never_in_two_places_nor_at_work_when_closed(
        deeds in proptest::collection::vec(deed(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(deeds));
    }
}

/// The guard below the guard: with the program's own check bypassed, the table still refuses.
#[tokio::test]
async fn the_table_itself_refuses_a_second_booking() {
    let calendars = Calendars::open().await;
    let (storage, tenant) = (&calendars.storage, &calendars.tenants[0]);
    let start = at("2026-11-24T14:00-05:00[America/New_York]");
    let held = storage.hold(tenant, &request(1, "dr-chen", start), now()).await.unwrap();
    let twice = sqlx::query(
        "INSERT INTO taken_quarters (tenant, provider, quarter_at, appointment_id) VALUES ($1, $2, $3, $4)",
    )
    .bind(tenant.id.as_str())
    .bind("dr-chen")
    .bind(stored(start))
    .bind(held.id.0)
    .execute(&storage.writer)
    .await;
    assert!(twice.unwrap_err().as_database_error().unwrap().is_unique_violation());
}

#[tokio::test]
async fn many_hands_reach_for_one_slot_and_one_has_it() {
    let calendars = Calendars::open().await;
    let start = at("2026-11-24T14:00-05:00[America/New_York]");
    let mut hands = tokio::task::JoinSet::new();
    for distinct in 1..=16 {
        let (storage, tenant) = (calendars.storage.clone(), Arc::clone(&calendars.tenants[0]));
        hands.spawn(async move {
            let held = storage.hold(&tenant, &request(distinct, "dr-chen", start), now()).await?;
            Ok::<_, HoldError>(
                storage.confirm(&tenant, &confirmation(distinct, held.id), now()).await,
            )
        });
    }
    let outcomes = hands.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Ok(Ok(_)))).count(), 1);
    assert_eq!(standing(&calendars.storage).await.len(), 1);
}
