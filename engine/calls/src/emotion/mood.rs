//! One utterance's mood: what the voice and the words say together, or that neither says enough.
//!
//! The voice knows how roused somebody is, the words whether they are pleased; `models/emotion/README.md` has the
//! figures for the voice. No corpus has frustrated or confused callers that this could be trained or measured on:
//! these two are rules over the words and how roused the voice is, and no probability stands behind them.

use callwright_contract::{Evidence, Feeling};
use callwright_models::contract::{VOICE_CLASS_FROM, VoiceClass, VoiceEmotion};

use super::words::WordMood;

/// The mood of one utterance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mood {
    /// What it rests on.
    pub(crate) evidence: Evidence,
    /// The confidence is the net's, which was calibrated, and not a rule's.
    pub(crate) calibrated: bool,
    /// How roused the voice is, 0-1; `None` when there was too little voice.
    pub(crate) arousal: Option<f32>,
    /// From 0, displeased, to 1, pleased; 0.5 when nothing says either.
    pub(crate) valence: f32,
    /// The feeling; `None` is an abstention: unsure, or the voice and the words disagree.
    pub(crate) feeling: Option<Feeling>,
    /// How sure the feeling is, 0-1; of an abstention, how likely the likeliest would have been.
    pub(crate) confidence: f32,
    /// How much voice that rests on, in milliseconds.
    pub(crate) voice_ms: u32,
    /// The voice was held against how this caller sounded at first: a change can be told.
    pub(crate) against_own: bool,
    /// How tense, 0-1: roused and not pleased, or said so outright.
    pub(crate) tension: f32,
    /// The words alone say that something is wrong.
    pub(crate) said_so: bool,
}

impl Mood {
    /// Of an utterance's voice, if it was heard, and its words.
    pub(crate) fn of(voice: Option<&VoiceEmotion>, words: &WordMood) -> Self {
        let arousal = voice.map(|voice| voice.arousal);
        let heard = voice.map_or(0.0, |voice| VOICE_WEIGHT * logit(voice.valence));
        let valence = sigmoid(heard + WORD_WEIGHT * words.valence * words.evidence);
        let Judged { feeling, confidence, calibrated } = feeling(voice, words);
        let evidence = match (voice.is_some(), words.say_something()) {
            (false, false) => Evidence::Nothing,
            (true, false) => Evidence::Voice,
            (false, true) => Evidence::Words,
            (true, true) => Evidence::Both,
        };
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
        Self {
            evidence,
            calibrated,
            arousal,
            valence,
            feeling,
            confidence,
            voice_ms,
            against_own,
            tension,
            said_so,
        }
    }

    /// Whether anything at all was heard or said that bears on a mood.
    pub(crate) fn is_known(&self) -> bool {
        self.arousal.is_some() || self.feeling.is_some() || self.said_so
    }
}

/// A feeling, or an abstention, and how sure it is.
struct Judged {
    feeling: Option<Feeling>,
    confidence: f32,
    calibrated: bool,
}

impl Judged {
    const fn by_rule(feeling: Feeling) -> Self {
        Self { feeling: Some(feeling), confidence: BY_RULE, calibrated: false }
    }
}

fn feeling(voice: Option<&VoiceEmotion>, words: &WordMood) -> Judged {
    let arousal = voice.map_or(0.5, |voice| voice.arousal);
    let heard = voice.and_then(likeliest);
    let sounds_angry = matches!(heard, Some((VoiceClass::Angry, _)));
    if words.angry {
        return Judged::by_rule(if arousal >= 0.5 { Feeling::Angry } else { Feeling::Frustrated });
    }
    if words.frustrated {
        let angry = sounds_angry && arousal >= 0.8;
        return Judged::by_rule(if angry { Feeling::Angry } else { Feeling::Frustrated });
    }
    if words.confused && !sounds_angry {
        return Judged::by_rule(Feeling::Confused);
    }
    let pleased = words.evidence >= CLEAR_WORDS && words.valence > 0.3;
    let displeased = words.evidence >= CLEAR_WORDS && words.valence < -0.3;
    match heard {
        Some((class, confidence)) if confidence >= VOICE_CLASS_FROM => {
            let feeling = match class {
                VoiceClass::Neutral if pleased => Some(Feeling::Happy),
                VoiceClass::Neutral => Some(Feeling::Neutral),
                VoiceClass::Happy => (!displeased).then_some(Feeling::Happy),
                VoiceClass::Sad => (!pleased).then_some(Feeling::Sad),
                VoiceClass::Angry => (!pleased).then_some(Feeling::Angry),
            };
            Judged { feeling, confidence, calibrated: true }
        }
        _ if pleased => Judged::by_rule(Feeling::Happy),
        _ if displeased && arousal >= 0.6 => Judged::by_rule(Feeling::Frustrated),
        _ => {
            let confidence = heard.map_or(0.0, |(_, sure)| sure);
            Judged { feeling: None, confidence, calibrated: heard.is_some() }
        }
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
    fn it_says_what_it_rests_on_and_whose_the_confidence_is() {
        let sure = voice(0.9, 0.2, [0.0, 0.1, 0.0, 0.8]);
        let of = |voice: Option<&VoiceEmotion>, said| {
            let mood = Mood::of(voice, &WordMood::of(said));
            (mood.evidence, mood.calibrated, mood.confidence)
        };
        assert_eq!(of(Some(&sure), "on Tuesday"), (Evidence::Voice, true, 0.8));
        assert_eq!(of(Some(&sure), "I already told you"), (Evidence::Both, false, BY_RULE));
        assert_eq!(of(None, "I already told you"), (Evidence::Words, false, BY_RULE));
        assert_eq!(of(None, "on Tuesday"), (Evidence::Nothing, false, 0.0));
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
