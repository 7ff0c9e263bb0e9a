//! `knockon man`: the manual page.

use std::io::{self, Write as _};

use anyhow::{Context, Result};
use clap_mangen::Man;

use super::exit::ExitStatus;
use super::output::Output;

const EXAMPLES: &str = "\
Examples:
  knockon man | man -l -
  knockon man analyze > knockon-analyze.1";

/// The manual page, in roff
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Of this subcommand rather than of knockon as a whole
    #[arg(value_name = "SUBCOMMAND",
          value_parser = ["analyze", "failures", "explain", "timeline", "compare", "inspect", "digest", "schema", "template", "completions", "man"])]
    subcommand: Option<String>,
}

/// Runs the subcommand.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let mut command = super::command();
    command.build();
    let page = match &args.subcommand {
        None => command,
        Some(name) => command
            .find_subcommand(name)
            .cloned()
            .map(|c| c.display_name(format!("knockon-{name}")))
            .with_context(|| format!("no subcommand \"{name}\""))?,
    };
    let text = manual(page).context("cannot make the manual page")?;
    let mut output = Output::create(None)?;
    output
        .write_all(&text)
        .context("cannot write the manual page")?;
    output.finish()?;
    Ok(ExitStatus::Done)
}

/// What a command that states none ends with.
const USUAL_STATUS: &str = "Exit status:\n  0  done\n  2  it could not do the job";

/// The page, with the parts of the long help's end as sections of their own.
fn manual(page: clap::Command) -> io::Result<Vec<u8>> {
    let end = page.get_after_long_help().map(ToString::to_string);
    let end = end.unwrap_or_default();
    let mut parts: Vec<&str> = end.split("\n\n").filter(|p| !p.is_empty()).collect();
    if !parts.iter().any(|p| p.starts_with("Exit status:")) {
        parts.push(USUAL_STATUS);
    }
    let (has_subcommands, has_version) = (page.has_subcommands(), page.get_version().is_some());
    let man = Man::new(page);
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if has_subcommands {
        man.render_subcommands_section(&mut text)?;
    }
    for part in parts {
        let (heading, lines) = part.split_once('\n').unwrap_or((part, ""));
        let heading = heading.trim_end_matches(':').to_uppercase();
        writeln!(text, ".SH \"{heading}\"\n.nf")?;
        for line in lines.lines() {
            writeln!(text, "{}", roff(line))?;
        }
        writeln!(text, ".fi")?;
    }
    if has_version {
        man.render_version_section(&mut text)?;
    }
    Ok(text)
}

/// A line as it stands: no request, no escape, hyphens that can be copied.
fn roff(line: &str) -> String {
    let line = line.replace('\\', "\\e").replace('-', "\\-");
    match line.starts_with(['.', '\'']) {
        true => format!("\\&{line}"),
        false => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_tells_its_exit_statuses_and_most_give_examples() {
        let mut command = super::super::command();
        command.build();
        let mut with_examples = 0;
        for page in command.get_subcommands().chain([&command]) {
            let text = String::from_utf8(manual(page.clone()).unwrap()).unwrap();
            let name = page.get_name();
            assert_eq!(text.matches(".SH \"EXIT STATUS\"\n").count(), 1, "{name}");
            assert!(!text.contains("\n.SH EXTRA"), "{name}");
            with_examples += text.matches(".SH \"EXAMPLES\"\n").count();
        }
        assert!(with_examples >= 8, "{with_examples}");
    }

    #[test]
    fn lines_stand_as_they_are() {
        assert_eq!(roff(".so -x"), "\\&.so \\-x");
        assert_eq!(roff("a\\b"), "a\\eb");
    }
}
