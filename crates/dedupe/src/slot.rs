//! The values behind the slots of a comparison form: numbers in one spelling, masks as `*`.

use taosha_core::{han_digit, parse_han};

/// What stood in each slot, in order.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    /// Where the slot is in the form and where its value ends in `values`.
    places: Vec<(u32, u32)>,
    values: String,
}

/// How the values of two slots compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Agreement {
    /// The same number, long enough that this is evidence.
    Same,
    /// The same, but any report has such a slot: 一 in 统一, 十分.
    Weak,
    /// One of the two is hidden and could be the other.
    Masked,
    /// Two numbers.
    Different,
}

/// True for the characters a Chinese numeral is written with.
pub(crate) fn is_han_number(c: char) -> bool {
    c != '○' && (han_digit(c).is_some() || "十百千万亿拾佰仟廿卅".contains(c))
}

impl Slots {
    /// Number of slots.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// Adds the slot at `place` of the form, written as `raw`.
    pub(crate) fn push(&mut self, place: usize, raw: &str) {
        normalise(raw, &mut self.values);
        self.places.push((place as u32, self.values.len() as u32));
    }

    /// The value of slot `index`, in one spelling.
    pub(crate) fn value(&self, index: usize) -> &str {
        let start = match index.checked_sub(1) {
            Some(before) => self.places[before].1,
            None => 0,
        };
        let end = self.places[index].1;
        self.values
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    /// True when a slot at one of the places `from..to` of the form is masked.
    pub(crate) fn is_masked(&self, from: usize, to: usize) -> bool {
        let first = self
            .places
            .partition_point(|&(place, _)| (place as usize) < from);
        let within = self.places.iter().skip(first);
        let n = within
            .take_while(|&&(place, _)| (place as usize) < to)
            .count();
        (first..first + n).any(|index| self.value(index).contains('*'))
    }

    /// The slot at `place` of the form.
    pub(crate) fn at(&self, place: usize) -> Option<&str> {
        let found = self
            .places
            .binary_search_by_key(&(place as u32), |&(place, _)| place);
        found.ok().map(|index| self.value(index))
    }
}

/// Compares two values of [`Slots`].
pub(crate) fn agreement(one: &str, other: &str) -> Agreement {
    if one.contains('*') || other.contains('*') {
        return match fits(one, other) || fits(other, one) {
            true => Agreement::Masked,
            false => Agreement::Different,
        };
    }
    match one == other {
        true if is_evidence(one) => Agreement::Same,
        true => Agreement::Weak,
        false => Agreement::Different,
    }
}

/// Single digits and lone 十百千万 stand in every text; two digits are a figure.
pub(crate) fn is_evidence(value: &str) -> bool {
    value.len() > 1 && value.is_ascii() && !value.contains('*')
}

/// The year a value is, if it can be one.
pub(crate) fn year(value: &str) -> Option<u16> {
    // Reports on the web are of the years since the reform; a figure of this size is rare.
    value
        .parse()
        .ok()
        .filter(|year| (1980..2050).contains(year))
}

/// True when `mask`, such as `20*`, could hide `value`. With a mask in both, when their known
/// beginnings and ends do not contradict each other.
fn fits(mask: &str, value: &str) -> bool {
    let Some((head, tail)) = mask.split_once('*') else {
        return false;
    };
    let tail = tail.rsplit('*').next().unwrap_or(tail);
    let value_head = value.split('*').next().unwrap_or(value);
    let value_tail = value.rsplit('*').next().unwrap_or(value);
    let agree = |one: &str, other: &str| one.starts_with(other) || other.starts_with(one);
    let agree_at_end = |one: &str, other: &str| one.ends_with(other) || other.ends_with(one);
    match value.contains('*') {
        true => agree(head, value_head) && agree_at_end(tail, value_tail),
        false => {
            value.len() >= head.len() + tail.len()
                && value.starts_with(head)
                && value.ends_with(tail)
        }
    }
}

/// Appends `raw` in one spelling: 二〇一八, 2018 and ２０１８ alike, 2.8万 as 28000, 03 as 3.
fn normalise(raw: &str, values: &mut String) {
    let is_plain = raw.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain && !raw.starts_with('0') {
        values.push_str(raw);
        return;
    }
    if let Some((head, tail)) = raw.split_once('*') {
        normalise_masked(head, tail, values);
        return;
    }
    if !raw.starts_with(|c: char| c.is_ascii_digit()) {
        match parse_han(raw) {
            Some(number) => values.push_str(&number.to_string()),
            None => values.push_str(raw),
        }
        return;
    }
    let unit_at = raw.find(|c| is_han_number(c) && han_digit(c).is_none());
    let (digits, units) = raw.split_at(unit_at.unwrap_or(raw.len()));
    let Some(zeros) = units.chars().map(zeros_of).sum::<Option<usize>>() else {
        values.push_str(raw);
        return;
    };
    let plain: String = digits.chars().filter(|&c| c != ',').collect();
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    if fraction.contains('.') || !plain.is_ascii() {
        values.push_str(raw);
        return;
    }
    let (shifted, fraction) = fraction.split_at(zeros.min(fraction.len()));
    let mut number = format!("{whole}{shifted}");
    number.extend(std::iter::repeat_n('0', zeros - shifted.len()));
    let number = number.trim_start_matches('0');
    values.push_str(if number.is_empty() { "0" } else { number });
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        values.push('.');
        values.push_str(fraction);
    }
}

/// Keeps what is certain on either side of the mask. In `5.x万` the unit moves the digits, so only
/// the order of those before the mask holds; in `72.0x` the point stays, and zeros behind it go as
/// they do in open numbers.
fn normalise_masked(head: &str, tail: &str, values: &mut String) {
    let digits = |part: &str| -> String {
        let digit = |c: char| match han_digit(c) {
            Some(digit) => char::from_digit(digit as u32, 10),
            None => (c.is_ascii_digit() || c == '.').then_some(c),
        };
        part.chars().filter_map(digit).collect()
    };
    let is_plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '*');
    let head = digits(head);
    if !tail.chars().all(is_plain) {
        let certain = head.trim_start_matches(['0', '.']).chars();
        values.extend(certain.filter(|&c| c != '.'));
        values.push('*');
        return;
    }
    let (whole, fraction) = head.split_once('.').unwrap_or((&head, ""));
    let fraction = fraction.trim_end_matches('0');
    // A lone 0 is only certain before a point.
    let significant = whole.trim_start_matches('0');
    values.push_str(match significant {
        "" if !fraction.is_empty() => "0",
        _ => significant,
    });
    if !fraction.is_empty() {
        values.push('.');
        values.push_str(fraction);
    }
    values.push('*');
    let tail = digits(tail.rsplit('*').next().unwrap_or(tail));
    values.push_str(match tail.contains('.') {
        true => tail.trim_end_matches('0').trim_end_matches('.'),
        false => &tail,
    });
}

fn zeros_of(unit: char) -> Option<usize> {
    Some(match unit {
        '十' => 1,
        '百' => 2,
        '千' => 3,
        '万' => 4,
        '亿' => 8,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(raw: &str) -> String {
        let mut value = String::new();
        normalise(raw, &mut value);
        value
    }

    #[test]
    fn one_number_has_one_spelling() {
        for (raw, expected) in [
            ("二〇一八", "2018"),
            ("2.8万", "28000"),
            ("三百五", "350"),
            ("03", "3"),
            ("1,234.50", "1234.5"),
            ("0.5", "0.5"),
            ("0", "0"),
            ("20*", "20*"),
            ("5.*万", "5*"),
            ("*.5万", "*"),
            ("72.0*", "72*"),
            ("72.3*", "72.3*"),
            ("0.3*", "0.3*"),
            ("*.50", "*.5"),
            ("1,2*", "12*"),
            ("*47", "*47"),
            ("二○*", "20*"),
            ("千", "千"),
            ("1.2.3", "1.2.3"),
        ] {
            assert_eq!(value(raw), expected, "{raw}");
        }
    }

    #[test]
    fn a_mask_matches_what_it_could_hide_and_nothing_else() {
        assert_eq!(agreement("20*", "2018"), Agreement::Masked);
        assert_eq!(agreement("*", "30"), Agreement::Masked);
        assert_eq!(agreement("*47", "347"), Agreement::Masked);
        assert_eq!(agreement("20*", "1998"), Agreement::Different);
        assert_eq!(agreement("72.3*", "72.38"), Agreement::Masked);
        assert_eq!(agreement("72.3*", "723"), Agreement::Different);
        assert_eq!(agreement("20*", "2*"), Agreement::Masked);
        assert_eq!(agreement("30", "31"), Agreement::Different);
        assert_eq!(agreement("30", "30"), Agreement::Same);
        assert_eq!(agreement("1", "1"), Agreement::Weak);
    }
}
