use taosha_core::{Error, Result, Table};

/// The tables called `names`, each once and in the order of [`Table::ALL`]; all of them when nothing
/// is named.
pub(crate) fn select(names: Option<&[String]>) -> Result<Vec<Table>> {
    let Some(names) = names else {
        return Ok(Table::ALL.to_vec());
    };
    let named = |name: &String| {
        Table::named(name).ok_or_else(|| {
            let known = Table::ALL.map(Table::name).join("`, `");
            let message = format!("write table `{name}`: tables are `{known}`");
            Error::config("sink.table", message).for_option("tables")
        })
    };
    let mut tables: Vec<Table> = names.iter().map(named).collect::<Result<_>>()?;
    tables.sort_unstable();
    tables.dedup();
    Ok(tables)
}
