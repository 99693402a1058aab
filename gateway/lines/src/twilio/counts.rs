//! What one stream counts, in plain numbers: the frame path touches no metric.

use super::NotAMessage;
use super::chunks::ChunkRepairs;

/// The counts of one stream, from its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages of sound that came in.
    pub media_in: u64,
    /// Messages of sound that went out.
    pub media_out: u64,
    /// Marks that went out.
    pub marks_out: u64,
    /// Clears that went out.
    pub clears_out: u64,
    /// Repairs of the sound that came in.
    pub chunks: ChunkRepairs,
    bad: [u64; Bad::ALL.len()],
    odd: [u64; Odd::ALL.len()],
}

impl Counts {
    /// Messages of this kind that could not be used.
    pub const fn bad(&self, bad: Bad) -> u64 {
        self.bad[bad as usize]
    }

    /// Messages of this kind that were passed over.
    pub const fn odd(&self, odd: Odd) -> u64 {
        self.odd[odd as usize]
    }

    /// All messages that could not be used.
    pub fn bad_in_all(&self) -> u64 {
        self.bad.iter().sum()
    }

    pub(super) const fn count_bad(&mut self, bad: Bad) {
        self.bad[bad as usize] += 1;
    }

    pub(super) const fn count_odd(&mut self, odd: Odd) {
        self.odd[odd as usize] += 1;
    }
}

/// A message that cannot be used. A few are tolerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    /// Longer than a message may be.
    TooLong,
    /// Not JSON.
    Json,
    /// A field is missing or has a wrong form.
    Shape,
    /// Sound that is not base64.
    Base64,
    /// A binary frame; the protocol has none.
    Binary,
    /// It names another stream.
    WrongStream,
    /// It came before `start`.
    BeforeStart,
    /// A second `start`.
    SecondStart,
}

impl Bad {
    /// Every kind, in the order of its discriminants.
    pub const ALL: [Self; 8] = [
        Self::TooLong,
        Self::Json,
        Self::Shape,
        Self::Base64,
        Self::Binary,
        Self::WrongStream,
        Self::BeforeStart,
        Self::SecondStart,
    ];

    /// The kind as one word with underscores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Json => "json",
            Self::Shape => "shape",
            Self::Base64 => "base64",
            Self::Binary => "binary",
            Self::WrongStream => "wrong_stream",
            Self::BeforeStart => "before_start",
            Self::SecondStart => "second_start",
        }
    }
}

impl From<NotAMessage> for Bad {
    fn from(error: NotAMessage) -> Self {
        match error {
            NotAMessage::TooLong => Self::TooLong,
            NotAMessage::Json => Self::Json,
            NotAMessage::Shape => Self::Shape,
            NotAMessage::Base64 => Self::Base64,
        }
    }
}

/// A good message that is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    /// Of a kind that this version does not know.
    UnknownEvent,
    /// Sound of another track than the caller's.
    OtherTrack,
    /// A mark that we did not give, or that came back before.
    UnknownMark,
    /// A `connected` after the first.
    SecondConnected,
}

impl Odd {
    /// Every kind, in the order of its discriminants.
    pub const ALL: [Self; 4] =
        [Self::UnknownEvent, Self::OtherTrack, Self::UnknownMark, Self::SecondConnected];

    /// The kind as one word with underscores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownEvent => "unknown_event",
            Self::OtherTrack => "other_track",
            Self::UnknownMark => "unknown_mark",
            Self::SecondConnected => "second_connected",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_place_of_its_own() {
        for (place, bad) in Bad::ALL.into_iter().enumerate() {
            assert_eq!(bad as usize, place);
        }
        for (place, odd) in Odd::ALL.into_iter().enumerate() {
            assert_eq!(odd as usize, place);
        }
    }
}
