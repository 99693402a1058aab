//! Calls as rows of tensions, ten seconds apart.

use super::*;

fn mood(tension: f32) -> Mood {
    Mood {
        evidence: callwright_contract::Evidence::Voice,
        calibrated: true,
        arousal: Some((tension + 0.4).min(1.0)),
        valence: 0.5,
        feeling: None,
        confidence: 0.0,
        against_own: true,
        voice_ms: 1_500,
        tension,
        said_so: false,
    }
}

fn outright(tension: f32) -> Mood {
    Mood { said_so: true, ..mood(tension) }
}

/// Which shift came after which utterance.
fn shifts(moods: impl IntoIterator<Item = Mood>) -> Vec<(usize, Shift)> {
    let mut track = EmotionTrack::default();
    let heard = moods.into_iter().enumerate();
    heard
        .filter_map(|(i, mood)| {
            let at = Duration::from_secs(10 * i as u64);
            track.hear(&mood, at).map(|shift| (i, shift))
        })
        .collect()
}

#[test]
fn two_tense_utterances_are_an_escalation_and_one_is_not() {
    let calm = [0.1, 0.15, 0.1].map(mood);
    assert_eq!(shifts(calm.into_iter().chain([0.7, 0.1, 0.1, 0.1, 0.7].map(mood))), []);
    assert_eq!(
        shifts(calm.into_iter().chain([0.7, 0.72].map(mood))),
        [(4, Shift::Escalation(Severity::Strong))]
    );
    assert_eq!(
        shifts(calm.into_iter().chain([0.5, 0.2, 0.5].map(mood))),
        [(5, Shift::Escalation(Severity::Mild))],
        "with one between"
    );
}

#[test]
fn a_voice_of_which_nothing_is_known_is_no_change_unless_it_leaves_no_doubt() {
    let stranger = |tension| Mood { against_own: false, ..mood(tension) };
    let loud = Mood { arousal: Some(0.9), ..stranger(0.7) };
    assert_eq!(shifts([stranger(0.1), stranger(0.1), loud, loud, loud]), []);
    let unsure = Mood { arousal: Some(0.79), ..mood(0.45) };
    assert_eq!(shifts([mood(0.1), unsure, unsure]), [], "not clearly roused");
    let furious = [0.97, 0.98].map(stranger);
    assert_eq!(shifts(furious), [(1, Shift::Escalation(Severity::Severe))]);
}

#[test]
fn a_few_short_words_are_no_change_and_more_of_them_are() {
    let short = Mood { voice_ms: 700, ..mood(0.7) };
    assert_eq!(shifts([mood(0.1), mood(0.1), short, short]), []);
    assert_eq!(
        shifts([mood(0.1), mood(0.1), short, short, short]),
        [(4, Shift::Escalation(Severity::Strong))]
    );
}

#[test]
fn a_caller_who_speaks_with_expression_is_measured_by_it() {
    let lively = [0.1, 0.45, 0.1, 0.1, 0.45, 0.1, 0.1, 0.45, 0.1, 0.1];
    assert_eq!(shifts(lively.into_iter().chain([0.45, 0.45]).map(mood)), []);
    let calm = [0.1; 10];
    assert_eq!(
        shifts(calm.into_iter().chain([0.45, 0.45]).map(mood)),
        [(11, Shift::Escalation(Severity::Mild))]
    );
}

#[test]
fn what_is_said_outright_is_an_escalation_at_once() {
    assert_eq!(shifts([mood(0.1), outright(0.8)]), [(1, Shift::Escalation(Severity::Severe))]);
    assert_eq!(shifts([outright(0.6)]), [(0, Shift::Escalation(Severity::Strong))]);
}

#[test]
fn an_escalation_is_said_once_and_again_when_it_grows() {
    let tensions = [0.1, 0.5, 0.5, 0.5, 0.7, 0.7, 0.9, 0.9, 0.9];
    assert_eq!(
        shifts(tensions.map(mood)),
        [
            (2, Shift::Escalation(Severity::Mild)),
            (5, Shift::Escalation(Severity::Strong)),
            (7, Shift::Escalation(Severity::Severe)),
        ]
    );
}

#[test]
fn a_caller_who_comes_to_rest_is_told_once() {
    let tensions = [0.1, 0.7, 0.7, 0.2, 0.7, 0.2, 0.15, 0.1, 0.1];
    assert_eq!(
        shifts(tensions.map(mood)),
        [(2, Shift::Escalation(Severity::Strong)), (6, Shift::DeEscalation(Severity::Strong)),]
    );
}

#[test]
fn who_is_always_a_little_tense_does_not_escalate_by_staying_so() {
    let usual = std::iter::repeat_n(0.35, 12);
    assert_eq!(shifts(usual.clone().chain([0.5, 0.5]).map(mood)), []);
    assert_eq!(
        shifts(usual.chain([0.75, 0.75]).map(mood)),
        [(13, Shift::Escalation(Severity::Strong))]
    );
}

#[test]
fn tense_utterances_long_apart_do_not_belong_together() {
    let mut track = EmotionTrack::default();
    assert_eq!(track.hear(&mood(0.7), Duration::from_secs(10)), None);
    assert_eq!(track.hear(&mood(0.7), Duration::from_secs(100)), None);
    assert!(track.hear(&mood(0.7), Duration::from_secs(110)).is_some());
}

#[test]
fn values_are_smoothed_and_old_ones_fade() {
    let mut track = EmotionTrack::default();
    track.hear(&mood(0.0), Duration::ZERO);
    track.hear(&mood(0.9), Duration::from_secs(1));
    let soon = track.arousal().unwrap();
    assert!((0.59..0.61).contains(&soon), "{soon}: a third of the way from 0.4 to 1");
    track.hear(&mood(0.9), Duration::from_secs(61));
    assert!(track.arousal().unwrap() > 0.95);
}

#[test]
fn the_trajectory_is_the_line_through_the_last_utterances() {
    let of = |tensions: &[f32]| {
        let mut track = EmotionTrack::default();
        for (i, tension) in tensions.iter().enumerate() {
            track.hear(&mood(*tension), Duration::from_secs(i as u64));
        }
        track.trajectory()
    };
    assert_eq!(of(&[]), Trajectory::Steady);
    assert_eq!(of(&[0.9]), Trajectory::Steady);
    assert_eq!(of(&[0.1, 0.2, 0.3, 0.5]), Trajectory::Rising);
    assert_eq!(of(&[0.6, 0.5, 0.2]), Trajectory::Falling);
    assert_eq!(of(&[0.3, 0.2, 0.3, 0.2]), Trajectory::Steady);
    assert_eq!(of(&[0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]), Trajectory::Steady, "long ago");
}

#[test]
fn an_utterance_that_says_nothing_changes_nothing() {
    let mut track = EmotionTrack::default();
    let nothing = Mood { arousal: None, ..mood(0.0) };
    assert_eq!(track.hear(&nothing, Duration::ZERO), None);
    assert_eq!((track.arousal(), track.valence()), (None, None));
}
