//! What the recording of a call tells: how long each answer was, and what a small sound of the caller did to it.

use callwright_media::g711::ulaw_decode;

use super::sounds::{PER_MS, is_loud};

/// From a first loud sample to a last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What became of an answer that was disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was said to its end: as long as undisturbed, give or take [`TOLERANCE_MS`].
    WentOn,
    /// It was broken off.
    BrokenOff,
    /// It was broken off and something was said anew.
    BegunAnew,
    /// There was none.
    Missing,
}

/// A disturbed answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Disturbed {
    pub(crate) fate: Fate,
    /// The longest silence in it, in milliseconds.
    pub(crate) silent_ms: usize,
}

/// How much the length of an answer may differ before it is another: a moment of silence, no sentence.
const TOLERANCE_MS: usize = 1_000;
/// Silences of the caller that lie inside of what it says.
const CALLER_JOIN_MS: usize = 700;

/// Stretches of sound with less than `join_ms` of silence inside.
pub(crate) fn spans(octets: &[u8], join_ms: usize) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (at, &octet) in octets.iter().enumerate() {
        if !is_loud(ulaw_decode(octet)) {
            continue;
        }
        match spans.last_mut() {
            Some(span) if at - span.end < join_ms * PER_MS => span.end = at,
            _ => spans.push(Span { start: at, end: at }),
        }
    }
    spans
}

/// What became of the answers in a call in which the caller asks once undisturbed, and then once with each of `count`
/// sounds. Nothing when the call did not go that far.
pub(crate) fn disturbed(caller: &[u8], agent: &[u8], count: usize) -> Option<Vec<Disturbed>> {
    let said = spans(caller, CALLER_JOIN_MS);
    let spoken = spans(agent, 1);
    // One question undisturbed, then a question and a sound each.
    let questions: Vec<Span> =
        said.first().copied().into_iter().chain(said.iter().skip(1).step_by(2).copied()).collect();
    if said.len() != 1 + 2 * count {
        return None;
    }
    let ends = questions.iter().skip(1).map(|next| next.start).chain([usize::MAX]);
    let mut answers = questions.iter().zip(ends).map(|(question, until)| {
        let from = question.end;
        let within = |span: &&Span| span.start > from && span.start < until;
        spoken.iter().filter(within).copied().collect::<Vec<_>>()
    });
    let undisturbed = length_ms(&answers.next()?)?;
    Some(answers.map(|answer| judge(&answer, undisturbed)).collect())
}

fn judge(answer: &[Span], undisturbed_ms: usize) -> Disturbed {
    let gaps = answer.iter().zip(answer.iter().skip(1));
    let silent = gaps.map(|(one, next)| next.start - one.end).max().unwrap_or(0);
    let fate = match length_ms(answer) {
        None => Fate::Missing,
        Some(length) if length + TOLERANCE_MS < undisturbed_ms => Fate::BrokenOff,
        Some(length) if length > undisturbed_ms + TOLERANCE_MS => Fate::BegunAnew,
        Some(_) => Fate::WentOn,
    };
    Disturbed { fate, silent_ms: silent / PER_MS }
}

fn length_ms(answer: &[Span]) -> Option<usize> {
    Some((answer.last()?.end - answer.first()?.start) / PER_MS)
}

#[cfg(test)]
mod tests {
    use callwright_media::g711::{ULAW_SILENCE, ulaw_encode};

    use super::*;

    /// Sound in pieces of (silence, loud) milliseconds.
    fn line(pieces: &[(usize, usize)]) -> Vec<u8> {
        let mut octets = Vec::new();
        for &(silence_ms, loud_ms) in pieces {
            octets.resize(octets.len() + silence_ms * PER_MS, ULAW_SILENCE);
            octets.resize(octets.len() + loud_ms * PER_MS, ulaw_encode(9_000));
        }
        octets
    }

    fn fates(agent: &[(usize, usize)]) -> Vec<Disturbed> {
        // Questions at 0 and 10 s, a sound at 12.5 s.
        let caller = line(&[(0, 1_000), (9_000, 1_000), (1_500, 300)]);
        disturbed(&caller, &line(agent), 1).unwrap()
    }

    #[test]
    fn an_answer_goes_on_when_it_is_as_long_as_undisturbed() {
        let answer = (1_500, 5_000);
        let one = |fate, silent_ms| vec![Disturbed { fate, silent_ms }];
        assert_eq!(fates(&[answer, (5_000, 5_000)]), one(Fate::WentOn, 0));
        assert_eq!(fates(&[answer, (5_000, 1_500), (300, 3_500)]), one(Fate::WentOn, 300));
        assert_eq!(fates(&[answer, (5_000, 1_500)]), one(Fate::BrokenOff, 0));
        assert_eq!(fates(&[answer, (5_000, 1_500), (600, 5_000)]), one(Fate::BegunAnew, 600));
        assert_eq!(fates(&[answer]), one(Fate::Missing, 0));
    }

    #[test]
    fn a_call_that_went_otherwise_says_nothing() {
        let caller = line(&[(0, 1_000), (9_000, 1_000)]);
        assert_eq!(disturbed(&caller, &line(&[(1_500, 5_000)]), 1), None);
        assert_eq!(disturbed(&[], &[], 0), None);
    }

    #[test]
    fn spans_are_joined_over_short_silences() {
        let octets = line(&[(100, 50), (40, 50), (200, 50)]);
        assert_eq!(spans(&octets, 100).len(), 2);
        assert_eq!(spans(&octets, 10).len(), 3);
        assert_eq!(spans(&octets, 100)[0], Span { start: 800, end: 1_919 });
    }
}
