//! The list of failed attempts on the page. It is long: it is written row by row, in blocks that a browser lays
//! out only when they come into view, and filtered by style sheet alone, so that it needs no script.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::model::{FailedAttempt, Outcome, Report};

use super::escape;
use super::examples::examples_of;
use super::html::linked;
use super::view::{self, Context, FailureView};
use super::words;

/// Rows on the page: a file of some 20 MB.
const MOST_FAILURES: usize = 50_000;
/// Rows that are laid out together.
const BLOCK: usize = 250;
/// Choices of one filter; what is rarer is found by the browser's own search.
const MOST_CHOICES: usize = 12;

/// What the page says around the list.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Failures {
    /// How many are shown.
    shown: String,
    /// How many rows are printed.
    printed: Option<String>,
    /// How many are not shown, when some are not.
    more: Option<String>,
    /// The folder that the paths of the list are in; empty when they share none.
    folder: String,
    filters: Vec<Filter>,
}

/// A choice that narrows the list.
#[derive(Clone, Debug, Serialize)]
struct Filter {
    id: &'static str,
    label: &'static str,
    choices: Vec<Choice>,
}

/// One value of a filter; its rows have the class.
#[derive(Clone, Debug, Serialize)]
struct Choice {
    class: String,
    name: String,
    count: String,
}

/// The value of an attempt that a filter goes by.
type Pick = fn(&FailureView) -> &str;

const FILTERS: [(&str, &str, Pick); 6] = [
    ("v", "Verdict", |f| f.verdict),
    ("o", "Outcome", |f| f.outcome),
    ("g", "Outage", |f| &f.outage),
    ("h", "Channel", |f| f.channel),
    ("m", "Merchant", |f| &f.merchant),
    ("x", "Exchange", |f| &f.exchange),
];

impl Failures {
    /// Counts what the filters can choose.
    pub(super) fn of(cx: &Context<'_>) -> Failures {
        let there = cx.report.failures.len();
        let shown = there.min(MOST_FAILURES);
        let counted = |n: usize| words::count(n as u64);
        let mut counts: [BTreeMap<String, usize>; FILTERS.len()] = Default::default();
        for f in rows(cx) {
            let f = view::failure(cx, f);
            for ((_, _, pick), counts) in FILTERS.iter().zip(&mut counts) {
                *counts.entry(pick(&f).to_owned()).or_default() += 1;
            }
        }
        let filters = FILTERS
            .iter()
            .zip(counts)
            .filter(|(_, counts)| counts.len() > 1)
            .map(|((id, label, _), counts)| Filter {
                id,
                label,
                choices: choices(id, counts),
            })
            .collect();
        Failures {
            shown: counted(shown),
            printed: (shown > BLOCK).then(|| counted(BLOCK)),
            folder: words::common_folder(cx.report.inputs.iter().map(|i| i.path.as_str()))
                .to_owned(),
            more: (there > shown).then(|| counted(there - shown)),
            filters,
        }
    }

    /// The classes of a row: one for each filter that has its value among its choices.
    fn classes<'a>(&'a self, row: &'a FailureView) -> impl Iterator<Item = &'a str> {
        let class = |filter: &'a Filter| {
            let (_, _, pick) = FILTERS.iter().find(|f| f.0 == filter.id)?;
            let value = pick(row);
            let choice = filter.choices.iter().find(|c| c.name == named(value))?;
            Some(choice.class.as_str())
        };
        self.filters.iter().filter_map(class)
    }
}

/// The failures whose reasons an HTML page gives: the examples, and the rows of its list.
pub fn rows_of_a_page(report: &Report) -> Vec<usize> {
    let listed = report.failures.len().min(MOST_FAILURES);
    let beyond = examples_of(report).into_iter().filter(|&i| i >= listed);
    (0..listed).chain(beyond).collect()
}

fn rows<'a>(cx: &Context<'a>) -> impl Iterator<Item = &'a FailedAttempt> + use<'a> {
    cx.report.failures.iter().take(MOST_FAILURES)
}

fn choices(id: &str, counts: BTreeMap<String, usize>) -> Vec<Choice> {
    let mut sorted: Vec<(String, usize)> = counts.into_iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    sorted
        .into_iter()
        .take(MOST_CHOICES)
        .enumerate()
        .map(|(at, (name, count))| Choice {
            class: format!("{id}{at}"),
            name: named(&name).to_owned(),
            count: words::count(count as u64),
        })
        .collect()
}

fn named(value: &str) -> &str {
    if value.is_empty() { "(none)" } else { value }
}

/// Writes the blocks. Closing tags that HTML lets one leave out are left out: they would be a fifth of the file.
pub(super) fn write(cx: &Context<'_>, failures: &Failures, out: &mut dyn Write) -> io::Result<()> {
    let all: Vec<&FailedAttempt> = rows(cx).collect();
    for (at, block) in all.chunks(BLOCK).enumerate() {
        let views: Vec<FailureView> = block.iter().map(|f| view::failure(cx, f)).collect();
        let mut classes: Vec<&str> = views.iter().flat_map(|f| failures.classes(f)).collect();
        classes.sort_unstable();
        classes.dedup();
        let first = at * BLOCK + 1;
        writeln!(
            out,
            "<div class=\"block {}\"><table><caption>{} to {} of {}</caption>\n\
             <thead><tr><th scope=col>failed at<th scope=col>payment<th scope=col>merchant<th scope=col>exchange\
             <th scope=col class=n>amount<th scope=col>error<th scope=col>verdict<th scope=col>outage\
             <th scope=col>strongest reason<tbody>",
            classes.join(" "),
            words::count(first as u64),
            words::count((first + views.len() - 1) as u64),
            failures.shown,
        )?;
        for (view, f) in views.iter().zip(block) {
            row(failures, view, f, out)?;
        }
        out.write_all(b"</table></div>\n")?;
    }
    Ok(())
}

fn row(
    failures: &Failures,
    view: &FailureView,
    f: &FailedAttempt,
    out: &mut dyn Write,
) -> io::Result<()> {
    let classes: Vec<&str> = failures.classes(view).collect();
    let error = match view.error.as_str() {
        "" => view.error_class,
        error => error,
    };
    let unknown = match f.outcome {
        Outcome::Unknown => ", outcome unknown",
        _ => "",
    };
    let via = [view.outage.as_str(), view.channel]
        .into_iter()
        .filter(|t| !t.is_empty())
        .collect::<Vec<_>>()
        .join(", ");
    writeln!(
        out,
        "<tr class=\"{}\"><td>{}<th scope=row>{}<td>{}<td>{}<td class=n>{}<td>{}\
         <td><b class={}>{}</b> {}{unknown}<td>{}<td>{} <i>{}</i>",
        classes.join(" "),
        escape::html(&view.time),
        escape::html(&view.id),
        escape::html(&view.merchant),
        escape::html(&view.exchange),
        escape::html(&view.amount),
        escape::html(error),
        view.verdict,
        view.verdict,
        view.probability,
        escape::html(&via),
        escape::html(&view.reason),
        linked(
            view.cite
                .strip_prefix(&failures.folder)
                .unwrap_or(&view.cite)
        ),
    )
}
