//! Whole sentences put together up to a length: what search and language models take at a time.

use std::ops::Range;

use crate::config::{ChunkBy, ChunkConfig};

/// A piece of the text: whole sentences, all of them of one section where the user wants it so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) range: Range<usize>,
    /// The section that it begins in.
    pub(crate) section: Option<usize>,
}

/// The chunks of `text`. `sentences` and the starts of `sections` are in order; `tables` are blocks
/// that are not cut while they fit. A sentence or table longer than the length wanted is a chunk of
/// its own, and is never cut. Linear.
pub(crate) fn chunks(
    text: &str,
    sentences: &[Range<usize>],
    sections: &[usize],
    tables: &[Range<usize>],
    config: &ChunkConfig,
) -> Vec<Piece> {
    let units = units(text, sentences, sections, tables, config.max_chars);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut first = 0;
    while let Some(begun) = units.get(first) {
        let mut n_chars = 0;
        let mut next = first;
        while let Some(unit) = units.get(next) {
            let is_other = config.by == ChunkBy::Section && unit.section != begun.section;
            let is_full = next > first && n_chars + unit.n_chars > config.max_chars;
            if is_other || is_full {
                break;
            }
            n_chars += unit.n_chars;
            next += 1;
        }
        let end = units.get(next - 1).map_or(0, |unit| unit.range.end);
        pieces.push(Piece {
            range: begun.range.start..end,
            section: begun.section,
        });
        let goes_on = units
            .get(next)
            .is_some_and(|unit| config.by == ChunkBy::Report || unit.section == begun.section);
        first = match goes_on {
            true => repeated_from(&units, first, next, config),
            false => next,
        };
    }
    pieces
}

/// A sentence or a table.
struct Unit {
    range: Range<usize>,
    section: Option<usize>,
    n_chars: usize,
}

fn units(
    text: &str,
    sentences: &[Range<usize>],
    sections: &[usize],
    tables: &[Range<usize>],
    max_chars: usize,
) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::with_capacity(sentences.len());
    let mut tables = tables.iter().peekable();
    let mut section = 0;
    // The table that the last unit is part of.
    let mut open: Option<&Range<usize>> = None;
    for sentence in sentences {
        while sections
            .get(section)
            .is_some_and(|&at| at <= sentence.start)
        {
            section += 1;
        }
        while tables.next_if(|t| t.end <= sentence.start).is_some() {}
        let table = tables
            .peek()
            .copied()
            .filter(|table| table.start <= sentence.start && sentence.end <= table.end);
        let own = section.checked_sub(1);
        let n_chars = text
            .get(sentence.clone())
            .map_or(0, |words| words.chars().count());
        let fits = |unit: &Unit| unit.section == own && unit.n_chars + n_chars <= max_chars;
        match units.last_mut() {
            Some(unit) if table.is_some() && open == table && fits(unit) => {
                unit.range.end = sentence.end;
                unit.n_chars += n_chars;
            }
            _ => units.push(Unit {
                range: sentence.clone(),
                section: own,
                n_chars,
            }),
        }
        open = table;
    }
    units
}

/// Where the chunk behind `first..next` begins: with the last sentences of this one, as far as the
/// overlap and the length allow, but always further on.
fn repeated_from(units: &[Unit], first: usize, next: usize, config: &ChunkConfig) -> usize {
    let coming = units.get(next).map_or(0, |unit| unit.n_chars);
    let mut n_chars = 0;
    let mut from = next;
    while from > first + 1 {
        let Some(unit) = units.get(from - 1) else {
            break;
        };
        n_chars += unit.n_chars;
        if n_chars > config.overlap || n_chars + coming > config.max_chars {
            break;
        }
        from -= 1;
    }
    from
}

#[cfg(test)]
#[allow(clippy::string_slice)] // A wrong offset shall fail the test.
mod tests {
    use super::*;

    const TEXT: &str = "甲甲甲。乙乙乙。丙丙丙。丁丁丁。";

    fn shown(
        max_chars: usize,
        overlap: usize,
        by: ChunkBy,
        sections: &[usize],
    ) -> Vec<&'static str> {
        let sentences: Vec<Range<usize>> = (0..4).map(|i| 12 * i..12 * (i + 1)).collect();
        let config = ChunkConfig {
            max_chars,
            overlap,
            by,
        };
        chunks(TEXT, &sentences, sections, &[], &config)
            .into_iter()
            .map(|piece| &TEXT[piece.range])
            .collect()
    }

    #[test]
    fn sentences_are_put_together_up_to_the_length() {
        assert_eq!(
            shown(8, 0, ChunkBy::Section, &[0]),
            ["甲甲甲。乙乙乙。", "丙丙丙。丁丁丁。"]
        );
        assert_eq!(shown(3, 0, ChunkBy::Section, &[0]).len(), 4);
        assert_eq!(shown(100, 0, ChunkBy::Section, &[0]), [TEXT]);
    }

    #[test]
    fn a_section_ends_a_chunk() {
        let sections = [0, 12];
        assert_eq!(
            shown(100, 0, ChunkBy::Section, &sections),
            ["甲甲甲。", "乙乙乙。丙丙丙。丁丁丁。"]
        );
        assert_eq!(shown(100, 0, ChunkBy::Report, &sections), [TEXT]);
    }

    #[test]
    fn the_overlap_is_of_whole_sentences() {
        assert_eq!(
            shown(8, 4, ChunkBy::Section, &[0]),
            ["甲甲甲。乙乙乙。", "乙乙乙。丙丙丙。", "丙丙丙。丁丁丁。"]
        );
        assert_eq!(shown(4, 4, ChunkBy::Section, &[0]).len(), 4);
    }

    #[test]
    fn a_table_stays_together_while_it_fits() {
        let sentences: Vec<Range<usize>> = (0..4).map(|i| 12 * i..12 * (i + 1)).collect();
        let config = ChunkConfig {
            max_chars: 8,
            overlap: 0,
            by: ChunkBy::Section,
        };
        let table = 12..36;
        let found = chunks(
            TEXT,
            &sentences,
            &[0],
            std::slice::from_ref(&table),
            &config,
        );
        let shown: Vec<_> = found.into_iter().map(|piece| &TEXT[piece.range]).collect();
        assert_eq!(shown, ["甲甲甲。", "乙乙乙。丙丙丙。", "丁丁丁。"]);
    }
}
