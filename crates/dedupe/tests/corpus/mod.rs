//! A planted corpus: invented reports, copies of them with one class of damage each, and siblings
//! made from the same template. Deterministic.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "shared by tests and the bench, each uses a part"
)]

mod damage;
mod prose;
pub mod score;

pub use damage::Damage;
use prose::Template;

/// Splitmix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn of<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }
}

/// One report of the corpus and what is right about it.
pub struct Planted {
    pub text: String,
    /// `original`, the name of a damage, or of a kind of sibling.
    pub class: &'static str,
    /// The report it is a copy of, as an index into the corpus.
    pub original: Option<usize>,
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

/// The poor copy comes first, the full report later: it must stay.
pub const FULL_LATER: [(Damage, &str); 3] = [
    (Damage::Truncated, "full after fragment"),
    (Damage::Masks, "clean after masked"),
    (Damage::Broken, "clean after damaged"),
];

/// Reports in the one large family of a corpus, by class size: a form sheet that many counties fill.
const FAMILY: usize = 2;

/// `n` reports of each class. Every third original has a sibling before it, so that a copy has two
/// reports to be mistaken for.
pub fn corpus(n: usize, seed: u64) -> Vec<Planted> {
    let mut random = Random(seed);
    let mut corpus = Vec::new();
    let mut waiting: Vec<(usize, Planted)> = Vec::new();
    let mut number = 0;
    for round in 0..n {
        for damage in Damage::ALL {
            number += 1;
            let template = Template::new(&mut random);
            let facts = random.next();
            if round % 3 == 0 {
                corpus.push(Planted {
                    text: template.with_facts(random.next()).text(),
                    class: "original",
                    original: None,
                });
            }
            let report = template.with_facts(facts);
            corpus.push(Planted {
                text: report.text(),
                class: "original",
                original: None,
            });
            let copy = Planted {
                text: damage.applied(&report, &mut random),
                class: damage.name(),
                original: Some(corpus.len() - 1),
            };
            // Copies arrive some way behind their originals, among others.
            waiting.push((number + random.below(200), copy));
            let (ready, rest) = waiting.into_iter().partition(|(due, _)| *due <= number);
            waiting = rest;
            corpus.extend(Vec::from_iter(ready).into_iter().map(|(_, copy)| copy));
        }
        for (damage, class) in FULL_LATER {
            let report = Template::new(&mut random).with_facts(random.next());
            let planted = |class, text| Planted {
                text,
                class,
                original: None,
            };
            corpus.push(planted("original", damage.applied(&report, &mut random)));
            corpus.push(planted(class, report.text()));
        }
        for (kind, class) in SIBLINGS.iter().enumerate() {
            let template = Template::new(&mut random);
            let report = template.with_facts(random.next());
            corpus.push(Planted {
                text: report.text(),
                class: "original",
                original: None,
            });
            corpus.push(Planted {
                text: report.sibling(kind, random.next()).text(),
                class,
                original: None,
            });
        }
    }
    corpus.extend(waiting.into_iter().map(|(_, copy)| copy));
    family(&mut corpus, n * FAMILY, &mut random);
    corpus
}

/// Siblings of one template, then a masked or shortened copy of every fourth.
fn family(corpus: &mut Vec<Planted>, n: usize, random: &mut Random) {
    let template = Template::new(random);
    let reports: Vec<_> = (0..n).map(|_| template.with_facts(random.next())).collect();
    let first = corpus.len();
    corpus.extend(reports.iter().map(|report| Planted {
        text: report.text(),
        class: "family",
        original: None,
    }));
    for (index, report) in reports.iter().enumerate().step_by(4) {
        let damage = *random.of(&[
            &Damage::Dropped,
            &Damage::Typos,
            &Damage::Traditional,
            &Damage::Masks,
        ]);
        corpus.push(Planted {
            text: damage.applied(report, random),
            class: "family copy",
            original: Some(first + index),
        });
    }
}
