//! Makes a document anew without losing what people wrote into it.
//!
//! Generated parts stand between `<!-- knockon:begin NAME SUM -->` and `<!-- knockon:end NAME -->`; the sum is that of the
//! part as it was generated. Text outside the parts belongs to people and stays. A part that no longer has its sum was
//! edited, and stays too; one that was emptied is generated again. Both comments begin a line: a quoted log line that holds
//! one stands behind something else.

use flate2::Crc;

const BEGIN: &str = "<!-- knockon:begin ";
const END: &str = "<!-- knockon:end ";

/// A document made anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The whole document.
    pub text: String,
    /// Names of generated parts that people had edited: they stand as edited.
    pub edited: Vec<String>,
    /// Names of parts that people had taken out: they stay out.
    pub left_out: Vec<String>,
}

/// A piece of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Part(Part<'a>),
}

/// A generated part, its two comments included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part<'a> {
    name: &'a str,
    sum: &'a str,
    whole: &'a str,
    body: &'a str,
}

impl Part<'_> {
    fn is_edited(&self) -> bool {
        !self.body.trim().is_empty() && self.sum != sum_of(self.body)
    }
}

/// The document with the sum of each generated part in its first comment.
pub(super) fn sealed(text: &str) -> String {
    pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Part(part) => {
                let (name, sum) = (part.name, sum_of(part.body));
                format!("{BEGIN}{name} {sum} -->{}{END}{name} -->", part.body)
            }
        })
        .collect()
}

/// `fresh` with what people wrote into `earlier`; just `fresh` when `earlier` holds no generated part.
pub fn keep_edits(earlier: &str, fresh: &str) -> Kept {
    let parts_of = |text| pieces(text).into_iter().filter_map(part_of);
    let new: Vec<Part<'_>> = parts_of(fresh).collect();
    if new.is_empty() || parts_of(earlier).next().is_none() {
        return Kept {
            text: fresh.to_owned(),
            ..Kept::default()
        };
    }
    let mut kept = Kept::default();
    for piece in pieces(earlier) {
        let part = match piece {
            Piece::Text(text) => {
                kept.text.push_str(text);
                continue;
            }
            Piece::Part(part) => part,
        };
        let fresh = new.iter().find(|n| n.name == part.name);
        if part.is_edited() {
            kept.edited.push(part.name.to_owned());
            kept.text.push_str(part.whole);
        } else if let Some(fresh) = fresh {
            kept.text.push_str(fresh.whole);
        }
    }
    let old: Vec<&str> = parts_of(earlier).map(|p| p.name).collect();
    let missing = new.iter().filter(|n| !old.contains(&n.name));
    kept.left_out = missing.map(|n| n.name.to_owned()).collect();
    kept
}

fn part_of(piece: Piece<'_>) -> Option<Part<'_>> {
    match piece {
        Piece::Part(part) => Some(part),
        Piece::Text(_) => None,
    }
}

/// A document as a row of pieces, nothing left out.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let (mut rest, mut searched) = (text, 0);
    while let Some(at) = rest[searched..].find(BEGIN) {
        let at = searched + at;
        let begins_line = at == 0 || rest[..at].ends_with('\n');
        match part_at(&rest[at..]).filter(|_| begins_line) {
            None => searched = at + BEGIN.len(),
            Some(part) => {
                out.push(Piece::Text(&rest[..at]));
                out.push(Piece::Part(part));
                rest = &rest[at + part.whole.len()..];
                searched = 0;
            }
        }
    }
    out.push(Piece::Text(rest));
    out
}

/// The part that begins here, if its end is there before another one begins.
fn part_at(text: &str) -> Option<Part<'_>> {
    let (head, after) = text[BEGIN.len()..].split_once("-->")?;
    let (name, sum) = match head.trim().split_once(' ') {
        Some((name, sum)) => (name, sum.trim()),
        None => (head.trim(), ""),
    };
    let end = format!("{END}{name} -->");
    let length = after.find(&format!("\n{end}"))? + 1;
    let body = &after[..length];
    if body.contains(&format!("\n{BEGIN}")) || name.is_empty() {
        return None;
    }
    let whole = text.len() - after.len() + length + end.len();
    Some(Part {
        name,
        sum,
        whole: &text[..whole],
        body,
    })
}

/// CRC-32 of a part; blanks at the ends of lines do not count, since editors take them off.
fn sum_of(body: &str) -> String {
    let mut crc = Crc::new();
    for line in body.trim().lines() {
        crc.update(line.trim_end().as_bytes());
        crc.update(b"\n");
    }
    format!("{:08x}", crc.sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(count: u32) -> String {
        sealed(&format!(
            "# T\n\n<!-- knockon:begin a -->\n\n{count} failed\n\n<!-- knockon:end a -->\n\n> TODO(author): who?\n\n\
             <!-- knockon:begin b -->\nmore {count}\n<!-- knockon:end b -->\n"
        ))
    }

    #[test]
    fn parts_are_made_anew_and_what_stands_between_them_stays() {
        let earlier = document(1).replace("> TODO(author): who?", "Jo was on call.");
        let kept = keep_edits(&earlier, &document(2));
        assert!(kept.text.contains("2 failed") && kept.text.contains("more 2"));
        assert!(kept.text.contains("Jo was on call.") && !kept.text.contains("TODO"));
        assert!(kept.edited.is_empty() && kept.left_out.is_empty());
        let again = keep_edits(&kept.text, &document(2));
        assert_eq!(again, kept, "made anew twice is made anew once");
    }

    #[test]
    fn an_edited_part_stays_as_edited_until_it_is_emptied() {
        let edited = document(1).replace("1 failed", "one failed, and it hurt");
        let kept = keep_edits(&edited, &document(2));
        assert_eq!(kept.edited, ["a"]);
        assert!(kept.text.contains("and it hurt") && kept.text.contains("more 2"));
        let emptied = document(1).replace("1 failed", "");
        assert!(keep_edits(&emptied, &document(2)).text.contains("2 failed"));
        let reformatted = document(1).replace("1 failed\n", "1 failed  \r\n");
        assert!(keep_edits(&reformatted, &document(2)).edited.is_empty());
    }

    #[test]
    fn a_part_that_was_taken_out_stays_out() {
        let whole = document(1);
        let earlier = &whole[..whole.find("<!-- knockon:begin b").unwrap()];
        let kept = keep_edits(earlier, &document(2));
        assert_eq!(kept.left_out, ["b"]);
        assert!(!kept.text.contains("more"));
    }

    #[test]
    fn another_document_is_replaced() {
        assert_eq!(keep_edits("notes", &document(2)).text, document(2));
        assert_eq!(keep_edits(&document(1), "no parts").text, "no parts");
        let open = "<!-- knockon:begin a -->\nnever ends";
        assert_eq!(keep_edits(open, &document(2)).text, document(2));
        let quoted = document(1).replace(
            "1 failed",
            "- `<!-- knockon:end a --> <!-- knockon:begin b -->`",
        );
        let kept = keep_edits(&quoted, &document(2));
        assert_eq!(kept.edited, ["a"], "what a log says ends no part");
    }
}
