//! Broken bytes in a charset of byte pairs.
//!
//! One lost byte pairs every byte behind it with the wrong partner, up to the next sign that is
//! never half of a pair. So a stretch with an error is read again in the way that costs least:
//! every pair costs what its character is worth as Chinese, and a byte that is left over costs
//! more than any character. That leaves one or two bytes over where the damage is, and the rest
//! in step.

use std::sync::LazyLock;

use encoding_rs::{DecoderResult, Encoding};

use crate::likeness::rarity;

/// A byte without partner costs as much as two characters nobody writes; so a reading gets out
/// of step and back only where that saves more than four rare characters.
const LONE: u32 = 12;

/// Four bytes of GB18030 are a character outside GBK, which is rare.
const FOUR: u32 = 6;

/// Longer stretches are read in parts, so that a line of any length needs little memory.
const PART: usize = 64 * 1024;

const NO_PAIR: u8 = u8::MAX;

/// What each pair costs, by lead and trail byte.
struct Costs(Vec<u8>);

impl Costs {
    fn of(encoding: &'static Encoding) -> Self {
        let mut costs = vec![NO_PAIR; 1 << 16];
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let mut made = [0; 16];
        for pair in (0x8140..=0xFEFEu16).filter(|pair| pair & 0xFF >= 0x40) {
            let bytes = pair.to_be_bytes();
            let (result, _, n) =
                decoder.decode_to_utf8_without_replacement(&bytes, &mut made, false);
            if !matches!(result, DecoderResult::InputEmpty) {
                decoder = encoding.new_decoder_without_bom_handling();
                continue;
            }
            let text = made
                .get(..n)
                .and_then(|made| std::str::from_utf8(made).ok());
            if let Some(slot) = costs.get_mut(usize::from(pair)) {
                *slot = text
                    .unwrap_or_default()
                    .chars()
                    .map(rarity)
                    .max()
                    .unwrap_or(NO_PAIR);
            }
        }
        Costs(costs)
    }

    fn pair(&self, lead: u8, trail: u8) -> Option<u32> {
        let cost = *self.0.get(usize::from(u16::from_be_bytes([lead, trail])))?;
        (cost != NO_PAIR).then_some(u32::from(cost))
    }
}

static GB18030: LazyLock<Costs> = LazyLock::new(|| Costs::of(encoding_rs::GB18030));
static BIG5: LazyLock<Costs> = LazyLock::new(|| Costs::of(encoding_rs::BIG5));

/// True for bytes that are never the second of a pair, nor inside four bytes of GB18030.
pub(crate) fn is_border(byte: u8) -> bool {
    byte < 0x30 || (0x3A..=0x3F).contains(&byte)
}

/// A shift shows within so many bytes.
const START: usize = 256;

/// A page begins with half a pair only where that saves two bytes without partner more than it
/// takes: its first word may be made of rare characters.
const SHIFT: u32 = 2 * LONE;

/// True when `bytes`, the start of a page, begin with the second half of a pair.
pub(crate) fn starts_inside(bytes: &[u8], encoding: &'static Encoding) -> bool {
    let start = bytes.get(..START).unwrap_or(bytes);
    let start = start
        .split(|&byte| is_border(byte))
        .next()
        .unwrap_or_default();
    if start.first().is_none_or(u8::is_ascii) {
        return false;
    }
    let found = steps(start, encoding);
    found.first() == Some(&1)
        && cost(start, &found, encoding) + SHIFT < cost(start, &in_step(start), encoding)
}

/// The steps of a reader who takes every pair as it comes.
fn in_step(bytes: &[u8]) -> Vec<u8> {
    let (mut steps, mut at) = (Vec::new(), 0);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let step = match rest {
            [0x81..=0xFE, b'0'..=b'9', 0x81..=0xFE, b'0'..=b'9', ..] => 4,
            [0x81..=0xFE, _, ..] => 2,
            _ => 1,
        };
        steps.push(step);
        at += usize::from(step);
    }
    steps
}

fn cost(bytes: &[u8], steps: &[u8], encoding: &'static Encoding) -> u32 {
    let costs = costs(encoding);
    let mut at = 0;
    let mut sum = 0;
    for &step in steps {
        let taken = bytes.get(at..at + usize::from(step)).unwrap_or_default();
        sum += match taken {
            [0x00..=0x7F] => 0,
            [lead, trail] => costs.pair(*lead, *trail).unwrap_or(LONE),
            [_, _, _, _] => FOUR,
            _ => LONE,
        };
        at += usize::from(step);
    }
    sum
}

fn costs(encoding: &'static Encoding) -> &'static Costs {
    match encoding == encoding_rs::BIG5 {
        true => &BIG5,
        false => &GB18030,
    }
}

/// The number of bytes of each character of `bytes`, which hold an error.
pub(crate) fn steps(bytes: &[u8], encoding: &'static Encoding) -> Vec<u8> {
    let costs = costs(encoding);
    let (mut steps, mut at) = (Vec::new(), 0);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let part = rest.get(..PART).unwrap_or(rest);
        let found = cheapest(part, costs, encoding);
        at += found.iter().map(|&step| usize::from(step)).sum::<usize>();
        steps.extend(found);
    }
    steps
}

fn cheapest(bytes: &[u8], costs: &Costs, encoding: &'static Encoding) -> Vec<u8> {
    // The least cost of every place, and the step that led there.
    let mut best: Vec<(u32, u8)> = vec![(u32::MAX, 1); bytes.len() + 1];
    best[0].0 = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let so_far = best[at].0;
        if so_far == u32::MAX {
            continue;
        }
        let mut reach = |step: u8, cost: u32| {
            if let Some(place) = best.get_mut(at + usize::from(step))
                && so_far + cost < place.0
            {
                *place = (so_far + cost, step);
            }
        };
        reach(1, if byte < 0x80 { 0 } else { LONE });
        if byte < 0x81 {
            continue;
        }
        if let Some(cost) = bytes.get(at + 1).and_then(|&trail| costs.pair(byte, trail)) {
            reach(2, cost);
        }
        if let Some(four @ [_, b'0'..=b'9', 0x81..=0xFE, b'0'..=b'9']) = bytes.get(at..at + 4)
            && encoding
                .decode_without_bom_handling_and_without_replacement(four)
                .is_some_and(|text| text.chars().count() == 1)
        {
            reach(4, FOUR);
        }
    }
    let (mut steps, mut at) = (Vec::new(), bytes.len());
    while at > 0 {
        let step = best[at].1;
        steps.push(step);
        at -= usize::from(step).min(at);
    }
    steps.reverse();
    steps
}
