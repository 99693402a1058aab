//! Whisper's loading, decoding and guarding, on ggml files that `models/whisper/tiny.py` makes: of the true layout, with
//! the words that they "hear" built in. What real weights hear is not told here.
#![cfg(feature = "whisper")]
#![expect(clippy::unwrap_used, reason = "what cannot be read or made in a test fails the test")]

use std::path::{Path, PathBuf};
use std::process::Command;

use callwright_models::contract::{
    Draft, Haste, Heard, Hints, Language, ModelError, Recognizer as _, RecognizerPurpose,
    SamplePos, Transcriber as _, Utterance,
};
use callwright_models::transcript::{Passage, Transcript};
use callwright_models::whisper::{LiveWhisper, Whisper, WhisperError};

/// Makes a model in `folder`.
fn model(folder: &Path, arguments: &[&str]) -> PathBuf {
    let path = folder.join("ggml-tiny.bin");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("whisper/tiny.py");
    let made = Command::new("python3").arg(script).arg(&path).args(arguments).status().unwrap();
    assert!(made.success());
    assert!(std::fs::metadata(&path).unwrap().len() < 2_000_000);
    path
}

/// Three seconds of something.
fn sound() -> Vec<i16> {
    (0..48_000).map(|n| if n / 40 % 2 == 0 { 3_000 } else { -3_000 }).collect()
}

#[test]
fn a_model_of_one_language_writes_words_with_their_times() {
    let folder = tempfile::tempdir().unwrap();
    let whisper = Whisper::load(&model(folder.path(), &[])).unwrap();
    assert!(!whisper.knows_many_languages());
    assert!(whisper.knows(&Language::parse("en").unwrap()));
    assert!(!whisper.knows(&Language::parse("de").unwrap()));
    let heard = whisper.hearer().unwrap().transcribe(&sound(), None).unwrap();
    assert_eq!(heard.recognition.text, "the tiny model hears these words");
    assert_eq!(heard.language, Language::parse("en"));
    assert!(heard.recognition.confidence > 0.9, "{}", heard.recognition.confidence);
    let words = &heard.recognition.words;
    assert_eq!(words.len(), 6);
    for pair in words.windows(2) {
        assert!(pair[0].span.start <= pair[1].span.start, "{words:?}");
        assert!(pair[0].span.end <= pair[1].span.end, "{words:?}");
    }
    // The model says that the words end after two seconds.
    let end = words.last().unwrap().span.end;
    assert!((28_000..=36_000).contains(&end), "{end}");
}

#[test]
fn a_model_of_many_languages_finds_the_one_that_is_spoken() {
    let folder = tempfile::tempdir().unwrap();
    let path = model(folder.path(), &["--language", "de", "--text", "grüß gott aus münchen"]);
    let whisper = Whisper::load(&path).unwrap();
    assert!(whisper.knows(&Language::parse("fr").unwrap()));
    assert!(!whisper.knows(&Language::parse("xx").unwrap()));
    let mut hearer = whisper.hearer().unwrap();
    let heard = hearer.transcribe(&sound(), None).unwrap();
    assert_eq!(heard.recognition.text, "grüß gott aus münchen");
    assert_eq!(heard.language, Language::parse("de"));
    let told = hearer.transcribe(&sound(), Language::parse("fr").as_ref()).unwrap();
    assert_eq!(told.language, Language::parse("fr"), "what is known is not guessed");
}

#[test]
fn states_of_one_model_hear_side_by_side_what_they_hear_alone() {
    let folder = tempfile::tempdir().unwrap();
    let whisper = Whisper::load(&model(folder.path(), &[])).unwrap();
    let alone = whisper.hearer().unwrap().recognize(&[&sound()]).unwrap();
    let together: Vec<_> = std::thread::scope(|scope| {
        let hear = || {
            let mut hearer = whisper.hearer().unwrap();
            hearer.recognize(&[&sound(), &sound()]).unwrap()
        };
        let threads = [scope.spawn(hear), scope.spawn(hear)];
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(together.len(), 4);
    for heard in together {
        assert_eq!(heard, alone[0]);
    }
}

#[test]
fn a_decoder_that_repeats_itself_is_stopped_and_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = model(folder.path(), &["--loop", "--text", "one of these again"]);
    let mut hearer = Whisper::load(&path).unwrap().hearer().unwrap();
    let heard = hearer.transcribe(&sound(), None).unwrap().recognition;
    let words = heard.text.split_whitespace().count();
    assert!(words <= 4, "{:?}", heard.text);
    // Ten seconds leave room for many more repetitions.
    let long = sound().repeat(5);
    let heard = hearer.transcribe(&long, None).unwrap().recognition;
    assert!(heard.text.split_whitespace().count() <= 4, "{:?}", heard.text);
}

#[test]
fn nothing_is_heard_in_no_sound_and_too_much_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut hearer = Whisper::load(&model(folder.path(), &[])).unwrap().hearer().unwrap();
    assert_eq!(hearer.transcribe(&[], None).unwrap().recognition.text, "");
    assert!(hearer.transcribe(&vec![0; 31 * 16_000], None).is_err());
    // Less than whisper.cpp itself takes.
    assert!(hearer.transcribe(&[500; 20], None).is_ok());
}

#[test]
fn a_file_that_lies_is_refused_before_whisper_cpp_believes_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = model(folder.path(), &[]);
    let whole = std::fs::read(&path).unwrap();
    let refused = |octets: &[u8], says: &str| {
        std::fs::write(&path, octets).unwrap();
        let error = Whisper::load(&path).unwrap_err();
        assert!(matches!(error, WhisperError::Layout { .. }), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    };
    refused(b"{\"not\": \"a model\"}", "does not begin");
    refused(&whole[..whole.len() / 2], "cut short");
    refused(&whole[..whole.len() - 1], "cut short");
    refused(&[&whole[..], b"more"].concat(), "");
    let with = |place: usize, number: i32| {
        let mut octets = whole.clone();
        octets[place..place + 4].copy_from_slice(&number.to_le_bytes());
        octets
    };
    refused(&with(4, i32::MAX), "vocabulary");
    refused(&with(12, -8), "audio state");
    refused(&with(20, 1_000_000), "layers");
    refused(&with(48, 4_000), "mel filters");
    // Words without which whisper.cpp ends the whole program.
    let space = whole.windows(7).position(|window| window == b"t219\x01\0\0").unwrap() + 4;
    let mut octets = whole.clone();
    assert_eq!(octets[space + 4], b' ');
    octets[space + 4] = b'x';
    refused(&octets, "vocabulary lacks");
    // The first tensor's number of dimensions, for which whisper.cpp has room for four.
    let name = b"encoder.positional_embedding";
    let tensor = whole.windows(name.len()).position(|window| window == name).unwrap() - 20;
    refused(&with(tensor, 1_000), "dimensions");
    refused(&with(tensor + 8, 99), "type of a tensor");
    assert!(matches!(
        Whisper::load(&folder.path().join("none.bin")).unwrap_err(),
        WhisperError::Unreadable { .. }
    ));
}

/// Hears as a call's lane does.
fn hear(
    model: &mut LiveWhisper,
    samples: &[i16],
    purpose: RecognizerPurpose,
    hints: &Hints,
    draft: &Draft,
) -> Result<Heard, ModelError> {
    model.hear(Utterance { samples, purpose, hints, draft })
}

#[test]
fn a_call_is_heard_in_its_language_and_words_that_stay_are_agreed_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = model(folder.path(), &["--language", "de", "--text", "guten morgen frau müller"]);
    let mut live = Whisper::load(&path).unwrap().live(false).unwrap();
    let german = Hints { language: Language::parse("de"), ..Hints::default() };
    let mut transcript = Transcript::default();
    let mut said = |upto: usize, purpose| {
        let passage =
            Passage { from: SamplePos(0), samples: &sound()[..upto], purpose, hints: &german };
        transcript.hear(&mut live, passage).unwrap()
    };
    let first = said(16_000, RecognizerPurpose::Partial);
    assert_eq!((first.text.as_str(), first.agreed), ("guten morgen frau müller", 0));
    let second = said(24_000, RecognizerPurpose::Partial);
    assert!(second.agreed >= "guten morgen frau".len(), "{second:?}");
    let last = said(32_000, RecognizerPurpose::Final);
    assert_eq!((last.text.as_str(), last.agreed), ("guten morgen frau müller", last.text.len()));
    assert!(last.words.iter().all(|word| word.span.end <= 32_000), "{:?}", last.words);
}

#[test]
fn what_a_caller_speaks_is_found_out_where_it_is_not_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = model(folder.path(), &["--language", "fr", "--text", "bonjour madame"]);
    let whisper = Whisper::load(&path).unwrap();
    let mut live = whisper.live(true).unwrap();
    let (any, french) = (Hints::default(), Language::parse("fr"));
    let partial = RecognizerPurpose::Partial;
    let heard = hear(&mut live, &sound(), partial, &any, &Draft::default()).unwrap();
    assert_eq!(heard.recognition.text, "bonjour madame");
    assert_eq!(heard.draft.language, french);
    // Partial words go by what the caller spoke before; final ones by what is heard.
    let before = Draft { language: Language::parse("de"), ..Draft::default() };
    let heard = hear(&mut live, &sound(), partial, &any, &before).unwrap();
    assert_eq!(heard.draft.language, Language::parse("de"));
    let heard = hear(&mut live, &sound(), RecognizerPurpose::Final, &any, &before).unwrap();
    assert_eq!(heard.draft.language, french);
    let unknown = Hints { language: Language::parse("xx"), ..Hints::default() };
    let refused = hear(&mut live, &sound(), partial, &unknown, &Draft::default());
    assert!(matches!(refused, Err(ModelError::Shape { .. })), "{refused:?}");
}

#[test]
fn nobody_is_heard_in_silence_or_in_what_ends_films() {
    let folder = tempfile::tempdir().unwrap();
    let final_ = RecognizerPurpose::Final;
    let (hints, none) = (Hints::default(), Draft::default());
    // It hears its words in any sound; so it must not be given any where nobody speaks.
    let mut live = Whisper::load(&model(folder.path(), &[])).unwrap().live(false).unwrap();
    for silence in [vec![0; 48_000], vec![60; 48_000], Vec::new(), vec![3_000; 800]] {
        let heard = hear(&mut live, &silence, final_, &hints, &none).unwrap();
        assert_eq!(heard.recognition.text, "");
    }
    assert_ne!(hear(&mut live, &sound(), final_, &hints, &none).unwrap().recognition.text, "");
    let path =
        model(folder.path(), &["--language", "de", "--text", "untertitel im auftrag des zdf"]);
    let mut live = Whisper::load(&path).unwrap().live(false).unwrap();
    let heard = hear(&mut live, &sound(), final_, &hints, &none).unwrap();
    assert_eq!(heard.recognition.text, "");
}

#[test]
fn partial_words_give_way_to_a_caller_who_waits_and_final_ones_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut live = Whisper::load(&model(folder.path(), &[])).unwrap().live(false).unwrap();
    let (hints, haste) = (Hints::default(), Haste::default());
    live.gives_way_to(haste.clone());
    let mut transcript = Transcript::default();
    let mut said = |upto: usize, purpose| {
        let passage =
            Passage { from: SamplePos(0), samples: &sound()[..upto], purpose, hints: &hints };
        transcript.hear(&mut live, passage)
    };
    assert!(said(16_000, RecognizerPurpose::Partial).is_ok());
    haste.raise();
    assert_eq!(said(20_000, RecognizerPurpose::Partial), Err(ModelError::GaveWay));
    assert!(said(20_000, RecognizerPurpose::Final).is_ok());
    haste.lower();
    let next = said(24_000, RecognizerPurpose::Partial).unwrap();
    assert_eq!(next.text, "the tiny model hears these words");
    assert!(next.agreed > 0, "what was agreed on before is not forgotten: {next:?}");
}

#[test]
fn callers_have_states_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = model(folder.path(), &["--language", "de", "--text", "guten morgen"]);
    let whisper = Whisper::load(&path).unwrap();
    let heard: Vec<_> = std::thread::scope(|scope| {
        let call = |length: usize| {
            let mut live = whisper.live(true).unwrap();
            live.recognize(&[&sound()[..length], &sound()]).unwrap()
        };
        let threads = [scope.spawn(move || call(16_000)), scope.spawn(move || call(40_000))];
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(heard.iter().all(|heard| heard.text == "guten morgen"), "{heard:?}");
}
