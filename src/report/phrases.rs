//! Every sentence that `report` itself writes, as data: when it is written, and how it reads.
//!
//! `docs/report.md` shows this table; tests hold that it does, that nothing else is written, and that each of these can be.

use std::fmt::Display;

/// A sentence, or a piece of one, with `{names}` for what is filled in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Phrase {
    /// Its name in the table.
    pub(crate) id: &'static str,
    /// The condition under which it is written.
    #[cfg_attr(
        not(test),
        expect(
            dead_code,
            reason = "docs/report.md shows it, and a test holds that it does"
        )
    )]
    pub(crate) when: &'static str,
    /// How it reads.
    pub(crate) text: &'static str,
}

impl Phrase {
    /// The sentence with its names filled in.
    pub(crate) fn with(&self, values: &[(&str, &dyn Display)]) -> String {
        let mut out = String::new();
        let mut rest = self.text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            out.push_str(before);
            if let Some((_, value)) = values.iter().find(|(n, _)| *n == name) {
                out.push_str(&value.to_string());
            } else {
                debug_assert!(false, "{}: nothing for {name}", self.id);
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// The sentence where there is nothing to fill in.
    pub(crate) fn plain(&self) -> String {
        self.with(&[])
    }
}

macro_rules! phrases {
    ($($id:ident: $when:literal => $text:literal;)*) => {
        $(pub(crate) const $id: Phrase = Phrase { id: stringify!($id), when: $when, text: $text };)*
        /// The whole table, in the order of a report.
        #[cfg(test)]
        pub(crate) const ALL: &[Phrase] = &[$($id),*];
    };
}

phrases! {
    // the title
    TITLE_NO_OUTAGE: "no outage was found" => "No outage found, {window}";
    TITLE_EMPTY: "no outage was found, and no events" => "No outage found";
    TITLE_OUTAGE: "one outage was found" => "Outage of {exchange} on {date}: {attempts} affected";
    TITLE_OUTAGES: "several outages were found" => "{n} outages of {exchanges} on {date}: {attempts} affected";

    // the answer in one sentence
    NOTHING: "neither payments nor calls were recognised"
        => "Nothing to judge: no payment attempts and no calls to an exchange were found in {inputs}.";
    CALLS_ALONE: "calls without payments, and no outage in them"
        => "No outage found in the calls, and no payment attempts to judge.";
    OUTAGE_ALONE: "an outage, and no payments" => "{outages} found, but no payment attempts: what followed cannot be told.";
    ALL_WELL: "payments of which none failed, and no outage" => "No outage found, and {none_failed}.";
    OUTAGE_AND_ALL_WELL: "an outage, and payments of which none failed" => "{outages} found, but {none_failed}.";
    NO_OUTAGE: "failed payments, and no outage"
        => "No outage was established that the {failures} could have followed from; {rest}.";
    NO_EFFECT: "an outage, and failed payments of which none was judged to be caused"
        => "{outages} found, but {none_followed} from {them}: {rest}.";
    KNOCK_ON: "at least one failure was judged to be caused"
        => "{caused} of {failures} {were} judged to have followed from {outages}; {rest}.";
    REST: "in the answer, where payments failed" => "{unrelated} {are} unrelated, {undetermined} undetermined";
    NONE_FAILED_OF_ONE: "in the answer, for one attempt" => "the only payment attempt did not fail";
    NONE_FAILED: "in the answer, for several attempts" => "none of the {n} payment attempts failed";
    NONE_FOLLOWED_OF_ONE: "in the answer, for one failure" => "the only failed payment was not judged to have followed";
    NONE_FOLLOWED: "in the answer, for several failures" => "none of the {n} failed payments was judged to have followed";
    OUTAGE_WAS: "in the answer, for one outage" => "An outage of {exchange} was";
    OUTAGES_WERE: "in the answer, for several outages" => "{n} outages of {exchanges} were";
    BLAMED_ONE: "in the answer: one outage with knock-on failures" => "the outage of {exchange}";
    BLAMED_SEVERAL: "in the answer: several outages with knock-on failures" => "{n} outages of {exchanges}";
    BLAMED_UNNAMED: "in the answer: knock-on failures that name no outage" => "an outage";

    // under the answer
    RATES: "there were payment attempts" => "{failed} of {attempts} failed ({share}).";
    EXPECTED: "payments failed, and an outage was found"
        => "Judged one by one, the probabilities add up to {interval} that would have succeeded without {outages}.";
    INTERVAL: "wherever {interval} stands" => "{mean} (95% interval {low} to {high})";
    COST: "orders were affected" => "{orders} affected: {recovered} recovered, {lost} lost, {unknown} unknown.";
    COST_WITH_AMOUNTS: "orders were affected, and some of those lost have amounts; not for people outside"
        => "{orders} affected: {recovered} recovered, {lost} lost, {unknown} unknown; lost: {amounts}.";
    RECONCILE: "the outcome of an attempt is unknown"
        => "{attempts} may have gone through (outcome unknown) and {have} to be reconciled: {amounts}.";
    RECONCILE_OUTSIDE: "the outcome of an attempt is unknown; for people outside"
        => "{attempts} may have gone through (outcome unknown) and {have} to be reconciled.";
    SEE_INSPECT: "neither payments nor calls were recognised"
        => "`knockon inspect` shows how each input was understood and which lines were rejected.";
    NAME_PAYMENTS: "calls without payments" => "Payment logs can be named with `--payments PATH`.";
    NAME_CALLS: "payments without calls"
        => "No calls to an exchange were found, so an outage could only have shown in the payments themselves; exchange logs can be named with `--exchange NAME=PATH`.";

    // what was looked at
    LOOKED_AT: "no outage was found; for each exchange, and for the payments" => "{name}: {bad} of {total} bad ({share}).";
    LOOKED_AT_NOTHING: "no outage was found; for an exchange of which nothing was logged" => "{name}: nothing was logged.";

    // the executive summary, beside the answer
    COVERED: "there were events" => "The logs analysed covered {window}.";
    SERVED_WORSE: "for each of the first three outages"
        => "The exchange {exchange} served worse than its own baseline from {stretch}, {kind}.";
    SERVED_WORSE_CALLS: "for each of the first three outages, where its calls were logged"
        => "The exchange {exchange} served worse than its own baseline from {stretch}, {kind}: {bad} of {calls} calls failed or were too slow ({share}).";
    RECOVERED: "the main outage has an end, and no knock-on failure came after it" => "{exchange} served normally again from {end}.";
    RECOVERED_WITH_TAIL: "the main outage has an end, and knock-on failures came after it"
        => "{exchange} served normally again from {end}; the last knock-on failure came {tail} later.";
    NOT_RECOVERED: "the main outage has no end in the logs" => "The recovery of {exchange} was not seen before the logs end.";
    CONFIDENCE: "at least one failure was judged to be caused"
        => "For the average one of the failures held to have followed, it is {likelihood} (probability {mean}) that it would have succeeded without the outage.";

    // outages
    STORY: "for each outage"
        => "What the logs show is {kind}; it was established from {sources}. Onset: {onset}. Recovery: {recovery}. It lasted {lasted}. {caused} held to have followed from it. First public word: {word}.";
    TO_THE_END: "an outage, or a component's, has no end in the logs" => "{start} to the end of the log";
    BEFORE_THE_LOG: "an outage was on when the log began" => "before the log begins at {start}";
    END_NOT_SEEN: "an outage has no end in the logs" => "not seen before the log ends";
    NO_WORD: "no status page spoke of the outage" => "no word from a status page in the inputs";
    UNAVAILABLE: "kind of an outage: most calls failed" => "consistent with unavailability (most calls failed)";
    DEGRADED: "kind of an outage: some calls failed" => "consistent with degraded service (some calls failed)";
    SLOW: "kind of an outage: answers came late" => "consistent with slow service (answers came late)";
    OVERLOAD: "kind of an outage: refusals under many times the usual traffic"
        => "consistent with overload (refusals under many times the usual traffic)";
    RATE_LIMITED: "kind of an outage: refusals for the rate of calls"
        => "consistent with rate limiting (refusals for the rate of calls)";
    MAINTENANCE: "kind of an outage: announced beforehand" => "consistent with announced maintenance";
    UNKNOWN_KIND: "kind of an outage: none of the others" => "of a kind that the logs do not tell";
    TRIGGER: "an outage was found"
        => "{exchange} served worse than its own baseline, {kind}. Why it did is not in these logs.";
    NO_TRIGGER: "no outage was found" => "no outage of an exchange was found.";

    NOTES_LEFT_OUT: "more than 40 notes were read, and some lie more than an hour away from every outage"
        => "{notes} more than an hour away from every outage are left out; `knockon timeline` has them.";
    MOMENTS_LEFT_OUT: "more than 500 moments of one side, notes or what a status page said, would be told"
        => "{moments} beyond the first {most} of a side are left out; `knockon timeline` has them.";

    // impact
    RECONCILE_ABOUT: "above the list of what is to be reconciled"
        => "{attempts} of unknown outcome, whatever the verdict: {amounts}. They are counted by attempt; the amounts of affected orders, above, are counted by order.";
    RECOVERED_HOW: "beside the orders recovered" => "{recovered}: {same} by the same method and exchange, {other} by another";
    ALL_VERDICTS: "beside the attempts to be reconciled" => "{n} (outcome unknown, all verdicts): {amounts}";
    MAY_HAVE: "beside an example of unknown outcome" => "unknown: it may have gone through";
    SPARED: "some have knock-on failures, and others of the same kind have none" => "{what} without knock-on failures: {names}.";
    SPARED_ONE: "in the list of those without knock-on failures" => "{name} ({failed} of {attempts} attempts failed, {share})";
    BUDGET: "an objective is configured, and attempts count for it"
        => "{burnt} of the error budget burnt, {without} without the knock-on failures (expected {expected} of {failed}): {target}% of payments over {days} days are to succeed, which at the traffic of these logs allows {budget} failures ({declines}).";

    // do the two ways to count agree?
    ONE_BY_ONE: "payments failed, and an outage was found"
        => "Judged one by one, the probabilities of {failures} add up to {interval}.";
    NO_EXCESS: "as before, and too little was logged outside the outages"
        => "An excess over the baseline could not be worked out: too little was logged outside the outages.";
    EXCESS: "as before, and enough was logged"
        => "Counted as a whole, failures during the outages of attempts that use what was hit exceeded the baseline by {interval}; judged one by one, the same failures add up to {alike}.";
    AGREE: "the sum lies inside the interval of the excess" => "The two ways to count agree.";
    DISAGREE: "the sum lies outside the interval of the excess"
        => "The second number lies outside the interval of the first, by {gap}: the findings and the limits of the data may explain it.";

    // lessons
    SAVED: "affected orders were recovered" => "{saved} of {affected} affected orders were saved by a later attempt ({share}): {same} by the same method and exchange, {other} by another.";
    LOST: "affected orders were lost" => "{lost} of {affected} affected orders were lost ({share}): {amounts}.";
    UNKNOWN_OUTCOMES: "the outcome of an attempt is unknown" => "{attempts} ended with an outcome that the logs do not tell.";
    TAIL: "knock-on failures came after the end of the main outage"
        => "Payments went on failing for {tail} after the exchange had recovered.";
    LATE_WORD: "the status page spoke after the onset of the main outage"
        => "The first public word of the exchange came {delay} after the onset that our own logs show.";

    // data quality
    READ: "always" => "{inputs}: {lines}, {events}, {rejected} rejected; {window}.";
    READ_FROM: "in the sentence before, where there were events" => "events from {window}";
    DRIFT: "the clock of an input drifted against that of the payments" => "{moved} half-way, {drift} s an hour";
    ZONES: "time stamps of an input state no zone" => "time stamps without a zone were read as {zone} in {paths}";

    // method, always
    METHOD_MEANING: "always" => "A failed attempt is a knock-on failure of an outage when it would have succeeded had the outage not happened.";
    METHOD_OUTAGES: "always"
        => "Outages are found in the calls to each exchange (or, where these were not logged, in the payments through it) as stretches clearly worse than the same log's own baseline. A status page is testimony: it corroborates, it does not replace measurement.";
    METHOD_BASELINE: "always"
        => "For each kind of attempt the baseline says how many failures were to be expected anyway; the share in excess is where the probability starts. What is known of the single attempt then moves it up or down: its own calls, its error, its duration, its place in a chain of retries.";
    METHOD_THRESHOLDS: "always" => "The verdict is caused from a probability of {caused}, unrelated up to {unrelated}, undetermined between.";
    METHOD_WORDS: "always"
        => "Likelihood words have fixed meanings: virtually certain from 0.99, very likely from 0.90, likely from 0.66, about as likely as not between 0.33 and 0.66, unlikely up to 0.33, very unlikely up to 0.10, exceptionally unlikely up to 0.01.";
    METHOD_UNKNOWN: "always"
        => "An attempt that timed out at the exchange may have gone through: its outcome is unknown, it is never counted as lost, and its amount is listed apart, to be reconciled.";
    METHOD_AMOUNTS: "always" => "Amounts are exact, per currency, and never added up across currencies.";

    // verdicts of single attempts
    VERDICT: "for each example whose verdict is caused or undetermined"
        => "{verdict}: it is {likelihood} that it would have succeeded without the outage (probability {p})";
    VERDICT_UNRELATED: "for each example whose verdict is unrelated"
        => "{verdict}: it is {likelihood} that it would have succeeded without an outage (probability {p})";

    // what if
    SAVES: "for each counterfactual that was worked out"
        => "about {failures} (95% interval {low} to {high}) and {orders}{money} would have been avoided{cost}";
    COSTS: "in the sentence before, where payments that succeeded would have been refused" => "; {payments} would have been refused ({amounts})";

    // actions
    DO_RECONCILE: "the outcome of an attempt is unknown" => "Reconcile {attempts} of unknown outcome with the exchange";
    DO_ALERT: "the status page spoke after the onset and payments followed from the outage, or an alert came late or not at all"
        => "Alert on the failure rate of our own calls to each exchange";
    OWN_WORD_LATE: "beside it, where the status page spoke after the onset" => "the exchange's own word came {delay} after the onset";
    DO_FALLBACK: "a fallback exchange would have saved payments" => "Consider a fallback exchange";
    DO_BREAKER: "a circuit breaker would have saved more payments than it would have refused" => "Consider a circuit breaker that opens at the onset";
    DO_METHODS: "other methods of payment would have saved payments"
        => "Consider offering the other methods of payment while an exchange is down";
    DO_SWITCH: "finding no-fallback-used, and no counterfactual says it already"
        => "Offer another method or exchange when a payment fails while an exchange is down";
    DO_SECOND: "finding single-dependency" => "Provide a second exchange for what only one serves, and rehearse the switch";
    DO_BACK_OFF: "finding retry-storm"
        => "Stop repeating while the exchange is down; else wait longer, by chance, before each repeat";
    DO_SHORTEN: "finding long-time-outs" => "Shorten the time-out of calls to the exchange";
    DO_DECIDE: "any other finding that is a warning or critical" => "Decide what follows from this finding";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use regex::Regex;

    use super::super::sample;
    use super::super::{Audience, Layout, Reporter as _, View};
    use super::*;
    use crate::model::{Outage, OutageKind, Refused, Report, Side, Time, WhatIfCase};

    #[test]
    fn names_are_filled_in_once() {
        let shown = BLAMED_SEVERAL.with(&[("n", &2), ("exchanges", &"{n} and b")]);
        assert_eq!(shown, "2 outages of {n} and b");
        assert_eq!(AGREE.plain(), AGREE.text);
    }

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    const BEGIN: &str = "<!-- sentences:begin -->\n";
    const END: &str = "<!-- sentences:end -->";

    /// `KNOCKON_UPDATE=1 cargo test --lib phrases` writes the table anew.
    #[test]
    fn the_documented_table_is_this_one() {
        let path = root().join("docs/report.md");
        let docs = fs::read_to_string(&path).unwrap();
        let (before, rest) = docs.split_once(BEGIN).unwrap();
        let (table, after) = rest.split_once(END).unwrap();
        let mut fresh = "\n| when | sentence |\n|---|---|\n".to_owned();
        for p in ALL {
            fresh.push_str(&format!("| {} | {} |\n", p.when, p.text));
        }
        fresh.push('\n');
        if std::env::var_os("KNOCKON_UPDATE").is_some() {
            fs::write(&path, format!("{before}{BEGIN}{fresh}{END}{after}")).unwrap();
            return;
        }
        assert_eq!(table, fresh, "docs/report.md is stale");
        assert!(!fresh.contains("root cause"));
    }

    /// Every string of a source file that reads like a sentence: several words, or an end.
    fn sentences_of(file: &str) -> Vec<String> {
        let code = fs::read_to_string(root().join("src/report").join(file)).unwrap();
        let code = code.split("#[cfg(test)]").next().unwrap().to_owned();
        let code: Vec<&str> = code
            .lines()
            .filter(|l| !l.trim_start().starts_with("//"))
            .collect();
        let string = Regex::new(r#""((?:[^"\\]|\\.)*)""#).unwrap();
        string
            .captures_iter(&code.join("\n"))
            .map(|c| c[1].to_owned())
            .filter(|text| {
                text.split_whitespace().count() > 5 || text.ends_with('.') && text.len() > 12
            })
            .collect()
    }

    #[test]
    fn sentences_stand_nowhere_else() {
        assert!(
            !sentences_of("postmortem.rs").is_empty(),
            "the glossary is found"
        );
        for file in ["sentences.rs", "outages.rs", "view.rs"] {
            let mut found = sentences_of(file);
            // told beside a label, not as a sentence
            found.retain(|t| !LABELS.contains(&t.as_str()));
            assert_eq!(found, [""; 0], "{file}");
        }
    }

    const LABELS: [&str; 6] = [
        "Of these judged to have followed from an outage",
        "Still pending at the end of the log",
        "First failed payment after the onset",
        "card numbers, secrets, e-mail and wallet addresses are redacted by shape in texts from logs",
        "texts from logs are not redacted",
        "texts from logs are redacted strictly; ids are pseudonyms",
    ];

    /// Reports that between them are every case.
    fn reports() -> Vec<Report> {
        let whole = sample::report();
        let changed = |change: &dyn Fn(&mut Report)| {
            let mut report = sample::report();
            change(&mut report);
            report
        };
        let one_outage = |r: &mut Report| r.outages.truncate(1);
        let no_effect = |failed: u64| {
            let mut report = sample::quiet(9803, failed, true);
            report.outages = sample::report().outages[..1].to_vec();
            report
        };
        let mut all = vec![
            Report::default(),
            sample::quiet(9803, 212, true),
            sample::quiet(1, 1, true),
            sample::quiet(9803, 0, true),
            silent(),
            sample::quiet(1, 0, true),
            sample::quiet(0, 0, true),
            sample::quiet(500, 3, false),
            no_effect(212),
            no_effect(1),
            no_effect(0),
            changed(&one_outage),
            changed(&|r| r.totals = Default::default()),
            changed(&|r| r.detection.tail_s = None),
            changed(&|r| r.detection.outage = Some("O2".to_owned())),
            changed(&|r| r.totals.excess = None),
            changed(&|r| r.totals.expected_in_excess = 1e6),
            changed(&|r| r.totals.expected_in_excess = r.totals.excess.unwrap().mean),
            changed(&|r| r.impact.amount_lost.clear()),
            changed(&|r| r.outages[0].began_before_log = true),
            changed(&|r| r.outages[0].acknowledged_at = None),
            changed(&with_many_notes),
            changed(&with_very_many_announcements),
            changed(&|r| {
                r.inputs[0].clock_offset_ms = Some(1000);
                r.inputs[0].clock_drift_ms_per_hour = Some(40);
            }),
            changed(&|r| r.impact.unknown_outcome.attempts = 0),
            changed(&|r| r.failures.iter_mut().for_each(|f| f.outage = None)),
            changed(&|r| r.outages.iter_mut().for_each(|o| o.components.clear())),
            changed(&|r| r.what_if.cases = every_case(&whole)),
        ];
        for id in [
            "no-fallback-used",
            "single-dependency",
            "retry-storm",
            "long-time-outs",
            "no-alert",
            "other",
        ] {
            all.push(changed(&|r| {
                r.what_if.cases.clear();
                r.findings[0].id = id.to_owned();
            }));
        }
        for kind in [
            OutageKind::Unavailable,
            OutageKind::Degraded,
            OutageKind::Slow,
            OutageKind::Overload,
            OutageKind::RateLimited,
            OutageKind::Maintenance,
            OutageKind::Unknown,
        ] {
            all.push(changed(&|r| {
                r.outages
                    .iter_mut()
                    .for_each(|o: &mut Outage| o.kind = kind)
            }));
        }
        all
    }

    fn with_many_notes(report: &mut Report) {
        let mut note = report.moments[0].clone();
        note.side = Side::Notes;
        note.time = Time(0);
        report.moments.extend(vec![note; 41]);
    }

    fn with_very_many_announcements(report: &mut Report) {
        let mut said = report.moments[0].clone();
        said.side = Side::Status;
        report.moments.extend(vec![said; 501]);
    }

    fn silent() -> Report {
        let mut report = sample::quiet(9803, 212, true);
        report.strips[0]
            .buckets
            .iter_mut()
            .for_each(|b| b.total = 0);
        report
    }

    /// A counterfactual of each kind that is worth it.
    fn every_case(report: &Report) -> Vec<WhatIfCase> {
        let kinds = ["fallback_exchange", "circuit_breaker", "other_method"];
        let case = |kind| {
            let mut case = report.what_if.cases[0].clone();
            case.kind = kind;
            case.failures.mean = 1e6;
            case.refused = Some(Refused {
                attempts: 3,
                ..Refused::default()
            });
            case
        };
        kinds.map(case).to_vec()
    }

    /// Everything that a report can say, one value a line, without escapes.
    const EVERYTHING: &str = "{% for s in [title, trigger, read, reconcile_about, notes_left_out, slo or ''] + answer + summary + looked_at \
        + not_affected + agreement + went_well + went_wrong + method + zones + left_out %}{{ s | safe }}\n{% endfor %}\
        {% for o in outages %}{{ o.story | safe }}\n{% endfor %}\
        {% for e in strongest + borderline + rejected %}{{ e.verdict | safe }}\n{% endfor %}\
        {% for g in what_if %}{% for c in g.cases %}{{ c.saved | safe }}\n{% endfor %}{% endfor %}\
        {% for f in impact %}{{ f.value | safe }}\n{% endfor %}\
        {% for i in inputs %}{{ i.clock | safe }}\n{% endfor %}\
        {% for e in strongest + borderline %}{% for f in e.facts %}{{ f.value | safe }}\n{% endfor %}{% endfor %}\
        {% for a in actions %}{{ a.action | safe }}\n{{ a.because | safe }}\n{% endfor %}";

    fn said(report: &Report, audience: Audience) -> String {
        let view = View {
            audience,
            ..View::default()
        };
        let layout = Layout::parse("all.md", EVERYTHING.to_owned()).unwrap();
        let mut out = Vec::new();
        layout.write(report, &view, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_of_them_can_be_written() {
        let said: Vec<String> = reports()
            .iter()
            .flat_map(|r| [said(r, Audience::Internal), said(r, Audience::External)])
            .collect();
        let said = said.join("\n");
        let name = Regex::new(r"\\\{[a-z_]+\\\}").unwrap();
        for p in ALL {
            let pattern = name.replace_all(&regex::escape(p.text), ".*?").into_owned();
            let found = Regex::new(&pattern).unwrap().is_match(&said);
            assert!(found, "{} is never written: {}", p.id, p.text);
        }
        assert!(!said.contains('{'), "a name was left unfilled");
    }

    /// The cells in back quotes of the rows of a section of `docs/report.md`.
    fn documented(section: &str, row_begins: &str) -> Vec<Vec<String>> {
        let docs = fs::read_to_string(root().join("docs/report.md")).unwrap();
        let section = docs.split(&format!("## {section}\n")).nth(1).unwrap();
        let section = section.split("\n## ").next().unwrap();
        let rows = section.lines().filter(|l| l.starts_with(row_begins));
        rows.map(|l| l.split('`').skip(1).step_by(2).map(str::to_owned).collect())
            .collect()
    }

    /// The code of rooms, without tests.
    fn code_of(rooms: &[&str]) -> String {
        let mut files = Vec::new();
        for room in rooms {
            let folder = fs::read_dir(root().join("src").join(room)).unwrap();
            files.extend(folder.map(|e| e.unwrap().path()).filter(|p| p.is_file()));
        }
        files.sort();
        let code: String = files
            .iter()
            .map(|f| fs::read_to_string(f).unwrap())
            .map(|c| {
                c.split("#[cfg(test)]\nmod tests")
                    .next()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        code
    }

    /// The longest piece of a sentence between two names.
    fn telling(sentence: &str) -> String {
        let name = Regex::new(r"\{[^{}]*\}").unwrap();
        let pieces = name
            .split(sentence)
            .map(|p| p.trim_matches(|c: char| !c.is_alphanumeric()));
        pieces.max_by_key(|p| p.len()).unwrap().to_owned()
    }

    #[test]
    fn findings_are_documented_and_those_documented_exist() {
        let code = code_of(&["impact", "attribution", "outage"]);
        let made = Regex::new(r#"(?:\bid: |finding\(\s*)"([a-z]+(?:-[a-z]+)+)""#).unwrap();
        let made: BTreeSet<&str> = made
            .captures_iter(&code)
            .map(|c| c.get(1).unwrap().as_str())
            .collect();
        let rows = documented("Findings", "| `");
        let told: BTreeSet<&str> = rows.iter().map(|r| r[0].as_str()).collect();
        assert!(told.len() > 12);
        assert_eq!(made, told);
        for row in &rows {
            assert!(code.contains(&telling(&row[1])), "{}", row[1]);
        }
    }

    #[test]
    fn moments_are_documented_and_those_documented_exist() {
        let code = code_of(&["impact"]);
        let rows = documented("Moments of the joint timeline", "| ");
        let told: Vec<String> = rows.iter().flatten().map(|t| telling(t)).collect();
        assert!(told.len() > 6);
        for text in &told {
            assert!(code.contains(text.as_str()), "{text}");
        }
        for text in sentences_of("../impact/moments.rs") {
            let text = telling(&text);
            assert!(
                told.iter().any(|t| t.contains(&text)),
                "not documented: {text}"
            );
        }
    }
}
