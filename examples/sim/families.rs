//! The scenarios, as a table: each family takes an ordinary day, with its shops, exchanges and ordinary failures, and
//! adds one difficulty. Parameters are drawn from the seed.

use super::dirt::{Dirt, Ids};
use super::random::{Draws, For, Parameters};
use super::shapes::{Shape, Vocabulary};
use super::world::{
    Announcement, Breaker, CallLog, Component, Course, Deposit, Fate, Flavour, HOUR, MINUTE,
    Merchant, Method, Outage, Packing, Rival, SECOND, Service, Sheet, Stamp, Step, Wording, World,
};

/// A family of scenarios.
pub(crate) struct Family {
    pub(crate) name: &'static str,
    /// What makes it hard.
    pub(crate) about: &'static str,
    build: fn(&mut World, &mut Parameters),
}

const fn family(
    name: &'static str,
    about: &'static str,
    build: fn(&mut World, &mut Parameters),
) -> Family {
    Family { name, about, build }
}

/// All families; the numbers are those of the traps that they set.
pub(crate) const FAMILIES: &[Family] = &[
    family(
        "ordinary-failures",
        "1: declines, expired quotes and typing errors go on during a partial outage",
        ordinary_failures,
    ),
    family(
        "clock-skew",
        "2: the exchange's clock is off by seconds to minutes",
        clock_skew,
    ),
    family(
        "clock-drift",
        "2: the exchange's clock drifts and steps",
        clock_drift,
    ),
    family(
        "zone-shift",
        "3: the exchange logs local time without a zone",
        zone_shift,
    ),
    family(
        "acquirer-outage",
        "4: the card acquirer fails by itself at the same time",
        acquirer_outage,
    ),
    family(
        "deploy-one-currency",
        "4: a deploy breaks one currency on the same exchange",
        deploy_one_currency,
    ),
    family(
        "collateral-pool",
        "5: hung calls starve the card payments of workers",
        collateral_pool,
    ),
    family(
        "circuit-breaker",
        "6: most failed attempts never called",
        circuit_breaker,
    ),
    family(
        "backlog-tail",
        "7: pending payments expire after the exchange is back",
        backlog_tail,
    ),
    family(
        "merchant-database",
        "8: a merchant's database is down, its calls vanish; no outage",
        merchant_database,
    ),
    family(
        "telemetry-gap",
        "9: the exchange log has holes; no outage, or one beside them",
        telemetry_gap,
    ),
    family(
        "unused-component",
        "10: trading is down, payments do not use it",
        unused_component,
    ),
    family(
        "slow-is-down",
        "11: good answers that come later than the client's time-out",
        slow_is_down,
    ),
    family(
        "no-outage-burst",
        "12: a burst of orders; no outage",
        no_outage_burst,
    ),
    family("quiet-day", "12: nothing at all", quiet_day),
    family("already-down", "13: down when the logs start", already_down),
    family("never-ends", "13: still down when the logs end", never_ends),
    family("flapping", "13: up and down every few minutes", flapping),
    family(
        "one-a-minute",
        "13: a payment a minute or fewer",
        one_a_minute,
    ),
    family(
        "sampled-successes",
        "13: one success in ten is logged, every failure is",
        sampled_successes,
    ),
    family(
        "late-status-page",
        "14: the status page is late, coarse and names the wrong component",
        late_status_page,
    ),
    family(
        "announced-but-fine",
        "14: the status page announces what the logs do not show",
        announced_but_fine,
    ),
    family(
        "retries",
        "15: many retries of the same order, same method or another",
        retries,
    ),
    family(
        "dirty-ids",
        "constant, zero, shared and wrong trace ids",
        dirty_ids,
    ),
    family(
        "dirty-lines",
        "duplicates, cut lines and stack traces",
        dirty_lines,
    ),
    family(
        "thin-partial",
        "crypto is one payment in twenty, a weak outage without a sharp onset",
        thin_partial,
    ),
    family(
        "metastable",
        "retries keep the exchange down after the trigger has gone",
        metastable,
    ),
    family(
        "own-rate-limit",
        "one merchant is answered 429 and 418 for its own misuse; no outage",
        own_rate_limit,
    ),
    family(
        "silent-causes",
        "codes that name nothing, another language, no ids",
        silent_causes,
    ),
    family(
        "two-exchanges",
        "two exchanges fail, their outages overlap",
        two_exchanges,
    ),
    family("three-in-a-day", "three outages in one day", three_in_a_day),
    family(
        "flood",
        "foreign traffic floods the gateway; shops without a fallback",
        flood,
    ),
    family("hard-outage", "every call fails", hard_outage),
    family("ramping", "grows worse over half an hour", ramping),
    family(
        "refused",
        "connections are refused, the gateway logs nothing",
        refused,
    ),
    family(
        "different-timeouts",
        "one outage of slowness, merchants with different time-outs",
        different_timeouts,
    ),
    family("maintenance", "announced maintenance with 503", maintenance),
    family(
        "overlapping-exports",
        "each log in two exports that overlap around the onset",
        overlapping_exports,
    ),
    family(
        "payments-only",
        "nobody logged the calls to the failing exchange",
        payments_only,
    ),
    family(
        "everything-at-once",
        "several of the difficulties on one day",
        everything_at_once,
    ),
    family("no-ids", "no id links calls to payments", no_ids),
    family(
        "common-path",
        "one merchant's way out fails: all that it calls refuses it; no outage",
        common_path,
    ),
    family(
        "night",
        "ordinary failures double at night, the outage is at night",
        night,
    ),
    family(
        "exchange-silent",
        "the exchange's gateway is gone and logs nothing, clients are refused",
        exchange_silent,
    ),
    family(
        "other-words",
        "fields in words of the house, nested, and an export of requests",
        other_words,
    ),
    family(
        "sentences",
        "application logs in sentences, calls as lines of an HTTP client",
        sentences,
    ),
    family(
        "folders",
        "merchants are told only by the folder of their logs",
        folders,
    ),
];

/// The scenario of a family for a seed, at exchanges whose names and habits differ from seed to seed; `None` when
/// there is no such family.
pub(crate) fn build(name: &str, seed: u64) -> Option<World> {
    let mut world = build_plain(name, seed)?;
    let draws = Draws::new(world.seed);
    let names = NAMES[(draws.bits(u64::MAX, 0, For::Parameter) % NAMES.len() as u64) as usize];
    for (i, (service, (name, host))) in world.services.iter_mut().zip(names).enumerate() {
        (service.name, service.host) = (name, host);
        service.hides_components = draws.unit(u64::MAX - 1, i as u64, For::Parameter) < 0.3;
    }
    Some(world)
}

/// Three exchanges at a time; the last ones are made up, so that no list of known names helps.
const NAMES: [[(&str, &str); 3]; 3] = [
    [
        ("binance", "api.binance.com"),
        ("coinbase", "api.coinbase.com"),
        ("kraken", "api.kraken.com"),
    ],
    [
        ("okx", "www.okx.com"),
        ("gemini", "api.gemini.com"),
        ("bitstamp", "www.bitstamp.net"),
    ],
    [
        ("novacoin", "gw.novacoin.example"),
        ("peerchange", "api.peerchange.example"),
        ("bit-harbor", "rest.bit-harbor.example"),
    ],
];

/// The scenario of a family for a seed, always at the same three exchanges.
pub(crate) fn build_plain(name: &str, seed: u64) -> Option<World> {
    let family = FAMILIES.iter().find(|f| f.name == name)?;
    let salt = name
        .bytes()
        .fold(0u64, |h, b| h.wrapping_mul(1_000_003) ^ u64::from(b));
    let mut p = Parameters::new(Draws::new(seed ^ salt));
    let mut world = ordinary_day(seed ^ salt, &mut p);
    (family.build)(&mut world, &mut p);
    Some(world)
}

const WALLET: usize = 1;
const TRADING: usize = 2;
const BINANCE: usize = 0;
const COINBASE: usize = 1;
const KRAKEN: usize = 2;

const ADDRESS: Step = Step {
    component: WALLET,
    http: "POST",
    path: "/wallet/v1/deposit-address",
    operation: "deposit_address",
};
const DEPOSITS: Step = Step {
    component: WALLET,
    http: "GET",
    path: "/wallet/v1/deposits",
    operation: "deposit_status",
};
const TRANSFER: Step = Step {
    component: WALLET,
    http: "POST",
    path: "/wallet/v1/transfers",
    operation: "transfer",
};
const QUOTE: Step = Step {
    component: 0,
    http: "GET",
    path: "/api/v1/quote",
    operation: "quote",
};
const CONVERT: Step = Step {
    component: TRADING,
    http: "POST",
    path: "/trading/v1/orders",
    operation: "market_order",
};

/// A log written as it should be.
pub(crate) fn sheet(shape: Shape, vocabulary: Vocabulary) -> Sheet {
    Sheet {
        shape,
        vocabulary,
        stamp: Stamp::Utc,
        packing: Packing::Plain,
        dirt: Dirt::default(),
    }
}

fn exchange(name: &'static str, host: &'static str, latency: f64, log: CallLog) -> Service {
    let components = ["api", "wallet", "trading"]
        .map(|name| Component { name })
        .to_vec();
    Service {
        name,
        host,
        components,
        latency,
        base_error: 0.004,
        capacity: None,
        foreign: (0.0, 0.0),
        hides_components: false,
        log,
    }
}

/// A card method through the acquirer.
fn card(acquirer: usize, weight: f64, currency: &'static str) -> Method {
    Method {
        name: "card",
        currency,
        weight,
        service: Some(acquirer),
        names_service: false,
        steps: vec![Step {
            component: 0,
            http: "POST",
            path: "/v1/charges",
            operation: "charge",
        }],
        deposit: None,
        fates: vec![
            (Fate::InsufficientFunds, 0.025),
            (Fate::DoNotHonor, 0.015),
            (Fate::CardExpired, 0.005),
            (Fate::Fraud, 0.005),
        ],
        amount: 60.0 * 1e8,
        decimals: 2,
    }
}

/// The balance that a customer holds with the merchant: no upstream at all.
fn balance(weight: f64) -> Method {
    Method {
        name: "balance",
        currency: "EUR",
        weight,
        service: None,
        names_service: false,
        steps: Vec::new(),
        deposit: None,
        fates: vec![(Fate::InsufficientFunds, 0.02), (Fate::Cancelled, 0.01)],
        amount: 25.0 * 1e8,
        decimals: 2,
    }
}

fn crypto(
    service: usize,
    currency: &'static str,
    weight: f64,
    steps: &[Step],
    amount: f64,
) -> Method {
    Method {
        name: "crypto",
        currency,
        weight,
        service: Some(service),
        names_service: true,
        steps: steps.to_vec(),
        deposit: None,
        fates: vec![
            (Fate::QuoteExpired, 0.03),
            (Fate::BadAddress, 0.02),
            (Fate::Cancelled, 0.01),
        ],
        amount: amount * 1e8,
        decimals: 8,
    }
}

/// Pays by an on-chain deposit that the exchange's wallet reports.
fn with_deposit(mut method: Method) -> Method {
    method.deposit = Some(Deposit {
        poll: DEPOSITS,
        every: MINUTE,
        ttl: 20 * MINUTE,
        pay_delay: 3.0 * MINUTE as f64,
        unpaid: 0.03,
    });
    method
}

/// Methods of one merchant: cards, a balance, and some currencies through three exchanges. Which components a
/// currency uses differs: transfers need the wallet, conversions need trading, quotes the API.
pub(crate) fn methods(p: &mut Parameters, acquirer: usize, crypto_share: f64) -> Vec<Method> {
    let mut coins = vec![
        crypto(BINANCE, "BTC", 1.0, &[QUOTE, TRANSFER], 0.0021),
        with_deposit(crypto(BINANCE, "ETH", 0.8, &[ADDRESS], 0.035)),
        crypto(BINANCE, "USDT", 0.7, &[QUOTE, CONVERT], 80.0),
        crypto(BINANCE, "BNB", 0.4, &[TRANSFER], 0.2),
        crypto(COINBASE, "LTC", 0.5, &[QUOTE, TRANSFER], 0.6),
        crypto(COINBASE, "USDC", 0.5, &[TRANSFER], 70.0),
        crypto(KRAKEN, "XRP", 0.4, &[QUOTE, TRANSFER], 90.0),
    ];
    for coin in &mut coins {
        coin.weight *= p.between(0.6, 1.4);
    }
    let total: f64 = coins.iter().map(|c| c.weight).sum();
    for coin in &mut coins {
        coin.weight *= crypto_share / total;
    }
    let mut all = vec![
        card(acquirer, (1.0 - crypto_share) * 0.85, "EUR"),
        balance((1.0 - crypto_share) * 0.15),
    ];
    all.append(&mut coins);
    all
}

fn payments_sheet(p: &mut Parameters) -> Sheet {
    let (shape, vocabulary) = p.pick(&[
        (Shape::JsonLines, Vocabulary::Plain),
        (Shape::JsonLines, Vocabulary::Other),
        (Shape::JsonLines, Vocabulary::Ecs),
        (Shape::JsonNested, Vocabulary::Ecs),
        (Shape::JsonOtel, Vocabulary::Plain),
        (Shape::JsonLines, Vocabulary::Camel),
        (Shape::JsonArray, Vocabulary::Plain),
        (Shape::Csv(','), Vocabulary::Plain),
        (Shape::Csv(';'), Vocabulary::Other),
        (Shape::Logfmt, Vocabulary::Plain),
    ]);
    let mut sheet = sheet(shape, vocabulary);
    sheet.stamp = p.pick(&[
        Stamp::Utc,
        Stamp::Utc,
        Stamp::Offset(120),
        Stamp::EpochMillis,
    ]);
    sheet.packing = p.pick(&[
        Packing::Plain,
        Packing::Plain,
        Packing::Plain,
        Packing::Gzip,
        Packing::Zstd,
    ]);
    sheet
}

fn call_log(p: &mut Parameters) -> CallLog {
    let (shape, vocabulary) = p.pick(&[
        (Shape::Nginx, Vocabulary::Plain),
        (Shape::JsonLines, Vocabulary::Plain),
        (Shape::JsonLines, Vocabulary::Ecs),
        (Shape::JsonLines, Vocabulary::Camel),
        (Shape::Csv(','), Vocabulary::Plain),
        (Shape::Logfmt, Vocabulary::Other),
    ]);
    let mut sheet = sheet(shape, vocabulary);
    sheet.packing = p.pick(&[Packing::Plain, Packing::Plain, Packing::Gzip]);
    if shape == Shape::Nginx || p.chance(0.6) {
        CallLog::Gateway(sheet)
    } else {
        CallLog::Client(sheet)
    }
}

/// An ordinary day: two to four merchants, three exchanges, nothing wrong.
fn ordinary_day(seed: u64, p: &mut Parameters) -> World {
    let start = 1_700_000_000_000 / HOUR * HOUR + p.whole(0, 400 * 24) * HOUR + 17 * SECOND;
    let end = start + p.whole(5, 8) * HOUR;
    let mut services = vec![
        exchange(
            "binance",
            "api.binance.com",
            p.between(90.0, 200.0),
            call_log(p),
        ),
        exchange(
            "coinbase",
            "api.coinbase.com",
            p.between(120.0, 260.0),
            call_log(p),
        ),
        exchange(
            "kraken",
            "api.kraken.com",
            p.between(120.0, 300.0),
            call_log(p),
        ),
    ];
    let mut acquirer = exchange("acquirer", "api.acquirer.example", 600.0, CallLog::None);
    acquirer.components.truncate(1);
    services.push(acquirer);
    let names = ["shop-aurora", "shop-birch", "shop-cedar", "shop-delta"];
    let count = p.whole(2, 4) as usize;
    let merchants = names[..count]
        .iter()
        .map(|&name| merchant(p, name, count))
        .collect();
    World {
        seed,
        start,
        end,
        acquirer: services.len() - 1,
        services,
        merchants,
        outages: Vec::new(),
        rivals: Vec::new(),
        announcements: Vec::new(),
        notes: Vec::new(),
        diurnal: 0.5,
        night: 1.0,
        strip_ids: false,
    }
}

fn merchant(p: &mut Parameters, name: &'static str, count: usize) -> Merchant {
    let share = p.between(0.3, 0.5);
    Merchant {
        name,
        rate: 0.45 / count as f64 * p.between(0.6, 1.4),
        methods: methods(p, 3, share),
        workers: 24,
        queue_limit: 5 * SECOND,
        client_timeout: p.whole(3, 12) * SECOND,
        call_retries: p.whole(0, 1) as u32,
        breaker: p.chance(0.4).then_some(Breaker {
            failures: 5,
            cool: 30 * SECOND,
        }),
        retry: (p.between(0.2, 0.4), p.between(0.4, 0.7)),
        switch: p.between(0.2, 0.5),
        max_attempts: p.whole(3, 5) as u32,
        wording: p.pick(&[
            Wording::Plain,
            Wording::Plain,
            Wording::Ccxt,
            Wording::Generic,
        ]),
        states_retry_of: p.chance(0.5),
        told_by_folder: false,
        log: payments_sheet(p),
    }
}

/// The usual outage: the wallet of the first exchange, for an hour or so in the middle of the day.
fn outage(world: &World, p: &mut Parameters) -> Outage {
    let span = (world.end - world.start) as f64;
    let start = world.start + (span * p.between(0.35, 0.5)) as i64;
    Outage {
        service: BINANCE,
        components: vec![WALLET],
        start,
        end: start + (p.between(35.0, 80.0) * MINUTE as f64) as i64,
        course: Course::Steady,
        failing: p.between(0.6, 0.95),
        slow: p.between(1.0, 3.0),
        flavour: p.pick(&[Flavour::ServerErrors, Flavour::Mixed, Flavour::Hangs]),
        relief: None,
        drain: 0,
    }
}

fn each_call_sheet(world: &mut World, mut change: impl FnMut(&mut Sheet)) {
    for service in &mut world.services {
        match &mut service.log {
            CallLog::None => {}
            CallLog::Gateway(sheet) | CallLog::Client(sheet) => change(sheet),
        }
    }
}

/// Changes how every log is written.
pub(crate) fn each_sheet(world: &mut World, mut change: impl FnMut(&mut Sheet)) {
    each_call_sheet(world, &mut change);
    for merchant in &mut world.merchants {
        change(&mut merchant.log);
    }
}

fn gateway(shape: Shape) -> CallLog {
    CallLog::Gateway(sheet(shape, Vocabulary::Plain))
}

fn announce(
    world: &mut World,
    outage: &Outage,
    late: i64,
    title: &str,
    components: Vec<&'static str>,
) {
    world.announcements.push(Announcement {
        service: outage.service,
        title: title.to_owned(),
        impact: "major",
        components,
        created: outage.start + late,
        identified: outage.start + late + 12 * MINUTE,
        resolved: Some(outage.end + 15 * MINUTE),
        scheduled: false,
    });
}

fn ordinary_failures(world: &mut World, p: &mut Parameters) {
    for merchant in &mut world.merchants {
        for method in &mut merchant.methods {
            for (_, share) in &mut method.fates {
                *share *= 3.0;
            }
        }
    }
    let mut o = outage(world, p);
    o.failing = p.between(0.3, 0.6);
    world.outages.push(o);
}

fn clock_skew(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    world.outages.push(o);
    each_call_sheet(world, |sheet| {
        sheet.dirt.offset = p.whole(5, 240) * SECOND * if p.chance(0.5) { -1 } else { 1 };
    });
}

fn clock_drift(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    let (start, span) = (world.start, (world.end - world.start) as f64);
    world.outages.push(o);
    each_call_sheet(world, |sheet| {
        sheet.dirt.offset = p.whole(-20, 20) * SECOND;
        sheet.dirt.drift = p.whole(-8, 8) * SECOND;
        let at = start + (span * p.between(0.15, 0.85)) as i64;
        sheet.dirt.step = p.chance(0.5).then_some((at, p.whole(-30, 30) * SECOND));
    });
}

fn zone_shift(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    world.outages.push(o);
    let ahead = p.pick(&[480, 480, 540, 330, -300, 60]);
    for service in &mut world.services[..3] {
        let shape = p.pick(&[Shape::JsonLines, Shape::Csv(','), Shape::Logfmt]);
        let mut zoned = sheet(shape, Vocabulary::Plain);
        zoned.stamp = Stamp::Wall(ahead);
        if p.chance(0.3) {
            zoned.dirt.ids = Ids::Absent;
        }
        service.log = CallLog::Gateway(zoned);
    }
}

fn acquirer_outage(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    let start = o.start + p.whole(-20, 20) * MINUTE;
    world.rivals.push(Rival::Acquirer {
        start,
        end: start + p.whole(20, 60) * MINUTE,
        failing: p.between(0.4, 0.9),
    });
    world.outages.push(o);
}

fn deploy_one_currency(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    let start = o.start + p.whole(-15, 25) * MINUTE;
    let merchant = p.whole(0, world.merchants.len() as i64 - 1) as usize;
    world.rivals.push(Rival::Deploy {
        merchant,
        currency: p.pick(&["USDT", "USDT", "BTC"]),
        start,
        end: start + p.whole(40, 90) * MINUTE,
        failing: p.between(0.6, 1.0),
    });
    let name = world.merchants[merchant].name;
    world
        .notes
        .push((start, format!("deploy {name} checkout 4.12.0 by ci")));
    world.outages.push(o);
}

fn collateral_pool(world: &mut World, p: &mut Parameters) {
    let mut o = outage(world, p);
    (o.failing, o.flavour, o.slow) = (0.95, Flavour::Hangs, 1.0);
    world.outages.push(o);
    for merchant in &mut world.merchants {
        merchant.workers = p.whole(2, 3) as usize;
        merchant.client_timeout = p.whole(20, 40) * SECOND;
        merchant.call_retries = 2;
        merchant.breaker = None;
    }
}

fn circuit_breaker(world: &mut World, p: &mut Parameters) {
    let mut o = outage(world, p);
    o.failing = p.between(0.8, 0.98);
    world.outages.push(o);
    for merchant in &mut world.merchants {
        merchant.breaker = Some(Breaker {
            failures: p.whole(3, 5) as usize,
            cool: p.whole(60, 180) * SECOND,
        });
    }
}

fn backlog_tail(world: &mut World, p: &mut Parameters) {
    let mut o = outage(world, p);
    o.end = o.start + p.whole(18, 35) * MINUTE;
    o.failing = 0.97;
    o.drain = p.whole(15, 30) * MINUTE;
    world.outages.push(o);
    let ttl = p.whole(20, 30) * MINUTE;
    for merchant in &mut world.merchants {
        for method in merchant
            .methods
            .iter_mut()
            .filter(|m| m.service == Some(BINANCE))
        {
            if method.currency != "USDT" {
                method.steps = vec![QUOTE];
                method.deposit = Some(Deposit {
                    poll: DEPOSITS,
                    every: 2 * MINUTE,
                    ttl,
                    pay_delay: 8.0 * MINUTE as f64,
                    unpaid: 0.03,
                });
            }
        }
    }
}

fn merchant_database(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    world.rivals.push(Rival::Database {
        merchant: 0,
        start: o.start,
        end: o.start + p.whole(15, 45) * MINUTE,
        failing: p.between(0.85, 1.0),
    });
}

fn telemetry_gap(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    let gap = (
        o.start - p.whole(60, 90) * MINUTE,
        o.start - p.whole(20, 40) * MINUTE,
    );
    let all = p.chance(0.5);
    each_call_sheet(world, |sheet| {
        if all || p.chance(0.5) {
            sheet.dirt.gaps.push(gap);
        }
    });
    if let CallLog::Gateway(sheet) | CallLog::Client(sheet) = &mut world.services[BINANCE].log {
        sheet.dirt.gaps = vec![gap];
    }
    if p.chance(0.5) {
        world.outages.push(o);
    }
}

fn unused_component(world: &mut World, p: &mut Parameters) {
    let mut o = outage(world, p);
    o.components = vec![TRADING];
    (o.failing, o.flavour) = (0.9, Flavour::ServerErrors);
    world.outages.push(o);
    for merchant in &mut world.merchants {
        merchant.methods.retain(|m| m.currency != "USDT");
    }
    world.services[BINANCE].foreign = (0.3, 0.3);
    world.services[BINANCE].log = gateway(Shape::Nginx);
}

fn slow_is_down(world: &mut World, p: &mut Parameters) {
    let mut o = outage(world, p);
    (o.failing, o.slow) = (0.0, p.between(40.0, 90.0));
    world.outages.push(o);
    for merchant in &mut world.merchants {
        merchant.client_timeout = p.whole(3, 6) * SECOND;
    }
}

fn no_outage_burst(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    world.rivals.push(Rival::Burst {
        start: o.start,
        end: o.start + p.whole(20, 60) * MINUTE,
        factor: p.between(3.0, 6.0),
    });
}

fn quiet_day(_world: &mut World, _p: &mut Parameters) {}

fn already_down(world: &mut World, p: &mut Parameters) {
    let mut o = outage(world, p);
    o.start = world.start - HOUR;
    o.end = world.start + p.whole(40, 90) * MINUTE;
    world.outages.push(o);
}

fn never_ends(world: &mut World, p: &mut Parameters) {
    let mut o = outage(world, p);
    o.start = world.end - p.whole(50, 110) * MINUTE;
    o.end = world.end + 6 * HOUR;
    world.outages.push(o);
}

fn flapping(world: &mut World, p: &mut Parameters) {
    let mut o = outage(world, p);
    o.end = o.start + p.whole(60, 120) * MINUTE;
    o.course = Course::Flap(p.whole(3, 6) * MINUTE, p.whole(2, 5) * MINUTE);
    o.failing = p.between(0.8, 0.97);
    world.outages.push(o);
}

fn one_a_minute(world: &mut World, p: &mut Parameters) {
    world.end = world.start + 24 * HOUR;
    for merchant in &mut world.merchants {
        merchant.rate *= 0.06;
    }
    let mut o = outage(world, p);
    o.end = o.start + p.whole(100, 200) * MINUTE;
    o.failing = p.between(0.8, 0.97);
    world.outages.push(o);
}

fn sampled_successes(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    world.outages.push(o);
    for merchant in &mut world.merchants {
        merchant.log.dirt.sample_successes = 10;
    }
    if p.chance(0.6) {
        each_call_sheet(world, |sheet| sheet.dirt.sample_successes = 10);
    }
}

fn late_status_page(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    announce(
        world,
        &o,
        p.whole(20, 35) * MINUTE,
        "Elevated error rates",
        vec!["trading"],
    );
    world.outages.push(o);
}

fn announced_but_fine(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    announce(world, &o, 0, "Degraded performance", vec!["wallet", "api"]);
}

fn retries(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    world.outages.push(o);
    for merchant in &mut world.merchants {
        merchant.retry = (0.5, 0.92);
        merchant.max_attempts = 8;
        merchant.switch = p.between(0.1, 0.5);
    }
}

fn dirty_ids(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    world.outages.push(o);
    let kinds = [
        Ids::Constant,
        Ids::Zero,
        Ids::PerWorker(4),
        Ids::Wrong(0.15),
        Ids::Absent,
    ];
    each_call_sheet(world, |sheet| sheet.dirt.ids = p.pick(&kinds));
    for merchant in &mut world.merchants {
        if p.chance(0.3) {
            merchant.log.dirt.ids = p.pick(&[Ids::Zero, Ids::PerWorker(4), Ids::Wrong(0.1)]);
        }
    }
}

fn dirty_lines(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    world.outages.push(o);
    let mut soil = |sheet: &mut Sheet| {
        if sheet.shape == Shape::JsonArray {
            sheet.shape = Shape::JsonLines;
        }
        sheet.dirt.duplicates = p.between(0.02, 0.3);
        sheet.dirt.cut = p.between(0.0, 0.01);
        sheet.dirt.foreign_lines = p.between(0.0, 0.05);
    };
    each_call_sheet(world, &mut soil);
    for merchant in &mut world.merchants {
        soil(&mut merchant.log);
    }
}

/// Two exports of each log that overlap around the outage.
fn overlapping_exports(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    let overlap = Some((o.start - 20 * MINUTE, o.start + p.whole(10, 40) * MINUTE));
    world.outages.push(o);
    each_sheet(world, |sheet| sheet.dirt.overlap = overlap);
}

/// Only the payments tell of the failing exchange.
fn payments_only(world: &mut World, p: &mut Parameters) {
    let mut o = outage(world, p);
    o.failing = p.between(0.8, 0.97);
    world.outages.push(o);
    world.services[BINANCE].log = CallLog::None;
}

/// Breakers, a slow drain, the acquirer's outage, a deploy, skewed clocks and dirty lines on one day.
fn everything_at_once(world: &mut World, p: &mut Parameters) {
    circuit_breaker(world, p);
    acquirer_outage(world, p);
    world.outages.truncate(1);
    world.outages[0].drain = 10 * MINUTE;
    let start = world.outages[0].start + 15 * MINUTE;
    world.rivals.push(Rival::Deploy {
        merchant: 0,
        currency: "LTC",
        start,
        end: start + HOUR,
        failing: 0.8,
    });
    let (from, to) = (
        world.outages[0].start - HOUR,
        world.outages[0].start - 40 * MINUTE,
    );
    each_sheet(world, |sheet| {
        sheet.dirt.duplicates = 0.02;
        sheet.dirt.cut = 0.002;
    });
    each_call_sheet(world, |sheet| {
        sheet.dirt.offset = p.whole(-30, 30) * SECOND;
        sheet.dirt.ids = p.pick(&[Ids::Clean, Ids::Wrong(0.1), Ids::Absent]);
        if p.chance(0.3) {
            sheet.dirt.gaps.push((from, to));
        }
    });
    let named = world.outages[0].clone();
    announce(
        world,
        &named,
        18 * MINUTE,
        "Degraded performance",
        vec!["wallet"],
    );
}

fn thin_partial(world: &mut World, p: &mut Parameters) {
    for merchant in &mut world.merchants {
        merchant.rate *= 3.0;
        merchant.methods = methods(p, 3, 0.05);
    }
    let mut o = outage(world, p);
    o.start = world.start + HOUR;
    o.end = o.start + 3 * HOUR;
    (o.failing, o.slow) = (p.between(0.20, 0.45), 1.2);
    o.course = Course::Ramp(HOUR);
    world.outages.push(o);
}

fn metastable(world: &mut World, p: &mut Parameters) {
    let mut o = outage(world, p);
    o.end = o.start + p.whole(8, 12) * MINUTE;
    o.relief = Some(o.end + p.whole(20, 40) * MINUTE);
    (o.failing, o.flavour) = (0.9, Flavour::ServerErrors);
    o.components = vec![0, WALLET, TRADING];
    world.outages.push(o);
    for merchant in &mut world.merchants {
        merchant.retry = (0.3, 0.85);
        merchant.max_attempts = 6;
        merchant.switch = 0.1;
        merchant.call_retries = 3;
        merchant.breaker = None;
    }
    let all: f64 = world.merchants.iter().map(|m| m.rate).sum();
    world.services[BINANCE].capacity = Some(all * 1.1);
}

fn own_rate_limit(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    world.services[BINANCE].log = gateway(p.pick(&[Shape::Nginx, Shape::JsonLines]));
    world.rivals.push(Rival::Misuse {
        merchant: 0,
        service: BINANCE,
        start: o.start,
        end: o.end,
        failing: p.between(0.4, 0.8),
    });
}

fn silent_causes(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    world.outages.push(o);
    world.strip_ids = true;
    for merchant in &mut world.merchants {
        merchant.wording = Wording::Silent;
        for method in &mut merchant.methods {
            method.names_service = false;
        }
    }
}

fn two_exchanges(world: &mut World, p: &mut Parameters) {
    let first = outage(world, p);
    let mut second = outage(world, p);
    second.service = COINBASE;
    second.start = first.start + p.whole(5, 30) * MINUTE;
    second.end = second.start + p.whole(25, 60) * MINUTE;
    world.outages.extend([first, second]);
}

fn three_in_a_day(world: &mut World, p: &mut Parameters) {
    world.end = world.start + 14 * HOUR;
    for (hour, service) in [(3, BINANCE), (7, COINBASE), (11, BINANCE)] {
        let mut o = outage(world, p);
        o.service = service;
        o.components = if hour == 11 {
            vec![0, TRADING]
        } else {
            vec![WALLET]
        };
        o.start = world.start + hour * HOUR + p.whole(0, 40) * MINUTE;
        o.end = o.start + p.whole(20, 60) * MINUTE;
        world.outages.push(o);
    }
}

fn flood(world: &mut World, p: &mut Parameters) {
    let mut o = outage(world, p);
    o.components = vec![WALLET, TRADING];
    (o.flavour, o.failing) = (Flavour::Flooded, p.between(0.6, 0.9));
    announce(
        world,
        &o,
        25 * MINUTE,
        "Some users may have trouble",
        vec!["wallet"],
    );
    world.outages.push(o);
    world.services[BINANCE].foreign = (0.2, p.between(4.0, 8.0));
    world.services[BINANCE].log = gateway(Shape::Nginx);
    for merchant in &mut world.merchants {
        merchant.switch = 0.0;
    }
}

fn hard_outage(world: &mut World, p: &mut Parameters) {
    let mut o = outage(world, p);
    (o.failing, o.components) = (1.0, vec![0, WALLET, TRADING]);
    world.outages.push(o);
}

fn ramping(world: &mut World, p: &mut Parameters) {
    let mut o = outage(world, p);
    o.end = o.start + p.whole(70, 120) * MINUTE;
    o.course = Course::Ramp(p.whole(20, 40) * MINUTE);
    o.failing = p.between(0.7, 0.95);
    world.outages.push(o);
}

fn refused(world: &mut World, p: &mut Parameters) {
    let mut o = outage(world, p);
    (o.failing, o.flavour, o.slow) = (p.between(0.9, 1.0), Flavour::Refuses, 1.0);
    world.outages.push(o);
}

fn different_timeouts(world: &mut World, p: &mut Parameters) {
    let mut o = outage(world, p);
    (o.failing, o.slow) = (0.05, p.between(25.0, 50.0));
    world.outages.push(o);
    for (i, merchant) in world.merchants.iter_mut().enumerate() {
        merchant.client_timeout = [2, 5, 10, 30][i % 4] * SECOND;
    }
}

fn maintenance(world: &mut World, p: &mut Parameters) {
    let mut o = outage(world, p);
    (o.failing, o.flavour, o.slow) = (1.0, Flavour::Maintenance, 0.5);
    o.components = vec![0, WALLET, TRADING];
    world.announcements.push(Announcement {
        service: BINANCE,
        title: "Scheduled system upgrade".into(),
        impact: "maintenance",
        components: vec!["api", "wallet", "trading"],
        created: o.start - 20 * HOUR,
        identified: o.start,
        resolved: Some(o.end + 5 * MINUTE),
        scheduled: true,
    });
    world.outages.push(o);
}

fn no_ids(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    world.outages.push(o);
    world.strip_ids = true;
}

/// The network of one merchant: no outage, although it cannot reach any upstream.
fn common_path(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    world.rivals.push(Rival::Network {
        merchant: p.whole(0, world.merchants.len() as i64 - 1) as usize,
        start: o.start,
        end: o.start + p.whole(10, 50) * MINUTE,
        failing: p.between(0.85, 1.0),
    });
}

/// Twelve hours from the afternoon on; the baseline of the night differs from that of the day.
fn night(world: &mut World, p: &mut Parameters) {
    world.start = world.start / (24 * HOUR) * (24 * HOUR) + 17 * HOUR;
    world.end = world.start + 12 * HOUR;
    world.night = 2.0;
    let mut o = outage(world, p);
    o.start = world.start + p.whole(6 * 60, 9 * 60) * MINUTE + p.whole(0, 59) * SECOND;
    o.end = o.start + p.whole(35, 80) * MINUTE;
    world.outages.push(o);
}

fn exchange_silent(world: &mut World, p: &mut Parameters) {
    let shape = p.pick(&[Shape::Nginx, Shape::JsonLines, Shape::Csv(',')]);
    world.services[BINANCE].log = gateway(shape);
    let mut o = outage(world, p);
    o.components = vec![0, WALLET, TRADING];
    (o.failing, o.flavour, o.slow) = (1.0, Flavour::Refuses, 1.0);
    world.outages.push(o);
}

fn other_words(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    world.outages.push(o);
    for merchant in &mut world.merchants {
        (merchant.log.shape, merchant.log.vocabulary) = p.pick(&[
            (Shape::JsonLines, Vocabulary::Desk),
            (Shape::Csv(','), Vocabulary::Desk),
            (Shape::JsonNested, Vocabulary::Charge),
            (Shape::Logfmt, Vocabulary::Desk),
        ]);
    }
    each_call_sheet(world, |sheet| {
        (sheet.shape, sheet.vocabulary) = p.pick(&[
            (Shape::Csv(','), Vocabulary::Requests),
            (Shape::JsonLines, Vocabulary::Desk),
        ]);
    });
}

fn sentences(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    world.outages.push(o);
    for merchant in &mut world.merchants {
        merchant.log.shape = Shape::Sentence;
        merchant.log.vocabulary = p.pick(&[Vocabulary::Plain, Vocabulary::Desk]);
        merchant.log.stamp = p.pick(&[Stamp::Utc, Stamp::Offset(120)]);
    }
    for service in &mut world.services[..3] {
        service.log = CallLog::Client(sheet(Shape::HttpClient, Vocabulary::Plain));
    }
}

fn folders(world: &mut World, p: &mut Parameters) {
    let o = outage(world, p);
    world.outages.push(o);
    for merchant in &mut world.merchants {
        merchant.told_by_folder = true;
    }
    for service in &mut world.services[..3] {
        let shape = p.pick(&[Shape::HttpClient, Shape::JsonLines]);
        service.log = CallLog::Client(sheet(shape, Vocabulary::Plain));
    }
}

/// A balance at the exchange, paid through its API alone.
const PAY: Step = Step {
    component: 0,
    http: "POST",
    path: "/api/v1/pay",
    operation: "pay",
};

/// The founding scenario (made up): on 18 August 2021 a flood of foreign traffic takes the wallet and the trading of
/// one exchange down for an hour and a half; four shops depend on it and none of them has another exchange to go to.
pub(crate) fn founding(seed: u64) -> World {
    let mut p = Parameters::new(Draws::new(seed));
    // 2021-08-18T10:00:00Z
    let start = 1_629_280_800_000;
    let mut world = ordinary_day(seed, &mut p);
    (world.start, world.end) = (start, start + 5 * HOUR);
    let sheets = [
        sheet(Shape::JsonLines, Vocabulary::Plain),
        sheet(Shape::Csv(','), Vocabulary::Plain),
        sheet(Shape::Logfmt, Vocabulary::Plain),
        sheet(Shape::JsonLines, Vocabulary::Camel),
    ];
    let shops = [
        (
            "northpay",
            8,
            Some(Breaker {
                failures: 5,
                cool: 60 * SECOND,
            }),
            Wording::Plain,
        ),
        ("kioskline", 5, None, Wording::Plain),
        (
            "vela-market",
            10,
            Some(Breaker {
                failures: 4,
                cool: 45 * SECOND,
            }),
            Wording::Ccxt,
        ),
        ("tulip-travel", 30, None, Wording::Generic),
    ];
    world.merchants = shops
        .into_iter()
        .zip(sheets)
        .map(|((name, timeout, breaker, wording), sheet)| {
            let mut shop = merchant(&mut p, name, 4);
            shop.methods = methods(&mut p, 3, 0.4);
            shop.methods
                .push(crypto(BINANCE, "BUSD", 0.05, &[PAY], 60.0));
            shop.client_timeout = timeout * SECOND;
            (shop.breaker, shop.wording, shop.log) = (breaker, wording, sheet);
            (shop.call_retries, shop.switch) = (1, 0.1);
            shop
        })
        .collect();
    // One shop has few workers and a long time-out: hung calls starve its cards.
    world.merchants[3].workers = 3;
    world.merchants[3].call_retries = 2;
    world.merchants[1].log.packing = Packing::Gzip;
    world.merchants[3].log.stamp = Stamp::Offset(120);
    let mut flooded = sheet(Shape::Nginx, Vocabulary::Plain);
    flooded.packing = Packing::Gzip;
    world.services[BINANCE].log = CallLog::Gateway(flooded);
    world.services[BINANCE].foreign = (0.1, 8.0);
    world.services[COINBASE].log = CallLog::Gateway(sheet(Shape::JsonLines, Vocabulary::Plain));
    world.services[KRAKEN].log = CallLog::Gateway(sheet(Shape::Csv(','), Vocabulary::Plain));
    let outage = Outage {
        service: BINANCE,
        components: vec![WALLET, TRADING],
        start: start + 2 * HOUR + 2 * MINUTE + 17_300,
        end: start + 3 * HOUR + 34 * MINUTE + 41_800,
        course: Course::Steady,
        failing: 0.88,
        slow: 4.0,
        flavour: Flavour::Flooded,
        relief: None,
        drain: 10 * MINUTE,
    };
    announce(
        &mut world,
        &outage,
        25 * MINUTE,
        "Some users may experience issues with withdrawals",
        vec!["wallet"],
    );
    world.outages.push(outage);
    world
}
