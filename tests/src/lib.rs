//! Pages as bad as the real ones, made from texts we wrote, so that the right answer is known.
//!
//! Every text is invented and every figure in it too. What is real is the damage: each kind is
//! done by the mechanism that did it on the web, in the same order, byte for byte.
//!
//! ```
//! use taosha_tests::damage::Damage;
//!
//! let damaged = Damage::default().apply("青禾县教师获奖论文347篇。");
//! assert_eq!(damaged.text, "青禾縣教師獲獎?wù)撐?47篇。");
//! assert_eq!(damaged.answer, "青禾縣教師獲獎論文□47篇。");
//! ```
pub mod accident; // a stage that dies of some pages
pub mod command; // the binary, and what it prints
pub mod damage; // clean text in, shifted GBK and its repair out
pub mod pages; // recipes and reports in, the bytes of the sample pages out
pub mod planted; // reports with their copies, siblings and shared paragraphs, labelled
