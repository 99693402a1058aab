//! Models that an operator may pull: from where, what they have to be, and where they go.

use std::fmt;

use serde::Deserialize;

use crate::pull::Digest;

/// One model that may be pulled.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Download {
    /// Its name here.
    pub name: String,
    /// What it does.
    pub task: String,
    /// Its name elsewhere.
    pub title: String,
    /// SPDX expression of its licence.
    pub licence: String,
    /// The language it knows, by its code, or `many`.
    pub languages: String,
    /// Address that the files' names are added to.
    pub home: String,
    /// What is fetched.
    pub files: Vec<DownloadFile>,
}

/// One file that is fetched.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "WrittenFile")]
pub struct DownloadFile {
    /// Its name at [`Download::home`] and at mirrors.
    pub fetch: String,
    /// Its size in octets, or nearly.
    pub size_about: u64,
    /// What it has to be; `None` when nobody has published that.
    pub digest: Option<Digest>,
    /// What is done with it.
    pub content: Content,
}

/// What a file that was fetched becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A file of the models folder.
    File(SafePath),
    /// Several: it is a zip archive.
    Zip(Vec<Member>),
}

/// One file of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Member {
    /// Its name in the archive.
    pub member: String,
    /// Where it goes.
    pub path: SafePath,
    /// Its size in octets.
    pub size: u64,
    /// Its SHA-256, in lower-case hexadecimal.
    #[serde(deserialize_with = "sha256")]
    pub sha256: String,
}

/// A path within the models folder: relative, without `..`, and of no hidden folder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SafePath(String);

/// A catalog says what cannot be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// A path that leads out of the models folder, or into a folder of our own.
    #[error("{0:?} is no path within the models folder")]
    Path(String),
    /// Something that is no hash.
    #[error("{0:?} is no SHA-256 or SHA-1 in lower-case hexadecimal")]
    Digest(String),
    /// Neither or both of a file and members.
    #[error("{0} needs either `path` or `members`")]
    Content(String),
    /// It is no JSON, or lacks something.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
}

impl Download {
    /// Reads the models of a catalog that an operator wrote: `{"downloads": [...]}`, as in `models/catalog.json`.
    ///
    /// # Errors
    /// [`CatalogError`].
    pub fn parse_all(catalog: &str) -> Result<Vec<Self>, CatalogError> {
        #[derive(Deserialize)]
        struct Written {
            downloads: Vec<Download>,
        }
        Ok(serde_json::from_str::<Written>(catalog)?.downloads)
    }

    /// Octets of what is fetched, about.
    pub fn size_about(&self) -> u64 {
        self.files.iter().map(|file| file.size_about).sum()
    }
}

impl DownloadFile {
    /// The files of the models folder that come of it.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let (one, several) = match &self.content {
            Content::File(path) => (Some(path), &[][..]),
            Content::Zip(members) => (None, members.as_slice()),
        };
        one.into_iter().chain(several.iter().map(|member| &member.path)).map(SafePath::as_str)
    }

    /// Octets of disk that it needs while it is installed, about.
    pub fn room(&self) -> u64 {
        let unpacked: u64 = match &self.content {
            Content::File(_) => 0,
            Content::Zip(members) => members.iter().map(|member| member.size).sum(),
        };
        self.size_about.saturating_add(unpacked)
    }
}

impl SafePath {
    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SafePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for SafePath {
    type Error = CatalogError;

    fn try_from(path: String) -> Result<Self, CatalogError> {
        let sound =
            |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\0', '\\']);
        if path.split('/').all(sound) { Ok(Self(path)) } else { Err(CatalogError::Path(path)) }
    }
}

/// A file as a catalog has it.
#[derive(Deserialize)]
struct WrittenFile {
    fetch: String,
    size_about: u64,
    sha256: Option<String>,
    sha1: Option<String>,
    path: Option<SafePath>,
    members: Option<Vec<Member>>,
}

impl TryFrom<WrittenFile> for DownloadFile {
    type Error = CatalogError;

    fn try_from(written: WrittenFile) -> Result<Self, CatalogError> {
        let WrittenFile { fetch, size_about, sha256, sha1, path, members } = written;
        let digest = match (sha256, sha1) {
            (Some(sha256), _) => Some(Digest::Sha256(hexadecimal(sha256, 64)?)),
            (None, Some(sha1)) => Some(Digest::Sha1(hexadecimal(sha1, 40)?)),
            (None, None) => None,
        };
        let content = match (path, members) {
            (Some(path), None) => Content::File(path),
            (None, Some(members)) if !members.is_empty() => Content::Zip(members),
            _ => return Err(CatalogError::Content(fetch)),
        };
        Ok(Self { fetch, size_about, digest, content })
    }
}

fn sha256<'de, D: serde::Deserializer<'de>>(written: D) -> Result<String, D::Error> {
    hexadecimal(String::deserialize(written)?, 64).map_err(serde::de::Error::custom)
}

fn hexadecimal(digits: String, length: usize) -> Result<String, CatalogError> {
    let sound = digits.len() == length
        && digits.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit));
    if sound { Ok(digits) } else { Err(CatalogError::Digest(digits)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(file: &str) -> Result<Vec<Download>, CatalogError> {
        Download::parse_all(&format!(
            r#"{{"downloads": [{{"name": "n", "task": "t", "title": "T", "licence": "MIT",
                "languages": "en", "home": "http://h", "files": [{file}]}}]}}"#
        ))
    }

    #[test]
    fn a_catalog_that_leads_out_of_the_folder_or_has_no_hash_is_refused() {
        let sha1 = "0".repeat(40);
        for path in ["/etc/passwd", "../x", "a/../../x", "a//b", ".pull/x", "a/.hidden", ""] {
            let file =
                format!(r#"{{"fetch": "f", "size_about": 1, "path": "{path}", "sha1": "{sha1}"}}"#);
            let error = catalog(&file).unwrap_err().to_string();
            assert!(error.contains("no path within"), "{path}: {error}");
        }
        for digest in ["", "xyz", "ABCDEF"] {
            let file =
                format!(r#"{{"fetch": "f", "size_about": 1, "path": "p", "sha256": "{digest}"}}"#);
            assert!(catalog(&file).unwrap_err().to_string().contains("is no SHA-256"));
        }
        let neither = r#"{"fetch": "f", "size_about": 1}"#;
        assert!(catalog(neither).unwrap_err().to_string().contains("needs either"));
        let without = r#"{"fetch": "f", "size_about": 1, "path": "a/b"}"#;
        assert_eq!(catalog(without).unwrap()[0].files[0].digest, None);
    }

    #[test]
    fn every_model_of_our_own_catalog_whose_hash_is_published_is_held_to_it() {
        let names: Vec<&str> = crate::catalog::downloads().iter().map(|d| &*d.name).collect();
        assert!(names.contains(&"whisper-tiny.en"), "{names:?}");
        for download in crate::catalog::downloads() {
            // Nobody publishes hashes of voices: they are taken with `--trust-on-first-use` alone.
            let published = download.task != "speech";
            let held = |file: &DownloadFile| file.digest.is_some() == published;
            assert!(download.files.iter().all(held), "{}", download.name);
            assert!(download.home.starts_with("https://"), "{}", download.name);
        }
    }
}
