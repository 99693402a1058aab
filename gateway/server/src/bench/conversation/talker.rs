//! A measuring caller's mind, sans-IO: whose turn it is, what to say next, when to cut in. It knows only what it hears.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

use super::voices::{Line, Repertoire};
use crate::simulate::ear::{Ear, sample_at, time_of};

/// What the caller says now.
#[derive(Clone, Debug)]
pub(super) struct Say {
    pub(super) line: Line,
    /// It is meant to cut the agent off.
    pub(super) cuts_in: bool,
}

/// The mind.
///
/// > While the caller is silent, ask [`Self::decide`] every frame; once what it decided has been said, tell
/// > [`Self::finished`].
#[derive(Debug)]
pub(super) struct Talker {
    repertoire: Arc<Repertoire>,
    random: StdRng,
    /// Share of the time since the first word that this caller wants to speak, 0 to 1.
    share: f64,
    /// Lines said lately, by their place in the repertoire.
    lately: Vec<usize>,
    /// When the caller last fell silent, or the call began.
    done_at: Duration,
    /// When the caller first spoke.
    first_at: Option<Duration>,
    /// How long it has spoken, and how often.
    spoke: Duration,
    turns: u32,
    intent: Intent,
}

/// What the caller has in mind for the agent's next words.
#[derive(Clone, Copy, Debug)]
struct Intent {
    /// Silence of the agent after which the caller takes the floor.
    think: Duration,
    /// Cuts the agent off once it has spoken for this long.
    cut_in: Option<Duration>,
}

/// Silence between the agent's last word and the caller's next. Longer than the gaps between the agent's sentences, so
/// that the caller does not cut in unawares.
const THINK_MS: std::ops::RangeInclusive<u64> = 900..=1_500;
/// Most that a caller waits longer than that so as not to speak too much. The agent asks whether anybody is there
/// after 5 s.
const WAIT_MAX: Duration = Duration::from_millis(2_500);
/// One in so many replies is cut off.
const CUT_IN_EVERY: u32 = 5;
/// How long the agent has been speaking when it is.
const CUT_IN_MS: std::ops::RangeInclusive<u64> = 700..=1_800;
/// An agent that has said nothing for this long has nothing to say: the caller goes on.
const PATIENCE: Duration = Duration::from_secs(8);
/// The agent is speaking while its last loud sample is at most this old: longer than a closed consonant.
const STILL_SPEAKING: Duration = Duration::from_millis(250);
/// Lines that are not said again so soon.
const LATELY: usize = 6;
/// Lines that a caller thinks of before saying the one that suits its share best.
const CHOICE: usize = 4;
/// What a turn takes besides the caller's words, before it is known: the wait, the reply, the thinking.
const REST_GUESS: Duration = Duration::from_secs(6);

impl Talker {
    /// A caller who wants to speak `share` (0 to 1) of the time; `seed` decides the rest.
    pub(super) fn new(repertoire: Arc<Repertoire>, share: f64, seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        // The greeting is heard out.
        let intent = Intent { cut_in: None, ..Intent::new(&mut random) };
        Self {
            repertoire,
            random,
            share,
            lately: Vec::new(),
            done_at: Duration::ZERO,
            first_at: None,
            spoke: Duration::ZERO,
            turns: 0,
            intent,
        }
    }

    /// All that was decided has been said.
    pub(super) const fn finished(&mut self, now: Duration) {
        self.done_at = now;
    }

    /// What to say at `now`, if anything. `buffered` tells whether sound of the agent waits to be heard.
    pub(super) fn decide(&mut self, now: Duration, ear: &Ear, buffered: bool) -> Option<Say> {
        let done = sample_at(self.done_at);
        let Some(last) = ear.agent_last().filter(|span| span.end > done) else {
            let waited = now.saturating_sub(self.done_at);
            return if waited >= PATIENCE { self.next_line(now) } else { None };
        };
        let quiet_for = now.saturating_sub(time_of(last.end));
        if buffered || quiet_for < STILL_SPEAKING {
            let began = ear.agent_first_from(done).map_or(last.start, |span| span.start);
            let due = self.intent.cut_in.is_some_and(|after| now >= time_of(began) + after);
            return if due { self.cut_in(now) } else { None };
        }
        if quiet_for >= self.intent.think { self.next_line(now) } else { None }
    }

    fn cut_in(&mut self, now: Duration) -> Option<Say> {
        let line = self.repertoire.cut_ins.choose(&mut self.random)?.clone();
        Some(self.say(line, true, now))
    }

    /// Of a few lines the one that brings the caller's share of the time closest to what it wants; nothing when the
    /// repertoire has no more than was said lately.
    fn next_line(&mut self, now: Duration) -> Option<Say> {
        let repertoire = Arc::clone(&self.repertoire);
        let fresh: Vec<usize> =
            (0..repertoire.lines.len()).filter(|index| !self.lately.contains(index)).collect();
        let thought_of = fresh.choose_multiple(&mut self.random, CHOICE);
        let lines = thought_of.filter_map(|&index| Some((index, repertoire.lines.get(index)?)));
        let off = |line: &Line| (self.share_after(line, now) - self.share).abs();
        let best = lines.min_by(|(_, a), (_, b)| off(a).total_cmp(&off(b)));
        let (index, line) = best.map(|(index, line)| (index, line.clone()))?;
        self.lately.push(index);
        if self.lately.len() > LATELY {
            self.lately.remove(0);
        }
        Some(self.say(line, false, now))
    }

    /// The caller's share of the time at the end of a turn that begins with `line` now.
    fn share_after(&self, line: &Line, now: Duration) -> f64 {
        let elapsed = self.elapsed(now);
        let spoke = self.spoke + line.clip.length();
        spoke.as_secs_f64() / (elapsed + line.clip.length() + self.rest(now)).as_secs_f64()
    }

    /// What a turn takes besides the caller's words.
    fn rest(&self, now: Duration) -> Duration {
        match self.turns {
            0 => REST_GUESS,
            turns => self.elapsed(now).saturating_sub(self.spoke) / turns,
        }
    }

    fn elapsed(&self, now: Duration) -> Duration {
        self.first_at.map_or(Duration::ZERO, |first| now.saturating_sub(first))
    }

    fn say(&mut self, line: Line, cuts_in: bool, now: Duration) -> Say {
        self.first_at.get_or_insert(now);
        let length = line.clip.length();
        let rest = self.rest(now);
        self.spoke += length;
        self.turns += 1;
        self.done_at = now + length;
        self.intent = Intent::new(&mut self.random);
        // Who speaks too much even so lets more silence pass after the next reply.
        let wanted = self.spoke.div_f64(self.share.max(SHARE_MIN));
        let extra = wanted.saturating_sub(self.elapsed(now) + length + rest);
        self.intent.think += extra.min(WAIT_MAX);
        Say { line, cuts_in }
    }
}

/// The smallest share that callers are asked to keep to.
const SHARE_MIN: f64 = 0.01;

impl Intent {
    fn new(random: &mut StdRng) -> Self {
        let think = Duration::from_millis(random.random_range(THINK_MS));
        let cut_in = Duration::from_millis(random.random_range(CUT_IN_MS));
        let cuts_in = random.random_ratio(1, CUT_IN_EVERY);
        Self { think, cut_in: cuts_in.then_some(cut_in) }
    }
}

#[cfg(test)]
mod tests {
    use callwright_media::g711::ulaw_encode;

    use super::*;
    use crate::simulate::ear::{Span, Utterance};
    use crate::simulate::mouth::Clip;
    use crate::simulate::twilio::{Played, Sound};

    fn line(text: &str, ms: usize) -> Line {
        Line { text: text.into(), clip: Arc::new(Clip::new(&vec![8_000; ms * 8])) }
    }

    fn talker(share: f64, seed: u64) -> Talker {
        let lines = (0..20).map(|n| line("a line", 500 + n * 500)).collect();
        Talker::new(Arc::new(Repertoire { lines, cut_ins: vec![line("stop", 1_000)] }), share, seed)
    }

    /// A call of `seconds` with an agent that answers after 400 ms and speaks for `reply_ms` unless cut off. Gives the
    /// share of the time the caller spoke, its turns, and how many cut in.
    fn call(talker: &mut Talker, reply_ms: u64, seconds: u64) -> (f64, u32, u32) {
        let mut ear = Ear::default();
        let (mut spoke, mut turns, mut cuts) = (0, 0, 0);
        // The greeting.
        let mut agent = 0..2_000_u64;
        let mut caller = 0..0_u64;
        for now in (0..seconds * 1_000).step_by(20) {
            if agent.contains(&now) {
                let octets = vec![ulaw_encode(8_000); 160];
                ear.agent(&Sound::Played(Played { at: now * 8, octets }));
            }
            if caller.contains(&now) {
                if now + 20 >= caller.end {
                    talker.finished(Duration::from_millis(now + 20));
                    agent = caller.end + 400..caller.end + 400 + reply_ms;
                }
                continue;
            }
            let say =
                talker.decide(Duration::from_millis(now + 20), &ear, agent.contains(&(now + 20)));
            if let Some(say) = say {
                let length = say.line.clip.length().as_millis() as u64;
                caller = now + 20..now + 20 + length;
                if say.cuts_in {
                    assert!(agent.contains(&now), "only who speaks can be cut off");
                    agent.end = now;
                }
                let span = Span { start: caller.start * 8, end: caller.end * 8 };
                ear.caller(Utterance { span, cuts_in: say.cuts_in });
                (spoke, turns, cuts) = (spoke + length, turns + 1, cuts + u32::from(say.cuts_in));
            }
        }
        (spoke as f64 / (seconds * 1_000) as f64, turns, cuts)
    }

    #[test]
    fn a_caller_keeps_to_its_share_of_the_time() {
        for (wanted, reply_ms) in [(0.4, 3_000), (0.4, 6_000), (0.3, 4_000), (0.5, 3_000)] {
            let (share, turns, _) = call(&mut talker(wanted, 7), reply_ms, 300);
            assert!((share - wanted).abs() < 0.04, "{share} instead of {wanted} in {turns} turns");
        }
    }

    #[test]
    fn some_replies_are_cut_off_and_one_seed_is_one_caller() {
        let all: Vec<_> = (0..10).map(|seed| call(&mut talker(0.4, seed), 4_000, 120)).collect();
        let (turns, cuts) = all.iter().fold((0, 0), |sum, call| (sum.0 + call.1, sum.1 + call.2));
        assert!((turns / 8..=turns / 3).contains(&cuts), "{cuts} of {turns}");
        assert_eq!(call(&mut talker(0.4, 3), 4_000, 120), all[3]);
        assert!(all.iter().any(|call| *call != all[3]));
    }

    #[test]
    fn an_agent_that_says_nothing_is_asked_again() {
        let mut talker = talker(0.4, 1);
        let ear = Ear::default();
        let decide =
            |talker: &mut Talker, ms| talker.decide(Duration::from_millis(ms), &ear, false);
        assert!(decide(&mut talker, 7_980).is_none());
        assert!(!decide(&mut talker, 8_000).unwrap().cuts_in);
        talker.finished(Duration::from_millis(10_000));
        assert!(decide(&mut talker, 17_900).is_none());
        assert!(decide(&mut talker, 18_000).is_some());
    }
}
