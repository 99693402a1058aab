//! One turn of the caller, understood: everything in it that could matter, whatever was asked.

use jiff::Zoned;

use crate::language::{
    Candidate, Intent, Pick, Shift, WhenContext, Words, YesNo, closest, intents, introduced_name,
    nearest, parse_when, pick, shift, spoken_digits, yes_no,
};
use crate::tenants::{ProviderId, ServiceId, Tenant};

/// What a turn says.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub words: Words,
    /// The recogniser's, 0-1.
    pub confidence: f32,
    pub intents: Vec<Intent>,
    pub service: Option<ServiceId>,
    /// Whether the service was heard word by word, and is not only like what was heard.
    pub service_sure: bool,
    /// A service that may have been misheard, where none was heard.
    pub perhaps: Option<ServiceId>,
    pub provider: Option<ProviderWish>,
    pub when: Vec<Candidate>,
    pub pick: Option<Pick>,
    pub shift: Option<Shift>,
    pub yes_no: Option<YesNo>,
    /// A name that was introduced as one.
    pub name: Option<String>,
    /// A row of digits; empty for none.
    pub digits: String,
}

/// Who should do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ProviderWish {
    One(ProviderId),
    Anyone,
}

/// Closeness of what was said in these words, but for the gaps between them.
const WORD_BY_WORD: f64 = 0.99;
/// Shortest row of digits that is a number in passing, when none was asked for.
const PASSING_DIGITS: usize = 7;

impl Heard {
    /// Reads `text`, said at `now` in the tenant's zone.
    pub(super) fn new(
        text: &str,
        confidence: f32,
        tenant: &Tenant,
        now: &Zoned,
        about_time: bool,
    ) -> Self {
        let words = Words::new(text);
        let context = WhenContext { now, opening: &tenant.opening, asked: about_time };
        let services = || {
            tenant.services.iter().flat_map(|service| {
                std::iter::once(&service.name)
                    .chain(&service.also)
                    .map(|name| (name.as_str(), service.id.clone()))
            })
        };
        let (service, alike) = closest(&words, services()).unzip();
        let perhaps = if service.is_none() { nearest(&words, services()) } else { None };
        let digits = spoken_digits(&words);
        let mut when = parse_when(&words, context);
        if digits.len() >= PASSING_DIGITS {
            // A telephone number is no time of day, whatever its groups look like.
            when.retain(|candidate| candidate.days.is_some());
        }
        Self {
            intents: intents(&words),
            service,
            service_sure: alike.is_some_and(|alike| alike >= WORD_BY_WORD),
            perhaps,
            provider: provider(&words, tenant),
            when,
            pick: pick(&words),
            shift: shift(&words),
            yes_no: yes_no(&words),
            name: introduced_name(&words),
            digits,
            confidence,
            words,
        }
    }

    pub(super) fn wants(&self, intent: Intent) -> bool {
        self.intents.contains(&intent)
    }

    /// Whether it says anything that goes into a booking.
    pub(super) fn has_content(&self) -> bool {
        self.service.is_some() || self.provider.is_some() || !self.when.is_empty()
    }

    /// Whether it is only a sound of attention, such as people make while they listen.
    pub(super) fn is_back_channel(&self) -> bool {
        self.words
            .is_only(&["", "okay", "yeah", "mhm", "mm hmm", "uh huh", "right", "alright", "i see"])
    }
}

fn provider(words: &Words, tenant: &Tenant) -> Option<ProviderWish> {
    if words.has_any(&[
        "anyone",
        "any doctor",
        "any dentist",
        "whoever",
        "no preference",
        "anybody",
    ]) {
        return Some(ProviderWish::Anyone);
    }
    let names = tenant.providers.iter().flat_map(|provider| {
        std::iter::once(&provider.name)
            .chain(&provider.also)
            .map(|name| (name.as_str(), provider.id.clone()))
    });
    closest(words, names).map(|(provider, _)| ProviderWish::One(provider))
}
