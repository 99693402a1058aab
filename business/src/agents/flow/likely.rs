//! What callers are likely to say in answer to a question: names that a recogniser writes right if it knows of them.

use std::sync::Arc;

use super::question::Question;
use crate::tenants::Tenant;

/// Names by the kind of question.
#[derive(Clone, Debug)]
pub(super) struct Likely {
    /// Services and people, where anything may be said.
    anything: Arc<[Box<str>]>,
    /// Days and people, where a day or a time is asked for.
    days: Arc<[Box<str>]>,
    /// Where a name or a number is: a service would only be misheard into it.
    nothing: Arc<[Box<str>]>,
}

/// As they are written.
const DAYS: [&str; 8] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "tomorrow"];

impl Likely {
    pub(super) fn of(tenant: &Tenant) -> Self {
        let services = tenant.services.iter().map(|service| service.name.as_str());
        let people = tenant.providers.iter().map(|provider| provider.name.as_str());
        Self {
            anything: services.chain(people.clone()).map(Box::from).collect(),
            days: DAYS.into_iter().chain(people).map(Box::from).collect(),
            nothing: Arc::default(),
        }
    }

    /// Names that are likely in the answer, as they are written.
    pub(super) fn in_answer_to(&self, question: &Question) -> Arc<[Box<str>]> {
        Arc::clone(match question {
            Question::When | Question::Offer => &self.days,
            Question::Name | Question::Phone | Question::MoreDigits => &self.nothing,
            _ => &self.anything,
        })
    }
}
