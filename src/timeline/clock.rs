//! Stamps to instants: the zone of those without one, and the hours that a changed clock repeats or skips.

use crate::model::{Stamp, Time, ZoneFrom};

use super::tally::counted;
use super::zone::{Resolved, ZoneSpec};

/// Reads stamps, and remembers how.
#[derive(Debug)]
pub(super) struct Clock {
    pub(super) spec: ZoneSpec,
    pub(super) from: ZoneFrom,
    pub(super) explicit: u64,
    pub(super) zoneless: u64,
    pub(super) repeated_hour: u64,
    pub(super) skipped_hour: u64,
    pub(super) previous: Option<Time>,
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
        }
    }

    /// The instant. Of the two readings of a repeated hour the one that goes on from the record before it: the
    /// first reading that is not clearly earlier, else the later one.
    pub(super) fn read(&mut self, stamp: Stamp) -> Time {
        const JITTER_SECS: f64 = 300.0;
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
                match self.previous {
                    Some(previous) if early.secs_since(previous) < -JITTER_SECS => late,
                    _ => early,
                }
            }
        };
        self.previous = Some(time);
        time
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
