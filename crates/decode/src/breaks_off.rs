//! Text that just ends: cut by the site and not announced.

use std::ops::Range;

/// A shorter last line is a signature, an address or a heading.
const LEAST_CHARS: usize = 25;

/// The last character of `text` when it stands in the middle of a sentence.
pub(crate) fn breaks_off(text: &str) -> Option<Range<usize>> {
    let text = text.trim_end();
    let line = text.rsplit('\n').next()?;
    let (mut n_chars, mut n_han, mut n_signs) = (0usize, 0usize, 0usize);
    for c in line.chars().filter(|c| !c.is_whitespace()) {
        n_chars += 1;
        n_han += usize::from(matches!(c, '\u{3400}'..='\u{9FFF}'));
        n_signs += usize::from(matches!(c, '，' | ',' | '、' | '。' | '；' | ';'));
    }
    let last = text.chars().next_back()?;
    let is_inside = last.is_alphanumeric() && last != '日'
        || matches!(last, '，' | ',' | '、' | '“' | '《' | '（' | '(');
    let is_prose =
        n_chars >= LEAST_CHARS && n_signs > 0 && n_han * 2 > n_chars && !line.contains('\t');
    (is_inside && is_prose).then(|| text.len() - last.len_utf8()..text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_without_end_breaks_off() {
        let text = "做了工作。\n全县各级各类学校认真贯彻落实上级文件精神，并取得了阶段性的明显";
        assert_eq!(breaks_off(text).and_then(|at| text.get(at)), Some("显"));
    }

    #[test]
    fn whole_sentences_signatures_and_tables_do_not() {
        for text in [
            "全县各级各类学校认真贯彻落实上级文件精神，并取得了阶段性的明显成效。",
            "做了工作。\n青禾县教育局",
            "做了工作。\n青禾县教育局，青禾县卫生健康局，青禾县公安局，二〇二一年十二月三日",
            "学校名称、班级数和人数\t2020年\t2021年\t2022年\t2023年\t2024年，合计",
            "",
        ] {
            assert_eq!(breaks_off(text), None, "{text}");
        }
    }
}
