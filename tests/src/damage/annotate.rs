use std::sync::LazyLock;

use serde::Deserialize;

use super::stream::{Stream, encode};

/// A character the site explains, in its own bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// The character.
    pub character: char,
    /// Its reading as the site writes it, tone marks and all.
    pub reading: String,
    find: [u8; 2],
    insert: Vec<u8>,
}

impl Annotation {
    /// The annotation `(reading)` behind `character`.
    ///
    /// GBK has the vowels with tone marks as pairs (`ù` is `A8 B4`), so readings survive.
    /// `None` for a character without two bytes in GBK: a site could not find it.
    pub fn new(character: char, reading: &str) -> Option<Self> {
        let insert = format!("({reading})");
        Some(Annotation {
            character,
            reading: reading.to_owned(),
            find: encode(character).try_into().ok()?,
            insert: insert.chars().flat_map(encode).collect(),
        })
    }
}

/// The annotations of `rules/readings.toml`.
pub fn annotations() -> &'static [Annotation] {
    static ANNOTATIONS: LazyLock<Vec<Annotation>> = LazyLock::new(|| {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            readings: Vec<String>,
        }
        let file: File = toml::from_str(include_str!("../../rules/readings.toml"))
            .expect("the file is compiled in and a test reads it");
        let parse = |entry: &String| {
            let (character, reading) = entry.split_once(' ')?;
            Annotation::new(character.chars().next()?, reading)
        };
        file.readings.iter().filter_map(parse).collect()
    });
    &ANNOTATIONS
}

/// Step 3: searches the *bytes* from the left for one annotation after the other, and inserts the
/// reading behind each find.
///
/// A find may be a character, or the last byte of one and the first of the next: the bytes of 獎論
/// are `AA 84 D5 93`, and `84 D5` is 務. Where finds overlap the order decides: 當地 is `AE 94 B5 D8`
/// with 當 and 數 (`94 B5`) in it, 數 comes first, and both readings go in; 向學 is `CF F2 8C 57`,
/// the reading of 驅 (`F2 8C`) goes in first and tears 學 apart before it is searched for.
pub fn annotate(stream: &Stream, annotations: &[Annotation]) -> Stream {
    annotations.iter().fold(stream.clone(), insert_behind)
}

fn insert_behind(stream: Stream, annotation: &Annotation) -> Stream {
    let bytes = stream.bytes();
    let mut out = stream.fork();
    let (mut done, mut at) = (0, 0);
    while at + 1 < bytes.len() {
        if !bytes[at..].starts_with(&annotation.find) {
            at += 1;
            continue;
        }
        at += 2;
        out.push(&stream, done..at);
        out.insert(&annotation.insert, stream.owner(at));
        done = at;
    }
    out.push(&stream, done..bytes.len());
    out
}
