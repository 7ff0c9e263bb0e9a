//! Which payment failures followed from the upstream outage, which did not, and how do we know?
//!
//! The library behind the `knockon` command. Data goes one way, from room to room; `pipeline` is the
//! table of contents. See `docs/architecture.md`.

pub mod attribution;
pub mod cli;
pub mod config;
pub mod impact;
pub mod model;
pub mod outage;
pub mod parse;
pub mod pipeline;
pub mod report;
pub mod source;
pub mod stats;
pub mod timeline;
