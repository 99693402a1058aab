//! A caller of a simulated world: says something that fits what he was asked, or anything else; pauses, nods, cuts in,
//! presses keys, stays silent, hangs up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use callwright_media::g711;
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

use super::models::WordBook;
use super::voice;

/// One of these is in what each caller says, and in what no other says.
pub(super) const MARKS: [&str; voice::CALLERS_MAX] =
    ["Abernathy", "Oyelaran", "Quigley", "Ferreira", "Kowalski", "Lindqvist", "Tanaka", "Moreau"];

/// What callers do, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Deed {
    Speaks,
    PausesInMidSentence,
    Nods,
    CutsIn,
    PressesKey,
    StaysSilent,
    HangsUp,
    HangsUpInMidWord,
}

impl Deed {
    pub(super) const ALL: [Self; 8] = [
        Self::Speaks,
        Self::PausesInMidSentence,
        Self::Nods,
        Self::CutsIn,
        Self::PressesKey,
        Self::StaysSilent,
        Self::HangsUp,
        Self::HangsUpInMidWord,
    ];
}

/// What a caller did in 20 ms.
#[derive(Debug)]
pub(super) enum Act {
    /// 20 ms of sound.
    Sound([u8; 160]),
    /// The same, and a key.
    Key(char, [u8; 160]),
    /// He is gone.
    Gone,
}

pub(super) struct Caller {
    pub(super) number: usize,
    rng: StdRng,
    book: Arc<Mutex<WordBook>>,
    /// Sound on its way out, at 8 kHz.
    saying: Vec<i16>,
    said: usize,
    /// Digits to be pressed.
    keys: Vec<char>,
    /// Milliseconds since the agent was heard last, and since it began.
    quiet_ms: u64,
    heard_ms: u64,
    /// How long he waits before he answers.
    reaction_ms: u64,
    /// Whatever happens he hangs up then.
    patience_ms: u64,
    elapsed_ms: u64,
    /// He has decided what to do about what the agent says now.
    decided: bool,
    pub(super) deeds: BTreeMap<Deed, u64>,
}

impl Caller {
    pub(super) fn new(number: usize, mut rng: StdRng, book: Arc<Mutex<WordBook>>) -> Self {
        let patience_ms = if rng.random_bool(0.25) { rng.random_range(0..8_000) } else { 24_000 };
        Self {
            number,
            rng,
            book,
            saying: Vec::new(),
            said: 0,
            keys: Vec::new(),
            quiet_ms: 0,
            heard_ms: 0,
            reaction_ms: 500,
            patience_ms,
            elapsed_ms: 0,
            decided: false,
            deeds: BTreeMap::new(),
        }
    }

    fn does(&mut self, deed: Deed) {
        *self.deeds.entry(deed).or_default() += 1;
    }

    pub(super) fn speaking(&self) -> bool {
        self.said < self.saying.len()
    }

    /// Lets 20 ms pass, in which the agent was heard or not; `last_words` is what it said last.
    pub(super) fn act(&mut self, hears_agent: bool, last_words: Option<&str>) -> Act {
        self.elapsed_ms += 20;
        if self.elapsed_ms >= self.patience_ms {
            let deed = if self.speaking() { Deed::HangsUpInMidWord } else { Deed::HangsUp };
            self.does(deed);
            return Act::Gone;
        }
        if hears_agent {
            if self.quiet_ms > 0 {
                (self.heard_ms, self.decided) = (0, false);
                self.reaction_ms = self.rng.random_range(200..900);
            }
            self.heard_ms += 20;
            self.quiet_ms = 0;
            self.perhaps_cut_in();
        } else {
            self.quiet_ms += 20;
        }
        if self.speaking() {
            return Act::Sound(self.frame());
        }
        if let Some(key) = self.keys.pop() {
            self.does(Deed::PressesKey);
            return Act::Key(key, self.frame());
        }
        if self.quiet_ms >= self.reaction_ms && last_words.is_some_and(|words| self.answer(words)) {
            return Act::Gone;
        }
        Act::Sound(self.frame())
    }

    fn frame(&mut self) -> [u8; 160] {
        let mut frame = [g711::ULAW_SILENCE; 160];
        let left = self.saying.get(self.said..).unwrap_or_default();
        for (octet, &sample) in frame.iter_mut().zip(left) {
            *octet = g711::ulaw_encode(sample);
        }
        self.said = (self.said + 160).min(self.saying.len());
        frame
    }

    fn perhaps_cut_in(&mut self) {
        if self.decided || self.heard_ms < 300 || self.speaking() {
            return;
        }
        if self.rng.random_bool(0.02) {
            self.decided = true;
            if self.rng.random_bool(0.2) {
                self.does(Deed::CutsIn);
                self.keys.push('5');
            } else if self.rng.random_bool(0.5) {
                self.does(Deed::Nods);
                let nods = ["okay", "mhm", "yeah"];
                let nod = nods.choose(&mut self.rng).copied().unwrap_or("mhm");
                self.say(nod);
            } else {
                self.does(Deed::CutsIn);
                let words =
                    ["no wait a moment", "stop", "actually make it wednesday", "hello hello"];
                let words = words.choose(&mut self.rng).copied().unwrap_or("stop");
                self.say(words);
            }
        }
    }

    /// Answers what was asked, or does something else. Whether he hangs up.
    fn answer(&mut self, asked: &str) -> bool {
        self.reaction_ms = self.quiet_ms + self.rng.random_range(1_800..4_000);
        match self.rng.random_range(0..100) {
            0..3 => {
                self.does(Deed::HangsUp);
                return true;
            }
            3..7 => {
                self.does(Deed::StaysSilent);
                self.reaction_ms += self.rng.random_range(1_000..9_000);
            }
            7..11 => {
                let digits = "0123456789*#";
                let digit =
                    |rng: &mut StdRng| digits.chars().nth(rng.random_range(0..12)).unwrap_or('1');
                self.keys =
                    (0..self.rng.random_range(1..12)).map(|_| digit(&mut self.rng)).collect();
            }
            _ => {
                let answer = self.fitting(asked);
                self.say(&answer);
            }
        }
        false
    }

    fn fitting(&mut self, asked: &str) -> String {
        let mark = MARKS[self.number];
        let rng = &mut self.rng;
        let has = |words: &str| asked.contains(words);
        let mut any = |words: &[&str]| words.choose(rng).copied().unwrap_or("yes").to_owned();
        let said = if has("How can I help") || has("anything else") {
            any(&[
                "i'd like to book a cleaning on tuesday at ten",
                "i'd like to book a cleaning on tuesday at ten",
                "a check-up on tuesday at ten with doctor chen please",
                "a cleaning on wednesday afternoon",
                "can i get a filling on tuesday morning",
                "what are your opening hours",
                "i want to cancel my appointment",
                "can i move my appointment",
                "can i speak to a person",
                "no thank you goodbye",
            ])
        } else if has("name") {
            format!("my name is anna {mark}")
        } else if has("calling from") {
            any(&["yes", "yes it is", "no"])
        } else if has("phone number") || has("Go on") {
            "five five five two one two three four five six".to_owned()
        } else if has("Shall I") || has("Is that right") || has("Would you like") {
            any(&["yes", "yes please", "yes", "no"])
        } else if has("Which") {
            any(&["the first one", "the second one please", "ten o'clock"])
        } else if has("How about") {
            any(&["yes", "yes that's fine", "no something later"])
        } else if has("day") || has("When") {
            any(&["tuesday at ten", "tuesday at ten", "wednesday at two", "thursday morning"])
        } else if has("come in for") {
            any(&["a cleaning", "a check-up", "a filling"])
        } else {
            any(&["yes", "sorry what", "a cleaning on tuesday at ten"])
        };
        if rng.random_bool(0.3) { format!("{said} this is {mark}") } else { said }
    }

    /// Begins to say something, perhaps with a pause in the middle.
    fn say(&mut self, text: &str) {
        self.does(Deed::Speaks);
        (self.saying, self.said) = (Vec::new(), 0);
        for word in text.split_whitespace() {
            let Some(spoken) = self.book.lock().unwrap().add(self.number, word) else {
                // He has said all that can be told apart, and leaves.
                self.patience_ms = self.elapsed_ms + 2_000;
                break;
            };
            voice::speak(spoken, &mut self.saying);
            if self.rng.random_bool(0.06) {
                self.does(Deed::PausesInMidSentence);
                let samples = self.rng.random_range(1_600..9_600);
                self.saying.extend(std::iter::repeat_n(0, samples));
            }
        }
    }
}
