//! Pieces of visible text and the containers they stand in, made while the tags go by.

use std::borrow::Cow;
use std::ops::Range;

use taosha_core::{Edited, Rewriting};

use super::cell;
use super::grid::{self, Grids};
use super::hidden::{is_code, n_beyond_ascii};
use super::invisible::{self, StyleSheet};
use super::references;
use super::stack::Stack;
use super::tags::{self, Effect};
use super::tokens::Tag;

/// A piece of visible text that no tag of its own line divides: a paragraph, a line, a cell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    /// Bytes of the text.
    pub(crate) range: Range<usize>,
    /// The innermost container.
    pub(crate) container: u32,
    /// Bytes of it that are links.
    pub(crate) n_link: u32,
    /// Bytes of it that are bold.
    pub(crate) n_bold: u32,
    /// Characters at its start that are bold, white space not counted: what becomes of that is not known yet.
    pub(crate) n_bold_start: u32,
    /// All of it is bold so far.
    is_bold: bool,
    /// It is a heading of the page.
    pub(crate) is_heading: bool,
}

/// An element that may hold the article or be site text as a whole.
#[derive(Clone, Debug, Default)]
pub(crate) struct Container {
    /// Itself for the root, which is the first one.
    pub(crate) parent: usize,
    /// Indices of the blocks in it.
    pub(crate) blocks: Range<usize>,
    /// Its tag, when it is known, and the words of its class and id, in lower case.
    pub(crate) tag: &'static str,
    pub(crate) names: Box<str>,
}

/// All a page tells besides its text.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) blocks: Vec<Block>,
    pub(crate) containers: Vec<Container>,
    pub(crate) title: Option<String>,
    /// `<meta name content>`, names in lower case.
    pub(crate) metas: Vec<(String, String)>,
    /// The words and targets of links that may turn pages.
    pub(crate) links: Vec<(String, String)>,
    /// The hidden element with the most text.
    pub(crate) hidden: Option<Hidden>,
    /// Elements that a style hides, with some text in them: bytes of their content.
    pub(crate) veiled: Vec<Range<usize>>,
}

/// An element nobody sees, which may be where a script takes the article from.
#[derive(Clone, Debug)]
pub(crate) struct Hidden {
    /// Its content in the source.
    pub(crate) range: Range<usize>,
    /// The content is a program, and not HTML.
    pub(crate) is_code: bool,
    /// A style hides it; its tag alone would not.
    pub(crate) is_styled: bool,
    /// About how many characters of it are not ASCII.
    pub(crate) n_chars: usize,
}

/// What separates a piece of text from the one before it; the strongest one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Cell,
    Line,
}

/// Links with longer words do not turn pages.
const MAX_LINK_WORDS: usize = 24;

/// More links or metas than any honest page has.
const MAX_NOTES: usize = 4096;

/// Fewer hidden characters are no section of a report.
const LEAST_VEILED: usize = 60;

pub(super) struct Builder<'a> {
    source: &'a str,
    /// Up to where the source is kept or replaced.
    done: usize,
    out: Rewriting<'a>,
    /// Length of the text so far.
    len: usize,
    gap: Gap,
    block: Option<Block>,
    /// The number an `<li>` waits to show.
    number: Option<i64>,
    stack: Stack<'a>,
    grids: Grids,
    styles: StyleSheet,
    page: Page,
    href: Option<&'a str>,
    words: String,
    /// The outermost hidden element that is open.
    hidden: Option<Hidden>,
    /// Where the content of hidden elements starts that are read all the same, in order.
    unveiled: &'a [usize],
    /// Spaces since the last line break of a `<pre>`: the indent of the next words.
    n_spaces: usize,
    /// The text that is read has sentences on several lines of the source.
    is_prose: bool,
    /// A line of the source ends inside that text, in front of the next words.
    is_broken: bool,
    /// The last character of the text.
    last: char,
    /// The last words end with a day: 2013-01-20.
    is_behind_day: bool,
}

/// Further in than any paragraph.
const MAX_SPACES: usize = 40;

impl<'a> Builder<'a> {
    pub(super) fn new(html: &'a Edited, unveiled: &'a [usize]) -> Self {
        let page = Page {
            containers: vec![Container::default()],
            ..Page::default()
        };
        Builder {
            source: html.text(),
            done: 0,
            out: Rewriting::new(html),
            len: 0,
            gap: Gap::None,
            block: None,
            number: None,
            stack: Stack::new(),
            grids: Grids::default(),
            styles: StyleSheet::default(),
            page,
            href: None,
            words: String::new(),
            hidden: None,
            unveiled,
            n_spaces: 0,
            is_prose: false,
            is_broken: false,
            last: ' ',
            is_behind_day: false,
        }
    }

    /// Takes in the start tag at `range`.
    pub(super) fn start_tag(&mut self, tag: &Tag<'a>, range: Range<usize>) {
        let Range { start, end } = range;
        let name = tags::canonical(tag.name);
        loop {
            let n_unclosed = self.stack.unclosed_by(name);
            if n_unclosed == 0 {
                break;
            }
            (0..n_unclosed).for_each(|_| self.close(start));
        }
        if name == "meta" {
            self.meta(tag);
        }
        let effect = tags::effect(name);
        self.widen(effect);
        if name == "li" {
            let number = self.stack.list().and_then(|list| list.number.as_mut());
            self.number = number.map(|next| {
                let own = tag.get("value").and_then(|value| value.trim().parse().ok());
                let number = own.unwrap_or(*next);
                *next = number.saturating_add(1);
                number
            });
        }
        if tags::is_void(name) {
            return;
        }
        let container = self.is_container(effect, tag);
        let container = container.then_some(self.page.containers.len());
        let parent = self.stack.top().container;
        let is_unveiled = || self.unveiled.binary_search(&end).is_ok();
        let is_hidden = self.styles.hides(tag, effect) || self.is_white_inside(tag, effect);
        let hides = is_hidden && !is_unveiled();
        if !self.stack.push(name, tag, effect, hides, container) {
            return;
        }
        self.grids.open(name, tag);
        if effect == Effect::Cell && self.is_cell_of_row(self.source.get(end..).unwrap_or_default())
        {
            self.stack.enter_cell();
        }
        if container.is_some() {
            let n_blocks = self.n_blocks();
            self.page.containers.push(Container {
                parent,
                blocks: n_blocks..n_blocks,
                tag: tags::known(name).unwrap_or_default(),
                names: names(tag).into(),
            });
        }
        if name == "a" {
            self.href = tag.get("href");
            self.words.clear();
        }
        if self.stack.top().hides {
            self.hidden = Some(Hidden {
                range: end..end,
                is_code: is_code(name, tag),
                is_styled: effect != Effect::Hidden,
                n_chars: 0,
            });
        }
    }

    /// True for an element of white words inside a line, behind words that can be seen.
    fn is_white_inside(&self, tag: &Tag<'_>, effect: Effect) -> bool {
        let is_inside = effect == Effect::Inline && self.block.is_some() && self.gap <= Gap::Space;
        is_inside && !self.stack.top().has_ground && invisible::is_white(tag)
    }

    /// True when the cell that begins `rest` is one line of a row that has words in other cells, too.
    fn is_cell_of_row(&self, rest: &str) -> bool {
        let Some(cell) = cell::one_line(rest) else {
            return false;
        };
        let behind = rest.get(cell..).unwrap_or_default();
        self.grids.row_has_words() || grid::has_further_cell(behind, true)
    }

    fn is_container(&self, effect: Effect, tag: &Tag<'_>) -> bool {
        let is_named = || tag.get("class").is_some() || tag.get("id").is_some();
        // Paragraphs and items are no article by themselves; their names may tell site text.
        let holds = matches!(effect, Effect::Container | Effect::Cell);
        !self.stack.top().hidden && (holds || effect != Effect::Inline && is_named())
    }

    /// Blocks so far, the open one included when it cannot grow any more.
    fn n_blocks(&self) -> usize {
        self.page.blocks.len() + usize::from(self.block.is_some())
    }

    /// Takes in an end tag that starts at `start`.
    pub(super) fn end_tag(&mut self, name: &str, start: usize) {
        let name = tags::canonical(name);
        if name == "br" || name == "p" && !self.stack.has("p") {
            self.widen(Effect::Break);
            return;
        }
        let n_closed = self.stack.closed_by(name);
        (0..n_closed).for_each(|_| self.close(start));
    }

    /// Closes the top element, whose content ends at `at`.
    fn close(&mut self, at: usize) {
        let Some(closed) = self.stack.pop() else {
            return;
        };
        if closed.hides {
            self.keep_hidden(at);
        } else if !closed.hidden {
            self.widen(match closed.effect {
                Effect::Cell => Effect::Inline,
                effect => effect,
            });
        }
        match closed.name {
            "a" => self.link(),
            "li" => self.number = None,
            "table" => self.grids.close(),
            _ => {}
        }
        let n_blocks = self.n_blocks();
        if closed.owns_container
            && let Some(container) = self.page.containers.get_mut(closed.container)
        {
            container.blocks.end = n_blocks;
        }
    }

    /// The hidden element ends at `at`: the one with the most text is kept.
    fn keep_hidden(&mut self, at: usize) {
        let Some(mut hidden) = self.hidden.take() else {
            return;
        };
        hidden.range.end = at.max(hidden.range.start);
        if hidden.is_styled && hidden.n_chars >= LEAST_VEILED && self.page.veiled.len() < MAX_NOTES
        {
            self.page.veiled.push(hidden.range.clone());
        }
        let most = self.page.hidden.as_ref().map_or(0, |kept| kept.n_chars);
        if hidden.n_chars > most {
            self.page.hidden = Some(hidden);
        }
    }

    fn widen(&mut self, effect: Effect) {
        if self.stack.top().hidden {
            return;
        }
        let gap = match effect {
            Effect::Block | Effect::Container | Effect::Break => match self.stack.top().in_cell {
                true => Gap::None,
                false => Gap::Line,
            },
            Effect::Cell => Gap::Cell,
            Effect::Inline | Effect::Hidden | Effect::Title => return,
        };
        self.gap = self.gap.max(gap);
        // What follows is another block, so containers may start and end here.
        self.close_block();
    }

    fn close_block(&mut self) {
        if let Some(mut block) = self.block.take() {
            block.range.end = self.len;
            self.page.blocks.push(block);
        }
    }

    fn meta(&mut self, tag: &Tag<'_>) {
        let name = tag
            .get("name")
            .or(tag.get("property"))
            .or(tag.get("itemprop"));
        if let (Some(name), Some(content)) = (name, tag.get("content"))
            && self.page.metas.len() < MAX_NOTES
        {
            let content = references::resolved(content).trim().to_owned();
            self.page.metas.push((name.to_ascii_lowercase(), content));
        }
    }

    fn link(&mut self) {
        let Some(href) = self.href.take() else { return };
        let words = self.words.trim();
        if !words.is_empty() && words.len() <= MAX_LINK_WORDS && self.page.links.len() < MAX_NOTES {
            let href = references::resolved(href).into_owned();
            self.page.links.push((words.to_owned(), href));
        }
    }

    /// Takes in the text of `range`.
    pub(super) fn text(&mut self, range: Range<usize>) {
        let from = range.start;
        let Some(text) = self.source.get(range) else {
            return;
        };
        let top = self.stack.top();
        if top.effect == Effect::Title && self.page.title.is_none() {
            let words = references::resolved(text);
            self.page.title = Some(words.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        if let Some(hidden) = self.hidden.as_mut().filter(|_| top.hidden) {
            hidden.n_chars += n_beyond_ascii(text, hidden.is_code);
        }
        if top.name == "style" {
            self.styles.read(text);
        }
        if top.hidden || top.effect == Effect::Title {
            return;
        }
        self.is_prose = text.contains('\n') && text.contains(['，', '。', '；']);
        let mut at = 0;
        loop {
            let reference = references::next(text, at);
            let stop = reference
                .as_ref()
                .map_or(text.len(), |(range, _)| range.start);
            self.characters(from, at..stop);
            let Some((range, stands_for)) = reference else {
                break;
            };
            let (start, end) = (from + range.start, from + range.end);
            self.piece(start..end, Some(stands_for));
            at = range.end;
        }
        self.is_broken = false;
    }

    /// Words and the white space between them.
    fn characters(&mut self, from: usize, range: Range<usize>) {
        let Some(text) = self.source.get(from + range.start..from + range.end) else {
            return;
        };
        let base = from + range.start;
        let pre = self.stack.top().pre;
        let mut word: Option<usize> = None;
        let bytes = text.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\x0C' | b'\r') {
                word.get_or_insert(at);
                continue;
            }
            // One plain space between two words stands as it is.
            let is_single = *byte == b' '
                && word.is_some()
                && bytes
                    .get(at + 1)
                    .is_some_and(|next| !next.is_ascii_whitespace());
            if is_single {
                continue;
            }
            if let Some(start) = word.take() {
                self.piece(base + start..base + at, None);
            }
            self.is_broken |= self.is_prose && *byte == b'\n';
            self.n_spaces = match byte {
                b' ' if pre => (self.n_spaces + 1).min(MAX_SPACES),
                _ => 0,
            };
            let gap = if pre && *byte == b'\n' {
                Gap::Line
            } else {
                Gap::Space
            };
            self.gap = self.gap.max(gap);
            if gap == Gap::Line {
                self.close_block();
            }
        }
        if let Some(start) = word {
            self.piece(base + start..base + text.len(), None);
        }
    }

    /// Keeps `range` of the source, or puts `becomes` in its place.
    fn piece(&mut self, range: Range<usize>, becomes: Option<Cow<'static, str>>) {
        let kept = self.source.get(range.clone()).unwrap_or_default();
        let becomes = becomes.or_else(|| raised(kept).filter(|_| self.stack.top().raised));
        let shown = becomes.as_deref().unwrap_or(kept);
        let rest = || self.source.get(range.end..).unwrap_or_default();
        let mut between: Cow<'static, str> = match (self.gap, self.len) {
            // No digit of a day follows its second one: the next span tells something else.
            (Gap::None, _)
                if self.is_behind_day && shown.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                " ".into()
            }
            (Gap::None, _) | (_, 0) => "".into(),
            (Gap::Space, _) if self.is_broken && is_joined(self.last, shown) => "".into(),
            (Gap::Space, _) => " ".into(),
            (Gap::Cell, _) => self.grids.tabs().into(),
            (Gap::Line, _) => match self.grids.tabs_in_front(self.stack.top().in_cell, rest) {
                "" if self.n_spaces == 0 => "\n".into(),
                "" => format!("\n{}", " ".repeat(self.n_spaces)).into(),
                tabs => format!("\n{tabs}").into(),
            },
        };
        self.grids.words(shown);
        let n_gap = between.len();
        if let Some(number) = self.number.take()
            && !shows_number(shown)
        {
            between = format!("{between}{number}.").into();
        }
        let start = self.len + if self.gap >= Gap::Cell { n_gap } else { 0 };
        let n_shown = between.len() + shown.len();
        if self.done < range.start || !between.is_empty() {
            self.out.replace(self.done..range.start, &between);
        }
        let top = self.stack.top();
        let block = self.block.get_or_insert(Block {
            range: start..start,
            container: u32::try_from(top.container).unwrap_or_default(),
            is_heading: top.heading,
            n_link: 0,
            n_bold: 0,
            n_bold_start: 0,
            is_bold: true,
        });
        let n_bytes = u32::try_from(shown.len()).unwrap_or(u32::MAX);
        if top.link {
            block.n_link = block.n_link.saturating_add(n_bytes);
        }
        if top.bold {
            block.n_bold = block.n_bold.saturating_add(n_bytes);
        }
        if block.is_bold {
            let n_chars = shown.chars().filter(|c| !c.is_whitespace()).count();
            block.is_bold = top.bold || n_chars == 0;
            if block.is_bold {
                let n_chars = u32::try_from(n_chars).unwrap_or(u32::MAX);
                block.n_bold_start = block.n_bold_start.saturating_add(n_chars);
            }
        }
        if self.href.is_some() && self.words.len() <= MAX_LINK_WORDS {
            self.words.push_str(shown);
        }
        self.len += n_shown;
        self.n_spaces = 0;
        self.is_broken = false;
        self.is_behind_day = ends_with_day(shown);
        self.last = shown.chars().next_back().unwrap_or(self.last);
        self.gap = Gap::None;
        self.done = range.end;
        if let Some(becomes) = becomes {
            self.out.replace(range, &becomes);
        }
    }

    pub(super) fn finish(mut self) -> (Edited, Page) {
        self.close_block();
        self.keep_hidden(self.source.len());
        if self.done < self.source.len() {
            self.out.replace(self.done..self.source.len(), "");
        }
        let n_blocks = self.page.blocks.len();
        for open in self.stack.containers() {
            if let Some(container) = self.page.containers.get_mut(open) {
                container.blocks.end = n_blocks;
            }
        }
        (self.out.finish(), self.page)
    }
}

/// A number above the line: 10 with a 4 above it is not 104, and a 1 above 189 may lead to a note.
fn raised(number: &str) -> Option<Cow<'static, str>> {
    let raise = |c: char| match c {
        '0' => Some('⁰'),
        '1' => Some('¹'),
        '2' => Some('²'),
        '3' => Some('³'),
        '4'..='9' => char::from_u32(c as u32 - '0' as u32 + '⁰' as u32),
        '-' | '−' => Some('⁻'),
        '+' => Some('⁺'),
        _ => None,
    };
    let raised: Option<String> = number.chars().map(raise).collect();
    raised.map(Cow::Owned)
}

/// True for words that end with a day whose every digit is there: 2013-01-20.
fn ends_with_day(words: &str) -> bool {
    let bytes = words.as_bytes();
    let day = bytes
        .get(bytes.len().saturating_sub(10)..)
        .unwrap_or_default();
    let is_part = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
    match day {
        [year @ .., b'-' | b'/', m1, m2, b'-' | b'/', d1, d2] => {
            year.len() == 4 && is_part(year) && is_part(&[*m1, *m2, *d1, *d2])
        }
        _ => false,
    }
}

/// True where a line of the source ends between `last` and `next` as it does between any two characters
/// of a Chinese sentence.
fn is_joined(last: char, next: &str) -> bool {
    let is_wide = |c: char| matches!(c, '\u{3001}'..='\u{303f}' | '\u{3400}'..='\u{9fff}' | '\u{ff01}'..='\u{ff5e}' | '“' | '”' | '…' | '—');
    let next = next.chars().next().unwrap_or(' ');
    let goes_on = |c: char| is_wide(c) || c.is_ascii_digit();
    is_wide(last) && goes_on(next) || goes_on(last) && (is_wide(next) || next == '%')
}

/// A text that starts with a number of its own needs none from the list.
fn shows_number(text: &str) -> bool {
    let text = text
        .trim_start()
        .trim_start_matches(['(', '（', '第', '【', '[']);
    let first = text.chars().next();
    first.is_some_and(|c| c.is_numeric() || "一二三四五六七八九十".contains(c))
}

/// The words of class, id and role, in lower case.
fn names(tag: &Tag<'_>) -> String {
    let mut names = String::new();
    for name in ["class", "id", "role"]
        .iter()
        .filter_map(|name| tag.get(name))
    {
        if !names.is_empty() {
            names.push(' ');
        }
        names.push_str(name);
    }
    names.make_ascii_lowercase();
    names
}
