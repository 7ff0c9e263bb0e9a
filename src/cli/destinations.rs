//! Where each output of a run goes, and in which format: decided from what was typed, before anything is opened.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::show_error::Fault;

/// Endings of file names, and the format that each stands for.
const BY_ENDING: [(&str, &str); 11] = [
    ("md", "markdown"),
    ("markdown", "markdown"),
    ("html", "html"),
    ("htm", "html"),
    ("json", "json"),
    ("jsonl", "jsonl"),
    ("ndjson", "jsonl"),
    ("csv", "csv"),
    ("txt", "table"),
    ("mmd", "mermaid"),
    ("mermaid", "mermaid"),
];

/// The formats of a command, and the one that was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Formats<'a> {
    /// What the command can write, the default first.
    pub(crate) known: &'a [&'static str],
    /// `-f`.
    pub(crate) asked: Option<&'a str>,
}

/// One output: what, and where to (`None` is standard output).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    /// One of the known formats.
    pub(crate) format: &'static str,
    /// The file.
    pub(crate) path: Option<PathBuf>,
}

/// What was typed for `-o`, taken apart.
struct Typed {
    format: Option<&'static str>,
    path: PathBuf,
}

/// Gives each `-o` its format: the one before `=`, else the one of its name's ending, else that of `-f`, else the
/// default. With one output only, `-f` comes before the ending.
pub(crate) fn plan(outputs: &[PathBuf], formats: Formats<'_>) -> Result<Vec<Planned>> {
    let fallback = match formats.asked {
        Some(asked) => find(formats.known, asked)?,
        None => formats.known.first().copied().unwrap_or("table"),
    };
    if outputs.is_empty() {
        return Ok(vec![Planned {
            format: fallback,
            path: None,
        }]);
    }
    let decides = formats.asked.is_some() && outputs.len() == 1;
    let mut planned: Vec<Planned> = Vec::new();
    for output in outputs {
        let typed = typed(output);
        let format = match typed.format {
            Some(format) => find(formats.known, format)?,
            None if decides => fallback,
            None => by_ending(&typed.path, formats.known)?.unwrap_or(fallback),
        };
        if typed.path.as_os_str().is_empty() {
            let shown = output.display();
            return Err(Fault::new(format!("\"{shown}\": the path is missing")).into());
        }
        let path = Some(typed.path).filter(|p| p.as_os_str() != "-");
        if planned
            .iter()
            .any(|p| same(p.path.as_deref(), path.as_deref()))
        {
            let shown = output.display();
            return Err(Fault::new(format!("\"{shown}\": two outputs have the same place")).into());
        }
        planned.push(Planned { format, path });
    }
    Ok(planned)
}

/// The files among what was typed for `-o`.
pub(crate) fn files(outputs: &[PathBuf]) -> Vec<PathBuf> {
    let paths = outputs.iter().map(|o| typed(o).path);
    paths.filter(|p| p.as_os_str() != "-").collect()
}

/// `FORMAT=PATH`, or a path alone. What stands before `=` and is no format belongs to the path.
fn typed(output: &Path) -> Typed {
    let split = output.to_str().and_then(|text| text.split_once('='));
    match split.and_then(|(word, path)| Some((format_named(word)?, path))) {
        None => Typed {
            format: None,
            path: output.to_owned(),
        },
        Some((format, path)) => Typed {
            format: Some(format),
            path: PathBuf::from(path),
        },
    }
}

/// The format that a word stands for: its own name, or an ending.
fn format_named(word: &str) -> Option<&'static str> {
    let mut all = BY_ENDING.iter();
    all.find(|(ending, format)| *ending == word || *format == word)
        .map(|(_, format)| *format)
}

/// The format of a name's ending; an ending that stands for no format says nothing.
fn by_ending(path: &Path, known: &[&'static str]) -> Result<Option<&'static str>> {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("");
    let ending = ending.to_ascii_lowercase();
    let format = BY_ENDING.iter().find(|(e, _)| *e == ending);
    format.map(|(_, format)| find(known, format)).transpose()
}

fn find(known: &[&'static str], format: &str) -> Result<&'static str> {
    known.iter().copied().find(|k| *k == format).ok_or_else(|| {
        Fault::new(format!("this command does not write {format}"))
            .hint(format!("it writes {}", known.join(", ")))
            .into()
    })
}

fn same(a: Option<&Path>, b: Option<&Path>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => real(a) == real(b),
        (a, b) => a == b,
    }
}

/// The path without links and detours, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let real = path.canonicalize().or_else(|_| std::path::absolute(path));
    real.unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 4] = ["table", "markdown", "html", "json"];

    fn planned(asked: Option<&str>, outputs: &[&str]) -> Result<Vec<(&'static str, String)>> {
        let outputs: Vec<PathBuf> = outputs.iter().map(PathBuf::from).collect();
        let formats = Formats {
            known: &KNOWN,
            asked,
        };
        let shown = |p: Planned| {
            let path = p.path.map_or("-".to_owned(), |p| p.display().to_string());
            (p.format, path)
        };
        Ok(plan(&outputs, formats)?.into_iter().map(shown).collect())
    }

    #[track_caller]
    fn expect(asked: Option<&str>, outputs: &[&str], expected: &[(&str, &str)]) {
        let got = planned(asked, outputs).unwrap();
        let got: Vec<(&str, &str)> = got.iter().map(|(f, p)| (*f, p.as_str())).collect();
        assert_eq!(got, expected, "{asked:?} {outputs:?}");
    }

    #[test]
    fn one_output_is_what_f_says_and_else_what_its_name_says() {
        expect(None, &[], &[("table", "-")]);
        expect(Some("json"), &[], &[("json", "-")]);
        expect(Some("json"), &["a.md"], &[("json", "a.md")]);
        expect(None, &["a.md"], &[("markdown", "a.md")]);
        expect(None, &["A.HTM"], &[("html", "A.HTM")]);
        expect(None, &["a.out"], &[("table", "a.out")]);
        expect(Some("html"), &["json=a.md"], &[("json", "a.md")]);
    }

    #[test]
    fn several_outputs_are_each_what_their_names_say() {
        expect(
            Some("json"),
            &["-", "a.md", "html=b", "data"],
            &[
                ("json", "-"),
                ("markdown", "a.md"),
                ("html", "b"),
                ("json", "data"),
            ],
        );
        expect(
            None,
            &["./day=1/a.md", "md=x=y"],
            &[("markdown", "./day=1/a.md"), ("markdown", "x=y")],
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (asked, outputs, says) in [
            (None, &["a.csv"] as &[&str], "does not write csv"),
            (None, &["csv=a"], "does not write csv"),
            (Some("csv"), &[], "does not write csv"),
            (None, &["a.md", "./a.md"], "same place"),
            (None, &["-", "json=-"], "same place"),
            (None, &["json="], "missing"),
        ] {
            let error = planned(asked, outputs).unwrap_err().to_string();
            assert!(error.contains(says), "{outputs:?}: {error}");
        }
    }
}
