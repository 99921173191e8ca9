//! Figures out of prose, each with the words that prove it.
//!
//! A report comes in, the same report goes out with its [`facts`](taosha_core::Report::facts)
//! filled: counts, amounts, rates, changes, dates, ranks, awards, cited titles. Nothing is filled in
//! that the text does not show: a number that is masked (`2xxxx次`) or damaged (`□47篇`) keeps its
//! characters and gets no value.
//!
//! ```
//! use taosha_core::{Output, Record, Stage, StageType, Settings};
//! use taosha_extract::{Extract, ExtractConfig};
//!
//! let settings = Settings { id: "extract".into(), base: ".".into(), run: "0".into(), scratch: None };
//! let extract = Extract::build(ExtractConfig::default(), &settings)?;
//! let mut out = Output::new();
//! extract.process(Record::from_text("memory:a", "全县新建小学3所,投入近360万元。"), &mut out)?;
//! let report = out.emissions()[0].record.report()?;
//! assert_eq!(report.facts[0].value, Some(3.0));
//! assert_eq!(report.facts[1].unit.as_deref(), Some("万元"));
//! assert_eq!(report.facts[1].value_base, Some(3_600_000.0));
//! # Ok::<(), taosha_core::Error>(())
//! ```

mod config; // what a user may choose
mod stage; // one report in, the same with facts out

// A report cut into lines short enough to look around in.
mod cue; // what may begin at a character
mod line; // a sentence as characters, with what hides or breaks them
mod lines; // report -> lines
mod table; // rows of cells, which are no sentences
mod wrap; // 12⏎845: numbers cut by the end of a line

// What a line holds.
mod awards; // 荣获市级先进集体称号
mod comparison; // 比上年的512人增加71人: which figure is measured against which
mod condition; // 单价50万元以上的设备, 每10万人: which are counted, or per how many
mod dates; // 6月26日
mod documents; // 青政办〔2018〕16号
mod figure; // number, unit and qualifier together
mod names; // numerals that count nothing, and statements that are no numbers
mod numeral; // the number alone, as reports write and mask it
mod series; // numbers that belong together: ratios, ranges, lists
mod unit; // the measure word

// What any text holds, without a report around it.
mod calendar; // 3月8日, 上周三: the days
mod money; // 3万元, US$20: the sums
mod number; // 三百零五, 7万5千, 三又五分之二: the grammar of numbers
mod percent; // 百分之九十五, 六成, 八五折: the shares
mod reading; // the functions that say so
mod scan; // which numerals count, and which are parts of words

// What is known about a figure.
mod arithmetic; // do figures that belong together agree
mod around; // the words on both sides of a figure
mod indicator; // what is counted
mod level; // 力争达到5亿元: of what was counted before
mod listing; // 分别为3、6、12: names and figures of a list
mod parts; // 其中初中3所: which figure is a part of which
mod phrase; // the words of a name, without what only leads to it
mod place; // where, who
mod plan; // 力争达到92%: what is not yet so
mod subject; // 较上年提高2个百分点: of what the sentence before told
mod time; // when
mod topic; // what a short name is about, said in the clauses before

mod finder; // the facts of a line, with all that is known of them

mod explain; // every number of a text, what it was read as and why

// Knowledge.
mod rule_file; // a user's own rules, with their examples
mod rules; // rules/*.toml
mod words; // word lists to look up at a place

#[cfg(test)]
mod examples; // what stands beside each rule

#[cfg(test)]
mod evaluation; // measured on the captures

#[cfg(test)]
mod public_set; // measured on the quantities of a public set

pub use config::ExtractConfig;
pub use explain::Explained;
pub use reading::{NamedDay, Quantity, amounts, days, numbers, percents};
pub use stage::Extract;

/// Offers this crate's stage.
pub fn register(registry: &mut taosha_core::Registry) {
    registry.stage::<Extract>();
}
