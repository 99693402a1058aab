//! One utterance's mood: what the voice and the words say together, or that neither says enough.
//!
//! The voice knows how roused somebody is, the words whether they are pleased; `models/emotion/README.md` has the
//! figures for the voice. No corpus has frustrated or confused callers that this could be trained or measured on:
//! these two are rules over the words and how roused the voice is, and no probability stands behind them.

use super::words::WordMood;
use crate::contract::{VoiceClass, VoiceEmotion};

/// How somebody feels, as far as it can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feeling {
    /// Nothing in particular.
    Neutral,
    /// Pleased.
    Happy,
    /// Sad.
    Sad,
    /// Angry.
    Angry,
    /// Something goes wrong for them, again or for too long. By rule.
    Frustrated,
    /// They did not understand. By rule.
    Confused,
}

/// The mood of one utterance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mood {
    /// How roused the voice is, 0-1; `None` when there was too little voice.
    pub arousal: Option<f32>,
    /// From 0, displeased, to 1, pleased; 0.5 when nothing says either.
    pub valence: f32,
    /// The feeling; `None` is an abstention: unsure, or the voice and the words disagree.
    pub feeling: Option<Feeling>,
    /// How sure the feeling is, 0-1; of an abstention, how likely the likeliest would have been.
    pub confidence: f32,
    /// How much voice that rests on, in milliseconds.
    pub voice_ms: u32,
    /// The voice was held against how this caller sounded at first: a change can be told.
    pub against_own: bool,
    /// How tense, 0-1: roused and not pleased, or said so outright.
    pub tension: f32,
    /// The words alone say that something is wrong.
    pub said_so: bool,
}

impl Mood {
    /// Of an utterance's voice, if it was heard, and its words.
    pub fn of(voice: Option<&VoiceEmotion>, words: &WordMood) -> Self {
        let arousal = voice.map(|voice| voice.arousal);
        let heard = voice.map_or(0.0, |voice| VOICE_WEIGHT * logit(voice.valence));
        let valence = sigmoid(heard + WORD_WEIGHT * words.valence * words.evidence);
        let (feeling, confidence) = feeling(voice, words);
        let said_so = words.frustrated || words.angry;
        let told: f32 = match (words.angry, words.frustrated) {
            (true, _) => 0.8,
            (false, true) => 0.6,
            (false, false) => 0.0,
        };
        // Only clear pleasure excuses a roused voice: a doubtful valence takes little away.
        let tension = (arousal.unwrap_or(0.0) * (1.0 - valence * valence)).max(told);
        let against_own = voice.is_some_and(|voice| voice.against_own);
        let voice_ms = voice.map_or(0, |voice| voice.voice_ms);
        Self { arousal, valence, feeling, confidence, voice_ms, against_own, tension, said_so }
    }

    /// Whether anything at all was heard or said that bears on a mood.
    pub fn is_known(&self) -> bool {
        self.arousal.is_some() || self.feeling.is_some() || self.said_so
    }
}

fn feeling(voice: Option<&VoiceEmotion>, words: &WordMood) -> (Option<Feeling>, f32) {
    let arousal = voice.map_or(0.5, |voice| voice.arousal);
    let heard = voice.and_then(likeliest);
    let sounds_angry = matches!(heard, Some((VoiceClass::Angry, _)));
    if words.angry {
        let feeling = if arousal >= 0.5 { Feeling::Angry } else { Feeling::Frustrated };
        return (Some(feeling), BY_RULE);
    }
    if words.frustrated {
        let angry = sounds_angry && arousal >= 0.8;
        return (Some(if angry { Feeling::Angry } else { Feeling::Frustrated }), BY_RULE);
    }
    if words.confused && !sounds_angry {
        return (Some(Feeling::Confused), BY_RULE);
    }
    let pleased = words.evidence >= CLEAR_WORDS && words.valence > 0.3;
    let displeased = words.evidence >= CLEAR_WORDS && words.valence < -0.3;
    match heard {
        Some((class, sure)) if sure >= ANSWER_FROM => {
            let feeling = match class {
                VoiceClass::Neutral if pleased => Some(Feeling::Happy),
                VoiceClass::Neutral => Some(Feeling::Neutral),
                VoiceClass::Happy => (!displeased).then_some(Feeling::Happy),
                VoiceClass::Sad => (!pleased).then_some(Feeling::Sad),
                VoiceClass::Angry => (!pleased).then_some(Feeling::Angry),
            };
            (feeling, sure)
        }
        _ if pleased => (Some(Feeling::Happy), BY_RULE),
        _ if displeased && arousal >= 0.6 => (Some(Feeling::Frustrated), BY_RULE),
        _ => (None, heard.map_or(0.0, |(_, sure)| sure)),
    }
}

/// The likeliest class, unless "none of these" is likelier.
fn likeliest(voice: &VoiceEmotion) -> Option<(VoiceClass, f32)> {
    let none = 1.0 - voice.classes.iter().sum::<f32>();
    let named = VoiceClass::ALL.into_iter().zip(voice.classes);
    named.max_by(|(_, a), (_, b)| a.total_cmp(b)).filter(|(_, sure)| *sure >= none)
}

fn logit(p: f32) -> f32 {
    let p = p.clamp(0.01, 0.99);
    (p / (1.0 - p)).ln()
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// The confidence from which three of four answers were right on unseen speakers of EmoDB: `abstain` in
/// `models/emotion/results.json`.
const ANSWER_FROM: f32 = 0.56;

/// What is said of a feeling that follows by rule: likely, and not measured.
const BY_RULE: f32 = 0.6;

/// Words that rest on less than this do not contradict a voice.
const CLEAR_WORDS: f32 = 0.4;

/// A voice's valence is weak evidence (it tells pleased from displeased in about seven of ten clips) ...
const VOICE_WEIGHT: f32 = 0.6;
/// ... and plain words are strong: "terrible, awful" alone makes a valence of 0.1.
const WORD_WEIGHT: f32 = 3.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(arousal: f32, valence: f32, classes: [f32; 4]) -> VoiceEmotion {
        VoiceEmotion { arousal, valence, classes, voice_ms: 900, against_own: true }
    }

    fn feeling(voice: &VoiceEmotion, words: &str) -> Option<Feeling> {
        Mood::of(Some(voice), &WordMood::of(words)).feeling
    }

    #[test]
    fn a_sure_voice_is_believed_and_an_unsure_one_abstains() {
        assert_eq!(
            feeling(&voice(0.9, 0.2, [0.0, 0.1, 0.0, 0.8]), "on Tuesday"),
            Some(Feeling::Angry)
        );
        assert_eq!(
            feeling(&voice(0.1, 0.4, [0.2, 0.0, 0.7, 0.0]), "on Tuesday"),
            Some(Feeling::Sad)
        );
        assert_eq!(feeling(&voice(0.5, 0.5, [0.3, 0.3, 0.1, 0.2]), "on Tuesday"), None);
        assert_eq!(
            feeling(&voice(0.9, 0.2, [0.0, 0.1, 0.0, 0.3]), "on Tuesday"),
            None,
            "none of these"
        );
    }

    #[test]
    fn it_abstains_below_what_the_training_found() {
        let results = include_str!("../../emotion/results.json");
        let results: serde_json::Value = serde_json::from_str(results).unwrap();
        let found = results["abstain"].as_f64().unwrap();
        assert!((found - f64::from(ANSWER_FROM)).abs() < 1e-6, "{found}");
    }

    #[test]
    fn a_voice_that_the_words_contradict_is_not_believed() {
        let angry = voice(0.9, 0.2, [0.0, 0.1, 0.0, 0.8]);
        assert_eq!(feeling(&angry, "Wonderful, that's perfect!"), None);
        let happy = voice(0.9, 0.7, [0.1, 0.8, 0.0, 0.0]);
        assert_eq!(feeling(&happy, "This is awful, the worst"), None);
    }

    #[test]
    fn frustration_and_confusion_come_from_what_is_said() {
        let calm = voice(0.2, 0.5, [0.8, 0.0, 0.1, 0.0]);
        let angry = voice(0.95, 0.1, [0.0, 0.1, 0.0, 0.8]);
        assert_eq!(feeling(&calm, "I already told you"), Some(Feeling::Frustrated));
        assert_eq!(feeling(&angry, "I already told you"), Some(Feeling::Angry));
        assert_eq!(feeling(&calm, "I don't understand"), Some(Feeling::Confused));
        assert_eq!(feeling(&angry, "I don't understand"), Some(Feeling::Angry));
    }

    #[test]
    fn tension_wants_a_roused_voice_that_is_not_pleased() {
        let of = |v: &VoiceEmotion, said| Mood::of(Some(v), &WordMood::of(said)).tension;
        let calm = voice(0.1, 0.4, [0.8, 0.0, 0.1, 0.0]);
        let angry = voice(0.95, 0.1, [0.0, 0.1, 0.0, 0.8]);
        let happy = voice(0.95, 0.8, [0.0, 0.8, 0.0, 0.1]);
        assert!(of(&calm, "yes") < 0.1);
        assert!(of(&angry, "yes") > 0.6);
        assert!(of(&happy, "great, thanks") < 0.3);
        assert!(of(&calm, "I want to make a complaint") >= 0.8, "said outright");
    }

    #[test]
    fn without_a_voice_the_words_count_alone() {
        let mood = Mood::of(None, &WordMood::of("that is wonderful, thank you so much"));
        assert_eq!((mood.feeling, mood.arousal), (Some(Feeling::Happy), None));
        assert!(mood.valence > 0.8);
        let nothing = Mood::of(None, &WordMood::of("on Tuesday"));
        assert!(!nothing.is_known() && nothing.valence == 0.5);
    }
}
