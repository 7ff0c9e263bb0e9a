//! What this program wrote itself: a report beside the logs, from an earlier run, is no log.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::LazyLock;

use regex::RegexSet;

/// So much of a file is looked at, in bytes.
const HEAD: u64 = 4096;

/// The first members of its JSON outputs in their order, the nested ones after a brace or bracket. No log has all
/// of them by chance: what has fewer, or others between, is read.
const DOCUMENTS: [&str; 7] = [
    "{schema_version tool_version headline inputs",
    "{schema_version inputs [{path format role",
    "{schema_version payment_id failure {time payment_id order_id merchant method exchange",
    "{schema_version a {path outage exchange kind onset",
    "{time payment_id order_id merchant method exchange currency amount outcome error_code error_message error_class \
     verdict probability",
    "{time offset_s side text outage source",
    "{time time_precision zone_from role kind format level service exchange component merchant payment_id",
];

/// The first lines of its tables.
const TABLES: [&str; 4] = [
    "time,payment_id,order_id,merchant,method,exchange,currency,amount,outcome,error_code,error_message,error_class,\
     verdict,probability,outage,channel,evidence,source_path,source_line",
    "time,offset_s,side,text,outage,source_path,source_line",
    "message,datetime,timestamp_desc,side,name,outage,source_path,source_line",
    "time,time_precision,zone_from,role,kind,format,level,service,exchange,component,merchant,payment_id,trace_id,\
     method,path,status,duration_ms,outcome,error_class,message,source_path,source_line",
];

/// Whether a file is an output of this program: a report, or a list of failures or of moments. Digests are inputs.
pub(super) fn is_output(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    read.is_ok() && is_head_of_output(&String::from_utf8_lossy(&head))
}

fn is_head_of_output(head: &str) -> bool {
    static JSON: LazyLock<RegexSet> = LazyLock::new(|| {
        RegexSet::new(DOCUMENTS.map(beginning)).expect("patterns made of fixed words")
    });
    let head = head.trim_start();
    let first = head.lines().next().unwrap_or_default();
    let is_page = head.starts_with("<!DOCTYPE html>")
        && head.contains(r#"<meta name="generator" content="knockon "#);
    TABLES.contains(&first)
        || is_page
        || head.starts_with("<!-- knockon:begin ")
        || JSON.is_match(head)
}

/// The pattern of JSON that begins with these members.
fn beginning(members: &str) -> String {
    const VALUE: &str = r#"(?:"(?:[^"\\]|\\.)*"|[-+.\w]+)"#;
    let mut pattern = String::from("^");
    for (i, member) in members.split_whitespace().enumerate() {
        let key = member.trim_start_matches(['[', '{']);
        let opening = &member[..member.len() - key.len()];
        let between = match (i, opening) {
            (0, _) | (_, "{" | "[{") => String::new(),
            _ => format!(r"{VALUE}\s*,\s*"),
        };
        pattern.push_str(&between);
        for brace in opening.chars() {
            pattern.push_str(&format!(r"\{brace}\s*"));
        }
        pattern.push_str(&format!(r#""{key}"\s*:\s*"#));
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_that_look_a_little_like_it_are_logs() {
        for log in [
            r#"{"schema_version":"1","timestamp":"2021-08-18T12:00:00Z","payment_id":"p1"}"#,
            r#"{"time":"2021-08-18T12:00:00Z","payment_id":"p1","status":"failed"}"#,
            // event logs and scored payments with members of our names
            r#"{"schema_version":"1.0","event_time":"2021-08-18T12:00:00Z","payment_id":"p1","failure":null}"#,
            r#"{"schema_version":"1.0","payment_id":"p1","failure":{"time":"2021-08-18T12:00:00Z","code":"x"}}"#,
            r#"{"time":"2021-08-18T12:00:00Z","payment_id":"p1","error_class":null,"risk":{"verdict":"ok","probability":0.02}}"#,
            r#"{"time":"2021-08-18T12:00:00Z","offset_s":1,"side":"buy","text":"x","source":"web"}"#,
            "time,payment_id,status,source_path,source_line\n2021-08-18T12:00:00Z,p1,failed,a,1\n",
            "time,payment_id,status\n2021-08-18T12:00:00Z,p1,failed\n",
            "<!DOCTYPE html>\n<html><head><title>Status</title>",
            "",
        ] {
            assert!(!is_head_of_output(log), "{log}");
        }
    }
}
