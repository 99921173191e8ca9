use std::fmt::Write;

use super::{Fact, Outcome, Page, Relation};

const PAGES: (&str, &str) = ("<!-- pages: begin -->", "<!-- pages: end -->");
const FACTS: (&str, &str) = ("<!-- facts: begin -->", "<!-- facts: end -->");

/// `readme` with the tables between its markers made anew from the recipes.
///
/// A text without the markers comes back as it was.
pub fn with_tables(readme: &str, pages: &[Page]) -> String {
    let readme = between(readme, PAGES, &page_table(pages));
    between(&readme, FACTS, &fact_table(pages))
}

fn between(text: &str, (begin, end): (&str, &str), table: &str) -> String {
    let Some((before, rest)) = text.split_once(begin) else {
        return text.to_owned();
    };
    let Some((_, after)) = rest.split_once(end) else {
        return text.to_owned();
    };
    format!("{before}{begin}\n{table}{end}{after}")
}

fn page_table(pages: &[Page]) -> String {
    let mut table =
        "| page | what is wrong with it | reports kept | duplicates | dead |\n".to_owned();
    table.push_str("|---|---|---|---|---|\n");
    for page in pages {
        let (kept, collapsed): (Vec<_>, Vec<_>) = page
            .expect
            .reports
            .iter()
            .enumerate()
            .partition(|(_, report)| report.duplicate.is_none());
        let is_one = page.expect.reports.len() == 1;
        let number = |n: usize| match is_one {
            true => String::new(),
            false => format!("{}. ", n + 1),
        };
        let kept: Vec<String> = kept
            .iter()
            .map(|(n, report)| format!("{}{}", number(*n), kept_cell(report)))
            .collect();
        let collapsed: Vec<String> = collapsed
            .iter()
            .map(|(n, report)| format!("{}{}", number(*n), duplicate_cell(report)))
            .collect();
        // Writing to a string does not fail.
        let _ = writeln!(
            table,
            "| `{}` | {} | {} | {} | {} |",
            page.file,
            page.story,
            cell(&kept),
            cell(&collapsed),
            page.expect.dead.as_deref().unwrap_or("–")
        );
    }
    table
}

fn cell(lines: &[String]) -> String {
    match lines {
        [] => "–".to_owned(),
        lines => lines.join("<br>"),
    }
}

fn kept_cell(report: &Outcome) -> String {
    let period = report.period.as_deref().unwrap_or("doubtful");
    let cut = if report.complete { "" } else { ", incomplete" };
    format!("{} ({period}{cut})", report.title)
}

fn duplicate_cell(report: &Outcome) -> String {
    let Some(duplicate) = &report.duplicate else {
        return String::new();
    };
    let relation = match duplicate.relation {
        Relation::Exact => "exact",
        Relation::Near => "near",
    };
    let number: String = duplicate.of.chars().take(2).collect();
    let place = match duplicate.n {
        1 => number,
        n => format!("{number}, report {n}"),
    };
    format!("{relation}: {} = {place}", report.title)
}

fn fact_table(pages: &[Page]) -> String {
    let mut table =
        "| page | report | the words | value | unit |\n|---|---|---|---|---|\n".to_owned();
    for page in pages {
        for fact in &page.expect.facts {
            let Fact {
                evidence,
                unit,
                report,
                ..
            } = fact;
            let value = fact
                .value
                .map_or("none".to_owned(), |value| value.to_string());
            let number: String = page.file.chars().take(2).collect();
            let _ = writeln!(
                table,
                "| {number} | {report} | {evidence} | {value} | {unit} |"
            );
        }
    }
    table
}
