//! What a page is said to be in, by whom, and what that is worth.

use encoding_rs::Encoding;

/// Who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The mark at the start of the file.
    Bom,
    /// `charset=` of the HTTP header.
    Header,
    /// `<?xml encoding=…?>`
    Xml,
    /// `<meta charset=…>` and its older form.
    Meta,
}

impl Source {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Source::Bom => "bom",
            Source::Header => "header",
            Source::Xml => "xml",
            Source::Meta => "meta",
        }
    }

    /// What its word is worth, in bits: a character that is read wrongly costs some ten more than
    /// one that is read rightly, so a label decides between readings that look alike and no more;
    /// pages that say gb2312 are UTF-8 by the thousand. A mark is wrong only when an editor put it
    /// on bytes of another charset, and then there are far more wrong characters than six.
    pub(crate) fn bits(self) -> u64 {
        match self {
            Source::Bom => 60,
            Source::Header | Source::Xml | Source::Meta => 8,
        }
    }
}

/// What is said, one word of each source at most.
#[derive(Default)]
pub(crate) struct Labels(Vec<(Source, &'static Encoding)>);

impl Labels {
    pub(crate) fn of(raw: &[u8], content_type: Option<&str>) -> Self {
        let bom = Encoding::for_bom(raw).map(|(encoding, _)| encoding);
        let said = [
            (Source::Bom, bom),
            (Source::Header, content_type.and_then(charset_parameter)),
            (Source::Xml, xml_encoding(raw)),
            (Source::Meta, meta_charset(raw)),
        ];
        let said = said.into_iter();
        Labels(
            said.filter_map(|(source, encoding)| Some((source, encoding?)))
                .collect(),
        )
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Source, &'static Encoding)> {
        self.0.iter().copied()
    }

    pub(crate) fn get(&self, source: Source) -> Option<&'static Encoding> {
        self.iter()
            .find(|(said_by, _)| *said_by == source)
            .map(|(_, encoding)| encoding)
    }

    /// What all who say `encoding` are worth together.
    pub(crate) fn bits(&self, encoding: &'static Encoding) -> u64 {
        self.iter()
            .filter(|(_, said)| *said == encoding)
            .map(|(source, _)| source.bits())
            .sum()
    }
}

/// The charset a label names; gb2312, gbk and gb18030 are one family, and one table reads all.
pub(crate) fn for_label(label: &str) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label_no_replacement(label.trim().as_bytes())?;
    if encoding == encoding_rs::X_USER_DEFINED {
        return None;
    }
    let is_gbk = encoding == encoding_rs::GBK;
    Some(if is_gbk {
        encoding_rs::GB18030
    } else {
        encoding
    })
}

/// `charset=` of a Content-Type.
fn charset_parameter(content_type: &str) -> Option<&'static Encoding> {
    let lower = content_type.to_ascii_lowercase();
    let (_, value) = lower.split_once("charset")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let is_end = |c: char| matches!(c, ';' | '"' | '\'' | '/' | ',') || c.is_whitespace();
    for_label(value.trim_start_matches(['"', '\'']).split(is_end).next()?)
}

/// Browsers look at the first kilobyte, but pages with long heads put their label later.
const HEAD: usize = 8 * 1024;

/// A longer tag is no label.
const MAX_TAG: usize = 512;

fn xml_encoding(raw: &[u8]) -> Option<&'static Encoding> {
    let raw = raw.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(raw);
    let rest = raw.trim_ascii_start().strip_prefix(b"<?xml")?;
    let tag = tag(rest);
    let (_, value) = tag.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    for_label(
        value
            .trim_start_matches(['"', '\''])
            .split(['"', '\''])
            .next()?,
    )
}

fn meta_charset(raw: &[u8]) -> Option<&'static Encoding> {
    let head = raw.get(..HEAD).unwrap_or(raw);
    let tags = head.split(|&byte| byte == b'<').skip(1);
    let metas = tags.filter_map(|tag| {
        let (name, rest) = tag.split_at_checked(4)?;
        name.eq_ignore_ascii_case(b"meta").then_some(rest)
    });
    metas
        .filter_map(|rest| charset_parameter(&tag(rest)))
        .next()
}

/// What stands before `>`, with bytes that are not ASCII as they may.
fn tag(rest: &[u8]) -> String {
    let rest = rest.get(..MAX_TAG).unwrap_or(rest);
    let inside = rest.split(|&byte| byte == b'>').next().unwrap_or_default();
    inside.iter().map(|&byte| char::from(byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_asked() {
        let raw = b"\xEF\xBB\xBF<?xml version='1.0' encoding='big5'?><html><META http-equiv=Content-Type content=\"text/html; Charset = gb2312\" />";
        let labels = Labels::of(raw, Some("text/html;charset=\"windows-1252\""));
        let said: Vec<_> = labels
            .iter()
            .map(|(source, encoding)| (source.name(), encoding.name()))
            .collect();
        assert_eq!(
            said,
            [
                ("bom", "UTF-8"),
                ("header", "windows-1252"),
                ("xml", "Big5"),
                ("meta", "gb18030"),
            ]
        );
    }

    #[test]
    fn the_first_word_of_a_source_counts_and_other_tags_say_nothing() {
        let raw = b"<script charset=big5></script><meta name=a content=b><meta charset=utf-8><meta charset=gbk>";
        let labels = Labels::of(raw, None);
        assert_eq!(labels.get(Source::Meta), Some(encoding_rs::UTF_8));
        assert_eq!(labels.get(Source::Header), None);
    }
}
