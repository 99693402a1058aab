//! Taking named files out of a zip archive that may be hostile.
//!
//! Only members that the catalog names are taken, each into a file whose name is the catalog's, of the size and hash that
//! the catalog gives. An archive that has names which lead out of a folder, or grows beyond all measure, is refused
//! whole even so: whoever made it meant harm.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use zip::ZipArchive;
use zip::result::ZipError;

use super::{Digests, PulledFile};
use crate::catalog::Member;

/// An archive that is not unpacked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// It is no zip archive, or a damaged one.
    #[error("it is no whole zip archive ({0})")]
    Damaged(ZipError),
    /// A name leads out of the folder that it is unpacked into.
    #[error("it is hostile: {0:?} leads out of its folder")]
    Traversal(String),
    /// It unpacks to more than any model has.
    #[error("it is hostile: it unpacks to {0} octets")]
    Bomb(u64),
    /// What the catalog names is not in it.
    #[error("it lacks {0}")]
    Lacks(String),
    /// A member is not what was published.
    #[error("its {0} is not the file that was published")]
    WrongHash(String),
    /// Writing failed.
    #[error("{0}")]
    Disk(io::Error),
}

/// Unpacks `members` of the archive into the folder `into`, and says where each lies.
pub(super) fn unpack(
    archive: &Path,
    into: &Path,
    members: &[Member],
) -> Result<Vec<(PathBuf, PulledFile)>, ArchiveError> {
    let file = File::open(archive).map_err(ArchiveError::Disk)?;
    let packed = file.metadata().map_err(ArchiveError::Disk)?.len();
    let mut archive = ZipArchive::new(file).map_err(ArchiveError::Damaged)?;
    let mut whole: u64 = 0;
    for place in 0..archive.len() {
        let entry = archive.by_index_raw(place).map_err(ArchiveError::Damaged)?;
        let name = entry.name().map_err(ArchiveError::Damaged)?;
        if leads_out(&name) || entry.is_symlink() {
            return Err(ArchiveError::Traversal(name.into_owned()));
        }
        whole = whole.saturating_add(entry.size());
    }
    // Deflate makes nothing more than 1032 times smaller; weights hardly get smaller at all.
    if whole > packed.saturating_mul(RATIO_MAX).max(SMALL) {
        return Err(ArchiveError::Bomb(whole));
    }
    fs::create_dir_all(into).map_err(ArchiveError::Disk)?;
    let mut found = Vec::with_capacity(members.len());
    for (number, member) in members.iter().enumerate() {
        let at = into.join(number.to_string());
        let mut entry = archive.by_name(&member.member).map_err(|why| match why {
            ZipError::FileNotFound => ArchiveError::Lacks(member.member.clone()),
            why => ArchiveError::Damaged(why),
        })?;
        let mut out = File::create(&at).map_err(ArchiveError::Disk)?;
        // What it says of its size may be a lie: no more than the catalog says is ever written.
        let mut most = entry.by_ref().take(member.size.saturating_add(1));
        let written = io::copy(&mut most, &mut out).map_err(ArchiveError::Disk)?;
        if written > member.size {
            return Err(ArchiveError::Bomb(written));
        }
        let digests = Digests::of(&at).map_err(ArchiveError::Disk)?;
        if digests.sha256 != member.sha256 {
            return Err(ArchiveError::WrongHash(member.member.clone()));
        }
        let path = member.path.to_string();
        found.push((at, PulledFile { path, size: written, sha256: digests.sha256 }));
    }
    Ok(found)
}

/// Whether a name is absolute or climbs, on any system.
fn leads_out(name: &str) -> bool {
    name.starts_with(['/', '\\'])
        || name.contains('\0')
        || name.split(['/', '\\']).any(|part| part == "..")
}

const RATIO_MAX: u64 = 100;
/// Octets below which the ratio tells nothing.
const SMALL: u64 = 1 << 20;
