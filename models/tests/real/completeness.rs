//! The words of a turn say whether more are wanted.

use callwright_models::completeness::{Completeness, Weighing};
use callwright_models::contract::{
    Draft, Hints, Language, Recognizer, RecognizerPurpose, Utterance,
};

use crate::recording::{models, sample};

#[test]
fn words_that_want_more_are_told_from_words_that_could_be_all() {
    let mut net = Completeness::load(&models()).unwrap();
    let mut of = |text| net.of(text).unwrap().unwrap();
    for (all, begun) in [
        ("I'd like to book an appointment.", "I'd like to book an"),
        ("My car makes a strange noise.", "My car makes a strange noise when"),
        ("Do you have a room with a view?", "Do you have a room with"),
        ("Yes, please.", "Yes, I"),
        ("The heating has been off since Sunday.", "The heating has been off since"),
    ] {
        let (all_is, begun_is) = (of(all), of(begun));
        assert!(all_is > 0.05 && all_is > 10.0 * begun_is, "{all_is} {begun_is} {begun}");
    }
}

#[test]
fn marks_and_case_do_not_count_and_no_words_are_not_weighed() {
    let mut net = Completeness::load(&models()).unwrap();
    let plain = net.of("do you take cards").unwrap();
    assert_eq!(net.of("Do you take... cards?").unwrap(), plain);
    assert!(plain.is_some());
    assert_eq!(net.of(" — ?").unwrap(), None);
    assert!(net.of(&"and so on ".repeat(1_000)).unwrap().is_some(), "the end of a long text");
}

#[test]
fn final_english_words_come_weighed_and_others_do_not() {
    let mut model = Weighing::load(&models()).unwrap();
    let wave = sample("beckett.wav");
    let mut complete = |purpose, language| {
        let hints = Hints { language, ..Hints::default() };
        let draft = Draft::default();
        let samples = &wave[..4 * 16_000];
        let heard = model.hear(Utterance { samples, purpose, hints: &hints, draft: &draft });
        heard.unwrap().recognition.complete
    };
    assert!(complete(RecognizerPurpose::Final, None).is_some());
    assert!(complete(RecognizerPurpose::Final, Some(Language::ENGLISH)).is_some());
    assert_eq!(complete(RecognizerPurpose::Final, Language::parse("de")), None);
    assert_eq!(complete(RecognizerPurpose::Partial, None), None);
}
