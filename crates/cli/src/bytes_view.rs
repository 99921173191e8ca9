//! A page's own bytes, shown as what they say.

use std::fmt::Write;

use encoding_rs::{Encoding, GB18030, UTF_8};

use crate::paper::{pad, plain};

/// Bytes in a row: two rows of eight, as every other tool shows them.
const ROW: usize = 16;

/// What `bytes` say, read as `charset`; spaces and line breaks become one space.
pub(crate) fn words(bytes: &[u8], charset: &str) -> String {
    let encoding = Encoding::for_label(charset.as_bytes()).unwrap_or_else(|| likely(bytes));
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `html` without what stands between angle brackets: good enough to be recognised.
pub(crate) fn without_tags(html: &str) -> String {
    let mut is_tag = false;
    let kept = html.chars().map(|c| {
        let was_tag = is_tag;
        is_tag = (is_tag || c == '<') && c != '>';
        if was_tag || is_tag { ' ' } else { c }
    });
    let kept: String = kept.collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The charset called `name`, or the likely one when nobody knows.
pub(crate) fn charset(name: Option<&str>, bytes: &[u8]) -> &'static Encoding {
    name.and_then(|name| Encoding::for_label(name.as_bytes()))
        .unwrap_or_else(|| likely(bytes))
}

/// A look at bytes nobody could decode needs a guess only: what is not UTF-8 is mostly GBK here.
fn likely(bytes: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    let is_utf8 = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        // A character that the end cuts off.
        Err(error) => error.error_len().is_none(),
    };
    if is_utf8 { UTF_8 } else { GB18030 }
}

/// Rows of offset, hex digits and characters; a character stands in the row where it ends.
pub(crate) fn rows(bytes: &[u8], encoding: &'static Encoding) -> String {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut out = String::new();
    for (n, row) in bytes.chunks(ROW).enumerate() {
        let (mut hex, mut said) = (String::new(), String::new());
        for (column, byte) in row.iter().enumerate() {
            let gap = if column == ROW / 2 { " " } else { "" };
            let _ = write!(hex, "{gap}{byte:02x} ");
            // One byte makes at most two characters: a broken one and itself.
            let mut characters = String::with_capacity(16);
            let _ = decoder.decode_to_string(&[*byte], &mut characters, false);
            said.extend(
                characters
                    .chars()
                    .map(|c| if c.is_control() { '·' } else { c }),
            );
        }
        let hex = pad(&hex, ROW * 3 + 1);
        let _ = writeln!(out, "{:08x}  {hex} {}", n * ROW, plain(&said).trim_end());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_stands_in_the_row_where_it_ends() {
        let (gbk, _, _) = GB18030.encode("一二三四五六七a八");
        let shown = rows(&gbk, GB18030);
        let said: Vec<&str> = shown.lines().filter_map(|row| row.get(60..)).collect();
        assert_eq!(said, ["一二三四五六七a", "八"]);
    }

    #[test]
    fn tags_are_taken_out() {
        assert_eq!(
            without_tags("<p class='a'>责任<b>编辑</b></p> 甲"),
            "责任 编辑 甲"
        );
    }

    #[test]
    fn bytes_without_a_charset_are_read_as_what_they_look_like() {
        assert_eq!(words("全县\n 教师".as_bytes(), "?"), "全县 教师");
        assert_eq!(words(&GB18030.encode("全县").0, "?"), "全县");
        assert_eq!(words(&"全".as_bytes()[..2], "utf-8"), "\u{fffd}");
    }
}
