//! Lines by name: what a profile of impairments says, and the [`LineSettings`] it comes to.
//!
//! `docs/simulate.md` explains the files.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use callwright_calls::leg::LegAudio;
use callwright_media::codec::{Codec, opus};
use callwright_media::impair::{
    Ambience, EchoSettings, Fades, GilbertElliott, Keys, LineSettings, NetworkSettings,
};
use callwright_media::{SampleRate, file};
use serde::Deserialize;

use super::scenario::ScenarioError;
use super::yaml::{self, Portion, Within, from_ms};

/// A kind of line, and what goes wrong on it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineProfile {
    /// One line that says what this is.
    pub(super) name: String,
    /// How the call comes to us.
    #[serde(default)]
    pub(super) carrier: CarrierKind,
    /// The codec of the packets that come out of the network; by the carrier when left out.
    codec: Option<WrittenCodec>,
    /// Codecs that the sound goes through before.
    #[serde(default)]
    chain: Vec<WrittenCodec>,
    #[serde(default)]
    network: WrittenNetwork,
    /// How much louder everything is at the telephone, in dB.
    #[serde(default = "as_loud")]
    gain_db: Within<{ -40_000 }, 20_000>,
    fades: Option<WrittenFades>,
    background: Option<WrittenBackground>,
    pub(super) echo: Option<WrittenEcho>,
    /// How keys go over the line.
    #[serde(default)]
    keys: WrittenKeys,
    /// Whether what the agent says goes over the same network and codecs.
    #[serde(default)]
    both_ways: bool,
    /// Where the file lies: sounds are looked for from here.
    #[serde(skip)]
    folder: PathBuf,
}

/// How a call comes to us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum CarrierKind {
    /// A media stream of Twilio's, whose gateway evens the packets out and sends mu-law over TCP.
    #[default]
    Twilio,
    /// RTP of a telephone: the packets reach our own jitter buffer.
    Sip,
    /// RTP of a browser, wideband.
    Webrtc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WrittenCodec {
    Pcmu,
    Pcma,
    G722,
    /// Opus at 8 kHz and 12 kbit/s: as a mobile network's codec.
    OpusNarrow,
    /// Opus at 16 kHz and 24 kbit/s.
    Opus,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenNetwork {
    loss: Option<WrittenLoss>,
    #[serde(default = "one_way", deserialize_with = "from_ms")]
    delay_ms: Duration,
    #[serde(default, deserialize_with = "from_ms")]
    jitter_ms: Duration,
    #[serde(default, deserialize_with = "from_ms")]
    jitter_max_ms: Duration,
    stalls: Option<WrittenStalls>,
    #[serde(default)]
    reorders: bool,
    duplicates: Option<Portion>,
    drift_ppm: Option<Within<{ -1_000_000 }, 1_000_000>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLoss {
    /// Of all packets.
    share: Within<0, 900>,
    /// Packets in a row, on average.
    burst: Within<1_000, 50_000>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStalls {
    /// Of all packets.
    share: Portion,
    #[serde(deserialize_with = "from_ms")]
    lasts_ms: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFades {
    #[serde(deserialize_with = "from_ms")]
    every_ms: Duration,
    #[serde(deserialize_with = "from_ms")]
    lasts_ms: Duration,
    depth_db: Within<0, 60_000>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenBackground {
    kind: Option<WrittenAmbience>,
    /// A sound file instead, over and over.
    file: Option<PathBuf>,
    /// Decibels that the caller's voice is louder.
    snr_db: Within<{ -10_000 }, 60_000>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenAmbience {
    White,
    Room,
    Car,
    Music,
    /// Six voices that talk at once, made by the caller's synthesiser.
    Babble,
}

/// How what is played to the caller comes back, as from a speakerphone.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenEcho {
    #[serde(deserialize_with = "from_ms")]
    delay_ms: Duration,
    gain_db: Within<{ -60_000 }, 0>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenKeys {
    #[default]
    Events,
    Tones,
}

const fn as_loud() -> Within<{ -40_000 }, 20_000> {
    Within(0.0)
}

const fn one_way() -> Duration {
    Duration::from_millis(20)
}

/// Lines of the program's own.
pub(super) const SHIPPED: [(&str, &str); 10] = [
    ("clean", include_str!("../../lines/clean.yaml")),
    ("mobile", include_str!("../../lines/mobile.yaml")),
    ("car", include_str!("../../lines/car.yaml")),
    ("lossy-wifi", include_str!("../../lines/lossy-wifi.yaml")),
    ("satellite", include_str!("../../lines/satellite.yaml")),
    ("cafe", include_str!("../../lines/cafe.yaml")),
    ("music", include_str!("../../lines/music.yaml")),
    ("speakerphone", include_str!("../../lines/speakerphone.yaml")),
    ("sip", include_str!("../../lines/sip.yaml")),
    ("browser", include_str!("../../lines/browser.yaml")),
];

/// The level of speech when a call has none to measure: what telephone networks are made for (ITU-T P.56).
const SPEECH_DBOV: f32 = -26.0;

impl LineProfile {
    /// The shipped line or the file of this name.
    ///
    /// # Errors
    /// [`ScenarioError`] when it is neither, or wrong.
    pub fn named(name: &str) -> Result<Self, ScenarioError> {
        let profile: Self = match SHIPPED.iter().find(|(shipped, _)| *shipped == name) {
            Some((_, text)) => yaml::parse(text, &format!("{name}.yaml"))?,
            None => yaml::read(Path::new(name))?,
        };
        let folder = Path::new(name).parent().map(Path::to_owned).unwrap_or_default();
        let profile = Self { folder, ..profile };
        if let Some(WrittenBackground { kind, file, .. }) = &profile.background
            && kind.is_some() == file.is_some()
        {
            let what = "a background has a `kind` or a `file`".to_owned();
            return Err(ScenarioError::Wrong { place: name.to_owned(), what });
        }
        Ok(profile)
    }

    /// What the packets of this line hold when they reach a leg.
    pub(super) fn hears(&self) -> LegAudio {
        match self.codec().sample_rate() {
            SampleRate::Hz8000 => LegAudio::Ulaw,
            _ => LegAudio::Wideband,
        }
    }

    /// Whether keys come as tones in the sound.
    pub(super) fn tones(&self) -> bool {
        self.keys == WrittenKeys::Tones
    }

    fn codec(&self) -> Codec {
        match (self.carrier, self.codec) {
            // Its gateway has turned into mu-law what was not.
            (CarrierKind::Twilio, _) | (CarrierKind::Sip, None) => Codec::Pcmu,
            (CarrierKind::Webrtc, None) => WrittenCodec::Opus.codec(),
            (_, Some(codec)) => codec.codec(),
        }
    }

    /// Whether the line needs six voices.
    pub(super) fn babbles(&self) -> bool {
        let background = self.background.as_ref();
        background.is_some_and(|background| background.kind == Some(WrittenAmbience::Babble))
    }

    /// The settings of a line for a caller whose speech has this level, with `babble` (16 kHz) where it
    /// [is needed](Self::babbles).
    ///
    /// # Errors
    /// [`ScenarioError::Wrong`] when a sound file cannot be read.
    pub(super) fn settings(
        &self,
        seed: u64,
        speech_dbov: Option<f32>,
        babble: &Arc<[i16]>,
    ) -> Result<LineSettings, ScenarioError> {
        let codec = self.codec();
        let chain = match (self.carrier, self.codec) {
            (CarrierKind::Twilio, Some(before)) => vec![before],
            _ => Vec::new(),
        };
        let chain = self.chain.iter().chain(&chain).map(|codec| codec.codec()).collect();
        let background = match &self.background {
            Some(background) => {
                let level = speech_dbov.unwrap_or(SPEECH_DBOV) - background.snr_db.0;
                Some((self.ambience(background, codec.sample_rate(), babble)?, level))
            }
            None => None,
        };
        let network = self.network;
        Ok(LineSettings {
            seed,
            codec,
            chain,
            background,
            echo: self.echo.map(WrittenEcho::settings),
            gain_db: self.gain_db.0,
            fades: self.fades.map(|fades| Fades {
                every: fades.every_ms,
                lasts: fades.lasts_ms,
                depth_db: fades.depth_db.0,
            }),
            network: NetworkSettings {
                seed,
                loss: network.loss.map_or(GilbertElliott::PERFECT, |loss| {
                    GilbertElliott::bursts(loss.share.0.into(), loss.burst.0.into())
                }),
                delay: network.delay_ms,
                jitter_mean: network.jitter_ms,
                jitter_max: network.jitter_max_ms.max(network.jitter_ms),
                stalls: network.stalls.map_or(0.0, |stalls| stalls.share.0.into()),
                stall: network.stalls.map_or(Duration::ZERO, |stalls| stalls.lasts_ms),
                reorders: network.reorders,
                duplicates: network.duplicates.map_or(0.0, |share| share.0.into()),
                drift_ppm: network.drift_ppm.map_or(0.0, |drift| drift.0.into()),
            },
            keys: match self.keys {
                WrittenKeys::Events => Keys::Events,
                WrittenKeys::Tones => Keys::Tones,
            },
            both_ways: self.both_ways,
        })
    }

    fn ambience(
        &self,
        background: &WrittenBackground,
        rate: SampleRate,
        babble: &Arc<[i16]>,
    ) -> Result<Ambience, ScenarioError> {
        let wrong = |what: String| ScenarioError::Wrong { place: self.name.clone(), what };
        if let Some(path) = &background.file {
            let path = self.folder.join(path);
            let unreadable = |source| ScenarioError::Unreadable { path: path.clone(), source };
            let source = std::fs::File::open(&path).map_err(unreadable)?;
            let ending = path.extension().unwrap_or_default().to_string_lossy();
            let sound = file::decode(source, &ending, rate, file::Limits::default(), |_| true)
                .map_err(|error| wrong(format!("{}: {error}", path.display())))?;
            return Ok(Ambience::Sound(sound.samples.into()));
        }
        Ok(match background.kind {
            Some(WrittenAmbience::White) => Ambience::White,
            Some(WrittenAmbience::Car) => Ambience::Car,
            Some(WrittenAmbience::Music) => Ambience::Music,
            Some(WrittenAmbience::Babble) => {
                let wide = SampleRate::Hz16000;
                let at_rate = super::speech::resample(babble, wide, rate);
                Ambience::Sound(at_rate.map_err(|error| wrong(error.to_string()))?.into())
            }
            Some(WrittenAmbience::Room) | None => Ambience::Room,
        })
    }
}

impl WrittenEcho {
    /// The same, as the line takes it.
    pub(crate) const fn settings(self) -> EchoSettings {
        EchoSettings { delay: self.delay_ms, gain_db: self.gain_db.0 }
    }
}

impl WrittenCodec {
    const fn codec(self) -> Codec {
        match self {
            Self::Pcmu => Codec::Pcmu,
            Self::Pcma => Codec::Pcma,
            Self::G722 => Codec::G722,
            Self::OpusNarrow => Codec::Opus(opus::Settings {
                bitrate_bps: 12_000,
                ..opus::Settings::new(SampleRate::Hz8000)
            }),
            Self::Opus => Codec::Opus(opus::Settings::new(SampleRate::Hz16000)),
        }
    }
}

#[cfg(test)]
mod tests {
    use callwright_media::impair::Line;

    use super::*;

    #[test]
    fn every_shipped_line_can_be_read_and_made() {
        for (name, _) in SHIPPED {
            let profile = LineProfile::named(name).unwrap();
            assert!(!profile.name.is_empty());
            let settings = profile.settings(1, None, &vec![100; 16_000].into()).unwrap();
            let line = Line::new(&settings).unwrap();
            let rate = if profile.hears() == LegAudio::Ulaw { 8_000 } else { 16_000 };
            assert_eq!(line.rate().hz(), rate, "{name}");
        }
    }

    #[test]
    fn backgrounds_lie_below_the_speech_by_what_was_asked_for() {
        let profile = LineProfile::named("cafe").unwrap();
        let babble: Arc<[i16]> = vec![100; 16_000].into();
        let level = |speech| profile.settings(1, speech, &babble).unwrap().background.unwrap().1;
        assert!((level(Some(-20.0)) - level(None) - 6.0).abs() < 0.01);
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_with_its_line() {
        for (text, what) in [
            ("name: n\ncarrier: telegraph\n", "unknown variant"),
            ("name: n\nnetwork: {loss: {share: 0.95, burst: 1}}\n", "between 0 and 0.9"),
            ("name: n\ngain_db: 90\n", "between -40 and 20"),
        ] {
            let error = yaml::parse::<LineProfile>(text, "l.yaml").unwrap_err().to_string();
            assert!(error.contains("l.yaml:2:") && error.contains(what), "{error}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l.yaml");
        std::fs::write(&path, "name: n\nbackground: {file: none.wav, snr_db: 10}\n").unwrap();
        let profile = LineProfile::named(&path.display().to_string()).unwrap();
        let error = profile.settings(1, None, &Arc::from([])).unwrap_err().to_string();
        assert!(error.contains("none.wav"), "{error}");
    }
}
