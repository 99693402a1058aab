//! Whatever comes over one socket harms no other call: a good call goes on beside every bad one, octet for octet.

use std::path::Path;

use callwright::simulate::Scenario;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::Message;

use super::good_calls::assert_is_echo;
use super::rude::{Rude, Watch, open, post, upgrade};
use super::server::TestServer;

/// A call that lasts as long as the longest of the bad ones.
const GOOD_CALL: &str = "
name: a good call beside bad ones
line: \"+15005550199\"
steps:
  - {say: \"Hello, is anybody there? I am still here, and I go on talking for a while.\", after_ms: 100}
  - {say: \"One, two, three, four, five, six, seven, eight, nine, ten.\", after_ms: 500}
  - {hang_up: true, after_ms: 500}
";

#[tokio::test]
async fn bad_streams_harm_no_other_call() {
    let server = TestServer::shared();
    let (caller, base) = (server.caller(), server.url.as_str());
    let good = Scenario::from_yaml(GOOD_CALL, Path::new("")).unwrap();
    let (report, ..) = tokio::join!(
        caller.call(&good),
        malformed_messages_are_passed_over_until_they_are_too_many(base),
        huge_messages_end_a_stream(base),
        a_stream_without_a_start_is_ended(base),
        a_second_start_does_not_begin_a_second_call(&server),
        chunks_are_put_in_order_and_heard_once(base),
        a_socket_cut_in_the_middle_of_a_message_loses_its_call_alone(&server),
        a_token_opens_one_stream(base),
        webhooks_that_are_none_are_refused(base),
    );
    let report = report.unwrap();
    assert!(report.passed, "{report}");
    assert_is_echo(&report);
}

async fn malformed_messages_are_passed_over_until_they_are_too_many(base: &str) {
    let mut rude = Rude::begin(base, 0x10).await;
    let sid = rude.stream_sid();
    let media = |payload: &str| {
        json!({"event": "media", "sequenceNumber": "2", "streamSid": sid,
               "media": {"track": "inbound", "chunk": "1", "timestamp": "0", "payload": payload}})
        .to_string()
    };
    let bad = [
        Message::text("{"),
        Message::text("[1, 2]"),
        Message::text(r#"{"event": 7}"#),
        Message::text(media("*not base64*")),
        Message::binary(vec![0, 1, 2]),
    ];
    for message in bad.iter().cloned() {
        rude.send_anything(message).await;
    }
    // They were counted, and the call goes on.
    let good = rude.media(1, 0x42);
    rude.send(&good).await;
    assert_eq!(rude.hear(160).await, [0x42; 160]);
    // Nothing but such messages, and it does not.
    for message in bad.iter().cycle().take(30).cloned() {
        rude.send_anything(message).await;
    }
    rude.is_closed_by_the_server().await;
}

async fn huge_messages_end_a_stream(base: &str) {
    let mut rude = Rude::begin(base, 0x20).await;
    let huge = json!({"event": "media", "media": {"payload": "A".repeat(1 << 20)}}).to_string();
    rude.send_anything(Message::text(huge)).await;
    rude.is_closed_by_the_server().await;
}

async fn a_stream_without_a_start_is_ended(base: &str) {
    let mut rude = Rude::connect(base, 0x30).await;
    let connected = json!({"event": "connected", "protocol": "Call", "version": "1.0.0"});
    rude.send(&connected).await;
    rude.is_closed_by_the_server().await;
}

async fn a_second_start_does_not_begin_a_second_call(server: &TestServer) {
    let mut watch = Watch::begin(&server.url, &server.key).await;
    let mut rude = Rude::begin(&server.url, 0x40).await;
    let media = rude.media(1, 0x42);
    rude.send(&media).await;
    assert_eq!(rude.hear(160).await, [0x42; 160]);
    let start = rude.start();
    rude.send(&start).await;
    let stop = json!({"event": "stop", "sequenceNumber": "4", "streamSid": rude.stream_sid(),
                      "stop": {"accountSid": "AC00000000000000000000000000000000", "callSid": rude.call_sid}});
    rude.send_anything(Message::text(stop.to_string())).await;
    let cause = watch.end_of(&rude.call_sid).await;
    assert!(["caller_hung_up", "line_lost"].contains(&cause.as_str()), "{cause}");
}

async fn chunks_are_put_in_order_and_heard_once(base: &str) {
    let mut rude = Rude::begin(base, 0x50).await;
    for chunk in [1, 3, 2, 2, 4, 1, 5] {
        let media = rude.media(chunk, 0x40 + u8::try_from(chunk).unwrap());
        rude.send(&media).await;
    }
    let expected: Vec<u8> = (0x41..=0x45).flat_map(|octet| [octet; 160]).collect();
    assert_eq!(rude.hear(800).await, expected);
}

async fn a_socket_cut_in_the_middle_of_a_message_loses_its_call_alone(server: &TestServer) {
    let mut watch = Watch::begin(&server.url, &server.key).await;
    let mut rude = Rude::begin(&server.url, 0x60).await;
    let media = rude.media(1, 0x42);
    rude.send(&media).await;
    rude.hear(160).await;
    // A masked text frame of 126 octets (RFC 6455 section 5.2), of which only the beginning comes.
    rude.socket.get_mut().write_all(&[0x81, 0xFE, 0x00, 0x7E, 1, 2, 3, 4, b'{']).await.unwrap();
    let call_sid = rude.call_sid.clone();
    drop(rude);
    assert_eq!(watch.end_of(&call_sid).await, "line_lost");
}

async fn a_token_opens_one_stream(base: &str) {
    let rude = Rude::connect(base, 0x70).await;
    assert_eq!(upgrade(base, &rude.twiml, None).await.unwrap_err(), 404);
    assert_eq!(open(base, "no-such-token", None).await.unwrap_err(), 404);
}

async fn webhooks_that_are_none_are_refused(base: &str) {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    for form in [
        vec![],
        vec![pair("CallSid", "CA1"), pair("From", "+1")],
        vec![pair("CallSid", &"C".repeat(100_000)), pair("From", "+1"), pair("To", "+15005550199")],
    ] {
        let (status, _) = post(base, "/twilio/voice", &form, None).await;
        assert!((400..500).contains(&status), "{status}");
    }
}
