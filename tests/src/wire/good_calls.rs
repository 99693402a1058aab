//! What a line promises: the echo line gives back every octet, the listen line writes down what people say.

use callwright::simulate::{CallReport, Scenario};
use callwright_api::wire::{Call, Speaker};

use super::server::{TestServer, models};

/// A caller who plays a recording of the models' own to `line`, and hangs up `after_ms` after its end.
pub(super) fn plays(recording: &str, line: &str, after_ms: u32) -> Scenario {
    let yaml = format!(
        "name: plays {recording}\nline: \"{line}\"\nsteps:\n  \
         - {{play: {recording}, after_ms: 300}}\n  - {{hang_up: true, after_ms: {after_ms}}}"
    );
    Scenario::from_yaml(&yaml, &models().join("samples")).unwrap()
}

/// What the server wrote down of the caller.
async fn transcript(server: &TestServer, report: &CallReport) -> String {
    let url = format!("{}/v1/calls/{}", server.url, report.call.as_ref().unwrap());
    let asked = reqwest::Client::new().get(url).bearer_auth(&server.key).send().await.unwrap();
    let call: Call = asked.json().await.unwrap();
    let lines = call.transcript.into_iter().filter(|line| line.who == Speaker::Caller);
    lines.map(|line| line.text).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_echo_line_gives_back_every_octet() {
    let server = TestServer::shared();
    let call = plays("beckett.wav", "+15005550199", 500);
    let report = server.caller().call(&call).await.unwrap();
    assert!(report.passed, "{report}");
    assert_is_echo(&report);
}

/// Everything the caller heard is what they said, from the first octet on, and all but the last moment of it.
pub(super) fn assert_is_echo(report: &CallReport) {
    let (said, heard) = (report.recording.caller(), report.recording.played_octets());
    assert!(said.starts_with(heard), "the echo differs from what was said");
    let missing = said.len() - heard.len();
    // What is on its way when the caller hangs up is not heard: 200 ms of it at most.
    assert!(missing <= 1_600, "{missing} of {} octets did not come back", said.len());
}

#[tokio::test]
async fn the_listen_line_writes_down_what_people_say() {
    let server = TestServer::shared();
    let caller = server.caller();
    let (beckett, two_cities) = tokio::join!(
        async {
            let report = caller.call(&plays("beckett.wav", "+15005550177", 2_500)).await.unwrap();
            assert!(report.passed, "{report}");
            transcript(&server, &report).await
        },
        async {
            let call = plays("two_cities.wav", "+15005550177", 2_500);
            let report = caller.call(&call).await.unwrap();
            assert!(report.passed, "{report}");
            transcript(&server, &report).await
        }
    );
    let errors = word_errors(BECKETT, &beckett);
    assert!(errors <= 2, "{errors} wrong words in {beckett:?}");
    let (errors, all) = (word_errors(TWO_CITIES, &two_cities), words(TWO_CITIES).len());
    eprintln!("two_cities: {errors} of {all} words are wrong in {two_cities:?}");
    assert!(errors * 10 <= all, "{errors} of {all} words are wrong in {two_cities:?}");
}

const BECKETT: &str = "Ever tried. Ever failed. No matter. Try again. Fail again. Fail better.";

const TWO_CITIES: &str = "It was the best of times, it was the worst of times, it was the age of wisdom, \
    it was the age of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the \
    season of Light, it was the season of Darkness, it was the spring of hope, it was the winter of despair, \
    we had everything before us, we had nothing before us, we were all going direct to Heaven, we were all \
    going direct the other way - in short, the period was so far like the present period, that some of its \
    noisiest authorities insisted on its being received, for good or for evil, in the superlative degree of \
    comparison only.";

/// The words of a text, without case and marks; a hyphen joins nothing.
fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| c.is_whitespace() || c == '-')
        .map(|word| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect()
}

/// Words to replace, leave out or put in to get from what was said to what was heard.
fn word_errors(said: &str, heard: &str) -> usize {
    let (said, heard) = (words(said), words(heard));
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, wanted) in said.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, found) in heard.iter().enumerate() {
            let change = diagonal + usize::from(wanted != found);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[heard.len()]
}

#[test]
fn word_errors_are_counted() {
    for (said, heard, errors) in
        [("a b c", "A, b. c", 0), ("a b c", "a x c", 1), ("a b c", "a c", 1), ("a", "a b c", 2)]
    {
        assert_eq!(word_errors(said, heard), errors, "{said:?} {heard:?}");
    }
}
