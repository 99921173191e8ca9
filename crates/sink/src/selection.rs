use taosha_core::{Error, Result, Table};

/// The tables called `names`; all of them when nothing is named.
pub(crate) fn select(names: Option<&[String]>) -> Result<Vec<Table>> {
    let Some(names) = names else {
        return Ok(Table::ALL.to_vec());
    };
    let named = |name: &String| {
        Table::ALL
            .into_iter()
            .find(|table| table.name() == name)
            .ok_or_else(|| {
                let known = Table::ALL.map(Table::name).join("`, `");
                Error::config(
                    "sink.table",
                    format!("write table `{name}`: tables are `{known}`"),
                )
            })
    };
    names.iter().map(named).collect()
}
