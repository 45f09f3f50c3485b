//! The description of the interface, and whether the interface keeps to it.

use serde_json::{Value as Json, json};

use crate::house::{House, at};

/// What of a value does not fit a schema of `document`: types, names and what is required.
fn misfits(document: &Json, schema: &Json, value: &Json, place: &str, found: &mut Vec<String>) {
    if let Some(path) = schema["$ref"].as_str() {
        let target = document.pointer(&path[1..]).unwrap_or_else(|| panic!("{path} leads nowhere"));
        return misfits(document, target, value, place, found);
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[choice].as_array() {
            let fits = choices.iter().any(|schema| {
                let mut found = Vec::new();
                misfits(document, schema, value, place, &mut found);
                found.is_empty()
            });
            if !fits {
                found.push(format!("{place}: {value} is none of the choices"));
            }
            return;
        }
    }
    let kind = match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) if number.is_f64() => "number",
        Json::Number(_) => "integer",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    let only = schema.get("type").map(std::slice::from_ref);
    let kinds = schema["type"].as_array().map(Vec::as_slice).or(only);
    let is = |allowed: &Json| allowed == kind || (allowed == "number" && kind == "integer");
    let allowed = kinds.is_none_or(|kinds| kinds.iter().any(is));
    if !allowed {
        found.push(format!("{place}: {value} is no {}", schema["type"]));
    }
    if schema.get("const").is_some_and(|only| only != value)
        || schema["enum"].as_array().is_some_and(|all| !all.contains(value))
    {
        found.push(format!("{place}: {value} is not {schema}"));
    }
    for (place, item) in value.as_array().into_iter().flatten().enumerate() {
        misfits(document, &schema["items"], item, &place.to_string(), found);
    }
    let Some(members) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !members.contains_key(name.as_str().unwrap()) {
            found.push(format!("{place}: {name} is missing"));
        }
    }
    for (name, member) in members {
        match schema["properties"].get(name) {
            Some(schema) => misfits(document, schema, member, &format!("{place}.{name}"), found),
            None if schema["properties"].is_object() => {
                found.push(format!("{place}: {name} is not described"));
            }
            None => {}
        }
    }
}

/// A house in which something of everything has happened.
fn lived_in() -> House {
    let mut house = House::new();
    house.post("/orgs/0/fate", r#"{ "fate": "lose_answer", "seen_as": "504" }"#);
    house.refresh(0, 0);
    house.refresh(1, 0);
    house.refresh(0, 0);
    house.post("/orgs/0/fate", r#"{ "fate": "throttle", "retry_after": "5s" }"#);
    house.api.sample(house.now);
    house.now = at(60);
    house
}

/// Requests that succeed, one for each operation.
const ASKED: [(&str, &str, &str, u16, &str); 25] = [
    ("get", "/", "/", 200, ""),
    ("get", "/page.css", "/page.css", 200, ""),
    ("get", "/page.js", "/page.js", 200, ""),
    ("get", "/icon.svg", "/icon.svg", 200, ""),
    ("get", "/status", "/status", 200, ""),
    ("get", "/history", "/history", 200, ""),
    ("get", "/orgs", "/orgs?state=connected&cohort=bigco&limit=2&after=0", 200, ""),
    ("get", "/orgs/{org}", "/orgs/0", 200, ""),
    ("get", "/orgs/{org}/fate", "/orgs/0/fate", 200, ""),
    ("get", "/phases", "/phases", 200, ""),
    ("get", "/ledger", "/ledger?org=0&limit=5", 200, ""),
    ("get", "/ledger.csv", "/ledger.csv", 200, ""),
    ("get", "/metrics", "/metrics", 200, ""),
    ("get", "/openapi.json", "/openapi.json", 200, ""),
    ("post", "/orgs", "/orgs", 201, "{}"),
    ("post", "/orgs/{org}/authorise", "/orgs/1/authorise", 200, ""),
    ("post", "/orgs/{org}/fate", "/orgs/2/fate", 200, r#"{ "fate": "fail", "status": 500 }"#),
    ("delete", "/orgs/{org}/fate", "/orgs/2/fate", 200, ""),
    ("post", "/phases/{name}/start", "/phases/degraded/start", 200, ""),
    ("post", "/phases/{name}/end", "/phases/degraded/end", 200, ""),
    ("post", "/amnesty/start", "/amnesty/start", 200, r#"{ "scope": ["small"] }"#),
    ("get", "/amnesty", "/amnesty", 200, ""),
    ("post", "/amnesty/end", "/amnesty/end", 200, ""),
    ("post", "/reset", "/reset", 200, ""),
    ("get", "/orgs/{org}", "/orgs/5", 200, ""),
];

#[test]
fn every_answer_is_as_described() {
    let house = lived_in();
    let document = house.get("/openapi.json");
    let mut asked = std::collections::BTreeSet::new();
    for (method, path, target, status, body) in ASKED {
        asked.insert(format!("{method} {path}"));
        let got = house.ask(&method.to_uppercase(), target, body);
        assert_eq!(got.status, status, "{target}: {}", got.text);
        let described = &document["paths"][path][method];
        let content = &described["responses"][status.to_string()]["content"];
        let schema = content.get(got.content_type).unwrap_or_else(|| panic!("{target}: {content}"));
        if got.content_type == "application/json" {
            let value = serde_json::from_str(&got.text).unwrap();
            let mut found = Vec::new();
            misfits(&document, &schema["schema"], &value, target, &mut found);
            assert_eq!(found, [""; 0], "{target}");
        }
        if !body.is_empty() {
            let wanted = &described["requestBody"]["content"]["application/json"]["schema"];
            let mut found = Vec::new();
            misfits(&document, wanted, &serde_json::from_str(body).unwrap(), target, &mut found);
            assert_eq!(found, [""; 0], "{target}");
        }
    }
    let described = document["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().keys().map(move |method| format!("{method} {path}"))
    });
    assert_eq!(described.collect::<std::collections::BTreeSet<_>>(), asked, "each is asked here");
}

#[test]
fn every_problem_is_as_described() {
    let house = House::new();
    let document = house.get("/openapi.json");
    let problem = &document["components"]["schemas"]["Problem"];
    assert_eq!(problem["required"], json!(["error"]));
    for (method, path, target, status, body) in [
        ("post", "/orgs", "/orgs", 400, "x"),
        ("get", "/orgs/{org}", "/orgs/99", 404, ""),
        ("post", "/orgs/{org}/fate", "/orgs/0/fate", 400, "{}"),
        ("delete", "/orgs/{org}/fate", "/orgs/77/fate", 404, ""),
        ("post", "/phases/{name}/start", "/phases/x/start", 404, ""),
        ("get", "/ledger", "/ledger?limit=0", 400, ""),
    ] {
        house.ask(&method.to_uppercase(), target, body).error(status);
        let described = &document["paths"][path][method]["responses"][status.to_string()];
        let schema = &described["content"]["application/json"]["schema"];
        assert_eq!(*schema, json!({ "$ref": "#/components/schemas/Problem" }), "{target}");
    }
}

#[test]
fn the_description_says_what_a_reader_needs() {
    let house = House::new();
    let document = house.get("/openapi.json");
    assert_eq!(document["openapi"], "3.1.0");
    let limit = document["paths"]["/orgs"]["get"]["parameters"].as_array().unwrap().iter();
    let limit = limit.clone().find(|parameter| parameter["name"] == "limit").unwrap();
    assert_eq!((&limit["in"], &limit["required"]), (&json!("query"), &json!(false)));
    assert_eq!(
        (&limit["schema"]["type"], &limit["schema"]["maximum"]),
        (&json!("integer"), &json!(1000))
    );
    let org = &document["paths"]["/orgs/{org}/fate"]["post"]["parameters"][0];
    assert_eq!(
        (&org["name"], &org["in"], &org["required"]),
        (&json!("org"), &json!("path"), &json!(true))
    );
    let body = &document["paths"]["/orgs/{org}/fate"]["post"]["requestBody"];
    assert_eq!(body["required"], true);
    assert_eq!(document["paths"]["/orgs"]["post"]["requestBody"]["required"], false);
    assert_eq!(document["paths"]["/reset"]["post"].get("requestBody"), None);
    let fates = document["components"]["schemas"]["Fate"]["oneOf"].as_array().unwrap();
    let names: Vec<_> = fates.iter().map(|fate| &fate["properties"]["fate"]["const"]).collect();
    assert_eq!(names, ["lose_answer", "lose_request", "fail", "throttle", "delay", "duplicate"]);
    assert!(fates.iter().all(|fate| fate["description"].is_string()), "each is described");
    // Every property of every component is described.
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for (property, schema) in schema["properties"].as_object().into_iter().flatten() {
            let described = schema["description"].is_string() || schema.get("$ref").is_some();
            assert!(described, "{name}.{property}: {schema}");
        }
    }
}
