//! Where a report goes: standard output, or a file that is written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// An open destination. A file is created before the work starts, under another name beside its own, so that
/// a bad path fails at once; [`Output::finish`] gives it its name. Dropped unfinished, it leaves nothing behind.
pub(crate) struct Output(Kind);

enum Kind {
    Stdout(BufWriter<StdoutLock<'static>>),
    /// A device or a pipe: cannot be replaced, so it is written directly.
    Direct(BufWriter<File>, PathBuf),
    File(BufWriter<File>, Part),
}

/// The unfinished file.
struct Part {
    temporary: PathBuf,
    target: PathBuf,
    shown: PathBuf,
    finished: bool,
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.finished {
            // It may be gone already; there is nobody to tell.
            let _ = fs::remove_file(&self.temporary);
        }
    }
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
            Kind::File(_, part) => fs::read_to_string(&part.target).ok(),
            Kind::Stdout(_) | Kind::Direct(..) => None,
        }
    }

    /// Puts everything where it belongs.
    pub(crate) fn finish(self) -> Result<()> {
        match self.0 {
            Kind::Stdout(mut out) => out.flush().context("cannot write to standard output"),
            Kind::Direct(mut out, path) => out.flush().with_context(|| cannot_write(&path)),
            Kind::File(out, mut part) => {
                let done = complete(out, &mut part);
                done.with_context(|| cannot_write(&part.shown))
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Stdout(out) => out.write(bytes),
            Kind::Direct(out, _) | Kind::File(out, _) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Kind::Stdout(out) => out.flush(),
            Kind::Direct(out, _) | Kind::File(out, _) => out.flush(),
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
            let (file, part) = create_part(path, fs::canonicalize(path)?)?;
            file.set_permissions(m.permissions())?;
            Ok(Kind::File(BufWriter::new(file), part))
        }
        None => {
            let (file, part) = create_part(path, path.to_owned())?;
            Ok(Kind::File(BufWriter::new(file), part))
        }
    }
}

/// Creates the unfinished file beside its target. Its name is hidden, so that a run over the same folder does
/// not read it.
fn create_part(shown: &Path, target: PathBuf) -> io::Result<(File, Part)> {
    let Some(name) = target.file_name() else {
        return Err(io::ErrorKind::InvalidFilename.into());
    };
    let name = name.to_string_lossy();
    let (file, temporary) = create_beside(&target, &name)?;
    let part = Part {
        temporary,
        target,
        shown: shown.to_owned(),
        finished: false,
    };
    Ok((file, part))
}

/// A new file beside `target`; never one that exists already, whoever left it there.
fn create_beside(target: &Path, name: &str) -> io::Result<(File, PathBuf)> {
    let mut number = 0;
    loop {
        let path = target.with_file_name(format!(".{name}.{}-{number}.part", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && number < 100 => number += 1,
            Err(e) => return Err(e),
            Ok(file) => return Ok((file, path)),
        }
    }
}

fn complete(out: BufWriter<File>, part: &mut Part) -> io::Result<()> {
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&part.temporary, &part.target)?;
    part.finished = true;
    Ok(())
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
