//! Access logs of nginx and Apache: common and combined, with a virtual host before, and timing fields or
//! `key=value` pairs after.

use super::{Fit, LineFormat, LogFormat, Refusal};
use crate::model::{DurationUnit, Field, Record};
use crate::parse::detect::{self, Sample};
use crate::parse::fields::{Draft, Fields};
use crate::parse::{pairs, stamp};

pub(super) struct Access;

impl LogFormat for Access {
    fn id(&self) -> &'static str {
        "access"
    }

    fn about(&self) -> &'static str {
        "access logs of nginx and Apache: common, combined, with extras at the end"
    }

    fn detect(&self, sample: &Sample, fields: &mut Fields) -> Option<Fit> {
        detect::share(sample, self, fields, "requests in an access log")
    }

    fn lines(&self) -> Option<&dyn LineFormat> {
        Some(self)
    }
}

impl LineFormat for Access {
    fn read_line(
        &self,
        text: &str,
        line: u64,
        fields: &mut Fields,
        emit: &mut dyn FnMut(&Record<'_>),
    ) -> Result<(), Refusal> {
        let (before, time, after) = split(text).ok_or(Refusal::NotMine)?;
        let mut draft = Draft::new(line);
        who(&mut draft, before);
        draft.set_time(time, 1000);
        let (request, rest) = quoted(after).ok_or(Refusal::NotMine)?;
        let (status, rest) = word(rest);
        let is_status = status.len() == 3 && status.bytes().all(|b| b.is_ascii_digit());
        if !is_status {
            return Err(Refusal::NotMine);
        }
        draft.set(Field::HttpStatus, 1000, status);
        put_request(&mut draft, request);
        let (size, mut rest) = word(rest);
        if !(size == "-" || size.bytes().all(|b| b.is_ascii_digit())) {
            return Err(Refusal::NotMine);
        }
        if let Some((_referer, more)) = quoted(rest) {
            rest = more;
            if let Some((agent, more)) = quoted(rest) {
                if agent != "-" {
                    draft.set(Field::UserAgent, 1000, agent);
                }
                rest = more;
            }
        }
        put_extras(&mut draft, rest, fields);
        emit(&fields.finish(draft)?);
        Ok(())
    }
}

/// Before the time stamp, the time stamp, after it.
fn split(text: &str) -> Option<(&str, crate::model::Stamp, &str)> {
    let open = memchr::memchr(b'[', text.as_bytes())?;
    let close = open + memchr::memchr(b']', &text.as_bytes()[open..])?;
    let after = text[close + 1..].trim_start();
    if !after.starts_with('"') || open == 0 {
        return None;
    }
    Some((&text[..open], stamp::read(&text[open + 1..close])?, after))
}

/// `[vhost[:port]] client ident user`
fn who<'a>(draft: &mut Draft<'a>, before: &'a str) {
    let words: Vec<&str> = before.split_whitespace().collect();
    let (host, client, user) = match words.as_slice() {
        [host, client, _, user, ..] if !is_address(host) && is_address(client) => {
            (Some(*host), *client, Some(*user))
        }
        [client, rest @ ..] => (None, *client, rest.get(1).copied()),
        [] => return,
    };
    draft.set(Field::ClientAddress, 1000, client);
    // Who authenticated is who called.
    if let Some(user) = user.filter(|u| *u != "-") {
        draft.set(Field::Caller, 500, user);
    }
    if let Some(host) = host {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        draft.set(Field::Host, 900, name);
    }
}

fn is_address(word: &str) -> bool {
    word.parse::<std::net::IpAddr>().is_ok()
}

/// The quoted text at the start, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    if !text.starts_with('"') {
        return None;
    }
    let (_, end) = pairs::quoted(text, 1, b'"')?;
    Some((&text[1..end - 1], &text[end..]))
}

fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    text.split_at(text.find(' ').unwrap_or(text.len()))
}

/// `GET /path HTTP/1.1`; a broken request says nothing.
fn put_request<'a>(draft: &mut Draft<'a>, request: &'a str) {
    let mut words = request.split(' ');
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return;
    };
    if method.is_empty() || !method.bytes().all(|b| b.is_ascii_uppercase() || b == b'-') {
        return;
    }
    draft.set(Field::HttpMethod, 1000, method);
    draft.set(Field::Path, 1000, path);
}

/// What sites add at the end: pairs under their names; else the first number with a fraction is the time
/// that the request took, in seconds (nginx `$request_time`). A whole number could be Apache's `%D`
/// (microseconds), `%T` (seconds) or a size: it is not read.
fn put_extras<'a>(draft: &mut Draft<'a>, rest: &'a str, fields: &mut Fields) {
    fields.put_pairs(draft, rest, 0);
    if draft.record.has(Field::Duration) {
        return;
    }
    let is_time = |w: &&str| {
        w.split_once('.').is_some_and(|(whole, fraction)| {
            let digits =
                |t: &str| !t.is_empty() && t.len() <= 9 && t.bytes().all(|b| b.is_ascii_digit());
            digits(whole) && digits(fraction)
        })
    };
    let mut words = rest.split_whitespace().map(|w| w.trim_matches('"'));
    if let Some(seconds) = words.find(is_time)
        && draft.set(Field::Duration, 900, seconds)
    {
        draft.record.duration_unit = DurationUnit::Seconds;
    }
}
