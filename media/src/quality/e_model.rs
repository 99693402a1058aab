//! The E-model (ITU-T G.107, 06/2015): from delay, loss and echo to a rating and a mean opinion score.
//!
//! Only what a gateway can know is an input; the rest has the values of the recommendation's table 2, with
//! which the rating is 93.2 before anything goes wrong. The scale is the narrow-band one: it does not show how
//! much better wide-band sound is, only what the network takes away from it.

use std::time::Duration;

/// What coding and concealing do to speech: Ie and Bpl of G.113 appendix I.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impairment {
    /// Equipment impairment factor without loss.
    pub coding: f64,
    /// How well loss is borne: the loss in percent at which half of the rating that can be lost is lost.
    pub robustness: f64,
}

impl Impairment {
    /// G.711 with the concealment of its appendix I (G.113 table I.4).
    pub const G711_CONCEALED: Self = Self { coding: 0.0, robustness: 25.1 };
    /// G.711 with silence for what is lost (G.113 table I.4).
    pub const G711_BARE: Self = Self { coding: 0.0, robustness: 4.3 };
    /// G.722 and Opus, taken to bear loss as concealed G.711 does: G.113 has no values on this scale.
    pub const WIDE_BAND_CONCEALED: Self = Self::G711_CONCEALED;
}

/// What is known of the way between two mouths and ears.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Path {
    /// From one mouth to the other's ear.
    pub delay: Duration,
    /// The share of packets that were not heard, 0 to 1.
    pub loss: f64,
    /// How much longer the runs of lost packets are than chance would have them; 1 for chance, at least 1.
    pub burst_ratio: f64,
    /// What the codec and its concealment do.
    pub impairment: Impairment,
}

/// How good it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rating {
    /// The transmission rating factor R: 93.2 at best, 80 satisfies most, below 60 hardly anybody.
    pub r: f64,
    /// The mean opinion score that listeners are expected to give, 1 to 4.5 (annex B).
    pub mos: f64,
}

/// Rates a path.
///
/// *Real time:* no allocation; about 0.3 us of logarithms.
pub fn rate(path: &Path) -> Rating {
    let r = basic_ratio() - simultaneous() - delayed(path.delay) - equipment(path);
    Rating { r, mos: opinion(r) }
}

// Table 2 of the recommendation, in its units.
const SLR: f64 = 8.0;
const RLR: f64 = 2.0;
const OLR: f64 = SLR + RLR;
const STMR: f64 = 15.0;
const LSTR: f64 = STMR + D_FACTOR;
const D_FACTOR: f64 = 3.0;
const TELR: f64 = 65.0;
const WEPL: f64 = 110.0;
const QDU: f64 = 1.0;
const NC: f64 = -70.0;
const NFOR: f64 = -64.0;
const ROOM: f64 = 35.0;

/// The sum of all noise, in dBm0p (equation 7-3).
fn noise() -> f64 {
    let send_room = ROOM - SLR - D_FACTOR - 100.0 + 0.004 * (ROOM - OLR - D_FACTOR - 14.0).powi(2);
    let effective = ROOM + 10.0 * (1.0 + 10_f64.powf((10.0 - LSTR) / 10.0)).log10();
    let receive_room = RLR - 121.0 + effective + 0.008 * (effective - 35.0).powi(2);
    let floor = NFOR + RLR;
    let power: f64 =
        [NC, send_room, receive_room, floor].iter().map(|db| 10_f64.powf(db / 10.0)).sum();
    10.0 * power.log10()
}

/// Ro (equation 7-2).
fn basic_ratio() -> f64 {
    15.0 - 1.5 * (SLR + noise())
}

/// Is: what happens together with the voice (equations 7-8 to 7-18), without the echo's part in side-tone, for
/// which there is no delay here.
fn simultaneous() -> f64 {
    let excess = OLR + 0.2 * (64.0 + noise() - RLR);
    let loud = 20.0 * ((1.0 + (excess / 8.0).powi(8)).powf(1.0 / 8.0) - excess / 8.0);
    let masked = -10.0 * (10_f64.powf(-STMR / 10.0) + 10_f64.powf(-TELR / 10.0)).log10();
    let side_tone = 12.0 * (1.0 + ((masked - 13.0) / 6.0).powi(8)).powf(1.0 / 8.0)
        - 28.0 * (1.0 + ((masked + 1.0) / 19.4).powi(35)).powf(1.0 / 35.0)
        - 13.0 * (1.0 + ((masked - 3.0) / 33.0).powi(13)).powf(1.0 / 13.0)
        + 29.0;
    let steps = 37.0 - 15.0 * QDU.log10();
    let grain = 1.07 + 0.258 * steps + 0.0602 * steps.powi(2);
    let y = (basic_ratio() - 100.0) / 15.0 + 46.0 / 8.4 - grain / 9.0;
    let z = 46.0 / 30.0 - grain / 40.0;
    let quantising = 15.0 * (1.0 + 10_f64.powf(y) + 10_f64.powf(z)).log10();
    loud + side_tone + quantising
}

/// Id: what delay does, by echo and by itself (equations 7-19 to 7-28).
fn delayed(delay: Duration) -> f64 {
    let one_way_ms = delay.as_secs_f64() * 1_000.0;
    let talker = if one_way_ms < 1.0 { 0.0 } else { talker_echo(one_way_ms) };
    let round_ms = 2.0 * one_way_ms;
    let listener_ratio = 10.5 * (WEPL + 7.0) * (round_ms + 1.0).powf(-0.25);
    let difference = basic_ratio() - listener_ratio;
    let listener = difference / 2.0 + (difference.powi(2) / 4.0 + 169.0).sqrt();
    talker + listener + pure_delay(one_way_ms)
}

fn talker_echo(ms: f64) -> f64 {
    let loudness = TELR - 40.0 * ((1.0 + ms / 10.0) / (1.0 + ms / 150.0)).log10()
        + 6.0 * (-0.3 * ms.powi(2)).exp();
    let echo = 80.0 + 2.5 * (loudness - 14.0);
    let without = -1.5 * (noise() - RLR);
    let difference = without - echo;
    (difference / 2.0 + (difference.powi(2) / 4.0 + 100.0).sqrt() - 1.0) * (1.0 - (-ms).exp())
}

/// Idd (equation 7-28), for people who talk as most do: sT = 1, mT = 100 ms.
fn pure_delay(ms: f64) -> f64 {
    if ms <= 100.0 {
        return 0.0;
    }
    let x = (ms / 100.0).log2();
    let sixth = |v: f64| (1.0 + v.powi(6)).powf(1.0 / 6.0);
    25.0 * (sixth(x) - 3.0 * sixth(x / 3.0) + 2.0)
}

/// Ie-eff (equation 7-29).
fn equipment(path: &Path) -> f64 {
    let Impairment { coding, robustness } = path.impairment;
    let percent = 100.0 * path.loss.clamp(0.0, 1.0);
    if percent == 0.0 {
        return coding;
    }
    let burst_ratio = path.burst_ratio.max(1.0);
    coding + (95.0 - coding) * percent / (percent / burst_ratio + robustness)
}

/// Annex B, equation B-4.
fn opinion(r: f64) -> f64 {
    if r <= 0.0 {
        1.0
    } else if r >= 100.0 {
        4.5
    } else {
        // Just above zero the curve of the annex dips below its own floor.
        (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6).max(1.0)
    }
}
