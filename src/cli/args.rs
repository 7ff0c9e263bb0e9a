//! What was typed: the groups of arguments that several subcommands share. What they mean is decided in
//! `settings`.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use chrono::{NaiveDate, NaiveDateTime};
use clap::builder::{PossibleValue, PossibleValuesParser};

use super::exit::FailOn;
use super::progress::Mode;
use super::terminal::Color;
use crate::config::{LONGEST_WINDOW_DAYS, nearest, percent};
use crate::model::{Field, Time};
use crate::report::{DisplayZone, Reporter};
use crate::timeline::ZoneSpec;

/// What to read.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Inputs")]
pub(crate) struct InputArgs {
    /// File, folder (walked), quoted glob, or - for standard input
    ///
    /// What each file tells about (payments, calls to an exchange, a status page, notes) is recognised by its
    /// content, and so is compression (gzip, zstd, bzip2, xz; zip and tar with several
    /// entries). Hidden files of a folder are skipped.
    #[arg(value_name = "PATH", help_heading = None::<&str>,
          required_unless_present_any = ["payments", "exchange", "status", "notes"])]
    pub(crate) paths: Vec<String>,

    /// Payment attempts; may be repeated
    #[arg(long, value_name = "PATH")]
    pub(crate) payments: Vec<String>,

    /// Calls to an exchange, or to any other upstream; may be repeated
    ///
    /// NAME is the exchange of records that do not name one. It may be left out. A PATH that contains = needs
    /// a NAME, or a leading ./
    #[arg(long, value_name = "NAME=PATH", value_parser = named_path)]
    pub(crate) exchange: Vec<NamedPath>,

    /// Export of a status page; may be repeated
    #[arg(long, value_name = "NAME=PATH", value_parser = named_path)]
    pub(crate) status: Vec<NamedPath>,

    /// Remarks with a time: alerts, deploys, chat; may be repeated
    #[arg(long, value_name = "PATH")]
    pub(crate) notes: Vec<String>,

    /// Configuration: field names, zones, error classes, dependencies [default: knockon.toml, when present]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Do not read knockon.toml of this folder
    #[arg(long, conflicts_with = "config")]
    pub(crate) no_config: bool,

    /// What a log calls a field: NAME=FIELD, several with commas; may be repeated
    ///
    /// NAME is the log's own name (a column, a key, a path of keys), FIELD one of those that inspect shows, such as
    /// payment_id or status. With GLOB: before it, only for the inputs whose path or file name fits:
    /// 'payments*.csv:Vorgang=payment_id,Betrag=amount'. The same stands in knockon.toml under [input.fields];
    /// inspect --suggest proposes it.
    #[arg(long, value_name = "[GLOB:]NAME=FIELD", value_parser = map_arg)]
    pub(crate) map: Vec<MapArg>,

    /// Zone of time stamps that do not state theirs; may be repeated with names
    ///
    /// ZONE is UTC, an offset (+08:00) or a name (Asia/Shanghai). With NAME=ZONE, only for the inputs of that
    /// name: that of NAME=PATH, an exchange or merchant that the configuration states for them, a file's name
    /// without its endings, or a role given by an option (payments, exchange, status, notes). Without this
    /// option, a zone is inferred where inputs overlap, else taken to be UTC; inspect tells which.
    #[arg(long, value_name = "[NAME=]ZONE", value_parser = zone_arg, allow_hyphen_values = true)]
    pub(crate) zone: Vec<ZoneArg>,
}

/// Which part of it to analyse.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Selection")]
pub(crate) struct SelectionArgs {
    /// Only what happened at or after this time
    ///
    /// RFC 3339 (2021-08-18T12:00:00+08:00), or a date and time in UTC (2021-08-18 12:00). A date alone is its
    /// midnight.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) from: Option<Time>,

    /// Only what happened at or before this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) to: Option<Time>,

    /// Only payments of this merchant; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) merchant: Vec<String>,

    /// Only calls to, and outages of, this exchange; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) exchange_only: Vec<String>,
}

/// How to judge.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Judging")]
pub(crate) struct JudgingArgs {
    /// Probability from which on the verdict is "caused" [default: 0.66]
    #[arg(long, value_name = "P", value_parser = probability)]
    pub(crate) caused_at: Option<f64>,

    /// Probability up to which the verdict is "unrelated" [default: 0.33]
    #[arg(long, value_name = "P", value_parser = probability)]
    pub(crate) unrelated_at: Option<f64>,

    /// Share of attempts that are to succeed: 99.9% or 0.999; reports then say how much error budget was burnt
    #[arg(long, value_name = "SHARE", value_parser = objective)]
    pub(crate) slo: Option<f64>,

    /// Days that the objective is for [default: 30]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=i64::from(LONGEST_WINDOW_DAYS)))]
    pub(crate) slo_days: Option<u32>,
}

/// Where the output goes and what it looks like.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Write to FILE, whole or not at all, instead of to standard output; may be repeated
    ///
    /// The format is the one before =, else the one of the name's ending (.md, .html, .json, .jsonl, .csv, .txt),
    /// else that of -f; with one FILE, -f comes before the ending. - is standard output. All files are created
    /// before the work starts. A Markdown file that exists keeps what was written into it by hand.
    #[arg(short, long, value_name = "[FORMAT=]FILE")]
    pub(crate) output: Vec<PathBuf>,

    /// Zone of the times shown in tables, Markdown and HTML; JSON and CSV stay in UTC
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = display_zone, allow_hyphen_values = true)]
    pub(crate) display_zone: DisplayZone,

    /// What to hide: secrets always (default), nothing (none), also ids and addresses (strict)
    ///
    /// Without this option, card and account numbers, keys, tokens, passwords, e-mail and wallet addresses are hidden.
    /// --redact alone means strict: network addresses and hosts are hidden too, and what is or looks like an id of a
    /// payment, order, customer or trace becomes a stable pseudonym.
    #[arg(
        long,
        value_name = "WHAT",
        num_args = 0..=1,
        require_equals = true,
        default_value = "default",
        default_missing_value = "strict",
        hide_default_value = true
    )]
    pub(crate) redact: RedactArg,

    /// When to use colour; NO_COLOR and CLICOLOR_FORCE are respected
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

/// How to run.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Running")]
pub(crate) struct RunArgs {
    /// Exit with status 1 when this holds; may be repeated or comma-separated
    #[arg(long, value_name = "CONDITION", value_delimiter = ',')]
    pub(crate) fail_on: Vec<FailOn>,

    /// Exit with status 2 when a line could not be read
    #[arg(long)]
    pub(crate) strict: bool,

    /// Number of threads [default: one for each processor]; the output is the same for any number
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,

    /// End with status 2 rather than hold more memory than this, such as 512M or 4G
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) memory_limit: Option<u64>,

    /// When to show progress on standard error
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) progress: Mode,

    /// Tell on standard error where the time went, how much was read and how much memory it took
    #[arg(long)]
    pub(crate) timing: bool,

    /// No warnings and no progress; errors are still shown
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// Tell more; may be repeated
    #[arg(short, long, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub(crate) verbose: u8,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

/// How much of an input is taken. What passes a limit is told, and the rest is still read.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArgs {
    /// Longest line; a longer one is counted as not understood [default: 16M]
    #[arg(long, value_name = "SIZE", value_parser = size, hide_short_help = true)]
    pub(crate) max_line: Option<u64>,

    /// Most files and entries of archives; of more, the first by their paths are read [default: 100000]
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub(crate) max_files: Option<NonZeroUsize>,

    /// Most bytes that a compressed input may become, and most of a pipe; the rest is left out [default: 64G]
    #[arg(long, value_name = "SIZE", value_parser = size, hide_short_help = true)]
    pub(crate) max_unpacked: Option<u64>,

    /// Most bytes that one packed byte may become, once 1 GiB came out; the rest is left out [default: 2000]
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub(crate) max_ratio: Option<NonZeroU64>,

    /// Longest element of a JSON document; a longer one is counted as not understood [default: 512M]
    #[arg(long, value_name = "SIZE", value_parser = size, hide_short_help = true)]
    pub(crate) max_element: Option<u64>,

    /// Most exchanges, merchants, currencies and so on, of each; the rarest are "other" beyond [default: 100000]
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub(crate) max_names: Option<NonZeroUsize>,
}

/// `NAME=PATH`, or a path alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedPath {
    pub(crate) name: Option<String>,
    pub(crate) path: String,
}

/// `NAME=ZONE`, or a zone alone.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ZoneArg {
    pub(crate) name: Option<String>,
    pub(crate) zone: ZoneSpec,
}

/// `--redact`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum RedactArg {
    /// Card and account numbers, keys, tokens, passwords, e-mail and wallet addresses
    #[default]
    Default,
    /// Also ids (as stable pseudonyms) and addresses
    Strict,
    /// Nothing: texts as logged
    None,
}

/// What the help says of `-f` when it is not given.
pub(crate) const FORMAT_HELP: &str =
    "Output format [default: table, or what the name of the output tells]";

/// `--audience`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum AudienceArg {
    /// Those who run the systems that the logs are of
    #[default]
    Internal,
    /// Anybody else: no ids, paths, hosts, notes, error texts or amounts
    External,
}

/// The words for `-f` of a table of reporters, the default first.
pub(crate) fn ids(reporters: &[&dyn Reporter]) -> Vec<&'static str> {
    reporters.iter().map(|r| r.id()).collect()
}

/// The `-f` choices of a table of reporters.
pub(crate) fn formats(reporters: &'static [&'static dyn Reporter]) -> PossibleValuesParser {
    PossibleValuesParser::new(
        reporters
            .iter()
            .map(|r| PossibleValue::new(r.id()).help(r.about())),
    )
}

fn named_path(text: &str) -> Result<NamedPath, String> {
    let (name, path) = match text.split_once('=') {
        Some((name, path)) if !name.contains(['/', '\\']) => (Some(name), path),
        _ => (None, text),
    };
    if name == Some("") {
        return Err("the name before = is missing".to_owned());
    }
    if path.is_empty() {
        return Err("the path is missing".to_owned());
    }
    Ok(NamedPath {
        name: name.map(str::to_owned),
        path: path.to_owned(),
    })
}

/// `[GLOB:]NAME=FIELD,…`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MapArg {
    /// Which inputs; all when absent.
    pub(crate) path: Option<String>,
    /// The log's names and what they are.
    pub(crate) fields: Vec<(String, Field)>,
}

fn map_arg(text: &str) -> Result<MapArg, String> {
    let first = text.find('=').unwrap_or(text.len());
    let (path, pairs) = match text[..first].rfind(':') {
        Some(colon) => (Some(text[..colon].to_owned()), &text[colon + 1..]),
        None => (None, text),
    };
    let pair = |pair: &str| {
        let (name, field) = pair
            .rsplit_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| format!("\"{pair}\" is not NAME=FIELD"))?;
        let known = || Field::ALL.iter().copied();
        match known().find(|f| f.as_str() == field) {
            Some(found) => Ok((name.to_owned(), found)),
            None if known().any(|f| f.as_str() == name) => {
                Err(format!("the log's name comes first: {field}={name}"))
            }
            None => Err(match nearest(field, known().map(Field::as_str)) {
                Some(near) => format!("no field \"{field}\"; did you mean \"{near}\"?"),
                None => format!("no field \"{field}\""),
            }),
        }
    };
    Ok(MapArg {
        path,
        fields: pairs.split(',').map(pair).collect::<Result<_, _>>()?,
    })
}

fn zone_arg(text: &str) -> Result<ZoneArg, String> {
    let (name, zone) = match text.split_once('=') {
        Some(("", _)) => return Err("the name before = is missing".to_owned()),
        Some((name, zone)) => (Some(name.to_owned()), zone),
        None => (None, text),
    };
    Ok(ZoneArg {
        name,
        zone: ZoneSpec::parse(zone)?,
    })
}

pub(crate) fn display_zone(text: &str) -> Result<DisplayZone, String> {
    text.parse()
}

/// Bytes: a number, with K, M, G or T for powers of 1024.
fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let unit = text.trim_end_matches(['b', 'B', 'i']);
    let powers = ['K', 'M', 'G', 'T'];
    let last = unit.chars().last().map(|c| c.to_ascii_uppercase());
    let power = powers.iter().position(|p| Some(*p) == last).map(|p| p + 1);
    let digits = power.map_or(unit, |_| &unit[..unit.len() - 1]);
    let number: Option<f64> = digits.trim().parse().ok();
    number
        .map(|n| n * 1024f64.powi(power.unwrap_or(0) as i32))
        .filter(|bytes| (1.0..1e18).contains(bytes))
        .map(|bytes| bytes as u64)
        .ok_or_else(|| {
            "a size is a number of bytes, with K, M, G or T for powers of 1024: 512M".to_owned()
        })
}

fn probability(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|p| (0.0..=1.0).contains(p))
        .ok_or_else(|| "a probability is a number between 0 and 1".to_owned())
}

/// A share as in `[slo]`; a number above 1 can only be a percentage.
fn objective(text: &str) -> Result<f64, String> {
    let share = match text.trim().parse::<f64>() {
        Ok(n) if n > 1.0 => percent(&format!("{}%", text.trim())),
        Ok(n) => Some(n),
        Err(_) => percent(text),
    };
    share
        .filter(|s| *s > 0.0 && *s < 1.0)
        .ok_or_else(|| "an objective is a share between 0 and 1: 99.9% or 0.999".to_owned())
}

/// RFC 3339, or a date (and time) in UTC.
fn time(text: &str) -> Result<Time, String> {
    let text = text.trim();
    let wall = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    if let Ok(time) = text.replacen(' ', "T", 1).parse() {
        return Ok(time);
    }
    ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .into_iter()
        .find_map(|form| NaiveDateTime::parse_from_str(wall, form).ok())
        .or_else(|| midnight(text))
        .and_then(|t| t.and_utc().timestamp_nanos_opt())
        .map(Time)
        .ok_or_else(|| {
            "a time is RFC 3339 (2021-08-18T12:00:00+08:00) or a date and time in UTC (2021-08-18 12:00)"
                .to_owned()
        })
}

fn midnight(text: &str) -> Option<NaiveDateTime> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()?
        .and_hms_opt(0, 0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_people_type_them() {
        for (typed, meant) in [
            ("2021-08-18T12:00:00Z", "2021-08-18T12:00:00.000Z"),
            ("2021-08-18T12:00:00+08:00", "2021-08-18T04:00:00.000Z"),
            ("2021-08-18 12:00:00+08:00", "2021-08-18T04:00:00.000Z"),
            ("2021-08-18 12:00", "2021-08-18T12:00:00.000Z"),
            ("2021-08-18T12:00", "2021-08-18T12:00:00.000Z"),
            ("2021-08-18T12:00Z", "2021-08-18T12:00:00.000Z"),
            ("2021-08-18 12:00:01.25", "2021-08-18T12:00:01.250Z"),
            ("2021-08-18", "2021-08-18T00:00:00.000Z"),
        ] {
            assert_eq!(
                time(typed).map(|t| t.to_string()).as_deref(),
                Ok(meant),
                "{typed}"
            );
        }
        for typed in [
            "",
            "yesterday",
            "12:00",
            "2021-13-01",
            "2021-08-18 25:00",
            "9999-01-01",
        ] {
            assert!(time(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn mappings_name_the_logs_own_name_first() {
        let got = map_arg("pay*.csv:Vorgang=payment_id,Betrag=amount").unwrap();
        assert_eq!(got.path.as_deref(), Some("pay*.csv"));
        let fields = [("Vorgang", Field::PaymentId), ("Betrag", Field::Amount)];
        assert_eq!(got.fields, fields.map(|(n, f)| (n.to_owned(), f)));
        assert_eq!(map_arg("State=status").unwrap().path, None);
        assert!(map_arg("State=statis").unwrap_err().contains("\"status\""));
        let turned = map_arg("status=State").unwrap_err();
        assert!(turned.contains("State=status"), "{turned}");
        assert!(map_arg("State").is_err());
    }

    #[test]
    fn names_are_split_at_the_first_equals_sign() {
        for (typed, name, path) in [
            ("binance=gw.log", Some("binance"), "gw.log"),
            ("binance=day=1/gw.log", Some("binance"), "day=1/gw.log"),
            ("gw.log", None, "gw.log"),
            ("./day=1/gw.log", None, "./day=1/gw.log"),
            ("binance=-", Some("binance"), "-"),
        ] {
            let expected = NamedPath {
                name: name.map(str::to_owned),
                path: path.to_owned(),
            };
            assert_eq!(named_path(typed), Ok(expected), "{typed}");
        }
        assert!(named_path("=x").is_err());
        assert!(named_path("binance=").is_err());
        assert!(named_path("").is_err());
    }

    #[test]
    fn zones_alone_and_with_a_name() {
        let zone = ZoneSpec::parse("Asia/Shanghai").unwrap();
        assert_eq!(zone_arg("Asia/Shanghai"), Ok(ZoneArg { name: None, zone }));
        let named = ZoneArg {
            name: Some("binance".to_owned()),
            zone,
        };
        assert_eq!(zone_arg("binance=Asia/Shanghai"), Ok(named));
        assert!(zone_arg("binance=Asia/Nowhere").is_err());
        assert!(zone_arg("=UTC").is_err());
    }

    #[test]
    fn objectives_are_shares_or_percentages() {
        for (text, share) in [
            ("99.9%", 0.999),
            ("0.999", 0.999),
            ("99.9", 0.999),
            ("95 %", 0.95),
        ] {
            assert_eq!(objective(text), Ok(share), "{text}");
        }
        for wrong in ["100%", "1", "0", "-3", "NaN", "high", "250"] {
            assert!(objective(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn probabilities_lie_between_0_and_1() {
        assert_eq!(probability("0.5"), Ok(0.5));
        for bad in ["1.1", "-0.1", "NaN", "inf", "high"] {
            assert!(probability(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_have_units() {
        for (typed, bytes) in [
            ("512", 512),
            ("512M", 512 << 20),
            ("1.5g", 3 << 29),
            ("4 GiB", 4 << 30),
            ("1TB", 1 << 40),
            ("64kb", 64 << 10),
        ] {
            assert_eq!(size(typed), Ok(bytes), "{typed}");
        }
        for bad in ["", "M", "0", "-1G", "1P", "NaN", "inf"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }
}
