//! How fast the stages are, with the limits beside them: `cargo bench --bench stages`.
//!
//! Rates are of the bytes of the log. What counts is a rate against the limits of the same run: a newline scan, a UTF-8
//! check, and the general reader that is the judge of the quick one. `benches/peers.md` measures the whole program.

use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

use knockon::model::{Alike, RawIncident, Record, Watched, Window};
use knockon::parse::{self, FormatInfo, ReadOptions, Sink};
use knockon::pipeline::{self, Settings};
use knockon::report;
use knockon::source::{Input, Limits, Request};
use knockon::timeline::{Builder, InputContext};

#[path = "../examples/sim/mod.rs"]
#[expect(dead_code, reason = "the tools that make incidents need more of it")]
mod sim;

/// Orders in the simulated incident: some 15 MB of logs.
const ORDERS: f64 = 20_000.0;

/// Reads every line in full.
struct InFull(Builder);

/// Reads lines that are like others by what is new in them.
struct Quick(Builder);

impl Sink for InFull {
    fn format(&mut self, info: &FormatInfo) {
        self.0.format(info.id, &info.reason);
    }
    fn record(&mut self, record: &Record<'_>) {
        self.0.record(record);
    }
    fn status(&mut self, incident: RawIncident) {
        self.0.status(&incident);
    }
}

impl Sink for Quick {
    fn format(&mut self, info: &FormatInfo) {
        self.0.format(info.id, &info.reason);
    }
    fn record(&mut self, record: &Record<'_>) {
        self.0.record(record);
    }
    fn status(&mut self, incident: RawIncident) {
        self.0.status(&incident);
    }
    fn learns(&self) -> bool {
        true
    }
    fn learn(&mut self, record: &Record<'_>) -> Option<u32> {
        self.0.learn(record)
    }
    fn alike(&mut self, number: u32, alike: &Alike<'_>) {
        self.0.alike(number, alike);
    }
}

fn builder() -> Builder {
    Builder::new(InputContext {
        index: 0,
        shown: "payments.jsonl".to_owned(),
        role: None,
        exchange: None,
        merchant: None,
        zone: None,
        window: Window::default(),
        classes: Default::default(),
    })
}

fn settings(folder: &Path, threads: usize) -> Settings {
    Settings {
        requests: vec![Request {
            path: folder.to_string_lossy().into_owned(),
            role: None,
            name: None,
        }],
        limits: Limits::default(),
        mapping: Vec::new(),
        zones: Vec::new(),
        window: Window::default(),
        thresholds: Default::default(),
        classes: Default::default(),
        dependencies: Vec::new(),
        what_if: Default::default(),
        slo: None,
        client_timeout_ms: Default::default(),
        watch: Watched::default(),
        threads,
        merchants: Vec::new(),
        exchanges: Vec::new(),
    }
}

/// The payment logs in one file, and the folder with everything.
fn incident(folder: &Path) -> anyhow::Result<(Input, Vec<u8>)> {
    let mut world = sim::families::build("hard-outage", 7)
        .ok_or_else(|| anyhow::anyhow!("no such scenario"))?;
    world.scale_to(ORDERS);
    sim::run::simulate(&world, "hard-outage", &folder.join("logs"))?;
    let mut payments = Vec::new();
    for entry in fs::read_dir(folder.join("logs"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("payments") && name.ends_with(".jsonl") {
            payments.extend(fs::read(&path)?);
        }
    }
    let path = folder.join("payments.jsonl");
    fs::write(&path, &payments)?;
    let input = Input {
        shown: "payments.jsonl".to_owned(),
        path,
        entry: None,
        role: None,
        name: None,
    };
    Ok((input, payments))
}

fn reading(c: &mut Criterion, input: &Input, bytes: &[u8]) {
    let mut group = c.benchmark_group("read");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.sample_size(10);
    group.bench_function("newline scan", |b| {
        b.iter(|| memchr::memchr_iter(b'\n', black_box(bytes)).count())
    });
    group.bench_function("UTF-8 check", |b| {
        b.iter(|| std::str::from_utf8(black_box(bytes)).is_ok())
    });
    let options = ReadOptions::default();
    group.bench_function("general reader", |b| {
        b.iter(|| {
            let mut sink = InFull(builder());
            let _ = parse::read(input, &options, &mut sink);
            sink.0.finish()
        })
    });
    group.bench_function("reader", |b| {
        b.iter(|| {
            let mut sink = Quick(builder());
            let _ = parse::read(input, &options, &mut sink);
            sink.0.finish()
        })
    });
    group.finish();
}

fn whole(c: &mut Criterion, folder: &Path) {
    let logs = folder.join("logs");
    let size = fs::read_dir(&logs).into_iter().flatten().flatten();
    let size: u64 = size.filter_map(|e| Some(e.metadata().ok()?.len())).sum();
    let mut group = c.benchmark_group("analyze");
    group.throughput(Throughput::Bytes(size));
    group.sample_size(10);
    let shown = pipeline::Shown {
        reasons: report::examples_of,
        lines: report::lines_to_cite,
    };
    for threads in [1, 2] {
        let settings = settings(&logs, threads);
        group.bench_function(BenchmarkId::new("threads", threads), |b| {
            b.iter(|| pipeline::analyze(&settings, shown))
        });
    }
    group.finish();
}

fn stages(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder for the logs");
    let (input, bytes) = incident(folder.path()).expect("a simulated incident");
    reading(c, &input, &bytes);
    whole(c, folder.path());
}

criterion_group!(benches, stages);
criterion_main!(benches);
