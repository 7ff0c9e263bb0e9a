//! The date in the name of a file: `syslog-20240225`, `app.2019-02-25.log`, `payments_2024.csv`.

use crate::model::Time;

use super::civil;

/// What a name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NamedDate {
    /// A day, at its midnight.
    Day(Time),
    /// A year alone.
    Year(i64),
}

/// The date in the last part of a path; the first that is there, a day before a year alone.
pub(super) fn of(path: &str) -> Option<NamedDate> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let runs = || digit_runs(name);
    let glued = runs()
        .filter(|(_, r)| r.len() >= 8)
        .find_map(|(_, r)| day(r.get(..4)?, r.get(4..6)?, r.get(6..8)?));
    let parted = || {
        let all: Vec<(usize, &str)> = runs().take(20).collect();
        all.windows(3).find_map(|w| {
            let beside = w.windows(2).all(|p| p[1].0 == p[0].0 + p[0].1.len() + 1);
            (beside && w[0].1.len() == 4)
                .then(|| day(w[0].1, w[1].1, w[2].1))
                .flatten()
        })
    };
    glued.or_else(parted).or_else(|| {
        let year = |(_, r): (usize, &str)| (r.len() == 4).then(|| r.parse().ok()).flatten();
        let year = runs().filter_map(year).find(|y| (1990..2100).contains(y))?;
        Some(NamedDate::Year(year))
    })
}

fn day(year: &str, month: &str, day: &str) -> Option<NamedDate> {
    let year = year.parse().ok().filter(|y| (1990..2100).contains(y))?;
    let number = civil::day_number(year, month.parse().ok()?, day.parse().ok()?)?;
    civil::time(number, 0).map(NamedDate::Day)
}

/// The runs of digits of a text, with their places.
fn digit_runs(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split(|c: char| !c.is_ascii_digit())
        .map(move |part| {
            // A character that parts them may take several bytes; only digits beside one byte count as parted.
            let place = at;
            at += part.len() + 1;
            (place, part)
        })
        .filter(|(_, part)| !part.is_empty())
}
