use std::fmt::Write;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::line::LogLine;
use super::repeats::More;
use crate::logging::plain;

/// `12:00:01 WARN  `: what a note stands under, so that the eye finds the next line.
const INDENT: &str = "               ";

/// Shown elsewhere on the line or in the heading above it, or, like ids, of use to programs only.
const NOT_LISTED: [&str; 6] = ["time", "level", "run", "stage", "record", "message"];

/// Makes text for people of the lines of a log.
pub(crate) struct Pretty {
    zone: TimeZone,
    is_coloured: bool,
    /// What the last heading said.
    date: Option<Date>,
    run: String,
}

#[derive(Clone, Copy)]
enum Colour {
    Red,
    Yellow,
    Bold,
    Dim,
    Plain,
}

impl Pretty {
    /// Times are shown in `zone`.
    pub(crate) fn new(zone: TimeZone, is_coloured: bool) -> Self {
        Pretty {
            zone,
            is_coloured,
            date: None,
            run: String::new(),
        }
    }

    /// `12:00:01 WARN  decode: message (uri=pages/a.html code=decode.empty)`, below a heading when
    /// it is of another day or run than the line before.
    pub(crate) fn line(&mut self, line: &LogLine) -> String {
        let Some(fields) = line.fields() else {
            return without_controls(&String::from_utf8_lossy(line.bytes()));
        };
        let mut out = self.heading(line);
        out.push_str(&self.paint(Colour::Dim, &format!("{:8}", self.clock(line, false))));
        let level = line.field("level").unwrap_or_default().to_uppercase();
        let colour = match level.as_str() {
            "ERROR" => Colour::Red,
            "WARN" => Colour::Yellow,
            "INFO" => Colour::Plain,
            _ => Colour::Dim,
        };
        let level = format!("{:5}", without_controls(&level));
        let _ = write!(out, " {} ", self.paint(colour, &level));
        if let Some(stage) = line.field("stage") {
            let stage = format!("{}:", without_controls(&stage));
            let _ = write!(out, "{} ", self.paint(Colour::Bold, &stage));
        }
        out.push_str(&without_controls(
            &line.field("message").unwrap_or_default(),
        ));
        let listed = listed(fields, |_, _| true);
        if !listed.is_empty() {
            let _ = write!(out, " {}", self.paint(Colour::Dim, &format!("({listed})")));
        }
        out
    }

    /// `… and 37 more like it (last: 12:00:09 uri=pages/z.html)`, with the fields that differ from
    /// those of the line that was shown.
    pub(crate) fn more(&self, more: &More) -> String {
        let mut last = self.clock(&more.last, true);
        if let Some(fields) = more.last.fields() {
            let shown = more.first.fields();
            let differs =
                |key: &str, value: &Value| shown.and_then(|it| it.get(key)) != Some(value);
            let listed = listed(fields, differs);
            if !listed.is_empty() {
                let _ = write!(last, " {listed}");
            }
        }
        let last = match last.trim() {
            "" => String::new(),
            last => format!(" (last: {last})"),
        };
        let note = format!("… and {} more like it{last}", more.n);
        format!("{INDENT}{}", self.paint(Colour::Dim, &note))
    }

    /// `2026-11-22 quickstart@5aff58c25d0d`
    fn heading(&mut self, line: &LogLine) -> String {
        let date = self.time(line).map(|time| time.date()).or(self.date);
        // What is logged around a run bears no name and belongs to it all the same.
        let run = line.field("run").unwrap_or_else(|| self.run.clone());
        if date == self.date && run == self.run {
            return String::new();
        }
        (self.date, self.run) = (date, run);
        let date = date.map(|date| date.to_string()).unwrap_or_default();
        let heading = format!("{date} {}", without_controls(&self.run));
        format!("{}\n", self.paint(Colour::Bold, heading.trim()))
    }

    /// The time of day, with the date before it when that is `dated` and not that of the heading.
    fn clock(&self, line: &LogLine, dated: bool) -> String {
        match self.time(line) {
            Some(time) if dated && Some(time.date()) != self.date => {
                time.strftime("%Y-%m-%d %H:%M:%S").to_string()
            }
            Some(time) => time.strftime("%H:%M:%S").to_string(),
            None => String::new(),
        }
    }

    fn time(&self, line: &LogLine) -> Option<jiff::Zoned> {
        let time: Timestamp = line.field("time")?.parse().ok()?;
        Some(time.to_zoned(self.zone.clone()))
    }

    fn paint(&self, colour: Colour, text: &str) -> String {
        let code = match colour {
            Colour::Red => "31",
            Colour::Yellow => "33",
            Colour::Bold => "1",
            Colour::Dim => "2",
            Colour::Plain => return text.to_owned(),
        };
        if self.is_coloured {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// `uri=pages/a.html code=decode.empty`
fn listed(fields: &Map<String, Value>, wanted: impl Fn(&str, &Value) -> bool) -> String {
    let listed: Vec<String> = fields
        .iter()
        .filter(|(key, value)| !NOT_LISTED.contains(&key.as_str()) && wanted(key, value))
        .map(|(key, value)| format!("{key}={}", plain(value)))
        .collect();
    without_controls(&listed.join(" "))
}

/// A message that quotes a page must not break the line or drive the terminal.
fn without_controls(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    fn line(text: &str) -> LogLine {
        LogLine::new(text.as_bytes().to_vec())
    }

    fn pretty() -> Pretty {
        Pretty::new(TimeZone::get("Asia/Shanghai").unwrap(), false)
    }

    fn warning(time: &str, uri: &str) -> LogLine {
        line(&format!(
            r#"{{"time":"{time}","level":"warn","run":"a@1","stage":"decode","record":"r","uri":"{uri}","code":"decode.empty","message":"no text"}}"#
        ))
    }

    #[test]
    fn the_day_and_the_run_stand_above_the_lines() {
        let mut pretty = pretty();
        assert_eq!(
            pretty.line(&warning("2026-11-22T15:59:59.000Z", "p.html")),
            "2026-11-22 a@1\n23:59:59 WARN  decode: no text (uri=p.html code=decode.empty)"
        );
        let outside = r#"{"time":"2026-11-22T15:59:59.500Z","level":"info","message":"bye"}"#;
        assert_eq!(pretty.line(&line(outside)), "23:59:59 INFO  bye");
        assert_eq!(
            pretty.line(&warning("2026-11-22T16:00:00.000Z", "q.html")),
            "2026-11-23 a@1\n00:00:00 WARN  decode: no text (uri=q.html code=decode.empty)"
        );
    }

    #[test]
    fn what_is_left_out_is_counted_with_the_last_of_it() {
        let mut pretty = pretty();
        let first = warning("2026-11-22T00:00:00Z", "p.html");
        let _ = pretty.line(&first);
        let more = |time, uri| More {
            n: 37,
            first: Rc::new(first.clone()),
            last: Rc::new(warning(time, uri)),
        };
        assert_eq!(
            pretty.more(&more("2026-11-22T00:00:09Z", "z.html")).trim(),
            "… and 37 more like it (last: 08:00:09 uri=z.html)"
        );
        assert_eq!(
            pretty.more(&more("2026-11-25T00:00:09Z", "p.html")).trim(),
            "… and 37 more like it (last: 2026-11-25 08:00:09)"
        );
    }

    #[test]
    fn a_line_cannot_drive_the_terminal() {
        let mut pretty = pretty();
        let nasty =
            r#"{"level":"\u001b[31m","message":"a\u001b[2Jb","stage":"s\n","k\u0007":"\r"}"#;
        let shown = pretty.line(&line(nasty)) + &pretty.line(&line("plain\u{1b}[2J"));
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
    }

    #[test]
    fn what_is_no_json_is_shown_as_it_is() {
        assert_eq!(pretty().line(&line("Killed by 年")), "Killed by 年");
    }

    #[test]
    fn colours_are_shown_only_where_they_are_wanted() {
        let mut coloured = Pretty::new(TimeZone::UTC, true);
        let first = warning("2026-11-22T00:00:00Z", "p.html");
        assert!(coloured.line(&first).contains("\u{1b}[33mWARN \u{1b}[0m"));
    }
}
