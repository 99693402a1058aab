//! Everything else that happens at a front desk: questions, people, silence, goodbyes, nonsense.

use super::*;

#[tokio::test]
async fn questions_are_answered_and_the_booking_goes_on() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("What are your opening hours?").await;
    phone.hears(&[
        "Monday to Friday from 8 AM to noon and from 1 PM to 5 PM and Saturday from 9 AM to 1 PM",
        "else",
    ]);
    phone
        .says("are you open on Sunday")
        .await
        .hears(&["On Sunday, November 22nd, we're closed".trim_start_matches("On ")]);
    phone.says("where are you located").await.hears(&["12 Maple Street"]);
    phone.says("do you take insurance").await.hears(&["insurance"]);
    phone.says("How much is a cleaning?").await.hears(&[
        "120 dollars",
        "30 minutes",
        "Would you like to book a cleaning",
    ]);
    phone.says("yes, on Tuesday").await.hears(&["November 24th", "Which is better"]);
    phone.says("is there parking").await.hears(&["free parking", "Which is better"]);
    phone.says("the first").await.hears(&["8 AM", "your name"]);
    phone.says("what does it cost").await.hears(&["120 dollars", "your name"]);
}

#[tokio::test]
async fn a_person_on_request_and_by_key() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("Can I speak to a person?").await.hears(&["connect you"]);
    assert_eq!(phone.finished, Some(AfterCall::Transfer(Pii::from("+15005550123"))));
    let mut phone = clinic.call().await;
    phone.types("0").await.hears(&["connect you"]);
    assert!(phone.is_over());
    let said = phone.said.len();
    phone.says("hello?").await;
    assert_eq!(phone.said.len(), said, "after the farewell nothing more is said");
}

#[tokio::test]
async fn two_failures_in_a_row_bring_a_person() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone
        .says("the weather is lovely over there")
        .await
        .hears(&["didn't understand", "book, move or cancel"]);
    phone.says("a cleaning on Tuesday").await.hears(&["November 24th"]);
    phone.says("purple monkey").await.hears(&["didn't understand", "Which is better"]);
    phone.says("dishwasher").await.hears(&["connect you to a person"]);
    assert_eq!(phone.finished, Some(AfterCall::Transfer(Pii::from("+15005550123"))));
}

#[tokio::test]
async fn a_question_is_put_otherwise_then_times_are_named_then_a_person_helps() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("a cleaning in the afternoon").await.hears(&["Which day would suit you"]);
    assert!(!phone.said.last().unwrap().contains("For example"));
    phone.says("purple monkey").await;
    phone.hears(&[
        "didn't understand",
        "For example Monday, or tomorrow",
        "Which day would suit you",
    ]);
    phone.says("dishwasher").await.hears(&["Let me suggest something", "Which is better"]);
    phone.says("purple monkey").await.hears(&["connect you to a person"]);
    assert_eq!(phone.finished, Some(AfterCall::Transfer(Pii::from("+15005550123"))));
}

#[tokio::test]
async fn what_is_understood_and_of_no_use_does_not_bring_the_same_words_for_ever() {
    let mut clinic = Clinic::open().await;
    Arc::make_mut(&mut clinic.tenant).transfer_to = None;
    let mut phone = clinic.call().await;
    phone.says("a cleaning in the afternoon").await.hears(&["Which day would suit you"]);
    phone.says("in the afternoon").await.hears(&["For example Monday", "Which day would suit you"]);
    phone.says("in the afternoon").await.hears(&["Let me suggest something", "Which is better"]);
    phone.says("the first one").await.hears(&["your name"]);
    let mut phone = clinic.call().await;
    phone.says("a cleaning in the afternoon").await.says("in the afternoon").await;
    phone.says("in the afternoon").await.says("no").await.hears(&["day"]);
    phone.says("purple").await.hears(&["For example"]);
    phone.says("dishwasher").await.hears(&["still didn't understand", "call back"]);
    phone.says("yes").await.hears(&["I've noted"]);
}

#[tokio::test]
async fn an_emergency_is_offered_a_person_first() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("I'm in severe pain").await.hears(&["urgent", "9 1 1", "connect you to a person"]);
    phone.says("yes please").await.hears(&["connect you"]);
    assert!(phone.is_over());
    let mut phone = clinic.call().await;
    phone.says("my tooth is bleeding").await.says("no").await.hears(&["today", "10:30 AM"]);
}

#[tokio::test]
async fn silence_is_asked_about_and_then_ends_the_call() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    let greeting = phone.said.len();
    phone.is_quiet(3).await;
    assert_eq!(phone.said.len(), greeting, "a moment of thought is no silence");
    phone.is_quiet(6).await.hears(&["Are you still there", "How can I help"]);
    phone.says("a cleaning").await.hears(&["day and time"]);
    phone.is_quiet(6).await.hears(&["Are you still there"]);
    phone.is_quiet(6).await.hears(&["What day and time"]);
    assert!(!phone.said.last().unwrap().contains("still there"));
    phone.is_quiet(6).await.hears(&["Goodbye"]);
    assert_eq!(phone.finished, Some(AfterCall::HangUp));
}

#[tokio::test]
async fn noise_is_not_taken_for_words() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("").await.hears(&["didn't hear"]);
    phone.says("a cleaning on Tuesday").await;
    phone.says("...").await.hears(&["didn't hear", "Which is better"]);
    phone.says("").await.says("").await.hears(&["can't hear you well", "connect you"]);
}

#[tokio::test]
async fn what_is_asked_again_is_said_again() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("a cleaning on Tuesday afternoon").await;
    phone.says("what?").await.hears(&["1 PM or 2 PM"]);
    phone.says("can you repeat that please").await.hears(&["1 PM or 2 PM"]);
    phone.says("pardon").await.hears(&["1 PM or 2 PM"]);
    phone.says("two").await.hears(&["2 PM"]);
}

#[tokio::test]
async fn a_reply_that_is_talked_over_is_taken_back() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    let turn = |turn, text| {
        let over = TurnOver {
            turn: TurnId(turn),
            text: Pii::from(text),
            confidence: 0.9,
            reason: TurnReason::Judged,
            prepared: None,
        };
        CallEvent {
            call: CallId::new(1, 1),
            seq: 9,
            at: Duration::ZERO,
            fact: CallFact::TurnOver(over),
        }
    };
    // Two turns before the first reply has ended.
    let first = phone.agent.handle(Input::Event(&turn(0, "a cleaning")), phone.now);
    assert!(matches!(first.last(), Some(Action::Command(CallCommand::Say(_)))));
    let ignored = phone.agent.handle(Input::Event(&turn(1, "mm hmm")), phone.now);
    assert_eq!(ignored, [], "a sound of attention is no turn");
    let second =
        phone.agent.handle(Input::Event(&turn(2, "what services do you offer")), phone.now);
    assert_eq!(second.first(), Some(&Action::Command(CallCommand::Cancel(ReplyId(1)))));
    assert!(
        matches!(second.last(), Some(Action::Command(CallCommand::Say(say))) if say.answers == Some(TurnId(2)))
    );
}

#[tokio::test]
async fn goodbye_and_thanks_end_the_call() {
    for farewell in [
        "Good-bye.",
        "that's all thank you",
        "No thank you.",
        "no, that's all",
        "Know that all.",
        "Nor thank you,",
        "bye",
    ] {
        let mut clinic = Clinic::open().await;
        let mut phone = clinic.call().await;
        phone.says("What are your opening hours?").await;
        phone.says(farewell).await.hears(&["Goodbye"]);
        assert_eq!(phone.finished, Some(AfterCall::HangUp), "{farewell}");
    }
}

#[tokio::test]
async fn who_is_captured_is_told_before_anything_else() {
    let mut clinic = Clinic::open().await;
    let notice = "This call is recorded so that we can mend faults.";
    let told = Tenant { capture_notice: Some(notice.to_owned()), ..Tenant::clone(&clinic.tenant) };
    clinic.tenant = Arc::new(told);
    let phone = clinic.call().await;
    assert!(phone.said[0].starts_with(notice), "{:?}", phone.said);
}
