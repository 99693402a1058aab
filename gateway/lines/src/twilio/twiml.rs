//! What we answer Twilio's webhooks with: TwiML documents.
//!
//! Source: Twilio's "TwiML for Programmable Voice". All text goes through an XML writer, which escapes it.

use std::io;

use callwright_calls::contract::{AfterCall, Arrival, Pii};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

/// Addresses of ours that Twilio calls during a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addresses<'a> {
    /// The media stream, with its token.
    pub(super) media: &'a str,
    /// What to do once the stream has ended.
    pub(super) after: &'a str,
    /// What became of the stream.
    pub(super) stream_status: &'a str,
}

/// Connects the caller to a media stream. The verbs behind `<Connect>` are for the case that Twilio gets no answer
/// from our `action` address either.
pub(super) fn connect(
    arrival: &Arrival,
    addresses: Addresses<'_>,
    fallback: Option<&Pii<String>>,
) -> io::Result<Vec<u8>> {
    document(|xml| {
        let connect = xml.create_element("Connect").with_attribute(("action", addresses.after));
        connect.write_inner_content(|xml| {
            let stream = xml.create_element("Stream").with_attributes([
                ("url", addresses.media),
                ("statusCallback", addresses.stream_status),
            ]);
            stream.write_inner_content(|xml| {
                parameter(xml, "line", &arrival.line)?;
                match &arrival.caller {
                    Some(caller) => parameter(xml, "caller", caller),
                    None => Ok(()),
                }
            })?;
            Ok(())
        })?;
        apology(xml, fallback)
    })
}

/// Does what the call asked for once its stream has ended.
pub(super) fn after(after: &AfterCall) -> io::Result<Vec<u8>> {
    document(|xml| match after {
        AfterCall::HangUp => empty(xml, "Hangup"),
        AfterCall::Transfer(target) => dial(xml, target),
    })
}

/// For a caller who has lost us: an apology, then the fallback number if there is one.
pub(super) fn lost(fallback: Option<&Pii<String>>) -> io::Result<Vec<u8>> {
    document(|xml| apology(xml, fallback))
}

/// A busy tone. The call is not answered, so the caller pays nothing.
pub(super) fn busy() -> io::Result<Vec<u8>> {
    document(|xml| {
        xml.create_element("Reject").with_attribute(("reason", "busy")).write_empty()?;
        Ok(())
    })
}

type Xml = Writer<Vec<u8>>;

fn document(content: impl FnOnce(&mut Xml) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let mut xml = Writer::new(Vec::new());
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("Response").write_inner_content(content)?;
    Ok(xml.into_inner())
}

fn apology(xml: &mut Xml, fallback: Option<&Pii<String>>) -> io::Result<()> {
    let words = match fallback {
        Some(_) => "Sorry, something went wrong on our side. I will connect you to a person now.",
        None => {
            "Sorry, something went wrong on our side. Please call again in a few minutes. Goodbye."
        }
    };
    xml.create_element("Say").write_text_content(BytesText::new(words))?;
    match fallback {
        Some(target) => dial(xml, target),
        None => empty(xml, "Hangup"),
    }
}

fn dial(xml: &mut Xml, target: &Pii<String>) -> io::Result<()> {
    let target = target.reveal();
    let scheme = target.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    let noun = if matches!(scheme.as_deref(), Some("sip" | "sips")) { "Sip" } else { "Number" };
    xml.create_element("Dial").write_inner_content(|xml| {
        xml.create_element(noun).write_text_content(BytesText::new(target))?;
        Ok(())
    })?;
    Ok(())
}

fn parameter(xml: &mut Xml, name: &str, value: &Pii<String>) -> io::Result<()> {
    let attributes = [("name", name), ("value", value.reveal().as_str())];
    xml.create_element("Parameter").with_attributes(attributes).write_empty()?;
    Ok(())
}

fn empty(xml: &mut Xml, name: &str) -> io::Result<()> {
    xml.create_element(name).write_empty()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use callwright_calls::contract::Carrier;

    use super::*;

    fn check(document: io::Result<Vec<u8>>, content: &str) {
        let document = String::from_utf8(document.unwrap()).unwrap();
        let head = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
        assert_eq!(document, format!("{head}<Response>{content}</Response>"));
    }

    fn arrival(line: &str, caller: Option<&str>) -> Arrival {
        Arrival {
            carrier: Carrier::Twilio,
            carrier_call: "CA1".into(),
            line: line.into(),
            caller: caller.map(Pii::from),
        }
    }

    const ADDRESSES: Addresses<'_> = Addresses {
        media: "wss://a.example/twilio/media/T0ken",
        after: "https://a.example/twilio/after",
        stream_status: "https://a.example/twilio/stream-status",
    };

    #[test]
    fn a_caller_is_connected_with_a_fallback_behind() {
        let fallback = Pii::from("+15005550123");
        check(
            connect(&arrival("+15005550100", Some("+15005550006")), ADDRESSES, Some(&fallback)),
            concat!(
                r#"<Connect action="https://a.example/twilio/after">"#,
                r#"<Stream url="wss://a.example/twilio/media/T0ken" "#,
                r#"statusCallback="https://a.example/twilio/stream-status">"#,
                r#"<Parameter name="line" value="+15005550100"/>"#,
                r#"<Parameter name="caller" value="+15005550006"/>"#,
                "</Stream></Connect>",
                "<Say>Sorry, something went wrong on our side. I will connect you to a person now.</Say>",
                "<Dial><Number>+15005550123</Number></Dial>",
            ),
        );
    }

    #[test]
    fn the_other_answers_are_as_documented() {
        check(busy(), r#"<Reject reason="busy"/>"#);
        check(after(&AfterCall::HangUp), "<Hangup/>");
        let to = |target: &str| AfterCall::Transfer(target.into());
        check(after(&to("+15005550123")), "<Dial><Number>+15005550123</Number></Dial>");
        check(after(&to("sip:desk@example.com")), "<Dial><Sip>sip:desk@example.com</Sip></Dial>");
        check(
            lost(None),
            "<Say>Sorry, something went wrong on our side. Please call again in a few minutes. \
             Goodbye.</Say><Hangup/>",
        );
    }

    #[test]
    fn what_callers_are_called_cannot_leave_its_place() {
        let caller = r#""/><Dial>+1900&'é</Dial>"#;
        let document = connect(&arrival("<&>", Some(caller)), ADDRESSES, None).unwrap();
        let document = String::from_utf8(document).unwrap();
        assert!(document.contains(r#"value="&lt;&amp;&gt;""#));
        assert!(
            document.contains(r#"value="&quot;/&gt;&lt;Dial&gt;+1900&amp;&apos;é&lt;/Dial&gt;""#)
        );
        assert!(!document.contains("<Dial>"));
        check(
            after(&AfterCall::Transfer("<Hangup/>&".into())),
            "<Dial><Number>&lt;Hangup/&gt;&amp;</Number></Dial>",
        );
    }
}
