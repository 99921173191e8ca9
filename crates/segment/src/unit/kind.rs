//! Words that say which kind of office is meant, and not which one: 学校, 乡镇司法所, 基层站所.

use crate::rules::KINDS;

/// True for a kind of office, and for several at once (各乡镇人民政府).
pub(super) fn is_kind(name: &str) -> bool {
    KINDS.find(name).is_some()
}

/// True when `name` may be one of the offices that `kind` means: 花桥镇司法所 for 乡镇司法所.
pub(super) fn fits(name: &str, kind: &str) -> bool {
    let is_school = |name: &str| name.ends_with(['学', '校', '园', '院', '中']);
    let is_street = |name: &str| name.ends_with("街道") || name.ends_with("办事处");
    let last_two = kind.char_indices().rev().nth(1).map_or(0, |(at, _)| at);
    kind.get(last_two..).is_some_and(|end| name.ends_with(end))
        || is_school(name) && is_school(kind)
        || is_street(name) && is_street(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_the_kind_that_its_end_says() {
        for (name, kind) in [
            ("花桥镇司法所", "乡镇司法所"),
            ("云岭县第一中学", "学校"),
            ("桃源街道办事处", "街道"),
        ] {
            assert!(fits(name, kind), "{name} {kind}");
        }
        for (name, kind) in [
            ("青禾县教育局", "学校"),
            ("花桥镇财政所", "乡镇司法所"),
            ("桃源区人民政府", "街道"),
        ] {
            assert!(!fits(name, kind), "{name} {kind}");
        }
    }
}
