//! Writing the compound packet that an end sends every few seconds.

use super::report::{ReportBlock, SenderInfo};

/// A report to send: sender or receiver report, the canonical name, and perhaps a goodbye.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// Who we are.
    pub ssrc: u32,
    /// Of what we sent, if we sent anything since the last two reports (section 6.4).
    pub sender: Option<SenderInfo>,
    /// Of what we received; the first 31 are sent.
    pub blocks: &'a [ReportBlock],
    /// A name that stays the same while SSRCs change: at most 255 octets, and nobody's (RFC 7022).
    pub canonical_name: &'a str,
    /// Whether we leave.
    pub goodbye: bool,
}

impl Outgoing<'_> {
    /// Writes the datagram into `out` and returns its length in octets.
    ///
    /// *Real time:* no allocation.
    ///
    /// # Errors
    /// When `out` is too short or the name too long: both are the writer's mistakes.
    pub fn write(&self, out: &mut [u8]) -> Result<usize, RtcpWriteError> {
        let mut page = Page { out, at: 0 };
        let blocks = self.blocks.get(..31).unwrap_or(self.blocks);
        let begin = page.begin(blocks.len(), if self.sender.is_some() { 200 } else { 201 })?;
        page.put(&self.ssrc.to_be_bytes())?;
        if let Some(info) = self.sender {
            page.put(&info.ntp.0.to_be_bytes())?;
            page.put(&info.timestamp.to_be_bytes())?;
            page.put(&info.packets.to_be_bytes())?;
            page.put(&info.octets.to_be_bytes())?;
        }
        for block in blocks {
            page.put(&block.octets())?;
        }
        page.end(begin)?;

        let name = self.canonical_name.as_bytes();
        let Ok(len) = u8::try_from(name.len()) else { return Err(RtcpWriteError::NameTooLong) };
        let begin = page.begin(1, 202)?;
        page.put(&self.ssrc.to_be_bytes())?;
        page.put(&[1, len])?;
        page.put(name)?;
        // At least one zero ends the list; zeros go on to the word's end.
        page.put(&[0])?;
        page.end(begin)?;

        if self.goodbye {
            let begin = page.begin(1, 203)?;
            page.put(&self.ssrc.to_be_bytes())?;
            page.end(begin)?;
        }
        Ok(page.at)
    }
}

struct Page<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl Page<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), RtcpWriteError> {
        let room = self.out.get_mut(self.at..self.at + bytes.len());
        room.ok_or(RtcpWriteError::Short)?.copy_from_slice(bytes);
        self.at += bytes.len();
        Ok(())
    }

    /// Writes a packet's first word, its length still open; `count` is at most 31.
    fn begin(&mut self, count: usize, packet_type: u8) -> Result<usize, RtcpWriteError> {
        let begin = self.at;
        self.put(&[0x80 | (count & 0x1F) as u8, packet_type, 0, 0])?;
        Ok(begin)
    }

    /// Fills the packet up to whole words and writes its length.
    fn end(&mut self, begin: usize) -> Result<(), RtcpWriteError> {
        while !(self.at - begin).is_multiple_of(4) {
            self.put(&[0])?;
        }
        let Ok(words) = u16::try_from((self.at - begin) / 4 - 1) else {
            return Err(RtcpWriteError::Short);
        };
        let room = self.out.get_mut(begin + 2..begin + 4).ok_or(RtcpWriteError::Short)?;
        room.copy_from_slice(&words.to_be_bytes());
        Ok(())
    }
}

/// Why a report could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RtcpWriteError {
    /// There is not room enough.
    #[error("no room for the report")]
    Short,
    /// The canonical name has more than 255 octets.
    #[error("a canonical name of more than 255 octets")]
    NameTooLong,
}
