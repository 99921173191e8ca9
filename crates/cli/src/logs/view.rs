use std::collections::VecDeque;
use std::io::{self, Write};
use std::time::Instant;

use super::line::{LogLine, Wanted};
use super::pretty::Pretty;
use super::repeats::{Item, Repeats};

/// What lines look like.
pub(crate) enum Form {
    /// For people: repeats are counted.
    Pretty(Pretty),
    /// As they were written.
    Raw,
}

/// Shows the lines of a log on `out`.
pub(crate) struct View<W> {
    wanted: Wanted,
    form: Form,
    repeats: Repeats,
    /// The last of what was there before, until it is shown.
    history: Option<History>,
    out: W,
}

/// The last things said: each a line and what was counted after it.
struct History {
    max: usize,
    said: VecDeque<Vec<Item>>,
}

impl<W: Write> View<W> {
    /// Shows what is `wanted`. With `last`, only so many things of what is there before
    /// [`catch_up`](View::catch_up); a series that is counted is one thing.
    pub(crate) fn new(wanted: Wanted, form: Form, last: Option<usize>, out: W) -> Self {
        let history = last.map(|max| History {
            max,
            said: VecDeque::new(),
        });
        View {
            wanted,
            form,
            repeats: Repeats::default(),
            history,
            out,
        }
    }

    /// Takes the next line, which came at `now`.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub(crate) fn push(&mut self, line: LogLine, now: Instant) -> io::Result<()> {
        if !self.wanted.admits(&line) {
            return Ok(());
        }
        let items = match self.form {
            Form::Pretty(_) => self.repeats.push(line, now),
            Form::Raw => vec![Item::Line(line.into())],
        };
        items.into_iter().try_for_each(|item| self.give(item))
    }

    /// Shows what was there before; what comes from now on is shown at once.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub(crate) fn catch_up(&mut self) -> io::Result<()> {
        let Some(history) = self.history.take() else {
            return Ok(());
        };
        if history.said.is_empty() {
            // What follows must not be counted under a line that was never shown.
            self.repeats = Repeats::default();
        }
        let mut items = history.said.into_iter().flatten();
        items.try_for_each(|item| self.show(&item))
    }

    /// Shows what is due when no line has come by `now`.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub(crate) fn tick(&mut self, now: Instant) -> io::Result<()> {
        if let Some(item) = self.repeats.tick(now) {
            self.give(item)?;
        }
        self.out.flush()
    }

    /// Shows what is still held back: nothing more comes.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        if let Some(item) = self.repeats.end() {
            self.give(item)?;
        }
        self.catch_up()?;
        self.out.flush()
    }

    fn give(&mut self, item: Item) -> io::Result<()> {
        match &mut self.history {
            Some(history) => {
                history.put(item);
                Ok(())
            }
            None => self.show(&item),
        }
    }

    fn show(&mut self, item: &Item) -> io::Result<()> {
        match (&mut self.form, item) {
            (Form::Pretty(pretty), Item::Line(line)) => writeln!(self.out, "{}", pretty.line(line)),
            (Form::Pretty(pretty), Item::More(more)) => writeln!(self.out, "{}", pretty.more(more)),
            (Form::Raw, Item::Line(line)) => {
                self.out.write_all(line.bytes())?;
                self.out.write_all(b"\n")
            }
            // Raw lines are never counted.
            (Form::Raw, Item::More(_)) => Ok(()),
        }
    }
}

impl History {
    fn put(&mut self, item: Item) {
        match item {
            Item::Line(_) => self.said.push_back(vec![item]),
            Item::More(_) => {
                if let Some(last) = self.said.back_mut() {
                    last.push(item);
                }
            }
        }
        if self.said.len() > self.max {
            self.said.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn view(last: Option<usize>, raw: bool) -> View<Vec<u8>> {
        let form = match raw {
            true => Form::Raw,
            false => Form::Pretty(Pretty::new(TimeZone::UTC, false)),
        };
        View::new(Wanted::default(), form, last, Vec::new())
    }

    fn push(view: &mut View<Vec<u8>>, messages: &str) {
        for message in messages.chars() {
            let line = format!(r#"{{"level":"info","message":"{message}"}}"#);
            view.push(LogLine::new(line.into_bytes()), Instant::now())
                .unwrap();
        }
    }

    /// The messages and notes on the screen.
    fn screen(view: &View<Vec<u8>>) -> Vec<String> {
        let text = String::from_utf8(view.out.clone()).unwrap();
        let said = |line: &str| line.trim().trim_start_matches("INFO  ").to_owned();
        text.lines().map(said).collect()
    }

    #[test]
    fn the_last_things_are_counted_with_their_repeats() {
        let mut view = view(Some(2), false);
        push(&mut view, "abcccccc");
        view.end().unwrap();
        assert_eq!(screen(&view), ["b", "c", "… and 5 more like it"]);
    }

    #[test]
    fn a_series_goes_on_from_what_was_there_before() {
        let mut view = view(Some(1), false);
        push(&mut view, "abb");
        view.catch_up().unwrap();
        assert_eq!(screen(&view), ["b"]);
        push(&mut view, "bbc");
        assert_eq!(screen(&view), ["b", "… and 3 more like it", "c"]);
    }

    #[test]
    fn nothing_is_counted_under_a_line_that_was_not_shown() {
        let mut view = view(Some(0), false);
        push(&mut view, "aaa");
        view.catch_up().unwrap();
        push(&mut view, "a");
        assert_eq!(screen(&view), ["a"]);
    }

    #[test]
    fn raw_lines_are_as_they_were_written() {
        let mut view = view(Some(3), true);
        view.push(LogLine::new(b"\xff\x1b".to_vec()), Instant::now())
            .unwrap();
        push(&mut view, "aa");
        view.end().unwrap();
        let expected = b"\xff\x1b\n{\"level\":\"info\",\"message\":\"a\"}\n{\"level\":\"info\",\"message\":\"a\"}\n";
        assert_eq!(view.out, expected);
    }
}
