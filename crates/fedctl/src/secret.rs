//! Fetches a key from where the operator file says. It goes straight into a [`SecretString`]; every buffer on the way is
//! wiped, and no message holds what was read.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use fedctl_core::operator::{Argv, FilePath, Source};
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::config;
use crate::exit::Exit;
use crate::failure::Failure;

/// The most that a file may hold or a program may print.
const MOST: usize = 64 * 1024;
/// How long a program may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a key comes from, as messages say it.
pub fn place(source: &Source) -> String {
    match source {
        Source::Env(variable) => format!("${variable}"),
        Source::File(path) => format!("`{path}`"),
        Source::Exec(argv) => format!("what `{}` prints", argv.program),
    }
}

/// Fetches the key; paths begin at a folder.
///
/// # Errors
/// There is none there, or it is not kept as a key should be.
pub fn fetch(source: &Source, folder: &Path) -> Result<SecretString, Failure> {
    match source {
        Source::Env(variable) => config::secret(variable.as_str()).ok_or_else(|| {
            failed(format!("there is no key in ${variable}"))
                .hint("set the variable, or correct its name in the operator file")
        }),
        Source::File(path) => of_file(path, folder),
        Source::Exec(argv) => of_program(argv, folder, PATIENCE),
    }
}

fn failed(message: String) -> Failure {
    Failure::new(Exit::Failed, message).unwritten()
}

fn of_file(path: &FilePath, folder: &Path) -> Result<SecretString, Failure> {
    let whole = folder.join(path.as_str());
    let path = whole.display();
    let cannot = |error: std::io::Error| failed(format!("the key in `{path}` cannot be read")).because(&error);
    // A pipe would be waited for before it could be asked what it is.
    if !std::fs::metadata(&whole).map_err(cannot)?.is_file() {
        return Err(failed(format!("the key in `{path}` cannot be read: it is no ordinary file")));
    }
    let file = File::open(&whole).map_err(cannot)?;
    if is_open_to_others(&file).map_err(cannot)? {
        return Err(failed(format!("the key in `{path}` can be read by others on this machine"))
            .hint(format!("take that from them: chmod 600 {path}")));
    }
    let bytes = read(file).map_err(cannot)?;
    key(&bytes, &format!("the key in `{path}`"))
}

#[cfg(unix)]
fn is_open_to_others(file: &File) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

/// Elsewhere the folder of a user is their own, and there is no mode to look at.
#[cfg(not(unix))]
fn is_open_to_others(_: &File) -> std::io::Result<bool> {
    Ok(false)
}

/// Reads one byte more than there may be, without growing, which would leave a copy behind.
fn read(from: impl Read) -> std::io::Result<Zeroizing<Vec<u8>>> {
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

fn key(bytes: &[u8], what: &str) -> Result<SecretString, Failure> {
    if bytes.len() > MOST {
        return Err(failed(format!("{what} is longer than 64 KiB")));
    }
    // The reason would show where it went wrong, and with it something of the key.
    let text = std::str::from_utf8(bytes).map_err(|_| failed(format!("{what} is no text")))?.trim();
    if text.is_empty() { Err(failed(format!("{what} is empty"))) } else { Ok(SecretString::from(text)) }
}

fn of_program(argv: &Argv, folder: &Path, patience: Duration) -> Result<SecretString, Failure> {
    let program = &argv.program;
    let ends = Instant::now() + patience;
    let mut child = start(argv, folder)
        .map_err(|error| failed(format!("`{program}`, which prints a key, cannot be run")).because(&error))?;
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
        return Err(failed(format!("`{program}`, which prints a key, does not end within {} s", patience.as_secs()))
            .hint("it has no terminal and no input to ask anybody"));
    };
    let printed = printed.map_err(|error| failed(format!("what `{program}` prints cannot be read")).because(&error))?;
    // One that printed too much was cut off, and ends badly for that.
    if !status.success() && printed.len() <= MOST {
        return Err(failed(format!("`{program}`, which prints a key, failed: {status}"))
            .hint("its output is not shown, since it may hold a key; run it by hand, without an environment"));
    }
    key(&printed, &format!("the key that `{program}` prints"))
}

/// No shell, no environment, no input; what it says of itself could hold the key and goes nowhere.
fn start(argv: &Argv, folder: &Path) -> std::io::Result<Child> {
    Command::new(argv.program.as_str())
        .args(&argv.arguments)
        .env_clear()
        .current_dir(folder)
        .stdin(Stdio::null())
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

#[cfg(test)]
mod tests;
