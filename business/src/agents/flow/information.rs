//! Questions about the business, answered from the tenant's document.

use jiff::Zoned;
use jiff::civil::Weekday;

use super::hearing::Heard;
use super::question::Question;
use super::wording::capital;
use super::{Goal, Next, Receptionist};
use crate::language::{Intent, list_aloud, spoken_hours, spoken_on, spoken_weekday};

impl Receptionist {
    /// Answers what was asked about the business; `None` when nothing was.
    ///
    /// What was under way goes on with its question; otherwise the caller is asked what else.
    pub(super) fn inform(&mut self, heard: &Heard, now: &Zoned) -> Option<Next> {
        let answers: Vec<String> = heard
            .intents
            .iter()
            .filter_map(|&intent| self.information(intent, heard, now))
            .collect();
        if answers.is_empty() {
            return None;
        }
        self.preface.extend(answers);
        if self.goal != Goal::Nothing {
            return Some(Next::Ask(self.asked.clone()));
        }
        match &heard.service {
            Some(service) if heard.wants(Intent::Price) => {
                Some(Next::Ask(Question::OfferBooking(service.clone())))
            }
            _ => Some(Next::Ask(Question::AnythingElse)),
        }
    }

    fn information(&self, intent: Intent, heard: &Heard, now: &Zoned) -> Option<String> {
        let answers = &self.tenant.answers;
        let told = |answer: &Option<String>| {
            Some(answer.clone().unwrap_or_else(|| "I'm afraid I don't know that.".to_owned()))
        };
        match intent {
            Intent::Hours => Some(self.hours(heard, now)),
            Intent::Price => Some(self.price(heard)),
            Intent::Services => {
                let names: Vec<String> =
                    self.tenant.services.iter().map(|service| service.name.clone()).collect();
                Some(format!("We offer {}.", list_aloud(&names, "and")))
            }
            Intent::Address => told(&answers.address),
            Intent::Insurance => told(&answers.insurance),
            Intent::Parking => told(&answers.parking),
            Intent::Payment => told(&answers.payment),
            Intent::NewPatients => told(&answers.new_patients),
            Intent::AreYouHuman => Some(format!(
                "I'm an automated assistant of {}. I can book appointments.",
                self.tenant.name
            )),
            _ => None,
        }
    }

    /// The hours of the day asked about, or of the week.
    fn hours(&self, heard: &Heard, now: &Zoned) -> String {
        let day = heard
            .when
            .first()
            .and_then(|candidate| candidate.days)
            .filter(|days| days.is_one_day());
        let Some(day) = day else { return format!("We're open {}.", self.week()) };
        let date = capital(&spoken_on(day.first, now.date()));
        match spoken_hours(self.tenant.opening.on(day.first)) {
            Some(hours) => format!("{date}, we're open {hours}."),
            None => format!("{date}, we're closed."),
        }
    }

    /// `Monday to Friday from 8 AM to 5 PM, and Saturday from 9 AM to 1 PM`.
    fn week(&self) -> String {
        let mut runs: Vec<(Weekday, Weekday, String)> = Vec::new();
        for offset in 0..7 {
            let Ok(day) = Weekday::from_monday_zero_offset(offset) else { continue };
            let Some(hours) = spoken_hours(self.tenant.opening.of_weekday(day)) else { continue };
            match runs.last_mut() {
                Some((_, last, same)) if *same == hours && last.next() == day => *last = day,
                _ => runs.push((day, day, hours)),
            }
        }
        let each: Vec<String> = runs
            .iter()
            .map(|(first, last, hours)| {
                if first == last {
                    format!("{} {hours}", spoken_weekday(*first))
                } else {
                    format!("{} to {} {hours}", spoken_weekday(*first), spoken_weekday(*last))
                }
            })
            .collect();
        list_aloud(&each, "and")
    }

    fn price(&self, heard: &Heard) -> String {
        let currency = &self.tenant.currency;
        let service = heard.service.as_ref().or(self.form.service.as_ref());
        match service.and_then(|id| self.tenant.service(id)) {
            Some(service) => format!(
                "{} is {} {currency} and takes {} minutes.",
                capital(&self.a_service(&service.id)),
                service.price,
                service.minutes
            ),
            None => {
                let each: Vec<String> = self
                    .tenant
                    .services
                    .iter()
                    .map(|service| format!("{} is {}", self.a_service(&service.id), service.price))
                    .collect();
                format!("{} {currency}.", capital(&list_aloud(&each, "and")))
            }
        }
    }
}
