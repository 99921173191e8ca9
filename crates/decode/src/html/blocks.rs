//! Pieces of visible text and the containers they stand in, made while the tags go by.

use std::borrow::Cow;
use std::ops::Range;

use taosha_core::Edit;

use super::stack::Stack;
use super::tags::{self, Effect};
use super::{Tag, references};

/// A piece of visible text that no tag of its own line divides: a paragraph, a line, a cell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    /// Bytes of the text.
    pub(crate) range: Range<usize>,
    /// The innermost container.
    pub(crate) container: usize,
    /// Bytes of it that are links.
    pub(crate) n_link: usize,
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
    /// Its tag and the words of its class and id, in lower case.
    pub(crate) tag: String,
    pub(crate) names: String,
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

pub(super) struct Builder<'a> {
    source: &'a str,
    /// Where reading goes on, and up to where the source is kept or replaced.
    at: usize,
    done: usize,
    edits: Vec<Edit>,
    /// Length of the text so far.
    len: usize,
    gap: Gap,
    block: Option<Block>,
    /// The number an `<li>` waits to show.
    number: Option<i64>,
    stack: Stack,
    page: Page,
    href: Option<String>,
    words: String,
}

impl<'a> Builder<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        let page = Page {
            containers: vec![Container::default()],
            ..Page::default()
        };
        Builder {
            source,
            at: 0,
            done: 0,
            edits: Vec::new(),
            len: 0,
            gap: Gap::None,
            block: None,
            number: None,
            stack: Stack::new(),
            page,
            href: None,
            words: String::new(),
        }
    }

    pub(super) fn skip_to(&mut self, at: usize) {
        self.at = self.at.max(at);
    }

    pub(super) fn start_tag(&mut self, tag: &Tag) {
        let name = tag.name.as_str();
        while let Some(unclosed) = self.stack.unclosed_by(name) {
            self.end_tag(&unclosed);
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
        let holds =
            matches!(effect, Effect::Container | Effect::Cell) || name == "p" || name == "li";
        let named = tag.get("class").is_some() || tag.get("id").is_some();
        let (hidden, parent) = (self.stack.top().hidden, self.stack.top().container);
        let holds = !hidden && (holds || (named && effect != Effect::Inline));
        let container = holds.then_some(self.page.containers.len());
        if !self.stack.push(tag, effect, container) {
            return;
        }
        if container.is_some() {
            let names = [tag.get("class"), tag.get("id"), tag.get("role")];
            let names = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
            let n_blocks = self.n_blocks();
            self.page.containers.push(Container {
                parent,
                blocks: n_blocks..n_blocks,
                tag: name.to_owned(),
                names: names.to_ascii_lowercase(),
            });
        }
        if name == "a" {
            self.href = tag.get("href").map(str::to_owned);
            self.words.clear();
        }
    }

    /// Blocks so far, the open one included when it cannot grow any more.
    fn n_blocks(&self) -> usize {
        self.page.blocks.len() + usize::from(self.block.is_some())
    }

    pub(super) fn end_tag(&mut self, name: &str) {
        if name == "br" || name == "p" && !self.stack.has("p") {
            self.widen(Effect::Break);
            return;
        }
        for closed in self.stack.pop(name) {
            if !closed.hidden {
                self.widen(match closed.effect {
                    Effect::Cell => Effect::Inline,
                    effect => effect,
                });
            }
            match closed.name.as_str() {
                "a" => self.link(),
                "li" => self.number = None,
                _ => {}
            }
            let n_blocks = self.n_blocks();
            if closed.owns_container
                && let Some(container) = self.page.containers.get_mut(closed.container)
            {
                container.blocks.end = n_blocks;
            }
        }
    }

    fn widen(&mut self, effect: Effect) {
        if self.stack.top().hidden {
            return;
        }
        let gap = match effect {
            Effect::Block | Effect::Container | Effect::Break => Gap::Line,
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

    fn meta(&mut self, tag: &Tag) {
        let name = tag
            .get("name")
            .or(tag.get("property"))
            .or(tag.get("itemprop"));
        if let (Some(name), Some(content)) = (name, tag.get("content"))
            && self.page.metas.len() < MAX_NOTES
        {
            self.page
                .metas
                .push((name.to_ascii_lowercase(), content.trim().to_owned()));
        }
    }

    fn link(&mut self) {
        let Some(href) = self.href.take() else { return };
        let words = self.words.trim();
        if !words.is_empty() && words.len() <= MAX_LINK_WORDS && self.page.links.len() < MAX_NOTES {
            self.page.links.push((words.to_owned(), href));
        }
    }

    /// Takes in the text up to `end`, where a tag starts.
    pub(super) fn text(&mut self, end: usize) {
        let from = self.at;
        self.at = end.max(from);
        let Some(text) = self.source.get(from..end).filter(|text| !text.is_empty()) else {
            return;
        };
        let top = self.stack.top();
        if top.effect == Effect::Title && self.page.title.is_none() {
            self.page.title = Some(resolved(text));
        }
        if top.hidden || top.effect == Effect::Title {
            return;
        }
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
        let shown = becomes.as_deref().unwrap_or(kept);
        let mut between = match (self.gap, self.len) {
            (Gap::None, _) | (_, 0) => String::new(),
            (Gap::Space, _) => " ".to_owned(),
            (Gap::Cell, _) => "\t".to_owned(),
            (Gap::Line, _) => "\n".to_owned(),
        };
        let n_gap = between.len();
        if let Some(number) = self.number.take()
            && !shows_number(shown)
        {
            between.push_str(&format!("{number}."));
        }
        let start = self.len + if self.gap >= Gap::Cell { n_gap } else { 0 };
        let n_shown = between.len() + shown.len();
        if self.done < range.start || !between.is_empty() {
            self.edits
                .push(Edit::replace(self.done..range.start, between));
        }
        let top = self.stack.top();
        let block = self.block.get_or_insert(Block {
            range: start..start,
            container: top.container,
            is_heading: top.heading,
            n_link: 0,
        });
        if top.link {
            block.n_link += shown.len();
        }
        if self.href.is_some() && self.words.len() <= MAX_LINK_WORDS {
            self.words.push_str(shown);
        }
        self.len += n_shown;
        self.gap = Gap::None;
        self.done = range.end;
        if let Some(becomes) = becomes {
            self.edits.push(Edit::replace(range, becomes));
        }
    }

    pub(super) fn finish(mut self) -> (Vec<Edit>, Page) {
        self.close_block();
        if self.done < self.source.len() {
            self.edits.push(Edit::cut(self.done..self.source.len()));
        }
        let n_blocks = self.page.blocks.len();
        for open in self.stack.containers() {
            if let Some(container) = self.page.containers.get_mut(open) {
                container.blocks.end = n_blocks;
            }
        }
        (self.edits, self.page)
    }
}

/// A text that starts with a number of its own needs none from the list.
fn shows_number(text: &str) -> bool {
    let text = text
        .trim_start()
        .trim_start_matches(['(', '（', '第', '【', '[']);
    let first = text.chars().next();
    first.is_some_and(|c| c.is_numeric() || "一二三四五六七八九十".contains(c))
}

fn resolved(text: &str) -> String {
    let (mut resolved, mut at) = (String::new(), 0);
    while let Some((range, stands_for)) = references::next(text, at) {
        resolved.push_str(text.get(at..range.start).unwrap_or_default());
        resolved.push_str(&stands_for);
        at = range.end;
    }
    resolved.push_str(text.get(at..).unwrap_or_default());
    resolved.split_whitespace().collect::<Vec<_>>().join(" ")
}
