use crate::line::{Line, is_han};
use crate::scan::is_minus;

/// 负3.9%, -3.9%: a sign, not the dash of a range or of a list.
pub(crate) fn is_negative(line: &Line, at: usize) -> bool {
    match line.before(at) {
        '负' => is_minus(line.before(at - 1)),
        '-' => {
            let c = line.before(at - 1);
            // 增长率-3.2%: behind a word only what a keyboard gives for minus, and only of a share.
            let minus = matches!(line.original(at - 1..at), "-" | "－" | "−" | "﹣");
            let number = line.from(at).iter();
            let n = number
                .take_while(|c| c.is_ascii_digit() || **c == '.')
                .count();
            let share = matches!(line.char(at + n), '%' | '‰');
            matches!(c, '\0' | '\t' | ' ' | '(' | ':' | ',' | '、' | '为')
                || minus
                    && is_han(c)
                    && (share || "的由从至到是".contains(c) || may_fall(line, at - 1))
        }
        _ => false,
    }
}

/// 利润总额-1.2亿元: what ends before `at` may be below zero. Behind other words the dash leads to the number.
fn may_fall(line: &Line, at: usize) -> bool {
    const WORDS: &[&str] = &[
        "利润",
        "利润总额",
        "净额",
        "收益",
        "盈余",
        "结余",
        "差额",
        "增减",
        "增量",
        "气温",
        "温度",
        "海拔",
    ];
    WORDS.iter().any(|word| line.has_before(at, word))
}
