//! Archives and compressed files: tar, zip, gzip, zstd, bzip2, xz.

#![no_main]

use std::io::Read as _;

use knockon::model::Watched;
use knockon::source::{self, Input, Limits};
use knockon_fuzz::files::{Folder, small_limits};
use libfuzzer_sys::fuzz_target;

/// Of a few more bytes than these, no more may be read.
const MOST_BYTES: u64 = 100_000;
const MOST_FILES: usize = 3;

fuzz_target!(|bytes: &[u8]| {
    let folder = Folder::with("a", bytes);
    let (inputs, _) = discovered(&folder, &small_limits());
    for input in &inputs {
        holds(input, bytes);
    }
    let limits = Limits {
        max_files: MOST_FILES,
        ..small_limits()
    };
    let (few, skipped) = discovered(&folder, &limits);
    assert!(few.len() <= MOST_FILES, "{} inputs", few.len());
    if few.len() < inputs.len() {
        assert!(!skipped.is_empty(), "files are left out in silence");
    }
});

fn discovered(folder: &Folder, limits: &Limits) -> (Vec<Input>, Vec<String>) {
    let found = source::discover(&[folder.request()], limits);
    let (inputs, skipped) = found.expect("the folder is there");
    for pair in inputs.windows(2) {
        assert!(pair[0].shown <= pair[1].shown, "not in order");
    }
    for input in &inputs {
        assert!(
            input.path.starts_with(folder.path()),
            "{input:?} is elsewhere"
        );
    }
    (inputs, skipped)
}

/// The same bytes come out twice, no more than may, and plain ones as they are.
fn holds(input: &Input, bytes: &[u8]) {
    let all = unpacked(input, &small_limits());
    assert_eq!(all, unpacked(input, &small_limits()), "{input:?}");
    let limits = Limits {
        max_unpacked_bytes: MOST_BYTES,
        ..small_limits()
    };
    let Some((plain, compression, _)) = all else {
        return;
    };
    if compression.is_empty() {
        is_plain(&plain, bytes);
        return;
    }
    is_within(&plain, small_limits().max_unpacked_bytes);
    let Some((few, _, whole)) = unpacked(input, &limits) else {
        return;
    };
    is_within(&few, MOST_BYTES);
    assert!(
        plain.starts_with(&few),
        "{input:?}: other bytes under a limit"
    );
    assert!(!whole || few == plain, "{input:?}: cut in silence");
}

/// No more came out than may; UTF-16 grows by half when it becomes UTF-8.
fn is_within(plain: &[u8], most: u64) {
    assert!(plain.len() as u64 <= most * 3 / 2, "{} bytes", plain.len());
}

/// What is not packed comes out as it is, but for a mark of its encoding.
fn is_plain(plain: &[u8], bytes: &[u8]) {
    let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let bare = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    assert!(is_utf16 || plain == bare, "plain bytes are changed");
}

/// What comes out, what it was packed with, and whether it came to its end; `None` when it cannot be opened.
fn unpacked(input: &Input, limits: &Limits) -> Option<(Vec<u8>, &'static str, bool)> {
    let opened = source::open(input, limits, &Watched::default()).ok()?;
    let mut reader = opened.reader;
    let mut plain = Vec::new();
    let whole = reader.read_to_end(&mut plain).is_ok();
    Some((plain, opened.compression, whole))
}
