//! The scores as a reader wants them: the table of the families, the targets that they miss, and whether a probability
//! means what it says. What is measured is decided in `score`.

pub(crate) mod page;
pub(crate) mod reliability;
pub(crate) mod table;
pub(crate) mod targets;

/// The value that a share of the errors does not exceed, signs left out; `None` when there are none.
pub(crate) fn quantile(errors: &[f64], share: f64) -> Option<f64> {
    let mut sizes: Vec<f64> = errors.iter().map(|e| e.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let last = sizes.len().checked_sub(1)?;
    sizes.get((last as f64 * share).round() as usize).copied()
}
