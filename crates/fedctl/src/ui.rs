//! The only place that prints. Standard output is data, standard error is talk.
//!
//! Whatever is printed goes through one encoder: no text from outside can move the cursor, hide, or turn the direction of
//! writing, even where a renderer forgot to ask for it.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::text::{visible, visible_lines};

/// Where an invocation prints, and whom it can ask.
pub struct Ui {
    out: Box<dyn Write + Send>,
    talk: Box<dyn Write + Send>,
    quiet: bool,
    color: bool,
    progress: bool,
    progress_shown: bool,
    asks: bool,
}

impl Ui {
    /// The terminal or pipes of this process.
    pub fn of_process(quiet: bool) -> Self {
        let talks_to_terminal = io::stderr().is_terminal();
        Self {
            out: Box::new(io::BufWriter::new(io::stdout())),
            talk: Box::new(io::stderr()),
            quiet,
            color: talks_to_terminal && !crate::config::without_color(),
            progress: talks_to_terminal && !quiet && !crate::config::is_dumb(),
            progress_shown: false,
            asks: io::stdin().is_terminal(),
        }
    }

    /// Two writers, without a person.
    pub fn of_writers(out: impl Write + Send + 'static, talk: impl Write + Send + 'static) -> Self {
        Self {
            out: Box::new(out),
            talk: Box::new(talk),
            quiet: false,
            color: false,
            progress: false,
            progress_shown: false,
            asks: false,
        }
    }

    /// Whether messages may have colour.
    pub fn color(&self) -> bool {
        self.color
    }

    /// Data. Whoever reads it may have gone, which is no error.
    ///
    /// # Errors
    /// It cannot be written: a full disk, say.
    pub fn out(&mut self, text: &str) -> Result<(), Failure> {
        self.end_progress();
        match self.out.write_all(visible_lines(text).as_bytes()).and_then(|()| self.out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(lost(&error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Whether only what was asked for is to be said, and what went wrong.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Talk, left out when quiet.
    pub fn say(&mut self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// Talk that is never left out.
    pub fn warn(&mut self, text: &str) {
        self.talk(&visible_lines(text));
    }

    /// Talk that may have colour, by somebody who spelt out everything that hides in what it shows.
    pub fn warn_styled(&mut self, text: &str) {
        if self.color { self.talk(text) } else { self.warn(text) }
    }

    fn talk(&mut self, text: &str) {
        self.end_progress();
        let _: io::Result<()> = self.talk.write_all(text.as_bytes()).and_then(|()| self.talk.flush());
    }

    /// One line that replaces itself, on a terminal.
    pub fn progress(&mut self, text: &str) {
        if self.progress {
            let _: io::Result<()> = write!(self.talk, "\r\x1b[2K{}", visible(text)).and_then(|()| self.talk.flush());
            self.progress_shown = true;
        }
    }

    fn end_progress(&mut self) {
        if std::mem::take(&mut self.progress_shown) {
            let _: io::Result<()> = write!(self.talk, "\r\x1b[2K");
        }
    }

    /// Whether there is a person to ask.
    pub fn asks(&self) -> bool {
        self.asks
    }

    /// Asks a person for one word. `None` where there is nobody, or nobody answers (Ctrl-D).
    pub async fn ask(&mut self, question: &str) -> Option<String> {
        if !self.asks {
            return None;
        }
        self.warn(question);
        let answer = tokio::task::spawn_blocking(|| {
            let mut answer = String::new();
            io::stdin().lock().read_line(&mut answer).map(|bytes| (bytes > 0).then(|| answer.trim().to_owned()))
        });
        let answer = answer.await.ok().and_then(Result::ok).flatten();
        if answer.is_none() {
            self.end_question();
        }
        answer
    }

    /// Goes on below a question that nobody answered.
    pub fn end_question(&mut self) {
        if self.asks {
            self.warn("\n");
        }
    }
}

/// Says that fedctl is wrong in itself: where, and what the code says of it. Whatever was computed is left out, for it may
/// hold a secret: only a message that stands in the code as it is, is shown.
pub fn panicked(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(|place| format!(" at {place}")).unwrap_or_default();
    let what = panic.payload().downcast_ref::<&'static str>();
    let what = what.map(|what| format!(": {}", visible(what))).unwrap_or_default();
    let hint = "this is a mistake in fedctl: report it with this place; `fedctl plan` shows what is left to do";
    let text = format!("error: fedctl {} panicked{place}{what}\n  hint: {hint}\n", env!("CARGO_PKG_VERSION"));
    let _: io::Result<()> = io::stderr().write_all(text.as_bytes());
}

/// The log: one line for each event, spelt out like everything that is printed.
pub struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stderr().write_all(visible_lines(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// The result cannot be written to standard output.
pub fn lost(error: &io::Error) -> Failure {
    Failure::new(Exit::Failed, "the result cannot be written to standard output")
        .because(error)
        .hint("is the disk full to which it is redirected?")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fails(io::ErrorKind);

    impl Write for Fails {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Everything that is printed to it.
    #[derive(Clone, Default)]
    struct Kept(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nothing_is_printed_raw_whoever_prints_it() {
        let kept = Kept::default();
        let mut ui = Ui::of_writers(kept.clone(), kept.clone());
        let nasty = "a\u{1b}[2J\u{202e}\u{9b}1m\u{200b}\r\n";
        ui.out(nasty).unwrap();
        ui.say(nasty);
        ui.warn(nasty);
        ui.warn_styled(nasty);
        let printed = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(printed, "a<U+001B>[2J<U+202E><U+009B>1m<U+200B>\n".repeat(4));
    }

    #[test]
    fn only_a_reader_that_has_gone_is_no_error() {
        let out = |kind| Ui::of_writers(Fails(kind), io::sink()).out("data");
        assert!(out(io::ErrorKind::BrokenPipe).is_ok());
        assert!(out(io::ErrorKind::StorageFull).unwrap_err().text().contains("cannot be written"));
    }
}
