//! logfmt: `key=value` pairs from the start of the line.

use super::{Lines, Refusal};
use crate::model::Record;
use crate::parse::fields::{Draft, Fields};
use crate::parse::layout::{Cut, Shape, range_in};
use crate::parse::pairs;

pub(super) static FORMAT: Lines = Lines {
    id: "logfmt",
    about: "logfmt: key=value pairs",
    shown: "key=value pairs with a time stamp",
    read,
    cut,
};

fn read(
    text: &str,
    line: u64,
    fields: &mut Fields,
    emit: &mut dyn FnMut(&Record<'_>),
) -> Result<(), Refusal> {
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t']);
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '@' | '$')) {
        return Err(Refusal::NotMine);
    }
    let mut draft = Draft::new(line);
    let (first, count) = fields.put_pairs(&mut draft, text, 0);
    if first != Some(0) || count < 2 {
        return Err(Refusal::NotMine);
    }
    emit(&fields.finish(draft)?);
    Ok(())
}

fn cut(text: &str, fields: &mut Fields) -> Option<Vec<Cut>> {
    let mut cuts = Some(Vec::new());
    pairs::each(text, &mut |_, key, value| {
        let at = fields.know(key);
        let cut = range_in(text, &value).map(|range| Cut {
            shape: match text[..range.start].ends_with('"') {
                true => Shape::Quoted,
                false => Shape::Bare,
            },
            role: fields.role(at),
            range,
        });
        match (cut, &mut cuts) {
            (Some(cut), Some(cuts)) => cuts.push(cut),
            _ => cuts = None,
        }
    });
    cuts
}
