//! Squid's native access log (<https://wiki.squid-cache.org/Features/LogFormat#default-formats>): what an egress proxy asked for.
//!
//! `1629288000.450    921 192.0.2.68 TCP_MISS/502 507 POST http://api.example.com/v1/orders - HIER_DIRECT/203.0.113.5 text/html`
//!
//! The stamp is the end, the duration is in milliseconds, status 000 means that no answer was sent.

use super::tokens::{self, Token, Tokens};
use super::{Lines, Refusal};
use crate::model::{DurationUnit, Field, Record};
use crate::parse::fields::{Draft, Fields};
use crate::parse::stamp;

pub(super) static FORMAT: Lines = Lines {
    id: "squid",
    about: "Squid's native access log",
    shown: "requests through Squid",
    read,
    cut: |_, _| None,
};

fn read(
    text: &str,
    line: u64,
    fields: &mut Fields,
    emit: &mut dyn FnMut(&Record<'_>),
) -> Result<(), Refusal> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Refusal::NotMine);
    }
    let all: Vec<Token<'_>> = Tokens::of(text).take(10).collect();
    let [
        time,
        took,
        client,
        result,
        size,
        method,
        url,
        user,
        peer,
        ..,
    ] = all.as_slice()
    else {
        return Err(Refusal::NotMine);
    };
    let (code, status) = result.text.split_once('/').ok_or(Refusal::NotMine)?;
    let (hierarchy, _) = peer.text.split_once('/').ok_or(Refusal::NotMine)?;
    let is_code = |b: u8| b.is_ascii_uppercase() || b == b'_';
    if !code.bytes().all(is_code) || !tokens::is_digits(status) || !size.is_count() {
        return Err(Refusal::NotMine);
    }
    let time = stamp::epoch(time.text).ok_or(Refusal::NotMine)?;
    let mut draft = Draft::new(line);
    draft.set(Field::ClientAddress, 1000, client.text);
    draft.set(Field::HttpStatus, 1000, status);
    let asked = !hierarchy.ends_with("NONE");
    if asked && status != "000" {
        draft.set(Field::UpstreamStatus, 1000, status);
    }
    // How it ended, where that says more than whether the cache was used: TCP_MISS_ABORTED, TAG_NONE.
    if code.contains("ABORTED") || code.contains("TIMEDOUT") || code.contains("FAIL") {
        draft.set(Field::ErrorCode, 1000, code);
    }
    if let Some(user) = user.stated() {
        draft.set(Field::Caller, 500, user);
    }
    put_target(&mut draft, method.text, url.text);
    tokens::put_duration(&mut draft, took.text, DurationUnit::Millis);
    tokens::ended(&mut draft, time);
    emit(&fields.finish(draft)?);
    Ok(())
}

/// A URL, or (`CONNECT`) a host and a port.
fn put_target<'a>(draft: &mut Draft<'a>, method: &'a str, url: &'a str) {
    if url.starts_with("error:") {
        return;
    }
    draft.set(Field::HttpMethod, 1000, method);
    tokens::put_url(draft, url);
}
