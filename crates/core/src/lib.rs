//! The words and the contract of taosha: everything a stage author needs, and nothing else.
//!
//! A pipeline is a source, stages in a row, and sinks. What travels is a [`Record`]: it starts as
//! the [`Raw`](Body::Raw) bytes of a page and becomes a [`Report`], a stretch of an immutable
//! [`Document`] with what the stages found in it. Stages never edit text; they add spans over it,
//! so every figure that comes out can be followed back to the bytes that went in.
//!
//! This crate does no I/O and knows no runtime. Its types change only with a major version, so
//! that a stage crate need not follow the releases of the engine.
//!
//! ```
//! use taosha_core::{Output, Record, Result, Stage};
//!
//! /// Drops pages that say less than a sentence.
//! struct LongEnough;
//!
//! impl Stage for LongEnough {
//!     fn process(&self, record: Record, out: &mut Output) -> Result<()> {
//!         match record.report()?.reading().text().chars().count() {
//!             0..10 => out.drop(record, "too_short"),
//!             _ => out.emit(record),
//!         }
//!         Ok(())
//!     }
//! }
//!
//! let mut out = Output::new();
//! LongEnough.process(Record::from_text("memory:a", "短"), &mut out)?;
//! assert_eq!(out.drops()[0].reason, "too_short");
//! # Ok::<(), taosha_core::Error>(())
//! ```

// What travels.
mod id; // content addresses
mod origin; // where it came from
mod record; // one item on its way
mod trail; // what was decided about it

// Text and the way back to the bytes.
mod document; // decoded text, immutable
mod edited; // how decode gets there: edits that keep the map
mod map; // text offset -> raw bytes
mod reading; // the text without what is cut out
mod span; // a stretch of text, and what was found there

// What stages find.
mod fact;
mod passage;
mod period; // 2002年上半年, 2021—2022学年
mod report;
mod section;

// Shared knowledge of the script.
mod form; // texts as they are compared
mod numeral; // 二十三 -> 23
mod phrases; // traditional to simplified by words
mod script; // and by characters

// What stages, sources and sinks promise.
mod error;
mod registry;
mod secret;
mod sink;
mod size; // 64MiB
mod source;
mod stage;

// What comes out.
mod meaning; // what tables and columns mean
mod rows; // a finished record as rows
mod table; // what the rows look like

pub use document::{Document, Links, PageMeta, Repair, Script};
pub use edited::{Edit, Edited, Rewriting};
pub use error::{Error, ErrorKind, Result};
pub use fact::{Fact, FactKind, PeriodBasis, Qualifier};
pub use form::{Form, FormRule, without_radical};
pub use id::Id;
pub use map::{Map, RawRange};
pub use numeral::{han_digit, parse_han};
pub use origin::Origin;
pub use passage::{Collapse, Edit as PassageEdit, Passage, PassageUse, Relation, Superseded};
pub use period::{Period, PeriodMatch};
pub use reading::Reading;
pub use record::{Body, Kind, Position, Record};
pub use registry::{
    Options, OptionsError, Port, Registry, SinkEntry, SinkType, SourceEntry, SourceType,
    StageEntry, StageForm, StageType, StatefulStageType,
};
pub use report::{Report, ReportMeta};
pub use rows::rows;
pub use script::{simplify, simplify_and_share, simplify_char, traditional_share};
pub use secret::Secret;
pub use section::{Chunk, Role, Section};
pub use sink::{Epoch, Guarantee, Holding, Making, MakingPart, Sink};
pub use size::ByteSize;
pub use source::{Known, Next, NothingKnown, Source, SourceSize};
pub use span::{Mark, Span, SpanKind};
pub use stage::{
    Drop, Emission, ErasedStateful, Keeps, MemoryState, Output, Prepared, Settings, Stage, State,
    StatefulStage,
};
pub use table::{
    ChunkRow, DeadRow, DocumentRow, DuplicateRow, FactRow, PassageRow, PassageUseRow, RepairRow,
    Row, SectionRow, Table,
};
pub use trail::{Step, Trail};

pub use async_trait::async_trait;
pub use bytes::Bytes;
