//! What each tag does to the line it stands in.

/// What happens at a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// The text runs on: `<b>`.
    Inline,
    /// A line of its own: `<p>`.
    Block,
    /// A block that may hold the article: `<div>`.
    Container,
    /// Next to the cell before it.
    Cell,
    /// A line break.
    Break,
    /// Neither it nor what is in it can be seen.
    Hidden,
    /// The title of the page.
    Title,
}

/// Elements that mean something here, by the length of their names.
const KNOWN: [&[&str]; 11] = [
    &[],
    &["a", "b", "i", "p", "q", "s", "u"],
    &[
        "br", "dd", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "rp",
        "rt", "td", "th", "tr", "ul",
    ],
    &[
        "big", "col", "del", "div", "img", "ins", "map", "nav", "pre", "rtc", "sub", "sup", "svg",
        "wbr",
    ],
    &[
        "area", "base", "body", "code", "font", "form", "head", "html", "link", "main", "math",
        "menu", "meta", "ruby", "span",
    ],
    &[
        "aside", "audio", "embed", "frame", "input", "label", "param", "small", "style", "table",
        "tbody", "tfoot", "thead", "title", "track", "video",
    ],
    &[
        "button", "canvas", "center", "dialog", "figure", "footer", "header", "hgroup", "iframe",
        "keygen", "legend", "object", "option", "script", "select", "source", "strong",
    ],
    &[
        "address", "article", "bgsound", "caption", "details", "marquee", "section", "summary",
    ],
    &[
        "basefont", "datalist", "fieldset", "noframes", "noscript", "optgroup", "template",
        "textarea",
    ],
    &[],
    &["blockquote", "figcaption"],
];

/// `name` in lower case when it is known, else as it stands.
pub(super) fn canonical(name: &str) -> &str {
    known(name).unwrap_or(name)
}

/// `name` in lower case, when it is known.
pub(super) fn known(name: &str) -> Option<&'static str> {
    let alike = KNOWN.get(name.len()).copied().unwrap_or_default();
    let known = alike.iter().find(|known| known.eq_ignore_ascii_case(name));
    known.copied()
}

/// The effect of a tag, by its canonical name. Unknown tags run on, as in browsers.
pub(super) fn effect(name: &str) -> Effect {
    match name {
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "li" | "dt" | "dd" | "tr" | "pre"
        | "caption" | "figcaption" | "summary" | "legend" | "hr" | "address" => Effect::Block,
        "div" | "section" | "article" | "main" | "body" | "table" | "tbody" | "thead" | "tfoot"
        | "ul" | "ol" | "dl" | "blockquote" | "center" | "form" | "fieldset" | "figure" | "nav"
        | "header" | "footer" | "aside" | "details" | "dialog" | "html" | "menu" | "hgroup" => {
            Effect::Container
        }
        "td" | "th" => Effect::Cell,
        "br" => Effect::Break,
        "title" => Effect::Title,
        "script" | "style" | "noscript" | "template" | "iframe" | "object" | "embed" | "select"
        | "button" | "textarea" | "option" | "datalist" | "svg" | "math" | "canvas" | "audio"
        | "video" | "map" | "rt" | "rp" | "rtc" | "noframes" | "marquee" => Effect::Hidden,
        _ => Effect::Inline,
    }
}

/// Elements that never hold anything and have no end tag.
pub(super) fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
            | "basefont"
            | "bgsound"
            | "frame"
            | "keygen"
    )
}

/// True when a start tag `name` ends an open `open` that nobody closed.
pub(super) fn closes(name: &str, open: &str) -> bool {
    match open {
        "p" => !matches!(
            effect(name),
            Effect::Inline | Effect::Break | Effect::Hidden | Effect::Title
        ),
        "li" => name == "li",
        "dt" | "dd" => matches!(name, "dt" | "dd"),
        "td" | "th" => matches!(name, "td" | "th" | "tr"),
        "tr" => name == "tr",
        "option" => matches!(name, "option" | "optgroup"),
        "rt" | "rp" => matches!(name, "rt" | "rp"),
        "head" => name == "body",
        _ => false,
    }
}

/// Elements a search for an unclosed element does not look beyond.
pub(super) fn is_border(name: &str) -> bool {
    matches!(
        name,
        "table" | "ul" | "ol" | "dl" | "body" | "html" | "td" | "th" | "div"
    )
}
