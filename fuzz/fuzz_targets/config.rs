//! `knockon.toml`.

#![no_main]

use knockon::config::{Config, ConfigError, InputSection};
use knockon::timeline::{ClassRules, ZoneSpec};
use libfuzzer_sys::fuzz_target;

const NAME: &str = "knockon.toml";

fuzz_target!(|text: &str| {
    let parsed = Config::parse(text, NAME);
    let told = format!("{parsed:?}");
    assert_eq!(told, format!("{:?}", Config::parse(text, NAME)), "twice");
    match parsed {
        Ok(config) => {
            is_meant(&config, text);
            is_strict(&config, text);
        }
        Err(error) => is_placed(&error, text),
    }
});

/// Every value is one that the stages can take.
fn is_meant(config: &Config, text: &str) {
    let share = |p: f64| (0.0..=1.0).contains(&p);
    let (caused, unrelated) = (config.thresholds.caused_at, config.thresholds.unrelated_at);
    assert!(caused.is_none_or(share) && unrelated.is_none_or(share));
    if let (Some(caused), Some(unrelated)) = (caused, unrelated) {
        assert!(caused > unrelated);
    }
    if let Some(slo) = config.slo {
        assert!(slo.success_rate > 0.0 && slo.success_rate < 1.0);
        assert!((1..=366).contains(&slo.window_days));
    }
    assert!(config.what_if.takeover_s.is_sorted_by(|a, b| a < b));
    let lengths = config.classes.iter().map(|(t, _)| t.chars().count());
    assert!(lengths.rev().is_sorted(), "longer texts come first");
    let _ = ClassRules::new(config.classes.iter().cloned());
    for section in &config.inputs {
        is_sound(section, text);
    }
}

fn is_sound(section: &InputSection, text: &str) {
    assert!((1..=lines(text)).contains(&section.line));
    let zone = section.zone.as_deref().map(ZoneSpec::parse);
    if let Some(Ok(ZoneSpec::Fixed(seconds))) = zone {
        assert!(seconds.abs() < 86_400, "{seconds} s");
    }
    let stated = [
        &section.path,
        &section.name,
        &section.exchange,
        &section.merchant,
    ];
    assert!(stated.into_iter().flatten().all(|t| !t.trim().is_empty()));
}

/// A comment changes nothing; a key that does not exist is refused, wherever it stands.
fn is_strict(config: &Config, text: &str) {
    // a byte order mark can only be the first
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let commented = format!("# a comment\n{text}\n# another");
    let commented = Config::parse(&commented, NAME).expect("comments are allowed");
    assert_eq!(commented.classes, config.classes);
    assert_eq!(commented.dependencies, config.dependencies);
    assert_eq!(commented.inputs.len(), config.inputs.len());
    for unknown in [
        format!("no_such_key = 1\n{text}"),
        format!("{text}\n[no_such_section]\n"),
    ] {
        assert!(Config::parse(&unknown, NAME).is_err(), "{unknown:?}");
    }
}

/// A mistake is told with the file, and on a line that there is.
fn is_placed(error: &ConfigError, text: &str) {
    assert!(error.to_string().starts_with("knockon.toml:"), "{error}");
    if let ConfigError::Value { line, .. } = error {
        assert!((1..=lines(text)).contains(line), "{error}");
    }
}

fn lines(text: &str) -> usize {
    text.split('\n').count()
}
