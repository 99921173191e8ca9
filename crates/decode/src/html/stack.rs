//! The open elements.

use super::Tag;
use super::tags::{self, Effect};

/// Deeper elements are read as text of the element at this depth. Real pages stay below 100.
const MAX_DEPTH: usize = 512;

/// An element that is open now.
pub(super) struct Open {
    pub(super) name: String,
    pub(super) effect: Effect,
    /// The innermost container, itself included.
    pub(super) container: usize,
    /// That container is this element.
    pub(super) owns_container: bool,
    /// The next number of an `<ol>`.
    pub(super) number: Option<i64>,
    /// Nothing in it can be seen.
    pub(super) hidden: bool,
    /// White space stands as it is.
    pub(super) pre: bool,
    /// The text is a link.
    pub(super) link: bool,
    /// It is a heading.
    pub(super) heading: bool,
}

/// Open elements, outermost first; never empty.
pub(super) struct Stack {
    open: Vec<Open>,
    /// Elements that were too deep to be kept.
    n_beyond: usize,
}

impl Stack {
    pub(super) fn new() -> Self {
        let root = Open {
            name: String::new(),
            effect: Effect::Container,
            container: 0,
            owns_container: true,
            number: None,
            hidden: false,
            pre: false,
            link: false,
            heading: false,
        };
        Stack {
            open: vec![root],
            n_beyond: 0,
        }
    }

    pub(super) fn top(&self) -> &Open {
        self.open.last().expect("the root is never taken off")
    }

    /// True when an element called `name` is open.
    pub(super) fn has(&self, name: &str) -> bool {
        self.open.iter().any(|open| open.name == name)
    }

    /// The containers of all open elements.
    pub(super) fn containers(&self) -> impl Iterator<Item = usize> {
        self.open
            .iter()
            .filter(|open| open.owns_container)
            .map(|open| open.container)
    }

    /// The list that an item at the top belongs to.
    pub(super) fn list(&mut self) -> Option<&mut Open> {
        let is_list = |open: &&mut Open| matches!(open.name.as_str(), "ol" | "ul" | "menu");
        self.open.iter_mut().rev().take(8).find(is_list)
    }

    /// Opens the element of `tag` inside the top one. False when it is too deep to be kept.
    pub(super) fn push(&mut self, tag: &Tag, effect: Effect, container: Option<usize>) -> bool {
        if self.open.len() >= MAX_DEPTH {
            self.n_beyond += 1;
            return false;
        }
        let parent = self.top();
        let name = tag.name.as_str();
        let start = || tag.get("start").and_then(|start| start.trim().parse().ok());
        let open = Open {
            effect,
            container: container.unwrap_or(parent.container),
            owns_container: container.is_some(),
            number: (name == "ol").then(|| start().unwrap_or(1)),
            hidden: parent.hidden || effect == Effect::Hidden || is_hidden(tag),
            pre: parent.pre || name == "pre",
            link: parent.link || (name == "a" && tag.get("href").is_some()),
            heading: parent.heading || matches!(name, "h1" | "h2" | "h3" | "h4"),
            name: name.to_owned(),
        };
        self.open.push(open);
        true
    }

    /// True when the start tag `name` ends something that nobody closed.
    pub(super) fn unclosed_by(&self, name: &str) -> Option<String> {
        // Few levels are enough: inline elements between <li> and the next <li>.
        for open in self.open.iter().skip(1).rev().take(8) {
            if tags::closes(name, &open.name) {
                return Some(open.name.clone());
            }
            if tags::is_border(&open.name) {
                return None;
            }
        }
        None
    }

    /// Closes the innermost `name` and everything in it; returns the closed elements, innermost
    /// first. An end tag that closes nothing is passed over.
    pub(super) fn pop(&mut self, name: &str) -> Vec<Open> {
        if self.n_beyond > 0 {
            self.n_beyond -= 1;
            return Vec::new();
        }
        let Some(at) = self.open.iter().skip(1).rposition(|open| open.name == name) else {
            return Vec::new();
        };
        // An inline element does not close the block around it: <p><b></p></b>.
        let is_inline = tags::effect(name) == Effect::Inline;
        let over = self.open.iter().skip(at + 2);
        if is_inline && over.clone().any(|open| open.effect == Effect::Container) {
            return Vec::new();
        }
        self.open.drain(at + 1..).rev().collect()
    }
}

/// `hidden`, `display:none` and their like.
fn is_hidden(tag: &Tag) -> bool {
    if tag.get("hidden").is_some() {
        return true;
    }
    let Some(style) = tag.get("style") else {
        return false;
    };
    let style: String = style
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_lowercase())
        .collect();
    // `visibility:hidden` is how pages wait for a script before they show their article.
    style.contains("display:none")
}
