//! The open elements.

use super::invisible::has_ground;
use super::tags::{self, Effect};
use super::tokens::Tag;

/// Deeper elements are read as text of the element at this depth. Real pages stay below 100.
const MAX_DEPTH: usize = 512;

/// An element that is open now.
pub(super) struct Open<'a> {
    /// Canonical.
    pub(super) name: &'a str,
    pub(super) effect: Effect,
    /// The innermost container, itself included.
    pub(super) container: usize,
    /// That container is this element.
    pub(super) owns_container: bool,
    /// The next number of an `<ol>`.
    pub(super) number: Option<i64>,
    /// Nothing in it can be seen.
    pub(super) hidden: bool,
    /// It is the outermost of the hidden elements it is in.
    pub(super) hides: bool,
    /// White space stands as it is.
    pub(super) pre: bool,
    /// The text is a link.
    pub(super) link: bool,
    /// It is a heading.
    pub(super) heading: bool,
    /// Its letters are bold.
    pub(super) bold: bool,
    /// Its letters stand above the line.
    pub(super) raised: bool,
    /// It is in a cell of a table whose paragraphs are no lines of their own.
    pub(super) in_cell: bool,
    /// It, or what it is in, has a ground of its own.
    pub(super) has_ground: bool,
}

/// Open elements, outermost first; never empty.
pub(super) struct Stack<'a> {
    open: Vec<Open<'a>>,
    /// Elements that were too deep to be kept.
    n_beyond: usize,
}

impl<'a> Stack<'a> {
    pub(super) fn new() -> Self {
        let root = Open {
            name: "",
            effect: Effect::Container,
            container: 0,
            owns_container: true,
            number: None,
            hidden: false,
            hides: false,
            pre: false,
            link: false,
            heading: false,
            bold: false,
            raised: false,
            in_cell: false,
            has_ground: false,
        };
        Stack {
            open: vec![root],
            n_beyond: 0,
        }
    }

    /// The top element is a cell whose paragraphs are no lines of their own.
    pub(super) fn enter_cell(&mut self) {
        if let Some(top) = self.open.last_mut() {
            top.in_cell = true;
        }
    }

    pub(super) fn top(&self) -> &Open<'a> {
        self.open.last().expect("the root is never taken off")
    }

    /// True when an element called `name` is open.
    pub(super) fn has(&self, name: &str) -> bool {
        self.open.iter().rev().any(|open| open.name == name)
    }

    /// The containers of all open elements.
    pub(super) fn containers(&self) -> impl Iterator<Item = usize> {
        self.open
            .iter()
            .filter(|open| open.owns_container)
            .map(|open| open.container)
    }

    /// The list that an item at the top belongs to.
    pub(super) fn list(&mut self) -> Option<&mut Open<'a>> {
        let is_list = |open: &&mut Open<'a>| matches!(open.name, "ol" | "ul" | "menu");
        self.open.iter_mut().rev().take(8).find(is_list)
    }

    /// Opens the element `name` of `tag` inside the top one; `hides` when nothing in it can be seen. False
    /// when it is too deep to be kept.
    pub(super) fn push(
        &mut self,
        name: &'a str,
        tag: &Tag<'_>,
        effect: Effect,
        hides: bool,
        container: Option<usize>,
    ) -> bool {
        if self.open.len() >= MAX_DEPTH {
            self.n_beyond += 1;
            return false;
        }
        let parent = self.top();
        let start = || tag.get("start").and_then(|start| start.trim().parse().ok());
        let hidden = parent.hidden || effect == Effect::Hidden || hides;
        let open = Open {
            effect,
            container: container.unwrap_or(parent.container),
            owns_container: container.is_some(),
            number: (name == "ol").then(|| start().unwrap_or(1)),
            hidden,
            hides: hidden && !parent.hidden,
            pre: parent.pre || name == "pre",
            link: parent.link || (name == "a" && tag.get("href").is_some()),
            heading: parent.heading || matches!(name, "h1" | "h2" | "h3" | "h4"),
            bold: weight(tag).unwrap_or(parent.bold || matches!(name, "b" | "strong")),
            raised: parent.raised || name == "sup",
            in_cell: parent.in_cell && name != "table",
            has_ground: parent.has_ground || name != "body" && has_ground(tag),
            name,
        };
        self.open.push(open);
        true
    }

    /// How many open elements end at the start tag `name`, because nobody closed one of them.
    pub(super) fn unclosed_by(&self, name: &str) -> usize {
        // Few levels are enough: inline elements between <li> and the next <li>.
        for (n, open) in self.open.iter().skip(1).rev().take(8).enumerate() {
            if tags::closes(name, open.name) {
                return n + 1;
            }
            if tags::is_border(open.name) {
                return 0;
            }
        }
        0
    }

    /// How many open elements end at the end tag `name`: the innermost `name` and everything in it.
    /// An end tag that closes nothing is passed over.
    pub(super) fn closed_by(&mut self, name: &str) -> usize {
        if self.n_beyond > 0 {
            self.n_beyond -= 1;
            return 0;
        }
        let mut within = self.open.iter().skip(1).rev();
        let Some(n) = within.position(|open| open.name.eq_ignore_ascii_case(name)) else {
            return 0;
        };
        // An inline element does not close the block around it: <p><b></p></b>.
        let mut within = self.open.iter().rev().take(n);
        let is_inline = tags::effect(name) == Effect::Inline;
        if is_inline && within.any(|open| open.effect == Effect::Container) {
            return 0;
        }
        n + 1
    }

    /// Takes the top element off; never the root.
    pub(super) fn pop(&mut self) -> Option<Open<'a>> {
        match self.open.len() {
            0 | 1 => None,
            _ => self.open.pop(),
        }
    }
}

/// Whether `font-weight` makes the letters bold; `None` when it is not given.
fn weight(tag: &Tag<'_>) -> Option<bool> {
    let (_, weight) = find_word(tag.get("style")?, "font-weight")?;
    let value = weight.trim_start().strip_prefix(':')?.trim_start();
    let end = value.find(|c: char| !c.is_ascii_alphanumeric());
    let value = value.get(..end.unwrap_or(value.len()))?;
    match value.to_ascii_lowercase().as_str() {
        "bold" | "bolder" => Some(true),
        "normal" | "lighter" => Some(false),
        number => number.parse().ok().map(|weight: u32| weight >= 600),
    }
}

/// What stands before and behind the ASCII `word` in `text`, in whatever case.
fn find_word<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let places = text.as_bytes().windows(word.len());
    let mut places = places.enumerate();
    let (at, _) = places.find(|(_, place)| place.eq_ignore_ascii_case(word.as_bytes()))?;
    Some((text.get(..at)?, text.get(at + word.len()..)?))
}
