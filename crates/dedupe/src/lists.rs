//! Enumerations, whose members tell one notice from another as figures do: 一等奖:甲、乙、丙.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::comparison::Form;

/// Fewer are a turn of speech.
const MIN_MEMBERS: usize = 3;
/// A longer member is a clause.
const LONGEST_MEMBER: usize = 12;
/// Characters two lists have before them, or both begin with, when they stand in the same place.
const HEAD: usize = 3;
/// Behind these the last member begins.
const LAST: [u16; 3] = ['和' as u16, '及' as u16, '与' as u16];

/// The lists of a form, found while the text is folded: what stands between signs, and 、 joins.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    /// Where members begin and end in the form.
    members: Vec<(u32, u32)>,
    /// The members of each list.
    lists: Vec<Range<u32>>,
    /// Where the member that is being read begins, and the first of its list.
    start: u32,
    first: u32,
}

impl Lists {
    /// Notes a sign at the end of `characters`; it is followed by another member if it `joins`.
    pub(crate) fn sign(&mut self, characters: &[u16], joins: bool) {
        let (first, end) = (self.first as usize, characters.len() as u32);
        let in_list = joins || self.members.len() > first;
        if end > self.start && in_list {
            self.members.push((self.start, end));
        }
        self.start = end;
        if joins {
            return;
        }
        self.split_last(characters);
        let n = self.members.len();
        let is_long = |&(start, end): &(u32, u32)| (end - start) as usize > LONGEST_MEMBER;
        let members = self.members.get(first..).unwrap_or_default();
        match members.len() >= MIN_MEMBERS && !members.iter().any(is_long) {
            true => {
                self.lists.push(self.first..n as u32);
                self.first = n as u32;
            }
            false => self.members.truncate(first),
        }
    }

    /// 甲、乙和丙 has three members.
    fn split_last(&mut self, characters: &[u16]) {
        let Some(&(start, end)) = self
            .members
            .get(self.first as usize..)
            .and_then(<[_]>::last)
        else {
            return;
        };
        let last = characters
            .get(start as usize..end as usize)
            .unwrap_or_default();
        let inner = last.iter().skip(1).take(last.len().saturating_sub(2));
        let Some(before) = inner.clone().position(|c| LAST.contains(c)) else {
            return;
        };
        let at = start + 1 + before as u32;
        self.members.pop();
        self.members.extend([(start, at), (at + 1, end)]);
    }

    fn iter<'a>(&'a self, form: &'a Form) -> impl Iterator<Item = List<'a>> {
        let characters = &form.characters;
        self.lists.iter().filter_map(move |range| {
            let places = self.members.get(range.start as usize..range.end as usize)?;
            let (start, end) = (places.first()?.0 as usize, places.last()?.1 as usize);
            let member = |&(start, end): &(u32, u32)| characters.get(start as usize..end as usize);
            let members: Vec<_> = places.iter().filter_map(member).collect();
            // 郎某 may be 郎小舟.
            let is_open = !form.slots.is_masked(start, end);
            is_open.then_some(List {
                before: start
                    .checked_sub(HEAD)
                    .and_then(|head| characters.get(head..start)),
                opening: members.first().and_then(|first| first.get(..HEAD)),
                members,
            })
        })
    }
}

/// One list of a form.
struct List<'a> {
    /// The characters before it.
    before: Option<&'a [u16]>,
    /// Those its first member begins with: 授予王….
    opening: Option<&'a [u16]>,
    members: Vec<&'a [u16]>,
}

impl<'a> List<'a> {
    /// What a list in the same place has too.
    fn heads(&self) -> impl Iterator<Item = (bool, &'a [u16])> {
        let before = self.before.map(|head| (true, head));
        before
            .into_iter()
            .chain(self.opening.map(|head| (false, head)))
    }

    /// True when no member is the other's in the same place with a character mistyped.
    fn is_other(&self, other: &List<'_>) -> bool {
        let pairs = self.members.iter().zip(&other.members);
        !pairs.into_iter().any(|(one, other)| is_slip(one, other))
    }
}

/// The lists of two forms that stand in the same place and have no member in common: the number of
/// members of the shorter, and the first of each as `canonical / new`.
pub(crate) fn differences(new: &Form, canonical: &Form) -> Vec<(usize, String)> {
    if new.lists.lists.is_empty() || canonical.lists.lists.is_empty() {
        return Vec::new();
    }
    let new: Vec<List<'_>> = new.lists.iter(new).collect();
    let canonical: Vec<List<'_>> = canonical.lists.iter(canonical).collect();
    let (in_new, in_canonical) = (members(&new), members(&canonical));
    let is_strange = |list: &List<'_>, known: &HashSet<&[u16]>| {
        list.members.iter().all(|member| !known.contains(member))
    };
    // The second list behind 等奖 stands opposite to the second one there.
    let mut by_head: HashMap<_, Vec<&List<'_>>> = HashMap::new();
    for list in &canonical {
        for head in list.heads() {
            by_head.entry(head).or_default().push(list);
        }
    }
    let mut times: HashMap<_, usize> = HashMap::new();
    let mut found = Vec::new();
    for list in &new {
        let mut is_found = false;
        for head in list.heads() {
            let nth = times.entry(head).or_default();
            let opposite = by_head.get(&head).and_then(|lists| lists.get(*nth));
            *nth += 1;
            let Some(opposite) = opposite.filter(|_| !is_found) else {
                continue;
            };
            is_found = is_strange(list, &in_canonical)
                && is_strange(opposite, &in_new)
                && list.is_other(opposite);
            if is_found {
                let n = list.members.len().min(opposite.members.len());
                let shown = format!("{} / {}", shown(opposite), shown(list));
                found.push((n, shown));
            }
        }
    }
    found
}

fn members<'a>(lists: &[List<'a>]) -> HashSet<&'a [u16]> {
    lists
        .iter()
        .flat_map(|list| list.members.iter().copied())
        .collect()
}

fn shown(list: &List<'_>) -> String {
    let word = |member: &&[u16]| String::from_utf16_lossy(member).replace('\u{1}', "*");
    let first: Vec<String> = list.members.iter().take(2).map(word).collect();
    first.join("、")
}

/// True when all but one character of the longer stands in the other, at its start and its end.
fn is_slip(one: &[u16], other: &[u16]) -> bool {
    let is_same = |(a, b): &(&u16, &u16)| a == b;
    let (shorter, longer) = (one.len().min(other.len()), one.len().max(other.len()));
    let head = one.iter().zip(other).take_while(is_same).count();
    let behind = one.iter().rev().zip(other.iter().rev());
    let tail = behind.take(shorter - head).take_while(is_same).count();
    longer - head - tail <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differ(new: &str, canonical: &str) -> Vec<(usize, String)> {
        let (new, canonical) = (Form::of(new), Form::of(canonical));
        differences(&new, &canonical)
    }

    #[test]
    fn lists_without_a_common_member_differ() {
        let list = "经评选,授予唐小米、罗星、丁一舟等同志“岗位能手”称号。";
        for (other, n) in [
            ("经评选,授予夏冬雪、江流、白鹭等同志“岗位能手”称号。", 3),
            ("经评选,授予夏冬雪、江流、丁一舟等同志“岗位能手”称号。", 0),
            ("经评选,授予唐小朵、罗晨、丁一帆等同志“岗位能手”称号。", 0),
            ("经评选,授予夏某、江某、白某等同志“岗位能手”称号。", 0),
            ("为此,表彰夏冬雪、江流、白鹭等同志“岗位能手”称号。", 0),
        ] {
            let found = differ(other, list);
            assert_eq!(
                found.iter().map(|(n, _)| n).sum::<usize>(),
                n,
                "{other} {found:?}"
            );
        }
        let found = differ("分管绿化、环卫和供水工作。", "分管城建、交通和规划工作。");
        assert_eq!(found.len(), 0, "{found:?}");
        let found = differ(
            "本人分管绿化、环卫和供水工作。",
            "本人分管城建、交通和规划工作。",
        );
        assert_eq!(found[0].1, "本人分管城建、交通 / 本人分管绿化、环卫");
    }
}
