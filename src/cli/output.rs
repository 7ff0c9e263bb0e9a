//! Where a report goes: standard output, or a file that is written whole or not at all.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};

/// An open destination. A file is tried before the work starts, under another name beside its own, so that a bad
/// path fails at once; it stands there from the first byte of output on, so that even a process that is killed
/// while it reads leaves nothing behind. [`Output::finish`] gives it its name. Dropped unfinished, it is removed.
pub(crate) struct Output(Kind);

enum Kind {
    Stdout(BufWriter<StdoutLock<'static>>),
    /// A device or a pipe: cannot be replaced, so it is written directly.
    Direct(BufWriter<File>, PathBuf),
    File(Part),
}

/// The unfinished file.
struct Part {
    /// The file and its name for now, once something was written.
    begun: Option<(BufWriter<File>, PathBuf)>,
    target: PathBuf,
    /// Those of the file that is to be replaced.
    permissions: Option<fs::Permissions>,
    shown: PathBuf,
}

impl Part {
    /// A part of a path that can be written.
    fn tried(shown: &Path, target: PathBuf, old: Option<&fs::Metadata>) -> io::Result<Part> {
        let mut part = Part {
            begun: None,
            target,
            permissions: old.map(fs::Metadata::permissions),
            shown: shown.to_owned(),
        };
        part.writer()?;
        part.remove();
        Ok(part)
    }

    /// Where to write; creates the file the first time. Its name is hidden, so that a run over the same folder does
    /// not read it.
    fn writer(&mut self) -> io::Result<&mut BufWriter<File>> {
        let (out, _) = match &mut self.begun {
            Some(begun) => begun,
            none => {
                let (file, path) = create_beside(&self.target)?;
                let begun = none.insert((BufWriter::new(file), path));
                if let Some(permissions) = &self.permissions {
                    begun.0.get_ref().set_permissions(permissions.clone())?;
                }
                begun
            }
        };
        Ok(out)
    }

    fn remove(&mut self) {
        let Some((out, temporary)) = self.begun.take() else {
            return;
        };
        // What is still held for it goes nowhere.
        drop(out.into_parts());
        let mut unfinished = unfinished();
        // It may be gone already; there is nobody to tell.
        let _ = fs::remove_file(&temporary);
        unfinished.remove(&temporary);
    }

    /// Gives the file its name.
    fn complete(&mut self) -> io::Result<()> {
        let out = self.writer()?;
        out.flush()?;
        out.get_ref().sync_all()?;
        let mut unfinished = unfinished();
        if let Some((_, temporary)) = &self.begun {
            fs::rename(temporary, &self.target)?;
            unfinished.remove(temporary);
        }
        self.begun = None;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.remove();
    }
}

type Paths = BTreeSet<PathBuf>;

/// The unfinished files of this process. Whoever creates, names or removes one holds this.
static UNFINISHED: Mutex<Paths> = Mutex::new(Paths::new());

fn unfinished() -> MutexGuard<'static, Paths> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the unfinished files of a process that is about to end. While what it gives is held, no file is begun
/// or finished.
#[cfg(unix)]
pub(super) fn remove_unfinished() -> MutexGuard<'static, Paths> {
    let mut unfinished = unfinished();
    for path in std::mem::take(&mut *unfinished) {
        let _ = fs::remove_file(path);
    }
    unfinished
}

impl Output {
    /// Opens the destination: `None` and `-` stand for standard output.
    pub(crate) fn create(path: Option<&Path>) -> Result<Output> {
        let Some(path) = path.filter(|p| p.as_os_str() != "-") else {
            return Ok(Output(Kind::Stdout(BufWriter::new(io::stdout().lock()))));
        };
        let kind = open(path).with_context(|| cannot_write(path))?;
        Ok(Output(kind))
    }

    /// What stands now in the file that this is going to replace; `None` where there is none, or no text.
    pub(crate) fn earlier(&self) -> Option<String> {
        match &self.0 {
            Kind::File(part) => fs::read_to_string(&part.target).ok(),
            Kind::Stdout(_) | Kind::Direct(..) => None,
        }
    }

    /// Whether this is standard output.
    pub(crate) fn is_stdout(&self) -> bool {
        matches!(self.0, Kind::Stdout(_))
    }

    /// Puts everything where it belongs.
    pub(crate) fn finish(self) -> Result<()> {
        match self.0 {
            Kind::Stdout(mut out) => out.flush().context("cannot write to standard output"),
            Kind::Direct(mut out, path) => out.flush().with_context(|| cannot_write(&path)),
            Kind::File(mut part) => {
                let done = part.complete();
                done.with_context(|| cannot_write(&part.shown))
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Stdout(out) => out.write(bytes),
            Kind::Direct(out, _) => out.write(bytes),
            Kind::File(part) => part.writer()?.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Kind::Stdout(out) => out.flush(),
            Kind::Direct(out, _) => out.flush(),
            Kind::File(part) => part.writer()?.flush(),
        }
    }
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write \"{}\"", path.display())
}

fn open(path: &Path) -> io::Result<Kind> {
    let existing = match fs::metadata(path) {
        Ok(metadata) => Some(metadata),
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        Err(e) => return Err(e),
    };
    match &existing {
        Some(m) if m.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Some(m) if !m.is_file() => {
            let file = OpenOptions::new().write(true).open(path)?;
            Ok(Kind::Direct(BufWriter::new(file), path.to_owned()))
        }
        Some(m) => {
            // A file that we may not write must not be replaced either.
            OpenOptions::new().append(true).open(path)?;
            let part = Part::tried(path, fs::canonicalize(path)?, Some(m))?;
            Ok(Kind::File(part))
        }
        None => Ok(Kind::File(Part::tried(path, path.to_owned(), None)?)),
    }
}

/// A new file beside `target`; never one that exists already, whoever left it there.
fn create_beside(target: &Path) -> io::Result<(File, PathBuf)> {
    let Some(name) = target.file_name().map(|name| name.to_string_lossy()) else {
        return Err(io::ErrorKind::InvalidFilename.into());
    };
    let mut unfinished = unfinished();
    let mut number = 0;
    loop {
        let path = target.with_file_name(format!(".{name}.{}-{number}.part", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && number < 100 => number += 1,
            Err(e) => return Err(e),
            Ok(file) => {
                unfinished.insert(path.clone());
                return Ok((file, path));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_finished_file_replaces_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.md");
        fs::write(&path, "old").unwrap();
        let mut output = Output::create(Some(&path)).unwrap();
        output.write_all(b"new").unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "old",
            "not before the end"
        );
        output.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(folder.path()), ["report.md"]);
    }

    #[test]
    fn an_unfinished_file_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.md");
        let mut output = Output::create(Some(&path)).unwrap();
        output.write_all(b"half").unwrap();
        drop(output);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_bad_path_fails_at_once() {
        let folder = tempfile::tempdir().unwrap();
        for bad in [folder.path().to_owned(), folder.path().join("no/such/file")] {
            let error = Output::create(Some(&bad)).err().unwrap();
            assert!(error.to_string().starts_with("cannot write "), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real");
        let link = folder.path().join("link");
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let mut output = Output::create(Some(&link)).unwrap();
        output.write_all(b"new").unwrap();
        output.finish().unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
