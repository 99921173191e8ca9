use anyhow::Result;
use taosha_core::Registry;
use taosha_engine::GraphFormat;

use crate::Exit;
use crate::args::{Drawing, GraphArgs};
use crate::terminal::Terminal;

/// `taosha graph FILE`
pub(crate) fn graph(args: &GraphArgs, registry: &Registry, terminal: Terminal) -> Result<Exit> {
    let format = match args.drawing {
        Drawing::Mermaid => GraphFormat::Mermaid,
        Drawing::Dot => GraphFormat::Dot,
    };
    match super::plan(&args.file, registry, terminal) {
        Ok((plan, _)) => {
            terminal.out(&taosha_engine::graph(&plan, format));
            Ok(Exit::Ok)
        }
        Err(exit) => Ok(exit),
    }
}
