//! Numbers, durations and likelihoods as people read them. Machine formats do not use this module.

pub(crate) use crate::model::grouped as count;

/// A count with its noun in the right number: `1 call`, `2,000 calls`.
pub(crate) fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// `is` or `are`, `was` or `were`: the form that goes with the count.
pub(crate) fn form<'a>(n: u64, one: &'a str, many: &'a str) -> &'a str {
    if n == 1 { one } else { many }
}

/// A share of 1 as a percentage with one decimal. What is not quite nothing or not quite all is not
/// rounded to it; a share of nothing is `-`.
pub(crate) fn percent(share: f64) -> String {
    if !share.is_finite() {
        "-".to_owned()
    } else if share > 0.0 && share < 0.001 {
        "<0.1%".to_owned()
    } else if share > 0.999 && share < 1.0 {
        ">99.9%".to_owned()
    } else {
        format!("{:.1}%", share * 100.0)
    }
}

/// `part` of `whole` as a percentage.
pub(crate) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        "-".to_owned()
    } else {
        percent(part as f64 / whole as f64)
    }
}

/// A number with its denominator and rate: `412 of 9,803 (4.2%)`.
pub(crate) fn of(part: u64, whole: u64) -> String {
    format!(
        "{} of {} ({})",
        count(part),
        count(whole),
        share(part, whole)
    )
}

/// As [`of`], with what is counted: `412 of 9,803 calls bad (4.2%)`.
pub(crate) fn of_what(part: u64, whole: u64, what: &str) -> String {
    format!(
        "{} of {} {what} ({})",
        count(part),
        count(whole),
        share(part, whole)
    )
}

/// A length of time in at most two units: `1 h 10 min`, `42 s`, `350 ms`.
pub(crate) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "-".to_owned();
    }
    let sign = if seconds < 0.0 { "-" } else { "" };
    let s = seconds.abs();
    if s < 0.9995 {
        return if s == 0.0 {
            "0 s".to_owned()
        } else {
            format!("{sign}{:.0} ms", (s * 1000.0).max(1.0))
        };
    }
    if s < 9.95 {
        return format!("{sign}{s:.1} s");
    }
    // rounded to the smaller of the two units
    let unit = match s {
        _ if s >= 86_399.5 => 3_600.0,
        _ if s >= 3_599.5 => 60.0,
        _ => 1.0,
    };
    let whole = ((s / unit).round() * unit) as u64;
    let (d, h, m, s) = (
        whole / 86_400,
        whole / 3_600 % 24,
        whole / 60 % 60,
        whole % 60,
    );
    let pair = |a: u64, a_unit: &str, b: u64, b_unit: &str| {
        if b == 0 {
            format!("{sign}{a} {a_unit}")
        } else {
            format!("{sign}{a} {a_unit} {b} {b_unit}")
        }
    };
    if d > 0 {
        pair(d, "d", h, "h")
    } else if h > 0 {
        pair(h, "h", m, "min")
    } else if m > 0 {
        pair(m, "min", s, "s")
    } else {
        format!("{sign}{s} s")
    }
}

/// A length of time that came before or after something: `4 min 2 s after`, `12 s before`.
pub(crate) fn lag(seconds: f64) -> String {
    let word = if seconds < 0.0 { "before" } else { "after" };
    format!("{} {word}", duration(seconds.abs()))
}

/// Time since the onset: `T+12:05`, `T-00:30`, `T+1:02:03`.
pub(crate) fn offset(seconds: f64) -> String {
    // to the nearest second, as durations are
    let whole = seconds.abs().round() as u64;
    let sign = if seconds < 0.0 && whole > 0 { '-' } else { '+' };
    let (h, m, s) = (whole / 3_600, whole / 60 % 60, whole % 60);
    if h > 0 {
        format!("T{sign}{h}:{m:02}:{s:02}")
    } else {
        format!("T{sign}{m:02}:{s:02}")
    }
}

/// The calibrated word for a probability (the scale of the IPCC's guidance note on uncertainty, 2010).
pub(crate) fn likelihood(p: f64) -> &'static str {
    match p {
        p if p >= 0.99 => "virtually certain",
        p if p >= 0.90 => "very likely",
        p if p >= 0.66 => "likely",
        p if p > 0.33 => "about as likely as not",
        p if p > 0.10 => "unlikely",
        p if p > 0.01 => "very unlikely",
        _ => "exceptionally unlikely",
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// Like [`list`], but names at most `most` items and counts the rest.
pub(crate) fn short_list(items: &[String], most: usize) -> String {
    if items.len() <= most {
        return list(items);
    }
    format!(
        "{} and {} more",
        items[..most].join(", "),
        count((items.len() - most) as u64)
    )
}

/// A clause as a sentence: capital first, full stop last.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut chars = text.chars();
    let mut out: String = chars
        .next()
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default();
    out.push_str(chars.as_str());
    if !out.is_empty() && !out.ends_with(['.', '!', '?', ':']) {
        out.push('.');
    }
    out
}

/// The folder that all paths share, with its slash; nothing when they share none.
pub(crate) fn common_folder<'a>(paths: impl Iterator<Item = &'a str>) -> &'a str {
    let folder = |path: &'a str| path.rfind('/').map_or("", |at| &path[..=at]);
    let shared = |a: &'a str, b: &'a str| {
        let same = a
            .char_indices()
            .zip(b.chars())
            .take_while(|((_, x), y)| x == y)
            .map(|((at, x), _)| at + x.len_utf8());
        let same = same.last().unwrap_or(0);
        a[..same].rfind('/').map_or("", |at| &a[..=at])
    };
    paths.map(folder).reduce(shared).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1000), "1,000");
        assert_eq!(count(1_234_567), "1,234,567");
    }

    #[test]
    fn rates_do_not_round_to_nothing_or_all() {
        assert_eq!(share(1, 100_000), "<0.1%");
        assert_eq!(share(99_999, 100_000), ">99.9%");
        assert_eq!(share(0, 10), "0.0%");
        assert_eq!(share(10, 10), "100.0%");
        assert_eq!(share(0, 0), "-");
    }

    #[test]
    fn durations_have_two_units() {
        assert_eq!(duration(0.0), "0 s");
        assert_eq!(duration(0.35), "350 ms");
        assert_eq!(duration(3.25), "3.2 s");
        assert_eq!(duration(59.9), "1 min");
        assert_eq!(duration(4225.0), "1 h 10 min");
        assert_eq!(duration(90_000.0), "1 d 1 h");
        assert_eq!(duration(3_776.0), "1 h 3 min");
        assert_eq!(duration(3_599.7), "1 h");
        assert_eq!(duration(86_390.0), "1 d");
        assert_eq!(duration(-61.0), "-1 min 1 s");
    }

    #[test]
    fn words_follow_the_scale() {
        assert_eq!(likelihood(0.66), "likely");
        assert_eq!(likelihood(0.659), "about as likely as not");
        assert_eq!(likelihood(0.33), "unlikely");
        assert_eq!(likelihood(0.0), "exceptionally unlikely");
    }

    #[test]
    fn offsets_and_lists() {
        assert_eq!(offset(725.0), "T+12:05");
        assert_eq!(offset(-30.2), "T-00:30");
        assert_eq!(offset(3723.0), "T+1:02:03");
        assert_eq!(offset(-0.4), "T+00:00");
        assert_eq!(offset(1501.87), "T+25:02");
        assert_eq!(duration(1501.87), "25 min 2 s");
        let items: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        assert_eq!(list(&items), "a, b and c");
        assert_eq!(short_list(&items, 1), "a and 2 more");
    }
}
