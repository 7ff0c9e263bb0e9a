//! What single stamps leave open, decided over the whole file: which number of `06/03/2024` is the day, and the year of
//! `Feb 25 16:19:49`. Never from the machine's clock.
//!
//! The stamps of the file are gathered in a reading of its own; then [`Calendar::decide`] rules, and in the reading that
//! counts every stamp is read by the ruling. What nothing decides is refused with a reason that says what to state.

use crate::model::{DateOrder, Open, Record, Span, Stamp, Time};

use super::civil::{self, ORDERS};
use super::named_date::{self, NamedDate};

/// A step back of more days than this in a log without years is a new year. Real logs step back by hours, or by days
/// where machines buffer them.
const LATE_DAYS: i64 = 30;
/// Days of the year 2000, by which month and day are numbered: a leap year.
const YEAR_DAYS: i64 = 366;
/// An input belongs to the year in which it lies no further than this from the other inputs.
const NEAR_SECS: f64 = 31.0 * 86_400.0;

/// Where the reading stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// Stamps are gathered; what is open is read in any way that is possible.
    #[default]
    Gathering,
    /// Stamps are read by the ruling.
    Ruled,
}

/// The dates of one input.
#[derive(Debug, Default)]
pub(crate) struct Calendar {
    order: Option<DateOrder>,
    year: Option<i64>,
    phase: Phase,
    orders: Orders,
    years: Years,
    /// Year of the first stamp without one, by the ruling.
    base: Option<i64>,
    walk: Walk,
    last_whole: Option<Time>,
    open: u64,
    refused: u64,
}

impl Calendar {
    /// With what the configuration states: the order of dates, and the year of the first stamp.
    pub(crate) fn new(order: Option<DateOrder>, year: Option<i64>) -> Calendar {
        Calendar {
            order,
            year,
            ..Calendar::default()
        }
    }

    /// Forgets what was gathered.
    pub(crate) fn restart(&mut self) {
        *self = Calendar::new(self.order, self.year);
    }

    /// Whether a stamp was seen that leaves something open.
    pub(crate) fn saw_open(&self) -> bool {
        self.open > 0
    }

    /// Records that were refused because nothing tells their date.
    pub(crate) fn refused(&self) -> u64 {
        self.refused
    }

    /// Completes the stamps of a record.
    ///
    /// # Errors
    /// Why one cannot be: nothing tells its year, or which number is its day.
    pub(crate) fn settle(&mut self, record: &mut Record<'_>) -> Result<(), String> {
        let main = record.stamp();
        let all = [record.time, record.start, record.end];
        if all.iter().flatten().all(Stamp::is_whole) {
            self.saw_whole(main);
            return Ok(());
        }
        self.open += 1;
        if self.phase == Phase::Gathering {
            self.gather(main, &all);
        }
        let near = self.time_near(main);
        for slot in [&mut record.time, &mut record.start, &mut record.end] {
            let Some(stamp) = slot else { continue };
            match self.read(*stamp, near) {
                Ok(whole) => *stamp = whole,
                Err(reason) => {
                    self.refused += 1;
                    return Err(reason);
                }
            }
        }
        Ok(())
    }

    /// Remembers the time of a record whose stamps are whole.
    pub(crate) fn saw(&mut self, time: Time) {
        self.last_whole = Some(time);
        if self.phase == Phase::Gathering {
            self.years.whole(time);
        }
    }

    fn saw_whole(&mut self, main: Option<Stamp>) {
        if let Some(stamp) = main {
            self.saw(stamp.time);
        }
    }

    fn gather(&mut self, main: Option<Stamp>, all: &[Option<Stamp>; 3]) {
        for stamp in all.iter().flatten() {
            if let Open::Order(numbers) = stamp.open {
                self.orders.possible(numbers);
            }
        }
        match main {
            Some(Stamp {
                open: Open::Order(numbers),
                ..
            }) => self.orders.step(numbers),
            Some(Stamp {
                open: Open::Year { month, day },
                time,
                ..
            }) => {
                self.years.step(month, day, time.0);
            }
            Some(stamp) => self.years.whole(stamp.time),
            None => {}
        }
    }

    /// The date that the record's own stamp says: year and day, for the other stamps of the record.
    fn time_near(&mut self, main: Option<Stamp>) -> Option<Time> {
        let stamp = main?;
        match stamp.open {
            Open::Nothing => Some(stamp.time),
            Open::Order(_) => None,
            Open::Year { month, day } => {
                let year = match (self.base, self.phase) {
                    (Some(base), Phase::Ruled) => {
                        base + self
                            .walk
                            .step(self.years.descending(), day_of_2000(month, day))
                    }
                    (None, Phase::Ruled) => return self.last_whole,
                    (_, Phase::Gathering) => 2000,
                };
                let date = civil::day_number(year, i64::from(month), i64::from(day))?;
                civil::time(date, stamp.time.0)
            }
        }
    }

    fn read(&self, stamp: Stamp, near: Option<Time>) -> Result<Stamp, String> {
        let day = match stamp.open {
            Open::Nothing => return Ok(stamp),
            Open::Order(numbers) => self.day_of_numbers(numbers)?,
            Open::Year { month, day } => near
                .and_then(|near| nearest_year(near, month, day))
                .ok_or_else(no_year)?,
        };
        Ok(Stamp {
            time: civil::time(day, stamp.time.0).ok_or("the date is out of range")?,
            open: Open::Nothing,
            ..stamp
        })
    }

    fn day_of_numbers(&self, numbers: [u16; 3]) -> Result<i64, String> {
        let shown = || format!("{:02}/{:02}/{:02}", numbers[0], numbers[1], numbers[2]);
        if let Some(order) = self.order {
            let day = order.day_number(numbers);
            return day.ok_or_else(|| format!("{} is no date as {}", shown(), order.words()));
        }
        let mut possible = ORDERS.iter().filter_map(|o| o.day_number(numbers));
        let first = possible.next();
        match first {
            Some(day) if self.phase == Phase::Gathering || possible.all(|d| d == day) => Ok(day),
            _ => Err(format!(
                "{} can be read in more than one order and nothing tells in which: \
                 state date_order = \"dmy\", \"mdy\" or \"ymd\" for this input in knockon.toml",
                shown()
            )),
        }
    }

    /// Rules on what is open. `shown` is the path of the input as shown, `near` when the other inputs happened. Gives
    /// remarks for people.
    pub(crate) fn decide(&mut self, shown: &str, near: Option<Span>) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.orders.seen > 0 && self.order.is_none() {
            remarks.extend(self.decide_order(near));
        }
        if self.years.seen > 0 {
            remarks.extend(self.decide_year(shown, near));
        }
        self.phase = Phase::Ruled;
        self.last_whole = None;
        (self.open, self.refused) = (0, 0);
        remarks
    }

    fn decide_order(&mut self, near: Option<Span>) -> Option<String> {
        let possible: Vec<DateOrder> = self.orders.possible_orders();
        if let [only] = possible[..] {
            self.order = Some(only);
            return None;
        }
        let (order, why) = match self.orders.by_sequence(&possible) {
            Some(order) => (
                order,
                "in any other order the stamps would not follow each other",
            ),
            None => (
                self.orders.by_neighbours(&possible, near?)?,
                "so they lie in the time of the other inputs",
            ),
        };
        self.order = Some(order);
        Some(format!(
            "dates are read as {}: {why}; date_order in knockon.toml states it",
            order.words()
        ))
    }

    fn decide_year(&mut self, shown: &str, near: Option<Span>) -> Option<String> {
        let years = &self.years;
        let fits = |base: &i64| years.leap_days_fit(*base);
        let (base, why) = if let Some(year) = self.year {
            (Some(year), "")
        } else if let Some(base) = years.by_whole_stamps() {
            (Some(base), "other stamps of the input")
        } else if let Some(base) = named_date::of(shown).and_then(|d| years.by_name(d)) {
            (Some(base), "the name of the input")
        } else {
            (
                near.and_then(|n| years.by_neighbours(n)),
                "the time of the other inputs",
            )
        };
        self.base = base.filter(fits);
        let base = self.base?;
        (!why.is_empty()).then(|| {
            format!("the stamps state no year; it is taken from {why}: the first is of {base}")
        })
    }
}

fn no_year() -> String {
    "the time stamp states no year and nothing tells it: state year = YYYY (of the first stamp) for this input \
     in knockon.toml"
        .to_owned()
}

/// Number of a day in 2000, from 0.
fn day_of_2000(month: u8, day: u8) -> i64 {
    let first = civil::day_number(2000, 1, 1).unwrap_or(0);
    civil::day_number(2000, i64::from(month), i64::from(day)).unwrap_or(first) - first
}

/// The day (from 1970-01-01) of a month and day in the year that brings it nearest to a time.
fn nearest_year(near: Time, month: u8, day: u8) -> Option<i64> {
    let (at, [year, ..]) = civil::date_of(near);
    (year - 1..=year + 1)
        .filter_map(|y| civil::day_number(y, i64::from(month), i64::from(day)))
        .min_by_key(|d| (d - at).abs())
}

/// The years of a sequence of stamps that state none, counted from the first.
#[derive(Clone, Copy, Debug, Default)]
struct Walk {
    year: i64,
    previous: Option<i64>,
}

impl Walk {
    /// Goes on to a day (of 2000); gives its year. A log goes on in time, so that a long step back is a new year; a long
    /// step ahead right after a turn of the year is a late line of the old one.
    fn step(&mut self, descending: bool, day: i64) -> i64 {
        let Some(previous) = self.previous.replace(day) else {
            return self.year;
        };
        let sign = if descending { -1 } else { 1 };
        let ahead = (day - previous) * sign;
        if ahead < -LATE_DAYS {
            self.year += sign;
        } else if ahead > YEAR_DAYS - LATE_DAYS {
            self.year -= sign;
        }
        self.year
    }
}

/// What is gathered of stamps without a year: once for a file whose stamps ascend, once for one whose stamps descend.
#[derive(Debug, Default)]
struct Years {
    seen: u64,
    ups: u64,
    downs: u64,
    previous: Option<(i64, i64)>,
    ways: [Way; 2],
    /// A whole stamp before the first of these.
    before: Option<Time>,
}

#[derive(Debug, Default)]
struct Way {
    walk: Walk,
    /// Year and day of the first and the last.
    least: (i64, i64),
    most: (i64, i64),
    /// Years in which there is a February 29.
    leaps: Vec<i64>,
    /// A whole stamp, and year and day of the stamp without a year next to it.
    anchor: Option<(Time, i64, i64)>,
}

impl Years {
    fn step(&mut self, month: u8, day: u8, of_day: i64) {
        let at = day_of_2000(month, day);
        if let Some(previous) = self.previous.replace((at, of_day)) {
            self.ups += u64::from(previous < (at, of_day));
            self.downs += u64::from(previous > (at, of_day));
        }
        let first = self.seen == 0;
        self.seen += 1;
        for (descending, way) in [false, true].into_iter().zip(&mut self.ways) {
            let year = way.walk.step(descending, at);
            if first {
                (way.least, way.most) = ((year, at), (year, at));
            }
            way.least = way.least.min((year, at));
            way.most = way.most.max((year, at));
            if (month, day) == (2, 29) && !way.leaps.contains(&year) && way.leaps.len() < 100 {
                way.leaps.push(year);
            }
            if let (None, Some(time)) = (way.anchor, self.before) {
                way.anchor = Some((time, year, at));
            }
        }
    }

    fn whole(&mut self, time: Time) {
        match self.previous {
            None => self.before = Some(time),
            Some((day, _)) => {
                for way in &mut self.ways {
                    way.anchor.get_or_insert((time, way.walk.year, day));
                }
            }
        }
    }

    /// Whether the newest stamp comes first.
    fn descending(&self) -> bool {
        self.downs > self.ups
    }

    fn way(&self) -> &Way {
        &self.ways[usize::from(self.descending())]
    }

    /// The base year that brings a stamp (year from the base, day) nearest to a time.
    fn base_near(time: Time, year: i64, day: i64) -> i64 {
        let (_, [y, month, d]) = civil::date_of(time);
        let at = day_of_2000(
            u8::try_from(month).unwrap_or(1),
            u8::try_from(d).unwrap_or(1),
        );
        // More than half a year ahead: of the year before; behind: of the year after.
        let turn = match day - at {
            ahead if ahead > YEAR_DAYS / 2 => -1,
            behind if behind < -YEAR_DAYS / 2 => 1,
            _ => 0,
        };
        y + turn - year
    }

    fn by_whole_stamps(&self) -> Option<i64> {
        let (time, year, day) = self.way().anchor?;
        Some(Years::base_near(time, year, day))
    }

    fn by_name(&self, named: NamedDate) -> Option<i64> {
        let way = self.way();
        match named {
            // Rotated logs are named after the day of their last line, or of the rotation soon after it.
            NamedDate::Day(time) => Some(Years::base_near(time, way.most.0, way.most.1)),
            NamedDate::Year(year) => (way.least.0 == way.most.0).then_some(year - way.most.0),
        }
    }

    /// The one base year with which the stamps lie in the time of the other inputs.
    fn by_neighbours(&self, near: Span) -> Option<i64> {
        let way = self.way();
        let year_of = |t: Time| civil::date_of(t).1[0];
        let mut found = (year_of(near.start) - 1 - way.most.0
            ..=year_of(near.end) + 1 - way.least.0)
            .take(300)
            .filter(|base| {
                let (Some(from), Some(to)) =
                    (way.time(*base, way.least), way.time(*base, way.most))
                else {
                    return false;
                };
                near.start.secs_since(to) <= NEAR_SECS && from.secs_since(near.end) <= NEAR_SECS
            });
        let only = found.next()?;
        found.next().is_none().then_some(only)
    }

    /// Whether the years that hold a February 29 are leap years.
    fn leap_days_fit(&self, base: i64) -> bool {
        let leap = |y: &i64| civil::day_number(base + y, 2, 29).is_some();
        self.way().leaps.iter().all(leap)
    }
}

impl Way {
    /// Midnight of a stamp's day, to a day.
    fn time(&self, base: i64, (year, day): (i64, i64)) -> Option<Time> {
        civil::time(civil::day_number(base + year, 1, 1)? + day, 0)
    }
}

/// What is gathered of dates of three numbers, for each order of them.
#[derive(Debug, Default)]
struct Orders {
    seen: u64,
    impossible: [bool; 3],
    sequences: [Sequence; 3],
}

#[derive(Clone, Copy, Debug, Default)]
struct Sequence {
    /// Days from 1970-01-01.
    bounds: Option<(i64, i64)>,
    previous: Option<i64>,
    ups: u64,
    downs: u64,
}

impl Orders {
    fn possible(&mut self, numbers: [u16; 3]) {
        self.seen += 1;
        for (impossible, order) in self.impossible.iter_mut().zip(ORDERS) {
            *impossible |= order.day_number(numbers).is_none();
        }
    }

    fn step(&mut self, numbers: [u16; 3]) {
        for (sequence, order) in self.sequences.iter_mut().zip(ORDERS) {
            if let Some(day) = order.day_number(numbers) {
                sequence.step(day);
            }
        }
    }

    fn possible_orders(&self) -> Vec<DateOrder> {
        let all = ORDERS.iter().zip(self.impossible);
        all.filter(|(_, no)| !no).map(|(o, _)| *o).collect()
    }

    fn sequence(&self, order: DateOrder) -> Sequence {
        let at = ORDERS.iter().position(|o| *o == order).unwrap_or(0);
        self.sequences[at]
    }

    /// The order in which the stamps follow each other and lie close, and in no other.
    fn by_sequence(&self, possible: &[DateOrder]) -> Option<DateOrder> {
        possible
            .iter()
            .copied()
            .find(|&a| {
                let others = possible.iter().filter(|&&b| b != a);
                let mut beaten = others.map(|&b| self.sequence(a).beats(&self.sequence(b)));
                beaten.all(|b| b)
            })
            .filter(|_| possible.len() > 1)
    }

    /// The one order in which the stamps lie in the time of the other inputs, to a day.
    fn by_neighbours(&self, possible: &[DateOrder], near: Span) -> Option<DateOrder> {
        const DAY_SECS: f64 = 86_400.0;
        let lies_near = |order: &&DateOrder| {
            let bounds = self.sequence(**order).bounds;
            let times = bounds.and_then(|(a, b)| Some((civil::time(a, 0)?, civil::time(b, 0)?)));
            times.is_some_and(|(first, last)| {
                near.start.secs_since(last) <= 2.0 * DAY_SECS
                    && first.secs_since(near.end) <= DAY_SECS
            })
        };
        let mut found = possible.iter().filter(lies_near);
        let only = found.next().copied()?;
        found.next().is_none().then_some(only)
    }
}

impl Sequence {
    fn step(&mut self, day: i64) {
        let (low, high) = self.bounds.unwrap_or((day, day));
        self.bounds = Some((low.min(day), high.max(day)));
        if let Some(previous) = self.previous.replace(day) {
            self.ups += u64::from(previous < day);
            self.downs += u64::from(previous > day);
        }
    }

    fn span(&self) -> i64 {
        self.bounds.map_or(0, |(low, high)| high - low)
    }

    /// Steps against the direction of the file.
    fn disorder(&self) -> u64 {
        self.ups.min(self.downs)
    }

    /// Whether this reading is clearly the better one: days follow each other where in the other one they jump by
    /// months, or back and forth. A log that writes on one day of each month only would look the same the other
    /// way round; exports of payments and logs of services do not.
    fn beats(&self, other: &Sequence) -> bool {
        const JUMP_DAYS: i64 = 20;
        let closer = self.span() + JUMP_DAYS <= other.span() && self.span() * 5 <= other.span();
        let tidier = self.disorder() == 0 && other.disorder() > 0 && self.span() <= other.span();
        tidier || (closer && self.disorder() <= other.disorder())
    }
}
