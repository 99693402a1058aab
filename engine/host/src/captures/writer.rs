//! What the thread `captures-0` does, without the thread.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use callwright_calls::capture::{CaptureFile, FrameKind, Spool};
use callwright_contract::CallId;
use callwright_media::ring::Reader;

use super::CaptureOptions;
use super::keeping::{Keeping, prune};

/// Puts captures into files. Blocks on the disk.
#[derive(Debug)]
pub struct CaptureWriter {
    folder: PathBuf,
    keeping: Keeping,
    spools: Vec<Spool>,
    contexts: Reader<(CallId, Vec<u8>)>,
    open: BTreeMap<CallId, CaptureFile<File>>,
    /// Contexts of calls that have not begun here.
    early: BTreeMap<CallId, Vec<u8>>,
    gauges: Arc<CaptureGauges>,
}

/// What the writer has done and seen go wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriterCounts {
    /// Captures that were written to their end.
    pub written: u64,
    /// Captures that could not be written, or not to their end: the disk is full or gone.
    pub failed: u64,
    /// Captures that were removed because of their age or because there were too many.
    pub removed: u64,
}

/// The same, written by one thread and read by others.
#[derive(Debug, Default)]
pub struct CaptureGauges {
    written: AtomicU64,
    failed: AtomicU64,
    removed: AtomicU64,
}

impl CaptureGauges {
    pub(super) fn read(&self) -> WriterCounts {
        WriterCounts {
            written: self.written.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            removed: self.removed.load(Ordering::Relaxed),
        }
    }
}

/// Contexts that wait for their calls: more than calls that begin at once.
const EARLY_MAX: usize = 64;

impl CaptureWriter {
    /// A writer of what comes from these recorders. Makes the folder, and removes what is too old in it.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn new(
        options: CaptureOptions,
        spools: Vec<Spool>,
        contexts: Reader<(CallId, Vec<u8>)>,
    ) -> io::Result<Self> {
        make(&options.folder)?;
        let writer = Self {
            folder: options.folder,
            keeping: options.keeping,
            spools,
            contexts,
            open: BTreeMap::new(),
            early: BTreeMap::new(),
            gauges: Arc::default(),
        };
        writer.prune();
        Ok(writer)
    }

    pub(super) fn gauges(&self) -> Arc<CaptureGauges> {
        Arc::clone(&self.gauges)
    }

    /// Nothing more will come: every recorder is gone.
    pub(super) fn is_over(&self) -> bool {
        self.spools.iter().all(Spool::is_over)
    }

    /// Takes everything that waits.
    pub fn drain(&mut self) {
        while let Some((call, context)) = self.contexts.pop() {
            self.context(call, context);
        }
        let mut ended = false;
        let mut spools = std::mem::take(&mut self.spools);
        for spool in &mut spools {
            while let Some(frame) = spool.frame() {
                ended |= frame.kind == FrameKind::End;
                if self.frame(frame.kind, frame.call, frame.octets).is_err() {
                    self.open.remove(&frame.call);
                    self.gauges.failed.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        self.spools = spools;
        if ended {
            self.prune();
        }
    }

    fn frame(&mut self, kind: FrameKind, call: CallId, octets: &[u8]) -> io::Result<()> {
        if kind == FrameKind::Begin {
            let path = CaptureOptions::file(&self.folder, call);
            let mut file = CaptureFile::begin(create(&path)?, octets)?;
            if let Some(context) = self.early.remove(&call) {
                file.context(&context)?;
            }
            self.open.insert(call, file);
            return Ok(());
        }
        // A capture that failed is no longer open; what comes of it is dropped.
        let Some(file) = self.open.get_mut(&call) else { return Ok(()) };
        file.records(octets)?;
        if kind != FrameKind::Records {
            file.flush()?;
        }
        if kind == FrameKind::End {
            self.open.remove(&call);
            self.gauges.written.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    fn context(&mut self, call: CallId, context: Vec<u8>) {
        if let Some(file) = self.open.get_mut(&call) {
            if file.context(&context).is_err() {
                self.open.remove(&call);
                self.gauges.failed.fetch_add(1, Ordering::Relaxed);
            }
            return;
        }
        // Of calls that never come there are few: those that were refused a seat.
        if self.early.len() >= EARLY_MAX {
            self.early.pop_first();
        }
        self.early.insert(call, context);
    }

    fn prune(&self) {
        let removed = prune(&self.folder, self.keeping).unwrap_or_default();
        self.gauges.removed.fetch_add(removed, Ordering::Relaxed);
    }
}

#[cfg(unix)]
fn make(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(folder)
}

/// Readable by its owner alone from the first moment on; a call's name is never used twice.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}
