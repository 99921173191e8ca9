use std::cell::{Cell as Slot, RefCell};
use std::ops::Range;

use taosha_core::{
    Fact, FactKind, Period, PeriodBasis, Qualifier, Report, Role, SpanKind, simplify,
};

use crate::comparison::{self, Part, Tie};
use crate::condition;
use crate::figure::{self, Figure};
use crate::indicator::{self, Indicator};
use crate::line::Line;
use crate::names::{self, Statement};
use crate::numeral::round;
use crate::parts::{self, Total};
use crate::place;
use crate::plan::Plans;
use crate::subject::Subjects;
use crate::table::{Cell, Row};
use crate::time::{Time, Times};

/// A clause that ends this soon behind a date says nothing but the date (3月8日上午,).
const DATE_ALONE: usize = 3;

/// A fact on its way into the list.
pub(crate) struct Found {
    pub(crate) fact: Fact,
    /// The first of its characters in the line.
    pub(crate) at: usize,
    /// Its index among the figures of the line.
    pub(crate) figure: Option<usize>,
    /// The index there of what it is measured against.
    pub(crate) base: Option<usize>,
    /// It is a part of what it is measured against.
    pub(crate) part: bool,
    /// It tells what is meant to be.
    pub(crate) planned: bool,
}

/// All that is known of one line.
pub(crate) struct Read {
    pub(crate) statements: Vec<Statement>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) ties: Vec<Tie>,
    pub(crate) names: Vec<Indicator>,
    pub(crate) totals: Vec<Total>,
    /// The facts of the figures, one for each.
    pub(crate) figured: Vec<Found>,
    /// The facts of the statements, one for each.
    pub(crate) stated: Vec<Found>,
}

impl Read {
    /// Reads `line`; `subjects` holds what the line before it told of, and then what this one does.
    pub(crate) fn of(report: &Report, line: &mut Line, subjects: &mut Subjects) -> Read {
        let statements = names::find(line);
        let mut figures = figure::find(line);
        condition::take(line, &mut figures);
        let mut ties = comparison::tie(line, &figures);
        let wholes = parts::find(line, &figures, &ties);
        let mut names = indicator::name_all(line, &figures, &ties, &wholes, &statements);
        let totals = parts::totals(line, &figures, &ties, &wholes);
        for (tie, whole) in ties.iter_mut().zip(&wholes) {
            tie.base = tie.base.or(*whole);
        }
        let plans = Plans::of(line, report.meta.period.map(last_year));
        for (figure, name) in figures.iter().zip(&mut names) {
            name.plan = plans.at(line, figure.number.start);
            plans.cut_off(&mut name.words);
        }
        let finder = Finder::new(report, line, Times::of(line, &statements), plans);
        let mut figured = finder.of_figures(&figures, &ties, &wholes, &names);
        subjects.pass(report, line, (&figures, &ties, &names), &mut figured);
        let stated = finder.of_statements(&statements);
        Read {
            statements,
            figures,
            ties,
            names,
            totals,
            figured,
            stated,
        }
    }
}

/// The last year of `period`.
fn last_year(period: Period) -> u16 {
    match period {
        Period::Years(_, last) => last,
        period => period.year(),
    }
}

/// The facts of a row of a table, in order.
pub(crate) fn row_facts(report: &Report, line: &Line, row: Row) -> Vec<Found> {
    let finder = Finder::new(report, line, Times::none(), Plans::default());
    let found = row.cells.into_iter().map(|cell| finder.cell(cell));
    found.collect()
}

/// Makes the facts of one line.
struct Finder<'a> {
    report: &'a Report,
    line: &'a Line<'a>,
    times: Times,
    plans: Plans,
    /// Of the clause that was asked for last, who and where: its figures are asked for in a row.
    named: RefCell<Option<(Range<usize>, Named)>>,
    /// Of the section that was asked for last, its time.
    own_time: Slot<Option<(Option<usize>, Time)>>,
}

/// Which of the times around a figure may be its own.
enum TimeOf {
    Value,
    /// 比2019年的512人: also one behind 比.
    Base,
    /// 由上年的92%提高到96%: one behind the 由 that stands here, and no other.
    Risen(usize),
}

/// The place and the organisation that a clause names.
#[derive(Clone, Default)]
struct Named {
    place: Option<String>,
    organisation: Option<String>,
}

impl<'a> Finder<'a> {
    fn new(report: &'a Report, line: &'a Line<'a>, times: Times, plans: Plans) -> Self {
        Finder {
            report,
            line,
            times,
            plans,
            named: RefCell::default(),
            own_time: Slot::default(),
        }
    }

    fn named(&self, clause: Range<usize>) -> Named {
        let mut last = self.named.borrow_mut();
        if let Some((_, named)) = last.as_ref().filter(|(of, _)| *of == clause) {
            return named.clone();
        }
        let original =
            |range: Option<Range<usize>>| range.map(|range| self.line.original(range).to_owned());
        let named = Named {
            place: original(place::place(self.line, &clause)),
            organisation: original(place::organisation(self.line, &clause)),
        };
        *last = Some((clause, named.clone()));
        named
    }

    fn of_figures(
        &self,
        figures: &[Figure],
        ties: &[Tie],
        wholes: &[Option<usize>],
        names: &[Indicator],
    ) -> Vec<Found> {
        let read = figures.iter().zip(ties.iter().zip(names)).enumerate();
        let found = read.map(|(index, (figure, (tie, name)))| {
            let is_base = tie.part == Part::Base;
            let time = match comparison::rises_from(self.line, figures, index) {
                Some(from) if is_base => TimeOf::Risen(from),
                _ if is_base => TimeOf::Base,
                _ => TimeOf::Value,
            };
            let mut fact = self.figure(figure, name, time);
            if tie.part == Part::Change {
                fact.kind = FactKind::Change;
            }
            Found {
                fact,
                at: figure.number.start,
                figure: Some(index),
                base: tie.base,
                part: wholes[index].is_some() && tie.base == wholes[index],
                planned: name.plan.is_some(),
            }
        });
        found.collect()
    }

    fn of_statements(&self, statements: &[Statement]) -> Vec<Found> {
        let found = statements.iter().map(|statement| Found {
            fact: self.statement(statement, statements),
            at: statement.range.start,
            figure: None,
            base: None,
            part: false,
            planned: false,
        });
        found.collect()
    }

    fn figure(&self, figure: &Figure, name: &Indicator, time_of: TimeOf) -> Fact {
        let line = self.line;
        let words = name.said().into_iter().map(|range| line.original(range));
        let indicator: String = words.collect();
        let mut evidence = line.clause(figure.number.start);
        if let Some(plan) = &name.plan {
            evidence.start = evidence.start.min(plan.start);
        }
        if let Some(start) = name.reaches_back_to {
            evidence.start = evidence.start.min(start);
        }
        evidence.end = evidence.end.max(figure.whole.end);
        let mut fact = self.of_figure(figure.clone(), evidence);
        fact.indicator = Some(indicator).filter(|words| !words.is_empty());
        let at = figure.number.start;
        let time_beside = |own| match time_of {
            TimeOf::Risen(from) => self.times.of_risen(line, from, at, own),
            TimeOf::Base => self.times.at(line, at, true, own),
            TimeOf::Value => self.times.at(line, at, false, own),
        };
        let is_plan = name.plan.is_some();
        (fact.period, fact.period_basis) = self.time_told(fact.section, is_plan, time_beside);
        fact
    }

    /// The time that `beside` finds, given the section's own. What is meant to be is of a time to come, which the
    /// report's own is not unless it is named.
    fn time_told(
        &self,
        section: Option<usize>,
        is_plan: bool,
        beside: impl Fn(Time) -> Time,
    ) -> Time {
        let time = beside(self.own_time(section));
        let meta = &self.report.meta;
        let is_own = || {
            time == (meta.period, meta.period.and(meta.period_basis))
                && beside((None, None)).0.is_none()
        };
        match is_plan && is_own() {
            true => (None, None),
            false => time,
        }
    }

    /// What a figure itself says.
    fn of_figure(&self, figure: Figure, evidence: Range<usize>) -> Fact {
        let mut fact = self.fact(figure.kind, figure.number, evidence);
        let hidden = figure.masked || figure.damaged;
        fact.value = figure.value.filter(|_| !hidden);
        let known = figure.unit.is_some();
        fact.unit = figure.unit;
        fact.unit_base = figure.unit_base;
        fact.value_base = fact
            .value
            .filter(|_| known)
            .map(|value| round(value * figure.factor));
        fact.qualifier = figure.qualifier;
        fact.masked = figure.masked;
        fact.damaged = figure.damaged;
        fact
    }

    /// A figure in a row, which as a whole is the evidence.
    fn cell(&self, cell: Cell) -> Found {
        let mut fact = self.of_figure(cell.figure, 0..self.line.len());
        fact.indicator = Some(cell.indicator);
        (fact.period, fact.period_basis) = match cell.period {
            Some(period) => (Some(period), Some(PeriodBasis::Stated)),
            None => self.own_time(fact.section),
        };
        Found {
            fact,
            at: cell.at,
            figure: None,
            base: None,
            part: false,
            planned: false,
        }
    }

    fn statement(&self, statement: &Statement, statements: &[Statement]) -> Fact {
        let line = self.line;
        let clause = line.clause(statement.range.start);
        let evidence = match statement.kind {
            FactKind::Citation | FactKind::DocumentNumber => statement.range.clone(),
            FactKind::Date if clause.end <= statement.range.end + DATE_ALONE => {
                clause.start..line.clause(clause.end).end.max(clause.end)
            }
            _ => clause.start..clause.end.max(statement.range.end),
        };
        let mut fact = self.fact(statement.kind, statement.text.clone(), evidence);
        fact.value = statement.value.filter(|_| !fact.masked && !fact.damaged);
        fact.unit = statement
            .unit
            .clone()
            .map(|range| line.original(range).to_owned());
        fact.qualifier = statement.qualifier;
        let is_rank = statement.kind == FactKind::Rank;
        let plan = is_rank.then(|| self.plans.at(line, statement.range.start));
        let plan = plan.flatten();
        if is_rank {
            let words = indicator::of_rank(line, statements, statement.range.start);
            let words = words.map(|words| line.original(words));
            let plan = plan.clone().filter(|_| words.is_some());
            let plan = plan.map_or("", |plan| line.original(plan));
            fact.indicator = words.map(|words| [plan, words].concat());
        }
        let at = statement.range.end;
        let time_beside = |own| self.times.at(line, at, false, own);
        (fact.period, fact.period_basis) =
            self.time_told(fact.section, plan.is_some(), time_beside);
        let is_one = statement.qualifier != Qualifier::Range;
        if let Some((Some(year), month, Some(day))) = statement.day.filter(|_| is_one) {
            fact.period = Some(Period::Day(year, month, day));
            fact.period_basis = Some(taosha_core::PeriodBasis::Stated);
        }
        fact
    }

    /// A fact of which only the words are known.
    fn fact(&self, kind: FactKind, text: Range<usize>, evidence: Range<usize>) -> Fact {
        let line = self.line;
        let evidence = line.trim(evidence);
        let clause = line.clause(text.start);
        let text = line.trim(text);
        let span = self
            .report
            .reading()
            .span(line.bytes(evidence), SpanKind::Evidence);
        let Named {
            place,
            organisation,
        } = self.named(clause);
        Fact {
            section: self.section(span.start()),
            indicator: None,
            value: None,
            value_text: line.original(text.clone()).to_owned(),
            unit: None,
            unit_base: None,
            value_base: None,
            kind,
            period: None,
            period_basis: None,
            place,
            organisation,
            qualifier: Qualifier::Exact,
            base_fact: None,
            masked: line.masked(text.clone()),
            damaged: line.damaged(text),
            evidence: span,
        }
    }

    /// The time of what names none: the one its section names, or the report's. A plan speaks of
    /// a year to come, so the report's is wrong there.
    fn own_time(&self, section: Option<usize>) -> Time {
        if let Some((_, time)) = self.own_time.get().filter(|(of, _)| *of == section) {
            return time;
        }
        let time = self.time_of(section);
        self.own_time.set(Some((section, time)));
        time
    }

    fn time_of(&self, section: Option<usize>) -> Time {
        let meta = &self.report.meta;
        let sections = &self.report.sections;
        let mut index = section;
        let mut plan = false;
        while let Some(section) = index.and_then(|index| sections.get(index)) {
            let title = section.title.as_deref().unwrap_or_default();
            if let [only] = Period::find_all(&simplify(title)).as_slice() {
                let basis = match meta.period_basis {
                    Some(PeriodBasis::Doubtful) => PeriodBasis::Doubtful,
                    _ => PeriodBasis::Stated,
                };
                return (Some(only.period), Some(basis));
            }
            plan |= section.role == Some(Role::Plan);
            index = section.parent.filter(|&parent| Some(parent) < index);
        }
        match plan {
            true => (None, None),
            false => (meta.period, meta.period.and(meta.period_basis)),
        }
    }

    /// The innermost section at `at`. Sections are in order, a child behind its parent.
    fn section(&self, at: usize) -> Option<usize> {
        let sections = &self.report.sections;
        let after = sections.partition_point(|section| section.span.start() <= at);
        let mut index = after.checked_sub(1)?;
        while at >= sections.get(index)?.span.end() {
            index = sections
                .get(index)?
                .parent
                .filter(|&parent| parent < index)?;
        }
        Some(index)
    }
}
