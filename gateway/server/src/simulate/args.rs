//! The command line of `callwright simulate`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args as ClapArgs;

/// Calls the server as Twilio would and checks what comes of it.
#[derive(Clone, Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Scenarios: names of shipped ones (see --list) or YAML files. Without any: `books`
    #[arg(value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    /// The same, for those who prefer to say so
    #[arg(long = "scenario", value_name = "SCENARIO")]
    pub named: Vec<String>,
    /// Run every shipped scenario
    #[arg(long)]
    pub all: bool,
    /// List the shipped scenarios, personas and lines, and stop
    #[arg(long)]
    pub list: bool,
    /// The server's address on this machine [default: http:// and CALLWRIGHT_LISTEN, or http://127.0.0.1:8080]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Where the server listens, when --url does not say
    #[arg(long, env = "CALLWRIGHT_LISTEN", hide = true, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Where the world reaches the server: what its signatures are made for. Only matters with TWILIO_AUTH_TOKEN
    #[arg(long, env = "CALLWRIGHT_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// The key of the server's API [default: what the server wrote to admin.key in its home]
    #[arg(long, env = "CALLWRIGHT_ADMIN_KEY", hide_env_values = true, value_name = "KEY")]
    pub key: Option<String>,
    /// The server's home, where its key is
    #[arg(long, env = "CALLWRIGHT_HOME", default_value = "./var", value_name = "FOLDER")]
    pub home: PathBuf,
    /// Twilio's auth token: requests are signed with it
    #[arg(long, env = "TWILIO_AUTH_TOKEN", hide_env_values = true, hide = true)]
    pub twilio_auth_token: Option<String>,
    /// Run a server of its own for the time of the calls, with a home that is thrown away
    #[arg(long)]
    pub serve: bool,
    /// The models for --serve, --virtual and --matrix [default: where the launcher installs them]
    #[arg(long, env = "CALLWRIGHT_MODELS", value_name = "FOLDER")]
    pub models: Option<PathBuf>,
    /// Write the call as a WAV file: caller on the left, agent on the right. With several scenarios, the name of each
    /// is put in front of the ending
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub json: bool,
    /// Who calls: names of shipped personas (see --list) or YAML files. Several with --matrix, which without any takes all
    #[arg(long, value_name = "PERSONA")]
    pub persona: Vec<String>,
    /// Over what line: names of shipped ones (see --list) or YAML files. Several with --matrix, which without any takes all
    #[arg(long, value_name = "LINE")]
    pub line: Vec<String>,
    /// What chance follows from: a call within this process is the same each time
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub seed: u64,
    /// Make the calls within this process, on a virtual clock: no server, faster than real time, the same every time
    #[arg(long = "virtual", conflicts_with_all = ["serve", "url"])]
    pub inside: bool,
    /// Every persona over every line, within this process, and a table of what passes
    #[arg(long, conflicts_with_all = ["serve", "url", "record"])]
    pub matrix: bool,
    /// With --matrix: calls of each kind, each with the next seed
    #[arg(long, default_value_t = 1, value_name = "CALLS", requires = "matrix")]
    pub calls: u16,
    /// How many calls to make at the same time [default: 3; within this process one for each processor]
    #[arg(long, value_name = "CALLS", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub at_a_time: Option<u8>,
}

const EXAMPLES: &str = "\
Examples:
  callwright simulate                         book an appointment, and show the conversation
  callwright simulate interrupts --record call.wav
                                              cut the agent off, and keep the sound
  callwright simulate --all                   every shipped scenario, and a table
  callwright simulate my-scenario.yaml --json one of your own, for a machine
  callwright simulate --all --serve           without a running server
  callwright simulate books --virtual --persona elderly --line mobile --seed 7
                                              an old caller on a bad line, within this process
  callwright simulate --matrix                every persona over every line
  callwright simulate --matrix books interrupts --line cafe --line car --calls 5
                                              two scenarios, all personas, two lines, five calls of each

Exit status: 0 when all expectations hold, 1 when one does not, 2 when no call could be made.";

impl Args {
    /// The server's address.
    pub(super) fn base(&self) -> String {
        match (&self.url, self.listen) {
            (Some(url), _) => url.clone(),
            (None, Some(listen)) => format!("http://{listen}"),
            (None, None) => "http://127.0.0.1:8080".to_owned(),
        }
    }
}
