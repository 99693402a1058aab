//! What was measured, as a table, as JSON and as a picture.

use std::fmt::Write as _;

use super::score::{Measure, Point, frontier, operating_point};

/// Everything that was measured.
#[derive(Debug, serde::Serialize)]
pub(super) struct Report {
    /// Clips that settings were tuned on, and clips that were only measured.
    pub(super) clips: [usize; 2],
    /// Their speakers.
    pub(super) speakers: [usize; 2],
    /// The seed that parted the speakers, or by which speakers hesitated.
    pub(super) seed: u64,
    /// A row for each line, policy and budget.
    pub(super) rows: Vec<Row>,
    /// The curves, on the half that was only measured.
    pub(super) curves: Vec<Curve>,
}

/// One policy under one budget.
#[derive(Debug, serde::Serialize)]
pub(super) struct Row {
    pub(super) line: &'static str,
    pub(super) policy: &'static str,
    /// Mean delay that was allowed when the setting was chosen; `null` for the setting that is shipped.
    pub(super) budget_ms: Option<u32>,
    /// The chosen point; `null` when no setting keeps the budget.
    pub(super) point: Option<Point>,
}

/// What a policy can reach.
#[derive(Debug, serde::Serialize)]
pub(super) struct Curve {
    pub(super) line: &'static str,
    pub(super) policy: &'static str,
    /// Mean delay in milliseconds, share of pauses cut off.
    pub(super) points: Vec<(f64, f64)>,
}

/// Mean delays, in milliseconds, that policies are compared at (eot-bench's).
pub(super) const BUDGETS_MS: [u32; 2] = [300, 600];

impl Report {
    /// Adds a policy's sweep.
    pub(super) fn add(&mut self, line: &'static str, policy: &'static str, points: &[Point]) {
        for budget_ms in BUDGETS_MS {
            let point = operating_point(points, f64::from(budget_ms)).cloned();
            self.rows.push(Row { line, policy, budget_ms: Some(budget_ms), point });
        }
        self.curves.push(Curve { line, policy, points: frontier(points) });
    }

    /// Adds the setting that is shipped.
    pub(super) fn add_shipped(&mut self, line: &'static str, policy: &'static str, point: Point) {
        self.rows.push(Row { line, policy, budget_ms: None, point: Some(point) });
    }

    /// The table that people read.
    pub(super) fn table(&self) -> String {
        let mut table = format!(
            "Settings tuned on {} clips of {} speakers, measured on {} clips of {} (seed {}).\n",
            self.clips[0], self.speakers[0], self.clips[1], self.speakers[1], self.seed
        );
        let mut heading = None;
        for row in &self.rows {
            if heading != Some(row.line) {
                heading = Some(row.line);
                let pauses = row.point.as_ref().map_or(0, |point| point.held_out.pauses);
                let ends = row.point.as_ref().map_or(0, |point| point.held_out.ends);
                // Writing to a string does not fail.
                let _written = write!(
                    table,
                    "\n{} ({pauses} pauses inside sentences and {ends} ends held out)\n  {:<28} {:>8}  {:>18}  {:>27}  setting\n",
                    row.line, "policy", "budget", "tuning: cut off", "held out: cut off, mean, p50"
                );
            }
            let budget = row.budget_ms.map_or("shipped".to_owned(), |ms| format!("{ms} ms"));
            let measured = row.point.as_ref().map_or_else(
                || format!("{:>18}  {:>27}", "-", "no setting keeps it"),
                |point| {
                    let share =
                        |measure: &Measure| format!("{:.1} %", 100.0 * measure.cut_off_share());
                    format!(
                        "{:>18}  {:>8}, {:>5.0} ms, {:>4.0} ms  {}",
                        share(&point.tuning),
                        share(&point.held_out),
                        point.held_out.mean_ms,
                        point.held_out.median_ms,
                        point.setting
                    )
                },
            );
            let _written = writeln!(table, "  {:<28} {budget:>8}  {measured}", row.policy);
        }
        table
    }

    /// A picture of the curves, one panel for each line: delay across, cut-offs up.
    pub(super) fn svg(&self) -> String {
        let mut panels: Vec<&str> = self.curves.iter().map(|curve| curve.line).collect();
        panels.dedup();
        let height = PANEL * panels.len();
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\n"
        );
        for (number, line) in panels.iter().enumerate() {
            let top = number * PANEL;
            self.panel(line, top, &mut svg);
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn panel(&self, line: &str, top: usize, svg: &mut String) {
        let x = |delay_ms: f64| 60.0 + delay_ms / DELAY_MAX_MS * 520.0;
        let y = |share: f64| top as f64 + 40.0 + (1.0 - share) * 220.0;
        // Writing to a string does not fail.
        let _written = writeln!(
            svg,
            "<text x=\"60\" y=\"{}\">{line}: share cut off against mean delay</text>",
            top + 24
        );
        for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
            let at = y(share);
            let _written = writeln!(
                svg,
                "<path d=\"M60 {at:.1} H580\" stroke=\"#ddd\"/><text x=\"16\" y=\"{:.1}\">{:.0} %</text>",
                at + 4.0,
                share * 100.0
            );
        }
        for delay_ms in [0.0, 300.0, 600.0, 900.0, 1_200.0] {
            let at = x(delay_ms);
            let _written = writeln!(
                svg,
                "<path d=\"M{at:.1} {:.1} V{:.1}\" stroke=\"#ddd\"/><text x=\"{:.1}\" y=\"{:.1}\">{delay_ms:.0} ms</text>",
                y(1.0),
                y(0.0),
                at - 16.0,
                y(0.0) + 16.0
            );
        }
        let curves = self.curves.iter().filter(|curve| curve.line == line);
        for (curve, colour) in curves.zip(COLOURS.iter().cycle()) {
            let mut path = String::new();
            for &(delay_ms, share) in curve.points.iter().filter(|point| point.0 <= DELAY_MAX_MS) {
                let step = if path.is_empty() { 'M' } else { 'L' };
                let _written = write!(path, "{step}{:.1} {:.1}", x(delay_ms), y(share));
            }
            let _written = writeln!(
                svg,
                "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>"
            );
        }
        let names =
            self.curves.iter().filter(|curve| curve.line == line).zip(COLOURS.iter().cycle());
        for ((curve, colour), row) in names.zip(0..) {
            let at = top + 60 + row * 18;
            let _written = writeln!(
                svg,
                "<text x=\"400\" y=\"{at}\" fill=\"{colour}\">{}</text>",
                curve.policy
            );
        }
    }
}

/// Pixels.
const WIDTH: usize = 620;
const PANEL: usize = 300;
/// Delays beyond this are not drawn.
const DELAY_MAX_MS: f64 = 1_200.0;
const COLOURS: [&str; 5] = ["#888888", "#c05020", "#2060c0", "#208040", "#8040a0"];

#[cfg(test)]
mod tests {
    use super::super::score::Measure;
    use super::*;

    #[test]
    fn a_sweep_becomes_two_rows_and_a_curve() {
        let point = |mean_ms: f64, cut_off| {
            let measure = Measure { pauses: 10, cut_off, ends: 4, mean_ms, median_ms: mean_ms };
            Point { setting: format!("{mean_ms} ms"), tuning: measure, held_out: measure }
        };
        let mut report = Report {
            clips: [2, 2],
            speakers: [2, 2],
            seed: 1,
            rows: Vec::new(),
            curves: Vec::new(),
        };
        let points = [point(250.0, 4), point(700.0, 1)];
        report.add("16 kHz", "silence alone", &points);
        let table = report.table();
        assert!(table.contains("40.0 %,   250 ms,  250 ms  250 ms"), "{table}");
        assert_eq!(report.rows.len(), 2);
        assert_eq!(report.curves[0].points, [(250.0, 0.4), (700.0, 0.1)]);
        let svg = report.svg();
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
        assert_eq!(svg.matches("silence alone").count(), 1);
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["rows"][0]["point"]["held_out"]["cut_off"], 4);
    }
}
