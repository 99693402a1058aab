//! The tables of styles that make Kokoro's voices: 510 rows of 256 numbers each.
//!
//! Two ways of keeping them are in use: one npz archive of all voices (`voices-v1.0.bin`), and a folder of raw f32
//! tables, one a voice. Both are read with limits, because they are somebody else's files.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zip::ZipArchive;

use crate::runtime::LoadError;

/// A voice's table.
#[derive(Clone, PartialEq)]
pub(super) struct Styles(Arc<[f32]>);

impl std::fmt::Debug for Styles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Styles").field("rows", &(self.0.len() / STYLE_SIZE)).finish()
    }
}

impl Styles {
    /// The row of this place; the last one where there are not so many.
    pub(super) fn row(&self, place: usize) -> &[f32] {
        let last = (self.0.len() / STYLE_SIZE).saturating_sub(1);
        let begin = place.min(last) * STYLE_SIZE;
        self.0.get(begin..begin + STYLE_SIZE).unwrap_or(&[0.0; STYLE_SIZE])
    }

    fn new(numbers: Vec<f32>) -> Result<Self, String> {
        let rows = numbers.len() / STYLE_SIZE;
        if rows == 0 || !numbers.len().is_multiple_of(STYLE_SIZE) || rows > ROWS_MAX {
            return Err(format!(
                "it has {} numbers, and rows of {STYLE_SIZE} were expected, at most {ROWS_MAX}",
                numbers.len()
            ));
        }
        if !numbers.iter().all(|number| number.is_finite()) {
            return Err("it has values that are no numbers".to_owned());
        }
        Ok(Self(numbers.into()))
    }
}

/// All voices of a folder, by name.
///
/// # Errors
/// [`LoadError`].
pub(super) fn read(folder: &Path) -> Result<Vec<(String, Styles)>, LoadError> {
    let mut archives = files(folder, "bin");
    archives.retain(|file| stem(file).is_some_and(|stem| stem.starts_with("voices")));
    let mut voices = Vec::new();
    for path in &archives {
        voices.extend(read_archive(path)?);
    }
    for path in files(&folder.join("voices"), "bin").into_iter().take(VOICES_MAX) {
        let Some(name) = stem(&path) else { continue };
        let unusable = |what| LoadError::Voice { path: path.clone(), what };
        let octets = read_whole(&path)?;
        let styles = floats(&octets).and_then(Styles::new).map_err(unusable)?;
        voices.push((name, styles));
    }
    if voices.is_empty() {
        let what = "it has no voices: neither `voices*.bin` (an npz archive) nor `voices/*.bin`";
        return Err(LoadError::Voice { path: folder.to_owned(), what: what.to_owned() });
    }
    voices.sort_by(|a, b| a.0.cmp(&b.0));
    voices.dedup_by(|a, b| a.0 == b.0);
    Ok(voices)
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let files = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|found| found == ending)).collect();
    files.sort();
    files
}

fn stem(path: &Path) -> Option<String> {
    Some(path.file_stem()?.to_str()?.to_owned())
}

fn read_whole(path: &Path) -> Result<Vec<u8>, LoadError> {
    let unreadable = |source| LoadError::Unreadable { path: path.to_owned(), source };
    let mut octets = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(TABLE_MAX_BYTES + 1).read_to_end(&mut octets).map_err(unreadable)?;
    Ok(octets)
}

fn read_archive(path: &Path) -> Result<Vec<(String, Styles)>, LoadError> {
    let unreadable = |source| LoadError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    unpack(file).map_err(|what| LoadError::Voice { path: path.to_owned(), what })
}

/// The tables of an npz archive: a zip of `NAME.npy`.
fn unpack(archive: impl Read + Seek) -> Result<Vec<(String, Styles)>, String> {
    let mut archive = ZipArchive::new(archive).map_err(|error| {
        format!("it is no npz archive, which `voices*.bin` has to be ({error})")
    })?;
    if archive.len() > VOICES_MAX {
        return Err(format!("it has {} voices, at most {VOICES_MAX} are read", archive.len()));
    }
    let mut voices = Vec::new();
    for place in 0..archive.len() {
        let member = archive.by_index(place).map_err(|error| error.to_string())?;
        let name = member.name().map_err(|error| error.to_string())?;
        let Some(name) = name.strip_suffix(".npy").map(str::to_owned) else { continue };
        let sound = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || name.len() > 64 || !name.chars().all(sound) {
            return Err("it has a voice whose name is none".to_owned());
        }
        // What the archive says of sizes is not believed.
        let mut octets = Vec::new();
        let read = member.take(TABLE_MAX_BYTES + 1).read_to_end(&mut octets);
        read.map_err(|error| format!("`{name}` cannot be unpacked ({error})"))?;
        let styles = npy(&octets).and_then(Styles::new);
        voices.push((name.clone(), styles.map_err(|what| format!("`{name}`: {what}"))?));
    }
    Ok(voices)
}

/// The numbers of a npy file, version 1 to 3: little-endian f32 in rows.
/// <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>
fn npy(octets: &[u8]) -> Result<Vec<f32>, String> {
    if octets.len() as u64 > TABLE_MAX_BYTES {
        return Err(too_large());
    }
    let wrong = || "it is no npy table of little-endian f32 in rows".to_owned();
    let rest = octets.strip_prefix(b"\x93NUMPY").ok_or_else(wrong)?;
    let (version, rest) = rest.split_at_checked(2).ok_or_else(wrong)?;
    let (length, rest) = match version {
        [1, _] => {
            let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(wrong)?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        [2 | 3, _] => {
            let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(wrong)?;
            (u32::from_le_bytes(*length) as usize, rest)
        }
        _ => return Err(wrong()),
    };
    let (header, data) = rest.split_at_checked(length).ok_or_else(wrong)?;
    let header: String = String::from_utf8_lossy(header).split_whitespace().collect();
    let is_table = header.contains("'descr':'<f4'")
        && header.contains("'fortran_order':False")
        && header.contains(&format!(",{STYLE_SIZE})"));
    if is_table { floats(data) } else { Err(wrong()) }
}

fn too_large() -> String {
    format!("it is larger than {TABLE_MAX_BYTES} octets")
}

fn floats(octets: &[u8]) -> Result<Vec<f32>, String> {
    if octets.len() as u64 > TABLE_MAX_BYTES {
        return Err(too_large());
    }
    let (numbers, rest) = octets.as_chunks::<4>();
    if !rest.is_empty() {
        return Err("it is cut in the middle of a number".to_owned());
    }
    Ok(numbers.iter().map(|number| f32::from_le_bytes(*number)).collect())
}

/// Numbers of a style.
pub(super) const STYLE_SIZE: usize = 256;
/// Published tables have 510 or 511.
const ROWS_MAX: usize = 1_024;
/// Of a table, with its header.
const TABLE_MAX_BYTES: u64 = (ROWS_MAX * STYLE_SIZE * 4 + 4_096) as u64;
/// Published archives have 54 and 103.
const VOICES_MAX: usize = 256;

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn table(header: &str, rows: usize) -> Vec<u8> {
        let mut octets = b"\x93NUMPY\x01\x00".to_vec();
        octets.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
        octets.extend(header.as_bytes());
        for row in 0..rows {
            for _ in 0..STYLE_SIZE {
                octets.extend((row as f32).to_le_bytes());
            }
        }
        octets
    }

    const HEADER: &str = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 1, 256), }\n";

    fn archive(members: &[(&str, Vec<u8>)]) -> Cursor<Vec<u8>> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, octets) in members {
            archive.start_file(*name, SimpleFileOptions::default()).unwrap();
            archive.write_all(octets).unwrap();
        }
        archive.finish().unwrap()
    }

    #[test]
    fn an_archive_of_tables_is_read_by_name_and_row() {
        let voices =
            unpack(archive(&[("af_heart.npy", table(HEADER, 3)), ("notes.txt", vec![1])])).unwrap();
        assert_eq!(voices.len(), 1);
        let (name, styles) = &voices[0];
        assert_eq!(name, "af_heart");
        assert_eq!((styles.row(0)[0], styles.row(2)[255], styles.row(9)[0]), (0.0, 2.0, 2.0));
    }

    #[test]
    fn what_is_no_table_is_refused_and_says_why() {
        let f8 = HEADER.replace("<f4", "<f8");
        let flat = HEADER.replace("(3, 1, 256)", "(768,)");
        for (octets, why) in [
            (table(&f8, 3), "little-endian f32"),
            (table(&flat, 3), "little-endian f32"),
            (table(HEADER, 0), "rows of 256"),
            (table(HEADER, ROWS_MAX + 1), "rows of 256"),
            (table(HEADER, ROWS_MAX + 9), "larger than"),
            (table(HEADER, 3)[..3_003].to_vec(), "rows of 256"),
            (table(HEADER, 3)[..3_001].to_vec(), "middle of a number"),
            (b"\x93NUMPY\x01\x00\xff\xff".to_vec(), "no npy table"),
            (b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(), "no npy table"),
            (vec![], "no npy table"),
        ] {
            let error = unpack(archive(&[("v.npy", octets)])).unwrap_err();
            assert!(error.contains(why), "{why}: {error}");
        }
        let mut nan = table(HEADER, 3);
        nan.truncate(nan.len() - 4);
        nan.extend(f32::NAN.to_le_bytes());
        assert!(unpack(archive(&[("v.npy", nan)])).unwrap_err().contains("no numbers"));
        let error = unpack(archive(&[("../v.npy", table(HEADER, 3))])).unwrap_err();
        assert!(error.contains("whose name"), "{error}");
        let error = unpack(Cursor::new(vec![0; 2_000])).unwrap_err();
        assert!(error.contains("no npz archive"), "{error}");
    }

    #[test]
    fn a_folder_of_raw_tables_is_read_too() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).unwrap_err().to_string().contains("no voices"));
        std::fs::create_dir(folder.path().join("voices")).unwrap();
        let raw = table(HEADER, 3).split_off(10 + HEADER.len());
        std::fs::write(folder.path().join("voices/bf_emma.bin"), &raw).unwrap();
        let voices = read(folder.path()).unwrap();
        assert_eq!(voices[0].0, "bf_emma");
        std::fs::write(folder.path().join("voices/bf_bad.bin"), &raw[..1_000]).unwrap();
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("bf_bad.bin") && error.contains("rows of 256"), "{error}");
    }
}
