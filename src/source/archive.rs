//! Archives of logs: a zip, or a tar, compressed as a whole or not. Each entry is an input of its own.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::open;
use super::{Entry, Limits, Packing};

/// So many bytes tell a tar: its mark stands at 257.
const TAR_HEAD: usize = 263;
const ZIP_LOCAL_HEADER: [u8; 4] = *b"PK\x03\x04";
const ZIP_LOCAL_LENGTH: u64 = 30;

/// What an archive holds.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Names and places of its files, in its order.
    pub(super) entries: Vec<(String, Entry)>,
    /// What a reader should know: why the list may not be whole, which entries cannot be unpacked.
    pub(super) remarks: Vec<String>,
}

/// What is in the file, if it is an archive.
pub(super) fn list(path: &Path, limits: &Limits) -> Option<Listing> {
    let mut head = [0u8; 4];
    let mut file = File::open(path).ok()?;
    let got = file.read(&mut head).ok()?;
    if head[..got] == ZIP_LOCAL_HEADER {
        return Some(zip(file));
    }
    let mut reader = open::whole(path, limits).ok()?;
    let mut start = Vec::new();
    // What cannot be read here cannot be read later either, and is told then.
    let _ = reader
        .by_ref()
        .take(TAR_HEAD as u64)
        .read_to_end(&mut start);
    let is_tar = start.len() == TAR_HEAD && &start[257..262] == b"ustar";
    is_tar.then(|| tar(io::Cursor::new(start).chain(reader)))
}

fn tar(reader: impl Read) -> Listing {
    let mut listing = Listing::default();
    let mut archive = tar::Archive::new(reader);
    let entries = match archive.entries() {
        Ok(entries) => entries,
        Err(error) => {
            listing.remarks.push(cut_off(&error));
            return listing;
        }
    };
    for entry in entries {
        match entry {
            Ok(entry) if entry.header().entry_type().is_file() => {
                let place = Entry {
                    offset: entry.raw_file_position(),
                    length: Some(entry.size()),
                    packing: Packing::Tar,
                };
                let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
                listing.entries.push((name, place));
            }
            Ok(_) => {}
            Err(error) => {
                listing.remarks.push(cut_off(&error));
                break;
            }
        }
    }
    listing
}

fn cut_off(error: &io::Error) -> String {
    format!(
        "the archive is damaged or cut off ({error}); what came before was read, the rest is missing"
    )
}

fn zip(file: File) -> Listing {
    let mut archive = match zip::ZipArchive::new(BufReader::new(&file)) {
        Ok(archive) => archive,
        // Its directory stands at the end: without it the entries tell themselves.
        Err(error) => return without_directory(&file, &error.to_string()),
    };
    let mut listing = Listing::default();
    for i in 0..archive.len() {
        let Ok(entry) = archive.by_index_raw(i) else {
            listing
                .remarks
                .push(format!("entry {} cannot be found", i + 1));
            continue;
        };
        if entry.is_dir() {
            continue;
        }
        let name = entry.name().to_owned();
        let method = entry.compression();
        match packing(u32::from(method_number(method)), entry.encrypted()) {
            Ok(packing) => {
                let place = Entry {
                    offset: entry.data_start().unwrap_or_default(),
                    length: Some(entry.compressed_size()),
                    packing,
                };
                listing.entries.push((name, place));
            }
            Err(why) => listing.remarks.push(format!("{name}: {why}")),
        }
    }
    listing
}

#[expect(
    deprecated,
    reason = "the only way to the number of a method that the crate was not built with"
)]
fn method_number(method: zip::CompressionMethod) -> u16 {
    method.to_u16()
}

fn packing(method: u32, encrypted: bool) -> Result<Packing, String> {
    match method {
        _ if encrypted => Err("is encrypted; unpack it first".to_owned()),
        0 => Ok(Packing::ZipStored),
        8 => Ok(Packing::ZipDeflated),
        other => Err(format!("is packed by method {other}; unpack it first")),
    }
}

/// Goes through a zip from its start, from entry to entry, as far as their lengths stand before them.
fn without_directory(file: &File, why: &str) -> Listing {
    let mut listing = Listing::default();
    listing.remarks.push(format!(
        "the archive is damaged or cut off ({why}); what its start holds was read, the rest is missing"
    ));
    let mut at = 0;
    while let Ok(Some(header)) = local_header(file, at) {
        let name = header.name;
        if !name.ends_with('/') {
            match packing(u32::from(header.method), header.is_encrypted) {
                Ok(packing) => {
                    let place = Entry {
                        offset: header.offset,
                        length: header.length,
                        packing,
                    };
                    listing.entries.push((name, place));
                }
                Err(why) => listing.remarks.push(format!("{name}: {why}")),
            }
        }
        match header
            .length
            .and_then(|length| header.offset.checked_add(length))
        {
            Some(end) => at = end,
            None => break,
        }
    }
    listing
}

/// What stands before an entry of a zip (APPNOTE.TXT, 4.3.7).
struct LocalHeader {
    name: String,
    /// Of its first byte.
    offset: u64,
    /// `None` when it is told behind the entry only.
    length: Option<u64>,
    method: u16,
    is_encrypted: bool,
}

/// The header at `at`, if there is one.
fn local_header(mut file: &File, at: u64) -> io::Result<Option<LocalHeader>> {
    let mut header = [0u8; ZIP_LOCAL_LENGTH as usize];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut header)?;
    if header[..4] != ZIP_LOCAL_HEADER {
        return Ok(None);
    }
    let short = |i: usize| u16::from_le_bytes([header[i], header[i + 1]]);
    let long =
        |i: usize| u32::from_le_bytes([header[i], header[i + 1], header[i + 2], header[i + 3]]);
    let (flags, method) = (short(6), short(8));
    let mut name = vec![0; usize::from(short(26))];
    file.read_exact(&mut name)?;
    let told_later = flags & 8 != 0 && long(18) == 0;
    Ok(Some(LocalHeader {
        name: String::from_utf8_lossy(&name).into_owned(),
        offset: at + ZIP_LOCAL_LENGTH + u64::from(short(26)) + u64::from(short(28)),
        length: (!told_later && long(18) != u32::MAX).then(|| u64::from(long(18))),
        method,
        is_encrypted: flags & 1 != 0,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Watched;
    use crate::source::{Input, Request, discover, open};
    use std::io::Write;
    use std::path::PathBuf;

    const LOGS: [(&str, &[u8]); 3] = [
        ("api/payments.jsonl", b"{\"a\":1}\n{\"a\":2}\n"),
        ("notes.md", b"no log\n"),
        ("calls.log", b"one\ntwo\nthree\n"),
    ];

    fn tar_of_logs() -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, data) in LOGS {
            let mut header = tar::Header::new_gnu();
            header.set_size(data.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, name, data).unwrap();
        }
        tar.into_inner().unwrap()
    }

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut w = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        w.write_all(data).unwrap();
        w.finish().unwrap()
    }

    fn stored_zip() -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored);
        for (name, data) in LOGS {
            zip.start_file(name, options).unwrap();
            zip.write_all(data).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    /// Deflated entries one after the other, and no directory: what a broken download leaves.
    fn zip_without_directory() -> Vec<u8> {
        let mut out = Vec::new();
        for (name, data) in LOGS {
            let mut w = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
            w.write_all(data).unwrap();
            let packed = w.finish().unwrap();
            out.extend(ZIP_LOCAL_HEADER);
            out.extend([20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            out.extend((packed.len() as u32).to_le_bytes());
            out.extend((data.len() as u32).to_le_bytes());
            out.extend((name.len() as u16).to_le_bytes());
            out.extend([0, 0]);
            out.extend(name.as_bytes());
            out.extend(packed);
        }
        out
    }

    /// Name, bytes, and the error that ended them.
    type Read = (String, Vec<u8>, Option<io::Error>);

    fn found(data: &[u8]) -> (Vec<Read>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path: PathBuf = folder.path().join("export.bin");
        std::fs::write(&path, data).unwrap();
        let request = Request {
            path: folder.path().to_string_lossy().into_owned(),
            role: None,
            name: None,
        };
        let limits = Limits::default();
        let (inputs, skipped) = discover(&[request], &limits).unwrap();
        let read = |input: &Input| {
            let mut out = Vec::new();
            let error = open(input, &limits, &Watched::default())
                .unwrap()
                .reader
                .read_to_end(&mut out)
                .err();
            let name = input.shown.rsplit_once("export.bin").unwrap().1.to_owned();
            (name, out, error)
        };
        (inputs.iter().map(read).collect(), skipped)
    }

    #[test]
    fn every_log_of_an_archive_is_an_input() {
        for data in [
            tar_of_logs(),
            gzip(&tar_of_logs()),
            stored_zip(),
            zip_without_directory(),
        ] {
            let (inputs, skipped) = found(&data);
            let names: Vec<&str> = inputs.iter().map(|i| i.0.as_str()).collect();
            assert_eq!(names, ["/api/payments.jsonl", "/calls.log"]);
            assert_eq!(inputs[0].1, LOGS[0].1);
            assert_eq!(inputs[1].1, LOGS[2].1);
            assert!(inputs.iter().all(|i| i.2.is_none()));
            assert!(
                skipped.iter().any(|s| s.contains("notes.md: not a log")),
                "{skipped:?}"
            );
        }
    }

    #[test]
    fn a_cut_archive_gives_what_could_be_read_and_says_so() {
        let whole = zip_without_directory();
        let (inputs, skipped) = found(&whole[..whole.len() - 4]);
        assert_eq!(inputs[0].1, LOGS[0].1);
        assert!(inputs[1].2.is_some(), "the last entry is cut");
        assert!(skipped.iter().any(|s| s.contains("cut off")), "{skipped:?}");
        let tar = tar_of_logs();
        let (inputs, _) = found(&tar[..512 + 512 + 512 + 100]);
        assert_eq!(inputs[0].1, LOGS[0].1);
    }

    #[test]
    fn no_bytes_panic() {
        let whole = stored_zip();
        for cut in (0..whole.len()).step_by(7) {
            found(&whole[..cut]);
            let mut damaged = whole.clone();
            damaged[cut] ^= 0xff;
            found(&damaged);
        }
    }
}
