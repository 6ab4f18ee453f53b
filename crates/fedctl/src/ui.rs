//! The only place that prints. Standard output is data, standard error is talk.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::exit::Exit;
use crate::failure::Failure;

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
        match self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
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
        self.end_progress();
        let _: io::Result<()> = self.talk.write_all(text.as_bytes()).and_then(|()| self.talk.flush());
    }

    /// One line that replaces itself, on a terminal.
    pub fn progress(&mut self, text: &str) {
        if self.progress {
            let _: io::Result<()> = write!(self.talk, "\r\x1b[2K{text}").and_then(|()| self.talk.flush());
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

    #[test]
    fn only_a_reader_that_has_gone_is_no_error() {
        let out = |kind| Ui::of_writers(Fails(kind), io::sink()).out("data");
        assert!(out(io::ErrorKind::BrokenPipe).is_ok());
        assert!(out(io::ErrorKind::StorageFull).unwrap_err().text().contains("cannot be written"));
    }
}
