use std::io::Write;

use super::*;

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn nothing_set_gives_a_server_for_this_machine_alone() {
    let config = Config::gather(Settings::default(), None).unwrap();
    assert_eq!(config.listen, "127.0.0.1:8080".parse().unwrap());
    assert_eq!(config.home, Path::new("./var"));
    assert_eq!(config.database(), Path::new("./var/callwright.db"));
    assert_eq!((config.public_url, config.admin_key), (None, None));
    assert_eq!(config.drain_max, Duration::from_secs(30));
}

#[test]
fn what_is_set_wins_over_the_file_and_the_file_over_the_default() {
    let file = file("home: /srv/calls\nlisten: 0.0.0.0:9000\ncalls_max: 7\n");
    let flags = Settings { home: Some("/here".into()), ..Settings::default() };
    let config = Config::gather(flags, Some(file.path())).unwrap();
    assert_eq!(config.home, Path::new("/here"));
    assert_eq!(config.listen, "0.0.0.0:9000".parse().unwrap());
    assert_eq!(config.calls_max.get(), 7);
    assert_eq!(config.drain_max, Duration::from_secs(30));
}

#[test]
fn an_empty_file_sets_nothing() {
    for text in ["", "\n", "# nothing yet\n"] {
        assert_eq!(Settings::read(file(text).path()).unwrap(), Settings::default(), "{text:?}");
    }
}

#[test]
fn a_wrong_file_is_named_with_what_is_wrong() {
    for (text, said) in [
        ("lisen: 127.0.0.1:1\n", "lisen"),
        ("listen: nowhere\n", "listen"),
        ("calls_max: 0\n", "calls_max"),
        ("calls_max: [", "line 1"),
    ] {
        let file = file(text);
        let error = Config::gather(Settings::default(), Some(file.path())).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
        assert!(error.contains(&*file.path().to_string_lossy()), "{error}");
    }
    let missing = Path::new("/nowhere/at-all.yaml");
    let error = Config::gather(Settings::default(), Some(missing)).unwrap_err().to_string();
    assert!(error.contains("/nowhere/at-all.yaml") && error.contains("No such file"), "{error}");
}

#[test]
fn a_public_url_that_carriers_cannot_call_is_refused() {
    let with = |url: &str| Settings { public_url: Some(url.to_owned()), ..Settings::default() };
    let config = Config::gather(with("https://calls.example.com/"), None).unwrap();
    assert_eq!(config.public_url.unwrap().to_string(), "https://calls.example.com");
    let error = Config::gather(with("calls.example.com"), None).unwrap_err().to_string();
    assert!(error.contains("CALLWRIGHT_PUBLIC_URL") && error.contains("https://"), "{error}");
}

#[test]
fn a_key_that_could_be_guessed_is_refused_and_an_empty_one_is_none() {
    let with = |key: &str| Settings { admin_key: Some(key.into()), ..Settings::default() };
    assert!(Config::gather(with("  "), None).unwrap().admin_key.is_none());
    assert!(Config::gather(with("0123456789abcdef"), None).unwrap().admin_key.is_some());
    for weak in ["secret", "0123456789 abcdef", "0123456789abcdéf"] {
        let error = Config::gather(with(weak), None).unwrap_err().to_string();
        assert!(error.contains("CALLWRIGHT_ADMIN_KEY") && !error.contains(weak), "{error}");
    }
}

#[test]
fn secrets_are_never_printed() {
    let settings = Settings {
        admin_key: Some("0123456789abcdef".into()),
        twilio_auth_token: Some("fedcba9876543210".into()),
        ..Settings::default()
    };
    let printed = format!("{settings:?} {:?}", Config::gather(settings.clone(), None).unwrap());
    assert!(!printed.contains("0123456789") && !printed.contains("9876543210"), "{printed}");
}

#[test]
fn strangers_are_not_captured_untold() {
    let all = |settings: Settings| {
        Config::gather(Settings { capture: Some(CaptureSetting::All), ..settings }, None)
    };
    assert_eq!(all(Settings::default()).unwrap().capture, CaptureSetting::All);
    let public_url = Some("https://calls.example.com".to_owned());
    let listen = Some("0.0.0.0:8080".parse().unwrap());
    for open in
        [Settings { public_url, ..Settings::default() }, Settings { listen, ..Settings::default() }]
    {
        let error = all(open).unwrap_err().to_string();
        assert!(error.contains("CALLWRIGHT_CAPTURE") && error.contains("told"), "{error}");
    }
}
