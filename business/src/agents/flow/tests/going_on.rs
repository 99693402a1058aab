//! Turns that were taken for over too early: the caller goes on, the reply in between was not heard.

use super::*;

#[tokio::test]
async fn a_yes_that_goes_on_is_one_answer() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.begins("I'd like to book a cleaning").await;
    phone.says("next Tuesday afternoon").await.hears(&["November 24th", "1 PM or 2 PM"]);
    phone.begins("The second").await;
    phone.says("one, please").await.hears(&["2 PM", "your name"]);
    phone.begins("Anna").await;
    phone.says("Miller").await.hears(&["Thanks, Anna Miller", "calling from"]);
    phone.begins("Yes.").await;
    phone.says("S. please.").await.hears(&["Shall I book it", "Anna Miller"]);
    phone.begins("Yes.").await;
    assert_eq!(clinic.calendar().await.len(), 1, "the yes was acted on");
    phone.says("S. please.").await.hears(&["You're booked", "anything else"]);
    assert_eq!(clinic.calendar().await, ["cleaning dr-chen 11-24 14:00 Anna Miller +15552123456"]);
    assert!(!phone.said.iter().any(|said| said.contains("understand")), "{:?}", phone.said);
}

#[tokio::test]
async fn what_was_committed_is_told_with_the_answer_to_the_rest() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("a cleaning on Tuesday at two").await.says("Bob").await.says("yes").await;
    phone.begins("yes").await;
    phone
        .says("and how do I get to you, where are you")
        .await
        .hears(&["You're booked", "Maple Street"]);
}

#[tokio::test]
async fn a_number_in_pieces_is_one_number() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call_from(None).await;
    phone.says("a cleaning on Tuesday at two").await.says("Bob").await.hears(&["phone number"]);
    phone.begins("five five five").await;
    phone.begins("two one two").await;
    phone.says("three four five six").await.hears(&["5 5 5, 2 1 2, 3 4 5 6"]);
}

#[tokio::test]
async fn a_reply_that_was_heard_is_answered_by_itself() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.hears_words = Some(6);
    phone.says("a cleaning on Tuesday afternoon").await.hears(&["1 PM or 2 PM"]);
    phone.says("Wednesday").await.hears(&["November 25th"]);
    // Joined with what came before it would be a wish for either day.
    phone.says("no").await.hears(&["day and time"]);
}

#[tokio::test]
async fn nonsense_after_an_unheard_reply_brings_the_reply_again() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("a cleaning on Tuesday afternoon").await;
    phone.begins("the second one").await;
    phone.says("").await.hears(&["2 PM", "your name"]);
}

#[tokio::test]
async fn a_choice_made_while_the_offer_begins_is_one() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("a cleaning in the afternoon").await.hears(&["Which day"]);
    phone.begins("on Tuesday").await;
    phone.says("The first one is better.").await.hears(&["November 24th, at 1 PM", "your name"]);
}
