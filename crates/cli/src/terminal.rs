use std::io::{BufWriter, IsTerminal, StdoutLock, Write};

/// Everything printed goes through here: results to standard output, the rest to standard error.
///
/// A reader that goes away (`taosha schema | head`) is no failure, so errors of writing are passed
/// over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    /// Standard error is a terminal, so progress can be drawn over itself.
    pub(crate) is_interactive: bool,
    /// Colours are wanted on standard error.
    pub(crate) is_coloured: bool,
    /// Colours are wanted on standard output.
    pub(crate) is_out_coloured: bool,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        let is_interactive = std::io::stderr().is_terminal();
        // https://no-color.org
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Terminal {
            is_interactive,
            is_coloured: is_interactive && !no_colour,
            is_out_coloured: std::io::stdout().is_terminal() && !no_colour,
        }
    }

    pub(crate) fn out(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{}", text.trim_end_matches('\n'));
    }

    /// Prints `text` and nothing else, for what is compared byte by byte.
    pub(crate) fn exactly(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Standard output for many lines. They are seen when it is flushed, and a reader that goes
    /// away is told to the caller, who may have lines without end.
    pub(crate) fn lines(&self) -> BufWriter<StdoutLock<'static>> {
        BufWriter::new(std::io::stdout().lock())
    }

    pub(crate) fn error(&self, text: &str) {
        let mut err = std::io::stderr().lock();
        let _ = writeln!(err, "{}", text.trim_end_matches('\n'));
    }
}
