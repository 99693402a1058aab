//! Booking: straight on, bit by bit, with corrections, when it is full.

use super::*;

#[tokio::test]
async fn a_cleaning_next_tuesday_afternoon() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.hears(&["automated assistant", "Bright Smile Dental", "How can I help"]);
    phone.says("I'd like to book a cleaning next Tuesday afternoon.").await;
    phone.hears(&["Tuesday, November 24th", "1 PM or 2 PM"]);
    assert_eq!(phone.expected, Expectation::DateTime);
    phone.says("The second one, please.").await.hears(&["2 PM", "your name"]);
    assert_eq!(phone.expected, Expectation::Name);
    phone
        .says("My name is Anna Miller.")
        .await
        .hears(&["Anna Miller", "number you're calling from"]);
    assert_eq!(phone.expected, Expectation::YesNo);
    phone.says("Yes.").await.hears(&[
        "a cleaning on Tuesday, November 24th, at 2 PM",
        "Anna Miller",
        "Shall I book it",
    ]);
    assert!(clinic.calendar().await.is_empty(), "nothing stands before the caller has agreed");
    phone.says("Yes please.").await.hears(&[
        "You're booked",
        "Tuesday, November 24th, at 2 PM",
        "anything else",
    ]);
    assert_eq!(clinic.calendar().await, ["cleaning dr-chen 11-24 14:00 Anna Miller +15552123456"]);
    phone.says("No thank you.").await.hears(&["Goodbye"]);
    assert_eq!(phone.finished, Some(AfterCall::HangUp));
}

#[tokio::test]
async fn an_exact_time_is_taken_at_its_word() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("Can I get a check-up on Wednesday at half past three with Doctor Patel?").await;
    phone.hears(&["Wednesday, November 25th, at 3:30 PM", "Doctor Patel", "your name"]);
    phone.says("Bob").await.says("yes").await.says("yes").await.hears(&["You're booked"]);
    assert_eq!(clinic.calendar().await, ["check-up dr-patel 11-25 15:30 Bob +15552123456"]);
}

#[tokio::test]
async fn bit_by_bit() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call_from(None).await;
    phone
        .says("Hi, I need an appointment.")
        .await
        .hears(&["What would you like to come in for", "root canal"]);
    phone.says("A filling.").await.hears(&["day and time"]);
    phone
        .says("The twenty-fourth had ten o'clock.")
        .await
        .hears(&["November 24th, at 10 AM", "name"]);
    phone.says("Miller, M I L L E R").await.hears(&["Thanks, Miller", "phone number"]);
    assert_eq!(phone.expected, Expectation::Digits);
    phone.says("five five five").await.hears(&["Go on"]);
    phone.says("two one two").await.hears(&["Go on"]);
    phone.says("three four five six").await.hears(&["5 5 5, 2 1 2, 3 4 5 6", "Is that right"]);
    phone.says("Yeah.").await.hears(&["Shall I book it"]);
    phone.says("Yes").await.hears(&["You're booked"]);
    assert_eq!(clinic.calendar().await, ["filling dr-chen 11-24 10:00 Miller +15552123456"]);
}

#[tokio::test]
async fn one_answer_may_fill_several_places() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call_from(None).await;
    phone.says("This is Anna Miller, I'd like a whitening on Thursday at nine, my number is 555 212 3456").await;
    phone.hears(&["5 5 5, 2 1 2, 3 4 5 6"]);
    phone
        .says("that's right")
        .await
        .hears(&["whitening on Thursday, November 26th, at 9 AM", "Anna Miller"]);
    phone.says("go ahead").await.hears(&["You're booked"]);
    assert_eq!(clinic.calendar().await, ["whitening dr-chen 11-26 09:00 Anna Miller +15552123456"]);
}

#[tokio::test]
async fn a_changed_mind_at_every_step() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("A cleaning on Tuesday afternoon").await.hears(&["November 24th", "1 PM or 2 PM"]);
    phone
        .says("Actually, make it Wednesday.")
        .await
        .hears(&["Wednesday, November 25th", "1 PM or 2 PM"]);
    phone.says("No, at four.").await.hears(&["November 25th, at 4 PM", "your name"]);
    phone.says("Sorry, a check-up instead").await.hears(&["November 25th, at 4 PM", "your name"]);
    phone.says("Anna Miller").await.hears(&["calling from"]);
    phone.says("no").await.hears(&["phone number"]);
    phone
        .says("five five five, nine eight seven, six five four three")
        .await
        .hears(&["9 8 7, 6 5 4 3"]);
    phone.says("no").await.hears(&["phone number"]);
    phone.says("five five five, nine eight seven, six five four four").await.hears(&["6 5 4 4"]);
    phone.says("correct").await.hears(&["a check-up on Wednesday, November 25th, at 4 PM"]);
    phone.says("No, the name is Hannah Miller").await.hears(&["Hannah Miller", "Shall I book it"]);
    phone.says("Can we make it three thirty?").await.hears(&["3:30 PM", "Shall I book it"]);
    phone.says("Yes.").await.hears(&["You're booked"]);
    assert_eq!(
        clinic.calendar().await,
        ["check-up dr-chen 11-25 15:30 Hannah Miller +15559876544"]
    );
}

#[tokio::test]
async fn what_is_wrong_is_asked_when_it_is_not_said() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("a cleaning on Monday at ten").await.says("Anna Miller").await.says("yes").await;
    phone.says("No.").await.hears(&["What should I change"]);
    phone.says("the name").await.hears(&["your name"]);
    phone.says("Ann Smith").await.hears(&["for Ann Smith"]);
    phone.says("no").await.says("the time").await.hears(&["day"]);
    phone.says("Monday at eleven").await.hears(&["November 23rd, at 11 AM", "Shall I book"]);
    phone.says("yes").await.hears(&["You're booked"]);
    assert_eq!(clinic.calendar().await, ["cleaning dr-chen 11-23 11:00 Ann Smith +15552123456"]);
}

#[tokio::test]
async fn a_taken_time_brings_two_others() {
    let mut clinic = Clinic::open().await;
    clinic.book("cleaning", "dr-chen", "2026-11-24T14:00-05:00[America/New_York]", "Other").await;
    clinic.book("cleaning", "dr-patel", "2026-11-24T14:00-05:00[America/New_York]", "Other").await;
    let mut phone = clinic.call().await;
    phone
        .says("a cleaning on Tuesday at two")
        .await
        .hears(&["already taken", "1:30 PM or 2:30 PM"]);
    phone.says("the later one").await.hears(&["2:30 PM", "name"]);
    phone.says("Bob").await.says("yes").await.says("yes").await.hears(&["You're booked"]);
    assert_eq!(
        clinic.calendar().await.last().unwrap(),
        "cleaning dr-chen 11-24 14:30 Bob +15552123456"
    );
}

#[tokio::test]
async fn closed_days_and_absent_dentists_are_explained() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("a cleaning on Sunday").await.hears(&["closed", "Monday, November 23rd"]);
    phone
        .says("On Monday with Doctor Patel then")
        .await
        .hears(&["Doctor Patel isn't in that day", "November 24th"]);
    phone.says("at seven in the evening").await.hears(&["closed then"]);
    phone.says("anyone, on December 25th at nine").await.hears(&["closed that day", "December"]);
    phone.says("today at nine").await.hears(&["too late", "today"]);
    phone
        .says("in lunch break, at half past twelve on Tuesday")
        .await
        .hears(&["closed then", "11:30 AM or 1 PM"]);
}

#[tokio::test]
async fn earlier_later_and_neither() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("a cleaning Tuesday afternoon").await.hears(&["1 PM or 2 PM"]);
    phone.says("anything later?").await.hears(&["2:30 PM or 3:30 PM"]);
    phone.says("something earlier").await.hears(&["November 24th", "AM or"]);
    phone.says("neither of them").await.hears(&["November 25th"]);
    phone.says("no").await.hears(&["day and time would suit you"]);
    phone
        .says("as soon as possible")
        .await
        .hears(&["today, Friday, November 20th, I have 10:30 AM or 11:30 AM"]);
    phone.says("either").await.hears(&["10:30 AM"]);
}

#[tokio::test]
async fn the_keypad_gives_a_number_and_chooses() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call_from(Some("anonymous")).await;
    phone.says("a cleaning on Tuesday afternoon").await;
    phone.types("2").await.hears(&["2 PM", "your name"]);
    phone.says("Bob").await.hears(&["phone number"]);
    phone.types("555*5559876543").await.hears(&["5 5 5, 9 8 7, 6 5 4 3"]);
    phone.types("2123456#").await.hears(&["2 1 2, 3 4 5 6"]);
    phone.says("yes").await.says("yes").await.hears(&["You're booked"]);
    assert_eq!(clinic.calendar().await, ["cleaning dr-chen 11-24 14:00 Bob 2123456"]);
}

#[tokio::test]
async fn two_callers_want_the_same_slot_and_one_gets_it() {
    let mut clinic = Clinic::open().await;
    let mut first = clinic.call().await;
    let mut second = clinic.call_from(Some("+15557654321")).await;
    first.says("a root canal on Tuesday at eight").await.hears(&["November 24th, at 8 AM"]);
    second.says("a root canal on Tuesday at eight").await.hears(&["already taken"]);
    first.says("Bob").await.says("yes").await.says("yes").await.hears(&["You're booked"]);
    assert_eq!(clinic.calendar().await, ["root-canal dr-chen 11-24 08:00 Bob +15552123456"]);
}

#[tokio::test]
async fn a_hold_that_ran_out_is_not_booked_over_another() {
    let mut clinic = Clinic::open().await;
    let mut slow = clinic.call().await;
    slow.says("a root canal on Tuesday at eight").await.says("Bob").await.says("yes").await;
    // Ten minutes later somebody else has it.
    clinic.now = clinic.now.checked_add(jiff::SignedDuration::from_mins(10)).unwrap();
    slow.now = clinic.now;
    clinic.book("root-canal", "dr-chen", "2026-11-24T08:00-05:00[America/New_York]", "Other").await;
    slow.says("yes").await.hears(&["not free any more", "already taken"]);
    assert_eq!(clinic.calendar().await, ["root-canal dr-chen 11-24 08:00 Other +15559998888"]);
}

#[tokio::test]
async fn a_caller_who_wants_none_of_it_leaves_nothing_behind() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("a cleaning on Tuesday at two").await.hears(&["your name"]);
    phone.says("never mind").await.hears(&["left everything as it is", "anything else"]);
    let mut other = clinic.call().await;
    other.says("a cleaning with Doctor Chen on Tuesday at two").await.hears(&["2 PM", "your name"]);
    assert!(clinic.calendar().await.is_empty());
}
