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

/// The effect of a tag, by its lower-case name. Unknown tags run on, as in browsers.
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
        | "video" | "map" | "rt" | "rp" | "rtc" | "noframes" | "label" | "marquee" => {
            Effect::Hidden
        }
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
