//! The words below were seen damaged on the web. That 獲獎論文347篇 becomes 獲獎?wù)撐?47篇 is a fact
//! about bytes; the sentences around them are ours.
use proptest::prelude::*;

use super::*;

fn text_of(clean: &str) -> String {
    Damage::default().apply(clean).text
}

fn answer_of(clean: &str) -> String {
    Damage::default().apply(clean).answer
}

#[test]
fn a_reading_goes_behind_its_character() {
    assert_eq!(text_of("总结"), "總結(jié)");
    assert_eq!(text_of("领导"), "領(lǐng)導(dǎo)");
    assert_eq!(answer_of("领导"), "領導");
}

#[test]
fn a_reading_is_two_bytes_where_it_has_a_tone() {
    let stream = annotate(&Stream::of("務"), annotations());
    assert_eq!(stream.bytes(), [0x84, 0xD5, 0x28, 0x77, 0xA8, 0xB4, 0x29]);
}

#[test]
fn a_reading_across_a_border_tears_two_characters() {
    let stream = annotate(&Stream::of("獎論文3"), annotations());
    assert_eq!(
        stream.bytes(),
        [
            0xAA, 0x84, 0xD5, 0x28, 0x77, 0xA8, 0xB4, 0x29, 0x93, 0xCE, 0xC4, 0x33
        ]
    );
    assert_eq!(text_of("获奖论文347篇"), "獲獎?wù)撐?47篇");
    assert_eq!(answer_of("获奖论文347篇"), "獲獎論文□47篇");
}

#[test]
fn words_seen_torn_by_a_reading_come_out_the_same() {
    assert_eq!(text_of("总人口85.45万"), "總?cè)丝?5.45萬");
    assert_eq!(answer_of("总人口85.45万"), "總人口□5.45萬");
    assert_eq!(text_of("下拨到县职校"), "下?lián)艿娇h職校");
    assert_eq!(text_of("与当地派出所\n"), "與當(dāng)?shù)嘏沙鏊?\n");
    assert_eq!(text_of("我们全面学"), "我們?nèi)鎸W(xué)");
    assert_eq!(text_of("展争创"), "展?fàn)巹?chuàng)");
    assert_eq!(text_of("老师向学生"), "老師向?qū)W生");
}

#[test]
fn words_seen_torn_by_a_cut_come_out_the_same() {
    // 省 is what makes the last pair of the stretch fall into user-defined space too.
    assert_eq!(text_of("。“普九”迎接省復"), "?！捌站拧庇邮?fù)");
    assert_eq!(text_of("学”已进入"), "學(xué)”已進入");
    assert_eq!(text_of("学校”已进入"), "學(xué)?！币堰M入");
    assert_eq!(text_of("。现"), "?，F(xiàn)");
    assert_eq!(text_of("学校现"), "學(xué)?，F(xiàn)");
    assert_eq!(text_of("高等院校考核、引进本"), "高等院?？己恕⒁M本");
    assert_eq!(text_of("。县委"), "?？h委");
    assert_eq!(text_of("正己。’在全县在"), "正己?！谌h在");
}

#[test]
fn text_the_site_already_had_in_traditional_characters_is_left_alone() {
    // The site's table knows neither 并 nor 采, OpenCC's does.
    let damage = Damage {
        traditional: false,
        ..Damage::default()
    };
    assert_eq!(
        damage.apply("學校參加“廣州一模”并采用網").text,
        "學(xué)校參加“廣州一?！辈⒉捎镁W(wǎng)"
    );
}

#[test]
fn a_bracket_behind_the_right_character_is_torn_as_seen() {
    let damage = Damage {
        ascii_signs: true,
        ..Damage::default()
    };
    assert_eq!(damage.apply("完小）校长、").text, "完?。┬iL、");
    assert_eq!(ascii_signs("ｉ！，；？（１）　"), "i!,;?(1) ");
}

#[test]
fn a_real_sign_ends_a_shift() {
    assert_eq!(text_of("宣传作用，切实"), "宣傳作用，切實");
    let damaged = Damage::default().apply("学校科普教育的作用，切实");
    assert!(damaged.text.ends_with("?，切實"), "{}", damaged.text);
    let seen = "學(xué)?？破战逃麄鞯闹髑雷饔?，切";
    assert_eq!(text_of("学校科普教育宣传的主渠道作用，切"), seen);
    let uncut = Damage {
        cuts: Cuts::None,
        ..Damage::default()
    };
    assert_eq!(uncut.apply("学校科普，切实").text, "學(xué)校科普，切實");
}

#[test]
fn the_sign_that_one_place_asks_for_can_be_added() {
    let mut damage = Damage::default();
    damage.cut_signs.push('、');
    assert_eq!(
        damage.apply("当地派出所、交").text,
        "當(dāng)?shù)嘏沙鏊?、交"
    );
}

#[test]
fn user_defined_pairs_can_be_kept() {
    let kept = Damage {
        user_defined: UserDefined::Kept,
        ..Damage::default()
    };
    let text = kept.apply("。“普九”迎接省復").text;
    let is_private = |&c: &char| ('\u{E000}'..='\u{F8FF}').contains(&c);
    assert_eq!(text.chars().filter(is_private).count(), 2, "{text}");
}

#[test]
fn what_gbk_lacks_is_an_honest_question_mark() {
    let damaged = Damage::default().apply("教〔2021〕6号");
    assert_eq!(damaged.text, "教〔2021〕6號");
    let damaged = Damage::default().apply("㙍村");
    assert_eq!(
        (damaged.text.as_str(), damaged.answer.as_str()),
        ("?村", "?村")
    );
    assert!(damaged.runs.is_empty());
}

#[test]
fn a_sign_behind_a_shift_may_complete_a_pair() {
    // 實 is 8C 8D, and 8D 5F is 峗: the line of a blank to fill in is shown as a character.
    let damaged = Damage::default().apply("。“今年是贯彻落实____");
    assert!(
        damaged.text.starts_with("?！敖衲晔秦瀼芈鋵峗___"),
        "{}",
        damaged.text
    );
    assert_eq!(damaged.answer, "。“今年是貫徹落實____");
}

#[test]
fn a_letter_that_completes_a_pair_is_not_lost() {
    // 文 is CE C4; with a capital letter behind it the reader sees a pair where C4 3x has none.
    let damaged = Damage::default().apply("获奖论文A级");
    assert_eq!(damaged.answer, "獲獎論文A級");
    assert!(!damaged.text.contains('A'), "{}", damaged.text);
}

#[test]
fn runs_say_what_stands_for_what() {
    let damaged = Damage::default().apply("结束。“普九”验收，教师获奖论文34篇");
    let runs: Vec<(Cause, &str, &str)> = damaged
        .runs
        .iter()
        .map(|run| {
            let shown = damaged.text.get(run.text.clone()).unwrap();
            let answer = damaged.answer.get(run.answer.clone()).unwrap();
            (run.cause, shown, answer)
        })
        .collect();
    assert_eq!(runs[0], (Cause::Reading, "(jié)", ""));
    assert_eq!(runs[1].0, Cause::Cut);
    assert!(runs[1].2.starts_with("。“普九”"), "{runs:?}");
    assert_eq!(runs[2], (Cause::Border, "?wù)撐?", "論文□"));
    assert_eq!(runs.len(), 3);
}

#[test]
fn a_share_of_the_cuts_is_a_repeatable_choice() {
    let text = "学校”已建成。“普九”达标，学校考核合格。县里现场办公。".repeat(20);
    let with = |percent, seed| {
        let cuts = Cuts::Share { percent, seed };
        Damage {
            cuts,
            ..Damage::default()
        }
        .apply(&text)
    };
    assert_eq!(with(30, 7), with(30, 7));
    assert_ne!(with(30, 7), with(30, 8));
    let n_cuts = |damaged: Damaged| {
        let is_cut = |run: &&Run| run.cause == Cause::Cut;
        damaged.runs.iter().filter(is_cut).count()
    };
    assert!(n_cuts(with(30, 7)) < n_cuts(with(100, 7)));
    assert_eq!(n_cuts(with(0, 7)), 0);
}

#[test]
fn no_character_is_annotated_twice() {
    let mut characters: Vec<char> = annotations().iter().map(|a| a.character).collect();
    assert_eq!(characters.len(), 66);
    characters.sort_unstable();
    characters.dedup();
    assert_eq!(characters.len(), 66);
}

proptest! {
    #[test]
    fn outside_the_runs_text_and_answer_are_the_same(
        text in "[学校普九迎接省复现县小长获奖论文总人口展争创我们全面。，、！“”（）A-Z0-9\n]{0,60}",
        percent in 0u8..=100,
        ascii_signs in any::<bool>(),
    ) {
        let cuts = Cuts::Share { percent, seed: 1 };
        let damaged = Damage { cuts, ascii_signs, ..Damage::default() }.apply(&text);
        let (mut shown, mut meant) = (0, 0);
        for run in &damaged.runs {
            let between = damaged.text.get(shown..run.text.start).unwrap();
            let same = damaged.answer.get(meant..run.answer.start).unwrap();
            prop_assert_eq!(super::ascii_signs(between), super::ascii_signs(same));
            (shown, meant) = (run.text.end, run.answer.end);
        }
        let rest = damaged.text.get(shown..).unwrap();
        prop_assert_eq!(super::ascii_signs(rest), super::ascii_signs(damaged.answer.get(meant..).unwrap()));
    }

    #[test]
    fn without_readings_and_cuts_nothing_is_damaged(text in "[学校普九迎接省复现县a-z0-9。，\n]{0,60}") {
        let damage = Damage { annotate: false, cuts: Cuts::None, ..Damage::default() };
        let damaged = damage.apply(&text);
        prop_assert_eq!(&damaged.text, &damaged.answer);
        prop_assert!(damaged.runs.is_empty());
    }

    #[test]
    fn the_answer_has_a_character_for_each_of_the_text(text in "[学校普九迎接省复现县a-z0-9。，\n㙍]{0,60}") {
        let damaged = Damage::default().apply(&text);
        prop_assert_eq!(damaged.answer.chars().count(), text.chars().count());
    }

    #[test]
    fn any_text_is_survived(text in ".{0,80}") {
        let damaged = Damage::default().apply(&text);
        prop_assert!(damaged.runs.iter().all(|run| damaged.text.get(run.text.clone()).is_some()));
        prop_assert!(damaged.runs.iter().all(|run| damaged.answer.get(run.answer.clone()).is_some()));
    }
}
