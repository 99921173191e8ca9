//! Numbers of spreadsheet cells, written as a reader of the sheet sees them.
//!
//! A sheet stores 0.123 and shows 12.3%, stores 45000 and shows 2023-03-15. Formats for dates and
//! percentages are read (ECMA-376 part 1, 18.8.30); all other numbers are written as stored,
//! because a rounded figure says less than the file does.

/// How a cell shows its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    #[default]
    Number,
    /// With so many decimals.
    Percent(usize),
    Date,
    /// 2023年3月
    Month,
    Time,
    DateTime,
}

/// Formats that files use without spelling them out.
pub(crate) fn built_in(id: usize) -> Format {
    match id {
        9 => Format::Percent(0),
        10 => Format::Percent(2),
        // 28 to 31 and 50 to 58 are dates in Chinese and Japanese programs.
        14..=16 | 28..=31 | 50..=54 | 58 => Format::Date,
        17 | 27 | 57 => Format::Month,
        18..=21 | 32..=35 | 45..=47 | 55 | 56 => Format::Time,
        22 => Format::DateTime,
        _ => Format::Number,
    }
}

/// What a format code such as `yyyy"年"m"月"d"日"` or `0.0%` shows.
pub(crate) fn of_code(code: &str) -> Format {
    let (mut has_year, mut has_day, mut has_time, mut n_decimals) = (false, false, false, None);
    let mut is_percent = false;
    // Its `e` is no year.
    let code = code.replace("General", "");
    let mut signs = code.chars();
    while let Some(sign) = signs.next() {
        match sign {
            // Only the first of the codes for positive, negative and zero is looked at.
            ';' => break,
            '"' => while signs.next().is_some_and(|c| c != '"') {},
            // [Red], [$-804], but [h] counts hours.
            '[' => {
                let inside: String = signs.by_ref().take_while(|c| *c != ']').collect();
                has_time |= inside.chars().all(|c| matches!(c, 'h' | 'H' | 'm' | 's'));
            }
            '\\' | '_' | '*' => _ = signs.next(),
            '%' => is_percent = true,
            '.' => n_decimals = n_decimals.or(Some(0)),
            '0' | '#' | '?' => n_decimals = n_decimals.map(|n| n + 1),
            'y' | 'Y' | 'e' => has_year = true,
            'd' | 'D' => has_day = true,
            'h' | 'H' | 's' | 'S' => has_time = true,
            _ => {}
        }
    }
    match (has_year, has_day, has_time) {
        _ if is_percent => Format::Percent(n_decimals.unwrap_or_default()),
        (true, true, true) => Format::DateTime,
        (true, false, _) => Format::Month,
        (_, true, _) => Format::Date,
        (false, false, true) => Format::Time,
        (false, false, false) => Format::Number,
    }
}

/// `value` as a cell of `format` shows it. `from_1904` is how some files count days.
pub(crate) fn shown(value: f64, format: Format, from_1904: bool) -> String {
    match format {
        Format::Percent(n) => format!("{}%", plain(value * 100.0, Some(n))),
        Format::Number => plain(value, None),
        _ => date(value, format, from_1904).unwrap_or_else(|| plain(value, None)),
    }
}

/// Without the noise of binary fractions: 0.1 + 0.2 is 0.3.
fn plain(value: f64, n_decimals: Option<usize>) -> String {
    /// What spreadsheets keep of a number.
    const DIGITS: i32 = 15;
    if !value.is_finite() {
        return String::new();
    }
    if let Some(n) = n_decimals {
        return format!("{value:.*}", n.min(DIGITS as usize));
    }
    let before_point = value.abs().max(1e-300).log10().floor() as i32 + 1;
    let n = (DIGITS - before_point).clamp(0, 30) as usize;
    let written = format!("{value:.n$}");
    match written.contains('.') {
        true => written
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned(),
        false => written,
    }
}

fn date(value: f64, format: Format, from_1904: bool) -> Option<String> {
    /// The last day a sheet can hold, of the year 9999.
    const LAST: f64 = 2_958_465.0;
    /// Days from 1899-12-30 to 1904-01-01 and to 1970-01-01.
    const TO_1904: i64 = 1_462;
    const TO_1970: i64 = 25_569;
    if !(0.0..=LAST).contains(&value) {
        return None;
    }
    let minutes = (value.fract() * 24.0 * 60.0).round() as i64;
    let time = format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
    let shift = if from_1904 { TO_1904 } else { 0 };
    // Day 60 is a leap day that 1900 did not have; earlier days are one off.
    let whole = value.floor() as i64;
    let early = i64::from(!from_1904 && whole < 60);
    let (year, month, day) = civil(whole + shift + early - TO_1970);
    Some(match format {
        Format::Time => time,
        Format::Month => format!("{year}年{month}月"),
        Format::DateTime if minutes > 0 => format!("{year:04}-{month:02}-{day:02} {time}"),
        _ => format!("{year:04}-{month:02}-{day:02}"),
    })
}

/// The date `days` after 1970-01-01, by Howard Hinnant's `civil_from_days`.
/// <https://howardhinnant.github.io/date_algorithms.html>
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_shown_as_its_cell_shows_it() {
        assert_eq!(shown(0.1 + 0.2, Format::Number, false), "0.3");
        assert_eq!(shown(12045.0, Format::Number, false), "12045");
        assert_eq!(
            shown(1.0e20, Format::Number, false),
            "100000000000000000000"
        );
        assert_eq!(shown(0.12345, of_code("0.0%"), false), "12.3%");
        assert_eq!(
            shown(45000.0, of_code("yyyy\"年\"m\"月\"d\"日\""), false),
            "2023-03-15"
        );
        assert_eq!(
            shown(45000.0, of_code("yyyy\"年\"m\"月\""), false),
            "2023年3月"
        );
        assert_eq!(shown(43538.0, Format::Date, true), "2023-03-15");
        assert_eq!(shown(1.0, Format::Date, false), "1900-01-01");
        assert_eq!(shown(61.0, Format::Date, false), "1900-03-01");
        assert_eq!(shown(-1.0, Format::Date, false), "-1");
        assert_eq!(of_code("#,##0.00;[Red]-#,##0.00"), Format::Number);
        assert_eq!(of_code("[$-804]0.00_ "), Format::Number);
        assert_eq!(of_code("\"累计\"0"), Format::Number);
        assert_eq!(of_code("General"), Format::Number);
    }
}
