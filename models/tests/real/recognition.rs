//! Moonshine writes down what people say on the telephone.

use callwright_models::contract::{
    Draft, Heard, Hints, ModelError, Recognition, Recognizer, RecognizerPurpose, UTTERANCE_MAX,
    Utterance,
};
use callwright_models::moonshine::Moonshine;

use crate::recording::{models, sample, through_telephone, word_errors, words};

const BECKETT: &str = "Ever tried. Ever failed. No matter. Try again. Fail again. Fail better.";

const TWO_CITIES: &str = "It was the best of times, it was the worst of times, it was the age of wisdom, \
    it was the age of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the \
    season of Light, it was the season of Darkness, it was the spring of hope, it was the winter of despair, \
    we had everything before us, we had nothing before us, we were all going direct to Heaven, we were all \
    going direct the other way - in short, the period was so far like the present period, that some of its \
    noisiest authorities insisted on its being received, for good or for evil, in the superlative degree of \
    comparison only.";

fn load() -> Moonshine {
    Moonshine::load(&models()).unwrap()
}

fn hear(model: &mut Moonshine, utterance: &[i16]) -> Recognition {
    model.recognize(&[utterance]).unwrap().pop().unwrap()
}

#[test]
fn a_short_recording_is_understood_through_a_telephone() {
    let heard = hear(&mut load(), &through_telephone(&sample("beckett.wav")));
    let errors = word_errors(BECKETT, &heard.text);
    assert!(errors <= 2, "{errors} wrong words in {:?}", heard.text);
    assert!(heard.confidence > 0.5 && heard.confidence <= 1.0, "{}", heard.confidence);
}

#[test]
fn a_long_recording_is_understood_in_parts() {
    let mut model = load();
    let wave = through_telephone(&sample("two_cities.wav"));
    let heard: Vec<String> =
        wave.chunks(15 * 16_000).map(|part| hear(&mut model, part).text).collect();
    let heard = heard.join(" ");
    let (errors, all) = (word_errors(TWO_CITIES, &heard), words(TWO_CITIES).len());
    assert!(errors * 10 <= all, "{errors} of {all} words are wrong in {heard:?}");
}

#[test]
fn words_lie_where_the_text_has_them() {
    let heard = hear(&mut load(), &sample("beckett.wav"));
    let words: Vec<&str> = heard.words.iter().map(|word| &heard.text[word.range.clone()]).collect();
    assert_eq!(words, heard.text.split(' ').collect::<Vec<_>>());
    for word in &heard.words {
        assert!(word.confidence > 0.0 && word.confidence <= 1.0, "{word:?}");
    }
}

/// What is heard in `wave` by one who expects what `draft` says.
fn hear_with(
    model: &mut Moonshine,
    wave: &[i16],
    purpose: RecognizerPurpose,
    draft: Draft,
) -> Heard {
    let hints = Hints::default();
    model.hear(Utterance { samples: wave, purpose, hints: &hints, draft: &draft }).unwrap()
}

#[test]
fn a_draft_saves_time_and_leaves_the_final_words_alone() {
    let mut model = load();
    let wave = through_telephone(&sample("two_cities.wav"));
    let parts = [&wave[..96_000], &wave[96_000..160_000], &wave[200_000..330_000]];
    let free: Vec<Heard> = parts
        .iter()
        .map(|part| hear_with(&mut model, part, RecognizerPurpose::Final, Draft::default()))
        .collect();
    for (part, alone) in parts.iter().zip(&free) {
        for draft in free.iter().map(|heard| heard.draft.tokens.clone()).chain([
            alone.draft.tokens.iter().skip(2).copied().collect(),
            alone.draft.tokens.iter().flat_map(|token| [*token, 300]).collect(),
            (0..900).collect(),
        ]) {
            let draft = Draft { agreed: draft.len(), tokens: draft, language: None };
            let heard = hear_with(&mut model, part, RecognizerPurpose::Final, draft);
            let errors = word_errors(&alone.recognition.text, &heard.recognition.text);
            // The model's numbers are 8 bits wide and are scaled by all tokens of a step together.
            assert!(errors <= 1, "{:?} {:?}", alone.recognition.text, heard.recognition.text);
        }
    }
}

#[test]
fn words_that_were_agreed_on_stay_while_they_are_likely_and_go_when_they_are_not() {
    let mut model = load();
    let wave = through_telephone(&sample("two_cities.wav"));
    let (short, long) = (&wave[..64_000], &wave[..80_000]);
    let mut partial = |wave, draft| hear_with(&mut model, wave, RecognizerPurpose::Partial, draft);
    let first = partial(short, Draft::default());
    assert_eq!(first.draft.agreed, 0, "nothing to agree with");
    let second = partial(long, first.draft.clone());
    assert!(second.draft.agreed * 2 > first.draft.tokens.len(), "{first:?} {second:?}");
    let elsewhere = &wave[160_000..224_000];
    let alone = partial(elsewhere, Draft::default());
    let misled = Draft { agreed: second.draft.tokens.len(), ..second.draft };
    let heard = partial(elsewhere, misled);
    let errors = word_errors(&alone.recognition.text, &heard.recognition.text);
    assert!(errors <= 2, "{:?} {:?}", alone.recognition.text, heard.recognition.text);
}

#[test]
fn what_is_too_short_for_a_word_has_none_and_what_is_too_long_is_refused() {
    let mut model = load();
    for length in [0, 1, 319, 1_599] {
        assert_eq!(hear(&mut model, &vec![900; length]), Recognition::default());
    }
    assert_eq!(model.recognize(&[]).unwrap(), []);
    let too_long = vec![0; UTTERANCE_MAX + 1];
    let error = model.recognize(&[&too_long]).unwrap_err();
    assert!(matches!(error, ModelError::Shape { .. }), "{error}");
}
