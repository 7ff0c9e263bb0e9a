//! From what was typed to the list of inputs: files, folders, globs and `-`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::{Entry, Input, Limits, Request, SourceError, archive, own};

/// The configuration, which may lie among the logs.
const OWN_CONFIGURATION: &str = "knockon.toml";

/// So many names that were skipped are told.
const MOST_SKIPPED: usize = 1000;

/// Endings that are no logs; skipped when a folder is walked, read when named outright.
const NOT_LOGS: &[&str] = &[
    "md", "toml", "yaml", "yml", "html", "htm", "css", "js", "ts", "rs", "py", "go", "java", "sh",
    "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "pdf", "7z", "exe", "so", "dll", "class",
    "jar", "sqlite", "db", "parquet", "lock", "docx", "xlsx", "pptx", "odt", "ods", "whl", "apk",
];

/// The inputs that `requests` mean, sorted by shown path and without doubles, and what was skipped and why.
///
/// Folders are walked; hidden files and folders are skipped, loops of links survived. An input that is
/// named twice keeps the role and name of the request that gives them.
///
/// # Errors
/// A path that does not exist (and is no glob that matches), a folder that cannot be listed.
pub fn discover(
    requests: &[Request],
    limits: &Limits,
) -> Result<(Vec<Input>, Vec<String>), SourceError> {
    let mut walk = Walk {
        limits,
        found: BTreeMap::new(),
        skipped: BTreeSet::new(),
        left_out: false,
        left_untold: false,
    };
    for request in requests {
        walk.request(request)?;
    }
    let skipped = walk.told();
    let mut inputs: Vec<Input> = walk.found.into_values().collect();
    inputs.sort_by(|a, b| a.shown.cmp(&b.shown).then_with(|| a.path.cmp(&b.path)));
    Ok((inputs, skipped))
}

struct Walk<'a> {
    limits: &'a Limits,
    /// By canonical path, so that two ways to one file are one input.
    found: BTreeMap<PathBuf, Input>,
    skipped: BTreeSet<String>,
    /// Whether more was found than may be taken.
    left_out: bool,
    /// Whether more was skipped than is told.
    left_untold: bool,
}

impl Walk<'_> {
    fn request(&mut self, request: &Request) -> Result<(), SourceError> {
        if request.path == "-" {
            self.add(Path::new("-"), request);
            return Ok(());
        }
        let path = Path::new(&request.path);
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => self.folder(path, request, &mut BTreeSet::new()),
            Ok(_) => {
                self.add(path, request);
                Ok(())
            }
            Err(_) if request.path.contains(['*', '?', '[']) => self.glob(request),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(SourceError::NotFound {
                path: request.path.clone(),
            }),
            Err(source) => Err(SourceError::Io {
                path: request.path.clone(),
                source,
            }),
        }
    }

    fn glob(&mut self, request: &Request) -> Result<(), SourceError> {
        let options = glob::MatchOptions {
            require_literal_leading_dot: true,
            ..glob::MatchOptions::default()
        };
        let paths = glob::glob_with(&request.path, options).map_err(|e| SourceError::BadGlob {
            path: request.path.clone(),
            reason: e.msg.to_owned(),
        })?;
        let mut matched = false;
        for path in paths {
            match path {
                Ok(path) if path.is_dir() => self.folder(&path, request, &mut BTreeSet::new())?,
                Ok(path) => self.add(&path, request),
                Err(e) => self.skip(e.path(), "cannot be read"),
            }
            matched = true;
        }
        if matched {
            Ok(())
        } else {
            Err(SourceError::NotFound {
                path: request.path.clone(),
            })
        }
    }

    /// Walks a folder; `above` holds the canonical paths of the folders that lead here.
    fn folder(
        &mut self,
        folder: &Path,
        request: &Request,
        above: &mut BTreeSet<PathBuf>,
    ) -> Result<(), SourceError> {
        let canonical = canonical(folder);
        if !above.insert(canonical.clone()) {
            self.skip(folder, "a link back to a folder above it");
            return Ok(());
        }
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(_) if above.len() > 1 => {
                self.skip(folder, "cannot be listed");
                above.remove(&canonical);
                return Ok(());
            }
            Err(source) => {
                return Err(SourceError::Io {
                    path: shown(folder),
                    source,
                });
            }
        };
        for entry in entries {
            match entry {
                Ok(entry) => self.entry(&entry.path(), request, above)?,
                Err(e) => self.skip(folder, &format!("not listed to its end: {e}")),
            }
        }
        above.remove(&canonical);
        Ok(())
    }

    fn entry(
        &mut self,
        path: &Path,
        request: &Request,
        above: &mut BTreeSet<PathBuf>,
    ) -> Result<(), SourceError> {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with('.') {
            self.skip(path, "hidden");
            return Ok(());
        }
        let meta = match fs::metadata(path) {
            Ok(meta) => meta,
            Err(e) => {
                self.skip(path, unreachable(path, &e));
                return Ok(());
            }
        };
        if meta.is_dir() {
            return self.folder(path, request, above);
        }
        if !meta.is_file() {
            self.skip(path, "not a regular file");
        } else if name == OWN_CONFIGURATION {
            // Ours: no input, and no news.
        } else if !is_log_by_name(path) {
            self.skip(
                path,
                "not a log by its name; name it outright to have it read",
            );
        } else if meta.len() == 0 {
            self.skip(path, "empty");
        } else {
            self.add(path, request);
        }
        Ok(())
    }

    fn add(&mut self, path: &Path, request: &Request) {
        // Looking into a pipe would take its bytes.
        let is_file = fs::metadata(path).is_ok_and(|m| m.is_file());
        if is_file && own::is_output(path) {
            self.skip(path, "written by knockon: no log");
            return;
        }
        let listing = is_file.then(|| archive::list(path, self.limits)).flatten();
        match listing {
            Some(listing) => self.entries(path, request, listing),
            None => self.add_one(path, None, request),
        }
    }

    /// The logs in an archive, chosen by name as those in a folder are.
    fn entries(&mut self, path: &Path, request: &Request, listing: archive::Listing) {
        for remark in listing.remarks {
            self.skip(path, &remark);
        }
        for (name, entry) in listing.entries {
            let inside = path.join(name.trim_start_matches(['/', '.']));
            let parts = Path::new(&name).components();
            let hidden = parts.into_iter().any(|c| {
                let part = c.as_os_str().to_string_lossy();
                part.starts_with('.') && part.len() > 1 || part == "__MACOSX"
            });
            if hidden {
                self.skip(&inside, "hidden");
            } else if !is_log_by_name(&inside) {
                self.skip(&inside, "not a log by its name; unpack it to have it read");
            } else if entry.length != Some(0) {
                self.add_one(path, Some((&inside, entry)), request);
            }
        }
    }

    fn add_one(&mut self, path: &Path, inside: Option<(&Path, Entry)>, request: &Request) {
        let input = Input {
            path: path.to_owned(),
            entry: inside.map(|(_, entry)| entry),
            shown: shown(inside.map_or(path, |(place, _)| place)),
            role: request.role,
            name: request.name.clone(),
        };
        let key = if input.is_stdin() {
            path.to_owned()
        } else {
            let name = inside.and_then(|(place, _)| place.strip_prefix(path).ok());
            name.map_or(canonical(path), |name| canonical(path).join(name))
        };
        match self.found.get_mut(&key) {
            Some(known) => {
                known.role = known.role.or(input.role);
                known.name = known.name.take().or(input.name);
                // The printed path must not depend on the order of the requests.
                if (input.shown.len(), &input.shown) < (known.shown.len(), &known.shown) {
                    known.shown = input.shown;
                    known.path = input.path;
                }
            }
            None => {
                self.found.insert(key, input);
            }
        }
        // Those that stay must not depend on the order in which they are found.
        if self.found.len() > self.limits.max_files {
            self.found.pop_last();
            self.left_out = true;
        }
    }

    fn skip(&mut self, path: &Path, why: &str) {
        self.skipped.insert(format!("{}: {why}", shown(path)));
        if self.skipped.len() > MOST_SKIPPED {
            self.skipped.pop_last();
            self.left_untold = true;
        }
    }

    /// What was passed over and why.
    fn told(&mut self) -> Vec<String> {
        let mut told: Vec<String> = std::mem::take(&mut self.skipped).into_iter().collect();
        if self.left_untold {
            told.push("more names were passed over than are listed here".to_owned());
        }
        if self.left_out {
            told.push(format!(
                "more than {} files: the first by their paths were read, the others are missing; name a narrower folder, or \
                 allow more with --max-files",
                self.limits.max_files
            ));
        }
        told
    }
}

/// Why there is nothing behind a name.
fn unreachable(path: &Path, error: &std::io::Error) -> &'static str {
    if fs::symlink_metadata(path).is_ok_and(|m| m.is_symlink()) {
        "a link that leads nowhere"
    } else if error.kind() == std::io::ErrorKind::NotFound {
        "gone before it could be read"
    } else {
        "cannot be read"
    }
}

fn is_log_by_name(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    !NOT_LOGS.contains(&ending.to_ascii_lowercase().as_str())
}

fn canonical(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Role;

    fn ask(path: &Path) -> Request {
        Request {
            path: path.to_string_lossy().into_owned(),
            role: None,
            name: None,
        }
    }

    fn names(inputs: &[Input]) -> Vec<String> {
        inputs
            .iter()
            .map(|i| {
                i.path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect()
    }

    #[test]
    fn folders_are_walked_hidden_and_foreign_files_skipped_with_a_word() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("b")).unwrap();
        for name in ["z.log", "b/a.json", ".hidden", "README.md", "knockon.toml"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        fs::write(dir.path().join("empty.log"), "").unwrap();
        let (inputs, skipped) = discover(&[ask(dir.path())], &Limits::default()).unwrap();
        assert_eq!(names(&inputs), ["a.json", "z.log"]);
        assert_eq!(skipped.len(), 3, "{skipped:?}");
        assert!(
            skipped.iter().any(|s| s.ends_with(".hidden: hidden")),
            "{skipped:?}"
        );
    }

    #[test]
    fn a_file_named_twice_is_one_input_and_keeps_its_role_in_any_order() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("p.log");
        fs::write(&file, "x").unwrap();
        let with_role = Request {
            role: Some(Role::Payments),
            name: Some("shop".into()),
            ..ask(&file)
        };
        for requests in [
            [ask(dir.path()), with_role.clone()],
            [with_role, ask(dir.path())],
        ] {
            let (inputs, _) = discover(&requests, &Limits::default()).unwrap();
            assert_eq!(inputs.len(), 1);
            assert_eq!(inputs[0].role, Some(Role::Payments));
            assert_eq!(inputs[0].name.as_deref(), Some("shop"));
        }
    }

    #[test]
    fn a_glob_matches_and_one_that_matches_nothing_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.log"), "x").unwrap();
        fs::write(dir.path().join("a.txt"), "x").unwrap();
        let (inputs, _) = discover(&[ask(&dir.path().join("*.log"))], &Limits::default()).unwrap();
        assert_eq!(names(&inputs), ["a.log"]);
        for missing in ["*.gone", "gone.log"] {
            let error = discover(&[ask(&dir.path().join(missing))], &Limits::default());
            assert!(
                matches!(error, Err(SourceError::NotFound { .. })),
                "{missing}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_above_ends() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.log"), "x").unwrap();
        std::os::unix::fs::symlink(dir.path(), dir.path().join("loop")).unwrap();
        let (inputs, skipped) = discover(&[ask(dir.path())], &Limits::default()).unwrap();
        assert_eq!(names(&inputs), ["a.log"]);
        assert!(
            skipped.iter().any(|s| s.contains("link back")),
            "{skipped:?}"
        );
    }

    #[test]
    fn of_too_many_files_the_first_are_read_and_the_rest_told() {
        let dir = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = (0..5)
            .map(|i| dir.path().join(format!("{i}.log")))
            .collect();
        paths.iter().for_each(|p| fs::write(p, "x").unwrap());
        let found = |asked: Vec<Request>, max_files| {
            let limits = Limits {
                max_files,
                ..Limits::default()
            };
            let (inputs, skipped) = discover(&asked, &limits).unwrap();
            (names(&inputs), skipped)
        };
        let (taken, told) = found(vec![ask(dir.path())], 2);
        assert_eq!(taken, ["0.log", "1.log"]);
        assert!(told[0].starts_with("more than 2 files"), "{told:?}");
        let backwards = paths.iter().rev().map(|p| ask(p)).collect();
        assert_eq!(found(backwards, 2), (taken, told), "in any order");
        assert_eq!(found(vec![ask(dir.path())], 5).1, [""; 0]);
    }

    #[test]
    fn of_too_many_skipped_names_the_first_are_told() {
        let dir = tempfile::tempdir().unwrap();
        for i in 0..=MOST_SKIPPED {
            fs::write(dir.path().join(format!("{i:05}.md")), "x").unwrap();
        }
        let (_, told) = discover(&[ask(dir.path())], &Limits::default()).unwrap();
        assert_eq!(told.len(), MOST_SKIPPED + 1);
        assert!(told[0].contains("00000.md"));
        assert!(told[MOST_SKIPPED].starts_with("more names"));
    }
}
