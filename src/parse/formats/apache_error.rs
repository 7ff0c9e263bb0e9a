//! Apache's error log (<https://httpd.apache.org/docs/2.4/mod/core.html#errorlogformat>).
//!
//! `[Wed Aug 18 12:00:05.712806 2021] [proxy:error] [pid 7:tid 9] (111)Connection refused: AH00957: HTTP: attempt to connect to 203.0.113.5:443 (api.example.com) failed`
//!
//! What `mod_proxy` and its kin report is an error of a call to whom they proxy; the rest is a message.

use super::tokens::{self, Shape, Tokens};
use super::{Lines, Refusal};
use crate::model::{Field, Record};
use crate::parse::fields::{Draft, Fields};
use crate::parse::stamp;

pub(super) static FORMAT: Lines = Lines {
    id: "apache-error",
    about: "error log of Apache",
    shown: "lines of an Apache error log",
    read,
    cut: |_, _| None,
};

const LEVELS: [&str; 8] = [
    "emerg", "alert", "crit", "error", "warn", "notice", "info", "debug",
];

fn read(
    text: &str,
    line: u64,
    fields: &mut Fields,
    emit: &mut dyn FnMut(&Record<'_>),
) -> Result<(), Refusal> {
    let mut tokens = Tokens::of(text);
    let mut bracketed = || tokens.next().filter(|t| t.shape == Shape::Bracketed);
    let (Some(time), Some(about)) = (bracketed(), bracketed()) else {
        return Err(Refusal::NotMine);
    };
    let (module, level) = about.text.split_once(':').unwrap_or(("", about.text));
    let is_level = LEVELS.contains(&level) || level.starts_with("trace");
    let time = stamp::read(time.text).filter(|_| is_level);
    let time = time.ok_or(Refusal::NotMine)?;
    let mut rest = tokens.rest().trim_start();
    let mut draft = Draft::new(line);
    // "[pid 7:tid 9]", "[client 192.0.2.7:4711]"; the latter can also stand behind the system's error.
    let client = rest
        .split_once("[client ")
        .and_then(|(_, r)| r.split_once(']'));
    if let Some(client) = client.and_then(|(client, _)| tokens::host_name(client)) {
        draft.set(Field::ClientAddress, 1000, client);
    }
    while let Some((_, after)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
        rest = after.trim_start();
    }
    draft.set_time(time, 1000);
    draft.set(Field::Level, 1000, level);
    draft.set(Field::Message, 1000, rest);
    if module.starts_with("proxy") && matches!(level, "emerg" | "alert" | "crit" | "error") {
        put_proxy(&mut draft, rest);
    }
    emit(&fields.finish(draft)?);
    Ok(())
}

/// The error of the proxy: its text, its number (`AH00957`), and whom it asked.
fn put_proxy<'a>(draft: &mut Draft<'a>, message: &'a str) {
    draft.set(Field::ErrorMessage, 1000, message);
    let is_number = |w: &&str| w.strip_prefix("AH").is_some_and(tokens::is_digits);
    if let Some(code) = message.split([' ', ':']).find(is_number) {
        draft.set(Field::ErrorCode, 1000, code);
    }
    if let Some(host) = called(message).and_then(tokens::host_name) {
        draft.set(Field::Host, 900, host);
    }
}

/// Whom the proxy asked: `… to 203.0.113.5:443 (api.example.com) failed`, `… remote server api.example.com:443`.
fn called(message: &str) -> Option<&str> {
    let after = |mark: &str| message.split_once(mark).map(|(_, rest)| rest);
    let first = |rest: &'static str| after(rest).and_then(|r| r.split([' ', ',']).next());
    if let Some(target) = after("attempt to connect to ") {
        let name = target
            .split_once(" (")
            .and_then(|(_, r)| r.split(')').next());
        return name
            .filter(|n| *n != "*")
            .or_else(|| target.split(' ').next());
    }
    first("remote server ")
        .or_else(|| first("connection to backend: "))
        .or_else(|| first("failed to make connection to backend: "))
}
