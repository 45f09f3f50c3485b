//! The control interface: a series of requests to one server's memory.
//!
//! Pairs of lines: a method and a target (`@60 POST /orgs` lets a minute pass before it), then the content.
//! Every answer has a status of its own description, and content of the type that it says.

use amnesty::base::{SimDuration, SimTime};
use amnesty::live::control::{Api, Ask, Settings};

use super::door::site;

/// Requests a series has at most.
const REQUESTS_MAX: usize = 48;

/// A series of requests.
pub fn requests(bytes: &[u8]) -> bool {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async { series(bytes) })
}

fn series(bytes: &[u8]) -> bool {
    let settings = Settings {
        scenario: "house".to_owned(),
        arm: "as_is".to_owned(),
        start: "2018-03-11T22:00:00Z".parse().ok(),
        ..Settings::default()
    };
    let api = Api::new(site(true), settings);
    let mut now = SimTime::ZERO;
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let mut accepted = false;
    for _ in 0..REQUESTS_MAX {
        let Some(line) = lines.next() else { break };
        let body = lines.next().unwrap_or_default();
        let Ok(mut line) = std::str::from_utf8(line) else { continue };
        if let Some((wait, rest)) = line.strip_prefix('@').and_then(|line| line.split_once(' ')) {
            let wait = wait.parse().unwrap_or(0_u64).min(86_400);
            now += SimDuration::from_secs(wait);
            api.sample(now);
            line = rest;
        }
        let (method, target) = line.split_once(' ').unwrap_or((line, "/"));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let reply = api.answer(&Ask { method, path, query, body, now });
        assert!(
            matches!(reply.status, 200 | 201 | 204 | 400 | 404 | 405 | 409 | 413 | 422),
            "{}",
            reply.status
        );
        accepted |= reply.status < 300;
        if reply.content_type == "application/json" && !reply.body.is_empty() {
            let json = serde_json::from_slice::<serde_json::Value>(&reply.body).expect("JSON");
            assert_eq!(
                reply.status >= 400,
                json.get("error")
                    .is_some_and(|_| json.as_object().is_some_and(|all| all.len() == 1)),
                "{json}"
            );
        }
    }
    accepted
}
