use std::ops::Range;

/// How far a cut is looked around: no number and no list number is longer.
const REACH: usize = 24;

/// True when the line break between two sentences stands inside a number.
pub(crate) fn cuts_between(text: &str, first: &Range<usize>, second: &Range<usize>) -> bool {
    let around = |range: Range<usize>| text.get(range).unwrap_or_default();
    let gap = around(first.end..second.start);
    if gap.len() > 3 || !gap.ends_with('\n') && !first_ends_line(around(first.clone())) {
        return false;
    }
    let line = around(first.clone());
    let line = line.rsplit(['\n', '\r']).find(|line| !line.is_empty());
    let line = line.unwrap_or_default();
    if !line.ends_with(|c| is_digit(c) || matches!(c, '.' | '．' | ',')) {
        return false;
    }
    let before: Vec<char> = line.chars().collect();
    let after: Vec<char> = around(second.clone()).chars().take(REACH).collect();
    blank_break(gap) && cuts(&before, &after)
}

/// The sentence kept its own line break.
fn first_ends_line(sentence: &str) -> bool {
    sentence.ends_with('\n')
}

/// A break and nothing else: an indent begins a new paragraph.
fn blank_break(gap: &str) -> bool {
    matches!(gap, "" | "\n" | "\r\n")
}

/// The places of the characters of `chars` at which a line break cuts a number, each from the last
/// digit to the next.
pub(crate) fn find(chars: &[char]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut line_start = 0;
    for at in 0..chars.len() {
        if chars.get(at) != Some(&'\n') {
            continue;
        }
        let end = at - usize::from(at > line_start && chars.get(at - 1) == Some(&'\r'));
        let before = chars.get(line_start..end).unwrap_or_default();
        let after = chars.get(at + 1..).unwrap_or_default();
        if cuts(before, after.get(..REACH).unwrap_or(after)) {
            let left = usize::from(before.last().is_some_and(|c| !is_digit(*c)));
            let right = usize::from(after.first().is_some_and(|c| !is_digit(*c)));
            found.push(end - left..at + 1 + right);
        }
        line_start = at + 1;
    }
    found
}

/// True when `before` ends and `after` begins with the parts of one number.
fn cuts(before: &[char], after: &[char]) -> bool {
    // Cells of tables, and lines that are numbers only, stand for themselves.
    let speaks = |c: &char| !is_digit(*c) && !matches!(c, '.' | ',' | '，' | ' ' | '\r' | '\n');
    if before.contains(&'\t') || !before.iter().any(speaks) || row(after) {
        return false;
    }
    let digits = after.iter().take_while(|c| is_digit(**c)).count();
    let closed = match before {
        [.., c] if is_digit(*c) => true,
        [.., c, '.' | '．'] => is_digit(*c) && digits > 0,
        [.., c, ','] => is_digit(*c) && digits == 3,
        _ => false,
    };
    let goes_on = match after {
        ['.' | ',', c, ..] => is_digit(*c),
        _ => digits > 0,
    };
    closed && goes_on && !is_list_number(after, digits) && !is_year(after, digits)
}

fn row(after: &[char]) -> bool {
    let line = after.split(|&c| c == '\n').next().unwrap_or_default();
    line.contains(&'\t')
        || !line
            .iter()
            .any(|c| !is_digit(*c) && !matches!(c, '.' | ',' | ' '))
            && line.len() < after.len()
}

/// 2、 3.加强 (and 3． 3) 3）): the next item of a list.
fn is_list_number(after: &[char], digits: usize) -> bool {
    let at = |n: usize| after.get(n).copied().unwrap_or('\0');
    match at(digits) {
        '、' | ')' | '）' => digits < 3,
        '.' | '．' => digits < 3 && !is_digit(at(digits + 1)),
        _ => false,
    }
}

/// 2022年 is whole.
fn is_year(after: &[char], digits: usize) -> bool {
    let century = matches!(after, ['1', '9', ..] | ['2', '0', ..]);
    digits == 4 && century && after.get(4).is_some_and(|c| matches!(c, '年' | '-'))
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || ('０'..='９').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> bool {
        !find(&text.chars().collect::<Vec<_>>()).is_empty()
    }

    #[test]
    fn digits_on_both_sides_of_a_line_end_are_one_number() {
        for text in [
            "单位12\n845家",
            "产值128.\n6亿",
            "收入2\r\n1356元",
            "率10\n0%",
        ] {
            assert!(cut(text), "{text:?}");
        }
    }

    #[test]
    fn list_numbers_years_and_cells_stand_for_themselves() {
        for text in [
            "单位12\n2、加强",
            "单位12\n3.加强",
            "单位12\n2022年",
            "小学\t120\n26\t14",
            "单位12。\n845家",
            "单位12\n　　845家",
            "120\n26\n5",
        ] {
            assert!(!cut(text), "{text:?}");
        }
    }
}
