use schemars::JsonSchema;
use serde::Deserialize;

/// Options of `type = "mask-contacts"`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MaskContactsConfig {
    /// What stands in place of a number.
    pub mask: String,
    /// Reports with more numbers than this are lists of people, not reports: they leave by the port
    /// `directories`.
    pub directory_above: usize,
}

impl Default for MaskContactsConfig {
    fn default() -> Self {
        // A report ends with one or two contacts; a list of school offices has dozens.
        MaskContactsConfig {
            mask: "***".to_owned(),
            directory_above: 20,
        }
    }
}
