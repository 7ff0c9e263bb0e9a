//! What the arguments and `knockon.toml` mean together, made once. Flags come before the file.

use std::collections::BTreeSet;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use anyhow::Result;

use super::args::{InputArgs, JudgingArgs, RunArgs, SelectionArgs, ZoneArg};
use super::show_error::Fault;
use crate::config::{Config, ConfigError, InputSection, ThresholdSection, USUAL_WINDOW_DAYS};
use crate::model::{Role, SloTarget, Thresholds, Watched, Window, ZoneFrom};
use crate::parse::MappingRule;
use crate::pipeline::{DependencyRule, Settings, ZoneRule};
use crate::source::{self, Limits, Request};
use crate::timeline::{ClassRules, ZoneSpec};

/// The configuration that is read without being asked for, from the current folder.
const DEFAULT_CONFIG: &str = "knockon.toml";

/// Reads the configuration that the arguments ask for.
pub(crate) fn config(inputs: &InputArgs) -> Result<Config, ConfigError> {
    match &inputs.config {
        Some(path) => Config::read(path),
        None if inputs.no_config || !Path::new(DEFAULT_CONFIG).is_file() => Ok(Config::default()),
        None => Config::read(Path::new(DEFAULT_CONFIG)),
    }
}

/// Brings everything together.
pub(crate) fn settings(
    inputs: &InputArgs,
    selection: &SelectionArgs,
    judging: &JudgingArgs,
    run: &RunArgs,
    config: &Config,
) -> Result<Settings> {
    Ok(Settings {
        requests: requests(inputs),
        limits: limits(run),
        mapping: mappings(inputs, config),
        zones: zones(&inputs.zone, &config.inputs, config_name(inputs))?,
        window: window(selection)?,
        thresholds: thresholds(judging, config.thresholds)?,
        classes: Arc::new(classes(config)),
        dependencies: dependencies(config),
        what_if: config.what_if.clone(),
        slo: slo(judging, config.slo)?,
        client_timeout_ms: config.timeouts_ms.clone(),
        watch: Watched::default(),
        threads: run
            .threads
            .or_else(|| thread::available_parallelism().ok())
            .map_or(1, usize::from),
        merchants: selection.merchant.clone(),
        exchanges: selection.exchange_only.clone(),
    })
}

fn config_name(inputs: &InputArgs) -> String {
    inputs
        .config
        .as_ref()
        .map_or(DEFAULT_CONFIG.to_owned(), |p| p.display().to_string())
}

fn requests(inputs: &InputArgs) -> Vec<Request> {
    let plain = |paths: &[String], role: Option<Role>| -> Vec<Request> {
        let request = |path: &String| Request {
            path: path.clone(),
            role,
            name: None,
        };
        paths.iter().map(request).collect()
    };
    let mut requests = plain(&inputs.paths, None);
    requests.extend(plain(&inputs.payments, Some(Role::Payments)));
    for (named, role) in [
        (&inputs.exchange, Role::Exchange),
        (&inputs.status, Role::Status),
    ] {
        requests.extend(named.iter().map(|n| Request {
            path: n.path.clone(),
            role: Some(role),
            name: n.name.clone(),
        }));
    }
    requests.extend(plain(&inputs.notes, Some(Role::Notes)));
    requests
}

/// What flags state comes before what the file states.
fn mappings(inputs: &InputArgs, config: &Config) -> Vec<MappingRule> {
    let flags = inputs.map.iter().map(|m| MappingRule {
        path: m.path.clone(),
        fields: m.fields.clone(),
        ..MappingRule::default()
    });
    flags.chain(config.inputs.iter().map(mapping)).collect()
}

fn mapping(section: &InputSection) -> MappingRule {
    let selects = section.path.is_some() || section.name.is_some();
    MappingRule {
        path: section.path.clone(),
        name: section.name.clone(),
        for_role: section.role.filter(|_| !selects),
        fields: section.fields.clone(),
        set: section.set.clone(),
        date_order: section.date_order,
        year: section.year,
        duration_unit: section.duration_unit,
        amount_in_minor_units: section.amount_in_minor_units,
        role: section.role.filter(|_| selects),
        exchange: section.exchange.clone(),
        merchant: section.merchant.clone(),
    }
}

/// The first rule that matches an input holds: named flags, then the flag for all, then the file's sections.
fn zones(flags: &[ZoneArg], sections: &[InputSection], file: String) -> Result<Vec<ZoneRule>> {
    let (named, general): (Vec<&ZoneArg>, Vec<&ZoneArg>) =
        flags.iter().partition(|z| z.name.is_some());
    if general.len() > 1 {
        return Err(Fault::new("--zone ZONE is given more than once")
            .hint("say for which inputs: --zone NAME=ZONE")
            .into());
    }
    let mut rules: Vec<ZoneRule> = named
        .into_iter()
        .chain(general)
        .map(|z| ZoneRule {
            path: None,
            name: z.name.clone(),
            role: None,
            zone: z.zone,
            from: ZoneFrom::Flag,
        })
        .collect();
    for section in sections {
        if let Some(zone) = &section.zone {
            let zone = ZoneSpec::parse(zone)
                .map_err(|e| Fault::new(format!("{file}:{}: {e}", section.line)))?;
            let rule = mapping(section);
            rules.push(ZoneRule {
                path: rule.path,
                name: rule.name,
                role: rule.for_role,
                zone,
                from: ZoneFrom::Config,
            });
        }
    }
    Ok(rules)
}

/// The limits asked for. A pipe is kept in memory up to a part of the memory that may be held.
fn limits(run: &RunArgs) -> Limits {
    let usual = Limits::default();
    let part = run.memory_limit.map_or(u64::MAX, |most| most / 8);
    let asked = &run.limits;
    let bytes = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    Limits {
        max_line_bytes: asked.max_line.map_or(usual.max_line_bytes, bytes),
        max_files: asked.max_files.map_or(usual.max_files, NonZeroUsize::get),
        max_document_bytes: asked.max_element.map_or(usual.max_document_bytes, bytes),
        max_decompressed_ratio: asked
            .max_ratio
            .map_or(usual.max_decompressed_ratio, NonZeroU64::get),
        max_names: asked.max_names.map_or(usual.max_names, NonZeroUsize::get),
        max_unpacked_bytes: asked.max_unpacked.unwrap_or(usual.max_unpacked_bytes),
        spool_memory_bytes: usual.spool_memory_bytes.min(bytes(part)),
    }
}

fn window(selection: &SelectionArgs) -> Result<Window> {
    if let (Some(from), Some(to)) = (selection.from, selection.to)
        && from > to
    {
        return Err(Fault::new(format!("--from {from} is after --to {to}")).into());
    }
    Ok(Window {
        from: selection.from,
        to: selection.to,
    })
}

/// The objective of the command line; what it does not state is as in the configuration.
fn slo(judging: &JudgingArgs, config: Option<SloTarget>) -> Result<Option<SloTarget>> {
    let Some(success_rate) = judging.slo.or(config.map(|c| c.success_rate)) else {
        return match judging.slo_days {
            None => Ok(None),
            Some(_) => Err(Fault::new("--slo-days needs an objective")
                .hint("state one: --slo 99.9%, or [slo] in knockon.toml")
                .into()),
        };
    };
    let days = judging.slo_days.or(config.map(|c| c.window_days));
    Ok(Some(SloTarget {
        success_rate,
        window_days: days.unwrap_or(USUAL_WINDOW_DAYS),
        count_declines: config.is_some_and(|c| c.count_declines),
    }))
}

fn thresholds(judging: &JudgingArgs, config: ThresholdSection) -> Result<Thresholds> {
    let usual = Thresholds::default();
    let thresholds = Thresholds {
        caused_at: judging
            .caused_at
            .or(config.caused_at)
            .unwrap_or(usual.caused_at),
        unrelated_at: judging
            .unrelated_at
            .or(config.unrelated_at)
            .unwrap_or(usual.unrelated_at),
    };
    if thresholds.caused_at > thresholds.unrelated_at {
        return Ok(thresholds);
    }
    Err(Fault::new(format!(
        "\"caused\" from {} on and \"unrelated\" up to {} leave no order between them",
        thresholds.caused_at, thresholds.unrelated_at
    ))
    .hint("--caused-at must be greater than --unrelated-at")
    .into())
}

fn classes(config: &Config) -> ClassRules {
    ClassRules::new(config.classes.iter().cloned())
}

fn dependencies(config: &Config) -> Vec<DependencyRule> {
    config
        .dependencies
        .iter()
        .map(|d| DependencyRule {
            merchant: d.merchant.clone(),
            method: d.method.clone(),
            currency: d.currency.clone(),
            exchange: d.exchange.clone(),
            component: d.component.clone(),
        })
        .collect()
}

/// An error when one of `outputs` is one of the files to read: it would be lost.
pub(crate) fn refuse_to_overwrite_inputs(requests: &[Request], outputs: &[PathBuf]) -> Result<()> {
    let find = || {
        // What cannot be found is told when it is read.
        let (inputs, _) = source::discover(requests, &Limits::default()).unwrap_or_default();
        inputs.into_iter().map(|i| i.path).collect()
    };
    refuse_to_overwrite(find, outputs)
}

/// An error when one of `outputs` is one of the files that `inputs` finds (`-`: standard input). They are looked for only
/// where an output exists already.
pub(crate) fn refuse_to_overwrite(
    inputs: impl FnOnce() -> Vec<PathBuf>,
    outputs: &[PathBuf],
) -> Result<()> {
    // What does not exist yet is no input.
    let mut targets: Vec<_> = outputs
        .iter()
        .filter_map(|o| Some((o.display().to_string(), identity(o)?)))
        .collect();
    targets.extend(standard(1).map(|same| ("standard output".to_owned(), same)));
    if targets.is_empty() {
        return Ok(());
    }
    let inputs = inputs();
    let inputs = inputs
        .iter()
        .filter_map(|path| match path.as_os_str() == "-" {
            true => standard(0),
            false => identity(path),
        });
    let inputs: BTreeSet<_> = inputs.collect();
    match targets.iter().find(|(_, target)| inputs.contains(target)) {
        None => Ok(()),
        Some((shown, _)) => Err(Fault::new(format!("\"{shown}\" is both input and output")).into()),
    }
}

/// What two names of one regular file have in common, a hard link included.
#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let meta = path.metadata().ok().filter(|m| m.is_file())?;
    Some((meta.dev(), meta.ino()))
}

/// What two names of one regular file have in common.
#[cfg(not(unix))]
fn identity(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok().filter(|target| target.is_file())
}

/// The regular file that stands behind an open descriptor of this process, where the system tells.
#[cfg(unix)]
fn standard(descriptor: u8) -> Option<(u64, u64)> {
    identity(Path::new(&format!("/dev/fd/{descriptor}")))
}

#[cfg(not(unix))]
fn standard(_: u8) -> Option<PathBuf> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::NamedPath;

    fn made(inputs: &InputArgs, config: &str) -> Result<Settings> {
        let config = Config::parse(config, DEFAULT_CONFIG)?;
        settings(
            inputs,
            &SelectionArgs::default(),
            &JudgingArgs::default(),
            &RunArgs::default(),
            &config,
        )
    }

    #[test]
    fn flags_state_roles_and_names() {
        let inputs = InputArgs {
            paths: vec!["logs".to_owned()],
            payments: vec!["p.csv".to_owned()],
            exchange: vec![NamedPath {
                name: Some("binance".to_owned()),
                path: "gw.log".to_owned(),
            }],
            notes: vec!["chat.txt".to_owned()],
            ..InputArgs::default()
        };
        let got: Vec<_> = made(&inputs, "")
            .unwrap()
            .requests
            .into_iter()
            .map(|r| (r.path, r.role, r.name))
            .collect();
        let text = str::to_owned;
        assert_eq!(
            got,
            [
                (text("logs"), None, None),
                (text("p.csv"), Some(Role::Payments), None),
                (text("gw.log"), Some(Role::Exchange), Some(text("binance"))),
                (text("chat.txt"), Some(Role::Notes), None),
            ]
        );
    }

    #[test]
    fn flags_come_before_the_file() {
        let judging = JudgingArgs {
            caused_at: Some(0.9),
            ..JudgingArgs::default()
        };
        let config = ThresholdSection {
            caused_at: Some(0.8),
            unrelated_at: Some(0.2),
        };
        let got = thresholds(&judging, config).unwrap();
        assert_eq!((got.caused_at, got.unrelated_at), (0.9, 0.2));
        let got = thresholds(&JudgingArgs::default(), ThresholdSection::default()).unwrap();
        assert_eq!(got, Thresholds::default());
    }

    #[test]
    fn the_command_line_states_what_it_states_of_an_objective() {
        let config = Some(SloTarget {
            success_rate: 0.9,
            window_days: 7,
            count_declines: true,
        });
        let told = |rate, days, config| {
            let judging = JudgingArgs {
                slo: rate,
                slo_days: days,
                ..JudgingArgs::default()
            };
            slo(&judging, config)
                .map(|s| s.map(|s| (s.success_rate, s.window_days, s.count_declines)))
        };
        assert_eq!(told(None, None, None).unwrap(), None);
        assert_eq!(
            told(Some(0.99), None, None).unwrap(),
            Some((0.99, 30, false))
        );
        assert_eq!(
            told(Some(0.99), None, config).unwrap(),
            Some((0.99, 7, true))
        );
        assert_eq!(told(None, Some(28), config).unwrap(), Some((0.9, 28, true)));
        assert!(told(None, Some(28), None).is_err());
    }

    #[test]
    fn thresholds_must_not_cross() {
        let judging = JudgingArgs {
            caused_at: Some(0.3),
            ..JudgingArgs::default()
        };
        let error = thresholds(&judging, ThresholdSection::default()).unwrap_err();
        assert!(error.to_string().contains("0.3"), "{error}");
    }

    #[test]
    fn a_window_runs_forward() {
        let at = |secs: i64| Some(crate::model::Time(secs * 1_000_000_000));
        let mut selection = SelectionArgs {
            from: at(2),
            to: at(1),
            ..SelectionArgs::default()
        };
        assert!(window(&selection).is_err());
        selection.to = at(2);
        assert_eq!(window(&selection).unwrap().from, at(2));
    }

    #[test]
    fn a_bad_zone_of_the_file_is_told_with_its_line() {
        let config = "\n[[input]]\nzone = \"Asia/Nowhere\"\n";
        let error = made(&InputArgs::default(), config).unwrap_err();
        assert!(error.to_string().starts_with("knockon.toml:3: "), "{error}");
    }

    #[test]
    fn named_zones_come_first() {
        let zone = ZoneSpec::Utc;
        let flag = |name: Option<&str>| ZoneArg {
            name: name.map(str::to_owned),
            zone,
        };
        let inputs = InputArgs {
            zone: vec![flag(None), flag(Some("binance"))],
            ..InputArgs::default()
        };
        let rules = made(&inputs, "[[input]]\nzone = \"+08:00\"\n")
            .unwrap()
            .zones;
        let order: Vec<_> = rules.iter().map(|r| (r.name.as_deref(), r.from)).collect();
        assert_eq!(
            order,
            [
                (Some("binance"), ZoneFrom::Flag),
                (None, ZoneFrom::Flag),
                (None, ZoneFrom::Config)
            ]
        );
        let twice = InputArgs {
            zone: vec![flag(None), flag(None)],
            ..InputArgs::default()
        };
        assert!(made(&twice, "").is_err());
    }

    #[test]
    fn a_role_selects_only_where_nothing_else_does() {
        let settings = made(
            &InputArgs::default(),
            "[[input]]\npath = \"*.log\"\nrole = \"exchange\"\n[[input]]\nrole = \"payments\"\n",
        )
        .unwrap();
        let rules: Vec<_> = settings
            .mapping
            .iter()
            .map(|m| (m.role, m.for_role))
            .collect();
        assert_eq!(
            rules,
            [(Some(Role::Exchange), None), (None, Some(Role::Payments))]
        );
    }
}
