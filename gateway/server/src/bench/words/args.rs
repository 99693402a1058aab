//! The command line of `callwright bench words`.

use std::path::PathBuf;

/// Which recordings to read, and how.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder with a `transcripts.tsv`: a heading that names the columns `path` and `text`, then a line for each
    /// recording (WAV, FLAC, MP3, Ogg Vorbis, M4A; paths are relative to the folder)
    #[arg(long, value_name = "FOLDER")]
    pub data: PathBuf,
    /// What the line carries
    #[arg(long, value_enum, default_value_t = Band::Wideband)]
    pub band: Band,
    /// Stop after so many recordings, taken evenly from the whole list
    #[arg(long, value_name = "RECORDINGS", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// How many lines are read to at the same time, where this machine can hear so many
    #[arg(long, value_name = "LINES", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub at_a_time: u16,
    /// Print one line of JSON: {"wer_streaming", "wer_offline", "first_partial_ms_p50", "final_ms_p50",
    /// "changed_words", "utterances", …}
    #[arg(long)]
    pub json: bool,
    /// Write what was said and heard in each recording to this file, with tabs between
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// The models [default: callwright/models in the user's cache]
    #[arg(long, env = "CALLWRIGHT_MODELS", value_name = "FOLDER")]
    pub models: Option<PathBuf>,
}

/// What a line carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Band {
    /// Linear samples at 16 kHz, in packets of 10 ms
    Wideband,
    /// G.711 mu-law at 8 kHz, in packets of 20 ms
    Telephone,
}

const EXAMPLES: &str = "\
Examples:
  callwright bench words --data recordings
      every recording at 16 kHz
  callwright bench words --data recordings --band telephone --limit 20
      twenty of them through a telephone
  callwright bench words --data recordings --json --write heard.tsv
      for a machine, and each recording's words

The figures:
  wer_streaming, wer_offline  wrong words in percent of those said: as the line heard them, and as the same model hears
                              each recording whole. Both sides are compared in lower case, without marks, and with
                              numbers, ordinals and a few abbreviations written out
  first_partial_ms_p50        from the onset of speech to the first words shown. The onset is the first frame of 20 ms
                              that is at most 25 dB under the loudest frames of the recording and followed by another
  final_ms_p50                from the last such frame to the moment from which on the words shown are the final ones
  turn_over_ms_p50            from there to the event that declares them final, which a listening line sends only after
                              1.2 s of silence
  changed_words               of the words that were shown as stable, those that changed afterwards, in percent
  changed_words_shown         the same of all words that were shown, the unstable tail included

A recording longer than the 20 s that the recogniser hears at once is heard offline in parts, cut where it is quietest.
Delays are only worth what the machine is: other work on it makes them longer. The words hardly change.

Exit status: 0 when everything was heard, 2 when it could not be.";

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn a_folder_is_enough() {
        let parse = |line: &[&str]| {
            Line::try_parse_from(["words"].iter().chain(line)).map(|line| line.args)
        };
        let args = parse(&["--data", "x"]).unwrap();
        assert_eq!((args.band, args.limit, args.at_a_time), (Band::Wideband, None, 4));
        let args = parse(&["--data", "x", "--band", "telephone", "--limit", "3"]).unwrap();
        assert_eq!((args.band, args.limit), (Band::Telephone, Some(3)));
        for wrong in [
            &["--limit", "3"][..],
            &["--data", "x", "--limit", "0"],
            &["--data", "x", "--band", "fm"],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
