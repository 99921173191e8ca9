//! Which figures say what time a report is of, or which of a series it is: 截至4月底, 1—4月份, 第三期.

use crate::comparison::SLOT;

/// What stands before the day up to which a report counts.
const UP_TO: [&str; 5] = ["截至", "截止", "截止到", "截至到", "截止至"];
/// What counts reports of a series, behind 第.
const SERIES: &str = "批期季周次届号辑轮";

/// True when the figure at `place` is the month, day or quarter a report is of, or its number among
/// others in the title, the first `title` characters. Years are not meant: sites rewrite them.
pub(crate) fn is_period(characters: &[u16], place: usize, title: usize) -> bool {
    let (Some(before), Some(after)) = (characters.get(..place), characters.get(place + 1..)) else {
        return false;
    };
    let goes_on = |word: &str| begins(after, word);
    if goes_on("季度") || goes_on("月份") {
        return true;
    }
    let is_month = goes_on("月");
    // 1—4月: signs are no part of the form.
    if is_month && before.last() == Some(&SLOT) {
        return true;
    }
    if is_month || goes_on("日") {
        let start = before_date(before);
        if UP_TO.iter().any(|word| ends(start, word)) {
            return true;
        }
    }
    // 2017年4月3日 below a title says when it was published.
    let is_whole_month = is_month && after.get(1) != Some(&SLOT);
    let counts = |&c: &u16| char::from_u32(c.into()).is_some_and(|c| SERIES.contains(c));
    let is_number = ends(before, "第") && after.first().is_some_and(counts);
    place < title && (is_whole_month || is_number)
}

/// True when `one` and `other`, both followed by `rest`, are two halves or thirds of a time: 上半年.
pub(crate) fn are_halves(one: &[u16], other: &[u16], rest: &[u16]) -> bool {
    let is = |words: &[u16], parts: &str| {
        let [c] = words else { return false };
        char::from_u32((*c).into()).is_some_and(|c| parts.contains(c))
    };
    let both = |parts: &str| is(one, parts) && is(other, parts);
    (begins(rest, "半年") && both("上下")) || (begins(rest, "旬") && both("上中下"))
}

/// True when `one` is `other` with a digit more or less, which is lost in typing.
pub(crate) fn is_digit_lost(one: &str, other: &str) -> bool {
    let (long, short) = match one.len() > other.len() {
        true => (one, other),
        false => (other, one),
    };
    let same = |(a, b): &(u8, u8)| a == b;
    let head = long.bytes().zip(short.bytes()).take_while(same).count();
    let tail = long.bytes().rev().zip(short.bytes().rev());
    long.len() == short.len() + 1 && head + tail.take_while(same).count() >= short.len()
}

/// What stands before the year and month that `before` ends with.
fn before_date(mut before: &[u16]) -> &[u16] {
    for unit in ["月", "年"] {
        if ends(before, unit) {
            let date = before.len().saturating_sub(2);
            if before.get(date) == Some(&SLOT) {
                before = before.get(..date).unwrap_or_default();
            }
        }
    }
    before
}

fn begins(words: &[u16], word: &str) -> bool {
    let mut words = words.iter();
    word.encode_utf16().all(|c| words.next() == Some(&c))
}

fn ends(words: &[u16], word: &str) -> bool {
    let start = words.len().checked_sub(word.encode_utf16().count());
    start.is_some_and(|start| words.get(start..).is_some_and(|end| begins(end, word)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::Form;

    /// The figures of `text` that say its time.
    fn periods(text: &str) -> Vec<String> {
        let form = Form::of(text);
        let places = (0..form.len()).filter(|&place| form.characters.get(place) == Some(&SLOT));
        let said = places.filter(|&place| is_period(&form.characters, place, 24));
        said.filter_map(|place| form.slots.at(place).map(str::to_owned))
            .collect()
    }

    #[test]
    fn the_time_a_report_is_of_is_told_from_other_dates() {
        for (text, expected) in [
            ("截至2017年4月10日,完成9条", &["4", "10"][..]),
            ("截止到4月底", &["4"]),
            ("1—4月,改造道路", &["4"]),
            ("第三季度完成", &["3"]),
            ("情况通报(第十二期)", &["12"]),
            ("2017年4月工作小结", &["4"]),
            ("情况通报\n2017年4月3日", &[]),
            ("截至目前完成213公里", &[]),
        ] {
            assert_eq!(periods(text), expected, "{text}");
        }
    }

    #[test]
    fn a_digit_is_lost_or_added_in_one_place() {
        for (one, other, lost) in [
            ("11", "1", true),
            ("1", "10", true),
            ("4", "5", false),
            ("12", "3", false),
            ("10", "11", false),
        ] {
            assert_eq!(is_digit_lost(one, other), lost, "{one} {other}");
        }
    }
}
