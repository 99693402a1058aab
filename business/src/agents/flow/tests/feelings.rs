//! Callers who come across as something: what the receptionist makes of it.

use callwright_contract::{CallerEmotion, Evidence, Feeling, Severity, Shift, Trajectory};

use super::*;

impl Phone {
    /// The caller comes across so in the turn that is about to be over.
    async fn sounds(&mut self, feeling: impl Into<Option<Feeling>>, evidence: Evidence) {
        self.sounded(self.turns, feeling.into(), evidence).await;
    }

    async fn sounded(&mut self, turn: u32, feeling: Option<Feeling>, evidence: Evidence) {
        let emotion = CallerEmotion {
            turn: TurnId(turn),
            feeling,
            confidence: 0.6,
            calibrated: false,
            evidence,
            arousal: Some(0.5),
            valence: 0.5,
            arousal_lately: Some(0.5),
            valence_lately: 0.5,
            trajectory: Trajectory::Steady,
        };
        self.happens(CallFact::Emotion(emotion)).await;
    }

    async fn turns_tense(&mut self, severity: Severity) {
        let (turn, shift) = (TurnId(self.turns), Shift::Escalation(severity));
        self.happens(CallFact::MoodShifted { turn, shift }).await;
    }

    fn pace(&self) -> f32 {
        self.paces.last().copied().unwrap_or_default()
    }

    fn last(&self) -> &str {
        self.said.last().unwrap()
    }

    /// The last reply begins with one of the sentences that the table has for `feeling`, and which it is.
    fn acknowledges(&self, feeling: Feeling) -> Option<String> {
        let (_, document) = shipped(None).unwrap().remove(0);
        let sentences = &document.emotions.of(feeling).unwrap().acknowledge;
        sentences.iter().find(|sentence| self.last().starts_with(*sentence)).cloned()
    }
}

/// The row of the table that ships, for each feeling: pace, whether something is said first, whether a strong escalation
/// brings the offer of a person.
#[tokio::test]
async fn each_feeling_has_its_pace_its_words_and_its_offer() {
    for (feeling, pace, offer) in [
        (Feeling::Frustrated, 0.91, true),
        (Feeling::Angry, 0.90, true),
        (Feeling::Confused, 0.84, true),
        (Feeling::Sad, 0.93, true),
        // While an escalation stands nobody is taken for pleased.
        (Feeling::Happy, 1.05, true),
    ] {
        let mut clinic = Clinic::open().await;
        let mut phone = clinic.call().await;
        phone.sounds(feeling, Evidence::Both).await;
        phone.says("I'd like to book a cleaning").await.hears(&["What day and time"]);
        assert!(phone.acknowledges(feeling).is_some(), "{feeling:?}: {}", phone.last());
        assert!((phone.pace() - pace).abs() < 0.01, "{feeling:?}: {}", phone.pace());
        phone.sounds(feeling, Evidence::Both).await;
        phone.turns_tense(Severity::Strong).await;
        phone.says("on Tuesday").await;
        assert_eq!(phone.last().contains("connect you to a person"), offer, "{}", phone.last());
    }
}

#[tokio::test]
async fn a_neutral_caller_is_treated_as_ever() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    let mut same = Clinic::open().await;
    let mut ever = same.call().await;
    for said in ["I'd like to book a cleaning", "on Tuesday at ten", "Anna Miller"] {
        phone.sounds(Feeling::Neutral, Evidence::Voice).await;
        phone.says(said).await;
        ever.says(said).await;
        assert_eq!((phone.last(), phone.pace()), (ever.last(), ever.pace()));
    }
}

#[tokio::test]
async fn a_voice_alone_changes_the_pace_and_not_a_word() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    for feeling in [Feeling::Angry, Feeling::Sad, Feeling::Happy] {
        phone.sounds(feeling, Evidence::Voice).await;
        phone.says("what are your opening hours").await;
        assert_eq!(phone.acknowledges(feeling), None, "{}", phone.last());
    }
    phone.sounds(Feeling::Angry, Evidence::Voice).await;
    phone.says("where are you").await;
    assert!(phone.pace() < 1.0);
    phone.sounds(None, Evidence::Voice).await;
    phone.says("is there parking").await;
    assert!(phone.pace() < 1.0, "an abstention leaves what is known");
    phone.sounds(Feeling::Neutral, Evidence::Voice).await;
    phone.says("how can I pay").await;
    assert_eq!(phone.pace(), 1.0);
}

#[tokio::test]
async fn an_acknowledgement_is_not_repeated_and_never_the_same_twice_in_a_row() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    let mut said = Vec::new();
    for question in 0..20 {
        phone.sounds(Feeling::Frustrated, Evidence::Words).await;
        phone.says("what are your opening hours").await;
        said.extend(phone.acknowledges(Feeling::Frustrated).map(|sentence| (question, sentence)));
    }
    let places: Vec<u32> = said.iter().map(|(question, _)| *question).collect();
    assert_eq!(places, [0, 5, 10, 15], "once, and again when it lasts");
    assert!(said.windows(2).all(|pair| pair[0].1 != pair[1].1), "{said:?}");
    let mut other = clinic.call().await;
    other.sounds(Feeling::Frustrated, Evidence::Words).await;
    other.says("what are your opening hours").await;
    assert_ne!(other.acknowledges(Feeling::Frustrated), Some(said[0].1.clone()), "varied");
}

#[tokio::test]
async fn after_an_escalation_a_person_is_offered_and_yes_means_yes() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("I'd like to book a cleaning").await;
    phone.sounds(Feeling::Angry, Evidence::Voice).await;
    phone.turns_tense(Severity::Mild).await;
    phone.says("on Tuesday").await.hears(&["connect you to a person?"]);
    assert!(phone.acknowledges(Feeling::Angry).is_some(), "{}", phone.last());
    assert_eq!(phone.expected, Expectation::YesNo);
    phone.says("yes please").await.hears(&["connect you to a person"]);
    assert_eq!(phone.finished, Some(AfterCall::Transfer(Pii::from("+15005550123"))));
}

#[tokio::test]
async fn no_goes_on_where_it_was_and_only_worse_brings_the_offer_again() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("I'd like to book a cleaning").await;
    phone.turns_tense(Severity::Mild).await;
    phone.says("on Tuesday").await.hears(&["connect you to a person?"]);
    phone.says("no, thank you").await.hears(&["November 24th", "Which is better"]);
    phone.turns_tense(Severity::Strong).await;
    phone.says("the first").await.hears(&["your name"]);
    assert!(phone.acknowledges(Feeling::Frustrated).is_some(), "it was heard all the same");
    phone.turns_tense(Severity::Severe).await;
    phone.says("Anna Miller").await.hears(&["connect you to a person?"]);
}

#[tokio::test]
async fn a_tense_caller_whose_voice_is_taken_for_happy_is_offered_a_person_all_the_same() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.sounds(Feeling::Happy, Evidence::Voice).await;
    phone.turns_tense(Severity::Mild).await;
    phone.says("I'd like to book a cleaning").await.hears(&["connect you to a person?"]);
    assert!(phone.acknowledges(Feeling::Frustrated).is_some(), "{}", phone.last());
}

#[tokio::test]
async fn what_was_booked_is_said_before_a_person_is_offered() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    for said in ["a cleaning on Tuesday at ten", "Anna Miller", "yes"] {
        phone.says(said).await;
    }
    phone.turns_tense(Severity::Strong).await;
    phone.says("yes").await.hears(&["You're booked for a cleaning", "connect you to a person?"]);
}

#[tokio::test]
async fn where_nobody_can_be_connected_a_call_back_is_noted_and_no_more_is_promised() {
    let mut clinic = Clinic::open().await;
    Arc::make_mut(&mut clinic.tenant).transfer_to = None;
    let mut phone = clinic.call().await;
    phone.sounds(Feeling::Angry, Evidence::Both).await;
    phone.turns_tense(Severity::Severe).await;
    phone.says("I'd like to book a cleaning").await;
    phone.hears(&["I can't connect you to anyone", "Shall I note that you'd like a call back?"]);
    assert!(phone.acknowledges(Feeling::Angry).is_some() && phone.expected == Expectation::YesNo);
    phone
        .says("yes")
        .await
        .hears(&["I've noted that you'd like a call back.", "What day and time"]);
    let call = phone.call;
    let page = crate::storage::EventPage { after: 0, limit: 100 };
    let log = clinic.storage.events(&Scope::Platform, page).await.unwrap();
    let noted = log.iter().filter_map(|entry| match &entry.what {
        crate::feed::Happening::CallBackWanted(wanted) => Some(wanted.clone()),
        _ => None,
    });
    let wanted = crate::feed::CallBackWanted { call, phone: Pii::from("+15552123456"), name: None };
    assert_eq!(noted.collect::<Vec<_>>(), [wanted]);
}

#[tokio::test]
async fn who_says_no_to_a_call_back_and_who_cannot_be_called_is_offered_none() {
    let mut clinic = Clinic::open().await;
    Arc::make_mut(&mut clinic.tenant).transfer_to = None;
    let mut phone = clinic.call().await;
    phone.turns_tense(Severity::Strong).await;
    phone.says("I'd like to book a cleaning").await.hears(&["call back?"]);
    phone.says("no").await.hears(&["What day and time"]);
    let mut withheld = clinic.call_from(None).await;
    withheld.turns_tense(Severity::Strong).await;
    withheld.says("I'd like to book a cleaning").await.hears(&["What day and time"]);
}

#[tokio::test]
async fn what_is_told_late_is_for_the_next_answer_and_what_is_told_twice_for_one() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("I'd like to book a cleaning").await;
    assert_eq!(phone.acknowledges(Feeling::Frustrated), None);
    phone.sounded(0, Some(Feeling::Frustrated), Evidence::Words).await;
    phone.says("on Tuesday").await.hears(&["Which is better"]);
    assert!(phone.acknowledges(Feeling::Frustrated).is_some(), "{}", phone.last());
    phone.sounded(0, Some(Feeling::Frustrated), Evidence::Words).await;
    phone.says("the first").await.hears(&["your name"]);
    assert_eq!(phone.acknowledges(Feeling::Frustrated), None, "{}", phone.last());
}

#[tokio::test]
async fn a_caller_who_is_lost_is_told_again_and_not_that_he_was_misunderstood() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.says("I'd like to book a cleaning").await;
    phone.sounds(Feeling::Confused, Evidence::Words).await;
    phone.says("I'm lost here").await.hears(&["What day and time"]);
    assert!(phone.acknowledges(Feeling::Confused).is_some(), "{}", phone.last());
    assert!(!phone.last().contains("didn't understand"), "{}", phone.last());
}

#[tokio::test]
async fn an_acknowledgement_that_was_cut_off_unheard_is_said_after_all() {
    let mut clinic = Clinic::open().await;
    let mut phone = clinic.call().await;
    phone.sounds(Feeling::Frustrated, Evidence::Words).await;
    phone.begins("I'd like to book a cleaning").await;
    phone.sounds(Feeling::Frustrated, Evidence::Words).await;
    phone.says("on Tuesday").await.hears(&["Which is better"]);
    assert!(phone.acknowledges(Feeling::Frustrated).is_some(), "{}", phone.last());
}
