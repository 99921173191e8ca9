//! Site text, by rule: whole lines, sentences in the site's own voice, watermarks inside words.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use taosha_core::{Mark, Span, SpanKind};

use crate::gate;
use crate::read_on;
use crate::related;
use crate::rules::{self, Kind, Rule, Scope};
use crate::summary;

/// By-lines stand this near to the top, imprints this near to the end, counted in lines that hold
/// text. Template sites put up to a dozen lines of navigation above a title.
const HEAD_LINES: usize = 15;
const TAIL_LINES: usize = 25;

/// Longer lines are text with something in it, not site lines. The longest site line seen, a
/// disclaimer, has 240 characters.
const MAX_LINE_CHARS: usize = 320;

/// A sentence in the site's voice is short; a longer stretch without a stop has a report in it.
const MAX_SENTENCE_CHARS: usize = 120;

/// The marks of the rules in `text`, and all rules that may match in it; `simple` is the same text
/// in simplified characters, and lines of which `skip` is true are site text already.
pub(crate) fn find(
    text: &str,
    simple: &str,
    skip: impl Fn(&Range<usize>) -> bool,
) -> (Vec<Mark>, gate::Rules) {
    let lines = lines(simple);
    let mut marks = Vec::new();
    let mut gone = vec![false; lines.len()];
    let rules = &*rules::CHROME;
    let gate = &*rules::GATE;
    let mut needs = gate.places(simple).peekable();
    let mut all_open = gate.always();
    let mut buttons = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let mut open = gate.always();
        while let Some((_, needed_by)) = needs.next_if(|(at, _)| *at < line.end) {
            open |= needed_by;
        }
        all_open |= open;
        let edge = Edge {
            head: index < HEAD_LINES,
            tail: index + TAIL_LINES >= lines.len(),
        };
        let words = simple.get(line.clone()).unwrap_or_default();
        let is_short = words.len() <= MAX_LINE_CHARS * 3;
        if skip(line) {
            gone[index] = true;
            // What leads to the rest of a text may be a link or stand below it, and tells all the same.
            let rule = (open != 0 && is_short).then(|| {
                let inside = || {
                    let mut cuts = rules.of(open).filter(|rule| rule.kind == Kind::Cut);
                    cuts.find(|rule| {
                        edge.allows_inside(rule.scope) && rule.find_in(words).next().is_some()
                    })
                };
                let whole = line_rule(words, open, edge);
                if whole.is_some_and(|rule| rule.name == read_on::RULE) {
                    buttons.push((index, true));
                }
                whole.filter(|rule| rule.kind == Kind::Cut).or_else(inside)
            });
            if let Some(rule) = rule.flatten() {
                let span = Span::new(text, line.clone(), SpanKind::Cut);
                marks.push(Mark::note(span, rule.name.as_str()));
            }
            continue;
        }
        if open == 0 {
            continue;
        }
        let is_spared =
            || is_misread(words) || edge.head && is_of_meeting(lines_from(simple, &lines, index));
        let rule = is_short.then(|| line_rule(words, open, edge)).flatten();
        if let Some(rule) = rule.filter(|_| !is_spared()) {
            let end = lines.get(index + 1).map_or(simple.len(), |next| next.start);
            gone[index] = true;
            match rule.name == read_on::RULE {
                true => buttons.push((index, false)),
                false => marks.push(mark(text, line.start..end, rule)),
            }
            continue;
        }
        let inside = rules.of(open).filter(|rule| edge.allows_inside(rule.scope));
        for rule in inside {
            let own = |range: &Range<usize>| !is_quoted(words, range);
            for range in rule.find_in(words).filter(own) {
                let range = match rule.scope {
                    Scope::Sentence | Scope::EdgeSentence => sentence(words, range),
                    _ => Some(range),
                };
                if let Some(range) = range {
                    let range = match range.len() == line.len() {
                        true => {
                            line.start..lines.get(index + 1).map_or(line.end, |next| next.start)
                        }
                        false => line.start + range.start..line.start + range.end,
                    };
                    // Two words of the site in one sentence cut it once.
                    let is_new = marks
                        .last()
                        .is_none_or(|last: &Mark| last.span.range() != range);
                    if is_new {
                        marks.push(mark(text, range, rule));
                    }
                }
            }
        }
    }
    let words: Vec<&str> = lines_from(simple, &lines, 0).collect();
    let others = related::lists(&words, &gone).into_iter().flatten();
    cut_lines(text, &lines, others, "related_list", &mut gone, &mut marks);
    let summaries = summary::lines(&words, &gone);
    cut_lines(text, &lines, summaries, "summary", &mut gone, &mut marks);
    read_on::settle(text, &lines, &gone, &buttons, &mut marks);
    close_end(text, &lines, &gone, &mut marks);
    let behind = needs.fold(all_open, |open, (_, needed_by)| open | needed_by);
    (marks, behind)
}

/// Cuts those of `lines` that are listed, in order, by `rule`.
fn cut_lines(
    text: &str,
    lines: &[Range<usize>],
    listed: impl IntoIterator<Item = usize>,
    rule: &'static str,
    gone: &mut [bool],
    marks: &mut Vec<Mark>,
) {
    let mut cuts: Vec<Range<usize>> = Vec::new();
    for at in listed {
        let (Some(line), Some(gone)) = (lines.get(at), gone.get_mut(at)) else {
            continue;
        };
        if !std::mem::replace(gone, true) {
            let end = lines.get(at + 1).map_or(text.len(), |next| next.start);
            cuts.push(line.start..end);
        }
    }
    // What was cut inside these lines goes with them.
    marks.retain(|mark| {
        let range = mark.span.range();
        let nth = cuts.partition_point(|cut| cut.end <= range.start);
        cuts.get(nth)
            .is_none_or(|cut| range.start < cut.start || range.end > cut.end)
    });
    let span = |cut| Span::new(text, cut, SpanKind::Chrome);
    marks.extend(cuts.into_iter().map(|cut| Mark::cut(span(cut), rule)));
}

/// True for the time of a meeting, as minutes have it above their text: what stands below it says
/// where it was and who was there.
pub(crate) fn is_of_meeting<'a>(mut lines: impl Iterator<Item = &'a str>) -> bool {
    /// Place, chair and those present stand right below.
    const NEAR: usize = 3;
    static OF_MEETING: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:地\s*点|主\s*持(?:\s*人)?|参\s*[加会](?:\s*人\s*员)?|出\s*席(?:\s*人\s*员)?|列\s*席(?:\s*人\s*员)?|与会(?:人员)?|记\s*录(?:\s*人)?)\s*[:：]")
            .expect("a literal pattern compiles")
    });
    let tells = |line: &str| line.len() <= MAX_LINE_CHARS * 3 && OF_MEETING.is_match(line);
    let Some(time) = lines.next().filter(|line| line.starts_with(['时', '日'])) else {
        return false;
    };
    let mut near = lines.take(NEAR).take_while(|line| !line.contains('。'));
    tells(time) || near.any(tells)
}

fn lines_from<'a>(
    simple: &'a str,
    lines: &'a [Range<usize>],
    first: usize,
) -> impl Iterator<Item = &'a str> {
    let words = |line: &Range<usize>| simple.get(line.clone()).unwrap_or_default();
    lines.iter().skip(first).map(words)
}

/// True for a line that was read in the wrong charset: its © may be half a character.
fn is_misread(line: &str) -> bool {
    /// A name in another language has fewer letters with accents.
    const LEAST: usize = 4;
    let n_accented = line
        .chars()
        .filter(|c| ('\u{C0}'..='\u{FF}').contains(c))
        .count();
    let n_han = line
        .chars()
        .filter(|c| ('\u{4E00}'..='\u{9FFF}').contains(c))
        .count();
    n_accented >= LEAST && n_accented > n_han
}

/// When the last lines are gone, so is the line break before them.
fn close_end(text: &str, lines: &[Range<usize>], gone: &[bool], marks: &mut Vec<Mark>) {
    let n_gone = gone.iter().rev().take_while(|gone| **gone).count();
    let Some(first) = lines.len().checked_sub(n_gone).filter(|_| n_gone > 0) else {
        return;
    };
    let start = first
        .checked_sub(1)
        .and_then(|last| lines.get(last))
        .map_or(0, |last| last.end);
    if let Some(line) = lines.get(first) {
        let span = Span::new(text, start..line.start, SpanKind::Chrome);
        if !span.is_empty() {
            marks.push(Mark::cut(span, "end_of_page"));
        }
    }
}

/// The lines of `text` that hold something.
fn lines(text: &str) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]) {
        if end > start {
            lines.push(start..end);
        }
        start = end + 1;
    }
    lines
}

#[derive(Clone, Copy)]
struct Edge {
    head: bool,
    tail: bool,
}

impl Edge {
    fn allows_line(self, scope: Scope) -> bool {
        match scope {
            Scope::Line => true,
            Scope::HeadLine => self.head,
            Scope::TailLine => self.tail,
            _ => false,
        }
    }

    fn allows_inside(self, scope: Scope) -> bool {
        match scope {
            Scope::Inline | Scope::Sentence => true,
            Scope::HeadInline => self.head,
            Scope::EdgeSentence => self.head || self.tail,
            _ => false,
        }
    }
}

fn line_rule(line: &str, open: gate::Rules, edge: Edge) -> Option<&'static Rule> {
    let mut rules = rules::CHROME
        .of(open)
        .filter(|rule| edge.allows_line(rule.scope));
    rules.find(|rule| rule.is_line(line) && !(rule.spares_news && has_news(line)))
}

/// True for what the report quotes: 对“本文来自网络”等标注全部整改.
fn is_quoted(line: &str, range: &Range<usize>) -> bool {
    /// A longer quotation is a text of its own.
    const MAX_CHARS: usize = 24;
    const OPEN: [char; 5] = ['“', '‘', '「', '『', '《'];
    const CLOSED: [char; 5] = ['”', '’', '」', '』', '》'];
    let before = line.get(..range.start).unwrap_or_default();
    let mut behind = line.get(range.end..).unwrap_or_default().chars();
    let end = behind
        .by_ref()
        .take(MAX_CHARS)
        .find(|c| OPEN.contains(c) || CLOSED.contains(c));
    before.ends_with(OPEN) && end.is_some_and(|c| CLOSED.contains(&c))
}

/// The sentence around `range`, with its stop.
fn sentence(line: &str, range: Range<usize>) -> Option<Range<usize>> {
    let is_end = |c: char| matches!(c, '。' | '！' | '!' | '？' | '?');
    // On a page of one line a space is all that parts a title from the site's words behind it.
    let is_stop = |c: char| is_end(c) || c.is_whitespace();
    // Looking no further than a sentence may reach keeps a line of many matches linear.
    let mut start = 0;
    for (n, (at, c)) in line.get(..range.start)?.char_indices().rev().enumerate() {
        if is_stop(c) {
            start = at + c.len_utf8();
            break;
        }
        if n == MAX_SENTENCE_CHARS {
            return None;
        }
    }
    let (mut end, mut stopped) = (line.len(), false);
    for (n, (at, c)) in line.get(range.end..)?.char_indices().enumerate() {
        if stopped && !is_stop(c) && !matches!(c, '”' | '’') {
            end = range.end + at;
            break;
        }
        stopped |= is_stop(c);
        if n == MAX_SENTENCE_CHARS {
            return None;
        }
    }
    let words = line.get(start..end)?;
    if words.chars().count() > MAX_SENTENCE_CHARS {
        return None;
    }
    if !has_news(words) {
        return Some(start..end);
    }
    // The site ran its words into a sentence of the report: only its clause goes, and only when
    // it speaks to the reader. When in doubt it stays.
    let is_comma = |c: char| matches!(c, '，' | ',' | '；' | ';' | '：' | ':');
    let before = line.get(start..range.start)?;
    let from = before.char_indices().rev().find(|(_, c)| is_comma(*c));
    let from = from.map_or(start, |(at, c)| start + at + c.len_utf8());
    let after = line.get(range.end..end)?;
    let to = after.char_indices().find(|(_, c)| is_comma(*c));
    let to = to.map_or(end, |(at, c)| range.end + at + c.len_utf8());
    let clause = line.get(from..to)?;
    (!has_news(clause) && TO_READER.is_match(clause)).then_some(from..to)
}

/// The site speaks to whoever reads it.
static TO_READER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("(?:为|给|对|帮到|帮助到?|供|请)(?:大家|您|你|各位)")
        .expect("a literal pattern compiles")
});

/// True when `words` tell something a report tells: a figure, or what was done by whom.
pub(crate) fn has_news(words: &str) -> bool {
    static FIGURE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"[0-9０-９.％%]+\s*(?P<unit>.?)|[一二两三四五六七八九十百千万亿]+余?(?P<han>[元人名件次个所项亩户吨家场])",
        )
        .expect("a literal pattern compiles")
    });
    static DONE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            "今年以来|[我全][局县市区镇乡校院省]|投入|完成|开展|受理|处理|举办|办结|发放|新建|同比|满意度|群众|各项工作",
        )
        .expect("a literal pattern compiles")
    });
    let speaks_to_reader = TO_READER.is_match(words);
    let is_news = |unit: &str| match unit {
        // A year dates the article; 5篇 counts what the site collected, when it says so.
        "年" | "x" | "X" => false,
        "篇" => !speaks_to_reader,
        _ => true,
    };
    let has_figure = FIGURE.captures_iter(words).any(|found| {
        let unit = found.name("unit").or(found.name("han"));
        is_news(unit.map_or("", |unit| unit.as_str()))
    });
    has_figure || !speaks_to_reader && DONE.is_match(words)
}

/// A tag that is shown as words where a line ended.
const SHOWN_BREAK: &str = "shown_break";

fn mark(text: &str, range: Range<usize>, rule: &'static Rule) -> Mark {
    if rule.name == SHOWN_BREAK {
        let span = Span::new(text, range, SpanKind::Repair);
        return Mark::replace(span, rule.name.as_str(), "\n");
    }
    let kind = match rule.kind {
        Kind::Watermark => SpanKind::Watermark,
        Kind::Cut => SpanKind::Cut,
        Kind::Chrome | Kind::Mask => SpanKind::Chrome,
    };
    Mark::cut(Span::new(text, range, kind), rule.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use taosha_core::{Reading, simplify};

    fn read(text: &str) -> String {
        let (marks, _) = find(text, &simplify(text), |_| false);
        Reading::new(
            text,
            Span::new(text, 0..text.len(), SpanKind::Report),
            &marks,
        )
        .text()
        .to_owned()
    }

    #[test]
    fn site_lines_around_a_report_are_cut() {
        let page = "您现在的位置: 首页 > 总结\n\n青禾县教育局2019年工作总结\n\n时间:2019/1/2栏目:总结\n\n一、招生\n\
                    共招生30人。\n\n上一页 [1] [2]\n\n文章评论\n\n用户名:";
        assert_eq!(
            read(page),
            "青禾县教育局2019年工作总结\n\n一、招生\n共招生30人。"
        );
    }

    #[test]
    fn a_sentence_that_speaks_of_site_words_stays() {
        let page = "设立联系人制度,各校上一页填写姓名,下一页填写电话。\n联系人：各校校长。\n\
                    县教育局网站首页开设专栏,点击量达到3万次。";
        assert_eq!(read(page), page);
    }

    #[test]
    fn watermarks_and_announced_cuts_leave_the_sentence_whole() {
        assert_eq!(
            read("推[网-找文章,到网]进课改,本文來源於網堅持培訓"),
            "推进课改,堅持培訓"
        );
        let page = "进一步……此处隐藏4314个字……在党委领导下";
        let (marks, _) = find(page, page, |_| false);
        assert_eq!(marks[0].span.kind(), SpanKind::Cut);
        assert_eq!(read(page), "进一步在党委领导下");
    }

    #[test]
    fn the_time_of_a_meeting_stays_and_a_by_line_goes() {
        for minutes in [
            "局长办公会议纪要\n时间：2023年3月14日下午3:00\n地点：局三楼会议室\n主持人：赵立新\n会议议定事项如下。",
            "局长办公会议纪要\n时间：2023年3月14日 地点：局三楼会议室\n会议议定事项如下。",
            "座谈会记录\n时间：2023-03-14\n参加人员：全体教师\n会议开始。",
        ] {
            assert_eq!(read(minutes), minutes);
        }
        for by_line in ["时间：2023年3月14日 来源：办公室", "时间：2023-03-14"] {
            let page = format!("青禾县工作总结\n{by_line}\n一、招生\n共招生30人。\n地点：县城");
            assert_eq!(read(&page), page.replace(&format!("{by_line}\n"), ""));
        }
    }

    #[test]
    fn a_misread_line_with_half_a_character_like_a_copyright_sign_stays() {
        let page = "å®‰å…¨\nä¸€ã€æ°´åº“é™¤é™© © 2019å›ºã€‚å®Œæˆ3åº§";
        assert_eq!(read(page), page);
        assert_eq!(
            read("一、招生\n共30人。\n© 2019 青禾文档"),
            "一、招生\n共30人。"
        );
    }

    #[test]
    fn a_list_of_other_articles_goes_to_the_end_of_the_page() {
        let report = "青禾县工作总结\n三、打算。加强学习，改进作风。";
        let page = format!("{report}\n相关文章：\n1.教师工作总结\n2.学校工作总结\n返回顶部");
        assert_eq!(read(&page), report);
    }

    #[test]
    fn sentences_about_apps_and_omissions_stay() {
        for page in [
            "开展宣传36场。\n下载国家反诈中心APP 12.6万人，预警劝阻2360人次。\n二、问题",
            "开展宣传36场。\n（此处省略其他常规工作。）\n二、问题",
            "开展宣传36场。\n推广使用平安小程序。\n二、问题",
        ] {
            assert_eq!(read(page), page);
        }
        assert_eq!(
            read("全年36场。\n打开APP，阅读体验更佳\n二、问题"),
            "全年36场。\n二、问题"
        );
    }

    #[test]
    fn a_sentence_of_the_report_with_words_of_the_site_stays() {
        for page in [
            "今年以来,网友投稿量大增,收到建议500条。",
            "全年共处理小编类信息12条,投入资金21万元。",
            "网友投稿500篇,小编推荐120篇。",
            "我县建立小编队伍,仅供参考的材料一律不发。",
        ] {
            assert_eq!(read(page), page);
        }
        assert_eq!(
            read("青禾县盐业局2021年工作总结 作者:网友投稿 今年以来,真抓实干,产盐300吨。"),
            "青禾县盐业局2021年工作总结 今年以来,真抓实干,产盐300吨。"
        );
        assert_eq!(
            read("下面是小编为大家整理的总结,全县招生30人。"),
            "全县招生30人。"
        );
    }

    #[test]
    fn words_of_a_site_that_a_report_quotes_stay() {
        for page in [
            "删除侵权图片47张，对“本文来自网络”等不规范标注全部整改，涉及学校12所。",
            "清理标有「本文来源于某某网，仅供参考」的材料12份。",
            "三、打算。建好县语委网页（http://yw.example.gov.cn/index.asp?id=3），每月更新4次。",
        ] {
            assert_eq!(read(page), page);
        }
        assert_eq!(
            read("落实“双减”政策，本文来自青禾范文网提高质量。"),
            "落实“双减”政策，提高质量。"
        );
    }

    #[test]
    fn the_voice_of_the_site_is_cut_and_its_neighbours_stay() {
        let page =
            "以下是小编为大家整理的总结,希望能帮到你!2019年,全县完成招生任务。更多范文请关注本站。";
        assert_eq!(read(page), "2019年,全县完成招生任务。");
    }
}
