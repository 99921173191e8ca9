use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// A number that leads to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contact {
    pub(crate) range: Range<usize>,
    pub(crate) rule: &'static str,
}

/// Runs of digits as they are written: half-width or full-width, with one hyphen in a landline.
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[0-9０-９]+(?:[-－][0-9０-９]+)?[XxＸｘ]?").expect("well formed")
});

/// The numbers in `text`, in order.
pub(crate) fn find(text: &str) -> Vec<Contact> {
    let contact = |found: regex::Match<'_>| {
        let rule = rule(&half_width(found.as_str()))?;
        Some(Contact {
            range: found.range(),
            rule,
        })
    };
    NUMBER.find_iter(text).filter_map(contact).collect()
}

fn rule(number: &str) -> Option<&'static str> {
    if is_identity_number(number) {
        return Some("identity_number");
    }
    let (area, rest) = number.split_once('-').unwrap_or(("", number));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_mobile = area.is_empty() && rest.len() == 11 && ('3'..='9').contains(&second(rest));
    if is_mobile && rest.starts_with('1') && is_digits(rest) {
        return Some("mobile_number");
    }
    let is_landline = (3..=4).contains(&area.len()) && (7..=8).contains(&rest.len());
    (is_landline && area.starts_with('0') && is_digits(rest)).then_some("landline_number")
}

fn second(text: &str) -> char {
    text.chars().nth(1).unwrap_or_default()
}

/// GB 11643-1999: seventeen digits and a check character, ISO 7064 MOD 11-2.
fn is_identity_number(number: &str) -> bool {
    if number.len() != 18 {
        return false;
    }
    let value = |c: char| match c {
        'X' | 'x' => Some(10),
        digit => digit.to_digit(10),
    };
    let values: Option<Vec<u32>> = number.chars().map(value).collect();
    let Some(values) = values else { return false };
    let sum = values
        .iter()
        .rev()
        .enumerate()
        .fold((0, 1), |(sum, weight), (_, value)| {
            (sum + value * weight, weight * 2 % 11)
        });
    !values[..17].contains(&10) && sum.0 % 11 == 1
}

fn half_width(text: &str) -> String {
    let fold = |c: char| match c {
        '０'..='９' | 'Ｘ' | 'ｘ' | '－' => {
            char::from_u32(c as u32 - 0xFEE0).expect("full-width ASCII lies at a fixed distance")
        }
        c => c,
    };
    text.chars().map(fold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Vec<&'static str> {
        find(text).into_iter().map(|contact| contact.rule).collect()
    }

    #[test]
    fn numbers_that_lead_to_a_person_are_found() {
        assert_eq!(rules("联系人：李敏，13800001234。"), ["mobile_number"]);
        assert_eq!(rules("电话：０７９９－１２３４５６７"), ["landline_number"]);
        // The example number of the standard itself.
        assert_eq!(rules("身份证号11010519491231002X"), ["identity_number"]);
    }

    #[test]
    fn figures_are_left_alone() {
        let text = "投入12800001234元，编号110105194912310021，在校生13800人，2018-2019学年";
        assert_eq!(rules(text), [] as [&str; 0]);
    }
}
