//! Callers who cut the greeting off: what the law wants them to know is made up for.

use super::*;

const DISCLOSURE: &str = "This is an automated assistant.";

#[tokio::test]
async fn who_cuts_the_greeting_off_is_told_once_that_a_machine_speaks() {
    let mut clinic = Clinic::open().await;
    // "Bright Smile Dental, you're speaking with the automated": one word too few.
    let mut phone = clinic.call_hearing(Some("+15552123456"), Some(8)).await;
    phone.says("a cleaning on Tuesday afternoon").await.hears(&["1 PM or 2 PM"]);
    assert!(phone.said[1].starts_with(DISCLOSURE), "{:?}", phone.said);
    assert_eq!(phone.protections[1..], [Protection::Whole, Protection::None]);
    phone.says("the first one").await.says("Anna Miller").await.says("yes").await;
    phone.says("yes").await.hears(&["You're booked"]);
    let told = phone.said.iter().filter(|said| said.contains(DISCLOSURE)).count();
    assert_eq!(told, 1, "{:?}", phone.said);
}

#[tokio::test]
async fn who_heard_it_is_not_told_again() {
    let mut clinic = Clinic::open().await;
    for words in [Some(9), None] {
        let mut phone = clinic.call_hearing(Some("+15552123456"), words).await;
        phone.says("a cleaning on Tuesday afternoon").await.hears(&["1 PM or 2 PM"]);
        assert!(!phone.said.iter().any(|said| said.contains(DISCLOSURE)), "{:?}", phone.said);
    }
}

#[tokio::test]
async fn a_caller_who_speaks_before_the_greeting_is_told() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call_hearing(Some("+15552123456"), Some(0)).await;
    phone.says("hello?").await.hears(&["How can I help"]);
    assert!(phone.said[1].starts_with(DISCLOSURE), "{:?}", phone.said);
}

#[tokio::test]
async fn what_is_said_of_captures_is_made_up_for_as_well() {
    let mut clinic = Clinic::open().await;
    let notice = "This call is recorded so that we can mend faults.";
    let told = Tenant { capture_notice: Some(notice.to_owned()), ..Tenant::clone(&clinic.tenant) };
    clinic.tenant = Arc::new(told);
    let mut phone = clinic.call_hearing(Some("+15552123456"), Some(3)).await;
    phone.says("a cleaning on Tuesday afternoon").await;
    assert!(phone.said[1].starts_with(&format!("{notice} {DISCLOSURE}")), "{:?}", phone.said);
}
