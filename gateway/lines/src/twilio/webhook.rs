//! What Twilio posts to us: forms, parsed once.
//!
//! Source: Twilio's "TwiML Voice Request Parameters" and the status callback of `<Stream>`.

use std::borrow::Cow;

use callwright_calls::contract::{Arrival, Carrier, Pii};

use super::Sid;
use super::signature::Parameters;

/// Longest body of a webhook, in octets; Twilio's have one or two thousand.
pub(super) const BODY_MAX_BYTES: usize = 64 * 1024;
/// Most parameters of a form; Twilio's have about thirty.
pub(super) const PARAMETERS_MAX: usize = 256;
/// Longest address of a caller or a line, in octets. SIP addresses are the longest that there are.
pub(super) const ADDRESS_MAX_BYTES: usize = 256;

/// A form, decoded. Holds numbers of people and is never printed.
pub(super) struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// Why a form is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadForm {
    #[error("more than {PARAMETERS_MAX} parameters")]
    TooMany,
    #[error("CallSid is missing or wrong")]
    CallSid,
    #[error("To is missing or wrong")]
    To,
    #[error("From is wrong")]
    From,
}

impl<'a> Form<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, BadForm> {
        let mut pairs = form_urlencoded::parse(body);
        let parameters: Vec<_> = pairs.by_ref().take(PARAMETERS_MAX).collect();
        if pairs.next().is_some() { Err(BadForm::TooMany) } else { Ok(Self(parameters)) }
    }

    /// All of it, for its signature.
    pub(super) fn parameters(&self) -> &Parameters<'a> {
        &self.0
    }

    /// The call that the request is about.
    pub(super) fn call(&self) -> Result<Sid, BadForm> {
        self.value("CallSid").and_then(|text| Sid::try_from(text).ok()).ok_or(BadForm::CallSid)
    }

    /// The line that was called.
    pub(super) fn line(&self) -> Result<Pii<String>, BadForm> {
        self.value("To").and_then(address).ok_or(BadForm::To)
    }

    /// The call that comes in.
    pub(super) fn arrival(&self) -> Result<Arrival, BadForm> {
        let caller = match self.value("From") {
            None => None,
            Some(text) if text.is_empty() || NOBODY.contains(&text) => None,
            Some(text) => Some(address(text).ok_or(BadForm::From)?),
        };
        Ok(Arrival {
            carrier: Carrier::Twilio,
            carrier_call: self.call()?.as_str().to_owned(),
            line: self.line()?,
            caller,
        })
    }

    /// What became of a stream.
    pub(super) fn stream_status(&self) -> StreamStatus {
        let event = match self.value("StreamEvent") {
            Some("stream-started") => "started",
            Some("stream-stopped") => "stopped",
            Some("stream-error") => "error",
            _ => "unknown",
        };
        let error = self.value("StreamError").and_then(error_code);
        StreamStatus { call: self.call().ok(), event, error }
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_ref())
    }
}

/// The status callback of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StreamStatus {
    pub(super) call: Option<Sid>,
    /// One of `started`, `stopped`, `error`, `unknown`.
    pub(super) event: &'static str,
    /// Twilio's number for what went wrong, such as 31920.
    pub(super) error: Option<u32>,
}

/// What stands in `From` when the caller is not shown.
const NOBODY: [&str; 8] = [
    "anonymous",
    "Anonymous",
    "unknown",
    // The words ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and UNAVAILABLE on a keypad, as carriers send them.
    "+266696687",
    "+7378742833",
    "+2562533",
    "+8656696",
    "+86282452253",
];

/// A number or SIP address that can be shown, dialled and written into XML.
fn address(text: &str) -> Option<Pii<String>> {
    let good = !text.trim().is_empty()
        && text.len() <= ADDRESS_MAX_BYTES
        && !text.chars().any(|c| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}'));
    good.then(|| Pii::from(text))
}

/// The first five digits in a row: Twilio writes the number of an error among words.
fn error_code(text: &str) -> Option<u32> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit());
    numbers.find(|digits| digits.len() == 5).and_then(|digits| digits.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(body: &str) -> Result<(String, String, Option<String>), BadForm> {
        let arrival = Form::parse(body.as_bytes())?.arrival()?;
        let caller = arrival.caller.map(Pii::into_revealed);
        Ok((arrival.carrier_call, arrival.line.into_revealed(), caller))
    }

    #[test]
    fn a_call_is_read_from_the_form() {
        let body = "CallSid=CA1&AccountSid=AC1&From=%2B15005550006&To=%2B15005550100&New=x";
        let known = ("CA1".into(), "+15005550100".into(), Some("+15005550006".into()));
        assert_eq!(arrival(body), Ok(known));
        let sip = "CallSid=CA1&From=sip%3Aann%40example.com&To=sip%3Adesk%40x";
        let known = ("CA1".into(), "sip:desk@x".into(), Some("sip:ann@example.com".into()));
        assert_eq!(arrival(sip), Ok(known));
    }

    #[test]
    fn hidden_callers_are_nobody() {
        for from in ["", "&From=", "&From=anonymous", "&From=%2B266696687"] {
            let body = format!("CallSid=CA1&To=%2B15005550100{from}");
            assert_eq!(arrival(&body), Ok(("CA1".into(), "+15005550100".into(), None)));
        }
    }

    #[test]
    fn what_is_wrong_with_a_form_is_said() {
        let long = "1".repeat(ADDRESS_MAX_BYTES + 1);
        for (body, error) in [
            ("", BadForm::CallSid),
            ("CallSid=&To=1", BadForm::CallSid),
            ("CallSid=C%20A&To=1", BadForm::CallSid),
            ("CallSid=CA1", BadForm::To),
            ("CallSid=CA1&To=", BadForm::To),
            ("CallSid=CA1&To=%00", BadForm::To),
            ("CallSid=CA1&To=1&From=%0A", BadForm::From),
            (&format!("CallSid=CA1&To={long}"), BadForm::To),
            (&"a=1&".repeat(PARAMETERS_MAX + 1), BadForm::TooMany),
        ] {
            assert_eq!(arrival(body), Err(error), "{body:.40}");
        }
    }

    #[test]
    fn a_streams_fate_is_read_from_its_callback() {
        let check = |body: &str, event, error| {
            let status = Form::parse(body.as_bytes()).unwrap().stream_status();
            assert_eq!((status.event, status.error), (event, error), "{body}");
        };
        check("CallSid=CA1&StreamEvent=stream-started", "started", None);
        check("StreamEvent=stream-stopped&StreamError=", "stopped", None);
        check("StreamEvent=stream-error&StreamError=31920%20-%20Handshake", "error", Some(31_920));
        check("StreamEvent=start&StreamError=call%2015005550100", "unknown", None);
    }
}
