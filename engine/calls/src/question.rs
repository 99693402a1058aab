//! Questions that are whole by their words, whatever their melody says.
//!
//! English asks in two forms: a finite verb before its subject ("Do you take insurance", "What are your opening hours"),
//! and a clause with its subject first that another verb wants ("tell me where I could park"). Either is whole once it has
//! its subject, its verb and something said of it. Which of the words are which is guessed from the few that make up the
//! closed classes; a guess that fails costs a wait, or ends a turn as soon as a telephone number's last digit does.

/// Whether the words end in a whole question.
pub(crate) fn is_whole_question(words: &[String]) -> bool {
    /// After these more is said of it; after "is" and the like, which end clauses, it need not be.
    const GOES_ON: [&str; 14] = [
        "to", "at", "by", "for", "from", "in", "of", "on", "with", "about", "like", "can", "and",
        "or",
    ];
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if words.last().is_some_and(|last| GOES_ON.contains(last)) {
        return false;
    }
    // The last one counts: "How are you, and do you ..." is not whole for its beginning.
    let last = (0..words.len()).rev().find_map(|from| {
        let (before, rest) = words.split_at_checked(from)?;
        let before = before.last().copied();
        asked(before, rest).or_else(|| wanted(before?, rest))
    });
    last.is_some_and(|said_of_it| said_of_it >= ENOUGH)
}

/// Words after the subject, or after the verb and its subject, from which a question is whole: "do you take" may go on,
/// "do you take insurance" need not.
const ENOUGH: usize = 2;

/// Words that want a clause, which alone says what is asked: "could you tell me ..."
const WANTS: [&str; 8] = ["me", "know", "you", "wondering", "wonder", "ask", "wondered", "see"];

/// Of a question with its verb first that begins here, how many words follow its subject. A question word counts as
/// one: "What are your hours" says as much as "What your hours are".
fn asked(before: Option<&str>, words: &[&str]) -> Option<usize> {
    /// What may stand before a question without a question word. After any other word its verb is a statement's.
    const LEADS: [&str; 13] = [
        "and", "but", "so", "or", "then", "well", "um", "uh", "okay", "hi", "hello", "yes",
        "please",
    ];
    let asks = usize::from(words.first().is_some_and(|word| asks(word)));
    let rest = words.get(asks..)?;
    // "how much", "how long", "what time", "which of your dentists": up to three words before the verb.
    let verb = if asks == 1 {
        let inverted = subject(rest).is_none();
        rest.iter().take(4).position(|word| inverted && VERBS.contains(word))?
    } else {
        let begins = before.is_none_or(|word| LEADS.contains(&word));
        rest.first().filter(|word| begins && VERBS.contains(word)).map(|_| 0)?
    };
    let after = rest.get(verb + 1..)?;
    let said = after.get(subject(after)?..)?;
    if said.iter().any(|word| WANTS.contains(word)) {
        return Some(0);
    }
    Some(said.len() + asks)
}

/// Of a clause that another verb wants and that begins here, how many words follow its subject, the question word
/// among them.
fn wanted(before: &str, words: &[&str]) -> Option<usize> {
    let [first, rest @ ..] = words else { return None };
    if !WANTS.contains(&before) || !asks(first) {
        return None;
    }
    // "how much you charge", "what kind of insurance you take".
    let clause = (0..rest.len().min(4))
        .filter_map(|from| rest.get(from..))
        .find(|c| subject(c).is_some())?;
    Some(clause.len() - subject(clause)? + 1)
}

/// A question word.
pub(crate) fn asks(word: &str) -> bool {
    matches!(word, "what" | "where" | "when" | "how" | "which" | "who" | "why" | "if" | "whether")
}

/// Finite verbs that come before their subject in a question.
const VERBS: [&str; 19] = [
    "is", "are", "was", "were", "do", "does", "did", "can", "could", "will", "would", "should",
    "may", "have", "has", "what's", "where's", "when's", "how's",
];

/// Words of the subject that these begin with: a pronoun, or an article or its like with its noun.
fn subject(words: &[&str]) -> Option<usize> {
    match words {
        ["i" | "you" | "he" | "she" | "it" | "we" | "they" | "there" | "that" | "this", ..] => {
            Some(1)
        }
        ["a" | "an" | "the" | "my" | "your" | "our" | "his" | "her" | "their", _, ..] => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> bool {
        let words: Vec<String> = text
            .to_lowercase()
            .split(|c: char| !c.is_alphanumeric() && c != '\'')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        is_whole_question(&words)
    }

    #[test]
    fn questions_are_whole_with_subject_verb_and_something_said_of_it() {
        for text in [
            "Do you take insurance",
            "Can I park my car",
            "How much is a cleaning for children",
            "What are your opening hours",
            "What time do you open tomorrow",
            "so could you tell me what your address is",
            "I wanted to ask you whether you take new patients",
            "I'd like to know how much that costs",
            "Can you tell me where I could park my car",
            "how much you charge, could you tell me how much you charge for a filling",
        ] {
            assert!(whole(text), "{text}");
        }
    }

    #[test]
    fn what_has_only_begun_is_not() {
        for text in [
            "",
            "I'd like to book a cleaning",
            "Do you",
            "Do you take",
            "Are you open",
            "could you tell me",
            "could you tell me what",
            "could you tell me what your",
            "could you tell me what your address",
            "I wanted to ask you whether you",
            "I'd like to know how much you",
            "What are your",
            "I have never been to your clinic",
            "the problem is my tooth hurts when",
            "it is a cleaning for my son",
            "I'll come when I do my shopping",
            "could you tell me how",
            "so where is the best place to",
            "do you have an appointment for",
            "How are you, and do you",
        ] {
            assert!(!whole(text), "{text}");
        }
    }
}
