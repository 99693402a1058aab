//! The vectors that lie beside the repository, not in it.

use std::path::PathBuf;

/// The octets of `path` under `../shared/data`, or `None` and a line that says what is skipped.
pub(crate) fn octets(path: &str) -> Option<Vec<u8>> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data"));
    let read = std::fs::read(root.join(path)).ok();
    if read.is_none() {
        eprintln!("skipped: ../shared/data/{path} is not there");
    }
    read
}

/// The 16-bit little-endian words of `path`.
pub(crate) fn words(path: &str) -> Option<Vec<i16>> {
    Some(octets(path)?.as_chunks::<2>().0.iter().map(|&pair| i16::from_le_bytes(pair)).collect())
}
