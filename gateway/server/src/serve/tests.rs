//! A whole server in this process, with scripted models: how it starts, refuses, shows itself and stops.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use callwright_business::BusinessOptions;
use callwright_calls::leg::{LegAudio, LegDriver, LegOutput, LegProfile, LegReady, leg};
use callwright_contract::{Arrival, CallId, Carrier, EndCause, Pii, Refusal};
use callwright_lines::twilio::Switchboard;
use callwright_models::scripted::{
    LevelDetector, ScriptedEmotion, ScriptedRecognizer, ToneSynthesizer, TrailingSilence,
};
use tokio::time::timeout;

use super::*;
use crate::config::AdminKey;

/// How long something may take before a test says that it never happens.
const PATIENCE: Duration = Duration::from_secs(20);

fn scripted(slots: usize) -> Models {
    Models {
        detector: Box::new(LevelDetector::new(slots)),
        judge: Box::new(TrailingSilence::new(3_200)),
        recognizer: Box::new(ScriptedRecognizer::new([""; 0])),
        others: Vec::new(),
        synthesizer: Box::new(ToneSynthesizer::new()),
        emotion: Box::new(ScriptedEmotion::new(slots, [])),
        facts: Vec::new(),
    }
}

fn config(home: &Path) -> Config {
    let calls_max = NonZeroUsize::new(2).unwrap();
    Config { calls_max, ..Config::local(home, home.join("models")) }
}

async fn started(config: Config) -> Result<Running, ServeError> {
    let slots = engine::slots(&config);
    start_with(config, move || Ok(scripted(slots))).await
}

async fn get(running: &Running, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("{}{path}", running.url())).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// What Twilio is told to do with a caller.
async fn twiml(running: &Running) -> String {
    let form = [
        ("CallSid", "CA0123456789abcdef0123456789abcdef"),
        ("AccountSid", "AC0123456789abcdef0123456789abcdef"),
        ("From", "+15005550142"),
        ("To", "+15005550100"),
    ];
    let client = reqwest::Client::new();
    let answer = client.post(format!("{}/twilio/voice", running.url())).form(&form).send().await;
    answer.unwrap().text().await.unwrap()
}

/// A call to `line`, placed as a line would.
fn place(running: &Running, line: &str) -> (Result<CallId, Refusal>, LegDriver) {
    let engine = running.engine.as_ref().unwrap();
    let (host, business) = (Arc::clone(&engine.host), running.business.clone());
    let desk = Desk { host, business, captures: None };
    let (driver, call) = leg(LegProfile {
        lead: Duration::from_millis(160),
        marks: true,
        hears: LegAudio::Ulaw,
        tones: false,
    });
    let arrival = Arrival {
        carrier: Carrier::Twilio,
        carrier_call: "CA0".to_owned(),
        line: Pii::from(line),
        caller: None,
    };
    (desk.place(arrival, call), driver)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_run_makes_a_key_and_the_next_one_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("var");
    let first = started(config(&home)).await.unwrap();
    assert_eq!(get(&first, "/readyz").await.0, 200);
    let key = first.first_run_key().unwrap().to_owned();
    assert_eq!(first.admin_key().as_deref(), Some(key.as_str()));
    let shown = banner(&first, Some(&key));
    assert!(shown.contains(&format!("{}/#key={key}", first.url())), "{shown}");
    assert!(shown.contains("+15005550199") && shown.contains("/twilio/voice"), "{shown}");
    first.shutdown().await;

    let second = started(config(&home)).await.unwrap();
    assert_eq!(second.first_run_key(), None);
    assert_eq!(second.admin_key().as_deref(), Some(key.as_str()));
    let shown = banner(&second, None);
    assert!(!shown.contains(&key) && shown.contains("admin.key"), "{shown}");
    second.shutdown().await;

    let own = "a-key-that-the-operator-chose";
    let admin_key = Some(AdminKey::try_from(crate::config::Secret::from(own)).unwrap());
    let third = started(Config { admin_key, ..config(&home) }).await.unwrap();
    assert_eq!(third.admin_key().as_deref(), Some(own));
    third.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_a_server_from_starting_is_said_and_nothing_stays_behind() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("var");
    let first = started(config(&home)).await.unwrap();
    let same_home = started(config(&home)).await.unwrap_err();
    assert!(matches!(same_home, ServeError::Home(HomeError::InUse { .. })), "{same_home}");
    let taken = Config { listen: first.addr(), ..config(&folder.path().join("other")) };
    let same_address = started(taken.clone()).await.unwrap_err();
    assert!(
        matches!(same_address, ServeError::Listen(ListenError::InUse { .. })),
        "{same_address}"
    );
    assert!(same_address.to_string().contains("--listen"), "{same_address}");
    first.shutdown().await;
    started(taken).await.unwrap().shutdown().await;

    let no_models = start(config(&home)).await.unwrap_err();
    assert!(matches!(no_models, ServeError::Models(_)), "{no_models}");
    assert!(no_models.to_string().contains("./callwright up"), "{no_models}");
    started(config(&home)).await.unwrap().shutdown().await;

    let file = tempfile::NamedTempFile::new().unwrap();
    let no_folder = started(config(&file.path().join("var"))).await.unwrap_err();
    assert!(no_folder.to_string().contains("CALLWRIGHT_HOME"), "{no_folder}");
    let garbage = folder.path().join("garbage");
    std::fs::create_dir(&garbage).unwrap();
    std::fs::write(garbage.join("callwright.db"), "no database ".repeat(1_000)).unwrap();
    let no_store = started(config(&garbage)).await.unwrap_err();
    assert!(matches!(no_store, ServeError::Store(_)), "{no_store}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_too_many_gets_a_busy_tone_and_so_does_every_call_while_stopping() {
    let folder = tempfile::tempdir().unwrap();
    let running = started(config(folder.path())).await.unwrap();
    assert!(twiml(&running).await.contains("<Connect"));
    let echo = "+15005550199";
    let (first, _first_leg) = place(&running, echo);
    let (second, second_leg) = place(&running, echo);
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(place(&running, echo).0, Err(Refusal::AtCapacity));
    assert_eq!(get(&running, "/readyz").await.0, 200);
    second_leg.hang_up();
    running.refuse_calls();
    let (status, reasons) = get(&running, "/readyz").await;
    assert_eq!(status, 503);
    assert!(reasons.contains("stopping"), "{reasons}");
    assert!(twiml(&running).await.contains(r#"<Reject reason="busy"/>"#));
    assert_eq!(place(&running, echo).0, Err(Refusal::Draining));
    let (_, metrics) = get(&running, "/metrics").await;
    assert!(metrics.contains(r#"callwright_calls_refused_total{reason="at_capacity"}"#));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_outlives_the_drain_is_ended_and_says_so_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let drain_max = Duration::from_millis(50);
    let config = Config { drain_max, ..config(folder.path()) };
    let running = started(config.clone()).await.unwrap();
    let (id, mut driver) = place(&running, "+15005550199");
    let id = id.unwrap();
    let line = tokio::spawn(async move {
        loop {
            match driver.ready(false).await {
                LegReady::Output(LegOutput::Close(_)) | LegReady::Over => return,
                _ => {}
            }
        }
    });
    timeout(PATIENCE, running.shutdown()).await.expect("it stops in time");
    timeout(PATIENCE, line).await.expect("the line is told").unwrap();

    let options = BusinessOptions::new(config.database(), clock::wall());
    let opened = Business::open(options).await.unwrap();
    assert_eq!(opened.calls_left_open, 0);
    let scope = Scope::Platform;
    let record = opened.business.call(&scope, id).await.unwrap().unwrap();
    assert_eq!(record.summary.cause, Some(EndCause::Drained));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_server_is_warned_about() {
    let folder = tempfile::tempdir().unwrap();
    let public_url = Some("http://calls.example.com".parse().unwrap());
    let running = started(Config { public_url, ..config(folder.path()) }).await.unwrap();
    let shown = banner(&running, None);
    assert!(shown.contains("TWILIO_AUTH_TOKEN") && shown.contains("wss only"), "{shown}");
    assert!(shown.contains("http://calls.example.com/twilio/voice"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn models_change_while_a_call_goes_on_and_one_that_cannot_be_loaded_leaves_the_old() {
    use callwright_models::ModelFact;
    use callwright_models::lanes::{LaneKind, LaneModel};

    let folder = tempfile::tempdir().unwrap();
    let running = started(config(&folder.path().join("var"))).await.unwrap();
    let (placed, _driver) = place(&running, "+15005550177");
    placed.unwrap();
    let slots = engine::slots(running.config());
    let outcomes = running
        .reload_by(move |lane| {
            let models = scripted(slots);
            let model = match lane {
                LaneKind::Detector => LaneModel::Detector(models.detector),
                // The model of another lane.
                LaneKind::Judge => LaneModel::Detector(models.detector),
                LaneKind::Recognizer => {
                    let path = PathBuf::from("encoder_model.ort");
                    let source = io::ErrorKind::NotFound.into();
                    return Err(LoadError::Missing { path, source });
                }
                LaneKind::Emotion => LaneModel::Emotion(models.emotion),
                LaneKind::Synthesizer => LaneModel::Synthesizer(models.synthesizer),
            };
            let (task, load) = ("test", Duration::ZERO);
            let fact = ModelFact { name: "new", task, load, size: 0, memory: None, voices: vec![] };
            Ok((model, fact))
        })
        .await;
    let told: Vec<(&str, Result<&str, String>)> = outcomes
        .iter()
        .map(|of| (of.lane, of.outcome.as_ref().map(|f| f.name).map_err(ToString::to_string)))
        .collect();
    let missing = "encoder_model.ort is not there; `./callwright up` installs it".to_owned();
    let wrong = "lane-turn-0 needs a turn judge, and this is a speech detector".to_owned();
    assert_eq!(
        told,
        [
            ("lane-vad-0", Ok("new")),
            ("lane-turn-0", Err(wrong)),
            ("lane-asr-0", Err(missing)),
            ("lane-tts-0", Ok("new")),
            ("lane-emotion-0", Ok("new")),
        ]
    );
    let swaps: Vec<u64> = running
        .engine
        .as_ref()
        .unwrap()
        .monitors()
        .iter()
        .map(|lane| lane.health().swaps)
        .collect();
    assert_eq!(swaps, [1, 0, 0, 1, 1]);
    assert_eq!(running.live(), 1, "the call goes on");
    running.shutdown().await;
}
