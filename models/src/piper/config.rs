//! The JSON file beside a Piper voice, as far as it is used.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde::Deserialize;

use crate::runtime::LoadError;

/// A voice's configuration, whole: every number in it can be used.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Config {
    pub(super) rate_hz: u32,
    pub(super) espeak_voice: String,
    pub(super) ids: BTreeMap<String, Vec<i64>>,
    /// What stands behind each phoneme.
    pub(super) pad: Vec<i64>,
    /// Rows of several letters that are one phoneme, the longest first.
    clusters: Vec<String>,
    /// How many speakers there are, at least one.
    pub(super) speakers: i64,
    pub(super) default_speaker: i64,
    /// Names and numbers, in order of the numbers.
    pub(super) speaker_names: Vec<(String, i64)>,
    pub(super) noise: f32,
    pub(super) length: f32,
    pub(super) length_noise: f32,
}

#[derive(Debug, Deserialize)]
struct Written {
    audio: WrittenAudio,
    espeak: WrittenEspeak,
    #[serde(default)]
    phoneme_type: PhonemeType,
    phoneme_id_map: BTreeMap<String, Vec<i64>>,
    #[serde(default = "one")]
    num_speakers: i64,
    #[serde(default)]
    speaker_id_map: BTreeMap<String, i64>,
    #[serde(default)]
    default_speaker_id: i64,
    #[serde(default)]
    inference: WrittenInference,
    #[serde(default)]
    vowel_clusters: Option<Vec<Vec<String>>>,
}

#[derive(Debug, Deserialize)]
struct WrittenAudio {
    sample_rate: u32,
}

#[derive(Debug, Deserialize)]
struct WrittenEspeak {
    voice: String,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PhonemeType {
    #[default]
    Espeak,
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
#[serde(default)]
struct WrittenInference {
    noise_scale: f32,
    length_scale: f32,
    noise_w: f32,
}

impl Default for WrittenInference {
    /// Piper's own.
    fn default() -> Self {
        Self { noise_scale: 0.667, length_scale: 1.0, noise_w: 0.8 }
    }
}

const fn one() -> i64 {
    1
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    /// [`LoadError::Missing`], [`LoadError::Unreadable`] or [`LoadError::Voice`].
    pub(super) fn read(path: &Path) -> Result<Self, LoadError> {
        let path_of = || path.to_owned();
        let file =
            File::open(path).map_err(|source| LoadError::Missing { path: path_of(), source })?;
        let mut text = String::new();
        let read = file.take(SIZE_MAX).read_to_string(&mut text);
        read.map_err(|source| LoadError::Unreadable { path: path_of(), source })?;
        Self::parse(&text).map_err(|what| LoadError::Voice { path: path_of(), what })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let written: Written = serde_json::from_str(text)
            .map_err(|error| format!("it is not the configuration of a Piper voice ({error})"))?;
        if written.phoneme_type != PhonemeType::Espeak {
            return Err("its phonemes are not espeak-ng's, and no other are read".to_owned());
        }
        let rate_hz = written.audio.sample_rate;
        if !(8_000..=48_000).contains(&rate_hz) {
            return Err(format!("its sample rate is {rate_hz}, and 8000 to 48000 were expected"));
        }
        let ids = written.phoneme_id_map;
        for symbol in ["^", "_", "$"] {
            if ids.get(symbol).is_none_or(Vec::is_empty) {
                return Err(format!("its phoneme_id_map has no `{symbol}`"));
            }
        }
        let is_sound =
            |ids: &Vec<i64>| ids.len() <= 8 && ids.iter().all(|id| (0..4_096).contains(id));
        if ids.len() > 4_096 || !ids.values().all(is_sound) {
            return Err("its phoneme_id_map has numbers that no voice has".to_owned());
        }
        let speakers = written.num_speakers;
        if !(0..=100_000).contains(&speakers) {
            return Err(format!("it has {speakers} speakers"));
        }
        let speakers = speakers.max(1);
        if !(0..speakers).contains(&written.default_speaker_id) {
            return Err(format!("its default speaker is {}", written.default_speaker_id));
        }
        let mut speaker_names: Vec<_> = written
            .speaker_id_map
            .into_iter()
            .filter(|(_, id)| speakers > 1 && (0..speakers).contains(id))
            .collect();
        speaker_names.sort_by_key(|(_, id)| *id);
        let WrittenInference { noise_scale, length_scale, noise_w } = written.inference;
        let is_scale = |scale: f32| (0.0..=10.0).contains(&scale);
        if !is_scale(noise_scale) || !is_scale(noise_w) || !(0.1..=10.0).contains(&length_scale) {
            return Err("its inference scales are not 0 to 10".to_owned());
        }
        let clusters = written.vowel_clusters.unwrap_or_default().into_iter();
        let mut clusters: Vec<String> =
            clusters.map(|cluster| cluster.concat()).filter(|c| ids.contains_key(c)).collect();
        clusters.sort_by_key(|cluster| std::cmp::Reverse(cluster.len()));
        Ok(Self {
            rate_hz,
            espeak_voice: written.espeak.voice,
            pad: ids.get("_").cloned().unwrap_or_default(),
            ids,
            clusters,
            speakers,
            default_speaker: written.default_speaker_id,
            speaker_names,
            noise: noise_scale,
            length: length_scale,
            length_noise: noise_w,
        })
    }

    /// Cuts phonemes into symbols of the map: clusters, else single letters. Some letters with a mark are one
    /// character in espeak-ng's writing and two in the map.
    pub(super) fn symbols<'p>(&self, phonemes: &'p str) -> Vec<&'p str> {
        let mut symbols = Vec::new();
        let mut rest = phonemes;
        while let Some(first) = rest.chars().next() {
            let cluster = self.clusters.iter().find(|cluster| rest.starts_with(cluster.as_str()));
            let length = cluster.map_or(first.len_utf8(), String::len);
            let (symbol, after) = rest.split_at(length);
            rest = after;
            match decomposed(first).filter(|_| cluster.is_none() && !self.ids.contains_key(symbol))
            {
                Some(parts) => symbols.extend(parts),
                None => symbols.push(symbol),
            }
        }
        symbols
    }
}

/// The letters of espeak-ng's that Unicode writes in one character or in two.
const fn decomposed(letter: char) -> Option<[&'static str; 2]> {
    match letter {
        'ç' => Some(["c", "\u{327}"]),
        'ã' => Some(["a", "\u{303}"]),
        'ẽ' => Some(["e", "\u{303}"]),
        'ĩ' => Some(["i", "\u{303}"]),
        'õ' => Some(["o", "\u{303}"]),
        'ũ' => Some(["u", "\u{303}"]),
        _ => None,
    }
}

/// Published ones have about 8 kB; those of a thousand speakers 30 kB.
const SIZE_MAX: u64 = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn config(change: impl FnOnce(&mut serde_json::Value)) -> Result<Config, String> {
        let mut written = serde_json::json!({
            "audio": {"sample_rate": 22050, "quality": "medium"},
            "espeak": {"voice": "en-us"},
            "inference": {"noise_scale": 0.667, "length_scale": 1.1, "noise_w": 0.8},
            "phoneme_type": "espeak",
            "phoneme_id_map": {"_": [0], "^": [1], "$": [2], " ": [3], "a": [14], "ɪ": [74], "c": [16], "\u{327}": [140]},
            "num_symbols": 256, "num_speakers": 1, "speaker_id_map": {}, "piper_version": "1.0.0",
        });
        change(&mut written);
        Config::parse(&written.to_string())
    }

    #[test]
    fn a_published_configuration_is_read() {
        let config = config(|_| ()).unwrap();
        assert_eq!((config.rate_hz, config.speakers, config.length), (22_050, 1, 1.1));
        assert_eq!(config.symbols("aɪˈç"), ["a", "ɪ", "ˈ", "c", "\u{327}"]);
    }

    #[test]
    fn clusters_are_one_symbol() {
        let config = config(|written| {
            written["vowel_clusters"] = serde_json::json!([["a", "ɪ"]]);
            written["phoneme_id_map"]["aɪ"] = serde_json::json!([161]);
        });
        assert_eq!(config.unwrap().symbols("aɪa"), ["aɪ", "a"]);
    }

    #[test]
    fn a_configuration_that_cannot_be_used_says_why() {
        let refused = |change: fn(&mut serde_json::Value)| config(change).unwrap_err();
        for (said, why) in [
            ("sample rate is 0", refused(|w| w["audio"]["sample_rate"] = 0.into())),
            ("not espeak-ng's", refused(|w| w["phoneme_type"] = "pinyin".into())),
            ("no `^`", refused(|w| w["phoneme_id_map"]["^"] = serde_json::json!([]))),
            ("numbers that no", refused(|w| w["phoneme_id_map"]["a"] = serde_json::json!([-1]))),
            ("speakers", refused(|w| w["num_speakers"] = (-3).into())),
            ("default speaker", refused(|w| w["default_speaker_id"] = 7.into())),
            ("scales", refused(|w| w["inference"]["length_scale"] = 0.into())),
            ("not the configuration", refused(|w| w["espeak"] = serde_json::Value::Null)),
        ] {
            assert!(why.contains(said), "{said}: {why}");
        }
    }
}
