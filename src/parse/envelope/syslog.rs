//! Syslog: RFC 5424 (`<165>1 2021-08-18T12:00:00Z host app 77 ID [x@1 a="b"] message`), RFC 3164
//! (`<34>Aug 18 12:00:00 host app[77]: message`), and what daemons write to files (without the priority, or
//! with an ISO stamp; journalctl's `short-iso` is the same).

use super::Peeled;
use super::prefix::is_name;
use crate::model::Stamp;
use crate::parse::stamp;

/// A line that begins with a priority.
pub(super) fn with_priority(text: &str) -> Option<Peeled<'_>> {
    let (priority, rest) = text.strip_prefix('<')?.split_once('>')?;
    let is_number =
        (1..=3).contains(&priority.len()) && priority.bytes().all(|b| b.is_ascii_digit());
    if !is_number {
        return None;
    }
    let peeled = match rest.strip_prefix("1 ") {
        Some(rest) => rfc5424(rest).or_else(|| iso(rest))?,
        // The ISO form, or any line that only has a priority before it.
        None => rfc3164(rest)
            .or_else(|| iso(rest))
            .unwrap_or_else(|| Peeled::new("syslog", None, rest.trim_start())),
    };
    let severity = priority.parse::<usize>().ok().map(|n| SEVERITIES[n % 8]);
    Some(Peeled {
        level: severity,
        ..peeled
    })
}

/// The severities of a priority, modulo 8 (RFC 5424, section 6.2.1).
const SEVERITIES: [&str; 8] = [
    "emerg", "alert", "crit", "error", "warning", "notice", "info", "debug",
];

/// `time host app procid msgid structured-data message`
fn rfc5424(text: &str) -> Option<Peeled<'_>> {
    let mut words = text.splitn(6, ' ');
    let (time, _host, app) = (words.next()?, words.next()?, words.next()?);
    let (_procid, _msgid, rest) = (words.next()?, words.next()?, words.next()?);
    let message = after_structured_data(rest)?;
    let time = if time == "-" {
        None
    } else {
        Some(stamp::read(time)?)
    };
    Some(Peeled::new("syslog", time, message.trim_start_matches('\u{feff}')).by(app))
}

/// What follows `-` or `[id a="b"][…]`; a quote in a value is escaped with a backslash.
fn after_structured_data(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix('-') {
        return Some(rest.strip_prefix(' ').unwrap_or(rest));
    }
    let bytes = text.as_bytes();
    let (mut at, mut quoted) = (0, false);
    if bytes.first() != Some(&b'[') {
        return None;
    }
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b']' if !quoted && bytes.get(at + 1) != Some(&b'[') => {
                let rest = text.get(at + 1..)?;
                return Some(rest.strip_prefix(' ').unwrap_or(rest));
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// `Aug 18 12:00:00 host app[77]: message`: the stamp has neither year nor zone, and counts where it can be read.
pub(super) fn rfc3164(text: &str) -> Option<Peeled<'_>> {
    let head = text.get(..16)?.as_bytes();
    let is_stamp = head[..3].iter().all(u8::is_ascii_alphabetic)
        && head[3] == b' '
        && head[6] == b' '
        && (head[9], head[12], head[15]) == (b':', b':', b' ')
        && [7, 8, 10, 11, 13, 14]
            .iter()
            .all(|&at| head[at].is_ascii_digit());
    if !is_stamp {
        return None;
    }
    from_host(stamp::read(&text[..15]), &text[16..])
}

/// `2021-08-18T12:00:00+00:00 host app[77]: message`
fn iso(text: &str) -> Option<Peeled<'_>> {
    let (stamp, used) = stamp::read_prefix(text)?;
    from_host(Some(stamp), text.get(used..)?.strip_prefix(' ')?)
}

/// `host app[77]: message`, `host app: message`
pub(super) fn from_host(time: Option<Stamp>, text: &str) -> Option<Peeled<'_>> {
    let (host, rest) = text.split_once(' ')?;
    let (tag, message) = rest.split_once(':')?;
    let (app, pid) = match tag.strip_suffix(']').and_then(|t| t.split_once('[')) {
        Some((app, pid)) => (app, pid),
        None => (tag, ""),
    };
    let fits = is_name(host.trim_end_matches(':'))
        && is_name(app)
        && pid.bytes().all(|b| b.is_ascii_digit())
        && (message.is_empty() || message.starts_with([' ', '\t']));
    let message = message.strip_prefix(' ').unwrap_or(message);
    fits.then(|| Peeled::new("syslog", time, message).by(app))
}

/// Whether `host app[77]: …` begins here, the process number included: nothing else looks like it.
pub(super) fn is_from_a_process(text: &str) -> bool {
    let mut words = text.split(' ');
    let (Some(host), Some(tag)) = (words.next(), words.next()) else {
        return false;
    };
    let Some((app, pid)) = tag.strip_suffix("]:").and_then(|t| t.split_once('[')) else {
        return false;
    };
    is_name(host) && is_name(app) && !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit())
}
