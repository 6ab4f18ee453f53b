//! The only place that prints. Standard output is data, standard error is talk.

use std::io::{self, BufRead, IsTerminal, Write};

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
            progress: talks_to_terminal && !quiet,
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
    pub fn out(&mut self, text: &str) {
        self.end_progress();
        let _: io::Result<()> = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
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

    /// Asks a person for one word. `None` where there is nobody to ask.
    pub fn ask(&mut self, question: &str) -> Option<String> {
        if !self.asks {
            return None;
        }
        self.warn(question);
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).ok()?;
        Some(answer.trim().to_owned())
    }
}
