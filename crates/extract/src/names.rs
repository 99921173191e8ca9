use std::ops::Range;

use taosha_core::{FactKind, Qualifier, han_digit, parse_han};

use crate::awards;
use crate::cue::Cue;
use crate::dates;
use crate::documents;
use crate::line::{Line, is_han};

/// A statement that is not a number with a unit: a title, a date, an award.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statement {
    pub(crate) kind: FactKind,
    /// Where its own words stand.
    pub(crate) range: Range<usize>,
    /// The words that are kept as its text.
    pub(crate) text: Range<usize>,
    pub(crate) value: Option<f64>,
    pub(crate) unit: Option<Range<usize>>,
    pub(crate) qualifier: Qualifier,
    /// For dates: the day, when the year is known; else month and day.
    pub(crate) day: Option<(Option<u16>, u8, Option<u8>)>,
}

/// Titles are seldom longer; a lost 》 must not swallow the page.
const MAX_TITLE: usize = 80;
/// What stands in a short quotation is a name (“555工程”); a longer one is speech and may count.
const MAX_QUOTED_NAME: usize = 12;
/// The longest number on either side of a ×.
const MAX_SIDE: usize = 12;
/// 2018-10-26 1234人围观: what the site says stands this near its word.
const SITE_REACH: usize = 16;
/// 通用, 优秀实用: no more stands before how many texts a site has of a kind.
const MAX_PRAISE: usize = 4;
/// The length of a text in characters has no more digits.
const MAX_LENGTH_DIGITS: usize = 6;
/// A line of more characters is no title.
const MAX_HEADLINE: usize = 60;

/// Finds the statements of `line` and takes what holds numerals that count nothing.
pub(crate) fn find(line: &mut Line) -> Vec<Statement> {
    let mut found = Vec::new();
    take_heading_number(line);
    take_site_numbers(line);
    take_title_numbers(line);
    titles(line, &mut found);
    documents::find(line, &mut found);
    take_products(line);
    take_latin(line);
    take_quoted_names(line);
    dates::find(line, &mut found);
    ordinals(line, &mut found);
    take_listed_names(line);
    awards::find(line, &mut found);
    found.sort_by_key(|statement| (statement.range.start, statement.range.end));
    found
}

impl Statement {
    pub(crate) fn new(kind: FactKind, range: Range<usize>) -> Self {
        Statement {
            kind,
            text: range.clone(),
            range,
            value: None,
            unit: None,
            qualifier: Qualifier::Exact,
            day: None,
        }
    }
}

/// 1、 （二） 3. (4) 第五, at the head of a line.
fn take_heading_number(line: &mut Line) {
    let mut at = 0;
    while matches!(line.char(at), ' ' | '\t' | '>' | '\u{feff}' | '\n' | '\r') {
        at += 1;
    }
    let open = usize::from(matches!(line.char(at), '(' | '【' | '['));
    let start = at + open;
    let numeral = |c: char| c.is_ascii_digit() || c == '十' || han_digit(c).is_some();
    let mut end = start;
    while numeral(line.char(end)) && end < start + 4 {
        end += 1;
    }
    let closed = matches!(line.char(end), ')' | '】' | ']' | '、')
        || line.char(end) == ',' && open == 0
        || line.char(end) == '.'
            && (!line.char(end + 1).is_ascii_digit()
                || line.periods.iter().any(|p| p.range.start == end + 1));
    if end > start && closed {
        // 4、5万元 at the head of a line is a heading number and a figure: the figure loses
        // nothing, its 5 is read alone.
        line.take(at..end + 1, "the number of a heading");
    }
}

fn titles(line: &mut Line, found: &mut Vec<Statement>) {
    let mut from = 0;
    while let Some(at) = line.next(from, Cue::TITLE) {
        let (mut depth, mut end) = (0usize, at);
        let limit = at + MAX_TITLE;
        loop {
            match line.char(end) {
                '《' => depth += 1,
                '》' => depth = depth.saturating_sub(1),
                _ => {}
            }
            end += 1;
            if depth == 0 || end > limit || end > line.len() {
                break;
            }
        }
        if depth > 0 || end > line.len() {
            from = at + 1;
            continue;
        }
        let text = line.trim(at + 1..end - 1);
        if !text.is_empty() {
            found.push(Statement {
                text,
                ..Statement::new(FactKind::Citation, at..end)
            });
        }
        line.take(at..end, "a title");
        from = end;
    }
}

/// 20×30米: the sides of something, neither of which is what it measures.
fn take_products(line: &mut Line) {
    let mut from = 0;
    while let Some(at) = line.next(from, Cue::CROSS) {
        from = at + 1;
        if !line.is_product(at) || line.is_power(at) {
            continue;
        }
        let part = |c: &&char| c.is_ascii_digit() || **c == '.';
        let before = line
            .until(at)
            .iter()
            .rev()
            .take(MAX_SIDE)
            .take_while(part)
            .count();
        let behind = line
            .from(at + 1)
            .iter()
            .take(MAX_SIDE)
            .take_while(part)
            .count();
        line.take(at - before..at + 1 + behind, "a product");
    }
}

/// Addresses, versions, model names, ids: digits in a run with Latin letters.
fn take_latin(line: &mut Line) {
    let mut at = 0;
    while let Some(start) = line.next(at, Cue::LATIN) {
        at = start;
        let mut letters = false;
        let mut address = false;
        loop {
            let c = line.char(at);
            let cue = line.cue(at);
            if !cue.has(Cue::LATIN) || cue.has(Cue::SIGN) {
                break;
            }
            letters |= c.is_ascii_alphabetic();
            address |= c == '@'
                || line.has(at, "://")
                || line.has(at, "www.")
                || line.has(at, ".com")
                || line.has(at, ".cn");
            at += 1;
        }
        if address {
            line.take(start..at, "an address");
        } else if letters {
            take_model_names(line, start..at);
        } else {
            take_telephone(line, start..at);
        }
        at = at.max(start + 1);
    }
}

/// What a figure may stand right behind, as statistics write it: 人均GDP8.6万元. Behind other letters it is part
/// of a name: PM2.5, S205.
const ACRONYMS: &[&str] = &["GDP", "GNP", "GNI", "CPI", "PPI"];

/// True where `words` end in one of the [`ACRONYMS`].
pub(crate) fn ends_acronym(words: &[char]) -> bool {
    let ends = |acronym: &&str| {
        let rest = words.len().checked_sub(acronym.len());
        let tail = rest.and_then(|rest| words.get(rest..));
        let is_word = rest
            .and_then(|rest| words.get(rest.checked_sub(1)?))
            .is_none_or(|c| !c.is_ascii_alphabetic());
        is_word && tail.is_some_and(|tail| acronym.chars().eq(tail.iter().copied()))
    };
    ACRONYMS.iter().any(ends)
}

/// A4, G20, v2.1, but not the 12 of 12km or the 8.6 of GDP8.6万元.
fn take_model_names(line: &mut Line, range: Range<usize>) {
    let mut at = range.start;
    while at < range.end {
        let start = at;
        while at < range.end && line.char(at).is_ascii_alphabetic() {
            at += 1;
        }
        if at > start && line.char(at).is_ascii_digit() && ends_acronym(line.slice(start..at)) {
            while at < range.end && (line.char(at).is_ascii_digit() || line.char(at) == '.') {
                at += 1;
            }
            continue;
        }
        while at < range.end && line.char(at).is_ascii_alphanumeric() {
            at += 1;
        }
        let word = line.slice(start..at);
        let digits = word.iter().take_while(|c| c.is_ascii_digit()).count();
        let measured = digits > 0 && line.rules.units.reads(line, start + digits);
        let letters = word.iter().any(char::is_ascii_alphabetic);
        if letters && !measured {
            // v2.1: the figures behind the point belong to the name.
            while at < range.end && !line.char(at).is_ascii_alphabetic() {
                at += 1;
            }
            line.take(start..at, "a name of letters and digits");
        }
        at += 1;
    }
}

/// 0731-84728812, 400-820-8820, 110101199001011234
fn take_telephone(line: &mut Line, range: Range<usize>) {
    let digits = line
        .slice(range.clone())
        .iter()
        .filter(|c| c.is_ascii_digit())
        .count();
    // 25.72:26.84:47.44 are shares.
    let is_ratio = [':', '.']
        .iter()
        .all(|c| line.slice(range.clone()).contains(c));
    if digits < 7 || is_ratio {
        return;
    }
    let groups = line.slice(range.clone()).split(|&c| c == '-').count();
    let zero = line.char(range.start) == '0'
        && line.char(range.start + 1) != '.'
        && line.char(range.start + 1) != '\0';
    let plain = !line.rules.units.reads(line, range.end)
        && line.char(range.end) != '万'
        && line.char(range.end) != '%';
    if plain && (groups > 1 || zero || digits >= 10) {
        line.take(range, "a telephone or id number");
    }
}

/// “555工程”, “两免一补”, ‘四五’
fn take_quoted_names(line: &mut Line) {
    let mut open: Option<(usize, char)> = None;
    let mut from = 0;
    while let Some(at) = line.next(from, Cue::QUOTE) {
        from = at + 1;
        // Words that run on this long were no name.
        open = open.filter(|(start, _)| at - start <= MAX_QUOTED_NAME + 1);
        let c = line.char(at);
        let close = match open {
            Some((_, '“')) => '”',
            Some((_, '‘')) => '’',
            Some((_, '「')) => '」',
            Some((_, '『')) => '』',
            Some((_, quote)) => quote,
            None => '\0',
        };
        match open {
            Some((start, _)) if c == close => {
                if at - start <= MAX_QUOTED_NAME + 1 {
                    line.take(start..at + 1, "a name in quotation marks");
                }
                open = None;
            }
            Some((start, _)) if at - start <= MAX_QUOTED_NAME && c != '“' => {}
            _ => open = matches!(c, '“' | '‘' | '「' | '『' | '"').then_some((at, c)),
        }
    }
}

/// 第二名 is a rank; 第35届, 第三批, 第二 alone count nothing.
fn ordinals(line: &mut Line, found: &mut Vec<Statement>) {
    let mut from = 0;
    while let Some(start) = line.next(from, Cue::ORDINAL) {
        from = start + 1;
        let ahead = line.char(start) == '前';
        if line.is_taken(start) {
            continue;
        }
        let part = |c: char| c.is_ascii_digit() || c == '十' || c == '百' || han_digit(c).is_some();
        let end = (start + 1..start + 6)
            .take_while(|&at| part(line.char(at)))
            .last()
            .map_or(start + 1, |at| at + 1);
        let masked = end == start + 1 && line.is_mask(end);
        if end == start + 1 && !masked {
            continue;
        }
        let text: String = line.slice(start + 1..end).iter().collect();
        let value = text
            .parse::<f64>()
            .ok()
            .or_else(|| parse_han(&text).map(|v| v as f64));
        let unit = matches!(line.char(end), '名' | '位').then_some(end..end + 1);
        let follows = line.char(end + usize::from(unit.is_some()));
        let closed = !is_han(follows) || matches!(follows, '的' | '和' | '、');
        let stated = unit.is_some() && !matches!(follows, '校' | '书' | '教')
            || closed && ranks_before(line, start);
        if !stated && ahead {
            continue;
        }
        let whole_end = end + usize::from(unit.is_some());
        if stated && !masked {
            found.push(Statement {
                value,
                unit,
                qualifier: if ahead {
                    Qualifier::AtMost
                } else {
                    Qualifier::Exact
                },
                text: start..whole_end,
                ..Statement::new(FactKind::Rank, start..whole_end)
            });
        }
        let longer = !stated && is_han(line.char(end));
        line.take(start..whole_end + usize::from(longer), "an ordinal");
        from = whole_end;
    }
}

/// 居全市第一, 名列全省第二: a word of ranking shortly before.
fn ranks_before(line: &Line, at: usize) -> bool {
    let from = line.clause(at).start.max(at.saturating_sub(8));
    let words: String = line.slice(from..at).iter().collect();
    [
        "居", "列", "排", "名次", "获", "夺", "全市", "全省", "全国", "全县", "全区",
    ]
    .iter()
    .any(|word| words.contains(word))
}

fn take_listed_names(line: &mut Line) {
    let mut from = 0;
    while let Some(at) = line.next(from, Cue::NAME) {
        let name = line.rules.names.at_start(line.from(at));
        let name = name.filter(|_| !part_of_number(line, at));
        if let Some(len) = name {
            line.take(at..at + len, "a name of `rules/names.toml`");
        }
        from = at + name.unwrap_or(1);
    }
}

/// The numbers around 人围观 and the like are the site's.
fn take_site_numbers(line: &mut Line) {
    let mut from = 0;
    while let Some(at) = line.next(from, Cue::SITE) {
        if let Some(len) = line.rules.site.at_start(line.from(at)) {
            // 访问量:1526次: the colon ends the clause of the word.
            let clause = line.clause(at).start..line.clause(at + len).end;
            let near = at.saturating_sub(SITE_REACH).max(clause.start)
                ..(at + len + SITE_REACH).min(clause.end);
            line.take(near, "what the site says about the page");
        }
        from = at + 1;
    }
}

/// The 20 of 工作总结(通用20篇), and the 2 of a title 工作总结2.
fn take_title_numbers(line: &mut Line) {
    let mut from = 0;
    while let Some(at) = line.next(from, Cue::BRACKET) {
        from = at + 1;
        let title = at - usize::from(line.before(at) == ' ');
        let is_title =
            line.char(at) == '(' && line.rules.genres.at_end(line.until(title)).is_some();
        let inside = line.from(at + 1).iter();
        let praise = inside.take_while(|c| is_han(**c)).take(MAX_PRAISE).count();
        let start = at + 1 + praise;
        let end = start + n_digits(line, start);
        let counts = end > start && matches!(line.char(end), '篇' | '则' | '份' | '条' | '字');
        if is_title && counts && line.char(end + 1) == ')' {
            line.take(at..end + 2, "a title");
        }
    }
    // A list of such texts tells how long each is: 工作总结 3250字.
    let all = line.trim(0..line.len());
    let is_length = line.before(all.end) == '字';
    let (end, most) = match is_length {
        true => (all.end - 1, MAX_LENGTH_DIGITS),
        false => (all.end, 2),
    };
    let digits = (all.start..end).rev().take(most + 1);
    let digits = digits.take_while(|&at| line.char(at).is_ascii_digit());
    let start = end - digits.count();
    let words = line.trim(all.start..start);
    let is_one = (1..=most).contains(&(end - start)) && all.len() <= MAX_HEADLINE;
    let speaks = |c: &char| matches!(c, ',' | '。' | ';' | ':' | '\t');
    let is_title = line
        .rules
        .genres
        .at_end(line.slice(words.clone()))
        .is_some()
        && !line.slice(0..line.len()).iter().any(speaks);
    if is_one && is_title {
        line.take(start..all.end, "a title");
    }
}

fn n_digits(line: &Line, at: usize) -> usize {
    let digits = line.from(at).iter().take_while(|c| c.is_ascii_digit());
    digits.count()
}

/// The 四个 of 二十四个 does not begin a name.
fn part_of_number(line: &Line, at: usize) -> bool {
    let before = line.before(at);
    before.is_ascii_digit()
        || han_digit(before).is_some()
        || matches!(before, '十' | '百' | '千' | '万')
}
