//! The `knockon` command: parse, call, turn the result into an exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    knockon::cli::main()
}
