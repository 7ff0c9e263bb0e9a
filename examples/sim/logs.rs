//! The log files of a scenario: opens them, writes every record in the shape of its file, with its dirt.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::dirt::Ids;
use super::engine::{Answer, Attempt, AttemptEnd, CallEnd, ForeignCall};
use super::random::{Draws, For};
use super::shapes::{self, Cell, Key, Shape};
use super::truth::is_unknown;
use super::words;
use super::world::{Announcement, CallLog, Merchant, Packing, Sheet, World};

const PAYMENT_KEYS: &[Key] = &[
    Key::Time,
    Key::Level,
    Key::Event,
    Key::PaymentId,
    Key::OrderId,
    Key::CustomerId,
    Key::Merchant,
    Key::Method,
    Key::Exchange,
    Key::Currency,
    Key::Amount,
    Key::Status,
    Key::ErrorCode,
    Key::ErrorMessage,
    Key::Duration,
    Key::Attempt,
    Key::RetryOf,
    Key::TraceId,
];

const CALL_KEYS: &[Key] = &[
    Key::Time,
    Key::Level,
    Key::Event,
    Key::Caller,
    Key::Exchange,
    Key::Component,
    Key::Operation,
    Key::HttpMethod,
    Key::Path,
    Key::HttpStatus,
    Key::Duration,
    Key::ErrorMessage,
    Key::TraceId,
];

/// A file, compressed or not.
enum Out {
    Plain(BufWriter<File>),
    Gzip(flate2::write::GzEncoder<BufWriter<File>>),
    Zstd(zstd::Encoder<'static, BufWriter<File>>),
}

impl Out {
    fn open(path: &Path, packing: Packing) -> io::Result<Out> {
        let file = BufWriter::with_capacity(1 << 18, File::create(path)?);
        Ok(match packing {
            Packing::Plain => Out::Plain(file),
            Packing::Gzip => Out::Gzip(flate2::write::GzEncoder::new(
                file,
                flate2::Compression::new(6),
            )),
            Packing::Zstd => Out::Zstd(zstd::Encoder::new(file, 3)?),
        })
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        match self {
            Out::Plain(w) => w.write_all(text.as_bytes()),
            Out::Gzip(w) => w.write_all(text.as_bytes()),
            Out::Zstd(w) => w.write_all(text.as_bytes()),
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Out::Plain(mut w) => w.flush(),
            Out::Gzip(w) => w.finish()?.flush(),
            Out::Zstd(w) => w.finish()?.flush(),
        }
    }
}

/// One log file being written.
struct LogFile {
    sheet: Sheet,
    out: Out,
    /// A number of its own for the draws of its dirt.
    number: u64,
    start: i64,
    lines: u64,
    bytes: u64,
}

impl LogFile {
    fn create(
        folder: &Path,
        stem: &str,
        sheet: &Sheet,
        keys: &[Key],
        number: u64,
        start: i64,
    ) -> io::Result<LogFile> {
        let mut name = format!("{stem}.{}", sheet.shape.extension());
        match sheet.packing {
            Packing::Plain => {}
            Packing::Gzip => name.push_str(".gz"),
            Packing::Zstd => name.push_str(".zst"),
        }
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        let mut file = LogFile {
            sheet: sheet.clone(),
            out: Out::open(&path, sheet.packing)?,
            number,
            start,
            lines: 0,
            bytes: 0,
        };
        if let Shape::Csv(separator) = sheet.shape {
            let header = shapes::header(separator, sheet.vocabulary, keys);
            file.put(&header)?;
        }
        Ok(file)
    }

    fn put(&mut self, line: &str) -> io::Result<()> {
        self.bytes += line.len() as u64 + 1;
        let array = self.sheet.shape == Shape::JsonArray;
        if array {
            self.out.text(if self.lines == 0 { "[\n" } else { ",\n" })?;
        }
        self.lines += 1;
        self.out.text(line)?;
        if array { Ok(()) } else { self.out.text("\n") }
    }

    /// Writes a record with its dirt; false when the line was lost or spoilt.
    fn record(
        &mut self,
        draws: &Draws,
        entity: u64,
        time: i64,
        success: bool,
        fields: &[(Key, Cell)],
    ) -> io::Result<bool> {
        let dirt = &self.sheet.dirt;
        if dirt.lost(time) {
            return Ok(false);
        }
        let sampled = dirt.sample_successes;
        if success
            && sampled > 1
            && !draws
                .bits(entity, self.number, For::Sample)
                .is_multiple_of(sampled)
        {
            return Ok(false);
        }
        let shown = dirt.clock(self.start, time);
        let line = shapes::line(
            self.sheet.shape,
            self.sheet.vocabulary,
            self.sheet.stamp,
            shown,
            fields,
        );
        let cut = draws.unit(entity, self.number, For::Cut) < dirt.cut;
        let twice = draws.unit(entity, self.number, For::Duplicate) < dirt.duplicates;
        let noise = draws.unit(entity, self.number, For::Noise) < dirt.foreign_lines;
        if cut {
            let mut at = line.len() / 2;
            while !line.is_char_boundary(at) {
                at -= 1;
            }
            self.put(&line[..at])?;
            return Ok(false);
        }
        self.put(&line)?;
        if twice {
            self.put(&line)?;
        }
        if noise && self.sheet.shape != Shape::JsonArray {
            self.put("java.net.SocketTimeoutException: Read timed out")?;
            self.put("\tat com.example.pay.Client.send(Client.java:214)")?;
        }
        Ok(true)
    }

    fn finish(mut self) -> io::Result<u64> {
        if self.sheet.shape == Shape::JsonArray {
            self.out
                .text(if self.lines == 0 { "[]\n" } else { "\n]\n" })?;
        }
        self.out.finish()?;
        Ok(self.bytes)
    }
}

/// One log, in one export or in two that overlap.
struct Log {
    files: Vec<LogFile>,
}

impl Log {
    fn create(
        folder: &Path,
        stem: &str,
        sheet: &Sheet,
        keys: &[Key],
        number: u64,
        start: i64,
    ) -> io::Result<Log> {
        let Some((from, to)) = sheet.dirt.overlap else {
            let file = LogFile::create(folder, stem, sheet, keys, number, start)?;
            return Ok(Log { files: vec![file] });
        };
        let mut files = Vec::new();
        for (part, gap) in [(1, (to, i64::MAX)), (2, (i64::MIN, from))] {
            let mut sheet = sheet.clone();
            sheet.dirt.gaps.push(gap);
            let stem = format!("{stem}-{part}");
            files.push(LogFile::create(folder, &stem, &sheet, keys, number, start)?);
        }
        Ok(Log { files })
    }

    fn sheet(&self) -> &Sheet {
        &self.files[0].sheet
    }

    /// Writes a record to every export that holds it; false when none does.
    fn record(
        &mut self,
        draws: &Draws,
        entity: u64,
        time: i64,
        success: bool,
        fields: &[(Key, Cell)],
    ) -> io::Result<bool> {
        let mut written = false;
        for file in &mut self.files {
            written |= file.record(draws, entity, time, success, fields)?;
        }
        Ok(written)
    }
}

/// Name of a merchant's file without its ending.
fn stem(merchant: &Merchant, what: &str) -> String {
    if merchant.told_by_folder {
        format!("{}/{what}", merchant.name)
    } else {
        format!("{what}-{}", merchant.name)
    }
}

/// All log files of a scenario.
pub(crate) struct Logs<'w> {
    world: &'w World,
    draws: Draws,
    payments: Vec<Log>,
    /// For each service: one file (gateway), one a merchant (client) or none.
    calls: Vec<Vec<Log>>,
}

/// The payment id as text.
pub(crate) fn payment_id(draws: &Draws, key: u64) -> String {
    format!("pay_{:016x}", draws.bits(key, 1, For::TraceId))
}

/// The merchant's name as its own logs have it.
fn name_in_log(merchant: &Merchant) -> Cell {
    if merchant.told_by_folder {
        Cell::Absent
    } else {
        Cell::Text(merchant.name.to_owned())
    }
}

fn order_id(order: u64) -> String {
    format!("ord-{}", 10_000_000 + order)
}

impl<'w> Logs<'w> {
    pub(crate) fn create(world: &'w World, folder: &Path) -> io::Result<Logs<'w>> {
        fs::create_dir_all(folder)?;
        let mut number = 0;
        let mut open = |stem: &str, sheet: &Sheet, keys: &[Key]| {
            number += 1;
            Log::create(folder, stem, sheet, keys, number, world.start)
        };
        let mut payments = Vec::new();
        for merchant in &world.merchants {
            payments.push(open(
                &stem(merchant, "payments"),
                &merchant.log,
                PAYMENT_KEYS,
            )?);
        }
        let mut calls = Vec::new();
        for service in &world.services {
            calls.push(match &service.log {
                CallLog::None => Vec::new(),
                CallLog::Gateway(sheet) => vec![open(
                    &format!("{}-gateway", service.name),
                    sheet,
                    CALL_KEYS,
                )?],
                CallLog::Client(sheet) => world
                    .merchants
                    .iter()
                    .map(|m| {
                        open(
                            &stem(m, &format!("{}-calls", service.name)),
                            sheet,
                            CALL_KEYS,
                        )
                    })
                    .collect::<io::Result<_>>()?,
            });
        }
        write_status_pages(world, folder)?;
        write_notes(world, folder)?;
        Ok(Logs {
            world,
            draws: Draws::new(world.seed),
            payments,
            calls,
        })
    }

    /// Ends all files; the number of bytes written, before compression.
    pub(crate) fn finish(self) -> io::Result<u64> {
        let mut bytes = 0;
        for file in self
            .payments
            .into_iter()
            .chain(self.calls.into_iter().flatten())
            .flat_map(|log| log.files)
        {
            bytes += file.finish()?;
        }
        Ok(bytes)
    }

    fn trace(&self, key: u64) -> String {
        let (high, low) = (
            self.draws.bits(key, 2, For::TraceId),
            self.draws.bits(key, 3, For::TraceId),
        );
        format!("{high:016x}{low:016x}")
    }

    /// The trace id as a file with such dirt writes it.
    fn dirty_trace(&self, ids: Ids, key: u64, serial: u64) -> Cell {
        if self.world.strip_ids {
            return Cell::Absent;
        }
        let text = match ids {
            Ids::Clean => self.trace(key),
            Ids::Absent => return Cell::Absent,
            Ids::Constant => self.trace(0),
            Ids::Zero => "0".repeat(32),
            Ids::PerWorker(n) => self.trace(u64::MAX - self.draws.bits(key, 4, For::TraceId) % n),
            Ids::Wrong(share) if self.draws.unit(key, serial, For::WrongId) < share => {
                let away = 1 + self.draws.bits(key, serial, For::WrongId) % 40;
                self.trace(key.wrapping_sub(away << 4))
            }
            Ids::Wrong(_) => self.trace(key),
        };
        Cell::Text(text)
    }

    fn payment(
        &mut self,
        attempt: &Attempt,
        time: i64,
        status: &str,
        end: Option<&AttemptEnd>,
    ) -> io::Result<bool> {
        let merchant = &self.world.merchants[attempt.merchant];
        let method = &merchant.methods[attempt.method];
        let key = attempt.key();
        let service = method.service.map(|s| self.world.services[s].name);
        let reason = end.and_then(|e| e.reason);
        let (code, message) = match reason {
            Some(reason) => {
                let (code, message) = words::failure(
                    merchant.wording,
                    reason,
                    service.unwrap_or(""),
                    merchant.workers,
                );
                (Cell::Text(code), Cell::Text(message))
            }
            None => (Cell::Absent, Cell::Absent),
        };
        let level = if reason.is_some() { "ERROR" } else { "INFO" };
        let file = &self.payments[attempt.merchant];
        let retry_of = if merchant.states_retry_of && attempt.number > 0 {
            Cell::Text(payment_id(&self.draws, key - 1))
        } else {
            Cell::Absent
        };
        let fields = [
            (Key::Level, Cell::Text(level.into())),
            (Key::Event, Cell::Text("payment".into())),
            (Key::PaymentId, Cell::Text(payment_id(&self.draws, key))),
            (Key::OrderId, Cell::Text(order_id(attempt.order))),
            (
                Key::CustomerId,
                Cell::Text(format!("cus_{:05x}", attempt.customer)),
            ),
            (Key::Merchant, name_in_log(merchant)),
            (Key::Method, Cell::Text(method.name.into())),
            (
                Key::Exchange,
                match service {
                    Some(name) if method.names_service => Cell::Text(name.into()),
                    _ => Cell::Absent,
                },
            ),
            (Key::Currency, Cell::Text(method.currency.into())),
            (Key::Amount, Cell::Decimal(self.amount(attempt))),
            (Key::Status, Cell::Text(status.into())),
            (Key::ErrorCode, code),
            (Key::ErrorMessage, message),
            (Key::Duration, Cell::Number(time - attempt.start)),
            (Key::Attempt, Cell::Number(i64::from(attempt.number) + 1)),
            (Key::RetryOf, retry_of),
            (
                Key::TraceId,
                self.dirty_trace(file.sheet().dirt.ids, key, 1 << 20),
            ),
        ];
        let entity = if end.is_some() { key } else { !key };
        let success = end.is_some_and(|e| e.reason.is_none());
        self.payments[attempt.merchant].record(&self.draws, entity, time, success, &fields)
    }

    /// The amount as decimal text: one amount for all attempts of an order in one currency.
    fn amount(&self, attempt: &Attempt) -> String {
        let method = &self.world.merchants[attempt.merchant].methods[attempt.method];
        let factor = self.draws.skewed(attempt.order, 0, For::Amount);
        let unit = 10_i64.pow(8 - method.decimals);
        let amount = ((method.amount * factor) as i64 / unit).max(1) * unit;
        let (whole, part) = (amount / 100_000_000, amount % 100_000_000);
        let digits = format!("{part:08}");
        format!("{whole}.{}", &digits[..method.decimals as usize])
    }

    pub(crate) fn pending(&mut self, attempt: &Attempt, time: i64) -> io::Result<()> {
        if time < self.world.end {
            let word = self.world.merchants[attempt.merchant]
                .log
                .vocabulary
                .pending();
            self.payment(attempt, time, word, None)?;
        }
        Ok(())
    }

    /// Writes the final record; false when it is not in the logs.
    pub(crate) fn ended(&mut self, end: &AttemptEnd) -> io::Result<bool> {
        if end.time >= self.world.end {
            return Ok(false);
        }
        let vocabulary = self.world.merchants[end.attempt.merchant].log.vocabulary;
        let expired = matches!(end.reason, Some(super::engine::Reason::Expired));
        let word = if expired {
            "expired"
        } else {
            vocabulary.outcome(end.reason.is_none())
        };
        self.payment(&end.attempt, end.time, word, Some(end))
    }

    pub(crate) fn call(&mut self, call: &CallEnd) -> io::Result<()> {
        if call.end >= self.world.end || self.calls[call.service].is_empty() {
            return Ok(());
        }
        let service = &self.world.services[call.service];
        let gateway = matches!(service.log, CallLog::Gateway(_));
        if gateway && call.answer == Answer::Refused {
            // It never reached the gateway.
            return Ok(());
        }
        let index = if gateway { 0 } else { call.merchant };
        let sheet = self.calls[call.service][index].sheet();
        let (status, error) = words::call(call.answer);
        let status = if gateway {
            status.or(Some(499))
        } else {
            status
        };
        let success = call.answer == Answer::Good;
        let trace = self.dirty_trace(sheet.dirt.ids, call.key, call.serial);
        let merchant = &self.world.merchants[call.merchant];
        let caller = if gateway {
            Cell::Text(merchant.name.to_owned())
        } else {
            name_in_log(merchant)
        };
        let fields = self.call_fields(
            call.service,
            sheet.names_host(),
            (caller, call.step.component),
            (
                call.step.operation,
                call.step.http,
                words::path(service.hides_components, call.step.path),
            ),
            (status, error, call.end - call.begin),
            trace,
        );
        let entity = call.key ^ (call.serial << 40);
        self.calls[call.service][index].record(&self.draws, entity, call.end, success, &fields)?;
        Ok(())
    }

    fn call_fields(
        &self,
        service: usize,
        names_host: bool,
        (caller, component): (Cell, usize),
        (operation, http, path): (&str, &str, &str),
        (status, error, duration): (Option<u16>, &str, i64),
        trace: Cell,
    ) -> [(Key, Cell); 12] {
        let service = &self.world.services[service];
        let text = |t: &str| Cell::Text(t.to_owned());
        let exchange = if names_host {
            service.host
        } else {
            service.name
        };
        [
            (
                Key::Level,
                text(if error.is_empty() { "INFO" } else { "WARN" }),
            ),
            (Key::Event, text("exchange_call")),
            (Key::Caller, caller),
            (Key::Exchange, text(exchange)),
            (
                Key::Component,
                if service.hides_components {
                    Cell::Absent
                } else {
                    text(service.components[component].name)
                },
            ),
            (Key::Operation, text(operation)),
            (Key::HttpMethod, text(http)),
            (Key::Path, text(path)),
            (
                Key::HttpStatus,
                status.map_or(Cell::Absent, |s| Cell::Number(i64::from(s))),
            ),
            (Key::Duration, Cell::Number(duration)),
            (
                Key::ErrorMessage,
                if error.is_empty() {
                    Cell::Absent
                } else {
                    text(error)
                },
            ),
            (Key::TraceId, trace),
        ]
    }

    pub(crate) fn foreign(&mut self, call: &ForeignCall) -> io::Result<()> {
        let service = &self.world.services[call.service];
        if call.time >= self.world.end || !matches!(service.log, CallLog::Gateway(_)) {
            return Ok(());
        }
        let component = service.components[call.component].name;
        let caller = format!(
            "client-{:03x}",
            self.draws.bits(call.serial, 0, For::Foreign) % 0x400
        );
        let entity = call.serial | 1 << 62;
        let sheet = self.calls[call.service][0].sheet();
        let latency = self.draws.skewed(entity, 0, For::Latency);
        let duration = if call.status == 200 {
            service.latency * latency
        } else {
            2.0 * latency
        } as i64;
        let error = if call.status == 200 {
            ""
        } else {
            words::status_text(call.status)
        };
        let path = format!("/{component}/v1/public");
        let path = words::path(service.hides_components, &path);
        let fields = self.call_fields(
            call.service,
            sheet.names_host(),
            (Cell::Text(caller), call.component),
            ("public", "GET", path),
            (Some(call.status), error, duration),
            // Strangers send no trace.
            Cell::Absent,
        );
        self.calls[call.service][0].record(
            &self.draws,
            entity,
            call.time,
            call.status == 200,
            &fields,
        )?;
        Ok(())
    }
}

/// The outcome word of a failed attempt: `failed`, or `unknown` when it may have gone through.
pub(crate) fn outcome(end: &AttemptEnd) -> &'static str {
    if end.reason.is_some_and(is_unknown) {
        "unknown"
    } else {
        "failed"
    }
}

fn write_status_pages(world: &World, folder: &Path) -> io::Result<()> {
    for (index, service) in world.services.iter().enumerate() {
        let of_kind = |scheduled: bool| -> Vec<serde_json::Value> {
            world
                .announcements
                .iter()
                .filter(|a| a.service == index && a.scheduled == scheduled)
                .map(|a| incident(a, service.name))
                .collect()
        };
        let (incidents, scheduled) = (of_kind(false), of_kind(true));
        if incidents.is_empty() && scheduled.is_empty() {
            continue;
        }
        let document = json!({
            "page": {"id": format!("{}page", service.name), "name": service.name, "url": format!("https://status.{}.example", service.name), "time_zone": "Etc/UTC"},
            "incidents": incidents,
            "scheduled_maintenances": scheduled,
        });
        let path: PathBuf = folder.join(format!("status-{}.json", service.name));
        fs::write(path, format!("{document:#}\n"))?;
    }
    Ok(())
}

fn incident(a: &Announcement, name: &str) -> serde_json::Value {
    let update = |status: &str, body: &str, at: i64| json!({"id": format!("upd-{}", at / 1000), "status": status, "body": body, "created_at": shapes::utc(at), "display_at": shapes::utc(at)});
    let [first, second, last] = if a.scheduled {
        ["scheduled", "in_progress", "completed"]
    } else {
        ["investigating", "identified", "resolved"]
    };
    let named = a.components.join(", ");
    // Newest first, as the API gives them.
    let mut updates = Vec::new();
    if let Some(resolved) = a.resolved {
        updates.push(update(
            last,
            &format!("{name} services operate normally again."),
            resolved,
        ));
    }
    updates.push(update(second, "We are working on it.", a.identified));
    updates.push(update(first, &format!("Affected: {named}."), a.created));
    let components: Vec<serde_json::Value> = a
        .components
        .iter()
        .map(|c| json!({"id": format!("cmp-{c}"), "name": c, "status": "operational"}))
        .collect();
    json!({
        "id": format!("inc-{}", a.created / 1000),
        "name": a.title,
        "status": if a.resolved.is_some() { last } else { second },
        "impact": a.impact,
        "created_at": shapes::utc(a.created),
        "started_at": shapes::utc(if a.scheduled { a.identified } else { a.created }),
        "scheduled_for": a.scheduled.then(|| shapes::utc(a.identified)),
        "scheduled_until": a.resolved.filter(|_| a.scheduled).map(shapes::utc),
        "updated_at": shapes::utc(a.resolved.unwrap_or(a.identified)),
        "resolved_at": a.resolved.map(shapes::utc),
        "incident_updates": updates,
        "components": components,
    })
}

fn write_notes(world: &World, folder: &Path) -> io::Result<()> {
    if world.notes.is_empty() {
        return Ok(());
    }
    let mut text = String::new();
    for (time, note) in &world.notes {
        text.push_str(&format!("{} INFO {note}\n", shapes::utc(*time)));
    }
    fs::write(folder.join("deploys.log"), text)
}
