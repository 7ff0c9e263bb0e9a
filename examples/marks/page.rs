//! Puts the scores into a page of the documentation, between two markers, so that its figures are never typed.

use std::fs;
use std::path::Path;

use anyhow::Context;

const BEGIN: &str = "<!-- scores: begin (written by examples/score.rs) -->\n";
const END: &str = "<!-- scores: end -->";

/// The page with what stands between the markers replaced.
fn replace(page: &str, text: &str) -> anyhow::Result<String> {
    let (before, rest) = page
        .split_once(BEGIN)
        .with_context(|| format!("there is no line `{}`", BEGIN.trim_end()))?;
    let (_, after) = rest
        .split_once(END)
        .with_context(|| format!("there is no `{END}` after the begin"))?;
    Ok(format!("{before}{BEGIN}\n{text}\n{END}{after}"))
}

/// The page at a path with this text between its markers.
fn page_with(path: &Path, text: &str) -> anyhow::Result<String> {
    let page =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    replace(&page, text).with_context(|| format!("in {}", path.display()))
}

/// Whether the scores could be written there: asked before the long run.
pub(crate) fn check(path: &Path) -> anyhow::Result<()> {
    page_with(path, "").map(drop)
}

/// Puts the text between the markers of the page.
pub(crate) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let page = page_with(path, text)?;
    fs::write(path, page).with_context(|| format!("cannot write {}", path.display()))
}
