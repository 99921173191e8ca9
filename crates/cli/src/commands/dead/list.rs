use anyhow::Result;
use taosha_core::Id;
use taosha_engine::DeadRecord;

use super::by_code;
use crate::Exit;
use crate::args::{Format, OutputArgs};
use crate::paper::{columns, counted, plain};
use crate::terminal::Terminal;

/// Digits of an id that are shown at least: git shows about as many.
const MIN_DIGITS: usize = 8;

/// `taosha dead list`
pub(super) fn list(
    letters: &[DeadRecord],
    output: &OutputArgs,
    terminal: Terminal,
) -> Result<Exit> {
    if output.format == Format::Json {
        for letter in letters {
            terminal.out(&serde_json::to_string(letter)?);
        }
        return Ok(Exit::Ok);
    }
    if letters.is_empty() {
        terminal.out("no dead letters");
        return Ok(Exit::Ok);
    }
    let n_digits = unique_digits(letters);
    let titles = ["id", "tried", "stage", "code", "page"];
    let mut rows = vec![titles.map(str::to_owned).to_vec()];
    for letter in letters {
        let id: String = letter.id.to_string().chars().take(n_digits).collect();
        rows.push(vec![
            id,
            format!("{}×", letter.attempts),
            letter.stage.clone(),
            letter.code.clone(),
            plain(&letter.uri),
        ]);
    }
    let mut out = columns(&rows);
    out.push_str(&format!(
        "\n{}: {}",
        counted(letters.len() as u64, "dead letter"),
        by_code(letters)
    ));
    terminal.out(&out);
    Ok(Exit::Ok)
}

/// As many digits as tell all of `letters` apart.
fn unique_digits(letters: &[DeadRecord]) -> usize {
    let mut ids: Vec<String> = letters
        .iter()
        .map(|letter| Id::to_string(&letter.id))
        .collect();
    ids.sort_unstable();
    let common = |pair: &[String]| {
        let both = pair[0].bytes().zip(pair[1].bytes());
        both.take_while(|(one, two)| one == two).count()
    };
    let longest = ids.windows(2).map(common).max();
    longest.map_or(MIN_DIGITS, |longest| MIN_DIGITS.max(longest + 1))
}
