//! RTP header extensions (RFC 8285), and the audio level among them (RFC 6464).

use super::Octets;
use crate::level::Dbov;

/// The header extension of one packet.
#[derive(Clone, Copy, Debug)]
pub struct Extension<'a> {
    profile: u16,
    data: &'a [u8],
}

impl<'a> Extension<'a> {
    /// Takes the extension off the front of `rest`, or nothing if it is longer than that.
    pub(crate) fn parse(rest: &mut Octets<'a>) -> Option<Self> {
        let profile = rest.u16()?;
        let words = rest.u16()?;
        Some(Self { profile, data: rest.take(usize::from(words) * 4)? })
    }

    /// The 16 bits that say what the data is: 0xBEDE and 0x1000-0x100F are RFC 8285's.
    pub const fn profile(self) -> u16 {
        self.profile
    }

    /// The data as a whole, for profiles of other kinds.
    pub const fn data(self) -> &'a [u8] {
        self.data
    }

    /// The elements of RFC 8285, in order; none when the profile is another.
    ///
    /// *Real time:* no allocation.
    pub fn elements(self) -> ExtensionElements<'a> {
        let form = match self.profile {
            0xBEDE => Form::OneByte,
            0x1000..=0x100F => Form::TwoByte,
            _ => return ExtensionElements { rest: Octets(&[]), form: Form::OneByte },
        };
        ExtensionElements { rest: Octets(self.data), form }
    }

    /// The element that the session agreed to call `id`.
    pub fn element(self, id: u8) -> Option<&'a [u8]> {
        self.elements().find(|element| element.id == id).map(|element| element.data)
    }
}

/// One element of a header extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtensionElement<'a> {
    /// What the session agreed to call it: 1..=14 in the one-byte form, 1..=255 in the other.
    pub id: u8,
    /// 1..=16 octets in the one-byte form, 0..=255 in the other.
    pub data: &'a [u8],
}

#[derive(Clone, Copy, Debug)]
enum Form {
    OneByte,
    TwoByte,
}

/// Goes through the elements; ends at the first that does not fit.
#[derive(Clone, Debug)]
pub struct ExtensionElements<'a> {
    rest: Octets<'a>,
    form: Form,
}

impl<'a> Iterator for ExtensionElements<'a> {
    type Item = ExtensionElement<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let first = self.rest.u8()?;
            if first == 0 {
                continue; // Padding between elements.
            }
            let (id, len) = match self.form {
                // Identifier 15 means that reading stops here (section 4.2).
                Form::OneByte if first >> 4 == 15 => return None,
                // Identifier 0 with a length must not be: reading stops there too (section 4.2).
                Form::OneByte if first >> 4 == 0 => return None,
                Form::OneByte => (first >> 4, usize::from(first & 0x0F) + 1),
                Form::TwoByte => (first, usize::from(self.rest.u8()?)),
            };
            return self.rest.take(len).map(|data| ExtensionElement { id, data });
        }
    }
}

/// How loud a packet's sound is, told without decoding it (RFC 6464 section 3).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AudioLevel {
    /// Whether the sender takes it for speech.
    pub voice: bool,
    /// 0 to -127.
    pub level: Dbov,
}

impl AudioLevel {
    /// Reads the element's data.
    pub fn parse(data: &[u8]) -> Option<Self> {
        let octet = *data.first()?;
        Some(Self { voice: octet & 0x80 != 0, level: Dbov(-f32::from(octet & 0x7F)) })
    }

    /// The element's data.
    pub fn octet(self) -> u8 {
        // Clamped to seven bits first, so that the cast loses only the fraction.
        let level = (-self.level.0).round().clamp(0.0, 127.0) as u8;
        if self.voice { level | 0x80 } else { level }
    }
}
