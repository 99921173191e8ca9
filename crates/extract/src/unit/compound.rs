use super::{Family, Measure, Units};
use crate::line::Line;

/// What may stand behind the / of a unit.
const PER: &[&str] = &[
    "平方米",
    "学期",
    "学年",
    "课时",
    "生",
    "人口",
    "人",
    "年",
    "月",
    "日",
    "天",
    "次",
    "亩",
    "户",
    "所",
    "班",
    "周",
    "份",
    "台",
    "度",
    "秒",
    "s",
    "h",
    "d",
    "a",
    "t",
    "L",
    "hm²",
];

impl Units {
    /// True for what something may be told per: the 人 of 每人, the 立方米 of 每立方米.
    pub(crate) fn is_per(&self, words: &[char]) -> bool {
        let is_word = |word: &&str| word.chars().eq(words.iter().copied());
        let unit = self.word(words).map(|(len, _)| len);
        !words.is_empty() && (PER.iter().any(is_word) || unit == Some(words.len()))
    }

    /// 118件(次), 45台(套): the end of a second measure word in brackets at `at`, or `at`.
    pub(super) fn behind_other(&self, line: &Line, at: usize) -> usize {
        if line.char(at) != '(' {
            return at;
        }
        let other = self.word(line.from(at + 1)).map_or(0, |(len, _)| len);
        let end = at + 1 + other;
        match other > 0 && line.char(end) == ')' {
            true => end + 1,
            false => at,
        }
    }

    /// The end of /生/年, /立方米 or 每秒 at `at`, or `at`, behind a unit of `family`.
    pub(super) fn per(&self, line: &Line, at: usize, family: &Family) -> usize {
        let one = |at: usize| {
            let word = PER.iter().find(|word| line.has(at, word))?;
            let len = word.chars().count();
            // 3m/h is a speed, 3m/house is nothing.
            let runs_on = |at: usize| line.char(at).is_ascii_alphabetic();
            (!(runs_on(at) && runs_on(at + len))).then_some(len)
        };
        let measure = |at: usize| self.word(line.from(at)).map(|(len, _)| len);
        let mut end = at;
        while line.char(end) == '/' {
            // 86立方米/万元, 6.2张/千人
            let scale = usize::from("百千万亿".contains(line.char(end + 1)));
            let unit = end + 1 + scale;
            let Some(len) = one(unit).max(measure(unit)) else {
                break;
            };
            end = unit + len;
        }
        // 2.3立方米每秒: what is no money and counts nothing may be told per time or room.
        let is_physical = family.kind == Measure::Amount && family.currency.is_none();
        let time_or_room = self.word(line.from(end + 1)).filter(|(_, unit)| {
            unit.currency.is_none() && matches!(unit.kind, Measure::Time | Measure::Amount)
        });
        if let (true, '每', Some((len, _))) = (is_physical, line.char(end), time_or_room) {
            return end + 1 + len;
        }
        // 向老人3200人每月发放津贴: who is counted is not told per month.
        if line.char(end) == '每' && matches!(line.before(end), '人' | '户' | '名') {
            return end;
        }
        // 元每生每年 and 元/生·年 are the same unit in other clothes.
        while line.char(end) == '每' || line.char(end) == '·' {
            // 设备3台每台2万元: the second one begins to tell something else.
            let again = |len: usize| {
                line.slice(end + 1..end + 1 + len) == line.slice(end.saturating_sub(len)..end)
            };
            let Some(len) = one(end + 1).filter(|&len| !again(len)) else {
                break;
            };
            end += 1 + len;
        }
        end
    }
}
