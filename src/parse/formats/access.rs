//! Access logs of nginx, Apache and Traefik: common and combined, with a virtual host before, and timing fields,
//! an ingress's upstream or `key=value` pairs after.
//!
//! nginx writes its stamp when the request is over, Apache and Traefik the one of the start; which of them wrote
//! a line shows only in what stands at its end, so that the stamp of a line without it is left as it is.

use super::tokens::{self, Shape, Token, Tokens};
use super::{Lines, Refusal};
use crate::model::{DurationUnit, Field, Record, Stamp};
use crate::parse::fields::{Draft, Fields};
use crate::parse::layout::{self, Cut, Role, Shape as Written, range_in};
use crate::parse::{pairs, stamp};

pub(super) static FORMAT: Lines = Lines {
    id: "access",
    about: "access logs of nginx, Apache and Traefik: common, combined, with extras at the end",
    shown: "requests in an access log",
    read,
    cut,
};

fn read(
    text: &str,
    line: u64,
    fields: &mut Fields,
    emit: &mut dyn FnMut(&Record<'_>),
) -> Result<(), Refusal> {
    let (before, time, after) = split(text).ok_or(Refusal::NotMine)?;
    let mut draft = Draft::new(line);
    let mut tokens = Tokens::of(after);
    let (Some(request), Some(status), Some(size)) = (tokens.next(), tokens.next(), tokens.next())
    else {
        return Err(Refusal::NotMine);
    };
    let is_count = |t: &Token<'_>| t.text == "-" || t.is_count();
    let is_status = |t: &Token<'_>| t.text == "-" || t.text.len() == 3;
    if !is_count(&status) || !is_status(&status) || !is_count(&size) {
        return Err(Refusal::NotMine);
    }
    who(&mut draft, before);
    draft.set_time(time, 1000);
    if let Some(status) = status.stated() {
        draft.set(Field::HttpStatus, 1000, status);
    }
    tokens::put_request(&mut draft, request.text);
    let mut ahead = tokens;
    if is_header(ahead.next()) {
        tokens = ahead;
        let agent = ahead.next();
        if is_header(agent) {
            tokens = ahead;
        }
        if let Some(agent) = agent.filter(|t| t.shape == Shape::Quoted) {
            draft.set(Field::UserAgent, 1000, agent.stated().unwrap_or(""));
        }
    }
    put_extras(&mut draft, tokens, time, fields);
    if let Some(number) = lone_number(tokens) {
        // Known sizes of bodies are shorter than 20 digits.
        let unit = number
            .parse()
            .ok()
            .and_then(|n| fields.tail.unit(n, size.text.parse().ok()));
        if let Some(unit) = unit
            && tokens::put_duration(&mut draft, number, unit)
        {
            // Only Apache writes whole numbers, and it stamps the start.
            tokens::began(&mut draft, time);
        }
    }
    emit(&fields.finish(draft)?);
    Ok(())
}

/// Where the values stand, of a line that ends with nothing, or with a time in seconds and words that say nothing. Which of
/// the words it is that says how long the request took, the record tells.
fn cut(text: &str, _: &mut Fields) -> Option<Vec<Cut>> {
    let (before, _, after) = split(text)?;
    let mut cuts: Vec<Cut> = Vec::new();
    for word in before.split_whitespace() {
        let role = if is_address(word) {
            Role::Address
        } else {
            Role::Tells
        };
        cuts.push(cut_of(text, word, Written::Bare, role)?);
    }
    let open = before.len() + 1;
    let close = open + memchr::memchr(b']', &text.as_bytes()[open..])?;
    cuts.push(cut_of(
        text,
        &text[open..close],
        Written::Bracketed,
        Role::Stamp,
    )?);
    let mut tokens = Tokens::of(after);
    let (request, status, size) = (tokens.next()?, tokens.next()?, tokens.next()?);
    cuts.push(cut_of_token(text, request, Role::Tells)?);
    cuts.push(cut_of_token(text, status, Role::Tells)?);
    let role = |t: Token<'_>| {
        if t.is_count() {
            Role::Count
        } else {
            Role::Tells
        }
    };
    cuts.push(cut_of_token(text, size, role(size))?);
    let mut ahead = tokens;
    if is_header(ahead.next()) {
        let referer = tokens.next()?;
        let is_told = referer.shape == Shape::Bare;
        let role = if is_told { Role::Tells } else { Role::Nothing };
        cuts.push(cut_of_token(text, referer, role)?);
        if is_header(ahead.next()) {
            cuts.push(cut_of_token(text, tokens.next()?, Role::Tells)?);
        }
    }
    // A number alone is read by what stands before it and by what other lines had there.
    if lone_number(tokens).is_some() {
        return None;
    }
    for token in tokens {
        let bytes = token.text.as_bytes();
        let role = match token.shape {
            Shape::Bare if layout::is_seconds(bytes) => Role::Seconds,
            Shape::Bare | Shape::Quoted if layout::is_word(bytes) => Role::Word,
            _ if token.text.contains('=') => return None,
            _ => Role::Tells,
        };
        cuts.push(cut_of_token(text, token, role)?);
    }
    Some(cuts)
}

fn cut_of_token(text: &str, token: Token<'_>, role: Role) -> Option<Cut> {
    let shape = match token.shape {
        Shape::Bare => Written::Bare,
        Shape::Quoted => Written::Quoted,
        Shape::Bracketed => Written::Bracketed,
    };
    cut_of(text, token.text, shape, role)
}

fn cut_of(text: &str, part: &str, shape: Written, role: Role) -> Option<Cut> {
    range_in(text, part).map(|range| Cut { range, shape, role })
}

/// A header in quotes, or `-` where there was none.
fn is_header(token: Option<Token<'_>>) -> bool {
    token.is_some_and(|t| t.shape == Shape::Quoted || t.text == "-")
}

/// Before the time stamp, the time stamp, after it.
fn split(text: &str) -> Option<(&str, Stamp, &str)> {
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

/// What sites add at the end, by its shape.
fn put_extras<'a>(draft: &mut Draft<'a>, tokens: Tokens<'a>, time: Stamp, fields: &mut Fields) {
    let rest = tokens.rest().trim_start();
    if rest.is_empty() {
        return;
    }
    if put_ingress(draft, rest) {
        return tokens::ended(draft, time);
    }
    if put_traefik(draft, tokens) {
        return tokens::began(draft, time);
    }
    put_nginx_pairs(draft, rest);
    if draft.record.has(Field::Duration) {
        tokens::ended(draft, time);
    }
    draft.knows_unit = draft.record.has(Field::Duration);
    fields.put_pairs(draft, rest, 0);
    if draft.record.has(Field::Duration) {
        return;
    }
    match timing(tokens) {
        Some((seconds, DurationUnit::Seconds)) => {
            draft.set(Field::Duration, 900, seconds);
            draft.record.duration_unit = DurationUnit::Seconds;
            tokens::ended(draft, time);
        }
        Some((text, unit)) => {
            tokens::put_duration(draft, text, unit);
            tokens::began(draft, time);
        }
        None => {}
    }
}

/// The whole number that is all that follows.
fn lone_number(mut tokens: Tokens<'_>) -> Option<&str> {
    let first = tokens.next().filter(Token::is_count)?;
    tokens.next().is_none().then_some(first.text)
}

/// What nginx sites call the time, the upstream's status and its address in pairs.
fn put_nginx_pairs<'a>(draft: &mut Draft<'a>, rest: &'a str) {
    pairs::each(rest, &mut |_, key, value| {
        let seconds = value.contains('.') && tokens::nanos(&value, DurationUnit::Seconds).is_some();
        match key {
            "rt" | "request_time" if seconds => {
                draft.set(Field::Duration, 1000, value);
                draft.record.duration_unit = DurationUnit::Seconds;
            }
            "us" | "upstream_status" if value.starts_with(|c: char| c.is_ascii_digit()) => {
                draft.set(Field::UpstreamStatus, 1000, value);
            }
            "ua" | "upstream_addr" => {
                let last = value.rsplit([',', ' ']).next().unwrap_or("");
                let name = tokens::host_name(last).filter(|n| !is_address(n));
                if let Some(name) = name {
                    draft.set(Field::Host, 950, name.to_owned());
                }
            }
            _ => {}
        }
    });
}

/// How long the request took, where its shape tells the unit: a number with a fraction is nginx's
/// `$request_time` in seconds; `2/2041377` (also in two words) is Apache's `%T/%D`, seconds and microseconds.
/// A whole number by itself could be microseconds, milliseconds, seconds or a size: it is not read.
fn timing(tokens: Tokens<'_>) -> Option<(&str, DurationUnit)> {
    let is_seconds = |t: &str| {
        t.split_once('.').is_some_and(|(whole, fraction)| {
            let short = |t: &str| tokens::is_digits(t) && t.len() <= 9;
            short(whole) && short(fraction)
        })
    };
    let mut words = tokens.map(|t| t.text.trim_matches('"')).peekable();
    while let Some(word) = words.next() {
        if is_seconds(word) {
            return Some((word, DurationUnit::Seconds));
        }
        if let Some((seconds, micros)) = word.split_once('/')
            && agree(seconds, micros)
        {
            return Some((micros, DurationUnit::Micros));
        }
        if let Some(next) = words.peek().copied()
            && word != "0"
            && agree(word, next)
        {
            return Some((next, DurationUnit::Micros));
        }
    }
    None
}

/// Whether the one counts the whole seconds of the other's microseconds.
fn agree(seconds: &str, micros: &str) -> bool {
    let number = |t: &str| t.parse::<u64>().ok().filter(|_| tokens::is_digits(t));
    match (number(seconds), number(micros)) {
        (Some(s), Some(us)) => us / 1_000_000 == s,
        _ => false,
    }
}

/// ingress-nginx: `462 0.050 [shop-pay-9000] [] 10.0.0.1:9000, 10.0.0.2:9000 0, 19437 0.001, 0.049 502, 200 id`.
/// The upstream's fields are lists where the request was tried again.
fn put_ingress<'a>(draft: &mut Draft<'a>, rest: &'a str) -> bool {
    let mut tokens = Tokens::of(rest);
    let (Some(length), Some(took)) = (tokens.next(), tokens.next()) else {
        return false;
    };
    let names: Vec<Token<'_>> = tokens.by_ref().take(2).collect();
    let bracketed = names.len() == 2 && names.iter().all(|t| t.shape == Shape::Bracketed);
    if !length.is_count() || !bracketed {
        return false;
    }
    tokens::put_duration(draft, took.text, DurationUnit::Seconds);
    if let Some(name) = names[0].stated() {
        draft.set(Field::Service, 800, name);
    }
    let mut tail = tokens.rest();
    let (addresses, _lengths, _times) = (list(&mut tail), list(&mut tail), list(&mut tail));
    let statuses = list(&mut tail);
    if statuses.starts_with(|c: char| c.is_ascii_digit()) {
        draft.set(Field::UpstreamStatus, 1000, statuses);
    }
    put_named_host(draft, addresses);
    let id = tail.trim();
    if tokens::host_name(id).is_some() && !id.contains(' ') {
        draft.set(Field::RequestId, 1000, id);
    }
    true
}

/// Takes a list off the front: words joined by `, ` (another server) or ` : ` (another group of servers).
fn list<'a>(rest: &mut &'a str) -> &'a str {
    let text = rest.trim_start();
    let mut end = 0;
    loop {
        let word = text[end..].trim_start();
        end = text.len() - word.len() + word.find(' ').unwrap_or(word.len());
        let more = text[end..].strip_prefix(" : ");
        if let Some(more) = more {
            end = text.len() - more.len();
        } else if !text[..end].ends_with(',') || end == text.len() {
            break;
        }
    }
    *rest = &text[end..];
    &text[..end]
}

/// Whom the proxy asked last, where it is a name rather than an address.
fn put_named_host<'a>(draft: &mut Draft<'a>, addresses: &'a str) {
    let last = addresses.rsplit([',', ' ']).next();
    let name = last.and_then(tokens::host_name).filter(|n| !is_address(n));
    if let Some(name) = name {
        draft.set(Field::Host, 950, name);
    }
}

/// Traefik: `17 "router@docker" "http://10.0.0.3:80" 12ms`.
fn put_traefik<'a>(draft: &mut Draft<'a>, tokens: Tokens<'a>) -> bool {
    let all: Vec<Token<'_>> = tokens.take(5).collect();
    let [count, router, server, took] = all.as_slice() else {
        return false;
    };
    let Some(millis) = took.text.strip_suffix("ms") else {
        return false;
    };
    if !count.is_count() || router.shape != Shape::Quoted || server.shape != Shape::Quoted {
        return false;
    }
    tokens::put_duration(draft, millis, DurationUnit::Millis);
    if let Some(router) = router.stated() {
        draft.set(
            Field::Service,
            800,
            router.split('@').next().unwrap_or(router),
        );
    }
    if let Some(server) = server.stated() {
        put_named_host(draft, server);
    }
    true
}
