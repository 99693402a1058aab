//! The built program, serving.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use callwright::config::Config;
use callwright::simulate::{Caller, Target};
use callwright_api::wire::{Appointment, AppointmentList, CallList, CallSummary};

/// The key that every server here is given.
pub(super) const KEY: &str = "a-key-for-tests-that-is-long-enough";

/// A running `callwright serve`. Killed when dropped.
pub(super) struct Program {
    child: Child,
    pub(super) url: String,
    home: PathBuf,
}

impl Program {
    /// Starts a server with its data in `home` and waits until it takes calls.
    pub(super) fn serve(home: &Path) -> Self {
        let log = std::fs::File::options().create(true).append(true).open(log_of(home)).unwrap();
        let mut child =
            command(home, &models()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        // The line that says where to click; everything is ready when it is printed.
        let url = lines.find_map(|line| {
            let (_, rest) = line.split_once("http://")?;
            Some(format!("http://{}", rest.split('/').next()?))
        });
        let Some(url) = url else {
            panic!("the server says nothing: {}", std::fs::read_to_string(log_of(home)).unwrap())
        };
        // What is printed after that must not fill the pipe, or find it closed.
        std::thread::Builder::new().spawn(move || lines.count()).unwrap();
        Self { child, url, home: home.to_owned() }
    }

    /// `kill -9`.
    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Somebody who calls this server.
    pub(super) fn caller(&self) -> Caller {
        Caller::new(Target::new(&self.url, KEY).unwrap()).unwrap()
    }

    /// All calls that the server knows of, newest first.
    pub(super) async fn calls(&self) -> Vec<CallSummary> {
        self.get::<CallList>("/v1/calls").await.calls
    }

    /// All appointments that stand.
    pub(super) async fn appointments(&self) -> Vec<Appointment> {
        let list: AppointmentList = self.get("/v1/appointments").await;
        list.appointments.into_iter().filter(|one| one.state == "booked").collect()
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> T {
        let request = reqwest::Client::new().get(format!("{}{path}", self.url)).bearer_auth(KEY);
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    /// Everything that the server has logged.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(log_of(&self.home)).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Killed already, in some tests.
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Runs a server that should not start; gives its status and what it complained of.
pub(super) fn refused(home: &Path, models: &Path) -> (ExitStatus, String) {
    let mut child =
        command(home, models).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut complaint = String::new();
    child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    (child.wait().unwrap(), complaint)
}

fn command(home: &Path, models: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callwright"));
    command
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env_clear()
        .env("CALLWRIGHT_HOME", home)
        .env("CALLWRIGHT_MODELS", models)
        .env("CALLWRIGHT_ADMIN_KEY", KEY)
        .env("CALLWRIGHT_LOG", "debug");
    command
}

fn log_of(home: &Path) -> PathBuf {
    home.with_extension("log")
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
