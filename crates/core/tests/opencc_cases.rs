//! The public cases of OpenCC (`test/testcases/testcases.json` of its repository) against the
//! conversion of the comparison form, when `TAOSHA_OPENCC_CASES` names that file.

use opencc_fmmseg::OpenCC;
use serde_json::Value;
use taosha_core::{Form, FormRule};

#[test]
fn the_form_passes_as_many_public_cases_as_opencc_fmmseg() {
    let Some(path) = std::env::var_os("TAOSHA_OPENCC_CASES") else {
        eprintln!("TAOSHA_OPENCC_CASES is not set: the public cases of OpenCC are not looked at");
        return;
    };
    let file = std::fs::read_to_string(path).expect("the file can be read");
    let file: Value = serde_json::from_str(&file).expect("the file is JSON");
    let cases = file["cases"].as_array().expect("it lists cases");
    let opencc = OpenCC::new();
    let (mut n, mut n_theirs) = (0, 0);
    let (mut n_mainland, mut n_ours) = (0, 0);
    for case in cases {
        let input = case["input"].as_str().unwrap_or_default();
        for (config, expected) in case["expected"].as_object().into_iter().flatten() {
            let expected = expected.as_str().unwrap_or_default();
            n += 1;
            n_theirs += usize::from(opencc.convert(input, config, false) == expected);
            if config == "tw2sp" {
                let form = Form::by(input, &[FormRule::Traditional]);
                assert_eq!(form.text(), opencc.tw2sp(input, false), "{input}");
                n_mainland += 1;
                n_ours += usize::from(form.text() == expected);
                if form.text() != expected {
                    eprintln!("{input}: {} instead of {expected}", form.text());
                }
            }
        }
    }
    eprintln!(
        "opencc-fmmseg: {n_theirs} of {n} cases; the form: {n_ours} of {n_mainland} cases of `tw2sp`"
    );
    assert!(n_mainland > 0, "the file holds no case of `tw2sp`");
}
