use std::sync::Mutex;

use callwright_media::SampleRate;

use super::*;

/// An engine that says, in its samples, which it is; fails while it is told to.
struct Probe {
    mark: i16,
    fails: Arc<Mutex<Option<usize>>>,
    heard: Arc<Mutex<Vec<Option<String>>>>,
}

impl Synthesizer for Probe {
    fn speak(
        &mut self,
        text: &str,
        style: &VoiceStyle,
        sink: &mut dyn FnMut(SpeechChunk) -> ControlFlow<()>,
    ) -> Result<(), ModelError> {
        self.heard.lock().unwrap().push(style.voice.clone());
        for place in 0..text.len() {
            if *self.fails.lock().unwrap() == Some(place) {
                return Err(ModelError::Runtime { model: "probe", reason: "told to".to_owned() });
            }
            let samples = vec![self.mark; 160].into();
            let chunk = SpeechChunk { rate: SampleRate::Hz8000, samples, words: Vec::new() };
            if sink(chunk).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct Wires {
    fails: Arc<Mutex<Option<usize>>>,
    heard: Arc<Mutex<Vec<Option<String>>>>,
}

/// Flite's place is taken by a probe of mark 1 with the voice `slt`; one of mark 2 has `amy` and `kal`.
fn voices(default: Option<&str>) -> (Voices, Wires) {
    let options = VoiceOptions { default: default.map(str::to_owned), ..VoiceOptions::default() };
    let mut voices = Voices::new(&options);
    let wires = Wires::default();
    let first = Probe { mark: 1, fails: Arc::default(), heard: wires.heard.clone() };
    let second = Probe { mark: 2, fails: wires.fails.clone(), heard: wires.heard.clone() };
    voices.add(vec!["slt".to_owned()], Box::new(first), Vec::new());
    voices.add(vec!["amy".to_owned(), "kal".to_owned()], Box::new(second), Vec::new());
    (voices, wires)
}

fn marks(voices: &mut Voices, text: &str, voice: Option<&str>) -> Result<Vec<i16>, ModelError> {
    let style = VoiceStyle { voice: voice.map(str::to_owned), ..VoiceStyle::default() };
    let mut marks = Vec::new();
    voices.speak(text, &style, &mut |chunk| {
        marks.push(chunk.samples[0]);
        ControlFlow::Continue(())
    })?;
    Ok(marks)
}

#[test]
fn a_voice_is_spoken_by_the_engine_that_has_it_and_no_name_means_the_default() {
    let (mut voices, wires) = voices(None);
    assert_eq!(marks(&mut voices, "a", Some("amy")).unwrap(), [2]);
    assert_eq!(marks(&mut voices, "b", Some("slt")).unwrap(), [1]);
    assert_eq!(marks(&mut voices, "c", None).unwrap(), [1]);
    assert_eq!(marks(&mut voices, "d", Some("kal#3")).unwrap(), [2], "a speaker of the voice");
    let heard = wires.heard.lock().unwrap().clone();
    assert_eq!(
        heard,
        [Some("amy"), Some("slt"), None, Some("kal#3")].map(|n| n.map(str::to_owned))
    );
    let (mut voices, _) = self::voices(Some("amy"));
    assert_eq!(marks(&mut voices, "c", None).unwrap(), [2]);
}

#[test]
fn an_unknown_voice_is_spoken_by_the_default_and_counted_each_time() {
    let (mut voices, _) = voices(Some("amy"));
    assert_eq!(marks(&mut voices, "a", Some("nobody")).unwrap(), [2]);
    assert_eq!(marks(&mut voices, "b", Some("nobody")).unwrap(), [2]);
    assert_eq!(voices.counters.counts().unknown_voices, 2);
    assert_eq!(voices.unknown.len(), 1, "warned of once");
}

#[test]
fn flite_stands_in_for_a_voice_that_fails_before_its_first_sound() {
    let (mut voices, wires) = voices(None);
    *wires.fails.lock().unwrap() = Some(0);
    assert_eq!(marks(&mut voices, "ab", Some("amy")).unwrap(), [1, 1]);
    assert_eq!(marks(&mut voices, "ab", Some("amy")).unwrap(), [1, 1]);
    assert_eq!(voices.counters.counts().stood_in, 2);
    *wires.fails.lock().unwrap() = None;
    let again = marks(&mut voices, "ab", Some("amy")).unwrap();
    assert_eq!(again, [2, 2], "what stood in was not kept as the voice's own");
    *wires.fails.lock().unwrap() = Some(1);
    assert!(marks(&mut voices, "xy", Some("amy")).is_err(), "half a sentence is not begun again");
}

#[test]
fn what_is_said_often_is_made_twice_and_sounds_the_same() {
    let (mut voices, wires) = voices(None);
    let first = marks(&mut voices, "hello", Some("amy")).unwrap();
    for _ in 0..4 {
        assert_eq!(marks(&mut voices, "hello", Some("amy")).unwrap(), first);
    }
    assert_eq!(wires.heard.lock().unwrap().len(), 2);
    let counts = voices.counters.counts();
    assert_eq!((counts.texts, counts.hits, counts.phrases), (5, 3, 1));
    assert!(counts.phrase_bytes > 5 * 320, "{counts:?}");
    // The same voice by default and by name is the same voice.
    let (mut voices, wires) = self::voices(Some("amy"));
    for voice in [Some("amy"), None, Some("amy"), None] {
        marks(&mut voices, "hello", voice).unwrap();
    }
    assert_eq!(wires.heard.lock().unwrap().len(), 2);
}

#[test]
fn what_is_cut_off_is_not_kept() {
    let (mut voices, wires) = voices(None);
    let style = VoiceStyle::of("amy");
    for _ in 0..4 {
        voices.speak("hello", &style, &mut |_| ControlFlow::Break(())).unwrap();
    }
    assert_eq!(wires.heard.lock().unwrap().len(), 4);
    assert_eq!(voices.counters.counts().phrases, 0);
    assert_eq!(marks(&mut voices, "hello", Some("amy")).unwrap().len(), 5);
    // And once it is kept it can be cut off, too.
    let mut given = 0;
    voices
        .speak("hello", &style, &mut |_| {
            given += 1;
            if given == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!((given, wires.heard.lock().unwrap().len()), (2, 5));
}
