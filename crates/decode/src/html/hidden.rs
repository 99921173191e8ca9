//! The article of a page that shows none: a script takes it from a hidden element or from a string
//! of its own when the page is opened.

use std::borrow::Cow;
use std::ops::Range;

use taosha_core::{Edit, Edited};

use super::blocks::Hidden;
use super::references;
use super::tokens::Tag;

/// The HTML that `hidden` holds, or nothing when no text in it has `least` characters. `page` is the
/// whole page.
pub(super) fn html(page: &Edited, hidden: &Hidden, least: usize) -> Option<Edited> {
    let range = match hidden.is_code {
        true => longest_string(page.text(), hidden.range.clone())?,
        false => hidden.range.clone(),
    };
    let content = page.text().get(range.clone())?;
    if n_beyond_ascii(content, hidden.is_code) < least {
        return None;
    }
    let mut edits = vec![Edit::cut(0..range.start)];
    if hidden.is_code {
        unescape(content, range.start, &mut edits);
    }
    edits.push(Edit::cut(range.end..page.text().len()));
    let found = page.clone().apply(&edits);
    Some(match is_encoded(found.text()) {
        true => decoded(found),
        false => found,
    })
}

/// The string literal in `range` of `source` that says most: JSON, or a program that writes the
/// page.
fn longest_string(source: &str, range: Range<usize>) -> Option<Range<usize>> {
    let bytes = source.as_bytes().get(range.clone())?;
    let mut best = (0, 0..0);
    let mut at = 0;
    while let Some(&quote) = bytes.get(at) {
        at += 1;
        if !matches!(quote, b'"' | b'\'' | b'`') {
            continue;
        }
        let start = at;
        // A line end in a plain string: the quote was none.
        while let Some(&byte) = bytes.get(at).filter(|&&byte| byte != quote) {
            if byte == b'\n' && quote != b'`' {
                break;
            }
            at += if byte == b'\\' { 2 } else { 1 };
        }
        let end = at.min(bytes.len());
        at += usize::from(bytes.get(at) == Some(&quote));
        let string = range.start + start..range.start + end;
        let n_chars = source
            .get(string.clone())
            .map_or(0, |words| n_beyond_ascii(words, true));
        if n_chars > best.0 {
            best = (n_chars, string);
        }
    }
    (best.0 > 0).then_some(best.1)
}

/// Resolves the escapes of `string`, which starts at byte `base` of its page.
fn unescape(string: &str, base: usize, edits: &mut Vec<Edit>) {
    // In HTML a line end is white space.
    let is_html = string.contains("<p") || string.contains("<br") || string.contains("\\u003c");
    let line_end = if is_html { "\n" } else { "<br>" };
    let mut at = 0;
    while let Some(found) = string.get(at..).and_then(|rest| rest.find('\\')) {
        let start = at + found;
        let escape = string.get(start + 1..).unwrap_or_default();
        let Some(letter) = escape.chars().next() else {
            return;
        };
        let (len, becomes): (usize, Cow<'static, str>) = match letter {
            'n' => (1, line_end.into()),
            'r' | 'b' | 'f' => (1, "".into()),
            't' => (1, " ".into()),
            'u' => match code_point(escape) {
                Some((len, c)) => (len, c.to_string().into()),
                None => (1, "u".into()),
            },
            other => (other.len_utf8(), other.to_string().into()),
        };
        at = start + 1 + len;
        edits.push(Edit::replace(base + start..base + at, becomes));
    }
}

/// The character of `u4e00`, or of `ud83d\ude00`, and how many bytes tell it.
fn code_point(escape: &str) -> Option<(usize, char)> {
    let unit = |from: usize| u16::from_str_radix(escape.get(from..from + 4)?, 16).ok();
    let first = unit(1)?;
    if let Some(c) = char::from_u32(u32::from(first)) {
        return Some((5, c));
    }
    escape.get(5..7).filter(|next| *next == "\\u")?;
    let pair = char::decode_utf16([first, unit(7)?]).next()?.ok()?;
    Some((11, pair))
}

/// True when tags are written `&lt;p&gt;`, as in a text area that a script reads.
fn is_encoded(html: &str) -> bool {
    ["&lt;p", "&lt;br", "&lt;div"]
        .iter()
        .any(|tag| html.contains(tag))
}

fn decoded(html: Edited) -> Edited {
    let (mut edits, mut at) = (Vec::new(), 0);
    while let Some((range, stands_for)) = references::next(html.text(), at) {
        at = range.end;
        edits.push(Edit::replace(range, stands_for));
    }
    html.apply(&edits)
}

/// A script, unless it is of a type that browsers do not run: `text/html`, `text/x-template`.
pub(super) fn is_code(name: &str, tag: &Tag<'_>) -> bool {
    let kind = tag.get("type").unwrap_or_default().to_ascii_lowercase();
    name == "script" && !kind.contains("html") && !kind.contains("template")
}

/// About how many characters of `text` are not ASCII; in code they may be written `\u4e00`.
pub(super) fn n_beyond_ascii(text: &str, is_code: bool) -> usize {
    // Characters of three bytes: Han, and the signs around it.
    let n_leads = text.bytes().filter(|byte| *byte >= 0xE0).count();
    let n_escapes = match is_code {
        true => text.matches("\\u").count(),
        false => 0,
    };
    n_leads + n_escapes
}

#[cfg(test)]
mod tests {
    use super::super::{read, tests::lines};
    use taosha_core::{Edited, Map};

    const WORDS: &str =
        "青禾县教育局坚持以人民为中心，全面贯彻党的教育方针，各项工作取得了新的进展。";

    #[test]
    fn an_article_in_a_text_area_or_template_is_read() {
        let article = format!("<p>{WORDS}</p><p>{WORDS}</p>");
        for (open, close) in [
            ("<textarea style='display:none'>", "</textarea>"),
            ("<script type=text/html>", "</script>"),
            ("<template>", "</template>"),
            ("<div style='display:none'>", "</div>"),
        ] {
            let page =
                format!("<title>总结</title><a href=/>首页</a>{open}{article}{close}<p>版权所有");
            assert_eq!(lines(&page), format!("{WORDS}\n{WORDS}"), "{open}");
        }
        let encoded = article.replace('<', "&lt;").replace('>', "&gt;");
        let page = format!("<textarea>{encoded}</textarea>");
        assert_eq!(lines(&page), format!("{WORDS}\n{WORDS}"));
    }

    #[test]
    fn an_article_in_a_string_of_a_script_keeps_its_bytes() {
        let page = format!(
            "<script>var a = {{\"title\": \"总结\", \"body\": \"\\u003cp>{WORDS}<\\/p>\\n<p>\\u4e00、{WORDS}\"}}</script>"
        );
        let (edited, ..) = read(Edited::new(page.clone(), Map::identity(page.len())));
        assert_eq!(edited.text(), format!("{WORDS}\n一、{WORDS}"));
        let at = edited.text().find('一').unwrap();
        let raw = edited.raw_range(at..at + 3);
        assert_eq!(page.get(raw), Some("\\u4e00"));
        let page = format!("<script>{{\"articleBody\":\"{WORDS}\\n{WORDS}\"}}</script>");
        assert_eq!(lines(&page), format!("{WORDS}\n{WORDS}"));
    }

    #[test]
    fn a_page_with_an_article_keeps_its_hidden_texts_hidden() {
        let article = format!("<p>{WORDS}</p>").repeat(2);
        let page = format!(
            "{article}<div style='display:none'>{}</div>",
            article.repeat(2)
        );
        assert_eq!(lines(&page), format!("{WORDS}\n{WORDS}"));
    }
}
