//! nginx's error log (<https://nginx.org/en/docs/ngx_core_module.html#error_log>).
//!
//! `2021/08/18 12:00:05 [error] 31#31: *17 connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.7, server: shop, request: "POST /pay HTTP/1.1", upstream: "https://203.0.113.5:443/pay", host: "shop.example"`
//!
//! Only what concerns an upstream is an error of a call; the rest is a message.

use super::tokens;
use super::{Lines, Refusal};
use crate::model::{Field, Record};
use crate::parse::fields::{Draft, Fields};
use crate::parse::stamp;

pub(super) static FORMAT: Lines = Lines {
    id: "nginx-error",
    about: "error log of nginx",
    shown: "lines of an nginx error log",
    read,
    cut: |_, _| None,
};

fn read(
    text: &str,
    line: u64,
    fields: &mut Fields,
    emit: &mut dyn FnMut(&Record<'_>),
) -> Result<(), Refusal> {
    let (level, rest) = head(text).ok_or(Refusal::NotMine)?;
    let (time, _) = stamp::read_prefix(text).ok_or(Refusal::NotMine)?;
    let mut draft = Draft::new(line);
    draft.set_time(time, 1000);
    draft.set(Field::Level, 1000, level);
    let message = rest.split(", client: ").next().unwrap_or(rest);
    draft.set(Field::Message, 1000, message);
    if let Some(client) = labelled(rest, "client") {
        draft.set(Field::ClientAddress, 1000, client);
    }
    let upstream = labelled(rest, "upstream");
    let is_bad = matches!(level, "error" | "crit" | "alert" | "emerg");
    if is_bad && (upstream.is_some() || message.contains("upstream")) {
        draft.set(Field::ErrorMessage, 1000, message);
        put_request(&mut draft, rest, upstream);
    }
    emit(&fields.finish(draft)?);
    Ok(())
}

/// `2021/08/18 12:00:05 [error] 31#31: *17 message`: the level and the message.
fn head(text: &str) -> Option<(&str, &str)> {
    const STAMP: usize = "2021/08/18 12:00:05".len();
    let rest = text.get(STAMP..)?.strip_prefix(" [")?;
    let (level, rest) = rest.split_once("] ")?;
    let (process, rest) = rest.split_once(": ")?;
    let (pid, thread) = process.split_once('#')?;
    if !tokens::is_digits(pid) || !tokens::is_digits(thread) || text.as_bytes()[4] != b'/' {
        return None;
    }
    let after_connection = rest
        .strip_prefix('*')
        .and_then(|r| r.split_once(' '))
        .filter(|(number, _)| tokens::is_digits(number));
    Some((level, after_connection.map_or(rest, |(_, message)| message)))
}

/// The value after `, label: `, with its quotes taken off.
fn labelled<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let mut from = 0;
    while let Some(at) = text[from..].find(label) {
        let start = from + at;
        let value = text[start + label.len()..].strip_prefix(": ");
        if let (true, Some(value)) = (text[..start].ends_with(", "), value) {
            return match value.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next(),
                None => value.split(", ").next(),
            };
        }
        from = start + label.len();
    }
    None
}

/// The request, and whom nginx asked: the upstream by name, else the host that the client named.
fn put_request<'a>(draft: &mut Draft<'a>, text: &'a str, upstream: Option<&'a str>) {
    if let Some(request) = labelled(text, "request") {
        tokens::put_request(draft, request);
    }
    let is_name = |h: &&str| h.parse::<std::net::IpAddr>().is_err();
    let of_upstream = upstream.and_then(tokens::host_name).filter(is_name);
    let host = of_upstream.or_else(|| labelled(text, "host").and_then(tokens::host_name));
    if let Some(host) = host {
        draft.set(Field::Host, 900, host);
    }
}
