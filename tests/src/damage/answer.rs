use std::collections::BTreeSet;
use std::ops::Range;

use super::read::{Read, ascii_sign};
use super::stream::{Owner, Stream};

/// Stands for a character that is truly gone: an ASCII byte that a `?` swallowed or a dropped pair held.
///
/// Half a Chinese character is not gone: the other half and the language bring it back.
pub const LOST: char = '□';

/// Damaged text and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// What the page shows.
    pub text: String,
    /// The best a repair can do: the text before the damage, in traditional characters (one for one), with [`LOST`]
    /// where nothing can bring a character back.
    ///
    /// What GBK lacks is an honest `?` here as well: no trace tells it from a question mark.
    /// Signs are as they were written; compare through [`ascii_signs`](super::ascii_signs) when
    /// the text was normalised.
    pub answer: String,
    /// Where the two differ, in order.
    pub runs: Vec<Run>,
}

/// A stretch of the damaged text and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What did it.
    pub cause: Cause,
    /// Bytes of [`Damaged::text`].
    pub text: Range<usize>,
    /// Bytes of [`Damaged::answer`]; empty for a reading that was only added.
    pub answer: Range<usize>,
}

/// The mechanism behind a [`Run`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A reading behind the character it belongs to: take it out and all is well.
    Reading,
    /// A reading across the border of two characters, and the shift after it.
    Border,
    /// A cut across the border of two characters, and the shift after it.
    Cut,
}

/// What a read is to its text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// A character as it was written.
    Whole(usize),
    /// Part of a reading that stands behind its character and is shown whole.
    Reading(usize),
    /// Anything else.
    Shifted,
}

impl Damaged {
    pub(super) fn new(text: &str, stream: &Stream, reads: &[Read]) -> Self {
        let broken = broken_insertions(stream, reads);
        let steps: Vec<Step> = reads
            .iter()
            .map(|read| step(stream, read, &broken))
            .collect();
        let answer = Answer::new(text, stream, reads);

        let mut damaged = Damaged {
            text: String::new(),
            answer: answer.text.clone(),
            runs: Vec::new(),
        };
        let mut group = 0..0;
        while group.start < reads.len() {
            let first = steps[group.start];
            group.end = group.start + 1;
            while group.end < reads.len() && steps[group.end] == first {
                group.end += 1;
            }
            let start = damaged.text.len();
            let members = &reads[group.clone()];
            damaged
                .text
                .extend(members.iter().filter_map(|read| read.shown));
            let cause = match first {
                Step::Whole(_) => None,
                Step::Reading(_) => Some(Cause::Reading),
                Step::Shifted if swallows_an_insertion(stream, &members[0]) => Some(Cause::Border),
                Step::Shifted => Some(Cause::Cut),
            };
            if let Some(cause) = cause {
                damaged.runs.push(Run {
                    cause,
                    text: start..damaged.text.len(),
                    answer: answer.range(stream, members),
                });
            }
            group.start = group.end;
        }
        damaged
    }

    /// The same with full-width signs of the shown text as ASCII.
    pub(super) fn with_ascii_signs(self) -> Self {
        let mut text = String::with_capacity(self.text.len());
        // Where each byte of the old text went; only borders are looked up.
        let mut places = vec![0; self.text.len() + 1];
        for (at, c) in self.text.char_indices() {
            places[at] = text.len();
            text.push(ascii_sign(c));
        }
        places[self.text.len()] = text.len();
        let moved = |run: Run| Run {
            text: places[run.text.start]..places[run.text.end],
            ..run
        };
        Damaged {
            text,
            answer: self.answer,
            runs: self.runs.into_iter().map(moved).collect(),
        }
    }
}

/// The insertions that are not shown whole behind a character shown whole.
fn broken_insertions(stream: &Stream, reads: &[Read]) -> BTreeSet<usize> {
    let mut broken = BTreeSet::new();
    for read in reads {
        let owners: Vec<Owner> = read
            .bytes
            .clone()
            .filter_map(|at| stream.owner(at))
            .collect();
        let is_mixed = owners.iter().any(|owner| Some(owner) != owners.first());
        for owner in &owners {
            if let Owner::Insertion(n) = *owner
                && (is_mixed || !stream.is_on_border(n))
            {
                broken.insert(n);
            }
        }
    }
    broken
}

fn step(stream: &Stream, read: &Read, broken: &BTreeSet<usize>) -> Step {
    let owner = |at| stream.owner(at);
    let first = owner(read.bytes.start);
    if read.bytes.clone().any(|at| owner(at) != first) {
        return Step::Shifted;
    }
    match first {
        Some(Owner::Insertion(n)) if !broken.contains(&n) => Step::Reading(n),
        Some(Owner::Character(n)) if read.bytes.len() == stream.width(n) => Step::Whole(n),
        _ => Step::Shifted,
    }
}

fn swallows_an_insertion(stream: &Stream, read: &Read) -> bool {
    let is_inserted = |at| matches!(stream.owner(at), Some(Owner::Insertion(_)));
    read.bytes.clone().any(is_inserted)
}

/// The text with [`LOST`] in place of what is gone, and where each character of it stands.
struct Answer {
    text: String,
    places: Vec<usize>,
}

impl Answer {
    fn new(text: &str, stream: &Stream, reads: &[Read]) -> Self {
        let mut lost = BTreeSet::new();
        let is_gone = |read: &&Read| matches!(read.shown, Some('?') | None);
        for read in reads.iter().filter(is_gone) {
            let swallowed = (read.bytes.len() == 2).then(|| read.bytes.end - 1);
            let is_ascii = |at: &usize| stream.bytes().get(*at).is_some_and(u8::is_ascii);
            if let Some(at) = swallowed.filter(is_ascii)
                && let Some(Owner::Character(n)) = stream.owner(at)
                && stream.width(n) == 1
            {
                lost.insert(n);
            }
        }
        let mut answer = Answer {
            text: String::with_capacity(text.len()),
            places: Vec::new(),
        };
        for (n, c) in text.chars().enumerate() {
            answer.places.push(answer.text.len());
            let is_missing_in_gbk = super::stream::encode(c) == b"?";
            answer.text.push(match c {
                _ if lost.contains(&n) => LOST,
                _ if is_missing_in_gbk => '?',
                _ => c,
            });
        }
        answer.places.push(answer.text.len());
        answer
    }

    /// The characters that any byte of `reads` was written for.
    fn range(&self, stream: &Stream, reads: &[Read]) -> Range<usize> {
        let bytes = reads.iter().flat_map(|read| read.bytes.clone());
        let characters: Vec<usize> = bytes
            .filter_map(|at| match stream.owner(at) {
                Some(Owner::Character(n)) => Some(n),
                _ => None,
            })
            .collect();
        let place = |n: usize| self.places.get(n).copied().unwrap_or(self.text.len());
        match (characters.first(), characters.last()) {
            (Some(&first), Some(&last)) => place(first)..place(last + 1),
            _ => {
                let behind = self.behind(stream, reads);
                behind..behind
            }
        }
    }

    /// The place behind the character in front of an insertion.
    fn behind(&self, stream: &Stream, reads: &[Read]) -> usize {
        let start = reads.first().map_or(0, |read| read.bytes.start);
        let owner = (0..start).rev().find_map(|at| match stream.owner(at) {
            Some(Owner::Character(n)) => Some(n),
            _ => None,
        });
        let place = |n: usize| self.places.get(n + 1).copied();
        owner.and_then(place).unwrap_or(0)
    }
}
