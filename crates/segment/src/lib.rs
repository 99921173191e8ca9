//! Pages into reports, reports into sections and sentences.
//!
//! A page as `decode` gives it may hold one report, nine of them, or the second half of one. This
//! stage cuts it where reports begin, tells their titles, units and periods, and reads each one's
//! numbering as an outline. It never edits text: everything it finds is a span or a mark.
//!
//! ```
//! use taosha_core::{Output, Record, Settings, Stage, StageType};
//! use taosha_segment::{Segment, SegmentConfig};
//!
//! let page = "【第1篇】青禾县教育局2021年工作总结\n2021年,我局抓了两项工作。\n一、抓学校建设\n新建校舍三处,改造厕所五处,全县办学条件明显改善,群众十分满意。\n二、抓教师培训\n全年培训教师一百二十人次。\n\
//!             【第2篇】云岭县民政局工作总结\n一年来,我局认真履职。\n一、抓好低保\n按时发放低保金。\n二、抓好养老\n新建敬老院一所。";
//! let settings = Settings { id: "segment".into(), base: ".".into(), run: "doc".into(), scratch: None };
//! let segment = Segment::build(SegmentConfig::default(), &settings)?;
//! let mut out = Output::new();
//! segment.process(Record::from_text("memory:a", page), &mut out)?;
//!
//! let titles: Vec<_> = out.emissions().iter()
//!     .filter_map(|emission| emission.record.report().ok()?.meta.title.clone())
//!     .collect();
//! assert_eq!(titles, ["青禾县教育局2021年工作总结", "云岭县民政局工作总结"]);
//! # Ok::<(), taosha_core::Error>(())
//! ```

mod config; // what a user may choose
mod lines; // lines of a text, words without blanks
mod stage; // the order of the steps

// A page into reports.
mod chain; // which markers announce them
mod compilation; // where each report begins and ends
mod marker; // 第3篇, 篇三:, 3、 … where the site may say so
mod page; // outlines and gaps of the page

mod series; // lines that differ in their counter alone
mod shown; // titles that the page shows as headings
mod title; // which words are the title

// A report as a whole.
mod identity; // its title, unit, place and time
mod period; // the time it is about
mod term; // 2019上半年, 19年度, 第二学期
mod unit; // who speaks, and where
mod wholeness; // is all of it there

// A report into its parts.
mod chunks; // whole sentences up to a length
mod clue; // how much each looks like one
mod contents; // the headings once more, in front
mod heading_title; // where the words of each end
mod number; // where the number of a heading may stand
mod outline; // which of them are headings
mod parts; // signature, date, 附件 below the body
mod role; // what a section is for
mod sections; // headings into sections
mod sentences;
mod short_lines; // headings that nothing but their shape tells
mod spoken; // 一是, 首先, 【】: headings without a number of the standard
mod tables; // rows of cells

mod rules; // the word lists under rules/

pub use config::{ChunkBy, ChunkConfig, SegmentConfig};
pub use stage::Segment;

/// Makes the stage known under the name `segment`.
pub fn register(registry: &mut taosha_core::Registry) {
    registry.stage::<Segment>();
}
