//! A corpus of invented reports with labels: which are copies of which, which only look like it, and
//! which paragraphs they share. Deterministic: the same size and seed give the same bytes.
//!
//! `crates/dedupe` takes these files into its own tests and benches by their path.

mod damage; // what happens to a report on its way from site to site
mod prose; // words, figures, places

pub use damage::Damage;
use prose::{Report, Template, set_phrases};

/// SplitMix64, <https://prng.di.unimi.it/splitmix64.c>.
pub struct Random(pub u64);

impl Random {
    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`, which may be zero.
    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n.max(1) as u64) as usize
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of `choices`.
    ///
    /// # Panics
    /// When there are none.
    pub fn of<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }
}

/// One report of the corpus and what is right about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// What a crawler stored.
    pub text: String,
    /// `original`, the name of a damage, of a kind of sibling, or of an order.
    pub class: &'static str,
    /// Reports with the same number are copies of each other, and no others are.
    pub cluster: usize,
    /// True for what should be collapsed into another report of the cluster.
    pub is_copy: bool,
    /// Its paragraphs, in order of the text; empty for what was damaged.
    pub paragraphs: Vec<Paragraph>,
    /// Which words its paragraphs had before any damage, as [`Paragraph::words`].
    pub words: Vec<u64>,
}

/// A paragraph of a report that is as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paragraph {
    /// Bytes of the text.
    pub start: usize,
    /// The byte after it.
    pub end: usize,
    /// The same in every report that has the same words, whatever their figures, years and names.
    pub words: u64,
    /// True when a name of a place stands in it, which another report will have otherwise.
    pub is_named: bool,
}

/// What a sibling has of its own.
pub const SIBLINGS: [&str; 6] = [
    "sibling: year and figures",
    "sibling: county and figures",
    "sibling: year, county, figures",
    "sibling: all but a third of the figures",
    "sibling: year alone",
    "sibling: county alone",
];

/// The poor copy comes first, the full report later.
pub const FULL_LATER: [(Damage, &str); 3] = [
    (Damage::Truncated, "full after fragment"),
    (Damage::Masks, "clean after masked"),
    (Damage::Broken, "clean after damaged"),
];

/// A report that stands whole in an earlier page of five.
pub const IN_COMPILATION: &str = "inside a compilation";

/// Reports on such a page.
const COMPILED: usize = 5;

/// Of a hundred reports, copies of earlier ones: the share that the crawls we know of have.
const COPIES: usize = 28;

/// Of a hundred reports, siblings of earlier ones, made from the same template.
const SIBLINGS_OF_HUNDRED: usize = 15;

/// Originals that copies are still made of: a report is copied for a while after it appeared.
const RECENT: usize = 400;

/// Writes a corpus, one report after the other.
struct Writer {
    random: Random,
    corpus: Vec<Planted>,
    /// The originals that may be copied, with their clusters.
    recent: Vec<(Report, usize)>,
    /// Paragraphs that go round, the most used first.
    set_phrases: Vec<String>,
    n_clusters: usize,
}

/// `n` reports: originals with set phrases and copied paragraphs, copies of every damage in clusters
/// of one to a dozen, siblings of every kind, fragments before their reports, compilations. A
/// hundredth is one family of siblings from a single template, with copies of some.
pub fn corpus(n: usize, seed: u64) -> Vec<Planted> {
    let mut random = Random(seed);
    let set_phrases = set_phrases(&mut random);
    let mut writer = Writer {
        random,
        corpus: Vec::with_capacity(n),
        recent: Vec::new(),
        set_phrases,
        n_clusters: 0,
    };
    let family = n / 100;
    while writer.corpus.len() + family < n {
        writer.next();
    }
    // The last cluster may have gone beyond.
    writer.family(n.saturating_sub(writer.corpus.len()));
    writer.corpus
}

impl Writer {
    fn next(&mut self) {
        let lot = self.random.below(100);
        if self.recent.len() < 10 {
            self.original();
        } else if lot < COPIES {
            self.copy();
        } else if lot < COPIES + SIBLINGS_OF_HUNDRED {
            self.sibling();
        } else if self.random.one_in(60) {
            self.full_later();
        } else if self.random.one_in(200) {
            self.compilation();
        } else {
            self.original();
        }
    }

    fn report(&mut self) -> Report {
        let mut template = Template::new(&mut self.random);
        for _ in 0..self.random.below(4) {
            // The smaller of two draws: some phrases stand in many reports, most in few.
            let n = self.set_phrases.len();
            let phrase = self.random.below(n).min(self.random.below(n));
            template.insert(&self.set_phrases[phrase], &mut self.random);
        }
        let mut report = template.with_facts(self.random.bits());
        if self.random.one_in(5) && !self.recent.is_empty() {
            let from = self.random.below(self.recent.len());
            let with_figures = self.random.one_in(2);
            report.copy_paragraph(&self.recent[from].0, with_figures, &mut self.random);
        }
        report
    }

    fn plant(&mut self, report: &Report, class: &'static str) -> usize {
        let cluster = self.n_clusters;
        self.n_clusters += 1;
        self.plant_in(cluster, report, class, false);
        self.remember(report, cluster);
        cluster
    }

    fn plant_in(&mut self, cluster: usize, report: &Report, class: &'static str, is_copy: bool) {
        let (text, paragraphs) = report.written();
        self.corpus.push(Planted {
            text,
            class,
            cluster,
            is_copy,
            words: paragraphs.iter().map(|paragraph| paragraph.words).collect(),
            paragraphs,
        });
    }

    /// As it came out of a damage that `reports` went into.
    fn plant_damaged(
        &mut self,
        cluster: usize,
        (reports, text): (&[Report], String),
        class: &'static str,
        is_copy: bool,
    ) {
        let paragraphs = reports.iter().flat_map(|report| report.written().1);
        self.corpus.push(Planted {
            text,
            class,
            cluster,
            is_copy,
            paragraphs: Vec::new(),
            words: paragraphs.map(|paragraph| paragraph.words).collect(),
        });
    }

    fn remember(&mut self, report: &Report, cluster: usize) {
        let place = self.random.below(RECENT);
        match self.recent.get_mut(place) {
            Some(old) => *old = (report.clone(), cluster),
            None => self.recent.push((report.clone(), cluster)),
        }
    }

    fn original(&mut self) {
        let report = self.report();
        self.plant(&report, "original");
    }

    fn copy(&mut self) {
        // The larger of two draws lets some reports be copied often.
        let n = self.recent.len();
        let from = self.random.below(n).max(self.random.below(n));
        let (report, cluster) = self.recent[from].clone();
        let damage = Damage::ALL[self.random.below(Damage::ALL.len())];
        let text = damage.applied(&report, &mut self.random);
        self.plant_damaged(cluster, (&[report], text), damage.name(), true);
    }

    fn sibling(&mut self) {
        let from = self.random.below(self.recent.len());
        let kind = self.random.below(SIBLINGS.len());
        let sibling = self.recent[from].0.sibling(kind, self.random.bits());
        self.plant(&sibling, SIBLINGS[kind]);
    }

    fn full_later(&mut self) {
        let (damage, class) = FULL_LATER[self.random.below(FULL_LATER.len())];
        let report = self.report();
        let cluster = self.n_clusters;
        self.n_clusters += 1;
        let text = damage.applied(&report, &mut self.random);
        self.plant_in(cluster, &report, class, false);
        let full = self.corpus.len() - 1;
        self.plant_damaged(cluster, (&[report], text), "poor copy first", false);
        self.corpus.swap(full, full + 1);
    }

    /// Five reports on one page that nobody cut, then one of them alone.
    fn compilation(&mut self) {
        let reports: Vec<Report> = (0..COMPILED).map(|_| self.report()).collect();
        let texts: Vec<String> = reports.iter().map(|report| report.written().0).collect();
        let cluster = self.n_clusters;
        self.n_clusters += 1;
        let page = (&*reports, texts.join("\n"));
        self.plant_damaged(cluster, page, "compilation", false);
        let one = self.random.below(COMPILED);
        self.plant_in(cluster, &reports[one], IN_COMPILATION, true);
    }

    /// Siblings of one template, then a masked or shortened copy of every fourth.
    fn family(&mut self, n: usize) {
        let template = Template::new(&mut self.random);
        let n_originals = n - n / 5;
        let reports: Vec<Report> = (0..n_originals)
            .map(|_| template.with_facts(self.random.bits()))
            .collect();
        let first = self.n_clusters;
        for report in &reports {
            self.plant_in(self.n_clusters, report, "family", false);
            self.n_clusters += 1;
        }
        for (index, report) in reports.iter().enumerate().step_by(4).take(n - n_originals) {
            let damages = [
                Damage::Dropped,
                Damage::Typos,
                Damage::Traditional,
                Damage::Masks,
            ];
            let damage = damages[self.random.below(damages.len())];
            let text = damage.applied(report, &mut self.random);
            let copy = (std::slice::from_ref(report), text);
            self.plant_damaged(first + index, copy, "family copy", true);
        }
    }
}
