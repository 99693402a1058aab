//! Whether the data can be written.

use std::fs::{self, OpenOptions};
use std::path::Path;

use super::Finding;
use crate::serve::{HomeError, try_home};

pub(super) fn folder(home: &Path) -> Option<Finding> {
    const WHAT: &str = "data folder";
    let there = home.exists();
    let finding = match try_home(home) {
        Ok(()) if there => Finding::good(WHAT, home.display().to_string()),
        Ok(()) => Finding::good(WHAT, format!("{}, which the first run makes", home.display())),
        Err(HomeError::InUse { .. }) => {
            Finding::good(WHAT, format!("{}, which a running server uses", home.display()))
        }
        Err(error) => Finding::bad(WHAT, error.to_string(), None),
    };
    Some(finding)
}

pub(super) fn database(path: &Path) -> Option<Finding> {
    const WHAT: &str = "database";
    let size = fs::metadata(path).ok()?.len();
    // Opened and not read: a server may be using it.
    Some(match OpenOptions::new().append(true).open(path) {
        Ok(_file) => Finding::good(WHAT, format!("{}, {} kB", path.display(), size / 1_000)),
        Err(error) => Finding::bad(
            WHAT,
            format!("{} cannot be written: {error}", path.display()),
            Some("Give this user the right to write the file.".to_owned()),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn looking_leaves_nothing_behind() {
        let folder_there = tempfile::tempdir().unwrap();
        let home = folder_there.path().join("var");
        assert_eq!(folder(&home).unwrap().state, State::Good);
        assert!(!home.exists());
        assert_eq!(database(&home.join("callwright.db")), None);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_bad() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(folder(&file.path().join("var")).unwrap().state, State::Bad);
    }
}
