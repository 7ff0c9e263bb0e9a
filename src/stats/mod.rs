//! Numbers in, numbers out. Every method names its reference; nothing here knows what a payment is.

mod interval;
mod segment;
mod sieve;
mod summary;

pub use interval::{sigmoid, wilson};
pub use segment::{
    Boundary, Levels, Run, Segmented, Sequence, locate_boundary, places, segment_from_own_baseline,
};
pub use sieve::Sieve;
pub use summary::{median, quantile};
