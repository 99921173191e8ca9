//! Two pipelines: the newer one collapses copies into the reports of the older one. And what
//! `taosha dedupe stats` and `check` tell of both.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;
use taosha_engine::StateLock;
use taosha_tests::command::{shown, taosha};

/// Counties that are invented, each with figures of its own.
const COUNTIES: [&str; 6] = ["云岭", "青禾", "白塔", "石渠", "南屏", "松溪"];

fn report(n: usize) -> String {
    let county = COUNTIES[n];
    let figures = [38214, 126, 9473, 257, 4816].map(|figure| figure + 1217 * n);
    let [patients, rounds, files, doctors, visits] = figures;
    format!(
        "{county}县卫生局2016年工作总结。全年接诊病人{patients}人次，下乡巡诊{rounds}次，建立健康档案{files}份。\
         改建乡镇卫生院11所，培训村医{doctors}人，入户随访{visits}次，没有发生责任事故。\
         群众反映看病比从前方便，但偏远村组仍然缺医少药，设备老化的状况也没有根本改变。\
         明年要把巡诊制度坚持下去，争取再添置两台彩超，让老人不出村就能查体。\
         药品采购公开比价，处方点评按月通报，医患纠纷调解室常年有人值守。"
    )
}

struct Project(tempfile::TempDir);

impl Project {
    /// Six reports in the older corpus; in the newer one a copy of each, two the same to the letter, and
    /// one report of its own.
    fn new() -> Self {
        let project = Project(tempfile::tempdir().unwrap());
        for name in ["old", "new"] {
            fs::create_dir(project.path(name)).unwrap();
        }
        for n in 0..COUNTIES.len() {
            project.page(&format!("old/{n}.html"), &report(n));
            let copy = match n {
                0 | 1 => report(n),
                _ => report(n).replace("根本改变", "根本改观"),
            };
            project.page(&format!("new/{n}.html"), &copy);
        }
        let own = report(0)
            .replace("云岭", "河湾")
            .replace("38214", "70551")
            .replace("9473", "8020");
        project.page("new/own.html", &own);
        project.pipeline("old", "");
        project.pipeline("new", "against = [\"state/old\"]");
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn page(&self, name: &str, text: &str) {
        let html = format!("<html><meta charset=utf-8><body><p>{text}</p></body></html>");
        fs::write(self.path(name), html).unwrap();
    }

    fn pipeline(&self, name: &str, option: &str) {
        let file = format!(
            "[run]\nepoch = {{ every = \"1h\" }}\n[[source]]\ntype = \"files\"\npaths = [\"{name}\"]\n\
             [[stage]]\ntype = \"decode\"\n[[stage]]\ntype = \"dedupe\"\n{option}\n\
             [[sink]]\ntype = \"jsonl\"\ndir = \"out/{name}\"\n"
        );
        fs::write(self.path(&format!("{name}.toml")), file).unwrap();
    }

    fn ask(&self, words: &str) -> Output {
        taosha()
            .args(words.split_whitespace())
            .current_dir(self.0.path())
            .env("TAOSHA_LOG", "off")
            .output()
            .unwrap()
    }

    fn answer(&self, words: &str) -> String {
        let output = self.ask(words);
        assert!(output.status.success(), "{words}: {}", shown(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, words: &str) -> Value {
        serde_json::from_str(&self.answer(words)).unwrap()
    }

    fn table(&self, name: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.path(&format!("out/{name}.jsonl"))).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

fn assert_ends(output: &Output, code: i32, what: &str) {
    assert_eq!(output.status.code(), Some(code), "{}", shown(output));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains(what), "{}", shown(output));
}

#[test]
fn copies_of_an_older_corpus_are_collapsed_into_it_and_can_be_restored() {
    let project = Project::new();
    let check = project.answer("check new.toml");
    assert!(
        check.contains("state/old, where there is no state yet"),
        "{check}"
    );
    let missing = project.ask("run new.toml");
    assert_ends(
        &missing,
        78,
        "name the state folder of a pipeline that has run",
    );
    project.answer("run old.toml");
    project.answer("run new.toml");

    let documents = project.table("old/documents");
    assert_eq!(documents.len(), COUNTIES.len());
    let duplicates = project.table("new/duplicates");
    assert_eq!(duplicates.len(), COUNTIES.len());
    for (n, row) in duplicates.iter().enumerate() {
        assert_eq!(row["canonical_id"], documents[n]["id"], "{row}");
        let id = row["document_id"].as_str().unwrap();
        let copy = project.json(&format!("restore new.toml {id} --format json"));
        let expected = if n < 2 {
            "根本改变"
        } else {
            "根本改观"
        };
        let text = copy["text"].as_str().unwrap();
        assert!(
            text.contains(expected) && text.contains(COUNTIES[n]),
            "{text}"
        );
        let why = project.answer(&format!("why new.toml {id}"));
        assert!(why.contains("state/old"), "{why}");
    }
    assert_eq!(project.table("new/documents").len(), 1);

    let held = StateLock::take(&project.path("state/old")).unwrap();
    let pid = std::process::id().to_string();
    assert_ends(&project.ask("run new.toml"), 75, &pid);
    let id = duplicates[0]["document_id"].as_str().unwrap();
    assert_ends(&project.ask(&format!("restore new.toml {id}")), 75, &pid);
    drop(held);

    project.pipeline("new", "against = [\"state/old\"]\nid = \"copies\"");
    let other_id = project.ask("run new.toml --anew");
    assert_ends(&other_id, 78, "give this stage the `id` it has there");
}

#[test]
fn the_own_state_is_no_older_corpus_in_a_trial_either() {
    let project = Project::new();
    project.pipeline("new", "against = [\"state/../state/new\"]");
    fs::create_dir_all(project.path("state/new")).unwrap();
    for words in [
        "check new.toml",
        "run new.toml",
        "run new.toml --no-sinks",
        "torture new.toml --kills 1",
    ] {
        assert_ends(&project.ask(words), 78, "the state of this pipeline");
    }
}

#[test]
fn runs_against_an_older_corpus_stand_torture() {
    let project = Project::new();
    project.answer("run old.toml");
    let output = project.ask("torture new.toml --kills 4 --seed 3");
    assert!(output.status.success(), "{}", shown(&output));
}

#[test]
fn stats_count_clusters_and_passages_and_check_tells_the_size() {
    let project = Project::new();
    assert_ends(
        &project.ask("dedupe stats old.toml"),
        1,
        "nothing was run yet",
    );
    let check = project.answer("check old.toml");
    assert!(
        check.contains("dedupe keeps about 5.6 KB for each report that stays"),
        "{check}"
    );
    let check = project.json("check old.toml --format json");
    assert_eq!(check["keeps"][0]["bytes_total"], 5594);

    // Six reports of the older corpus, and all seven of the newer one.
    fs::remove_file(project.path("new.toml")).unwrap();
    fs::rename(project.path("new"), project.path("old/new")).unwrap();
    project.answer("run old.toml");
    let stats = project.json("dedupe stats old.toml --format json");
    assert_eq!(
        (&stats["documents"], &stats["duplicates"]),
        (&7.into(), &6.into())
    );
    assert_eq!(
        stats["relations"],
        serde_json::json!({ "exact": 2, "near": 4 })
    );
    assert_eq!(stats["clusters"]["n"], 6);
    assert_eq!(stats["clusters"]["sizes"]["2"], 6);
    let largest = &stats["clusters"]["largest"][0];
    assert_eq!(largest["reports"], 2);
    assert!(largest["uri"].as_str().unwrap().starts_with("old/"));
    // Sentences of the template stand in all seven.
    let top = &stats["passages"]["top"][0];
    assert_eq!((&top["uses"], &top["reports"]), (&6.into(), &6.into()));
    let start = top["start"].as_str().unwrap();
    assert!(report(0).contains(start), "{start}");
    assert!(stats["passages"]["set_phrases"].as_u64().unwrap() >= 2);
    let stage = &stats["stages"][0];
    assert_eq!((&stage["seen"], &stage["kept"]), (&13.into(), &7.into()));
    let texts = stage["kinds"].as_array().unwrap().iter();
    let texts = texts
        .filter(|kind| kind["kind"] == "texts")
        .collect::<Vec<_>>();
    assert_eq!(texts[0]["keys"], 7);

    let text = project.answer("dedupe stats old.toml");
    for part in [
        "7 rows of documents, 6 rows of duplicates",
        "2 exact, 4 near",
        "6 of 2",
        "texts",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
