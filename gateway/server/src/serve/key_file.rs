//! `admin.key`: the key of the first run, where its owner finds it again. The store keeps only the key's hash.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Writes `key` to `path`, readable by its owner alone from the first moment on.
pub(super) fn write(path: &Path, key: &str) -> io::Result<()> {
    // A file left from an earlier store may be readable by others: a new one takes its place.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    writeln!(file, "{key}")?;
    file.sync_all()
}

/// The key in `path`; `None` when there is none, or none that can be read.
pub(super) fn read(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_its_owners_alone_and_a_new_one_replaces_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.key");
        assert_eq!(read(&path), None);
        fs::write(&path, "old").unwrap();
        write(&path, "new").unwrap();
        assert_eq!(read(&path).as_deref(), Some("new"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
