//! Numbers in few bytes, for what is kept millions of times.

/// Appends `number`, seven bits to a byte, the lowest first (LEB128).
pub(crate) fn put_number(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes a number off the front of `bytes`; `None` when none stands there.
pub(crate) fn take_number(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0;
    for shift in (0..u32::BITS).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = u32::from(byte & 0x7f);
        if (part << shift) >> shift != part {
            return None;
        }
        number |= part << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

/// The numbers of a list that ascends: the first, then the distances. `None` when it is torn.
pub(crate) fn ascending(mut bytes: &[u8]) -> Option<Vec<u32>> {
    let mut numbers = Vec::new();
    let mut last = 0u32;
    while !bytes.is_empty() {
        last = last.checked_add(take_number(&mut bytes)?)?;
        numbers.push(last);
    }
    Some(numbers)
}

/// Appends `number` to the bytes of a list that ends with `last`, if with any.
pub(crate) fn append(bytes: &mut Vec<u8>, last: Option<u32>, number: u32) {
    put_number(bytes, number.saturating_sub(last.unwrap_or(0)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_comes_back_and_a_torn_one_does_not() {
        for number in [0, 1, 127, 128, 16_383, 16_384, u32::MAX] {
            let mut bytes = Vec::new();
            put_number(&mut bytes, number);
            assert_eq!(take_number(&mut &*bytes), Some(number));
            assert_eq!(take_number(&mut &bytes[..bytes.len() - 1]), None);
        }
        assert_eq!(take_number(&mut &[0xff; 5][..]), None);
        assert_eq!(take_number(&mut &[0xff, 0xff, 0xff, 0xff, 0x7f][..]), None);
    }

    #[test]
    fn a_list_grows_at_its_end() {
        let mut bytes = Vec::new();
        let mut last = None;
        for number in [0, 7, 300, u32::MAX] {
            append(&mut bytes, last, number);
            last = Some(number);
        }
        assert_eq!(ascending(&bytes), Some(vec![0, 7, 300, u32::MAX]));
        bytes.push(1);
        assert_eq!(ascending(&bytes), None);
    }
}
