//! What was read of the set where the recogniser's marks are wrong: `benches/turns/labels.tsv`.

use std::collections::{BTreeMap, BTreeSet};

use super::set::ms;

/// The pauses of known recordings that were labelled by reading.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Labels {
    /// By recording: where each pause begins, in milliseconds, and whether a sentence ends there.
    ends: BTreeMap<String, Vec<(f64, bool)>>,
    /// Recordings in which sentences cannot be told.
    left_out: BTreeSet<String>,
}

/// Moments as near as this are of one pause: silences are found anew in frames of 10 ms.
const NEAR_MS: f64 = 50.0;

impl Labels {
    /// Those in the repository.
    pub(super) fn known() -> Result<Self, String> {
        Self::read(include_str!("../../../../../benches/turns/labels.tsv"))
    }

    fn read(table: &str) -> Result<Self, String> {
        let mut labels = Self::default();
        let lines = table.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        for line in lines {
            let wrong = || format!("“{line}” is no label of a pause");
            let mut fields = line.split('\t');
            let recording = fields.next().unwrap_or_default().to_owned();
            match (fields.next().unwrap_or_default(), fields.next()) {
                ("", Some("left out")) => {
                    labels.left_out.insert(recording);
                }
                (at, Some(label @ ("ends" | "inside"))) => {
                    let Ok(at) = at.parse() else { return Err(wrong()) };
                    labels.ends.entry(recording).or_default().push((at, label == "ends"));
                }
                _ => return Err(wrong()),
            }
        }
        Ok(labels)
    }

    /// Whether a sentence ends in the pause of a recording that begins at a sample of 16 kHz, where that was read.
    pub(super) fn ends(&self, recording: &str, start: usize) -> Option<bool> {
        let near = |(at, _): &&(f64, bool)| (at - ms(start)).abs() <= NEAR_MS;
        self.ends.get(recording)?.iter().find(near).map(|&(_, ends)| ends)
    }

    /// Nobody can say where sentences of this recording end.
    pub(super) fn leaves_out(&self, recording: &str) -> bool {
        self.left_out.contains(recording)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_found_by_where_they_begin() {
        let table = "# why\n1-2-3\t1500\tends\n1-2-3\t2500\tinside\n4-5-6\t\tleft out\ta list\n";
        let labels = Labels::read(table).unwrap();
        assert_eq!(labels.ends("1-2-3", 1_540 * 16), Some(true));
        assert_eq!(labels.ends("1-2-3", 2_500 * 16), Some(false));
        assert_eq!(labels.ends("1-2-3", 2_000 * 16), None);
        assert_eq!(labels.ends("7-8-9", 1_500 * 16), None);
        assert!(labels.leaves_out("4-5-6") && !labels.leaves_out("1-2-3"));
        assert!(Labels::read("1-2-3\tsoon\tends").is_err());
        assert!(Labels::read("1-2-3\t1500\tperhaps").is_err());
    }

    #[test]
    fn those_of_the_repository_can_be_read() {
        let labels = Labels::known().unwrap();
        assert!(labels.ends.values().map(Vec::len).sum::<usize>() > 30);
    }
}
