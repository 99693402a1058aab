//! How the receptionist puts its questions, and how it names services, people and times.

use jiff::Zoned;
use jiff::civil::Time;

use super::question::Question;
use super::{Goal, Receptionist};
use crate::language::{
    Candidate, digits_aloud, list_aloud, spoken_day_and_time, spoken_on, spoken_time,
    spoken_weekday,
};
use crate::scheduling::{Appointment, Slot, TimeWish};
use crate::tenants::ServiceId;

impl Receptionist {
    /// The question as it is asked, and asked again.
    pub(super) fn wording(&self, question: &Question, now: &Zoned) -> String {
        match question {
            Question::HowHelp => "How can I help?".to_owned(),
            Question::AnythingElse => "Is there anything else I can do for you?".to_owned(),
            Question::OfferBooking(service) => {
                format!("Would you like to book {}?", self.a_service(service))
            }
            Question::ConfirmHeard => format!("I heard: {}. Is that right?", self.heard_wish(now)),
            Question::Service => {
                let names: Vec<String> =
                    self.tenant.services.iter().map(|service| service.name.clone()).collect();
                let offer = list_aloud(&names, "and");
                // What was understood of the wish is not lost, and the caller hears so.
                let when = self.form.when.first().map(|candidate| described(candidate, now));
                let when = when.filter(|when| !when.is_empty()).map(|when| capital(&when) + ". ");
                let when = when.unwrap_or_default();
                format!("{when}What would you like to come in for? We offer {offer}.")
            }
            Question::When => self.wording_of_when(),
            Question::Offer => self.wording_of_offer(now),
            Question::Name => match self.goal {
                Goal::Book => "What's your name, please?".to_owned(),
                _ => "What name is the appointment under?".to_owned(),
            },
            Question::CallerNumber => match self.goal {
                Goal::Book => {
                    "Is the number you're calling from the best one to reach you?".to_owned()
                }
                _ => "Is it booked under the number you're calling from?".to_owned(),
            },
            Question::Phone => "What's your phone number? You can say it or type it.".to_owned(),
            Question::MoreDigits => "Go on.".to_owned(),
            Question::ConfirmPhone => {
                let number = self.form.phone.as_ref().map(|phone| self.phones.national(phone));
                format!("I have {}. Is that right?", digits_aloud(&number.unwrap_or_default()))
            }
            Question::ConfirmBooking => self.wording_of_confirmation(now),
            Question::Change => {
                "What should I change: the service, the day or time, the name, or the phone number?"
                    .to_owned()
            }
            Question::WhichAppointment => {
                let each: Vec<String> =
                    self.form.found.iter().map(|one| self.an_appointment(one, now)).collect();
                format!("You have {}. Which one do you mean?", list_aloud(&each, "and"))
            }
            Question::ConfirmCancel => match &self.form.chosen {
                Some(chosen) => {
                    format!("You have {}. Shall I cancel it?", self.an_appointment(chosen, now))
                }
                None => "Shall I cancel it?".to_owned(),
            },
            Question::Person => "Would you like me to connect you to a person?".to_owned(),
            Question::CallBack => {
                "I can't connect you to anyone from here. Shall I note that you'd like a call back?"
                    .to_owned()
            }
        }
    }

    fn wording_of_when(&self) -> String {
        let time = self.form.when.first().and_then(|candidate| candidate.time);
        match (self.goal, time) {
            (Goal::Reschedule, None) => "When would you like to come instead?".to_owned(),
            (_, Some(TimeWish::At(time))) => {
                format!("On which day would {} suit you?", spoken_time(time))
            }
            (_, Some(TimeWish::Between(..))) => "Which day would suit you?".to_owned(),
            _ => "What day and time would suit you?".to_owned(),
        }
    }

    fn wording_of_offer(&self, now: &Zoned) -> String {
        let today = now.date();
        let at = |slot: &Slot| slot.start.to_zoned(self.tenant.zone.clone());
        match self.form.offers.as_slice() {
            [] => self.wording_of_when(),
            [only] => format!("How about {}?", spoken_day_and_time(&at(only), today)),
            [first, second, ..] if at(first).date() == at(second).date() => format!(
                "{}, I have {} or {}. Which is better?",
                capital(&spoken_on(at(first).date(), today)),
                spoken_time(at(first).time()),
                spoken_time(at(second).time())
            ),
            [first, second, ..] => format!(
                "I have {}, or {}. Which is better?",
                spoken_day_and_time(&at(first), today),
                spoken_day_and_time(&at(second), today)
            ),
        }
    }

    fn wording_of_confirmation(&self, now: &Zoned) -> String {
        let Some(held) = &self.form.held else { return "Shall I book it?".to_owned() };
        let when = held.slot.start.to_zoned(self.tenant.zone.clone());
        let when = spoken_day_and_time(&when, now.date());
        let who = self.provider_name(&held.slot);
        if let Some(chosen) = &self.form.chosen {
            let from = chosen.start.to_zoned(self.tenant.zone.clone());
            let service = self.service_name(&chosen.service);
            let from = spoken_day_and_time(&from, now.date());
            return format!(
                "So I'll move your {service} from {from}, to {when}, with {who}. Shall I do that?"
            );
        }
        let start = held.slot.start.to_zoned(self.tenant.zone.clone());
        let when = on_day_at(&start, now);
        let what = self.a_service(&held.slot.service);
        match &self.form.name {
            Some(name) => {
                format!(
                    "So that's {what} {when}, with {who}, for {}. Shall I book it?",
                    name.reveal()
                )
            }
            None => format!("So that's {what} {when}, with {who}. Shall I book it?"),
        }
    }

    /// What was understood of a wish, to be confirmed.
    fn heard_wish(&self, now: &Zoned) -> String {
        let what = match (self.goal, &self.form.service) {
            (Goal::Cancel, _) => "you want to cancel an appointment".to_owned(),
            (Goal::Reschedule, _) => "you want to move an appointment".to_owned(),
            (Goal::Lookup, _) => "you want to know when your appointment is".to_owned(),
            (_, Some(service)) => self.a_service(service),
            (_, None) => "an appointment".to_owned(),
        };
        let when =
            self.form.when.first().map(|candidate| described(candidate, now)).unwrap_or_default();
        if when.is_empty() { what } else { format!("{what}, {when}") }
    }

    /// `a cleaning`, `an emergency visit`.
    pub(super) fn a_service(&self, service: &ServiceId) -> String {
        let name = self.service_name(service);
        let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        format!("{article} {name}")
    }

    pub(super) fn service_name<'a>(&'a self, service: &'a ServiceId) -> &'a str {
        self.tenant.service(service).map_or(service.as_str(), |service| service.name.as_str())
    }

    pub(super) fn provider_name<'a>(&'a self, slot: &'a Slot) -> &'a str {
        let provider = self.tenant.provider(&slot.provider);
        provider.map_or(slot.provider.as_str(), |provider| provider.name.as_str())
    }

    /// `a cleaning on Tuesday, November 24th, at 3 PM`.
    pub(super) fn an_appointment(&self, appointment: &Appointment, now: &Zoned) -> String {
        let start = appointment.start.to_zoned(self.tenant.zone.clone());
        format!("{} {}", self.a_service(&appointment.service), on_day_at(&start, now))
    }
}

/// `on Tuesday, November 24th, at 3 PM`, `tomorrow, Saturday, November 21st, at 9 AM`.
fn on_day_at(at: &Zoned, now: &Zoned) -> String {
    format!("{}, at {}", spoken_on(at.date(), now.date()), spoken_time(at.time()))
}

/// A text with its first letter large.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// `on Tuesday, November 24th, in the afternoon`.
fn described(candidate: &Candidate, now: &Zoned) -> String {
    let days = candidate.days.map(|days| {
        if days.is_one_day() {
            spoken_on(days.first, now.date())
        } else if days.first <= now.date() {
            "as soon as possible".to_owned()
        } else {
            format!(
                "in the week of {}, {}",
                spoken_weekday(days.first.weekday()),
                days.first.strftime("%B %-d")
            )
        }
    });
    let noon = Time::constant(12, 0, 0, 0);
    let time = candidate.time.and_then(|time| match time {
        TimeWish::At(time) => Some(format!("at {}", spoken_time(time))),
        TimeWish::Between(_, to) if to < noon => Some("in the morning".to_owned()),
        TimeWish::Between(from, _) if from >= noon => Some("in the afternoon".to_owned()),
        TimeWish::Between(from, _) => Some(format!("after {}", spoken_time(from))),
        TimeWish::Any => None,
    });
    [days, time].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
