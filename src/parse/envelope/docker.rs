//! Docker's json-file driver: `{"log":"…\n","stream":"stdout","time":"2021-08-18T12:00:00.1Z"}`.
//!
//! A line longer than docker's buffer is cut into several such objects; only the last part ends with a line end.

use std::borrow::Cow;

use super::{Part, Peeled};
use crate::parse::{json, stamp};

/// A part of at least so many bytes fills docker's buffer (16 KiB, less a few bytes of a character that is cut):
/// without a line end it goes on in the next object.
const FULL_BUFFER: usize = (16 << 10) - 8;

pub(super) fn json_file(text: &str) -> Option<Peeled<'_>> {
    let starts = ["{\"log\":", "{\"stream\":", "{\"time\":", "{\"attrs\":"];
    if !starts.iter().any(|s| text.starts_with(s)) || !text.contains("\"stream\":") {
        return None;
    }
    let (mut log, mut stream, mut time) = (None, None, None);
    for (key, value) in json::members(text.trim_end()).ok()? {
        match key.as_ref() {
            "log" => log = json::text(value),
            "stream" => stream = json::text(value),
            "time" => time = json::text(value),
            "attrs" => {}
            // More than docker writes: an agent's record, which is read as JSON.
            _ => return None,
        }
    }
    let (log, stream) = (log?, stream?);
    let ends = log.ends_with('\n');
    let is_sure = !ends && log.len() >= FULL_BUFFER;
    Some(Peeled {
        level: None,
        name: "docker json-file",
        time: time.and_then(|t| stamp::read(&t)),
        service: None,
        part: Some(Part {
            is_error_stream: stream == "stderr",
            ends,
            is_sure,
        }),
        inner: without_line_end(log),
    })
}

fn without_line_end(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(t) => Cow::Borrowed(t.trim_end_matches(['\r', '\n'])),
        Cow::Owned(mut t) => {
            t.truncate(t.trim_end_matches(['\r', '\n']).len());
            Cow::Owned(t)
        }
    }
}
