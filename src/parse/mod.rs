//! parse

pub mod json;
pub mod stamp;
