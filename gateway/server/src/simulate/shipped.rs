//! The scenarios that come with the program, in the program, so that they work from anywhere.

use std::path::{Path, PathBuf};

use super::scenario::{Scenario, ScenarioError};

/// A scenario of the program's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shipped {
    /// What it is called by.
    pub(super) name: &'static str,
    text: &'static str,
}

/// All of them; the first is the one that is run when none is named.
pub(super) const SHIPPED: [Shipped; 9] = [
    Shipped { name: "books", text: include_str!("../../scenarios/books.yaml") },
    Shipped { name: "changes-mind", text: include_str!("../../scenarios/changes-mind.yaml") },
    Shipped { name: "interrupts", text: include_str!("../../scenarios/interrupts.yaml") },
    Shipped { name: "nods", text: include_str!("../../scenarios/nods.yaml") },
    Shipped { name: "speakerphone", text: include_str!("../../scenarios/speakerphone.yaml") },
    Shipped { name: "talks-over-echo", text: include_str!("../../scenarios/talks-over-echo.yaml") },
    Shipped { name: "silent", text: include_str!("../../scenarios/silent.yaml") },
    Shipped { name: "hangs-up", text: include_str!("../../scenarios/hangs-up.yaml") },
    Shipped {
        name: "asks-for-a-person",
        text: include_str!("../../scenarios/asks-for-a-person.yaml"),
    },
];

/// Their names.
pub const SHIPPED_NAMES: [&str; SHIPPED.len()] = {
    let mut names = [""; SHIPPED.len()];
    let mut at = 0;
    while at < SHIPPED.len() {
        names[at] = SHIPPED[at].name;
        at += 1;
    }
    names
};

impl Shipped {
    /// Reads it.
    ///
    /// # Errors
    /// [`ScenarioError`], which would be a mistake of ours.
    pub(super) fn read(&self) -> Result<Scenario, ScenarioError> {
        Scenario::parse(self.text, &format!("{}.yaml", self.name), PathBuf::new())
    }
}

/// The scenario that `named` stands for: one of the program's own by its name, or a file.
///
/// # Errors
/// [`ScenarioError`] when it is neither, or wrong.
pub(super) fn find(named: &str) -> Result<Scenario, ScenarioError> {
    match SHIPPED.iter().find(|shipped| shipped.name == named) {
        Some(shipped) => shipped.read(),
        None => Scenario::read(Path::new(named)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_scenario_can_be_read() {
        for shipped in SHIPPED {
            let scenario = shipped.read().unwrap();
            assert!(!scenario.name.is_empty());
            assert!(scenario.expect.ended_by.is_some(), "{} says who ends it", shipped.name);
        }
        assert!(find("books").is_ok());
        assert!(find("no such scenario").is_err());
    }
}
