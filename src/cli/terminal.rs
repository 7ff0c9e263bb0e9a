//! What the terminal is and may be sent: decided once.
//!
//! Colour, in this order: the flag, `NO_COLOR`, `CLICOLOR_FORCE`, whether standard output is a terminal. What
//! goes to a file or a pipe does not depend on the machine: its width is [`PIPE_WIDTH`] and it may hold any
//! character.

use std::io::{self, IsTerminal as _};

/// Width of tables that do not go to a terminal, in columns.
const PIPE_WIDTH: usize = 80;
/// Narrower terminals are treated as this wide.
const LEAST_WIDTH: usize = 40;

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Even into a file or a pipe
    Always,
    /// Not at all
    Never,
}

/// What can be seen of the surroundings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    no_color: bool,
    clicolor_force: bool,
    dumb: bool,
    locale: Option<String>,
    out_is_terminal: bool,
    err_is_terminal: bool,
    width: Option<usize>,
}

impl Surroundings {
    /// Looks.
    pub(crate) fn look() -> Surroundings {
        let text = |name: &str| {
            std::env::var_os(name)
                .map(|v| v.to_string_lossy().into_owned())
                .filter(|v| !v.is_empty())
        };
        Surroundings {
            no_color: text("NO_COLOR").is_some(),
            clicolor_force: text("CLICOLOR_FORCE").is_some_and(|v| v != "0"),
            dumb: text("TERM").is_some_and(|v| v == "dumb"),
            locale: ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(text),
            out_is_terminal: io::stdout().is_terminal(),
            err_is_terminal: io::stderr().is_terminal(),
            width: terminal_size::terminal_size().map(|(w, _)| usize::from(w.0)),
        }
    }

    /// Whether standard error can show progress.
    pub(crate) fn shows_progress(&self) -> bool {
        self.err_is_terminal && !self.dumb
    }
}

/// What output may look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// Width of tables, in columns.
    pub(crate) width: usize,
    /// Whether colour may be used.
    pub(crate) color: bool,
    /// Whether characters beyond ASCII may be used for drawing.
    pub(crate) unicode: bool,
}

/// Decides. `to_file` is whether output goes to a file rather than to standard output.
pub(crate) fn decide(seen: &Surroundings, flag: Color, to_file: bool) -> Look {
    let on_terminal = seen.out_is_terminal && !to_file;
    let color = match flag {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if seen.no_color || to_file => false,
        Color::Auto if seen.clicolor_force => true,
        Color::Auto => on_terminal && !seen.dumb,
    };
    Look {
        width: match seen.width {
            Some(width) if on_terminal => width.max(LEAST_WIDTH),
            _ => PIPE_WIDTH,
        },
        color,
        unicode: !on_terminal || is_unicode(seen.locale.as_deref()),
    }
}

/// Whether a locale can show any character; an unset one says nothing against it.
fn is_unicode(locale: Option<&str>) -> bool {
    locale.is_none_or(|l| {
        let l = l.to_ascii_lowercase();
        l.contains("utf-8") || l.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal() -> Surroundings {
        Surroundings {
            out_is_terminal: true,
            err_is_terminal: true,
            width: Some(80),
            locale: Some("en_GB.UTF-8".to_owned()),
            ..Surroundings::default()
        }
    }

    fn color(seen: &Surroundings, flag: Color) -> bool {
        decide(seen, flag, false).color
    }

    #[test]
    fn color_is_decided_in_order() {
        let pipe = Surroundings::default();
        assert!(color(&terminal(), Color::Auto));
        assert!(!color(&pipe, Color::Auto));
        assert!(color(&pipe, Color::Always));
        assert!(!color(&terminal(), Color::Never));

        let forced = Surroundings {
            clicolor_force: true,
            ..pipe.clone()
        };
        assert!(color(&forced, Color::Auto));
        let both = Surroundings {
            no_color: true,
            ..forced.clone()
        };
        assert!(!color(&both, Color::Auto), "NO_COLOR wins");
        assert!(color(&both, Color::Always), "the flag wins over both");
        assert!(!color(&forced, Color::Never));

        let dumb = Surroundings {
            dumb: true,
            ..terminal()
        };
        assert!(!color(&dumb, Color::Auto));
        assert!(terminal().shows_progress() && !dumb.shows_progress());
    }

    #[test]
    fn a_file_looks_the_same_from_everywhere() {
        let here = decide(&terminal(), Color::Auto, true);
        let there = Surroundings {
            locale: Some("C".to_owned()),
            clicolor_force: true,
            ..Surroundings::default()
        };
        let there = decide(&there, Color::Auto, true);
        assert_eq!(
            (here.width, here.color, here.unicode),
            (PIPE_WIDTH, false, true)
        );
        assert_eq!(
            (there.width, there.color, there.unicode),
            (PIPE_WIDTH, false, true)
        );
    }

    #[test]
    fn a_terminal_keeps_its_width_and_its_characters() {
        assert_eq!(decide(&terminal(), Color::Auto, false).width, 80);
        for (locale, expected) in [
            (None, true),
            (Some("C"), false),
            (Some("de_DE.utf8"), true),
            (Some("en_US.ISO-8859-1"), false),
        ] {
            let seen = Surroundings {
                locale: locale.map(str::to_owned),
                ..terminal()
            };
            assert_eq!(
                decide(&seen, Color::Auto, false).unicode,
                expected,
                "{locale:?}"
            );
        }
    }
}
