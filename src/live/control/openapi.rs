//! The description of the control port in `OpenAPI` 3.1, made from the operations themselves.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json, json};

use super::operation::{Operation, Schemas};
use super::problem::Problem;
use super::reply::{self, Content};

/// What is said about the whole.
const ABOUT: &str = "\
Controls a mock OAuth server that rotates refresh tokens, and tells what both sides saw of each refresh.\n\n\
All times are the scenario's: at a time scale of 60, an hour of the scenario takes a minute of the wall \
clock. Lengths of time are strings with units (`30s`), instants are told as the length of time since the \
scenario's clock started and as a date on its calendar.\n\n\
Requests that change something say `Content-Type: application/json`, also where they have no content; a \
page of another origin cannot. Without a token the port is named by a loopback address or `localhost`. With \
one, all but the page want `Authorization: Bearer`.";

/// The `OpenAPI` document of these operations.
pub(super) fn description(operations: &[Operation]) -> Json {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let problem = reply::Json::<Problem>::schema(&mut generator);
    let mut paths = Map::new();
    for operation in operations {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        let method = operation.method.name().to_ascii_lowercase();
        path[method] = describe(operation, &mut generator, &problem.clone().to_value());
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "amnesty: control port",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
        },
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
        "security": [{}, { "token": [] }],
    })
}

fn describe(operation: &Operation, generator: &mut SchemaGenerator, problem: &Json) -> Json {
    let Schemas { path, query, body, content } = (operation.describe)(generator);
    let mut parameters = parameters("path", &path.to_value());
    parameters.extend(self::parameters("query", &query.to_value()));
    let mut responses = Map::new();
    let success = json!({
        "description": operation.summary,
        "content": { operation.content_type: { "schema": content } },
    });
    responses.insert(operation.status.to_string(), success);
    for status in general_problems(operation).iter().chain(operation.problems) {
        let mut response = json!({ "description": words(*status) });
        // The door refuses what is too long, and says no more about it.
        if *status != 413 {
            response["content"] = json!({ reply::Json::<Problem>::TYPE: { "schema": problem } });
        }
        responses.insert(status.to_string(), response);
    }
    let mut described = json!({
        "operationId": operation_id(operation),
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": parameters,
        "responses": responses,
    });
    let body = body.to_value();
    if body["additionalProperties"] != json!(false) || body["properties"].is_object() {
        let needed = is_needed(&body, generator);
        let content = json!({ reply::Json::<Problem>::TYPE: { "schema": body } });
        described["requestBody"] = json!({ "required": needed, "content": content });
    }
    if operation.is_open {
        described["security"] = json!([{}]);
    }
    described
}

/// Whether a request without content would be refused.
fn is_needed(body: &Json, generator: &SchemaGenerator) -> bool {
    let name = body["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    let body = name.and_then(|name| generator.definitions().get(name)).unwrap_or(body);
    body["required"].as_array().is_some_and(|needed| !needed.is_empty()) || body["oneOf"].is_array()
}

/// The parameters that stand in a schema's place.
fn parameters(place: &str, schema: &Json) -> Vec<Json> {
    let required = schema["required"].as_array();
    let described = schema["properties"].as_object().into_iter().flatten();
    described
        .map(|(name, schema)| {
            let mut schema = schema.clone();
            let description =
                schema.as_object_mut().and_then(|schema| schema.remove("description"));
            let required = required.is_some_and(|names| names.contains(&json!(name)));
            json!({
                "name": name,
                "in": place,
                "description": description,
                "required": required,
                "schema": without_null(schema),
            })
        })
        .collect()
}

/// A parameter that is left out is not null: there is no writing that in a query.
fn without_null(mut schema: Json) -> Json {
    if let Some(types) = schema["type"].as_array() {
        let kept: Vec<_> = types.iter().filter(|kind| **kind != "null").cloned().collect();
        if let [only] = &kept[..] {
            schema["type"] = only.clone();
        }
    }
    if let Some([first, null]) = schema["anyOf"].as_array().map(Vec::as_slice)
        && null["type"] == "null"
    {
        return first.clone();
    }
    schema
}

fn general_problems(operation: &Operation) -> &'static [u16] {
    use super::operation::Method;
    match operation.method {
        Method::Get if operation.is_open => &[403],
        Method::Get => &[400, 401, 403],
        Method::Post | Method::Delete => &[400, 401, 403, 413, 415],
    }
}

const fn words(status: u16) -> &'static str {
    match status {
        400 => "The request makes no sense.",
        401 => "A token is wanted, and none or another one was presented.",
        403 => "The port was asked by a name that is not its own, or by a page of another origin.",
        404 => "There is no such thing.",
        409 => "There are too many of them.",
        413 => "The content is too long.",
        415 => "A request that changes something says `Content-Type: application/json`.",
        _ => "It did not work.",
    }
}

/// As `get_orgs_org_fate`.
fn operation_id(operation: &Operation) -> String {
    let method = operation.method.name().to_ascii_lowercase();
    let words = operation.path.split(['/', '.']).filter(|word| !word.is_empty());
    let words = words.map(|word| word.trim_matches(['{', '}']));
    let words: Vec<_> = std::iter::once(&*method).chain(words).collect();
    words.join("_")
}
