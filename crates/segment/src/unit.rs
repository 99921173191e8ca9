//! Who speaks in a report, and the place in that name.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

mod kind; // 学校, 乡镇司法所: no office's name
mod place; // 花桥镇2018年工作总结: a place speaks
mod signature; // who signed, and on which day
mod subject; // what the first lines say
mod whole; // 县人民政府 of which county

pub(crate) use self::signature::signed_on;
use crate::lines;
use crate::rules::{self, NO_OFFICES, OFFICES, UNITS};

/// Bytes of the text in which a report names itself and its time; about 400 characters.
const HEAD: usize = 1200;

/// Bytes at the end in which a report is signed .
const TAIL: usize = 900;

/// Longest name of a unit, in characters.
const LONGEST_NAME: usize = 22;

/// The first words of `text`, up to a character border.
pub(crate) fn opening(text: &str) -> &str {
    let mut end = HEAD.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Where the last words of `text` begin, in which a report is signed and closes.
pub(crate) fn tail_start(text: &str) -> usize {
    let mut start = text.len().saturating_sub(TAIL);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    start
}

/// Where in `text` (simplified) the unit that reports is named: in the title, in the signature,
/// or in the first words, which end at `lead_end`.
pub(crate) fn publisher(
    text: &str,
    title: Option<&Range<usize>>,
    lead_end: usize,
) -> Option<Range<usize>> {
    let in_title = title.and_then(|title| {
        whole_name(slice(text, title))
            .map(|name| title.start + name.start..title.start + name.end)
            .or_else(|| units_in(text, title.clone()).into_iter().next())
    });
    let titled = in_title.as_ref().map_or("", |unit| slice(text, unit));
    let is_kind = kind::is_kind(titled);
    if !titled.is_empty() && !is_kind {
        if place(titled).is_some() || UNITS.find(titled).is_none() {
            return in_title;
        }
        if let Some(fuller) = fuller(text, titled) {
            return Some(fuller);
        }
    }
    let from = title.map_or(0, |title| title.end);
    let lead_from = subject::behind_addressees(text, from);
    let lead = text.get(lead_from..lead_end.max(lead_from));
    let lead = lead_from..lead_from + opening(lead.unwrap_or_default()).len();
    let in_lead = units_in(text, lead.clone()).into_iter().find(|unit| {
        let name = slice(text, unit);
        let is_named = UNITS.find(name).is_some_and(|u| u.start() > 0);
        speaks(text, unit) && is_named && (!is_kind || kind::fits(name, titled))
    });
    let candidates = [
        subject::compiler(text, lead.clone()),
        signature::signature(text),
        subject::below_title(text, from),
        subject::holder(text, from),
        subject::subject(text, lead),
        in_lead,
    ];
    let candidates = candidates.into_iter().flatten();
    let mut named = candidates.filter(|unit| !kind::is_kind(slice(text, unit)));
    if !titled.is_empty() && !is_kind {
        let named = named.find(|unit| slice(text, unit).ends_with(titled));
        return named.or(in_title);
    }
    let title = title.cloned().unwrap_or_default();
    let place = place::speaking(slice(text, &title), opening(text.get(from..)?))
        .map(|place| title.start + place.start..title.start + place.end);
    let Some(place) = place else {
        return named.next();
    };
    let words = slice(text, &place);
    let of_place = named.find(|unit| {
        let office = slice(text, unit).strip_prefix(words);
        // 花桥镇党委 leads 花桥镇; the place says it all.
        office.is_some_and(|office| !office.is_empty() && !office.contains("党委"))
    });
    of_place.or(Some(place))
}

/// `name` with the place that title or session tell, where it has none: 县人民政府.
pub(crate) fn whole(name: &str, title: &str, body: &str) -> Option<String> {
    whole::whole(name, title, opening(body))
}

/// The unit that a title names by itself, the text apart.
pub(crate) fn titled(title: &str) -> Option<Range<usize>> {
    whole_name(title).filter(|name| !kind::is_kind(slice(title, name)))
}

/// True when `above` ends with the words of `title`, which names no unit, and names one.
pub(crate) fn says_more(above: &str, title: &str) -> bool {
    let names_unit = |title: &str| !units_in(title, 0..title.len()).is_empty();
    above.len() > title.len()
        && above.ends_with(title)
        && names_unit(above)
        && !names_unit(title)
        && titled(title).is_none()
}

/// The place that speaks in a title.
pub(crate) fn speaking_place(title: &str) -> Option<Range<usize>> {
    place::speaking(title, "")
}

/// What may stand in a title before the name of the unit.
static BEFORE_NAME: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"^(?:[ \u{3000}《“【]|最新|精选|优秀|关于(?:印发|报送)?|[0-9０-９xX×*]{2,4}(?:[-—–~至/][0-9]{2,4})? ?(?:学)?年(?:度)?|[二一〇○零三四五六七八九]{4}年(?:度)?|上半年|下半年)+",
    )
});

/// What stands in a title right behind the name of the unit.
static BEHIND_NAME: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"^(?:$|[^\u{3400}-\u{9fff}]|[二一〇○零三四五六七八九]{4}年|关于|年度|年终|上半年|下半年|半年|第[一二三四]季度|工作|总结|述职|汇报|党建|学年|学期|近[一二三四五]年|政府信息公开|情况)",
    )
});

/// The whole name of the unit in a title: all words up to where a year, 关于 or 工作总结 says that
/// it ends.
pub(crate) fn whole_name(title: &str) -> Option<Range<usize>> {
    /// 兰亭县文化广电新闻出版局综合执法大队 and longer ones occur.
    const LONGEST_WHOLE: usize = 30;
    let start = BEFORE_NAME.find(title).map_or(0, |before| before.end());
    let words = title.get(start..)?;
    let in_name = |c: char| {
        ('\u{3400}'..='\u{9fff}').contains(&c) || matches!(c, '*' | '×' | 'x' | 'X' | '·')
    };
    let mut longest = None;
    // Where the digits of 雁南县120急救中心 end.
    let mut number_until = 0;
    for (n, (at, c)) in words.char_indices().enumerate() {
        let end = at + c.len_utf8();
        if n > 0 && number_until <= at && c.is_ascii_digit() {
            let number = CALL_NUMBER.find(words.get(at..)?);
            number_until = number.map_or(at, |number| at + number.end());
        }
        if n >= LONGEST_WHOLE || !in_name(c) && number_until <= at {
            break;
        }
        let (name, rest) = (words.get(..end)?, words.get(end..)?);
        let ends = BEHIND_NAME.is_match(rest) && n > 0;
        if ends && OFFICES.is_match(name) && !NO_OFFICES.is_match(name) && !is_phrase(name) {
            longest = Some(start..start + end);
        }
    }
    longest
}

/// A number that is called, in the name of those who answer.
static CALL_NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(r"^(?:1[0-9]{2}|1[0-9]{4})(?:急救|指挥|报警|接警|热线|便民|调度)")
});

/// True for words that do not stand in a name.
fn is_phrase(name: &str) -> bool {
    [
        "工作",
        "开展",
        "加强",
        "推进",
        "落实",
        "关于",
        "建设和",
        "进一步",
        "活动",
        "学期",
    ]
    .iter()
    .any(|word| name.contains(word))
}

/// A name that says more than `name` and ends with it, at the start of the text or in the
/// signature: 雁回市教育局 for 市教育局.
fn fuller(text: &str, name: &str) -> Option<Range<usize>> {
    let head = opening(text);
    let tail = tail_start(text).max(head.len());
    let places = [0..head.len(), tail..text.len()];
    places.into_iter().find_map(|part| {
        let words = text.get(part.clone())?;
        words.match_indices(name).take(20).find_map(|(at, found)| {
            let before = words.get(..at)?;
            let run: Vec<(usize, char)> = before
                .char_indices()
                .rev()
                .take(LONGEST_PLACE + 1)
                .take_while(|&(_, c)| ('\u{3400}'..='\u{9fff}').contains(&c))
                .collect();
            let begun = run.len() <= LONGEST_PLACE && (2..).contains(&run.len());
            let start = run.last()?.0;
            let more = before.get(start..)?;
            let is_place =
                more.ends_with(|c| PLACES.contains(c)) || name.starts_with(|c| PLACES.contains(c));
            let is_name =
                is_place && !more.contains(|c| BETWEEN_NAMES.contains(c)) && !kind::is_kind(more);
            (begun && is_name).then(|| part.start + start..part.start + at + found.len())
        })
    })
}

fn slice<'a>(text: &'a str, range: &Range<usize>) -> &'a str {
    text.get(range.clone()).unwrap_or_default()
}

/// False for units that are named as superiors, and for words that are no name.
fn speaks(text: &str, unit: &Range<usize>) -> bool {
    let before = text.get(..unit.start).unwrap_or_default();
    let behind = lines::prefix(text.get(unit.end..).unwrap_or_default(), 20);
    // 各乡镇人民政府: those who are spoken to.
    if before.ends_with('各') || behind.starts_with([':', '：']) {
        return false;
    }
    if is_addressed(text, unit) || is_in_title(before) {
        return false;
    }
    let clause = behind.split(['。', '\n']).next().unwrap_or_default();
    let superior = [
        "领导", "指导", "支持", "关心", "部署", "下发", "印发", "批准", "通知", "下达", "《",
        "要求", "关怀", "重视", "精神", "文件", "委托",
    ];
    !superior.iter().any(|word| clause.contains(word))
}

/// Those who are spoken to are named in fewer characters.
const LONGEST_LIST: usize = 60;

/// True in the line of those who are spoken to: 各省、自治区、直辖市人民政府，国务院各部委：
fn is_addressed(text: &str, unit: &Range<usize>) -> bool {
    let before = lines::suffix(text.get(..unit.start).unwrap_or_default(), LONGEST_LIST);
    let behind = text.get(unit.end..).unwrap_or_default();
    let begins = before.rsplit('\n').next().unwrap_or_default();
    let ends = slice(behind, &lines::line_start(behind, 0));
    begins.trim_start().starts_with('各') && ends.trim_end().ends_with([':', '：'])
}

/// True behind 《 without its 》: 《青禾省人民政府办公厅关于…》 is told of.
fn is_in_title(before: &str) -> bool {
    /// Longer titles are rare.
    const MAX_CHARS: usize = 40;
    let mut signs = before.chars().rev().take(MAX_CHARS);
    signs.find(|c| matches!(c, '《' | '》')) == Some('《')
}

/// The names of units in `range`.
fn units_in(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let words = text.get(range.clone()).unwrap_or_default();
    let mut found: Vec<Range<usize>> = Vec::new();
    for unit in UNITS.find_iter(words).take(20) {
        let end = range.start + unit.end();
        // 县教育局教研室: one unit inside the other.
        if let Some(last) = found
            .last_mut()
            .filter(|last| last.end == range.start + unit.start())
        {
            last.end = end;
            continue;
        }
        let start = name_start(words, unit.start()).or_else(|| school_start(words, unit.range()));
        if let Some(start) = start {
            // 各乡镇人民政府 are many.
            if !words
                .get(start..)
                .is_some_and(|name| name.starts_with('各'))
            {
                found.push(range.start + start..end);
            }
        }
    }
    found
}

/// Where the name of the unit at `unit` begins: with the place in front of it, or, at the start of
/// a clause, with the unit itself. `None` when what stands in front is no part of a name.
fn name_start(words: &str, unit: usize) -> Option<usize> {
    let before = words.get(..unit).unwrap_or_default();
    let in_name = |c: &(usize, char)| {
        let is_han = ('\u{3400}'..='\u{9fff}').contains(&c.1);
        is_han && !BETWEEN_NAMES.contains(c.1) || matches!(c.1, '*' | '×' | 'x' | 'X')
    };
    let run: Vec<(usize, char)> = before
        .char_indices()
        .rev()
        .take(LONGEST_NAME)
        .take_while(in_name)
        .collect();
    let Some(&(nearest, last)) = run.first() else {
        return is_border(before).then_some(unit);
    };
    if !PLACES.contains(last) {
        return None;
    }
    // 我代表县人民政府, 受县人民政府委托: the words in front of whom one speaks for.
    let run_words = words.get(run.last().map_or(unit, |&(at, _)| at)..unit);
    if let Some((before, name)) =
        run_words.and_then(|run| AGENT.iter().find_map(|word| run.split_once(word)))
    {
        let is_named = before.is_empty() && !name.is_empty();
        return is_named.then_some(unit - name.len());
    }
    // 自2002年通过省人民政府验收
    if run_words.is_some_and(|run| PASSED.iter().any(|word| run.starts_with(word))) {
        return None;
    }
    if let Some(name) = run_words.and_then(|run| POST.iter().find_map(|word| run.split_once(word)))
    {
        return (!name.1.is_empty()).then_some(unit - name.1.len());
    }
    // 8所乡镇卫生院 are counted.
    let first = run.last().map_or(unit, |&(at, _)| at);
    let is_counted = words
        .get(..first)
        .is_some_and(|w| w.ends_with(|c: char| c.is_ascii_digit()))
        && run_words.is_some_and(|run| run.starts_with(['所', '个', '家', '处']));
    if is_counted {
        return None;
    }
    // Words that run up to the place are verbs, more often than not: 贯彻落实市教育局. A place
    // has four characters at most before its 市 or 县, and masks.
    let mut starts = run.last().map_or(unit, |&(at, _)| at);
    // 向阳区 and 经济技术开发区: what looks like a word between names is the first half of a
    // place, of which a single character would be left. 在镇党委 and 于乡镇司法所 have no such half.
    let is_torn = run.len() == 2 && !kind::is_kind(words.get(starts..).unwrap_or_default());
    if is_torn || words.get(starts..).is_some_and(|w| w.starts_with("济")) {
        let kept = words.get(..starts).and_then(|w| w.chars().next_back());
        if let Some(c) = kept.filter(|&c| "由和与对向以各经及于同会关从中本日".contains(c))
        {
            starts -= c.len_utf8();
        }
    }
    Some(if run.len() <= LONGEST_PLACE {
        starts
    } else {
        nearest
    })
}

/// True where a name may begin behind `before`: 2018年教育局, but not 老年大学.
fn is_border(before: &str) -> bool {
    let Some(rest) = before.strip_suffix(['年', '月', '日', '中']) else {
        return true;
    };
    let is_time = |c: char| {
        c.is_numeric()
            || matches!(c, '*' | '×' | 'x' | 'X' | '学' | '今' | '去' | '本' | '度')
            || "一二三四五六七八九十〇○零两".contains(c)
    };
    !rest.ends_with(|c: char| ('\u{3400}'..='\u{9fff}').contains(&c)) || rest.ends_with(is_time)
}

/// A school has a name of its own, which is told only where nothing else stands in front of it.
fn school_start(words: &str, unit: Range<usize>) -> Option<usize> {
    let before = words.get(..unit.start)?.trim_start();
    let kind = words.get(unit.clone())?;
    let is_named = (2..=LONGEST_PLACE).contains(&before.chars().take(LONGEST_PLACE + 1).count())
        && before
            .chars()
            .all(|c| ('\u{3400}'..='\u{9fff}').contains(&c) && !BETWEEN_NAMES.contains(c));
    let is_school = kind.ends_with(['学', '园', '院', '中', '站', '所']);
    (is_named && is_school).then_some(unit.start - before.len())
}

/// What stands in front of those for whom someone speaks.
const AGENT: [&str; 2] = ["代表", "受"];

/// Words in front of the office where somebody has a post: 本人任平湖县民政局副局长.
const POST: [&str; 8] = [
    "人任", "现任", "担任", "历任", "曾任", "调任", "兼任", "就任",
];

/// What one does with the office behind these words is no name, and the office another one.
const PASSED: [&str; 10] = [
    "通过", "接受", "迎接", "经过", "荣获", "获得", "协助", "配合", "报请", "报经",
];

/// The last characters of places that have bureaus.
const PLACES: &str = "省市县区州盟旗镇乡";

/// 临江市 has 3 characters, an autonomous prefecture's name is longer than what can be told from a sentence.
const LONGEST_PLACE: usize = 6;

/// Characters of sentences between names, and of dates.
const BETWEEN_NAMES: &str = "在由和与对向的以我各经及是为到于年月日度了从按被让给跟同会本关据中";

/// The place in the name of a unit, or at the start of a title.
pub(crate) fn place(name: &str) -> Option<Range<usize>> {
    let unit = UNITS.find(name).map_or(name.len(), |unit| unit.start());
    let before = name.get(..unit)?;
    let before = lines::prefix(before, 12);
    let (at, last) = before.char_indices().rfind(|(_, c)| PLACES.contains(*c))?;
    let end = at + last.len_utf8();
    let place = before.get(..end)?;
    let generic = [
        "乡镇", "全", "我", "各", "本", "区县", "县区", "市县", "城区", "学区", "园区", "社区",
    ];
    let is_named = place.chars().count() >= 2
        && !generic.iter().any(|word| place.starts_with(word))
        && place
            .chars()
            .all(|c| ('\u{3400}'..='\u{9fff}').contains(&c) || matches!(c, '*' | '×' | 'x' | 'X'));
    is_named.then_some(0..end)
}

#[cfg(test)]
#[allow(clippy::string_slice)] // A wrong offset shall fail the test.
mod tests {
    use super::*;

    #[test]
    fn the_unit_is_named_in_the_title_the_signature_or_the_text() {
        let named = |text: &str, title: &str| {
            let at = text.find(title).map(|at| at..at + title.len());
            publisher(text, at.as_ref(), text.len()).map(|range| text[range].to_owned())
        };
        let title = "云岭中学2020年工作总结";
        assert_eq!(named(title, title).as_deref(), Some("云岭中学"));
        let title = "临江市教育局2020年工作总结";
        assert_eq!(named(title, title).as_deref(), Some("临江市教育局"));
        let text = "2020年工作总结\n做了工作。\n云岭县民政局\n2020年12月1日";
        assert_eq!(
            named(text, "2020年工作总结").as_deref(),
            Some("云岭县民政局")
        );
        let text = "教育局工作总结\n今年以来,青禾县教育局紧紧围绕中心工作。";
        assert_eq!(
            named(text, "教育局工作总结").as_deref(),
            Some("青禾县教育局")
        );
    }

    #[test]
    fn the_whole_name_is_told() {
        for (title, name) in [
            (
                "鹿山县人民政府教育督导室2021年工作总结",
                "鹿山县人民政府教育督导室",
            ),
            ("青禾高级中学信息中心2022年工作总结", "青禾高级中学信息中心"),
            (
                "云岭经济技术开发区管委会2020年工作总结",
                "云岭经济技术开发区管委会",
            ),
            ("向阳区教研室2020年工作总结", "向阳区教研室"),
            ("2018年教育局工作总结", "教育局"),
            ("关于2019年教育局工作情况的报告", "教育局"),
            ("共青团青禾县委2020年工作总结", "共青团青禾县委"),
            ("松山乡财政所甲组2019年工作总结", "松山乡财政所甲组"),
            ("榆树街道综合执法大队2023年工作总结", "榆树街道综合执法大队"),
            (
                "2020年度青禾县住房和城乡建设局工作总结",
                "青禾县住房和城乡建设局",
            ),
        ] {
            assert_eq!(whole_name(title).map(|r| &title[r]), Some(name));
        }
        for title in [
            "离退休干部工作总结",
            "社会工作总结",
            "2021年工作总结",
            "和谐校园工作总结",
        ] {
            assert_eq!(whole_name(title), None, "{title}");
        }
    }

    #[test]
    fn the_fuller_name_is_taken() {
        let text = "市教育局2020年工作总结\n2020年,雁山市教育局紧紧围绕中心工作。";
        let title = 0.."市教育局2020年工作总结".len();
        let unit = publisher(text, Some(&title), text.len()).map(|r| &text[r]);
        assert_eq!(unit, Some("雁山市教育局"));
        let text = "工作总结\n做了工作。\n向阳区教研室\n2020年12月1日";
        let unit = publisher(text, Some(&(0..12)), text.len()).map(|r| &text[r]);
        assert_eq!(unit, Some("向阳区教研室"));
    }

    #[test]
    fn the_place_is_in_the_name() {
        let shown = |name: &str| place(name).map(|range| name[range].to_owned());
        assert_eq!(shown("临江市教育局").as_deref(), Some("临江市"));
        assert_eq!(shown("**县教育局").as_deref(), Some("**县"));
        assert_eq!(shown("县教育局"), None);
        assert_eq!(shown("乡镇教育工会"), None);
    }

    #[test]
    fn who_is_spoken_for_is_named_without_the_verb() {
        let title = "政府工作报告";
        let text = format!("{title}\n现在，我代表县人民政府，向大会报告工作，请予审议。");
        assert_eq!(named(&text, title), Some("县人民政府"));
        let text = format!("{title}\n我代表平湖县人民政府向大会报告工作。");
        assert_eq!(named(&text, title), Some("平湖县人民政府"));
        let title = "关于平湖县2020年预算执行情况的报告";
        let text = format!("{title}\n平湖县财政局\n受县人民政府委托，现将预算执行情况报告如下。");
        assert_eq!(named(&text, title), Some("平湖县财政局"));
        let title = "关于2020年预算执行情况的报告";
        let text = format!("{title}\n受县人民政府委托，现将预算执行情况报告如下。");
        assert_eq!(named(&text, title), None);
    }

    #[test]
    fn a_title_that_names_the_unit_says_more() {
        let long = "2021年平湖县人民政府工作报告";
        assert!(says_more(long, "政府工作报告"));
        assert!(says_more("平湖县教育局工作总结", "工作总结"));
        assert!(!says_more("工作总结", "工作总结"));
        assert!(!says_more("平湖县教育局工作总结", "县教育局工作总结"));
        assert!(!says_more("平湖县教育局工作总结", "工作计划"));
        assert!(!says_more("最新工作总结", "工作总结"));
    }

    #[test]
    fn titles_name_more_kinds_of_units_and_plans() {
        for (title, name) in [
            (
                "平湖县农村信用合作联社2016年度工作报告",
                "平湖县农村信用合作联社",
            ),
            (
                "平湖县供销合作社联合社2020年工作总结",
                "平湖县供销合作社联合社",
            ),
            ("平湖县“十四五”水利发展规划", "平湖县"),
            ("平湖县近三年造林工作情况汇报", "平湖县"),
        ] {
            let text = format!("{title}\n今年以来，县供销社紧紧围绕中心工作。");
            assert_eq!(named(&text, title), Some(name));
        }
    }

    fn named<'a>(text: &'a str, title: &str) -> Option<&'a str> {
        let at = text.find(title).map(|at| at..at + title.len());
        publisher(text, at.as_ref(), text.len()).map(|range| &text[range])
    }

    #[test]
    fn a_kind_of_office_is_no_publisher() {
        for title in [
            "学校工作总结",
            "街道党建工作总结",
            "基层站所年终工作总结",
            "乡镇卫生院2017年度工作总结",
            "社区残联工作总结",
            "幼儿园保健工作总结",
        ] {
            let text = format!("{title}\n本年度，各项工作在县教育局的领导下稳步推进。");
            assert_eq!(named(&text, title), None, "{title}");
        }
        let text = "关于乡镇司法所2016年工作情况的报告\n2016年，花桥镇司法所充分发挥职能作用，全力维护稳定。";
        let title = "关于乡镇司法所2016年工作情况的报告";
        assert_eq!(named(text, title), Some("花桥镇司法所"));
        let text = "乡镇综治工作总结\n今年以来，望溪乡综治办在乡党委、政府的领导下，努力维护稳定。";
        assert_eq!(named(text, "乡镇综治工作总结"), Some("望溪乡综治办"));
        // What has a name in front is no kind.
        for (title, name) in [
            ("桃源街道2020年工作总结", "桃源街道"),
            ("云岭县第一幼儿园2020年工作总结", "云岭县第一幼儿园"),
            ("花桥镇司法所2020年工作总结", "花桥镇司法所"),
            ("柳林村村委会2020年工作总结", "柳林村村委会"),
            ("县教育局2020年工作总结", "县教育局"),
            ("教体局上半年工作总结", "教体局"),
        ] {
            assert_eq!(named(title, title), Some(name));
        }
    }

    #[test]
    fn places_and_their_other_offices_speak() {
        for (title, name) in [
            ("雁南县政协2018年工作总结", "雁南县政协"),
            ("雁南县120急救中心2018年工作总结", "雁南县120急救中心"),
            ("雁南林场2018年工作总结", "雁南林场"),
            ("雁南县老年大学2018年工作总结", "雁南县老年大学"),
            ("花桥镇2018年工作总结", "花桥镇"),
        ] {
            assert_eq!(named(title, title), Some(name));
        }
        let text = "西坪镇2014年残疾人工作总结\n2014年，残疾人工作在镇党委、政府的重视下开展。";
        assert_eq!(named(text, "西坪镇2014年残疾人工作总结"), Some("西坪镇"));
        let text = "白露县2018年教育工作总结\n2018年，白露县教育局紧紧围绕目标。";
        let title = "白露县2018年教育工作总结";
        assert_eq!(named(text, title), Some("白露县教育局"));
        for title in [
            "农产品市场2018年工作总结",
            "我镇2018年工作总结",
            "2018年100中心工作总结",
        ] {
            assert_eq!(named(title, title), None, "{title}");
        }
    }

    #[test]
    fn those_who_are_written_to_do_not_speak() {
        let title = "关于通报2021年度河长制工作考核情况的通知";
        let text = format!(
            "{title}\n各乡镇人民政府、青禾县教育局：\n现通报如下：\n一、结果。优秀4个。\n古渡县河长制办公室\n2022年1月20日"
        );
        assert_eq!(named(&text, title), Some("古渡县河长制办公室"));
        let text = "工作总结\n做了工作。\n全体干部下乡入户办\n今天";
        assert_eq!(named(text, "工作总结"), None);
        for text in ["工作在镇党委的关怀下开展。", "经费用于乡镇司法所建设。"]
        {
            assert_eq!(named(text, "无"), None, "{text}");
        }
    }
}
