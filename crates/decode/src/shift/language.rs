//! How likely a stretch is as Chinese prose: what decides between readings of broken bytes.
//!
//! Two judges are asked. One cuts the stretch into the likeliest words of a
//! dictionary with frequencies; the other goes from character to character, by what the dictionary
//! says, what report prose of our own has, and what the sound part of the page itself has.

use std::sync::LazyLock;

use taosha_core::simplify;

use super::counts::{Counts, Table, key};

/// Words of up to four simplified characters with their frequency.
///
/// From the dictionary of jieba (MIT), as jieba-rs 0.11 ships it; see `examples/make-words.rs`.
static WORDS: &str = include_str!("../../data/words.txt");

/// Prose of reports, news, letters and whatever else surrounds them, written for this table, one paragraph per line.
static PROSE: &str = include_str!("../../data/prose.txt");

/// The longest word of the table.
const WORD_CHARS: usize = 4;

/// How often signs and figures stand among a hundred words; the dictionary has none of them.
/// Counted in our own prose.
const SIGNS: [(char, f32); 19] = [
    ('，', 9.0),
    ('。', 3.5),
    ('、', 3.7),
    ('0', 4.5),
    ('；', 1.2),
    ('：', 1.0),
    ('“', 1.6),
    ('”', 1.6),
    ('《', 0.2),
    ('》', 0.2),
    ('（', 0.4),
    ('）', 0.4),
    ('？', 0.2),
    ('！', 0.1),
    ('—', 0.2),
    ('…', 0.1),
    ('％', 0.2),
    ('A', 0.4),
    ('\n', 1.7),
];

/// An unknown character, among as many characters as the dictionary counts.
const UNKNOWN: f32 = 0.2;

/// What the dictionary says about a pair weighs as much as this many sights of its first character
/// in prose, and likewise for triples.
const PAIR_PRIOR: f32 = 3.0;
const TRIPLE_PRIOR: f32 = 0.5;

/// What was seen once may never be seen again, so this is taken off each count of several
/// characters and goes to what was not seen (interpolated absolute discounting: Ney, Essen, Kneser
/// 1994).
const DISCOUNT: f32 = 0.5;

/// What each judge counts: of five ways to share, the one that was right most often on held-out prose.
const BY_CHARACTERS: f32 = 2.0 / 3.0;
const BY_WORDS: f32 = 1.0 / 3.0;

/// What the dictionary says about a word weighs as much as so many words of prose.
const WORD_PRIOR: f32 = 6000.0;

/// A sight on the page itself counts for so many in other prose: a report repeats its words.
const PAGE_WEIGHT: f32 = 3.0;
const PAGE_WORD_WEIGHT: f32 = 1.0;

/// The tables that hold for every page.
pub(super) struct Language {
    /// How likely each word is.
    words: Table<f32>,
    /// Of a character that follows in the same word.
    within: Table<f32>,
    /// Share of sights that end a word, per character.
    ends: Table<f32>,
    /// Share of words that start so.
    starts: Table<f32>,
    /// How often each character stands in words.
    sights: Table<f32>,
    unknown: f32,
    prose: Counts,
    prose_words: Words,
}

/// How often each word stands in a text.
#[derive(Default)]
struct Words {
    n: Table<f32>,
    total: f32,
}

static LANGUAGE: LazyLock<Language> = LazyLock::new(Language::read);

impl Language {
    fn read() -> Language {
        let words: Vec<(Vec<char>, f32)> = WORDS.lines().flat_map(weighed).collect();
        let in_dictionary: f32 = words.iter().map(|(_, weight)| weight).sum();
        let signs = SIGNS.map(|(sign, share)| (vec![sign], in_dictionary * share / 100.0));
        let words: Vec<(Vec<char>, f32)> = words.into_iter().chain(signs).collect();
        let n_words: f32 = words.iter().map(|(_, weight)| weight).sum();

        let (mut known, mut within) = (Table::default(), Table::default());
        let (mut ends, mut starts) = (Table::default(), Table::default());
        let mut sights: Table<f32> = Table::default();
        for (word, weight) in &words {
            known.insert(key_of_word(word), weight / n_words);
            for pair in word.windows(2) {
                *within.entry(key(pair)).or_default() += weight;
            }
            for c in word {
                *sights.entry(key(&[*c])).or_default() += weight;
            }
            if let (Some(first), Some(last)) = (word.first(), word.last()) {
                *starts.entry(key(&[*first])).or_default() += weight / n_words;
                *ends.entry(key(&[*last])).or_default() += weight;
            }
        }
        let of = |c: u64| sights.get(&c).copied().unwrap_or(1.0);
        for (pair, weight) in &mut within {
            *weight /= of(pair >> 21);
        }
        for (c, weight) in &mut ends {
            *weight /= of(*c);
        }
        let mut prose = Counts::default();
        for line in PROSE.lines() {
            prose.add(&line.chars().map(fold).chain(['\n']).collect::<Vec<_>>());
        }
        let mut language = Language {
            words: known,
            within,
            ends,
            starts,
            sights,
            unknown: UNKNOWN / n_words,
            prose,
            prose_words: Words::default(),
        };
        let mut words = Words::default();
        for line in PROSE.lines() {
            words.add(&language, &line.chars().map(fold).collect::<Vec<_>>());
        }
        language.prose_words = words;
        language
    }

    /// The likeliest way to cut `stretch` into words: for every place ln of how likely what stands
    /// before it is, and the length of the word that ends there.
    fn cut(&self, stretch: &[char], page: &Words) -> Vec<(f32, usize)> {
        let seen = |word: u64| {
            let of = |words: &Words| words.n.get(&word).copied().unwrap_or_default();
            of(&self.prose_words) + PAGE_WORD_WEIGHT * of(page)
        };
        let total = self.prose_words.total + PAGE_WORD_WEIGHT * page.total + WORD_PRIOR;
        let mut best = vec![(f32::NEG_INFINITY, 1); stretch.len() + 1];
        best[0].0 = 0.0;
        for end in 1..=stretch.len() {
            for start in end.saturating_sub(WORD_CHARS)..end {
                let word = stretch.get(start..end).unwrap_or_default();
                let key = key_of_word(word);
                let known = self.words.get(&key).copied();
                let Some(prior) = known.or((word.len() == 1).then_some(self.unknown)) else {
                    continue;
                };
                let score = best[start].0 + ((seen(key) + WORD_PRIOR * prior) / total).ln();
                if score > best[end].0 {
                    best[end] = (score, word.len());
                }
            }
        }
        best
    }
}

impl Words {
    fn add(&mut self, language: &Language, stretch: &[char]) {
        let cut = language.cut(stretch, &Words::default());
        let mut end = stretch.len();
        while let Some(&(_, length)) = cut.get(end).filter(|_| end > 0) {
            let word = stretch.get(end - length..end).unwrap_or_default();
            *self.n.entry(key_of_word(word)).or_default() += 1.0;
            self.total += 1.0;
            end -= length;
        }
    }
}

/// A line of the table: a frequency and the words that have it.
fn weighed(line: &str) -> Vec<(Vec<char>, f32)> {
    let mut fields = line.split(' ');
    let weight = fields.next().and_then(|field| field.parse().ok());
    let weight = weight.unwrap_or(1.0);
    fields
        .map(|word| (word.chars().collect(), weight))
        .collect()
}

/// Words of up to four characters of 16 bits; the rest is no word.
fn key_of_word(word: &[char]) -> u64 {
    let code = |key: u64, c: &char| key << 16 | u64::from(u32::from(*c) & 0xFFFF);
    word.iter().fold(0, code)
}

/// `c` as the tables have it: simplified, signs full-width, quotation marks double, all figures and all letters alike.
pub(super) fn fold(c: char) -> char {
    match c {
        '‘' => '“',
        '’' => '”',
        '0'..='9' | '０'..='９' | '□' => '0',
        'a'..='z' | 'A'..='Z' | 'ａ'..='ｚ' | 'Ａ'..='Ｚ' => 'A',
        '!'..='~' => char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c),
        c if u32::from(c) < FIRST_HAN => c,
        c => {
            let simple = SIMPLE.get((u32::from(c) - FIRST_HAN) as usize);
            simple.copied().unwrap_or(c)
        }
    }
}

const FIRST_HAN: u32 = 0x3400;
const LAST_HAN: u32 = 0x9FFF;

/// The simplified characters, by code point.
static SIMPLE: LazyLock<Vec<char>> = LazyLock::new(|| {
    let all: String = (FIRST_HAN..=LAST_HAN).filter_map(char::from_u32).collect();
    simplify(&all).chars().collect()
});

/// How often words that start or go on with the folded `c` stand in prose.
pub(super) fn weight(c: char) -> f32 {
    LANGUAGE.sights.get(&key(&[c])).copied().unwrap_or_default()
}

/// Signs of which no two follow each other, nor with the end of a quotation between them.
fn is_stop(c: char) -> bool {
    matches!(c, '。' | '，' | '、' | '；' | '：')
}

/// ln of how likely they do.
const STOPS_IN_A_ROW: f32 = -14.0;

/// Judges stretches of one page.
pub(super) struct Judge {
    language: &'static Language,
    page: Counts,
    page_words: Words,
}

impl Judge {
    /// `sound` are the sound stretches of the page, folded.
    pub(super) fn new<'t>(sound: impl Iterator<Item = &'t [char]>) -> Self {
        let mut judge = Judge {
            language: &LANGUAGE,
            page: Counts::default(),
            page_words: Words::default(),
        };
        for stretch in sound {
            judge.page.add(stretch);
            judge.page_words.add(judge.language, stretch);
        }
        judge
    }

    /// ln of how likely `c` follows `before`, by the second judge.
    pub(super) fn follows(&self, before: [char; 2], c: char) -> f32 {
        let [first, second] = before;
        let last = if second == '”' { first } else { second };
        if is_stop(last) && is_stop(c) {
            return STOPS_IN_A_ROW;
        }
        let language = self.language;
        let of = |table: &Table<f32>, key: u64| table.get(&key).copied().unwrap_or(0.0);
        let sights = |gram: &[char]| PAGE_WEIGHT * self.page.of(gram) + language.prose.of(gram);
        let sure = |gram: &[char]| (sights(gram) - DISCOUNT).max(0.0);
        let total = PAGE_WEIGHT * self.page.total() + language.prose.total();
        // What starts a word, by dictionary and by prose.
        let start = of(&language.starts, key(&[c])) * 0.5 + sights(&[c]) / (total + 1.0) * 0.5;
        let start = start.max(1e-8);
        let pair = key(&[second, c]);
        let by_words = of(&language.within, pair)
            + language.ends.get(&key(&[second])).copied().unwrap_or(1.0) * start;
        let taken_off = |context: &[char]| {
            DISCOUNT * (self.page.n_followers(context) + language.prose.n_followers(context))
        };
        let pairs = (sure(&[second, c]) + (PAIR_PRIOR + taken_off(&[second])) * by_words)
            / (sights(&[second]) + PAIR_PRIOR);
        let triples = (sure(&[first, second, c])
            + (TRIPLE_PRIOR + taken_off(&[first, second])) * pairs)
            / (sights(&[first, second]) + TRIPLE_PRIOR);
        triples.max(1e-9).ln()
    }

    /// ln of how likely the folded `stretch` is, by both judges.
    pub(super) fn likelihood(&self, stretch: &[char]) -> f32 {
        BY_CHARACTERS * self.by_characters(stretch) + BY_WORDS * self.by_words(stretch)
    }

    fn by_characters(&self, stretch: &[char]) -> f32 {
        let mut before = ['\n', '\n'];
        let mut sum = 0.0;
        for &c in stretch {
            sum += self.follows(before, c);
            before = [before[1], c];
        }
        sum
    }

    fn by_words(&self, stretch: &[char]) -> f32 {
        let cut = self.language.cut(stretch, &self.page_words);
        cut.last().map_or(0.0, |(score, _)| *score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likelihood(text: &str) -> f32 {
        let folded: Vec<char> = text.chars().map(fold).collect();
        Judge::new(std::iter::empty()).likelihood(&folded)
    }

    #[test]
    fn prose_is_likelier_than_what_a_shift_makes_of_it() {
        assert!(likelihood("。“普九”迎接") > likelihood("！捌站拧庇邮") + 20.0);
        assert!(likelihood("任務。現將") > likelihood("任務校現將"));
        assert!(likelihood("科學校現代") < likelihood("學校現代"));
        // Hardly any pair with 校 in front was seen, because it mostly ends a word.
        assert!(likelihood("發揮學校科普教育") > likelihood("發揮學專科普教育"));
    }

    #[test]
    fn a_page_teaches_its_own_words() {
        let stretch: Vec<char> = "甪直甪直甪直".chars().collect();
        let of = |judge: Judge| judge.likelihood(&['甪', '直']);
        let taught = Judge::new([stretch.as_slice()].into_iter());
        assert!(of(taught) > of(Judge::new(std::iter::empty())) + 1.0);
    }
}
