//! `knockon.toml` as meant: every value checked, every mistake told with its line and the nearest known word.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use std::path::Path;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use toml::Spanned;

use super::error::ConfigError;
use super::raw::{
    RawConfig, RawDependency, RawInput, RawShare, RawSlo, RawThresholds, RawWhatIf, Text,
};
use super::suggest::nearest;
use crate::model::{DateOrder, DurationUnit, ErrorClass, Field, Role, SloTarget, WhatIfOptions};

/// `exchange` of a dependency that uses none.
const NO_EXCHANGE: &str = "none";
/// Longest take-over of a fallback: a day, in seconds.
const LONGEST_TAKEOVER_S: u32 = 86_400;
/// Longest window of an objective.
pub(crate) const LONGEST_WINDOW_DAYS: u32 = 366;
/// Window of an objective that states none.
pub(crate) const USUAL_WINDOW_DAYS: u32 = 30;

/// What the user states about the logs. An empty file states nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// `[[input]]`, in the order of the file.
    pub inputs: Vec<InputSection>,
    /// `[classes]`: error text or code, and the class that it means; longer texts first, since they say more.
    pub classes: Vec<(String, ErrorClass)>,
    /// `[[dependency]]`, in the order of the file.
    pub dependencies: Vec<DependencySection>,
    /// `[timeouts]`: how long the client waits for an exchange, in milliseconds.
    pub timeouts_ms: BTreeMap<String, u64>,
    /// `[what_if]`.
    pub what_if: WhatIfOptions,
    /// `[slo]`.
    pub slo: Option<SloTarget>,
    /// `[thresholds]`.
    pub thresholds: ThresholdSection,
}

/// One `[[input]]`: for which inputs, and what is stated about them.
///
/// `path` and `name` select; a section without either is for every input, or, when it has a `role`, for every
/// input that a flag gave that role.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InputSection {
    /// Line of the file on which the section's first value stands, from 1; for messages.
    pub line: usize,
    /// Glob on the path as shown, or on the file's name alone.
    pub path: Option<String>,
    /// The NAME of `NAME=PATH`.
    pub name: Option<String>,
    /// What they tell about.
    pub role: Option<Role>,
    /// Whose calls they are, for records that do not say.
    pub exchange: Option<String>,
    /// Whose payments they are, for records that do not say.
    pub merchant: Option<String>,
    /// Zone of stamps without one, as written.
    pub zone: Option<String>,
    /// Which number of a date such as `06/03/2024` comes first.
    pub date_order: Option<DateOrder>,
    /// Year of the first stamp, for stamps that state none.
    pub year: Option<i64>,
    /// Unit of durations.
    pub duration_unit: Option<DurationUnit>,
    /// Whether amounts count minor units (cents).
    pub amount_in_minor_units: Option<bool>,
    /// The log's own field name and what it means, sorted by name.
    pub fields: Vec<(String, Field)>,
    /// Values that hold for every record.
    pub set: Vec<(Field, String)>,
}

/// One `[[dependency]]`: which payments use which exchange.
#[derive(Clone, Debug, PartialEq)]
pub struct DependencySection {
    /// Payments of this merchant.
    pub merchant: Option<String>,
    /// Payments by this method.
    pub method: Option<String>,
    /// Payments in this currency.
    pub currency: Option<String>,
    /// The exchange that they use; `None` (the word `none`): they use no exchange at all.
    pub exchange: Option<String>,
    /// The component of it.
    pub component: Option<String>,
}

/// `[thresholds]`: both optional, both 0..1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ThresholdSection {
    /// `caused` from here on.
    pub caused_at: Option<f64>,
    /// `unrelated` up to here.
    pub unrelated_at: Option<f64>,
}

impl Config {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Config, ConfigError> {
        let shown = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Config::parse(&text, &shown),
            Err(source) => Err(ConfigError::Read {
                path: shown,
                source,
            }),
        }
    }

    /// Reads the text of a file; `path` is for messages.
    pub fn parse(text: &str, path: &str) -> Result<Config, ConfigError> {
        let raw: RawConfig = toml::from_str(text).map_err(|e| ConfigError::Syntax {
            path: path.to_owned(),
            message: e.to_string().trim_end().to_owned(),
            hint: unknown_key_hint(e.message()),
        })?;
        Checker { text, path }.config(raw)
    }
}

/// The nearest known key, from serde's message "unknown field `x`, expected one of `a`, `b`".
fn unknown_key_hint(message: &str) -> Option<String> {
    let rest = message.strip_prefix("unknown field ")?;
    let mut words = rest.split('`').skip(1).step_by(2);
    let unknown = words.next()?;
    let known: Vec<&str> = words.collect();
    nearest(unknown, known.iter().copied())
        .map(|near| format!("did you mean \"{near}\"?"))
        .or_else(|| (!known.is_empty()).then(|| format!("known here: {}", known.join(", "))))
}

/// Turns raw values into valid ones and knows where they stand.
struct Checker<'a> {
    text: &'a str,
    path: &'a str,
}

impl Checker<'_> {
    fn config(&self, raw: RawConfig) -> Result<Config, ConfigError> {
        Ok(Config {
            inputs: collect(raw.input, |i| self.input(i))?,
            classes: self.classes(raw.classes)?,
            dependencies: collect(raw.dependency, |d| self.dependency(d))?,
            timeouts_ms: collect(raw.timeouts, |(exchange, t)| {
                Ok((exchange, self.duration_ms(&t)?))
            })?
            .into_iter()
            .collect(),
            what_if: self.what_if(raw.what_if)?,
            slo: raw.slo.map(|s| self.slo(&s)).transpose()?,
            thresholds: self.thresholds(&raw.thresholds)?,
        })
    }

    fn input(&self, raw: RawInput) -> Result<InputSection, ConfigError> {
        let line = self.first_line(&raw);
        let role = raw.role.as_ref().map(|r| self.role(r)).transpose()?;
        if let Some(glob) = &raw.path
            && let Err(e) = glob::Pattern::new(glob.get_ref())
        {
            let what = format!("\"{}\" is not a glob: {}", glob.get_ref(), e.msg);
            return Err(self.wrong(glob.span(), what, None));
        }
        Ok(InputSection {
            line,
            role,
            path: self.optional(raw.path, "path")?,
            name: self.optional(raw.name, "name")?,
            exchange: self.optional(raw.exchange, "exchange")?,
            merchant: self.optional(raw.merchant, "merchant")?,
            zone: self.optional(raw.zone, "zone")?,
            date_order: raw.date_order.map(|o| self.date_order(&o)).transpose()?,
            year: raw.year.map(|y| self.year(&y)).transpose()?,
            duration_unit: raw
                .duration_unit
                .map(|u| self.duration_unit(&u))
                .transpose()?,
            amount_in_minor_units: raw.amount_unit.map(|u| self.amount_unit(&u)).transpose()?,
            fields: collect(raw.fields, |(name, field)| {
                let field = self.mapped_field(&name, &field)?;
                Ok((name, field))
            })?,
            set: collect(raw.set, |(field, value)| {
                let known = self.field(&field)?;
                Ok((known, self.filled(value, known.as_str())?))
            })?,
        })
    }

    /// Line of the first value of a section; 1 for a section that states nothing.
    fn first_line(&self, raw: &RawInput) -> usize {
        [
            &raw.path,
            &raw.name,
            &raw.role,
            &raw.exchange,
            &raw.merchant,
            &raw.zone,
            &raw.date_order,
            &raw.duration_unit,
            &raw.amount_unit,
        ]
        .into_iter()
        .flatten()
        .chain(raw.fields.values())
        .chain(raw.set.keys())
        .map(|t| t.span().start)
        .min()
        .map_or(1, |at| self.line(at))
    }

    fn classes(
        &self,
        raw: BTreeMap<String, Text>,
    ) -> Result<Vec<(String, ErrorClass)>, ConfigError> {
        let mut classes = collect(raw, |(text, class)| Ok((text, self.class(&class)?)))?;
        classes.sort_by_key(|(text, _)| std::cmp::Reverse(text.chars().count()));
        Ok(classes)
    }

    fn dependency(&self, raw: Spanned<RawDependency>) -> Result<DependencySection, ConfigError> {
        let span = raw.span();
        let raw = raw.into_inner();
        if raw.merchant.is_none() && raw.method.is_none() && raw.currency.is_none() {
            let what = "this dependency does not say which payments it is about".to_owned();
            let hint = "add a merchant, a method or a currency".to_owned();
            return Err(self.wrong(span, what, Some(hint)));
        }
        let place = raw.exchange.span();
        let exchange = Some(self.filled(raw.exchange, "exchange")?).filter(|e| e != NO_EXCHANGE);
        if exchange.is_none() && raw.component.is_some() {
            let what = "payments that use no exchange use no component of one".to_owned();
            return Err(self.wrong(place, what, None));
        }
        Ok(DependencySection {
            merchant: raw.merchant,
            method: raw.method,
            currency: raw.currency,
            exchange,
            component: raw.component,
        })
    }

    fn what_if(&self, raw: RawWhatIf) -> Result<WhatIfOptions, ConfigError> {
        let takeover_s = match &raw.takeover_s {
            None => WhatIfOptions::default().takeover_s,
            Some(list) => self.takeovers(list)?,
        };
        Ok(WhatIfOptions {
            fallback: self.optional(raw.fallback, "fallback")?,
            takeover_s,
        })
    }

    /// Seconds, sorted, each once.
    fn takeovers(&self, list: &Spanned<Vec<i64>>) -> Result<Vec<u32>, ConfigError> {
        if list.get_ref().is_empty() {
            let what = "takeover_s is empty".to_owned();
            let hint = "leave it out for the usual ones".to_owned();
            return Err(self.wrong(list.span(), what, Some(hint)));
        }
        let mut out = collect(list.get_ref().iter().copied(), |seconds| {
            self.whole(seconds, list.span(), 0..=LONGEST_TAKEOVER_S)
        })?;
        out.sort_unstable();
        out.dedup();
        Ok(out)
    }

    fn slo(&self, raw: &RawSlo) -> Result<SloTarget, ConfigError> {
        let window_days = raw
            .window_days
            .as_ref()
            .map_or(Ok(USUAL_WINDOW_DAYS), |d| {
                self.whole(*d.get_ref(), d.span(), 1..=LONGEST_WINDOW_DAYS)
            })?;
        Ok(SloTarget {
            success_rate: self.success_rate(&raw.success_rate)?,
            window_days,
            count_declines: raw.count_declines,
        })
    }

    /// Between 0 and 1, both excluded: an objective of all leaves no budget.
    fn success_rate(&self, raw: &Spanned<RawShare>) -> Result<f64, ConfigError> {
        let (share, shown) = match raw.get_ref() {
            RawShare::Number(n) => (Some(*n), n.to_string()),
            RawShare::Text(text) => (percent(text), format!("\"{text}\"")),
        };
        share.filter(|s| *s > 0.0 && *s < 1.0).ok_or_else(|| {
            let what = format!("{shown} is not a share between 0 and 1");
            let hint = "write 0.999 or \"99.9%\"; an objective of 1 leaves no budget".to_owned();
            self.wrong(raw.span(), what, Some(hint))
        })
    }

    /// A whole number inside a range.
    fn whole(
        &self,
        number: i64,
        span: Range<usize>,
        range: RangeInclusive<u32>,
    ) -> Result<u32, ConfigError> {
        u32::try_from(number)
            .ok()
            .filter(|n| range.contains(n))
            .ok_or_else(|| {
                let (least, most) = (range.start(), range.end());
                let what = format!("{number} is not between {least} and {most}");
                self.wrong(span, what, None)
            })
    }

    fn thresholds(&self, raw: &RawThresholds) -> Result<ThresholdSection, ConfigError> {
        if let (Some(caused), Some(unrelated)) = (&raw.caused_at, &raw.unrelated_at)
            && caused.get_ref() <= unrelated.get_ref()
        {
            let what = "caused_at must be greater than unrelated_at".to_owned();
            return Err(self.wrong(caused.span(), what, None));
        }
        let check =
            |value: &Option<Spanned<f64>>| value.as_ref().map(|v| self.probability(v)).transpose();
        Ok(ThresholdSection {
            caused_at: check(&raw.caused_at)?,
            unrelated_at: check(&raw.unrelated_at)?,
        })
    }

    fn probability(&self, value: &Spanned<f64>) -> Result<f64, ConfigError> {
        let p = *value.get_ref();
        if (0.0..=1.0).contains(&p) {
            return Ok(p);
        }
        Err(self.wrong(value.span(), format!("{p} is not between 0 and 1"), None))
    }

    fn optional(&self, value: Option<Text>, key: &str) -> Result<Option<String>, ConfigError> {
        value.map(|v| self.filled(v, key)).transpose()
    }

    /// A text that is not blank.
    fn filled(&self, value: Text, key: &str) -> Result<String, ConfigError> {
        if value.get_ref().trim().is_empty() {
            return Err(self.wrong(value.span(), format!("{key} is empty"), None));
        }
        Ok(value.into_inner())
    }

    fn role(&self, word: &Text) -> Result<Role, ConfigError> {
        const ROLES: [Role; 5] = [
            Role::Payments,
            Role::Exchange,
            Role::Status,
            Role::Notes,
            Role::Other,
        ];
        self.choose(word, "role", ROLES.map(|r| (r.as_str(), r)))
    }

    fn class(&self, word: &Text) -> Result<ErrorClass, ConfigError> {
        self.choose(word, "class", ErrorClass::ALL.map(|c| (c.as_str(), c)))
    }

    fn date_order(&self, word: &Text) -> Result<DateOrder, ConfigError> {
        let orders = [
            ("dmy", DateOrder::DayMonthYear),
            ("mdy", DateOrder::MonthDayYear),
            ("ymd", DateOrder::YearMonthDay),
        ];
        self.choose(word, "order of dates", orders)
    }

    fn year(&self, year: &Spanned<i64>) -> Result<i64, ConfigError> {
        let value = *year.get_ref();
        if (1970..2262).contains(&value) {
            return Ok(value);
        }
        let what = format!("{value} is no year that logs can have");
        Err(self.wrong(year.span(), what, None))
    }

    fn duration_unit(&self, word: &Text) -> Result<DurationUnit, ConfigError> {
        let units = [
            ("s", DurationUnit::Seconds),
            ("ms", DurationUnit::Millis),
            ("us", DurationUnit::Micros),
            ("ns", DurationUnit::Nanos),
        ];
        self.choose(word, "duration unit", units)
    }

    fn amount_unit(&self, word: &Text) -> Result<bool, ConfigError> {
        self.choose(word, "amount unit", [("major", false), ("minor", true)])
    }

    fn field(&self, word: &Text) -> Result<Field, ConfigError> {
        self.choose(
            word,
            "field",
            Field::ALL.iter().map(|&field| (field.as_str(), field)),
        )
    }

    /// The right-hand side of `[input.fields]`; tells when the two sides were mixed up.
    fn mapped_field(&self, name: &str, word: &Text) -> Result<Field, ConfigError> {
        let reversed = Field::ALL.iter().any(|f| f.as_str() == name);
        self.field(word).map_err(|error| match error {
            ConfigError::Value {
                path, line, what, ..
            } if reversed => ConfigError::Value {
                path,
                line,
                what,
                hint: Some(format!(
                    "the log's name comes first: {} = \"{name}\"",
                    toml_key(word.get_ref())
                )),
            },
            other => other,
        })
    }

    /// The value of a word, or an error that names the nearest known one.
    fn choose<T: Copy>(
        &self,
        word: &Text,
        kind: &str,
        known: impl IntoIterator<Item = (&'static str, T)>,
    ) -> Result<T, ConfigError> {
        let known: Vec<(&'static str, T)> = known.into_iter().collect();
        if let Some((_, value)) = known.iter().find(|(w, _)| w == word.get_ref()) {
            return Ok(*value);
        }
        let words = known.iter().map(|(w, _)| *w);
        let hint = match nearest(word.get_ref(), words.clone()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("one of {}", words.collect::<Vec<_>>().join(", ")),
        };
        let what = format!("unknown {kind} \"{}\"", word.get_ref());
        Err(self.wrong(word.span(), what, Some(hint)))
    }

    /// A duration with its unit: `1500ms`, `10s`, `2m`.
    fn duration_ms(&self, text: &Text) -> Result<u64, ConfigError> {
        duration_ms(text.get_ref()).ok_or_else(|| {
            let what = format!("\"{}\" is not a duration", text.get_ref());
            let hint = "a whole number and a unit: 1500ms, 10s, 2m".to_owned();
            self.wrong(text.span(), what, Some(hint))
        })
    }

    fn wrong(&self, span: Range<usize>, what: String, hint: Option<String>) -> ConfigError {
        ConfigError::Value {
            path: self.path.to_owned(),
            line: self.line(span.start),
            what,
            hint,
        }
    }

    /// Line number, from 1, of a byte of the file.
    fn line(&self, at: usize) -> usize {
        let before = self.text.as_bytes().iter().take(at);
        before.filter(|&&b| b == b'\n').count() + 1
    }
}

fn collect<T, U>(
    items: impl IntoIterator<Item = T>,
    check: impl FnMut(T) -> Result<U, ConfigError>,
) -> Result<Vec<U>, ConfigError> {
    items.into_iter().map(check).collect()
}

/// `99.9%` as 0.999, by decimals so that no digit is made up.
pub(crate) fn percent(text: &str) -> Option<f64> {
    let number: Decimal = text.trim().strip_suffix('%')?.trim().parse().ok()?;
    (number / Decimal::ONE_HUNDRED).to_f64()
}

fn duration_ms(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        _ => return None,
    };
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(factor)
        .filter(|&ms| ms > 0)
}

/// A key as TOML wants it: bare when possible.
fn toml_key(name: &str) -> String {
    let bare = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if bare {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Config {
        Config::parse(text, "knockon.toml").unwrap()
    }

    /// The message and the hint.
    fn mistake(text: &str) -> (String, String) {
        let error = Config::parse(text, "knockon.toml").unwrap_err();
        let hint = error.hint().unwrap_or("").to_owned();
        (error.to_string(), hint)
    }

    #[test]
    fn an_empty_file_states_nothing() {
        assert_eq!(parse(""), Config::default());
    }

    #[test]
    fn everything_that_can_be_stated() {
        let config = parse(
            r#"
            [[input]]
            path = "calls*.jsonl"
            role = "exchange"
            zone = "Asia/Shanghai"
            duration_unit = "us"
            amount_unit = "minor"
            [input.fields]
            service = "exchange"
            request = "payment_id"
            [input.set]
            component = "wallet"

            [[input]]
            name = "acme"
            exchange = "binance"
            merchant = "shop-a"

            [classes]
            "WALLET_503" = "upstream_unavailable"

            [[dependency]]
            method = "crypto"
            exchange = "binance"
            component = "wallet"

            [timeouts]
            binance = "2500ms"
            kraken = "10s"

            [what_if]
            fallback = "kraken"
            takeover_s = [300, 60, 60]

            [slo]
            success_rate = "99.9%"
            window_days = 7
            count_declines = true

            [thresholds]
            caused_at = 0.8
            unrelated_at = 0.2
            "#,
        );
        assert_eq!(config.inputs.len(), 2);
        let calls = &config.inputs[0];
        assert_eq!(calls.line, 3);
        assert_eq!(calls.path.as_deref(), Some("calls*.jsonl"));
        assert_eq!(calls.role, Some(Role::Exchange));
        assert_eq!(calls.zone.as_deref(), Some("Asia/Shanghai"));
        assert_eq!(calls.duration_unit, Some(DurationUnit::Micros));
        assert_eq!(calls.amount_in_minor_units, Some(true));
        assert_eq!(
            calls.fields,
            [
                ("request".to_owned(), Field::PaymentId),
                ("service".to_owned(), Field::Exchange)
            ]
        );
        assert_eq!(calls.set, [(Field::Component, "wallet".to_owned())]);
        assert_eq!(config.inputs[1].name.as_deref(), Some("acme"));
        assert_eq!(config.inputs[1].exchange.as_deref(), Some("binance"));
        assert_eq!(config.inputs[1].merchant.as_deref(), Some("shop-a"));
        assert_eq!(
            config.classes,
            [("WALLET_503".to_owned(), ErrorClass::UpstreamUnavailable)]
        );
        assert_eq!(config.dependencies[0].method.as_deref(), Some("crypto"));
        assert_eq!(config.dependencies[0].exchange.as_deref(), Some("binance"));
        assert_eq!(config.timeouts_ms["binance"], 2500);
        assert_eq!(config.timeouts_ms["kraken"], 10_000);
        assert_eq!(config.what_if.fallback.as_deref(), Some("kraken"));
        assert_eq!(config.what_if.takeover_s, [60, 300]);
        let slo = SloTarget {
            success_rate: 0.999,
            window_days: 7,
            count_declines: true,
        };
        assert_eq!(config.slo, Some(slo));
        assert_eq!(config.thresholds.caused_at, Some(0.8));
        assert_eq!(config.thresholds.unrelated_at, Some(0.2));
    }

    #[test]
    fn unknown_keys_name_the_nearest_known_one() {
        let (message, hint) = mistake("[tresholds]\ncaused_at = 0.9\n");
        assert!(message.contains("tresholds"), "{message}");
        assert_eq!(hint, "did you mean \"thresholds\"?");
        let (message, hint) = mistake("[[input]]\npath = \"x\"\nmerchent = \"y\"\n");
        assert!(message.contains("line 3"), "{message}");
        assert_eq!(hint, "did you mean \"merchant\"?");
        let (_, hint) = mistake("[what_if]\nqqq = 1\n");
        assert!(hint.contains("fallback"), "{hint}");
    }

    #[test]
    fn words_are_checked_with_their_line() {
        for (text, message, hint) in [
            (
                "[[input]]\nrole = \"payment\"",
                "knockon.toml:2: unknown role \"payment\"",
                "did you mean \"payments\"?",
            ),
            (
                "[[input]]\n\n[input.fields]\nreq = \"paymentid\"",
                "knockon.toml:4: unknown field \"paymentid\"",
                "did you mean \"payment_id\"?",
            ),
            (
                "[[input]]\n[input.fields]\npayment_id = \"request\"",
                "knockon.toml:3: unknown field \"request\"",
                "the log's name comes first: request = \"payment_id\"",
            ),
            (
                "[[input]]\n[input.set]\nexchnge = \"binance\"",
                "knockon.toml:3: unknown field \"exchnge\"",
                "did you mean \"exchange\"?",
            ),
            (
                "[[input]]\nduration_unit = \"minutes\"",
                "knockon.toml:2: unknown duration unit \"minutes\"",
                "one of s, ms, us, ns",
            ),
            (
                "[[input]]\npath = \"a[\"",
                "knockon.toml:2: \"a[\" is not a glob: invalid range pattern",
                "",
            ),
            (
                "[[input]]\nname = \" \"",
                "knockon.toml:2: name is empty",
                "",
            ),
            (
                "[classes]\nE1 = \"upstream\"",
                "knockon.toml:2: unknown class \"upstream\"",
                "did you mean \"upstream_timeout\"?",
            ),
            (
                "[timeouts]\nbinance = \"10\"",
                "knockon.toml:2: \"10\" is not a duration",
                "a whole number and a unit: 1500ms, 10s, 2m",
            ),
            (
                "[timeouts]\nbinance = \"99999999999999999999s\"",
                "knockon.toml:2: \"99999999999999999999s\" is not a duration",
                "a whole number and a unit: 1500ms, 10s, 2m",
            ),
            (
                "[thresholds]\ncaused_at = 66.0",
                "knockon.toml:2: 66 is not between 0 and 1",
                "",
            ),
            (
                "[thresholds]\ncaused_at = nan",
                "knockon.toml:2: NaN is not between 0 and 1",
                "",
            ),
            (
                "[thresholds]\ncaused_at = 0.3\nunrelated_at = 0.4",
                "knockon.toml:2: caused_at must be greater than unrelated_at",
                "",
            ),
        ] {
            let (got, got_hint) = mistake(text);
            assert_eq!((got.as_str(), got_hint.as_str()), (message, hint), "{text}");
        }
    }

    #[test]
    fn longer_error_texts_come_first() {
        let config =
            parse("[classes]\nclosed = \"internal\"\n\"wallet closed\" = \"maintenance\"\n");
        let texts: Vec<&str> = config.classes.iter().map(|(t, _)| t.as_str()).collect();
        assert_eq!(texts, ["wallet closed", "closed"]);
    }

    #[test]
    fn a_dependency_says_which_payments() {
        let (message, hint) = mistake("\n[[dependency]]\nexchange = \"binance\"\n");
        assert!(message.starts_with("knockon.toml:2: "), "{message}");
        assert_eq!(hint, "add a merchant, a method or a currency");
        let card = "[[dependency]]\nmethod = \"card\"\nexchange = \"none\"\n";
        assert_eq!(parse(card).dependencies[0].exchange, None);
        let (message, _) = mistake(&format!("{card}component = \"wallet\"\n"));
        assert!(message.starts_with("knockon.toml:3: "), "{message}");
        let (message, _) = mistake("[[dependency]]\nmethod = \"crypto\"\n");
        assert!(message.contains("exchange"), "{message}");
    }

    #[test]
    fn wrong_types_and_broken_toml_are_told_with_their_place() {
        let (message, _) = mistake("[timeouts]\nbinance = 10\n");
        assert!(message.contains("line 2"), "{message}");
        let (message, _) = mistake("[timeouts\n");
        assert!(message.contains("line 1"), "{message}");
    }

    #[test]
    fn an_objective_has_its_usual_window_and_counts_no_declines() {
        let slo = parse("[slo]\nsuccess_rate = 0.995\n").slo.unwrap();
        assert_eq!((slo.success_rate, slo.window_days), (0.995, 30));
        assert!(!slo.count_declines);
    }

    #[test]
    fn an_objective_that_cannot_be_is_told_with_its_line() {
        for wrong in [
            "1",
            "99.5",
            "0.0",
            "-0.5",
            "\"100%\"",
            "\"0.999\"",
            "\"nine\"",
        ] {
            let (message, hint) = mistake(&format!("[slo]\nsuccess_rate = {wrong}\n"));
            assert!(message.contains(":2"), "{message}");
            assert!(hint.contains("99.9%"), "{wrong}: {hint}");
        }
        let (message, _) = mistake("[slo]\nsuccess_rate = 0.9\nwindow_days = 0\n");
        assert!(message.contains("not between 1 and 366"), "{message}");
        let (message, _) = mistake("[what_if]\ntakeover_s = [60, -1]\n");
        assert!(message.contains("-1 is not between"), "{message}");
        assert!(mistake("[what_if]\ntakeover_s = []\n").0.contains("empty"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Config::read(Path::new("no/such/knockon.toml")).unwrap_err();
        assert!(error.to_string().contains("no/such/knockon.toml"));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,200}") {
            let _ = Config::parse(&text, "knockon.toml");
        }
    }
}
