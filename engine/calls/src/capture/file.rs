//! A capture on its way into a file.

use std::io::{Result, Write};

use super::block::{self, BLOCK_MAX, BlockKind, MAGIC};

/// Gathers records into blocks. Writes to what may block: it belongs to a thread that may wait.
#[derive(Debug)]
pub struct CaptureFile<W> {
    out: W,
    records: Vec<u8>,
}

/// Records that wait for their second to end go into a block of their own when they are this many, so that the largest
/// frame still fits.
const BLOCK_FULL: usize = BLOCK_MAX / 2;

impl<W: Write> CaptureFile<W> {
    /// Begins a capture with a header's octets.
    ///
    /// # Errors
    /// What `out` says.
    pub fn begin(mut out: W, header: &[u8]) -> Result<Self> {
        out.write_all(&MAGIC)?;
        block::write(&mut out, BlockKind::Header, header)?;
        out.flush()?;
        Ok(Self { out, records: Vec::new() })
    }

    /// Adds a frame's records.
    ///
    /// # Errors
    /// What `out` says; or that the frame is larger than any block, which is our defect.
    pub fn records(&mut self, octets: &[u8]) -> Result<()> {
        if self.records.len() + octets.len() > BLOCK_FULL {
            self.flush()?;
        }
        if octets.len() > BLOCK_MAX {
            return Err(std::io::Error::other("a record is larger than any block"));
        }
        self.records.extend_from_slice(octets);
        Ok(())
    }

    /// Puts what has been gathered into the file: what the process's end cannot take back.
    ///
    /// # Errors
    /// What `out` says.
    pub fn flush(&mut self) -> Result<()> {
        if !self.records.is_empty() {
            block::write(&mut self.out, BlockKind::Records, &self.records)?;
            self.records.clear();
        }
        self.out.flush()
    }

    /// Adds what the program knows of the call besides, at most [`BLOCK_MAX`] octets.
    ///
    /// # Errors
    /// What `out` says.
    pub fn context(&mut self, octets: &[u8]) -> Result<()> {
        if octets.len() > BLOCK_MAX {
            return Ok(());
        }
        block::write(&mut self.out, BlockKind::Context, octets)?;
        self.out.flush()
    }
}
