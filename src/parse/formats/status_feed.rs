//! History feeds of status pages, Atom and RSS, as Atlassian Statuspage writes them (`/history.atom`, `/history.rss`).
//!
//! An entry is an incident. Its `published` (`pubDate`) is the time of its *last* update; the times of all of them stand
//! in the HTML inside, newest first, without a year and often to the minute:
//! `<p><small>Aug 18, 14:05 UTC</small><br><strong>Resolved</strong> - It is over.</p>`

use std::io::{BufReader, Read};

use chrono::{Datelike, NaiveDate};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Fit, LogFormat, WholeFormat};
use crate::model::{RawIncident, RawUpdate, Stamp};
use crate::parse::Output;
use crate::parse::detect::Sample;
use crate::parse::fields::Fields;
use crate::parse::stamp;

pub(super) struct StatusFeed;

/// The longest text of one element that is kept, in bytes; far above the longest postmortem.
const LONGEST_TEXT: usize = 1 << 20;

impl LogFormat for StatusFeed {
    fn id(&self) -> &'static str {
        "status-feed"
    }

    fn about(&self) -> &'static str {
        "status pages: history feeds in Atom and RSS, with the times of all updates"
    }

    fn detect(&self, sample: &Sample, _: &mut Fields) -> Option<Fit> {
        let text = sample.text();
        let xml = text.trim_start_matches('\u{feff}').trim_start();
        let feed = xml.starts_with('<') && (text.contains("<feed") || text.contains("<rss"));
        let dated = text.contains("<small>") || text.contains("&lt;small&gt;");
        (feed && dated).then(|| Fit {
            score: 1000,
            reason: "it is a feed whose entries are incidents with dated updates".to_owned(),
        })
    }

    fn whole(&self) -> Option<&dyn WholeFormat> {
        Some(self)
    }

    fn counts_elements(&self) -> bool {
        true
    }

    fn is_log(&self) -> bool {
        false
    }
}

/// What the feed says of itself.
#[derive(Default)]
struct Page {
    title: Option<String>,
    url: Option<String>,
}

/// One entry's texts as they stand.
#[derive(Default)]
struct Entry {
    id: Option<String>,
    title: String,
    published: Option<String>,
    html: String,
}

impl WholeFormat for StatusFeed {
    fn read_all(&self, reader: &mut (dyn Read + Send), _: &mut Fields, output: &mut Output<'_>) {
        let mut xml = Reader::from_reader(BufReader::new(reader));
        xml.config_mut().check_end_names = false;
        let (mut buffer, mut text) = (Vec::new(), String::new());
        let (mut page, mut entry) = (Page::default(), None::<Entry>);
        let mut ordinal = 0;
        loop {
            buffer.clear();
            match xml.read_event_into(&mut buffer) {
                Ok(Event::Start(tag)) => {
                    text.clear();
                    if is_entry(tag.local_name().as_ref()) {
                        if entry.is_some() {
                            output.reject(ordinal, "another entry begins before this one ends");
                        }
                        ordinal += 1;
                        output.line();
                        entry = Some(Entry::default());
                    }
                    link(&tag, entry.is_some(), &mut page);
                }
                Ok(Event::Empty(tag)) => link(&tag, entry.is_some(), &mut page),
                Ok(Event::Text(part)) => add(&mut text, &part),
                Ok(Event::CData(part)) => add(&mut text, &part),
                Ok(Event::GeneralRef(name)) => add(&mut text, &reference(&name)),
                Ok(Event::End(tag)) if is_entry(tag.local_name().as_ref()) => {
                    if let Some(entry) = entry.take() {
                        finish(entry, &page, ordinal, output);
                    }
                }
                Ok(Event::End(tag)) => {
                    keep(tag.local_name().as_ref(), &text, entry.as_mut(), &mut page);
                    text.clear();
                }
                Ok(Event::Eof) => break,
                Ok(_) => {}
                Err(_) => {
                    if entry.is_none() {
                        ordinal += 1;
                        output.line();
                    }
                    output.reject(ordinal, "not XML from here on: cut off or damaged");
                    return;
                }
            }
        }
        if entry.is_some() {
            output.reject(ordinal, "the feed ends inside this entry: cut off");
        }
    }
}

fn is_entry(name: &str) -> bool {
    matches!(name, "entry" | "item")
}

fn add(text: &mut String, part: &str) {
    if text.len() < LONGEST_TEXT {
        text.push_str(part);
    }
}

/// What `&name;` stands for; a name that XML does not know stays as it is written.
fn reference(name: &str) -> String {
    let written = format!("&{name};");
    quick_xml::escape::unescape(&written).map_or_else(|_| written.clone(), |t| t.into_owned())
}

/// Takes the page's address from an Atom link of the feed itself: `<link rel="alternate" href="…"/>`.
fn link(tag: &BytesStart<'_>, in_entry: bool, page: &mut Page) {
    if in_entry || page.url.is_some() || tag.local_name().as_ref() != "link" {
        return;
    }
    let value = |key: &str| tag.try_get_attribute(key).ok().flatten();
    if value("rel").is_none_or(|rel| rel.value.as_ref() == "alternate") {
        page.url = value("href").map(|href| href.value.into_owned());
    }
}

fn keep(name: &str, text: &str, entry: Option<&mut Entry>, page: &mut Page) {
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    match (name, entry) {
        ("title", Some(entry)) => text.clone_into(&mut entry.title),
        ("id" | "guid", Some(entry)) => entry.id = Some(text.to_owned()),
        ("published" | "pubDate", Some(entry)) => entry.published = Some(text.to_owned()),
        ("updated", Some(entry)) if entry.published.is_none() => {
            entry.published = Some(text.to_owned());
        }
        ("content" | "description" | "summary", Some(entry)) if text.len() > entry.html.len() => {
            text.clone_into(&mut entry.html);
        }
        ("title", None) if page.title.is_none() => {
            // "GitHub Status - Incident History"
            page.title = text.split(" - ").next().map(str::to_owned);
        }
        ("link", None) if page.url.is_none() => page.url = Some(text.to_owned()),
        _ => {}
    }
}

fn finish(entry: Entry, page: &Page, ordinal: u64, output: &mut Output<'_>) {
    if entry.title.is_empty() {
        output.reject(ordinal, "an entry without a title");
        return;
    }
    let last = entry.published.as_deref().and_then(stamp::read);
    let Some(last) = last.filter(Stamp::is_whole) else {
        output.reject(ordinal, "an entry without a readable time of publication");
        return;
    };
    let updates = updates(&entry.html, date_of(&last));
    let earliest = updates.iter().filter_map(|u| u.time).min_by_key(|s| s.time);
    if earliest.is_none() {
        // The publication is that of the last update: as a start it would be wrong.
        output.reject(ordinal, "an entry whose updates have no readable times");
        return;
    }
    let maintenance = |u: &RawUpdate| matches!(&*u.status, "scheduled" | "in_progress");
    let scheduled = entry.html.contains("SCHEDULED EVENT") || updates.iter().any(maintenance);
    let began = updates.iter().filter(|u| u.status == "in_progress");
    let incident = RawIncident {
        line: ordinal,
        page: page.title.clone(),
        page_url: page.url.clone(),
        id: entry.id,
        title: entry.title,
        impact: scheduled.then(|| "maintenance".to_owned()),
        status: updates.first().map(|u| u.status.clone()),
        created: earliest,
        started: began.filter_map(|u| u.time).min_by_key(|s| s.time),
        monitoring: None,
        resolved: None,
        scheduled_for: planned(&entry.html, date_of(&last)),
        scheduled_until: None,
        scheduled,
        components: Vec::new(),
        updates,
    };
    output.status("status-feed", incident);
}

fn date_of(stamp: &Stamp) -> NaiveDate {
    let seconds = stamp.time.0.div_euclid(1_000_000_000);
    let instant = chrono::DateTime::from_timestamp(seconds, 0);
    instant.unwrap_or_default().date_naive()
}

/// The updates of an entry: each begins with its time in `<small>`, then its status, a dash and its text.
fn updates(html: &str, last: NaiveDate) -> Vec<RawUpdate> {
    let mut found = Vec::new();
    for part in html.split("<small>").skip(1) {
        let Some((heading, rest)) = part.split_once("</small>") else {
            continue;
        };
        let rest = plain(rest);
        let (status, body) = match rest.split_once(" - ") {
            // The longest status is "Investigating"; a dash further on is one of the text.
            Some((status, body)) if status.len() <= 20 => (status, body),
            _ => ("", rest.as_str()),
        };
        found.push(RawUpdate {
            time: dated(&plain(heading), last, false),
            status: status.trim().to_lowercase().replace(' ', "_"),
            body: body.trim().to_owned(),
            components: Vec::new(),
        });
    }
    found
}

/// The planned begin, after "THIS IS A SCHEDULED EVENT".
fn planned(html: &str, last: NaiveDate) -> Option<Stamp> {
    let (_, after) = html.split_once("SCHEDULED EVENT")?;
    let until = after.split("<small>").next()?;
    dated(&plain(until), last, true)
}

/// Reads "Aug 18, 14:05 UTC" with the year that `last` gives: no update is later than the last one, by more than a
/// day of zones. What is planned (`ahead`) may be: there it is the year that brings it nearest.
fn dated(text: &str, last: NaiveDate, ahead: bool) -> Option<Stamp> {
    let mut words = text.split_whitespace();
    let (month, day, clock) = (words.next()?, words.next()?, words.next()?);
    let month = 1 + MONTHS.iter().position(|m| month.get(..3) == Some(m))?;
    let day: u32 = day.trim_end_matches(',').parse().ok()?;
    let zone = words.find_map(offset).unwrap_or("");
    let in_year = |year| NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, day);
    let slack = if ahead { 183 } else { 1 };
    let date = (last.year() - 8..=last.year() + 1)
        .rev()
        .filter_map(in_year)
        .find(|d| (*d - last).num_days() <= slack)?;
    stamp::read(&format!("{date}T{clock}:00{zone}")).filter(Stamp::is_whole)
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The zones that RFC 822, section 5.1, fixes. Another abbreviation (`CET`, `IST`) leaves the wall clock without a zone.
fn offset(zone: &str) -> Option<&'static str> {
    Some(match zone {
        "UTC" | "GMT" => "Z",
        "EDT" => "-04:00",
        "EST" | "CDT" => "-05:00",
        "CST" | "MDT" => "-06:00",
        "MST" | "PDT" => "-07:00",
        "PST" => "-08:00",
        _ => return None,
    })
}

/// The text of a piece of HTML: tags out, a break as a space, references resolved.
fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    for (i, part) in html.split('<').enumerate() {
        let (tag, rest) = match part.split_once('>') {
            Some((tag, rest)) if i > 0 => (tag, rest),
            _ => ("", part),
        };
        if tag.starts_with("br") || tag.starts_with("/p") {
            text.push(' ');
        }
        text.push_str(rest);
    }
    let resolved = quick_xml::escape::unescape(&text).map(|t| t.into_owned());
    resolved.unwrap_or(text).trim().to_owned()
}
