//! What goes wrong around a run: disks, pipes, signals, limits of the system. Each fault has a clear message, the
//! promised exit status, and whole output files or none; `docs/faults.md` tells of each, and names its test here.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it stands"
)]

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Ninety minutes of payments, one every 15 seconds; those of 12:30 to 12:45 fail. Times begin at `hour`.
fn payments(hour: u32) -> String {
    let mut text = String::new();
    for (n, second) in (0..5400).step_by(15).enumerate() {
        let (status, error) = match second {
            1800..2700 => (
                "failed",
                r#","error_code":"UPSTREAM_503","error_message":"binance answered 503 Service Unavailable""#,
            ),
            _ => ("succeeded", ""),
        };
        let (h, m, s) = (hour + second / 3600, second / 60 % 60, second % 60);
        writeln!(
            text,
            r#"{{"timestamp":"2021-08-18T{h:02}:{m:02}:{s:02}.000Z","event":"payment","payment_id":"pay_{hour}_{n:04}","merchant":"shop-a","exchange":"binance","currency":"BTC","amount":"0.0100","status":"{status}"{error}}}"#
        )
        .unwrap();
    }
    text
}

struct Scratch(TempDir);

impl Scratch {
    fn new() -> Scratch {
        let scratch = Scratch(tempfile::tempdir().unwrap());
        fs::create_dir(scratch.at("logs")).unwrap();
        fs::create_dir(scratch.at("spool")).unwrap();
        fs::write(scratch.at("logs/payments.jsonl"), payments(12)).unwrap();
        scratch
    }

    fn at(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    /// `script` in a shell, where `$K` is the program.
    fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", script])
            .current_dir(self.0.path())
            .env("K", env!("CARGO_BIN_EXE_knockon"))
            .env("TMPDIR", self.at("spool"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a script to its end; the status is that of its last command.
    fn run(&self, script: &str) -> Ran {
        Ran::of(script, self.shell(script).output().unwrap())
    }

    /// A pipe with a name, and what is typed into it in parts.
    fn fifo(&self, name: &str) {
        let made = Command::new("mkfifo").arg(self.at(name)).status().unwrap();
        assert!(made.success());
    }

    /// Names in the folder, hidden ones included.
    fn names(&self) -> Vec<String> {
        names(self.0.path())
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

struct Ran {
    script: String,
    status: Option<i32>,
    signal: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn of(script: &str, output: Output) -> Ran {
        Ran {
            script: script.to_owned(),
            status: output.status.code(),
            signal: output.status.signal(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn expect(self, status: i32, stderr: &str) -> Ran {
        let told = format!(
            "{}\nstatus {:?}\nstdout:\n{}\nstderr:\n{}",
            self.script, self.status, self.stdout, self.stderr
        );
        assert_eq!(self.status, Some(status), "{told}");
        assert!(self.stderr.contains(stderr), "no {stderr:?}: {told}");
        assert_eq!(stderr.is_empty(), self.stderr.is_empty(), "{told}");
        self
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }

    fn attempts(&self) -> u64 {
        self.json()["failures"]["attempts"].as_u64().unwrap()
    }

    fn has_warning(&self, text: &str) -> bool {
        self.json()["warnings"].to_string().contains(text)
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

#[test]
fn a_link_to_nothing_named_outright_ends_the_run() {
    let scratch = Scratch::new();
    symlink("nowhere", scratch.at("broken.log")).unwrap();
    let message = "error: broken.log: no such file or folder\n";
    scratch
        .run("$K analyze logs broken.log -o r.html")
        .expect(2, message);
    assert_eq!(scratch.names(), ["broken.log", "logs", "spool"]);
}

#[test]
fn a_file_that_cannot_be_read_ends_the_run() {
    let scratch = Scratch::new();
    let message = "error: failed to read /proc/self/mem: cannot read /proc/self/mem: Input/output error (os error 5)\n";
    scratch
        .run("$K analyze logs /proc/self/mem -o r.html")
        .expect(2, message);
    assert_eq!(scratch.names(), ["logs", "spool"]);
}

#[test]
fn a_device_without_end_is_not_read() {
    let scratch = Scratch::new();
    let message =
        "error: failed to read /dev/zero: cannot read /dev/zero: is a device, not a log\n";
    scratch.run("$K analyze logs /dev/zero").expect(2, message);
    let null = scratch.run("$K analyze -f json logs /dev/null");
    assert_eq!(null.status, Some(0), "{}", null.stderr);
}

#[test]
fn what_is_no_log_in_a_folder_is_named_and_passed_over() {
    let scratch = Scratch::new();
    symlink("nowhere", scratch.at("logs/broken.log")).unwrap();
    symlink("../logs", scratch.at("logs/loop")).unwrap();
    symlink("/dev/zero", scratch.at("logs/zero.log")).unwrap();
    scratch.fifo("logs/pipe.log");
    let _socket = UnixListener::bind(scratch.at("logs/socket.log")).unwrap();
    let ran = scratch.run("$K analyze -q -f json logs").expect(0, "");
    assert_eq!(ran.attempts(), 360);
    for told in [
        "logs/broken.log: a link that leads nowhere",
        "logs/loop: a link back to a folder above it",
        "logs/pipe.log: not a regular file",
        "logs/socket.log: not a regular file",
        "logs/zero.log: not a regular file",
    ] {
        assert!(ran.has_warning(told), "{told}: {}", ran.stdout);
    }
}

/// Starts a run that reads `a.fifo` and then `b.jsonl`; `change` is done to `b.jsonl` after it was listed.
fn change_after_listing(scratch: &Scratch, change: impl FnOnce(&Path)) -> Ran {
    let path = scratch.at("b.jsonl");
    fs::write(&path, payments(12)).unwrap();
    scratch.fifo("a.fifo");
    let script = "$K analyze -q -f json --threads 1 a.fifo b.jsonl";
    let child = scratch.shell(script).spawn().unwrap();
    // Opens only when the other side has opened it, too: the listing is over.
    let mut fifo = OpenOptions::new()
        .write(true)
        .open(scratch.at("a.fifo"))
        .unwrap();
    change(&path);
    fifo.write_all(payments(16).as_bytes()).unwrap();
    drop(fifo);
    Ran::of(script, child.wait_with_output().unwrap())
}

#[test]
fn a_file_that_vanishes_after_it_was_listed_ends_the_run() {
    let ran = change_after_listing(&Scratch::new(), |path| fs::remove_file(path).unwrap());
    ran.expect(
        2,
        "error: failed to read b.jsonl: cannot read b.jsonl: No such file or directory (os error 2)\n",
    );
}

#[test]
fn a_file_cut_after_it_was_listed_is_read_as_it_is() {
    let ran = change_after_listing(&Scratch::new(), |path| {
        let file = OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    });
    let ran = ran.expect(0, "");
    assert!((361..720).contains(&ran.attempts()), "{}", ran.attempts());
}

#[test]
fn a_file_that_grows_after_it_was_listed_is_read_as_it_is() {
    let ran = change_after_listing(&Scratch::new(), |path| {
        let mut file = OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(payments(20).as_bytes()).unwrap();
    });
    let ran = ran.expect(0, "");
    assert_eq!(ran.attempts(), 3 * 360);
}

#[test]
fn a_file_written_while_it_is_read_gives_the_lines_that_were_there() {
    let scratch = Scratch::new();
    let path = scratch.at("logs/payments.jsonl");
    let script = "$K analyze -q -f json logs";
    let mut child = scratch.shell(script).spawn().unwrap();
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    let more = payments(20);
    while child.try_wait().unwrap().is_none() {
        file.write_all(more.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(5));
    }
    let ran = Ran::of(script, child.wait_with_output().unwrap()).expect(0, "");
    assert!(ran.attempts() >= 360);
}

#[test]
fn a_cut_archive_is_read_as_far_as_it_goes() {
    let scratch = Scratch::new();
    let whole = gzip(&payments(12));
    fs::write(scratch.at("p.gz"), &whole[..whole.len() / 2]).unwrap();
    let ran = scratch.run("$K analyze -q -f json p.gz").expect(0, "");
    assert!((1..360).contains(&ran.attempts()));
    let told = "p.gz: the gzip data is damaged or cut off (incomplete deflate stream); what came before was read, the rest is missing";
    assert!(ran.has_warning(told), "{}", ran.stdout);
}

#[test]
fn an_archive_with_a_wrong_checksum_is_read_and_told_of() {
    let scratch = Scratch::new();
    let mut whole = gzip(&payments(12));
    let checksum = whole.len() - 8;
    whole[checksum] ^= 0xff;
    fs::write(scratch.at("p.gz"), &whole).unwrap();
    let ran = scratch.run("$K analyze -q -f json p.gz").expect(0, "");
    assert_eq!(ran.attempts(), 360);
    let told = "p.gz: the gzip data is damaged or cut off (corrupt gzip stream does not have a matching checksum)";
    assert!(ran.has_warning(told), "{}", ran.stdout);
}

#[test]
fn a_full_disk_ends_the_run() {
    let scratch = Scratch::new();
    let told = "No space left on device (os error 28)\n";
    for script in [
        "$K analyze logs > /dev/full",
        "$K analyze logs -f html > /dev/full",
        "$K failures logs -f csv > /dev/full",
        "$K timeline --all logs -f jsonl > /dev/full",
        "$K inspect logs > /dev/full",
        "$K schema analyze > /dev/full",
        "$K completions bash > /dev/full",
        "$K man > /dev/full",
        "$K --help > /dev/full",
    ] {
        scratch.run(script).expect(2, told);
    }
    let message = "error: cannot write \"/dev/full\": No space left on device (os error 28)\n";
    scratch
        .run("$K analyze logs -o /dev/full")
        .expect(2, message);
}

#[test]
fn a_file_that_may_not_grow_leaves_the_old_one() {
    let scratch = Scratch::new();
    fs::write(scratch.at("r.html"), "old").unwrap();
    let message = "error: cannot write the output: File too large (os error 27)\n";
    scratch
        .run("ulimit -f 4; $K analyze logs -o r.html")
        .expect(2, message);
    assert_eq!(fs::read_to_string(scratch.at("r.html")).unwrap(), "old");
    assert_eq!(scratch.names(), ["logs", "r.html", "spool"]);
}

#[test]
fn a_closed_pipe_takes_no_file_with_it() {
    let scratch = Scratch::new();
    let script = "$K analyze logs -o - -o r.html";
    let mut child = scratch.shell(script).spawn().unwrap();
    drop(child.stdout.take());
    Ran::of(script, child.wait_with_output().unwrap()).expect(0, "");
    let page = fs::read_to_string(scratch.at("r.html")).unwrap();
    assert!(page.trim_end().ends_with("</html>"));
}

#[test]
fn an_output_that_is_an_input_is_refused() {
    let scratch = Scratch::new();
    let log = scratch.at("logs/payments.jsonl");
    symlink(&log, scratch.at("soft.jsonl")).unwrap();
    fs::hard_link(&log, scratch.at("hard.jsonl")).unwrap();
    for (script, name) in [
        (
            "$K analyze logs -o logs/payments.jsonl",
            "logs/payments.jsonl",
        ),
        ("$K analyze logs -o json=soft.jsonl", "soft.jsonl"),
        ("$K analyze logs -o hard.jsonl", "hard.jsonl"),
        (
            "$K analyze - -o hard.jsonl < logs/payments.jsonl",
            "hard.jsonl",
        ),
        ("$K failures logs >> logs/payments.jsonl", "standard output"),
        (
            "$K compare logs/payments.jsonl other.json -o hard.jsonl",
            "hard.jsonl",
        ),
        (
            "$K compare other.json - -o hard.jsonl < logs/payments.jsonl",
            "hard.jsonl",
        ),
    ] {
        let message = format!("error: \"{name}\" is both input and output\n");
        scratch.run(script).expect(2, &message);
        assert_eq!(fs::read_to_string(&log).unwrap(), payments(12), "{script}");
    }
}

/// Starts a run that waits for more of a pipe.
fn waiting(scratch: &Scratch, script: &str) -> (Child, File) {
    scratch.fifo("slow.fifo");
    let child = scratch.shell(&format!("exec {script}")).spawn().unwrap();
    let path = scratch.at("slow.fifo");
    let mut fifo = OpenOptions::new().write(true).open(path).unwrap();
    fifo.write_all(payments(12).as_bytes()).unwrap();
    (child, fifo)
}

fn send(signal: &str, child: &Child) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-s", signal, &id]).status();
    assert!(sent.unwrap().success());
}

/// Waits until `holds`, for half a minute at most.
#[track_caller]
fn wait_until(holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "waited in vain");
        std::thread::sleep(Duration::from_millis(5));
    }
}

const SIGNALS: [(&str, i32); 3] = [("INT", 2), ("TERM", 15), ("HUP", 1)];

#[test]
fn a_signal_while_reading_ends_the_run_cleanly() {
    for (name, number) in SIGNALS {
        let scratch = Scratch::new();
        fs::write(scratch.at("r.html"), "old").unwrap();
        let script = "$K analyze slow.fifo -o r.html";
        let (child, fifo) = waiting(&scratch, script);
        send(name, &child);
        let ran = Ran::of(script, child.wait_with_output().unwrap());
        drop(fifo);
        assert_eq!(ran.signal, Some(number), "{}", ran.stderr);
        let told = format!(
            "error: ended by SIG{name} before the work was done; no unfinished file is left\n"
        );
        assert_eq!(ran.stderr, told);
        assert_eq!(ran.stdout, "");
        assert_eq!(fs::read_to_string(scratch.at("r.html")).unwrap(), "old");
        assert_eq!(scratch.names(), ["logs", "r.html", "slow.fifo", "spool"]);
        assert!(names(&scratch.at("spool")).is_empty());
    }
}

#[test]
fn a_signal_while_writing_leaves_no_unfinished_file() {
    for (name, number) in SIGNALS {
        let scratch = Scratch::new();
        // The file is begun, then the pipe, which nobody reads, is full.
        let script = "exec $K timeline --all logs -o csv=r.csv -o jsonl=-";
        let child = scratch.shell(script).spawn().unwrap();
        wait_until(|| scratch.names().iter().any(|n| n.starts_with(".r.csv.")));
        send(name, &child);
        let ran = Ran::of(script, child.wait_with_output().unwrap());
        assert_eq!(ran.signal, Some(number), "{}", ran.stderr);
        assert!(
            ran.stderr.starts_with("error: ended by SIG"),
            "{}",
            ran.stderr
        );
        assert_eq!(scratch.names(), ["logs", "spool"]);
    }
}

#[test]
fn a_signal_that_was_ignored_stays_ignored() {
    let scratch = Scratch::new();
    scratch.fifo("slow.fifo");
    let script = "trap '' HUP; exec $K analyze -q -f json slow.fifo";
    let child = scratch.shell(script).spawn().unwrap();
    let path = scratch.at("slow.fifo");
    let mut fifo = OpenOptions::new().write(true).open(path).unwrap();
    send("HUP", &child);
    fifo.write_all(payments(12).as_bytes()).unwrap();
    drop(fifo);
    let ran = Ran::of(script, child.wait_with_output().unwrap()).expect(0, "");
    assert_eq!(ran.attempts(), 360);
}

#[test]
fn a_killed_run_that_was_reading_leaves_nothing() {
    let scratch = Scratch::new();
    let (mut child, fifo) = waiting(&scratch, "$K analyze slow.fifo -o r.html");
    send("KILL", &child);
    child.wait().unwrap();
    drop(fifo);
    assert_eq!(scratch.names(), ["logs", "slow.fifo", "spool"]);
    assert!(names(&scratch.at("spool")).is_empty());
}

#[test]
fn few_file_descriptors_are_enough_for_many_files() {
    let scratch = Scratch::new();
    let text = payments(12);
    for (n, line) in text.lines().take(200).enumerate() {
        let name = scratch.at(&format!("logs/{n:03}.jsonl"));
        fs::write(name, format!("{line}\n{line}\n")).unwrap();
    }
    let few = scratch.run("ulimit -n 16; $K analyze -q -f json --threads 2 logs");
    let usual = scratch.run("$K analyze -q -f json --threads 2 logs");
    assert_eq!(few.expect(0, "").stdout, usual.expect(0, "").stdout);
}

#[test]
fn too_few_file_descriptors_end_the_run() {
    let scratch = Scratch::new();
    let message = "error: cannot write the output: Too many open files (os error 24)\n";
    scratch
        .run("ulimit -n 4; $K analyze logs -o r.html -o r.json")
        .expect(2, message);
    assert_eq!(scratch.names(), ["logs", "spool"]);
}

#[test]
fn too_little_memory_for_threads_ends_the_run() {
    let scratch = Scratch::new();
    let message =
        "error: failed to start threads: Resource temporarily unavailable (os error 11)\n";
    scratch
        .run("ulimit -v 60000; $K analyze logs -o r.html")
        .expect(2, message);
    assert_eq!(scratch.names(), ["logs", "spool"]);
}

#[test]
fn more_memory_than_allowed_ends_the_run() {
    let scratch = Scratch::new();
    scratch
        .run("$K analyze logs -o r.html --memory-limit 1M")
        .expect(2, "MiB of memory are held, and --memory-limit allows 1 MiB");
    assert_eq!(scratch.names(), ["logs", "spool"]);
}

#[test]
fn a_line_longer_than_allowed_is_counted_and_the_rest_read() {
    let scratch = Scratch::new();
    let ran = scratch.run("$K analyze -q -f json logs --max-line 200");
    let ran = ran.expect(0, "");
    // Those that failed say why, and are longer.
    assert_eq!(ran.attempts(), 300);
    let told = "60 of 360 lines were not understood (16.7%); line 121: longer than 200 bytes";
    assert!(ran.has_warning(told), "{}", ran.stdout);
}

#[test]
fn json_deeper_than_allowed_is_counted_and_the_rest_read() {
    let scratch = Scratch::new();
    let deep = format!("{{\"a\":{}{}}}\n", "[".repeat(200_000), "]".repeat(200_000));
    fs::write(scratch.at("deep.jsonl"), payments(12) + &deep).unwrap();
    let ran = scratch
        .run("$K analyze -q -f json deep.jsonl")
        .expect(0, "");
    assert_eq!(ran.attempts(), 360);
    let told = "1 of 361 lines was not understood";
    assert!(ran.has_warning(told), "{}", ran.stdout);
}

#[test]
fn of_more_files_than_allowed_the_first_are_read() {
    let scratch = Scratch::new();
    fs::write(scratch.at("logs/q.jsonl"), payments(16)).unwrap();
    let told = "more than 1 files: the first by their paths were read, the others are missing; name a narrower folder, or allow more with --max-files";
    for paths in ["logs", "logs/q.jsonl logs/payments.jsonl"] {
        let ran = scratch.run(&format!("$K analyze -q -f json --max-files 1 {paths}"));
        let ran = ran.expect(0, "");
        assert_eq!(ran.attempts(), 360);
        assert!(ran.stdout.contains("logs/payments.jsonl"));
        assert!(ran.has_warning(told), "{}", ran.stdout);
    }
}

#[test]
fn of_more_names_than_allowed_the_rare_ones_are_other() {
    let scratch = Scratch::new();
    let text = payments(12);
    let named = text.lines().enumerate().map(|(n, line)| {
        let currency = match n % 3 {
            0 => "EUR".to_owned(),
            1 => "USD".to_owned(),
            _ => format!("X{n}"),
        };
        line.replace("\"BTC\"", &format!("\"{currency}\"")) + "\n"
    });
    fs::write(scratch.at("m.jsonl"), named.collect::<String>()).unwrap();
    let ran = scratch.run("$K analyze -q -f json --max-names 2 m.jsonl");
    let ran = ran.expect(0, "");
    let told = "the logs name 122 currencies: all but the 2 most frequent are `other` here, 120 records; --max-names allows more";
    assert!(ran.has_warning(told), "{}", ran.stdout);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let counted = report["failures"]["by_currency"].as_object().unwrap();
    assert_eq!(counted.keys().collect::<Vec<_>>(), ["EUR", "USD", "other"]);
    let lost = report["impact"]["amount_lost"].as_object().unwrap();
    assert_eq!(lost.keys().collect::<Vec<_>>(), ["EUR", "USD"]);
}

#[test]
fn ids_that_stand_as_keys_take_no_memory_and_hide_no_name() {
    let scratch = Scratch::new();
    let mut text = String::new();
    for n in 0..300 {
        let keys = (0..100).map(|k| format!(r#""id{n}_{k}":{k}"#));
        let keys = keys.collect::<Vec<_>>().join(",");
        writeln!(text, r#"{{"time":"2021-08-18T10:00:00Z",{keys}}}"#).unwrap();
    }
    fs::write(scratch.at("wide.jsonl"), text + &payments(12)).unwrap();
    let ran = scratch.run("$K inspect -q -f json wide.jsonl");
    let ran = ran.expect(0, "");
    assert!(ran.stdout.contains("(other names)") && !ran.stdout.contains("id299_1\""));
    let ran = scratch
        .run("$K analyze -q -f json wide.jsonl")
        .expect(0, "");
    assert_eq!(ran.attempts(), 360);
}

#[test]
fn an_element_longer_than_allowed_is_counted_and_the_rest_read() {
    let scratch = Scratch::new();
    let rows = payments(12);
    let mut rows: Vec<&str> = rows.lines().collect();
    let long = format!(r#"{{"note":"{}"}}"#, "a".repeat(3 << 20));
    rows.insert(120, &long);
    fs::write(scratch.at("p.json"), format!("[{}]", rows.join(",\n"))).unwrap();
    let ran = scratch
        .run("$K analyze -q -f json --max-element 1M p.json")
        .expect(0, "");
    assert_eq!(ran.attempts(), 360);
    assert!(ran.has_warning(
        "1 of 361 lines was not understood (0.3%); line 121: not JSON: an element longer than --max-element allows"
    ), "{}", ran.stdout);
}

#[test]
fn what_unpacks_to_more_than_allowed_is_read_up_to_there() {
    let scratch = Scratch::new();
    let text = payments(12);
    fs::write(scratch.at("p.gz"), gzip(&text)).unwrap();
    fs::write(scratch.at("p.xz"), {
        let mut out = Vec::new();
        lzma_rs::xz_compress(&mut text.as_bytes(), &mut out).unwrap();
        out
    })
    .unwrap();
    for script in [
        "$K analyze -q -f json --max-unpacked 20K p.gz",
        "$K analyze -q -f json --max-unpacked 20K p.xz",
        "$K analyze -q -f json --max-unpacked 20K - < logs/payments.jsonl",
    ] {
        let ran = scratch.run(script).expect(0, "");
        assert!((50..200).contains(&ran.attempts()), "{script}");
        let told = "too large for a log (--max-unpacked allows 20480 bytes, and --max-ratio 2000 for each packed one); what came before was read, the rest is missing";
        assert!(ran.has_warning(told), "{script}: {}", ran.stdout);
    }
}

#[test]
fn a_cut_archive_of_several_logs_is_read_as_far_as_it_goes() {
    let scratch = Scratch::new();
    let mut tar = tar::Builder::new(Vec::new());
    for (name, hour) in [("one.jsonl", 12), ("two.jsonl", 16)] {
        let text = payments(hour);
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(&tar.into_inner().unwrap()).unwrap();
    let whole = out.finish().unwrap();
    fs::write(scratch.at("logs.tgz"), &whole[..whole.len() * 3 / 4]).unwrap();
    let ran = scratch.run("$K analyze -q -f json logs.tgz").expect(0, "");
    assert!((361..720).contains(&ran.attempts()), "{}", ran.attempts());
    let told = "logs.tgz: the archive is damaged or cut off (incomplete deflate stream)";
    assert!(ran.has_warning(told), "{}", ran.stdout);
}

#[test]
fn one_order_id_on_all_attempts_does_not_hold_the_run_up() {
    let scratch = Scratch::new();
    let mut text = String::new();
    for n in 0..20_000u32 {
        let (m, s) = (n / 6 / 60 % 60, n / 6 % 60);
        let status = ["failed", "succeeded"][usize::from(n % 9 > 3)];
        writeln!(
            text,
            r#"{{"timestamp":"2021-08-18T12:{m:02}:{s:02}.000Z","event":"payment","payment_id":"pay_{n}","order_id":"null-0","merchant":"shop-a","currency":"BTC","amount":"0.0100","status":"{status}"}}"#
        )
        .unwrap();
    }
    fs::write(scratch.at("one.jsonl"), text).unwrap();
    let ran = scratch.run("$K analyze -q -f json one.jsonl").expect(0, "");
    assert_eq!(ran.attempts(), 20_000);
}

#[test]
fn a_clock_set_back_in_a_log_changes_no_count() {
    let scratch = Scratch::new();
    let text = payments(12);
    let lines: Vec<&str> = text.lines().collect();
    let (before, after) = lines.split_at(200);
    let back = [after, before].concat().join("\n");
    fs::write(scratch.at("back.jsonl"), back + "\n").unwrap();
    let ran = |path: &str| {
        let ran = scratch.run(&format!("$K analyze -q -f json {path}"));
        ran.expect(0, "").json()
    };
    let (ordered, back) = (ran("logs/payments.jsonl"), ran("back.jsonl"));
    for key in ["window", "failures"] {
        assert_eq!(ordered[key], back[key], "{key}");
    }
    assert_eq!(ordered["outages"][0]["start"], back["outages"][0]["start"]);
}

#[test]
fn every_fault_of_the_page_names_a_test_and_every_test_is_on_it() {
    let page = include_str!("../docs/faults.md");
    let rows = page.lines().filter(|l| l.starts_with("| "));
    let named = rows.filter_map(|row| row.rsplit('|').nth(1));
    let mut named: Vec<&str> = named
        .filter_map(|cell| cell.trim().strip_prefix('`')?.strip_suffix('`'))
        .collect();
    let tests = include_str!("faults.rs").split("#[test]\nfn ").skip(1);
    let mut tests: Vec<&str> = tests
        .filter_map(|t| t.split_once('('))
        .map(|t| t.0)
        .collect();
    tests.retain(|name| !name.starts_with("every_"));
    named.sort_unstable();
    named.dedup();
    tests.sort_unstable();
    assert_eq!(named, tests);
}

#[test]
fn every_message_of_the_page_is_one_that_a_test_sees() {
    let mut all = String::new();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults.rs");
    File::open(path).unwrap().read_to_string(&mut all).unwrap();
    let all = all.replace("\\\"", "\"");
    let page = include_str!("../docs/faults.md");
    let mut seen = 0;
    for row in page.lines().filter(|l| l.starts_with("| ")) {
        let message = row.split('|').nth(3).unwrap_or_default();
        for said in message.split('`').skip(1).step_by(2) {
            // Dots stand for what differs from run to run.
            for part in said.split('…').filter(|p| !p.is_empty()) {
                assert!(all.contains(part), "no test sees {part:?}");
                seen += 1;
            }
        }
    }
    assert!(seen > 15, "{seen}");
}
