use std::fs;
use std::path::Path;
use std::sync::Arc;

use taosha_core::{Epoch, MakingPart, Row, Settings, Sink, SinkType};

use super::*;
use crate::disk::failing::FailingDisk;
use crate::sample::epochs;
use crate::{Jsonl, JsonlConfig};

fn making() -> Making {
    let part = |id: &str, options: &[(&str, &str)]| MakingPart {
        id: id.to_owned(),
        kind: id.to_owned(),
        options: options
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
    };
    Making {
        pipeline: "county-reports".to_owned(),
        run: "county-reports@0123456789ab".to_owned(),
        version: "0.1.0".to_owned(),
        parts: vec![
            part("files", &[]),
            part("decode", &[("pattern", "'a|b`c'"), ("max", "3")]),
        ],
    }
}

/// The card after a run that delivers `epochs` and ends.
async fn card(base: &Path, options: &str, epochs: &[Epoch]) -> Option<String> {
    let config: JsonlConfig = toml::from_str(&format!("dir = 'out'\n{options}")).unwrap();
    let settings = Settings {
        id: "out".into(),
        base: base.into(),
        run: "test".into(),
        scratch: None,
    };
    let mut sink = Jsonl::build(config, &settings).unwrap();
    sink.made_by(&making());
    sink.open().await.unwrap();
    for epoch in epochs {
        sink.deliver(epoch).await.unwrap();
    }
    sink.close().await.unwrap();
    fs::read_to_string(base.join("out/README.md")).ok()
}

#[tokio::test]
async fn a_card_tells_what_the_rows_say() {
    let folder = tempfile::tempdir().unwrap();
    let mut epochs = epochs(&[5, 4]);
    let mut n = [0; 6];
    for row in epochs.iter_mut().flat_map(|epoch| &mut epoch.rows) {
        match row {
            Row::Document(row) => {
                row.damage = n[0] % 3;
                row.period = None;
                n[0] += 1;
                n[1] += usize::from(row.damage > 0);
                n[2] += row.damage;
                n[3] += usize::from(row.complete == Some(false));
            }
            Row::Fact(row) => {
                row.period_basis = (n[4] % 2 == 0).then(|| "doubtful".into());
                n[4] += 1;
                n[5] += usize::from(row.masked);
            }
            _ => {}
        }
    }
    let [
        n_reports,
        n_damaged,
        n_places,
        n_incomplete,
        n_facts,
        n_masked,
    ] = n;
    assert!(n_damaged > 1 && n_incomplete > 0 && n_masked > 1);
    let options = "card = { title = '报告: \"甲\"', licence = 'cc-by-4.0' }";
    let card = card(folder.path(), options, &epochs).await.unwrap();
    let head = "---\npretty_name: \"报告: \\\"甲\\\"\"\nlicense: \"cc-by-4.0\"\nlanguage:\n- zh\n\
                configs:\n- config_name: documents\n  data_files: \"documents.jsonl\"\n  default: true\n";
    assert!(card.starts_with(head), "{card}");
    let n_dead = crate::sample::expected(&epochs)
        .iter()
        .filter(|(table, _)| *table == Table::Dead)
        .count();
    for line in [
        format!("| `documents` | {n_reports} | a kept report | `documents.jsonl` |"),
        "| `decode` | `decode` | `pattern = 'a\\|b'c'`, `max = 3` |".to_owned(),
        format!("- `sample`: {n_reports}"),
        format!("- {n_damaged} are damaged, in {n_places} places (`damage`)"),
        format!(
            "- {n_reports} have no period, or title and text disagree about it (`period` is null)"
        ),
        format!(
            "- {} are about a period that is in doubt (`period_basis` is `doubtful`)",
            n_facts.div_ceil(2)
        ),
        format!("- {n_masked} have a masked number and 0 a damaged one, and so no `value`"),
        format!("- `decode.not_text`: {n_dead}"),
        "| `value` | number | yes | The number; null when masked or damaged. |".to_owned(),
    ] {
        assert!(card.lines().any(|found| found == line), "{line}\n{card}");
    }
    assert!(card.contains(&format!("- {n_incomplete} are incomplete")));
}

#[tokio::test]
async fn where_epochs_end_and_how_many_runs_there_were_shows_in_no_card() {
    let whole = tempfile::tempdir().unwrap();
    let epochs = epochs(&[3, 4, 2]);
    let mut at_once = epochs[2].clone();
    at_once.number = 1;
    at_once.retried.clear();
    at_once.rows = crate::sample::expected(&epochs)
        .into_iter()
        .map(|(table, json)| Row::from_json(table, &json).unwrap())
        .collect();
    let expected = card(whole.path(), "", &[at_once]).await.unwrap();
    let cut = tempfile::tempdir().unwrap();
    for epoch in &epochs {
        card(cut.path(), "", std::slice::from_ref(epoch)).await;
    }
    assert_eq!(card(cut.path(), "", &[]).await.unwrap(), expected);
    assert!(expected.contains("license: \"unknown\""));
    assert!(expected.contains("pretty_name: \"county-reports\""));
}

#[tokio::test]
async fn a_table_without_rows_is_no_part_of_what_hugging_face_reads() {
    let folder = tempfile::tempdir().unwrap();
    let empty = card(folder.path(), "tables = ['facts', 'chunks']", &[])
        .await
        .unwrap();
    assert!(!empty.contains("configs:"), "{empty}");
    let folder = tempfile::tempdir().unwrap();
    let mut epoch = epochs(&[2]).remove(0);
    epoch.rows.retain(|row| row.table() != Table::Chunks);
    let options = "compress = 'gzip'\ntables = ['facts', 'chunks']";
    let card = card(folder.path(), options, &[epoch]).await.unwrap();
    let configs = "configs:\n- config_name: facts\n  data_files: \"facts.jsonl.gz\"\n---\n";
    assert!(card.contains(configs), "{card}");
    assert!(card.contains("| `chunks` | 0 |"), "{card}");
    assert!(!card.contains("`documents` |"), "{card}");
}

#[tokio::test]
async fn what_others_wrote_or_made_their_own_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out/README.md");
    let epochs = epochs(&[2, 1]);
    let ours = card(folder.path(), "", &epochs[..1]).await.unwrap();
    let owned = ours.replace(MARKER, "") + "and a word of mine\n";
    for theirs in ["# Mine\n", &owned, ""] {
        fs::write(&path, theirs).unwrap();
        let found = card(folder.path(), "card.title = 'new'", &[])
            .await
            .unwrap();
        assert_eq!(found, theirs);
    }
    // Lines that end otherwise are still ours.
    fs::write(&path, ours.replace('\n', "\r\n")).unwrap();
    let found = card(folder.path(), "", &epochs[1..]).await.unwrap();
    assert!(found != ours && found.contains(MARKER));
}

#[tokio::test]
async fn no_card_is_written_where_none_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let found = card(folder.path(), "card = { write = false }", &epochs(&[2])).await;
    assert_eq!(found, None);
}

#[test]
fn a_card_that_fails_at_any_step_leaves_the_old_one_or_the_new_one() {
    let files: Files = vec![(Table::Facts, "facts.jsonl".to_owned())];
    let named = |title: &str| Card {
        config: CardConfig {
            title: Some(title.to_owned()),
            ..CardConfig::default()
        },
        making: making(),
    };
    let n_steps = (0..).find(|&left| {
        let folder = tempfile::tempdir().unwrap();
        let disk = Arc::new(FailingDisk::default());
        let put = |title: &str| named(title).put(folder.path(), &files, None, &*disk);
        assert!(put("old").is_ok());
        disk.fail_after(left, false);
        let is_put = put("new").is_ok();
        let found = fs::read_to_string(folder.path().join("README.md")).unwrap();
        let is = |title: &str| found == named(title).text(&files, None);
        assert!(is("new") || is("old"), "{left}: {found}");
        assert!(put("new").is_ok());
        let names = fs::read_dir(folder.path()).unwrap();
        assert_eq!(names.count(), 1, "step {left}");
        is_put
    });
    assert_eq!(n_steps, Some(6));
}
