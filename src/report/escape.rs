//! Text from logs was written by strangers: each destination gets it in a form that cannot act there.
//!
//! A page's template escapes by itself; [`visible`] goes before it, since browsers obey bidi controls too.

use std::borrow::Cow;

/// Whether a character acts on a terminal or page instead of standing for itself: controls (C0, C1),
/// line and paragraph separators, bidirectional and invisible formatting.
pub(crate) fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// Terminal-safe text on one line: what would act is shown as its escape (`\n`, `\u{1b}`).
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if acts(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Text for a page: no markup of its own, and nothing that acts.
pub(crate) fn html(text: &str) -> String {
    let text = visible(text);
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// Text for prose or a table cell of GitHub-flavoured Markdown: no markup, HTML, link, mention, issue
/// reference or formula of the text's own, and no end of the cell.
///
/// A word that renderers would make a link of is shown as code: they look for such words after entities and
/// backslashes are read, so that nothing else stops them.
pub(crate) fn markdown(text: &str) -> String {
    let text = visible(text);
    let word = |word: &str| {
        if becomes_link(word) {
            markdown_code(word)
        } else {
            markdown_word(word)
        }
    };
    text.split_inclusive(' ')
        .map(|part| match part.strip_suffix(' ') {
            Some(inner) => word(inner) + " ",
            None => word(part),
        })
        .collect()
}

/// Whether a word holds an address, a mention, or a reference to an issue or commit's discussion.
fn becomes_link(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let follows = |sign: &str, what: fn(char) -> bool| {
        let mut after = lower
            .match_indices(sign)
            .map(|(at, _)| &lower[at + sign.len()..]);
        after.any(|rest| rest.starts_with(what))
    };
    ["://", "www.", "mailto:", "xmpp:"]
        .iter()
        .any(|a| lower.contains(a))
        || follows("@", char::is_alphanumeric)
        || follows("#", |c| c.is_ascii_digit())
        || follows("gh-", |c| c.is_ascii_digit())
}

fn markdown_word(word: &str) -> String {
    let mut out = String::with_capacity(word.len() + 8);
    let mut chars = word.chars().peekable();
    let mut after_letter = false;
    while let Some(c) = chars.next() {
        let before_letter = chars.peek().is_some_and(|c| c.is_alphanumeric());
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '_' if after_letter && before_letter => out.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '$' | '!' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
        after_letter = c.is_alphanumeric();
    }
    out
}

/// A sentence of ours for Markdown: `commands` in it stay code, all else is escaped as by [`markdown`].
pub(crate) fn markdown_prose(sentence: &str) -> String {
    let parts: Vec<&str> = sentence.split('`').collect();
    let commands = sentence.contains("`knockon") || sentence.contains("`--");
    if parts.len().is_multiple_of(2) || !commands {
        return markdown(sentence);
    }
    let part = |(at, part): (usize, &&str)| {
        if at % 2 == 0 {
            markdown(part)
        } else {
            markdown_code(part)
        }
    };
    parts.iter().enumerate().map(part).collect()
}

/// Quoted log text as a code span that fits a table cell. Nothing in it is interpreted but `|`, which
/// GitHub-flavoured Markdown lets end a cell even there unless an odd number of backslashes stands before it.
pub(crate) fn markdown_code(text: &str) -> String {
    let text = visible(text);
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(text, '`') + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{}{pad}{fence}", escaped_pipes(text))
}

fn escaped_pipes(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    let mut backslashes = 0;
    for c in text.chars() {
        if c == '|' {
            // an odd run would become even by one more: such text shows a backslash too many
            out.push_str(if backslashes % 2 == 0 { "\\" } else { "\\\\" });
        }
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
        out.push(c);
    }
    out
}

fn longest_run(text: &str, wanted: char) -> usize {
    let (mut best, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == wanted { run + 1 } else { 0 };
        best = best.max(run);
    }
    best
}

/// A label of a Mermaid diagram: letters, digits and plain punctuation; all else, which Mermaid could
/// read as syntax, becomes a blank.
pub(crate) fn mermaid(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '/' | '(' | ')' | '\'') {
                c
            } else {
                ' '
            }
        })
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let is_word_of_mermaid = words
        .first()
        .is_some_and(|w| MERMAID_WORDS.contains(&w.to_lowercase().as_str()));
    let label = if is_word_of_mermaid {
        format!("the {}", words.join(" "))
    } else {
        words.join(" ")
    };
    label.chars().take(60).collect()
}

/// Words that begin a statement of a Gantt diagram where they begin a line.
const MERMAID_WORDS: [&str; 16] = [
    "acctitle",
    "accdescr",
    "axisformat",
    "call",
    "click",
    "dateformat",
    "excludes",
    "gantt",
    "href",
    "includes",
    "inclusiveenddates",
    "section",
    "tickinterval",
    "title",
    "todaymarker",
    "topaxis",
];

/// A text cell of a CSV file that a spreadsheet will not run: what it would take for a formula gets a
/// leading apostrophe (OWASP, "CSV Injection"), and controls are made visible. The csv crate quotes.
pub(crate) fn csv(text: &str) -> String {
    let text = visible(text);
    let first = text.trim_start().chars().next();
    let formula = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '\u{FF1D}' | '\u{FF0B}' | '\u{FF0D}' | '\u{FF20}')
    );
    if formula && text.parse::<rust_decimal::Decimal>().is_err() {
        format!("'{text}")
    } else {
        text.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

    #[test]
    fn what_acts_is_shown() {
        assert_eq!(visible("plain é 漢"), "plain é 漢");
        assert_eq!(visible("\x1b[31mred\x07"), "\\u{1b}[31mred\\u{7}");
        assert_eq!(visible("a\nb\tc"), "a\\nb\\tc");
        assert_eq!(visible("pay\u{202e}gnp"), "pay\\u{202e}gnp");
        assert_eq!(visible("\u{9b}2J"), "\\u{9b}2J");
    }

    #[test]
    fn markdown_has_no_markup_of_its_own() {
        assert_eq!(markdown("a|b"), "a\\|b");
        assert_eq!(
            markdown("<script>alert(1)</script>"),
            "&lt;script&gt;alert(1)&lt;/script&gt;"
        );
        assert_eq!(
            markdown("see ![x](http://e) now"),
            "see `![x](http://e)` now"
        );
        assert_eq!(markdown("@team #12 # @ a"), "`@team` `#12` \\# @ a");
        assert_eq!(markdown("WWW.example.com"), "`WWW.example.com`");
        assert_eq!(markdown("fixes GH-1  x`@me"), "fixes `GH-1`  ``x`@me``");
        assert_eq!(markdown("upstream_timeout _x_"), "upstream_timeout \\_x\\_");
    }

    #[test]
    fn code_spans_hold_backticks_and_pipes() {
        assert_eq!(markdown_code("a|b"), "`a\\|b`");
        assert_eq!(markdown_code("a\\|b"), "`a\\\\\\|b`");
        assert_eq!(markdown_code("a`b``c"), "```a`b``c```");
        assert_eq!(markdown_code("`x"), "`` `x ``");
        assert_eq!(markdown_prose("say `--strict`|"), "say `--strict`\\|");
        assert_eq!(markdown_prose("a `b` c"), "a \\`b\\` c");
    }

    #[test]
    fn spreadsheets_run_nothing() {
        assert_eq!(csv("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(csv(" @SUM(1)"), "' @SUM(1)");
        assert_eq!(csv("-12.50"), "-12.50");
        assert_eq!(csv("-cmd"), "'-cmd");
        assert_eq!(csv("\tx"), "\\tx");
        assert_eq!(csv("pay_1"), "pay_1");
    }

    #[test]
    fn mermaid_labels_are_plain() {
        assert_eq!(
            mermaid("x: y; %% <b> #1 \"q\"\nsection z"),
            "x y b 1 q section z"
        );
        assert_eq!(mermaid("Section 4 restarted"), "the Section 4 restarted");
    }

    proptest! {
        #[test]
        fn markdown_renders_as_words_and_code(text in "\\PC*|[a@#:/w.`<>\\[\\]()!|\\\\ *_~$&;1-]*") {
            let github = Options::ENABLE_GFM | Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES
                | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS | Options::ENABLE_MATH;
            let prose = format!("x {}", markdown(&text));
            for event in Parser::new_ext(&prose, github) {
                let plain = matches!(
                    event,
                    Event::Text(_) | Event::Code(_) | Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph)
                );
                prop_assert!(plain, "{event:?} of {prose}");
            }
        }

        #[test]
        fn nothing_acts_after_escaping(text in "\\PC*|.*") {
            prop_assert!(!visible(&text).chars().any(acts));
            prop_assert!(!markdown(&text).chars().any(acts));
            prop_assert!(!markdown_word(&text).contains('<'));
            prop_assert!(!csv(&text).starts_with(['=', '@']));
            markdown_code(&text);
            mermaid(&text);
        }
    }
}
