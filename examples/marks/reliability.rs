//! Whether a probability means what it says: the probabilities given, by tenths, beside the share that came true.

use std::fmt::Write as _;

use crate::score::Tally;

/// One tenth of the probabilities: what was given there, and what came of it.
struct Tenth {
    name: String,
    failures: u64,
    given: f64,
    came_true: f64,
}

fn tenths(tally: &Tally) -> Vec<Tenth> {
    let all = tally.tenths.iter().enumerate();
    all.filter(|(_, (n, _, _))| *n > 0)
        .map(|(i, (n, sum, caused))| Tenth {
            name: format!("{:.1} - {:.1}", i as f64 / 10.0, (i + 1) as f64 / 10.0),
            failures: *n,
            given: sum / *n as f64,
            came_true: *caused as f64 / *n as f64,
        })
        .collect()
}

/// A Markdown table.
pub(crate) fn table(tally: &Tally) -> String {
    let mut out =
        String::from("| probability | failures | mean given | came true |\n|---|---:|---:|---:|\n");
    for t in tenths(tally) {
        let _ = writeln!(
            out,
            "| {} | {} | {:.3} | {:.3} |",
            t.name, t.failures, t.given, t.came_true
        );
    }
    out
}

/// A Mermaid chart: bars are what came true, the line is what was given (the diagonal that the bars should reach).
pub(crate) fn chart(tally: &Tally) -> String {
    let tenths = tenths(tally);
    let list = |of: &dyn Fn(&Tenth) -> String| tenths.iter().map(of).collect::<Vec<_>>().join(", ");
    format!(
        "```mermaid\nxychart-beta\n    title \"Probability given (line) and share that came true (bars)\"\n    \
         x-axis \"probability\" [{}]\n    y-axis \"share\" 0 --> 1\n    bar [{}]\n    line [{}]\n```\n",
        list(&|t| format!("\"{}\"", t.name)),
        list(&|t| format!("{:.3}", t.came_true)),
        list(&|t| format!("{:.3}", t.given)),
    )
}
