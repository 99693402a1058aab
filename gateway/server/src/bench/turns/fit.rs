//! Fits the weights of the call core's model of a turn's end: logistic regression with a penalty on large weights.

use std::time::Duration;

use callwright_calls::{EndWeights, FEATURES, PauseEvidence};

/// One moment of one pause.
#[derive(Clone, Copy, Debug)]
pub(super) struct Example {
    pub(super) evidence: PauseEvidence,
    pub(super) silence: Duration,
    /// The turn was over.
    pub(super) over: bool,
}

/// Strength of the penalty on the squares of the weights; the constant is free.
const PENALTY: f64 = 1.0;
/// Steps; it is done long before.
const STEPS: usize = 50;

const SIZE: usize = 1 + FEATURES;

/// The weights that explain the examples best (Newton's method on the penalised likelihood).
pub(super) fn fit(examples: &[Example]) -> EndWeights {
    let rows: Vec<([f64; SIZE], f64)> = examples
        .iter()
        .map(|example| {
            let mut row = [1.0; SIZE];
            for (place, feature) in
                row.iter_mut().skip(1).zip(example.evidence.features(example.silence))
            {
                *place = f64::from(feature);
            }
            (row, f64::from(u8::from(example.over)))
        })
        .collect();
    let mut weights = [0.0; SIZE];
    for _ in 0..STEPS {
        let mut slope = [0.0; SIZE];
        let mut bend = [[0.0; SIZE]; SIZE];
        for (row, over) in &rows {
            let odds: f64 = row.iter().zip(&weights).map(|(x, weight)| x * weight).sum();
            let p = 1.0 / (1.0 + (-odds).exp());
            for ((slope, bends), x) in slope.iter_mut().zip(&mut bend).zip(row) {
                *slope += (over - p) * x;
                for (bend, other) in bends.iter_mut().zip(row) {
                    *bend += p * (1.0 - p) * x * other;
                }
            }
        }
        for (index, (slope, bends)) in slope.iter_mut().zip(&mut bend).enumerate().skip(1) {
            *slope -= PENALTY * weights.get(index).copied().unwrap_or(0.0);
            if let Some(bend) = bends.get_mut(index) {
                *bend += PENALTY;
            }
        }
        let step = solve(bend, slope);
        weights.iter_mut().zip(step).for_each(|(weight, step)| *weight += step);
    }
    EndWeights(weights.map(|weight| weight as f32))
}

/// Solves `matrix * x = right` by elimination with pivots; a direction that nothing is known of gets 0.
fn solve(mut matrix: [[f64; SIZE]; SIZE], mut right: [f64; SIZE]) -> [f64; SIZE] {
    for column in 0..SIZE {
        let size = |row: &usize| matrix[*row][column].abs();
        let pivot = (column..SIZE).max_by(|a, b| size(a).total_cmp(&size(b))).unwrap_or(column);
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        if matrix[column][column].abs() < 1e-12 {
            continue;
        }
        for row in column + 1..SIZE {
            let factor = matrix[row][column] / matrix[column][column];
            let pivot = matrix[column];
            for (value, above) in matrix[row].iter_mut().zip(pivot).skip(column) {
                *value -= factor * above;
            }
            right[row] -= factor * right[column];
        }
    }
    let mut found = [0.0; SIZE];
    for row in (0..SIZE).rev() {
        let known: f64 = (row + 1..SIZE).map(|at| matrix[row][at] * found[at]).sum();
        if matrix[row][row].abs() >= 1e-12 {
            found[row] = (right[row] - known) / matrix[row][row];
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::set::Chance;
    use super::*;
    use callwright_calls::Readings;

    #[test]
    fn weights_that_made_the_examples_are_found_again() {
        let truth = EndWeights([-1.0, 0.5, 0.25, 0.4, 1.0]);
        let mut chance = Chance(1);
        let mut share = || (chance.next() >> 11) as f32 / (1_u64 << 53) as f32;
        let examples: Vec<Example> = (0..40_000)
            .map(|_| {
                let mut judged = Readings::default();
                judged.add(share());
                let evidence =
                    PauseEvidence { judged, finished: Some(share()), complete: Some(share()) };
                let silence = Duration::from_secs_f32(0.1 + share());
                let odds = evidence.log_odds_of_end(&truth, silence);
                let over = share() < 1.0 / (1.0 + (-odds).exp());
                Example { evidence, silence, over }
            })
            .collect();
        let EndWeights(found) = fit(&examples);
        for (found, truth) in found.iter().zip(truth.0) {
            assert!((found - truth).abs() < 0.1, "{found} for {truth}");
        }
        assert_eq!(fit(&[]), EndWeights([0.0; 5]), "nothing says nothing");
    }
}
