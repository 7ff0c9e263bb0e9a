//! Access logs of AWS load balancers: Application Load Balancer (field by field at
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html>) and
//! the classic one (`…/latest/classic/access-log-collection.html`).
//!
//! `https 2021-08-18T12:00:10.186641Z app/edge/50dc6c49 192.0.2.7:2817 - -1 -1 -1 502 - 34 366 "GET https://…" …`
//!
//! The time is that of the answer; the application load balancer tells beside it when the request came in.
//! New fields are appended by AWS: what follows the known ones is not looked at.

use super::tokens::{self, Token, Tokens};
use super::{Lines, Refusal};
use crate::model::{DurationUnit, Field, Record};
use crate::parse::fields::{Draft, Fields};
use crate::parse::stamp;

pub(super) static FORMAT: Lines = Lines {
    id: "aws-elb",
    about: "access logs of AWS load balancers: application and classic",
    shown: "requests through an AWS load balancer",
    read,
    cut: |_, _| None,
};

/// Types of requests that an application load balancer logs.
const TYPES: [&str; 6] = ["http", "https", "h2", "grpcs", "ws", "wss"];

fn read(
    text: &str,
    line: u64,
    fields: &mut Fields,
    emit: &mut dyn FnMut(&Record<'_>),
) -> Result<(), Refusal> {
    let mut tokens = Tokens::of(text);
    let first = text.split(' ').next().unwrap_or("");
    let is_application = TYPES.contains(&first);
    if is_application {
        tokens.next();
    } else if !first.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Refusal::NotMine);
    }
    let time = tokens.next().and_then(|t| stamp::read(t.text));
    let time = time.filter(|t| t.has_zone).ok_or(Refusal::NotMine)?;
    let all: Vec<Token<'_>> = tokens.collect();
    if !is_elb(&all) {
        return Err(Refusal::NotMine);
    }
    let mut draft = Draft::new(line);
    put_call(&mut draft, &all);
    if is_application {
        put_application(&mut draft, &all);
    }
    let created = is_application
        .then(|| all.get(19).and_then(|t| stamp::read(t.text)))
        .flatten();
    tokens::ended(&mut draft, time);
    if created.is_some() {
        (draft.record.start, draft.record.end) = (created, Some(time));
    }
    emit(&fields.finish(draft)?);
    Ok(())
}

/// From the balancer's name on: three times and two statuses where they belong, and the request in quotes.
fn is_elb(all: &[Token<'_>]) -> bool {
    let is_seconds =
        |t: &Token<'_>| t.text == "-1" || tokens::nanos(t.text, DurationUnit::Seconds).is_some();
    let is_status = |t: &Token<'_>| t.text == "-" || t.is_count();
    all.len() > 10
        && all[1].text.contains(':')
        && all[3..6].iter().all(is_seconds)
        && all[6..10].iter().all(is_status)
        && all[10].shape == tokens::Shape::Quoted
}

/// What both kinds tell at the same places.
fn put_call<'a>(draft: &mut Draft<'a>, all: &[Token<'a>]) {
    if let Some(client) = tokens::host_name(all[1].text) {
        draft.set(Field::ClientAddress, 1000, client);
    }
    if let Some(status) = all[6].stated() {
        draft.set(Field::HttpStatus, 1000, status);
    }
    if let Some(status) = all[7].stated().filter(|s| *s != "0") {
        draft.set(Field::UpstreamStatus, 1000, status);
    }
    put_total(draft, &all[3..6]);
    let mut words = all[10].text.split(' ');
    if let (Some(method), Some(url)) = (words.next(), words.next())
        && method != "-"
    {
        draft.set(Field::HttpMethod, 1000, method);
        tokens::put_url(draft, url);
    }
    if let Some(agent) = all.get(11).and_then(Token::stated) {
        draft.set(Field::UserAgent, 1000, agent);
    }
}

/// The three times (seconds; -1: it did not come to that) together.
fn put_total(draft: &mut Draft<'_>, times: &[Token<'_>]) {
    let parts: Option<Vec<i64>> = times
        .iter()
        .map(|t| tokens::nanos(t.text, DurationUnit::Seconds))
        .collect();
    if let Some(parts) = parts {
        let total: i64 = parts.iter().fold(0, |sum, part| sum.saturating_add(*part));
        draft.set(Field::Duration, 1000, total.to_string());
        draft.record.duration_unit = DurationUnit::Nanos;
    }
}

/// What only the application load balancer tells: target group, trace, reason of its own errors.
fn put_application<'a>(draft: &mut Draft<'a>, all: &[Token<'a>]) {
    let stated = |at: usize| all.get(at).and_then(Token::stated);
    let group = stated(14).and_then(|arn| arn.split_once(":targetgroup/"));
    if let Some((_, name)) = group {
        draft.set(Field::Service, 800, name.split('/').next().unwrap_or(name));
    }
    if let Some(trace) = stated(15) {
        draft.set(Field::TraceId, 800, trace.trim_start_matches("Root="));
    }
    if let Some(reason) = stated(22) {
        draft.set(Field::ErrorCode, 1000, reason);
    }
}
