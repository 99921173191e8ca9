//! Lists of other articles behind a report: a line that announces them, and titles below.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// Longer lines announce nothing and are the title of nothing, in characters.
const MAX_CHARS: usize = 60;

/// Without a line that announces them, so many numbered titles behind the last sentence are a list.
const LEAST_UNANNOUNCED: usize = 3;

/// Shorter titles, with their number, are names of papers that any office keeps: 1.工作计划.
const LEAST_CHARS: usize = 8;

/// The lines of lists of other articles, as ranges of indices. `lines` are in simplified characters;
/// those of which `gone` is true are site text already.
pub(crate) fn lists(lines: &[&str], gone: &[bool]) -> Vec<Range<usize>> {
    let is_gone = |at: usize| gone.get(at).copied().unwrap_or(true);
    let mut lists: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let list = is_head(line)
            .then(|| announced(lines, is_gone, at))
            .flatten();
        at = list.as_ref().map_or(at + 1, |list| list.end);
        lists.extend(list);
    }
    let n_left = lists.last().filter(|list| list.end == lines.len());
    if n_left.is_none() {
        lists.extend(unannounced(lines, is_gone));
    }
    lists
}

/// The list that the line `head` announces.
fn announced(lines: &[&str], is_gone: impl Fn(usize) -> bool, head: usize) -> Option<Range<usize>> {
    if is_all_names(lines, &is_gone, head + 1) {
        return Some(head..lines.len());
    }
    let mut items: Vec<usize> = Vec::new();
    let mut at = head + 1;
    // A list ends at the next one, so no line is looked at for two of them.
    while let Some(line) = lines.get(at).filter(|line| !is_head(line)) {
        let is_marked = || {
            items
                .first()
                .is_some_and(|first| same_mark(lines, *first, line))
        };
        if !is_gone(at) && !is_button(line) {
            let is_item = is_title(line) || is_marked() && is_short(line);
            if !is_item {
                break;
            }
            items.push(at);
        }
        at += 1;
    }
    let text_goes_on = at < lines.len();
    if text_goes_on {
        // What stands right above more text may be its title.
        let all_marked = items.iter().all(|item| {
            let line = lines.get(*item).copied().unwrap_or_default();
            mark(line).is_some()
        });
        if !all_marked {
            items.pop();
        }
    }
    let last = *items.last()?;
    Some(head..if text_goes_on { last + 1 } else { at })
}

/// True when nothing stands from the line `from` to the end of the page but a few names of articles, of
/// whatever kind.
fn is_all_names(lines: &[&str], is_gone: impl Fn(usize) -> bool, from: usize) -> bool {
    /// Longer lists have titles among them that say what they are.
    const MOST: usize = 12;
    let behind = lines.iter().enumerate().skip(from);
    let mut left = behind.filter(|(at, line)| !is_gone(*at) && !line.trim().is_empty());
    let is_name = |line: &str| {
        // A signature is shorter, and ends in a date.
        is_short(line) && line.chars().count() >= LEAST_CHARS && !line.ends_with('日')
    };
    let first: Vec<&str> = left.by_ref().take(MOST).map(|(_, line)| *line).collect();
    left.next().is_none() && !first.is_empty() && first.into_iter().all(is_name)
}

/// Numbered titles behind the last sentence of the page.
fn unannounced(lines: &[&str], is_gone: impl Fn(usize) -> bool) -> Option<Range<usize>> {
    let mut first = lines.len();
    let mut n_items = 0;
    for (at, line) in lines.iter().enumerate().rev() {
        if !is_gone(at) {
            let is_whole = line.chars().count() >= LEAST_CHARS;
            if mark(line).is_none() || !is_title(line) || !is_whole {
                break;
            }
            n_items += 1;
        }
        first = at;
    }
    let before = *lines.get(first.checked_sub(1)?)?;
    let is_said = before.ends_with(['。', '！', '”', '）', ')']) && !TELLS_OF_LIST.is_match(before);
    (n_items >= LEAST_UNANNOUNCED && is_said).then_some(first..lines.len())
}

/// A sentence that may have a list behind it.
static TELLS_OF_LIST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("附件|附[:：]|目录|如下|以下|下列|下面|分别|包括|材料|资料|档案|台账|清单|文件|制定|印发|出台|编制|修订|完善")
        .expect("a literal pattern compiles")
});

/// True for a line that announces other articles.
fn is_head(line: &str) -> bool {
    static HEAD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?x)^[>》→►▶★☆●■◆【\[\s]*(?:
              (?:看完?|看[了过]|读[了过])[^。]{0,40}?的?(?:人|网友|读者|用户|同学)(?:还|也)(?:看|读|喜欢|浏览|下载|搜)[^。]{0,6}
            | (?:猜?[你您]|大家)(?:可能|也许|或许|猜)?(?:还|也|会)?(?:可能|会)?(?:喜欢|感兴趣|想看)[^。]{0,8}
            | 【[^【】]{2,60}】\s*[^。，\d]{0,4}(?:文章|阅读|范文|内容)
            | \p{Han}{0,8}(?:相关|推荐|延伸|拓展|热门|精选|往期|更多|同类|本类|精彩)[^。，、\d]{0,8}(?:文章|阅读|推荐|范文|文档|资源|链接|回顾)(?:推荐|列表|排行)?
            )[】\]]?\s*[:：>»…]*$",
        )
        .expect("a literal pattern compiles")
    });
    line.len() <= MAX_CHARS * 3
        && !line.ends_with(['。', '；', '，'])
        && !line.contains("附件")
        && HEAD.is_match(line.trim())
}

/// True for what leads to more such lists.
fn is_button(line: &str) -> bool {
    let words = line.trim_end_matches(['>', '»', '…', '.', ' ']);
    matches!(words, "更多" | "查看更多" | "换一批" | "换一换" | "全部")
}

/// True for the title of an article: it says what kind of paper it is and no sentence.
fn is_title(line: &str) -> bool {
    static TITLE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?x)\p{Han}{2}.*(?:总结|计划|报告|汇报|方案|范文|材料|讲话稿?|发言稿?|心得(?:体会)?|体会|述职|申请书?|致辞|演讲稿|反思|小结|自查|评语|日记
              |读后感|倡议书|策划书|合同|鉴定|剖析|大全|模板|样本|预案|论文|教案|课件|说课稿)
            (?:\s*[（(【\[][^()（）【】\[\]]{0,14}[)）】\]])? (?:\s*(?:精选|最新|通用|优秀|推荐)?\s*[\d一二三四五六七八九十]*\s*篇?\d{0,2})?
            (?:…|\.{3})? (?:\.(?:docx?|pdf|txt|pptx?))? (?:\s+[\d\-/:.\s\[\]]{4,20})?$",
        )
        .expect("a literal pattern compiles")
    });
    is_short(line) && TITLE.is_match(line)
}

fn is_short(line: &str) -> bool {
    let says = |c: char| matches!(c, '。' | '；' | '！' | '？' | '，' | ';' | '\t');
    line.len() <= MAX_CHARS * 3 && !line.contains(says) && !line.ends_with(['：', ':'])
}

/// The sign or number in front of an item: its kind, with digits made one.
fn mark(line: &str) -> Option<String> {
    static MARK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:[（(\[【]?\d{1,2}[)）\]】.、．]|[★☆●■◆►▶•·→>»*])\s*")
            .expect("a literal pattern compiles")
    });
    let found = MARK.find(line)?.as_str();
    let kind = found
        .chars()
        .filter(|c| !c.is_ascii_digit() && !c.is_whitespace());
    Some(kind.collect())
}

fn same_mark(lines: &[&str], first: usize, line: &str) -> bool {
    let known = lines.get(first).and_then(|first| mark(first));
    known.is_some() && known == mark(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of `lines`.
    fn left(page: &str) -> String {
        let lines: Vec<&str> = page.lines().collect();
        let lists = lists(&lines, &vec![false; lines.len()]);
        let is_left = |at: &usize| !lists.iter().any(|list| list.contains(at));
        let left = (0..lines.len()).filter(is_left).map(|at| lines[at]);
        left.collect::<Vec<_>>().join("\n")
    }

    const REPORT: &str = "青禾县教育局2017年工作总结\n三、下步打算。加强学习，改进作风。";

    #[test]
    fn names_of_any_kind_below_the_last_head_are_cut() {
        let news = "青禾县开展森林防火宣传活动\n我县召开春季农业生产会议";
        assert_eq!(left(&format!("{REPORT}\n相关链接\n{news}")), REPORT);
        let goes_on = format!("{REPORT}\n相关链接\n{news}\n四、其他工作。全部完成。");
        assert_eq!(left(&goes_on), goes_on);
        let signed = format!("{REPORT}\n相关链接\n青禾县教育局\n2018年1月5日");
        assert_eq!(left(&signed), signed);
    }

    #[test]
    fn announced_lists_of_other_articles_are_cut() {
        for list in [
            "【教育局工作总结】相关文章：\n1.教师工作总结\n2.班主任工作总结\n3.学校工作总结",
            "看过“教育局工作总结”的人还看了：\n1.教师个人总结范文\n2.教师年度考核总结",
            "推荐阅读：\n教师年终总结\n班主任年终总结",
            "猜你感兴趣：\n★ 教师年终总结\n★ 班主任年终总结",
            "更多热门工作总结推荐：\n1.教师年终总结\n2.学期末总结",
            "你可能也喜欢：\n教师年终总结\n班主任年终总结",
            "相关资源\n县中医院2020年工作总结.docx\n护理部2020年工作总结及2021年工作计划.doc",
            "延伸阅读：\n1.教师述职报告（精选5篇）\n2.教师节活动\n3.学期计划",
        ] {
            assert_eq!(left(&format!("{REPORT}\n{list}")), REPORT, "{list}");
        }
    }

    #[test]
    fn numbered_titles_behind_the_last_sentence_are_a_list() {
        let page = format!("{REPORT}\n1.教师工作总结\n2.班主任工作总结\n3.学校工作计划");
        assert_eq!(left(&page), REPORT);
    }

    #[test]
    fn what_follows_a_list_stays() {
        let page = format!(
            "{REPORT}\n相关文章：\n教师年终总结\n云岭县2018年工作总结\n2018年，全县招生30人。"
        );
        let whole = format!("{REPORT}\n云岭县2018年工作总结\n2018年，全县招生30人。");
        assert_eq!(left(&page), whole);
    }

    #[test]
    fn many_lists_without_items_come_to_an_end() {
        let lines = vec!["相关文章"; 100_000];
        assert!(lists(&lines, &vec![true; lines.len()]).is_empty());
    }

    #[test]
    fn lists_of_a_report_stay() {
        for list in [
            "附件：\n1.2017年工作总结\n2.2018年工作计划\n3.年度自查报告",
            "我局印发了以下材料。\n1.消防应急预案\n2.防汛应急预案\n3.安全工作方案",
            "1.消防应急预案\n2.防汛应急预案",
            "1.加强学习\n2.改进作风\n3.写好总结",
            "五、推荐阅读\n全年开展读书活动12次，征集心得体会300篇。",
            "相关资料齐全。\n1.工作计划\n2.工作总结\n3.活动方案",
            "相关链接：\n青禾县位于云岭北麓，辖12个乡镇。\n全县人口36万。",
        ] {
            let page = format!("{REPORT}\n{list}");
            assert_eq!(left(&page), page, "{list}");
        }
    }
}
