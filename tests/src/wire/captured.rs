//! A call over real sockets, with real models and a real business, is captured and run again to the same octets.

use callwright::config::CaptureSetting;
use callwright_calls::capture::{Capture, TapeEnd};
use callwright_calls::replay;
use callwright_contract::CallFact;
use callwright_host::kept;

use super::good_calls::plays;
use super::server::TestServer;

#[tokio::test]
async fn a_call_to_the_receptionist_replays_to_the_same_events_and_octets() {
    let home = tempfile::tempdir().unwrap();
    let server = TestServer::start(|config| {
        config.home = home.path().to_owned();
        config.capture = CaptureSetting::All;
    });
    let report = server.caller().call(&plays("beckett.wav", "+15005550100", 2_500)).await.unwrap();
    let call = report.call.clone().unwrap();
    // When the server has stopped, everything is in the file.
    drop(server);
    let captures = kept(&home.path().join("captures")).unwrap();
    assert_eq!(captures.len(), 1);
    assert_eq!(captures[0].call.to_string(), call);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&captures[0].path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "for its owner's eyes only");
    }
    let file = std::fs::read(&captures[0].path).unwrap();
    let capture = Capture::read(&file).unwrap();
    assert_eq!(capture.end, Some(TapeEnd::CallOver));
    let again = replay(&capture).unwrap();
    assert_eq!(again.difference, None);
    assert!(again.played.octets > 8_000, "a second of the greeting at least");
    assert!(again.events.iter().any(|event| matches!(event.fact, CallFact::TurnOver(_))));
    let (octets, seconds) = (file.len(), again.lasted.as_secs_f64());
    eprintln!("{octets} octets for {seconds:.1} s: {:.0} a second", octets as f64 / seconds);
    let context =
        callwright::replay::context::Context::from_octets(capture.context.as_deref().unwrap());
    let context = context.unwrap();
    assert!(context.business.unwrap().contains("Bright Smile"));
    assert!(context.models.iter().any(|model| !model.sha256.is_empty()));
}

#[tokio::test]
async fn nobody_is_captured_who_was_not_told() {
    let home = tempfile::tempdir().unwrap();
    let server = TestServer::start(|config| config.home = home.path().to_owned());
    server.caller().call(&plays("beckett.wav", "+15005550199", 100)).await.unwrap();
    drop(server);
    assert_eq!(kept(&home.path().join("captures")).unwrap(), []);
}
