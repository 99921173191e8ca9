//! The place that a short name leaves out: 县人民政府 before the 青禾县第十七届人民代表大会.

use std::sync::LazyLock;

use regex::Regex;

use super::place;
use super::subject::is_office;
use crate::rules;

/// 在青禾县第十七届人民代表大会第二次会议上, 在政协青禾县第十届委员会
static SESSION: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"(?:在|^|\s)(?:政协|中共|中国共产党)?([\u{3400}-\u{9fff}&&[^在]]{1,5}?[省市州盟县区旗乡镇])第[一二三四五六七八九十0-9]{1,3}(?:届|次代表)",
    )
});

/// What begins like 市 or 县 alone and is another word.
const OTHER_WORDS: &[&str] = &[
    "市场", "市政", "市容", "市直", "县直", "区直", "区域", "乡村", "乡镇", "镇街",
];

/// `name` with its place in front, when it begins with the bare rank of one and title or session
/// name a place of that rank.
pub(super) fn whole(name: &str, title: &str, opening: &str) -> Option<String> {
    let rank = name.chars().next().filter(|&c| super::PLACES.contains(c))?;
    let office = name.get(rank.len_utf8()..)?;
    let is_short = !office.is_empty()
        && is_office(name)
        && !OTHER_WORDS.iter().any(|word| name.starts_with(word));
    if !is_short {
        return None;
    }
    let in_title = || place::speaking(title, "").and_then(|range| title.get(range));
    let in_session = || {
        let place = SESSION.captures(opening)?.get(1)?.as_str();
        (!place.contains(|c| super::BETWEEN_NAMES.contains(c))).then_some(place)
    };
    let place = in_session()
        .filter(|place| place.ends_with(rank))
        .or_else(|| in_title().filter(|place| place.ends_with(rank)))?;
    Some(format!("{place}{office}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn title_and_session_tell_the_place() {
        let session = "——2020年1月6日在平湖县第九届人民代表大会第二次会议上";
        let council = "在政协平湖县第六届委员会第三次会议上";
        for (name, title, opening, whole_name) in [
            (
                "县人民政府",
                "政府工作报告",
                session,
                Some("平湖县人民政府"),
            ),
            ("县政协", "工作报告", council, Some("平湖县政协")),
            ("县财政局", "平湖县2020年财政报告", "", Some("平湖县财政局")),
            ("市人民政府", "政府工作报告", session, None),
            ("县财政局", "工作报告", "根据县第十届人大的要求", None),
            ("县人民政府", "政府工作报告", "今年以来，", None),
            ("市场监管局", "平湖市2020年工作总结", "", None),
            ("平湖县人民政府", "政府工作报告", session, None),
        ] {
            assert_eq!(whole(name, title, opening).as_deref(), whole_name, "{name}");
        }
    }
}
