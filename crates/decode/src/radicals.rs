//! Radicals that stand in place of characters: fonts of PDF files and of some editors draw `⼀` and
//! `一` alike, and what is copied from them holds the radical.

use unicode_normalization::UnicodeNormalization;

/// Radicals in the form of a character of its own, which Unicode itself does not fold.
const LIKE_CHARACTERS: [(char, char); 37] = [
    ('⺎', '兀'),
    ('⺒', '巳'),
    ('⺓', '幺'),
    ('⺟', '母'),
    ('⺠', '民'),
    ('⺫', '目'),
    ('⻁', '虎'),
    ('⻄', '西'),
    ('⻅', '见'),
    ('⻆', '角'),
    ('⻉', '贝'),
    ('⻋', '车'),
    ('⻑', '長'),
    ('⻓', '长'),
    ('⻔', '门'),
    ('⻗', '雨'),
    ('⻘', '青'),
    ('⻙', '韦'),
    ('⻚', '页'),
    ('⻛', '风'),
    ('⻜', '飞'),
    ('⻝', '食'),
    ('⻢', '马'),
    ('⻣', '骨'),
    ('⻤', '鬼'),
    ('⻥', '鱼'),
    ('⻦', '鸟'),
    ('⻧', '卤'),
    ('⻨', '麦'),
    ('⻩', '黄'),
    ('⻪', '黾'),
    ('⻬', '齐'),
    ('⻮', '齿'),
    ('⻯', '竜'),
    ('⻰', '龙'),
    ('⻲', '亀'),
    ('⻳', '龟'),
];

/// True for a sign of the two blocks of radicals that has a character.
pub(crate) fn may_be_one(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{2FD5}') && character(c) != c
}

/// The character that a radical looks like; `c` itself where it is none.
pub(crate) fn character(c: char) -> char {
    match c {
        // KangXi radicals and two more, as Unicode folds them.
        '\u{2F00}'..='\u{2FD5}' | '\u{2E9F}' | '\u{2EF3}' => {
            std::iter::once(c).nfkc().next().unwrap_or(c)
        }
        '\u{2E80}'..='\u{2EFF}' => {
            let found = LIKE_CHARACTERS.binary_search_by_key(&c, |(radical, _)| *radical);
            let pair = found.ok().and_then(|at| LIKE_CHARACTERS.get(at));
            pair.map_or(c, |(_, character)| *character)
        }
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_gives_characters() {
        assert!(LIKE_CHARACTERS.is_sorted());
        for radical in ('\u{2E80}'..='\u{2FD5}').filter(|c| may_be_one(*c)) {
            assert!(
                ('\u{4E00}'..='\u{9FFF}').contains(&character(radical)),
                "{radical}"
            );
        }
        assert_eq!(character('人'), '人');
        assert!(!may_be_one('⺮'));
    }
}
