//! The ggml layout of a Whisper model: header, mel filters, vocabulary, tensors (whisper.cpp 1.8, `whisper_model_load`).
//!
//! whisper.cpp believes every number in the file; one that lies makes it write beyond its memory, or abort. So the whole
//! file is walked here first, and only a file that is consistent to its last octet is given to it.

use std::io::{self, Read};

/// What the header says, as far as this program wants to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Whether there are tokens for other languages than English.
    pub(super) many_languages: bool,
}

/// Why a file is no model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// It does not begin as one.
    #[error("it does not begin as a ggml file does")]
    Magic,
    /// A number that no Whisper model has.
    #[error("its {what} is {found}")]
    Number {
        /// Which.
        what: &'static str,
        /// What it says.
        found: i64,
    },
    /// whisper.cpp looks up some words without looking whether they are there.
    #[error("its vocabulary lacks {0:?}")]
    Word(&'static str),
    /// It ends before its content does, or goes on after it.
    #[error("it was cut short, or something was added to it")]
    Length,
    /// The system could not read on.
    #[error("it cannot be read: {0}")]
    Io(io::Error),
}

impl From<io::Error> for LayoutError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::Length } else { Self::Io(error) }
    }
}

impl Layout {
    /// Walks a file of `length` octets.
    pub(super) fn read(file: impl Read, length: u64) -> Result<Self, LayoutError> {
        let mut walk = Walk { file, left: length };
        if walk.u32()? != MAGIC {
            return Err(LayoutError::Magic);
        }
        let vocabulary = walk.number("vocabulary", 51_864, 51_866)?;
        walk.number("length of audio context", 1_500, 1_500)?;
        let units = walk.number("audio state", 1, UNITS_MAX)?;
        let heads = walk.number("number of audio heads", 1, units)?;
        walk.number("number of audio layers", 1, LAYERS_MAX)?;
        walk.number("length of text context", 448, 448)?;
        walk.number("text state", units, units)?;
        let text_heads = walk.number("number of text heads", 1, units)?;
        walk.number("number of text layers", 1, LAYERS_MAX)?;
        let mels = walk.number("number of mels", 80, 128)?;
        // The thousands count the versions of how weights are rounded.
        walk.number("type of weights", 0, 3_000)?;
        for (what, heads) in
            [("number of audio heads", heads), ("number of text heads", text_heads)]
        {
            if units % heads != 0 {
                return Err(LayoutError::Number { what, found: heads });
            }
        }
        walk.number("number of mel filters", mels, mels)?;
        walk.number("length of a mel filter", 201, 201)?;
        walk.skip(mels.unsigned_abs() * 201 * 4)?;
        let words = walk.number("number of words", 1, vocabulary)?;
        let mut missing = LOOKED_UP.to_vec();
        for _ in 0..words {
            walk.word(&mut missing)?;
        }
        if let Some(word) = missing.first() {
            return Err(LayoutError::Word(word));
        }
        while walk.left > 0 {
            walk.tensor()?;
        }
        Ok(Self { many_languages: vocabulary > 51_864 })
    }
}

struct Walk<R> {
    file: R,
    /// Octets to the end of the file.
    left: u64,
}

impl<R: Read> Walk<R> {
    fn u32(&mut self) -> Result<u32, LayoutError> {
        let mut octets = [0; 4];
        self.left = self.left.checked_sub(4).ok_or(LayoutError::Length)?;
        self.file.read_exact(&mut octets)?;
        Ok(u32::from_le_bytes(octets))
    }

    /// A signed number that has to lie between `least` and `most`.
    fn number(&mut self, what: &'static str, least: i64, most: i64) -> Result<i64, LayoutError> {
        let found = i64::from(self.u32()?.cast_signed());
        if (least..=most).contains(&found) {
            Ok(found)
        } else {
            Err(LayoutError::Number { what, found })
        }
    }

    fn skip(&mut self, octets: u64) -> Result<(), LayoutError> {
        self.left = self.left.checked_sub(octets).ok_or(LayoutError::Length)?;
        let skipped = io::copy(&mut self.file.by_ref().take(octets), &mut io::sink())?;
        if skipped == octets { Ok(()) } else { Err(LayoutError::Length) }
    }

    /// Takes a word out of `missing` if it is one of them.
    fn word(&mut self, missing: &mut Vec<&'static str>) -> Result<(), LayoutError> {
        let length = self.number("length of a word", 0, 1_024)?.unsigned_abs();
        let mut octets = [0; 2];
        match usize::try_from(length).ok().and_then(|length| octets.get_mut(..length)) {
            Some(short) => {
                self.left = self.left.checked_sub(length).ok_or(LayoutError::Length)?;
                self.file.read_exact(short)?;
                missing.retain(|word| word.as_bytes() != short);
                Ok(())
            }
            None => self.skip(length),
        }
    }

    fn tensor(&mut self) -> Result<(), LayoutError> {
        let dimensions = self.number("number of a tensor's dimensions", 1, 4)?;
        let name = self.number("length of a tensor's name", 1, 128)?;
        let kind = self.number("type of a tensor", 0, 14)?;
        let mut weights: u64 = 1;
        for _ in 0..dimensions {
            let along = self.number("size of a tensor", 1, 1 << 24)?;
            weights = weights.checked_mul(along.unsigned_abs()).ok_or(LayoutError::Length)?;
        }
        self.skip(name.unsigned_abs())?;
        let (block, octets) =
            block_of(kind).ok_or(LayoutError::Number { what: "type of a tensor", found: kind })?;
        self.skip(weights.div_ceil(block).checked_mul(octets).ok_or(LayoutError::Length)?)
    }
}

/// Weights that lie together, and their octets, by ggml's number of the type.
fn block_of(kind: i64) -> Option<(u64, u64)> {
    Some(match kind {
        0 => (1, 4),      // F32
        1 => (1, 2),      // F16
        2 => (32, 18),    // Q4_0
        3 => (32, 20),    // Q4_1
        6 => (32, 22),    // Q5_0
        7 => (32, 24),    // Q5_1
        8 => (32, 34),    // Q8_0
        10 => (256, 84),  // Q2_K
        11 => (256, 110), // Q3_K
        12 => (256, 144), // Q4_K
        13 => (256, 176), // Q5_K
        14 => (256, 210), // Q6_K
        _ => return None,
    })
}

/// None is longer than two octets.
const LOOKED_UP: [&str; 1] = [" "];
const MAGIC: u32 = 0x6767_6d6c;
/// Those of Whisper large.
const UNITS_MAX: i64 = 1_280;
const LAYERS_MAX: i64 = 32;
