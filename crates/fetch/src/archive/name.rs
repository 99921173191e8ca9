use encoding_rs::GB18030;

/// Names of archives inside an archive, which are not read.
const NESTED: &[&str] = &[
    ".zip", ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.bz2", ".tar.xz", ".rar", ".7z", ".warc",
    ".warc.gz",
];

/// A member's name as text, with `/` between its parts. Bytes that are no UTF-8 are GBK: that is what
/// Chinese Windows writes, and no archive says so.
pub(super) fn decoded(raw: &[u8]) -> String {
    let name = match std::str::from_utf8(raw) {
        Ok(name) => name.into(),
        Err(_) => GB18030.decode_without_bom_handling(raw).0,
    };
    // Only now: the second byte of a GBK character may be a backslash.
    let name = name.replace('\\', "/");
    let parts = name.split('/').filter(|part| !matches!(*part, "" | "."));
    parts.collect::<Vec<_>>().join("/")
}

/// Whether the name leads out of the archive.
pub(super) fn leads_out(name: &str) -> bool {
    name.split('/').any(|part| part == "..")
}

pub(super) fn is_nested(name: &str) -> bool {
    let name = name.to_lowercase();
    NESTED.iter().any(|end| name.ends_with(end))
}

/// The last part of a name.
pub(super) fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_utf8_or_else_gbk() {
        assert_eq!(decoded("报告/白塔.html".as_bytes()), "报告/白塔.html");
        // 乗 ends with a backslash in GBK.
        assert_eq!(decoded(b"\xb1\xa8\xb8\xe6\\\x81\\.html"), "报告/乗.html");
        assert_eq!(decoded(b"./a//b.html"), "a/b.html");
        assert_eq!(decoded(b"C:\\a.html"), "C:/a.html");
    }

    #[test]
    fn only_two_dots_alone_lead_out() {
        assert!(leads_out(&decoded(b"a\\..\\..\\b.html")));
        assert!(!leads_out("a..b/..c.html"));
    }
}
