//! The model that simulations use answers as the file does, whatever is asked in whatever order.

use std::time::Duration;

use callwright_contract::{Arrival, CallEvent, CallFact, Carrier, EndCause};
use proptest::prelude::*;

use super::*;
use crate::feed::Happening;
use crate::options::Clock;
use crate::records::CallPage;
use crate::scheduling::{AppointmentId, Unfit};
use crate::storage::model::{Fate, Operation, StoreModel, Weather};
use crate::tenants::Scope;

/// Nothing fails, and nothing takes any time.
struct Fair;

impl Weather for Fair {
    fn fate(&self, _: Operation) -> Fate {
        Fate::default()
    }

    fn clock(&self) -> &dyn Clock {
        &now
    }
}

/// Something that is asked of both.
#[derive(Clone, Debug)]
enum Asked {
    Hold { caller: u32, service: usize, provider: usize, quarter: i64, moving: Option<i64> },
    Confirm { caller: u32, hold: i64, moving: Option<i64> },
    Cancel { which: i64 },
    Release { caller: u32 },
    Wait { minutes: i64 },
    Begins { caller: u32 },
    Ends { caller: u32 },
    Killed,
}

fn asked() -> impl Strategy<Value = Asked> {
    let caller = || 1..5_u32;
    let moving = || proptest::option::weighted(0.3, 1..8_i64);
    prop_oneof![
        6 => (caller(), 0..6_usize, 0..3_usize, 0..40_i64, moving()).prop_map(
            |(caller, service, provider, quarter, moving)| Asked::Hold { caller, service, provider, quarter, moving }
        ),
        6 => (caller(), 1..12_i64, moving())
            .prop_map(|(caller, hold, moving)| Asked::Confirm { caller, hold, moving }),
        2 => (1..12_i64).prop_map(|which| Asked::Cancel { which }),
        1 => caller().prop_map(|caller| Asked::Release { caller }),
        2 => (1..8_i64).prop_map(|minutes| Asked::Wait { minutes }),
        2 => caller().prop_map(|caller| Asked::Begins { caller }),
        2 => caller().prop_map(|caller| Asked::Ends { caller }),
        1 => Just(Asked::Killed),
    ]
}

/// What a storage answered, as far as both can give the same.
#[derive(Debug, PartialEq)]
enum Answered {
    Held(HoldId, crate::scheduling::Slot),
    Stands(crate::scheduling::Appointment),
    Gone,
    MovingGone,
    Unfit(Unfit),
    Count(u64),
    Refused,
}

async fn ask(storage: &Storage, tenant: &Tenant, asked: &Asked, now: Timestamp) -> Answered {
    match *asked {
        Asked::Hold { caller, service, provider, quarter, moving } => {
            let quarters = SignedDuration::from_mins(15 * quarter);
            let provider = ["dr-chen", "dr-patel", "nobody"][provider];
            let start = at("2026-11-24T08:00-05:00[America/New_York]") + quarters;
            let mut request = request(caller, provider, start);
            request.service = tenant.services[service].id.clone();
            request.moving = moving.map(AppointmentId);
            match storage.hold(tenant, &request, now).await {
                Ok(held) => Answered::Held(held.id, held.slot),
                Err(HoldError::Unfit(unfit)) => Answered::Unfit(unfit),
                Err(HoldError::Storage(_)) => Answered::Refused,
            }
        }
        Asked::Confirm { caller, hold, moving } => {
            let mut confirmation = confirmation(caller, HoldId(hold));
            confirmation.moving = moving.map(AppointmentId);
            match storage.confirm(tenant, &confirmation, now).await {
                Ok(appointment) => Answered::Stands(appointment),
                Err(ConfirmError::HoldGone) => Answered::Gone,
                Err(ConfirmError::MovingGone) => Answered::MovingGone,
                Err(ConfirmError::Unfit(unfit)) => Answered::Unfit(unfit),
                Err(ConfirmError::Storage(_)) => Answered::Refused,
            }
        }
        Asked::Cancel { which } => {
            match storage.cancel(&tenant.id, AppointmentId(which), call(1), now).await {
                Ok(appointment) => Answered::Stands(appointment),
                Err(CancelError::Gone) => Answered::Gone,
                Err(CancelError::Storage(_)) => Answered::Refused,
            }
        }
        Asked::Release { caller } => {
            storage.release(&tenant.id, call(caller)).await.unwrap();
            Answered::Count(0)
        }
        Asked::Wait { .. } => Answered::Count(0),
        Asked::Begins { caller } => {
            let arrival = Arrival {
                carrier: Carrier::Twilio,
                carrier_call: format!("CA{caller}"),
                line: Pii::from("+15005550100"),
                caller: None,
            };
            let event = (0, CallFact::Started(arrival));
            Answered::Count(append(storage, tenant, caller, event, now).await)
        }
        Asked::Ends { caller } => {
            let event = (7, CallFact::Ended { cause: EndCause::CallerHungUp });
            Answered::Count(append(storage, tenant, caller, event, now).await)
        }
        Asked::Killed => {
            let released = storage.release_all().await.unwrap();
            Answered::Count(released + 100 * storage.end_calls_left_open(now).await.unwrap())
        }
    }
}

async fn append(
    storage: &Storage,
    tenant: &Tenant,
    caller: u32,
    (seq, fact): (u32, CallFact),
    now: Timestamp,
) -> u64 {
    let at = Duration::from_millis(u64::from(seq) * 100);
    let what = Happening::Call(CallEvent { call: call(caller), seq, at, fact });
    storage.append(&[Entry { tenant: tenant.id.clone(), at: now, what }]).await.unwrap()
}

async fn compare(questions: Vec<Asked>) {
    let calendars = Calendars::open().await;
    let (file, tenant) = (Storage::File(calendars.storage.clone()), &calendars.tenants[0]);
    let model = Storage::Model(StoreModel::new(Arc::new(Fair)));
    for stored in file.tenants().await.unwrap() {
        model.add_tenant(&stored, &[], now()).await.unwrap();
    }
    let mut now = now();
    for asked in &questions {
        if let Asked::Wait { minutes } = asked {
            now = now.checked_add(SignedDuration::from_mins(*minutes)).unwrap();
        }
        let (written, modelled) =
            (ask(&file, tenant, asked, now).await, ask(&model, tenant, asked, now).await);
        assert_eq!(modelled, written, "{asked:?} of {questions:?}");
        let whole = (Timestamp::MIN, Timestamp::MAX);
        for caller in 1..3 {
            let taken = |of: Storage| async move {
                let moving = Some(AppointmentId(2));
                let mut taken =
                    of.taken(&tenant.id, whole, call(caller), moving, now).await.unwrap();
                taken.sort_by_key(|one| (one.start, one.end));
                taken
            };
            assert_eq!(taken(model.clone()).await, taken(file.clone()).await, "{asked:?}");
        }
    }
    let everything = EventPage { after: 0, limit: 1_000 };
    let events =
        |of: Storage| async move { of.events(&Scope::Platform, everything).await.unwrap() };
    assert_eq!(events(model.clone()).await, events(file.clone()).await);
    let calls =
        |of: Storage| async move { of.calls(&Scope::Platform, CallPage::default()).await.unwrap() };
    assert_eq!(calls(model.clone()).await, calls(file.clone()).await);
    let phone = Pii::from("+15552123456");
    let standing = |of: Storage| {
        let phone = phone.clone();
        async move { of.upcoming(&tenant.id, &phone, now).await.unwrap() }
    };
    assert_eq!(standing(model.clone()).await, standing(file.clone()).await);
    let range = Timestamp::MIN..Timestamp::MAX;
    let all = |of: Storage| {
        let range = range.clone();
        async move { of.appointments(&Scope::Platform, &range).await.unwrap() }
    };
    assert_eq!(all(model).await, all(file).await);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn the_model_of_simulations_answers_as_the_file_does(
        questions in proptest::collection::vec(asked(), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(compare(questions));
    }
}
