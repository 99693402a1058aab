//! What the callers say: questions to the front desk of the sample clinic, short and long, and what cuts it off.

use std::path::Path;

use crate::bench::BenchError;

/// Where a speaker may hesitate.
pub(in crate::bench) const HESITATION: char = '|';

/// The lines of a file: one in a line, `#` before a remark.
pub(in crate::bench) fn read(path: &Path) -> Result<Vec<String>, BenchError> {
    let unusable = |why: String| BenchError::Lines { path: path.to_owned(), why };
    let text = std::fs::read_to_string(path).map_err(|why| unusable(why.to_string()))?;
    let lines = text.lines().map(str::trim);
    let lines: Vec<String> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    if lines.is_empty() {
        Err(unusable("it has no line that can be said".to_owned()))
    } else {
        Ok(lines)
    }
}

/// Questions that the receptionist answers at once. [`HESITATION`]s stand in the
/// middle of sentences, where nobody would take them for an end.
pub(in crate::bench) const LINES: [&str; 21] = [
    "Where are you located?",
    "How much is a cleaning?",
    "Do you take new patients?",
    "Where can I park?",
    "What are your opening hours?",
    "Do you take insurance?",
    "What does a filling cost?",
    "How can I pay?",
    "Could you tell me | how much you charge for a filling?",
    "I was wondering | whether you take new patients at the moment.",
    "I'd like to know | what your opening hours are on Friday.",
    "Can you tell me where | I could park my car?",
    "Are you open | on Saturday in the morning?",
    "I have never been to your clinic, so | could you tell me what | your address is?",
    "My dentist has just retired, and | I wanted to ask you | whether you take new patients.",
    "I am thinking about | having my teeth whitened, and | I'd like to know how much that costs.",
    "A friend of mine told me about you and | now I would like to know | how much you charge for a cleaning.",
    "I am coming by car from out of town with | my two children, so | where is the best place to | park near you?",
    "I have a dental plan from my employer, but | I am not sure about it, so | do you take insurance?",
    "I usually don't carry any cash with me, so | before I come I'd like to know | how can I pay at your clinic?",
    "I work from Monday to Friday, and | I can only come at | the end of the week, so what are | your opening hours on Saturday?",
];

/// What a caller says in the middle of the agent's words, from the first sound on more than a nod.
pub(super) const CUT_INS: [&str; 5] = [
    "Stop, please. What are your opening hours?",
    "Wait a moment. Where are you located?",
    "Sorry, one more question. Do you take insurance?",
    "Okay, and how much is a cleaning?",
    "All right, thank you. And where can I park?",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_line_in_each_line_but_remarks() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "# A remark\n\n Can I | bring it in?\nNo.\n").unwrap();
        assert_eq!(read(file.path()).unwrap(), ["Can I | bring it in?", "No."]);
        std::fs::write(file.path(), "# nothing\n").unwrap();
        assert!(read(file.path()).unwrap_err().to_string().contains("no line that can be said"));
    }
}
