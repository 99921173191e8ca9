//! Series: lines of the same words that differ in a counter alone, 学校工作总结精选篇1, 学校工作总结精选篇2.
//!
//! Sites find new words for 范文 every year, so the words are not listed. What counts is that a line
//! comes again and again with the next number, that there is a text below each, and what the words and the
//! head of the page say of it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::marker::{Marker, MarkerStyle};
use crate::number;
use crate::page::{Page, n_chars_up_to};
use crate::{lines, rules, title};

/// A longer line is no heading, in characters.
const LONGEST: usize = 45;

/// Counters of one line that are looked at; a heading has one or two figures.
const MOST_COUNTERS: usize = 4;

/// A report has more visible characters than this.
const MIN_BODY: usize = 40;

/// Sum of what speaks for a series from which it is believed.
const BELIEVED: f32 = 3.0;

static COUNTER: LazyLock<Regex> =
    LazyLock::new(|| rules::pattern(r"[0-9０-９]{1,3}|[一二三四五六七八九十百]{1,4}"));

/// What a site puts between a title and its counter.
static PUT_IN: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"[ \u{3000}(（【\[〖〔]*(?:精选|通用|最新|优秀|热门|推荐|经典|实用|完整版?|必备|优质|精华)*(?:第|之|篇|范文|范本|例文|范例|样本|样文|样例|模板|文章|材料)*[ \u{3000}(（]*$",
    )
});

/// Words for a text among others.
static SAMPLE: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(r"篇|范文|范本|例文|范例|样本|样文|样例|模板|文章|精选|推荐|优秀")
});

/// 学校工作总结3篇
static DECLARED: LazyLock<Regex> =
    LazyLock::new(|| rules::pattern(r"([0-9]{1,3}|[一二两三四五六七八九十]{1,3})[ ]?篇"));

/// What is counted inside a report.
static PART: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"(?:附件|附表|附录|附|表|图|专栏|问题|任务|措施|步骤|阶段|环节|目标|案例|例|经验|做法|亮点|主题|模块|单元|课题|实验|题|项目|建议|原因|方面|板块|工程|行动|重点|关键|抓手)$",
    )
});

/// What stands behind the counter of something else than a report.
static UNIT: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"^(?:[章节条款项点步周期次届批组队季月年学级类名卷册页集讲课天日号%]|[.．][0-9]|部分|阶段|方面|所|个|人|万|亿|元)",
    )
});

/// A line of a series.
#[derive(Clone)]
struct Member {
    line: Range<usize>,
    counter: Range<usize>,
    number: u32,
}

/// What the lines of a series have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Frame<'a> {
    before: &'a str,
    /// All that stands behind the counter, or the sign right behind it alone.
    behind: &'a str,
    /// The rest of the line is a title of its own.
    is_open: bool,
}

impl Page<'_> {
    /// The markers of the series that is believed, if one is, and its score.
    pub(crate) fn series(&self) -> Option<(f32, Vec<Marker>)> {
        let mut frames: BTreeMap<Frame<'_>, Vec<Member>> = BTreeMap::new();
        for line in &self.lines {
            for (frame, member) in self.frames(line) {
                frames.entry(frame).or_default().push(member);
            }
        }
        let runs = frames.iter().filter_map(|(frame, members)| {
            let run = self.run(members)?;
            let score = self.worth(frame, &run)?;
            (score >= BELIEVED).then_some((score, frame, run))
        });
        let by_score = |one: &(f32, &Frame<'_>, Vec<Member>),
                        other: &(f32, &Frame<'_>, Vec<Member>)| {
            one.0
                .total_cmp(&other.0)
                .then(one.2.len().cmp(&other.2.len()))
        };
        let (score, frame, run) = runs.max_by(by_score)?;
        let markers = run.iter().map(|member| self.announced(frame, member));
        Some((score, markers.collect()))
    }

    /// The frames that the counters of `line` stand in.
    fn frames(&self, line: &Range<usize>) -> Vec<(Frame<'_>, Member)> {
        let words = self.words(line.clone());
        let mut found = Vec::new();
        if words.chars().nth(LONGEST).is_some() {
            return found;
        }
        for counter in COUNTER.find_iter(words).take(MOST_COUNTERS) {
            let Some(number) = number::value(counter.as_str()).filter(|&number| number > 0) else {
                continue;
            };
            let before = words.get(..counter.start()).unwrap_or_default();
            let behind = words.get(counter.end()..).unwrap_or_default();
            let member = Member {
                line: line.clone(),
                counter: line.start + counter.start()..line.start + counter.end(),
                number,
            };
            let closed = Frame {
                before: before.trim_end(),
                behind: without_remark(behind),
                is_open: false,
            };
            let n_sign = behind.len() - behind.trim_start_matches(is_sign).len();
            let open = Frame {
                before: before.trim_end(),
                behind: behind.get(..n_sign).unwrap_or_default(),
                is_open: true,
            };
            if n_sign > 0 && n_sign < behind.len() && before.chars().count() >= 2 {
                found.push((open, member.clone()));
            }
            found.push((closed, member));
        }
        found
    }

    /// The longest run 1, 2, 3 … of `members`, each with a text below it.
    fn run(&self, members: &[Member]) -> Option<Vec<Member>> {
        let mut best: Vec<Member> = Vec::new();
        let mut run: Vec<Member> = Vec::new();
        let has_text = |member: &Member, end: usize| {
            let text = self.words(member.line.end..end.max(member.line.end));
            n_chars_up_to(text, MIN_BODY) >= MIN_BODY
        };
        for member in members.iter().chain([&Member {
            line: self.text.len()..self.text.len(),
            counter: 0..0,
            number: 0,
        }]) {
            let goes_on = run.last().is_some_and(|last| {
                last.number + 1 == member.number && has_text(last, member.line.start)
            });
            if !goes_on {
                let is_whole = run
                    .last()
                    .is_some_and(|last| has_text(last, member.line.start));
                if is_whole && run.len() >= 2 && run.len() > best.len() {
                    best = std::mem::take(&mut run);
                }
                run.clear();
            }
            if goes_on || member.number == 1 {
                run.push(member.clone());
            }
        }
        (!best.is_empty()).then_some(best)
    }

    /// What speaks for `run`; `None` for what is counted inside reports.
    fn worth(&self, frame: &Frame<'_>, run: &[Member]) -> Option<f32> {
        let stem = stem(frame.before);
        let is_sample =
            SAMPLE.is_match(frame.before.get(stem.len()..)?) || frame.behind.starts_with('篇');
        if !is_sample && (PART.is_match(frame.before) || UNIT.is_match(frame.behind)) {
            return None;
        }
        let first = run.first()?.line.start;
        let said = lines::prefix(self.words(0..first), 300);
        let declared: Vec<u32> = DECLARED
            .captures_iter(said)
            .filter_map(|captures| number::value(&captures.get(1)?.as_str().replace('两', "二")))
            .collect();
        let n = run.len();
        let is_declared = declared.iter().any(|&declared| declared as usize == n);
        let ends = run.iter().skip(1).map(|next| next.line.start);
        let bodies = run
            .iter()
            .zip(ends.chain([self.text.len()]))
            .map(|(member, end)| member.line.end..end);
        let bodies: Vec<Range<usize>> = bodies.collect();
        let n_anew = bodies
            .iter()
            .filter(|body| self.starts_anew((*body).clone()))
            .count();
        let are_anew = 2 * n_anew >= n;
        let all_end = bodies.iter().all(|body| {
            self.words(body.clone())
                .trim_end()
                .ends_with(['。', '!', '！', '…', '”', ')', '）', '日'])
        });
        let is_title = match frame.is_open {
            false => {
                title::is_title(stem)
                    || stem.is_empty() && title::is_title(frame.behind.trim_start_matches(is_sign))
            }
            true => {
                let rest = |member: &&Member| {
                    let rest = self.words(member.counter.end..member.line.end);
                    title::is_title(rest.trim_start_matches(is_sign))
                };
                2 * run.iter().filter(rest).count() >= n
            }
        };
        let is_told = is_sample || is_declared || are_anew && is_title;
        // A counter in front is that of an outline first of all.
        let is_in_front = frame.before.trim_start_matches(['(', '（']).is_empty();
        if !is_told || is_in_front && !is_declared && (n < 3 || !is_title) {
            return None;
        }
        let points = [
            (is_sample, 2.0),
            (is_title, 2.0),
            (is_declared, 2.0),
            (!declared.is_empty(), 1.0),
            (are_anew, 1.0),
            (n >= 3 && all_end, 1.0),
        ];
        Some(
            points
                .iter()
                .filter(|(is, _)| *is)
                .map(|(_, points)| points)
                .sum(),
        )
    }

    /// The marker that `member` is: its words are the site's, but for a title in front or behind.
    fn announced(&self, frame: &Frame<'_>, member: &Member) -> Marker {
        let Range { start, end } = member.line;
        let stem = stem(frame.before);
        let behind = self.words(member.counter.end..end);
        let n_sign = behind.len() - behind.trim_start_matches(is_sign).len();
        let (range, title) = match stem.chars().count() {
            4.. if !frame.is_open => (start + stem.len()..end, start..start + stem.len()),
            _ => {
                let from = member.counter.end + n_sign;
                let rest = self.words(from..end);
                match frame.is_open || title::is_title(without_remark(rest)) {
                    true => (start..from, from..end),
                    false => (start..end, end..end),
                }
            }
        };
        Marker {
            range,
            start,
            title,
            style: MarkerStyle::Series,
            base: String::new(),
            number: member.number,
            line_start: true,
            declared: None,
        }
    }
}

/// `before` without what the site put in between a title and its counter.
fn stem(before: &str) -> &str {
    let end = PUT_IN
        .find(before)
        .map_or(before.len(), |put_in| put_in.start());
    before.get(..end).unwrap_or_default()
}

/// 妇联工作总结（花桥镇） without its remark, and without a sign at the end.
fn without_remark(words: &str) -> &str {
    let words = words.trim_end_matches(|c| is_sign(c) && !matches!(c, ')' | '）'));
    let open = words.rfind(['(', '（']);
    match open.filter(|&open| open > 0 && words.ends_with([')', '）'])) {
        Some(open) => words.get(..open).unwrap_or_default(),
        None => words,
    }
}

fn is_sign(c: char) -> bool {
    c.is_whitespace() || ":：、.．,，)）】]〗〕".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "本学期，我校工作稳步推进，各项任务圆满完成。\n一、教学工作。开展公开课9节，集体备课18次。\n二、德育工作。举办主题班会4次。\n";
    const PLAIN: &str = "语文组开展集体备课18次，公开课9节，教师撰写论文11篇，成绩显著，人人都有提高，个个都有进步。\n不足是青年教师培养力度还不够。\n";

    fn numbers(head: &str, headings: &[&str], body: &str) -> Vec<(u32, String)> {
        let mut text = format!("{head}\n");
        for heading in headings {
            text.push_str(&format!("{heading}\n{body}"));
        }
        let page = Page::new(text.trim_end(), &[], &[]);
        let found = page
            .series()
            .map(|(_, markers)| markers)
            .unwrap_or_default();
        let shown = |marker: &Marker| (marker.number, page.words(marker.title.clone()).to_owned());
        found.iter().map(shown).collect()
    }

    #[test]
    fn a_line_that_comes_again_with_the_next_number_is_a_marker() {
        for (headings, title) in [
            (
                [
                    "学校工作总结精选篇1",
                    "学校工作总结精选篇2",
                    "学校工作总结精选篇3",
                ],
                "学校工作总结",
            ),
            (
                [
                    "学校工作总结（通用篇1）",
                    "学校工作总结（通用篇2）",
                    "学校工作总结（通用篇3）",
                ],
                "学校工作总结",
            ),
            (
                [
                    "校园防汛应急预案篇1",
                    "校园防汛应急预案篇2",
                    "校园防汛应急预案篇3",
                ],
                "校园防汛应急预案",
            ),
            (
                [
                    "学校工作总结样本一：",
                    "学校工作总结样本二：",
                    "学校工作总结样本三：",
                ],
                "学校工作总结",
            ),
        ] {
            let found = numbers("学校工作总结5篇", &headings, BODY);
            let expected: Vec<_> = (1..=3).map(|n| (n, title.to_owned())).collect();
            assert_eq!(found, expected, "{headings:?}");
        }
    }

    #[test]
    fn short_reports_without_an_outline_are_told_by_their_series() {
        for headings in [
            ["篇一", "篇二", "篇三"],
            ["范文一", "范文二", "范文三"],
            ["【1】", "【2】", "【3】"],
        ] {
            assert_eq!(
                numbers("教研组工作总结3篇", &headings, PLAIN).len(),
                3,
                "{headings:?}"
            );
        }
        assert_eq!(
            numbers("教研组工作总结", &["【1】", "【2】", "【3】"], PLAIN),
            []
        );
    }

    #[test]
    fn titles_of_their_own_stand_behind_words_of_the_site() {
        let headings = ["推荐一：花桥镇妇联工作总结", "推荐二：石门乡妇联工作总结"];
        let titles: Vec<_> = numbers("", &headings, BODY)
            .into_iter()
            .map(|(_, title)| title)
            .collect();
        assert_eq!(titles, ["花桥镇妇联工作总结", "石门乡妇联工作总结"]);
        let headings = [
            "1. 妇联工作总结（花桥镇）",
            "2. 妇联工作总结（石门乡）",
            "3. 妇联工作总结（青山镇）",
        ];
        let titles: Vec<_> = numbers("", &headings, BODY)
            .into_iter()
            .map(|(_, title)| title)
            .collect();
        assert_eq!(
            titles.first().map(String::as_str),
            Some("妇联工作总结（花桥镇）")
        );
        assert_eq!(titles.len(), 3);
    }

    #[test]
    fn what_is_counted_inside_a_report_is_no_series() {
        for headings in [
            ["案例一", "案例二", "案例三"],
            ["附件1", "附件2", "附件3"],
            ["任务一：制定方案", "任务二：落实方案", "任务三：总结方案"],
            ["第1周", "第2周", "第3周"],
            ["第一部分", "第二部分", "第三部分"],
            ["一、加强领导", "二、加强宣传", "三、加强督查"],
            ["第一小学", "第二小学", "第三小学"],
            ["一、下一步工作打算", "二、下一步工作打算", ""],
        ] {
            assert_eq!(
                numbers("青禾县教育局工作总结", &headings, PLAIN),
                [],
                "{headings:?}"
            );
            assert_eq!(
                numbers("青禾县教育局工作总结", &headings, BODY),
                [],
                "{headings:?}"
            );
        }
    }
}
