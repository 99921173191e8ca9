mod bare; // 来信38: without a unit
mod duration; // 7分20秒
pub(crate) mod sign; // -3.2%

use std::ops::Range;

use taosha_core::{FactKind, Qualifier};

use crate::line::{Line, is_han};
use crate::names;
use crate::number::Number;
use crate::numeral::{self, Form, Numeral, is_han_numeral};
use crate::percent;
use crate::series;
use crate::table;
use crate::unit::{Measure, Unit};

/// A number with its unit and the words that qualify it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    /// The number's own characters.
    pub(crate) number: Range<usize>,
    /// From the first word that qualifies it to the last.
    pub(crate) whole: Range<usize>,
    pub(crate) value: Option<f64>,
    /// The unit as written, with its scale; for 百分之 the sign is elsewhere.
    pub(crate) unit: Option<String>,
    pub(crate) unit_base: Option<String>,
    /// What the value is multiplied with to be in `unit_base`.
    pub(crate) factor: f64,
    pub(crate) kind: FactKind,
    /// What the unit measures; none without a unit.
    pub(crate) measure: Option<Measure>,
    pub(crate) qualifier: Qualifier,
    pub(crate) masked: bool,
    pub(crate) damaged: bool,
}

/// The figures of `line` that are not part of a name, in order.
pub(crate) fn find(line: &Line) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut from = 0;
    while let Some(at) = line.next(from, Numeral::BEGINS) {
        from = at + 1;
        if line.is_taken(at) {
            continue;
        }
        let n_before = figures.len();
        read(line, at, &mut figures);
        from = match figures.get(n_before..) {
            Some([.., last]) => last.whole.end.max(at + 1),
            _ => numeral::skip(line, at),
        };
    }
    figures
}

/// Appends the figure at `at`, or the figures of a list that shares one unit.
fn read(line: &Line, at: usize, figures: &mut Vec<Figure>) {
    if !may_begin(line, at) {
        return;
    }
    let in_words = percent_in_words(line, at)
        .or_else(|| doubled(line, at))
        .or_else(|| read_out_discount(line, at));
    if in_words.is_some() {
        figures.extend(in_words);
        return;
    }
    let Some(first) = Numeral::read(line, at) else {
        return;
    };
    let special = power(line, &first)
        .or_else(|| series::per_many(line, &first))
        .or_else(|| series::fraction(line, &first))
        .or_else(|| duration::read(line, &first));
    if special.is_some() {
        figures.extend(special);
        return;
    }
    if line.is_taken(first.end.saturating_sub(1)) {
        return;
    }
    let joined = series::ratio(line, &first).or_else(|| series::range(line, &first));
    if joined.is_some() {
        figures.extend(joined);
        return;
    }
    let list = series::list(line, &first);
    if list.is_empty() {
        figures.extend(single(line, &first));
    } else {
        figures.extend(list);
    }
}

/// False where the characters before `at` make the numeral part of a word.
fn may_begin(line: &Line, at: usize) -> bool {
    let before = line.before(at);
    if line.char(at).is_ascii_digit() || line.is_mask(at) {
        let is_glued = before.is_ascii_alphabetic() && !names::ends_acronym(line.until(at));
        return !is_glued && !line.goes_on(at);
    }
    let alone = line.char(at) == '一' && !is_han_numeral(line.char(at + 1));
    let compound = line.rules.prefixes.at_end(line.until(at)).is_some()
        || alone && line.rules.one_prefixes.at_end(line.until(at)).is_some();
    !before.is_ascii_alphanumeric() && !compound
}

/// 百分之九十五, 百分之95, 千分之三, 万分之X, 百分之百
fn percent_in_words(line: &Line, at: usize) -> Option<Figure> {
    if let Some(end) = percent::full(line.from(0), at) {
        let mut figure = Figure::over(line, &Numeral::of(at..end, 100.0));
        figure.unit = Some("%".to_owned());
        figure.unit_base = Some("%".to_owned());
        figure.kind = FactKind::Rate;
        figure.measure = Some(Measure::Rate);
        figure.qualify(line);
        figure.hide();
        return Some(figure);
    }
    let (from, whole) = percent::head(line.from(0), at, at)?;
    let numeral = Numeral::read(line, from)?;
    let mut figure = Figure::over(line, &numeral);
    figure.whole.start = at;
    figure.kind = FactKind::Rate;
    let sign = match whole {
        1e2 => "%".to_owned(),
        1e3 => "‰".to_owned(),
        _ => line.original(at..from).to_owned(),
    };
    figure.unit = Some(sign);
    figure.unit_base = Some("%".to_owned());
    figure.factor = 100.0 / whole;
    figure.measure = Some(Measure::Rate);
    figure.qualify(line);
    figure.hide();
    Some(figure)
}

/// 1.3×10^5人, 2e6元: a number that only its power makes whole.
fn power(line: &Line, plain: &Numeral) -> Option<Figure> {
    let at = plain.range.start;
    let sign = line.char(plain.range.end);
    if !line.char(at).is_ascii_digit() || !matches!(sign, '×' | '*' | 'x' | 'X' | '^' | 'e' | 'E')
    {
        return None;
    }
    let number = Number::read(line.from(0), at)?;
    let raised = line.slice(plain.range.end..number.range.end);
    if !matches!(raised, ['×' | '*' | 'x' | 'X' | '^' | 'e' | 'E', .., _]) {
        return None;
    }
    let whole = Numeral {
        range: number.range.clone(),
        value: Some(number.value),
        end: number.range.end,
        scale: None,
        vague: false,
        ..plain.clone()
    };
    let mut figure = single(line, &whole)?;
    figure.masked = false;
    figure.value = Some(number.value).filter(|_| !figure.damaged);
    Some(figure)
}

/// 翻一番, 翻了两番: twice and four times as much.
fn doubled(line: &Line, at: usize) -> Option<Figure> {
    let verb = match (line.before(at), at.checked_sub(2).map(|at| line.char(at))) {
        ('翻', _) => at - 1,
        ('了', Some('翻')) => at - 2,
        _ => return None,
    };
    let numeral = Numeral::read(line, at)?;
    let times = numeral.value.filter(|v| (0.0..10.0).contains(v))?;
    if line.char(numeral.end) != '番' {
        return None;
    }
    let mut figure = Figure::over(line, &numeral);
    figure.whole = verb..numeral.end + 1;
    figure.unit = Some("番".to_owned());
    figure.unit_base = Some("倍".to_owned());
    figure.factor = times.exp2() / times.max(1.0);
    figure.kind = FactKind::Change;
    figure.measure = Some(Measure::Rate);
    figure.hide();
    Some(figure)
}

/// 八五折: tens and ones, read out.
fn read_out_discount(line: &Line, at: usize) -> Option<Figure> {
    let read_out = |at: usize| taosha_core::han_digit(line.char(at)).is_some();
    if !(read_out(at) && read_out(at + 1)) {
        return None;
    }
    let share = percent::discount(line.from(0), at)?;
    let number = at..share.range.end - 1;
    let mut figure = Figure::over(line, &Numeral::of(number.clone(), share.value / 10.0));
    figure.whole.end = share.range.end;
    figure.unit = Some(line.original(number.end..share.range.end).to_owned());
    figure.unit_base = Some("%".to_owned());
    figure.factor = 10.0;
    figure.kind = FactKind::Rate;
    figure.measure = Some(Measure::Rate);
    figure.hide();
    Some(figure)
}

/// A list without a unit is of rates when 率 or 比 was announced: 达标率分别为97、98.45.
pub(crate) fn kind_without_unit(line: &Line, figure: &Figure) -> Option<FactKind> {
    let clause = line.clause(figure.number.start);
    let named = line
        .slice(clause.start..figure.number.start)
        .contains(&'率');
    (figure.unit.is_none() && named).then_some(FactKind::Rate)
}

/// One number with its unit, or one that needs none.
pub(crate) fn single(line: &Line, numeral: &Numeral) -> Option<Figure> {
    let note = numeral::behind_note(line, numeral.end);
    let gap = note - numeral.end + usize::from(line.char(note) == ' ');
    let is_torn = numeral::is_torn(line, numeral.range.end);
    if let Some(unit) = half_behind(line, numeral) {
        let mut figure = Figure::over(line, numeral);
        figure.measure(line, numeral, &unit);
        figure.add_half(unit.range.start);
        figure.qualify(line);
        figure.hide();
        return Some(figure);
    }
    let unit = line.rules.units.read(line, numeral.end).or_else(|| {
        let spaced = gap > 0 && numeral.form == Form::Arabic;
        let from = spaced.then_some(numeral.end + gap)?;
        line.rules.units.read(line, from)
    });
    let mut figure = Figure::over(line, numeral);
    let sign = || line.rules.units.read_before(line, figure.whole.start);
    match unit {
        Some(unit) => {
            if !fits(line, numeral, &unit) {
                return None;
            }
            figure.measure(line, numeral, &unit);
        }
        None => match sign().filter(|_| numeral.form != Form::Han) {
            Some(unit) => figure.measure_before(line, numeral, &unit),
            None => match unit_of_indicator(line, &figure) {
                Some(unit) => figure.take_unit_of(&unit),
                None => figure.go_without_unit(line, numeral)?,
            },
        },
    }
    // 两年半, 三亩半
    let end = figure.whole.end;
    if figure.unit.is_some() && line.char(end) == '半' && !is_han(line.char(end + 1)) {
        figure.add_half(end + 1);
        figure.whole.end = end + 1;
    }
    figure.damaged |= is_torn;
    figure.qualify(line);
    figure.hide();
    Some(figure)
}

/// 毛入园率达到88.6: what the rules say that this indicator is measured in.
fn unit_of_indicator(line: &Line, figure: &Figure) -> Option<Figure> {
    if line.rules.units_of.is_empty() || is_han(line.char(figure.whole.end)) {
        return None;
    }
    let clause = line.clause(figure.number.start);
    let mut words = line.slice(clause.start..figure.number.start);
    let ends = |words: &[char], word: &str| {
        word.chars()
            .rev()
            .eq(words.iter().rev().take(word.chars().count()).copied())
    };
    loop {
        let unit = line
            .rules
            .units_of
            .iter()
            .find(|(word, _)| ends(words, word));
        if let Some((_, unit)) = unit {
            return table::unit_of_words(line.rules, unit);
        }
        let len = line.rules.links.at_end(words)?;
        words = words.get(..words.len() - len)?;
    }
}

/// The 小时 of 3个半小时.
fn half_behind<'a>(line: &'a Line, numeral: &Numeral) -> Option<Unit<'a>> {
    if !line.has(numeral.end, "个半") {
        return None;
    }
    line.rules.units.read(line, numeral.end + 2)
}

/// False when the measure word behind a Chinese numeral or mask makes a word or a name.
fn fits(line: &Line, numeral: &Numeral, unit: &Unit) -> bool {
    let family = line.rules.units.family(unit);
    let behind = line.char(unit.range.end);
    if family.kind == Measure::Time && is_for_how_long(line, numeral.range.start) {
        return false;
    }
    // 十九届六中全会 is the name of a meeting.
    if line.char(unit.range.start) == '届'
        && (is_han_numeral(behind) || matches!(behind, '中' | '全'))
    {
        return false;
    }
    // 市17届运动会 is the seventeenth; 连续17届 counts.
    let holder = matches!(
        line.before(numeral.range.start),
        '市' | '省' | '县' | '区' | '国' | '州' | '镇' | '校'
    );
    if line.char(unit.range.start) == '届' && holder {
        return false;
    }
    match numeral.form {
        Form::Arabic => {
            if !matches!(line.char(unit.range.start), '年' | '届') {
                return true;
            }
            // 2018年, 05年 and 2021届 are years whatever stands before them.
            let digits: Vec<char> = numeral
                .range
                .clone()
                .filter(|&at| !line.is_cut(at))
                .map(|at| line.char(at))
                .collect();
            let year_like =
                digits.first() == Some(&'0') && digits.get(1) != Some(&'.') && digits.len() > 1
                    || digits.len() == 4
                        && numeral.value.is_some_and(|v| (1900.0..2100.0).contains(&v));
            !year_like && !two_digit_year(numeral)
        }
        Form::Mask => {
            let time = family.kind == Measure::Time && line.slice(unit.range.clone()).len() == 1;
            // XX所 may be an office, ____处 is a blank to fill in.
            let blank = line.char(numeral.range.start) == '_';
            // 新建学校XX所, but not 县XX所.
            let before = line.before(numeral.range.start);
            let counts = is_han(before)
                && !"县市区镇乡省村".contains(before)
                && matches!(behind, ',' | '、' | ';' | '。');
            let office = family.org_risk && numeral.range.len() > 1 && !blank && !counts;
            let official = family.org_risk && is_office(behind);
            !time && !office && !official
        }
        Form::Han => {
            let cued = has_counting_cue(line, numeral.range.start);
            let word = line.slice(numeral.range.clone());
            // 一人一所, 一校一策: one to each, nothing is counted.
            let start = numeral.range.start;
            let each = word == ['一']
                && (behind == '一'
                    || start >= 2 && line.char(start - 2) == '一' && is_han(line.before(start)));
            if each {
                return false;
            }
            let article = word == ['一'] && !family.one;
            // 两次 counts, 二次 and 二期 are the second.
            let second = word == ['二'] && !matches!(&*unit.base, "人" | "名" | "位" | "元" | "%");
            let place =
                family.place_risk && numeral.range.len() == 1 && ends_a_place(line, unit.range.end);
            let grade = matches!(line.before(numeral.range.start), '初' | '高' | '大')
                && matches!(line.char(unit.range.start), '班' | '年' | '级');
            !grade
                && (family.han || family.kind == Measure::Time && cued)
                && !(article || second || place)
        }
    }
}

/// 98年, 99年
fn two_digit_year(numeral: &Numeral) -> bool {
    numeral.range.len() == 2 && numeral.value.is_some_and(|v| v > 70.0)
}

/// 连续三年居全县第一, 近三年新建小学5所: for how long something else was so.
fn is_for_how_long(line: &Line, at: usize) -> bool {
    let lately = line.before(at) == '近' && {
        let near = at - 1;
        let opens = !is_han(line.before(near));
        opens || line.rules.scopes.at_end(line.until(near)).is_some()
    };
    lately || line.has_before(at, "连续")
}

/// 达, 历时 before a Chinese numeral: 历时四年 is said as a length, 三年来 is not.
fn has_counting_cue(line: &Line, at: usize) -> bool {
    ["达", "历时", "为期", "共", "满", "长达", "近"]
        .iter()
        .any(|cue| line.has_before(at, cue))
}

fn is_office(c: char) -> bool {
    matches!(c, '长' | '委' | '政' | '干')
}

/// 三台县, 五里镇: within two characters a place begins to be named.
fn ends_a_place(line: &Line, at: usize) -> bool {
    (at..at + 2).any(|at| line.rules.places.at_start(line.from(at)).is_some())
}

impl Figure {
    /// `numeral` as a plain count, nothing known of its unit.
    pub(crate) fn over(line: &Line, numeral: &Numeral) -> Self {
        let negative = sign::is_negative(line, numeral.range.start);
        let start = numeral.range.start - usize::from(negative);
        Figure {
            number: start..numeral.range.end,
            whole: start..numeral.end,
            value: numeral
                .value
                .map(|value| if negative { -value } else { value }),
            unit: None,
            unit_base: None,
            factor: 1.0,
            kind: FactKind::Count,
            measure: None,
            qualifier: match (numeral.upper, numeral.vague) {
                (Some(_), _) => Qualifier::Range,
                (None, true) => Qualifier::Approx,
                (None, false) => Qualifier::Exact,
            },
            masked: numeral.is_masked() || line.masked(numeral.range.clone()),
            damaged: line.damaged(numeral.range.clone()) || numeral::is_spaced_out(line, start),
        }
    }

    /// The 半 that ends before `end` belongs to the number.
    fn add_half(&mut self, end: usize) {
        self.number.end = end;
        self.value = self.value.map(|value| value + 0.5);
    }

    /// ¥3000万: the unit stands before.
    fn measure_before(&mut self, line: &Line, numeral: &Numeral, unit: &Unit) {
        let end = self.whole.end;
        self.measure(line, numeral, unit);
        let scale = numeral.scale.as_ref();
        let scale = scale.map_or("", |scale| line.original(scale.range.clone()));
        let sign = line.original(unit.range.clone());
        self.unit = Some(format!("{scale}{sign}"));
        self.whole = unit.range.start..end;
    }

    fn measure(&mut self, line: &Line, numeral: &Numeral, unit: &Unit) {
        let scale = numeral.scale.as_ref();
        // The scale stands right before the unit, or a space does.
        let scaled = scale.map_or("", |scale| line.original(scale.range.clone()));
        self.whole.end = unit.range.end;
        self.unit = Some([scaled, line.original(unit.range.clone())].concat());
        self.unit_base = Some(unit.base.clone().into_owned());
        self.factor = unit.factor * scale.map_or(1.0, |scale| scale.factor);
        let measure = line.rules.units.family(unit).kind;
        self.measure = Some(measure);
        self.kind = match measure {
            Measure::Count | Measure::Time => FactKind::Count,
            Measure::Amount => FactKind::Amount,
            Measure::Rate => FactKind::Rate,
            Measure::Points => FactKind::Change,
        };
    }

    /// Takes in the words around that say how exact the number is; of several, the longest, since
    /// 不少于 ends in 少于.
    pub(crate) fn qualify(&mut self, line: &Line) {
        let lists = [
            (&line.rules.at_most, Qualifier::AtMost),
            (&line.rules.at_least, Qualifier::AtLeast),
            (&line.rules.approx, Qualifier::Approx),
        ];
        let before = line.until(self.whole.start);
        let found = lists.map(|(list, qualifier)| Some((list.before.at_end(before)?, qualifier)));
        let word = line.rules.no_approx.at_end(before).is_some();
        if word {
            // 签约23.4万人: the 约 belongs to the word.
        } else if let Some((len, qualifier)) =
            found.into_iter().flatten().max_by_key(|(len, _)| *len)
        {
            self.whole.start -= len;
            self.qualifier = qualifier;
        }
        let after = line.from(self.whole.end);
        let found = lists.map(|(list, qualifier)| Some((list.after.at_start(after)?, qualifier)));
        if let Some((len, qualifier)) = found.into_iter().flatten().max_by_key(|(len, _)| *len) {
            self.whole.end += len;
            self.qualifier = qualifier;
        }
    }

    /// What is hidden or broken has no value, whatever could be read.
    pub(crate) fn hide(&mut self) {
        if self.masked || self.damaged {
            self.value = None;
        }
    }
}
