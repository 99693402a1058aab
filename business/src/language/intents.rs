//! What a caller wants, by the words that give it away.

use super::{Words, fuzzy};

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

/// In the order in which they are dealt with.
const RULES: [(Intent, &[&str]); 19] = [
    (
        Intent::Emergency,
        &[
            "severe pain",
            "terrible pain",
            "awful pain",
            "a lot of pain",
            "unbearable",
            "extreme pain",
            "in agony",
            "bleeding",
            "blood",
            "knocked out",
            "can't breathe",
            "swollen face",
            "face is swollen",
            "bad pain",
            "so much pain",
            "accident",
            "it's an emergency",
            "an emergency",
            "this is urgent",
        ],
    ),
    (
        Intent::Person,
        &[
            "a person",
            "real person",
            "a human",
            "human being",
            "someone else",
            "speak to someone",
            "talk to someone",
            "speak with someone",
            "talk with someone",
            "speak to somebody",
            "talk to somebody",
            "representative",
            "operator",
            "receptionist",
            "the front desk",
            "your manager",
            "a manager",
            "an agent",
            "live agent",
            "transfer me",
            "put me through",
            "connect me",
            "real human",
            "speak to the doctor",
            "talk to the doctor",
            "speak to a doctor",
            "to a person",
            "speak to a purse",
        ],
    ),
    (
        Intent::Cancel,
        &[
            "cancel",
            "cancelled",
            "canceled",
            "cancelling",
            "call off",
            "won't make it",
            "can't make it",
            "can't come",
        ],
    ),
    (
        Intent::Reschedule,
        &[
            "reschedule",
            "rescheduled",
            "move my",
            "change my appointment",
            "change the appointment",
            "change an appointment",
            "move the appointment",
            "move an appointment",
            "postpone",
            "push back",
            "different time for my",
            "change my booking",
            "shift my",
            "bring forward",
        ],
    ),
    (
        Intent::Lookup,
        &[
            "when is my",
            "when's my",
            "what time is my",
            "check my appointment",
            "confirm my appointment",
            "about my appointment",
            "do i have an appointment",
            "remind me",
            "my next appointment",
        ],
    ),
    (
        Intent::Book,
        &[
            "book",
            "booking",
            "appointment",
            "schedule",
            "make an appointment",
            "come in",
            "reserve",
            "get in",
            "set up",
            "see the dentist",
            "see a dentist",
            "see the doctor",
            "a slot",
            "an opening",
        ],
    ),
    (
        Intent::Hours,
        &[
            "hours",
            "are you open",
            "you open",
            "do you open",
            "do you close",
            "you close",
            "when are you",
            "what time are you",
            "opening times",
            "open on",
            "closing time",
            "open tomorrow",
            "open today",
        ],
    ),
    (
        Intent::Address,
        &[
            "address",
            "where are you",
            "located",
            "location",
            "directions",
            "how do i get",
            "find you",
            "which street",
            "what street",
            "where is the",
        ],
    ),
    (
        Intent::Price,
        &[
            "how much",
            "price",
            "prices",
            "cost",
            "costs",
            "charge",
            "expensive",
            "fee",
            "fees",
            "what does it",
            "tell much",
            "much is",
            "much does",
        ],
    ),
    (
        Intent::Services,
        &[
            "what services",
            "which services",
            "what do you offer",
            "what do you do",
            "services do you",
            "what treatments",
            "which treatments",
            "what can you do",
            "what kind of",
        ],
    ),
    (
        Intent::Insurance,
        &[
            "insurance",
            "insured",
            "insurances",
            "my plan",
            "coverage",
            "covered",
            "delta",
            "medicaid",
            "medicare",
        ],
    ),
    (Intent::Parking, &["parking", "park", "car park"]),
    (Intent::Payment, &["pay", "payment", "credit card", "cash", "payments"]),
    (
        Intent::NewPatients,
        &["new patients", "new patient", "accepting patients", "taking patients"],
    ),
    (
        Intent::Repeat,
        &[
            "repeat",
            "say that again",
            "say it again",
            "pardon",
            "come again",
            "what did you say",
            "one more time",
            "didn't catch",
            "didn't hear",
            "can't hear",
            "didn't get that",
            "excuse me",
            "what was that",
        ],
    ),
    (
        Intent::NeverMind,
        &[
            "never mind",
            "nevermind",
            "forget it",
            "forget about it",
            "leave it",
            "start over",
            "start again",
        ],
    ),
    (
        Intent::AreYouHuman,
        &[
            "are you a robot",
            "are you human",
            "are you real",
            "is this a robot",
            "a machine",
            "are you a machine",
            "who are you",
            "are you a bot",
        ],
    ),
    (
        Intent::Goodbye,
        &[
            "goodbye",
            "bye",
            "see you",
            "have a nice day",
            "have a good day",
            "that's all",
            "that is all",
            "that'll be all",
            "that will be all",
            "nothing else",
            "i'm done",
            "we're done",
        ],
    ),
    (Intent::Thanks, &["thank you", "thanks", "cheers", "appreciate it"]),
];

/// Words that recognisers get nearly right.
const MISHEARD: [(Intent, &str); 9] = [
    (Intent::Reschedule, "reschedule"),
    (Intent::Cancel, "cancel"),
    (Intent::Book, "appointment"),
    (Intent::Book, "schedule"),
    (Intent::Insurance, "insurance"),
    (Intent::Address, "address"),
    (Intent::Person, "receptionist"),
    (Intent::Goodbye, "goodbye"),
    (Intent::Emergency, "bleeding"),
];

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
