//! Which part of a log in time order can hold the window that is asked about: found by looking at the time stamps of a few
//! places, so that an hour of a week costs little more than an hour's reading.

use std::io::{self, Read};
use std::ops::Range;

use super::detect::{Choice, SAMPLE_BYTES, Sample};
use super::fields::Fields;
use super::{FormatInfo, Output, ReadOptions, ReadSummary, Rest, Sink};
use crate::model::{RawIncident, Record, Span, Stamp, Time, Watched, Window};
use crate::source::{Input, Limits, PlainFile};

/// A part that is smaller is not worth the seeking, in bytes.
const WORTH: u64 = if cfg!(test) { 8 << 10 } else { 4 << 20 };
/// A part that is as small is not halved again, in bytes.
const CLOSE: u64 = if cfg!(test) { 2 << 10 } else { 256 << 10 };
/// So many places tell whether the log is in time order.
const PLACES: u64 = 64;
/// So much is looked at in one place, in bytes.
const LOOK: u64 = if cfg!(test) { 1 << 10 } else { 64 << 10 };
/// Lines may stand in disorder by so much, in seconds: a record is written when it is over, or after it waited in a buffer.
const DISORDER_S: f64 = 900.0;

/// How one input is looked at.
pub(super) struct Looking<'a> {
    pub(super) choice: &'a Choice,
    pub(super) sample: &'a Sample,
    pub(super) limits: &'a Limits,
    /// What the names mean, known from the same sample.
    pub(super) fields: Fields,
}

impl Looking<'_> {
    /// The lines of `file` that can hold events of the window. All of them when it is not in time order, is short, or holds
    /// lines that cannot be read from their start on.
    pub(super) fn part(&mut self, file: &mut PlainFile, window: Window) -> io::Result<Range<u64>> {
        let all = 0..file.length();
        if file.length() < WORTH || !self.reads_from_any_line() {
            return Ok(all);
        }
        let Some(places) = self.places(file)? else {
            return Ok(all);
        };
        let has_zone = places.iter().all(|(_, stamp)| stamp.has_zone);
        let Span { start, end } = window.reach(has_zone);
        let (start, end) = (start.plus_secs(-DISORDER_S), end.plus_secs(DISORDER_S));
        // The last place that lies before the window, and the first that lies behind it.
        let before = places.iter().rev().find(|(_, s)| s.time < start);
        let behind = places.iter().find(|(_, s)| s.time > end);
        let next = |at: u64| places.iter().map(|p| p.0).find(|p| *p > at);
        let previous = |at: u64| places.iter().map(|p| p.0).rev().find(|p| *p < at);
        let from = match before {
            Some((at, _)) => {
                let bound = next(*at).unwrap_or(file.length());
                self.halve(file, *at..bound, |time| time < start)?.start
            }
            None => 0,
        };
        let to = match behind {
            Some((at, _)) => {
                let bound = previous(*at).unwrap_or(0);
                self.halve(file, bound..*at, |time| time <= end)?.end
            }
            None => file.length(),
        };
        Ok(from..to.max(from))
    }

    /// Whether lines can be told from anywhere in the file, as they cannot inside a document or a quoted cell.
    fn reads_from_any_line(&self) -> bool {
        match self.choice.format {
            Some(format) if format.whole().is_some() => {
                format.id() == "csv" && !self.sample.text().contains('"')
            }
            Some(_) => true,
            None => false,
        }
    }

    /// Places over the whole file, with the time of each; `None` when they are not in time order.
    fn places(&mut self, file: &mut PlainFile) -> io::Result<Option<Vec<(u64, Stamp)>>> {
        let mut out: Vec<(u64, Stamp)> = Vec::new();
        for n in 0..PLACES {
            let at = file.line_start(file.length() / PLACES * n)?;
            let Some(stamp) = self.stamp_at(file, at)? else {
                return Ok(None);
            };
            let last = out.last().map_or(Time::MIN, |(_, last)| last.time);
            if stamp.time < last {
                return Ok(None);
            }
            out.push((at, stamp));
        }
        Ok(Some(out))
    }

    /// Narrows a part whose lines are `early` from its start to some place, until that place is known closely.
    fn halve(
        &mut self,
        file: &mut PlainFile,
        mut part: Range<u64>,
        early: impl Fn(Time) -> bool,
    ) -> io::Result<Range<u64>> {
        while part.end - part.start > CLOSE {
            let middle = file.line_start(part.start + (part.end - part.start) / 2)?;
            if middle >= part.end {
                break;
            }
            match self.stamp_at(file, middle)? {
                Some(stamp) if early(stamp.time) => part.start = middle,
                Some(_) => part.end = middle,
                None => break,
            }
        }
        Ok(part)
    }

    /// The stamp of the first line from `at` on that has one.
    fn stamp_at(&mut self, file: &mut PlainFile, at: u64) -> io::Result<Option<Stamp>> {
        // The first line may be a header, without which the others say nothing.
        let head = self.sample.text().split_inclusive('\n').next();
        let mut text = head.unwrap_or_default().as_bytes().to_vec();
        text.extend(file.lines_at(at, LOOK)?);
        let mut first = FirstStamp(None);
        let mut output = Output {
            sink: &mut first,
            summary: ReadSummary::default(),
            limits: self.limits,
            current: "",
        };
        super::read_through(
            self.choice,
            &mut text.as_slice(),
            &mut self.fields,
            &mut output,
        );
        Ok(first.0)
    }
}

/// Keeps the first stamp of a line behind the head.
struct FirstStamp(Option<Stamp>);

impl Sink for FirstStamp {
    fn format(&mut self, _: &FormatInfo) {}

    fn record(&mut self, record: &Record<'_>) {
        if record.line > 1 && self.0.is_none() {
            self.0 = record.stamp();
        }
    }

    fn status(&mut self, _: RawIncident) {}
}

/// The lines of the sample and those of `part`, with an empty line for each line between them, so that every line keeps
/// its number; none when nearly all of the file would be read.
fn reader(
    mut file: PlainFile,
    part: Range<u64>,
    watch: &Watched,
) -> io::Result<Option<(Rest<'static>, u64)>> {
    let head = file.lines_at(0, SAMPLE_BYTES as u64)?;
    let known = head.len() as u64;
    let start = file.line_start(part.start)?.max(known);
    let end = file.line_start(part.end)?.max(start);
    let left = (start - known) + (file.length() - end);
    if left < WORTH {
        return Ok(None);
    }
    let between = file.line_ends(known..start)?;
    watch.read(left);
    let empty = io::repeat(b'\n').take(between);
    let rest = file.reader(start..end, watch)?;
    let whole = io::Cursor::new(head).chain(empty).chain(rest);
    Ok(Some((Box::new(whole), left)))
}

/// A reader of the lines of an input that can hold events of the window, and how many bytes it leaves out; none when nothing
/// speaks for reading less than all.
pub(super) fn narrowed(
    input: &Input,
    looking: &mut Looking<'_>,
    options: &ReadOptions,
) -> Option<(Rest<'static>, u64)> {
    // What cannot be read here is told by the ordinary reading.
    let mut file = PlainFile::of(input).ok()??;
    let part = looking.part(&mut file, options.window).ok()?;
    reader(file, part, &options.watch).ok()?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Default)]
    struct Seen(Vec<(u64, Time, String)>);

    impl Sink for Seen {
        fn format(&mut self, _: &FormatInfo) {}
        fn record(&mut self, record: &Record<'_>) {
            let id = record.get(crate::model::Field::PaymentId);
            let time = record.stamp().map_or(Time::MIN, |s| s.time);
            self.0
                .push((record.line, time, id.unwrap_or_default().to_owned()));
        }
        fn status(&mut self, _: RawIncident) {}
    }

    /// What is read of a log when a window is asked about, and whether some was left unread.
    fn seen(text: &str, name: &str, window: Window) -> (Vec<(u64, Time, String)>, bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let input = Input {
            shown: name.to_owned(),
            path,
            entry: None,
            role: None,
            name: None,
        };
        let options = ReadOptions {
            window,
            ..ReadOptions::default()
        };
        let mut sink = Seen::default();
        let summary = crate::parse::read(&input, &options, &mut sink).unwrap();
        let left = summary.warnings.iter().any(|w| w.contains("were not read"));
        (sink.0, left)
    }

    const START: i64 = 1_629_244_800;

    /// One line a minute, each late by as many seconds as `late` says.
    fn log(format: &str, late: &[i64]) -> String {
        let mut text = if format == "csv" {
            "time,payment_id,status,amount,currency,note\n".to_owned()
        } else {
            String::new()
        };
        let pad = "x".repeat(60);
        for (n, late) in (0i64..).zip(late) {
            let secs = START + 60 * n - late;
            let time = Time(secs * 1_000_000_000).to_string();
            text += &match format {
                "csv" => format!("{time},p{n},ok,1.50,EUR,{pad}\n"),
                "json" => format!(
                    "{{\"time\":\"{time}\",\"payment_id\":\"p{n}\",\"status\":\"ok\",\"amount\":1.5,\"note\":\"{pad}\"}}\n"
                ),
                _ => format!(
                    "time={time} level=info payment_id=p{n} status=ok amount=1.5 note={pad}\n"
                ),
            };
        }
        text
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        /// Nothing that lies in reach of the window is lost, every line keeps its number, and something is saved.
        #[test]
        fn what_is_in_reach_is_read(
            late in proptest::collection::vec(0i64..800, 5_000),
            format in prop_oneof![Just("json"), Just("csv"), Just("log")],
            from in 0i64..5_000, minutes in 0i64..600,
        ) {
            let text = log(format, &late);
            let name = format!("payments.{format}");
            let at = |minute: i64| Some(Time((START + 60 * minute) * 1_000_000_000));
            let window = Window { from: at(from), to: at(from + minutes) };
            let reach = window.reach(true);
            let inside = |all: Vec<(u64, Time, String)>| -> Vec<(u64, Time, String)> {
                all.into_iter().filter(|(_, t, _)| reach.contains(*t)).collect()
            };
            let (all, nothing_left) = seen(&text, &name, Window::default());
            let (some, left) = seen(&text, &name, window);
            prop_assert!(!nothing_left && left);
            prop_assert_eq!(all.len(), 5_000);
            prop_assert!(some.len() < 4_200, "{} lines read", some.len());
            prop_assert_eq!(inside(some), inside(all));
        }
    }

    #[test]
    fn a_log_out_of_order_is_read_whole() {
        let mut late = vec![0; 3_000];
        late.extend(vec![60 * 3_000; 2_000]);
        let window = Window {
            from: None,
            to: Some(Time((START + 60 * 100) * 1_000_000_000)),
        };
        let (read, left) = seen(&log("json", &late), "payments.json", window);
        assert!(!left);
        assert_eq!(read.len(), 5_000);
    }
}
