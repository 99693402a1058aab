//! Whether there is anything to hear: a recogniser that is given silence makes words up.

/// Whether anything in `samples` (mono at 16 kHz) is loud enough to be a caller.
pub(crate) fn audible(samples: &[i16]) -> bool {
    samples.chunks(LEVEL_SPAN).any(|span| {
        let energy: i64 = span.iter().map(|&sample| i64::from(sample) * i64::from(sample)).sum();
        energy > FAINT * FAINT * LEVEL_SPAN as i64
    })
}

/// Spans of 100 ms are compared with a level of -45 dB of full scale, which no telephone makes of a voice.
const LEVEL_SPAN: usize = 1_600;
const FAINT: i64 = 184;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_could_hear_is_silence() {
        assert!(!audible(&[]));
        assert!(!audible(&[100; 16_000]));
        assert!(audible(&[&[0; 16_000][..], &[1_000; 1_600]].concat()));
        assert!(!audible(&[&[0; 16_000][..], &[1_000; 16]].concat()), "a click is no voice");
    }
}
