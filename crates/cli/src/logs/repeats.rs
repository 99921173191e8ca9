use std::rc::Rc;
use std::time::{Duration, Instant};

use super::line::LogLine;

/// When nothing has come for so long, whoever watches is told how often the last line came.
const QUIET: Duration = Duration::from_secs(1);

/// A series that does not end is told this often, so that the screen never looks dead for longer.
const LONGEST: Duration = Duration::from_secs(10);

/// Counts lines that say the same as the one before them.
#[derive(Default)]
pub(crate) struct Repeats {
    open: Option<Series>,
}

struct Series {
    first: Rc<LogLine>,
    more: Option<More>,
    started: Instant,
    latest: Instant,
}

/// What became of a line.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// A line to be shown.
    Line(Rc<LogLine>),
    /// The line before was followed by these.
    More(More),
}

/// Lines like one that was shown.
#[derive(Clone, Debug)]
pub(crate) struct More {
    /// How many.
    pub(crate) n: u64,
    /// The one that was shown.
    pub(crate) first: Rc<LogLine>,
    /// The last of them.
    pub(crate) last: Rc<LogLine>,
}

impl Repeats {
    /// Takes the next line, which came at `now`; gives `each` what is to be shown.
    pub(crate) fn push(&mut self, line: LogLine, now: Instant) -> Vec<Item> {
        let line = Rc::new(line);
        match &mut self.open {
            Some(series) if series.first.is_like(&line) => {
                series.add(line, now);
                Vec::new()
            }
            _ => {
                let mut items: Vec<Item> = self.end().into_iter().collect();
                items.push(Item::Line(line.clone()));
                self.open = Some(Series {
                    first: line,
                    more: None,
                    started: now,
                    latest: now,
                });
                items
            }
        }
    }

    /// Ends a series that has been quiet, or has gone on, for long enough by `now`.
    ///
    /// What comes after is shown in full again.
    pub(crate) fn tick(&mut self, now: Instant) -> Option<Item> {
        let series = self.open.as_ref()?;
        let is_quiet = now.duration_since(series.latest) >= QUIET;
        let is_long = now.duration_since(series.started) >= LONGEST;
        if is_quiet || (is_long && series.more.is_some()) {
            self.end()
        } else {
            None
        }
    }

    /// Ends the series, if one is open.
    pub(crate) fn end(&mut self) -> Option<Item> {
        let more = self.open.take()?.more?;
        // One line takes as much room as the note that it was left out.
        Some(match more.n {
            1 => Item::Line(more.last),
            _ => Item::More(more),
        })
    }
}

impl Series {
    fn add(&mut self, line: Rc<LogLine>, now: Instant) {
        let n_before = self.more.as_ref().map_or(0, |more| more.n);
        self.more = Some(More {
            n: n_before + 1,
            first: self.first.clone(),
            last: line,
        });
        self.latest = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(message: &str, uri: u32) -> LogLine {
        let text = format!(r#"{{"level":"warn","message":"{message}","uri":"{uri}"}}"#);
        LogLine::new(text.into_bytes())
    }

    /// `a1` for a line, `+2:3` for two more of which the last is 3.
    fn shown(items: impl IntoIterator<Item = Item>) -> Vec<String> {
        let field = |line: &LogLine, key: &str| line.field(key).unwrap();
        let shown = |item: Item| match item {
            Item::Line(line) => format!("{}{}", field(&line, "message"), field(&line, "uri")),
            Item::More(more) => format!("+{}:{}", more.n, field(&more.last, "uri")),
        };
        items.into_iter().map(shown).collect()
    }

    #[test]
    fn every_line_is_shown_or_counted() {
        let (mut repeats, now) = (Repeats::default(), Instant::now());
        let mut items = Vec::new();
        for (message, uri) in [("a", 1), ("a", 2), ("a", 3), ("b", 4), ("a", 5), ("a", 6)] {
            items.extend(repeats.push(line(message, uri), now));
        }
        items.extend(repeats.end());
        assert_eq!(shown(items), ["a1", "+2:3", "b4", "a5", "a6"]);
        assert!(repeats.end().is_none());
    }

    #[test]
    fn a_second_of_quiet_ends_a_series() {
        let (mut repeats, start) = (Repeats::default(), Instant::now());
        let at = |millis| start + Duration::from_millis(millis);
        for (uri, millis) in [(1, 0), (2, 100), (3, 900)] {
            repeats.push(line("a", uri), at(millis));
        }
        assert!(repeats.tick(at(1800)).is_none());
        assert_eq!(shown(repeats.tick(at(1900))), ["+2:3"]);
        assert!(repeats.tick(at(5000)).is_none());
        assert_eq!(shown(repeats.push(line("a", 4), at(5000))), ["a4"]);
    }

    #[test]
    fn a_series_that_goes_on_is_told_now_and_then() {
        let (mut repeats, start) = (Repeats::default(), Instant::now());
        let mut items = Vec::new();
        for uri in 0..=25 {
            let now = start + Duration::from_millis(u64::from(uri) * 500);
            items.extend(repeats.push(line("a", uri), now));
            items.extend(repeats.tick(now));
        }
        assert_eq!(shown(items), ["a0", "+20:20", "a21"]);
    }
}
