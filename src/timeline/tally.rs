//! What is counted while an input is read, and the warnings that come of it.

use crate::model::Time;

use super::builder::InputContext;
use super::classify::Plan;
use super::place;

pub(super) fn counted(n: u64, what: &str) -> String {
    if n == 1 {
        format!("1 {what}")
    } else {
        format!("{n} {what}s")
    }
}

/// What is counted for the warnings.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) records: u64,
    pub(super) untimed: u64,
    pub(super) outside: u64,
    pub(super) ambiguous_amounts: u64,
    pub(super) unread_amounts: u64,
    pub(super) start_stamped: bool,
    pub(super) unnamed_calls: u64,
    /// Requests of which nothing tells that they went to an exchange.
    pub(super) nobodys_calls: u64,
    pub(super) strange: Vec<(String, u64)>,
    pub(super) ascending: u64,
    pub(super) descending: u64,
    pub(super) previous: Option<Time>,
    /// Steps back in time of lone stamps, and of these stamps plus their durations.
    pub(super) back_as_start: u64,
    pub(super) back_as_end: u64,
    pub(super) previous_lone: Option<(Time, Time)>,
}

impl Tally {
    /// Enough steps to speak of an order.
    const ENOUGH: u64 = 20;

    pub(super) fn step(&mut self, time: Time) {
        match self.previous {
            Some(previous) if time < previous => self.descending += 1,
            Some(previous) if time > previous => self.ascending += 1,
            _ => {}
        }
        self.previous = Some(time);
    }

    pub(super) fn lone(&mut self, as_start: Time, as_end: Time) {
        if let Some((start, end)) = self.previous_lone {
            self.back_as_start += u64::from(as_start < start);
            self.back_as_end += u64::from(as_end < end);
        }
        self.previous_lone = Some((as_start, as_end));
    }

    /// Written in the order of their ends, stamped with their starts.
    pub(super) fn stamped_at_start(&self) -> bool {
        self.back_as_start >= 5 && self.back_as_end * 4 < self.back_as_start
    }

    pub(super) fn strange_status(&mut self, word: &str) {
        const KEPT: usize = 100;
        if let Some((_, n)) = self.strange.iter_mut().find(|(w, _)| w == word) {
            *n += 1;
        } else if self.strange.len() < KEPT {
            self.strange.push((word.to_owned(), 1));
        }
    }

    /// Whether the records stand in the order of an export that begins with the newest one.
    pub(super) fn is_newest_first(&self) -> bool {
        self.descending > Tally::ENOUGH && self.ascending * 9 < self.descending
    }

    pub(super) fn warn(
        &self,
        ctx: &InputContext,
        plan: Option<&Plan>,
        events: u64,
        warnings: &mut Vec<String>,
    ) {
        let records = counted(self.records, "record");
        if self.untimed > 0 {
            warnings.push(format!(
                "{} without a time stamp left out",
                counted(self.untimed, "record")
            ));
        }
        if self.outside > 0 && self.outside == self.records {
            warnings.push("every record lies outside --from/--to".to_owned());
        }
        if matches!(self.records, 1_000 | 5_000 | 10_000) {
            warnings.push(format!(
                "exactly {records}: the export may have been cut at its limit"
            ));
        }
        if self.is_newest_first() {
            warnings.push(
                "newest record first: if the export has a limit, the oldest records are missing"
                    .to_owned(),
            );
        }
        if self.ambiguous_amounts > 0 {
            warnings.push(format!(
                "{} such as `1,234`, where nothing tells what the comma means, left out",
                counted(self.ambiguous_amounts, "amount")
            ));
        }
        if self.unread_amounts > 0 {
            warnings.push(format!(
                "{} could not be read exactly",
                counted(self.unread_amounts, "amount")
            ));
        }
        if self.nobodys_calls > 0 {
            warnings.push(format!(
                "{} that name no exchange left out; if they went to one, say --exchange NAME={}",
                counted(self.nobodys_calls, "request"),
                ctx.shown
            ));
        }
        let nothing = events == 0
            && self.nobodys_calls == 0
            && self.records > 0
            && self.outside == 0
            && self.untimed == 0;
        if nothing && plan.is_none_or(|p| !p.own_web_log) {
            warnings.push(format!(
                "no payment, call or note recognised in {records}; --payments or --exchange NAME= says what they are"
            ));
        }
        if self.unnamed_calls > 0 {
            warnings.push(format!(
                "{} name no exchange, called `{}` here; say --exchange NAME={}",
                counted(self.unnamed_calls, "call"),
                place::UNNAMED,
                ctx.shown
            ));
        }
        if self.start_stamped {
            warnings.push(
                "stamps read as starts: stamp plus duration follows the order of the file"
                    .to_owned(),
            );
        }
        if plan.is_some_and(|p| p.own_web_log) && ctx.role.is_none() && ctx.exchange.is_none() {
            warnings.push(
                "requests of browsers: read as a web server's own log, not as calls to an exchange"
                    .to_owned(),
            );
        }
        if !self.strange.is_empty() {
            let mut words = self.strange.clone();
            words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            let shown: Vec<String> = words
                .iter()
                .take(5)
                .map(|(w, n)| format!("`{w}` ({n})"))
                .collect();
            warnings.push(format!("status words not understood: {}", shown.join(", ")));
        }
    }
}
