//! Opening an input: compression is peeled by what the data starts with, and UTF-16 becomes UTF-8.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::spool;
use super::{BUFFER, Entry, Input, Limits, Packing, SourceError};
use crate::model::Watched;

/// Layers of compression that are peeled (a `.gz` inside a `.zst` happens; deeper is no log).
const MAX_LAYERS: usize = 3;
/// The ratio is looked at only after this many bytes: short texts compress very well.
const RATIO_FROM: u64 = 1 << 30;

/// An input, ready to be read as plain bytes.
pub struct Opened {
    /// The plain bytes. An archive that is cut off gives what could be read, then an error.
    pub reader: Box<dyn BufRead + Send>,
    /// `gzip`, `zstd`, `bzip2`, `xz`, `zip`, `tar`; empty for plain. The outermost one where they are nested.
    pub compression: &'static str,
}

/// Opens `input` from its start; may be called again, for standard input and pipes too. `watch` is told of what is read.
///
/// # Errors
/// The file cannot be opened, or its first bytes cannot be read.
pub fn open(input: &Input, limits: &Limits, watch: &Watched) -> Result<Opened, SourceError> {
    let failed = |source| SourceError::Io {
        path: input.shown.clone(),
        source,
    };
    let (raw, container) = match &input.entry {
        Some(entry) => (entry_reader(input, entry, limits), packed_in(entry.packing)),
        None => (raw_reader(input, limits), ""),
    };
    watch.input(&input.shown);
    let told = Told {
        reader: raw.map_err(failed)?,
        watch: Watched::clone(watch),
    };
    let buffered = BufReader::with_capacity(BUFFER, told);
    let (reader, compression) = peel_all(Box::new(buffered), limits).map_err(failed)?;
    let reader = plain_text(reader).map_err(failed)?;
    Ok(Opened {
        reader,
        compression: if container.is_empty() {
            compression
        } else {
            container
        },
    })
}

/// Tells of what is read.
pub(super) struct Told<R> {
    pub(super) reader: R,
    pub(super) watch: Watched,
}

impl<R: Read> Read for Told<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Whoever asked for the reading asks again, and tells of it.
        if let Some(why) = self.watch.must_end() {
            return Err(io::Error::other(why));
        }
        let n = self.reader.read(buffer)?;
        self.watch.read(n as u64);
        Ok(n)
    }
}

/// The bytes of a regular file, its compression peeled.
pub(super) fn whole(path: &Path, limits: &Limits) -> io::Result<Box<dyn BufRead + Send>> {
    let file = BufReader::with_capacity(BUFFER, File::open(path)?);
    Ok(peel_all(Box::new(file), limits)?.0)
}

/// Peels what the bytes are compressed with; gives the outermost compression.
fn peel_all(
    mut reader: Box<dyn BufRead + Send>,
    limits: &Limits,
) -> io::Result<(Box<dyn BufRead + Send>, &'static str)> {
    let mut compression = "";
    for _ in 0..MAX_LAYERS {
        let (head, rest) = peek(reader, 6)?;
        reader = rest;
        let Some(found) = compression_of(&head) else {
            break;
        };
        if compression.is_empty() {
            compression = found;
        }
        reader = peel(found, reader, limits)?;
    }
    Ok((reader, compression))
}

fn packed_in(packing: Packing) -> &'static str {
    match packing {
        Packing::Tar => "tar",
        Packing::ZipStored | Packing::ZipDeflated => "zip",
    }
}

/// The unpacked bytes of an entry of an archive.
fn entry_reader(input: &Input, entry: &Entry, limits: &Limits) -> io::Result<Box<dyn Read + Send>> {
    let mut file = File::open(&input.path)?;
    let mut head = [0u8; 6];
    let got = file.read(&mut head)?;
    let rest: Box<dyn Read + Send> = if compression_of(&head[..got]).is_some() {
        // Compressed as a whole: unpacked once, for all entries.
        let kept = spool::kept(&input.path, limits, || Ok(whole(&input.path, limits)?))?;
        Box::new(kept.reader_from(entry.offset))
    } else {
        file.seek(SeekFrom::Start(entry.offset))?;
        Box::new(BufReader::with_capacity(BUFFER, file))
    };
    let packed: Box<dyn Read + Send> = match entry.length {
        Some(left) => Box::new(Exactly { reader: rest, left }),
        None => rest,
    };
    Ok(match entry.packing {
        Packing::Tar | Packing::ZipStored => packed,
        Packing::ZipDeflated => {
            let (read, counted) = counted(BufReader::with_capacity(BUFFER, packed));
            Box::new(Bounded {
                plain: Box::new(flate2::bufread::DeflateDecoder::new(counted)),
                read,
                given: 0,
                over: false,
                limits: limits.clone(),
            })
        }
    })
}

/// So many bytes, or an error where there are fewer.
struct Exactly {
    reader: Box<dyn Read + Send>,
    left: u64,
}

impl Read for Exactly {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let n = self.reader.read(&mut buffer[..most])?;
        if n == 0 && most > 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the archive ends inside this entry",
            ));
        }
        self.left -= n as u64;
        Ok(n)
    }
}

fn raw_reader(input: &Input, limits: &Limits) -> io::Result<Box<dyn Read + Send>> {
    if input.is_stdin() {
        let kept = spool::kept(&input.path, limits, || Ok(Box::new(io::stdin().lock())))?;
        return Ok(Box::new(kept.reader()));
    }
    let meta = std::fs::metadata(&input.path)?;
    if meta.is_file() {
        return Ok(Box::new(File::open(&input.path)?));
    }
    if meta.is_dir() {
        return Err(io::Error::other("is a folder"));
    }
    let kept = spool::kept(&input.path, limits, || {
        if is_endless(&input.path, &meta) {
            return Err(io::Error::other("is a device, not a log"));
        }
        Ok(Box::new(File::open(&input.path)?))
    })?;
    Ok(Box::new(kept.reader()))
}

/// Whether it is a device that may have no end: any but a terminal and the empty one.
#[cfg(unix)]
fn is_endless(path: &Path, meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    let kind = meta.file_type();
    let real = path.canonicalize().unwrap_or_default();
    let ends = ["/dev/null", "/dev/tty", "/dev/pts", "/dev/console"]
        .iter()
        .any(|ending| real.to_string_lossy().starts_with(ending));
    kind.is_block_device() || kind.is_char_device() && !ends
}

#[cfg(not(unix))]
fn is_endless(_: &Path, _: &std::fs::Metadata) -> bool {
    false
}

/// The first bytes (up to `n`), and a reader that still starts with them.
fn peek(
    mut reader: Box<dyn BufRead + Send>,
    n: u64,
) -> io::Result<(Vec<u8>, Box<dyn BufRead + Send>)> {
    let mut head = Vec::new();
    match reader.by_ref().take(n).read_to_end(&mut head) {
        Ok(_) => {}
        // A broken inner stream is told by the next read, after what could be read.
        Err(_) if !head.is_empty() => {}
        Err(e) => return Err(e),
    }
    let again = Cursor::new(head.clone()).chain(reader);
    Ok((head, Box::new(again)))
}

pub(super) fn compression_of(head: &[u8]) -> Option<&'static str> {
    match head {
        [0x1f, 0x8b, 8, ..] => Some("gzip"),
        // A zstd frame, or a skippable frame before it.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some("zstd"),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41] => Some("bzip2"),
        [0xfd, b'7', b'z', b'X', b'Z', 0] => Some("xz"),
        _ => None,
    }
}

fn peel(
    compression: &'static str,
    reader: Box<dyn BufRead + Send>,
    limits: &Limits,
) -> io::Result<Box<dyn BufRead + Send>> {
    let (read, counted) = counted(reader);
    let plain: Box<dyn Read + Send> = match compression {
        "gzip" => Box::new(flate2::bufread::MultiGzDecoder::new(counted)),
        "zstd" => Box::new(zstd::stream::read::Decoder::with_buffer(counted)?),
        "bzip2" => Box::new(bzip2::bufread::MultiBzDecoder::new(counted)),
        _ => unpack_xz(counted, &read, limits)?,
    };
    Ok(Box::new(BufReader::with_capacity(
        BUFFER,
        Bounded {
            plain,
            read,
            given: 0,
            over: false,
            limits: limits.clone(),
        },
    )))
}

/// Unpacks xz to a temporary file (the decoder pushes, it cannot be pulled); what came before an error is kept.
fn unpack_xz(
    mut reader: impl BufRead,
    packed: &Counter,
    limits: &Limits,
) -> io::Result<Box<dyn Read + Send>> {
    let mut file = BoundedFile {
        file: tempfile::tempfile()?,
        given: 0,
        packed: packed.clone(),
        limits: limits.clone(),
    };
    let mut failure = None;
    loop {
        let result = lzma_rs::xz_decompress(&mut reader, &mut file);
        let next_stream = reader
            .fill_buf()
            .is_ok_and(|b| b.starts_with(&[0xfd, b'7', b'z', b'X', b'Z']));
        match result {
            // The decoder finds a second stream to be "unexpected data": it is the next part of the same text.
            _ if next_stream => {}
            Ok(()) => break,
            Err(lzma_rs::error::Error::IoError(e)) => {
                failure = Some(e);
                break;
            }
            Err(e) => {
                failure = Some(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    format!("{e:?}"),
                ));
                break;
            }
        }
    }
    let mut file = file.file;
    file.flush()?;
    file.seek(SeekFrom::Start(0))?;
    Ok(Box::new(file.chain(Failing(failure))))
}

/// Gives its error once, then ends.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

type Counter = std::sync::Arc<std::sync::atomic::AtomicU64>;

struct Counted<R> {
    reader: R,
    count: Counter,
}

fn counted<R: BufRead>(reader: R) -> (Counter, Counted<R>) {
    let count = Counter::default();
    (count.clone(), Counted { reader, count })
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer)?;
        self.count
            .fetch_add(n as u64, std::sync::atomic::Ordering::Relaxed);
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        self.count
            .fetch_add(n as u64, std::sync::atomic::Ordering::Relaxed);
        self.reader.consume(n);
    }
}

/// Stops a decompression bomb.
struct Bounded {
    plain: Box<dyn Read + Send>,
    read: Counter,
    given: u64,
    /// More came than may.
    over: bool,
    limits: Limits,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.over {
            return Err(too_large(&self.limits));
        }
        let n = self.plain.read(buffer)?;
        let read = self.read.load(std::sync::atomic::Ordering::Relaxed);
        let room = usize::try_from(room(self.given, read, &self.limits)).unwrap_or(usize::MAX);
        self.given += n as u64;
        self.over = n > room;
        match room {
            0 if self.over => Err(too_large(&self.limits)),
            _ => Ok(n.min(room)),
        }
    }
}

/// How many bytes may still come out, after so many and from so many packed ones.
fn room(given: u64, read: u64, limits: &Limits) -> u64 {
    let by_ratio = read.max(1).saturating_mul(limits.max_decompressed_ratio);
    let most = limits.max_unpacked_bytes.min(by_ratio.max(RATIO_FROM));
    most.saturating_sub(given)
}

/// What is said when that is used up.
pub(super) fn too_large(limits: &Limits) -> io::Error {
    let why = format!(
        "--max-unpacked allows {} bytes, and --max-ratio {} for each packed one",
        limits.max_unpacked_bytes, limits.max_decompressed_ratio
    );
    io::Error::new(io::ErrorKind::FileTooLarge, why)
}

/// Takes no more than may come out of an archive.
struct BoundedFile {
    file: File,
    given: u64,
    packed: Counter,
    limits: Limits,
}

impl Write for BoundedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let packed = self.packed.load(std::sync::atomic::Ordering::Relaxed);
        let room = room(self.given, packed, &self.limits);
        let most = usize::try_from(room).unwrap_or(usize::MAX);
        if most == 0 && !bytes.is_empty() {
            return Err(too_large(&self.limits));
        }
        let n = self.file.write(&bytes[..bytes.len().min(most)])?;
        self.given += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Takes a UTF-8 byte order mark off, and turns UTF-16 (which states itself by its mark) into UTF-8.
fn plain_text(reader: Box<dyn BufRead + Send>) -> io::Result<Box<dyn BufRead + Send>> {
    let (head, mut rest) = match peek(reader, 3) {
        Ok(both) => both,
        // The very first byte of the plain text cannot be read: leave the telling to whoever reads.
        Err(e) => return Ok(Box::new(BufReader::new(Failing(Some(e))))),
    };
    let (skip, big_endian) = match head.as_slice() {
        [0xef, 0xbb, 0xbf] => (3, None),
        [0xff, 0xfe, ..] => (2, Some(false)),
        [0xfe, 0xff, ..] => (2, Some(true)),
        _ => return Ok(rest),
    };
    io::copy(&mut rest.by_ref().take(skip), &mut io::sink())?;
    match big_endian {
        None => Ok(rest),
        Some(big_endian) => Ok(Box::new(BufReader::new(Utf16 {
            reader: rest,
            big_endian,
            high: None,
            pending: Vec::new(),
        }))),
    }
}

/// UTF-16 to UTF-8; what is no text becomes U+FFFD.
struct Utf16<R> {
    reader: R,
    big_endian: bool,
    high: Option<u16>,
    pending: Vec<u8>,
}

impl<R: BufRead> Utf16<R> {
    fn fill(&mut self) -> io::Result<()> {
        let mut units = Vec::new();
        units.extend(self.high.take());
        let mut bytes = Vec::new();
        self.reader.by_ref().take(8192).read_to_end(&mut bytes)?;
        units.extend(bytes.chunks_exact(2).map(|pair| {
            let pair = [pair[0], pair[1]];
            if self.big_endian {
                u16::from_be_bytes(pair)
            } else {
                u16::from_le_bytes(pair)
            }
        }));
        if !bytes.is_empty() && units.last().is_some_and(|u| (0xd800..0xdc00).contains(u)) {
            self.high = units.pop();
        }
        for c in char::decode_utf16(units) {
            let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.pending
                .extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.pending.is_empty() {
            self.fill()?;
        }
        let n = self.pending.len().min(buffer.len());
        buffer[..n].copy_from_slice(&self.pending[..n]);
        self.pending.drain(..n);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"one\ntwo\nthree\n";

    #[test]
    fn the_ratio_counts_from_the_first_gibibyte_on() {
        let limits = Limits {
            max_decompressed_ratio: 3,
            max_unpacked_bytes: 5 << 30,
            ..Limits::default()
        };
        assert_eq!(room(0, 1, &limits), RATIO_FROM);
        assert_eq!(room(RATIO_FROM, 1, &limits), 0);
        assert_eq!(room(RATIO_FROM, 1 << 29, &limits), RATIO_FROM / 2);
        assert_eq!(room(RATIO_FROM, u64::MAX, &limits), 4 << 30);
    }

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut w = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        w.write_all(data).unwrap();
        w.finish().unwrap()
    }

    fn bzip(data: &[u8]) -> Vec<u8> {
        let mut w = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        w.write_all(data).unwrap();
        w.finish().unwrap()
    }

    fn zst(data: &[u8]) -> Vec<u8> {
        zstd::encode_all(data, 1).unwrap()
    }

    fn xz(data: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        lzma_rs::xz_compress(&mut &data[..], &mut out).unwrap();
        out
    }

    fn input(path: &Path) -> Input {
        Input {
            path: path.to_owned(),
            entry: None,
            shown: path.to_string_lossy().into_owned(),
            role: None,
            name: None,
        }
    }

    /// What is read before the end or an error, the error, and the compression.
    fn read(bytes: &[u8]) -> (Vec<u8>, Option<io::Error>, &'static str) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.log");
        std::fs::write(&path, bytes).unwrap();
        let mut opened = open(&input(&path), &Limits::default(), &Watched::default()).unwrap();
        let mut out = Vec::new();
        let error = opened.reader.read_to_end(&mut out).err();
        (out, error, opened.compression)
    }

    #[test]
    fn every_compression_is_peeled_and_all_of_its_parts_are_read() {
        type Pack = fn(&[u8]) -> Vec<u8>;
        let packs: [(&str, Pack); 4] = [("gzip", gzip), ("zstd", zst), ("bzip2", bzip), ("xz", xz)];
        for (name, pack) in packs {
            let (out, error, compression) = read(&[pack(TEXT), pack(b"four\n")].concat());
            assert!(error.is_none(), "{name}: {error:?}");
            assert_eq!(out, b"one\ntwo\nthree\nfour\n", "{name}");
            assert_eq!(compression, name);
        }
        assert_eq!(read(&gzip(&zst(TEXT))).0, TEXT, "nested");
        assert_eq!(read(TEXT).2, "");
    }

    #[test]
    fn a_cut_archive_gives_what_could_be_read_then_an_error() {
        let text: Vec<u8> = (0..20_000u32)
            .flat_map(|i| format!("line {} {}\n", i, i.wrapping_mul(2_654_435_761)).into_bytes())
            .collect();
        for pack in [gzip, zst] {
            let packed = pack(&text);
            let (out, error, _) = read(&packed[..packed.len() / 2]);
            assert!(error.is_some());
            assert!(!out.is_empty() && text.starts_with(&out), "{}", out.len());
        }
    }

    #[test]
    fn byte_order_marks_and_utf16_become_plain_utf8() {
        assert_eq!(read(b"\xef\xbb\xbfts,id\n").0, b"ts,id\n");
        let text = "ts;betrag\n1;5 \u{20ac} \u{1f600}\n";
        let le: Vec<u8> = std::iter::once(0xfeff)
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        let be: Vec<u8> = std::iter::once(0xfeff)
            .chain(text.encode_utf16())
            .flat_map(u16::to_be_bytes)
            .collect();
        assert_eq!(read(&le).0, text.as_bytes());
        assert_eq!(read(&be).0, text.as_bytes());
    }

    #[cfg(unix)]
    #[test]
    fn a_named_pipe_can_be_read_twice() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        if !made.is_ok_and(|s| s.success()) {
            return;
        }
        let writer = path.clone();
        let thread = std::thread::spawn(move || std::fs::write(writer, TEXT));
        for _ in 0..2 {
            let mut out = Vec::new();
            open(&input(&path), &Limits::default(), &Watched::default())
                .unwrap()
                .reader
                .read_to_end(&mut out)
                .unwrap();
            assert_eq!(out, TEXT);
        }
        thread.join().unwrap().unwrap();
    }
}
