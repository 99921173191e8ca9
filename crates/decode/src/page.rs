//! What a page says about itself: title, date, source, and the links to its other pages.

use std::sync::LazyLock;

use regex::Regex;
use taosha_core::{Links, PageMeta, simplify};

use crate::chrome;
use crate::dates;
use crate::html::Page;
use crate::title;

/// By-lines are looked for in this many lines at the top.
const HEAD_LINES: usize = 20;

/// Longer lines hold sentences, and a date in a sentence is no by-line.
const MAX_LINE: usize = 360;

/// Reads what the head, the by-lines and the links of a page tell. `html` is `None` for a page
/// stored as plain text, whose links have lost their targets.
pub(crate) fn read(text: &str, html: Option<&Page>) -> PageMeta {
    let lines = text.lines().filter(|line| !line.is_empty());
    let head: Vec<String> = lines
        .clone()
        .take(HEAD_LINES)
        .filter(|line| line.len() <= MAX_LINE)
        .map(simplify)
        .collect();
    let metas = html.map(|page| page.metas.as_slice()).unwrap_or_default();
    PageMeta {
        title: html.and_then(|page| title::of_page(page, text)),
        publisher: by_source(&head).or_else(|| meta(metas, SOURCES)),
        published: meta(metas, DATES)
            .and_then(|date| iso_date(&date))
            .or_else(|| by_date(&head)),
        // Scripts turn the pages of some sites, and their links lead nowhere.
        links: html
            .map(|page| links(&page.links))
            .filter(|links| links.is_paginated() || !links.pages.is_empty())
            .unwrap_or_else(|| plain_links(lines.rev())),
    }
}

const DATES: &[&str] = &[
    "pubdate",
    "publishdate",
    "publish_date",
    "publishtime",
    "firstpublishedtime",
    "article:published_time",
    "og:published_time",
    "datepublished",
    "dc.date",
    "weibo: article:create_at",
];
const SOURCES: &[&str] = &[
    "contentsource",
    "source",
    "mediaid",
    "og:site_name",
    "sitename",
    "application-name",
];

fn meta(metas: &[(String, String)], names: &[&str]) -> Option<String> {
    let value = |name: &&str| {
        metas
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
    };
    names.iter().find_map(value).map(|(_, value)| value.clone())
}

static DATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"((?:19|20)\d{2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})")
        .expect("a literal pattern compiles")
});

/// The first date in `text`, ISO 8601.
fn iso_date(text: &str) -> Option<String> {
    let captures = DATE.captures(text)?;
    let part = |index: usize| {
        captures
            .get(index)
            .and_then(|part| part.as_str().parse::<u32>().ok())
    };
    let (year, month, day) = (part(1)?, part(2)?, part(3)?);
    let is_date = (1..=12).contains(&month) && (1..=31).contains(&day);
    is_date.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// The date of a by-line: one that is named, else one that fills its line but for words of the site.
/// Without a name it stands above the first sentence: below, it is that of a signature.
fn by_date(head: &[String]) -> Option<String> {
    static ALONE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)^[\s\[(（【〖〔]*(?:(?:星期|周)[一二三四五六日天]\s*|posted on\s*|(?:编辑|作者|发布者?)\s*[:：]\s*\S{2,8}\s+)?((?:19|20)\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2})日?[\s\d:：\])）】〗〕]*(?:星期[一二三四五六日天]\s*)?(?:(?:\d*\s*人)?(?:围观|浏览|阅读|点击|人气|评论)|来源|作者|编辑|字号|由\s*\S{1,12}\s*(?:分享|发布|上传|编辑|整理)|$)")
            .expect("a literal pattern compiles")
    });
    /// 2021-07-15 网友投稿 工作总结: what sites note behind a date is short.
    static ROW: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"^\s*((?:19|20)\d{2}[-/.]\d{1,2}[-/.]\d{1,2})(?:[\s|]+[^\s，。、；]{1,10}){1,6}\s*$",
        )
        .expect("a literal pattern compiles")
    });
    static TO_THE_MINUTE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"((?:19|20)\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2})日?\s+\d{1,2}[:：]\d{2}",
        )
        .expect("a literal pattern compiles")
    });
    /// 局办公室 · 2021-01-04 · 阅读 233
    static DOTTED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"^\s*(?:[^\s·•|｜，。、；]{1,16}\s*[·•|｜]\s*)?((?:19|20)\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2})日?(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?\s*[·•|｜]\s*(?:阅读|浏览|点击|评论|来源|作者|编辑|围观|人气|收藏)",
        )
        .expect("a literal pattern compiles")
    });
    /// 来源：统计局 2021-02-08, admin 发表于 2021-3-4, 发布：2021-03-04: what `by_line_noted` cuts.
    static NOTED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"^\s*(?:(?:(?:文章)?来源|稿源|栏目|分类|来自|作者)\s*[:：]\s*[^\s。，；]{1,20}(?:[\s|｜·]+(?:人气|点击|阅读|浏览)(?:量|数|次数)?\s*[:：]?\s*\d+\s*次?)?[\s|｜·]+|(?:发布|[Pp]osted|[Uu]pdated?)\s*[:：]\s*|[A-Za-z0-9\p{Han}_]{1,12}\s*(?:发表|发布|上传)于\s*[:：]?\s*)((?:19|20)\d{2}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2})日?(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?\s*(?:[|｜·].{1,40})?$",
        )
        .expect("a literal pattern compiles")
    });
    let of_publication = head.iter().find_map(|line| date_of_publication(line));
    let named = || (0..head.len()).find_map(|i| named_date(head.get(i..).unwrap_or_default()));
    let above = head.iter().take_while(|line| !line.contains('。'));
    let alone = || {
        let line = |line: &String| {
            if let Some([year, month, day]) = dates::alone(line) {
                return iso_date(&format!("{year}-{month}-{day}"));
            }
            let date = ALONE.captures(line).or_else(|| ROW.captures(line));
            let date = date.or_else(|| DOTTED.captures(line));
            let date = date.or_else(|| NOTED.captures(line))?;
            iso_date(date.get(1)?.as_str())
        };
        above.clone().find_map(line)
    };
    let to_the_minute = || {
        let is_byline = |line: &&String| {
            !line.contains(['，', ',', '；'])
                && !["打印", "会议", "地点", "时间", "今天"]
                    .iter()
                    .any(|word| line.contains(word))
        };
        let line = |line: &String| iso_date(TO_THE_MINUTE.captures(line)?.get(1)?.as_str());
        above.clone().filter(is_byline).find_map(line)
    };
    let named = of_publication.or_else(named);
    named.or_else(alone).or_else(to_the_minute)
}

/// The day that `line` says it was published on, which says more than the day it was written:
/// 成文日期：2020-12-28 发布日期：2021-01-04.
fn date_of_publication(line: &str) -> Option<String> {
    static NAMED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(最后|最近)?(?:发布|发表|公布|刊发|发稿)(?:时间|日期)\s*[\]】〗]?\s*[:：]?\s*[\[(（【]?\s*((?:19|20)\d{2})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})(?:\D|$)")
            .expect("a literal pattern compiles")
    });
    static IN_HAN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:发布|发表|公布|刊发|发稿)(?:时间|日期)\s*[\]】〗]?\s*[:：]?\s*([一二][〇○Oo零一二三四五六七八九]{3})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日")
            .expect("a literal pattern compiles")
    });
    let first = NAMED.captures_iter(line).find(|date| date.get(1).is_none());
    let parts: Option<Vec<u32>> = match first {
        Some(date) => (2..=4)
            .map(|nth| date.get(nth)?.as_str().parse().ok())
            .collect(),
        None if IN_HAN.is_match(line) => {
            let date = IN_HAN.captures(line)?;
            (1..=3).map(|nth| in_han(date.get(nth)?.as_str())).collect()
        }
        None => dates::of_the_republic(line).map(Vec::from),
    };
    match parts?.as_slice() {
        [year, month, day] => iso_date(&format!("{year}-{month}-{day}")),
        _ => None,
    }
}

/// 二〇二一, 十二, 三十一: a year by its digits, or a number below 100.
fn in_han(number: &str) -> Option<u32> {
    let digit = |c: char| match c {
        '〇' | '○' | 'O' | 'o' | '零' => Some(0),
        c => "一二三四五六七八九"
            .chars()
            .position(|digit| digit == c)
            .and_then(|at| u32::try_from(at + 1).ok()),
    };
    match number.split_once('十') {
        Some((tens, ones)) => {
            let part = |part: &str, none| match part.is_empty() {
                true => Some(none),
                false => part.chars().next().and_then(digit),
            };
            Some(10 * part(tens, 1)? + part(ones, 0)?)
        }
        None => number
            .chars()
            .try_fold(0, |sum, c| Some(10 * sum + digit(c)?)),
    }
}

/// The date that the first of `lines` names: 发布时间:2019-3-2. That of a print, of the last change
/// and of a meeting is none.
fn named_date(lines: &[String]) -> Option<String> {
    static NAMED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(打印|当前|现在|系统|今天|今日|最后|最近|截止|截至|会议|活动|报名|开始|结束|召开|培训|检查)?(?:更新|修改|编辑)?(时间|日期|发布|发表|更新|公开)(?:于|日)?\s*[:：]?\s*[\[(（]?\s*((?:19|20)\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2})")
            .expect("a literal pattern compiles")
    });
    static COMPACT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?:发布|生成|成文|公开|发文)日期\s*[:：]\s*((?:19|20)\d{2})(\d{2})(\d{2})(?:\D|$)",
        )
        .expect("a literal pattern compiles")
    });
    let line = lines.first()?;
    let is_of_meeting = || chrome::is_of_meeting(lines.iter().map(String::as_str));
    let is_own = |captures: &regex::Captures<'_>| {
        let starts = captures.get(0).is_some_and(|whole| whole.start() == 0);
        let is_bare = starts
            && captures
                .get(2)
                .is_some_and(|label| label.as_str() == "时间");
        captures.get(1).is_none() && !(is_bare && is_of_meeting())
    };
    let named = NAMED.captures_iter(line).find(is_own);
    named
        .and_then(|captures| iso_date(captures.get(3)?.as_str()))
        .or_else(|| {
            let captures = COMPACT.captures(line)?;
            let part = |index| captures.get(index).map(|part| part.as_str());
            iso_date(&format!("{}-{}-{}", part(1)?, part(2)?, part(3)?))
        })
}

fn by_source(head: &[String]) -> Option<String> {
    static SOURCE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|[\s\]】|])(?:信息|文章|稿件)?(?:来源|稿源|发布机构|发布单位)\s*[:：]\s*([^\s:：|【\[]{2,30})")
            .expect("a literal pattern compiles")
    });
    let source = head
        .iter()
        .find_map(|line| Some(SOURCE.captures(line)?.get(1)?.as_str().to_owned()))?;
    let cut = [
        "发布", "作者", "时间", "日期", "字体", "点击", "浏览", "编辑",
    ];
    let end = cut
        .iter()
        .filter_map(|word| source.find(word))
        .min()
        .unwrap_or(source.len());
    source
        .get(..end)
        .filter(|source| source.chars().count() >= 2)
        .map(str::to_owned)
}

fn links(found: &[(String, String)]) -> Links {
    let mut links = Links::default();
    for (words, target) in found {
        let is_target = !target.is_empty() && !target.starts_with('#') && !is_script(target);
        if !is_target {
            continue;
        }
        let words = simplify(words);
        match turn(&words) {
            Some(Turn::Back) => links.previous = Some(target.clone()),
            Some(Turn::On) => links.next = Some(target.clone()),
            Some(Turn::To(number)) if !links.pages.iter().any(|(n, _)| *n == number) => {
                links.pages.push((number, target.clone()));
            }
            _ => {}
        }
    }
    // Numbers alone may be days of a calendar or places in a ranking.
    let turns = links.previous.is_some() || links.next.is_some();
    let is_named = |(n, target): &(u32, String)| *n > 1 && names_page(target, *n);
    if !turns && !links.pages.iter().any(is_named) {
        links.pages.clear();
    }
    links
}

/// Where the words of a link lead among the pages of an article.
enum Turn {
    Back,
    On,
    To(u32),
}

fn turn(words: &str) -> Option<Turn> {
    let is_edge = |c: char| c.is_whitespace() || "[]【】<>«»‹›()（）←→|·.…:：".contains(c);
    match words.trim_matches(is_edge) {
        "上一页" | "上页" | "前一页" | "前页" | "Previous" | "previous" | "Prev" | "prev" => {
            Some(Turn::Back)
        }
        "下一页"
        | "下页"
        | "后一页"
        | "后页"
        | "下页更精彩"
        | "点击下一页"
        | "余下全文"
        | "在本页阅读全文"
        | "Next"
        | "next" => Some(Turn::On),
        number => {
            let number = number
                .trim_start_matches('第')
                .trim_end_matches('页')
                .trim();
            let number = number.parse().ok()?;
            (1..=MAX_PAGES)
                .contains(&number)
                .then_some(Turn::To(number))
        }
    }
}

/// True for the ways sites name page `n`: `a_2.html`, `a-2.html`, `index_1.html` (counted from 0), `a/2.html`,
/// `a?page=2`.
fn names_page(target: &str, n: u32) -> bool {
    let target = target.to_ascii_lowercase();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let digits = stem.len() - stem.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (before, number) = (stem.get(..digits), stem.get(digits..));
    let is_number = |text: &str| text.parse() == Ok(n) || text.parse() == Ok(n - 1);
    let in_path = before.is_some_and(|before| before.ends_with(['_', '-', '/', 'p']))
        && number.is_some_and(is_number);
    let in_query = query.split('&').any(|part| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        matches!(
            key,
            "page" | "p" | "pageno" | "pageindex" | "page_no" | "pn" | "curpage"
        ) && is_number(value)
    });
    in_path || in_query
}

/// More pages than any article has.
const MAX_PAGES: u32 = 200;

fn is_script(target: &str) -> bool {
    target
        .trim_start()
        .get(..11)
        .is_some_and(|start| start.eq_ignore_ascii_case("javascript:"))
}

/// `上一页 [1] [2]` in a stored text: that there are pages is known, where they are is not, so the
/// targets are empty. `lines` begins with the last one.
fn plain_links<'a>(lines: impl Iterator<Item = &'a str> + Clone) -> Links {
    static NUMBER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\d{1,3}").expect("a literal pattern compiles"));
    static ROW: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?x) ^ [\s\d\[\]【】<>«»‹›()（）|·.…:：/,，]*
            (?: 上一?页 | 下一?页 | 下页更精彩 | 首页 | 尾页 | 末页 | 第 | 共 | 页 | 当前 | 转到 | [\s\d\[\]【】<>«»‹›()（）|·.…:：/,，] )+ $",
        )
        .expect("a literal pattern compiles")
    });
    let mut links = Links::default();
    let is_short = |line: &&str| line.len() <= MAX_LINE;
    if has_all_pages(lines.clone()) {
        return links;
    }
    for line in lines.take(HEAD_LINES).filter(is_short) {
        let simple = simplify(line);
        let turns = ["上一页", "下一页", "下页"]
            .iter()
            .any(|word| simple.contains(word));
        // `第1页 共3页` tells of pages as well as their links do.
        let counts = simple.contains('共') && simple.contains('页');
        if !(turns || counts) || !ROW.is_match(&simple) {
            continue;
        }
        for found in NUMBER.find_iter(&simple) {
            let Ok(number) = found.as_str().parse() else {
                continue;
            };
            let is_new = !links.pages.iter().any(|(known, _)| *known == number);
            if is_new && (1..=MAX_PAGES).contains(&number) {
                links.pages.push((number, String::new()));
            }
        }
    }
    links
}

/// True when every page of a file stands in the text with its number: 第 1 页 共 3 页 and so on.
fn has_all_pages<'a>(lines: impl Iterator<Item = &'a str> + Clone) -> bool {
    static FOOT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"^[\s—–－\-]*第\s*(\d{1,3})\s*[页頁]\s*[/,，]?\s*共\s*(\d{1,3})\s*[页頁][\s—–－\-]*$",
        )
        .expect("a literal pattern compiles")
    });
    /// In bytes.
    const LONGEST: usize = 80;
    let (mut seen, mut n_pages) = ([false; MAX_PAGES as usize + 1], None);
    let is_foot = |line: &str| line.len() <= LONGEST && FOOT.is_match(line);
    let goes_on = lines.clone().next().is_some_and(|last| !is_foot(last));
    for line in lines.filter(|line| line.len() <= LONGEST && line.contains('第')) {
        let Some(foot) = FOOT.captures(line) else {
            continue;
        };
        let part = |nth: usize| {
            foot.get(nth)
                .and_then(|part| part.as_str().parse::<usize>().ok())
        };
        let (Some(page), Some(all)) = (part(1), part(2)) else {
            continue;
        };
        if *n_pages.get_or_insert(all) != all {
            return false;
        }
        if let Some(slot) = seen.get_mut(page) {
            *slot = true;
        }
    }
    n_pages.is_some_and(|all| {
        // The last page may show no number.
        let n_shown = all - usize::from(goes_on && all > 2);
        let shown = seen.get(1..=n_shown).unwrap_or_default();
        !shown.is_empty() && shown.iter().all(|seen| *seen)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(title: &str, links: &[(&str, &str)]) -> Page {
        let owned = |(a, b): &(&str, &str)| (a.to_string(), b.to_string());
        Page {
            title: Some(title.to_owned()),
            links: links.iter().map(owned).collect(),
            ..Page::default()
        }
    }

    #[test]
    fn a_file_with_all_its_pages_has_no_others() {
        let pages = |numbers: &[u32]| {
            let page = |n: &u32| format!("各项工作完成。\n第 {n} 页 共 3 页\n");
            read(&numbers.iter().map(page).collect::<String>(), None).links
        };
        assert!(pages(&[1, 2, 3]).pages.is_empty());
        assert!(!pages(&[1, 3]).pages.is_empty());
        assert!(!pages(&[1, 2]).pages.is_empty());
        let last = "甲。\n第 1 页 共 3 页\n乙。\n第 2 页 共 3 页\n丙。";
        assert!(read(last, None).links.pages.is_empty());
    }

    #[test]
    fn a_date_with_short_notes_behind_it_is_a_byline() {
        let date = |line: &str| by_date(&[line.to_owned(), "各项工作完成。".to_owned()]);
        assert_eq!(
            date("2021-07-15　网友投稿　工作总结　手机阅读").as_deref(),
            Some("2021-07-15")
        );
        for line in [
            "2021-07-15，全县召开会议",
            "2021-07-15 全县教育系统开展了一次大规模的集中安全排查",
            "2021.5 30所",
        ] {
            assert_eq!(date(line), None, "{line}");
        }
    }

    #[test]
    fn pages_that_a_script_turns_are_pages() {
        let text = "工作总结\n全年完成。\n[1] [2] [3] 下一页 尾页";
        let meta = read(
            text,
            Some(&page("工作总结", &[("下一页", "javascript:turn(2)")])),
        );
        assert_eq!(meta.links.pages.len(), 3);
    }

    #[test]
    fn the_title_loses_the_name_of_the_site() {
        for whole in [
            "青禾县2019年教育工作总结_范文网",
            "青禾县2019年教育工作总结 - 青禾县人民政府",
            "首页 > 青禾县2019年教育工作总结",
            "青禾县2019年教育工作总结-青禾教育网",
        ] {
            let meta = read("", Some(&page(whole, &[])));
            assert_eq!(
                meta.title.as_deref(),
                Some("青禾县2019年教育工作总结"),
                "{whole}"
            );
        }
    }

    #[test]
    fn the_by_line_tells_date_and_source() {
        let meta = read("标题\n发布时间:2019-3-2 来源:青禾县教育局 点击:3", None);
        assert_eq!(meta.published.as_deref(), Some("2019-03-02"));
        assert_eq!(meta.publisher.as_deref(), Some("青禾县教育局"));
        let meta = read("标题\n2023-10-26人围观\n2019年1月2日召开会议。", None);
        assert_eq!(meta.published.as_deref(), Some("2023-10-26"));
        let minutes = "会议纪要\n时间：2023年3月14日下午3:00\n地点：局三楼会议室\n主持人：赵立新";
        assert_eq!(read(minutes, None).published, None);
    }

    #[test]
    fn a_date_among_words_of_the_site_is_a_by_line() {
        let published = |head: &str| read(&format!("标题\n{head}\n正文。"), None).published;
        for line in [
            "2018/5/6 10:22:31",
            "【2018-05-06】",
            "〖2018-05-06〗 阅读 20",
            "信息时间：2018-05-06 阅读次数：333",
            "2018-05-06 由 小王 分享",
            "编辑：张三 2018-05-06",
            "Posted on 2018-05-06",
            "生成日期：20180506",
            "星期日 2018-05-06 10:20 县教育局 张三",
            "http://www.example/1.htm　2018年05月06日 08:45　市总工会办公室",
            "打印时间：2019年1月1日\n发布时间：2018年5月6日",
            "打印时间：2019年1月1日 发布时间：2018年5月6日",
            "成文日期：2018-04-28　发布日期：2018-05-06　有效性：有效",
            "成文日期：2018-04-28\n发布日期：2018-05-06",
            "发布时间：二〇一八年五月六日",
            "【发布日期】 2018.05.06 【字号 大 中 小】",
            "局办公室 · 2018-05-06 · 阅读 233",
            "发布日期：20180506",
            "来源：青禾县统计局　2018-05-06",
            "栏目：工作总结 | 人气：33 | 2018-05-06",
            "admin 发表于 2018-5-6 9:05:01",
            "发布：2018-05-06 | 栏目：总结 | 收藏本文",
        ] {
            assert_eq!(published(line).as_deref(), Some("2018-05-06"), "{line}");
        }
    }

    #[test]
    fn other_dates_are_no_by_line() {
        let published = |text: &str| read(text, None).published;
        for text in [
            "标题\n打印时间：2018-05-06\n正文。",
            "标题\n最后更新：2018-05-06\n正文。",
            "标题\n今天是2018年5月6日 星期日\n正文。",
            "标题\n时间：2023年3月14日下午3:00\n地点：三楼会议室\n主持人：李四\n正文。",
            "标题\n会议时间：2023年3月14日 15:00\n正文。",
            "标题\n2018年5月6日召开会议\n正文。",
            "标题\n2018年5月6日 10:20，全体教师到校。\n正文。",
            "标题\n正文写了这些。\n青湖县民政局\n2018年5月6日",
            "标题\n文件日期：20181399\n正文。",
            "标题\n共20180506人\n正文。",
            "标题\n发布时间：二〇一八年五月\n正文。",
            "标题\n第一批 · 2018-05-06 · 30所\n正文。",
        ] {
            assert_eq!(published(text), None, "{text}");
        }
    }

    #[test]
    fn page_turners_are_links() {
        let found = [
            ("[1]", "a.html"),
            ("[2]", "a_2.html"),
            ("下一頁", "a_2.html"),
            ("3", "#"),
        ];
        let links = read("", Some(&page("x", &found))).links;
        assert_eq!(links.next.as_deref(), Some("a_2.html"));
        assert_eq!(links.pages.len(), 2);
        assert!(
            !read("", Some(&page("x", &[("12", "day?d=12")])))
                .links
                .is_paginated()
        );
        for line in ["上一页 [1] [2]", "下页更精彩:1 2 3 4 下一页", "第1页 共3页"] {
            let links = read(&format!("正文\n{line}"), None).links;
            assert!(links.is_paginated(), "{line}");
        }
        let text = "正文\n请把表格的上一页12张和下一页3张交回,共3页。";
        assert!(!read(text, None).links.is_paginated());
    }

    #[test]
    fn numbers_turn_pages_where_their_targets_are_named_alike() {
        for (first, second) in [
            ("a.html", "a_2.html"),
            ("a.html", "a-2.html"),
            ("index.html", "index_1.html"),
            ("a/1.html", "a/2.html"),
            ("?id=9&page=1", "?id=9&page=2"),
        ] {
            let links = read("", Some(&page("x", &[("1", first), ("[ 2 ]", second)]))).links;
            assert_eq!(links.pages.len(), 2, "{second}");
        }
        for second in ["a.html", "d12.html", "?day=2", "rank/12"] {
            let links = read("", Some(&page("x", &[("1", "x.html"), ("2", second)]))).links;
            assert!(!links.is_paginated(), "{second}");
        }
    }
}
