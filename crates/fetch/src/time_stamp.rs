/// Whether `text` is a point in time as RFC 3339 writes it, `2021-03-04T05:06:07Z`. What is not is no
/// `fetched_at`: unknown is null.
pub(crate) fn is_time_stamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some((start, zone)) = bytes.split_at_checked(19) else {
        return false;
    };
    let has_form = |bytes: &[u8], form: &[u8]| {
        let fits = |(byte, form): (&u8, &u8)| match form {
            b'0' => byte.is_ascii_digit(),
            form => byte == form,
        };
        bytes.len() == form.len() && bytes.iter().zip(form).all(fits)
    };
    let number = |at: usize| (start[at] - b'0') * 10 + (start[at + 1] - b'0');
    let is_there = |at: usize, least: u8, most: u8| (least..=most).contains(&number(at));
    if !has_form(start, b"0000-00-00T00:00:00")
        || !is_there(5, 1, 12)
        || !is_there(8, 1, 31)
        || !is_there(11, 0, 23)
        || !is_there(14, 0, 59)
        || !is_there(17, 0, 60)
    {
        return false;
    }
    let zone = match zone.strip_prefix(b".") {
        None => zone,
        Some(fraction) => {
            let n_digits = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
            if n_digits == 0 {
                return false;
            }
            &fraction[n_digits..]
        }
    };
    zone == b"Z" || has_form(zone, b"+00:00") || has_form(zone, b"-00:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_point_in_time_is_one() {
        for text in ["2021-03-04T05:06:07Z", "2021-03-04T05:06:07.123+08:00"] {
            assert!(is_time_stamp(text), "{text}");
        }
        for text in [
            "",
            "2021-03-04",
            "2021-03-04 05:06:07",
            "2021-13-04T05:06:07Z",
            "2021-03-04T05:06:07",
            "2021-03-04T05:06:07.Z",
            "二〇二一年三月四日五时六分七秒",
        ] {
            assert!(!is_time_stamp(text), "{text}");
        }
    }
}
