//! What stands before each line of a capture: the name of a container (`docker compose logs`), a pod
//! (`kubectl logs --prefix`, stern), a time stamp (`kubectl logs --timestamps`, exports to a bucket), the runtime's
//! own `stdout F` (CRI), or the labels of a stream (Loki).

use super::{Part, Peeled, syslog};
use crate::parse::{stamp, trace};

/// The longest name of a container or pod, in bytes (a Kubernetes name has up to 253, compose pads to the longest).
const LONGEST_NAME: usize = 253;

/// A name that containers, pods, hosts and programs have.
pub(super) fn is_name(word: &str) -> bool {
    (1..=LONGEST_NAME).contains(&word.len())
        && word.starts_with(|c: char| c.is_ascii_alphanumeric())
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/'))
}

/// A line that begins with a time stamp and goes on with a line that is one by itself.
pub(super) fn after_stamp(text: &str, depth: usize) -> Option<Peeled<'_>> {
    let (word, rest) = text.split_once(' ')?;
    if !is_instant(word) {
        return stamped_json(text);
    }
    if let Some((part, inner)) = runtime(rest) {
        let mut peeled = Peeled::new("CRI", Some(stamp::read(word)?), inner);
        peeled.part = Some(part);
        return Some(peeled);
    }
    if is_record(rest, depth) || trace::continues(rest) {
        return Some(Peeled::new("stamped line", Some(stamp::read(word)?), rest));
    }
    if let Some((labels, inner)) = labels(rest) {
        let service = service_of(labels).unwrap_or("");
        return Some(Peeled::new("Loki", Some(stamp::read(word)?), inner).by(service));
    }
    if syslog::is_from_a_process(rest) {
        return syslog::from_host(Some(stamp::read(word)?), rest);
    }
    None
}

/// Whether the word looks like `2021-08-18T12:00:00Z`, or like milliseconds since 1970.
fn is_instant(word: &str) -> bool {
    let b = word.as_bytes();
    let has_zone = || {
        let tail = &b[19..];
        tail.ends_with(b"Z") || memchr::memchr2(b'+', b'-', tail).is_some()
    };
    match b.len() {
        13 => b.iter().all(u8::is_ascii_digit),
        20..=40 => b[10] == b'T' && b[4] == b'-' && has_zone(),
        _ => false,
    }
}

/// `2021-08-18 12:00:00.123 {"a":1}`: a stamp of two words before JSON.
fn stamped_json(text: &str) -> Option<Peeled<'_>> {
    if !text.ends_with('}') || !text.get(..40.min(text.len()))?.contains(" {\"") {
        return None;
    }
    let (stamp, used) = stamp::read_prefix(text)?;
    let inner = text.get(used..)?.trim_start();
    inner
        .starts_with("{\"")
        .then(|| Peeled::new("stamped line", Some(stamp), inner))
}

/// `stdout F payload`: the stream and whether the line ends with this part, as Kubernetes' container runtimes write them.
fn runtime(rest: &str) -> Option<(Part, &str)> {
    let (stream, rest) = rest.split_once(' ')?;
    let is_error_stream = match stream {
        "stdout" => false,
        "stderr" => true,
        _ => return None,
    };
    // An empty line has no payload.
    let (tags, payload) = rest.split_once(' ').unwrap_or((rest, ""));
    let ends = match tags.split(':').next()? {
        "F" => true,
        "P" => false,
        _ => return None,
    };
    let part = Part {
        is_error_stream,
        ends,
        is_sure: true,
    };
    Some((part, payload))
}

/// Whether a text is a record by its first look: JSON, a line with a time stamp, a request in an access log, logfmt,
/// or one of these in an envelope.
fn is_record(text: &str, depth: usize) -> bool {
    let plain = match text.as_bytes().first() {
        Some(b'{') => text.starts_with("{\"") && text.ends_with('}'),
        Some(b'0'..=b'9') => stamp::read_prefix(text).is_some() || is_request(text),
        Some(b'[') => stamp::read_prefix(&text[1..]).is_some(),
        Some(b'a'..=b'z') => {
            let key = text.split('=').next().unwrap_or("");
            let keys = [
                "ts",
                "time",
                "t",
                "timestamp",
                "level",
                "lvl",
                "severity",
                "msg",
            ];
            key.len() < text.len() && keys.contains(&key)
        }
        _ => false,
    };
    plain || super::peel(text, depth + 1).is_some()
}

/// `10.0.0.1 - - [18/Aug/2021:12:00:00 +0000] "GET …`
fn is_request(text: &str) -> bool {
    let address = text.split(' ').next().unwrap_or("");
    address.parse::<std::net::IpAddr>().is_ok() && text.contains("] \"")
}

/// `{app="pay", pod="x"} line`: the labels of a stream, and the line.
fn labels(rest: &str) -> Option<(&str, &str)> {
    let inside = rest.strip_prefix('{')?;
    let name = inside.split('=').next()?;
    let is_label = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if name.is_empty() || name.len() == inside.len() || !name.bytes().all(is_label) {
        return None;
    }
    let bytes = inside.as_bytes();
    let (mut at, mut quoted) = (0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b'}' if !quoted => {
                let line = inside.get(at + 1..)?.trim_start_matches(' ');
                return Some((&inside[..at], line));
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The service that labels name.
fn service_of(labels: &str) -> Option<&str> {
    let value = |name: &str| {
        labels.split(", ").find_map(|label| {
            let (key, value) = label.split_once('=')?;
            (key.trim() == name).then(|| value.trim_matches('"'))
        })
    };
    ["service_name", "service", "app", "container", "job"]
        .iter()
        .find_map(|name| value(name))
}

/// `[pod/name/container] line`
pub(super) fn after_pod(text: &str) -> Option<Peeled<'_>> {
    let (name, rest) = text.strip_prefix("[pod/")?.split_once(']')?;
    let container = name.rsplit('/').next().filter(|_| is_name(name))?;
    Some(Peeled::new("kubectl", None, rest.strip_prefix(' ').unwrap_or(rest)).by(container))
}

/// A line that begins with a name: of a compose service, of a pod, or with a syslog stamp.
pub(super) fn after_name(text: &str, depth: usize) -> Option<Peeled<'_>> {
    let end = text.find([' ', '|', '=', ':'])?;
    let (name, rest) = text.split_at(end);
    if rest.starts_with(['=', ':']) {
        return None;
    }
    if let Some(peeled) = syslog::rfc3164(text) {
        return Some(peeled);
    }
    if !is_name(name) {
        return None;
    }
    let is_level = name.bytes().all(|b| b.is_ascii_uppercase());
    let bar = rest.trim_start_matches(' ').strip_prefix('|');
    if let Some(line) = bar.filter(|l| !is_level && rest.starts_with(' ') && is_apart(l)) {
        let line = line.strip_prefix(' ').unwrap_or(line);
        return Some(Peeled::new("docker compose", None, line).by(without_number(name)));
    }
    stern(name, rest.strip_prefix(' ')?, depth)
}

fn is_apart(line: &str) -> bool {
    line.is_empty() || line.starts_with(' ')
}

/// `pay-api-1`, `pay_api_1`: the service without the number of its container.
fn without_number(name: &str) -> &str {
    match name.rsplit_once(['-', '_']) {
        Some((service, number)) if !service.is_empty() && is_number(number) => service,
        _ => name,
    }
}

fn is_number(text: &str) -> bool {
    (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// `pod container line`: only where the line is a record by itself, since any two words may begin a sentence.
fn stern<'a>(pod: &str, rest: &'a str, depth: usize) -> Option<Peeled<'a>> {
    let is_pod = pod.contains('-') && !pod.bytes().any(|b| b.is_ascii_uppercase());
    let (container, line) = rest.split_once(' ')?;
    (is_pod && is_name(container) && is_record(line, depth))
        .then(|| Peeled::new("stern", None, line).by(container))
}
