//! A server on loopback in front of a sandbox: it lets requests through, answers some of them itself, or has an issuer that is not
//! ours answer them. What it says carries the sandbox's header, for fedctl takes nothing else from such an address.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::sandbox::Sandbox;

/// What becomes of a request.
#[derive(Clone, Debug)]
pub(crate) enum Turn {
    /// This is the answer: status line, further headers, body.
    Says(u16, String, String),
    /// The server at this address answers, under the name by which it was asked.
    To(String),
    /// The connection is closed without a word.
    Hangs,
}

/// What is answered in another way than by the sandbox: by method and beginning of the path, the first that fits.
type Rules = Arc<Mutex<Vec<(&'static str, String, Turn)>>>;

/// A running front. Its thread ends with the test process.
pub(crate) struct Front {
    pub(crate) address: String,
    rules: Rules,
    lines: Arc<Mutex<Vec<String>>>,
}

/// What is held by another thread that panicked is as good as before.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Front {
    /// In front of a sandbox, whose spec leads here from now on.
    #[track_caller]
    pub(crate) fn of(sandbox: &Sandbox) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("it has an address").to_string();
        let (rules, lines) = (Rules::default(), Arc::new(Mutex::new(Vec::new())));
        let behind = sandbox.address().to_owned();
        let (known, log) = (Arc::clone(&rules), Arc::clone(&lines));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (known, log, behind) = (Arc::clone(&known), Arc::clone(&log), behind.clone());
                // Whoever goes away in between is asked for nothing more.
                thread::spawn(move || serve(stream, &known, &log, &behind).ok());
            }
        });
        sandbox.change_spec(sandbox.base_url(), &format!("http://{address}"));
        Self { address, rules, lines }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on these are the exceptions, and no others.
    pub(crate) fn set(&self, rules: &[(&'static str, &str, Turn)]) {
        let owned = rules.iter().map(|(method, path, turn)| (*method, (*path).to_owned(), turn.clone()));
        *locked(&self.rules) = owned.collect();
        locked(&self.lines).clear();
    }

    /// Method, target and body of every request since the exceptions were set.
    pub(crate) fn lines(&self) -> Vec<String> {
        locked(&self.lines).clone()
    }
}

fn serve(mut stream: TcpStream, rules: &Rules, log: &Mutex<Vec<String>>, sandbox: &str) -> std::io::Result<()> {
    let (head, body) = request(&mut stream)?;
    let line = head.lines().next().unwrap_or_default();
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    locked(log).push(format!("{method} {target} {}", String::from_utf8_lossy(&body)));
    let fits = |(of, path, _): &&(&'static str, String, Turn)| *of == method && target.starts_with(path.as_str());
    let turn = locked(rules).iter().find(fits).map(|(.., turn)| turn.clone());
    let answer = match turn {
        Some(Turn::Hangs) => return Ok(()),
        Some(Turn::Says(status, headers, body)) => {
            let head =
                format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n", body.len());
            [head.into_bytes(), body.into_bytes()].concat()
        }
        Some(Turn::To(address)) => forward(&address, &head, &body, None)?,
        None => return stream.write_all(&forward(sandbox, &head, &body, Some(sandbox))?),
    };
    let end = answer.windows(2).position(|two| two == b"\r\n").unwrap_or(0) + 2;
    stream.write_all(&answer[..end])?;
    stream.write_all(b"x-fedctl-sim: 1\r\n")?;
    stream.write_all(&answer[end..])
}

/// Head and body of one request.
fn request(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut chunk)?;
        bytes.extend_from_slice(&chunk[..read]);
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if bytes.len() >= end + 4 + length.unwrap_or(0) || read == 0 {
                return Ok((head, bytes[end + 4..].to_vec()));
            }
        } else if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Sends a request on, over a connection of its own, and takes the whole answer.
fn forward(address: &str, head: &str, body: &[u8], host: Option<&str>) -> std::io::Result<Vec<u8>> {
    let mut out = TcpStream::connect(address)?;
    let mut sent = String::new();
    for line in head.lines() {
        let name = line.split(':').next().unwrap_or_default().to_lowercase();
        match (name.as_str(), host) {
            ("connection" | "accept-encoding", _) => {}
            ("host", Some(host)) => sent.push_str(&format!("host: {host}\r\n")),
            _ => sent.push_str(&format!("{line}\r\n")),
        }
    }
    sent.push_str("connection: close\r\n\r\n");
    out.write_all(sent.as_bytes())?;
    out.write_all(body)?;
    let mut answer = Vec::new();
    out.read_to_end(&mut answer)?;
    Ok(answer)
}
