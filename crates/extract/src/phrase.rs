use std::ops::Range;

use crate::line::{Line, is_han};

/// A reader's name for a figure seldom needs more.
const MAX_WORDS: usize = 28;
/// How far back a quotation may have been opened.
const MAX_QUOTED: usize = 80;
/// How far from where a name is cut a border between phrases is looked for.
const BORDER_REACH: usize = 10;
/// Behind so many characters a list of things is cut.
const LONG_LIST: usize = 12;
/// 万平方米 and the like: how far behind a number 以上 may stand.
const LONGEST_UNIT: usize = 5;
/// Below this a phrase names nothing.
pub(crate) const MIN_WORDS: usize = 2;

/// Takes words that only link off both ends, and keeps the end of what is too long.
pub(crate) fn tidy_before(line: &Line, range: Range<usize>) -> Range<usize> {
    let Range { mut start, mut end } = line.trim(range);
    end = without_links(line, start..end);
    start = behind_open_quotes(line, start.max(end.saturating_sub(MAX_QUOTED))..end);
    start = keep_end(line, start..end, MAX_WORDS);
    start = behind_open_quotes(line, start..end);
    start = skip_leads(line, start..end);
    start = behind_office(line, start..end);
    let scoped = start;
    while let Some(len) = line
        .rules
        .scopes
        .at_start(line.slice(start..end))
        .filter(|len| *len > 1)
    {
        start = skip_leads(line, start + len..end);
    }
    if start > scoped {
        start = behind_actor(line, start..end);
    }
    // 全县教师: where is kept only when nothing else is said.
    if n_han(line, &(start..end)) < MIN_WORDS {
        start = scoped;
    }
    start.min(end)..end
}

/// The start of the last `most` characters of `range`, from a border between phrases or a verb where there is
/// one near; a little more of it rather than a part of a word.
pub(crate) fn keep_end(line: &Line, range: Range<usize>, most: usize) -> usize {
    if range.len() <= most {
        return range.start;
    }
    let from = range.end - most;
    let border = |at: &usize| "、的和及与对向在”》".contains(line.char(*at));
    let near = from..(from + BORDER_REACH).min(range.end - MIN_WORDS);
    let earlier = from.saturating_sub(BORDER_REACH).max(range.start)..from;
    let verb = |at: &usize| line.rules.verbs.at_start(line.from(*at)).is_some();
    if let Some(at) = near.clone().find(border) {
        return at + 1;
    }
    let verb = near.clone().find(verb);
    verb.or_else(|| earlier.clone().rev().find(border).map(|at| at + 1))
        .unwrap_or(match earlier.start == range.start {
            true => range.start,
            false => from,
        })
}

/// 不惟资历”的原则评定骨干教师: what closes here was opened in another clause.
fn behind_open_quotes(line: &Line, range: Range<usize>) -> usize {
    let (mut open, mut start) = (0usize, range.start);
    for at in range {
        match line.char(at) {
            '“' | '《' | '(' => open += 1,
            '”' | '》' | ')' if open == 0 => start = at + 1,
            '”' | '》' | ')' => open -= 1,
            _ => {}
        }
    }
    start
}

/// The words behind a number that say what it counts, up to what is done with it.
pub(crate) fn tidy_after(line: &Line, range: Range<usize>) -> Range<usize> {
    let words = tidy_clause(line, range);
    let open = |at: usize| line.slice(words.start..at).contains(&'“');
    let mut rest = words.start + MIN_WORDS..words.end;
    match rest.find(|&at| ends_before(line, at) && !open(at)) {
        Some(end) => words.start..without_links(line, words.start..end),
        None => words,
    }
}

/// The words behind a number, with what is done.
pub(crate) fn tidy_clause(line: &Line, range: Range<usize>) -> Range<usize> {
    let Range { mut start, mut end } = line.trim(range);
    while start < end && matches!(line.char(start), '的' | ' ' | '为' | '是' | '均') {
        start += 1;
    }
    if end > start + MAX_WORDS {
        end = start + MAX_WORDS;
    }
    let list = start + LONG_LIST;
    let cut = |&at: &usize| match line.char(at) {
        '《' | ',' | '。' | ';' | '(' => at > start + 1,
        '、' => at > list,
        _ => false,
    };
    end = (start..end).find(cut).unwrap_or(end);
    end = without_links(line, start..end);
    while end > start && "和与及并、".contains(line.char(end - 1)) {
        end -= 1;
    }
    start..end.max(start)
}

/// 公证处全年办理公证, 春节期间走访职工: what an office is said to have done in a time, without both; or the start of
/// `range`.
fn behind_office(line: &Line, range: Range<usize>) -> usize {
    let times = ["全年", "年内", "上半年", "下半年"];
    // 国庆节期间接待游客, but not 期间费用.
    let during =
        (range.start..range.end).find(|&at| line.has(at, "期间") && !line.has(at, "期间费"));
    let during = during.map(|at| skip_leads(line, at + "期间".chars().count()..range.end));
    if let Some(at) = during.filter(|&at| n_han(line, &(at..range.end)) >= MIN_WORDS) {
        return at;
    }
    let mut places = range.start + MIN_WORDS..range.end;
    let found = places.find_map(|at| {
        let office = "局委厅院办处队所站馆校会心".contains(line.before(at));
        let time = times.iter().find(|time| office && line.has(at, time))?;
        Some(at + time.chars().count())
    });
    let behind = found.map_or(range.start, |at| skip_leads(line, at..range.end));
    match n_han(line, &(behind..range.end)) >= MIN_WORDS {
        true => behind,
        false => range.start,
    }
}

/// 全市法院新收案件: what offices of a place are said to have done, without them; or the start of `range`. A verb that
/// is a noun as well makes a name with the office: 学校建设资金.
fn behind_actor(line: &Line, range: Range<usize>) -> usize {
    /// 各级公安机关, 驻村工作队.
    const LONGEST: usize = 6;
    let rules = line.rules;
    let last = (range.start + LONGEST).min(range.end);
    let does = |at: &usize| {
        let words = line.slice(*at..range.end);
        let Some(len) = rules.verbs.at_start(words) else {
            return false;
        };
        let verb = words.get(..len).unwrap_or_default();
        let office = "院局庭关队署所校".contains(line.before(*at))
            || ["部门", "工会"]
                .iter()
                .any(|word| line.has_before(*at, word));
        let noun =
            rules.undertakings.at_end(verb).is_some() || rules.spending.at_end(verb).is_some();
        office && !noun && words.len() >= len + MIN_WORDS
    };
    (range.start + MIN_WORDS..last + 1)
        .find(does)
        .unwrap_or(range.start)
}

/// Where `range` ends when the words that only lead to a number are taken off: 总数 of 总数达到.
fn without_links(line: &Line, range: Range<usize>) -> usize {
    let start = range.start;
    let mut end = without_link_words(line, range);
    while let Some(len) = per_whom(line, line.slice(start..end)) {
        let rest = without_link_words(line, start..end - len);
        // 每人500元: what was paid stands in the clause before.
        if n_han(line, &(start..rest)) < MIN_WORDS {
            break;
        }
        end = rest;
    }
    end
}

/// The length of the 每人, 每立方米, or the 人年 of 标准为人年 that `words` end in.
fn per_whom(line: &Line, words: &[char]) -> Option<usize> {
    /// 每平方公里
    const LONGEST: usize = 5;
    let near = words.get(words.len().saturating_sub(LONGEST)..)?;
    let each = near.iter().rposition(|&c| c == '每');
    let each = each.and_then(|at| near.get(at..));
    if let Some([_, whom @ ..]) = each
        && line.rules.units.is_per(whom)
    {
        return Some(whom.len() + 1);
    }
    match words {
        // 残疾人年 ends in another word.
        [
            ..,
            '为' | '达' | '到' | '准' | '养' | '贴' | '助' | '金',
            '人' | '户' | '生',
            '年' | '月' | '天',
        ] => Some(2),
        [.., '为' | '达' | '到', '年' | '月', '人', '均'] => Some(3),
        _ => None,
    }
}

fn without_link_words(line: &Line, range: Range<usize>) -> usize {
    let Range { start, mut end } = range;
    while let Some(len) = link_at_end(line, line.slice(start..end)) {
        let words = line.slice(start..end);
        let word = line.rules.no_links.at_end(words);
        // 地区生产总值(GDP): a bracket that is closed belongs to the words.
        let is_closed = words.ends_with(&[')'])
            && open_bracket(words.get(..words.len() - 1).unwrap_or_default()).is_some();
        if word.is_some_and(|word| word > len) || is_closed {
            break;
        }
        end -= len;
    }
    end
}

/// The length of the link that `words` end in, or of the word of planning: 财政收入力争达到, 财政收入预计完成.
fn link_at_end(line: &Line, words: &[char]) -> Option<usize> {
    let done = words.strip_suffix(&['完', '成']);
    let done = done.and_then(|before| Some(line.rules.plans.at_end(before)? + 2));
    let plan = line.rules.plans.at_end(words).or(done);
    // 模拟 ends in 拟.
    let is_noun = |len: &usize| {
        line.rules
            .no_plans
            .at_end(words)
            .is_some_and(|noun| noun > *len)
    };
    line.rules
        .links
        .at_end(words)
        .max(plan.filter(|len| !is_noun(len)))
}

/// True when the words at `at` tell what is done with what a number counts: 进行, 已, 对.
fn ends_before(line: &Line, at: usize) -> bool {
    let rest = line.from(at);
    let word = line.rules.afters.at_start(rest);
    let inside = line.rules.no_links.at_end(line.until(at + 1)).is_some();
    word.is_some() && !inside && line.rules.no_leads.at_start(rest).is_none()
}

/// 80岁以上, 60周岁及以上: the end of an age at `at`, which says of whom, or `at`.
fn behind_age(line: &Line, at: usize) -> usize {
    let digits = line.from(at).iter().take_while(|c| c.is_ascii_digit());
    let number = at + digits.count();
    let years = ["周岁", "岁"].iter().find(|word| line.has(number, word));
    let Some(years) = years.filter(|_| number > at) else {
        return at;
    };
    let end = number + years.chars().count();
    let more = ["及以上", "以上", "以下", "及以下"];
    let more = more.iter().find(|word| line.has(end, word));
    end + more.map_or(0, |word| word.chars().count())
}

/// Behind times, numbers and words that only introduce what follows.
pub(crate) fn skip_leads(line: &Line, range: Range<usize>) -> usize {
    let Range { mut start, end } = range;
    while start < end {
        let head = line.slice(start..end);
        let figures = head.iter().take_while(|c| c.is_ascii_digit()).count();
        let masks = (start..end).take_while(|&at| line.is_mask(at)).count();
        if let Some(len) = list_number(head) {
            start += len;
            continue;
        }
        if let Some(len) = lately(head) {
            start += len;
            continue;
        }
        // 12月份共受理
        if line.char(start) == '份' && line.before(start) == '月' {
            start += 1;
            continue;
        }
        // “金秋助学”活动 keeps its quotation marks.
        let quoted = head.first() == Some(&'“') && head.contains(&'”');
        let kept = quoted
            || line.rules.no_leads.at_start(head).is_some()
            || line.rules.no_plans.at_start(head).is_some();
        let plan = || line.rules.plans.at_start(head);
        let lead = line.rules.leads.at_start(head).or_else(plan);
        let lead = lead.filter(|_| !kept);
        // 5岁以下儿童死亡率, 2型糖尿病, 5G基站: the number belongs to the name.
        let rest = head.get(figures..).unwrap_or_default();
        let is_kind = figures > 0
            && (rest.starts_with(&['型'])
                || rest.starts_with(&['岁', '以'])
                || rest.starts_with(&['周', '岁'])
                || names_a_kind(rest)
                || is_limit(line, rest));
        let len = match is_kind {
            true => 0,
            false => lead.unwrap_or(figures.max(masks)),
        };
        if len == 0 {
            break;
        }
        start += len;
    }
    start.min(end)
}

/// 近三年, 近两年来, 近几年, 连续三年: a time that is no figure.
fn lately(head: &[char]) -> Option<usize> {
    let near = head.strip_prefix(&['近']);
    let number = near.or_else(|| head.strip_prefix(&['连', '续']))?;
    let n = number
        .iter()
        .take_while(|c| is_list_digit(**c) || **c == '几');
    let n = n.count();
    let rest = number.get(n..).filter(|_| (1..=3).contains(&n))?;
    let unit = match rest {
        ['年', ..] => 1,
        ['个', '月', ..] => 2,
        _ => return None,
    };
    let more = matches!(rest.get(unit), Some('来' | '间' | '内'));
    Some(head.len() - number.len() + n + unit + usize::from(more))
}

/// 5G基站, 4A级景区, 3D打印: a letter behind a number, and words behind it.
fn names_a_kind(rest: &[char]) -> bool {
    matches!(rest, ['A' | 'D' | 'G' | 'K', next, ..] if is_han(*next))
}

/// 500万元以上项目: the words behind a number make a limit of it, which tells the projects from others.
fn is_limit(line: &Line, rest: &[char]) -> bool {
    let after = [&line.rules.at_least.after, &line.rules.at_most.after];
    let mut places = 1..=LONGEST_UNIT.min(rest.len());
    let unit =
        line.rules.units.names(rest) || rest.starts_with(&['万']) || rest.starts_with(&['亿']);
    unit && places.any(|at| {
        let words = rest.get(at..).unwrap_or_default();
        after
            .iter()
            .any(|list| list.at_start(words).is_some_and(|len| len > 1))
    })
}

/// The （三）, 3., 三、 or ③ that a list item opens with.
fn list_number(head: &[char]) -> Option<usize> {
    if head.first().is_some_and(|c| ('①'..='⒛').contains(c)) {
        return Some(1);
    }
    let open = usize::from(head.first() == Some(&'('));
    let digits = head
        .iter()
        .skip(open)
        .take_while(|c| is_list_digit(**c))
        .count();
    let behind = head.get(open + digits + 1);
    let closed = match head.get(open + digits) {
        Some(')') => true,
        // 3.5 is no item.
        Some('.' | '、') => open == 0 && !behind.is_some_and(|c| is_list_digit(*c)),
        _ => false,
    };
    ((1..=3).contains(&digits) && closed).then_some(open + digits + 1)
}

fn is_list_digit(c: char) -> bool {
    c.is_ascii_digit() || c == '十' || taosha_core::han_digit(c).is_some()
}

/// Words behind a figure that go on with something else than what was counted.
pub(crate) fn is_noun_start(line: &Line, at: usize) -> bool {
    let c = line.char(behind_age(line, at));
    (is_han(c) || matches!(c, '“' | '《'))
        && !matches!(c, '和' | '与' | '及' | '并' | '且' | '比' | '以')
}

pub(crate) fn n_han(line: &Line, range: &Range<usize>) -> usize {
    /// GDP, CPI, PM: a capital alone is a mark.
    const LEAST_CAPITALS: usize = 2;
    let (mut n, mut n_capitals) = (0, 0);
    for &c in line.slice(range.clone()) {
        n_capitals = match c.is_ascii_uppercase() {
            true => n_capitals + 1,
            false => 0,
        };
        n += match n_capitals {
            0 => usize::from(is_han(c)),
            LEAST_CAPITALS => LEAST_CAPITALS,
            more => usize::from(more > LEAST_CAPITALS),
        };
    }
    n
}

/// Where the last bracket that is not closed again stands.
pub(crate) fn open_bracket(words: &[char]) -> Option<usize> {
    let mut closed = 0usize;
    for (at, c) in words.iter().enumerate().rev() {
        match c {
            '\n' => return Some(at),
            ')' | ']' | '】' => closed += 1,
            '(' | '[' | '【' if closed == 0 => return Some(at),
            '(' | '[' | '【' => closed -= 1,
            _ => {}
        }
    }
    None
}
