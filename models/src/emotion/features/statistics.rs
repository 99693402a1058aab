//! Sums over frames, written so that they come out as NumPy's do.

/// The mean; 0 of nothing.
pub(super) fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, count) = values.into_iter().fold((0.0, 0_usize), |(sum, n), v| (sum + v, n + 1));
    if count == 0 { 0.0 } else { sum / count as f64 }
}

/// The standard deviation, of the whole and not of a sample of it.
pub(super) fn spread(values: impl IntoIterator<Item = f64> + Clone) -> f64 {
    let middle = mean(values.clone());
    mean(values.into_iter().map(|value| (value - middle).powi(2))).sqrt()
}

/// Of the sorted values, the one at `share` (0-1) of the way, rounded down; 0 of nothing.
pub(super) fn percentile(values: impl IntoIterator<Item = f64>, share: f64) -> f64 {
    let mut ordered: Vec<f64> = values.into_iter().collect();
    ordered.sort_by(f64::total_cmp);
    let last = ordered.len().saturating_sub(1);
    ordered.get((share * last as f64) as usize).copied().unwrap_or(0.0)
}

/// The values at the frames that `flags` marks.
pub(super) fn marked<'a>(
    values: &'a [f64],
    flags: &'a [bool],
) -> impl Iterator<Item = f64> + Clone + 'a {
    values.iter().zip(flags).filter(|(_, marked)| **marked).map(|(value, _)| *value)
}

/// Steps from one frame to the next, where `flags` marks both.
pub(super) fn steps<'a>(
    values: &'a [f64],
    flags: &'a [bool],
) -> impl Iterator<Item = f64> + Clone + 'a {
    let pairs = values.windows(2).zip(flags.windows(2));
    pairs.filter_map(|(value, flag)| match (value, flag) {
        (&[before, after], &[true, true]) => Some(after - before),
        _ => None,
    })
}

/// Lengths of the stretches that `flags` marks.
pub(super) fn runs(flags: &[bool]) -> Vec<usize> {
    flags.split(|marked| !marked).map(<[bool]>::len).filter(|&length| length > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_those_of_numpy() {
        let values = [3.0, 1.0, 2.0, 10.0];
        assert!((mean(values) - 4.0).abs() < 1e-12);
        assert!((spread(values) - 12.5_f64.sqrt()).abs() < 1e-12);
        assert_eq!(percentile(values, 0.5), 2.0);
        assert_eq!(percentile(values, 0.95), 3.0);
        assert_eq!(percentile(values, 1.0), 10.0);
        assert_eq!((mean([]), percentile([], 0.5)), (0.0, 0.0));
    }

    #[test]
    fn frames_are_chosen_by_their_marks() {
        let flags = [true, true, false, true, true, true];
        let values = [1.0, 3.0, 9.0, 2.0, 2.0, 7.0];
        assert_eq!(marked(&values, &flags).collect::<Vec<_>>(), [1.0, 3.0, 2.0, 2.0, 7.0]);
        assert_eq!(steps(&values, &flags).collect::<Vec<_>>(), [2.0, 0.0, 5.0]);
        assert_eq!(runs(&flags), [2, 3]);
    }
}
