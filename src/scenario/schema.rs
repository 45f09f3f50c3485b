//! The JSON schema of scenario files, for editors.

use schemars::generate::SchemaSettings;

use super::file::ScenarioForm;

/// The schema, draft-07: the draft that yaml-language-server reads.
pub fn schema() -> serde_json::Value {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<ScenarioForm>();
    schema.insert("title".to_owned(), "amnesty scenario".into());
    schema.to_value()
}
