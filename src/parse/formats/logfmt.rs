//! logfmt: `key=value` pairs from the start of the line.

use super::{Lines, Refusal};
use crate::model::Record;
use crate::parse::fields::{Draft, Fields};

pub(super) static FORMAT: Lines = Lines {
    id: "logfmt",
    about: "logfmt: key=value pairs",
    shown: "key=value pairs with a time stamp",
    read,
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
