//! The title of a page: which of the words that may be it.
//!
//! `<title>` has the names of site and column around the title, or nothing but them, or what the
//! program that made the page put there.

use std::sync::LazyLock;

use regex::Regex;
use taosha_core::simplify;

use crate::html::{Block, Page};

/// The title of a page is among its first headings.
const MAX_HEADINGS: usize = 64;

/// Shorter parts of a title are names of columns: 首页, 正文.
const LEAST_CHARS: usize = 6;

/// Longer lines are sentences.
const MAX_CHARS: usize = 60;

/// In lines that are no links: below stands the text.
const HEAD_LINES: usize = 8;

/// The title of `page`, whose text is `text`.
pub(crate) fn of_page(page: &Page, text: &str) -> Option<String> {
    let whole = page.title.as_deref().unwrap_or_default().trim();
    let whole = part_of_text(whole, page, text).unwrap_or(whole);
    let best = best_part(whole);
    // 计划总结 is the name of a column.
    let told = best.filter(|part| is_title(part) && part.chars().count() >= LEAST_CHARS);
    let headings = || {
        let headings = page.blocks.iter().filter(|block| block.is_heading);
        let headings = headings.take(MAX_HEADINGS);
        let words = headings.filter_map(|block| words_of(text, block));
        words.filter(|words| words.chars().count() >= LEAST_CHARS && !is_site_name(words))
    };
    let is_told = |words: &&str| {
        let is_fuller = told.is_some_and(|told| words.contains(told));
        whole.contains(words) || is_fuller
    };
    let title = headings().find(is_told).or(told).map(str::to_owned);
    let title = title.or_else(|| {
        let mut all = headings();
        // Several headings are those of a report, or of the boxes of a site.
        let only = all.next().filter(|_| all.next().is_none());
        let titled = headings().find(|words| is_title(words));
        titled.or(only).map(str::to_owned)
    });
    let is_named = |part: &&str| !is_site_name(part) && part.chars().count() >= LEAST_CHARS;
    let first = first_line(page, text);
    // Whose site it is, which the title above the text says as well.
    let is_owner =
        |part: &&str| first.as_ref().is_some_and(|line| line.starts_with(*part)) || is_office(part);
    let is_own = best.is_none_or(|part| is_owner(&part));
    let title = title
        .or_else(|| first.clone().filter(|_| is_own))
        .or_else(|| best.filter(is_named).map(str::to_owned))
        .or(first)
        .or_else(|| best.filter(|part| !is_nothing(part)).map(str::to_owned));
    title
        .map(|title| bare(&title))
        .filter(|title| !title.is_empty())
}

/// The part of `whole` that stands alone as a line of the page, where blanks part it from the names of
/// site and column: 青禾县人民政府 部门总结 青禾县教育局2020年工作总结.
fn part_of_text<'a>(whole: &'a str, page: &Page, text: &str) -> Option<&'a str> {
    let parts = || whole.split_whitespace();
    let part = parts().find(|part| is_title(part) && part.chars().count() >= 2 * LEAST_CHARS)?;
    let stands = |block: &Block| words_of(text, block) == Some(part);
    let is_site = |other: &str| other != part && is_site_name(other) && !part.contains(other);
    let may_be = parts().any(is_site) && !part.starts_with(|c: char| c.is_ascii_digit());
    (may_be && page.blocks.iter().take(MAX_HEADINGS).any(stands)).then_some(part)
}

fn words_of<'a>(text: &'a str, block: &Block) -> Option<&'a str> {
    text.get(block.range.clone()).map(str::trim)
}

/// The line above the text that reads like a title and leads nowhere.
fn first_line(page: &Page, text: &str) -> Option<String> {
    let blocks = page.blocks.iter();
    let own = blocks.filter(|block| block.n_link as usize * 2 <= block.range.len());
    let lines = own.filter_map(|block| words_of(text, block));
    let mut head = lines
        .take(HEAD_LINES)
        .take_while(|line| !line.contains('。'));
    head.find(|line| line.chars().count() >= LEAST_CHARS && is_title(line))
        .map(str::to_owned)
}

/// The part of a `<title>` that is most like the title of a report; of equals the first.
///
/// Sites put their names behind or before it, with `_`, `-`, `|` or `>` between.
fn best_part(whole: &str) -> Option<&str> {
    static BORDER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\s*[_|｜»>]+\s*|\s+[-–—]+\s+|[-–—]{2,}").expect("a literal pattern compiles")
    });
    let parts = BORDER.split(whole).flat_map(by_hyphen).map(str::trim);
    let mut best: Option<(i32, &str)> = None;
    for part in parts.filter(|part| !part.is_empty()) {
        let worth = worth(part);
        if best.is_none_or(|(most, _)| worth > most) {
            best = Some((worth, part));
        }
    }
    best.map(|(_, part)| part)
}

/// The parts of `part`, when one of them is the name of a site: 2010-2011学年 is one.
fn by_hyphen(part: &str) -> Vec<&str> {
    let parts: Vec<&str> = part.split('-').collect();
    match parts.len() > 1 && parts.iter().any(|part| is_site_name(part.trim())) {
        true => parts,
        false => vec![part],
    }
}

fn worth(part: &str) -> i32 {
    static YEAR: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:19|20)\d{2}|[〇零○]").expect("a literal pattern compiles")
    });
    if is_nothing(part) {
        return -20;
    }
    // A title may end as the name of an office does: 我县建成养老服务中心.
    let against = match is_site_name(part) {
        true if OFFICE.is_match(&simplify(part)) => 5,
        true => 10,
        false => 0,
    };
    let is_long = i32::from(part.chars().count() >= LEAST_CHARS);
    4 * i32::from(is_title(part)) + i32::from(YEAR.is_match(part)) + 2 * is_long - against
}

/// Ends of names that offices have, and their sites.
static OFFICE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("(?:政府|局|厅|委员会|[^网]站|[^闻]中心)$").expect("a literal pattern compiles")
});

/// True for the name of a site or of a part of it.
pub(crate) fn is_site_name(words: &str) -> bool {
    static SITE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?x)(?: 网|网站|门户|在线|频道|论坛|文库|博客|空间|详细内容|详细信息|信息详情|文章内容|内容页|正文|首页|主页|之家
            |数字报|新闻中心|百科(?:全书)?|信息公开(?:平台|目录)?|人民政府|政府|教育局|财政局|办公厅|委员会|站|中心 )$
            | ^Powered\s+by | Discuz | ^(?:欢迎|首页)",
        )
        .expect("a literal pattern compiles")
    });
    SITE.is_match(simplify(words).trim())
}

/// True for the whole name of an office, which is no title.
fn is_office(words: &str) -> bool {
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\p{Han}{0,12}(?:省|市|县|区|州|盟|旗|镇|乡)\p{Han}{1,14}(?:政府|局|厅|委|委员会|院|办|办公室|总工会|联合会|协会|学校|中学|小学|街道|站|队|中心)$")
            .expect("a literal pattern compiles")
    });
    /// What happened to an office is news.
    const NEWS: &[&str] = &[
        "建成", "建立", "成立", "召开", "举行", "举办", "开展", "启动", "获", "入选", "赴",
    ];
    let words = simplify(words);
    let is_news =
        words.starts_with(['我', '全', '各']) || NEWS.iter().any(|word| words.contains(word));
    NAME.is_match(&words) && !is_news
}

/// True for words that end as a title does and say neither whose it is nor of when: 一、主要工作情况.
pub(crate) fn is_heading(words: &str) -> bool {
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[ \u{3000}]*(?:[（(]?[一二三四五六七八九十]{1,3}[)）、．.]|[（(]?\d{1,2}[)）、．.]\D|第[一二三四五六七八九十]{1,3}[章节部])")
            .expect("a literal pattern compiles")
    });
    /// The kind of paper alone, or of work: 工作完成情况.
    const LONGEST: usize = 9;
    let has_year = words.contains(|c: char| c.is_ascii_digit() || matches!(c, '〇' | '○' | '零'));
    NUMBER.is_match(words) || words.trim().chars().count() <= LONGEST && !has_year
}

/// True for what editors of pages write where nobody gave a title.
fn is_nothing(words: &str) -> bool {
    static NOTHING: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?xi)^(?: 无标题(?:文档|页)? | untitled(?:[\s-]*(?:document|page|\d+))? | 新(?:建)?网页\s*\d* | new\s*page\s*\d*
            | 文章内容 | 内容 | 文章 | 打印 | 详细页?面? | index | document | 标题 | home )$",
        )
        .expect("a literal pattern compiles")
    });
    NOTHING.is_match(simplify(words).trim())
}

/// True for words that end as titles of reports do.
pub(crate) fn is_title(words: &str) -> bool {
    static TITLE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?x)(?:总结|报告|汇报|计划|要点|方案|规划|讲话|材料|述职|小结|体会|心得|纪要|通报|通知|意见|公报|年报|简报|登记表|情况|回眸|盘点|自查
            |打算|安排|决定|公告|综述|思路|设想)
            (?:\s*[（(【\[〔][^()（）【】\[\]〔〕]{0,16}[)）】\]〕])*$",
        )
        .expect("a literal pattern compiles")
    });
    let is_short = words.len() <= MAX_CHARS * 4 && words.chars().count() <= MAX_CHARS;
    // Where one is on a site: 当前位置：首页 / 规划计划.
    let is_path =
        words.contains(['>', '»', '›']) || words.contains(" / ") || words.contains("位置");
    is_short
        && !is_path
        && !words.contains(['。', '；', '\t'])
        && TITLE.is_match(simplify(words).trim())
}

/// `title` without what a site notes at its ends. Brackets go in pairs: of a unit in brackets its
/// name stays.
fn bare(title: &str) -> String {
    static NOTE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?x)^(?:\s*[\[【(（](?:转载|轉載|转贴|转帖|原创|原創|推荐|精品|精华|置顶|图文|组图|图|荐|热|分享)[\]】)）])+
            | (?:\s*[\[【(（](?:图|圖|组图|多图|图文|附图|转载|轉載|原创|原創|转帖|转贴|推荐|推薦|精华|荐|复制(?:本[帖贴])?链接|複製(?:本[帖貼])?(?:連結|鏈接))[\]】)）])+\s*$",
        )
        .expect("a literal pattern compiles")
    });
    static UNIT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^【([^【】]{3,30}(?:局|委|办|院|校|学|所|站|队|会|处|科|中心|政府|镇|乡|街道|村|社区|公司))】(\S.*)$")
            .expect("a literal pattern compiles")
    });
    let title = NOTE.replace_all(title.trim(), "");
    // The second part of a title whose first part nobody told.
    let title = title.trim().trim_start_matches(['—', '―']).trim();
    match UNIT.captures(title) {
        Some(found) if is_title(title) => {
            let part = |nth: usize| found.get(nth).map_or("", |part| part.as_str());
            format!("{}{}", part(1), part(2))
        }
        _ => title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html;
    use taosha_core::{Edited, Map};

    fn title(head: &str, body: &str) -> Option<String> {
        let page = format!("<title>{head}</title>{body}");
        let (edited, page, _) = html::read(Edited::new(page.clone(), Map::identity(page.len())));
        of_page(&page, edited.text())
    }

    const TITLE: &str = "澜江市卫生局2008年度工作总结";

    #[test]
    fn the_part_that_is_no_name_of_a_site_is_the_title() {
        for head in [
            "澜江卫生信息网--澜江市卫生局2008年度工作总结",
            "澜江党政网-卫生局-澜江市卫生局2008年度工作总结-详细内容",
            "[转载]澜江市卫生局2008年度工作总结(图)",
            "【原创】澜江市卫生局2008年度工作总结 - 教师之家 - 澜江教育论坛 - Powered by Discuz!",
            "【澜江市卫生局】2008年度工作总结",
            "工作总结_澜江市卫生局2008年度工作总结_澜江门户",
            "[转帖] 澜江市卫生局2008年度工作总结 [复制本帖链接]",
            "澜江市卫生局2008年度工作总结 - 澜江市人民政府",
        ] {
            assert_eq!(
                title(head, "<p>各项工作完成。").as_deref(),
                Some(TITLE),
                "{head}"
            );
        }
    }

    #[test]
    fn a_title_may_end_as_an_office_does() {
        for head in [
            "澜江教育信息网--我县建成养老服务中心",
            "我县建成养老服务中心_澜江教育信息网",
        ] {
            let found = title(head, "<p>各项工作完成。");
            assert_eq!(found.as_deref(), Some("我县建成养老服务中心"), "{head}");
        }
    }

    #[test]
    fn titles_with_hyphens_and_brackets_of_their_own_stay_whole() {
        for head in [
            "石桥小学2010-2011学年度工作总结",
            "【三年行动】攻坚情况",
            "石桥小学工作总结（2012年度）",
            "石桥小学-教学科工作总结",
            "建设数字校园",
        ] {
            assert_eq!(title(head, "<p>各项工作完成。").as_deref(), Some(head));
        }
    }

    #[test]
    fn a_page_without_a_title_has_that_of_its_body() {
        for (head, body) in [
            (
                "无标题文档",
                "<td align=center>澜江市卫生局2008年度工作总结</td><td><p>各项工作完成。",
            ),
            ("", "<h1>澜江市卫生局2008年度工作总结</h1><p>各项工作完成。"),
            (
                "澜江卫生信息网",
                "<h3>澜江卫生信息网</h3><h2>澜江市卫生局2008年度工作总结</h2><p>完成。",
            ),
            (
                "2008年度工作总结",
                "<h2>澜江市卫生局2008年度工作总结</h2><p>完成。",
            ),
        ] {
            assert_eq!(title(head, body).as_deref(), Some(TITLE), "{head}");
        }
        let odd = "<h1>亮点巡礼：山乡新事</h1><p>各项工作完成。";
        assert_eq!(title("", odd).as_deref(), Some("亮点巡礼：山乡新事"));
        assert_eq!(title("无标题文档", "<p>各项工作完成。"), None);
        let path = "<p>当前位置： 首页 / 信息公开 / 规划计划</p><p>各项工作完成。";
        assert_eq!(title("", path), None);
    }

    #[test]
    fn headings_of_the_text_are_no_titles() {
        let body = "<h2>一、抓好队伍建设</h2><p>完成。</p><h2>二、抓好作风建设</h2><p>完成。";
        assert_eq!(title("石桥小学纪事", body).as_deref(), Some("石桥小学纪事"));
        assert_eq!(
            title("澜江卫生信息网", "<p>完成。").as_deref(),
            Some("澜江卫生信息网")
        );
    }

    #[test]
    fn names_of_offices_are_told_from_news_of_them() {
        for name in [
            "青禾县住房和城乡建设局",
            "云岭市安全生产监督管理局",
            "平湖县人民检察院",
        ] {
            assert!(is_office(name), "{name}");
        }
        for news in [
            "我县建成养老服务中心",
            "云岭县成立应急管理局",
            "全县建设服务中心",
        ] {
            assert!(!is_office(news), "{news}");
        }
    }

    #[test]
    fn the_line_above_the_text_wins_over_the_owner_and_the_column() {
        let body = "<div>澜江市卫生局2008年度工作总结</div><p>发布时间：2009-1-5</p><p>各项工作完成。</p><p>一、主要工作情况</p>";
        for head in ["澜江市卫生局", "计划总结", "工作总结_计划总结"] {
            assert_eq!(title(head, body).as_deref(), Some(TITLE), "{head}");
        }
        let body = "<h2>澜江市卫生局2008年度工作总结</h2><p>各项工作完成。</p>";
        assert_eq!(title("计划总结", body).as_deref(), Some(TITLE));
        assert_eq!(
            title("工作总结", "<p>各项工作完成。").as_deref(),
            Some("工作总结")
        );
        let news = "<div>关于评选先进的通知</div><p>各项工作完成。</p>";
        assert_eq!(
            title("我县举行青年教师座谈会", news).as_deref(),
            Some("我县举行青年教师座谈会")
        );
    }
}
