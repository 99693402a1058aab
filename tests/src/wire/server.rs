//! A whole server in this process, on a free port, with a home of its own.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;

use callwright::config::{AdmissionSetting, Config};
use callwright::serve::{self, Running};
use callwright::simulate::{Caller, Target};
use tokio::runtime::Runtime;

/// The server. Stops, and removes its home, when it is dropped.
pub(super) struct TestServer {
    pub(super) url: String,
    pub(super) key: String,
    /// Taken when it stops.
    parts: Option<(Runtime, Running)>,
    _home: tempfile::TempDir,
}

impl TestServer {
    /// The server that tests share which do not need one of their own.
    pub(super) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<TestServer>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Self::start(|_| {}));
            *shared = Arc::downgrade(&server);
            server
        })
    }

    /// A server with a configuration of its own.
    pub(super) fn start(change: impl FnOnce(&mut Config)) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut config = Config::local(home.path(), models());
        // The machine runs other tests beside this server: whether it has room for a call is not what they are about.
        config.admission = AdmissionSetting::CallsMax;
        change(&mut config);
        // On a thread without a runtime: a test's own runtime would not let itself be blocked.
        let (runtime, running) = thread::scope(|scope| {
            let starting = scope.spawn(|| {
                let runtime = Runtime::new().unwrap();
                let running = runtime.block_on(serve::start(config));
                (
                    runtime,
                    running.unwrap_or_else(|error| panic!("the server does not start: {error}")),
                )
            });
            starting.join().unwrap()
        });
        let (url, key) = (running.url(), running.admin_key().unwrap());
        Self { url, key, parts: Some((runtime, running)), _home: home }
    }

    /// Somebody who calls this server.
    pub(super) fn caller(&self) -> Caller {
        Caller::new(self.target()).unwrap()
    }

    /// This server, to be called.
    pub(super) fn target(&self) -> Target {
        Target::new(&self.url, &self.key).unwrap()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some((runtime, running)) = self.parts.take() {
            thread::scope(|scope| {
                // The runtime goes there too: it cannot be dropped within another.
                scope.spawn(move || runtime.block_on(running.shutdown()));
            });
        }
    }
}

/// The folder with the installed models.
pub(super) fn models() -> PathBuf {
    let named = std::env::var_os("CALLWRIGHT_MODELS").map(PathBuf::from);
    let models = named.unwrap_or_else(Config::default_models);
    assert!(
        models.join("samples").is_dir(),
        "there are no models in {}; `./callwright test` installs them",
        models.display()
    );
    models
}
