//! Access logs of Envoy and of Istio's proxies: the default formats of
//! <https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage> and
//! <https://istio.io/latest/docs/tasks/observability/logs/access-log/>; their JSON forms go through `put_json`.
//!
//! `[2021-08-18T12:00:00.310Z] "POST /v1/orders HTTP/2" 503 UF 154 0 226 - "10.0.35.28" "agent" "id" "host" "10.0.2.1:443"`
//!
//! The stamp is the start, durations are milliseconds, status 0 means that no answer was sent.

use super::tokens::{self, Shape, Token, Tokens};
use super::{Lines, Refusal};
use crate::model::{DurationUnit, Field, Record};
use crate::parse::fields::{Draft, Fields};
use crate::parse::stamp;

pub(super) static FORMAT: Lines = Lines {
    id: "envoy",
    about: "access logs of Envoy and Istio",
    shown: "requests through Envoy",
    read,
    cut: |_, _| None,
};

fn read(
    text: &str,
    line: u64,
    fields: &mut Fields,
    emit: &mut dyn FnMut(&Record<'_>),
) -> Result<(), Refusal> {
    if !text.starts_with('[') {
        return Err(Refusal::NotMine);
    }
    let all: Vec<Token<'_>> = Tokens::of(text).collect();
    let at = shape(&all).ok_or(Refusal::NotMine)?;
    let time = stamp::read(all[0].text).ok_or(Refusal::NotMine)?;
    let text_of = |at: usize| all.get(at).map_or("", |t| t.text);
    let said = Said {
        status: text_of(2),
        flags: text_of(3),
        details: bare_reason(&all[4..at]),
        transport: quoted_reason(&all[4..at]),
        answered: all[at + 3].is_count(),
        authority: text_of(at + 7),
        upstream: text_of(at + 8),
        cluster: text_of(at + 9),
    };
    let mut draft = Draft::new(line);
    tokens::put_request(&mut draft, all[1].text);
    tokens::put_duration(&mut draft, all[at + 2].text, DurationUnit::Millis);
    said.put(&mut draft);
    for (field, at) in [(Field::UserAgent, at + 5), (Field::RequestId, at + 6)] {
        if let Some(text) = all.get(at).and_then(Token::stated) {
            draft.set(field, 1000, text);
        }
    }
    if let Some(client) = all.get(at + 4).and_then(Token::stated) {
        draft.set(
            Field::ClientAddress,
            1000,
            client.split(',').next().unwrap_or(client),
        );
    }
    tokens::began(&mut draft, time);
    emit(&fields.finish(draft)?);
    Ok(())
}

/// Where the bytes received stand, which Istio puts up to three reasons before; `None` for another format.
fn shape(all: &[Token<'_>]) -> Option<usize> {
    let [time, request, status, flags, ..] = all else {
        return None;
    };
    let is_status = status.is_count() && status.text.len() <= 3;
    let is_flags = flags.shape == Shape::Bare
        && (flags.text == "-"
            || flags
                .text
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b == b','));
    if time.shape != Shape::Bracketed || request.shape != Shape::Quoted || !is_status || !is_flags {
        return None;
    }
    let counts = |at: usize| {
        all.get(at..at + 3)
            .is_some_and(|t| t.iter().all(Token::is_count))
    };
    (4..=7).find(|&at| counts(at) && all.get(at + 4).is_some_and(|t| t.shape == Shape::Quoted))
}

fn bare_reason<'a>(reasons: &[Token<'a>]) -> &'a str {
    let bare = reasons.iter().filter(|t| t.shape == Shape::Bare);
    bare.filter_map(Token::stated).next().unwrap_or("")
}

fn quoted_reason<'a>(reasons: &[Token<'a>]) -> &'a str {
    let quoted = reasons.iter().filter(|t| t.shape == Shape::Quoted);
    quoted.filter_map(Token::stated).next().unwrap_or("")
}

/// What Envoy says of the answer and of whom it asked.
#[derive(Default)]
struct Said<'a> {
    status: &'a str,
    flags: &'a str,
    /// `via_upstream`, or why Envoy itself answered.
    details: &'a str,
    /// Why the connection failed.
    transport: &'a str,
    /// Whether the time that the upstream took is stated.
    answered: bool,
    authority: &'a str,
    upstream: &'a str,
    cluster: &'a str,
}

impl Said<'_> {
    fn put(&self, draft: &mut Draft<'_>) {
        const RANK: u16 = 1100;
        draft.set(Field::HttpStatus, RANK, self.status.to_owned());
        let by_upstream = self.details == "via_upstream"
            || (self.details.is_empty() && self.answered && stated(self.flags).is_none());
        if by_upstream {
            draft.set(Field::UpstreamStatus, RANK, self.status.to_owned());
        }
        if let Some(flags) = stated(self.flags) {
            draft.set(Field::ErrorCode, RANK, flags.to_owned());
        }
        let details = stated(self.details).filter(|d| *d != "via_upstream");
        let reason = match (details, stated(self.transport)) {
            (Some(details), Some(transport)) => Some(format!("{details}: {transport}")),
            (one, other) => one.or(other).map(str::to_owned),
        };
        if let Some(reason) = reason {
            draft.set(Field::ErrorMessage, RANK, reason);
        }
        if let Some(host) = self.host() {
            draft.set(Field::Host, RANK, host.to_owned());
        }
    }

    /// Who was asked: the host of an outbound cluster, the authority, the upstream's address.
    fn host(&self) -> Option<&str> {
        let outbound = self.cluster.strip_prefix("outbound|");
        let of_cluster = outbound.and_then(|rest| rest.rsplit('|').next());
        of_cluster
            .and_then(stated)
            .or_else(|| tokens::host_name(self.authority))
            .or_else(|| tokens::host_name(self.upstream))
    }
}

fn stated(text: &str) -> Option<&str> {
    Some(text).filter(|t| !t.is_empty() && *t != "-")
}

/// Takes what Envoy's JSON says beside what its names tell by themselves; `get` gives the text of a member.
pub(super) fn put_json(draft: &mut Draft<'_>, get: &dyn Fn(&str) -> String) {
    let details = get("response_code_details");
    if details == "via_upstream" {
        // it is no error
        draft.clear(Field::ErrorMessage);
    }
    let (status, flags) = (get("response_code"), get("response_flags"));
    let transport = get("upstream_transport_failure_reason");
    let (authority, upstream) = (get("authority"), get("upstream_host"));
    Said {
        status: &status,
        flags: &flags,
        details: &details,
        transport: &transport,
        answered: tokens::is_digits(&get("upstream_service_time")),
        authority: &authority,
        upstream: &upstream,
        cluster: &get("upstream_cluster"),
    }
    .put(draft);
    let duration = get("duration");
    if tokens::nanos(&duration, DurationUnit::Millis).is_some() {
        draft.set(Field::Duration, 1100, duration);
        draft.record.duration_unit = DurationUnit::Millis;
    }
    if let Some(start) = draft.record.start.or(draft.record.time) {
        tokens::began(draft, start);
    }
}
