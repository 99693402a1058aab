//! How a stream ends, and what each side of it is told.

use callwright_calls::contract::{AfterCall, Refusal};

/// Why a stream is over. The first reason that appears is the one that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Twilio said `stop`, or closed the socket in good order.
    CallerGone,
    /// The call is over on our side.
    Finished(AfterCall),
    /// No `start` came in time.
    NoStart,
    /// The stream belongs to another call than its token.
    WrongCall,
    /// The sound is not mu-law at 8 kHz, mono.
    Format,
    /// More messages were bad than a stream may send.
    TooManyBad,
    /// A message was longer than [`super::MESSAGE_MAX_BYTES`].
    TooLong,
    /// A text message was not UTF-8 (RFC 6455 section 8.1 asks that the connection fails).
    NotUtf8,
    /// A frame broke the WebSocket protocol.
    Protocol,
    /// The call was not taken after all.
    Refused(Refusal),
    /// The call vanished without a word: a defect of ours.
    CallFault,
    /// The connection broke.
    Lost,
    /// The socket has taken nothing for [`super::WRITE_PATIENCE`].
    Stuck,
}

/// What becomes of the leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegFate {
    /// The far side hung up.
    HangUp,
    /// The connection broke, or will be broken.
    Drop,
}

impl End {
    /// What the call is told.
    pub const fn leg_fate(&self) -> LegFate {
        match self {
            Self::CallerGone => LegFate::HangUp,
            _ => LegFate::Drop,
        }
    }

    /// The code and reason of the WebSocket close frame (RFC 6455 section 7.4), or `None` where nothing can be said
    /// any more.
    pub const fn close(&self) -> Option<(u16, &'static str)> {
        Some(match self {
            Self::CallerGone | Self::Finished(_) => (1_000, ""),
            Self::NoStart => (1_008, "no start message in time"),
            Self::WrongCall => (1_008, "the stream is not of the call that the token was given to"),
            Self::Format => (1_003, "the sound must be audio/x-mulaw, 8000 Hz, 1 channel"),
            Self::TooManyBad => (1_008, "too many bad messages"),
            Self::TooLong => (1_009, "the message is too long"),
            Self::NotUtf8 => (1_007, "a text message must be UTF-8"),
            Self::Protocol => (1_002, "the frame breaks the WebSocket protocol"),
            Self::Refused(_) => (1_013, "the call cannot be taken now"),
            Self::CallFault => (1_011, "internal error"),
            Self::Lost | Self::Stuck => return None,
        })
    }

    /// What Twilio does with the caller when it asks, or `None` when only the fallback is left: the caller may still
    /// be on the line and has lost us.
    pub fn after(&self) -> Option<AfterCall> {
        match self {
            Self::CallerGone => Some(AfterCall::HangUp),
            Self::Finished(after) => Some(after.clone()),
            _ => None,
        }
    }

    /// The end as one word with underscores, for metrics and logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::CallerGone => "caller_gone",
            Self::Finished(AfterCall::HangUp) => "hung_up",
            Self::Finished(AfterCall::Transfer(_)) => "transferred",
            Self::NoStart => "no_start",
            Self::WrongCall => "wrong_call",
            Self::Format => "format",
            Self::TooManyBad => "too_many_bad",
            Self::TooLong => "too_long",
            Self::NotUtf8 => "not_utf8",
            Self::Protocol => "protocol",
            Self::Refused(_) => "refused",
            Self::CallFault => "call_fault",
            Self::Lost => "lost",
            Self::Stuck => "stuck",
        }
    }
}
