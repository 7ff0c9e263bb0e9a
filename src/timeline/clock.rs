//! Stamps to instants: the zone of those without one, and the hours that a changed clock repeats or skips.

use crate::model::{Stamp, Time, ZoneFrom};

use super::tally::counted;
use super::zone::{Resolved, ZoneSpec};

/// Reads stamps, and remembers how.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    pub(super) spec: ZoneSpec,
    pub(super) from: ZoneFrom,
    pub(super) explicit: u64,
    pub(super) zoneless: u64,
    pub(super) repeated_hour: u64,
    pub(super) skipped_hour: u64,
    pub(super) previous: Option<Time>,
    /// The last wall clock without a zone, and how many came later and earlier than the one before.
    wall: Option<Time>,
    later: u64,
    earlier: u64,
}

impl Clock {
    pub(super) fn new(zone: Option<(ZoneSpec, ZoneFrom)>) -> Clock {
        let (spec, from) = zone.unwrap_or((ZoneSpec::Utc, ZoneFrom::Assumed));
        Clock {
            spec,
            from,
            explicit: 0,
            zoneless: 0,
            repeated_hour: 0,
            skipped_hour: 0,
            previous: None,
            wall: None,
            later: 0,
            earlier: 0,
        }
    }

    /// The instant. Of the two readings of a repeated hour the one that goes on from the record before it: the
    /// first reading that is not clearly earlier, else the later one; the other way round where the newest record
    /// comes first.
    pub(super) fn read(&mut self, stamp: Stamp) -> Time {
        if stamp.has_zone {
            self.explicit += 1;
            return stamp.time;
        }
        self.zoneless += 1;
        let time = match self.spec.resolve(stamp.time) {
            Resolved::One(time) => time,
            Resolved::Skipped(time) => {
                self.skipped_hour += 1;
                time
            }
            Resolved::Two(early, late) => {
                self.repeated_hour += 1;
                self.of_two(early, late)
            }
        };
        self.step(stamp.time);
        self.previous = Some(time);
        time
    }

    fn of_two(&self, early: Time, late: Time) -> Time {
        const JITTER_SECS: f64 = 300.0;
        let newest_first = self.earlier > self.later;
        match self.previous {
            Some(previous) if newest_first && late.secs_since(previous) > JITTER_SECS => early,
            _ if newest_first => late,
            Some(previous) if early.secs_since(previous) < -JITTER_SECS => late,
            _ => early,
        }
    }

    fn step(&mut self, wall: Time) {
        if let Some(before) = self.wall.replace(wall) {
            self.later += u64::from(wall > before);
            self.earlier += u64::from(wall < before);
        }
    }

    pub(super) fn zone(&self) -> (String, ZoneFrom) {
        if self.zoneless == 0 && self.explicit > 0 {
            ("UTC".to_owned(), ZoneFrom::Explicit)
        } else {
            (self.spec.to_string(), self.from)
        }
    }

    pub(super) fn warn(&self, warnings: &mut Vec<String>) {
        if self.zoneless > 0 && self.explicit > 0 {
            warnings.push(format!(
                "{} state a zone and {} do not; those are read as {}",
                counted(self.explicit, "stamp"),
                self.zoneless,
                self.spec
            ));
        }
        if self.repeated_hour > 0 {
            warnings.push(format!(
                "{} in the hour that {} repeats when the clock is put back; read by the order of the records",
                counted(self.repeated_hour, "stamp"),
                self.spec
            ));
        }
        if self.skipped_hour > 0 {
            warnings.push(format!(
                "{} in an hour that {} skips when the clock is put forward: the zone may be wrong",
                counted(self.skipped_hour, "stamp"),
                self.spec
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Open, Precision};

    fn read_all(walls: &[&str]) -> Vec<String> {
        let berlin = ZoneSpec::parse("Europe/Berlin").unwrap();
        let mut clock = Clock::new(Some((berlin, ZoneFrom::Flag)));
        let stamp = |text: &&str| Stamp {
            time: format!("2021-10-31T{text}:00Z").parse().unwrap(),
            has_zone: false,
            precision: Precision::Seconds,
            open: Open::Nothing,
        };
        let times = walls.iter().map(|w| clock.read(stamp(w)));
        times
            .map(|t| t.to_utc().format("%H:%M").to_string())
            .collect()
    }

    #[test]
    fn the_repeated_hour_goes_on_in_the_order_of_the_file() {
        let walls = ["01:50", "02:10", "02:50", "02:10", "02:50", "03:10"];
        let times = ["23:50", "00:10", "00:50", "01:10", "01:50", "02:10"];
        assert_eq!(read_all(&walls), times);
        let back = |list: &[&'static str]| list.iter().rev().copied().collect::<Vec<_>>();
        assert_eq!(read_all(&back(&walls)), back(&times));
    }
}
