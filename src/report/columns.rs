//! Text laid out in columns that line up on a terminal, whatever script the texts are in.
//!
//! Cells are escaped here, once, so that no caller can forget it; widths are those of the escaped text.

use std::io::{self, Write};

use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table, Width,
    presets,
};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::View;
use super::escape;

/// Which side a column keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// How a text stands out where colour is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Strong,
    Faint,
    Bad,
    Good,
    Open,
}

impl Tone {
    fn style(self) -> anstyle::Style {
        use anstyle::{AnsiColor, Style};
        match self {
            Tone::Plain => Style::new(),
            Tone::Strong => Style::new().bold(),
            Tone::Faint => Style::new().dimmed(),
            Tone::Bad => AnsiColor::Red.on_default(),
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Open => AnsiColor::Yellow.on_default(),
        }
    }
}

/// A table in the making: one flexible column shrinks when the view is narrow.
pub(crate) struct Columns {
    head: Vec<(String, Align)>,
    flexible: usize,
    wraps: bool,
    rows: Vec<Row>,
}

struct Row {
    cells: Vec<String>,
    tone: Option<(usize, Tone)>,
    /// Said under the row.
    notes: Vec<String>,
}

impl Columns {
    /// A table with these headings; the column at `flexible` gives way.
    pub(crate) fn new(head: &[(&str, Align)], flexible: usize) -> Columns {
        Columns {
            head: head.iter().map(|(t, a)| ((*t).to_owned(), *a)).collect(),
            flexible,
            wraps: false,
            rows: Vec::new(),
        }
    }

    /// The flexible column (which must be the last) is wrapped instead of cut.
    pub(crate) fn wrapping(self) -> Columns {
        Columns {
            wraps: true,
            ..self
        }
    }

    /// Adds a row; missing cells are empty.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.toned_row(cells, None);
    }

    /// Adds a row of which one cell stands out.
    pub(crate) fn toned_row(&mut self, mut cells: Vec<String>, tone: Option<(usize, Tone)>) {
        cells.resize(self.head.len(), String::new());
        let cells = cells
            .iter()
            .map(|c| escape::visible(c).into_owned())
            .collect();
        self.rows.push(Row {
            cells,
            tone,
            notes: Vec::new(),
        });
    }

    /// Says something under the last row, in full: in the flexible column where that is wrapped, else across all.
    pub(crate) fn note(&mut self, text: String) {
        let (wraps, flexible) = (self.wraps, self.flexible);
        let Some(row) = self.rows.last_mut() else {
            return;
        };
        if wraps {
            row.cells[flexible] = format!("{}\n{}", row.cells[flexible], escape::visible(&text));
        } else {
            row.notes.push(text);
        }
    }

    /// Writes heading and rows, each indented by `indent`.
    pub(crate) fn write(&self, view: &View, indent: usize, out: &mut dyn Write) -> io::Result<()> {
        let table = self.table(view, view.width.saturating_sub(indent));
        let mut lines = table
            .lines()
            .map(|l| format!("{:indent$}{}", "", l.trim_end()));
        if let Some(head) = lines.next() {
            writeln!(out, "{head}")?;
        }
        if self.wraps {
            return lines.try_for_each(|line| writeln!(out, "{line}"));
        }
        // A row that is not wrapped is one line, so that what is said under it finds its place.
        for (line, row) in lines.zip(&self.rows) {
            writeln!(out, "{line}")?;
            for note in &row.notes {
                let lead = " ".repeat(indent + 4);
                paragraph(note, &lead, view, Tone::Faint, out)?;
            }
        }
        Ok(())
    }

    fn table(&self, view: &View, width: usize) -> Table {
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(width).unwrap_or(u16::MAX))
            .set_truncation_indicator(if view.unicode { "…" } else { "..." })
            .set_header(
                self.head
                    .iter()
                    .map(|(text, _)| cell(text, Some(Tone::Faint))),
            );
        if view.color {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        for row in &self.rows {
            let toned = |at: usize| row.tone.filter(|t| t.0 == at).map(|t| t.1);
            let cells = row.cells.iter().enumerate();
            let mut line = comfy_table::Row::from(cells.map(|(at, text)| cell(text, toned(at))));
            if !self.wraps {
                line.max_height(1);
            }
            table.add_row(line);
        }
        self.arrange(&mut table, width);
        table
    }

    /// Columns keep their content's width as long as the flexible one keeps enough.
    fn arrange(&self, table: &mut Table, width: usize) {
        let widest = |at: usize| {
            let cells = self.rows.iter().map(|r| r.cells[at].width());
            cells.max().unwrap_or(0).max(self.head[at].0.width())
        };
        let fixed: usize = (0..self.head.len())
            .filter(|at| *at != self.flexible)
            .map(widest)
            .sum();
        let gaps = GAP * self.head.len().saturating_sub(1);
        let fits = fixed + gaps + LEAST.min(widest(self.flexible)) <= width;
        let last = self.head.len().saturating_sub(1);
        for (at, (_, align)) in self.head.iter().enumerate() {
            let gap = if at == last { 0 } else { GAP };
            let Some(column) = table.column_mut(at) else {
                continue;
            };
            column.set_padding((0, gap as u16));
            column.set_cell_alignment(match align {
                Align::Left => CellAlignment::Left,
                Align::Right => CellAlignment::Right,
            });
            if fits && at != self.flexible {
                let whole = u16::try_from(widest(at) + gap).unwrap_or(u16::MAX);
                column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(whole)));
            }
        }
    }
}

fn cell(text: &str, tone: Option<Tone>) -> Cell {
    let cell = Cell::new(text);
    match tone.unwrap_or(Tone::Plain) {
        Tone::Plain => cell,
        Tone::Strong => cell.add_attribute(Attribute::Bold),
        Tone::Faint => cell.add_attribute(Attribute::Dim),
        Tone::Bad => cell.fg(Color::DarkRed),
        Tone::Good => cell.fg(Color::DarkGreen),
        Tone::Open => cell.fg(Color::DarkYellow),
    }
}

/// Blanks between two columns.
const GAP: usize = 2;
/// No column is made narrower than this.
const LEAST: usize = 8;

/// A text in a tone, where colour is allowed. The text must be escaped already.
pub(crate) fn paint(text: &str, tone: Tone, view: &View) -> String {
    if !view.color || tone == Tone::Plain || text.is_empty() {
        return text.to_owned();
    }
    let style = tone.style();
    format!("{style}{text}{style:#}")
}

/// A text cut to a width, with an ellipsis where something is missing.
pub(crate) fn cut(text: &str, width: usize, unicode: bool) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mark = if unicode { "…" } else { "..." };
    let room = width.saturating_sub(mark.width());
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w > room {
            break;
        }
        used += w;
        out.push(c);
    }
    if mark.width() <= width {
        out.push_str(mark);
    }
    out
}

/// A text escaped and broken into lines of at most `width` columns at blanks; longer words are broken.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let text = escape::visible(text);
    let width = width.max(8);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word = word;
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        while line.is_empty() && word.width() > width {
            let (head, tail) = split_at_width(word, width);
            lines.push(head.to_owned());
            word = tail;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

fn split_at_width(word: &str, width: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, c) in word.char_indices() {
        used += c.width().unwrap_or(0);
        if used > width && at > 0 {
            return word.split_at(at);
        }
    }
    (word, "")
}

/// Writes a text wrapped to the view, the first line after `first`, the others under it.
pub(crate) fn paragraph(
    text: &str,
    first: &str,
    view: &View,
    tone: Tone,
    out: &mut dyn Write,
) -> io::Result<()> {
    let indent = first.width();
    for (at, line) in wrap(text, view.width.saturating_sub(indent))
        .iter()
        .enumerate()
    {
        let lead = if at == 0 {
            first.to_owned()
        } else {
            " ".repeat(indent)
        };
        writeln!(out, "{lead}{}", paint(line, tone, view))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(columns: &Columns, width: usize) -> String {
        let view = View {
            width,
            ..View::default()
        };
        let mut out = Vec::new();
        columns.write(&view, 2, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_line_up_and_give_way() {
        let mut table = Columns::new(&[("name", Align::Left), ("n", Align::Right)], 0);
        table.row(vec!["漢字の取引所".to_owned(), "5".to_owned()]);
        table.row(vec!["x".repeat(60), "1,000".to_owned()]);
        let wide = text(&table, 80);
        let narrow = text(&table, 40);
        for line in narrow.lines().skip(1) {
            assert_eq!(line.width(), 40, "{narrow}");
        }
        assert!(narrow.contains('…'));
        assert!(!wide.contains('…'));
    }

    #[test]
    fn hostile_cells_do_nothing() {
        let mut table = Columns::new(&[("name", Align::Left)], 0);
        table.row(vec!["\x1b[2Jx\ny".to_owned()]);
        let text = text(&table, 80);
        assert!(!text.contains('\x1b'));
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn long_words_are_broken() {
        let lines = wrap(&format!("a {} b", "w".repeat(25)), 10);
        assert!(lines.iter().all(|l| l.width() <= 10), "{lines:?}");
        assert_eq!(lines.concat().matches('w').count(), 25);
    }
}
