//! Which blocks of a page are its article.
//!
//! Every block weighs something: sentences weigh their length, links and stubs weigh against. The
//! article is the container whose blocks weigh most together: a tighter one leaves paragraphs out,
//! a wider one takes navigation in. Inside it, what the page itself calls site text is left out.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::Regex;
use taosha_core::simplify;

use crate::html::{Block, Container, Page};
use crate::{above_article, rules, title};

/// Which blocks are kept, and why the others are not.
pub(crate) struct MainText {
    /// One for each block: `None` for the article, else the rule that leaves it out.
    pub(crate) left_out: Vec<Option<&'static str>>,
    /// How it was found, for the trail.
    pub(crate) method: &'static str,
    /// Of the visible characters, the share kept.
    pub(crate) kept: f64,
    /// What kind of page it is, when it is not an article.
    pub(crate) kind: Option<&'static str>,
    /// Nothing but links and the site's own words can be seen.
    pub(crate) is_bare_list: bool,
}

/// What a block is like.
struct Shape {
    n_chars: u32,
    /// Han characters, and two for each word of another script.
    n_words: u32,
    has_stops: bool,
    link_share: f32,
    /// It speaks of the site.
    is_site: bool,
    weight: f32,
}

/// Sentences of reports have a stop or comma every 10 to 25 characters; a line of navigation has
/// none. Below this length a block without any says nothing for or against an article but its
/// length.
const STUB: u32 = 25;

/// Blocks whose characters are mostly links are navigation.
const LINK_SHARE: f32 = 0.5;

/// A stub between paragraphs is most often a heading; so it weighs less against its container
/// than a link.
const STUB_WEIGHT: f32 = -0.4;

/// Links weigh against more than their length: "首页" is short and certain.
const LINK_WEIGHT: f32 = -1.2;
const LINK_FLOOR: f32 = 6.0;

/// What the site says of itself reads like sentences, and stands where no article is.
const SITE_WEIGHT: f32 = -0.5;

/// With fewer words than this, or a smaller share of the page's sentences, a way of choosing has
/// failed and the next one is tried.
const LEAST_WORDS: usize = 40;
const LEAST_SHARE: f64 = 0.25;

/// The ways of choosing, best first.
const WAYS: [(&str, Way); 3] = [
    ("container", Way::Sentences),
    ("short_lines", Way::AnyWords),
    ("all_but_site", Way::Everything),
];

#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// The container with the most sentences.
    Sentences,
    /// The container with the most words that are no links: lists, tables, timetables.
    AnyWords,
    /// All of the page but links and what is called site text.
    Everything,
}

pub(crate) fn find(text: &str, page: &Page) -> MainText {
    let breaks_off = |block: &&Block| {
        let words = text.get(block.range.clone()).unwrap_or_default();
        block.n_link == 0 && words.trim_end().ends_with(['…', '.']) && is_teaser(words)
    };
    // A list of other articles has several; one alone is where the site cut this one.
    let has_teasers = page.blocks.iter().filter(breaks_off).count() > 1;
    let shapes = page.blocks.iter();
    let shapes: Vec<Shape> = shapes
        .map(|block| shape(text, block, has_teasers))
        .collect();
    let hints = hints(text, page, &shapes);
    let is_index = is_index(text, page, &shapes);
    let kind = kind(&shapes).or(is_index.then_some(LIST));
    let is_bare_list = is_index || kind.is_some() && is_bare_list(&shapes);
    let n_sentence_all: f64 = shapes
        .iter()
        .map(|shape| f64::from(n_sentence_words(shape)))
        .sum();
    for (method, way) in WAYS {
        let sums = sums(page, &hints, &shapes, way);
        let main = match way {
            Way::Everything => 0,
            _ => whole_form(text, page, &shapes, choose(page, &hints, &sums)),
        };
        let mut left_out = leave_out(page, &hints, &shapes, main);
        let n_kept = count(&shapes, &left_out, |shape| shape.n_words);
        let n_sentence = count(&shapes, &left_out, n_sentence_words) as f64;
        let is_enough = n_kept >= LEAST_WORDS && n_sentence >= LEAST_SHARE * n_sentence_all;
        if is_enough {
            above_article::keep_title(text, page, &mut left_out);
            let n_chars: f64 = shapes.iter().map(|shape| f64::from(shape.n_chars)).sum();
            return MainText {
                kept: count(&shapes, &left_out, |shape| shape.n_chars) as f64 / n_chars.max(1.0),
                left_out,
                method,
                kind,
                is_bare_list,
            };
        }
    }
    MainText {
        left_out: vec![None; page.blocks.len()],
        method: "all_visible",
        kept: 1.0,
        kind,
        is_bare_list,
    }
}

/// A page of links, whose words are names of other pages.
fn kind(shapes: &[Shape]) -> Option<&'static str> {
    /// Of the words of a list, this share is links at least.
    const LIST_SHARE: f64 = 0.7;
    let (mut n_words, mut n_link, mut n_sentence) = (0.0, 0.0, 0);
    for shape in shapes {
        n_words += f64::from(shape.n_words);
        n_link += f64::from(shape.n_words) * f64::from(shape.link_share);
        n_sentence += n_sentence_words(shape) as usize;
    }
    (n_sentence < LEAST_WORDS && n_link > LIST_SHARE * n_words).then_some(LIST)
}

/// The kind of a page of links.
const LIST: &str = "list";

/// True for a list without a sentence beside its links: a notice of two lines under a large menu is
/// a text.
fn is_bare_list(shapes: &[Shape]) -> bool {
    /// Fewer links are those of a page that holds a picture or a file.
    const LEAST_LINKS: usize = 8;
    let is_link = |shape: &&Shape| shape.link_share > LINK_SHARE && !shape.is_site;
    let n_links = shapes.iter().filter(is_link).count();
    let says = |shape: &Shape| {
        let is_said = shape.has_stops || shape.n_chars > STUB;
        is_said && shape.link_share <= LINK_SHARE && !shape.is_site
    };
    n_links >= LEAST_LINKS && !shapes.iter().any(says)
}

/// True for an index whose links lead nowhere, as those of scripts and of saved pages do: line by
/// line a title and its day, and no sentence and no other line but those of the site.
fn is_index(text: &str, page: &Page, shapes: &[Shape]) -> bool {
    /// Fewer are the attachments of a report, or those of one table.
    const LEAST_ROWS: usize = 8;
    /// Where one is, the pager, the imprint.
    const MAX_OTHERS: usize = 6;
    static DAY: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[\s\[(（]*(?:19|20)\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?[\s\])）]*$")
            .expect("a literal pattern compiles")
    });
    /// A longer line has more to say than a title and a day.
    const MAX_BYTES: usize = 240;
    let (mut n_rows, mut n_others) = (0, 0);
    for (block, shape) in page.blocks.iter().zip(shapes) {
        let words = text.get(block.range.clone()).unwrap_or_default().trim();
        if words.is_empty() {
            continue;
        }
        let day = (words.len() <= MAX_BYTES)
            .then(|| DAY.find(words))
            .flatten();
        let is_row = day
            .and_then(|day| words.get(..day.start()))
            .is_some_and(title::is_title);
        if is_row {
            n_rows += 1;
        } else if !shape.is_site && shape.link_share <= LINK_SHARE && !is_pager(words) {
            if shape.has_stops || shape.n_chars > STUB {
                return false;
            }
            n_others += 1;
        }
    }
    n_rows >= LEAST_ROWS && n_others <= MAX_OTHERS
}

/// 共 132 条记录 3/14页 首页 上一页 下一页 尾页 转到第 页
fn is_pager(words: &str) -> bool {
    /// In bytes.
    const LONGEST: usize = 180;
    let turns = |word: &&&str| words.contains(**word);
    let n_turns = ["首页", "上一页", "下一页", "尾页", "末页"]
        .iter()
        .filter(turns)
        .count();
    words.len() <= LONGEST && n_turns >= 2 && !words.contains(['。', '，'])
}

fn n_sentence_words(shape: &Shape) -> u32 {
    if shape.weight > 0.0 { shape.n_words } else { 0 }
}

/// Of the blocks that are not left out, the sum of what `of` tells.
fn count(shapes: &[Shape], left_out: &[Option<&'static str>], of: impl Fn(&Shape) -> u32) -> usize {
    let kept = shapes.iter().zip(left_out).filter(|(_, out)| out.is_none());
    kept.map(|(shape, _)| of(shape) as usize).sum()
}

/// For every block what it and all before it weigh.
fn sums(page: &Page, hints: &[Hint], shapes: &[Shape], way: Way) -> Vec<f64> {
    let mut sum = 0.0;
    let mut sums = vec![sum];
    for (block, shape) in page.blocks.iter().zip(shapes) {
        let is_stub = shape.weight < 0.0 && shape.link_share <= LINK_SHARE && !shape.is_site;
        let weight = match way {
            Way::AnyWords if is_stub => f64::from(shape.n_chars),
            _ => f64::from(shape.weight),
        };
        let against = matches!(hints.get(block.container as usize), Some(Hint::Site));
        sum += if against { weight.min(0.0) } else { weight };
        sums.push(sum);
    }
    sums
}

/// `has_teasers` where blocks without a link may be the first words of other articles.
fn shape(text: &str, block: &Block, has_teasers: bool) -> Shape {
    let words = text.get(block.range.clone()).unwrap_or_default();
    let (mut n_chars, mut n_words, mut n_stops) = (0u32, 0u32, 0usize);
    let mut before = ' ';
    for c in words.chars() {
        let is_han = matches!(c, '\u{3400}'..='\u{9FFF}');
        n_words += u32::from(is_han);
        n_chars += u32::from(is_han || !c.is_whitespace());
        if !is_han {
            match c {
                '，' | '。' | '；' | '！' | '？' | '、' | ',' | ';' | '“' => n_stops += 1,
                ' ' if matches!(before, '.' | '?' | '!') => n_stops += 1,
                c if c.is_alphabetic() && !before.is_alphabetic() => n_words += 2,
                _ => {}
            }
        }
        before = c;
    }
    let mut link_share = block.n_link as f32 / words.len().max(1) as f32;
    if is_teaser(words) && (block.n_link > 0 || has_teasers && n_chars < MAX_TEASER) {
        link_share = link_share.max(LINK_SHARE + 0.1);
        n_stops = 0;
    }
    let length = n_chars as f32;
    let is_site = n_chars < MAX_SITE && SITE_VOICE.find_iter(words).nth(1).is_some();
    let weight = if link_share > LINK_SHARE {
        LINK_WEIGHT * length.max(LINK_FLOOR)
    } else if is_site {
        SITE_WEIGHT * length
    } else if n_stops > 0 && n_chars >= STUB {
        length * (1.0 - link_share)
    } else if n_stops >= 2 || (n_chars > 2 * STUB) {
        length * 0.3
    } else {
        length.min(STUB as f32) * STUB_WEIGHT
    };
    Shape {
        n_chars,
        n_words,
        has_stops: n_stops > 0,
        link_share,
        is_site,
        weight,
    }
}

/// Longer blocks have something of their own to say.
const MAX_SITE: u32 = 300;
const MAX_TEASER: u32 = 200;

/// Words of imprints and disclaimers. One of them may stand in any report; two in one paragraph
/// hardly ever do.
pub(crate) static SITE_VOICE: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let words = [
        "版权",
        "著作权",
        "侵权",
        "转载",
        "本站",
        "本网",
        "网站",
        "浏览器",
        "分辨率",
        "ICP",
        "备案",
        "公网安备",
        "邮编",
        "邮政编码",
        "邮箱",
        "传真",
        "电话:",
        "电话：",
        "地址:",
        "地址：",
        "主办",
        "承办",
        "技术支持",
        "客服",
        "举报",
        "免责",
        "声明",
        "立场",
        "观点",
        "网友",
        "登录",
        "注册",
        "客户端",
        "公众号",
        "扫码",
        "二维码",
        "隐私",
        "注明出处",
        "来源于网络",
        "copyright",
        "©",
        "rights reserved",
        "privacy",
        "terms of",
    ];
    let words = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(words);
    words.expect("a few words make a small automaton")
});

/// The first words of another article, with a link to the rest or cut off.
fn is_teaser(words: &str) -> bool {
    let end = words
        .trim_end()
        .trim_end_matches([']', '】', '>', '»', '］', '）', ')', ' ']);
    let more = [
        "详细",
        "详情",
        "阅读全文",
        "查看全文",
        "更多",
        "詳細",
        "詳情",
        "閱讀全文",
        "…",
        "...",
    ];
    more.iter().any(|more| end.ends_with(more))
}

/// What a container is called.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hint {
    None,
    Article,
    Site,
}

static ARTICLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x) article | (^|[\s_-])(content|main|text|detail|details|con|cont|zoom|zw|zhengwen|body|entry|post|news)
        ([\s_-]|$) | trs_editor | ucapcontent | artibody | content[_-]?(text|main|body|con|area) |
        (text|main|body|news|show|detail|view)[_-]?(content|con|text|body) | rm_txt | wenzhang",
    )
    .expect("a literal pattern compiles")
});

static SITE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x) nav(bar|igation|i)?([\s_-]|\d|$) | menu | crumb | foot(er)?([\s_\d-]|$) | bottom([\s_-]|nav|$) |
        copyright | side(bar|nav)?([\s_-]|$) | comment | reply | pinglun | share | related? | relevant | recommend |
        tuijian | guess | hot[\s_-]?(list|news|article)? ([\s_-]|$) | rank | paihang | login | search | pagination |
        (^|[\s_-])pag(e|er|es)([\s_-]?(nav|bar|num|list|break))([\s_-]|$) | (^|[\s_-])ad(s|v|vert|box|bar)?([\s_-]|\d|$) |
        advert | guanggao | toolbar | editsection | reference | reflist | navbox | catlinks | mw-jump | qrcode | ewm |
        statement | disclaimer | shengming | tags?([\s_-]|$) | breadcrumb | topbar | header[\s_-]?(top|nav) |
        friend[\s_-]?link | contentinfo | noprint | metadata | printfooter | authorinfo | prevnext | prev[\s_-]?next |
        shangxia | xgwz | xiangguan | dianji | fontsize | print[\s_-]?(btn|bar) | popup | modal | toc([\s_-]|$)",
    )
    .expect("a literal pattern compiles")
});

/// What each container is called, or the site text it stands in.
///
/// A wrong name must not take the article: what holds most sentences of the page is no side box.
fn hints(text: &str, page: &Page, shapes: &[Shape]) -> Vec<Hint> {
    let n_sentence_words: Vec<usize> = std::iter::once(0)
        .chain(shapes.iter().scan(0, |sum, shape| {
            *sum += n_sentence_words(shape) as usize;
            Some(*sum)
        }))
        .collect();
    let up_to = |at: usize| n_sentence_words.get(at).copied().unwrap_or_default();
    let n_all = up_to(shapes.len());
    let mut n_before = 0;
    let n_words: Vec<usize> = std::iter::once(0)
        .chain(shapes.iter().map(|shape| {
            n_before += if shape.link_share <= LINK_SHARE {
                shape.n_words as usize
            } else {
                0
            };
            n_before
        }))
        .collect();
    let words_up_to = |at: usize| n_words.get(at).copied().unwrap_or_default();
    // Containers that start with the same block follow each other.
    let mut last_opened = (usize::MAX, false);
    let mut hints: Vec<Hint> = Vec::with_capacity(page.containers.len());
    for container in &page.containers {
        // A container comes after its parent.
        let inherited = hints.get(container.parent) == Some(&Hint::Site);
        let n_own = up_to(container.blocks.end) - up_to(container.blocks.start);
        let own = match hint(container) {
            Hint::Site if n_own * 2 > n_all && !are_comments(text, page, container, n_own) => {
                Hint::None
            }
            Hint::None if container.blocks.len() > 1 => {
                let Range { start, end } = container.blocks;
                if last_opened.0 != start {
                    last_opened = (
                        start,
                        page.blocks
                            .get(start)
                            .is_some_and(|block| opens_site_box(text, block)),
                    );
                }
                // Under another text: a report may begin with any words.
                let is_below = words_up_to(start) > words_up_to(end) - words_up_to(start);
                match last_opened.1 && is_below {
                    true => Hint::Site,
                    false => Hint::None,
                }
            }
            own => own,
        };
        hints.push(if inherited { Hint::Site } else { own });
    }
    hints
}

/// True for a box whose first line says 网友评论, below no shorter text than it may be.
fn are_comments(text: &str, page: &Page, container: &Container, n_own: usize) -> bool {
    /// So many words above it are an article, however much is said of it.
    const LEAST_ABOVE: usize = 200;
    let Some(first) = page.blocks.get(container.blocks.start) else {
        return false;
    };
    let above = text.get(..first.range.start).unwrap_or_default();
    let n_above = above.matches('。').count();
    n_above >= LEAST_SENTENCES
        && above.len() / 3 >= LEAST_ABOVE.min(n_own)
        && opens_site_box(text, first)
}

/// Fewer sentences are a summary.
const LEAST_SENTENCES: usize = 4;

/// True for the words above comments, and above lists of other articles.
fn opens_site_box(text: &str, block: &Block) -> bool {
    /// In bytes; longer lines are no names of boxes.
    const LONGEST: usize = 48;
    let words = text.get(block.range.clone()).unwrap_or_default();
    let rules = rules::CHROME.all.iter();
    let mut rules = rules.filter(|rule| matches!(rule.name.as_str(), "comments" | "related"));
    (1..=LONGEST).contains(&words.len()) && {
        let simple = simplify(words);
        rules.any(|rule| rule.is_line(&simple))
    }
}

fn hint(container: &Container) -> Hint {
    match container.tag {
        "nav" | "footer" | "aside" | "dialog" => return Hint::Site,
        "article" | "main" => return Hint::Article,
        "body" | "html" => return Hint::None,
        _ => {}
    }
    let names = &*container.names;
    if names.is_empty() {
        return Hint::None;
    }
    match (SITE.is_match(names), ARTICLE.is_match(names)) {
        // "article-comment" is the site's, "nav content" too.
        (true, _) => Hint::Site,
        (false, true) => Hint::Article,
        (false, false) => Hint::None,
    }
}

/// A name is worth a tenth of the text: it decides between nested containers of nearly the same
/// blocks and nothing else.
const NAME_WORTH: f64 = 1.1;

/// The container whose blocks weigh most; of equals the innermost.
fn choose(page: &Page, hints: &[Hint], sums: &[f64]) -> usize {
    let sum = |at: usize| sums.get(at).copied().unwrap_or_default();
    let mut best = (0, f64::MIN);
    for (index, (container, hint)) in page.containers.iter().zip(hints).enumerate() {
        if matches!(container.tag, "p" | "li") {
            continue;
        }
        let weight = sum(container.blocks.end) - sum(container.blocks.start);
        let worth = match hint {
            Hint::Article => weight * NAME_WORTH,
            Hint::Site => weight / NAME_WORTH / 2.0,
            Hint::None => weight,
        };
        if worth >= best.1 {
            best = (index, worth);
        }
    }
    best.0
}

/// The table around `main`, when that is a cell of a form: `个人总结` stands left of it, and other rows have
/// names and values as well.
fn whole_form(text: &str, page: &Page, shapes: &[Shape], main: usize) -> usize {
    /// In characters: 主管部门审核意见.
    const LONGEST_LABEL: u32 = 14;
    /// A table with fewer of them is a layout.
    const LEAST_LABELS: usize = 3;
    /// Tables in tables in tables are layouts.
    const MAX_DEPTH: usize = 12;
    let Some(cell) = page.containers.get(main) else {
        return main;
    };
    let mut table = main;
    for _ in 0..MAX_DEPTH {
        match page.containers.get(table) {
            Some(container) if container.tag == "table" => break,
            Some(container) if container.parent != table => table = container.parent,
            _ => return main,
        }
    }
    let Some(found) = page.containers.get(table).filter(|c| c.tag == "table") else {
        return main;
    };
    let is_label = |index: usize| {
        let (Some(shape), Some(block)) = (shapes.get(index), page.blocks.get(index)) else {
            return false;
        };
        let words = text.get(block.range.clone()).unwrap_or_default();
        let is_named = words.chars().any(char::is_alphabetic) && !words.contains(['>', '|', '»']);
        is_named && shape.n_chars <= LONGEST_LABEL && !shape.has_stops && shape.link_share == 0.0
    };
    let rows = found
        .blocks
        .clone()
        .filter(|index| !cell.blocks.contains(index));
    let has_value = |index: &usize| {
        let end = page.blocks.get(*index).map_or(0, |block| block.range.end);
        is_label(*index) && text.get(end..).is_some_and(|rest| rest.starts_with('\t'))
    };
    let n_labels = rows.clone().filter(has_value).count();
    let is_foreign = |index: &usize| {
        shapes
            .get(*index)
            .is_none_or(|shape| shape.is_site || shape.link_share > LINK_SHARE)
    };
    let is_beside_label = found.blocks.start < cell.blocks.start && is_label(cell.blocks.start - 1);
    match is_beside_label && n_labels >= LEAST_LABELS && !rows.clone().any(|row| is_foreign(&row)) {
        true => table,
        false => main,
    }
}

fn leave_out(
    page: &Page,
    hints: &[Hint],
    shapes: &[Shape],
    main: usize,
) -> Vec<Option<&'static str>> {
    let article = page
        .containers
        .get(main)
        .map(|c| c.blocks.clone())
        .unwrap_or_default();
    // What the article itself is called does not speak against the parts of it.
    let is_within = |hint: Option<&Hint>| hint == Some(&Hint::Site);
    let ignores_names = is_within(hints.get(main));
    let mut left_out = Vec::with_capacity(page.blocks.len());
    for (index, (block, shape)) in page.blocks.iter().zip(shapes).enumerate() {
        let in_article = article.contains(&index);
        let site = !ignores_names && is_within(hints.get(block.container as usize));
        left_out.push(match () {
            () if !in_article => Some("main_text.outside"),
            () if site => Some("main_text.named_site"),
            () if shape.link_share > LINK_SHARE && !shape.has_stops && !block.is_heading => {
                Some("main_text.links")
            }
            () => None,
        });
    }
    left_out
}
