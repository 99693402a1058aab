//! Hashes of files.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// What a file has to be, in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Digest {
    /// 64 digits.
    Sha256(String),
    /// 40 digits, for files whose publisher gives no other. Nobody can make another file of the same hash from one
    /// that was published, though two of the same can be made together.
    Sha1(String),
}

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// 64 digits.
    pub sha256: String,
    /// 40 digits.
    pub sha1: String,
}

impl Digest {
    /// Its kind's name.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sha256(_) => "SHA-256",
            Self::Sha1(_) => "SHA-1",
        }
    }

    /// What it has to be.
    pub fn wanted(&self) -> &str {
        match self {
            Self::Sha256(wanted) | Self::Sha1(wanted) => wanted,
        }
    }

    /// The same kind of what a file is.
    pub fn found<'a>(&self, digests: &'a Digests) -> &'a str {
        match self {
            Self::Sha256(_) => &digests.sha256,
            Self::Sha1(_) => &digests.sha1,
        }
    }
}

impl Digests {
    /// Reads a whole file.
    ///
    /// # Errors
    /// What the system says.
    pub fn of(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let (mut sha256, mut sha1) = (Sha256::new(), Sha1::new());
        let mut block = vec![0; 1 << 18];
        loop {
            let read = file.read(&mut block)?;
            let Some(read) = block.get(..read).filter(|read| !read.is_empty()) else { break };
            sha256.update(read);
            sha1.update(read);
        }
        Ok(Self { sha256: hexadecimal(&sha256.finalize()), sha1: hexadecimal(&sha1.finalize()) })
    }
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut digits, octet| {
        // Into memory, which takes everything.
        let _always = write!(digits, "{octet:02x}");
        digits
    })
}
