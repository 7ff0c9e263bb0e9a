//! What this program wrote itself: a report beside the logs, from an earlier run, is no log.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// So much of a file is looked at, in bytes.
const HEAD: u64 = 4096;

/// How its JSON begins, without spaces, and what stands near the beginning.
const DOCUMENTS: [(&str, &[&str]); 7] = [
    (r#"{"schema_version":""#, &[r#"","tool_version":""#]),
    (r#"{"schema_version":""#, &[r#"","inputs":[{"path":""#]),
    (
        r#"{"schema_version":""#,
        &[r#"","payment_id":""#, r#","failure":"#],
    ),
    (
        r#"{"schema_version":""#,
        &[r#"","a":{"path":""#, r#","outage":"#],
    ),
    (
        r#"{"time":""#,
        &[
            r#","error_class":"#,
            r#","verdict":""#,
            r#","probability":"#,
        ],
    ),
    (
        r#"{"time":""#,
        &[r#","offset_s":"#, r#","side":""#, r#","source":"#],
    ),
    (
        r#"{"time":""#,
        &[
            r#","time_precision":""#,
            r#","zone_from":""#,
            r#","role":""#,
        ],
    ),
];

/// Whether a file is an output of this program: a report, or a list of failures or of moments. Digests are inputs.
pub(super) fn is_output(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    read.is_ok() && is_head_of_output(&String::from_utf8_lossy(&head))
}

fn is_head_of_output(head: &str) -> bool {
    let head = head.trim_start();
    let first = head.lines().next().unwrap_or_default();
    let is_table = first.starts_with("time,") && first.ends_with(",source_path,source_line");
    let is_page = head.starts_with("<!DOCTYPE html>")
        && head.contains(r#"<meta name="generator" content="knockon "#);
    if is_table || is_page || head.starts_with("<!-- knockon:begin ") {
        return true;
    }
    let compact: String = head.chars().filter(|c| !c.is_whitespace()).collect();
    DOCUMENTS.iter().any(|(begin, marks)| {
        compact.starts_with(begin) && marks.iter().all(|mark| compact.contains(mark))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_that_look_a_little_like_it_are_logs() {
        for log in [
            r#"{"schema_version":"1","timestamp":"2021-08-18T12:00:00Z","payment_id":"p1"}"#,
            r#"{"time":"2021-08-18T12:00:00Z","payment_id":"p1","status":"failed"}"#,
            "time,payment_id,status\n2021-08-18T12:00:00Z,p1,failed\n",
            "<!DOCTYPE html>\n<html><head><title>Status</title>",
            "",
        ] {
            assert!(!is_head_of_output(log), "{log}");
        }
    }
}
