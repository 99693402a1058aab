//! What Twilio holds against a server, by its error code.

use std::fmt;

/// Twilio's own number for a kind of mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TwilioError {
    /// 11200: the webhook could not be had.
    HttpRetrieval,
    /// 12100: the answer is not XML.
    DocumentParse,
    /// 12200: a verb, noun or attribute that TwiML does not know.
    SchemaValidation,
    /// 12300: the answer's content type is not XML.
    ContentType,
    /// 31920: the WebSocket handshake failed, or the address has a query.
    Handshake,
    /// 31921: the server closed the socket without the closing handshake.
    Close,
    /// 31922: the stream's address is not `wss`.
    Scheme,
    /// 31924: the WebSocket protocol was broken.
    Protocol,
    /// 31950: a message that cannot be decoded, or a binary one.
    MalformedMessage,
    /// 31951: not JSON, an unknown event, a missing or extra field, a wrong streamSid.
    InvalidMessage,
}

impl TwilioError {
    /// The number in Twilio's console and documentation.
    pub const fn code(self) -> u32 {
        match self {
            Self::HttpRetrieval => 11_200,
            Self::DocumentParse => 12_100,
            Self::SchemaValidation => 12_200,
            Self::ContentType => 12_300,
            Self::Handshake => 31_920,
            Self::Close => 31_921,
            Self::Scheme => 31_922,
            Self::Protocol => 31_924,
            Self::MalformedMessage => 31_950,
            Self::InvalidMessage => 31_951,
        }
    }
}

/// One mistake of the server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Offence {
    /// Which kind.
    pub error: TwilioError,
    /// What was wrong.
    pub what: String,
}

impl Offence {
    pub(crate) fn new(error: TwilioError, what: impl Into<String>) -> Self {
        Self { error, what: what.into() }
    }
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Twilio error {}: {}", self.error.code(), self.what)
    }
}
