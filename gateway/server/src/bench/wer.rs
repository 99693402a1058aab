//! Word errors: how a text is made comparable, and how far one is from another.
//!
//! Both sides go through the same [`words`]: lower case, without marks, apostrophes joined ("it's" is `its`), hyphens
//! parted, numbers and ordinals in words ("21st" is `twenty first`, 1100 to 1999 as years are read), and what is
//! written short in full: "Mr.", "Mrs.", "Dr.", "OK", "&", "%", "$5".

/// The words of a text, comparable with those of another.
pub fn words(text: &str) -> Vec<String> {
    let plain: String = text
        .to_lowercase()
        .chars()
        .filter(|c| !matches!(c, '\'' | '’' | '‘'))
        .flat_map(|c| match c {
            '&' => " and ".chars().collect::<Vec<_>>(),
            '%' => " percent ".chars().collect(),
            c => vec![c],
        })
        .collect();
    let mut words = Vec::new();
    for token in
        plain.split(|c: char| c.is_whitespace() || matches!(c, '-' | '–' | '—' | '/' | '…'))
    {
        add(token.trim_matches(|c: char| !c.is_alphanumeric() && c != '$'), &mut words);
    }
    words
}

/// Words to replace, leave out or put in to get from what was said to what was heard.
pub fn errors(said: &[String], heard: &[String]) -> usize {
    distances(said, heard).last().copied().unwrap_or(0)
}

/// Of the words that were `shown`, how many changed, now that the text is `now`; and how many of `now` stand in
/// their place. What `now` has beyond them is new and no change.
pub(super) fn changes(shown: &[String], now: &[String]) -> (usize, usize) {
    // Of places that are equally far the last: a word in another's place is no word left out.
    let each = distances(shown, now).into_iter().enumerate();
    let least = each.min_by_key(|&(place, changes)| (changes, std::cmp::Reverse(place)));
    least.map_or((0, 0), |(place, changes)| (changes.min(shown.len()), place))
}

/// Distance (Levenshtein, by words) of all of `from` to each beginning of `to`, the empty one first.
fn distances(from: &[String], to: &[String]) -> Vec<usize> {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for wanted in from {
        let before = row.clone();
        let mut left = None;
        for (place, cell) in row.iter_mut().enumerate() {
            let up = before.get(place).map_or(usize::MAX, |up| up + 1);
            let diagonal = place.checked_sub(1).and_then(|place| {
                let differs = to.get(place) != Some(wanted);
                Some(before.get(place)? + usize::from(differs))
            });
            let beside = left.map(|left: usize| left + 1);
            *cell = [Some(up), diagonal, beside].into_iter().flatten().min().unwrap_or(up);
            left = Some(*cell);
        }
    }
    row
}

/// One token without blanks, hyphens and apostrophes.
fn add(token: &str, words: &mut Vec<String>) {
    if let Some(amount) = token.strip_prefix('$') {
        add(amount, words);
        words.push(if amount == "1" { "dollar" } else { "dollars" }.to_owned());
        return;
    }
    if let Some(written_short) = SHORT.iter().find(|(short, _)| *short == token) {
        words.push(written_short.1.to_owned());
        return;
    }
    let digits = token.replace(',', "");
    let (number, ending) =
        digits.split_at(digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len()));
    match (number.parse::<u64>(), ending) {
        (Ok(number), "") => spell(number, words),
        (Ok(number), "st" | "nd" | "rd" | "th") => {
            spell(number, words);
            if let Some(last) = words.last_mut() {
                *last = ordinal(last);
            }
        }
        (Ok(number), "s") => {
            spell(number, words);
            if let Some(last) = words.last_mut() {
                *last = plural(last);
            }
        }
        _ => {
            for part in token.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty())
            {
                if part == token {
                    words.push(part.to_owned());
                } else {
                    add(part, words);
                }
            }
        }
    }
}

/// What is written short and said in full.
const SHORT: [(&str, &str); 6] = [
    ("mr", "mister"),
    ("mrs", "missus"),
    ("dr", "doctor"),
    ("ok", "okay"),
    ("vs", "versus"),
    ("etc", "etcetera"),
];

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SCALES: [(u64, &str); 4] =
    [(1_000_000_000, "billion"), (1_000_000, "million"), (1_000, "thousand"), (100, "hundred")];

/// A number as it is read aloud, without "and".
fn spell(number: u64, words: &mut Vec<String>) {
    let (century, year) = (number / 100, number % 100);
    if (11..=19).contains(&century) {
        spell(century, words);
        match year {
            0 => words.push("hundred".to_owned()),
            1..=9 => {
                words.push("o".to_owned());
                spell(year, words);
            }
            _ => spell(year, words),
        }
        return;
    }
    if let Some((scale, name)) = SCALES.iter().find(|(scale, _)| number >= *scale) {
        spell(number / scale, words);
        words.push((*name).to_owned());
        if !number.is_multiple_of(*scale) {
            spell(number % scale, words);
        }
        return;
    }
    // Under a hundred, so both places exist.
    let at = |names: &[&str], place: u64| {
        let place = usize::try_from(place).ok();
        place.and_then(|place| names.get(place).map(|name| (*name).to_owned()))
    };
    if let Some(name) = at(&ONES, number) {
        words.push(name);
        return;
    }
    words.extend(at(&TENS, number / 10));
    if !number.is_multiple_of(10) {
        words.extend(at(&ONES, number % 10));
    }
}

/// "twenty" is "twentieth".
fn ordinal(cardinal: &str) -> String {
    match cardinal {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        other => match other.strip_suffix('y') {
            Some(stem) => format!("{stem}ieth"),
            None => format!("{other}th"),
        },
    }
}

/// "sixty" is "sixties".
fn plural(number: &str) -> String {
    match number.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if number.ends_with('x') => format!("{number}es"),
        None => format!("{number}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_made_comparable() {
        for (text, expected) in [
            ("It's a well-known FACT: no!", "its a well known fact no"),
            (
                "Mr. Thornton & Mrs. Hale, Dr. No. OK?",
                "mister thornton and missus hale doctor no okay",
            ),
            ("21st, 3rd, 12th and 40th", "twenty first third twelfth and fortieth"),
            (
                "in 1865 and 1905 and 1900",
                "in eighteen sixty five and nineteen o five and nineteen hundred",
            ),
            ("2,048 or 1000000", "two thousand forty eight or one million"),
            ("$5, $1 and 50%", "five dollars one dollar and fifty percent"),
            ("the 1860s", "the eighteen sixties"),
            ("a.m. 0 ... — ’tis 3.5", "a m zero tis three five"),
            ("  ", ""),
        ] {
            assert_eq!(words(text).join(" "), expected, "{text:?}");
        }
    }

    #[test]
    fn errors_are_counted_word_by_word() {
        for (said, heard, expected) in [
            ("a b c d", "a b c d", 0),
            ("a b c d", "a x c d", 1),
            ("a b c d", "a c d", 1),
            ("a b c d", "a b b c d", 1),
            ("a b c d", "", 4),
            ("", "a b", 2),
            ("", "", 0),
            ("one two three four", "two three four five", 2),
        ] {
            assert_eq!(errors(&words(said), &words(heard)), expected, "{said:?} {heard:?}");
        }
    }

    #[test]
    fn what_comes_after_the_shown_words_is_no_change() {
        for (shown, now, expected) in [
            ("a b", "a b c d", (0, 2)),
            ("a b", "a x c", (1, 2)),
            ("a b c", "a c", (1, 2)),
            ("", "a", (0, 0)),
            ("a b", "", (2, 0)),
            ("a b", "x y z", (2, 2)),
        ] {
            assert_eq!(changes(&words(shown), &words(now)), expected, "{shown:?} {now:?}");
        }
    }
}
