//! What a caller wants, by the words that give it away.

mod rules;

use super::{Words, fuzzy};
use rules::{MISHEARD, RULES};

/// Something that a caller may want of a front desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Intent {
    Emergency,
    Person,
    Cancel,
    Reschedule,
    /// When is my appointment?
    Lookup,
    Book,
    Hours,
    Address,
    Price,
    Services,
    Insurance,
    Parking,
    Payment,
    NewPatients,
    Repeat,
    Goodbye,
    Thanks,
    NeverMind,
    AreYouHuman,
}

/// Every intent of an utterance, in the order in which they are to be dealt with.
pub(crate) fn intents(words: &Words) -> Vec<Intent> {
    let mut found: Vec<Intent> = RULES
        .iter()
        .filter(|(_, phrases)| words.has_any(phrases))
        .map(|&(intent, _)| intent)
        .collect();
    for (intent, known) in MISHEARD {
        let close = words
            .as_slice()
            .iter()
            .any(|word| word.len() >= 5 && fuzzy::closeness(word, known) >= 0.8);
        if close && !found.contains(&intent) {
            found.push(intent);
        }
    }
    settle(&mut found, words);
    found
}

/// What one intent says about another.
fn settle(found: &mut Vec<Intent>, words: &Words) {
    let drop = |found: &mut Vec<Intent>, gone: Intent| found.retain(|&intent| intent != gone);
    // `Cancel my appointment` books nothing; `reschedule my appointment` neither cancels nor books.
    if found.contains(&Intent::Reschedule) || found.contains(&Intent::Cancel) {
        drop(found, Intent::Book);
        drop(found, Intent::Lookup);
    }
    if found.contains(&Intent::Lookup) {
        drop(found, Intent::Book);
        drop(found, Intent::Hours);
    }
    if found.contains(&Intent::Reschedule) && !words.has("cancel") {
        drop(found, Intent::Cancel);
    }
    // `Do you have an appointment tomorrow morning?` asks for one, `what time do you open` for none.
    if found.contains(&Intent::Hours) && words.has_any(&["appointment", "book", "come in"]) {
        drop(found, Intent::Hours);
    }
    if words.has_any(&[
        "not an emergency",
        "no emergency",
        "no pain",
        "no bleeding",
        "not bleeding",
    ]) {
        drop(found, Intent::Emergency);
    }
    found.sort_by_key(|intent| RULES.iter().position(|(known, _)| known == intent));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_as_callers_put_them() {
        for (text, first) in [
            ("I'd like to book a cleaning next Tuesday afternoon.", Some(Intent::Book)),
            ("I want to cancel my appointment.", Some(Intent::Cancel)),
            ("I want to cancel my avoidment.", Some(Intent::Cancel)),
            ("I need to re-schedule to Thursday.", Some(Intent::Reschedule)),
            ("can I change my appointment", Some(Intent::Reschedule)),
            ("when is my appointment", Some(Intent::Lookup)),
            ("Can I speak to a person?", Some(Intent::Person)),
            ("What are your opening hours?", Some(Intent::Hours)),
            ("But how you're opening hours?", Some(Intent::Hours)),
            ("are you open on Saturday", Some(Intent::Hours)),
            ("How much is a check-up?", Some(Intent::Price)),
            ("Tell much of the checkup.", Some(Intent::Price)),
            ("where are you located", Some(Intent::Address)),
            ("do you take my insurance", Some(Intent::Insurance)),
            ("I'm in severe pain and bleeding", Some(Intent::Emergency)),
            ("it's not an emergency", None),
            ("Good-bye.", Some(Intent::Goodbye)),
            ("Good-by.", Some(Intent::Goodbye)),
            ("can you repeat that", Some(Intent::Repeat)),
            ("Anna Miller", None),
            ("three thirty", None),
            ("", None),
        ] {
            assert_eq!(intents(&Words::new(text)).first().copied(), first, "{text}");
        }
    }
}
