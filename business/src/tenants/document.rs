//! A tenant's document (YAML): parsed once into a [`Tenant`] that cannot contradict itself.

use std::collections::{BTreeMap, BTreeSet};

use callwright_contract::Pii;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::voice::{VoiceDocument, VoiceError};

use super::{Answers, BookingLimits, Opening, Provider, Service, Span, Tenant, Tongue};

/// A document that describes no usable tenant: says where and what.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum DocumentError {
    #[error("it is not the YAML of a tenant: {0}")]
    Shape(#[from] serde_yaml_ng::Error),
    #[error("{place}: `{text}` {wanted}")]
    Value { place: &'static str, text: String, wanted: &'static str },
    #[error(transparent)]
    Voice(#[from] VoiceError),
}

fn wrong(place: &'static str, text: impl Into<String>, wanted: &'static str) -> DocumentError {
    DocumentError::Value { place, text: text.into(), wanted }
}

/// The document as written.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TenantDocument {
    pub id: String,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    time_zone: String,
    country_code: String,
    transfer_to: Option<String>,
    currency: String,
    #[serde(default)]
    hears_emotion: bool,
    /// What callers who agreed sound like may be kept after their calls; no part of a call asks.
    #[serde(default)]
    keeps_voice_prints: bool,
    opening: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    holidays: Vec<String>,
    booking: BookingDocument,
    services: Vec<ServiceDocument>,
    providers: Vec<ProviderDocument>,
    #[serde(default)]
    answers: AnswersDocument,
    #[serde(default)]
    voice: VoiceDocument,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    captures: Option<CapturesDocument>,
}

/// Calls are captured, so that they can be run again. Whoever calls is told first.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct CapturesDocument {
    notice: String,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct BookingDocument {
    lead_minutes: u16,
    horizon_days: u16,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ServiceDocument {
    id: String,
    name: String,
    #[serde(default)]
    also: Vec<String>,
    minutes: u16,
    price: u32,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ProviderDocument {
    id: String,
    name: String,
    #[serde(default)]
    also: Vec<String>,
    days: Vec<String>,
    services: Vec<String>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct AnswersDocument {
    emergency: Option<String>,
    address: Option<String>,
    insurance: Option<String>,
    parking: Option<String>,
    payment: Option<String>,
    new_patients: Option<String>,
}

/// Parses a tenant's document.
pub(crate) fn parse(document: &str) -> Result<Tenant, DocumentError> {
    tenant(serde_yaml_ng::from_str(document)?)
}

/// Whether this tenant lets it be kept what callers who agreed sound like.
pub(crate) fn keeps_voice_prints(document: &str) -> Result<bool, serde_yaml_ng::Error> {
    Ok(serde_yaml_ng::from_str::<TenantDocument>(document)?.keeps_voice_prints)
}

fn tenant(document: TenantDocument) -> Result<Tenant, DocumentError> {
    let services = document.services.into_iter().map(service).collect::<Result<Vec<_>, _>>()?;
    if services.is_empty() {
        return Err(wrong("services", "", "must name at least one"));
    }
    let providers = document
        .providers
        .into_iter()
        .map(|provider| provider_of(provider, &services))
        .collect::<Result<Vec<_>, _>>()?;
    // Checked here, where the error can say whose it is; used once it is laid over an agent's.
    document.voice.persona()?;
    Ok(Tenant {
        id: document.id.parse().ok().ok_or_else(|| wrong("id", &document.id, "is no id"))?,
        tongue: document.language.map(tongue).transpose()?.unwrap_or_default(),
        zone: TimeZone::get(&document.time_zone)
            .ok()
            .ok_or_else(|| wrong("time_zone", &document.time_zone, "is no IANA time zone"))?,
        country_code: digits("country_code", document.country_code)?,
        transfer_to: document.transfer_to.map(e164).transpose()?.map(Pii::new),
        opening: opening(&document.opening, &document.holidays)?,
        limits: BookingLimits {
            lead_minutes: document.booking.lead_minutes,
            horizon_days: document.booking.horizon_days,
        },
        answers: Answers {
            emergency: document.answers.emergency,
            address: document.answers.address,
            insurance: document.answers.insurance,
            parking: document.answers.parking,
            payment: document.answers.payment,
            new_patients: document.answers.new_patients,
        },
        voice: document.voice,
        capture_notice: document.captures.map(notice).transpose()?,
        name: document.name,
        currency: document.currency,
        hears_emotion: document.hears_emotion,
        services,
        providers,
    })
}

fn tongue(language: String) -> Result<Tongue, DocumentError> {
    let spoken = Tongue::parse(&language);
    spoken.ok_or_else(|| wrong("language", language, "is no code like `de`, and not `auto`"))
}

fn notice(document: CapturesDocument) -> Result<String, DocumentError> {
    let told = document.notice.chars().filter(|c| c.is_alphabetic()).count() >= 10;
    if told {
        Ok(document.notice)
    } else {
        Err(wrong("captures: notice", document.notice, "tells callers nothing"))
    }
}

fn service(document: ServiceDocument) -> Result<Service, DocumentError> {
    if document.minutes == 0 || !document.minutes.is_multiple_of(15) || document.minutes > 8 * 60 {
        return Err(wrong(
            "services: minutes",
            document.minutes.to_string(),
            "is not 15 to 480 in quarters",
        ));
    }
    Ok(Service {
        id: document
            .id
            .parse()
            .ok()
            .ok_or_else(|| wrong("services: id", &document.id, "is no id"))?,
        name: document.name,
        also: document.also,
        minutes: document.minutes,
        price: document.price,
    })
}

fn provider_of(document: ProviderDocument, offered: &[Service]) -> Result<Provider, DocumentError> {
    let services = document
        .services
        .iter()
        .map(|id| {
            offered
                .iter()
                .find(|service| service.id.as_str() == id)
                .map(|service| service.id.clone())
                .ok_or_else(|| wrong("providers: services", id, "is none of the services"))
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Provider {
        id: document
            .id
            .parse()
            .ok()
            .ok_or_else(|| wrong("providers: id", &document.id, "is no id"))?,
        name: document.name,
        also: document.also,
        days: document.days.iter().map(|day| weekday(day)).collect::<Result<_, _>>()?,
        services,
    })
}

fn opening(
    week: &BTreeMap<String, Vec<String>>,
    holidays: &[String],
) -> Result<Opening, DocumentError> {
    let mut days: [Vec<Span>; 7] = Default::default();
    for (name, spans) in week {
        let offset = weekday(name)?.to_monday_zero_offset().unsigned_abs();
        let mut parsed = spans.iter().map(|text| span(text)).collect::<Result<Vec<_>, _>>()?;
        parsed.sort_unstable();
        if parsed.windows(2).any(|pair| matches!(pair, [a, b] if a.until > b.from)) {
            return Err(wrong("opening", name, "has hours that overlap"));
        }
        if let Some(day) = days.get_mut(usize::from(offset)) {
            *day = parsed;
        }
    }
    let holidays = holidays
        .iter()
        .map(|text| {
            // 2000 is a leap year: the 29th of February is a day of it.
            let date: Date = format!("2000-{text}")
                .parse()
                .ok()
                .ok_or_else(|| wrong("holidays", text, "is no month-day such as 12-25"))?;
            Ok((date.month(), date.day()))
        })
        .collect::<Result<BTreeSet<_>, DocumentError>>()?;
    Ok(Opening::new(days, holidays))
}

fn span(text: &str) -> Result<Span, DocumentError> {
    let bad = || wrong("opening", text, "is no range such as 08:00-12:00");
    let (from, until) = text.split_once('-').ok_or_else(bad)?;
    let from: Time = from.trim().parse().ok().ok_or_else(bad)?;
    let until: Time = until.trim().parse().ok().ok_or_else(bad)?;
    if from < until { Ok(Span { from, until }) } else { Err(bad()) }
}

fn weekday(text: &str) -> Result<Weekday, DocumentError> {
    Ok(match text {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return Err(wrong("opening, days", text, "is no weekday such as monday")),
    })
}

fn digits(place: &'static str, text: String) -> Result<String, DocumentError> {
    let right = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if right { Ok(text) } else { Err(wrong(place, text, "is not one to three digits")) }
}

fn e164(text: String) -> Result<String, DocumentError> {
    let right = text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    if right {
        Ok(text)
    } else {
        Err(wrong("transfer_to", text, "is no number such as +15005550123"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
id: small
name: Small
time_zone: Europe/Zurich
country_code: "41"
currency: francs
opening: { monday: ["08:00-12:00"] }
booking: { lead_minutes: 0, horizon_days: 30 }
services: [{ id: cut, name: cut, minutes: 30, price: 40 }]
providers: [{ id: ann, name: Ann, days: [monday], services: [cut] }]
"#;

    #[test]
    fn a_small_tenant_is_read() {
        let tenant = parse(SMALL).unwrap();
        assert_eq!(tenant.zone_name(), "Europe/Zurich");
        assert_eq!(tenant.opening.of_weekday(Weekday::Monday).len(), 1);
        assert!(tenant.opening.of_weekday(Weekday::Sunday).is_empty());
    }

    #[test]
    fn calls_are_captured_where_callers_are_told_so() {
        assert_eq!(parse(SMALL).unwrap().capture_notice, None);
        let told = format!("{SMALL}captures: {{ notice: Calls are recorded to find faults. }}\n");
        let notice = parse(&told).unwrap().capture_notice;
        assert_eq!(notice.as_deref(), Some("Calls are recorded to find faults."));
        let silent = format!("{SMALL}captures: {{ notice: \"\" }}\n");
        assert!(parse(&silent).unwrap_err().to_string().contains("captures: notice"));
    }

    #[test]
    fn voice_prints_are_kept_where_the_document_says_so() {
        assert!(!keeps_voice_prints(SMALL).unwrap());
        assert!(keeps_voice_prints(&format!("{SMALL}keeps_voice_prints: true\n")).unwrap());
        assert!(keeps_voice_prints("no: tenant").is_err());
    }

    #[test]
    fn errors_say_where_and_what() {
        for (from, to, said) in [
            ("Europe/Zurich", "Europe/Zuerich", "time_zone: `Europe/Zuerich` is no IANA time zone"),
            ("08:00-12:00", "12:00-08:00", "opening: `12:00-08:00`"),
            ("minutes: 30", "minutes: 20", "services: minutes: `20`"),
            ("services: [cut]", "services: [dye]", "providers: services: `dye`"),
            ("monday: [\"08", "moonday: [\"08", "`moonday` is no weekday"),
            ("name: Small", "nom: Small", "unknown field `nom`"),
            ("id: small", "id: Small one", "id: `Small one`"),
        ] {
            let error = parse(&SMALL.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
