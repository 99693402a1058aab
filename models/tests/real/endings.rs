//! Smart Turn hears whether a speaker is done.

use callwright_models::contract::TurnJudge;
use callwright_models::smart_turn::SmartTurn;

use crate::recording::{models, sample, through_telephone};

/// The probability that the speaker of `recording` is done after so many tenths of a second.
fn over(judge: &mut SmartTurn, recording: &[i16], tenths: usize) -> f32 {
    let end = tenths * 1_600;
    let mut over = [-1.0];
    judge.judge(&[&recording[end.saturating_sub(8 * 16_000)..end]], &mut over).unwrap();
    over[0]
}

#[test]
fn a_finished_sentence_is_over_and_one_cut_in_mid_phrase_is_not() {
    let mut judge = SmartTurn::load(&models()).unwrap();
    let beckett = through_telephone(&sample("beckett.wav"));
    let two_cities = through_telephone(&sample("two_cities.wav"));
    for (recording, tenths, done) in [
        // "Ever tried. Ever failed." and a pause; all of it.
        (&beckett, 34, true),
        (&beckett, 96, true),
        // "... Fail again. Fail be-".
        (&beckett, 52, false),
        (&beckett, 86, false),
        // "... it was the worst of ...", and so on.
        (&two_cities, 34, false),
        (&two_cities, 58, false),
        (&two_cities, 96, false),
    ] {
        let probability = over(&mut judge, recording, tenths);
        assert_eq!(probability > 0.5, done, "{tenths} tenths: {probability}");
    }
}

#[test]
fn turns_of_any_length_can_be_judged_together() {
    let mut judge = SmartTurn::load(&models()).unwrap();
    let wave = sample("beckett.wav");
    let turns: [&[i16]; 4] = [&wave[..96 * 1_600], &[], &wave[..1], &wave[..52 * 1_600]];
    let mut together = [-1.0; 4];
    judge.judge(&turns, &mut together).unwrap();
    for (turn, together) in turns.iter().zip(together) {
        let mut alone = [-1.0];
        judge.judge(&[turn], &mut alone).unwrap();
        assert!((0.0..=1.0).contains(&together));
        // The model's numbers are 8 bits wide and are scaled by the batch.
        assert!((alone[0] - together).abs() < 0.1, "{} {together}", alone[0]);
    }
}
