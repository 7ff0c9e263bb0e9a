//! Plain lines of applications: a time stamp first, then a level, who speaks, and a message, which may hold
//! `key=value` pairs or a JSON object, or say in a sentence what became of a payment or a request.

use super::{Fit, LineFormat, LogFormat, Refusal};
use crate::model::{Field, Record};
use crate::parse::detect::{self, Sample};
use crate::parse::fields::{Draft, Fields, is_source_line};
use crate::parse::{sentence, stamp};

pub(super) struct Text;

impl LogFormat for Text {
    fn id(&self) -> &'static str {
        "text"
    }

    fn about(&self) -> &'static str {
        "lines of text with a time stamp first; key=value pairs in them are fields"
    }

    fn detect(&self, sample: &Sample, fields: &mut Fields) -> Option<Fit> {
        let fit = detect::share(sample, self, fields, "text with a time stamp first")?;
        Some(Fit {
            // Almost any log reads as text: what gives its lines a structure comes first.
            score: fit.score / 2,
            ..fit
        })
    }

    fn lines(&self) -> Option<&dyn LineFormat> {
        Some(self)
    }
}

impl LineFormat for Text {
    fn read_line(
        &self,
        text: &str,
        line: u64,
        fields: &mut Fields,
        emit: &mut dyn FnMut(&Record<'_>),
    ) -> Result<(), Refusal> {
        let text = text.trim_start_matches(['\u{feff}', ' ', '\t']);
        let (letter, text) = level_letter(bare_of_bullet(text));
        let text = text.trim_start_matches('[');
        let (time, used) = stamp::read_prefix(text).ok_or(Refusal::NotMine)?;
        let mut draft = Draft::new(line);
        draft.set_time(time, 1000);
        if let Some(level) = letter {
            draft.set(Field::Level, 800, level);
        }
        let rest = head(&mut draft, &text[used..]);
        put_rest(&mut draft, rest, fields)?;
        emit(&fields.finish(draft)?);
        Ok(())
    }

    fn read_untimed(
        &self,
        text: &str,
        line: u64,
        fields: &mut Fields,
        emit: &mut dyn FnMut(&Record<'_>),
    ) -> Result<(), Refusal> {
        let mut draft = Draft::new(line);
        let rest = head(&mut draft, text);
        put_rest(&mut draft, rest, fields)?;
        emit(&fields.finish(draft)?);
        Ok(())
    }
}

/// Without the mark of a list in Markdown, as people write their notes.
fn bare_of_bullet(text: &str) -> &str {
    let bare = text.strip_prefix("- ").or_else(|| text.strip_prefix("* "));
    bare.map_or(text, str::trim_start)
}

/// The level that stands as a letter before the time stamp: `E20210818 12:00:00.411655 15520 a.cc:9] …` (glog),
/// `E, [2021-08-18T12:00:00.123456 #1234] ERROR -- : …` (Ruby).
fn level_letter(text: &str) -> (Option<&'static str>, &str) {
    let level = match text.bytes().next() {
        Some(b'D') => "debug",
        Some(b'I') => "info",
        Some(b'W') => "warn",
        Some(b'E') => "error",
        Some(b'F') => "fatal",
        _ => return (None, text),
    };
    let rest = &text[1..];
    let is_glog = rest.len() > 9 && rest.as_bytes()[..8].iter().all(u8::is_ascii_digit);
    match rest.strip_prefix(", [") {
        Some(rest) => (Some(level), rest),
        None if is_glog => (Some(level), rest),
        None => (None, text),
    }
}

/// Reads level and speaker after the time stamp; gives what is left: the message.
fn head<'a>(draft: &mut Draft<'a>, text: &'a str) -> &'a str {
    let mut rest = text.trim_start_matches([']', ' ', '\t', '|', '-', ':', ',']);
    for _ in 0..6 {
        let Some(after) = head_part(draft, rest) else {
            break;
        };
        rest = after.trim_start_matches([' ', '\t', '|']);
        rest = rest
            .strip_prefix("- ")
            .or_else(|| rest.strip_prefix(": "))
            .unwrap_or(rest)
            .trim_start();
    }
    rest
}

/// Takes what says nothing for us, if it stands at the start: the number of a process or thread with its mark
/// (`#1234]`, `7 ---`), the line of the source (`client.go:128:`, `15520 client.cc:90]`), the path of a Rust module.
fn skipped(rest: &str) -> Option<&str> {
    let number = rest.trim_start_matches('#');
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    let after = number[digits..].trim_start();
    if digits > 0 {
        if let Some(after) = after.strip_prefix("--- ") {
            return Some(after);
        }
        if rest.starts_with('#')
            && let Some(after) = after.strip_prefix(']')
        {
            return Some(after);
        }
        let word = after.split(' ').next().unwrap_or("");
        let is_glog = word.strip_suffix(']').is_some_and(is_source_line);
        return is_glog.then(|| &after[word.len()..]);
    }
    if let Some(after) = rest.strip_prefix("-- ") {
        return Some(after.trim_start_matches([':', ' ']));
    }
    let end = rest.find([' ', '\t']).unwrap_or(rest.len());
    let word = rest[..end].trim_end_matches(':');
    let is_module = rest[..end].ends_with(':') && word.contains("::") && is_path(word);
    (is_module || is_source_line(word)).then(|| &rest[end..])
}

/// `pay::client::http`
fn is_path(word: &str) -> bool {
    word.bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':'))
}

/// Takes one part of the head, if one stands at the start.
fn head_part<'a>(draft: &mut Draft<'a>, rest: &'a str) -> Option<&'a str> {
    if let Some(after) = skipped(rest) {
        return Some(after);
    }
    if let Some((inner, after)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
        return bracketed(draft, inner.trim()).then_some(after);
    }
    let end = rest.find([' ', '\t', '|']).unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    if let Some((level, name)) = word
        .split_once(':')
        .filter(|(l, n)| is_level(l) && !n.is_empty())
    {
        // "DEBUG:module" and the like: what follows the level is read again.
        draft.set(Field::Level, 900, level);
        return Some(&rest[rest.len() - after.len() - name.len()..]);
    }
    let bare = word.trim_end_matches([':', ',']);
    // Ruby writes it as a letter and as a word.
    let known = draft.record.get(Field::Level);
    if is_level(bare) && known.is_none_or(|k| k.eq_ignore_ascii_case(bare)) {
        draft.set(Field::Level, 900, bare);
        return Some(after);
    }
    // "production.ERROR:" of Laravel.
    if let Some((_, level)) = bare.rsplit_once('.').filter(|(_, l)| is_level(l))
        && word.ends_with(':')
    {
        draft.set(Field::Level, 900, level);
        return Some(after);
    }
    let names_speaker = word.ends_with(':')
        || after.starts_with(" - ")
        || after.starts_with(" | ")
        || after.starts_with(" : ")
        || is_service(bare);
    let name = bare.split('[').next().unwrap_or(bare);
    if names_speaker
        && is_identifier(name)
        && !after.is_empty()
        && (is_class(name) || !draft.record.has(Field::Service))
    {
        if !is_class(name) {
            draft.set(Field::Service, 700, name);
        }
        return Some(after);
    }
    // "host tag[pid]: message" of syslog.
    let tag = after.trim_start().split(' ').next().unwrap_or("");
    if is_identifier(bare) && tag.ends_with("]:") && tag.contains('[') {
        return Some(after);
    }
    None
}

/// Level, service, thread or process number in brackets; `false` when it looks like part of the message.
fn bracketed<'a>(draft: &mut Draft<'a>, inner: &'a str) -> bool {
    if inner.len() > 60 || inner.contains(['=', '"', '{', ',']) {
        return false;
    }
    if is_level(inner) {
        draft.set(Field::Level, 900, inner);
    } else if sentence::is_hex_id(inner) {
        draft.set(Field::RequestId, 350, inner);
    } else if is_service(inner)
        || (is_identifier(inner) && !is_thread(inner) && !draft.record.has(Field::Service))
    {
        draft.set(Field::Service, 700, inner);
    }
    true
}

fn is_level(word: &str) -> bool {
    const LEVELS: &[&str] = &[
        "TRACE",
        "DEBUG",
        "INFO",
        "INFORMATION",
        "NOTICE",
        "WARN",
        "WARNING",
        "ERROR",
        "ERR",
        "FATAL",
        "CRITICAL",
        "CRIT",
        "ALERT",
        "EMERG",
        "PANIC",
        "SEVERE",
        "FINE",
        "DBG",
        "INF",
        "WRN",
        "FTL",
        "LOG",
    ];
    LEVELS.iter().any(|l| word.eq_ignore_ascii_case(l))
}

/// A name that programs have: `payments-api`, `com.example.Pay`, `svc_7`.
fn is_identifier(word: &str) -> bool {
    word.len() >= 2
        && word.len() <= 60
        && word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b'$'))
}

/// The class that a logger is named after, `c.a.pay.ChargeHandler`: it says nothing about whose log it is.
fn is_class(name: &str) -> bool {
    let class = name.rsplit_once('.').map_or("", |(_, class)| class);
    class.starts_with(|c: char| c.is_ascii_uppercase())
}

/// A name that says that it is a service.
fn is_service(word: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "-service", "-svc", "-api", "-gateway", "-worker", "-server", "_service", "-app",
        "-client", "-proxy",
    ];
    is_identifier(word) && ENDINGS.iter().any(|e| word.ends_with(e))
}

fn is_thread(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    word == "main"
        || word.contains("thread")
        || word.contains("exec-")
        || word.contains("pool-")
        || word.starts_with("worker")
}

/// Reads the message: its pairs, or the JSON object that it is or ends with, are fields.
fn put_rest<'a>(draft: &mut Draft<'a>, rest: &'a str, fields: &mut Fields) -> Result<(), Refusal> {
    let mut message = rest;
    let json = rest.find('{').filter(|_| rest.ends_with('}'));
    if let Some(at) = json {
        let mut inner = Draft::new(draft.record.line);
        let mut path = String::new();
        if fields
            .put_json(&mut inner, &rest[at..], &mut path, 0)
            .is_ok()
        {
            let walked = fields.put_json(draft, &rest[at..], &mut path, 0);
            debug_assert!(walked.is_ok());
            message = rest[..at].trim_end();
        }
    }
    fields.put_pairs(draft, message, 0);
    sentence::read(draft, message);
    if !message.is_empty() {
        // Its pairs are taken already; a message by name wins.
        draft.is_message_read = draft.set(Field::Message, 500, message);
    }
    Ok(())
}
