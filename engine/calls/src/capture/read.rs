//! Reading a capture back.

use super::block::{self, BlockKind, MAGIC, Next};
use super::bytes::{Malformed, Take};
use super::header::Header;
use super::record::{self, Record, TapeEnd};

/// A capture, read and found to be sound.
#[derive(Clone, Debug)]
pub struct Capture {
    /// What it begins with.
    pub header: Header,
    /// What the program that took the call knew of it besides.
    pub context: Option<Vec<u8>>,
    /// How it ends; `None` when it was cut off, by a crash or a full disk.
    pub end: Option<TapeEnd>,
    /// All records, as they were written.
    records: Vec<u8>,
}

/// What was to be a capture is none that can be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// It is something else.
    #[error("this is no capture of a call")]
    NoCapture,
    /// Another version wrote it.
    #[error(
        "this capture has form {found}, and this version of callwright reads form {}; replay it with the version that \
         wrote it",
        MAGIC[9]
    )]
    Version {
        /// Its form.
        found: u8,
    },
    /// It ends before the call's header: the server was stopped as the call began.
    #[error("this capture ends before its call begins")]
    Empty,
    /// What is in it, though undamaged, makes no sense.
    #[error("this capture cannot be read: {0}; a newer version of callwright may have written it")]
    Malformed(#[from] Malformed),
    /// It unpacks to more than any capture.
    #[error("this capture is longer than any")]
    TooLong,
}

/// Octets of records in one capture, at most: twice what is written by default.
const RECORDS_MAX: usize = 256 << 20;

impl Capture {
    /// Reads a file's octets. Every record is looked at, so that playing it cannot fail.
    ///
    /// # Errors
    /// [`CaptureError`]. A file that is cut off or damaged at some point is read up to there.
    pub fn read(file: &[u8]) -> Result<Self, CaptureError> {
        let [magic @ .., version] = &MAGIC;
        let rest = file.strip_prefix(magic).ok_or(CaptureError::NoCapture)?;
        let (&found, mut rest) = rest.split_first().ok_or(CaptureError::Empty)?;
        if found != *version {
            return Err(CaptureError::Version { found });
        }
        let (mut header, mut context, mut records) = (None, None, Vec::new());
        while let Next::Block(kind, octets, after) = block::read(rest)? {
            rest = after;
            match (kind, &header) {
                (BlockKind::Header, None) => header = Some(Header::take(&mut Take::new(&octets))?),
                (_, None) => return Err(Malformed("the header is not in front").into()),
                (BlockKind::Header, Some(_)) => {
                    return Err(Malformed("there are two headers").into());
                }
                (BlockKind::Context, Some(_)) => context = Some(octets),
                (BlockKind::Records, Some(_)) if records.len() + octets.len() > RECORDS_MAX => {
                    return Err(CaptureError::TooLong);
                }
                (BlockKind::Records, Some(_)) => records.extend(octets),
            }
        }
        let header = header.ok_or(CaptureError::Empty)?;
        let mut end = None;
        let mut octets = Take::new(&records);
        while !octets.is_empty() {
            if end.is_some() {
                return Err(Malformed("records follow the end").into());
            }
            if let Record::End(how) = record::take(&mut octets)? {
                end = Some(how);
            }
        }
        Ok(Self { header, context, end, records })
    }

    /// The records, in order.
    pub fn records(&self) -> impl Iterator<Item = Record> + '_ {
        let mut octets = Take::new(&self.records);
        // All were looked at when the capture was read.
        std::iter::from_fn(move || record::take(&mut octets).ok())
    }
}
