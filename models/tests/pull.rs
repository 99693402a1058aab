//! Pulling models from a server of the test's own: whole, cut, wrong, hostile, and onto a full disk.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what cannot be read or made in a test fails the test"
)]

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write as _};
use std::path::Path;

use callwright_models::catalog::Download;
use callwright_models::pull::{
    self, ArchiveError, Body, Digests, Fetch, FetchError, PARTS, PullError, PullOptions, Record,
};

/// Files by address, and what was asked for.
#[derive(Default)]
struct Shop {
    files: BTreeMap<String, Vec<u8>>,
    /// Sends only so much at a time, then cuts the connection.
    cut_after: Option<usize>,
    /// Knows nothing of ranges.
    always_whole: bool,
    /// Says nothing of lengths.
    silent: bool,
    asked: Vec<(String, u64)>,
}

impl Shop {
    fn with(url: &str, content: &[u8]) -> Self {
        let files = BTreeMap::from([(url.to_owned(), content.to_vec())]);
        Self { files, ..Self::default() }
    }
}

impl Fetch for Shop {
    fn open(&mut self, url: &str, from: u64) -> Result<Body, FetchError> {
        self.asked.push((url.to_owned(), from));
        let file = self.files.get(url).ok_or(FetchError::Status(404))?;
        let from = if self.always_whole { 0 } else { from };
        let start = usize::try_from(from).unwrap();
        if start > 0 && start >= file.len() {
            return Err(FetchError::Range);
        }
        let rest = file[start..].to_vec();
        let octets: Box<dyn Read> = match self.cut_after {
            Some(cut) if cut < rest.len() => {
                Box::new(Cursor::new(rest).take(cut as u64).chain(Broken))
            }
            _ => Box::new(Cursor::new(rest)),
        };
        Ok(Body { from, whole: (!self.silent).then_some(file.len() as u64), octets })
    }
}

/// A connection that is gone.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::ConnectionReset.into())
    }
}

const HOME: &str = "https://models.test/files";
const URL: &str = "https://models.test/files/model.bin";

fn content() -> Vec<u8> {
    (0..200_000_u32).flat_map(|n| (n % 251).to_le_bytes()).collect()
}

fn sha256(octets: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), octets).unwrap();
    Digests::of(file.path()).unwrap().sha256
}

fn download(files: &str) -> Download {
    let catalog = format!(
        r#"{{"downloads": [{{"name": "tiny", "task": "transcription", "title": "Tiny", "licence": "MIT",
            "languages": "en", "home": "{HOME}", "files": [{files}]}}]}}"#
    );
    Download::parse_all(&catalog).unwrap().remove(0)
}

fn model(content: &[u8]) -> Download {
    download(&format!(
        r#"{{"fetch": "model.bin", "path": "tiny/model.bin", "size_about": {}, "sha256": "{}"}}"#,
        content.len(),
        sha256(content)
    ))
}

fn pull(folder: &Path, download: &Download, shop: &mut Shop) -> Result<(), PullError> {
    pull::pull(folder, download, &PullOptions::default(), shop, &mut |_| true)
}

/// Every file of the folder that is no part of a download.
fn installed(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            if path.is_dir() && name != PARTS {
                folders.push(path);
            } else if path.is_file() && !name.starts_with('.') {
                found.push(name);
            }
        }
    }
    found
}

/// Octets of parts that are kept.
fn kept(folder: &Path) -> u64 {
    let parts = std::fs::read_dir(folder.join(PARTS)).unwrap().map(Result::unwrap);
    let parts = parts.filter(|part| part.file_name() != "lock");
    parts.map(|part| part.metadata().unwrap().len()).sum()
}

#[test]
fn a_model_is_pulled_once_verified_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let (content, mut told) = (content(), Vec::new());
    let (mut shop, tiny) = (Shop::with(URL, &content), model(&content));
    let options = PullOptions::default();
    let mut progress = |p: pull::PullProgress| {
        told.push(p.done);
        true
    };
    pull::pull(folder.path(), &tiny, &options, &mut shop, &mut progress).unwrap();
    assert_eq!(told.last(), Some(&(content.len() as u64)));
    assert!(told.is_sorted());
    assert_eq!(std::fs::read(folder.path().join("tiny/model.bin")).unwrap(), content);
    assert_eq!(kept(folder.path()), 0);
    let pulled = Record::read(folder.path()).of("tiny/model.bin").unwrap().clone();
    assert_eq!((pulled.size, pulled.sha256), (content.len() as u64, sha256(&content)));
    pull(folder.path(), &tiny, &mut shop).unwrap();
    assert_eq!(shop.asked.len(), 1, "what is there is not fetched again");
    assert_eq!(pull::remove(folder.path(), &tiny).unwrap(), 1);
    assert_eq!(installed(folder.path()), [""; 0]);
    assert!(!pull::is_there(folder.path(), &tiny.files[0]).unwrap());
}

#[test]
fn a_cut_download_goes_on_from_where_it_was_cut() {
    let folder = tempfile::tempdir().unwrap();
    let content = content();
    let (mut shop, tiny) = (Shop::with(URL, &content), model(&content));
    shop.cut_after = Some(300_000);
    let error = pull(folder.path(), &tiny, &mut shop).unwrap_err();
    assert!(matches!(error, PullError::Cut { done: 300_000, whole: 800_000, .. }), "{error}");
    assert!(error.to_string().contains("goes on from there"), "{error}");
    assert_eq!(installed(folder.path()), [""; 0]);
    assert_eq!(kept(folder.path()), 300_000);
    shop.cut_after = None;
    pull(folder.path(), &tiny, &mut shop).unwrap();
    assert_eq!(shop.asked.last(), Some(&(URL.to_owned(), 300_000)));
    assert_eq!(std::fs::read(folder.path().join("tiny/model.bin")).unwrap(), content);
}

#[test]
fn a_server_without_ranges_sends_all_of_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let content = content();
    let mut shop = Shop { cut_after: Some(9), always_whole: true, ..Shop::with(URL, &content) };
    let tiny = model(&content);
    assert!(pull(folder.path(), &tiny, &mut shop).is_err());
    shop.cut_after = None;
    pull(folder.path(), &tiny, &mut shop).unwrap();
    assert_eq!(std::fs::read(folder.path().join("tiny/model.bin")).unwrap(), content);
}

#[test]
fn what_is_stopped_goes_on_and_a_part_of_another_file_does_not_last() {
    let folder = tempfile::tempdir().unwrap();
    let content = content();
    let (mut shop, tiny) = (Shop::with(URL, &content), model(&content));
    let options = PullOptions::default();
    let error = pull::pull(folder.path(), &tiny, &options, &mut shop, &mut |_| false).unwrap_err();
    assert!(matches!(error, PullError::Stopped), "{error}");
    let part = folder.path().join(PARTS).join("tiny--model.bin");
    assert!(std::fs::metadata(&part).unwrap().len() > 0);
    // A part that is longer than the file, as of an older edition.
    std::fs::write(&part, vec![1; content.len() + 5]).unwrap();
    pull(folder.path(), &tiny, &mut shop).unwrap();
    assert_eq!(std::fs::read(folder.path().join("tiny/model.bin")).unwrap(), content);
}

#[test]
fn a_wrong_file_is_not_installed_and_nothing_of_it_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = content();
    let tiny = model(&other);
    other[4_321] ^= 1;
    let error = pull(folder.path(), &tiny, &mut Shop::with(URL, &other)).unwrap_err();
    let PullError::WrongHash { found, wanted, kind: "SHA-256", .. } = &error else {
        panic!("{error}")
    };
    assert_ne!(found, wanted);
    assert!(error.to_string().contains("not the file that was published"), "{error}");
    assert_eq!((installed(folder.path()).len(), kept(folder.path())), (0, 0));
}

#[test]
fn a_sha1_is_held_to_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let file = |sha1: &str| {
        download(&format!(
            r#"{{"fetch": "model.bin", "path": "m", "size_about": 3, "sha1": "{sha1}"}}"#
        ))
    };
    // FIPS 180, appendix A.1.
    let abc = file("a9993e364706816aba3e25717850c26c9cd0d89d");
    pull(folder.path(), &abc, &mut Shop::with(URL, b"abc")).unwrap();
    let other = tempfile::tempdir().unwrap();
    let error = pull(other.path(), &abc, &mut Shop::with(URL, b"abd")).unwrap_err();
    assert!(matches!(error, PullError::WrongHash { kind: "SHA-1", .. }), "{error}");
}

#[test]
fn what_nobody_published_a_hash_of_is_taken_only_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let file = download(r#"{"fetch": "model.bin", "path": "m", "size_about": 3}"#);
    let mut shop = Shop::with(URL, b"abc");
    let error = pull(folder.path(), &file, &mut shop).unwrap_err();
    assert!(error.to_string().contains("--trust-on-first-use"), "{error}");
    assert!(shop.asked.is_empty(), "nothing is fetched in vain");
    let options = PullOptions { trust_on_first_use: true, ..PullOptions::default() };
    pull::pull(folder.path(), &file, &options, &mut shop, &mut |_| true).unwrap();
    assert_eq!(Record::read(folder.path()).of("m").unwrap().sha256, sha256(b"abc"));
}

#[test]
fn mirrors_are_asked_first_and_the_home_last() {
    let folder = tempfile::tempdir().unwrap();
    let content = content();
    let mut shop = Shop::with("http://near/b/model.bin", &content);
    let mirrors = vec!["http://near/a".to_owned(), "http://near/b/".to_owned()];
    let options = PullOptions { mirrors, ..PullOptions::default() };
    pull::pull(folder.path(), &model(&content), &options, &mut shop, &mut |_| true).unwrap();
    let asked: Vec<&str> = shop.asked.iter().map(|(url, _)| &**url).collect();
    assert_eq!(asked, ["http://near/a/model.bin", "http://near/b/model.bin"]);
    let nowhere = tempfile::tempdir().unwrap();
    let error = pull(nowhere.path(), &model(&content), &mut Shop::default()).unwrap_err();
    assert!(error.to_string().contains("404"), "{error}");
    assert!(error.to_string().contains(URL), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_to_be_full_and_holds_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(PARTS)).unwrap();
    // The system's own full disk.
    let part = folder.path().join(PARTS).join("tiny--model.bin");
    std::os::unix::fs::symlink("/dev/full", &part).unwrap();
    let content = content();
    let error = pull(folder.path(), &model(&content), &mut Shop::with(URL, &content)).unwrap_err();
    assert!(matches!(error, PullError::Full { .. }), "{error}");
    assert!(error.to_string().contains("is full"), "{error}");
    assert_eq!((installed(folder.path()).len(), kept(folder.path())), (0, 0));
}

#[test]
fn a_model_that_will_not_fit_is_not_begun() {
    let folder = tempfile::tempdir().unwrap();
    let file = download(&format!(
        r#"{{"fetch": "model.bin", "path": "m", "size_about": {}, "sha1": "{}"}}"#,
        1_u64 << 60,
        "0".repeat(40)
    ));
    let mut shop = Shop::with(URL, b"abc");
    let error = pull(folder.path(), &file, &mut shop).unwrap_err();
    assert!(matches!(error, PullError::NoRoom { .. }), "{error}");
    assert!(shop.asked.is_empty());
}

#[test]
fn a_server_that_never_ends_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let file = download(&format!(
        r#"{{"fetch": "model.bin", "path": "m", "size_about": 1000, "sha1": "{}"}}"#,
        "0".repeat(40)
    ));
    let mut shop = Shop { silent: true, ..Shop::with(URL, &vec![0; 1 << 20]) };
    let error = pull(folder.path(), &file, &mut shop).unwrap_err();
    assert!(matches!(error, PullError::TooLong { .. }), "{error}");
    assert_eq!((installed(folder.path()).len(), kept(folder.path())), (0, 0));
}

#[test]
fn two_pulls_do_not_write_the_same_part() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(PARTS)).unwrap();
    let held = std::fs::File::create(folder.path().join(PARTS).join("lock")).unwrap();
    held.lock().unwrap();
    let content = content();
    let error = pull(folder.path(), &model(&content), &mut Shop::with(URL, &content)).unwrap_err();
    assert!(matches!(error, PullError::Busy { .. }), "{error}");
}

/// A zip archive of these files, and a model of two of its members.
fn archive(entries: &[(&str, &[u8])]) -> (Download, Vec<u8>) {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    for (name, octets) in entries {
        writer.start_file(*name, options).unwrap();
        writer.write_all(octets).unwrap();
    }
    let octets = writer.finish().unwrap().into_inner();
    let member = |name: &str, octets: &[u8]| {
        format!(
            r#"{{"member": "{name}", "path": "voice/{name}", "size": {}, "sha256": "{}"}}"#,
            octets.len(),
            sha256(octets)
        )
    };
    let files = format!(
        r#"{{"fetch": "model.bin", "size_about": {}, "sha256": "{}", "members": [{}, {}]}}"#,
        octets.len(),
        sha256(&octets),
        member("a.onnx", b"weights"),
        member("b.json", b"{}")
    );
    (download(&files), octets)
}

#[test]
fn named_members_of_an_archive_are_installed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (voice, octets) =
        archive(&[("a.onnx", b"weights"), ("b.json", b"{}"), ("setup.sh", b"rm -rf")]);
    pull(folder.path(), &voice, &mut Shop::with(URL, &octets)).unwrap();
    let mut found = installed(folder.path());
    found.sort();
    assert_eq!(found, ["voice/a.onnx", "voice/b.json"]);
    assert_eq!(kept(folder.path()), 0);
}

/// Pulls an archive that must be refused, and leave nothing.
fn refused(entries: &[(&str, &[u8])]) -> ArchiveError {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("models");
    let (voice, octets) = archive(entries);
    let error = pull(&inner, &voice, &mut Shop::with(URL, &octets)).unwrap_err();
    assert_eq!((installed(&inner).len(), kept(&inner)), (0, 0), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing beside the folder");
    let PullError::Archive { why, .. } = error else { panic!("{error}") };
    why
}

#[test]
fn a_hostile_archive_leaves_nothing() {
    let good: [(&str, &[u8]); 2] = [("a.onnx", b"weights"), ("b.json", b"{}")];
    let with = |bad: (&'static str, &'static [u8])| refused(&[good[0], good[1], bad]);
    for name in ["../../outside", "/etc/cron.d/x", "x/../../../y"] {
        let why = with((name, b"x"));
        assert!(matches!(&why, ArchiveError::Traversal(_)), "{name}: {why}");
    }
    let bomb: &'static [u8] = vec![0; 32 << 20].leak();
    assert!(matches!(with(("zeros", bomb)), ArchiveError::Bomb(_)));
    // A member that is larger than the catalog says.
    let large: &[u8] = &[7; 5_000];
    assert!(matches!(refused(&[("a.onnx", large), good[1]]), ArchiveError::Bomb(8)));
    assert!(matches!(refused(&[("a.onnx", b"Weights"), good[1]]), ArchiveError::WrongHash(_)));
    assert!(matches!(refused(&[good[0]]), ArchiveError::Lacks(name) if name == "b.json"));
}

#[test]
fn what_is_no_archive_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = download(&format!(
        r#"{{"fetch": "model.bin", "size_about": 9, "sha256": "{}",
            "members": [{{"member": "a", "path": "a", "size": 1, "sha256": "{}"}}]}}"#,
        sha256(b"no archive"),
        sha256(b"x")
    ));
    let error = pull(folder.path(), &file, &mut Shop::with(URL, b"no archive")).unwrap_err();
    assert!(error.to_string().contains("no whole zip archive"), "{error}");
    assert_eq!((installed(folder.path()).len(), kept(folder.path())), (0, 0));
}
