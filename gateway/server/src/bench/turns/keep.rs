//! The set as files: one WAV per clip as each line brings it, `labels.tsv`, and per line what the models said in every
//! pause, for whoever wants to try other ways of weighing it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use callwright_media::SampleRate;

use super::evidence::Heard;
use super::line::{Arriving, Line};
use super::set::{Clip, ms};

/// The set cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// A folder or the table of labels.
    #[error("cannot write {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A clip.
    #[error("cannot write {}", path.display())]
    Wav {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: hound::Error,
    },
}

/// Writes the truth about every clip.
pub(super) fn labels(folder: &Path, clips: &[Clip]) -> Result<(), KeepError> {
    let failed = |source| KeepError::File { path: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    let mut table = String::from(
        "clip\tspeaker\torigin\tpause_start_ms\tpause_end_ms\tin_recording_ms\tover\n",
    );
    for clip in clips {
        for pause in &clip.pauses {
            // Writing to a string does not fail.
            let _written = writeln!(
                table,
                "{}\t{}\t{}\t{:.0}\t{:.0}\t{:.0}\t{}",
                clip.name,
                clip.speaker,
                clip.origin.as_str(),
                ms(pause.start),
                ms(pause.end),
                ms(pause.at),
                pause.over
            );
        }
    }
    let path = folder.join("labels.tsv");
    fs::write(&path, table).map_err(|source| KeepError::File { path: path.clone(), source })
}

/// Writes what was heard in every pause of the clips over a line: as many rows as `labels.tsv` has.
pub(super) fn evidence<'a>(
    folder: &Path,
    line: Line,
    clips: impl Iterator<Item = (&'a Clip, &'a [Heard])>,
) -> Result<(), KeepError> {
    let mut table = String::from("clip\tpause_start_ms\tover\tfinished\tcomplete\treadings\n");
    for (clip, heard) in clips {
        for Heard { pause, readings, finished, complete, .. } in heard {
            let readings: Vec<String> =
                readings.iter().map(|(at_ms, over)| format!("{at_ms:.0}:{over:.4}")).collect();
            let belief = |p: &Option<f32>| p.map(|p| format!("{p:.4}")).unwrap_or_default();
            let (finished, complete) = (belief(finished), belief(complete));
            // Writing to a string does not fail.
            let _written = writeln!(
                table,
                "{}\t{:.0}\t{}\t{finished}\t{complete}\t{}",
                clip.name,
                ms(pause.start),
                pause.over,
                readings.join(" ")
            );
        }
    }
    let path = folder.join(format!("{}.tsv", file_name(line)));
    fs::write(&path, table).map_err(|source| KeepError::File { path: path.clone(), source })
}

fn file_name(line: Line) -> String {
    line.as_str().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// Writes a clip as it is heard at the end of a line.
pub(super) fn clip(
    folder: &Path,
    clip: &Clip,
    line: Line,
    arriving: &Arriving,
) -> Result<(), KeepError> {
    let folder = folder.join(file_name(line));
    fs::create_dir_all(&folder)
        .map_err(|source| KeepError::File { path: folder.clone(), source })?;
    let path = folder.join(format!("{}.wav", clip.name));
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SampleRate::Hz16000.hz(),
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let write = || {
        let mut wav = hound::WavWriter::create(&path, spec)?;
        for &sample in &arriving.heard {
            wav.write_sample(sample)?;
        }
        wav.finalize()
    };
    write().map_err(|source| KeepError::Wav { path: path.clone(), source })
}
