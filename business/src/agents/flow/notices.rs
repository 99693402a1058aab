//! What a caller must have been told: that a machine speaks, that the call is captured, that feelings are judged.
//!
//! The greeting tells it. Whoever cuts the greeting off before that is told with the next reply, in sentences of their
//! own that cannot be cut off, and once: what was heard to its end is not said again.

use callwright_contract::ReplyId;

/// What has not been heard yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Notices(Vec<Notice>);

#[derive(Clone, Debug)]
struct Notice {
    /// The words that tell it, as they stand in a reply.
    words: String,
    /// What is said where they were not heard.
    sentence: String,
    /// The reply that has the words, and the octets of its text up to their end.
    said: Option<(ReplyId, usize)>,
}

impl Notices {
    /// The caller must hear `words`, or else `sentence`, which has them.
    pub(super) fn add(&mut self, words: &str, sentence: &str) {
        let (words, sentence) = (words.to_owned(), sentence.to_owned());
        self.0.push(Notice { words, sentence, said: None });
    }

    /// A reply is about to be said.
    pub(super) fn saying(&mut self, reply: ReplyId, text: &str) {
        for notice in self.0.iter_mut().filter(|notice| notice.said.is_none()) {
            // The mark behind the last word is not heard.
            let words = notice.words.trim_end_matches(|c: char| !c.is_alphanumeric());
            notice.said = text.find(words).map(|at| (reply, at + words.len()));
        }
    }

    /// A reply is over, of which this beginning was heard.
    pub(super) fn heard(&mut self, reply: ReplyId, heard: &str) {
        self.0.retain(|notice| {
            notice.said.is_none_or(|(said, end)| said != reply || heard.len() < end)
        });
        self.unsaid(reply);
    }

    /// A reply will not be said.
    pub(super) fn unsaid(&mut self, reply: ReplyId) {
        for notice in &mut self.0 {
            notice.said.take_if(|(said, _)| *said == reply);
        }
    }

    /// What is to be said now, if anything is.
    pub(super) fn owed(&self) -> Option<String> {
        let owed: Vec<&str> = self
            .0
            .iter()
            .filter(|notice| notice.said.is_none())
            .map(|notice| notice.sentence.as_str())
            .collect();
        (!owed.is_empty()).then(|| owed.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_heard_to_its_end_is_owed_until_it_is() {
        let mut notices = Notices::default();
        notices.add("This is recorded.", "This is recorded.");
        notices.add("automated assistant", "This is an automated assistant.");
        let greeting = "This is recorded. I'm the automated assistant. How can I help?";
        notices.saying(ReplyId(0), greeting);
        assert_eq!(notices.owed(), None, "while it is being said");
        notices.heard(ReplyId(0), "This is recorded. I'm the automated");
        assert_eq!(notices.owed().as_deref(), Some("This is an automated assistant."));
        notices.saying(ReplyId(1), "This is an automated assistant.");
        notices.heard(ReplyId(1), "");
        assert!(notices.owed().is_some(), "it failed");
        notices.saying(ReplyId(2), "This is an automated assistant.");
        notices.heard(ReplyId(2), "This is an automated assistant");
        assert_eq!(notices.owed(), None);
    }

    #[test]
    fn a_greeting_that_does_not_tell_it_leaves_it_owed() {
        let mut notices = Notices::default();
        notices.add("automated assistant", "This is an automated assistant.");
        notices.saying(ReplyId(0), "Hello!");
        assert!(notices.owed().is_some());
    }
}
