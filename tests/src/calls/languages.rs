//! Callers of several languages at the same time: each is heard by a recogniser that knows theirs. Shards, lanes' desks and
//! rings are real; the models are doubles that hear in a tone's loudness what was said.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use callwright_calls::leg::{LegAudio, LegDriver, LegInput, LegProfile, leg};
use callwright_calls::{CallLimits, CallMode, CallSpec, Language, Pace, Share, TICK_MS, Tuning};
use callwright_contract::{Arrival, CallEvent, CallFact, CallId, Carrier, Pii, TurnOver};
use callwright_host::{
    HostLanes, HostOptions, OtherRecognizers, ShardLanes, SteppedHost, VirtualClock,
};
use callwright_media::{Packet, g711};
use callwright_models::contract::{
    Heard, ModelError, Recognition, Recognizer, RecognizerPurpose, Utterance,
};
use callwright_models::lanes::LaneSize;
use callwright_models::lanes::stepped::{self, StepTime, SteppedLane};
use callwright_models::scripted::{
    LevelDetector, LoudnessRecognizer, ToneSynthesizer, TrailingSilence, tone,
};

/// Hears many languages, says which one it was told, and takes its time.
struct Polyglot {
    words: LoudnessRecognizer,
    time: StepTime,
    takes: Duration,
    asked: Arc<AtomicU64>,
}

impl Recognizer for Polyglot {
    fn recognize(&mut self, utterances: &[&[i16]]) -> Result<Vec<Recognition>, ModelError> {
        self.words.recognize(utterances)
    }

    fn hear(&mut self, utterance: Utterance<'_>) -> Result<Heard, ModelError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.time.spend(self.takes);
        let heard = self.recognize(&[utterance.samples])?.pop().unwrap_or_default();
        let told = utterance.hints.language.as_ref().map_or("any", Language::code);
        let text = match heard.text.as_str() {
            "" => String::new(),
            words => format!("{told}: {words}"),
        };
        let agreed = text.len();
        let words = Vec::new();
        let recognition = Recognition { text, agreed, words, ..heard };
        Ok(Heard { recognition, ..Heard::default() })
    }

    fn rehearse(&mut self, _: RecognizerPurpose) -> Result<(), ModelError> {
        self.time.spend(self.takes);
        Ok(())
    }
}

/// A host with a lane for English and two for everything else.
struct Exchange {
    clock: VirtualClock,
    host: SteppedHost<ShardLanes>,
    lanes: Vec<SteppedLane>,
    /// What the callers of the lines say next, in frames.
    calls: Vec<Caller>,
    events: Vec<CallEvent>,
    now_ms: u64,
    others_live: Arc<AtomicU64>,
    asked: Arc<AtomicU64>,
}

struct Caller {
    id: CallId,
    line: Option<LegDriver>,
    says: Vec<[u8; 160]>,
}

const ENGLISH: [&str; 2] = ["Good morning.", "Thank you."];
const GERMAN: [&str; 2] = ["Guten Morgen.", "Danke."];
const SILENCE: [u8; 160] = [0xFF; 160];

impl Exchange {
    fn open(calls_max: usize, slow: Duration) -> Self {
        let clock = VirtualClock::new();
        let now = clock.instant();
        let size = LaneSize { slots: calls_max, shards: 1 };
        let time = StepTime::default;
        let (detector, lane_0) =
            stepped::detector(Box::new(LevelDetector::new(calls_max)), size, time(), now).unwrap();
        let judge = Box::new(TrailingSilence::new(3_200));
        let (judge, lane_1) = stepped::judge(judge, size, time(), now).unwrap();
        let english = Box::new(LoudnessRecognizer::new(ENGLISH));
        let (recognizer, lane_2) = stepped::recognizer(english, size, time(), now).unwrap();
        let voice = Box::new(ToneSynthesizer::new());
        let (synthesizer, lane_3) = stepped::synthesizer(voice, size, time(), now).unwrap();
        let (mut others, mut lanes) =
            (OtherRecognizers::default(), vec![lane_0, lane_1, lane_2, lane_3]);
        let asked = Arc::<AtomicU64>::default();
        for number in 0..2 {
            let polyglot = Polyglot {
                words: LoudnessRecognizer::new(GERMAN),
                time: time(),
                takes: slow,
                asked: Arc::clone(&asked),
            };
            let spent = polyglot.time.clone();
            let (ports, lane) =
                stepped::slow_recognizer(number, Box::new(polyglot), size, spent, now).unwrap();
            others.lanes.push(ports);
            lanes.push(lane);
        }
        let others_live = Arc::clone(&others.live);
        let ports =
            HostLanes { detector, judge, recognizer, others, synthesizer, emotion: Vec::new() };
        let options = HostOptions { shards: 1, calls_max };
        let host = SteppedHost::new(options, ports, clock.clone(), 4_096, |ports| ports).unwrap();
        Self {
            clock,
            host,
            lanes,
            calls: Vec::new(),
            events: Vec::new(),
            now_ms: 0,
            others_live,
            asked,
        }
    }

    /// Somebody calls who speaks `language`, or whatever. Gives the number of the caller.
    fn called(&mut self, language: Option<&str>) -> usize {
        let number = self.calls.len();
        let id = CallId::new(1, u32::try_from(number).unwrap());
        let profile = LegProfile {
            lead: Duration::from_millis(160),
            marks: false,
            hears: LegAudio::Ulaw,
            tones: false,
        };
        let (line, leg) = leg(profile);
        let arrival = Arrival {
            carrier: Carrier::Twilio,
            carrier_call: number.to_string(),
            line: Pii::from("listen"),
            caller: None,
        };
        let spec = CallSpec {
            id,
            arrival,
            mode: CallMode::Listen,
            limits: CallLimits::default(),
            share: Share::default(),
            pace: Pace::default(),
            language: language.map(|code| Language::parse(code).unwrap()),
            emotion: false,
            tuning: Tuning::default(),
        };
        self.host.host().place(spec, leg).unwrap();
        self.calls.push(Caller { id, line: Some(line), says: Vec::new() });
        number
    }

    /// The caller says text `text` of the list for `ms`.
    fn says(&mut self, caller: usize, text: u16, ms: usize) {
        let wide = tone(LoudnessRecognizer::loudness_of(text), 16 * ms);
        let narrow: Vec<i16> = wide.into_iter().step_by(2).collect();
        let frames = narrow.as_chunks::<160>().0.iter();
        self.calls[caller].says = frames.map(|frame| frame.map(g711::ulaw_encode)).collect();
    }

    fn hangs_up(&mut self, caller: usize) {
        if let Some(line) = self.calls[caller].line.take() {
            line.hang_up();
        }
    }

    fn pass(&mut self, ms: u64) {
        let until = self.now_ms + ms;
        while self.now_ms < until {
            self.clock.set(Duration::from_millis(self.now_ms));
            if self.now_ms.is_multiple_of(20) {
                for caller in &mut self.calls {
                    let frame =
                        if caller.says.is_empty() { SILENCE } else { caller.says.remove(0) };
                    for packet in Packet::split(&frame, 160) {
                        let _over =
                            caller.line.as_mut().map(|line| line.deliver(LegInput::Audio(packet)));
                    }
                }
            }
            let now = self.clock.instant();
            self.lanes.iter_mut().for_each(|lane| lane.turn(now));
            self.host.turn();
            let (sent, events) = std::sync::mpsc::sync_channel(4_096);
            self.host.carry_events(&mut move |event| sent.try_send(event).unwrap());
            self.events.extend(events.try_iter());
            self.now_ms += TICK_MS;
        }
    }

    /// What the caller's turns were.
    fn turns(&self, caller: usize) -> Vec<(String, Duration)> {
        let of = self.events.iter().filter(|event| event.call == self.calls[caller].id);
        of.filter_map(|event| match &event.fact {
            CallFact::TurnOver(TurnOver { text, .. }) => Some((text.reveal().clone(), event.at)),
            _ => None,
        })
        .collect()
    }

    fn heard(&self, caller: usize) -> Vec<String> {
        self.turns(caller).into_iter().map(|(text, _)| text).collect()
    }
}

#[test]
fn each_caller_is_heard_in_their_own_language_while_others_speak_theirs() {
    let mut exchange = Exchange::open(4, Duration::from_millis(300));
    let callers: Vec<_> =
        [Some("de"), Some("en"), None, Some("fr")].map(|code| exchange.called(code)).into();
    exchange.pass(200);
    for text in 0..2 {
        callers.iter().for_each(|&caller| exchange.says(caller, text, 1_400));
        exchange.pass(8_000);
    }
    assert_eq!(exchange.heard(0), ["de: Guten Morgen.", "de: Danke."]);
    assert_eq!(exchange.heard(1), ["Good morning.", "Thank you."]);
    assert_eq!(exchange.heard(2), ["any: Guten Morgen.", "any: Danke."]);
    assert_eq!(exchange.heard(3), ["fr: Guten Morgen.", "fr: Danke."]);
}

#[test]
fn a_recogniser_that_takes_its_time_keeps_no_other_language_waiting() {
    let mut exchange = Exchange::open(2, Duration::from_millis(1_500));
    let (german, english) = (exchange.called(Some("de")), exchange.called(Some("en")));
    exchange.pass(200);
    exchange.says(german, 0, 1_200);
    exchange.says(english, 0, 1_200);
    exchange.pass(10_000);
    let (slow, quick) = (exchange.turns(german)[0].1, exchange.turns(english)[0].1);
    assert!(slow >= quick + Duration::from_millis(900), "{slow:?} and {quick:?}");
    // English as it is where nobody speaks anything else.
    let mut alone = Exchange::open(2, Duration::ZERO);
    alone.called(Some("en"));
    alone.pass(200);
    alone.says(0, 0, 1_200);
    alone.pass(10_000);
    assert_eq!(quick, alone.turns(0)[0].1);
}

#[test]
fn who_hangs_up_in_mid_turn_leaves_no_word_to_the_next_caller_of_the_seat() {
    let mut exchange = Exchange::open(1, Duration::from_millis(800));
    let first = exchange.called(Some("de"));
    exchange.pass(200);
    exchange.says(first, 0, 3_000);
    // Partial words are asked for, and being written.
    exchange.pass(1_200);
    exchange.hangs_up(first);
    exchange.pass(20);
    assert_eq!(exchange.others_live.load(Ordering::Relaxed), 0, "it belongs to nobody any more");
    let second = exchange.called(Some("de"));
    exchange.pass(20);
    assert_eq!(exchange.others_live.load(Ordering::Relaxed), 1);
    exchange.says(second, 1, 1_400);
    exchange.pass(8_000);
    assert_eq!(exchange.heard(first), [""; 0]);
    assert_eq!(exchange.heard(second), ["de: Danke."]);
    // And a caller who speaks English has that seat's words from the lane for English.
    exchange.hangs_up(second);
    exchange.pass(20);
    let third = exchange.called(Some("en"));
    exchange.pass(20);
    exchange.says(third, 1, 1_400);
    exchange.pass(4_000);
    assert_eq!(exchange.heard(third), ["Thank you."]);
}

#[test]
fn of_a_caller_who_is_silent_nothing_is_asked() {
    let mut exchange = Exchange::open(1, Duration::from_millis(300));
    let silent = exchange.called(Some("de"));
    exchange.pass(10_000);
    assert_eq!(exchange.asked.load(Ordering::Relaxed), 0);
    assert_eq!(exchange.heard(silent), [""; 0]);
}
