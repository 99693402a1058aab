//! What a recogniser made of robot voices on a telephone line, as it was measured.

use super::*;

#[tokio::test]
async fn a_booking_as_the_recogniser_heard_it() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.mumbles("I'd like to book a cleaning next to the afternoon.", 0.89).await;
    phone.hears(&["Tuesday, November 24th", "1 PM or 2 PM"]);
    phone.mumbles("The second one plays.", 0.78).await.hears(&["2 PM"]);
    phone.mumbles("My name is Ann Miller.", 0.88).await.hears(&["Ann Miller"]);
    phone.mumbles("Worse.", 0.44).await.hears(&["Shall I book it"]);
    phone.mumbles("Yeah.", 0.84).await.hears(&["You're booked"]);
    phone.mumbles("No, can't you?", 0.78).await.hears(&["Goodbye"]);
    assert_eq!(clinic.calendar().await, ["cleaning dr-chen 11-24 14:00 Ann Miller +15552123456"]);
}

#[tokio::test]
async fn what_only_sounds_like_another_service_does_not_replace_the_one_that_was_heard() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("I'd like to make an appointment for a cleaning.").await;
    phone.mumbles("Tuesday, a new place.", 0.8).await.hears(&["November 24th"]);
    phone.says("The first one.").await.says("Ann Miller").await.says("yes").await;
    phone.hears(&["a cleaning"]);
    phone.says("No, a whitening, please.").await.hears(&["whitening"]);
}

#[tokio::test]
async fn one_line_each() {
    for (heard, answer) in [
        ("I'd like to book a cleaning-next Tuesday afternoon.", "November 24th"),
        ("I want to cancel my avoidment.", "What name"),
        ("I need to reschedule to firstly.", "What name"),
        ("But how you're opening hours?", "We're open Monday to Friday"),
        ("Tell much of the checkup.", "A check-up is 90 dollars"),
        ("How much is the check-up?", "A check-up is 90 dollars"),
        ("Can I speak to a person?", "connect you"),
        ("Good-by.", "Goodbye"),
        ("A cleaning, after a lunch would be better.", "day"),
        ("A cleaning on Friday at two-thirty.", "2:30 PM"),
        ("a cleaning to-morrow morning", "tomorrow, Saturday"),
    ] {
        let mut clinic = Clinic::open().await;
        let mut phone = clinic.call().await;
        phone.mumbles(heard, 0.8).await.hears(&[answer]);
    }
}

#[tokio::test]
async fn what_was_heard_badly_is_read_back() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone
        .mumbles("a cleaning Tuesday", 0.4)
        .await
        .hears(&["I heard: a cleaning, on Tuesday, November 24th", "right"]);
    phone.says("no, Wednesday").await.hears(&["November 25th"]);
    let mut phone = clinic.call().await;
    phone
        .mumbles("cancel my appointment", 0.4)
        .await
        .hears(&["cancel an appointment. Is that right"]);
    phone.says("no").await.hears(&["Sorry about that", "How can I help"]);
    phone
        .mumbles("a filling on Monday at ten", 0.4)
        .await
        .says("yes")
        .await
        .hears(&["November 23rd, at 10 AM"]);
}

#[tokio::test]
async fn a_day_that_was_misheard_is_guessed_where_a_day_was_asked_for_and_said_aloud() {
    for heard in ["To the afternoon, please.", "On to thee in the afternoon,", "next to the."] {
        let mut clinic = Clinic::open().await;
        let mut phone = clinic.call().await;
        phone.says("I need a cleaning in the afternoon").await.hears(&["Which day would suit you"]);
        phone.says(heard).await.hears(&["Tuesday, November 24th", "1 PM or 2 PM"]);
    }
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("I need a dental cleaning next to the in the afternoon.").await;
    phone.hears(&["Tuesday, November 24th", "1 PM or 2 PM"]);
    let mut phone = clinic.call().await;
    phone.says("I need a dental cleaning next toozy in the afternoon.").await;
    phone.hears(&["Tuesday, November 24th", "1 PM or 2 PM"]);
}

#[tokio::test]
async fn a_service_that_was_misheard_is_asked_about_and_the_day_stays() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("Hello, I need a dental, aiming next Tuesday in the afternoon.").await;
    phone.hears(&["I heard: a cleaning, on Tuesday, November 24th, in the afternoon"]);
    phone.says("yes").await.hears(&["November 24th", "1 PM or 2 PM"]);
    let mut phone = clinic.call().await;
    phone.says("Hello, I need a dental, aiming next Tuesday in the afternoon.").await;
    phone.says("no").await.hears(&["On Tuesday, November 24th", "come in for"]);
    phone.says("a filling").await.hears(&["November 24th", "1 PM or 2 PM"]);
    let mut phone = clinic.call().await;
    phone.says("something or other next Tuesday in the afternoon").await;
    phone.hears(&["On Tuesday, November 24th, in the afternoon", "come in for"]);
}
