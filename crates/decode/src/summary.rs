//! The first words of a text, which a site shows above it once more and breaks off.

use crate::lines::numeral;

/// A shorter line may be a title or a refrain.
const LEAST_CHARS: usize = 30;

/// The text stands right below, under a heading or a by-line at most.
const NEAR: usize = 3;

/// Which of `lines` those below them begin with; `gone` tells of each whether it is cut.
pub(crate) fn lines(lines: &[&str], gone: &[bool]) -> Vec<usize> {
    let is_kept = |nth: &usize| gone.get(*nth) == Some(&false);
    let words = |nth: usize| lines.get(nth).map_or("", |line| line.trim_start());
    let is_shown_again = |nth: &usize| is_summary(words(*nth), (nth + 1..=nth + NEAR).map(words));
    (0..lines.len())
        .filter(is_kept)
        .filter(is_shown_again)
        .collect()
}

/// True when `line` breaks off and one of the lines `below` goes on behind the same words.
fn is_summary<'a>(line: &str, mut below: impl Iterator<Item = &'a str>) -> bool {
    let said = line.trim_end_matches(|c: char| c == '…' || c == '.' || c.is_whitespace());
    let ends = |c: char| matches!(c, '。' | '！' | '？' | '；' | '：' | ':' | ';' | '!' | '?');
    let breaks_off = !said.ends_with(ends) || said.len() < line.trim_end().len();
    // A title has no comma, and a heading a number.
    let is_heading = numeral(said).is_some_and(|(_, rest)| rest.starts_with('、'));
    let is_prose = said.contains(['，', ',']) && !is_heading;
    breaks_off
        && is_prose
        && said.len() >= LEAST_CHARS * 3
        && below.any(|line| line.len() > said.len() && line.starts_with(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_that_break_off_are_told_from_a_text() {
        let first = "过去的一年，全县民政系统在县委、县政府的领导下，坚持以民为本，扎实推进各项工作，取得了";
        let whole = format!("{first}较好的成绩。");
        let is = |line: &str, below: Vec<&str>| is_summary(line, below.into_iter());
        assert!(is(first, vec!["民政局总结", &whole]));
        assert!(is(&format!("{first}……"), vec![&whole]));
        assert!(!is(first, vec![first]));
        assert!(!is(&whole, vec![&format!("{whole}现汇报如下：")]));
        assert_eq!(lines(&[first, "总结", &whole, &whole], &[false; 4]), [0]);
        let title = "青禾县民政局关于二〇二一年度工作完成情况和二〇二二年度工作安排的报告";
        assert!(!is(title, vec![&format!("{title}今年以来，全县民政系统")]));
        assert!(!is("全县民政系统", vec!["全县民政系统共有职工120人。"]));
    }
}
