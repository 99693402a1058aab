//! How a transcript is written: plain text, subtitles (SubRip, WebVTT), or JSON with the time of every word.

use std::fmt::Write as _;

use super::transcript::{Line, Transcript};

/// A way to write a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Lines of text, with the speaker where there are two
    Txt,
    /// SubRip subtitles
    Srt,
    /// WebVTT subtitles
    Vtt,
    /// One JSON document with the times of all words
    Json,
}

impl Format {
    /// What a file's name ends in.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Txt => "txt",
            Self::Srt => "srt",
            Self::Vtt => "vtt",
            Self::Json => "json",
        }
    }

    /// The whole text, which ends with the end of a line.
    pub(super) fn write(self, transcript: &Transcript) -> String {
        let mut out = String::new();
        match self {
            Self::Json => {
                // A transcript has text and finite numbers only.
                out = serde_json::to_string(transcript).unwrap_or_default();
                out.push('\n');
            }
            Self::Txt => lines(&mut out, transcript, |out, _, line, speaker| {
                writeln!(
                    out,
                    "{}{}",
                    speaker.map(|n| format!("Speaker {n}: ")).unwrap_or_default(),
                    line.text
                )
            }),
            Self::Srt => lines(&mut out, transcript, |out, number, line, speaker| {
                let who = speaker.map(|n| format!("Speaker {n}: ")).unwrap_or_default();
                let (from, upto) = (stamp(line.from, ','), stamp(line.upto, ','));
                writeln!(out, "{number}\n{from} --> {upto}\n{who}{}\n", line.text)
            }),
            Self::Vtt => {
                out.push_str("WEBVTT\n\n");
                lines(&mut out, transcript, |out, _, line, speaker| {
                    let who = speaker.map(|n| format!("<v Speaker {n}>")).unwrap_or_default();
                    let (from, upto) = (stamp(line.from, '.'), stamp(line.upto, '.'));
                    writeln!(out, "{from} --> {upto}\n{who}{}\n", escaped(&line.text))
                });
            }
        }
        out
    }
}

/// Writes each line by its number from 1, with its speaker where there are several.
fn lines(
    out: &mut String,
    transcript: &Transcript,
    mut write: impl FnMut(&mut String, usize, &Line, Option<usize>) -> std::fmt::Result,
) {
    for (place, line) in transcript.lines.iter().enumerate() {
        // Into memory, which takes everything.
        let _always =
            write(out, place + 1, line, (transcript.speakers > 1).then_some(line.speaker));
    }
}

fn stamp(seconds: f64, point: char) -> String {
    let ms = (seconds.max(0.0) * 1_000.0).round() as u64;
    let (s, ms) = (ms / 1_000, ms % 1_000);
    format!("{:02}:{:02}:{:02}{point}{ms:03}", s / 3_600, s / 60 % 60, s % 60)
}

/// In WebVTT these begin tags and references (W3C WebVTT, 4.2.2).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcript(speakers: usize) -> Transcript {
        let line = |speaker, from, text: &str| Line {
            speaker,
            from,
            upto: from + 1.5,
            text: text.to_owned(),
            words: Vec::new(),
        };
        Transcript {
            file: "call.wav".to_owned(),
            model: "tiny".to_owned(),
            language: Some("en".to_owned()),
            seconds: 3_700.0,
            speakers,
            lines: vec![line(1, 0.25, "Tom & Jerry?"), line(speakers, 3_661.0, "Yes.")],
        }
    }

    #[test]
    fn text_names_speakers_where_there_are_two() {
        assert_eq!(Format::Txt.write(&transcript(1)), "Tom & Jerry?\nYes.\n");
        assert_eq!(Format::Txt.write(&transcript(2)), "Speaker 1: Tom & Jerry?\nSpeaker 2: Yes.\n");
    }

    #[test]
    fn subtitles_have_the_stamps_of_their_formats() {
        assert_eq!(
            Format::Srt.write(&transcript(1)),
            "1\n00:00:00,250 --> 00:00:01,750\nTom & Jerry?\n\n\
             2\n01:01:01,000 --> 01:01:02,500\nYes.\n\n"
        );
        assert_eq!(
            Format::Vtt.write(&transcript(2)),
            "WEBVTT\n\n00:00:00.250 --> 00:00:01.750\n<v Speaker 1>Tom &amp; Jerry?\n\n\
             01:01:01.000 --> 01:01:02.500\n<v Speaker 2>Yes.\n\n"
        );
    }

    #[test]
    fn json_is_one_line_and_says_it_all() {
        let text = Format::Json.write(&transcript(2));
        assert_eq!(text.lines().count(), 1);
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["lines"][1]["from"], 3_661.0);
        assert_eq!((&read["language"], &read["speakers"]), (&"en".into(), &2.into()));
    }
}
