//! Counts bytes, many at a time.

/// So many ones fit a byte: counting in bytes lets a processor count sixteen or more at once.
const RUN: usize = u8::MAX as usize;

/// How many of `bytes` are such as `is_one` says.
pub(crate) fn tally(bytes: &[u8], is_one: impl Fn(u8) -> bool) -> usize {
    let count = |run: &[u8]| {
        let n: u8 = run.iter().map(|&byte| u8::from(is_one(byte))).sum();
        usize::from(n)
    };
    bytes.chunks(RUN).map(count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_what_a_loop_counts() {
        for n in [0, 1, 254, 255, 256, 1000] {
            assert_eq!(tally(&vec![b'a'; n], |byte| byte == b'a'), n);
            assert_eq!(tally(&vec![b'a'; n], |byte| byte != b'a'), 0);
        }
    }
}
