//! The caller's ear: when each side was heard, measured in the sound itself.
//!
//! Times are samples of 8 kHz since the stream began. The caller's side is counted when it is spoken (a frame leaves
//! 20 ms after its first sample, as on a telephone), the agent's when Twilio *plays* it, not when it arrives. What is
//! quieter than [`LOUD`] is silence on either side, so neither the silence behind the caller's last word nor the one
//! in front of the agent's first counts as speech.

use std::time::Duration;

use callwright_media::SampleRate;
use callwright_media::g711::ulaw_decode;

use super::twilio::{Played, SAMPLES_PER_SECOND, Sound};

/// Smallest magnitude that is heard as speech: 1 % of full scale, 40 dB under it. Speech on the line peaks some
/// 30 dB above this; comfort noise and the codec's steps around zero stay below.
pub(crate) const LOUD: u16 = 328;

/// Loud samples closer than this belong to one span of speech: the pauses inside of words and between them.
const JOIN: u64 = SAMPLES_PER_SECOND * 3 / 10;
/// Sound that goes on this soon after a `clear` is what was being said, sent anew: three frames.
const RESUMED: u64 = SAMPLES_PER_SECOND * 6 / 100;
/// A voice that is still heard this long after a `clear` was not cut off by it.
const GOES_ON: u64 = SAMPLES_PER_SECOND / 5;
/// Sound that runs dry and goes on within this long was meant to be whole.
const STUTTER: u64 = SAMPLES_PER_SECOND / 10;
/// How long after the caller cut in a `clear` still belongs to it.
const CLEAR_WITHIN: u64 = 3 * SAMPLES_PER_SECOND;

/// From a first loud sample to a last one, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// Something that the caller said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Utterance {
    /// Its loud part.
    pub(crate) span: Span,
    /// It was meant to cut the agent off.
    pub(crate) cuts_in: bool,
}

/// What was heard so far.
#[derive(Debug, Default)]
pub(crate) struct Ear {
    utterances: Vec<Utterance>,
    spans: Vec<Span>,
    /// The last `clear`, until the voice has gone on for a while after it or something new has begun.
    cut: Option<u64>,
    clears: Vec<u64>,
    /// Where the last piece of sound, loud or not, ended.
    played_to: Option<u64>,
    stutters: u32,
}

/// What came of one utterance of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    /// The utterance.
    pub(crate) utterance: Utterance,
    /// From its last loud sample to the first loud sample of the agent; `None` when the agent said nothing before
    /// the caller's next utterance, or was speaking all along.
    pub(crate) reply_after: Option<Duration>,
    /// For an utterance that cut in: what it took to silence the agent.
    pub(crate) silenced: Option<Silenced>,
    /// The agent began to speak while the caller was speaking: how long after the caller's first loud sample. What
    /// an agent that is being cut off still says before its `clear` is no new beginning.
    pub(crate) talked_over: Option<Duration>,
}

/// How the agent was silenced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Silenced {
    /// From the caller's first loud sample to the agent's last.
    pub(crate) last_sound_after: Duration,
    /// From the caller's first loud sample to the server's `clear` that silenced it, when one did. One after which the
    /// voice went on, lower perhaps, did not.
    pub(crate) clear_after: Option<Duration>,
}

/// Which sample `time` lies in.
pub(crate) fn sample_at(time: Duration) -> u64 {
    SampleRate::Hz8000.samples(time)
}

/// When `sample` is spoken or heard.
pub(crate) fn time_of(sample: u64) -> Duration {
    SampleRate::Hz8000.duration(sample)
}

impl Ear {
    /// The caller says something whose loud part is known in advance.
    pub(crate) fn caller(&mut self, utterance: Utterance) {
        self.utterances.push(utterance);
    }

    /// The caller broke off: nothing after `at` was said.
    pub(crate) fn caller_broke_off(&mut self, at: u64) {
        if let Some(last) = self.utterances.last_mut() {
            last.span.end = last.span.end.min(at);
        }
    }

    /// What happened to the agent's sound.
    pub(crate) fn agent(&mut self, sound: &Sound) {
        match sound {
            Sound::Played(played) => {
                self.runs(played);
                self.hears(played);
            }
            Sound::Cleared(at) => {
                self.clears.push(sample_at(*at));
                self.cut = Some(sample_at(*at));
                self.played_to = None;
            }
        }
    }

    /// The agent's sound is played where the line to the caller begins: does it run dry?
    pub(crate) fn runs(&mut self, played: &Played) {
        if self.played_to.is_some_and(|to| played.at > to && played.at - to <= STUTTER) {
            self.stutters += 1;
        }
        self.played_to = Some(played.at + played.octets.len() as u64);
    }

    /// The agent's sound is at the ear.
    pub(crate) fn hears(&mut self, played: &Played) {
        for (at, &octet) in (played.at..).zip(&played.octets) {
            if ulaw_decode(octet).unsigned_abs() < LOUD {
                continue;
            }
            // A voice that is lowered is sent anew behind a `clear`: it goes on at once.
            let join = if self.cut.is_some() { RESUMED } else { JOIN };
            match self.spans.last_mut() {
                Some(span) if at.saturating_sub(span.end) <= join => {
                    span.end = at;
                    self.cut = self.cut.filter(|cut| at.saturating_sub(*cut) < GOES_ON);
                }
                _ => {
                    self.spans.push(Span { start: at, end: at });
                    self.cut = None;
                }
            }
        }
    }

    /// The agent's last span of speech, whether over or not.
    pub(crate) fn agent_last(&self) -> Option<Span> {
        self.spans.last().copied()
    }

    /// The agent's first span of speech that begins at `sample` or later.
    pub(crate) fn agent_first_from(&self, sample: u64) -> Option<Span> {
        self.spans.iter().copied().find(|span| span.start >= sample)
    }

    /// The agent's first span of speech that begins at `sample` or later and is still heard after `past`. What an agent
    /// that is cut off still says, in a lower voice perhaps, is over before.
    pub(crate) fn agent_first_past(&self, sample: u64, past: u64) -> Option<Span> {
        self.spans.iter().copied().find(|span| span.start >= sample && span.end > past)
    }

    /// The caller's last utterance.
    #[cfg(test)]
    pub(crate) fn caller_last(&self) -> Option<Utterance> {
        self.utterances.last().copied()
    }

    /// How often the agent's sound ran dry in the middle of something.
    pub(crate) const fn stutters(&self) -> u32 {
        self.stutters
    }

    /// How long each side was heard, caller first.
    pub(crate) fn talked(&self) -> (Duration, Duration) {
        let sum = |spans: &mut dyn Iterator<Item = Span>| {
            time_of(spans.map(|span| span.end.saturating_sub(span.start)).sum())
        };
        let caller = sum(&mut self.utterances.iter().map(|utterance| utterance.span));
        (caller, sum(&mut self.spans.iter().copied()))
    }

    /// What came of every utterance, in order.
    pub(crate) fn responses(&self) -> Vec<Response> {
        let next_start = |index: usize| self.utterances.get(index + 1).map(|next| next.span.start);
        let each = self.utterances.iter().enumerate();
        each.map(|(index, &utterance)| self.response(utterance, next_start(index))).collect()
    }

    fn response(&self, utterance: Utterance, next: Option<u64>) -> Response {
        let Span { start, end } = utterance.span;
        let first_after = self.spans.iter().find(|span| span.start > end);
        let in_time = first_after.filter(|span| next.is_none_or(|next| span.start < next));
        let spoken_through = self.spans.iter().any(|span| span.start <= end && span.end > end);
        let reply = in_time.filter(|_| !spoken_through);
        let silenced = utterance.cuts_in.then(|| self.silenced(start));
        let clear = silenced.and_then(|silenced| silenced.clear_after);
        let from = clear.map_or(start, |after| start + sample_at(after));
        let over = self.spans.iter().find(|span| span.start > from && span.start < end);
        Response {
            utterance,
            reply_after: reply.map(|span| time_of(span.start - end)),
            silenced,
            talked_over: over.map(|span| time_of(span.start - start)),
        }
    }

    fn silenced(&self, start: u64) -> Silenced {
        let belong = self.clears.iter().copied().filter(|at| *at >= start);
        let clears = belong.take_while(|at| at - start <= CLEAR_WITHIN);
        // What began after the clear is the answer; what began before is what was cut off.
        let first = clears.clone().next();
        let cut_off = self.spans.iter().rev().find(|span| match first {
            Some(clear) => span.start < clear,
            None => span.start < start,
        });
        let last_sound = cut_off.map_or(start, |span| span.end.max(start));
        // Of those around the last sound the last: before it the voice was lowered.
        let around = clears.filter(|at| at + RESUMED >= last_sound && *at <= last_sound + JOIN);
        let clear = around.last();
        Silenced {
            last_sound_after: time_of(last_sound - start),
            clear_after: clear.map(|at| time_of(at - start)),
        }
    }
}

/// The value below which `share` (0 to 1) of `values` lie, by the nearest rank; `None` of nothing.
pub(crate) fn percentile(values: &[Duration], share: f64) -> Option<Duration> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    // `as` saturates, and the rank is at least the first and at most the last.
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).or(sorted.last()).copied()
}

#[cfg(test)]
mod tests {
    use callwright_media::g711::ulaw_encode;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn at_ms(ms: u64) -> u64 {
        ms * 8
    }

    fn heard(ear: &mut Ear, from_ms: u64, to_ms: u64, level: i16) {
        let octets = vec![ulaw_encode(level); ((to_ms - from_ms) * 8) as usize];
        ear.agent(&Sound::Played(Played { at: at_ms(from_ms), octets }));
    }

    fn said(ear: &mut Ear, from_ms: u64, to_ms: u64, cuts_in: bool) {
        let span = Span { start: at_ms(from_ms), end: at_ms(to_ms) };
        ear.caller(Utterance { span, cuts_in });
    }

    #[test]
    fn a_reply_is_measured_from_loud_to_loud() {
        let mut ear = Ear::default();
        heard(&mut ear, 0, 900, 8_000);
        said(&mut ear, 2_000, 3_000, false);
        // 100 ms of silence that the agent puts in front of its words do not count as words.
        heard(&mut ear, 3_300, 3_400, 100);
        heard(&mut ear, 3_400, 4_000, 8_000);
        said(&mut ear, 5_000, 5_500, false);
        said(&mut ear, 6_000, 6_200, false);
        heard(&mut ear, 6_700, 6_800, 8_000);
        let replies: Vec<_> = ear.responses().iter().map(|r| r.reply_after).collect();
        assert_eq!(replies, [Some(ms(400)), None, Some(ms(500))]);
        assert_eq!(ear.stutters(), 0);
        let (caller, agent) = ear.talked();
        assert_eq!(caller, ms(1_700));
        assert!(agent > ms(1_598) && agent < ms(1_600), "{agent:?}");
    }

    #[test]
    fn pauses_between_words_do_not_end_a_span_and_a_clear_does() {
        let mut ear = Ear::default();
        heard(&mut ear, 0, 500, 8_000);
        heard(&mut ear, 700, 1_000, 8_000);
        said(&mut ear, 900, 1_800, true);
        ear.agent(&Sound::Cleared(ms(1_000)));
        heard(&mut ear, 1_150, 1_200, 8_000);
        heard(&mut ear, 2_300, 2_400, 8_000);
        let response = ear.responses()[0];
        let silenced = response.silenced.unwrap();
        assert_eq!(silenced.clear_after, Some(ms(100)));
        assert_eq!(silenced.last_sound_after.as_millis(), 99);
        // The agent spoke again at 1150 while the caller, who had begun at 900, was speaking.
        assert_eq!(response.talked_over, Some(ms(250)));
        assert_eq!(response.reply_after, Some(ms(500)));
    }

    #[test]
    fn the_rest_of_what_was_cut_off_is_no_new_beginning() {
        let mut ear = Ear::default();
        heard(&mut ear, 0, 1_060, 8_000);
        ear.agent(&Sound::Cleared(ms(1_060)));
        // The caller speaks from 1000 to 2000; the rest comes lower, and later than sound that merely goes on.
        heard(&mut ear, 1_150, 1_200, 2_000);
        heard(&mut ear, 2_400, 2_500, 8_000);
        assert_eq!(ear.agent_first_from(at_ms(1_000)).unwrap().start, at_ms(1_150));
        assert_eq!(ear.agent_first_past(at_ms(1_000), at_ms(2_000)).unwrap().start, at_ms(2_400));
        assert_eq!(ear.agent_first_past(at_ms(1_000), at_ms(3_000)), None);
    }

    #[test]
    fn a_voice_that_is_lowered_first_and_then_silenced_is_silenced_once() {
        let mut ear = Ear::default();
        heard(&mut ear, 0, 1_060, 8_000);
        said(&mut ear, 1_000, 1_900, true);
        // Sent anew, lower, and cleared for good a little later.
        ear.agent(&Sound::Cleared(ms(1_060)));
        heard(&mut ear, 1_075, 1_120, 2_000);
        ear.agent(&Sound::Cleared(ms(1_120)));
        heard(&mut ear, 2_200, 2_300, 8_000);
        let response = ear.responses()[0];
        let silenced = response.silenced.unwrap();
        assert_eq!(silenced.last_sound_after.as_millis(), 119);
        assert_eq!(silenced.clear_after, Some(ms(120)));
        assert_eq!((response.talked_over, response.reply_after), (None, Some(ms(300))));
    }

    #[test]
    fn a_voice_that_is_lowered_and_goes_on_is_not_silenced() {
        let mut ear = Ear::default();
        heard(&mut ear, 0, 1_060, 8_000);
        said(&mut ear, 1_000, 1_300, true);
        ear.agent(&Sound::Cleared(ms(1_060)));
        heard(&mut ear, 1_070, 1_300, 2_000);
        // A gap between words, and on.
        heard(&mut ear, 1_450, 3_000, 8_000);
        let response = ear.responses()[0];
        let silenced = response.silenced.unwrap();
        assert_eq!((silenced.clear_after, response.talked_over), (None, None));
        assert_eq!(silenced.last_sound_after.as_millis(), 1_999);
        assert_eq!(response.reply_after, None);
    }

    #[test]
    fn an_agent_that_speaks_on_is_not_silenced_and_gives_no_reply() {
        let mut ear = Ear::default();
        heard(&mut ear, 0, 4_000, 8_000);
        said(&mut ear, 1_000, 2_000, true);
        let response = ear.responses()[0];
        assert_eq!(response.reply_after, None);
        assert_eq!(response.silenced.unwrap().clear_after, None);
        assert_eq!(response.silenced.unwrap().last_sound_after.as_millis(), 2_999);
    }

    #[test]
    fn sound_that_runs_dry_stutters() {
        let mut ear = Ear::default();
        heard(&mut ear, 0, 100, 8_000);
        heard(&mut ear, 100, 200, 8_000);
        heard(&mut ear, 230, 300, 8_000);
        heard(&mut ear, 700, 800, 8_000);
        assert_eq!(ear.stutters(), 1);
    }

    #[test]
    fn a_caller_who_breaks_off_ends_there() {
        let mut ear = Ear::default();
        said(&mut ear, 1_000, 3_000, false);
        ear.caller_broke_off(at_ms(1_500));
        assert_eq!(ear.caller_last().unwrap().span.end, at_ms(1_500));
    }

    #[test]
    fn percentiles_by_the_nearest_rank() {
        let values: Vec<_> = (1..=20).rev().map(ms).collect();
        assert_eq!(percentile(&values, 0.5), Some(ms(10)));
        assert_eq!(percentile(&values, 0.95), Some(ms(19)));
        assert_eq!(percentile(&values, 1.0), Some(ms(20)));
        assert_eq!(percentile(&[ms(7)], 0.5), Some(ms(7)));
        assert_eq!(percentile(&[], 0.5), None);
    }
}
