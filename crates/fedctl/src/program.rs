//! A program that the operator names: it gives a key, or keeps a secret. No shell, no environment; what it says of itself could
//! hold the secret and goes nowhere.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use fedctl_core::operator::Argv;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// The most that a file may hold or a program may print.
pub const MOST: usize = 64 * 1024;
/// How long a program may take.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Why a program gave nothing. No text holds what it printed.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It cannot be run.
    #[error("cannot be run")]
    Start(#[source] std::io::Error),
    /// It takes too long, and was ended.
    #[error("does not end within {} s", .0.as_secs())]
    Late(Duration),
    /// What it prints cannot be read.
    #[error("prints what cannot be read")]
    Unreadable(#[source] std::io::Error),
    /// It prints more than a secret can be.
    #[error("prints more than 64 KiB")]
    TooLong,
    /// It ended badly.
    #[error("failed: {0}")]
    Failed(ExitStatus),
}

/// What a program prints that was given this input, or none.
///
/// # Errors
/// See [`ProgramError`].
pub fn run(
    argv: &Argv,
    folder: &Path,
    input: Option<&SecretString>,
    patience: Duration,
) -> Result<Zeroizing<Vec<u8>>, ProgramError> {
    let ends = Instant::now() + patience;
    let mut child = start(argv, folder, input.is_some()).map_err(ProgramError::Start)?;
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        // Shorter than what a pipe holds. One that does not read it says by its exit code what it makes of that.
        drop(stdin.write_all(input.expose_secret().as_bytes()));
    }
    let (send, receive) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        // Ends when the output does; whoever gave up on it no longer listens, and what was read is wiped.
        std::thread::spawn(move || drop(send.send(read(output))));
    }
    let printed = receive.recv_timeout(patience);
    let status = printed.is_ok().then(|| status(&mut child, ends)).flatten();
    let (Ok(printed), Some(status)) = (printed, status) else {
        let _: std::io::Result<()> = child.kill();
        let _: std::io::Result<ExitStatus> = child.wait();
        return Err(ProgramError::Late(patience));
    };
    let printed = printed.map_err(ProgramError::Unreadable)?;
    // One that printed too much was cut off, and ends badly for that.
    match status.success() {
        _ if printed.len() > MOST => Err(ProgramError::TooLong),
        true => Ok(printed),
        false => Err(ProgramError::Failed(status)),
    }
}

/// Reads one byte more than there may be, without growing, which would leave a copy behind.
pub fn read(from: impl Read) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; MOST + 1]);
    let mut from = from.take(bytes.len() as u64);
    let mut len = 0;
    loop {
        match from.read(&mut bytes[len..]) {
            Ok(0) => break,
            Ok(more) => len += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(len);
    Ok(bytes)
}

fn start(argv: &Argv, folder: &Path, takes_input: bool) -> std::io::Result<Child> {
    Command::new(argv.program.as_str())
        .args(&argv.arguments)
        .env_clear()
        .current_dir(folder)
        .stdin(if takes_input { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

/// How it ended; nothing if it does not.
fn status(child: &mut Child, ends: Instant) -> Option<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait().ok()? {
            return Some(status);
        }
        if Instant::now() >= ends {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
