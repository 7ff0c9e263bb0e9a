//! What the names of a log could mean, told by their values, where the names themselves tell nothing: for
//! `inspect --suggest`. Guesses, for a person to look through.

use std::collections::{BTreeSet, HashMap};

use csv::ReaderBuilder;

use super::detect::Sample;
use super::fields::{Fields, cut};
use super::json::Scalar;
use super::{framer, json, pairs, stamp};
use crate::model::{Field, SuggestedName};
use crate::source::Limits;

/// So many records are looked at.
const RECORDS: usize = 500;
/// Longer values are cut in examples, in characters.
const EXAMPLE: usize = 40;
/// At most so many different values make a column of words: a status, a currency.
const FEW: usize = 24;

/// Words for how something ended, in the languages that exports come in.
const OUTCOMES: [&str; 28] = [
    "ok",
    "success",
    "successful",
    "succeeded",
    "paid",
    "completed",
    "failed",
    "failure",
    "fail",
    "error",
    "declined",
    "rejected",
    "refused",
    "approved",
    "cancelled",
    "canceled",
    "timeout",
    "pending",
    "erfolgreich",
    "fehlgeschlagen",
    "abgelehnt",
    "bezahlt",
    "storniert",
    "pagado",
    "rechazado",
    "réussi",
    "refusé",
    "échec",
];

/// A name and its values.
struct Column {
    name: String,
    values: Vec<String>,
}

/// The names of a sample with what they could mean.
pub(super) fn names(sample: &Sample, limits: &Limits, fields: &mut Fields) -> Vec<SuggestedName> {
    let columns = columns(sample, limits);
    let known: Vec<Option<Field>> = columns
        .iter()
        .map(|c| fields.meaning(&c.name).map(|m| m.field))
        .collect();
    let mut taken: BTreeSet<Field> = known.iter().flatten().copied().collect();
    let mut out = Vec::new();
    for (column, known) in columns.iter().zip(known) {
        let said = column.values.iter().find(|v| !v.is_empty());
        let guess = known.or_else(|| guess(column, &taken));
        taken.extend(guess);
        out.push(SuggestedName {
            name: column.name.clone(),
            field: guess,
            is_known: known.is_some(),
            example: said.map_or(String::new(), |v| cut(v, EXAMPLE).to_owned()),
        });
    }
    out
}

fn columns(sample: &Sample, limits: &Limits) -> Vec<Column> {
    match sample.first_char() {
        Some('{' | '[') => of_json(sample, limits),
        _ => of_table(sample).unwrap_or_else(|| of_pairs(sample)),
    }
}

/// Collects values under their names, in the order in which the names came.
#[derive(Default)]
struct Collected {
    columns: Vec<Column>,
    index: HashMap<String, usize>,
}

impl Collected {
    fn add(&mut self, name: &str, value: String) {
        let at = *self.index.entry(name.to_owned()).or_insert_with(|| {
            self.columns.push(Column {
                name: name.to_owned(),
                values: Vec::new(),
            });
            self.columns.len() - 1
        });
        if self.columns[at].values.len() < RECORDS {
            self.columns[at].values.push(value);
        }
    }
}

fn of_json(sample: &Sample, limits: &Limits) -> Vec<Column> {
    let mut found = Collected::default();
    let mut count = 0;
    framer::each_element(&mut sample.text().as_bytes(), limits, &mut |element| {
        count += 1;
        let mut path = String::new();
        // What is damaged tells nothing.
        let _ = json::walk(element.text, &mut path, &mut |name, value| match value {
            Scalar::Text(text) => found.add(name, text.into_owned()),
            Scalar::Number(digits) => found.add(name, digits.to_owned()),
            Scalar::Bool(b) => found.add(name, b.to_string()),
            Scalar::Null => found.add(name, String::new()),
        });
        count < RECORDS
    });
    found.columns
}

/// The table that some separator makes of the sample, if most of its rows have as many cells as the first.
fn of_table(sample: &Sample) -> Option<Vec<Column>> {
    let tables = [b',', b';', b'\t', b'|'].map(|delimiter| {
        let mut rows = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(sample.text().as_bytes())
            .into_byte_records()
            .flatten()
            .take(RECORDS);
        let header = rows.next()?;
        let text = |cell: &[u8]| String::from_utf8_lossy(cell).trim().to_owned();
        let mut columns: Vec<Column> = header
            .iter()
            .map(|name| Column {
                name: text(name),
                values: Vec::new(),
            })
            .collect();
        let (mut fitting, mut all) = (0, 0);
        for row in rows {
            all += 1;
            if row.len() == columns.len() {
                fitting += 1;
                for (column, cell) in columns.iter_mut().zip(&row) {
                    column.values.push(text(cell));
                }
            }
        }
        let is_table = columns.len() > 1 && fitting * 10 >= all * 8 && fitting > 0;
        let named = columns
            .iter()
            .all(|c| !c.name.is_empty() && stamp::read(&c.name).is_none());
        (is_table && named).then_some(columns)
    });
    tables.into_iter().flatten().max_by_key(Vec::len)
}

fn of_pairs(sample: &Sample) -> Vec<Column> {
    let mut found = Collected::default();
    for line in sample.lines() {
        pairs::each(line, &mut |_, name, value| {
            found.add(name, value.into_owned())
        });
    }
    found.columns
}

/// What a column whose name tells nothing could be, of what is not taken yet.
fn guess(column: &Column, taken: &BTreeSet<Field>) -> Option<Field> {
    let said: Vec<&str> = column
        .values
        .iter()
        .map(|v| v.trim())
        .filter(|v| !v.is_empty())
        .collect();
    if said.is_empty() {
        return None;
    }
    let distinct: BTreeSet<&str> = said.iter().copied().collect();
    let all = |fits: &dyn Fn(&str) -> bool| said.iter().all(|v| fits(v));
    let sparse = said.len() < column.values.len();
    let tests: [(Field, bool); 9] = [
        (Field::Time, all(&is_moment)),
        (
            Field::Status,
            distinct.len() <= FEW && distinct.iter().any(|v| is_outcome(v)),
        ),
        (
            Field::HttpStatus,
            all(&is_http_status) && distinct.len() <= FEW,
        ),
        (Field::Currency, all(&is_currency) && distinct.len() <= FEW),
        (Field::Host, all(&is_host)),
        (Field::Amount, all(&is_amount)),
        (
            Field::ErrorMessage,
            sparse && distinct.iter().any(|v| v.contains(' ')),
        ),
        (
            Field::ErrorCode,
            sparse && all(&|v| !v.contains(' ')) && distinct.len() <= FEW,
        ),
        (
            Field::PaymentId,
            distinct.len() * 10 >= said.len() * 9 && said.len() > 1 && all(&is_id),
        ),
    ];
    let fits = |(field, holds): &&(Field, bool)| *holds && !taken.contains(field);
    tests.iter().find(fits).map(|(field, _)| *field)
}

fn is_moment(text: &str) -> bool {
    stamp::read(text).is_some()
}

fn is_outcome(text: &str) -> bool {
    let text = text.to_lowercase();
    OUTCOMES.contains(&text.as_str())
}

fn is_http_status(text: &str) -> bool {
    text.len() == 3 && text.parse::<u16>().is_ok_and(|n| (100..600).contains(&n))
}

fn is_currency(text: &str) -> bool {
    (3..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase())
}

fn is_host(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let letters = |p: &&str| p.starts_with(|c: char| c.is_ascii_alphabetic());
    parts.len() > 1 && parts.last().is_some_and(letters) && !text.contains([' ', '/', '@', ':'])
}

/// A number with a fraction: whole ones may count anything.
fn is_amount(text: &str) -> bool {
    let number = text.trim_start_matches(['-', '+', '$', '€', '£', ' ']);
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    number
        .rsplit_once(['.', ','])
        .is_some_and(|(whole, fraction)| {
            digits(fraction) && digits(&whole.replace(['.', ',', ' ', '\''], ""))
        })
}

fn is_id(text: &str) -> bool {
    (3..=80).contains(&text.len())
        && !text.contains(' ')
        && text.bytes().any(|b| b.is_ascii_digit())
}
