//! Titles glued to the first sentence of their report.

use super::LONGEST;
use super::site_words::{between, byline};
use crate::number::is_space;
use crate::rules::{OPENINGS, TITLE_WORDS, TITLES};
use crate::{lines, marker};

/// Where a title glued to the first sentence ends: behind a title word that a sentence start or
/// the number of a heading follows.
pub(crate) fn glued_title(line: &str) -> Option<usize> {
    let ends = |&(n, (_, c)): &(usize, (usize, char))| {
        n >= LONGEST + 10 || matches!(c, ',' | '，' | '。' | ';' | '；' | '\n' | '\r')
    };
    let end = line.char_indices().enumerate().find(ends);
    let head = line.get(..end.map_or(line.len(), |(_, (at, _))| at))?;
    for word in TITLE_WORDS.find_iter(head) {
        let (title, rest) = (line.get(..word.end())?, line.get(word.end()..)?);
        if is_sentence(title) || is_clause(title) {
            return None;
        }
        if title.chars().count() >= 4 && (rest.is_empty() || starts_body(title, rest)) {
            return Some(word.end());
        }
    }
    None
}

/// Words that stand in sentences and not in titles.
fn is_sentence(words: &str) -> bool {
    [
        "我局",
        "我们",
        "我校",
        "认真总结",
        "进行了",
        "召开",
        "作了",
        "做了",
        "现将",
        "出台了",
        "制定了",
        "印发了",
        "撰写",
        "完成了",
        "上报",
        "一是",
        "二是",
        "三是",
        "四是",
        "五是",
    ]
    .iter()
    .any(|word| words.contains(word))
}

/// 我中心计划 is who plans, and not the title of a plan.
fn is_clause(words: &str) -> bool {
    let is_plan = ["计划", "打算", "安排", "要求"]
        .iter()
        .any(|word| words.ends_with(word));
    is_plan && words.starts_with(['我', '本']) && words.chars().nth(8).is_none()
}

fn starts_body(title: &str, rest: &str) -> bool {
    if byline(rest) > 0 {
        return true;
    }
    // 工作报告——2021年1月5日在…会议上: when and where it was given.
    let dashes = ['—', '─', '-', '－'];
    if rest.starts_with(dashes) {
        let occasion = rest.trim_start_matches(dashes);
        return occasion.starts_with(|c: char| c == '在' || c.is_numeric())
            && lines::prefix(occasion, LONGEST).contains("会议上");
    }
    // A sentence goes on or ends: 一是出台了工作方案;二是….
    if rest.starts_with([
        ';', '；', ':', '：', ',', '，', '。', '、', '”', '》', '!', '！',
    ]) {
        return false;
    }
    if let Some(marked) = marker::suffix(rest) {
        let behind = rest.get(marked..).unwrap_or_default();
        return OPENINGS.find(behind.trim_start_matches(is_space)).is_some();
    }
    let declared = between(rest).map_or(0, |(_, end)| end);
    let rest = rest.get(declared..).unwrap_or_default();
    let rest = rest.trim_start_matches(is_space);
    if ["一、", "(一)", "（一）", "1、", "1.", "\n", "\r"]
        .iter()
        .any(|number| rest.starts_with(number))
    {
        return true;
    }
    // The site's title, then the report's own, which are alike at the start.
    let start: String = title.chars().take(4).collect();
    if rest.starts_with(&start) {
        return true;
    }
    let goes_on = [
        "和", "及", "与", "暨", "、", "以及", "的", "并", "或", "(", "（",
    ];
    if goes_on.iter().any(|word| rest.starts_with(word)) {
        return false;
    }
    // 2018年工作总结2019年工作计划 is one title; 根据上级统一部署 ends like one and is none.
    let clause = rest.split([',', '，', '。']).next().unwrap_or_default();
    let is_phrase = ["根据", "按照", "遵照", "依据", "围绕", "为", "在", "结合"]
        .iter()
        .any(|word| clause.starts_with(word));
    let second = !is_phrase && clause.chars().count() <= 25 && TITLES.is_match(clause.trim_end());
    !second && OPENINGS.find(rest).is_some()
}
