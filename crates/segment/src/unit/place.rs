//! A place that speaks for itself: 花桥镇2018年工作总结.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::kind::is_kind;
use super::{BEFORE_NAME, is_phrase};
use crate::rules::{self, NO_PLACES, PEOPLE};

/// 雁山市花桥镇柳林社区 and longer ones are written out in titles.
const LONGEST: usize = 14;

/// What stands in a title behind a place that speaks.
static BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"^[ \u{3000}]?(?:(?:19|20)[0-9xX×*]{2}|[0-9]{2}年度|[xX×*]{2,4}年|[二一〇○零三四五六七八九]{4}年|关于|年度|年终|近[一二三四五]年|[“]十[一二三四五六七八九]?五[”]|上半年|下半年|第[一二三四]季度|工作(?:总结|报告|汇报|情况|计划|要点|打算)|总结|政府工作|政府信息公开)",
    )
});

/// The place at the head of `title` that the report is by. `opening` is how the text begins.
pub(super) fn speaking(title: &str, opening: &str) -> Option<Range<usize>> {
    // Reports of people name the place where they work.
    if PEOPLE.find(title).is_some() {
        return None;
    }
    let start = BEFORE_NAME.find(title).map_or(0, |before| before.end());
    let words = title.get(start..)?;
    let mut longest = None;
    for (n, (at, c)) in words.char_indices().enumerate() {
        let is_name = ('\u{3400}'..='\u{9fff}').contains(&c) || matches!(c, '*' | '×' | 'x' | 'X');
        if n >= LONGEST || !is_name {
            break;
        }
        let end = at + c.len_utf8();
        let (name, rest) = (words.get(..end)?, words.get(end..)?);
        if !is_place(name) {
            continue;
        }
        // 花桥镇党建工作总结: the text says that it is a place.
        let is_told = n <= 3
            && name.ends_with(['镇', '乡', '县'])
            && rest.contains("工作")
            && opening.contains(name);
        if BEHIND.is_match(rest) || longest.is_none() && is_told {
            longest = Some(start..start + end);
        }
    }
    longest
}

fn is_place(name: &str) -> bool {
    let ends = name.ends_with(['省', '市', '县', '区', '州', '盟', '旗', '镇', '乡', '村'])
        || name.ends_with("街道");
    ends && name.chars().count() >= 2
        && !name.starts_with([
            '全', '我', '各', '本', '该', '两', '某', '在', '对', '向', '以', '从', '为', '赴',
        ])
        && !name.contains(['由', '被', '让', '给', '是', '的', '了'])
        && !is_phrase(name)
        && !is_kind(name)
        && NO_PLACES.find(name).is_none()
}

#[cfg(test)]
#[allow(clippy::string_slice)] // A wrong offset shall fail the test.
mod tests {
    use super::*;

    #[test]
    fn a_place_at_the_head_of_a_title_speaks() {
        for (title, opening, place) in [
            ("花桥镇2018年工作总结", "", "花桥镇"),
            ("2018年花桥镇工作总结", "", "花桥镇"),
            ("白露县2018年教育工作总结", "", "白露县"),
            ("西坪镇2014年残疾人工作总结", "", "西坪镇"),
            ("枣园社区2018年工作总结和2019年工作计划", "", "枣园社区"),
            ("柳林村二〇一九年工作总结", "", "柳林村"),
            ("雁山市花桥镇2021年工作要点", "", "雁山市花桥镇"),
            ("**镇2018年工作总结", "", "**镇"),
            (
                "花桥镇党建工作总结",
                "今年以来,花桥镇党委抓党建。",
                "花桥镇",
            ),
        ] {
            let found = speaking(title, opening).map(|range| &title[range]);
            assert_eq!(found, Some(place), "{title}");
        }
    }

    #[test]
    fn words_that_end_like_places_do_not_speak() {
        for title in [
            "全县2018年工作总结",
            "我镇2018年工作总结",
            "县2024年度教育工作总结报告",
            "乡镇2018年工作总结",
            "社区2018年工作总结",
            "美丽乡村2018年工作总结",
            "创建文明城市2018年工作总结",
            "加强社区2018年工作总结",
            "文化科技卫生三下乡2018年工作总结",
            "在全县2018年工作会议上的报告",
            "花桥镇2018年个人工作总结",
            "花桥镇党建工作总结",
            "推进城镇化工作总结",
            "教育局2018年工作总结",
        ] {
            assert_eq!(speaking(title, "推进城镇化"), None, "{title}");
        }
    }
}
