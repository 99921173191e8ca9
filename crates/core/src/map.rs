use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A range of bytes of the fetched file.
pub type RawRange = Range<usize>;

/// For every character of a text, the bytes it was made from.
///
/// Stored as runs: in a run every step of `text_step` bytes of text comes from `raw_step` bytes of
/// the raw page (3 and 2 for GBK, 1 and 1 for ASCII). A character reference such as `&nbsp;` or a
/// repair is a run of one step. Bytes that gave no text (tags) lie between runs; text that no byte
/// gave (a line break made from `<p>`) has `raw_step` 0 and points at the place where it was put.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Map {
    runs: Vec<Run>,
    /// Length of the text in bytes; the end of the last run.
    text_len: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "[u32; 4]", from = "[u32; 4]")]
struct Run {
    text: u32,
    raw: u32,
    text_step: u32,
    raw_step: u32,
}

impl Map {
    /// The map of a text that is its own raw bytes.
    pub fn identity(len: usize) -> Self {
        let mut map = Map::default();
        map.push(len, 1, 0..len, 1);
        map
    }

    /// Appends `text_len` bytes of text made from `raw`, in equal steps of `text_step` bytes of
    /// text and `raw_step` bytes of `raw`.
    ///
    /// For a piece that cannot be cut into equal steps give the whole lengths as the steps.
    pub fn push(&mut self, text_len: usize, text_step: usize, raw: RawRange, raw_step: usize) {
        if text_len == 0 {
            return;
        }
        debug_assert!(text_step > 0 && text_len.is_multiple_of(text_step));
        debug_assert_eq!(text_len / text_step * raw_step, raw.len());
        let offset = |at: usize| u32::try_from(at).expect("decode refuses pages of 4 GiB");
        let run = Run {
            text: offset(self.text_len),
            raw: offset(raw.start),
            text_step: offset(text_step),
            raw_step: offset(raw_step),
        };
        let continues = self.runs.last().is_some_and(|last| {
            let steps = (run.text - last.text) / last.text_step;
            last.text_step == run.text_step
                && last.raw_step == run.raw_step
                && last.raw + steps * last.raw_step == run.raw
        });
        if !continues {
            self.runs.push(run);
        }
        self.text_len += text_len;
    }

    /// Appends text that no raw byte gave, put in at `raw_at`.
    pub fn push_inserted(&mut self, text_len: usize, raw_at: usize) {
        self.push(text_len, text_len, raw_at..raw_at, 0);
    }

    /// Length of the mapped text in bytes.
    pub fn text_len(&self) -> usize {
        self.text_len
    }

    /// The bytes that `text` was made from: from the first byte of its first character to the last
    /// byte of its last one, with everything between. An empty range gives the place it stands at.
    ///
    /// A file may store its parts in another order than they are read; the range then runs from the
    /// one that is stored first.
    pub fn raw_range(&self, text: Range<usize>) -> RawRange {
        if text.is_empty() {
            let at = self.raw_start(text.start);
            return at..at;
        }
        let start = self.raw_start(text.start);
        let last = self.run_at(text.end - 1);
        let Some(run) = last else { return start..start };
        let step = (text.end - 1 - run.text as usize) / run.text_step as usize;
        let end = run.raw as usize + (step + 1) * run.raw_step as usize;
        if end >= start {
            return start..end;
        }
        let first = self
            .run_at(text.start)
            .map_or(0, |run| run.raw_step as usize);
        run.raw as usize..start + first
    }

    /// True when `text` consists of whole steps of one run: outside repairs and references, decoding
    /// its raw range alone gives the same characters.
    pub fn is_linear(&self, text: Range<usize>) -> bool {
        if text.is_empty() {
            return true;
        }
        let (Some(first), Some(last)) = (self.run_at(text.start), self.run_at(text.end - 1)) else {
            return false;
        };
        let whole = |at: usize| (at - first.text as usize).is_multiple_of(first.text_step as usize);
        first == last && first.raw_step > 0 && whole(text.start) && whole(text.end)
    }

    /// The byte after the last one that the map points at.
    pub(crate) fn raw_end(&self) -> u64 {
        let ends = ends(&self.runs, self.text_len);
        let raw_ends = self
            .runs
            .iter()
            .zip(ends)
            .map(|(run, end)| run.raw_end(end));
        raw_ends.max().unwrap_or(0)
    }

    fn raw_start(&self, at: usize) -> usize {
        match self.run_at(at) {
            Some(run) => {
                let step = (at - run.text as usize) / run.text_step as usize;
                run.raw as usize + step * run.raw_step as usize
            }
            None => 0,
        }
    }

    /// The run that holds byte `at`; the last run for the end of the text.
    fn run_at(&self, at: usize) -> Option<Run> {
        let after = self.runs.partition_point(|run| run.text as usize <= at);
        after.checked_sub(1).map(|index| self.runs[index])
    }

    /// Appends `range` of a text that is itself mapped by `inner`, keeping its steps. `from` is a run
    /// of `inner` at or before the start of `range`; what comes back is one for the range behind.
    pub(crate) fn push_through(&mut self, inner: &Map, range: Range<usize>, from: usize) -> usize {
        let mut index = inner.run_from(range.start, from);
        let mut at = range.start;
        while at < range.end
            && let Some(run) = inner.runs.get(index)
        {
            let run_end = inner
                .runs
                .get(index + 1)
                .map_or(inner.text_len, |next| next.text as usize);
            let end = range.end.min(run_end);
            let (text_step, raw_step) = (run.text_step as usize, run.raw_step as usize);
            let (from, to) = (at - run.text as usize, end - run.text as usize);
            if text_step == 1 {
                let raw = run.raw as usize + from * raw_step;
                self.push(end - at, 1, raw..raw + (to - from) * raw_step, raw_step);
            } else if from.is_multiple_of(text_step) && to.is_multiple_of(text_step) {
                let raw = run.raw as usize + from / text_step * raw_step;
                self.push(
                    end - at,
                    text_step,
                    raw..raw + (to - from) / text_step * raw_step,
                    raw_step,
                );
            } else {
                // Part of a step: several characters that were made together.
                let raw = run.raw as usize + from / text_step * raw_step;
                let raw_end = run.raw as usize + to.div_ceil(text_step) * raw_step;
                self.push(end - at, end - at, raw..raw_end, raw_end - raw);
            }
            at = end;
            index += 1;
        }
        index.saturating_sub(1)
    }

    /// The index of the run that holds byte `at`, looked for from run `from` on, which starts at or
    /// before it: whoever goes through a text in order finds it in a step or two.
    pub(crate) fn run_from(&self, at: usize, from: usize) -> usize {
        let behind = self.runs.get(from + 1..).unwrap_or_default();
        let n = behind
            .iter()
            .take_while(|run| run.text as usize <= at)
            .count();
        from + n
    }

    /// As [`raw_range`](Self::raw_range), for a range that starts in run `from` or behind it.
    pub(crate) fn raw_range_from(&self, text: Range<usize>, from: usize) -> RawRange {
        let index = self.run_from(text.start, from);
        let Some(run) = self.runs.get(index) else {
            return 0..0;
        };
        // An end within the same run needs no other; the general case has its own search.
        let run_end = self
            .runs
            .get(index + 1)
            .map_or(self.text_len, |next| next.text as usize);
        if text.end > run_end {
            return self.raw_range(text);
        }
        let step = |at: usize| (at - run.text as usize) / run.text_step as usize;
        let raw = |step: usize| run.raw as usize + step * run.raw_step as usize;
        let start = raw(step(text.start));
        match text.is_empty() {
            true => start..start,
            false => start..raw(step(text.end - 1) + 1),
        }
    }
}

/// Where each of `runs` ends in the text.
fn ends(runs: &[Run], text_len: usize) -> impl Iterator<Item = u64> {
    let starts = runs.iter().skip(1).map(|run| u64::from(run.text));
    starts.chain([text_len as u64])
}

impl Run {
    /// The byte after the last one of the run, which ends at byte `end` of the text.
    fn raw_end(&self, end: u64) -> u64 {
        let steps = (end - u64::from(self.text)) / u64::from(self.text_step);
        u64::from(self.raw) + steps * u64::from(self.raw_step)
    }
}

/// Pages have thousands of runs, so names are left out.
impl From<Run> for [u32; 4] {
    fn from(run: Run) -> Self {
        [run.text, run.raw, run.text_step, run.raw_step]
    }
}

impl From<[u32; 4]> for Run {
    fn from([text, raw, text_step, raw_step]: [u32; 4]) -> Self {
        Run {
            text,
            raw,
            text_step,
            raw_step,
        }
    }
}

/// A map as it is written, before anyone knows that its runs cover the text.
#[derive(Deserialize)]
struct Written {
    runs: Vec<Run>,
    text_len: usize,
}

impl TryFrom<Written> for Map {
    type Error = String;

    fn try_from(Written { runs, text_len }: Written) -> Result<Self, String> {
        let first = runs.first().map_or(text_len, |run| run.text as usize);
        if first != 0 || u32::try_from(text_len).is_err() {
            return Err(format!("a map does not cover its text of {text_len} bytes"));
        }
        for (run, end) in runs.iter().zip(ends(&runs, text_len)) {
            let start = u64::from(run.text);
            // Nothing but 0 is a multiple of a step of 0.
            let is_whole_steps =
                start < end && (end - start).is_multiple_of(u64::from(run.text_step));
            if !is_whole_steps || run.raw_end(end) > u64::from(u32::MAX) {
                return Err(format!(
                    "a map has the impossible run {run:?} up to byte {end}"
                ));
            }
        }
        Ok(Map { runs, text_len })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gbk_characters_point_at_their_two_bytes() {
        let mut map = Map::default();
        map.push(6, 3, 10..14, 2);
        map.push(1, 1, 20..21, 1);
        assert_eq!(map.raw_range(0..3), 10..12);
        assert_eq!(map.raw_range(3..6), 12..14);
        assert_eq!(map.raw_range(3..7), 12..21);
        assert_eq!(map.raw_range(7..7), 21..21);
        assert!(map.is_linear(0..6) && !map.is_linear(3..7));
    }

    #[test]
    fn parts_in_another_order_than_the_text_are_shown_whole() {
        let mut map = Map::default();
        map.push(6, 6, 100..150, 50);
        map.push(3, 3, 20..30, 10);
        assert_eq!(map.raw_range(3..9), 20..150);
    }

    #[test]
    fn neighbouring_runs_of_one_kind_are_stored_once() {
        let mut map = Map::default();
        map.push(3, 3, 0..2, 2);
        map.push(3, 3, 2..4, 2);
        map.push(3, 3, 9..11, 2);
        assert_eq!(map.runs.len(), 2);
    }

    #[test]
    fn inserted_text_points_at_the_place_it_was_put() {
        let mut map = Map::identity(4);
        map.push_inserted(1, 4);
        map.push(2, 1, 8..10, 1);
        assert_eq!(map.raw_range(4..5), 4..4);
        assert_eq!(map.raw_range(2..7), 2..10);
    }
}
