//! A user's rules add to the built-in ones, and what is wrong in them is said with file and line.

use taosha_core::{ErrorKind, Fact, Output, Record, Settings, Stage, StageType};
use taosha_extract::{Extract, ExtractConfig};

/// The stage with `rules` in a file of the folder `name`.
fn build(name: &str, rules: &str) -> taosha_core::Result<Extract> {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).expect("the folder for tests can be written");
    std::fs::write(folder.join("own.toml"), rules).expect("the folder for tests can be written");
    let settings = Settings {
        id: "extract".into(),
        base: folder,
        run: "0".into(),
        scratch: None,
    };
    let config = ExtractConfig {
        rules: vec!["own.toml".into()],
        ..ExtractConfig::default()
    };
    Extract::build(config, &settings)
}

fn facts(extract: &Extract, text: &str) -> Vec<Fact> {
    let mut out = Output::new();
    let record = Record::from_text("memory:rules", text);
    extract
        .process(record, &mut out)
        .expect("a report is taken");
    let report = out.emissions()[0]
        .record
        .report()
        .expect("a report is given");
    report.facts.clone()
}

const UNIT: &str = r#"
[[unit]]
words = ["坪"]
base = "平方米"
factor = 3.3058
kind = "amount"
han = true
match = ["校舍面积300坪。"]
no_match = ["新建草坪3处。"]
"#;

#[test]
fn a_unit_is_one_entry() {
    let extract = build("unit", UNIT).expect("the rules are right");
    let found = facts(&extract, "校舍面积300坪,新建小学3所。");
    assert_eq!(found[0].unit.as_deref(), Some("坪"));
    assert_eq!(found[0].value_base, Some(991.74));
    assert_eq!(found[1].unit.as_deref(), Some("所"));
}

#[test]
fn a_unit_that_is_there_already_is_read_as_the_file_says() {
    let rules = r#"
[[unit]]
words = ["亩"]
base = "平方米"
factor = 666.67
kind = "amount"
han = true
match = ["征地3亩。"]
no_match = ["每亩3元。"]
"#;
    let extract = build("anew", rules).expect("the rules are right");
    assert_eq!(facts(&extract, "征地3亩。")[0].value_base, Some(2000.01));
}

#[test]
fn an_indicator_tells_the_unit_that_pages_leave_out() {
    let rules = r#"
[[indicator]]
words = ["毛入园率"]
unit = "%"
match = ["学前教育稳步发展,毛入园率达到88.6。"]
no_match = ["学前教育稳步发展,投入88.6万元。"]
"#;
    let extract = build("indicator", rules).expect("the rules are right");
    let found = facts(&extract, "学前教育稳步发展,毛入园率达到88.6。");
    assert_eq!(found[0].indicator.as_deref(), Some("毛入园率"));
    assert_eq!(found[0].unit.as_deref(), Some("%"));
}

#[test]
fn a_name_is_no_figure() {
    let rules = r#"
[[name]]
words = ["三家村"]
match = ["三家村完成验收。"]
no_match = ["三家企业完成验收。"]
"#;
    let extract = build("name", rules).expect("the rules are right");
    assert!(facts(&extract, "三家村完成验收。").is_empty());
}

#[test]
fn what_is_wrong_is_said_with_file_and_line() {
    for (name, rules, said) in [
        (
            "unknown",
            "\n[[unit]]\nwrods = [\"坪\"]\n",
            "line 3: unknown field `wrods`",
        ),
        (
            "example",
            &UNIT.replace("300坪", "300尺"),
            "line 8: `校舍面积300尺。` must give a figure in this unit (`坪`)",
        ),
        (
            "none",
            &UNIT.replace("[\"新建草坪3处。\"]", "[]"),
            "needs `words`, and an example each",
        ),
    ] {
        let error = build(name, rules).expect_err("the rules are wrong");
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Config, "extract.rules")
        );
        let message = error.to_string();
        assert!(
            message.contains("`own.toml`") && message.contains(said),
            "{message}"
        );
    }
}
