//! What people say, as a recogniser hears it, turned into what they mean.
//!
//! Pure functions over [`Words`]: no state, no clock. They accept what is commonly misheard, and answer
//! `None` rather than guess wildly.

mod words;

mod fuzzy;
mod numbers;

mod dates;
mod days;
mod misheard_days;
mod times;
mod when;

mod intents;
mod names;
mod phone;
mod pick;
mod yes_no;

mod spoken;

pub(crate) use fuzzy::{closest, nearest};
pub(crate) use intents::{Intent, intents};
pub(crate) use names::{introduced_name, name_answer, same_person};
pub(crate) use phone::{PhoneFormat, spoken_digits};
pub(crate) use pick::{Pick, Shift, pick, shift};
pub(crate) use spoken::{
    digits_aloud, list_aloud, spoken_day_and_time, spoken_hours, spoken_on, spoken_time,
    spoken_weekday,
};
pub(crate) use when::{Candidate, WhenContext, parse as parse_when, soon};
pub(crate) use words::Words;
pub(crate) use yes_no::{YesNo, yes_no};
