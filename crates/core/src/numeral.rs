/// The value of a single Chinese digit: 零〇一二…九, and 两/兩/俩/倆 for two.
pub fn han_digit(c: char) -> Option<u64> {
    Some(match c {
        '零' | '〇' | '○' => 0,
        '一' | '壹' | '幺' => 1,
        '二' | '两' | '兩' | '俩' | '倆' | '贰' | '貳' => 2,
        '三' | '叁' | '參' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' | '陸' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

/// Reads a whole number in Chinese numerals: positional 二〇二三, or with 十百千万亿 as in
/// 两千三百零五 and 一万二. `None` when `text` holds anything else or is malformed.
pub fn parse_han(text: &str) -> Option<u64> {
    let characters: Vec<char> = text.chars().collect();
    if characters.is_empty() {
        return None;
    }
    if characters.iter().all(|&c| han_digit(c).is_some()) {
        return characters.iter().try_fold(0u64, |value, &c| {
            value.checked_mul(10)?.checked_add(han_digit(c)?)
        });
    }

    let (mut total, mut section, mut digit) = (0u64, 0u64, None);
    // What a digit in last place counts: 一万二 is 12 000, 三百五 is 350; 1 after 零.
    let mut tail = 1;
    let mut smaller_than = u64::MAX;
    for &c in &characters {
        if let Some(value) = han_digit(c) {
            if digit.is_some_and(|d| d != 0) {
                return None;
            }
            if value == 0 {
                tail = 1;
            }
            digit = Some(value);
            continue;
        }
        let unit = match c {
            '十' | '拾' => 10,
            '廿' => 20,
            '卅' => 30,
            '百' | '佰' => 100,
            '千' | '仟' => 1_000,
            '万' | '萬' => 10_000,
            '亿' | '億' => 100_000_000,
            _ => return None,
        };
        if unit >= 10_000 {
            let value = section + digit.take().unwrap_or(0);
            if value == 0 && total == 0 {
                return None;
            }
            // 一亿二千万: the smaller unit counts its own section; 一万亿 counts all before it.
            total = if total > 0 && total < unit {
                (total + value).checked_mul(unit)?
            } else {
                total.checked_add(value.checked_mul(unit)?)?
            };
            (section, smaller_than, tail) = (0, u64::MAX, unit / 10);
            continue;
        }
        let unit_base = if unit == 20 || unit == 30 { 10 } else { unit };
        if unit_base >= smaller_than {
            return None;
        }
        let count = match digit.take() {
            Some(0) | None if unit_base == 10 => 1,
            Some(0) | None => return None,
            Some(d) => d,
        };
        section = section.checked_add(count * unit)?;
        (smaller_than, tail) = (unit_base, unit_base / 10);
    }
    section += digit.map_or(0, |d| if d == 0 { 0 } else { d * tail.max(1) });
    total.checked_add(section)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerals_as_reports_write_them() {
        for (text, value) in [
            ("三", 3),
            ("十", 10),
            ("十二", 12),
            ("二十", 20),
            ("廿三", 23),
            ("二〇二三", 2023),
            ("一百零五", 105),
            ("三百五", 350),
            ("两千三百", 2300),
            ("两千零五十", 2050),
            ("一万二", 12_000),
            ("十万", 100_000),
            ("二千三百万零五", 23_000_005),
            ("一亿二千万", 120_000_000),
            ("九十九", 99),
        ] {
            assert_eq!(parse_han(text), Some(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_numeral_is_refused() {
        for text in ["", "百", "十百", "三五百", "三中", "万"] {
            assert_eq!(parse_han(text), None, "{text}");
        }
    }
}
