//! From bytes to records: which format an input has, and what each of its lines says.
//!
//! A format is one file in `formats/` and one line in its table `FORMATS`. It says how well it fits a sample,
//! and reads a line, or a whole document. An input has one main format; a line that this one does not read
//! is offered to the other line formats, and a line that none reads becomes a [`Reject`] with its reason.
//! What a value means is not decided here: a [`Record`] is what the line said, under canonical names.

pub mod aliases;
mod detect;
mod envelope;
mod fields;
mod formats;
mod framer;
pub mod json;
mod layout;
mod lines;
mod outline;
mod pairs;
mod pieces;
#[doc(hidden)]
pub mod probe;
mod sentence;
pub mod stamp;
mod suggest;
mod tail;
mod trace;
mod window;
mod wrapper;

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};

use crate::model::{
    Alike, DateOrder, DurationUnit, Field, RawIncident, Record, Reject, Role, Span, Suggestion,
    Watched, Window,
};
use crate::source::{self, Input, Limits, Lines, SourceError};

use detect::{Choice, Sample};
use fields::Fields;

/// Rejects that are kept with their text; the rest are counted.
const KEPT_REJECTS: usize = 5;

/// One rule of `knockon.toml` on how to read some inputs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MappingRule {
    /// Glob on the shown path (or on the file name alone).
    pub path: Option<String>,
    /// Name of the input, as a flag gave it.
    pub name: Option<String>,
    /// Role of the input, as a flag gave it.
    pub for_role: Option<Role>,
    /// What the log calls a field, and which field it is.
    pub fields: Vec<(String, Field)>,
    /// Values that every record has, whatever it says.
    pub set: Vec<(Field, String)>,
    /// Unit of durations that state none.
    pub duration_unit: Option<DurationUnit>,
    /// Whether amounts count minor units (cents).
    pub amount_in_minor_units: Option<bool>,
    /// Which number of a date such as `06/03/2024` comes first.
    pub date_order: Option<DateOrder>,
    /// Year of the first stamp, for stamps that state none.
    pub year: Option<i64>,
    /// Role of the inputs that match.
    pub role: Option<Role>,
    /// Exchange that the inputs tell about.
    pub exchange: Option<String>,
    /// Merchant that the inputs tell about.
    pub merchant: Option<String>,
}

impl MappingRule {
    /// Whether the rule concerns `input`: all selectors that it has must fit.
    pub fn concerns(&self, input: &Input) -> bool {
        let path = self.path.as_ref();
        let path_fits = path.is_none_or(|pattern| path_fits(pattern, input));
        path_fits
            && self
                .name
                .as_ref()
                .is_none_or(|n| input.name.as_ref() == Some(n))
            && self.for_role.is_none_or(|r| input.role == Some(r))
    }
}

/// Every format that is read: its id and what it is, for help and documentation.
pub fn formats() -> impl Iterator<Item = (&'static str, &'static str)> {
    formats::FORMATS.iter().map(|f| (f.id(), f.about()))
}

/// Whether a glob fits the shown path of an input, or its file name alone.
pub fn path_fits(pattern: &str, input: &Input) -> bool {
    let name = input.shown.rsplit('/').next().unwrap_or(&input.shown);
    glob::Pattern::new(pattern).is_ok_and(|p| p.matches(&input.shown) || p.matches(name))
}

/// How to read.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// Rules of the configuration; the first that concerns an input and states something wins.
    pub mapping: Vec<MappingRule>,
    /// When to give up.
    pub limits: Limits,
    /// When the other inputs happened, where that is known: for stamps that leave open when they are.
    pub near: Option<Span>,
    /// The time that is asked about: what lies out of its reach need not be read.
    pub window: Window,
    /// Is told how far the reading is.
    pub watch: Watched,
}

/// What is told before the first record of a format, and whenever the format changes from line to line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatInfo {
    /// Id of the format, as `inspect` prints it.
    pub id: &'static str,
    /// Why this format, in words for people.
    pub reason: String,
}

/// Takes what is read.
pub trait Sink {
    /// The records that follow have this format.
    fn format(&mut self, info: &FormatInfo);
    /// One line (or element) that was understood.
    fn record(&mut self, record: &Record<'_>);
    /// One incident of a status page.
    fn status(&mut self, incident: RawIncident);
    /// Whether [`Sink::learn`] may give a number.
    fn learns(&self) -> bool {
        false
    }
    /// As [`Sink::record`]; gives a number when records that are [`Alike`] may from now on be given by it.
    fn learn(&mut self, record: &Record<'_>) -> Option<u32> {
        self.record(record);
        None
    }
    /// One line that says what the record of this number said, but for what is given.
    fn alike(&mut self, _number: u32, _alike: &Alike<'_>) {}
}

/// How the reading of one input went.
#[derive(Clone, Debug, Default)]
pub struct ReadSummary {
    /// Id of the main format; empty when none was recognised.
    pub format: &'static str,
    /// Why this format.
    pub format_reason: String,
    /// Lines (or elements) seen, blank ones not counted.
    pub lines: u64,
    /// Lines that could not be read.
    pub rejected: u64,
    /// The first of them.
    pub rejects: Vec<Reject>,
    /// The log's own names and what they were taken for.
    pub mapping: Vec<(String, Field)>,
    /// The log's own names that were taken for nothing, with an example of their values.
    pub unused: Vec<(String, String)>,
    /// What a reader of the report should know.
    pub warnings: Vec<String>,
    /// Records that were rejected because nothing tells their year, or which number of their date is the day.
    pub undated: u64,
    /// Compression that was peeled; empty for plain.
    pub compression: &'static str,
    /// Role that the configuration states.
    pub role: Option<Role>,
    /// Exchange that the configuration states.
    pub exchange: Option<String>,
    /// Merchant that the configuration states.
    pub merchant: Option<String>,
}

/// Why an input cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// It cannot be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Not one byte of it can be read.
    #[error("cannot read {path}")]
    Io {
        /// As shown.
        path: String,
        /// What the system or the decompressor said.
        #[source]
        source: io::Error,
    },
}

/// Reads one input to its end and gives what it says to `sink`, in the order of the input.
///
/// A bad line never stops it; an archive that is cut off is read as far as it goes, with a warning.
///
/// # Errors
/// The input cannot be opened, or nothing of it can be read.
pub fn read(
    input: &Input,
    options: &ReadOptions,
    sink: &mut dyn Sink,
) -> Result<ReadSummary, ParseError> {
    let opened = source::open(input, &options.limits, &options.watch)?;
    let rules = || options.mapping.iter().filter(|rule| rule.concerns(input));
    let mut fields = Fields::new(rules());
    let mut summary = ReadSummary {
        compression: opened.compression,
        role: rules().find_map(|r| r.role),
        exchange: rules().find_map(|r| r.exchange.clone()),
        merchant: rules().find_map(|r| r.merchant.clone()),
        ..ReadSummary::default()
    };
    let (sample, mut reader) = take_sample(input, opened.reader)?;
    if let Some(what) = sample.binary() {
        summary.format_reason = format!("not text: {what}");
        summary.warnings.push(format!("not read: {what}"));
        return Ok(summary);
    }
    let choice = detect::choose(&sample, &mut fields);
    let remark = fields.settle();
    let is_log = choice.format.is_none_or(|f| f.is_log());
    summary.warnings.extend(remark.filter(|_| is_log));
    let is_dated = !fields.calendar.saw_open();
    let dates = decide_dates(input, options, &choice, &sample, &mut fields);
    summary.warnings.extend(dates);
    fields.forget_cut_messages();
    summary.format = choice.format.map_or("", |f| f.id());
    summary.format_reason.clone_from(&choice.reason);
    if is_dated && let Some((narrowed, left)) = narrowed(input, rules(), options, &choice, &sample)
    {
        reader = narrowed;
        summary.warnings.push(format!(
            "{left} bytes were not read: by the time stamps around them, their lines lie outside of the time asked for"
        ));
    }
    let mut output = Output {
        sink,
        summary,
        limits: &options.limits,
        current: "",
    };
    read_through(&choice, &mut reader, &mut fields, &mut output);
    output.summary.mapping = fields.mapping();
    output.summary.unused = fields.unused();
    output.summary.undated = fields.calendar.refused();
    if let Some((length, count)) = fields.cut_messages() {
        output.warn(format!(
            "{count} messages are cut at {length} characters, as export tools do; what stood behind the cut is missing: ids \
             or errors may be among it"
        ));
    }
    if output.summary.undated > 0 {
        let n = output.summary.undated;
        output.warn(format!(
            "records left out because nothing tells the date of their time stamps: {n}; \
             state date_order or year for this input in knockon.toml"
        ));
    }
    Ok(output.summary)
}

/// A reader of what can hold the window that is asked about; see [`window`].
fn narrowed<'r>(
    input: &Input,
    rules: impl Iterator<Item = &'r MappingRule>,
    options: &ReadOptions,
    choice: &Choice,
    sample: &Sample,
) -> Option<(Rest<'static>, u64)> {
    if !options.window.is_stated() {
        return None;
    }
    let mut fields = Fields::new(rules);
    let _same = detect::choose(sample, &mut fields);
    fields.settle();
    let mut looking = window::Looking {
        choice,
        sample,
        limits: &options.limits,
        fields,
    };
    window::narrowed(input, &mut looking, options)
}

/// What the names of an input could mean, by the values that its start holds, for a section of `knockon.toml`.
///
/// # Errors
/// As [`read`].
pub fn suggest(input: &Input, options: &ReadOptions) -> Result<Suggestion, ParseError> {
    let opened = source::open(input, &options.limits, &options.watch)?;
    let (sample, _) = take_sample(input, opened.reader)?;
    let rules = options.mapping.iter().filter(|rule| rule.concerns(input));
    let names = match sample.binary() {
        Some(_) => Vec::new(),
        None => suggest::names(&sample, &options.limits, &mut Fields::new(rules)),
    };
    Ok(Suggestion {
        path: input.shown.clone(),
        names,
    })
}

fn read_through(
    choice: &Choice,
    reader: &mut (dyn Read + Send),
    fields: &mut Fields,
    output: &mut Output<'_>,
) {
    match choice.format.and_then(|f| f.whole()) {
        Some(whole) => whole.read_all(reader, fields, output),
        None => lines::read_all(choice.format, reader, fields, output),
    }
}

/// Rules on what the stamps of the input leave open. Where the sample has such stamps, the whole input is read for
/// that alone; of standard input, which can be read only once, the sample. Gives remarks for people.
fn decide_dates(
    input: &Input,
    options: &ReadOptions,
    choice: &Choice,
    sample: &Sample,
    fields: &mut Fields,
) -> Vec<String> {
    if fields.calendar.saw_open() {
        fields.calendar.restart();
        let mut nowhere = Nowhere;
        let mut output = Output {
            sink: &mut nowhere,
            summary: ReadSummary::default(),
            limits: &options.limits,
            current: "",
        };
        let again =
            (!input.is_stdin()).then(|| source::open(input, &options.limits, &Watched::default()));
        match again {
            Some(Ok(mut opened)) => {
                read_through(choice, &mut opened.reader, fields, &mut output);
            }
            _ => read_through(choice, &mut sample.text().as_bytes(), fields, &mut output),
        }
    }
    fields.calendar.decide(&input.shown, options.near)
}

/// Takes records and forgets them.
struct Nowhere;

impl Sink for Nowhere {
    fn format(&mut self, _: &FormatInfo) {}
    fn record(&mut self, _: &Record<'_>) {}
    fn status(&mut self, _: RawIncident) {}
}

/// The text of the given lines (elements, for a document; sorted), for citations: lossy UTF-8, cut at 2000 characters.
/// A line that is not there, or an input that can no longer be read, is left out.
pub fn cited_lines(input: &Input, lines: &[u64], limits: &Limits) -> BTreeMap<u64, String> {
    let mut out = BTreeMap::new();
    let Some(&last) = lines.last() else {
        return out;
    };
    let Ok(opened) = source::open(input, limits, &Watched::default()) else {
        return out;
    };
    let Ok((sample, mut reader)) = take_sample(input, opened.reader) else {
        return out;
    };
    let choice = detect::choose(&sample, &mut Fields::new([].iter()));
    let mut keep = |number: u64, text: &[u8]| {
        if lines.binary_search(&number).is_ok() {
            let text = String::from_utf8_lossy(text);
            out.insert(number, fields::cut(text.trim(), 2000).to_owned());
        }
        number < last
    };
    if choice.format.is_some_and(|f| f.counts_elements()) {
        framer::each_element(&mut reader, limits, &mut |element| {
            keep(element.ordinal, compact(element.text).as_bytes())
        });
        return out;
    }
    let mut all = Lines::new(reader, limits.max_line_bytes);
    for &number in lines {
        all.skip_to(number);
        match all.next_line() {
            Some(line) => keep(line.number, line.bytes),
            None => break,
        };
    }
    out
}

/// JSON on one line.
fn compact(text: &str) -> String {
    let value: Result<&serde_json::value::RawValue, _> = serde_json::from_str(text);
    let parts: Vec<&str> = text.lines().map(str::trim).collect();
    match value {
        // A line break inside valid JSON is never inside a string.
        Ok(_) => parts.concat(),
        Err(_) => parts.join(" "),
    }
}

type Rest<'a> = Box<dyn Read + Send + 'a>;

/// The first part of an input for a look, and a reader that still starts with it.
fn take_sample<'a>(
    input: &Input,
    mut reader: impl Read + Send + 'a,
) -> Result<(Sample, Rest<'a>), ParseError> {
    let mut head = Vec::new();
    let read = reader
        .by_ref()
        .take(detect::SAMPLE_BYTES as u64)
        .read_to_end(&mut head);
    let mut failure = None;
    match read {
        Err(source) if head.is_empty() => {
            return Err(ParseError::Io {
                path: input.shown.clone(),
                source,
            });
        }
        Err(e) => failure = Some(e),
        Ok(_) => {}
    }
    let whole = failure.is_none() && head.len() < detect::SAMPLE_BYTES;
    let sample = Sample::new(&head, whole);
    let again = Cursor::new(head).chain(Once(failure)).chain(reader);
    Ok((sample, Box::new(again)))
}

/// Gives an error once, so that what came before it is read first.
struct Once(Option<io::Error>);

impl Read for Once {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Where formats put what they read.
pub(crate) struct Output<'s> {
    sink: &'s mut dyn Sink,
    summary: ReadSummary,
    limits: &'s Limits,
    current: &'static str,
}

impl Output<'_> {
    /// Tells the sink which format follows, if it is another than before.
    fn announce(&mut self, id: &'static str) {
        if self.current == id {
            return;
        }
        self.current = id;
        let reason = if id == self.summary.format {
            self.summary.format_reason.clone()
        } else {
            format!("single lines among {}", self.summary.format)
        };
        self.sink.format(&FormatInfo { id, reason });
    }

    pub(crate) fn record(&mut self, id: &'static str, record: &Record<'_>) {
        self.announce(id);
        self.sink.record(record);
    }

    /// Whether the sink takes records that are like others.
    pub(crate) fn learns(&self) -> bool {
        self.sink.learns()
    }

    pub(crate) fn learn(&mut self, id: &'static str, record: &Record<'_>) -> Option<u32> {
        self.announce(id);
        self.sink.learn(record)
    }

    pub(crate) fn alike(&mut self, id: &'static str, number: u32, alike: &Alike<'_>) {
        self.announce(id);
        self.sink.alike(number, alike);
    }

    pub(crate) fn status(&mut self, id: &'static str, incident: RawIncident) {
        self.announce(id);
        self.sink.status(incident);
    }

    /// Lines (or elements) so far.
    pub(crate) fn lines(&self) -> u64 {
        self.summary.lines
    }

    pub(crate) fn line(&mut self) {
        self.summary.lines += 1;
    }

    pub(crate) fn reject(&mut self, line: u64, reason: impl Into<String>) {
        self.summary.rejected += 1;
        if self.summary.rejects.len() < KEPT_REJECTS {
            self.summary.rejects.push(Reject {
                line,
                reason: reason.into(),
            });
        }
    }

    pub(crate) fn warn(&mut self, warning: String) {
        self.summary.warnings.push(warning);
    }

    /// The data ended with an error instead of an end.
    pub(crate) fn cut_off(&mut self, error: &io::Error) {
        let what = if error.kind() == io::ErrorKind::FileTooLarge {
            "too large for a log".to_owned()
        } else if self.summary.compression.is_empty() {
            "cannot be read to its end".to_owned()
        } else {
            format!(
                "the {} data is damaged or cut off",
                self.summary.compression
            )
        };
        self.warn(format!(
            "{what} ({error}); what came before was read, the rest is missing"
        ));
    }
}
