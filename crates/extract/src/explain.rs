use std::ops::Range;

use serde::Serialize;
use serde_json::{Value, json};
use taosha_core::{Fact, FactKind, Qualifier, Record, Report};

use crate::comparison::Part;
use crate::figure::Figure;
use crate::finder::{Read, row_facts};
use crate::line::Line;
use crate::lines::Lines;
use crate::numeral::{self, Form, Numeral};
use crate::stage::Extract;
use crate::subject::Subjects;
use crate::table;

/// How one number, date or title of a text was read, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explained {
    /// Its words.
    pub text: String,
    /// Where they begin, in characters.
    pub start: usize,
    /// Where they end.
    pub end: usize,
    /// A kind of fact, `time` or `nothing`.
    pub read_as: &'static str,
    /// By which rules, in the order in which they were asked.
    pub why: Vec<String>,
    /// The fact that was made of it.
    pub fact: Option<Value>,
}

impl Extract {
    /// How `text` is read: every number in it, what it was taken for and why.
    pub fn explain(&self, text: &str) -> Vec<Explained> {
        let record = Record::from_text("memory:explained", text);
        let Ok(report) = record.report() else {
            return Vec::new();
        };
        let lines = Lines::of(self.rules(), report);
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut found = Vec::new();
        table::rows(self.rules(), &lines, &mut |line, row| {
            ranges.push(row.range.clone());
            let places: Vec<Range<usize>> = row
                .cells
                .iter()
                .map(|cell| cell.figure.number.clone())
                .collect();
            let facts = row_facts(report, line, row).into_iter();
            for (read, place) in facts.zip(places) {
                let why = vec!["a cell of a table, named by its row and its column".to_owned()];
                found.push(told(
                    line,
                    place,
                    read.fact.kind.name(),
                    why,
                    Some(json(report, &read.fact)),
                ));
            }
        });
        let lines = lines.without(&ranges);
        let mut subjects = Subjects::default();
        for mut line in lines {
            let read = Read::of(report, &mut line, &mut subjects);
            explain_line(report, &line, &read, &mut found);
        }
        let before = |byte: usize| text.get(..byte).unwrap_or_default().chars().count();
        for explained in &mut found {
            (explained.start, explained.end) = (before(explained.start), before(explained.end));
        }
        found.sort_by_key(|explained| (explained.start, explained.end));
        found
    }
}

fn told(
    line: &Line,
    range: Range<usize>,
    read_as: &'static str,
    why: Vec<String>,
    fact: Option<Value>,
) -> Explained {
    let bytes = line.bytes(range.clone());
    Explained {
        text: line.original(range).to_owned(),
        start: bytes.start,
        end: bytes.end,
        read_as,
        why,
        fact,
    }
}

fn explain_line(report: &Report, line: &Line, read: &Read, found: &mut Vec<Explained>) {
    let mut seen: Vec<Range<usize>> = Vec::new();
    for (index, figure) in read.figures.iter().enumerate() {
        let fact = read.figured.get(index).map(|found| &found.fact);
        let mut why = vec![number(line, figure), unit(line, figure)];
        why.extend(qualified(line, figure));
        match read.ties.get(index).map(|tie| tie.part) {
            Some(Part::Base) => why.push("what another figure is compared with".to_owned()),
            Some(Part::Change) => {
                why.push("a change: a verb of change stands before it".to_owned())
            }
            _ => {}
        }
        if let Some(name) = read.names.get(index).filter(|name| !name.words.is_empty()) {
            why.push(format!("named by {}", name.why));
        }
        let kind = fact.map_or("nothing", |fact| fact.kind.name());
        let whole =
            figure.whole.start.min(figure.number.start)..figure.whole.end.max(figure.number.end);
        found.push(told(
            line,
            whole.clone(),
            kind,
            why,
            fact.map(|fact| json(report, fact)),
        ));
        seen.push(whole);
    }
    for (index, statement) in read.statements.iter().enumerate() {
        let why = match statement.kind {
            FactKind::Citation => "a title in 《》",
            FactKind::DocumentNumber => "a year in brackets and a number before 号",
            FactKind::Award => "a verb of winning, and the name of an award",
            FactKind::Rank => "an ordinal behind a word of ranking",
            _ => "a day, with its month or not",
        };
        let own = read.stated.get(index);
        let fact = own.map(|found| json(report, &found.fact));
        found.push(told(
            line,
            statement.range.clone(),
            statement.kind.name(),
            vec![why.to_owned()],
            fact,
        ));
        seen.push(statement.range.clone());
    }
    for period in &line.periods {
        if !seen
            .iter()
            .any(|range| range.start < period.range.end && period.range.start < range.end)
        {
            let why = format!("a time, {}", period.period);
            found.push(told(line, period.range.clone(), "time", vec![why], None));
            seen.push(period.range.clone());
        }
    }
    let mut at = 0;
    while at < line.len() {
        if let Some(range) = seen.iter().find(|range| range.contains(&at)) {
            at = range.end.max(at + 1);
            continue;
        }
        if !numeral::begins(line, at) {
            at += 1;
            continue;
        }
        let end = numeral::skip(line, at).min(line.len());
        let why = line.taken_why(at).map_or_else(
            || "no measure word stands behind it, and no word says that it counts".to_owned(),
            |why| {
                format!("part of {why}")
                    .replace("part of a name of letters", "a name of letters")
                    .replace("part of what", "what")
            },
        );
        found.push(told(line, at..end, "nothing", vec![why], None));
        at = end;
    }
}

fn number(line: &Line, figure: &Figure) -> String {
    let words = line.original(figure.number.clone());
    if figure.masked {
        return format!("`{words}` hides digits: no value");
    }
    if figure.damaged {
        return format!("`{words}` is broken or stands beside broken text: no value");
    }
    let form = Numeral::read(line, figure.number.start).map(|numeral| numeral.form);
    let form = match form {
        Some(Form::Han) => "in Chinese numerals",
        _ => "in digits",
    };
    match figure.value {
        Some(value) => format!("`{words}` is {value} {form}"),
        None => format!("`{words}` has no value"),
    }
}

fn unit(line: &Line, figure: &Figure) -> String {
    match (&figure.unit, &figure.unit_base) {
        (Some(unit), Some(base)) if figure.factor == 1.0 && unit == base => {
            format!("the unit `{unit}`")
        }
        (Some(unit), Some(base)) => format!(
            "the unit `{unit}`: {} {base}",
            numeral::round(figure.factor)
        ),
        (Some(unit), None) => format!("`{unit}` multiplies by {}", figure.factor),
        _ if figure.kind == FactKind::Ratio => "two numbers with a colon".to_owned(),
        _ => {
            let before = line.original(figure.number.start.saturating_sub(1)..figure.number.start);
            format!("no unit; `{before}` before it says that it counts")
        }
    }
}

fn qualified(line: &Line, figure: &Figure) -> Option<String> {
    let words = line.original(figure.whole.clone());
    match figure.qualifier {
        Qualifier::Exact => None,
        Qualifier::Range => Some(format!("`{words}` is a range; its lower end is the value")),
        qualifier => Some(format!(
            "`{words}` is {}",
            qualifier.name().replace('_', " ")
        )),
    }
}

/// The fact as `facts` rows name its fields, with the words that prove it.
fn json(report: &Report, fact: &Fact) -> Value {
    json!({
        "kind": fact.kind.name(),
        "indicator": fact.indicator,
        "value": fact.value,
        "value_text": fact.value_text,
        "unit": fact.unit,
        "value_base": fact.value_base,
        "unit_base": fact.unit_base,
        "qualifier": fact.qualifier.name(),
        "period": fact.period.map(|period| period.to_string()),
        "period_basis": fact.period_basis.map(|basis| basis.name()),
        "place": fact.place,
        "organisation": fact.organisation,
        "masked": fact.masked,
        "damaged": fact.damaged,
        "evidence": report.document().slice(fact.evidence),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ExtractConfig;
    use taosha_core::{Settings, StageType};

    fn explain(text: &str) -> Vec<Explained> {
        let settings = Settings {
            id: "extract".into(),
            base: ".".into(),
            run: "0".into(),
            scratch: None,
        };
        let extract = Extract::build(ExtractConfig::default(), &settings).unwrap();
        extract.explain(text)
    }

    #[test]
    fn every_number_is_explained_also_where_nothing_is_read() {
        let found = explain("2019年七星中学投入近360万元,完成“555工程”,附件3。");
        let read: Vec<_> = found.iter().map(|e| (e.text.as_str(), e.read_as)).collect();
        let expected = [
            ("2019年", "time"),
            ("七", "nothing"),
            ("近360万元", "amount"),
            ("555", "nothing"),
            ("3", "nothing"),
        ];
        assert_eq!(read, expected);
        assert_eq!(found[2].why[0], "`360` is 360 in digits");
        assert_eq!(found[2].why[1], "the unit `万元`: 10000 元");
        assert!(
            found[3].why[0].contains("quotation marks"),
            "{:?}",
            found[3]
        );
    }

    #[test]
    fn the_fact_is_the_one_the_stage_makes() {
        let text = "招生583人,比上年的512人增加71人,获省级一等奖。\n学校\t人数\n一中\t30\n";
        let facts = crate::stage::facts_of_text(text);
        let explained = explain(text);
        let told: Vec<_> = explained.iter().filter_map(|e| e.fact.as_ref()).collect();
        assert_eq!(told.len(), facts.len());
        for (told, fact) in told.iter().zip(&facts) {
            assert_eq!(told["value"].as_f64(), fact.value);
            assert_eq!(told["indicator"].as_str(), fact.indicator.as_deref());
        }
    }
}
