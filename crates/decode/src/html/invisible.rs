//! Elements that a browser does not show: by their own style, by the style sheet of the page, or by a
//! class that is hidden wherever it is used.
//!
//! Sites put such words between those of an article, so that whoever copies it copies their name.

use std::collections::HashMap;

use super::tags::Effect;
use super::tokens::Tag;

/// Classes whose style stands in a file of its own: anti-copy words of Discuz, and words for screen readers.
const HIDDEN_CLASSES: &[&str] = &["jammer", "sr-only", "visually-hidden"];

/// Letters of fewer pixels are no letters to read.
const LEAST_PIXELS: f32 = 3.0;

/// What stands so many pixels outside of the page is not on it.
const FAR_PIXELS: f32 = -500.0;

/// More rules than a page needs that hides words.
const MAX_RULES: usize = 4096;

/// What the style sheets of a page hide by class or id.
#[derive(Debug, Default)]
pub(super) struct StyleSheet(HashMap<String, Shown>);

/// What a style says of whether words are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    /// Not where the style says so.
    Never,
    /// Not now; whole articles wait so for a script.
    NotYet,
    Yes,
}

impl StyleSheet {
    /// Takes in the rules of `sheet` that name a class or an id and nothing around it. What holds on other
    /// media is passed over.
    pub(super) fn read(&mut self, sheet: &str) {
        let mut rest = sheet;
        while let Some((selectors, behind)) = rest.split_once('{') {
            let selectors = selectors
                .rsplit(['}', ';'])
                .next()
                .unwrap_or_default()
                .trim();
            if selectors.starts_with('@') {
                rest = behind_block(behind);
                continue;
            }
            let (style, behind) = behind.split_once('}').unwrap_or((behind, ""));
            rest = behind;
            let Some(shown) = shown(style) else { continue };
            for selector in selectors.split(',') {
                let name = simple(selector.trim());
                if let Some(name) = name.filter(|_| self.0.len() < MAX_RULES) {
                    self.0.insert(name.to_owned(), shown);
                }
            }
        }
    }

    /// True when nothing in the element of `tag` can be seen, whatever stands around it.
    pub(super) fn hides(&self, tag: &Tag<'_>, effect: Effect) -> bool {
        if !tag.has_attributes() {
            return false;
        }
        if tag.get("hidden").is_some() {
            return true;
        }
        let hides = |shown: Shown| match shown {
            Shown::Never => true,
            Shown::NotYet => matches!(effect, Effect::Inline | Effect::Block),
            Shown::Yes => false,
        };
        if let Some(shown) = tag.get("style").and_then(shown) {
            return hides(shown);
        }
        let classes = || {
            tag.get("class")
                .unwrap_or_default()
                .split_ascii_whitespace()
        };
        if classes().any(|class| HIDDEN_CLASSES.contains(&class)) {
            return true;
        }
        if self.0.is_empty() {
            return false;
        }
        let id = tag.get("id").map(|id| format!("#{id}"));
        let of_class = classes().filter_map(|class| self.0.get(&format!(".{class}")));
        let mut told = of_class.chain(id.and_then(|id| self.0.get(&id)));
        // A sheet tells of containers what scripts change; of words inside a line it tells what they are.
        effect != Effect::Container && told.any(|&shown| hides(shown))
    }
}

/// True for words in the colour of paper. On a dark ground they can be seen, so what stands around
/// decides.
pub(super) fn is_white(tag: &Tag<'_>) -> bool {
    let is_told = |colour: &str| is_paper(colour) && !matches!(colour.trim(), "" | "none");
    let of_font = tag.get("color").is_some_and(is_told);
    let style = tag.get("style").unwrap_or_default();
    let value = |wanted: &str| {
        let mut declarations = style.split(';').filter_map(|one| one.split_once(':'));
        let found = declarations.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value)
    };
    let is_white = of_font || value("color").is_some_and(is_told);
    is_white && !has_ground(tag)
}

/// True when what stands in the element of `tag` may have a ground of its own.
pub(super) fn has_ground(tag: &Tag<'_>) -> bool {
    let of_style = tag.get("style").is_some_and(|style| {
        let declarations = style.split(';').filter_map(|one| one.split_once(':'));
        let mut grounds = declarations.filter(|(name, value)| {
            let name = name.trim().to_ascii_lowercase();
            name.starts_with("background") && !is_paper(value)
        });
        grounds.next().is_some()
    });
    let of_tag = ["bgcolor", "background"]
        .iter()
        .filter_map(|name| tag.get(name));
    of_style || of_tag.into_iter().any(|value| !is_paper(value))
}

fn is_paper(colour: &str) -> bool {
    let colour: String = colour
        .trim()
        .to_ascii_lowercase()
        .split_whitespace()
        .collect();
    let colour = colour.trim_end_matches("!important");
    matches!(
        colour,
        "#fff"
            | "#ffffff"
            | "white"
            | "rgb(255,255,255)"
            | "fff"
            | "ffffff"
            | "transparent"
            | "none"
            | ""
    )
}

/// What is behind the block that begins `rest`, and all blocks in it.
fn behind_block(rest: &str) -> &str {
    let mut depth = 1usize;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return rest.get(at + 1..).unwrap_or_default();
        }
    }
    ""
}

/// The class or id of `span.jm`, `.jm` or `#jm`, with its sign; nothing of what is more.
fn simple(selector: &str) -> Option<&str> {
    let at = selector.find(['.', '#'])?;
    let (element, name) = selector.split_at_checked(at)?;
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    (is_name(name.get(1..)?) && (element.is_empty() || is_name(element))).then_some(name)
}

/// Whether what has the declarations of `style` can be seen; `None` when they say nothing of that.
fn shown(style: &str) -> Option<Shown> {
    let mut told = None;
    let (mut out_of_flow, mut clips) = (false, false);
    let (mut is_far, mut is_flat) = (false, false);
    for declaration in style.split(';') {
        let Some((name, value)) = declaration.split_once(':') else {
            continue;
        };
        let name = name.trim().to_ascii_lowercase();
        let value = value.trim().to_ascii_lowercase();
        let value = value.trim_end_matches("!important").trim_end();
        let pixels = || pixels(value);
        match name.as_str() {
            "display" if value == "none" => told = Some(Shown::Never),
            "display" if told != Some(Shown::NotYet) => told = Some(Shown::Yes),
            "visibility" if value == "hidden" => told = Some(Shown::NotYet),
            "opacity" if pixels() == Some(0.0) => told = Some(Shown::NotYet),
            "font-size" if pixels().is_some_and(|n| n < LEAST_PIXELS) => told = Some(Shown::NotYet),
            "position" => out_of_flow = matches!(value, "absolute" | "fixed"),
            "overflow" => clips = value == "hidden",
            "left" | "top" | "right" | "margin-left" => {
                is_far |= pixels().is_some_and(|n| n <= FAR_PIXELS);
            }
            "width" | "height" | "max-height" | "line-height" => is_flat |= pixels() == Some(0.0),
            _ => {}
        }
    }
    match is_far && out_of_flow || is_flat && clips {
        true => Some(Shown::Never),
        false => told,
    }
}

/// The number of `12px`, `12pt` or `0`; none of what is relative, unless it is 0.
fn pixels(value: &str) -> Option<f32> {
    let end = value.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-'));
    let (number, unit) = value.split_at_checked(end.unwrap_or(value.len()))?;
    let number: f32 = number.parse().ok()?;
    (matches!(unit.trim(), "" | "px" | "pt") || number == 0.0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;

    #[test]
    fn words_that_are_hidden_by_their_style_are_gone() {
        for style in [
            "display:none",
            "DISPLAY : none !important",
            "position:absolute;left:-9999px",
            "position:fixed; top:-2000px",
            "opacity:0",
            "width:0;height:0;overflow:hidden;display:inline-block",
            "visibility:hidden",
            "font-size:0px",
            "font-size:0",
            "color:#fff;font-size:1px",
        ] {
            let page = format!("<p>拆除<span style='{style}'>好文</span>D级危房3处</p>");
            assert_eq!(lines(&page), "拆除D级危房3处", "{style}");
        }
    }

    #[test]
    fn white_words_inside_a_sentence_are_gone() {
        for tag in [
            "<span style='color:#FFFFFF'>",
            "<font color=white>",
            "<span style='font-size:9pt; color: #fff'>",
        ] {
            let page =
                |text: &str| lines(&text.replace("<x>", tag).replace("</x>", "</span></font>"));
            assert_eq!(
                page("<p>提高入学<x>* 9 r. X</x>率，新建</p>"),
                "提高入学率，新建",
                "{tag}"
            );
            assert_eq!(page("<p><x>青禾县</x>教育局</p>"), "青禾县教育局");
            let dark = "<table><tr><td bgcolor=#c00>青禾县<x>教育局</x></td></tr></table>";
            assert_eq!(page(dark), "青禾县教育局");
            let dark = "<div style='background:#006'>青禾县<x>教育局</x>";
            assert_eq!(page(dark), "青禾县教育局");
            assert_eq!(page("<p>总结<br><x>教育局</x></p>"), "总结\n教育局");
        }
    }

    #[test]
    fn words_that_are_seen_stay() {
        for style in [
            "display:inline",
            "opacity:0.9",
            "font-size:0.9em",
            "font-size:12px",
            "position:absolute;left:20px",
            "overflow:hidden;height:20px",
            "text-indent:-28px",
            "line-height:0",
        ] {
            let page = format!("<p>拆除<span style='{style}'>全县</span>危房</p>");
            assert_eq!(lines(&page), "拆除全县危房", "{style}");
        }
    }

    #[test]
    fn the_style_sheet_of_the_page_tells_what_is_hidden() {
        let page = |sheet: &str, tag: &str| {
            let html = format!("<style>{sheet}</style><p>拆除{tag}好文</span>危房</p>");
            lines(&html)
        };
        for (sheet, tag) in [
            (".jm{display:none}", "<span class=jm>"),
            (
                "p{margin:0} .a,span.jm { color:red;\n display:none }",
                "<span class='b jm'>",
            ),
            ("#x9{display:none}", "<span id=x9>"),
            ("@charset 'utf-8'; .jm{font-size:0}", "<span class=jm>"),
            ("", "<span class=jammer>"),
        ] {
            assert_eq!(page(sheet, tag), "拆除危房", "{sheet}");
        }
        for (sheet, tag) in [
            (".jm{display:none}", "<span class=jmx>"),
            (".jm{display:none} .jm{display:inline}", "<span class=jm>"),
            (
                "@media print{.jm{display:none}} .b{color:red}",
                "<span class=jm>",
            ),
            (".menu .jm{display:none}", "<span class=jm>"),
            (".jm:hover{display:none}", "<span class=jm>"),
            (
                ".jm{display:none}",
                "<span class=jm style='display:inline'>",
            ),
        ] {
            assert_eq!(page(sheet, tag), "拆除好文危房", "{sheet}");
        }
    }

    #[test]
    fn an_article_that_a_script_will_show_is_read() {
        let html =
            "<style>.article{display:none}</style><h1>总结</h1><div class=article><p>甲</p></div>";
        assert_eq!(lines(html), "总结\n甲");
    }
}
