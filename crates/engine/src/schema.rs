use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use taosha_core::Registry;

use crate::options::SecretPlace;
use crate::{RunOptions, ScheduleOptions};

/// JSON Schema of a pipeline file, for editors and other programs.
///
/// Made from the registry, so the parts of a custom binary are in it like any other.
pub fn pipeline_schema(registry: &Registry) -> Value {
    let mut generator = SchemaSettings::draft07().into_generator();
    let sources = registry
        .sources()
        .iter()
        .map(|(name, e)| (*name, e.about, e.schema, false));
    let source = one_of(sources, &mut generator);
    let stages = registry
        .stages()
        .iter()
        .map(|(name, e)| (*name, e.about, e.schema, true));
    let stage = one_of(stages, &mut generator);
    let sinks = registry
        .sinks()
        .iter()
        .map(|(name, e)| (*name, e.about, e.schema, true));
    let sink = one_of(sinks, &mut generator);
    let run = generator.subschema_for::<RunOptions>();
    let schedule = generator.subschema_for::<ScheduleOptions>();
    let secret = generator.subschema_for::<SecretPlace>();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "taosha pipeline",
        "type": "object",
        "additionalProperties": false,
        "required": ["source", "sink"],
        "properties": {
            "name": { "type": "string", "description": "Names the pipeline. Default: the file's name." },
            "run": run,
            "schedule": schedule,
            "secrets": { "type": "object", "additionalProperties": secret },
            "source": list("Where pages come from, read one after the other.", source),
            "stage": list("What is done with them, in this order.", stage),
            "sink": list("Where tables go.", sink),
        },
        "definitions": Value::Object(generator.take_definitions(true)),
    })
}

fn list(description: &str, items: Value) -> Value {
    json!({ "type": "array", "minItems": 1, "description": description, "items": items })
}

/// One alternative per type, told apart by the constant `type`.
fn one_of<'r>(
    entries: impl Iterator<
        Item = (
            &'r str,
            &'r str,
            fn(&mut SchemaGenerator) -> schemars::Schema,
            bool,
        ),
    >,
    generator: &mut SchemaGenerator,
) -> Value {
    let alternative = |(name, about, schema, reads): (
        &str,
        &str,
        fn(&mut SchemaGenerator) -> schemars::Schema,
        bool,
    )| {
        let mut schema = schema(generator).to_value();
        if let Some(object) = schema.as_object_mut() {
            object.insert("title".into(), json!(name));
            object.insert("description".into(), json!(about));
            object.insert("additionalProperties".into(), json!(false));
            let mut properties = Map::new();
            properties.insert("type".into(), json!({ "const": name }));
            properties.insert(
                "id".into(),
                json!({ "type": "string", "description": "Default: the type." }),
            );
            if reads {
                let from = "A stage above, or one of its ports: `stage` or `stage.port`. Default: \
                            the stage before.";
                properties.insert(
                    "from".into(),
                    json!({ "type": "string", "description": from }),
                );
            }
            if let Some(Value::Object(own)) = object.remove("properties") {
                properties.extend(own);
            }
            object.insert("properties".into(), Value::Object(properties));
            let required = object.entry("required").or_insert_with(|| json!([]));
            if let Some(required) = required.as_array_mut() {
                required.insert(0, json!("type"));
            }
        }
        schema
    };
    json!({ "oneOf": entries.map(alternative).collect::<Vec<_>>() })
}
