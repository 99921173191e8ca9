use taosha_core::{FactKind, Qualifier};

use crate::figure::{Figure, kind_without_unit, sign, single};
use crate::line::{Line, is_han};
use crate::numeral::{self, Form, Numeral};
use crate::unit::Measure;

/// How far before a list the word 分别 may stand: 分别达到了全市平均的…
const LIST_CUE_CHARS: usize = 8;

/// The largest whole that is taken for one behind a slash.
const MAX_DENOMINATOR: f64 = 10.0;

/// 3.2:6.8, but not the time 8:30.
pub(crate) fn ratio(line: &Line, first: &Numeral) -> Option<Figure> {
    if line.char(first.end) != ':' || first.form == Form::Han || first.scale.is_some() {
        return None;
    }
    let second = Numeral::read(line, first.end + 1).filter(|n| n.form != Form::Han)?;
    let two_digits = line.slice(second.range.clone()).len() == 2;
    if let Some(figure) = of_three(line, first, &second) {
        return Some(figure);
    }
    let said = line
        .slice(line.clause(first.range.start).start..first.range.start)
        .contains(&'比');
    // 图1:2011—2015年…: the number of a picture.
    let is_caption = matches!(line.before(first.range.start), '图' | '表');
    if is_caption
        || line.char(second.end) == ':'
        || two_digits && !said && line.char(second.end) != '的'
    {
        return None;
    }
    let mut figure = Figure::over(line, first);
    figure.number.end = second.range.end;
    figure.whole.end = second.end;
    figure.value = match (first.value, second.value) {
        (Some(a), Some(b)) if b != 0.0 => Some(a / b),
        _ => None,
    };
    figure.masked |= second.is_masked();
    figure.damaged |= line.damaged(second.range.clone());
    figure.kind = FactKind::Ratio;
    figure.qualify(line);
    figure.hide();
    Some(figure)
}

/// 三次产业结构为24.5:44.2:31.3: shares of three things or more, which have no quotient.
fn of_three(line: &Line, first: &Numeral, second: &Numeral) -> Option<Figure> {
    let read = |at: usize| {
        let colon = line.char(at) == ':';
        Numeral::read(line, at + 1).filter(|n| colon && n.form != Form::Han)
    };
    let mut last = read(second.end)?;
    let mut masked = second.is_masked() || last.is_masked();
    while let Some(next) = read(last.end) {
        masked |= next.is_masked();
        last = next;
    }
    let clause = line.clause(first.range.start);
    let words = line.slice(clause.start..first.range.start);
    // 8:30:05 is a time of the day.
    let said = words.contains(&'比') || words.windows(2).any(|pair| pair == ['结', '构']);
    if !said {
        return None;
    }
    let mut figure = Figure::over(line, first);
    figure.number.end = last.range.end;
    figure.whole.end = last.end;
    figure.value = None;
    figure.masked |= masked;
    figure.damaged |= line.damaged(figure.number.clone());
    figure.kind = FactKind::Ratio;
    Some(figure)
}

/// 1/3, 三分之一: a part of a whole, as a number below 1.
pub(crate) fn fraction(line: &Line, first: &Numeral) -> Option<Figure> {
    let slash = first.form == Form::Arabic && line.char(first.end) == '/';
    let words = first.form == Form::Han && line.has(first.end, "分之");
    if !slash && !words || first.scale.is_some() || first.upper.is_some() {
        return None;
    }
    let second = Numeral::read(
        line,
        first.end + if slash { 1 } else { "分之".chars().count() },
    )?;
    let (first_value, second_value) = (first.value?, second.value?);
    let (part, whole) = match slash {
        true => (first_value, second_value),
        false => (second_value, first_value),
    };
    // 3/15 may be a day, 2018/12 a month; shares are said with small numbers.
    let small = part >= 1.0 && part < whole && (words || whole <= MAX_DENOMINATOR);
    let alone = is_han(line.before(first.range.start)) && line.char(second.end) != '/';
    if !small || second.form != first.form || slash && !alone {
        return None;
    }
    let mut figure = Figure::over(line, first);
    figure.number.end = second.range.end;
    figure.whole.end = second.end;
    figure.value = Some(numeral::round(part / whole));
    figure.damaged |= line.damaged(second.range.clone());
    figure.kind = FactKind::Rate;
    figure.qualify(line);
    figure.hide();
    Some(figure)
}

/// 死亡率10.2/10万: a share of so many, with the whole as its unit.
pub(crate) fn per_many(line: &Line, first: &Numeral) -> Option<Figure> {
    /// 1/1000 to 1/100000; a smaller whole is a fraction's.
    const WHOLES: &[(&str, f64)] = &[
        ("10万", 1e5),
        ("十万", 1e5),
        ("100000", 1e5),
        ("万", 1e4),
        ("1000", 1e3),
        ("千", 1e3),
    ];
    let at = first.end + 1;
    let is_plain = first.form == Form::Arabic && first.scale.is_none();
    if !is_plain || line.char(first.end) != '/' {
        return None;
    }
    let (word, whole) = WHOLES.iter().find(|(word, _)| line.has(at, word))?;
    let end = at + word.chars().count();
    // 12/10万元 is a sum, 3/1000.5 nothing.
    let goes_on = line.char(end).is_ascii_digit() || line.rules.units.reads(line, end);
    if goes_on || !is_han(line.before(first.range.start)) {
        return None;
    }
    let mut figure = Figure::over(line, first);
    figure.whole.end = end;
    figure.unit = Some(line.original(first.end..end).to_owned());
    figure.unit_base = Some("%".to_owned());
    figure.factor = 100.0 / whole;
    figure.kind = FactKind::Rate;
    figure.measure = Some(Measure::Rate);
    figure.qualify(line);
    figure.hide();
    Some(figure)
}

/// 3-5个, 80%-90%, 三到五名, 4、5万元
pub(crate) fn range(line: &Line, first: &Numeral) -> Option<Figure> {
    let unit = line.rules.units.end(line, first.end);
    let after_first = unit.unwrap_or(first.end);
    let second_at = match line.char(after_first) {
        '-' => {
            let dashes = line
                .from(after_first)
                .iter()
                .take_while(|&&c| c == '-')
                .take(3);
            after_first + dashes.count()
        }
        '至' | '到' => after_first + 1,
        '、' if unit.is_none() && neighbours(line, first) => after_first + 1,
        _ => return None,
    };
    let second = Numeral::read(line, second_at)?;
    let by_comma = line.char(after_first) == '、';
    let (low, high) = (first.value?, second.value?);
    // 气温-5℃至38℃
    let is_negative = sign::is_negative(line, first.range.start);
    let low = if is_negative { -low } else { low };
    let low = match (&first.scale, &second.scale) {
        (Some(a), Some(b)) if unit.is_none() => low * a.factor / b.factor,
        _ => low,
    };
    if high <= low || first.form != second.form || by_comma && (high != low + 1.0 || high > 9.0) {
        return None;
    }
    let mut figure = single(line, &second)?;
    figure.unit.as_ref()?;
    let start = first.range.start - usize::from(is_negative);
    figure.number.start = start;
    figure.whole.start = start;
    figure.value = Some(low);
    figure.damaged |= line.damaged(first.range.clone());
    figure.qualify(line);
    figure.qualifier = Qualifier::Range;
    figure.hide();
    Some(figure)
}

/// True when `first` may be the lower end of 4、5万元: a single digit, and no list.
fn neighbours(line: &Line, first: &Numeral) -> bool {
    let listed = line.before(first.range.start) == '、' || after_list_cue(line, first.range.start);
    first.range.len() == 1 && first.scale.is_none() && !listed
}

fn after_list_cue(line: &Line, at: usize) -> bool {
    let from = line.clause(at).start.max(at.saturating_sub(LIST_CUE_CHARS));
    let mut words = from..at;
    words.any(|from| {
        let cues = ["分别", "依次", "各"];
        let fits = |cue: &&str| line.has(from, cue) && from + cue.chars().count() <= at;
        cues.iter().any(fits)
    })
}

/// 分别为3、6、12、X项: every number has the unit of the last.
pub(crate) fn list(line: &Line, first: &Numeral) -> Vec<Figure> {
    if !matches!(line.char(first.end), '、' | '和') {
        return Vec::new();
    }
    let mut numerals = vec![first.clone()];
    let mut end = first.end;
    while line.char(end) == '、' || line.char(end) == '和' {
        let Some(next) = Numeral::read(line, end + 1).filter(|_| numeral::begins(line, end + 1))
        else {
            break;
        };
        end = next.end;
        numerals.push(next);
    }
    if numerals.len() < 2 || !after_list_cue(line, first.range.start) {
        return Vec::new();
    }
    let Some(last) = numerals.last() else {
        return Vec::new();
    };
    let shared = single(line, last).unwrap_or_else(|| Figure::over(line, last));
    let one = |numeral: &Numeral| {
        let own = Figure::over(line, numeral);
        let mut figure = Figure {
            number: own.number,
            whole: own.whole,
            value: own.value,
            masked: own.masked,
            damaged: own.damaged,
            ..shared.clone()
        };
        figure.kind = kind_without_unit(line, &figure).unwrap_or(figure.kind);
        figure
    };
    let mut figures: Vec<Figure> = numerals.iter().map(one).collect();
    if let Some(last) = figures.last_mut() {
        last.whole.end = last.whole.end.max(shared.whole.end);
    }
    figures
}
