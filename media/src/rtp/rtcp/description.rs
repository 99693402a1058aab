//! Who sends, and who leaves (RFC 3550 sections 6.5 and 6.6).

use crate::rtp::Octets;

/// What is said of sources. The texts come from the other end and may name a person: they are octets, for no
/// log.
#[derive(Clone, Copy, Debug)]
pub struct SourceDescription<'a> {
    chunks: &'a [u8],
    count: u8,
}

/// One item of a source description.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SourceItem<'a> {
    /// The source.
    pub ssrc: u32,
    /// What kind of item: 1 is the canonical name, by which a restarted source is known again.
    pub kind: u8,
    /// UTF-8 by the standard, anything in truth; at most 255 octets.
    pub text: &'a [u8],
}

impl std::fmt::Debug for SourceItem<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut item = f.debug_struct("SourceItem");
        item.field("ssrc", &self.ssrc).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl<'a> SourceDescription<'a> {
    pub(crate) fn parse(rest: &mut Octets<'a>, count: u8) -> Option<Self> {
        let description = Self { chunks: rest.take(rest.0.len())?, count };
        // Walked once here, so that reading it later cannot fail.
        let mut walk = description.walk();
        while walk.step().ok()?.is_some() {}
        Some(description)
    }

    /// Every item of every source, in order.
    pub fn items(self) -> impl Iterator<Item = SourceItem<'a>> + 'a {
        let mut walk = self.walk();
        std::iter::from_fn(move || walk.step().ok().flatten())
    }

    const fn walk(self) -> Walk<'a> {
        Walk { rest: Octets(self.chunks), len: self.chunks.len(), chunks: self.count, ssrc: None }
    }
}

struct Walk<'a> {
    rest: Octets<'a>,
    len: usize,
    chunks: u8,
    ssrc: Option<u32>,
}

/// A chunk ends outside of its packet.
struct Cut;

impl<'a> Walk<'a> {
    fn step(&mut self) -> Result<Option<SourceItem<'a>>, Cut> {
        loop {
            let Some(ssrc) = self.ssrc else {
                let Some(left) = self.chunks.checked_sub(1) else { return Ok(None) };
                self.chunks = left;
                self.ssrc = Some(self.rest.u32().ok_or(Cut)?);
                continue;
            };
            let kind = self.rest.u8().ok_or(Cut)?;
            if kind == 0 {
                // The list ends, and zeros follow up to the next multiple of four.
                self.ssrc = None;
                let used = self.len - self.rest.0.len();
                self.rest.take((4 - used % 4) % 4).ok_or(Cut)?;
                continue;
            }
            let len = self.rest.u8().ok_or(Cut)?;
            let text = self.rest.take(usize::from(len)).ok_or(Cut)?;
            return Ok(Some(SourceItem { ssrc, kind, text }));
        }
    }
}

/// Sources that leave.
#[derive(Clone, Copy, Debug)]
pub struct Goodbye<'a> {
    sources: &'a [u8],
}

impl<'a> Goodbye<'a> {
    pub(crate) fn parse(rest: &mut Octets<'a>, count: u8) -> Option<Self> {
        rest.take(usize::from(count) * 4).map(|sources| Self { sources })
    }

    /// Who leaves.
    pub fn sources(self) -> impl Iterator<Item = u32> + 'a {
        let mut rest = Octets(self.sources);
        std::iter::from_fn(move || rest.u32())
    }
}
