//! `callwright voiceprints`: what consenting callers sound like, to look later whether a caller is who the number says.
//!
//! After a call and from its capture alone, never on a call's way. Off unless the tenant's document has
//! `keeps_voice_prints: true`; each caller's consent is written down with the print; docs/speakers.md says the rest.
//!
//! | file | owns |
//! |---|---|
//! | `caller` | a caller, out of a captured call |
//! | `print` | a voice-print and the consent to it |
//! | `shelf` | where they are kept |

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use callwright_contract::Pii;
use callwright_models::contract::SlotId;
use callwright_models::recording::{SpeechFinder, Stretch};
use callwright_models::silero::SileroDetector;
use callwright_models::speaker::{SpeakerEncoder, VoiceEmbedding, likeness};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use crate::captures::PlaceArgs;
use crate::config::Config;
use crate::replay::found_captures;

mod caller;
mod print;
mod shelf;

use caller::Caller;
use print::{Consent, VoicePrint};
use shelf::Shelf;

/// What to do with voice-prints.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Keep what a caller who agreed sounds like, from captured calls of his
    #[command(after_help = "Examples:
  callwright voiceprints enrol call_0123456789abc --consent \"form 17 in the blue folder\" --consented-on 2026-11-02
  callwright voiceprints enrol call_0123456789abc call_0123456789abd --consent \"asked in the first call\" --consented-on 2026-11-02

It takes 10 s of speech, of one call or several. A second time replaces the first.")]
    Enrol {
        /// Names of captured calls, or capture files, all of one caller of one tenant
        #[arg(required = true, value_name = "CALL")]
        calls: Vec<PathBuf>,
        /// How the caller agreed, to be kept with the print
        #[arg(long, value_name = "WORDS")]
        consent: String,
        /// On which day
        #[arg(long, value_name = "DATE")]
        consented_on: Date,
        /// Where captures, prints and models are.
        #[command(flatten)]
        with: With,
    },
    /// Look how like the print of his number a caller sounded
    #[command(after_help = "Examples:
  callwright voiceprints compare call_0123456789abe
  callwright voiceprints compare call_0123456789abe --json")]
    Compare {
        /// A captured call, or a capture file
        #[arg(value_name = "CALL")]
        call: PathBuf,
        /// Write one JSON document instead of text
        #[arg(long)]
        json: bool,
        /// Where captures, prints and models are.
        #[command(flatten)]
        with: With,
    },
    /// Show whose prints are kept, and how each agreed
    List {
        /// Where they are.
        #[command(flatten)]
        place: PlaceArgs,
        /// Write one JSON document instead of text
        #[arg(long)]
        json: bool,
    },
    /// Forget callers
    #[command(after_help = "Examples:
  callwright voiceprints remove --tenant bright-smile +15552123456
  callwright voiceprints remove --all")]
    Remove {
        /// Numbers of callers
        #[arg(value_name = "NUMBER", required_unless_present = "all", requires = "tenant")]
        callers: Vec<String>,
        /// Whose callers they are
        #[arg(long, value_name = "TENANT")]
        tenant: Option<String>,
        /// Every one
        #[arg(long, conflicts_with_all = ["callers", "tenant"])]
        all: bool,
        /// Where they are.
        #[command(flatten)]
        place: PlaceArgs,
    },
}

/// Where captures, prints and models are.
#[derive(Clone, Debug, Args)]
pub struct With {
    #[command(flatten)]
    place: PlaceArgs,
    /// Folder of the models [default: callwright/models in the user's cache]
    #[arg(long, env = "CALLWRIGHT_MODELS", value_name = "FOLDER")]
    models: Option<PathBuf>,
}

/// Does it.
///
/// # Errors
/// What was asked for may not or cannot be done; nothing is kept then.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    match command {
        Command::Enrol { calls, consent, consented_on, with } => {
            let consent = consented(consent, consented_on, now())?;
            let callers = callers(&calls, &with)?;
            let mut ears = Ears::load(&with)?;
            let print = enrolled(&callers, consent, now(), |sound| ears.hear(sound))?;
            Shelf::of(&with.place.home).keep(&print)?;
            let seconds = print.seconds;
            writeln!(out, "The caller's voice is kept, from {seconds:.1} s of speech.")?;
        }
        Command::Compare { call, json, with } => {
            let callers = callers(std::slice::from_ref(&call), &with)?;
            let caller = callers.first().context("there is no such call")?;
            let print = Shelf::of(&with.place.home).find(&caller.tenant, &caller.number)?;
            let print = print.context(
                "no voice-print of this call's caller is kept; `callwright voiceprints enrol` makes one",
            )?;
            let mut ears = Ears::load(&with)?;
            let compared = compared(caller, &print, |sound| ears.hear(sound))?;
            compared.tell(&mut out, json)?;
        }
        Command::List { place, json } => list(&mut out, &Shelf::of(&place.home), json)?,
        Command::Remove { callers, tenant, all, place } => {
            let shelf = Shelf::of(&place.home);
            if all {
                writeln!(out, "{} are forgotten", shelf.forget_all()?)?;
            }
            for caller in callers {
                let tenant = tenant.as_deref().unwrap_or_default();
                if !shelf.forget(tenant, &Pii::new(caller.clone()))? {
                    bail!("no voice-print of {caller} is kept for the tenant {tenant:?}");
                }
                writeln!(out, "{caller} is forgotten")?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn callers(calls: &[PathBuf], with: &With) -> anyhow::Result<Vec<Caller>> {
    let found = found_captures(calls, &with.place.folder())?;
    found.iter().map(|path| Caller::of(path).with_context(|| shown(path))).collect()
}

fn shown(path: &Path) -> String {
    path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// A consent that says something, and was not given tomorrow.
fn consented(how: String, on: Date, now: Timestamp) -> anyhow::Result<Consent> {
    ensure!(
        how.chars().filter(|c| c.is_alphanumeric()).count() >= CONSENT_MIN,
        "--consent is to say how the caller agreed, so that it can be found again"
    );
    // Somewhere it is tomorrow already.
    let latest =
        now.to_zoned(jiff::tz::TimeZone::UTC).date().saturating_add(jiff::Span::new().days(1));
    ensure!(on <= latest, "the caller cannot have agreed on {on}, which is still to come");
    Ok(Consent { how, on })
}

/// A voice, and seconds of speech that it was heard in.
type Voice = (VoiceEmbedding, f64);

/// Makes the print of the one caller of these calls. `hear` gives the voice in a sound, `None` for too little of it.
fn enrolled(
    callers: &[Caller],
    consent: Consent,
    made: Timestamp,
    mut hear: impl FnMut(&[i16]) -> anyhow::Result<Option<Voice>>,
) -> anyhow::Result<VoicePrint> {
    let first = callers.first().context("there is no such call")?;
    ensure!(
        callers
            .iter()
            .all(|other| (&other.tenant, &other.number) == (&first.tenant, &first.number)),
        "these calls are of several callers; each is enrolled by himself"
    );
    let mut voices = Vec::new();
    for caller in callers {
        allowed(caller)?;
        voices.extend(hear(&caller.sound)?);
    }
    let seconds: f64 = voices.iter().map(|(_, seconds)| seconds).sum();
    ensure!(
        seconds >= ENROL_SECONDS_MIN,
        "the caller speaks for {seconds:.1} s, and it takes {ENROL_SECONDS_MIN} s to know a voice; name more calls of his"
    );
    let voice = VoiceEmbedding::mean(voices.iter().map(|(voice, s)| (voice, *s as f32)));
    let (tenant, caller) = (first.tenant.clone(), first.number.clone());
    let voice = voice.context("nothing was heard of the caller")?;
    Ok(VoicePrint { tenant, caller, voice, seconds, consent, made })
}

fn allowed(caller: &Caller) -> anyhow::Result<()> {
    ensure!(
        caller.allowed,
        "the tenant {:?} keeps no voice-prints; its document had no `keeps_voice_prints: true` when the call was taken",
        caller.tenant
    );
    Ok(())
}

/// How like a print a caller sounded.
#[derive(Debug, PartialEq)]
struct Compared {
    cosine: f32,
    likeness: f32,
    seconds: f64,
}

fn compared(
    caller: &Caller,
    print: &VoicePrint,
    mut hear: impl FnMut(&[i16]) -> anyhow::Result<Option<Voice>>,
) -> anyhow::Result<Compared> {
    allowed(caller)?;
    let (voice, seconds) = hear(&caller.sound)?.context("the caller hardly speaks in this call")?;
    ensure!(
        seconds >= COMPARE_SECONDS_MIN,
        "the caller speaks for {seconds:.1} s, and it takes {COMPARE_SECONDS_MIN} s to compare a voice"
    );
    let (cosine, likeness) = (voice.cosine(&print.voice), likeness(&voice, &print.voice));
    Ok(Compared { cosine, likeness, seconds })
}

impl Compared {
    fn tell(&self, out: &mut impl Write, json: bool) -> std::io::Result<()> {
        let Self { cosine, likeness, seconds } = self;
        if json {
            let document = json!({ "cosine": cosine, "likeness": likeness, "seconds": seconds });
            return writeln!(out, "{document}");
        }
        writeln!(
            out,
            "likeness {likeness:.2} (cosine {cosine:.3}), from {seconds:.1} s of speech: how likely it is the same voice where \
             that was as likely as not before.\nIt proves nothing by itself: docs/speakers.md says how often it is wrong."
        )
    }
}

fn list(out: &mut impl Write, shelf: &Shelf, json: bool) -> anyhow::Result<()> {
    let (prints, unreadable) = shelf.all()?;
    if json {
        let all: Vec<_> = prints
            .iter()
            .map(|print| {
                json!({
                    "tenant": print.tenant, "caller": print.caller.reveal(), "seconds": print.seconds,
                    "consent": print.consent.how, "consented_on": print.consent.on.to_string(),
                    "made": print.made.to_string(),
                })
            })
            .collect();
        writeln!(out, "{}", json!({ "voiceprints": all, "unreadable": unreadable.len() }))?;
        return Ok(());
    }
    for print in &prints {
        let VoicePrint { tenant, caller, seconds, consent: Consent { how, on }, made, .. } = print;
        let caller = caller.reveal();
        writeln!(out, "{tenant}  {caller}  {seconds:.0} s  made {made:.0}, agreed on {on}: {how}")?;
    }
    for error in &unreadable {
        writeln!(out, "{error}")?;
    }
    if prints.is_empty() && unreadable.is_empty() {
        writeln!(out, "No voice-print is kept; docs/speakers.md says how.")?;
    }
    Ok(())
}

/// What hears a caller.
struct Ears {
    detector: SileroDetector,
    encoder: SpeakerEncoder,
}

impl Ears {
    fn load(with: &With) -> anyhow::Result<Self> {
        let models = with.models.clone().unwrap_or_else(Config::default_models);
        let detector = SileroDetector::load(&models, 1)?;
        Ok(Self { detector, encoder: SpeakerEncoder::load(&models)? })
    }

    fn hear(&mut self, sound: &[i16]) -> anyhow::Result<Option<Voice>> {
        let mut finder = SpeechFinder::new(SlotId(0));
        finder.hear(&mut self.detector, sound)?;
        let regions = finder.regions();
        let samples: usize = regions.iter().map(Stretch::len).sum();
        let voice = self.encoder.voice(sound, &regions)?;
        Ok(voice.map(|voice| (voice, samples as f64 / 16_000.0)))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the operator's own time, written down with what is kept"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

/// What the model's publisher advises for knowing a voice is 5-30 s.
const ENROL_SECONDS_MIN: f64 = 10.0;
const COMPARE_SECONDS_MIN: f64 = 3.0;
/// Letters and digits.
const CONSENT_MIN: usize = 5;

#[cfg(test)]
mod tests {
    use callwright_models::speaker::DIMENSIONS;

    use super::*;

    fn caller(number: &str, seconds: usize) -> Caller {
        Caller {
            tenant: "clinic".to_owned(),
            allowed: true,
            number: Pii::from(number),
            sound: vec![0; seconds * 16_000],
        }
    }

    /// A voice in which the sound's length is all that matters.
    fn hear(sound: &[i16]) -> anyhow::Result<Option<Voice>> {
        let mut values = [0.1; DIMENSIONS];
        values[0] = 1.0;
        Ok(VoiceEmbedding::of(&values).map(|voice| (voice, sound.len() as f64 / 16_000.0)))
    }

    fn consent() -> Consent {
        consented("form 17".to_owned(), "2026-11-02".parse().unwrap(), day(3)).unwrap()
    }

    fn day(day: i8) -> Timestamp {
        format!("2026-11-{day:02}T12:00:00Z").parse().unwrap()
    }

    fn said<T: std::fmt::Debug>(refused: anyhow::Result<T>) -> String {
        refused.unwrap_err().to_string()
    }

    #[test]
    fn a_caller_who_agreed_is_enrolled_and_compared() {
        let calls = [caller("+1555", 6), caller("+1555", 5)];
        let print = enrolled(&calls, consent(), day(3), hear).unwrap();
        assert_eq!((print.seconds, &*print.consent.how), (11.0, "form 17"));
        let found = compared(&caller("+1555", 4), &print, hear).unwrap();
        assert!(found.cosine > 0.999 && found.likeness > 0.99, "{found:?}");
    }

    #[test]
    fn nobody_is_enrolled_without_the_tenants_leave_a_consent_and_enough_speech() {
        let enrol = |callers: &[Caller]| said(enrolled(callers, consent(), day(3), hear));
        let forbidden = Caller { allowed: false, ..caller("+1555", 20) };
        assert!(enrol(&[forbidden]).contains("keeps_voice_prints"));
        assert!(enrol(&[caller("+1555", 9)]).contains("it takes 10 s"));
        assert!(enrol(&[caller("+1555", 9), caller("+1556", 9)]).contains("several callers"));
        assert!(enrol(&[]).contains("no such call"));
        let on = |day: &str| format!("2026-11-{day}").parse().unwrap();
        assert!(
            said(consented("yes".to_owned(), on("02"), day(3))).contains("how the caller agreed")
        );
        assert!(said(consented("form 17".to_owned(), on("09"), day(3))).contains("still to come"));
    }

    #[test]
    fn nobody_is_compared_where_the_tenant_has_it_off_or_hardly_speaks() {
        let print = enrolled(&[caller("+1555", 20)], consent(), day(3), hear).unwrap();
        let compare = |caller: &Caller| said(compared(caller, &print, hear));
        let forbidden = Caller { allowed: false, ..caller("+1555", 20) };
        assert!(compare(&forbidden).contains("keeps_voice_prints"));
        assert!(compare(&caller("+1555", 2)).contains("it takes 3 s"));
    }
}
