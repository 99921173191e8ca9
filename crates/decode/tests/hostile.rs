//! Pages made to hurt: they are read, or refused, in one pass.
//!
//! A step that looks back at all it has seen would take hours for these, so nothing here needs a
//! clock. What they cost is told by `cargo bench -p taosha-decode --bench memory`.
#![allow(clippy::unwrap_used, reason = "a test reports and stops")]

#[path = "main_text/mod.rs"]
mod main_text;

const ARTICLE: &str = "青禾县教育局坚持以人民为中心,全面贯彻党的教育方针,各项工作取得了新的进展。";

const LONG: usize = 2 << 20;

fn many(piece: &str) -> String {
    piece.repeat(LONG / piece.len())
}

#[test]
fn an_article_before_a_flood_of_markup_is_read() {
    for piece in [
        "<",
        "</",
        "<!",
        "<!-- ",
        "<!--a--!>",
        "<p",
        "<a href=\"",
        "<a b='",
        "<title>",
        "<textarea>",
        "<script>",
        "</script>",
        "<style></styl",
        "<b><i>",
        "</p>",
        "</x>",
        "<td>",
        "<li>",
        "<p hidden>",
        "<ol><li>",
        "&amp;",
        "&amp",
        "&&",
        "&#",
        "&abc;",
        "&#x4e00;",
        "<div class=a><b>",
        "<table><tr><td>",
        "<select><option>",
    ] {
        let page = format!("<html><body><p>{ARTICLE}</p>{}", many(piece));
        let text = main_text::read(page.as_bytes());
        assert!(text.starts_with(ARTICLE), "{piece}");
    }
}

#[test]
fn an_article_behind_a_flood_of_markup_is_read() {
    for piece in [
        "<b>", "<div>", "</div>", "<!-- -->", "<p>", "<br>", "<i></b>", "<td>", "<x y=z>",
    ] {
        let page = format!("<html><body>{}<p>{ARTICLE}</p></body></html>", many(piece));
        let text = main_text::read(page.as_bytes());
        assert!(text.contains(ARTICLE), "{piece}");
    }
}

#[test]
fn a_tag_of_a_million_attributes_is_one_tag() {
    let attributes: String = (0..1_000_000).map(|n| format!(" a{n}={n}")).collect();
    let page = format!("<html><body><div{attributes}><p>{ARTICLE}</p></div></body></html>");
    assert_eq!(main_text::read(page.as_bytes()), ARTICLE);
}

#[test]
fn escapes_of_a_script_come_to_an_end() {
    for piece in [
        "\"",
        "\\",
        "\"\\u4e00",
        "'`\"",
        "\\\"",
        "\\ud83d",
        "\"一",
        "`",
    ] {
        let page = format!(
            "<html><body><p>一二三四</p><script>{}</script>",
            many(piece)
        );
        let _ = main_text::read(page.as_bytes());
    }
}
