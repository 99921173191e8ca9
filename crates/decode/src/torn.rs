//! Line breaks inside a sentence, told by the words on either side of them.

use crate::lines::{is_stop, numeral};
use crate::wrap;

/// Which breaks of a page stand inside a sentence.
pub(crate) struct Torn {
    around_figures: bool,
    around_quotations: bool,
    at_page_numbers: bool,
}

impl Torn {
    pub(crate) fn of(lines: &[wrap::Line<'_>]) -> Self {
        Torn {
            around_figures: break_around_figures(lines),
            around_quotations: break_around_quotations(lines),
            at_page_numbers: are_page_numbers(lines),
        }
    }

    /// The length of the page's number at the end of `before`, whose sentence goes on with `after`.
    pub(crate) fn page_number(&self, before: &str, after: &str) -> Option<usize> {
        let number = self.at_page_numbers.then(|| page_number(before, after))??;
        Some(number.len())
    }

    /// True when the sentence that `before` breaks off in goes on with `after`.
    pub(crate) fn joins(&self, before: &str, after: &str) -> bool {
        is_torn_list(before, after)
            || is_torn_at_sign(before, after)
            || is_torn_number(before, after)
            || is_torn_at_comma(before, after)
            || self.around_figures && is_torn_at_figure(before, after)
            || self.around_quotations && is_torn_at_quotation(before, after)
    }
}

/// True when `after` begins with a sign that no line begins with, and `before` can go on. Quotation marks are
/// often turned the wrong way.
fn is_torn_at_sign(before: &str, after: &str) -> bool {
    let is_end = |c: char| is_stop(c) || matches!(c, '，' | ',' | '、' | '\t');
    after.starts_with(['，', '。', '；', '、', '）', ')', '》'])
        && !before.ends_with(is_end)
        && !after.contains('\t')
}

/// True where editors put a break before and behind figures, as some do that turn files into pages:
/// lines begin with the sign behind a figure, or hold nothing but one in the middle of a sentence.
fn break_around_figures(lines: &[wrap::Line<'_>]) -> bool {
    let is_torn = |pair: &&[wrap::Line<'_>]| match pair {
        [last, next] => {
            is_figure(last.words) && next.words.starts_with(['，', '。', '；', '、'])
                || is_torn_at_sign(last.words, next.words)
        }
        _ => false,
    };
    lines.windows(2).filter(is_torn).count() >= 2
}

/// True for a break in front of a figure or behind one, inside a sentence.
fn is_torn_at_figure(before: &str, after: &str) -> bool {
    let ends_open = before
        .chars()
        .next_back()
        .is_some_and(|last| !is_stop(last) && !matches!(last, '）' | ')' | '》' | '”'));
    let is_digit = |c: char| c.is_ascii_digit();
    let is_item = {
        let behind = after.trim_start_matches(is_digit);
        behind.starts_with(['、', '.', '．', ')', '）', '\t'])
            && !behind
                .get(1..)
                .is_some_and(|rest| rest.starts_with(is_digit))
    };
    let is_heading = outline_number(before);
    ends_open && !is_heading && !is_item && (after.starts_with(is_digit) || is_figure(before))
}

/// A line of one figure, with its sign.
fn is_figure(line: &str) -> bool {
    line.starts_with(|c: char| c.is_ascii_digit())
        && line.len() <= 16
        && line
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | '%' | '％' | '‰'))
}

/// True for a line that begins with 一、 or （一）.
fn outline_number(line: &str) -> bool {
    let inner = line.strip_prefix(['（', '(']).unwrap_or(line);
    numeral(inner).is_some_and(|(_, rest)| rest.starts_with(['、', '）', ')']))
}

/// True when the number that `after` begins with belongs to the sentence that `before` breaks off in:
/// `初\n一、初二年级`, `xx届\n四、五中全会`, `第\n二、三产业`.
fn is_torn_list(before: &str, after: &str) -> bool {
    let Some((first, rest)) = numeral(after) else {
        return false;
    };
    let Some(rest) = rest.strip_prefix('、') else {
        return false;
    };
    let Some(last) = before.chars().next_back().filter(|c| !is_stop(*c)) else {
        return false;
    };
    // Nothing ends in these.
    if matches!(last, '第' | '、' | '《' | '（' | '(' | '“') {
        return true;
    }
    // 初一、初二; but 水平不断提高\n一、: what comes behind 、 tells.
    let again = matches!(last, '初' | '高' | '大' | '小' | '届' | '屆' | '周' | '期')
        && rest
            .strip_prefix(last)
            .is_some_and(|rest| numeral(rest).is_some());
    let counts_on = numeral(rest).is_some_and(|(second, rest)| {
        second == first + 1 && UNITS.iter().any(|unit| rest.starts_with(unit))
    });
    again || counts_on
}

/// What is counted by two numbers in a row. Not 项 or 个: 四、五项措施 may be a heading.
const UNITS: &[&str] = &[
    "年级",
    "年級",
    "中全会",
    "中全會",
    "季度",
    "月份",
    "届",
    "屆",
    "班",
    "等奖",
    "等獎",
    "线",
    "線",
    "级",
    "級",
    "期",
    "产业",
    "產業",
    "楼",
    "樓",
    "审",
    "審",
    "、",
];

/// True for a break inside a number: 发放补贴3⏎3.8万元, 投入214.⏎5万元.
fn is_torn_number(before: &str, after: &str) -> bool {
    /// Shorter words in front of the number are a heading, or a row of a table.
    const LEAST_CHARS: usize = 20;
    /// What is counted or measured in a sentence.
    const UNITS: &str = "万亿元%％名人个所件起户次篇项平公千座台";
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let words = before.trim_end_matches(is_part);
    let behind = after.trim_start_matches(is_part);
    let begun = before.get(words.len()..).unwrap_or_default();
    let rest = after.get(..after.len() - behind.len()).unwrap_or_default();
    let is_one = |number: &str| number.starts_with(|c: char| c.is_ascii_digit());
    is_one(begun)
        && is_one(rest)
        && !rest.ends_with('.')
        && begun.matches('.').count() + rest.matches('.').count() <= 1
        && words.ends_with(|c: char| !is_stop(c) && !c.is_ascii() && !matches!(c, '、' | '，'))
        && words.contains(['，', ',', '。'])
        && words.chars().nth(LEAST_CHARS).is_some()
        && behind.starts_with(|c| UNITS.contains(c))
}

/// The number of a page that stands at its end, inside a sentence: 明确责任，明 3⏎确分工.
fn page_number<'a>(before: &'a str, after: &str) -> Option<&'a str> {
    const LEAST_CHARS: usize = 30;
    let words = before
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .trim_end();
    let number = before.get(words.len()..)?;
    let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let is_page = (1..=3).contains(&number.trim_start().len());
    let breaks_off = words.ends_with(is_han)
        && words.contains(['，', ',', '。'])
        && words.chars().nth(LEAST_CHARS).is_some();
    let goes_on = after.starts_with(is_han)
        && numeral(after).is_none_or(|(_, rest)| !rest.starts_with(['、', '是', '要']))
        && after.contains(['，', ',', '。']);
    (is_page && breaks_off && goes_on).then_some(number)
}

/// True where such numbers count the pages: from 1 on, one by one.
fn are_page_numbers(lines: &[wrap::Line<'_>]) -> bool {
    let found = lines.windows(2).filter_map(|pair| match pair {
        [last, next] => page_number(last.words, next.words),
        _ => None,
    });
    let mut found = found.map(|number| number.trim().parse::<usize>().ok());
    let first = found.next() == Some(Some(1));
    first
        && found
            .zip(2..)
            .all(|(number, page)| number.is_some_and(|number| number >= page))
}

/// True for a break behind a comma of prose; no paragraph ends with one.
fn is_torn_at_comma(before: &str, after: &str) -> bool {
    /// Shorter lines are verses, slogans and items.
    const LEAST_CHARS: usize = 24;
    let is_prose = |line: &str| line.chars().nth(LEAST_CHARS).is_some() && !line.contains('\t');
    let is_item = numeral(after).is_some_and(|(_, rest)| rest.starts_with(['、', '是', '要']));
    before.ends_with(['，', ','])
        && is_prose(before)
        && is_prose(after)
        && !is_item
        && after.starts_with(|c| ('\u{4e00}'..='\u{9fff}').contains(&c) || matches!(c, '“' | '《'))
}

/// True where editors put a break behind every quotation mark: 参加"⏎青禾杯"⏎比赛.
fn break_around_quotations(lines: &[wrap::Line<'_>]) -> bool {
    lines.windows(3).any(|lines| match lines {
        [before, quoted, behind] => {
            opens_quotation(before.words)
                && closes_quotation(quoted.words)
                && is_torn_at_quotation(quoted.words, behind.words)
        }
        _ => false,
    })
}

fn is_torn_at_quotation(before: &str, after: &str) -> bool {
    let goes_on = |line: &str| line.starts_with(|c: char| !c.is_ascii() && numeral(line).is_none());
    opens_quotation(before) || closes_quotation(before) && goes_on(after)
}

/// True for a line that ends with the mark that opens a quotation.
fn opens_quotation(line: &str) -> bool {
    let words = line.trim_end_matches(['"', '“']);
    let is_open = line.ends_with('“') || line.ends_with('"') && line.matches('"').count() % 2 == 1;
    is_open
        && words.len() + 3 >= line.len()
        && words.ends_with(|c: char| !c.is_ascii())
        && !line.starts_with('"')
        && !words.contains('“')
}

/// True for a line whose quotation was opened in a line above it, and ends with it.
fn closes_quotation(line: &str) -> bool {
    let words = line.trim_end_matches(['"', '”']);
    let is_closed = line.ends_with('"') && line.matches('"').count() == 1
        || line.ends_with('”') && !line.contains('“') && line.matches('”').count() == 1;
    is_closed && words.ends_with(|c: char| !is_stop(c) && !c.is_ascii())
}
