//! Reading line by line: the main format first, then the others; what none reads is a reject.
//!
//! Before that, envelopes are peeled off, the parts of a line that a container runtime cut are joined, and lines that
//! continue the record before (stack traces) are kept with it.

use std::borrow::Cow;
use std::io::Read;

use super::envelope::{self, Opened, Outer, Part, cut};
use super::fields::{Fields, detached};
use super::formats::{FORMATS, LineFormat, LogFormat, Refusal};
use super::{Output, trace};
use crate::model::Record;
use crate::source::Lines;

/// Reads all lines of `reader`.
pub(crate) fn read_all(
    main: Option<&'static dyn LogFormat>,
    reader: &mut dyn Read,
    fields: &mut Fields,
    output: &mut Output<'_>,
) {
    let max = output.limits.max_line_bytes;
    let mut lines = Lines::new(reader, max);
    let mut parts = Parts::default();
    let mut state = State {
        order: order(main),
        current: Unit::default(),
        any: false,
        continued: 0,
    };
    while let Some(line) = lines.next_line() {
        if line.bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        output.line();
        if line.too_long {
            output.reject(line.number, format!("longer than {max} bytes"));
            continue;
        }
        let text = String::from_utf8_lossy(line.bytes);
        let opened = envelope::open(text.trim_end());
        match opened.outer.part {
            None => state.take(opened, line.number, fields, output),
            Some(part) => {
                if let Some((opened, number)) = parts.join(part, opened, line.number, max) {
                    state.take(opened, number, fields, output);
                }
            }
        }
    }
    for (opened, number) in parts.rest() {
        state.take(opened, number, fields, output);
    }
    state.flush(fields, output);
    if state.continued > 0 {
        let lines = if state.continued == 1 {
            "1 line continues"
        } else {
            &format!("{} lines continue", state.continued)
        };
        output.warn(format!(
            "{lines} the record before (stack traces and the like); not read on their own"
        ));
    }
    if let Some(remark) = cut::at_cap(|name| fields.knows(name), output.lines()) {
        output.warn(remark);
    }
    if let Some(error) = lines.error() {
        output.cut_off(error);
    }
}

/// A line without its envelopes, and the lines that continue it.
#[derive(Default)]
struct Unit {
    /// Zero for none.
    number: u64,
    text: String,
    outer: Outer,
    more: String,
}

/// How far the reading of the lines of an input is.
struct State {
    order: Vec<Reader>,
    /// The line that the next one may continue.
    current: Unit,
    /// Whether a record was read.
    any: bool,
    continued: u64,
}

impl State {
    /// Takes one whole line.
    fn take(
        &mut self,
        opened: Opened<'_>,
        number: u64,
        fields: &mut Fields,
        output: &mut Output<'_>,
    ) {
        let text = opened.text.trim_end();
        if text.is_empty() {
            return; // a blank line in an envelope
        }
        if self.current.number > 0 && self.is_continued_by(text) {
            self.continued += 1;
            if self.current.more.len() < trace::MAX_BYTES {
                self.current.more.push_str(text);
                self.current.more.push('\n');
            }
            return;
        }
        self.flush(fields, output);
        self.current.number = number;
        self.current.text.push_str(text);
        self.current.outer = opened.outer;
    }

    fn is_continued_by(&self, text: &str) -> bool {
        // The calls in a dump of goroutines stand at the start of their lines.
        let in_dump = || {
            self.current.more.contains("goroutine ")
                && (text.ends_with(')') || text.starts_with("created by "))
        };
        trace::continues(text) || in_dump()
    }

    /// Reads the line that is held, with what continues it.
    fn flush(&mut self, fields: &mut Fields, output: &mut Output<'_>) {
        if self.current.number == 0 {
            return;
        }
        let unit = &mut self.current;
        fields.within(std::mem::take(&mut unit.outer), &unit.more);
        match read_line(&self.order, &unit.text, unit.number, fields, output) {
            Ok(()) => self.any = true,
            Err(Refusal::NotMine) if self.any && trace::may_continue(&unit.text) => {
                self.continued += 1;
            }
            Err(Refusal::NotMine) => output.reject(unit.number, "no format reads this line"),
            Err(Refusal::Bad(reason)) => output.reject(unit.number, reason),
        }
        fields.within(Outer::default(), "");
        unit.number = 0;
        unit.text.clear();
        unit.more.clear();
    }
}

/// Parts of lines that wait for their end, one for each stream of a container.
#[derive(Default)]
struct Parts {
    waiting: [Option<(Opened<'static>, u64)>; 2],
    /// Whether some part ended with a line end: where none does, the log was stored without.
    saw_an_end: bool,
}

impl Parts {
    /// The whole line, with the number of its first part, once its end is there.
    fn join<'a>(
        &mut self,
        part: Part,
        opened: Opened<'a>,
        number: u64,
        max: usize,
    ) -> Option<(Opened<'a>, u64)> {
        self.saw_an_end |= part.ends;
        let slot = &mut self.waiting[usize::from(part.is_error_stream)];
        let cut_json = |t: &str| t.starts_with('{') && !t.ends_with('}');
        let goes_on = !part.ends && (part.is_sure || self.saw_an_end || cut_json(&opened.text));
        let (text, outer, number) = match slot.take() {
            Some((before, number)) if before.text.len() + opened.text.len() <= max => {
                let text = before.text.into_owned() + &opened.text;
                (Cow::Owned(text), before.outer, number)
            }
            // Longer than a line may be: what was held is given up with the part that comes.
            _ => (opened.text, opened.outer, number),
        };
        if goes_on {
            let text = Cow::Owned(text.into_owned());
            *slot = Some((Opened { text, outer }, number));
            return None;
        }
        // The whole may have envelopes that its parts did not show.
        let Cow::Owned(text) = text else {
            return Some((Opened { text, outer }, number));
        };
        Some((envelope::open_further(text, outer), number))
    }

    /// What never ended, in the order of the lines.
    fn rest(self) -> Vec<(Opened<'static>, u64)> {
        let mut rest: Vec<_> = self.waiting.into_iter().flatten().collect();
        rest.sort_by_key(|(_, number)| *number);
        rest
    }
}

type Reader = (&'static str, &'static dyn LineFormat);

/// The line formats, the main one first; plain text, which reads almost any line, is always the last.
fn order(main: Option<&'static dyn LogFormat>) -> Vec<Reader> {
    let id = main.map_or("", |m| m.id());
    let mut order: Vec<Reader> = FORMATS
        .iter()
        .filter_map(|f| f.lines().map(|l| (f.id(), l)))
        .collect();
    order.sort_by_key(|(other, _)| (*other == "text", *other != id));
    order
}

/// Reads one line: its envelopes are known to `fields`.
fn read_line(
    order: &[Reader],
    text: &str,
    number: u64,
    fields: &mut Fields,
    output: &mut Output<'_>,
) -> Result<(), Refusal> {
    for (id, format) in order {
        let result = format.read_line(text, number, fields, &mut |record| {
            output.record(id, record)
        });
        if !matches!(result, Err(Refusal::NotMine)) {
            return result;
        }
    }
    if !fields.has_outer_time() {
        return Err(Refusal::NotMine);
    }
    for (id, format) in order {
        let result = format.read_untimed(text, number, fields, &mut |record| {
            output.record(id, record)
        });
        if !matches!(result, Err(Refusal::NotMine)) {
            return result;
        }
    }
    Err(Refusal::NotMine)
}

/// Reads a line that stands in the message of a record: by the formats that go by the shape of a line, since its
/// JSON and its pairs are fields of the record around it.
pub(crate) fn read_inside(text: &str, number: u64, fields: &mut Fields) -> Option<Record<'static>> {
    let formats = FORMATS
        .iter()
        .filter(|f| !matches!(f.id(), "jsonl" | "logfmt"));
    for format in formats.filter_map(|f| f.lines()) {
        let mut record = None;
        let read = format.read_line(text, number, fields, &mut |r| record = Some(detached(r)));
        if read.is_ok() && record.is_some() {
            return record;
        }
    }
    None
}
