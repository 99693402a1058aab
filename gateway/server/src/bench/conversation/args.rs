//! The command line of `callwright bench conversation`.

use std::path::PathBuf;
use std::time::Duration;

/// What to measure of conversations.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Calls at a time: one row of the table for each number
    #[arg(
        long,
        value_name = "CALLS",
        value_delimiter = ',',
        default_values_t = [1, 2, 4, 8, 16, 24],
        value_parser = clap::value_parser!(u16).range(1..=1_000)
    )]
    pub calls: Vec<u16>,
    /// How long each row lasts [default: 60, and longer for one, two and three calls: 240 s are shared among them]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(15..=86_400))]
    pub seconds: Option<u64>,
    /// Print one line of JSON: {"rows": [{"calls", "reply_ms_p50", "reply_ms_p95", "barge_in_ms_p50",
    /// "barge_in_ms_p95", "false_cutoffs", "refused", …}]}
    #[arg(long)]
    pub json: bool,
    /// Share of the time that a caller speaks, 0.05 to 0.8
    #[arg(long, value_name = "SHARE", default_value_t = 0.4, value_parser = talk_share)]
    pub talk_share: f64,
    /// Decides who says what and when; the same seed makes the same callers
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// A running server on this machine, instead of one of its own. Its processor time is then not shown
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The key of that server's API, for where the time of its replies goes
    #[arg(long, env = "CALLWRIGHT_ADMIN_KEY", hide_env_values = true, value_name = "KEY")]
    pub key: Option<String>,
    /// The models of the server of its own [default: callwright/models in the user's cache]
    #[arg(long, env = "CALLWRIGHT_MODELS", value_name = "FOLDER")]
    pub models: Option<PathBuf>,
    /// Write every call here: a WAV file (caller on the left, agent on the right) beside its turns as the caller heard
    /// them and as the server did
    #[arg(long, value_name = "FOLDER")]
    pub record: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  callwright bench conversation
      the whole table: 1, 2, 4, 8, 16 and 24 calls at a time, about ten minutes
  callwright bench conversation --calls 1,20 --json
      two rows, for a machine
  callwright bench conversation --calls 4 --seconds 30 --record calls
      half a minute, and the sound of it
  callwright bench conversation --calls 2 --url http://127.0.0.1:8080 --key KEY
      against a server that runs already

The columns:
  reply ms     caller's last loud sample to the reply's first: median and 95th percentile
  cut-in ms    first loud sample of a caller who cuts in to the agent's last, and to Twilio's `clear`
  cut-offs     replies that began before the caller's sentence was finished, and hesitations in the middle of
               sentences (250 to 800 ms each) that could have been taken for its end
  none         turns that were not answered within eight seconds
  busy         calls that were refused: beyond its capacity a server refuses, and keeps those it has well
  talk         share of the time in which the callers spoke
  lanes        how busy each model's thread was, in percent of the time
  CPU          processor time in percent of one core

A sample is loud from 1 % of full scale on. Turns count once all callers have dialled.
`CALLWRIGHT_CALLS_MAX` and `CALLWRIGHT_SHARDS` hold for the server of its own as for any other.

Exit status: 0 when everything was measured, 2 when it could not be.";

/// A row lasts at least this long.
const ROW: u64 = 60;
/// Calls times seconds that give enough replies for a percentile.
const CALL_SECONDS: u64 = 240;

impl Args {
    /// How long the row of `calls` lasts.
    pub(super) fn lasts(&self, calls: u16) -> Duration {
        let seconds =
            self.seconds.unwrap_or_else(|| ROW.max(CALL_SECONDS / u64::from(calls.max(1))));
        Duration::from_secs(seconds)
    }

    /// Within how long all callers of a row have dialled.
    pub(super) fn ramp(&self, calls: u16) -> Duration {
        if calls == 1 {
            return Duration::ZERO;
        }
        (self.lasts(calls) / 5).min(Duration::from_secs(10))
    }
}

fn talk_share(written: &str) -> Result<f64, String> {
    let share = written.parse::<f64>().ok().filter(|share| (0.05..=0.8).contains(share));
    share.ok_or_else(|| "a share of the time, 0.05 to 0.8".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn parse(line: &[&str]) -> Result<Args, clap::Error> {
        Line::try_parse_from(["bench"].iter().chain(line)).map(|line| line.args)
    }

    #[test]
    fn the_whole_table_is_the_default() {
        let args = parse(&[]).unwrap();
        assert_eq!(args.calls, [1, 2, 4, 8, 16, 24]);
        assert_eq!((args.talk_share, args.json), (0.4, false));
        let lasts = [1, 2, 4, 24].map(|calls| args.lasts(calls).as_secs());
        assert_eq!(lasts, [240, 120, 60, 60]);
        assert_eq!((args.ramp(1).as_secs(), args.ramp(8).as_secs()), (0, 10));
    }

    #[test]
    fn rows_are_named_in_one_list() {
        let args = parse(&["--calls", "1,20", "--seconds", "30", "--json"]).unwrap();
        assert_eq!((args.calls.as_slice(), args.json), (&[1, 20][..], true));
        assert_eq!((args.lasts(1).as_secs(), args.ramp(20).as_secs()), (30, 6));
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            ["--calls", "0"],
            ["--calls", "1,,2"],
            ["--seconds", "3"],
            ["--talk-share", "1.2"],
            ["--talk-share", "NaN"],
        ] {
            assert!(parse(&line).is_err(), "{line:?}");
        }
    }
}
