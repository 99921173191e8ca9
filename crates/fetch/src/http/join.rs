use std::collections::HashMap;
use std::ops::Range;

use taosha_core::Bytes;

/// The pages of the parts of one text as one page.
///
/// Whole pages one behind the other would be read as one article and two adverts for it. So of the later parts
/// only the inside of the element that holds the text is taken, and put behind that of the first part. Every byte
/// is from a part, and [`Piece`]s tell which.
///
/// The element is the tightest one whose tag stands exactly once in every part and which holds nearly all of
/// the words that not all parts have. Where there is none, the pages are put one behind the other.
pub(crate) fn join(parts: &[&[u8]]) -> (Bytes, Vec<Piece>) {
    let pieces = spliced(parts).unwrap_or_else(|| {
        let whole = |(part, page): (usize, &&[u8])| Piece {
            part,
            range: 0..page.len(),
        };
        parts.iter().enumerate().map(whole).collect()
    });
    let bytes = |piece: &Piece| {
        parts
            .get(piece.part)
            .and_then(|page| page.get(piece.range.clone()))
    };
    let raw: Vec<u8> = pieces.iter().filter_map(bytes).flatten().copied().collect();
    (raw.into(), pieces)
}

/// Bytes of a part.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    pub(crate) part: usize,
    pub(crate) range: Range<usize>,
}

/// Page numbers and dates differ outside of the text; they are a few characters.
const LEAST_SHARE: f64 = 0.9;

/// The last part may be one line, so of a single part less is asked.
const LEAST_OF_PART: f64 = 0.5;

fn spliced(parts: &[&[u8]]) -> Option<Vec<Piece>> {
    if parts.len() < 2 {
        return None;
    }
    let outlines: Vec<Outline> = parts.iter().map(|page| Outline::of(page)).collect();
    let mut n_pages_with: HashMap<&[u8], usize> = HashMap::new();
    for (page, outline) in parts.iter().zip(&outlines) {
        let mut words: Vec<&[u8]> = outline
            .words
            .iter()
            .filter_map(|range| page.get(range.clone()))
            .collect();
        words.sort_unstable();
        words.dedup();
        words
            .into_iter()
            .for_each(|words| *n_pages_with.entry(words).or_default() += 1);
    }
    let own: Vec<Own> = (parts.iter().zip(&outlines))
        .map(|(page, outline)| {
            let is_own = |range: &&Range<usize>| {
                let words = page.get((*range).clone());
                words.is_some_and(|words| n_pages_with.get(words) != Some(&parts.len()))
            };
            Own::new(outline.words.iter().filter(is_own))
        })
        .collect();
    let n_own: usize = own.iter().map(Own::all).sum();
    let unique: Vec<HashMap<&[u8], Option<Range<usize>>>> = (parts.iter().zip(&outlines))
        .map(|(page, outline)| {
            let mut unique = HashMap::new();
            for (tag, inside) in &outline.elements {
                let tag = page.get(tag.clone()).unwrap_or_default();
                unique
                    .entry(tag)
                    .and_modify(|inside| *inside = None)
                    .or_insert(Some(inside.clone()));
            }
            unique
        })
        .collect();
    let hold_the_text = |insides: &Vec<Range<usize>>| {
        let held =
            || (own.iter().zip(insides)).map(|(own, inside)| (own.inside(inside), own.all()));
        let n_held: usize = held().map(|(held, _)| held).sum();
        let is_in_all = held().all(|(held, all)| held as f64 >= all as f64 * LEAST_OF_PART);
        n_own > 0 && is_in_all && n_held as f64 >= n_own as f64 * LEAST_SHARE
    };
    let candidates = unique.first()?.keys().filter_map(|tag| {
        let insides: Option<Vec<_>> = unique
            .iter()
            .map(|unique| unique.get(tag)?.clone())
            .collect();
        insides.filter(hold_the_text)
    });
    let insides = candidates.min_by_key(|insides| (insides[0].len(), insides[0].start))?;
    let (first, later) = insides.split_first()?;
    let mut pieces = vec![Piece {
        part: 0,
        range: 0..first.end,
    }];
    pieces.extend(later.iter().zip(1..).map(|(inside, part)| Piece {
        part,
        range: inside.clone(),
    }));
    pieces.push(Piece {
        part: 0,
        range: first.end..parts.first()?.len(),
    });
    Some(pieces)
}

/// The words that not all parts have: where they begin, and the bytes of all before and with each.
struct Own(Vec<(usize, usize)>);

impl Own {
    /// Of `words`, in their order.
    fn new<'a>(words: impl Iterator<Item = &'a Range<usize>>) -> Self {
        let mut sum = 0;
        let add = |range: &Range<usize>| {
            sum += range.len();
            (range.start, sum)
        };
        Own(words.map(add).collect())
    }

    fn all(&self) -> usize {
        self.0.last().map_or(0, |(_, sum)| *sum)
    }

    /// Bytes of those that begin in `range`.
    fn inside(&self, range: &Range<usize>) -> usize {
        let before = |place: usize| {
            let n = self.0.partition_point(|(start, _)| *start < place);
            let last = n.checked_sub(1).and_then(|last| self.0.get(last));
            last.map_or(0, |(_, sum)| *sum)
        };
        before(range.end) - before(range.start)
    }
}

/// The elements of a page that may hold a text, and its words, by their places.
#[derive(Default)]
struct Outline {
    /// Start tags, and what is inside.
    elements: Vec<(Range<usize>, Range<usize>)>,
    /// What stands between two tags, without spaces around it.
    words: Vec<Range<usize>>,
}

/// Elements that hold paragraphs.
const CONTAINERS: &[&[u8]] = &[
    b"div", b"td", b"table", b"article", b"section", b"main", b"form", b"body", b"center",
];

/// Elements inside each other that are looked at. Pages have twenty.
const MAX_OPEN: usize = 256;

impl Outline {
    /// In linear time. No byte of a Chinese charset is a `<` or `>` unless it is one.
    fn of(page: &[u8]) -> Self {
        let mut outline = Outline::default();
        let mut open: Vec<(&[u8], Range<usize>)> = Vec::new();
        let (mut at, mut since) = (0, 0);
        while let Some(start) = find(page, at, b"<") {
            let is_end = page.get(start + 1) == Some(&b'/');
            let name = name(page, start + 1 + usize::from(is_end));
            if name.is_empty() && page.get(start + 1) != Some(&b'!') {
                // `<` in a text
                at = start + 1;
                continue;
            }
            let Some(end) = tag_end(page, start) else {
                break;
            };
            let tag = start..end;
            at = end;
            outline.add_words(page, since..start);
            since = end;
            let lower = name.to_ascii_lowercase();
            // Their words are not those of the text.
            let closing: Option<&[u8]> = match lower.as_slice() {
                b"script" => Some(b"</script"),
                b"style" => Some(b"</style"),
                b"title" => Some(b"</title"),
                _ => None,
            };
            if let Some(closing) = closing.filter(|_| !is_end) {
                let Some(close) = find_ignoring_case(page, end, closing) else {
                    break;
                };
                (at, since) = (close, close);
                continue;
            }
            if !CONTAINERS.contains(&lower.as_slice()) {
                continue;
            }
            if !is_end {
                if open.len() < MAX_OPEN {
                    open.push((name, tag));
                }
            } else if let Some(place) = open
                .iter()
                .rposition(|(opened, _)| opened.eq_ignore_ascii_case(name))
            {
                let closed = open.drain(place..).next();
                outline
                    .elements
                    .extend(closed.map(|(_, tag)| (tag.clone(), tag.end..start)));
            }
        }
        outline
    }

    fn add_words(&mut self, page: &[u8], range: Range<usize>) {
        let Some(words) = page.get(range.clone()) else {
            return;
        };
        let start = range.start + words.len() - words.trim_ascii_start().len();
        let end = range.end - (words.len() - words.trim_ascii_end().len());
        if start < end {
            self.words.push(start..end);
        }
    }
}

fn tag_end(page: &[u8], start: usize) -> Option<usize> {
    if page.get(start..)?.starts_with(b"<!--") {
        return find(page, start + 4, b"-->").map(|end| end + 3);
    }
    find(page, start, b">").map(|end| end + 1)
}

fn name(page: &[u8], start: usize) -> &[u8] {
    let rest = page.get(start..).unwrap_or_default();
    let len = rest
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    rest.get(..len).unwrap_or_default()
}

fn find(page: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    let rest = page.get(from..)?;
    rest.windows(what.len())
        .position(|window| window == what)
        .map(|at| from + at)
}

fn find_ignoring_case(page: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    let rest = page.get(from..)?;
    rest.windows(what.len())
        .position(|window| window.eq_ignore_ascii_case(what))
        .map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(part: u32, text: &str) -> String {
        format!(
            "<html><head><title>总结({part})</title><style>a>b{{}}</style></head><body><div class=nav><a>首页</a></div>\
             <div class=article><h1>总结</h1><div class=editor><p>{text}</p></div><div class=page>第{part}页\
             <script>createPageHTML(3,{part})</script></div></div><!-- <div class=editor> --><div class=foot>版权</div></body></html>"
        )
    }

    fn joined(parts: &[String]) -> (String, Vec<Piece>) {
        let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
        let (raw, pieces) = join(&parts);
        let of_pieces: Vec<u8> = pieces
            .iter()
            .flat_map(|piece| parts[piece.part][piece.range.clone()].to_vec())
            .collect();
        assert_eq!(raw, of_pieces, "every byte is from a part");
        (String::from_utf8(raw.to_vec()).unwrap(), pieces)
    }

    #[test]
    fn the_texts_of_the_parts_follow_each_other_in_the_first_page() {
        let texts = [
            "一、年初走访了全县的村小，同老师们一起查看了课桌、水井和操场，记下了需要修补的地方，修好了课桌".to_owned(),
            "二、年中同家长开了会，商定了完工的日子，请家长代表每月来看一次，听取了老师们对食堂和宿舍的意见".to_owned(),
            "三、年底完工".to_owned(),
        ];
        let parts: Vec<String> = texts
            .iter()
            .zip(1..)
            .map(|(text, n)| page(n, text))
            .collect();
        let (raw, pieces) = joined(&parts);
        assert_eq!(raw.matches("版权").count(), 1, "{raw}");
        let expected = format!(
            "<div class=editor><p>{}</p><p>{}</p><p>{}</p></div>",
            texts[0], texts[1], texts[2]
        );
        assert!(raw.contains(&expected), "{raw}");
        let of: Vec<usize> = pieces.iter().map(|piece| piece.part).collect();
        assert_eq!(of, [0, 1, 2, 0]);
    }

    #[test]
    fn pages_without_a_common_element_are_put_one_behind_the_other() {
        let texts = ["没有标签的第一页".to_owned(), "<b>第二页</b>".to_owned()];
        assert_eq!(joined(&texts).0, texts.concat());
        let pdf = ["%PDF <1".to_owned(), "%PDF <<2>".to_owned()];
        assert_eq!(joined(&pdf).0, pdf.concat());
        assert_eq!(joined(&[page(1, "x")]).0, page(1, "x"));
    }

    #[test]
    fn an_element_that_misses_words_of_a_part_is_not_taken() {
        let first = "<body><div id=a>甲甲甲甲</div><div id=b>乙乙乙乙</div></body>".to_owned();
        let second = "<body><div id=a>丙丙丙丙</div><div id=b>丁丁丁丁</div></body>".to_owned();
        let (raw, _) = joined(&[first, second]);
        for words in ["甲甲甲甲", "乙乙乙乙", "丙丙丙丙", "丁丁丁丁"] {
            assert!(raw.contains(words), "{raw}");
        }
    }

    #[test]
    fn a_page_of_nothing_but_tags_is_no_trouble() {
        let deep = "<div>".repeat(100_000);
        assert_eq!(
            joined(&[deep.clone(), deep.clone()]).0.len(),
            2 * deep.len()
        );
        let less = "<".repeat(1_000_000);
        assert_eq!(joined(&[less.clone(), less]).0.len(), 2_000_000);
        let open = "<div ".repeat(100_000);
        assert_eq!(
            joined(&[open.clone(), "<!--".repeat(10)]).0.len(),
            open.len() + 40
        );
    }
}
