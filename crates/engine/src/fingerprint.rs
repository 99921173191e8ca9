use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

/// A short name for what the stages of a pipeline do: equal for equal types and options in equal
/// order, whatever the layout of the file, the number of workers or the targets.
pub(crate) fn fingerprint<'e>(
    stages: impl Iterator<Item = (&'e str, Option<&'e str>, &'e DeTable<'e>)>,
) -> String {
    let stages: Vec<Value> = stages
        .map(|(kind, from, options)| serde_json::json!([kind, from, table(options)]))
        .collect();
    let mut hasher = blake3::Hasher::new();
    hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
    hasher.update(Value::Array(stages).to_string().as_bytes());
    hasher.finalize().to_hex().chars().take(12).collect()
}

fn table(table: &DeTable<'_>) -> Value {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(k, v)| (k.get_ref().to_string(), v))
        .collect();
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    Value::Object(Map::from_iter(
        entries.into_iter().map(|(k, v)| (k, value(v.get_ref()))),
    ))
}

fn value(of: &DeValue<'_>) -> Value {
    match of {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => Value::String(number.to_string()),
        DeValue::Float(number) => Value::String(number.to_string()),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Datetime(time) => Value::String(time.to_string()),
        DeValue::Array(values) => values.iter().map(|of| value(of.get_ref())).collect(),
        DeValue::Table(of) => table(of),
    }
}
