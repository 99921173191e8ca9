use anyhow::{Context, Result};
use taosha_core::Registry;
use taosha_engine::pipeline_schema;

use crate::Exit;
use crate::terminal::Terminal;

/// `taosha schema`
pub(crate) fn schema(registry: &Registry, terminal: Terminal) -> Result<Exit> {
    let schema = serde_json::to_string_pretty(&pipeline_schema(registry));
    terminal.out(&schema.context("write the schema")?);
    Ok(Exit::Ok)
}
