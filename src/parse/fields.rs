//! From named values to a [`Record`]: what each name means (learned once per name and input), which of
//! several names for one field wins, and what a value of it can be.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::aliases::{self, Meaning, Reach, Reads};
use super::envelope::{self, Outer};
use super::formats::providers;
use super::json::{self, Scalar};
use super::layout::Role;
use super::stamp::calendar::Calendar;
use super::tail::Tail;
use super::{MappingRule, pairs, sentence, stamp, trace};
use crate::model::{DurationUnit, Field, Record, Stamp, volatile};

/// Rank of a name that `knockon.toml` maps: above everything in the table.
const MAPPED: u16 = 5000;
/// A change later than this after the creation is no end of the attempt, in seconds.
const LATEST_CHANGE_S: f64 = 6.0 * 3600.0;
/// How much less a value counts that was found inside the text of a message.
pub(crate) const INSIDE_MESSAGE: u16 = 300;

/// So much of an example is kept, in characters.
const EXAMPLE: usize = 60;
/// What a request's query is looked through for, where the record itself names none of them.
const QUERY_IDS: [Field; 4] = [
    Field::PaymentId,
    Field::OrderId,
    Field::TraceId,
    Field::RequestId,
];

/// A record in the making.
pub(crate) struct Draft<'a> {
    pub(crate) record: Record<'a>,
    ranks: [u16; Field::ALL.len()],
    /// A time stamp that could not be read.
    bad_stamp: Option<Cow<'a, str>>,
    /// Date and time of day in fields of their own.
    date: Option<Cow<'a, str>>,
    clock: Option<Cow<'a, str>>,
    /// Whether the format knows the unit of the duration, so that it need not be guessed.
    pub(crate) knows_unit: bool,
    /// Whether the format itself has read what the message says.
    pub(crate) is_message_read: bool,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(line: u64) -> Draft<'a> {
        Draft {
            record: Record::new(line),
            ranks: [0; Field::ALL.len()],
            bad_stamp: None,
            date: None,
            clock: None,
            knows_unit: false,
            is_message_read: false,
        }
    }

    /// Forgets what says where a platform has the record from: it is no host that was called, and no caller.
    fn forget_place(&mut self) {
        for field in [Field::Host, Field::Caller, Field::Kind, Field::Component] {
            self.ranks[field as usize] = 0;
            self.record.forget(field);
        }
    }

    /// Sets a field of which the format itself knows the meaning; an equal or higher rank stays.
    pub(crate) fn set(&mut self, field: Field, rank: u16, value: impl Into<Cow<'a, str>>) -> bool {
        let wins = rank > self.ranks[field as usize];
        if wins {
            self.ranks[field as usize] = rank;
            self.record.replace(field, value);
        }
        wins
    }

    /// Takes a field away that the format knows better, unless the user mapped it.
    pub(crate) fn clear(&mut self, field: Field) {
        if self.ranks[field as usize] < MAPPED {
            self.ranks[field as usize] = 0;
            self.record.replace(field, "");
        }
    }

    /// Sets the time stamp of the record as the format found it. A format whose stamp is known to be the start or the
    /// end of what took a while sets that one instead, by [`Draft::set_stamp`].
    pub(crate) fn set_time(&mut self, stamp: Stamp, rank: u16) {
        self.set_stamp(Field::Time, stamp, rank);
    }

    /// Sets [`Field::Time`], [`Field::StartTime`] or [`Field::EndTime`]; an equal or higher rank stays.
    pub(crate) fn set_stamp(&mut self, field: Field, stamp: Stamp, rank: u16) {
        if rank <= self.ranks[field as usize] {
            return;
        }
        self.ranks[field as usize] = rank;
        match field {
            Field::StartTime => self.record.start = Some(stamp),
            Field::EndTime => self.record.end = Some(stamp),
            _ => self.record.time = Some(stamp),
        }
    }
}

/// So many names of an input are kept, those that mean nothing here included; ids that stand as keys may be many more.
const MOST_UNUSED: usize = 10_000;
/// So many names that mean something: a path may end in a known word and begin with an id.
const MOST_NAMES: usize = 100_000;
/// The names beyond.
const REST: &str = "(other names)";

struct Known {
    name: String,
    meaning: Option<Meaning>,
    utc: bool,
    probe: bool,
    /// Bit per [`Field`] that a value of this name was taken for.
    used: u64,
    /// The first value of a name that means nothing here.
    example: Option<String>,
}

/// What the names of one input mean.
pub(crate) struct Fields {
    index: HashMap<String, usize>,
    known: Vec<Known>,
    mapped: Vec<(String, Field)>,
    fixed: Vec<(Field, String)>,
    stated_unit: Option<DurationUnit>,
    minor: Option<bool>,
    guessed_unit: DurationUnit,
    /// Whether a name was met that documents of payment providers have.
    providers: bool,
    /// While the sample is read: (count, has a fraction, largest) of durations without a unit.
    unitless: (u64, u64, f64),
    /// The number at the end of an access log's lines.
    pub(crate) tail: Tail,
    /// Completes stamps without a year, and those that are day or month first.
    pub(crate) calendar: Calendar,
    /// What is around the line that is read.
    outer: Outer,
    /// The lines that continue it.
    more: String,
    /// Messages that end inside their JSON, by their length.
    cut: BTreeMap<usize, u64>,
    /// Whether a line is read that stands in the message of another.
    is_inside: bool,
    /// Names of envelopes that were peeled, in the order of their first sight.
    envelopes: Vec<&'static str>,
}

impl Fields {
    /// Empty knowledge, with the rules of the configuration that concern the input.
    pub(crate) fn new<'r>(rules: impl Iterator<Item = &'r MappingRule>) -> Fields {
        let mut fields = Fields {
            index: HashMap::new(),
            known: Vec::new(),
            mapped: Vec::new(),
            fixed: Vec::new(),
            stated_unit: None,
            minor: None,
            guessed_unit: DurationUnit::Millis,
            providers: false,
            unitless: (0, 0, 0.0),
            tail: Tail::default(),
            calendar: Calendar::default(),
            outer: Outer::default(),
            more: String::new(),
            cut: BTreeMap::new(),
            is_inside: false,
            envelopes: Vec::new(),
        };
        let (mut order, mut year) = (None, None);
        for rule in rules {
            order = order.or(rule.date_order);
            year = year.or(rule.year);
            fields.mapped.extend(rule.fields.iter().cloned());
            fields.fixed.extend(rule.set.iter().cloned());
            fields.stated_unit = fields.stated_unit.or(rule.duration_unit);
            fields.minor = fields.minor.or(rule.amount_in_minor_units);
        }
        fields.calendar = Calendar::new(order, year);
        fields
    }

    /// What is around the line that is read next, and the lines that continue it.
    pub(crate) fn within(&mut self, outer: Outer, more: &str) {
        for name in &outer.names {
            if !self.envelopes.contains(name) {
                self.envelopes.push(name);
            }
        }
        self.outer = outer;
        self.more.clear();
        self.more.push_str(more);
    }

    /// Whether an envelope tells when the line was written.
    pub(crate) fn has_outer_time(&self) -> bool {
        self.outer.time.is_some()
    }

    /// Forgets the cut messages of the sample: the input is read from its start.
    pub(crate) fn forget_cut_messages(&mut self) {
        self.cut.clear();
    }

    /// How many messages were cut at one length, in characters, when several were.
    pub(crate) fn cut_messages(&self) -> Option<(usize, u64)> {
        let most = self.cut.iter().max_by_key(|(_, count)| **count)?;
        (*most.1 >= SEVERAL).then_some((*most.0, *most.1))
    }

    /// The envelopes seen so far, for people.
    pub(crate) fn envelopes(&self) -> Option<String> {
        (!self.envelopes.is_empty()).then(|| self.envelopes.join(" and "))
    }

    /// The number under which the field at `path` is known here.
    pub(crate) fn know(&mut self, path: &str) -> usize {
        if let Some(&at) = self.index.get(path) {
            return at;
        }
        let (name, utc) = aliases::without_utc(path);
        self.providers |= providers::is_telling(path);
        let meaning = self.mapped_meaning(path).or_else(|| aliases::meaning(name));
        let most = meaning.map_or(MOST_UNUSED, |_| MOST_NAMES);
        let at = self.known.len();
        if at >= most {
            return self.rest();
        }
        self.known.push(Known {
            name: path.to_owned(),
            meaning,
            utc,
            probe: aliases::is_probe_flag(name),
            used: 0,
            example: None,
        });
        self.index.insert(path.to_owned(), at);
        at
    }

    /// What stands for all names beyond those that are kept: they mean nothing.
    fn rest(&mut self) -> usize {
        let at = self.known.len();
        if let Some(&at) = self.index.get(REST) {
            return at;
        }
        self.known.push(Known {
            name: REST.to_owned(),
            meaning: None,
            utc: false,
            probe: false,
            used: 0,
            example: None,
        });
        self.index.insert(REST.to_owned(), at);
        at
    }

    /// What the value of the name known as `at` does in a line that repeats itself.
    pub(crate) fn role(&self, at: usize) -> Role {
        let Some(known) = self.known.get(at).filter(|k| !k.probe) else {
            return Role::Tells;
        };
        let Some(meaning) = known.meaning else {
            // Until an example of its values is known, they are of use.
            return if known.example.is_some() {
                Role::Nothing
            } else {
                Role::Tells
            };
        };
        match meaning.reads {
            Reads::Stamp => Role::Stamp,
            Reads::Duration(unit) => Role::Duration(matches!(
                unit,
                Some(DurationUnit::Nanos | DurationUnit::Micros)
            )),
            Reads::Minor => Role::Amount,
            Reads::Plain if meaning.field == Field::Amount => Role::Amount,
            Reads::Plain if volatile(meaning.field).is_some() => Role::Id,
            _ => Role::Tells,
        }
    }

    /// Whether a record had a field of exactly this name.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.index.contains_key(name)
    }

    /// Takes the stamps of the field at `path` that state no zone for UTC: its platform writes them so.
    pub(crate) fn take_as_utc(&mut self, path: &str) {
        let at = self.know(path);
        self.known[at].utc = true;
    }

    fn mapped_meaning(&self, path: &str) -> Option<Meaning> {
        let mapped = self
            .mapped
            .iter()
            .find(|(name, _)| aliases::same_name(name, path))?;
        let unit = match aliases::meaning(path).map(|m| m.reads) {
            Some(Reads::Duration(unit)) => unit,
            _ => None,
        };
        Some(Meaning {
            field: mapped.1,
            reads: match mapped.1 {
                Field::Time | Field::StartTime | Field::EndTime => Reads::Stamp,
                Field::Duration => Reads::Duration(self.stated_unit.or(unit)),
                _ => Reads::Plain,
            },
            reach: Reach::Anywhere,
            rank: MAPPED,
        })
    }

    /// Whether the name known as `at` says who or what a record is about, so that it holds for all the
    /// records of a document that states it once around them (when, how long and how it ended do not).
    pub(crate) fn holds_for_all(&self, at: usize) -> bool {
        let meaning = self.known.get(at).and_then(|k| k.meaning);
        meaning.is_some_and(|m| {
            matches!(
                m.field,
                Field::Service
                    | Field::Merchant
                    | Field::Exchange
                    | Field::Component
                    | Field::Caller
                    | Field::Host
                    | Field::Currency
                    | Field::Method
                    | Field::OrderId
                    | Field::CustomerId
                    | Field::TraceId
                    | Field::RequestId
            )
        })
    }

    /// What a name means, if anything.
    pub(crate) fn meaning(&mut self, path: &str) -> Option<Meaning> {
        let at = self.know(path);
        self.known[at].meaning
    }

    /// Takes the name known as `at` for the time stamp of the records: its values show that it is one.
    pub(crate) fn learn_time(&mut self, at: usize) {
        if let Some(known) = self.known.get_mut(at).filter(|k| k.meaning.is_none()) {
            known.meaning = Some(Meaning {
                field: Field::Time,
                reads: Reads::Stamp,
                reach: Reach::Alone,
                rank: 300,
            });
        }
    }

    /// The names that were taken for a field, sorted.
    pub(crate) fn mapping(&self) -> Vec<(String, Field)> {
        let mut out: Vec<(String, Field)> = Vec::new();
        for known in &self.known {
            let fields = Field::ALL
                .iter()
                .filter(|f| known.used & (1 << **f as u64) != 0);
            out.extend(fields.map(|f| (known.name.clone(), *f)));
        }
        out.sort();
        out
    }

    /// The names that were taken for nothing, each with its first value that says anything, sorted.
    pub(crate) fn unused(&self) -> Vec<(String, String)> {
        let unused = self.known.iter().filter(|k| k.used == 0);
        let mut out: Vec<(String, String)> = unused
            .filter_map(|k| Some((k.name.clone(), k.example.clone()?)))
            .collect();
        out.sort();
        out
    }

    /// Settles what was gathered from the sample, and forgets what it used. Gives a remark for the user
    /// where a unit had to be guessed.
    pub(crate) fn settle(&mut self) -> Option<String> {
        for known in &mut self.known {
            known.used = 0;
        }
        let tail = self.tail.settle(self.stated_unit);
        let (count, fractions, largest) = self.unitless;
        if count == 0 || self.stated_unit.is_some() {
            return tail;
        }
        let seconds = fractions * 2 > count && largest < 100.0;
        self.guessed_unit = if seconds {
            DurationUnit::Seconds
        } else {
            DurationUnit::Millis
        };
        Some(format!(
            "durations without a unit were read as {} (they go up to {largest} in the sample); set duration_unit in knockon.toml if that is wrong",
            if seconds { "seconds" } else { "milliseconds" }
        ))
    }

    /// Takes the value of the field known as `at` into the draft, `lower` ranks below the usual.
    pub(crate) fn put<'a>(
        &mut self,
        draft: &mut Draft<'a>,
        at: usize,
        value: Scalar<'a>,
        lower: u16,
    ) {
        let Some(known) = self.known.get(at) else {
            return;
        };
        if known.probe && truth(&value) == Some(true) {
            draft.record.is_probe = true;
        }
        let Some(meaning) = known.meaning else {
            if known.example.is_none() {
                self.known[at].example = text_of(value).map(|text| cut(&text, EXAMPLE).to_owned());
            }
            return;
        };
        let rank = meaning.rank.saturating_sub(lower).max(1);
        let utc = known.utc;
        if let Some(field) = self.take(draft, meaning, rank, utc, value) {
            self.known[at].used |= 1 << field as u64;
        }
    }

    /// The field that the value went to, if it went anywhere.
    fn take<'a>(
        &mut self,
        draft: &mut Draft<'a>,
        m: Meaning,
        rank: u16,
        utc: bool,
        value: Scalar<'a>,
    ) -> Option<Field> {
        let truth = truth(&value);
        let is_bool = matches!(value, Scalar::Bool(_));
        let text = text_of(value)?;
        let set = |draft: &mut Draft<'a>, field: Field, rank: u16, text: Cow<'a, str>| {
            draft.set(field, rank, text).then_some(field)
        };
        match m.reads {
            Reads::Plain if is_bool && m.field != Field::Status => None,
            Reads::Plain if m.field == Field::Caller && is_source_line(&text) => None,
            Reads::Plain if m.field == Field::Amount => take_amount(draft, text, rank),
            Reads::Plain => set(draft, m.field, rank, text),
            Reads::Minor => {
                let won = set(draft, Field::Amount, rank, text)?;
                draft.record.amount_in_minor_units = true;
                Some(won)
            }
            Reads::Status => match http_status(&text) {
                // A plain `status` gives way to a name that says HTTP.
                Some(range) if m.field == Field::Status => {
                    set(draft, Field::HttpStatus, rank.min(700), part(text, range))
                }
                Some(range) => set(draft, Field::HttpStatus, rank, part(text, range)),
                None if m.field == Field::HttpStatus && text.bytes().all(|b| b == b'0') => {
                    set(draft, Field::HttpStatus, rank, text)
                }
                None if is_log_level(&text) => set(draft, Field::Level, 300, text),
                None if m.field == Field::HttpStatus => set(draft, Field::Status, rank / 2, text),
                None => set(draft, Field::Status, rank, text),
            },
            Reads::Success => {
                let word = if truth? { "true" } else { "false" };
                set(draft, Field::Status, rank, Cow::Borrowed(word))
            }
            Reads::Failure => {
                let word = if truth? { "failed" } else { "ok" };
                set(draft, Field::Status, rank, Cow::Borrowed(word))
            }
            Reads::Code => match http_status(&text) {
                Some(range) => set(draft, Field::HttpStatus, rank, part(text, range)),
                None if text.bytes().all(|b| b == b'0') => None,
                None => set(draft, Field::ErrorCode, rank, text),
            },
            Reads::Error => match truth {
                Some(true) => set(draft, Field::Status, 400, Cow::Borrowed("failed")),
                Some(false) => None,
                None if text.contains(char::is_whitespace) => {
                    set(draft, Field::ErrorMessage, rank, text)
                }
                None => set(
                    draft,
                    Field::ErrorCode,
                    rank.saturating_sub(300).max(1),
                    text,
                ),
            },
            Reads::Event if is_bool => None,
            Reads::Event if text.contains(char::is_whitespace) => {
                set(draft, Field::Message, rank.saturating_sub(200).max(1), text)
            }
            Reads::Event => set(draft, Field::Kind, rank, text),
            Reads::Method if is_http_method(&text) => set(draft, Field::HttpMethod, rank, text),
            Reads::Method => set(draft, Field::Method, rank.max(850), text),
            Reads::Pid if text.len() <= 7 && text.bytes().all(|b| b.is_ascii_digit()) => None,
            Reads::Pid => set(draft, Field::PaymentId, rank, text),
            Reads::Type if is_payment_method(&text) => set(draft, Field::Method, rank, text),
            Reads::Type => set(draft, Field::Kind, rank, text),
            Reads::Duration(unit) if is_moment(&text, unit) => {
                take_stamp(draft, Field::Time, text, utc, 650)
            }
            Reads::Duration(unit) => self.take_duration(draft, text, unit, rank),
            Reads::Stamp => take_stamp(draft, m.field, text, utc, rank),
        }
    }

    fn take_duration<'a>(
        &mut self,
        draft: &mut Draft<'a>,
        text: Cow<'a, str>,
        unit: Option<DurationUnit>,
        rank: u16,
    ) -> Option<Field> {
        let trimmed = text.trim();
        if let Some(value) = plain_number(trimmed) {
            if unit.is_none() && self.stated_unit.is_none() && !draft.knows_unit {
                self.unitless.0 += 1;
                self.unitless.1 += u64::from(trimmed.contains('.'));
                self.unitless.2 = self.unitless.2.max(value);
            }
            let unit = unit.or(self.stated_unit).unwrap_or(self.guessed_unit);
            if draft.set(Field::Duration, rank, text) {
                draft.record.duration_unit = unit;
                return Some(Field::Duration);
            }
            return None;
        }
        let nanos = with_units(trimmed)?;
        if draft.set(Field::Duration, rank, nanos.to_string()) {
            draft.record.duration_unit = DurationUnit::Nanos;
            return Some(Field::Duration);
        }
        None
    }

    /// Takes every scalar of a JSON value into the draft.
    pub(crate) fn put_json<'a>(
        &mut self,
        draft: &mut Draft<'a>,
        text: &'a str,
        path: &mut String,
        lower: u16,
    ) -> Result<(), json::JsonError> {
        json::walk(text, path, &mut |path, scalar| {
            let at = self.know(path);
            self.put(draft, at, scalar, lower);
        })
    }

    /// Takes the `key=value` pairs of a text into the draft; gives where the first begins, and how many there are.
    pub(crate) fn put_pairs<'a>(
        &mut self,
        draft: &mut Draft<'a>,
        text: &'a str,
        lower: u16,
    ) -> (Option<usize>, usize) {
        let (mut first, mut count) = (None, 0);
        pairs::each(text, &mut |offset, key, value| {
            let at = self.know(key);
            self.put(draft, at, Scalar::Text(value), lower);
            first = first.or(Some(offset));
            count += 1;
        });
        (first, count)
    }

    /// Completes the record.
    ///
    /// # Errors
    /// Why the line is of no use: it has no time stamp, or one that cannot be read.
    pub(crate) fn finish<'a>(&mut self, mut draft: Draft<'a>) -> Result<Record<'a>, String> {
        self.look_into_message(&mut draft);
        self.look_into_query(&mut draft);
        if draft.record.time.is_none()
            && let (Some(date), Some(clock)) = (&draft.date, &draft.clock)
        {
            draft.record.time = stamp::read(&format!("{date} {clock}"));
        }
        let Draft {
            mut record,
            bad_stamp,
            ranks,
            ..
        } = draft;
        let stands_alone = record.start.is_none() && record.end.is_none();
        if record.time.is_some() || stands_alone {
            record.time = envelope::nearer(self.outer.time, record.time);
        }
        self.calendar.settle(&mut record)?;
        if ranks[Field::EndTime as usize] <= aliases::CHANGED_RANK
            && ranks[Field::Time as usize] <= aliases::CREATED_RANK
        {
            changed_later(&mut record);
        }
        record.time = record.time.or(record.end).or(record.start);
        let outer = self.outer.time.filter(Stamp::is_whole);
        record.time = envelope::nearer(outer, record.time);
        if let Some(service) = self.outer.service.clone() {
            record.set(Field::Service, service);
        }
        if let Some(level) = self.outer.level {
            record.set(Field::Level, level);
        }
        if !self.more.is_empty() {
            trace::put(&mut record, &self.more);
        }
        if record.time.is_none() {
            return Err(match bad_stamp {
                Some(text) => format!("the time stamp \"{}\" cannot be read", cut(&text, 60)),
                None => "no time stamp".to_owned(),
            });
        }
        if !record.has(Field::Host)
            && let Some(host) = record.get(Field::Path).and_then(host_of).map(str::to_owned)
        {
            record.set(Field::Host, host);
        }
        record.is_probe |= is_probe(&record);
        Ok(self.with_rules(record))
    }

    /// The record as the user's configuration wants it.
    pub(crate) fn with_rules<'a>(&self, mut record: Record<'a>) -> Record<'a> {
        for (field, value) in &self.fixed {
            record.replace(*field, value.clone());
        }
        if let Some(minor) = self.minor {
            record.amount_in_minor_units = minor;
        }
        record
    }

    /// Whether the records may be documents of a payment provider; the user's own mapping comes first.
    pub(crate) fn may_be_providers(&self) -> bool {
        self.providers && self.mapped.is_empty()
    }

    /// The query of a request's path often carries the id that the caller gave it: `?ref=ord-7&amount=3`.
    fn look_into_query(&mut self, draft: &mut Draft<'_>) {
        let record = &draft.record;
        let named = QUERY_IDS.iter().any(|f| record.has(*f));
        let path = record.get(Field::Path).filter(|_| !named);
        let Some((_, query)) = path.and_then(|p| p.split_once('?')) else {
            return;
        };
        let query = query.split(['#', ' ']).next().unwrap_or("").to_owned();
        for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let at = self.know(key);
            let meaning = self.known[at].meaning;
            if !value.is_empty() && meaning.is_some_and(|m| QUERY_IDS.contains(&m.field)) {
                let value = Scalar::Text(Cow::Owned(value.to_owned()));
                self.put(draft, at, value, INSIDE_MESSAGE);
            }
        }
    }

    /// What a message says beyond its words: it may be a whole record that a platform wrapped (JSON, logfmt, a line of
    /// any other format, in envelopes of its own), hold `key=value` pairs, or say in a sentence what became of a payment.
    fn look_into_message(&mut self, draft: &mut Draft<'_>) {
        if draft.is_message_read {
            return;
        }
        for _ in 0..MAX_MESSAGES {
            let Some(message) = draft.record.get(Field::Message) else {
                return;
            };
            if !says_more(message) {
                return;
            }
            let message = message.to_owned();
            let (line, more) = first_line(&message);
            let opened = envelope::open(line);
            let outside = (draft.record.time, self.outer.time);
            draft.record.time = envelope::nearer(draft.record.time, opened.outer.time);
            if let Some(service) = &opened.outer.service {
                draft.set(Field::Service, OF_AN_ENVELOPE, service.clone());
            }
            let goes_on = self.read_message(draft, &opened.text);
            draft.record.time = envelope::nearer(outside.0, draft.record.time);
            if !more.is_empty() {
                trace::put(&mut draft.record, more);
            }
            if !goes_on {
                return;
            }
        }
    }

    /// Reads the text of a message; says whether it was a record that may have a message of its own.
    fn read_message(&mut self, draft: &mut Draft<'_>, message: &str) -> bool {
        if message.starts_with('{') && (message.ends_with('}') || may_be_cut(message)) {
            return self.read_json_message(draft, message);
        }
        let mut inner: Vec<(usize, &str, Cow<'_, str>)> = Vec::new();
        pairs::each(message, &mut |offset, key, value| {
            inner.push((offset, key, value))
        });
        // A message that is logfmt from its start is the record itself, as a platform wrapped it.
        let is_logfmt = inner.len() > 1 && inner.first().is_some_and(|(offset, ..)| *offset == 0);
        if is_logfmt {
            let names: Vec<&str> = inner.iter().map(|(_, key, _)| *key).collect();
            self.give_way(draft, &names);
        } else if let Some(record) = self.read_inner_line(draft, message) {
            absorb(draft, &record);
            return false;
        }
        let lower = if is_logfmt { 0 } else { INSIDE_MESSAGE };
        for (_, key, value) in inner {
            let at = self.know(key);
            let value = Scalar::Text(Cow::Owned(value.into_owned()));
            self.put(draft, at, value, lower);
        }
        if !is_logfmt && !tells_all(&draft.record) {
            read_sentence(draft, message);
        }
        is_logfmt
    }

    fn read_json_message(&mut self, draft: &mut Draft<'_>, message: &str) -> bool {
        let rewritten = match envelope::export::record(message) {
            envelope::export::Record::Rewritten(text) => Some(text),
            _ => None,
        };
        let mut inner = Vec::new();
        let walked = json::walk(
            rewritten.as_deref().unwrap_or(message),
            &mut String::new(),
            &mut |path, scalar| inner.push((path.to_owned(), owned(scalar))),
        );
        if walked.is_err() {
            // What stands before the cut holds; only a text that begins as a record is one.
            if !may_be_cut(message) || inner.len() < LEAST_OF_A_CUT {
                return false;
            }
            *self.cut.entry(message.chars().count()).or_default() += 1;
        }
        let names: Vec<&str> = inner.iter().map(|(path, _)| path.as_str()).collect();
        self.give_way(draft, &names);
        for (path, scalar) in inner {
            let at = self.know(&path);
            self.put(draft, at, scalar, 0);
        }
        true
    }

    /// Makes room for the values of a message that is a record: what the program itself wrote counts more than what
    /// the log platform put around it. Where the inner record tells when, how grave or what itself, it is a log line
    /// of its own, and what stands around it is the platform's alone.
    fn give_way(&mut self, draft: &mut Draft<'_>, names: &[&str]) {
        draft.ranks[Field::Message as usize] = 1;
        let is_log_line = names.iter().any(|name| {
            let field = self.meaning(name).map(|m| m.field);
            matches!(field, Some(Field::Time | Field::Level | Field::Message))
        });
        let time = draft.ranks[Field::Time as usize];
        if is_log_line {
            draft.forget_place();
            for rank in &mut draft.ranks {
                *rank = (*rank).min(OF_AN_ENVELOPE);
            }
        }
        draft.ranks[Field::Time as usize] = time.min(650);
    }

    /// Reads a message as a line of one of the formats with a time stamp or a request.
    fn read_inner_line(&mut self, draft: &Draft<'_>, message: &str) -> Option<Record<'static>> {
        let begins = message.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '[' | '<'));
        if !begins || self.is_inside {
            return None;
        }
        self.is_inside = true;
        let record = super::lines::read_inside(message, draft.record.line, self);
        self.is_inside = false;
        record
    }
}

/// So many records are read one in the message of the other.
const MAX_MESSAGES: usize = 3;
/// Rank of what a platform says around a record: above nothing, below what the record says.
const OF_AN_ENVELOPE: u16 = 90;

/// Platforms cut long values only.
const LEAST_CUT_AT: usize = 200;
/// So many values before the cut show that the message is a record.
const LEAST_OF_A_CUT: usize = 2;
/// So many messages cut at one length are no accident.
const SEVERAL: u64 = 3;

/// Whether a message may be JSON that a platform cut: Logs Insights gives about 1000 characters of one.
fn may_be_cut(message: &str) -> bool {
    message.len() >= LEAST_CUT_AT && !message.ends_with('}')
}

/// Whether a message may hold more than words.
fn says_more(message: &str) -> bool {
    message.starts_with(['{', '[', '<', '\u{1b}'])
        || message
            .bytes()
            .any(|b| b == b'=' || b == b'\n' || b.is_ascii_digit())
        || message.contains("ayment")
        || message.contains("harge")
}

/// The first line of a message that is no JSON, and the others.
fn first_line(message: &str) -> (&str, &str) {
    match message.split_once('\n') {
        Some((line, more)) if !message.starts_with('{') => (line.trim_end(), more),
        _ => (message, ""),
    }
}

/// Whether fields tell already what a sentence could: of what, and how it ended.
fn tells_all(record: &Record<'_>) -> bool {
    let has = |fields: &[Field]| fields.iter().any(|f| record.has(*f));
    has(&[Field::Status, Field::HttpStatus])
        && has(&[Field::PaymentId, Field::OrderId, Field::Host])
}

/// Takes what a sentence says, below what is named.
fn read_sentence(draft: &mut Draft<'_>, message: &str) {
    let mut said = Draft::new(draft.record.line);
    // What the grammar asks for: whether something is named, and whether something is wrong.
    let known = [
        Field::PaymentId,
        Field::OrderId,
        Field::Level,
        Field::ErrorCode,
        Field::ErrorType,
    ];
    for field in known {
        if let Some(value) = draft.record.get(field) {
            said.set(field, draft.ranks[field as usize], value.to_owned());
        }
    }
    sentence::read(&mut said, message);
    for field in Field::ALL {
        if let Some(value) = said.record.get(*field)
            && draft.set(*field, said.ranks[*field as usize], value.to_owned())
            && *field == Field::Duration
        {
            draft.record.duration_unit = said.record.duration_unit;
        }
    }
}

/// Takes all that an inner record says.
fn absorb(draft: &mut Draft<'_>, inner: &Record<'_>) {
    draft.forget_place();
    for (field, value) in inner.present() {
        draft.record.replace(field, value.to_owned());
    }
    if inner.has(Field::Duration) {
        draft.record.duration_unit = inner.duration_unit;
    }
    if inner.has(Field::Amount) {
        draft.record.amount_in_minor_units = inner.amount_in_minor_units;
    }
    draft.record.is_probe |= inner.is_probe;
    draft.record.start = inner.start.or(draft.record.start);
    draft.record.end = inner.end.or(draft.record.end);
    draft.record.time = inner.time.or(draft.record.time);
}

/// The record without what it borrows.
pub(crate) fn detached(record: &Record<'_>) -> Record<'static> {
    let mut out = Record::new(record.line);
    for (field, value) in record.present() {
        out.set(field, value.to_owned());
    }
    (out.time, out.start, out.end) = (record.time, record.start, record.end);
    out.duration_unit = record.duration_unit;
    out.amount_in_minor_units = record.amount_in_minor_units;
    out.is_probe = record.is_probe;
    out
}

fn owned(scalar: Scalar<'_>) -> Scalar<'static> {
    match scalar {
        Scalar::Text(text) => Scalar::Text(Cow::Owned(text.into_owned())),
        Scalar::Number(text) => Scalar::Text(Cow::Owned(text.to_owned())),
        Scalar::Bool(b) => Scalar::Bool(b),
        Scalar::Null => Scalar::Null,
    }
}

/// The text of a value; `None` for the many ways to say "nothing".
fn text_of(value: Scalar<'_>) -> Option<Cow<'_, str>> {
    let text = match value {
        Scalar::Text(text) => text,
        Scalar::Number(digits) => Cow::Borrowed(digits),
        Scalar::Bool(true) => Cow::Borrowed("true"),
        Scalar::Bool(false) => Cow::Borrowed("false"),
        Scalar::Null => return None,
    };
    let nothing = matches!(
        text.trim(),
        "" | "-"
            | "--"
            | "null"
            | "NULL"
            | "nil"
            | "<nil>"
            | "None"
            | "none"
            | "N/A"
            | "n/a"
            | "undefined"
            | "NaN"
            | "(null)"
            | "<null>"
    );
    (!nothing).then_some(text)
}

fn truth(value: &Scalar<'_>) -> Option<bool> {
    let text = match value {
        Scalar::Bool(b) => return Some(*b),
        Scalar::Text(text) => text.trim(),
        Scalar::Number(digits) => digits,
        Scalar::Null => return None,
    };
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "1" => Some(true),
        "false" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

/// Part of a text, borrowed as long as the text was.
fn part(text: Cow<'_, str>, range: std::ops::Range<usize>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(t) => Cow::Borrowed(&t[range]),
        Cow::Owned(t) => Cow::Owned(t[range].to_owned()),
    }
}

/// Where in the text an HTTP status stands: `503`, `503.0`, `503 Service Unavailable`.
fn http_status(text: &str) -> Option<std::ops::Range<usize>> {
    let start = text.len() - text.trim_start().len();
    let digits = text.get(start..start + 3)?;
    let code: u16 = digits.parse().ok()?;
    let rest = &text[start + 3..];
    let ends = rest.is_empty() || rest.starts_with(' ') || rest == ".0";
    (ends && (100..600).contains(&code) && digits.bytes().all(|b| b.is_ascii_digit()))
        .then_some(start..start + 3)
}

/// `pay/client.go:128`: where in its code a program logged (zap and others call it the caller).
pub(crate) fn is_source_line(text: &str) -> bool {
    const LANGUAGES: [&str; 18] = [
        "c", "cc", "cpp", "c++", "cs", "ex", "go", "h", "java", "js", "kt", "php", "py", "rb",
        "rs", "scala", "swift", "ts",
    ];
    let Some((file, line)) = text.rsplit_once(':') else {
        return false;
    };
    let language = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    LANGUAGES.contains(&language) && !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit())
}

fn is_log_level(text: &str) -> bool {
    let levels = ["debug", "info", "notice", "warn", "warning", "trace"];
    levels.iter().any(|l| text.eq_ignore_ascii_case(l))
}

fn is_http_method(text: &str) -> bool {
    let methods = [
        "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE",
    ];
    methods.iter().any(|m| text.eq_ignore_ascii_case(m))
}

fn is_payment_method(text: &str) -> bool {
    let methods = [
        "card",
        "credit_card",
        "debit_card",
        "creditcard",
        "credit",
        "debit",
        "crypto",
        "cryptocurrency",
        "wallet",
        "bank_transfer",
        "bank",
        "sepa",
        "ach",
        "paypal",
        "apple_pay",
        "google_pay",
        "invoice",
        "klarna",
        "ideal",
        "lightning",
        "onchain",
        "on_chain",
        "stablecoin",
        "voucher",
        "gift_card",
        "pix",
        "upi",
    ];
    methods.iter().any(|m| text.eq_ignore_ascii_case(m))
}

/// `10.00`, or `10.00 EUR`, `EUR 10.00`: the currency counts where no field states it.
fn take_amount<'a>(draft: &mut Draft<'a>, text: Cow<'a, str>, rank: u16) -> Option<Field> {
    let (number, currency) = match text.trim().split_once(' ') {
        Some((a, b)) if is_currency(b) => (a.to_owned(), Some(b.to_owned())),
        Some((a, b)) if is_currency(a) => (b.trim().to_owned(), Some(a.to_owned())),
        _ => (String::new(), None),
    };
    let won = match currency {
        Some(currency) => {
            draft.set(Field::Currency, 200, currency);
            draft.set(Field::Amount, rank, number)
        }
        None => draft.set(Field::Amount, rank, text),
    };
    if !won {
        return None;
    }
    draft.record.amount_in_minor_units = false;
    Some(Field::Amount)
}

fn is_currency(text: &str) -> bool {
    (2..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphabetic())
}

fn take_stamp<'a>(
    draft: &mut Draft<'a>,
    field: Field,
    text: Cow<'a, str>,
    utc: bool,
    rank: u16,
) -> Option<Field> {
    if rank <= draft.ranks[field as usize] {
        return None;
    }
    let Some(mut read) = stamp::read(&text) else {
        if field == Field::Time {
            if stamp::is_date(&text) {
                draft.date = Some(text);
                return Some(field);
            } else if is_clock(&text) {
                draft.clock = Some(text);
                return Some(field);
            } else {
                draft.bad_stamp.get_or_insert(text);
            }
        }
        return None;
    };
    read.has_zone |= utc;
    draft.set_stamp(field, read, rank);
    Some(field)
}

/// A record that tells when it was created and when it changed last begins with the one; its time is the other, unless
/// that is so late that it was changed for another reason.
fn changed_later(record: &mut Record<'_>) {
    if let (Some(created), Some(end), None) = (record.time, record.end, record.start) {
        let later = end.time.secs_since(created.time);
        if created.has_zone == end.has_zone && later > 0.0 && later <= LATEST_CHANGE_S {
            record.start = Some(created);
            record.time = Some(end);
        }
    }
}

/// Whether what stands under a name of a duration is a moment: `request_time` is either.
pub(crate) fn is_moment(text: &str, unit: Option<DurationUnit>) -> bool {
    let fine = matches!(unit, Some(DurationUnit::Nanos | DurationUnit::Micros));
    let number = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let long = if number {
        text.len() >= 10 && !fine
    } else {
        text.len() >= 12
    };
    long && stamp::read(text).is_some()
}

/// `12:00:00`, with a fraction and a zone or without.
fn is_clock(text: &str) -> bool {
    let b = text.trim().as_bytes();
    b.len() >= 8 && b[2] == b':' && b[5] == b':' && b[0].is_ascii_digit()
}

/// A number that is not negative, without sign and exponent games.
fn plain_number(text: &str) -> Option<f64> {
    let fits = !text.is_empty()
        && text.len() <= 24
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if fits { text.parse().ok() } else { None }
}

/// A duration that states its units, in nanoseconds: `527ms`, `0.52 s`, `1m30.5s`, `1h2m`, `12µs`.
fn with_units(text: &str) -> Option<u128> {
    let mut rest = text;
    let mut total = 0u128;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(end);
        let after = after.trim_start();
        let unit_end = after
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let per: u128 = match unit {
            "ns" | "nanoseconds" => 1,
            "us" | "µs" | "μs" | "microseconds" => 1_000,
            "ms" | "msec" | "millis" | "milliseconds" => 1_000_000,
            "s" | "sec" | "secs" | "seconds" | "second" => 1_000_000_000,
            "m" | "min" | "mins" | "minutes" => 60_000_000_000,
            "h" | "hours" => 3_600_000_000_000,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.len() > 12 || fraction.len() > 12 || fraction.contains('.') || number.is_empty() {
            return None;
        }
        let whole: u128 = if whole.is_empty() {
            0
        } else {
            whole.parse().ok()?
        };
        let parts: u128 = if fraction.is_empty() {
            0
        } else {
            fraction.parse().ok()?
        };
        let scale = 10u128.pow(u32::try_from(fraction.len()).ok()?);
        total = total.checked_add(whole * per + parts * per / scale)?;
        rest = after.trim_start();
    }
    (!text.is_empty()).then_some(total)
}

/// The host of a URL.
fn host_of(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    if scheme.is_empty() || !scheme.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let host = rest.split(['/', '?', '#']).next()?;
    let host = host.rsplit('@').next()?;
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    (!host.is_empty()).then_some(host)
}

/// Whether a monitor made the call, by what it says of itself.
fn is_probe(record: &Record<'_>) -> bool {
    const AGENTS: &[&str] = &[
        "uptimerobot",
        "pingdom",
        "kube-probe",
        "upptime",
        "statuscake",
        "blackbox",
        "healthcheck",
        "site24x7",
        "synthetics",
        "googlestackdrivermonitoring",
        "elb-health",
        "updown.io",
        "better uptime",
        "uptime-kuma",
        "checkly",
    ];
    const KINDS: &[&str] = &[
        "probe",
        "health_check",
        "healthcheck",
        "health-check",
        "synthetic",
        "heartbeat",
        "uptime_check",
    ];
    const PATHS: &[&str] = &[
        "/health",
        "/healthz",
        "/livez",
        "/readyz",
        "/health/live",
        "/health/ready",
    ];
    let agent = record
        .get(Field::UserAgent)
        .unwrap_or("")
        .to_ascii_lowercase();
    let kind = record.get(Field::Kind).unwrap_or("");
    let path = record.get(Field::Path).unwrap_or("");
    AGENTS.iter().any(|a| agent.contains(a))
        || KINDS.iter().any(|k| kind.eq_ignore_ascii_case(k))
        || PATHS.contains(&path)
        || record
            .get(Field::Message)
            .is_some_and(|m| m.contains("[upptime]"))
}

/// The first `n` characters.
pub(crate) fn cut(text: &str, n: usize) -> &str {
    text.char_indices()
        .nth(n)
        .map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(json: &str) -> Record<'_> {
        let mut fields = Fields::new([].iter());
        let mut draft = Draft::new(1);
        fields
            .put_json(&mut draft, json, &mut String::new(), 0)
            .unwrap();
        fields.finish(draft).unwrap()
    }

    #[test]
    fn a_status_is_a_word_or_an_http_status_or_both() {
        let r = record(r#"{"ts":"2021-08-18T12:00:00Z","status":503}"#);
        assert_eq!(
            (r.get(Field::HttpStatus), r.get(Field::Status)),
            (Some("503"), None)
        );
        let r = record(r#"{"ts":1629288000,"status":"failed","http_status":"502"}"#);
        assert_eq!(
            (r.get(Field::HttpStatus), r.get(Field::Status)),
            (Some("502"), Some("failed"))
        );
        let r = record(r#"{"ts":1629288000,"status":200,"statusCode":500}"#);
        assert_eq!(
            r.get(Field::HttpStatus),
            Some("500"),
            "the more specific name wins"
        );
        let r = record(r#"{"ts":1629288000,"ok":false,"status":"504 Gateway Timeout"}"#);
        assert_eq!(
            (r.get(Field::HttpStatus), r.get(Field::Status)),
            (Some("504"), Some("false"))
        );
    }

    #[test]
    fn errors_are_codes_messages_or_only_a_yes() {
        let r = record(r#"{"ts":1629288000,"error":"connect timed out","code":-1003}"#);
        assert_eq!(
            (r.get(Field::ErrorMessage), r.get(Field::ErrorCode)),
            (Some("connect timed out"), Some("-1003"))
        );
        let r = record(r#"{"ts":1629288000,"reason":"insufficient_funds","error":null}"#);
        assert_eq!(
            (r.get(Field::ErrorMessage), r.get(Field::ErrorCode)),
            (None, Some("insufficient_funds"))
        );
        let r = record(r#"{"ts":1629288000,"error":true}"#);
        assert_eq!(r.get(Field::Status), Some("failed"));
        let r = record(
            r#"{"ts":1629288000,"error":{"code":"E1","message":"no answer","type":"Timeout"}}"#,
        );
        assert_eq!(
            (
                r.get(Field::ErrorCode),
                r.get(Field::ErrorMessage),
                r.get(Field::ErrorType)
            ),
            (Some("E1"), Some("no answer"), Some("Timeout"))
        );
    }

    #[test]
    fn money_keeps_its_digits() {
        let r = record(r#"{"ts":1629288000,"amount":12345678901234567.890,"currency":"JPY"}"#);
        assert_eq!(r.get(Field::Amount), Some("12345678901234567.890"));
        let r = record(r#"{"ts":1629288000,"amount_cents":1050}"#);
        assert!(r.amount_in_minor_units);
        let r = record(r#"{"ts":1629288000,"amount_cents":1050,"amount":"10.50 EUR"}"#);
        assert_eq!(
            (r.get(Field::Amount), r.get(Field::Currency)),
            (Some("10.50"), Some("EUR"))
        );
        assert!(!r.amount_in_minor_units);
    }

    #[test]
    fn durations_have_a_unit() {
        for (json, value, unit) in [
            (
                r#"{"ts":1629288000,"duration_ms":12.5}"#,
                "12.5",
                DurationUnit::Millis,
            ),
            (
                r#"{"ts":1629288000,"request_time":"0.25"}"#,
                "0.25",
                DurationUnit::Seconds,
            ),
            (
                r#"{"ts":1629288000,"latency":"527ms"}"#,
                "527000000",
                DurationUnit::Nanos,
            ),
            (
                r#"{"ts":1629288000,"elapsed":"1m30.5s"}"#,
                "90500000000",
                DurationUnit::Nanos,
            ),
            (
                r#"{"ts":1629288000,"event":{"duration":1500}}"#,
                "1500",
                DurationUnit::Nanos,
            ),
        ] {
            let r = record(json);
            assert_eq!(
                (r.get(Field::Duration), r.duration_unit),
                (Some(value), unit),
                "{json}"
            );
        }
        assert_eq!(
            record(r#"{"ts":1629288000,"duration_ms":-1}"#).get(Field::Duration),
            None
        );
    }

    #[test]
    fn a_message_that_is_json_or_holds_pairs_tells_more() {
        let r = record(
            r#"{"timestamp":1629288000000,"message":"{\"ts\":\"2021-08-18T11:59:59Z\",\"msg\":\"payment failed\",\"payment_id\":\"p1\"}"}"#,
        );
        assert_eq!(r.get(Field::PaymentId), Some("p1"));
        assert_eq!(r.get(Field::Message), Some("payment failed"));
        assert_eq!(r.time.unwrap().time.to_string(), "2021-08-18T11:59:59.000Z");
        let r = record(
            r#"{"ts":1629288000,"payment_id":"outer","msg":"failed payment_id=inner order_id=o1"}"#,
        );
        assert_eq!(
            (r.get(Field::PaymentId), r.get(Field::OrderId)),
            (Some("outer"), Some("o1"))
        );
    }

    #[test]
    fn without_a_readable_time_it_is_no_record() {
        let mut fields = Fields::new([].iter());
        let mut finish = |json: &'static str| {
            let mut draft = Draft::new(1);
            fields
                .put_json(&mut draft, json, &mut String::new(), 0)
                .unwrap();
            fields
                .finish(draft)
                .map(|r| r.time.unwrap().time.to_string())
        };
        assert_eq!(finish(r#"{"a":1}"#), Err("no time stamp".to_owned()));
        assert_eq!(
            finish(r#"{"ts":"soon"}"#),
            Err("the time stamp \"soon\" cannot be read".to_owned())
        );
        assert_eq!(
            finish(r#"{"ts":"soon","end":1629288000}"#),
            Ok("2021-08-18T12:00:00.000Z".to_owned())
        );
        assert_eq!(
            finish(r#"{"date":"2021-08-18","time":"12:00:00.5"}"#),
            Ok("2021-08-18T12:00:00.500Z".to_owned())
        );
    }

    #[test]
    fn the_configuration_wins_over_the_table() {
        let rule = MappingRule {
            fields: vec![
                ("x.k".into(), Field::PaymentId),
                ("took".into(), Field::Duration),
            ],
            set: vec![(Field::Merchant, "shop".into())],
            duration_unit: Some(DurationUnit::Seconds),
            amount_in_minor_units: Some(true),
            ..MappingRule::default()
        };
        let mut fields = Fields::new([&rule].into_iter());
        let mut draft = Draft::new(1);
        let json = r#"{"ts":1629288000,"payment_id":"no","x":{"k":"yes"},"took":3,"amount":5}"#;
        fields
            .put_json(&mut draft, json, &mut String::new(), 0)
            .unwrap();
        let r = fields.finish(draft).unwrap();
        assert_eq!(r.get(Field::PaymentId), Some("yes"));
        assert_eq!(r.get(Field::Merchant), Some("shop"));
        assert_eq!(r.duration_unit, DurationUnit::Seconds);
        assert!(r.amount_in_minor_units);
        assert!(
            fields
                .mapping()
                .contains(&("x.k".to_owned(), Field::PaymentId))
        );
    }

    #[test]
    fn the_host_of_a_url() {
        let r = record(
            r#"{"ts":1629288000,"url":"https://user@api.binance.com:443/api/v3/order?x=1"}"#,
        );
        assert_eq!(r.get(Field::Host), Some("api.binance.com"));
    }

    #[test]
    fn probes_say_so() {
        assert!(record(r#"{"ts":1629288000,"probe":true}"#).is_probe);
        assert!(record(r#"{"ts":1629288000,"user_agent":"kube-probe/1.2"}"#).is_probe);
        assert!(!record(r#"{"ts":1629288000,"probe":false}"#).is_probe);
    }
}
