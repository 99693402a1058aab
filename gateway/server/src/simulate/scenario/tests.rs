use super::written::TIMES;
use super::*;

fn parse(text: &str) -> Result<Scenario, ScenarioError> {
    Scenario::parse(text, "calls/one.yaml", PathBuf::new())
}

fn steps(text: &str) -> Result<Vec<Step>, ScenarioError> {
    parse(&format!("name: n\nsteps:\n{text}")).map(|scenario| scenario.steps)
}

#[test]
fn a_whole_scenario() {
    let scenario = parse(
        r#"
name: Books
line: "+15005550100"
voice: awb
noise_dbov: -50
pause_ms: 400
steps:
  - say: I'd like a cleaning.
  - on: what time
    say: At three.
  - say: Stop!
    cut_in_after_ms: 1200
  - keys: "555 12#"
  - say: Well, I think that
    hang_up_after_ms: 300
  - silence_ms: 2000
  - play: hello.wav
    after_ms: 100
  - hang_up: true
reactions:
  - on: [your name, who is]
    say: Anna Miller
  - on: phone
    keys: "1"
    times: 1
expect:
  agent_says: [automated assistant, [booked, confirmed]]
  appointment: {service: cleaning, day: next tuesday, from: "12:00", until: "17:00", name: [Anna Miller]}
  ended_by: agent
  interrupted: true
  reply_p50_at_most_ms: 700
"#,
    )
    .unwrap();
    assert_eq!(scenario.pause, Duration::from_millis(400));
    assert_eq!(scenario.patience, patience());
    assert_eq!(scenario.steps.len(), 8);
    assert_eq!(scenario.steps[2].when, When::CutIn(Duration::from_millis(1_200)));
    assert_eq!(scenario.steps[3].deed, Deed::Press(vec!['5', '5', '5', '1', '2', '#']));
    assert_eq!(scenario.steps[6].when, When::After(Duration::from_millis(100)));
    assert_eq!((scenario.reactions[0].times, scenario.reactions[1].times), (TIMES, 1));
    assert_eq!(scenario.expect.ended_by, Some(Side::Agent));
    // Five things to say, the reaction's, and what is said otherwise.
    assert_eq!(scenario.voices().count(), 7);
}

#[test]
fn mistakes_are_named_with_their_place() {
    for (text, place, what) in [
        ("name: [", "calls/one.yaml:", ""),
        ("steps: []", "calls/one.yaml", "missing field `name`"),
        ("name: n\nsteps: []\nvoise: rms", "calls/one.yaml:3:1", "unknown field `voise`"),
        ("name: n\nsteps: []\npace: 9", "calls/one.yaml", "between 0.5 and 2"),
        ("name: n\nsteps: []\nnoise_dbov: 3", "calls/one.yaml", "between -90 and -10"),
        (
            "name: n\nsteps: []\nexpect: {appointment: {}, no_appointment: true}",
            "calls/one.yaml",
            "cannot both",
        ),
        ("name: n\nsteps: []\nexpect: {ended_by: nobody}", "calls/one.yaml:3", "unknown variant"),
        (
            "name: n\nsteps: []\nexpect: {appointment: {day: someday}}",
            "calls/one.yaml:3",
            "someday",
        ),
        (
            "name: n\nsteps: []\nexpect: {appointment: {from: noon}}",
            "calls/one.yaml:3",
            "not a time of day",
        ),
    ] {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.starts_with(place) && error.contains(what), "{text:?}: {error}");
    }
}

#[test]
fn a_step_is_one_deed_at_one_time() {
    for (text, what) in [
        ("  - on: hello", "exactly one of"),
        ("  - {say: a, keys: \"1\"}", "exactly one of"),
        ("  - {say: \"?!\"}", "no word"),
        ("  - {keys: \"1a\"}", "'a' is not a key"),
        ("  - {hang_up: true, hang_up_after_ms: 3}", "goes with `say`"),
        ("  - {say: a, after_ms: 1, cut_in_after_ms: 2}", "exclude each other"),
        ("  - {say: a, on: b, after_ms: 1}", "goes with neither"),
        ("  - {sing: a}", "unknown field `sing`"),
    ] {
        let error = steps(text).unwrap_err().to_string();
        assert!(error.starts_with("calls/one.yaml:3"), "{text}: {error}");
        assert!(error.contains(what), "{text}: {error}");
    }
}

#[test]
fn a_reaction_may_have_several_wordings() {
    let reactions = |text: &str| {
        parse(&format!("name: n\nsteps: []\nreactions: [{text}]")).map(|it| it.reactions)
    };
    let deeds = reactions("{on: a, say: [b, c]}").unwrap().remove(0).deeds;
    assert_eq!(deeds.len(), 2);
    for wrong in
        ["{on: a, say: []}", "{on: a, say: [b, \"?\"]}", "{on: a, say: [b], hang_up: true}"]
    {
        assert!(reactions(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let error = Scenario::read(Path::new("/nowhere/at all.yaml")).unwrap_err().to_string();
    assert!(error.contains("/nowhere/at all.yaml"), "{error}");
}
