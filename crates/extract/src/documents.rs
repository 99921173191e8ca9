use taosha_core::FactKind;

use crate::cue::Cue;
use crate::line::{Line, is_han};
use crate::names::Statement;

/// 青政办〔2008〕16号: what stands before the bracket is at most this long.
const MAX_ISSUER: usize = 10;

/// 〔2008〕16号, with whichever brackets, and a masked year.
pub(crate) fn find(line: &mut Line, found: &mut Vec<Statement>) {
    let mut from = 0;
    while let Some(start) = line.next(from, Cue::BRACKET) {
        from = start + 1;
        let figure = |at: usize| line.char(at).is_ascii_digit() || line.is_mask(at);
        let year = start + 1..start + 5;
        let year_end = (year.start..year.end)
            .take_while(|&at| figure(at))
            .last()
            .map_or(start, |at| at + 1);
        if year_end < start + 3
            || !matches!(
                line.char(year_end),
                '〕' | ']' | ')' | '】' | '?' | '□' | '﹞' | '〉'
            )
        {
            continue;
        }
        let mut number = year_end + 1;
        while matches!(line.char(number), '第' | ' ') {
            number += 1;
        }
        let end = (number..number + 6)
            .take_while(|&at| figure(at))
            .last()
            .map_or(number, |at| at + 1);
        let end = end + usize::from(line.char(end) == ' ');
        if end == number || line.char(end) != '号' {
            continue;
        }
        let issuer = (0..MAX_ISSUER)
            .take_while(|&n| start > n && is_han(line.char(start - n - 1)))
            .count();
        let mut issuer_start = start - issuer;
        let said = [
            "根据", "按照", "依据", "印发", "下发", "转发", "文件", "执行", "落实", "以", "见",
            "的", "和", "及", "号",
        ];
        for word in said {
            let word: Vec<char> = word.chars().collect();
            let words = line.slice(issuer_start..start);
            if let Some(last) = words.windows(word.len()).rposition(|w| w == word) {
                issuer_start += last + word.len();
            }
        }
        if issuer_start < start {
            found.push(Statement::new(
                FactKind::DocumentNumber,
                issuer_start..end + 1,
            ));
        }
        line.take(issuer_start..end + 1, "the number of a document");
        from = end + 1;
    }
}
