//! Moving, cancelling and asking about an appointment that stands.

use super::*;

async fn with_an_appointment() -> Clinic {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("a cleaning on Tuesday at two").await.says("Anna Miller").await.says("yes").await;
    phone.says("yes").await.hears(&["You're booked"]);
    clinic
}

#[tokio::test]
async fn cancelling() {
    let mut clinic = with_an_appointment().await;
    let mut phone = clinic.call().await;
    phone.says("I want to cancel my appointment.").await.hears(&["What name"]);
    phone.says("Ann Miller").await.hears(&["under the number you're calling from"]);
    phone
        .says("yes")
        .await
        .hears(&["a cleaning on Tuesday, November 24th, at 2 PM", "Shall I cancel it"]);
    phone
        .says("yes")
        .await
        .hears(&["Your cleaning on Tuesday, November 24th, at 2 PM is cancelled"]);
    assert_eq!(
        clinic.calendar().await,
        ["cleaning dr-chen 11-24 14:00 Anna Miller +15552123456 cancelled"]
    );
    let mut again = clinic.call().await;
    again.says("a cleaning with Doctor Chen on Tuesday at two").await.hears(&["2 PM", "your name"]);
}

#[tokio::test]
async fn moving() {
    let mut clinic = with_an_appointment().await;
    let mut phone = clinic.call().await;
    phone.says("I need to re-schedule to Thursday.").await.hears(&["What name"]);
    phone
        .says("my name is Anna Miller")
        .await
        .says("yes")
        .await
        .hears(&["Thursday, November 26th"]);
    phone
        .says("the first one")
        .await
        .hears(&["move your cleaning from Tuesday, November 24th, at 2 PM, to Thursday"]);
    phone.says("yes please").await.hears(&["Done", "Thursday, November 26th, at 8 AM"]);
    assert_eq!(
        clinic.calendar().await,
        [
            "cleaning dr-chen 11-24 14:00 Anna Miller +15552123456 moved",
            "cleaning dr-chen 11-26 08:00 Anna Miller +15552123456",
        ]
    );
}

#[tokio::test]
async fn moving_by_a_quarter_of_an_hour_is_not_blocked_by_itself() {
    let mut clinic = with_an_appointment().await;
    let mut phone = clinic.call().await;
    phone.says("can I move my appointment").await.says("Anna Miller").await;
    phone.says("yes").await.hears(&["found a cleaning", "instead"]);
    phone
        .says("the same day at quarter past two, Tuesday, with Doctor Chen")
        .await
        .hears(&["2:15 PM", "Shall I"]);
    phone.says("yes").await.hears(&["Done"]);
    assert_eq!(
        clinic.calendar().await.last().unwrap(),
        "cleaning dr-chen 11-24 14:15 Anna Miller +15552123456"
    );
}

#[tokio::test]
async fn asking_when_it_is() {
    let mut clinic = with_an_appointment().await;
    let mut phone = clinic.call().await;
    phone.says("when is my appointment?").await.says("Anna Miller").await;
    phone
        .says("yes")
        .await
        .hears(&["You have a cleaning on Tuesday, November 24th, at 2 PM", "anything else"]);
}

#[tokio::test]
async fn a_stranger_learns_nothing() {
    let mut clinic = with_an_appointment().await;
    // The right number, another name.
    let mut phone = clinic.call().await;
    phone.says("cancel my appointment").await.says("Bob Schmidt").await;
    phone.says("yes").await.hears(&["can't find an appointment under that name and number"]);
    // The right name, another number.
    let mut phone = clinic.call_from(Some("+15557654321")).await;
    phone.says("when is my appointment").await.says("Anna Miller").await;
    phone.says("yes").await.hears(&["can't find"]);
    phone.says("no").await.hears(&["How can I help"]);
    assert!(phone.said.iter().all(|said| !said.contains("Tuesday")), "{:?}", phone.said);
    assert_eq!(clinic.calendar().await, ["cleaning dr-chen 11-24 14:00 Anna Miller +15552123456"]);
}

#[tokio::test]
async fn which_of_several() {
    let mut clinic = with_an_appointment().await;
    let mut phone = clinic.call().await;
    phone
        .says("a filling on Friday at ten next week")
        .await
        .says("Anna Miller")
        .await
        .says("yes")
        .await;
    phone.says("yes").await.hears(&["You're booked"]);
    phone.says("I want to cancel an appointment").await.hears(&[
        "a cleaning",
        "and a filling",
        "Which one",
    ]);
    phone.says("the filling").await.hears(&["a filling on", "Shall I cancel"]);
    phone.says("no").await.hears(&["left everything"]);
    assert!(clinic.calendar().await.iter().all(|line| !line.contains("cancelled")));
}
