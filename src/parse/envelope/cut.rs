//! Exports that are not whole: a page that names the next one, a search that found more than it gives, a number of
//! rows or a length of values at which a platform stops. What is missing may be the incident itself, so it is said.

use crate::parse::json;

/// What an object around records says of records that are not in it.
pub(crate) fn remark(around: &str) -> Option<String> {
    let members = json::members(around).ok()?;
    let get = |name: &str| members.iter().find(|(k, _)| k == name).map(|(_, v)| *v);
    let says = |value: Option<&str>| value.is_some_and(|v| !matches!(v, "null" | "\"\"" | "false"));
    if says(get("nextToken")) {
        return Some(missing("it names a further page (nextToken)"));
    }
    let page = get("meta").and_then(|meta| member(meta, "page"));
    if says(page.and_then(|page| member(page, "after"))) {
        return Some(missing("it names a further page (meta.page.after)"));
    }
    None
}

/// What a search says of its hits: `{"total":{"value":12000,"relation":"gte"},"hits":[…]}`.
pub(crate) fn remark_on_hits(around: &str, given: u64) -> Option<String> {
    let total = member(member(around, "hits")?, "total")?;
    let more_than = member(total, "relation") == Some("\"gte\"");
    let value: u64 = member(total, "value").unwrap_or(total).parse().ok()?;
    (value > given || more_than).then(|| {
        let least = if more_than { "at least " } else { "" };
        missing(&format!(
            "the search found {least}{value} records and gives {given}"
        ))
    })
}

fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    let members = json::members(object).ok()?;
    members.into_iter().find(|(k, _)| k == name).map(|(_, v)| v)
}

fn missing(why: &str) -> String {
    format!(
        "this export is not whole: {why}; failures and outages that it leaves out are not counted"
    )
}

/// The platforms whose exports stop at a number of rows, by names that only they use, and those numbers.
const CAPS: [(&str, &[&str], &[u64]); 5] = [
    // AWS: the default limit of a query and the largest one.
    (
        "CloudWatch Logs Insights",
        &["@timestamp", "@message"],
        &[1000, 10_000],
    ),
    // Splunk's web export and its maxresultrows.
    ("Splunk", &["_time", "_raw"], &[10_000, 50_000]),
    // Datadog's CSV and the page of its API.
    ("Datadog", &["Date", "Service", "Message"], &[1000, 5000]),
    ("Datadog", &["Date", "Service", "Content"], &[1000, 5000]),
    // logcli's default, the API's default, Grafana's, and the server's usual maximum.
    (
        "Loki",
        &["labels", "line", "timestamp"],
        &[30, 100, 1000, 5000],
    ),
];

/// Whether so many rows of records with these names are just as many as their platform gives at most.
pub(crate) fn at_cap<'n>(names: impl Fn(&str) -> bool + 'n, rows: u64) -> Option<String> {
    let (platform, ..) = CAPS
        .iter()
        .find(|(_, all, caps)| caps.contains(&rows) && all.iter().all(|n| names(n)))?;
    Some(format!(
        "it has exactly {rows} rows, at which {platform} stops: it is probably not whole, and what it leaves out is not counted"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_searches_and_caps() {
        assert!(remark(r#"{"nextToken":"abc"}"#).is_some());
        assert!(remark(r#"{"meta":{"page":{"after":"abc"}}}"#).is_some());
        for whole in [
            "{}",
            r#"{"nextToken":null}"#,
            r#"{"meta":{"status":"done"}}"#,
            r#"{"nextForwardToken":"f/3"}"#,
            "[",
        ] {
            assert_eq!(remark(whole), None, "{whole}");
        }
        let hits = r#"{"took":1,"hits":{"total":{"value":7,"relation":"eq"}}}"#;
        assert_eq!(remark_on_hits(hits, 7), None);
        assert!(remark_on_hits(hits, 5).is_some());
        assert!(remark_on_hits(r#"{"hits":{"total":7}}"#, 5).is_some());
        assert!(
            remark_on_hits(
                r#"{"hits":{"total":{"value":10000,"relation":"gte"}}}"#,
                10_000
            )
            .is_some()
        );
        let insights = |n: &str| matches!(n, "@timestamp" | "@message");
        assert!(at_cap(insights, 1000).is_some());
        assert_eq!(at_cap(insights, 999), None);
        assert_eq!(at_cap(|n| n == "ts", 1000), None);
    }
}
