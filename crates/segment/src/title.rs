//! Which words are a report's title: on a line of their own, or glued to the first sentence.

mod glued;
mod head;
mod masthead;
mod site_words;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

pub(crate) use self::glued::glued_title;
pub(crate) use self::head::{Head, below_site_lines, head, plain, subtitled, unit_above};
pub(crate) use self::masthead::{letter_title, title_above_number};
pub(crate) use self::site_words::{declared, declared_between};
use crate::lines::{line_at, slice, trim};
use crate::marker;
use crate::number::is_space;
use crate::rules::{self, TITLES};

/// The longest title of a report on a line of its own, in characters; the titles of government
/// papers run to about 45.
const LONGEST: usize = 55;

/// A line with more characters is no title, not even with a marker on it.
const LONGEST_LINE: usize = 70;

/// What sites add to the end of a title.
static SUFFIX: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"(?:[ \u{3000}]*[-_—|–]+[ \u{3000}]*(?:百度文库|豆丁|豆丁网|道客巴巴|原创力文档|[^-_—|– ]{0,8}(?:网|文库|博客|论坛|门户))|[ \u{3000}]*(?:[Ww]ord|WORD)(?:文档|范文|模板|版)?(?:免费)?下载(?:推荐)?|[ \u{3000}]*(?:[Ww]ord|WORD)(?:文档|范文|模板|版)|[ \u{3000}]*范文[ ]?[0-9一二三四五六七八九十]{1,3}|\.(?:docx?|pdf|wps|txt|rtf)|[ \u{3000}]*[(（](?:[0-9]{1,2}|共[ ]?[0-9]+[ ]?页)[)）])$",
    )
});

/// What ends a sentence, so that a title may follow on the same line.
pub(crate) const STOPS: [char; 7] = ['。', '!', '！', '?', '？', '”', '…'];

/// Every place in `text` (simplified) where a title may stand: short lines, and, in lines that are
/// whole texts, what begins a sentence and reads as a title glued to its text. A marker behind the
/// title belongs to its place. Linear.
pub(crate) fn places(text: &str) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let line = line_at(text, at);
        at = line.end + 1;
        let line = trim(text, line);
        let words = slice(text, &line);
        if words.is_empty() {
            continue;
        }
        if words.chars().nth(LONGEST_LINE).is_none() {
            let glued = glued_place(text, line.start).filter(|_| !is_title(words));
            places.push(glued.unwrap_or(line));
            continue;
        }
        places.extend(glued_place(text, line.start));
        for (stop, c) in words.char_indices().filter(|(_, c)| STOPS.contains(c)) {
            places.extend(glued_place(text, line.start + stop + c.len_utf8()));
        }
    }
    places
}

/// The title that begins at `at`, with the marker behind it.
fn glued_place(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let words = rest.trim_start_matches(is_space);
    let start = at + rest.len() - words.len();
    let end = glued_title(words)?;
    let behind = words.get(end..)?;
    let marked = marker::suffix(behind).unwrap_or_default();
    (!behind.is_empty()).then_some(start..start + end + marked)
}

/// True for a line that is a title and nothing else.
pub(crate) fn is_title(line: &str) -> bool {
    let line = bare(line);
    // A space behind every letter doubles a title.
    if line.chars().nth(2 * LONGEST).is_some() {
        return false;
    }
    let line = unspaced(line);
    let line = line.as_ref();
    let n_chars = line.chars().take(LONGEST + 1).count();
    (4..=LONGEST).contains(&n_chars)
        && !line.contains(['。', ';', '；', '!', '?'])
        && TITLES.is_match(line)
}

/// A title as tables show it, in one line.
pub(crate) fn written(title: &str) -> String {
    title.lines().map(|line| unspaced(line.trim())).collect()
}

/// 2021 年 工 作 总 结 without the spaces that make it wide.
fn unspaced(line: &str) -> Cow<'_, str> {
    let is_single = |word: &str| {
        let mut letters = word.chars();
        letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
    };
    let mut last = line.rsplit(is_space);
    let is_wide = (0..3).all(|_| last.next().is_some_and(is_single));
    match is_wide {
        true => Cow::Owned(line.replace(is_space, "")),
        false => Cow::Borrowed(line),
    }
}

/// The title's own words, without quotes and brackets around them.
pub(crate) fn bare(line: &str) -> &str {
    let line = line.trim_matches(|c: char| c.is_whitespace() || is_space(c));
    let line = line
        .strip_prefix("转载")
        .map_or(line, |rest| rest.strip_prefix([':', '：']).unwrap_or(line));
    let mut line = line;
    // 总结.doc_百度文库: one behind the other.
    for _ in 0..3 {
        match SUFFIX.find(line) {
            Some(suffix) => line = line.get(..suffix.start()).unwrap_or_default(),
            None => break,
        }
    }
    line.trim_matches([
        '《', '》', '【', '】', '“', '”', '"', ':', '：', '★', '◆', '●',
    ])
}

/// The title of what is issued: 关于印发《…工作总结》的通知, with or without 《》.
pub(crate) fn inner(title: &str) -> Option<&str> {
    const ISSUES: [&str; 6] = ["印发", "转发", "下发", "公布", "发布", "报送"];
    let title = title.trim_end();
    let letter = ["的通知", "的函", "的报告"]
        .iter()
        .find_map(|letter| title.strip_suffix(letter))?;
    let inner = match letter.split_once('《') {
        Some((before, rest)) => {
            let (inner, _) = rest.split_once('》')?;
            let is_issued = ISSUES.iter().any(|word| before.ends_with(word));
            is_issued.then_some(inner)?
        }
        None => {
            let (_, issued) = letter.split_once("关于")?;
            let inner = ISSUES.iter().find_map(|word| issued.strip_prefix(word))?;
            is_title(inner).then_some(inner)?
        }
    };
    (inner.chars().count() >= 4).then_some(inner)
}

/// True when two titles name the same thing in other words.
pub(crate) fn alike(one: &str, other: &str) -> bool {
    let (one, other) = (key(one), key(other));
    let (short, long) = match one.len() <= other.len() {
        true => (one, other),
        false => (other, one),
    };
    let shared = short.chars().filter(|&c| long.contains(c)).count();
    shared > 0 && 10 * shared >= 7 * short.chars().count()
}

/// A title for comparing: without digits, masks, brackets, spaces and the words sites add.
pub(crate) fn key(title: &str) -> String {
    let letters: String = title
        .chars()
        .filter(|c| c.is_alphabetic() && !matches!(c, 'x' | 'X'))
        .collect();
    letters.replace("范文", "").replace("精选", "")
}

#[cfg(test)]
#[allow(clippy::string_slice)] // A wrong offset shall fail the test.
mod tests {
    use super::site_words::series_tag;
    use super::*;

    #[test]
    fn a_title_glued_to_its_sentence_is_told() {
        for (line, title) in [
            (
                "白石镇妇联2021年度工作总结2021年度,我镇妇联在…",
                "白石镇妇联2021年度工作总结",
            ),
            (
                "敬老院年度工作总结xx年在上级部门的关怀下",
                "敬老院年度工作总结",
            ),
            (
                "民政局工作总结和明年打算一、条件改善",
                "民政局工作总结和明年打算",
            ),
            ("工会工作总结报告一年来,我们", "工会工作总结报告"),
        ] {
            assert_eq!(glued_title(line).map(|end| &line[..end]), Some(title));
        }
        for line in [
            "今年以来,我局认真总结2020年经验",
            "我局认真总结2020年以来的经验",
            "各校认真做好工作计划的落实",
        ] {
            assert_eq!(glued_title(line), None, "{line}");
        }
    }

    #[test]
    fn of_two_copies_on_one_line_the_second_is_the_title() {
        let title = |line: &str| {
            head(line, 0, line.len())
                .title
                .map(|title| line[title].to_owned())
        };
        let twice = "农业局上半年工作总结范文和下半年工作思路农业局上半年工作总结和下半年工作思路";
        assert_eq!(
            title(twice).as_deref(),
            Some("农业局上半年工作总结和下半年工作思路")
        );
        let two_years = "青禾县民政局2021年工作总结青禾县民政局2022年工作计划";
        assert_eq!(title(two_years).as_deref(), Some(two_years));
    }

    #[test]
    fn what_the_site_wrote_around_a_title_is_none_of_it() {
        for (line, n_site) in [
            (
                "青禾县粮食局2021年工作总结 作者:佚名 2021年,青禾县粮食局收购粮食3万吨。",
                1,
            ),
            (
                "青禾县粮食局2021年工作总结 浏览:20次 2021年,我局收购粮食3万吨。",
                1,
            ),
            (
                "青禾县粮食局2021年工作总结 发布时间:2021-07-09 今年以来,我局真抓实干。",
                1,
            ),
            (
                "来源:本站 点击:20次 青禾县粮食局2021年工作总结 今年以来,我局真抓实干。",
                1,
            ),
            (
                "首页 > 总结 青禾县粮食局2021年工作总结 作者:网友 今年以来,我局真抓实干。",
                2,
            ),
        ] {
            let head = head(line, 0, line.len());
            assert_eq!(
                head.title.map(|t| &line[t]),
                Some("青禾县粮食局2021年工作总结")
            );
            assert_eq!(head.bylines.len(), n_site, "{line}");
        }
    }

    #[test]
    fn suffixes_and_wrappers_are_none_of_the_title() {
        for title in [
            "青禾县民政局工作总结_百度文库",
            "青禾县民政局工作总结.doc",
            "青禾县民政局工作总结 - 豆丁网",
            "转载:青禾县民政局工作总结",
            "青禾县民政局工作总结(1)",
            "青禾县民政局工作总结.docx(共5页)",
            "青禾县民政局工作总结Word文档下载推荐.docx",
            "青禾县民政局工作总结范文1",
        ] {
            assert_eq!(bare(title), "青禾县民政局工作总结");
        }
        assert_eq!(bare("青禾县工作总结(2017)"), "青禾县工作总结(2017)");
        assert_eq!(
            inner("青禾县教育局关于印发《青禾县教育局2021年工作总结》的通知"),
            Some("青禾县教育局2021年工作总结")
        );
        assert_eq!(
            inner("青禾县教育局关于印发2021年工作总结的通知"),
            Some("2021年工作总结")
        );
        assert_eq!(inner("青禾县教育局关于报送有关材料的通知"), None);
        assert_eq!(inner("青禾县教育局关于2021年工作总结的报告"), None);
        let text = "青禾县教育局\n2021年工作总结\n今年以来,我局做了工作。";
        let range = unit_above(text, 0..text.len()).expect("two lines");
        assert_eq!(&text[range], "青禾县教育局\n2021年工作总结");
    }

    #[test]
    fn what_stands_above_a_title_does_not_hide_it() {
        for above in [
            "1 / 5",
            "2021-07-09 09:15",
            "千帆文档 首页 分类 登录 注册 帮助",
            "青禾县有关单位工作总结",
            "2021年有关部门工作总结",
            "* * *\n1 / 5",
        ] {
            let title = "青禾县粮食局2021年工作总结";
            let text = format!("{above}\n{title}.doc\n2021年，我局收购粮食3万吨。");
            let head = head(&text, 0, text.len());
            assert_eq!(head.title.map(|at| bare(&text[at])), Some(title), "{above}");
        }
        for above in ["今天 我们 来 总结", "青禾县人民政府通知"] {
            let text = format!("{above}\n青禾县粮食局2021年工作总结\n2021年，我局收粮。");
            let title = head(&text, 0, text.len())
                .title
                .map(|at| text[at].to_owned());
            assert_ne!(
                title.as_deref(),
                Some("青禾县粮食局2021年工作总结"),
                "{above}"
            );
        }
    }

    #[test]
    fn titles_in_wide_letters_with_sessions_and_of_bulletins_are_told() {
        let text = "青禾县粮食局\n2021 年 工 作 总 结\n2021年，我局收购粮食3万吨。";
        let range = unit_above(text, 0..text.len()).expect("two lines");
        assert_eq!(written(&text[range]), "青禾县粮食局2021年工作总结");
        assert_eq!(written("工作总结 李 敏"), "工作总结 李 敏");
        assert!(is_title("青禾县2021年国民经济和社会发展统计公报"));
        let line = "青禾县人民法院工作报告——2021年1月5日在青禾县第八届人民代表大会第二次会议上";
        assert_eq!(
            glued_title(line).map(|end| &line[..end]),
            Some("青禾县人民法院工作报告")
        );
        let line = "青禾县人民法院工作报告——以人民为中心";
        assert_eq!(glued_title(line), None);
        let line = "保育员个人工作总结光阴似箭，这一学期就要结束了。";
        assert_eq!(
            glued_title(line).map(|end| &line[..end]),
            Some("保育员个人工作总结")
        );
    }

    #[test]
    fn a_declared_length_is_read_from_the_end_of_the_line() {
        let line = "云岭县教育局工作总结 3250字";
        assert_eq!(
            declared(line).map(|(n, at)| (n, &line[at])),
            Some((3250, " 3250字"))
        );
        assert_eq!(declared("识字3250字以上"), None);
    }

    #[test]
    fn a_series_tag_is_told_from_the_title() {
        let line = "[2018年工作总结及计划]2018年青禾县教育局工作总结";
        assert_eq!(
            series_tag(line).map(|end| &line[end..]),
            Some("2018年青禾县教育局工作总结")
        );
        assert_eq!(series_tag("[通知]各校注意"), None);
    }
}
