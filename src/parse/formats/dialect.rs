//! What some programs' JSON means beyond its names: units that a name does not tell, levels as numbers, whom a proxy
//! asked. Each dialect is known by marks that only it has.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{envoy, tokens};
use crate::model::{DurationUnit, Field};
use crate::parse::fields::Draft;
use crate::parse::{json, stamp};

/// Above every name of the table of aliases, below what a user maps.
const RANK: u16 = 1500;

pub(super) struct Dialect {
    /// Parts of the text that all stand in a record of this dialect.
    marks: &'static [&'static str],
    /// Whether it states the unit of its durations.
    pub(super) knows_unit: bool,
    put: fn(&mut Draft<'_>, &Members<'_>),
}

static DIALECTS: &[Dialect] = &[
    Dialect {
        marks: &["\"response_flags\""],
        knows_unit: true,
        put: |draft, members| envoy::put_json(draft, &|name| members.text(name)),
    },
    Dialect {
        marks: &["\"http.log."],
        knows_unit: true,
        put: caddy,
    },
    Dialect {
        marks: &["\"DownstreamStatus\"", "\"RequestMethod\""],
        knows_unit: true,
        put: traefik,
    },
    Dialect {
        marks: &["\"EdgeResponseStatus\""],
        knows_unit: false,
        put: cloudflare,
    },
    Dialect {
        marks: &["\"request_time\"", "\"status\"", "\"remote_addr\""],
        knows_unit: true,
        put: nginx,
    },
    Dialect {
        marks: &["\"pid\"", "\"hostname\"", "\"level\"", "\"time\""],
        knows_unit: false,
        put: pino,
    },
    Dialect {
        marks: &["\"@t\""],
        knows_unit: false,
        put: serilog,
    },
];

/// What finds the marks: every JSON line is searched for them.
static FINDERS: LazyLock<Vec<Vec<Finder<'static>>>> = LazyLock::new(|| {
    let of = |d: &Dialect| d.marks.iter().map(|m| Finder::new(*m)).collect();
    DIALECTS.iter().map(of).collect()
});

/// The dialect of the object `text`, if it has one.
pub(super) fn of(text: &str) -> Option<&'static Dialect> {
    let has = |mark: &Finder<'_>| mark.find(text.as_bytes()).is_some();
    let at = FINDERS.iter().position(|marks| marks.iter().all(has))?;
    DIALECTS.get(at)
}

impl Dialect {
    /// Takes what the object `text` says beside its names, which are taken already.
    pub(super) fn put(&self, draft: &mut Draft<'_>, text: &str) {
        if let Ok(members) = json::members(text) {
            (self.put)(draft, &Members(members));
        }
    }
}

struct Members<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl Members<'_> {
    fn raw(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, raw)| *raw)
    }

    /// A scalar without its quotes; empty where it is absent or `null`.
    fn text(&self, name: &str) -> String {
        let raw = self.raw(name);
        match raw {
            "null" => String::new(),
            _ if raw.starts_with('"') => serde_json::from_str(raw).unwrap_or_default(),
            _ => raw.to_owned(),
        }
    }

    fn stamp(&self, name: &str) -> Option<crate::model::Stamp> {
        stamp::read(&self.text(name))
    }
}

fn put_duration(draft: &mut Draft<'_>, text: String, unit: DurationUnit) -> bool {
    let is_number = tokens::nanos(&text, unit).is_some();
    if is_number {
        draft.set(Field::Duration, RANK, text);
        draft.record.duration_unit = unit;
    }
    is_number
}

/// Caddy (<https://caddyserver.com/docs/caddyfile/directives/log>): `ts` is the end, `duration` in seconds, the user
/// that it names the one who authenticated; the host may carry a port.
fn caddy(draft: &mut Draft<'_>, members: &Members<'_>) {
    put_duration(draft, members.text("duration"), DurationUnit::Seconds);
    // the logger is Caddy's own
    draft.clear(Field::Service);
    let host = draft.record.get(Field::Host).and_then(tokens::host_name);
    if let Some(host) = host.map(str::to_owned) {
        draft.set(Field::Host, RANK, host);
    }
    if let Some(time) = draft.record.time {
        tokens::ended(draft, time);
    }
}

/// Traefik (<https://doc.traefik.io/traefik/observability/access-logs/>): durations in nanoseconds; `StartUTC` is the
/// start; the origin's status is there when it answered.
fn traefik(draft: &mut Draft<'_>, members: &Members<'_>) {
    put_duration(draft, members.text("Duration"), DurationUnit::Nanos);
    for (field, name) in [
        (Field::HttpStatus, "DownstreamStatus"),
        (Field::HttpMethod, "RequestMethod"),
        (Field::Path, "RequestPath"),
        (Field::ClientAddress, "ClientHost"),
    ] {
        let text = members.text(name);
        if !text.is_empty() {
            draft.set(field, RANK, text);
        }
    }
    let origin = members.text("OriginStatus");
    if tokens::is_digits(&origin) && origin != "0" {
        draft.set(Field::UpstreamStatus, RANK, origin);
    } else {
        draft.clear(Field::UpstreamStatus);
    }
    let asked = ["ServiceAddr", "RequestHost", "RequestAddr"];
    let is_name = |host: &&str| host.parse::<std::net::IpAddr>().is_err();
    let host = asked.iter().find_map(|name| {
        let text = members.text(name);
        tokens::host_name(&text).filter(is_name).map(str::to_owned)
    });
    if let Some(host) = host {
        draft.set(Field::Host, RANK, host);
    }
    let service = members.text("ServiceName");
    if let Some(name) = service.split('@').next().filter(|n| !n.is_empty()) {
        draft.set(Field::Service, RANK, name.to_owned());
    }
    if let Some(start) = members.stamp("StartUTC").or(draft.record.time) {
        tokens::began(draft, start);
    }
}

/// Cloudflare's Logpush (<https://developers.cloudflare.com/logs/logpush/logpush-job/datasets/zone/http_requests/>):
/// the edge's status is the client's, the origin's is 0 when the origin was not reached or not asked.
fn cloudflare(draft: &mut Draft<'_>, members: &Members<'_>) {
    let status = members.text("EdgeResponseStatus");
    draft.set(Field::HttpStatus, RANK, status);
    let origin = members.text("OriginResponseStatus");
    if tokens::is_digits(&origin) && origin != "0" {
        draft.set(Field::UpstreamStatus, RANK, origin);
    } else {
        draft.clear(Field::UpstreamStatus);
    }
    let (start, end) = (
        members.stamp("EdgeStartTimestamp"),
        members.stamp("EdgeEndTimestamp"),
    );
    draft.record.start = start.or(draft.record.start);
    draft.record.end = end.or(draft.record.end);
}

/// nginx with its variables as names (<https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format>): seconds;
/// `request` is the request line; whom it asked by name, else the host that the client named.
fn nginx(draft: &mut Draft<'_>, members: &Members<'_>) {
    put_duration(draft, members.text("request_time"), DurationUnit::Seconds);
    let request = members.text("request");
    let mut words = request.split(' ');
    if let (Some(method), Some(target), Some(_)) = (words.next(), words.next(), words.next()) {
        if draft.record.get(Field::RequestId) == Some(&request) {
            draft.clear(Field::RequestId);
        }
        draft.set(Field::HttpMethod, RANK, method.to_owned());
        draft.set(Field::Path, RANK, target.to_owned());
    }
    let asked = [
        "upstream_addr",
        "proxy_host",
        "http_host",
        "host",
        "server_name",
    ];
    // "_" is nginx's name for any host.
    let is_name = |host: &&str| *host != "_" && host.parse::<std::net::IpAddr>().is_err();
    let host = asked.iter().find_map(|name| {
        let text = members.text(name);
        let last = text.rsplit([',', ' ']).next().unwrap_or("");
        tokens::host_name(last).filter(is_name).map(str::to_owned)
    });
    if let Some(host) = host {
        draft.set(Field::Host, RANK, host);
    }
    if let Some(time) = draft.record.time {
        tokens::ended(draft, time);
    }
}

/// pino and bunyan (<https://github.com/trentm/node-bunyan#levels>): levels as numbers, and (bunyan) the program's name.
fn pino(draft: &mut Draft<'_>, members: &Members<'_>) {
    let word = match members.raw("level") {
        "10" => "trace",
        "20" => "debug",
        "30" => "info",
        "40" => "warn",
        "50" => "error",
        "60" => "fatal",
        _ => return,
    };
    draft.set(Field::Level, RANK, word);
    let name = members.text("name");
    if !name.is_empty() && !draft.record.has(Field::Service) {
        draft.set(Field::Service, RANK, name);
    }
}

/// Serilog's compact form (<https://github.com/serilog/serilog-formatting-compact>): `@m` or the template `@mt` is the
/// message, `@l` the level (absent: information), `@x` the exception with its trace.
fn serilog(draft: &mut Draft<'_>, members: &Members<'_>) {
    let message = members.text("@m");
    let message = if message.is_empty() {
        members.text("@mt")
    } else {
        message
    };
    if !message.is_empty() {
        draft.set(Field::Message, RANK, message);
    }
    let level = members.text("@l");
    let level = if level.is_empty() {
        "Information".to_owned()
    } else {
        level
    };
    draft.set(Field::Level, RANK, level);
    let exception = members.text("@x");
    if let Some(first) = exception.lines().next().filter(|l| !l.is_empty()) {
        draft.set(Field::ErrorMessage, RANK, first.to_owned());
    }
}
