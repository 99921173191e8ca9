use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The decisions made about a record, oldest first.
///
/// A report carries the steps of the page it was cut from, so its story is whole.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Trail {
    /// The stage that is deciding now; set by the engine.
    stage: Option<Arc<str>>,
    steps: Vec<Arc<Step>>,
}

/// One decision: who, what, and the figures behind it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Step {
    /// The id of the stage that decided.
    pub stage: Arc<str>,
    /// What was decided, one word of a closed list per stage: `charset`, `split`, `collapsed`.
    pub decision: Cow<'static, str>,
    /// The evidence, by name.
    pub fields: Map<String, Value>,
}

impl Trail {
    /// Says which stage the following steps belong to.
    pub fn enter(&mut self, stage: Arc<str>) {
        self.stage = Some(stage);
    }

    /// Adds a step. `fields` is a JSON object; another value is kept under `value`.
    pub fn add(&mut self, decision: impl Into<Cow<'static, str>>, fields: Value) {
        let fields = match fields {
            Value::Object(fields) => fields,
            Value::Null => Map::new(),
            other => Map::from_iter([("value".to_owned(), other)]),
        };
        let stage = self.stage.clone().unwrap_or_else(|| "source".into());
        self.steps.push(Arc::new(Step {
            stage,
            decision: decision.into(),
            fields,
        }));
    }

    /// The steps, oldest first.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = &Step> {
        self.steps.iter().map(AsRef::as_ref)
    }
}
