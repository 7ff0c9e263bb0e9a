//! The whole number that many sites put at the end of an access log's lines. Apache's `%D` counts microseconds, `%T`
//! seconds, `%{ms}T` milliseconds, `%I` and `%O` bytes; nothing in a line says which, only many lines together do.

use crate::model::DurationUnit;

/// Fewer lines than this tell nothing.
const LEAST: usize = 20;
/// Most requests take longer than this in microseconds, and few take longer in milliseconds.
const TYPICAL_MICROS: u64 = 1_000;
/// A log in which no request took longer than this in microseconds may hold sizes of requests instead.
const SLOWEST_MICROS: u64 = 50_000;
/// A number that exceeds the size of the body by no more than a header's length is the size with its header.
const HEADER_BYTES: u64 = 2_000;

/// What the sample showed, and what was decided.
#[derive(Default)]
pub(crate) struct Tail {
    /// Numbers at the end of the sample's lines, and whether each could be the size with a header.
    seen: Vec<(u64, bool)>,
    settled: bool,
    unit: Option<DurationUnit>,
}

impl Tail {
    /// The unit of the number at the end of a line whose body had `size` bytes; `None` when it is not known.
    /// While the sample is read, the number is remembered.
    pub(crate) fn unit(&mut self, number: u64, size: Option<u64>) -> Option<DurationUnit> {
        if !self.settled {
            let with_header = size.is_some_and(|s| (s..=s + HEADER_BYTES).contains(&number));
            self.seen.push((number, with_header));
        }
        self.unit
    }

    /// Decides on the sample; a unit that the user states counts. Gives a remark where something was guessed.
    pub(crate) fn settle(&mut self, stated: Option<DurationUnit>) -> Option<String> {
        self.settled = true;
        let seen = std::mem::take(&mut self.seen);
        if stated.is_some() || seen.is_empty() {
            self.unit = stated;
            return None;
        }
        if is_micros(&seen) {
            self.unit = Some(DurationUnit::Micros);
            return Some(
                "the number at the end of the lines was read as microseconds that the request took (Apache's %D); set duration_unit in knockon.toml if that is wrong"
                    .to_owned(),
            );
        }
        Some(
            "the number at the end of the lines is not read: it could be a time or a size; set duration_unit in knockon.toml if it is a time"
                .to_owned(),
        )
    }
}

fn is_micros(seen: &[(u64, bool)]) -> bool {
    let mut numbers: Vec<u64> = seen.iter().map(|(number, _)| *number).collect();
    numbers.sort_unstable();
    let sizes = seen.iter().filter(|(_, with_header)| *with_header).count();
    let (median, largest) = (numbers[numbers.len() / 2], numbers[numbers.len() - 1]);
    seen.len() >= LEAST
        && sizes * 2 < seen.len()
        && median >= TYPICAL_MICROS
        && largest >= SLOWEST_MICROS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(
        numbers: impl Iterator<Item = u64>,
        stated: Option<DurationUnit>,
    ) -> Option<DurationUnit> {
        let mut tail = Tail::default();
        for number in numbers {
            assert_eq!(tail.unit(number, Some(500)), None);
        }
        tail.settle(stated);
        tail.unit(7, None)
    }

    #[test]
    fn many_lines_tell_microseconds() {
        let micros = (0..40).map(|i| 4_000 + i * 3_000);
        assert_eq!(settled(micros.clone(), None), Some(DurationUnit::Micros));
        assert_eq!(settled(micros.clone().take(10), None), None);
        let millis = DurationUnit::Millis;
        assert_eq!(settled(micros, Some(millis)), Some(millis));
    }

    #[test]
    fn small_numbers_and_sizes_tell_nothing() {
        assert_eq!(settled((0..40).map(|i| i % 3), None), None);
        assert_eq!(settled((0..40).map(|i| 200 + i * 10), None), None);
        assert_eq!(settled((0..40).map(|i| 700 + i), None), None);
    }
}
