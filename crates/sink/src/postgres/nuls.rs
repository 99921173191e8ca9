//! The character U+0000, which no text and no JSON of PostgreSQL can hold.
//!
//! It is written as U+2400, ␀, so that every offset stays right, and the table `taosha_nuls` tells
//! which of the ␀ in a cell stand for it.

/// What stands in its place.
const SIGN: char = '\u{2400}';

/// `text` without U+0000, and which of its ␀ stand for one, counted from 0.
pub(super) fn hide(text: &str) -> Option<(String, Vec<i32>)> {
    if !text.contains('\0') {
        return None;
    }
    let (mut hidden, mut places, mut n_signs) = (String::with_capacity(text.len()), Vec::new(), 0);
    for char in text.chars() {
        if char == '\0' {
            places.push(n_signs);
        }
        let is_sign = matches!(char, '\0' | SIGN);
        n_signs += i32::from(is_sign);
        hidden.push(if is_sign { SIGN } else { char });
    }
    Some((hidden, places))
}

/// The same for JSON, in which U+0000 stands as an escape.
pub(super) fn hide_in_json(json: &str) -> Option<(String, Vec<i32>)> {
    const ESCAPE: &str = "\\u0000";
    if !json.contains(ESCAPE) {
        return None;
    }
    let (mut hidden, mut places, mut n_signs) = (String::with_capacity(json.len()), Vec::new(), 0);
    let mut rest = json;
    while let Some(char) = rest.chars().next() {
        if let Some(behind) = rest.strip_prefix(ESCAPE) {
            places.push(n_signs);
            n_signs += 1;
            hidden.push(SIGN);
            rest = behind;
            continue;
        }
        n_signs += i32::from(char == SIGN);
        // A backslash and what it speaks of are one: `\\u0000` is no escape of U+0000.
        let n_chars = if char == '\\' { 2 } else { 1 };
        let mut chars = rest.chars();
        hidden.extend(chars.by_ref().take(n_chars));
        rest = chars.as_str();
    }
    Some((hidden, places))
}

/// `text` with `nul` at those ␀ that stand for it.
pub(super) fn show(text: &str, places: &[i32], nul: &str) -> String {
    let (mut shown, mut n_signs) = (String::with_capacity(text.len()), 0);
    for char in text.chars() {
        let is_nul = char == SIGN && places.contains(&n_signs);
        n_signs += i32::from(char == SIGN);
        match is_nul {
            true => shown.push_str(nul),
            false => shown.push(char),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_without_nul_stays_as_it_is() {
        assert_eq!(hide("教师␀"), None);
        assert_eq!(hide_in_json(r#"["\\u000","\\u000\u0001"]"#), None);
    }

    #[test]
    fn a_backslash_before_u0000_is_no_nul() {
        let json = serde_json::to_string(&["\\u0000", "\0", "␀\\\0"]).unwrap();
        let (hidden, places) = hide_in_json(&json).unwrap();
        assert_eq!(hidden, r#"["\\u0000","␀","␀\\␀"]"#);
        assert_eq!(places, [0, 2]);
    }

    proptest! {
        #[test]
        fn every_nul_comes_back(text in "[a\0␀\\\\\"u0教]{0,20}") {
            if let Some((hidden, places)) = hide(&text) {
                prop_assert!(!hidden.contains('\0'));
                prop_assert_eq!(hidden.chars().count(), text.chars().count());
                prop_assert_eq!(show(&hidden, &places, "\0"), text.clone());
            }
            let json = serde_json::to_string(&[&text]).unwrap();
            if let Some((hidden, places)) = hide_in_json(&json) {
                prop_assert!(serde_json::from_str::<Vec<String>>(&hidden).is_ok());
                prop_assert!(!serde_json::from_str::<Vec<String>>(&hidden).unwrap()[0].contains('\0'));
                prop_assert_eq!(show(&hidden, &places, "\\u0000"), json);
            }
        }
    }
}
