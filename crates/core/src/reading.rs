use std::ops::Range;

use crate::{Mark, Span, SpanKind};

/// A report as it is read: the document's text without chrome, with masks in place.
///
/// This is `documents.text`. Stages that look for words look here, because a watermark in the
/// middle of a word or number is gone; what they find they turn into spans of the document with
/// [`Reading::span`].
#[derive(Clone, Debug)]
pub struct Reading {
    text: String,
    /// In order, touching each other in the reading and in the document.
    pieces: Vec<Piece>,
}

/// A stretch of the document and what is read there.
#[derive(Clone, Copy, Debug)]
struct Piece {
    reading: u32,
    document: u32,
    document_end: u32,
    /// The reading differs from the document: nothing, or other characters.
    replaced: bool,
}

impl Reading {
    /// Reads `span` of `document` under `marks`, without white space at either end. Where marks
    /// overlap, the one that starts first (the longer of two that start together) decides, and the
    /// rest of the others is cut as well. A mark over an empty span puts its characters in between;
    /// at either end of the text there is nothing to put them between.
    pub fn new(document: &str, span: Span, marks: &[Mark]) -> Self {
        let is_inside = |mark: &Span| {
            mark.overlaps(&span)
                || mark.is_empty() && span.start() < mark.start() && mark.end() < span.end()
        };
        let mut cuts: Vec<(Range<usize>, &str)> = marks
            .iter()
            .filter(|mark| is_inside(&mark.span))
            .filter_map(|mark| Some((mark.span.range(), mark.reads_as.as_deref()?)))
            .collect();
        let reading = Reading::cut(document, span, &mut cuts);
        let (len, lead) = (reading.text.len(), reading.text.trim_start().len());
        let (start, end) = (len - lead, reading.text.trim_end().len().max(len - lead));
        if start == 0 && end == len {
            return reading;
        }
        let edges = [0..start, end..len].map(|edge| reading.span(edge, SpanKind::Chrome).range());
        let words = reading.document_start(start)..reading.document_end(end);
        cuts.retain(|(at, _)| !at.is_empty() || words.start < at.start && at.start < words.end);
        cuts.extend(
            edges
                .into_iter()
                .filter(|edge| !edge.is_empty())
                .map(|edge| (edge, "")),
        );
        Reading::cut(document, span, &mut cuts)
    }

    fn cut(document: &str, span: Span, cuts: &mut [(Range<usize>, &str)]) -> Self {
        cuts.sort_by_key(|(range, _)| (range.start, usize::MAX - range.end));
        let mut reading = Reading {
            text: String::with_capacity(span.len()),
            pieces: Vec::new(),
        };
        let mut at = span.start();
        for (range, reads_as) in cuts {
            if range.end < at || range.start < at && range.end == at {
                continue;
            }
            let overlapped = range.start < at;
            let start = range.start.max(at);
            reading.push(document, at..start, None);
            let end = range.end.min(span.end());
            reading.push(
                document,
                start..end,
                Some(if overlapped { "" } else { reads_as }),
            );
            at = end;
        }
        reading.push(document, at..span.end(), None);
        reading
    }

    fn push(&mut self, document: &str, range: Range<usize>, reads_as: Option<&str>) {
        if range.is_empty() && reads_as.is_none_or(str::is_empty) {
            return;
        }
        let offset = |at: usize| u32::try_from(at).expect("decode refuses texts of 4 GiB");
        self.pieces.push(Piece {
            reading: offset(self.text.len()),
            document: offset(range.start),
            document_end: offset(range.end),
            replaced: reads_as.is_some(),
        });
        let kept = document
            .get(range)
            .expect("marks lie on borders of the document");
        self.text.push_str(reads_as.unwrap_or(kept));
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The span of the document that `range` of the reading stands for, from its first to its last
    /// character with everything cut out between them.
    ///
    /// # Panics
    /// When `range` does not lie on character borders of the reading.
    pub fn span(&self, range: Range<usize>, kind: SpanKind) -> Span {
        assert!(
            self.text.get(range.clone()).is_some(),
            "{range:?} is not on character borders"
        );
        let start = self.document_start(range.start);
        let end = if range.is_empty() {
            start
        } else {
            self.document_end(range.end)
        };
        Span::unchecked(start..end, kind)
    }

    /// The range of the reading that shows `span`; what is cut out of it takes no room, and a span
    /// that is cut out altogether gives the empty range at its place. An empty span gives what was
    /// put in there.
    pub fn range(&self, span: Span) -> Range<usize> {
        if span.is_empty() {
            let start = self.reading_offset(span.start(), true);
            return start..self.reading_offset(span.start(), false).max(start);
        }
        let start = self.reading_offset(span.start(), false);
        start..self.reading_offset(span.end(), true).max(start)
    }

    /// True when some of `range` does not stand in the document as it is read.
    pub fn is_replaced(&self, range: Range<usize>) -> bool {
        let first = self
            .pieces
            .partition_point(|piece| piece.reading as usize <= range.start);
        self.pieces[first.saturating_sub(1)..]
            .iter()
            .take_while(|piece| (piece.reading as usize) < range.end)
            .any(|piece| piece.replaced)
    }

    fn document_start(&self, at: usize) -> usize {
        // Of several pieces at one place (cuts take no room) the last one holds the character.
        let after = self
            .pieces
            .partition_point(|piece| piece.reading as usize <= at);
        match after.checked_sub(1).map(|index| self.pieces[index]) {
            Some(piece) if piece.replaced => piece.document as usize,
            Some(piece) => {
                let into = at - piece.reading as usize;
                (piece.document as usize + into).min(piece.document_end as usize)
            }
            None => 0,
        }
    }

    fn document_end(&self, end: usize) -> usize {
        let after = self
            .pieces
            .partition_point(|piece| (piece.reading as usize) < end);
        match after.checked_sub(1).map(|index| self.pieces[index]) {
            Some(piece) if piece.replaced => piece.document_end as usize,
            Some(piece) => piece.document as usize + (end - piece.reading as usize),
            None => 0,
        }
    }

    fn reading_offset(&self, at: usize, is_end: bool) -> usize {
        let after = self.pieces.partition_point(|piece| match is_end {
            true => (piece.document as usize) < at,
            false => piece.document as usize <= at,
        });
        let Some(index) = after.checked_sub(1) else {
            return 0;
        };
        let piece = self.pieces[index];
        let piece_end = self
            .pieces
            .get(index + 1)
            .map_or(self.text.len(), |p| p.reading as usize);
        if piece.replaced {
            return if is_end {
                piece_end
            } else {
                piece.reading as usize
            };
        }
        (piece.reading as usize + (at - piece.document as usize)).min(piece_end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(document: &str, cuts: &[(&str, &'static str)]) -> Reading {
        let marks: Vec<Mark> = cuts
            .iter()
            .map(|(words, by)| {
                let start = document
                    .find(words)
                    .expect("the words stand in the document");
                let span = Span::new(document, start..start + words.len(), SpanKind::Watermark);
                Mark::replace(span, "test", *by)
            })
            .collect();
        Reading::new(
            document,
            Span::new(document, 0..document.len(), SpanKind::Report),
            &marks,
        )
    }

    #[test]
    fn a_watermark_taken_out_closes_the_word() {
        let document = "组[网-找文章]织教职工";
        let reading = reading(document, &[("[网-找文章]", "")]);
        assert_eq!(reading.text(), "组织教职工");
        let word = reading.span(0.."组织".len(), SpanKind::Evidence);
        assert_eq!(document.get(word.range()), Some("组[网-找文章]织"));
        assert_eq!(reading.range(word), 0.."组织".len());
    }

    #[test]
    fn a_word_beside_a_cut_does_not_swallow_it() {
        let document = "上一页|正文|下一页";
        let reading = reading(document, &[("上一页|", ""), ("|下一页", "")]);
        assert_eq!(reading.text(), "正文");
        let word = reading.span(0.."正文".len(), SpanKind::Evidence);
        assert_eq!(document.get(word.range()), Some("正文"));
    }

    #[test]
    fn a_masked_stretch_reads_as_its_mask() {
        let document = "电话13812345678。";
        let reading = reading(document, &[("13812345678", "***")]);
        assert_eq!(reading.text(), "电话***。");
        let mask = reading.span(6..9, SpanKind::Mask);
        assert_eq!(document.get(mask.range()), Some("13812345678"));
        assert!(reading.is_replaced(5..8) && !reading.is_replaced(0..6));
    }

    #[test]
    fn white_space_at_the_edges_is_not_read() {
        let document = "\n第1篇\n\n正文 一。\n[广告]\n";
        let reading = reading(document, &[("第1篇", ""), ("[广告]", "")]);
        assert_eq!(reading.text(), "正文 一。");
        let word = reading.span(0.."正文".len(), SpanKind::Evidence);
        assert_eq!(document.get(word.range()), Some("正文"));
        let whole = Span::new(document, 0..document.len(), SpanKind::Section);
        assert_eq!(reading.range(whole), 0..reading.text().len());
    }

    #[test]
    fn what_is_put_in_takes_no_room_in_the_document() {
        let document = "甲。乙。丙";
        let at = |offset: usize| Span::new(document, offset..offset, SpanKind::Repair);
        let whole = Span::new(document, 0..document.len(), SpanKind::Report);
        let marks = [0, 6, 12, 15].map(|offset| Mark::replace(at(offset), "break", "\n"));
        let reading = Reading::new(document, whole, &marks);
        assert_eq!(reading.text(), "甲。\n乙。\n丙");
        assert_eq!(reading.range(at(6)), 6..7);
        assert_eq!(reading.range(at(3)), 3..3);
        let second = reading.span(7..13, SpanKind::Sentence);
        assert_eq!(document.get(second.range()), Some("乙。"));
        assert_eq!(reading.range(second), 7..13);
        let with_break = reading.span(0..7, SpanKind::Sentence);
        assert_eq!(document.get(with_break.range()), Some("甲。"));
        assert_eq!(reading.range(whole), 0..reading.text().len());
    }

    #[test]
    fn what_is_put_in_behind_a_cut_stays_unless_it_comes_first() {
        let document = "甲。[广告]乙";
        let advert = Span::new(document, 6..14, SpanKind::Chrome);
        let behind = Span::new(document, 14..14, SpanKind::Repair);
        let marks = [
            Mark::replace(behind, "break", "\n"),
            Mark::cut(advert, "advert"),
        ];
        let whole = Span::new(document, 0..document.len(), SpanKind::Report);
        assert_eq!(Reading::new(document, whole, &marks).text(), "甲。\n乙");
        let tail = Span::new(document, 6..document.len(), SpanKind::Report);
        assert_eq!(Reading::new(document, tail, &marks).text(), "乙");
    }

    #[test]
    fn overlapping_cuts_are_cut_once() {
        let document = "甲乙丙丁戊";
        let reading = reading(document, &[("乙丙", ""), ("丙丁", "")]);
        assert_eq!(reading.text(), "甲戊");
        let all = reading.span(0..6, SpanKind::Report);
        assert_eq!(document.get(all.range()), Some(document));
    }
}
