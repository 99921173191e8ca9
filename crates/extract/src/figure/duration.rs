use super::Figure;
use crate::line::Line;
use crate::numeral::{Form, Numeral, round};

/// 7分20秒, 1小时45分钟, 10秒38: one length of time, in the last of its units.
pub(super) fn read(line: &Line, first: &Numeral) -> Option<Figure> {
    /// Longest first, with their seconds.
    const UNITS: &[(&str, f64)] = &[("小时", 3600.0), ("分钟", 60.0), ("分", 60.0), ("秒", 1.0)];
    let unit_at = |at: usize| UNITS.iter().find(|(word, _)| line.has(at, word));
    let mut numeral = first.clone();
    let (mut seconds, mut last, mut n_parts) = (0.0, f64::INFINITY, 0);
    let mut part = first.clone();
    let mut unit_range = first.end..first.end;
    while let Some((word, factor)) = unit_at(part.end).filter(|(_, factor)| *factor < last) {
        if part.form != Form::Arabic || part.scale.is_some() || part.vague {
            return None;
        }
        seconds += part.value? * factor;
        (last, n_parts) = (*factor, n_parts + 1);
        unit_range = part.end..part.end + word.chars().count();
        (numeral.range.end, numeral.end) = (part.range.end, part.end);
        match Numeral::read(line, unit_range.end) {
            Some(next) => part = next,
            None => break,
        }
    }
    let hundredths = hundredths(line, &part).filter(|_| last == 1.0);
    if let Some(tail) = hundredths {
        seconds += tail;
        n_parts += 1;
        (numeral.range.end, numeral.end) = (part.range.end, part.end);
    }
    // 平均86分60秒 holds no time; one part alone is read as any other figure.
    if n_parts < 2 {
        return None;
    }
    numeral.value = Some(round(seconds / last));
    let unit = line.rules.units.read(line, unit_range.start)?;
    let mut figure = Figure::over(line, &numeral);
    figure.value = numeral.value;
    figure.measure(line, &numeral, &unit);
    figure.whole.end = figure.whole.end.max(numeral.end);
    figure.qualify(line);
    figure.hide();
    Some(figure)
}

/// The 38 of 10秒38, behind which nothing is counted.
fn hundredths(line: &Line, part: &Numeral) -> Option<f64> {
    let n = part.range.len();
    let is_bare = part.end == part.range.end && !line.rules.units.reads(line, part.end);
    let digits = line
        .slice(part.range.clone())
        .iter()
        .all(char::is_ascii_digit);
    let behind_seconds = matches!(line.before(part.range.start), '秒');
    let counts = is_bare && digits && behind_seconds && (1..=2).contains(&n);
    counts.then_some(part.value? / if n == 1 { 10.0 } else { 100.0 })
}
