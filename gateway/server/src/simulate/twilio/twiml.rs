//! TwiML, as much of it as a call to us can meet, read strictly: a verb, noun or attribute that is not in Twilio's
//! schema fails the run, where Twilio would raise a warning and drop the call.

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::{Offence, TwilioError};

/// What Twilio does next in a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Connect the call to a stream, until its socket closes; then ask `action` what to do, or go on.
    Connect {
        /// Address asked when the stream is over.
        action: Option<String>,
        /// The stream.
        stream: StreamTarget,
    },
    /// Speak the text with Twilio's own voice.
    Say(String),
    /// Call this number and join the two.
    Dial(String),
    /// End the call.
    Hangup,
    /// Refuse the call; the caller hears `busy` or that the number is not in service.
    Reject(String),
    /// Wait.
    Pause,
}

/// Where a stream goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StreamTarget {
    /// `wss` address.
    pub(crate) url: String,
    /// Address told about the stream's beginning and end.
    pub(crate) status_callback: Option<String>,
    /// Name and value of each `<Parameter>`.
    pub(crate) parameters: Vec<(String, String)>,
}

/// Longest name and value together of a `<Parameter>`, in characters.
const PARAMETER_MAX: usize = 500;

/// Reads a document into its verbs.
///
/// # Errors
/// The [`Offence`] that Twilio would raise.
pub(crate) fn parse_twiml(document: &str) -> Result<Vec<Verb>, Offence> {
    let mut verbs = Vec::new();
    let root = root_of(document)?;
    if root.name != "Response" {
        return Err(schema(format!("the root is <{}>, not <Response>", root.name)));
    }
    root.takes(&[])?;
    root.holds_no_text()?;
    for child in &root.children {
        verbs.push(verb(child)?);
    }
    Ok(verbs)
}

fn verb(element: &Element) -> Result<Verb, Offence> {
    match element.name.as_str() {
        "Connect" => {
            element.takes(&["action", "method"])?;
            element.holds_no_text()?;
            match element.children.as_slice() {
                [only] => Ok(Verb::Connect {
                    action: element.attribute("action").map(str::to_owned),
                    stream: stream(only)?,
                }),
                others => Err(schema(format!("<Connect> holds {} nouns", others.len()))),
            }
        }
        "Say" => {
            element.takes(&["voice", "language", "loop"])?;
            element.holds_only_text()?;
            Ok(Verb::Say(element.text.trim().to_owned()))
        }
        "Dial" => {
            element.takes(&["action", "method", "timeout", "callerId", "answerOnBridge"])?;
            match element.children.as_slice() {
                [] => Ok(Verb::Dial(element.text.trim().to_owned())),
                [number] if number.name == "Number" => {
                    number.takes(&[])?;
                    number.holds_only_text()?;
                    Ok(Verb::Dial(number.text.trim().to_owned()))
                }
                _ => Err(schema("<Dial> holds something other than one <Number>")),
            }
        }
        "Hangup" => element.is_empty(&[]).map(|()| Verb::Hangup),
        "Pause" => element.is_empty(&["length"]).map(|()| Verb::Pause),
        "Reject" => {
            element.is_empty(&["reason"])?;
            match element.attribute("reason").unwrap_or("rejected") {
                reason @ ("rejected" | "busy") => Ok(Verb::Reject(reason.to_owned())),
                other => Err(schema(format!("<Reject reason={other:?}>"))),
            }
        }
        other => Err(schema(format!("<{other}> is not a verb that this caller knows"))),
    }
}

fn stream(element: &Element) -> Result<StreamTarget, Offence> {
    if element.name != "Stream" {
        return Err(schema(format!("<Connect> holds <{}>, not <Stream>", element.name)));
    }
    element.takes(&["url", "name", "statusCallback", "statusCallbackMethod"])?;
    element.holds_no_text()?;
    let url = element.attribute("url").ok_or_else(|| schema("<Stream> has no url"))?;
    if url.contains('?') {
        let what = "the stream's address has a query, which Twilio does not pass on";
        return Err(Offence::new(TwilioError::Handshake, what));
    }
    let mut parameters = Vec::new();
    for child in &element.children {
        if child.name != "Parameter" {
            return Err(schema(format!("<Stream> holds <{}>", child.name)));
        }
        child.is_empty(&["name", "value"])?;
        let (Some(name), Some(value)) = (child.attribute("name"), child.attribute("value")) else {
            return Err(schema("<Parameter> without name or value"));
        };
        if name.chars().count() + value.chars().count() >= PARAMETER_MAX {
            return Err(schema("<Parameter> of 500 characters or more"));
        }
        parameters.push((name.to_owned(), value.to_owned()));
    }
    Ok(StreamTarget {
        url: url.to_owned(),
        status_callback: element.attribute("statusCallback").map(str::to_owned),
        parameters,
    })
}

fn schema(what: impl Into<String>) -> Offence {
    Offence::new(TwilioError::SchemaValidation, what)
}

#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn takes(&self, known: &[&str]) -> Result<(), Offence> {
        match self.attributes.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => Err(schema(format!("<{}> has no attribute {name:?}", self.name))),
            None => Ok(()),
        }
    }

    fn holds_no_text(&self) -> Result<(), Offence> {
        if self.text.trim().is_empty() {
            Ok(())
        } else {
            Err(schema(format!("<{}> holds text", self.name)))
        }
    }

    fn holds_only_text(&self) -> Result<(), Offence> {
        if self.children.is_empty() && !self.text.trim().is_empty() {
            Ok(())
        } else {
            Err(schema(format!("<{}> must hold text, and nothing else", self.name)))
        }
    }

    fn is_empty(&self, attributes: &[&str]) -> Result<(), Offence> {
        self.takes(attributes)?;
        self.holds_no_text()?;
        match self.children.first() {
            Some(child) => Err(schema(format!("<{}> holds <{}>", self.name, child.name))),
            None => Ok(()),
        }
    }
}

fn not_xml(what: impl std::fmt::Display) -> Offence {
    Offence::new(TwilioError::DocumentParse, format!("not well-formed XML: {what}"))
}

/// Reads the document into a tree; TwiML is a few elements deep.
fn root_of(document: &str) -> Result<Element, Offence> {
    let mut reader = Reader::from_str(document);
    // The element under construction is the last; the first stands for the document.
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().map_err(not_xml)? {
            Event::Start(start) => open.push(element(&start)?),
            Event::Empty(start) => {
                let child = element(&start)?;
                if let Some(parent) = open.last_mut() {
                    parent.children.push(child);
                }
            }
            Event::End(_) => {
                let Some(done) = open.pop() else { break };
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => break,
                }
            }
            Event::Text(text) => append(&mut open, &text),
            Event::CData(data) => append(&mut open, &data),
            Event::GeneralRef(name) => {
                let reference = format!("&{};", &*name);
                append(&mut open, &quick_xml::escape::unescape(&reference).map_err(not_xml)?);
            }
            Event::Eof => break,
            Event::Decl(_) | Event::Comment(_) => {}
            Event::PI(_) | Event::DocType(_) => {
                return Err(not_xml("processing instructions and document types are not taken"));
            }
        }
    }
    let mut document = match (open.pop(), open.is_empty()) {
        (Some(document), true) => document,
        _ => return Err(not_xml("an element is not closed")),
    };
    if !document.text.trim().is_empty() {
        return Err(not_xml("text outside of the root"));
    }
    match (document.children.pop(), document.children.is_empty()) {
        (Some(root), true) => Ok(root),
        _ => Err(not_xml("there must be one root")),
    }
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, Offence> {
    let name = start.name().as_ref().to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(not_xml)?;
        let key = attribute.key.as_ref().to_owned();
        let value = quick_xml::escape::unescape(&attribute.value).map_err(not_xml)?;
        attributes.push((key, value.into_owned()));
    }
    Ok(Element { name, attributes, ..Element::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connected_stream_with_a_fallback() {
        let verbs = parse_twiml(
            r#"<?xml version="1.0" encoding="UTF-8"?>
            <Response>
              <Connect action="https://h/twilio/after">
                <Stream url="wss://h/twilio/media/tok" statusCallback="https://h/s">
                  <Parameter name="line" value="+1 &amp; more"/>
                </Stream>
              </Connect>
              <Say>We&#39;re sorry.</Say>
              <Dial><Number>+15005550123</Number></Dial>
              <Hangup/>
            </Response>"#,
        )
        .unwrap();
        assert_eq!(
            verbs,
            [
                Verb::Connect {
                    action: Some("https://h/twilio/after".into()),
                    stream: StreamTarget {
                        url: "wss://h/twilio/media/tok".into(),
                        status_callback: Some("https://h/s".into()),
                        parameters: vec![("line".into(), "+1 & more".into())],
                    },
                },
                Verb::Say("We're sorry.".into()),
                Verb::Dial("+15005550123".into()),
                Verb::Hangup,
            ]
        );
    }

    #[test]
    fn refusals_and_plain_numbers() {
        let one = |document| parse_twiml(document).unwrap();
        assert_eq!(
            one(r#"<Response><Reject reason="busy"/></Response>"#),
            [Verb::Reject("busy".into())]
        );
        assert_eq!(one("<Response><Dial>+1500</Dial></Response>"), [Verb::Dial("+1500".into())]);
        assert_eq!(one("<Response></Response>"), []);
        assert_eq!(one("<Response/>"), []);
    }

    #[test]
    fn what_twilio_does_not_know_is_an_offence() {
        use TwilioError::{DocumentParse, Handshake, SchemaValidation};
        for (document, error) in [
            ("", DocumentParse),
            ("hello", DocumentParse),
            ("<Response>", DocumentParse),
            ("<Response></Answer>", DocumentParse),
            ("<Response/><Response/>", DocumentParse),
            ("<Response>&nope;</Response>", DocumentParse),
            ("<Answer/>", SchemaValidation),
            ("<Response>hello</Response>", SchemaValidation),
            ("<Response><Talk/></Response>", SchemaValidation),
            ("<Response><Hangup now='1'/></Response>", SchemaValidation),
            ("<Response><Reject reason='tired'/></Response>", SchemaValidation),
            ("<Response><Say/></Response>", SchemaValidation),
            ("<Response><Connect/></Response>", SchemaValidation),
            ("<Response><Connect><Stream/></Connect></Response>", SchemaValidation),
            (
                "<Response><Connect><Stream url='wss://h/' track='inbound_track'/></Connect></Response>",
                SchemaValidation,
            ),
            ("<Response><Connect><Stream url='wss://h/?t=1'/></Connect></Response>", Handshake),
        ] {
            let offence = parse_twiml(document).unwrap_err();
            assert_eq!(offence.error, error, "{document}: {offence}");
        }
    }
}
