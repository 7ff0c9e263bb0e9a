//! logfmt: `key=value` pairs from the start of the line.

use super::{Fit, LineFormat, LogFormat, Refusal};
use crate::model::Record;
use crate::parse::detect::{self, Sample};
use crate::parse::fields::{Draft, Fields};

pub(super) struct Logfmt;

impl LogFormat for Logfmt {
    fn id(&self) -> &'static str {
        "logfmt"
    }

    fn about(&self) -> &'static str {
        "logfmt: key=value pairs"
    }

    fn detect(&self, sample: &Sample, fields: &mut Fields) -> Option<Fit> {
        detect::share(sample, self, fields, "key=value pairs with a time stamp")
    }

    fn lines(&self) -> Option<&dyn LineFormat> {
        Some(self)
    }
}

impl LineFormat for Logfmt {
    fn read_line(
        &self,
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
}
