//! The JSON schema of scenario files, for editors.

use schemars::generate::SchemaSettings;
use serde_json::{Value as Json, json};

use super::file::ScenarioForm;

/// Sections of which a file that extends another may write a part, and the keys that it must write all
/// the same.
const PARTIAL: [(&str, &[&str]); 6] = [
    ("ClockForm", &[]),
    ("ServerForm", &[]),
    ("AmnestyForm", &[]),
    ("CohortForm", &["name"]),
    ("PhaseForm", &["phase"]),
    ("SweepForm", &[]),
];

/// The schema, draft-07: the draft that yaml-language-server reads.
///
/// It is a little wider than the reader: an editor sees one file at a time, and what a file leaves out
/// may stand in the file that it extends.
pub fn schema() -> Json {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<ScenarioForm>().to_value();
    schema["title"] = "amnesty scenario".into();
    for (section, required) in PARTIAL {
        schema["definitions"][section]["required"] = required.into();
    }
    let required = schema["required"].take();
    for key in ScenarioForm::KEYS {
        let must = required.as_array().is_some_and(|keys| keys.contains(&json!(key)));
        if !must {
            nullable(&mut schema["properties"][key]);
        }
    }
    nullable(&mut schema["definitions"]["ServerForm"]["properties"]["amnesty"]);
    schema["required"] = json!(["name"]);
    schema["if"] = json!({ "not": { "required": ["extends"] } });
    schema["then"] = json!({ "required": required });
    schema
}

/// Lets `null` stand for a property: it removes what an extended file says.
fn nullable(property: &mut Json) {
    let mut inner = property.take();
    let description = inner["description"].take();
    if let Some(map) = inner.as_object_mut() {
        map.remove("description");
    }
    *property = json!({ "description": description, "anyOf": [inner, { "type": "null" }] });
}
