use taosha_core::FactKind;

use super::{Figure, kind_without_unit};
use crate::line::{Line, is_han};
use crate::numeral::{Form, Numeral};

impl Figure {
    /// 达标率为93.84, 收到来信38, 投入6000万; anything else without a unit is no figure.
    pub(super) fn go_without_unit(&mut self, line: &Line, numeral: &Numeral) -> Option<()> {
        if let Some(scale) = &numeral.scale {
            self.unit = Some(line.original(scale.range.clone()).to_owned());
            self.factor = scale.factor;
            let sum = line.slice(line.clause(self.number.start).start..self.number.start);
            let money = ["投入", "投资", "资金", "经费", "贷款", "捐款"];
            let spends = money.iter().any(|w| {
                sum.windows(2)
                    .any(|pair| pair.iter().copied().eq(w.chars()))
            });
            if spends {
                self.unit_base = Some("元".to_owned());
                self.kind = FactKind::Amount;
            }
            let people = PEOPLE.iter().any(|word| line.has(numeral.end, word));
            return (people || is_boundary_or_verb(line.char(numeral.end))).then_some(());
        }
        let before = self.number.start;
        let cued = [
            "为", "达", "到", "是", "共", "计", "率", "数", "至", "量", "均",
        ]
        .iter()
        .any(|cue| line.has_before(before, cue));
        let closes = matches!(
            line.char(numeral.end),
            '\0' | ',' | ';' | '。' | '、' | ')' | ':' | '\n'
        ) || line.damaged(numeral.end..numeral.end)
            || line
                .rules
                .at_least
                .after
                .at_start(line.from(numeral.end))
                .is_some();
        let year =
            numeral.range.len() == 4 && self.value.is_some_and(|v| (1900.0..2100.0).contains(&v));
        let labelled = line.rules.labels.at_end(line.until(before)).is_some();
        let noun = is_han(line.before(before));
        // 有186320农民参加合作医疗, but not 1教师队伍: so few have a measure word or are the number of an item.
        let people = PEOPLE.iter().any(|word| line.has(numeral.end, word));
        let many = self.value.is_some_and(|value| value >= 10.0);
        if numeral.form == Form::Arabic && people && many && noun && !year && !labelled {
            return Some(());
        }
        if numeral.form == Form::Arabic && self.masked {
            // 14xxxx运动员: the measure word is hidden with the rest of the number.
            let digits = line.slice(self.number.clone());
            let year = digits.len() == 4
                && (digits.starts_with(&['2', '0']) || digits.starts_with(&['1', '9']));
            return ((!labelled || cued)
                && !(year
                    && line.is_mask(self.number.end - 1)
                    && closes_year(line, self.number.end)))
            .then_some(());
        }
        let plain = numeral.form == Form::Arabic && closes && !year && noun && (cued || !labelled);
        if plain && !cued && is_page_number(line, before, numeral.end) {
            return None;
        }
        // A lone 0 before the number, or many digits, is a code.
        let code =
            line.char(before) == '0' && numeral.range.len() > 1 && line.char(before + 1) != '.';
        if !plain || code || numeral.range.len() > 9 && self.value.is_some() {
            return None;
        }
        self.kind = kind_without_unit(line, self).unwrap_or(FactKind::Count);
        Some(())
    }
}

/// 做好群众的贴4: a number at the end of a line without a stop, behind words that are no name of it, is of the page.
fn is_page_number(line: &Line, start: usize, end: usize) -> bool {
    /// A name without a unit has no more characters: 收到来信38.
    const LONGEST_NAME: usize = 14;
    if !matches!(line.char(end), '\0' | '\n') {
        return false;
    }
    let clause = line.clause(start);
    let goes_on = line.before(clause.start) == ',';
    let is_told = || line.slice(0..start).iter().any(char::is_ascii_digit);
    start - clause.start > LONGEST_NAME || goes_on && !is_told()
}

/// 19.6万妇女: who is counted without a measure word.
const PEOPLE: &[&str] = &[
    "群众",
    "妇女",
    "农户",
    "居民",
    "人民",
    "学生",
    "师生",
    "党员",
    "职工",
    "农民",
    "家庭",
    "人口",
    "市民",
    "村民",
    "儿童",
    "老人",
    "游客",
    "移民",
    "贫困",
    "农村",
    "城镇",
    "青少年",
    "青年",
    "会员",
    "志愿者",
    "学子",
    "用户",
    "教师",
    "教职工",
    "干部",
    "员工",
    "患者",
];

/// [20xx], 〔20xx〕, 20xx-: a hidden year without 年.
fn closes_year(line: &Line, at: usize) -> bool {
    matches!(
        line.char(at),
        ']' | ')' | '〕' | '】' | '-' | '?' | '□' | '.' | '/'
    )
}

fn is_boundary_or_verb(c: char) -> bool {
    !is_han(c)
        || matches!(
            c,
            '开' | '用'
                | '建'
                | '实'
                | '对'
                | '为'
                | '新'
                | '完'
                | '购'
                | '改'
                | '以'
                | '左'
                | '多'
                | '余'
        )
}
