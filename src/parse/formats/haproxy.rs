//! HAProxy's HTTP and TCP logs, with or without a syslog header
//! (<https://docs.haproxy.org/3.0/configuration.html#8.2>).
//!
//! `… haproxy[1438]: 192.0.2.1:33317 [18/Aug/2021:12:14:14.655] edge bk_pay/srv1 10/0/30/69/109 503 212 - - SC-- 1/1/1/1/0 0/0 "GET / HTTP/1.1"`
//!
//! The stamp is the start; timers are milliseconds, -1 where it did not come to that. The first two letters of
//! the termination state tell who ended the session and in which phase; `--` is a normal end.

use super::tokens::{self, Shape, Token, Tokens};
use super::{Lines, Refusal};
use crate::model::{DurationUnit, Field, Record, Stamp};
use crate::parse::fields::{Draft, Fields};
use crate::parse::stamp;

pub(super) static FORMAT: Lines = Lines {
    id: "haproxy",
    about: "HAProxy: httplog, httpslog and tcplog",
    shown: "requests through HAProxy",
    read,
    cut: |_, _| None,
};

fn read(
    text: &str,
    line: u64,
    fields: &mut Fields,
    emit: &mut dyn FnMut(&Record<'_>),
) -> Result<(), Refusal> {
    let (client, time, rest) = split(text).ok_or(Refusal::NotMine)?;
    let all: Vec<Token<'_>> = Tokens::of(rest).take(12).collect();
    let mut draft = Draft::new(line);
    draft.set(Field::ClientAddress, 1000, client);
    put_session(&mut draft, &all, rest).ok_or(Refusal::NotMine)?;
    tokens::began(&mut draft, time);
    emit(&fields.finish(draft)?);
    Ok(())
}

/// The client's address, the accept date in brackets after it, and what follows.
fn split(text: &str) -> Option<(&str, Stamp, &str)> {
    let mut from = 0;
    // "haproxy[1438]:" and a few more brackets may stand in the header.
    for _ in 0..4 {
        let open = from + memchr::memchr(b'[', &text.as_bytes()[from..])?;
        let close = open + memchr::memchr(b']', &text.as_bytes()[open..])?;
        if let Some(time) = stamp::read(&text[open + 1..close]) {
            let before = text[..open].trim_end().rsplit(' ').next()?;
            let (address, port) = before.rsplit_once(':')?;
            let fits = tokens::is_digits(port) && !address.is_empty();
            return fits.then_some((address, time, &text[close + 1..]));
        }
        from = close;
    }
    None
}

/// `frontend backend/server timers …`; `None` for another format.
fn put_session<'a>(draft: &mut Draft<'a>, all: &[Token<'a>], rest: &'a str) -> Option<()> {
    let [frontend, called, timers, more @ ..] = all else {
        return None;
    };
    let (backend, server) = called.text.split_once('/')?;
    let timers: Vec<&str> = timers.text.split('/').collect();
    let is_timer = |t: &&str| tokens::is_digits(t.trim_start_matches(['-', '+']));
    if !timers.iter().all(is_timer) {
        return None;
    }
    let served = !server.starts_with('<');
    // A request that no backend was chosen for shows the frontend twice.
    if served || backend != frontend.text.trim_end_matches('~') {
        draft.set(Field::Service, 800, backend);
    }
    let total = timers.last()?.trim_start_matches('+');
    tokens::put_duration(draft, total, DurationUnit::Millis);
    let state = match timers.len() {
        // http: status, bytes, two cookies, state
        4 | 5 => {
            let state = more.get(4)?.text;
            put_http(draft, more, state, served, rest)?;
            state
        }
        // tcp: bytes, state
        3 if more
            .first()?
            .text
            .trim_start_matches('+')
            .parse::<u64>()
            .is_ok() =>
        {
            more.get(1)?.text
        }
        _ => return None,
    };
    put_state(draft, state)
}

fn put_http<'a>(
    draft: &mut Draft<'a>,
    more: &[Token<'a>],
    state: &str,
    served: bool,
    rest: &'a str,
) -> Option<()> {
    let status = more.first()?.text;
    // -1: no answer at all; the state tells why
    if status != "-1" {
        if status.len() != 3 || !tokens::is_digits(status) {
            return None;
        }
        draft.set(Field::HttpStatus, 1000, status);
        if served && state.starts_with('-') {
            draft.set(Field::UpstreamStatus, 1000, status);
        }
    }
    let request = Tokens::of(rest).filter(|t| t.shape == Shape::Quoted).last();
    if let Some(request) = request {
        tokens::put_request(draft, request.text);
    }
    Some(())
}

/// The two letters of the state that matter, as the documentation writes them: `sH--`.
fn put_state(draft: &mut Draft<'_>, state: &str) -> Option<()> {
    let known = |b: u8| b == b'-' || b.is_ascii_alphabetic();
    if !matches!(state.len(), 2 | 4) || !state.bytes().all(known) {
        return None;
    }
    let ending = &state[..2];
    if ending != "--" {
        draft.set(Field::ErrorCode, 1000, format!("{ending}--"));
    }
    Some(())
}
