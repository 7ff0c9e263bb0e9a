//! Numbers in texts: money (exact, never through a float), durations, HTTP statuses.

use rust_decimal::Decimal;

use crate::model::DurationUnit;

/// What a comma means in an input's amounts, as far as its unambiguous amounts tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum CommaStyle {
    /// No amount told.
    #[default]
    Unknown,
    /// `1,234.50`.
    Thousands,
    /// `1.234,50`.
    Decimal,
}

/// What became of an amount's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Money {
    /// Exact amount in major units.
    Exact(Decimal),
    /// `1,234`: one thousand or one and a bit; nothing in the input decides.
    Ambiguous,
    /// No number, or one that does not fit 28 digits exactly.
    Unreadable,
}

/// Currencies without a minor unit (ISO 4217 exponent 0; as card processors count them).
const NO_DECIMALS: [&str; 17] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND",
    "VUV", "XAF", "XOF", "XPF",
];
/// Currencies of a thousand minor units (ISO 4217 exponent 3).
const THREE_DECIMALS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
/// Assets whose smallest unit is 10^-8.
const EIGHT_DECIMALS: [&str; 5] = ["BTC", "XBT", "LTC", "BCH", "DOGE"];

/// Decimal places between a currency's major and minor unit; 2 where nothing else is known.
pub(super) fn minor_digits(currency: &str) -> u32 {
    if NO_DECIMALS.contains(&currency) {
        0
    } else if THREE_DECIMALS.contains(&currency) {
        3
    } else if EIGHT_DECIMALS.contains(&currency) {
        8
    } else {
        2
    }
}

/// Reads an amount. `minor` says that the text counts minor units of `currency` (upper case).
pub(super) fn amount(text: &str, currency: &str, minor: bool, style: CommaStyle) -> Money {
    let money = match number_part(text) {
        None => Money::Unreadable,
        Some(number) => decimal(number, currency, style),
    };
    let money = match money {
        Money::Exact(d) if is_accounting_negative(text) => Money::Exact(-d.abs()),
        other => other,
    };
    match money {
        Money::Exact(d) if minor => to_major(d, minor_digits(currency)),
        other => other,
    }
}

/// Book-keepers write what is taken off in brackets, or with the sign behind: `(1,234.50)`, `1.234,50-`.
fn is_accounting_negative(text: &str) -> bool {
    let text = text.trim();
    let bracketed = text.starts_with('(') && text.ends_with(')');
    bracketed
        || text
            .strip_suffix('-')
            .is_some_and(|t| t.ends_with(|c: char| c.is_ascii_digit()))
}

/// What this amount's text tells of the commas of its input.
pub(super) fn comma_style(text: &str) -> CommaStyle {
    let Some(number) = number_part(text) else {
        return CommaStyle::Unknown;
    };
    match (number.rfind(','), number.rfind('.')) {
        (Some(comma), Some(dot)) if comma > dot => CommaStyle::Decimal,
        (Some(_), Some(_)) => CommaStyle::Thousands,
        (Some(comma), None) => match number.matches(',').count() {
            1 if number.len() - comma - 1 == 3 && !number.starts_with("0,") => CommaStyle::Unknown,
            1 => CommaStyle::Decimal,
            _ => CommaStyle::Thousands,
        },
        _ => CommaStyle::Unknown,
    }
}

/// Minor units to major ones, written with as many decimals as the currency has.
fn to_major(mut amount: Decimal, digits: u32) -> Money {
    if amount.set_scale(amount.scale() + digits).is_err() {
        return Money::Unreadable;
    }
    let mut bare = amount.normalize();
    if bare.scale() < digits {
        bare.rescale(digits);
    }
    Money::Exact(bare)
}

/// Cuts currency signs and codes around the number: `$1,234.50`, `12 USD`, `BTC 0.5`.
fn number_part(text: &str) -> Option<&str> {
    let start = text.find(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'))?;
    let end = text.rfind(|c: char| c.is_ascii_digit() || c == '.')?;
    let number = text.get(start..=end)?;
    number.bytes().any(|b| b.is_ascii_digit()).then_some(number)
}

fn decimal(number: &str, currency: &str, style: CommaStyle) -> Money {
    if let Some(plain) = plain_decimal(number, style) {
        return plain;
    }
    let mut text: String = number
        .chars()
        .filter(|c| {
            !matches!(
                c,
                ' ' | '\'' | '_' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '’'
            )
        })
        .collect();
    match comma_style(&text) {
        CommaStyle::Decimal => {
            if !grouped(text.split(',').next().unwrap_or(""), '.') {
                return Money::Unreadable;
            }
            text = text.replace('.', "").replace(',', ".");
        }
        CommaStyle::Thousands => {
            if !grouped(text.split('.').next().unwrap_or(""), ',') {
                return Money::Unreadable;
            }
            text = text.replace(',', "");
        }
        CommaStyle::Unknown if text.contains(',') => {
            let style = if minor_digits(currency) == 0 {
                CommaStyle::Thousands
            } else {
                style
            };
            match style {
                CommaStyle::Unknown => return Money::Ambiguous,
                CommaStyle::Thousands => text = text.replace(',', ""),
                CommaStyle::Decimal => text = text.replace(',', "."),
            }
        }
        CommaStyle::Unknown if style == CommaStyle::Decimal && grouped(&text, '.') => {
            text = text.replace('.', "");
        }
        CommaStyle::Unknown => {}
    }
    exact(&text)
}

/// The usual case, without a copy: digits with at most one dot.
fn plain_decimal(number: &str, style: CommaStyle) -> Option<Money> {
    let plain = style != CommaStyle::Decimal
        && number
            .bytes()
            .all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    plain.then(|| exact(number))
}

fn exact(text: &str) -> Money {
    let text = text.strip_prefix('+').unwrap_or(text);
    Decimal::from_str_exact(text)
        .or_else(|_| Decimal::from_scientific(text))
        .map_or(Money::Unreadable, Money::Exact)
}

/// Whether every group after the first separator (if any) has three digits, and the first one to three.
fn grouped(text: &str, separator: char) -> bool {
    if !text.contains(separator) {
        return true;
    }
    let text = text.trim_start_matches(['-', '+']);
    let mut groups = text.split(separator);
    let first = groups.next().unwrap_or("");
    (1..=3).contains(&first.len()) && groups.all(|g| g.len() == 3)
}

/// A duration in microseconds, saturating at 71 minutes; a list (a proxy's tries) is summed. `None` for what is
/// no number, or negative (a proxy's "not reached").
pub(super) fn duration_us(text: &str, unit: DurationUnit) -> Option<u32> {
    let mut total: Option<f64> = None;
    for part in text.split([',', ' ']).filter(|p| !p.is_empty()) {
        if let Some(us) = one_duration(part, unit) {
            total = Some(total.unwrap_or(0.0) + us);
        }
    }
    total.map(|us| us.min(f64::from(u32::MAX)) as u32)
}

fn one_duration(text: &str, unit: DurationUnit) -> Option<f64> {
    let digits = text.trim_end_matches(|c: char| c.is_alphabetic());
    let factor = match &text[digits.len()..] {
        "" => match unit {
            DurationUnit::Seconds => 1e6,
            DurationUnit::Millis => 1e3,
            DurationUnit::Micros => 1.0,
            DurationUnit::Nanos => 1e-3,
        },
        "s" | "sec" | "secs" | "seconds" => 1e6,
        "ms" | "msec" | "millis" => 1e3,
        "us" | "µs" | "μs" | "usec" => 1.0,
        "ns" => 1e-3,
        "m" | "min" => 60e6,
        _ => return None,
    };
    let value: f64 = digits.parse().ok()?;
    (value >= 0.0 && value.is_finite()).then_some(value * factor)
}

/// An HTTP status; of a list (`502, 200`) the last, which is what the client got. 0 stands for "no answer".
pub(super) fn http_status(text: &str) -> Option<u16> {
    let last = text
        .rsplit([',', ' ', ':'])
        .map(str::trim)
        .find(|p| !p.is_empty())?;
    if last == "-" {
        return Some(0);
    }
    let code: u16 = last.parse().ok()?;
    (code == 0 || (100..=999).contains(&code)).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exact_text(text: &str, currency: &str, minor: bool, style: CommaStyle) -> String {
        match amount(text, currency, minor, style) {
            Money::Exact(d) => d.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn amounts_stay_exact() {
        for (text, expected) in [
            ("0.10000000", "0.10000000"),
            ("1234.5", "1234.5"),
            ("$1,234.50", "1234.50"),
            ("12.30 USD", "12.30"),
            ("BTC 0.5", "0.5"),
            ("1.234,50", "1234.50"),
            ("399,00", "399.00"),
            ("1,234,567", "1234567"),
            ("1 234,50", "1234.50"),
            ("1'234.50", "1234.50"),
            ("1.5e-3", "0.0015"),
            ("-23,00", "-23.00"),
            ("0,125", "0.125"),
            ("1,234", "Ambiguous"),
            ("12,34.5", "Unreadable"),
            ("abc", "Unreadable"),
            ("", "Unreadable"),
        ] {
            assert_eq!(
                exact_text(text, "USD", false, CommaStyle::Unknown),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn an_ambiguous_comma_is_decided_by_the_input_or_the_currency() {
        assert_eq!(
            exact_text("1,234", "USD", false, CommaStyle::Thousands),
            "1234"
        );
        assert_eq!(
            exact_text("1,234", "USD", false, CommaStyle::Decimal),
            "1.234"
        );
        assert_eq!(
            exact_text("1,234", "JPY", false, CommaStyle::Unknown),
            "1234"
        );
        assert_eq!(
            exact_text("1.234", "EUR", false, CommaStyle::Decimal),
            "1234"
        );
        assert_eq!(
            exact_text("1.23", "EUR", false, CommaStyle::Decimal),
            "1.23"
        );
        assert_eq!(comma_style("1.234,50"), CommaStyle::Decimal);
        assert_eq!(comma_style("1,234.50"), CommaStyle::Thousands);
        assert_eq!(comma_style("1,234"), CommaStyle::Unknown);
    }

    #[test]
    fn minor_units_follow_the_currency() {
        for (currency, expected) in [
            ("USD", "10.00"),
            ("JPY", "1000"),
            ("KWD", "1.000"),
            ("BTC", "0.00001000"),
        ] {
            assert_eq!(
                exact_text("1000", currency, true, CommaStyle::Unknown),
                expected
            );
        }
    }

    #[test]
    fn durations_in_any_unit() {
        assert_eq!(duration_us("1.5", DurationUnit::Seconds), Some(1_500_000));
        assert_eq!(duration_us("527.379", DurationUnit::Millis), Some(527_379));
        assert_eq!(duration_us("30s", DurationUnit::Millis), Some(30_000_000));
        assert_eq!(
            duration_us("0.1, 0.2", DurationUnit::Seconds),
            Some(300_000)
        );
        assert_eq!(duration_us("-1", DurationUnit::Millis), None);
        assert_eq!(duration_us("-", DurationUnit::Seconds), None);
        assert_eq!(
            duration_us("99999999", DurationUnit::Seconds),
            Some(u32::MAX)
        );
    }

    #[test]
    fn the_status_that_the_client_got() {
        assert_eq!(http_status("502, 200"), Some(200));
        assert_eq!(http_status("0"), Some(0));
        assert_eq!(http_status("-"), Some(0));
        assert_eq!(http_status("ok"), None);
        assert_eq!(http_status("42"), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*", currency in "[A-Z]{0,4}", minor: bool) {
            for style in [CommaStyle::Unknown, CommaStyle::Thousands, CommaStyle::Decimal] {
                let _ = amount(&text, &currency, minor, style);
            }
            let _ = (comma_style(&text), duration_us(&text, DurationUnit::Seconds), http_status(&text));
        }

        #[test]
        fn every_plain_decimal_comes_back_as_written(whole in 0u64..10_000_000, cents in 0u32..100) {
            let text = format!("{whole}.{cents:02}");
            prop_assert_eq!(exact_text(&text, "USD", false, CommaStyle::Unknown), text);
        }
    }
}
