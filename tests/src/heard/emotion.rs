//! How callers come across, from their sound to what the agent says to it.

use std::sync::{Arc, Mutex, PoisonError};

use callwright_contract::{AfterCall, CallFact, Pii, Shift, TurnId};
use callwright_host::{InlineDelays, InlineLanes, InlineModels};
use callwright_models::catalog;
use callwright_models::contract::{ModelError, Recognition, Recognizer};
use callwright_models::emotion::EmotionNet;
use callwright_models::scripted::{
    LevelDetector, ScriptedEmotion, ScriptedJudge, ToneSynthesizer, tone,
};
use callwright_models::silero::SileroDetector;

use super::front_desk::FrontDesk;
use super::recordings;
use super::room::{Room, SILENCE, by_telephone};

/// Writes down what the test says is said: acted sentences are about dogs by a door, and no front desk can answer them.
#[derive(Clone, Default)]
struct Prompter(Arc<Mutex<String>>);

impl Prompter {
    fn says(&self, words: &str) {
        words.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Recognizer for Prompter {
    fn recognize(&mut self, utterances: &[&[i16]]) -> Result<Vec<Recognition>, ModelError> {
        let text = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let heard =
            Recognition { agreed: text.len(), text, confidence: 0.95, ..Recognition::default() };
        Ok(vec![heard; utterances.len()])
    }
}

/// What a caller asks who is calm, and what he says when he is not.
const QUESTIONS: [&str; 5] = [
    "What are your opening hours?",
    "Where are you located?",
    "Is there parking?",
    "I'd like to book a cleaning.",
    "On Tuesday.",
];

fn lanes(models: InlineModels) -> InlineLanes {
    InlineLanes::new(models, InlineDelays::default())
}

/// Lanes that hear speech and moods with the real models.
fn real_ears(prompter: &Prompter) -> InlineLanes {
    let folder = catalog::folder().expect("$HOME or $CALLWRIGHT_MODELS is set");
    lanes(InlineModels {
        others: None,
        detector: Box::new(SileroDetector::load(&folder, 1).unwrap()),
        judge: Box::new(ScriptedJudge::new([0.3])),
        recognizer: Box::new(prompter.clone()),
        synthesizer: Box::new(ToneSynthesizer::new()),
        emotion: Some(Box::new(EmotionNet::load(&folder, 1).unwrap())),
    })
}

fn shifts(desk: &FrontDesk) -> Vec<(TurnId, Shift)> {
    let shifts = desk.events.iter().filter_map(|event| match event.fact {
        CallFact::MoodShifted { turn, shift } => Some((turn, shift)),
        _ => None,
    });
    shifts.collect()
}

#[test]
fn a_caller_who_grows_angry_is_offered_a_person_within_two_utterances_and_gets_one() {
    let calm = Some(ScriptedEmotion::CALM);
    let script = [calm, calm, calm, Some(ScriptedEmotion::ANGRY)];
    let prompter = Prompter::default();
    let mut desk = FrontDesk::called(lanes(InlineModels {
        others: None,
        detector: Box::new(LevelDetector::new(1)),
        judge: Box::new(ScriptedJudge::new([0.9])),
        recognizer: Box::new(prompter.clone()),
        synthesizer: Box::new(ToneSynthesizer::new()),
        emotion: Some(Box::new(ScriptedEmotion::new(1, script))),
    }));
    let speech = by_telephone(&tone(6_000, 2 * 16_000));
    let mut answers = Vec::new();
    for words in QUESTIONS {
        prompter.says(words);
        answers.push(desk.says(&speech));
    }
    let [(turn, Shift::Escalation(_))] = shifts(&desk)[..] else { panic!("{:?}", shifts(&desk)) };
    assert_eq!(turn, TurnId(4), "the second of them");
    assert!(answers[..4].iter().all(|answer| !answer.contains("person")), "{answers:#?}");
    assert!(answers[4].ends_with("Would you like me to connect you to a person?"), "{answers:#?}");
    prompter.says("Yes, please.");
    desk.says(&by_telephone(&tone(6_000, 16_000)));
    assert_eq!(desk.closed(), Some(&AfterCall::Transfer(Pii::from("+15005550123"))));
}

/// Of the actors of a corpus that the model never heard, two of three are offered a person by their second angry
/// utterance, and none before the first.
#[test]
fn actors_who_grow_angry_are_offered_a_person_within_two_utterances() {
    let Some(actors) = recordings::growing_anger() else { return };
    let mut offered = 0;
    for (actor, clips) in &actors {
        let prompter = Prompter::default();
        let mut desk = FrontDesk::called(real_ears(&prompter));
        let mut answers = Vec::new();
        for (words, clip) in QUESTIONS.iter().zip(clips) {
            prompter.says(words);
            answers.push(desk.says(&by_telephone(clip)));
        }
        let shifts = shifts(&desk);
        eprintln!("{actor}: {shifts:?}");
        assert!(shifts.iter().all(|(turn, _)| turn.0 >= 3), "{actor} was calm: {shifts:?}");
        let escalated = shifts.iter().any(|(_, shift)| matches!(shift, Shift::Escalation(_)));
        let offer = answers.iter().any(|answer| answer.contains("connect you to a person?"));
        assert_eq!(escalated, offer, "{actor}: {answers:#?}");
        offered += usize::from(offer);
    }
    eprintln!("offered a person: {offered} of {}", actors.len());
    assert!(offered * 3 >= actors.len() * 2, "{offered} of {}", actors.len());
}

/// Each reader is a call of utterances of 4 s, and of 6 s.
#[test]
fn readers_do_not_escalate() {
    let Some(readers) = recordings::readers() else { return };
    assert!(readers.len() > 80, "{}", readers.len());
    let prompter = Prompter::default();
    prompter.says("On Tuesday.");
    let (mut lanes, mut now_ms) = (real_ears(&prompter), 0);
    let (mut told, mut escalated) = (0, Vec::new());
    for (reader, sound) in &readers {
        for seconds in [4, 6] {
            let (mut room, _commands) = Room::call(lanes, now_ms);
            for utterance in sound.chunks(seconds * 16_000) {
                by_telephone(utterance).iter().for_each(|frame| room.frame(frame));
                // Longer than any silence is waited for.
                (0..80).for_each(|_| room.frame(&SILENCE));
            }
            for event in &room.events {
                match event.fact {
                    CallFact::Emotion(_) => told += 1,
                    CallFact::MoodShifted { shift, .. } => {
                        escalated.push((reader, seconds, shift));
                    }
                    _ => {}
                }
            }
            (lanes, now_ms) = room.leave();
        }
    }
    assert!(told > 4 * readers.len(), "{told} utterances");
    assert!(escalated.is_empty(), "{} of {}: {escalated:?}", escalated.len(), 2 * readers.len());
}
