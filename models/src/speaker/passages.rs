//! Which parts of a recording the encoder hears: speech, in overlapping passages.

use std::ops::Range;

use super::encoder::PASSAGE_MAX;

/// Where somebody speaks, in order and without overlap: each region of a detector with a margin, those that are close
/// together as one. `length`: samples of the recording.
pub fn joined(regions: &[Range<usize>], length: usize) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for region in regions {
        let from = region.start.saturating_sub(MARGIN);
        let upto = region.end.saturating_add(MARGIN).min(length);
        match joined.last_mut().filter(|last| from.saturating_sub(last.end) <= GAP) {
            Some(last) => last.end = last.end.max(upto),
            None if from < upto => joined.push(from..upto),
            None => {}
        }
    }
    joined
}

/// Passages of [`PASSAGE_MAX`], at most `hop` apart, that cover each region; a shorter region is one.
pub(super) fn passages(regions: &[Range<usize>], hop: usize) -> Vec<Range<usize>> {
    let mut passages = Vec::new();
    for region in regions {
        let spare = region.len().saturating_sub(PASSAGE_MAX);
        let steps = spare.div_ceil(hop.max(1));
        for step in 0..=steps {
            let from = region.start + (spare * step).checked_div(steps).unwrap_or(0);
            passages.push(from..(from + PASSAGE_MAX).min(region.end));
        }
    }
    passages
}

/// Kept before and after: 160 ms, since soft sounds begin and end words.
const MARGIN: usize = 2_560;
/// People do not change within a pause of 300 ms more often than they pause themselves.
const GAP: usize = 4_800;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_close_is_one_region_and_none_leaves_the_recording() {
        let regions = [1_000..20_000, 26_000..40_000, 60_000..79_000];
        assert_eq!(joined(&regions, 80_000), [0..42_560, 57_440..80_000]);
        let beyond = 90_000..95_000;
        assert!(joined(&[beyond], 80_000).is_empty());
        assert!(joined(&[], 80_000).is_empty());
    }

    #[test]
    fn passages_cover_a_region_evenly() {
        let region = 1_000..1_000 + 60_000;
        let found = passages(std::slice::from_ref(&region), 6_400);
        assert_eq!(found.first().unwrap().start, region.start);
        assert_eq!(found.last().unwrap().end, region.end);
        assert!(found.iter().all(|passage| passage.len() == PASSAGE_MAX));
        assert!(
            found.windows(2).all(|pair| (1..=6_400).contains(&(pair[1].start - pair[0].start)))
        );
        let short = 5..9_005;
        assert_eq!(passages(std::slice::from_ref(&short), 6_400), [short]);
        let longer = 0..PASSAGE_MAX + 1;
        assert_eq!(passages(&[longer], 6_400).len(), 2);
    }
}
