use std::ops::Range;

use taosha_core::{Period, PeriodMatch, simplify_char};

use crate::cue::Cue;
use crate::number::superscript;
use crate::rules::Rules;
use crate::wrap;

/// A sentence as characters, with what hides or breaks them.
///
/// Signs are half-width and Chinese characters simplified here, so that rules are written once;
/// [`original`](Line::original) gives the words as the page has them. All ranges inside this crate
/// count characters of a line, only [`bytes`](Line::bytes) leads back to the reading.
pub(crate) struct Line<'a> {
    /// What is known of words.
    pub(crate) rules: &'a Rules,
    reading: &'a str,
    chars: Vec<char>,
    /// Byte offset of each character in the reading, and the end.
    offsets: Vec<usize>,
    cues: Vec<Cue>,
    /// All that some character of the line has.
    any: Cue,
    taken: Vec<(Range<usize>, &'static str)>,
    /// Where clauses end: after each separator, and at the end.
    borders: Vec<usize>,
    /// Periods with a year, in order.
    pub(crate) periods: Vec<PeriodMatch>,
    /// Months without a year or day: where they stand, the first of 1-11月, the last.
    pub(crate) months: Vec<(Range<usize>, Option<u8>, u8)>,
}

impl<'a> Line<'a> {
    /// The line under `range` of `reading`, which lies on character borders.
    pub(crate) fn new(rules: &'a Rules, reading: &'a str, range: Range<usize>) -> Self {
        let text = reading.get(range.clone()).unwrap_or_default();
        let n = text.chars().count();
        let mut line = Line {
            rules,
            reading,
            chars: Vec::with_capacity(n),
            offsets: Vec::with_capacity(n + 1),
            cues: Vec::with_capacity(n),
            any: Cue::NONE,
            taken: Vec::new(),
            borders: Vec::new(),
            periods: Vec::new(),
            months: Vec::new(),
        };
        for (at, c) in text.char_indices() {
            let c = simplify_char(c);
            let cue = rules.cues.of(fold(c));
            line.chars.push(c);
            line.offsets.push(range.start + at);
            line.cues.push(cue);
            line.any = line.any | cue;
        }
        line.offsets.push(range.start + text.len());
        line.find_periods();
        for cut in wrap::find(&line.chars) {
            line.set(cut, Cue::CUT | Cue::DAMAGED);
        }
        line.chars.iter_mut().for_each(|c| *c = fold(*c));
        line.mark_mask_signs();
        line.mark_question_marks();
        line.borders = line.find_borders();
        line
    }

    /// The periods with a year, of signs as the page has them.
    fn find_periods(&mut self) {
        let mut from = 0;
        while let Some(at) = self.next(from, Cue::YEAR) {
            from = at + 1;
            if let Some((period, end)) = Period::at(&self.chars, at) {
                let range = at..end;
                self.periods.push(PeriodMatch { range, period });
                from = end;
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.chars.len()
    }

    /// The character at `at`; NUL outside of the line, which no rule asks for.
    pub(crate) fn char(&self, at: usize) -> char {
        self.chars.get(at).copied().unwrap_or('\0')
    }

    /// The character before `at`.
    pub(crate) fn before(&self, at: usize) -> char {
        at.checked_sub(1).map_or('\0', |at| self.char(at))
    }

    pub(crate) fn slice(&self, range: Range<usize>) -> &[char] {
        self.chars.get(range).unwrap_or_default()
    }

    /// The first character from `at` on that has one of `cues`.
    pub(crate) fn next(&self, at: usize, cues: Cue) -> Option<usize> {
        let rest = self.cues.get(at..).filter(|_| self.any.has(cues))?;
        Some(at + rest.iter().position(|cue| cue.has(cues))?)
    }

    /// The characters from `at` on.
    pub(crate) fn from(&self, at: usize) -> &[char] {
        self.chars.get(at..).unwrap_or_default()
    }

    /// The characters up to `end`.
    pub(crate) fn until(&self, end: usize) -> &[char] {
        self.chars.get(..end).unwrap_or_default()
    }

    /// True when `word` stands at `at`.
    pub(crate) fn has(&self, at: usize, word: &str) -> bool {
        word.chars()
            .enumerate()
            .all(|(i, c)| self.char(at + i) == c)
    }

    /// True when `word` ends before `end`.
    pub(crate) fn has_before(&self, end: usize, word: &str) -> bool {
        let backwards = self.until(end).iter().rev();
        let n = word.chars().count();
        n <= end && backwards.take(n).copied().eq(word.chars().rev())
    }

    /// The words as the page has them.
    pub(crate) fn original(&self, range: Range<usize>) -> &'a str {
        self.reading.get(self.bytes(range)).unwrap_or_default()
    }

    /// Where `range` lies in the reading.
    pub(crate) fn bytes(&self, range: Range<usize>) -> Range<usize> {
        let last = self.offsets.last().copied().unwrap_or_default();
        let offset = |at: usize| self.offsets.get(at).copied().unwrap_or(last);
        let start = offset(range.start);
        start..offset(range.end).max(start)
    }

    /// The characters that lie in `bytes` of the reading.
    fn characters(&self, bytes: &Range<usize>) -> Range<usize> {
        let last = self.len();
        let start = self.offsets.partition_point(|&o| o < bytes.start).min(last);
        let end = self.offsets.partition_point(|&o| o < bytes.end).min(last);
        start..end.max(start)
    }

    pub(crate) fn set_masked(&mut self, bytes: &Range<usize>) {
        for at in self.characters(bytes) {
            let c = self.char(at);
            // A mark over a separator hides no number.
            let hides = !c.is_ascii_digit() && !is_han(c) && !is_loose(c);
            let sign = if hides { Cue::SIGN } else { Cue::NONE };
            self.set(at..at + 1, Cue::MASKED | sign);
        }
    }

    /// Marks broken text. A mark without room in the reading breaks its two neighbours.
    pub(crate) fn set_damaged(&mut self, bytes: &Range<usize>) {
        let range = self.characters(bytes);
        match range.is_empty() {
            true => self.set(range.start.saturating_sub(1)..range.start + 1, Cue::DAMAGED),
            false => self.set(range, Cue::DAMAGED),
        }
    }

    pub(crate) fn take_bytes(&mut self, bytes: &Range<usize>) {
        let range = self.characters(bytes);
        self.take(range, "text of the site, or the number of a heading");
    }

    /// No figure begins in `range` from now on; `why` is told to who asks.
    pub(crate) fn take(&mut self, range: Range<usize>, why: &'static str) {
        self.set(range.clone(), Cue::TAKEN);
        self.taken.push((range, why));
    }

    /// Why no figure begins at `at`.
    pub(crate) fn taken_why(&self, at: usize) -> Option<&'static str> {
        let taken = self
            .taken
            .iter()
            .rev()
            .find(|(range, _)| range.contains(&at));
        taken.map(|(_, why)| *why)
    }

    fn set(&mut self, range: Range<usize>, cue: Cue) {
        let end = range.end.min(self.cues.len());
        for slot in self.cues.get_mut(range.start..end).unwrap_or_default() {
            *slot = *slot | cue;
        }
        self.any = self.any | cue;
    }

    pub(crate) fn is_taken(&self, at: usize) -> bool {
        self.cue(at).has(Cue::TAKEN)
    }

    /// True for a line end inside a number, and the point or comma beside it.
    pub(crate) fn is_cut(&self, at: usize) -> bool {
        self.cue(at).has(Cue::CUT)
    }

    /// True when the digit at `at` goes on with a number that began before.
    pub(crate) fn goes_on(&self, at: usize) -> bool {
        self.before(at).is_ascii_digit() || at > 0 && self.is_cut(at - 1)
    }

    pub(crate) fn cue(&self, at: usize) -> Cue {
        self.cues.get(at).copied().unwrap_or_default()
    }

    /// True for a sign that hides something: marked so, or an x, ×, *, _ that is no letter of a
    /// word.
    pub(crate) fn is_mask(&self, at: usize) -> bool {
        self.cue(at).has(Cue::SIGN)
    }

    fn mark_mask_signs(&mut self) {
        let mut at = 0;
        while let Some(start) = self.next(at, Cue::CROSS) {
            at = start;
            while matches!(self.char(at), 'x' | 'X') {
                at += 1;
            }
            if at > start {
                let (left, right) = (self.before(start), self.char(at));
                let in_word = left.is_ascii_alphabetic() || right.is_ascii_alphabetic();
                // 20x30 is a product, not a mask.
                let digits = left.is_ascii_digit() && right.is_ascii_digit();
                let is_product = digits && at - start == 1;
                if !in_word && !is_product && !self.is_road(start) {
                    self.set(start..at, Cue::SIGN);
                }
            } else {
                if !self.is_product(at) {
                    self.set(at..at + 1, Cue::SIGN);
                }
                at += 1;
            }
        }
    }

    /// 20×30, 1.3×10^5: one sign between digits multiplies; an asterisk hides a digit more often.
    pub(crate) fn is_product(&self, at: usize) -> bool {
        let digits = self.before(at).is_ascii_digit() && self.char(at + 1).is_ascii_digit();
        digits
            && match self.char(at) {
                '×' => true,
                '*' => self.is_power(at),
                _ => false,
            }
    }

    /// The sign at `at` multiplies with a power of ten: 1.3×10^5, 1.3×10⁵.
    pub(crate) fn is_power(&self, at: usize) -> bool {
        let exponent = self.char(at + 3);
        self.has(at + 1, "10")
            && (matches!(exponent, '^' | '的' | '⁻' | '⁺') || superscript(exponent).is_some())
    }

    /// 县道X205: a road of the county.
    fn is_road(&self, at: usize) -> bool {
        let number = self.from(at + 1).iter().take_while(|c| c.is_ascii_digit());
        let n = number.take(4).count();
        let road = |c: char| matches!(c, '道' | '路' | '线');
        self.char(at) == 'X'
            && n == 3
            && (road(self.before(at)) || road(self.char(at + 4)) || self.char(at + 4) == '沿')
    }

    /// True when some of `range` is hidden.
    pub(crate) fn masked(&self, range: Range<usize>) -> bool {
        let mut range = range;
        range.any(|at| self.cue(at).has(Cue::SIGN | Cue::MASKED))
    }

    /// True when `range` is broken or stands directly beside broken text.
    pub(crate) fn damaged(&self, range: Range<usize>) -> bool {
        let from = range.start.saturating_sub(1);
        (from..range.end + 1).any(|at| self.cue(at).has(Cue::DAMAGED))
    }

    /// A question mark glued between a digit and something else is what a lenient decoder leaves
    /// of a lost byte; behind it stands the rest of a number.
    fn mark_question_marks(&mut self) {
        let mut from = 0;
        while let Some(at) = self.next(from, Cue::BORDER) {
            from = at + 1;
            let (left, right) = (self.before(at), self.char(at + 1));
            let open = |c: char| c == '\0' || c.is_whitespace();
            let digit = left.is_ascii_digit() || right.is_ascii_digit();
            let lost = self.char(at) == '?' && !self.reads_wide(at);
            if lost && digit && !open(left) && !open(right) {
                self.set(at..at + 1, Cue::DAMAGED);
            }
        }
    }

    /// True when the page has the full-width sign, which no decoder puts for a lost byte.
    fn reads_wide(&self, at: usize) -> bool {
        self.original(at..at + 1).len() > 1
    }

    fn find_borders(&self) -> Vec<usize> {
        let digit = |c: char| c.is_ascii_digit();
        let mut borders = Vec::new();
        let mut from = 0;
        while let Some(at) = self.next(from, Cue::BORDER) {
            from = at + 1;
            let separates = match self.char(at) {
                _ if self.is_cut(at) => false,
                ',' | ':' => {
                    !(digit(self.before(at)) && digit(self.char(at + 1))) || self.far_list(at)
                }
                '?' => !self.cue(at).has(Cue::DAMAGED),
                _ => true,
            };
            if separates {
                borders.push(at + 1);
            }
        }
        borders.push(self.len());
        borders
    }

    /// A comma between digits that is no thousands separator: 98,2018年.
    fn far_list(&self, at: usize) -> bool {
        let digits = self.from(at + 1).iter().take_while(|c| c.is_ascii_digit());
        self.char(at) == ',' && digits.count() != 3
    }

    /// The clause around `at`, with its closing sign.
    pub(crate) fn clause(&self, at: usize) -> Range<usize> {
        let index = self.borders.partition_point(|&border| border <= at);
        let start = index
            .checked_sub(1)
            .and_then(|i| self.borders.get(i))
            .copied();
        let end = self.borders.get(index).copied().unwrap_or(self.len());
        start.unwrap_or(0)..end
    }

    /// `range` without spaces, separators and lone brackets at its ends.
    pub(crate) fn trim(&self, range: Range<usize>) -> Range<usize> {
        let (mut start, mut end) = (range.start, range.end);
        while start < end && is_loose(self.char(start)) {
            start += 1;
        }
        while end > start && is_loose(self.char(end - 1)) {
            end -= 1;
        }
        start..end
    }
}

/// Spaces and separators, which belong to nothing they stand beside.
fn is_loose(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | '。' | '!' | '?' | ':' | '、' | '\u{feff}')
}

/// Han characters as rules see them.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '〇')
}

/// The half-width form of a sign; everything else stays.
pub(crate) fn fold(c: char) -> char {
    match c {
        '\u{4e00}'..='\u{9fff}' => c,
        '～' => '-',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' => ' ',
        '∶' | '︰' => ':',
        '﹪' => '%',
        '﹣' | '–' | '—' | '―' | '−' | '─' | '~' | '‐' => '-',
        '﹑' => '、',
        other => other,
    }
}
