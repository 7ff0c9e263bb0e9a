//! JSON that goes over several lines: an array of records, pretty-printed documents one after the other, an
//! object that wraps an array of records.

use std::borrow::Cow;
use std::io::Read;

use super::json_lines::give_object;
use super::{Fit, LogFormat, WholeFormat};
use crate::parse::Output;
use crate::parse::detect::Sample;
use crate::parse::envelope::cut;
use crate::parse::fields::Fields;
use crate::parse::{framer, json, wrapper};
use crate::source::Limits;

pub(super) struct JsonDocument;

impl LogFormat for JsonDocument {
    fn id(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "JSON documents: an array, pretty-printed objects, or an object around an array of records"
    }

    fn detect(&self, sample: &Sample, _: &mut Fields) -> Option<Fit> {
        let reason = match sample.first_char()? {
            '[' if looks_like_json(sample.text()) => "it is a JSON array",
            '{' => match (whole_first_line(sample), one_line(sample)) {
                (None, _) if looks_like_json(sample.text()) => {
                    "its JSON objects go over several lines"
                }
                (Some(first), true) if wrapper::is_wrapper(first) => {
                    "it is one JSON object around a list of records"
                }
                _ => return None,
            },
            _ => return None,
        };
        Some(Fit {
            score: 1000,
            reason: reason.to_owned(),
        })
    }

    fn whole(&self) -> Option<&dyn WholeFormat> {
        Some(self)
    }

    fn counts_elements(&self) -> bool {
        true
    }
}

/// The first line, if it is a JSON value by itself.
fn whole_first_line(sample: &Sample) -> Option<&str> {
    let first = sample.lines().next()?;
    // A bracket that is left open at the end of the line is closed on another: no line of that is a record cut short.
    if first.trim_end().ends_with(['{', '[']) {
        return None;
    }
    // A later line may be whole where the first is damaged.
    let whole = |line: &&str| json::members(line.trim().trim_end_matches(',')).is_ok();
    if whole(&first) {
        Some(first)
    } else {
        sample.lines().take(5).find(whole)
    }
}

fn one_line(sample: &Sample) -> bool {
    sample.lines().nth(1).is_none()
}

/// Whether the text begins as a list or an object does: `[` and then a value, `{` and then a key.
fn looks_like_json(text: &str) -> bool {
    let mut after = text
        .trim_start_matches(['\u{1e}', '\u{feff}', ' ', '\t', '\r', '\n'])
        .chars();
    let first = after.next();
    let rest = after.as_str().trim_start();
    match first {
        Some('[') => rest.starts_with(['{', '[']),
        _ => rest.starts_with('"'),
    }
}

impl WholeFormat for JsonDocument {
    fn read_all(
        &self,
        reader: &mut (dyn Read + Send),
        fields: &mut Fields,
        output: &mut Output<'_>,
    ) {
        let limits: &Limits = output.limits;
        let mut pages = Pages::default();
        let error = framer::each_element(reader, limits, &mut |element| {
            output.line();
            pages.note(element.around.first(), output);
            let read = match element.damage {
                Some(damage) => Err(damage.to_string()),
                None => give_object(
                    element.text,
                    element.around,
                    element.ordinal,
                    fields,
                    &mut |record| output.record("json", record),
                ),
            };
            if let Err(reason) = read {
                let reason = format!("{reason} (line {} of the file)", element.line);
                output.reject(element.ordinal, reason);
            }
            true
        });
        pages.finish(output);
        if let Some(remark) = cut::remark(&pages.around) {
            output.warn(remark);
        }
        if let Some(error) = error {
            output.cut_off(&error);
        }
        let known = |name: &str| fields.knows(name);
        if let Some(remark) = cut::at_cap(known, output.lines()) {
            output.warn(remark);
        }
    }
}

/// The documents around the records, one after the other: whether each is whole.
#[derive(Default)]
struct Pages {
    around: String,
    records: u64,
    is_told: bool,
}

impl Pages {
    fn note(&mut self, around: Option<&Cow<'_, str>>, output: &mut Output<'_>) {
        let around = around.map_or("", |a| a.as_ref());
        if around != self.around {
            self.finish(output);
            self.around = around.to_owned();
            self.records = 0;
        }
        self.records += 1;
    }

    /// Says once what is missing: a file of many pages, the last of which ends the list, is whole.
    fn finish(&mut self, output: &mut Output<'_>) {
        if self.is_told || self.around.is_empty() {
            return;
        }
        let remark = cut::remark_on_hits(&self.around, self.records);
        if let Some(remark) = remark {
            output.warn(remark);
            self.is_told = true;
        }
    }
}
