//! Telephone numbers, spoken in any grouping or typed: digits, and how they are completed to E.164.

use callwright_contract::Pii;

use super::Words;
use super::numbers::{one_word, tens_word};

/// How a tenant's callers write numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PhoneFormat {
    country_code: String,
}

impl PhoneFormat {
    pub(crate) fn new(country_code: &str) -> Self {
        Self { country_code: country_code.to_owned() }
    }

    /// A telephone number from its digits; `None` when these are too few or too many to be one.
    ///
    /// Numbers of country code 1 have ten digits, or seven without the area code; elsewhere 7 to 15 count.
    pub(crate) fn number(&self, digits: &str) -> Option<Pii<String>> {
        let digits = digits.strip_prefix("00").unwrap_or(digits);
        let code = self.country_code.as_str();
        let number = match digits.len() {
            10 if code == "1" => format!("+1{digits}"),
            11 if code == "1" && digits.starts_with('1') => format!("+{digits}"),
            7 if code == "1" => digits.to_owned(),
            _ if code == "1" => return None,
            9..=15 if digits.starts_with(code) => format!("+{digits}"),
            8..=13 if digits.starts_with('0') => {
                format!("+{code}{}", digits.trim_start_matches('0'))
            }
            7..=15 => digits.to_owned(),
            _ => return None,
        };
        Some(number.into())
    }

    /// A number that was heard: where a recogniser wrote a row of equal digits one too long (`five five five`
    /// as four), as it does, the number without it. For a caller who is asked whether it is right.
    pub(crate) fn heard(&self, digits: &str) -> Option<Pii<String>> {
        self.number(digits).or_else(|| {
            let (start, length) = longest_run(digits);
            // Ten digits are a whole number; with fewer, more may come.
            if length < 3 || digits.len() != 11 {
                return None;
            }
            let (before, after) = digits.get(..start).zip(digits.get(start + 1..))?;
            self.number(&format!("{before}{after}"))
        })
    }

    /// Whether so few digits cannot be a whole number yet.
    pub(crate) fn goes_on(&self, digits: &str) -> bool {
        digits.len() < if self.country_code == "1" { 10 } else { 7 }
    }

    /// A number that a carrier gave, if it is one: withheld numbers come as words.
    pub(crate) fn carried(&self, caller: &Pii<String>) -> Option<Pii<String>> {
        let text = caller.reveal();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let plain = text.chars().all(|c| c.is_ascii_digit() || "+ ()-.".contains(c));
        match (plain, text.starts_with('+')) {
            (true, true) if (8..=15).contains(&digits.len()) => Some(format!("+{digits}").into()),
            (true, false) => self.number(&digits),
            _ => None,
        }
    }

    /// Whether so many digits may be a whole number already.
    pub(crate) fn is_whole(&self, digits: &str) -> bool {
        match (self.country_code.as_str(), digits.len()) {
            ("1", length) => length == 10 && !digits.starts_with('1') || length == 11,
            (_, length) => length >= 15,
        }
    }

    /// The digits as they are said in the country: without its code.
    pub(crate) fn national(&self, number: &Pii<String>) -> String {
        let digits = number.reveal().trim_start_matches('+');
        let national = match number.reveal().starts_with('+') {
            true => digits.strip_prefix(self.country_code.as_str()).unwrap_or(digits),
            false => digits,
        };
        national.to_owned()
    }
}

/// Where the longest run of equal digits begins, and how long it is.
fn longest_run(digits: &str) -> (usize, usize) {
    let mut best = (0, 0);
    let mut run = (0, 0);
    let mut last = None;
    for (place, digit) in digits.bytes().enumerate() {
        run = if last == Some(digit) { (run.0, run.1 + 1) } else { (place, 1) };
        last = Some(digit);
        if run.1 > best.1 {
            best = run;
        }
    }
    best
}

/// The longest row of digits in an utterance: `five five five, two one two`, `double five oh one`, `555 212`.
/// Empty when there is none. A single number word is a row of one only in an answer to a question for digits.
pub(crate) fn spoken_digits(words: &Words) -> String {
    let mut best = String::new();
    let mut row = String::new();
    let mut at = 0;
    while at < words.len() {
        if let Some((digits, took)) = group_at(words, at, !row.is_empty()) {
            row.push_str(&digits);
            at += took;
            continue;
        }
        let filler = matches!(
            words.at(at),
            Some(
                "um" | "uh"
                    | "and"
                    | "then"
                    | "dash"
                    | "area"
                    | "code"
                    | "so"
                    | "er"
                    | "space"
                    | "hyphen"
                    | "plus"
            )
        );
        if !filler {
            if row.len() > best.len() {
                best = std::mem::take(&mut row);
            }
            row.clear();
        }
        at += 1;
    }
    if row.len() > best.len() { row } else { best }
}

/// The digits said at `at`. `inside`: within a row, where `to` and `for` are numbers too.
fn group_at(words: &Words, at: usize, inside: bool) -> Option<(String, usize)> {
    let word = words.at(at)?;
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((word.to_owned(), 1));
    }
    let times = match word {
        "double" | "doubled" => 2,
        "triple" | "treble" => 3,
        _ => 0,
    };
    if times > 0 {
        let (digit, took) = single(words.at(at + 1)?, true).map(|digit| (digit, 2))?;
        return Some((digit.repeat(times), took));
    }
    if let Some(digit) = single(word, inside) {
        // `five hundred`: 500. `one thousand` is no way to say a number.
        return match words.at(at + 1) {
            Some("hundred") => Some((format!("{digit}00"), 2)),
            Some("thousand") => Some((format!("{digit}000"), 2)),
            _ => Some((digit, 1)),
        };
    }
    if let Some(teen) = one_word(word) {
        return Some((teen.to_string(), 1));
    }
    let tens = tens_word(word)?;
    match words.at(at + 1).and_then(one_word).filter(|ones| (1..=9).contains(ones)) {
        Some(ones) => Some(((tens + ones).to_string(), 2)),
        None => Some((tens.to_string(), 1)),
    }
}

/// One digit as a word, or what it is misheard as within a row.
fn single(word: &str, inside: bool) -> Option<String> {
    let digit = match word {
        "oh" | "o" | "zero" | "nought" | "naught" | "nil" => "0",
        "niner" | "nein" => "9",
        "to" | "too" | "tu" if inside => "2",
        "for" | "fore" | "fower" if inside => "4",
        "tree" | "free" if inside => "3",
        "fife" | "fivers" if inside => "5",
        "ate" | "aid" if inside => "8",
        "won" if inside => "1",
        "sicks" | "sex" if inside => "6",
        _ => return one_word(word).filter(|&value| value <= 9).map(|value| value.to_string()),
    };
    Some(digit.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_in_any_grouping() {
        for (said, digits) in [
            ("Five, five, five, two, one, two, three, four, five, six.", "5552123456"),
            ("five five five, two one two, three four five six", "5552123456"),
            ("555-212-3456", "5552123456"),
            ("it's 555 212 3456", "5552123456"),
            ("my number is five fifty five, two twelve, thirty four fifty six", "5552123456"),
            ("double five five two one two three four five six", "5552123456"),
            ("triple five two one two three four five six", "5552123456"),
            ("five hundred five five five oh one oh oh", "5005550100"),
            ("plus one five hundred five five five zero one double oh", "15005550100"),
            ("five five five um two one to three for five six", "5552123456"),
            ("I have two kids, and the number is five five five two one two three", "5552123"),
            ("to be or not to be", ""),
            ("", ""),
        ] {
            assert_eq!(spoken_digits(&Words::new(said)), digits, "{said}");
        }
    }

    #[test]
    fn numbers_are_completed_or_refused() {
        let american = PhoneFormat::new("1");
        for (digits, number) in [
            ("5552123456", Some("+15552123456")),
            ("15552123456", Some("+15552123456")),
            ("0015552123456", Some("+15552123456")),
            ("2123456", Some("2123456")),
            ("55521234", None),
            ("555", None),
            ("", None),
            ("25552123456", None),
        ] {
            assert_eq!(american.number(digits), number.map(Pii::from), "{digits}");
        }
        assert_eq!(american.heard("55552123456"), Some(Pii::from("+15552123456")));
        assert_eq!(american.heard("5552123456"), Some(Pii::from("+15552123456")));
        assert_eq!(american.heard("55221234567"), None, "no row to shorten");
        assert_eq!(american.heard("55521234"), None, "more may come");
        assert_eq!(american.heard(""), None);
        let swiss = PhoneFormat::new("41");
        assert_eq!(swiss.number("0441234567"), Some(Pii::from("+41441234567")));
        assert_eq!(swiss.national(&Pii::from("+41441234567")), "441234567");
    }

    #[test]
    fn a_withheld_caller_has_no_number() {
        let format = PhoneFormat::new("1");
        for (caller, number) in [
            ("+15552123456", Some("+15552123456")),
            ("+41 44 123 45 67", Some("+41441234567")),
            ("5552123456", Some("+15552123456")),
            ("anonymous", None),
            ("Restricted", None),
            ("+1", None),
            ("sip:alice@example.com", None),
        ] {
            assert_eq!(format.carried(&Pii::from(caller)), number.map(Pii::from), "{caller}");
        }
    }
}
