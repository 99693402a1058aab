use std::path::PathBuf;

use callwright_media::g711::ulaw_encode;

use super::super::scenario::Voice;
use super::super::twilio::{Played, Sound};
use super::*;

fn scenario(rest: &str) -> Scenario {
    Scenario::parse(&format!("name: n\n{rest}"), "test", PathBuf::new()).unwrap()
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A caller, an ear, and an agent that is heard saying things.
struct Scene<'s> {
    caller: Caller<'s>,
    ear: Ear,
    replies: u32,
}

impl<'s> Scene<'s> {
    fn new(scenario: &'s Scenario) -> Self {
        Self { caller: Caller::new(scenario), ear: Ear::default(), replies: 0 }
    }

    fn agent_begins(&mut self, from: u64, to: u64, text: &str) {
        self.caller.agent_says(self.replies, text, ms(from - 20));
        self.caller.agent_begins(self.replies, ms(from - 10));
        let octets = vec![ulaw_encode(8_000); ((to - from) * 8) as usize];
        self.ear.agent(&Sound::Played(Played { at: from * 8, octets }));
    }

    fn agent_speaks(&mut self, from: u64, to: u64, text: &str) {
        self.agent_begins(from, to, text);
        self.caller.agent_ends(self.replies);
        self.replies += 1;
    }

    /// The first thing that the caller does between two moments, and when.
    fn first_act(&mut self, from: u64, to: u64) -> Option<(u64, Act)> {
        (from..to)
            .step_by(20)
            .find_map(|at| self.caller.decide(ms(at), &self.ear, false).map(|act| (at, act)))
    }
}

fn says(text: &str) -> Act {
    says_so(text, false)
}

fn says_so(text: &str, cuts_in: bool) -> Act {
    let voice = Voice::Text(text.to_owned());
    Act::Do { deed: Deed::Speak { voice, hang_up_after: None }, cuts_in }
}

#[test]
fn a_step_waits_until_the_agent_has_finished() {
    let scenario = scenario("steps: [{say: hello}]");
    let mut scene = Scene::new(&scenario);
    assert_eq!(scene.first_act(0, 1_000), None, "the agent greets first");
    scene.agent_begins(1_000, 2_000, "Welcome.");
    assert_eq!(scene.first_act(2_000, 4_400), None, "the reply is not over");
    scene.caller.agent_ends(0);
    scene.replies += 1;
    assert_eq!(scene.first_act(4_000, 6_000), Some((4_000, says("hello"))));
}

#[test]
fn the_pause_is_kept() {
    let scenario = scenario("pause_ms: 600\nsteps: [{say: hello}]");
    let mut scene = Scene::new(&scenario);
    scene.agent_speaks(100, 1_000, "Welcome.");
    assert_eq!(scene.first_act(1_000, 6_000), Some((1_600, says("hello"))));
}

#[test]
fn reactions_answer_while_the_next_step_is_not_due() {
    let scenario = scenario(
        "steps: [{on: what time, say: at three}]\nreactions: [{on: [your name], say: Anna, times: 1}]",
    );
    let mut scene = Scene::new(&scenario);
    scene.agent_speaks(100, 1_000, "May I have your name?");
    let (at, act) = scene.first_act(1_000, 3_000).unwrap();
    assert_eq!(act, says("Anna"));
    scene.caller.finished(ms(at + 500));
    // What was said before the caller answered does not count again, and a reaction is given as often as it says.
    assert_eq!(scene.first_act(at + 520, at + 3_000), None);
    scene.agent_speaks(6_000, 7_000, "Your name, please? And what time suits you?");
    assert_eq!(scene.first_act(7_000, 9_000).unwrap().1, says("at three"));
}

#[test]
fn who_is_asked_again_puts_it_another_way() {
    let scenario =
        scenario("steps: []\nreactions: [{on: name, say: [Anna, My name is Anna], times: 3}]");
    let mut scene = Scene::new(&scenario);
    let mut now = 100;
    for wording in ["Anna", "My name is Anna", "Anna"] {
        scene.agent_speaks(now, now + 900, "Your name?");
        let (at, act) = scene.first_act(now + 900, now + 3_000).unwrap();
        assert_eq!(act, says(wording));
        scene.caller.finished(ms(at + 500));
        now = at + 1_000;
    }
}

#[test]
fn several_replies_are_one_turn() {
    let scenario = scenario("steps: []\nreactions: [{on: three ... four, say: four}]");
    let mut scene = Scene::new(&scenario);
    scene.agent_speaks(100, 1_000, "I have three");
    scene.agent_begins(1_800, 2_500, "and four.");
    assert_eq!(scene.first_act(2_500, 3_200), None);
    scene.caller.agent_ends(1);
    assert_eq!(scene.first_act(3_200, 3_300).unwrap().1, says("four"));
}

#[test]
fn a_cut_in_comes_while_the_agent_speaks() {
    let scenario = scenario("steps: [{say: hello}, {say: stop, cut_in_after_ms: 500}]");
    let mut scene = Scene::new(&scenario);
    scene.agent_speaks(100, 1_000, "Welcome.");
    let (at, _) = scene.first_act(1_000, 3_000).unwrap();
    scene.caller.finished(ms(at + 400));
    let begins = at + 1_000;
    let mut octets = Vec::new();
    for moment in (begins..begins + 2_000).step_by(20) {
        octets.clear();
        octets.resize(160, ulaw_encode(8_000));
        scene.ear.agent(&Sound::Played(Played { at: moment * 8, octets: octets.clone() }));
        if let Some(act) = scene.caller.decide(ms(moment + 20), &scene.ear, true) {
            assert_eq!(act, says_so("stop", true));
            assert_eq!(moment + 20, begins + 500);
            return;
        }
    }
    panic!("the caller did not cut in");
}

#[test]
fn what_was_cut_off_is_no_answer() {
    let scenario = scenario("steps: [{say: stop, cut_in_after_ms: 500}, {hang_up: true}]");
    let mut scene = Scene::new(&scenario);
    scene.agent_speaks(100, 700, "Let me tell you everything about");
    let act = scene.caller.decide(ms(700), &scene.ear, true).unwrap();
    assert_eq!(act, says_so("stop", true));
    // The agent stops in the middle of the caller's word.
    let rest = vec![ulaw_encode(8_000); 1_600];
    scene.ear.agent(&Sound::Played(Played { at: 700 * 8, octets: rest }));
    scene.caller.finished(ms(1_200));
    assert_eq!(scene.first_act(1_200, 5_000), None, "the caller waits for an answer");
    scene.agent_speaks(5_000, 6_000, "All right.");
    let (_, act) = scene.first_act(6_000, 7_000).unwrap();
    assert_eq!(act, Act::Do { deed: Deed::HangUp, cuts_in: false });
}

#[test]
fn what_goes_on_for_a_while_over_the_caller_is_no_answer() {
    let scenario = scenario("steps: [{say: stop, cut_in_after_ms: 500}, {hang_up: true}]");
    let mut scene = Scene::new(&scenario);
    scene.agent_speaks(100, 700, "Let me tell you everything about");
    assert!(scene.caller.decide(ms(700), &scene.ear, true).is_some());
    // It lowers its voice, stops, goes on as after a cough, and then gives up the floor.
    let rest = vec![ulaw_encode(8_000); 1_600];
    scene.ear.agent(&Sound::Played(Played { at: 1_200 * 8, octets: rest }));
    scene.caller.finished(ms(2_500));
    assert_eq!(scene.first_act(2_500, 5_000), None, "the caller waits for an answer");
    scene.agent_speaks(5_000, 6_000, "All right.");
    let (_, act) = scene.first_act(6_000, 7_000).unwrap();
    assert_eq!(act, Act::Do { deed: Deed::HangUp, cuts_in: false });
}

#[test]
fn an_agent_that_will_not_be_cut_off_is_heard_out() {
    let scenario = scenario("steps: [{say: stop, cut_in_after_ms: 500}, {hang_up: true}]");
    let mut scene = Scene::new(&scenario);
    scene.agent_speaks(100, 3_000, "Let me tell you everything about it.");
    assert!(scene.caller.decide(ms(700), &scene.ear, true).is_some());
    scene.caller.finished(ms(1_200));
    let (at, _) = scene.first_act(1_220, 7_000).unwrap();
    assert!(at >= 3_600, "{at}");
}

#[test]
fn a_silent_caller_does_nothing() {
    let scenario = scenario("steps: [{silence_ms: 60000}, {hang_up: true}]");
    let mut scene = Scene::new(&scenario);
    scene.agent_speaks(100, 1_000, "Welcome.");
    let (at, act) = scene.first_act(1_000, 3_000).unwrap();
    assert!(matches!(act, Act::Do { deed: Deed::StaySilent(_), .. }));
    scene.agent_speaks(10_000, 12_000, "Are you there?");
    assert_eq!(scene.first_act(at, at + 60_000), None);
    let (_, act) = scene.first_act(at + 60_000, at + 61_000).unwrap();
    assert_eq!(act, Act::Do { deed: Deed::HangUp, cuts_in: false });
}

#[test]
fn a_step_by_the_clock_asks_nobody() {
    let scenario = scenario("steps: [{say: hello, after_ms: 300}]");
    let mut scene = Scene::new(&scenario);
    assert_eq!(scene.first_act(0, 1_000), Some((300, says("hello"))));
}

#[test]
fn a_question_without_an_answer_is_not_listened_to_for_ever() {
    let scenario = scenario("patience_ms: 3000\notherwise: pardon\nsteps: []");
    let mut scene = Scene::new(&scenario);
    scene.agent_speaks(100, 1_000, "Quack?");
    assert_eq!(scene.first_act(1_000, 3_000), None);
    // That it is asked again and again does not start the patience anew.
    scene.agent_speaks(3_000, 3_500, "Quack?");
    assert_eq!(scene.first_act(3_500, 4_900), Some((4_600, says("pardon"))));
}

#[test]
fn an_agent_that_leads_nowhere_is_given_up() {
    let scenario = scenario("patience_ms: 3000\notherwise: pardon\nsteps: []");
    let mut scene = Scene::new(&scenario);
    scene.agent_speaks(100, 1_000, "Quack.");
    for _ in 0..2 {
        let (at, act) = scene.first_act(1_000, 60_000).unwrap();
        assert_eq!(act, says("pardon"));
        scene.caller.finished(ms(at + 1_000));
        scene.agent_speaks(at + 2_000, at + 3_000, "Quack.");
    }
    let (_, act) = scene.first_act(1_000, 60_000).unwrap();
    assert_eq!(act, Act::GiveUp("the scenario has no answer to “Quack.”".into()));
}
