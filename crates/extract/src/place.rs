use std::ops::Range;

use crate::cue::Cue;
use crate::line::{Line, is_han};
use crate::numeral;
use crate::phrase::skip_leads;

/// Longest name of a place: 双江拉祜族佤族布朗族傣族自治县 is rare, 六个字 are not.
const MAX_PLACE: usize = 7;
/// Longest name of an office or school.
const MAX_ORGANISATION: usize = 16;
/// Characters that never are inside a name: what they stand in is a clause.
pub(crate) const NO_NAME: &str = "据照并时让使随着至给此这那其他她它们全我各本该在对向由的和与是为有每等及其到从以于了被把将使获";

/// The place named at the head of the clause, such as 青禾县 — not 全县, which names none.
pub(crate) fn place(line: &Line, clause: &Range<usize>) -> Option<Range<usize>> {
    let start = behind_verbs(line, head(line, clause), clause);
    for end in start + 2..(start + MAX_PLACE).min(clause.end) {
        let ends = line.cue(end).has(Cue::PLACE);
        let name = ends.then(|| line.rules.places.at_start(line.from(end)));
        let Some(len) = name.flatten() else {
            if !in_name(line, end) {
                return None;
            }
            continue;
        };
        let name = start..end + len;
        let goes_on = matches!(
            line.char(name.end),
            '级' | '场'
                | '域'
                | '镇'
                | '城'
                | '区'
                | '长'
                | '委'
                | '直'
                | '属'
                | '内'
                | '外'
                | '里'
                | '别'
                | '分'
        );
        // 送戏下乡, 放映农村: the ending belongs to a word, not to a name.
        let word = matches!(
            line.char(end - 1),
            '下' | '农' | '城' | '进' | '入' | '回' | '返' | '片' | '校' | '园' | '景' | '库'
        );
        // 节省资金, 地区生产总值: a verb, and a word of statistics.
        let word = word
            || line.has_before(end + 1, "节省")
            || line.has_before(name.end, "地区") && line.has(name.end, "生产");
        // 清产核资村, 篇案例入选省: villages of a kind.
        let generic = line.rules.generic.within(line.slice(name.clone()));
        return (is_name(line, &name) && !goes_on && !word && !generic).then_some(name);
    }
    None
}

/// The office or school named at the head of the clause.
pub(crate) fn organisation(line: &Line, clause: &Range<usize>) -> Option<Range<usize>> {
    let start = head(line, clause);
    // 支持镇中心卫生院: what is done to an office does not tell who did it.
    if behind_verbs(line, start, clause) > start {
        return None;
    }
    let mut found = None;
    for end in start + 2..(start + MAX_ORGANISATION).min(clause.end) {
        if !in_name(line, end) {
            break;
        }
        if !line.cue(end).has(Cue::ORGANISATION) {
            continue;
        }
        if let Some(len) = line.rules.organisations.at_start(line.from(end)) {
            let generic = line.rules.generic.within(line.slice(start..end));
            let name = start..end + len;
            // 返乡大学生, 农民工会员: people.
            let is_of_people = line.char(name.end) == '生'
                || line.before(name.end) == '会' && line.char(name.end) == '员';
            if is_of_people {
                continue;
            }
            if generic {
                return None;
            }
            // 教育局检查学校: the office ends before the verb.
            if !is_name(line, &name) {
                break;
            }
            found = Some(name);
        }
    }
    found
}

/// Where the words of `clause` begin, behind times and the like.
fn head(line: &Line, clause: &Range<usize>) -> usize {
    skip_leads(line, line.trim(clause.clone()))
}

/// The end of the verbs at `start` that no name begins with: 推动青禾县.
fn behind_verbs(line: &Line, start: usize, clause: &Range<usize>) -> usize {
    let mut start = start;
    while let Some(len) = line.rules.no_places.at_start(line.slice(start..clause.end)) {
        start += len;
    }
    start
}

fn in_name(line: &Line, at: usize) -> bool {
    is_han(line.char(at)) && !line.cue(at).has(Cue::NO_NAME | Cue::SIGN)
}

fn is_name(line: &Line, name: &Range<usize>) -> bool {
    // XX镇初级中学 is a masked name, 两所学校 is a count.
    let masked = name.start > 0 && line.is_mask(name.start - 1);
    if masked || numeral::begins(line, name.start) {
        return false;
    }
    let words = line.slice(name.clone());
    name.clone().all(|at| in_name(line, at)) && !line.rules.verbs.within(words)
}
