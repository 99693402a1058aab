//! `callwright simulate --matrix`: every persona over every line, within this process, many calls at a time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use indicatif::ProgressBar;
use serde::Serialize;

use super::inside::{Inside, InsideCall};
use super::persona::Persona;
use super::placing::SimulateError;
use super::profile::LineProfile;
use super::report::CallReport;
use super::scenario::Scenario;

/// Something with the name by which it is asked for.
#[derive(Clone, Debug)]
pub(super) struct Named<T> {
    pub(super) name: String,
    pub(super) what: T,
}

/// What is to be tried, with everything else.
#[derive(Debug)]
pub(super) struct Matrix {
    pub(super) scenarios: Vec<Named<Scenario>>,
    pub(super) personas: Vec<Named<Persona>>,
    pub(super) lines: Vec<Named<LineProfile>>,
    /// The first seed.
    pub(super) seed: u64,
    /// Calls of each kind, each with the next seed.
    pub(super) calls: u16,
    pub(super) models: PathBuf,
    /// Threads; as many as there are processors without it.
    pub(super) at_a_time: Option<NonZeroUsize>,
}

/// One call of the matrix and what came of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Cell {
    pub(super) scenario: String,
    pub(super) persona: String,
    pub(super) line: String,
    pub(super) seed: u64,
    pub(super) passed: bool,
    /// What did not come as expected; empty when it passed.
    pub(super) failed: Vec<String>,
    pub(super) call_ms: u64,
    pub(super) reply_p50_ms: Option<u64>,
    pub(super) reply_p95_ms: Option<u64>,
    /// Times that the agent began to speak while the caller was speaking.
    pub(super) talked_over: usize,
    /// The command that makes this very call again.
    pub(super) replay: String,
}

/// What came of all of them, in the order of the matrix.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    pub(super) passed: usize,
    pub(super) calls: Vec<Cell>,
}

impl Matrix {
    /// How many calls it has.
    pub(super) fn len(&self) -> usize {
        self.scenarios.len() * self.personas.len() * self.lines.len() * usize::from(self.calls)
    }

    /// Makes all calls.
    ///
    /// # Errors
    /// The first [`SimulateError`] of any thread; the others end after the call they are at.
    pub(super) fn run(&self, bar: &ProgressBar) -> Result<Outcome, SimulateError> {
        let (next, cells) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
        let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let threads = self.at_a_time.unwrap_or(cores).get().min(self.len());
        let outcome = thread::scope(|scope| {
            let workers: Vec<_> =
                (0..threads).map(|_| scope.spawn(|| self.work(&next, &cells, bar))).collect();
            let ended = workers.into_iter().map(|worker| {
                worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            });
            ended.fold(Ok(()), Result::and)
        });
        outcome?;
        let cells = cells.into_inner().unwrap_or_else(PoisonError::into_inner);
        let calls: Vec<Cell> = cells.into_values().collect();
        Ok(Outcome { passed: calls.iter().filter(|cell| cell.passed).count(), calls })
    }

    fn work(
        &self,
        next: &AtomicUsize,
        cells: &Mutex<BTreeMap<usize, Cell>>,
        bar: &ProgressBar,
    ) -> Result<(), SimulateError> {
        let mut inside = Inside::load(&self.models)?;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some((scenario, persona, line, seed)) = self.at(number) else { return Ok(()) };
            let wanted = InsideCall {
                scenario: &scenario.what,
                persona: &persona.what,
                line: &line.what,
                seed,
            };
            let made = inside.call(&wanted, &mut |_| {}).inspect_err(|_| {
                // Nobody begins another.
                next.store(self.len(), Ordering::Relaxed);
            })?;
            let cell = cell(&scenario.name, &persona.name, &line.name, seed, &made);
            if !cell.passed {
                let failed = cell.failed.first().map_or("", String::as_str);
                bar.println(format!("FAILED  {}: {failed}", cell.replay));
            }
            cells.lock().unwrap_or_else(PoisonError::into_inner).insert(number, cell);
            bar.inc(1);
        }
    }

    #[expect(clippy::type_complexity, reason = "the four coordinates of a call")]
    fn at(
        &self,
        number: usize,
    ) -> Option<(&Named<Scenario>, &Named<Persona>, &Named<LineProfile>, u64)> {
        // Lines change fastest, so that a run that is stopped has seen all of them.
        let line = self.lines.get(number % self.lines.len())?;
        let rest = number / self.lines.len();
        let persona = self.personas.get(rest % self.personas.len())?;
        let rest = rest / self.personas.len();
        let scenario = self.scenarios.get(rest % self.scenarios.len())?;
        let repeated = rest / self.scenarios.len();
        (repeated < usize::from(self.calls))
            .then(|| (scenario, persona, line, self.seed.wrapping_add(repeated as u64)))
    }
}

/// What came of one call.
fn cell(scenario: &str, persona: &str, line: &str, seed: u64, report: &CallReport) -> Cell {
    let failed = report.checks.iter().filter(|check| !check.ok);
    Cell {
        scenario: scenario.to_owned(),
        persona: persona.to_owned(),
        line: line.to_owned(),
        seed,
        passed: report.passed,
        failed: failed.map(|check| format!("{} — {}", check.expected, check.found)).collect(),
        call_ms: report.lasted_ms,
        reply_p50_ms: report.reply_p50_ms,
        reply_p95_ms: report.reply_p95_ms,
        talked_over: report.replies.iter().filter(|reply| reply.talked_over).count(),
        replay: replay(scenario, persona, line, seed),
    }
}

/// The command that makes a call again.
pub(super) fn replay(scenario: &str, persona: &str, line: &str, seed: u64) -> String {
    let (scenario, persona, line) = (quoted(scenario), quoted(persona), quoted(line));
    format!(
        "callwright simulate {scenario} --virtual --persona {persona} --line {line} --seed {seed}"
    )
}

/// As a shell wants it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// The name of what was asked for by `name`: a file's is its path.
pub(super) fn shown(name: &str) -> &str {
    Path::new(name).file_stem().and_then(|stem| stem.to_str()).unwrap_or(name)
}

impl Outcome {
    /// The tables, for people.
    pub(super) fn table(&self) -> String {
        let mut text = String::new();
        let scenarios = order(self.calls.iter().map(|cell| cell.scenario.as_str()));
        for scenario in &scenarios {
            let of: Vec<&Cell> =
                self.calls.iter().filter(|cell| cell.scenario == *scenario).collect();
            grid(&mut text, shown(scenario), &of);
        }
        let failures: Vec<&Cell> = self.calls.iter().filter(|cell| !cell.passed).collect();
        if !failures.is_empty() {
            text.push_str("Failures, with the command that makes the same call again:\n");
        }
        for cell in failures {
            // Writing to a string cannot fail.
            let _done = writeln!(text, "  {}", cell.replay);
            for failed in &cell.failed {
                let _done = writeln!(text, "      {failed}");
            }
        }
        let _done = write!(text, "{} of {} calls passed", self.passed, self.calls.len());
        text
    }
}

/// Each once, in the order of first appearance.
fn order<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    names.for_each(|name| {
        if !seen.contains(&name) {
            seen.push(name);
        }
    });
    seen
}

/// Passed calls by persona and line, and what replies took.
fn grid(text: &mut String, scenario: &str, cells: &[&Cell]) {
    let personas = order(cells.iter().map(|cell| cell.persona.as_str()));
    let lines = order(cells.iter().map(|cell| cell.line.as_str()));
    let row = |text: &mut String, head: &str, columns: &[String]| {
        let _done = write!(text, "{head:16}");
        columns.iter().for_each(|column| {
            let _done = write!(text, " {column:>12}");
        });
        text.push('\n');
    };
    let mut heads: Vec<String> = lines.iter().map(|line| shown(line).to_owned()).collect();
    heads.push("all".to_owned());
    row(text, scenario, &heads);
    let passed = |of: &mut dyn Iterator<Item = &&Cell>| {
        let (mut good, mut all) = (0_usize, 0_usize);
        of.for_each(|cell| {
            all += 1;
            good += usize::from(cell.passed);
        });
        format!("{good}/{all}")
    };
    for persona in &personas {
        let of = |cell: &&&Cell| cell.persona == *persona;
        let mut columns: Vec<String> = lines
            .iter()
            .map(|line| passed(&mut cells.iter().filter(of).filter(|cell| cell.line == *line)))
            .collect();
        columns.push(passed(&mut cells.iter().filter(of)));
        row(text, shown(persona), &columns);
    }
    let mut columns: Vec<String> = lines
        .iter()
        .map(|line| passed(&mut cells.iter().filter(|cell| cell.line == *line)))
        .collect();
    columns.push(passed(&mut cells.iter()));
    row(text, "all", &columns);
    for (head, read) in [
        ("reply p50 ms", (|cell| cell.reply_p50_ms) as fn(&Cell) -> Option<u64>),
        ("reply p95 ms", |cell| cell.reply_p95_ms),
    ] {
        let median = |of: &mut dyn Iterator<Item = &&Cell>| {
            let mut all: Vec<u64> = of.filter_map(|cell| read(cell)).collect();
            all.sort_unstable();
            all.get(all.len() / 2).map_or_else(|| "-".to_owned(), u64::to_string)
        };
        let mut columns: Vec<String> = lines
            .iter()
            .map(|line| median(&mut cells.iter().filter(|cell| cell.line == *line)))
            .collect();
        columns.push(median(&mut cells.iter()));
        row(text, head, &columns);
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(persona: &str, line: &str, passed: bool) -> Cell {
        Cell {
            scenario: "books".into(),
            persona: persona.into(),
            line: line.into(),
            seed: 7,
            passed,
            failed: if passed { vec![] } else { vec!["it is booked — nothing was".into()] },
            call_ms: 1,
            reply_p50_ms: Some(400),
            reply_p95_ms: None,
            talked_over: 0,
            replay: replay("books", persona, line, 7),
        }
    }

    #[test]
    fn the_table_counts_by_persona_and_line_and_says_how_to_make_a_failure_again() {
        let calls = vec![
            cell("plain", "clean", true),
            cell("plain", "mobile", false),
            cell("angry", "clean", true),
            cell("angry", "mobile", true),
        ];
        let text = Outcome { passed: 3, calls }.table();
        let row = |head: &str| {
            let line = text.lines().find(|line| line.starts_with(head)).unwrap();
            line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(row("books"), ["clean", "mobile", "all"]);
        assert_eq!(row("plain"), ["1/1", "0/1", "1/2"]);
        assert_eq!(row("all"), ["2/2", "1/2", "3/4"]);
        assert!(text.contains(
            "callwright simulate books --virtual --persona plain --line mobile --seed 7\n      it is booked"
        ));
        assert!(text.ends_with("3 of 4 calls passed"));
    }

    #[test]
    fn paths_with_blanks_are_quoted_for_a_shell() {
        assert_eq!(quoted("a/b.yaml"), "a/b.yaml");
        assert_eq!(quoted("it's mine.yaml"), "'it'\\''s mine.yaml'");
    }
}
