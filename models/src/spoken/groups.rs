//! The phonemes of a clause, in groups that know which words end with them.
//!
//! espeak-ng runs small words together ("of the" is one group) and reads a number as several. Which group belongs to
//! which word is found by their lengths, as sentences of a text and its translation are aligned by theirs (Gale and
//! Church, "A Program for Aligning Sentences in Bilingual Corpora", 1993).

use crate::contract::{ModelError, Pronunciation};

use super::{Clause, Language, Phonemizer, Word};

/// Phonemes between two spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// IPA with stress marks.
    pub(crate) phonemes: String,
    /// Ends in the text of the words that end with this group, in bytes; of a word of several groups, with its last.
    pub(crate) text_ends: Vec<usize>,
}

/// How a word is given to the phonemizer.
enum Read<'a> {
    /// These letters: its own, or a respelling.
    Letters(String),
    /// Not at all: its phonemes are known.
    Phonemes(&'a str),
}

/// The groups of a clause, none of which is empty.
///
/// # Errors
/// [`ModelError`], when the phonemizer fails.
pub(super) fn groups(
    clause: &Clause<'_>,
    pronunciations: &[Pronunciation],
    language: &Language,
    phonemizer: &mut dyn Phonemizer,
) -> Result<Vec<Group>, ModelError> {
    let mut groups = Vec::new();
    let mut run: Vec<(String, usize)> = Vec::new();
    for word in &clause.words {
        match read(word, pronunciations) {
            Read::Letters(letters) => run.push((letters, word.text_end)),
            Read::Phonemes(phonemes) => {
                read_run(&mut run, language, phonemizer, &mut groups)?;
                let phonemes = phonemes.split_whitespace().collect::<Vec<_>>().join("");
                groups.push(Group { phonemes, text_ends: vec![word.text_end] });
            }
        }
    }
    read_run(&mut run, language, phonemizer, &mut groups)?;
    Ok(groups)
}

fn read<'a>(word: &Word<'_>, pronunciations: &'a [Pronunciation]) -> Read<'a> {
    let core = word.core();
    let (stem, ending) = match core.strip_suffix("'s").or_else(|| core.strip_suffix("’s")) {
        Some(stem) => (stem, "'s"),
        None => (core, ""),
    };
    let named = |name: &str| {
        pronunciations.iter().find(|known| known.word.to_lowercase() == name.to_lowercase())
    };
    let known = named(core).map(|known| (known, "")).or_else(|| Some((named(stem)?, ending)));
    if let Some((known, ending)) = known {
        match (&known.phonemes, &known.respelling) {
            (Some(phonemes), _) if ending.is_empty() => return Read::Phonemes(phonemes),
            (_, Some(respelling)) => {
                let letters = word.text.replacen(core, &format!("{respelling}{ending}"), 1);
                return Read::Letters(plain(&letters));
            }
            _ => {}
        }
    }
    Read::Letters(plain(word.text))
}

/// Without what means something else to espeak-ng: `[[` opens phonemes of its own, and control characters are commands.
fn plain(letters: &str) -> String {
    letters.chars().filter(|c| !c.is_control() && !"[]{}<>|_^~\\".contains(*c)).collect()
}

/// Has a run of words read, and deals its groups to them.
fn read_run(
    run: &mut Vec<(String, usize)>,
    language: &Language,
    phonemizer: &mut dyn Phonemizer,
    groups: &mut Vec<Group>,
) -> Result<(), ModelError> {
    if run.is_empty() {
        return Ok(());
    }
    let letters: Vec<&str> = run.iter().map(|(letters, _)| letters.as_str()).collect();
    let written = phonemizer.phonemize(language, &letters.join(" "))?;
    let phonemes: Vec<&str> = written.split_whitespace().collect();
    if phonemes.is_empty() {
        // Nothing to hear; the words end where the clause so far does.
        if let Some(last) = groups.last_mut() {
            last.text_ends.extend(run.iter().map(|(_, end)| *end));
        }
        run.clear();
        return Ok(());
    }
    let wanted: Vec<f32> = letters.iter().map(|letters| expected_length(letters)).collect();
    let found: Vec<f32> = phonemes.iter().map(|group| length(group)).collect();
    let first = groups.len();
    groups.extend(
        phonemes.iter().map(|p| Group { phonemes: (*p).to_owned(), text_ends: Vec::new() }),
    );
    let last_groups = align(&wanted, &found);
    for ((_, text_end), group) in run.drain(..).zip(last_groups) {
        if let Some(group) = groups.get_mut(first + group) {
            group.text_ends.push(text_end);
        }
    }
    Ok(())
}

/// Phonemes of a group, without the marks of stress and length.
fn length(group: &str) -> f32 {
    group.chars().filter(|c| c.is_alphabetic() && !"ˈˌːˑ".contains(*c)).count() as f32
}

/// About as many phonemes as the letters have when they are read.
fn expected_length(letters: &str) -> f32 {
    let letter = |c: char| match c {
        // "two", "seven", "thousand": a digit of a number is read as a word.
        '0'..='9' => 3.6,
        '%' | '&' | '$' | '€' | '£' | '@' | '#' | '+' | '=' => 5.0,
        c if c.is_alphabetic() => 0.85,
        _ => 0.0,
    };
    let is_spelled = letters.chars().filter(|c| c.is_alphabetic()).count() <= 4
        && letters.chars().any(char::is_uppercase)
        && !letters.chars().any(char::is_lowercase);
    let sum: f32 = letters.chars().map(letter).sum();
    if is_spelled && !letters.contains(|c: char| c.is_ascii_digit()) { sum * 2.2 } else { sum }
}

/// For each word, the group that it ends with: the assignment in which lengths differ least. Words may share a group,
/// and a word may have several; both are taken in order, and none is left out.
fn align(words: &[f32], groups: &[f32]) -> Vec<usize> {
    let columns = groups.len() + 1;
    let at = |word: usize, group: usize| word * columns + group;
    // The least cost of dealing so many groups to so many words, and the step that led there.
    let mut costs = vec![f32::INFINITY; (words.len() + 1) * columns];
    let mut steps = vec![(0, 0); costs.len()];
    if let Some(start) = costs.first_mut() {
        *start = 0.0;
    }
    for word in 0..=words.len() {
        for group in 0..=groups.len() {
            let so_far = costs.get(at(word, group)).copied().unwrap_or(f32::INFINITY);
            if so_far.is_infinite() {
                continue;
            }
            let several = (2..=GROUPS_MAX).map(|count| (1, count));
            let shared = (2..=WORDS_MAX).map(|count| (count, 1));
            for (taken, dealt) in std::iter::once((1, 1)).chain(several).chain(shared) {
                let (Some(taken_words), Some(dealt_groups)) =
                    (words.get(word..word + taken), groups.get(group..group + dealt))
                else {
                    continue;
                };
                let (wanted, found): (f32, f32) =
                    (taken_words.iter().sum(), dealt_groups.iter().sum());
                let unlike = (wanted - found).powi(2) / (wanted + found + 1.0);
                let unusual = if taken == dealt { 0.0 } else { 0.3 };
                let cost = so_far + unlike + unusual;
                let place = at(word + taken, group + dealt);
                if let (Some(known), Some(step)) = (costs.get_mut(place), steps.get_mut(place))
                    && cost < *known
                {
                    *known = cost;
                    *step = (taken, dealt);
                }
            }
        }
    }
    let (mut word, mut group) = (words.len(), groups.len());
    if costs.get(at(word, group)).is_none_or(|cost| cost.is_infinite()) {
        // Too many of one for the other: in proportion.
        let share = |place: usize| ((place + 1) * groups.len()).div_ceil(words.len());
        return (0..words.len()).map(|place| share(place).saturating_sub(1)).collect();
    }
    let mut ends = vec![0; words.len()];
    while word > 0 {
        let (taken, dealt) = steps.get(at(word, group)).copied().unwrap_or((1, 1));
        let first = word.saturating_sub(taken);
        ends.iter_mut().take(word).skip(first).for_each(|end| *end = group.saturating_sub(1));
        word = first;
        group = group.saturating_sub(dealt);
    }
    ends
}

/// "$1,234,567.89" is read in some fifteen groups.
const GROUPS_MAX: usize = 18;
/// "at of the" in one is more than espeak-ng does.
const WORDS_MAX: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spoken::clauses;

    /// Answers with what it was told to, whatever is asked, and keeps what was asked.
    struct Told(Vec<&'static str>, Vec<String>);

    impl Phonemizer for Told {
        fn phonemize(&mut self, _: &Language, text: &str) -> Result<String, ModelError> {
            self.1.push(text.to_owned());
            Ok(self.0.remove(0).to_owned())
        }
    }

    /// The groups of the first clause of `text`, each with the words that end with it.
    fn read(
        text: &str,
        told: &[&'static str],
        pronunciations: &[Pronunciation],
    ) -> (Vec<(String, Vec<String>)>, Vec<String>) {
        let clauses = clauses::cut(text).unwrap();
        let clause = &clauses[0];
        let mut told = Told(told.to_vec(), Vec::new());
        let language = Language::new("en-us", false).unwrap();
        let groups = groups(clause, pronunciations, &language, &mut told).unwrap();
        let word = |end: usize| {
            let word = clause.words.iter().find(|word| word.text_end == end).unwrap();
            word.core().to_owned()
        };
        let shown = |g: Group| (g.phonemes, g.text_ends.into_iter().map(word).collect::<Vec<_>>());
        (groups.into_iter().map(shown).collect(), told.1)
    }

    fn ends(shown: &[(String, Vec<String>)]) -> Vec<String> {
        shown.iter().map(|(phonemes, words)| format!("{phonemes}={}", words.join("+"))).collect()
    }

    #[test]
    fn words_that_are_run_together_end_together_and_a_number_ends_with_its_last_group() {
        // As espeak-ng 1.51 reads them.
        let (shown, _) = read("One of the best is 25.", &["wˈʌn ʌvðə bˈɛst ɪz twˈɛnti fˈaɪv"], &[]);
        assert_eq!(
            ends(&shown),
            ["wˈʌn=One", "ʌvðə=of+the", "bˈɛst=best", "ɪz=is", "twˈɛnti=", "fˈaɪv=25"]
        );
        let told = "aɪd lˈaɪk tə sˈiː juː ˌɔn tˈuːzdeɪ æt hˈæf pˈæst θɹˈiː";
        let (shown, _) = read("I'd like to see you on Tuesday at half past three", &[told], &[]);
        assert!(shown.iter().all(|(_, words)| words.len() == 1), "{shown:?}");
        let told = "ˌɔn twˈɛlv slˈæʃ θɹˈiː slˈæʃ tˈuː θˈaʊzənd twˈɛnti fˈaɪv";
        let (shown, _) = read("on 12/3/2025", &[told], &[]);
        assert_eq!(shown.last().unwrap().1, ["12/3/2025"]);
    }

    fn pronunciation(word: &str, say: Option<&str>, ipa: Option<&str>) -> Pronunciation {
        let (respelling, phonemes) = (say.map(Into::into), ipa.map(Into::into));
        Pronunciation { word: word.into(), respelling, phonemes }
    }

    #[test]
    fn phonemes_that_are_given_are_not_read_and_a_respelling_is_read_in_place_of_the_word() {
        let known = [
            pronunciation("siobhan", Some("shi-vawn"), Some("ʃɪˈvɔːn")),
            pronunciation("Nguyen", Some("win"), None),
        ];
        let text = "Please ask Siobhan, or Nguyen's aide";
        let told = ["plˈiːz ˈæsk", "ɔːɹ wˈɪnz ˈeɪd"];
        let (shown, asked) = read(text, &told, &known);
        assert_eq!(asked, ["Please ask", "or win's aide"]);
        assert_eq!(
            ends(&shown),
            [
                "plˈiːz=Please",
                "ˈæsk=ask",
                "ʃɪˈvɔːn=Siobhan",
                "ɔːɹ=or",
                "wˈɪnz=Nguyen's",
                "ˈeɪd=aide"
            ]
        );
        // Its phonemes have no genitive; its letters have.
        let (_, asked) = read("Siobhan's", &["x"], &known);
        assert_eq!(asked, ["shi-vawn's"]);
    }

    #[test]
    fn what_espeak_takes_for_commands_is_left_out() {
        let (_, asked) = read("say [[h@l'oU]] <b>now</b>\u{1}", &["a b c"], &[]);
        assert_eq!(asked, ["say h@l'oU bnow/b"]);
    }

    #[test]
    fn every_word_ends_somewhere_and_in_order_however_odd_the_groups() {
        for (words, groups) in [(1, 40), (40, 1), (3, 3), (7, 2), (2, 37)] {
            let ends = align(&vec![3.0; words], &vec![3.0; groups]);
            assert_eq!(ends.len(), words);
            assert!(ends.windows(2).all(|pair| pair[0] <= pair[1]), "{ends:?}");
            assert_eq!(ends.last(), Some(&(groups - 1)), "{words} {groups}");
        }
    }
}
