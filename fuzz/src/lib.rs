//! What the fuzz targets share: files out of bytes, and properties that hold of every reading.

pub mod files;
pub mod outputs;
pub mod reading;
