use super::*;

fn parse(text: &str) -> VoiceDocument {
    serde_yaml_ng::from_str(text).unwrap()
}

const AGENT: &str = "
name: Grace
base: slt
pace: 1.1
manners:
  calm: { pace: 0.8, pause: 2.0 }
pronunciations:
  - { word: Siobhan, say: shi-vawn, ipa: ʃɪˈvɔːn }
  - { word: Nguyen, say: win }
";

#[test]
fn a_manner_changes_the_personas_own_pace_and_pitch() {
    let persona = parse(AGENT).persona().unwrap();
    assert_eq!(persona.name(), Some("Grace"));
    let neutral = persona.style(Manner::Neutral);
    assert_eq!((neutral.voice.as_deref(), neutral.pace, neutral.pitch), (Some("slt"), 1.1, 0.0));
    let calm = persona.style(Manner::Calm);
    assert!((calm.pace - 0.88).abs() < 1e-6, "{calm:?}");
    assert_eq!((calm.pause, calm.pitch, calm.energy_db), (2.0, -0.7, -2.0), "the rest is usual");
    assert_eq!(calm.pronunciations, neutral.pronunciations);
}

#[test]
fn every_manner_but_the_neutral_is_heard_and_stays_within_what_voices_obey() {
    let persona = VoiceDocument::default().persona().unwrap();
    assert_eq!(persona.style(Manner::Neutral), Style::default());
    for manner in Manner::ALL.into_iter().skip(1) {
        let style = persona.style(manner);
        assert_ne!(style, Style::default(), "{manner:?}");
        assert!((0.5..=2.0).contains(&style.pace), "{manner:?}");
        assert!((-6.0..=6.0).contains(&style.pitch), "{manner:?}");
    }
}

#[test]
fn a_tenants_voice_says_only_what_differs() {
    let tenant = parse("{base: kal16, pronunciations: [{word: nguyen, say: noo-yen}]}");
    let style = tenant.over(&parse(AGENT)).persona().unwrap().style(Manner::Neutral);
    assert_eq!((style.voice.as_deref(), style.pace), (Some("kal16"), 1.1));
    let said: Vec<_> =
        style.pronunciations.iter().map(|p| (&*p.word, p.respelling.as_deref())).collect();
    assert_eq!(said, [("nguyen", Some("noo-yen")), ("Siobhan", Some("shi-vawn"))]);
}

#[test]
fn errors_say_where() {
    for (written, said) in [
        ("pace: 9", "voice: pace is not 0.5 to 2.0"),
        ("pitch: .nan", "voice: pitch is not"),
        ("base: ''", "voice: base is no name"),
        ("manners: {furious: {pace: 1.2}}", "may be neutral, warm"),
        ("manners: {calm: {energy_db: 40}}", "energy_db is not -12 to 6"),
        ("pronunciations: [{word: New York, say: x}]", "is not one word"),
        ("pronunciations: [{word: x}]", "must each have"),
    ] {
        let error = parse(written).persona().unwrap_err().to_string();
        assert!(error.contains(said), "{written}: {error}");
    }
    assert!(serde_yaml_ng::from_str::<VoiceDocument>("speed: 1").is_err());
}
