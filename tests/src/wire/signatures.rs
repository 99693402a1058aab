//! With Twilio's auth token set, only Twilio places calls.

use callwright::simulate::{Caller, Scenario, sign};
use callwright_lines::twilio::AuthToken;

use super::rude::{form, post, upgrade};
use super::server::TestServer;

const AUTH_TOKEN: &str = "12345";
const PUBLIC_URL: &str = "https://calls.example.com";

#[tokio::test]
async fn only_what_twilio_signed_is_answered() {
    let server = TestServer::start(|config| {
        config.twilio_auth_token = AuthToken::new(AUTH_TOKEN);
        config.public_url = Some(PUBLIC_URL.parse().unwrap());
    });
    let form = form("CA00000000000000000000000000000001", "+15005550199");
    let url = format!("{PUBLIC_URL}/twilio/voice");
    let good = sign(AUTH_TOKEN, &url, &form);
    for signature in [
        None,
        Some(String::new()),
        Some("RSOYDt4T1cUTdK1PDd93/VVr8B8=".to_owned()),
        Some(sign("54321", &url, &form)),
        Some(sign(AUTH_TOKEN, &url, form.get(1..).unwrap())),
        Some(sign(AUTH_TOKEN, &format!("{}/twilio/voice", server.url), &form)),
    ] {
        let (status, _) = post(&server.url, "/twilio/voice", &form, signature.as_deref()).await;
        assert_eq!(status, 403, "{signature:?}");
    }
    let (status, twiml) = post(&server.url, "/twilio/voice", &form, Some(&good)).await;
    assert_eq!(status, 200);

    // The stream's address is signed too: a token that leaked opens nothing.
    let refused = upgrade(&server.url, &twiml, None).await;
    assert_eq!(refused.unwrap_err(), 403);
    let wrong = upgrade(&server.url, &twiml, Some("7PR3qMkpDyEJtMrVOY/LDyNq8J8=")).await;
    assert_eq!(wrong.unwrap_err(), 403);

    // And a whole call of Twilio's own goes through.
    let yaml = "name: echo\nline: \"+15005550199\"\nsteps:\n  \
                - {say: Hello., after_ms: 100}\n  - {hang_up: true, after_ms: 300}";
    let scenario = Scenario::from_yaml(yaml, std::path::Path::new("")).unwrap();
    let target = server.target().known_as(PUBLIC_URL).signing(AUTH_TOKEN.to_owned());
    let report = Caller::new(target).unwrap().call(&scenario).await.unwrap();
    assert!(report.passed, "{report}");
    super::good_calls::assert_is_echo(&report);
}
