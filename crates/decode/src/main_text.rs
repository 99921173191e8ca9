//! Which blocks of a page are its article.
//!
//! Every block weighs something: sentences weigh their length, links and stubs weigh against. The
//! article is the container whose blocks weigh most together: a tighter one leaves paragraphs out,
//! a wider one takes navigation in. Inside it, what the page itself calls site text is left out.

use std::sync::LazyLock;

use regex::Regex;

use crate::html::{Block, Container, Page};

/// Which blocks are kept, and why the others are not.
pub(crate) struct MainText {
    /// One for each block: `None` for the article, else the rule that leaves it out.
    pub(crate) left_out: Vec<Option<&'static str>>,
    /// How it was found, for the trail.
    pub(crate) method: &'static str,
    /// Of the visible characters, the share kept.
    pub(crate) kept: f64,
}

/// What a block is like.
struct Shape {
    n_chars: usize,
    n_han: usize,
    n_stops: usize,
    link_share: f64,
    weight: f64,
}

/// Sentences of reports have a stop or comma every 10 to 25 characters; a line of navigation has
/// none. Below this length a block without any says nothing for or against an article but its
/// length.
const STUB: usize = 25;

/// Blocks whose characters are mostly links are navigation.
const LINK_SHARE: f64 = 0.5;

/// A stub between paragraphs is most often a heading; so it weighs less against its container
/// than a link.
const STUB_WEIGHT: f64 = -0.4;

/// Links weigh against more than their length: "首页" is short and certain.
const LINK_WEIGHT: f64 = -1.2;
const LINK_FLOOR: f64 = 6.0;

/// With less Han text than this, or less than this share of the page's sentences, the choice is
/// doubtful and all visible text is kept.
const LEAST_HAN: usize = 60;
const LEAST_SHARE: f64 = 0.25;

pub(crate) fn find(text: &str, page: &Page) -> MainText {
    let shapes: Vec<Shape> = page.blocks.iter().map(|block| shape(text, block)).collect();
    let hints: Vec<Hint> = page.containers.iter().map(hint).collect();

    let mut sums = vec![0.0];
    for (block, shape) in page.blocks.iter().zip(&shapes) {
        let against = matches!(hints.get(block.container), Some(Hint::Site));
        let weight = if against {
            shape.weight.min(0.0)
        } else {
            shape.weight
        };
        sums.push(sums.last().copied().unwrap_or(0.0) + weight);
    }
    let main = choose(page, &hints, &sums);
    let left_out = leave_out(page, &hints, &shapes, main);

    let count = |pick: fn(&Shape) -> usize, kept_only: bool| -> usize {
        let kept = shapes
            .iter()
            .zip(&left_out)
            .filter(|(_, out)| !kept_only || out.is_none());
        kept.map(|(shape, _)| pick(shape)).sum()
    };
    let sentences = |shape: &Shape| if shape.weight > 0.0 { shape.n_han } else { 0 };
    let enough = count(|s| s.n_han, true) >= LEAST_HAN
        && count(sentences, true) as f64 >= LEAST_SHARE * count(sentences, false) as f64;
    if !enough {
        let left_out = vec![None; page.blocks.len()];
        return MainText {
            left_out,
            method: "all_visible",
            kept: 1.0,
        };
    }
    let kept = count(|s| s.n_chars, true) as f64 / count(|s| s.n_chars, false).max(1) as f64;
    MainText {
        left_out,
        method: "container",
        kept,
    }
}

fn shape(text: &str, block: &Block) -> Shape {
    let words = text.get(block.range.clone()).unwrap_or_default();
    let (mut n_chars, mut n_han, mut n_stops) = (0, 0, 0);
    for c in words.chars().filter(|c| !c.is_whitespace()) {
        n_chars += 1;
        match c {
            '\u{3400}'..='\u{9FFF}' => n_han += 1,
            '，' | '。' | '；' | '！' | '？' | '、' | ',' | ';' | '“' | '《' | '：' => {
                n_stops += 1
            }
            _ => {}
        }
    }
    let mut link_share = block.n_link as f64 / words.len().max(1) as f64;
    if block.n_link > 0 && is_teaser(words) {
        link_share = 1.0;
        n_stops = 0;
    }
    let length = n_chars as f64;
    let weight = if link_share > LINK_SHARE {
        LINK_WEIGHT * length.max(LINK_FLOOR)
    } else if n_stops > 0 && n_chars >= STUB {
        length * (1.0 - link_share)
    } else if n_stops >= 2 || (n_chars > 2 * STUB) {
        length * 0.3
    } else {
        length.min(STUB as f64) * STUB_WEIGHT
    };
    Shape {
        n_chars,
        n_han,
        n_stops,
        link_share,
        weight,
    }
}

/// The first words of another article, with a link to the rest.
fn is_teaser(words: &str) -> bool {
    let end = words
        .trim_end()
        .trim_end_matches([']', '】', '>', '»', '］', '）', ')', ' ']);
    [
        "详细",
        "详情",
        "阅读全文",
        "查看全文",
        "更多",
        "詳細",
        "詳情",
        "閱讀全文",
    ]
    .iter()
    .any(|more| end.ends_with(more))
}

/// What a container is called.
#[derive(Clone, Copy, PartialEq)]
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

fn hint(container: &Container) -> Hint {
    match container.tag.as_str() {
        "nav" | "footer" | "aside" | "dialog" => return Hint::Site,
        "article" | "main" => return Hint::Article,
        "body" | "html" => return Hint::None,
        _ => {}
    }
    let names = container.names.as_str();
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
        if matches!(container.tag.as_str(), "p" | "li") {
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
    let n_article: usize = shapes
        .get(article.clone())
        .unwrap_or_default()
        .iter()
        .map(|s| s.n_han)
        .sum();
    // A container comes after its parent, so one pass carries the verdict down.
    let mut is_site = vec![false; page.containers.len()];
    for (index, (container, hint)) in page.containers.iter().zip(hints).enumerate() {
        if index == main || index == 0 {
            continue;
        }
        let inherited = is_site.get(container.parent).copied().unwrap_or_default();
        // A wrong name must not take the article: what holds most of it is no side box.
        let n_han = || -> usize {
            shapes
                .get(container.blocks.clone())
                .unwrap_or_default()
                .iter()
                .map(|s| s.n_han)
                .sum()
        };
        let own = *hint == Hint::Site && n_han() * 2 < n_article.max(1);
        if let Some(slot) = is_site.get_mut(index) {
            *slot = inherited || own;
        }
    }
    let mut left_out = Vec::with_capacity(page.blocks.len());
    for (index, (block, shape)) in page.blocks.iter().zip(shapes).enumerate() {
        let in_article = article.contains(&index);
        let site = is_site.get(block.container).copied().unwrap_or_default();
        left_out.push(match () {
            () if !in_article => Some("main_text.outside"),
            () if site => Some("main_text.named_site"),
            () if shape.link_share > LINK_SHARE && shape.n_stops == 0 && !block.is_heading => {
                Some("main_text.links")
            }
            () => None,
        });
    }
    left_out
}
