//! The control port and the server over real sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;

use amnesty::live::Site;
use amnesty::live::control::{Control, HEADER, Settings};
use amnesty::live::server::{self, Server};
use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::house::{settings, site};
use crate::wire::{Answer, ask};

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A server and its control port, on a thread of their own until dropped.
pub(crate) struct Ports {
    pub(crate) site: Arc<Site>,
    pub(crate) control: SocketAddr,
    pub(crate) server: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ports {
    pub(crate) fn open(settings: Settings) -> Self {
        Self::of(site(true, &[]), settings)
    }

    pub(crate) fn of(site: Arc<Site>, settings: Settings) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = mpsc::channel();
        let shared = Arc::clone(&site);
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            LocalSet::new().block_on(&runtime, async {
                let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
                let server = server::Settings::default();
                let server = Server::bind(anywhere, Arc::clone(&shared), &server).await.unwrap();
                let settings = Settings {
                    meters: Some(Arc::clone(server.meters())),
                    server: Some(server.local_addr()),
                    ..settings
                };
                let control = Control::bind(anywhere, shared, settings).await.unwrap();
                tell.send((control.local_addr(), server.local_addr())).unwrap();
                let serving = tokio::task::spawn_local(server.run(std::future::pending()));
                control.run(async { drop(stopped.await) }).await;
                serving.abort();
            });
        });
        let (control, server) = told.recv().unwrap();
        Self { site, control, server, stop: Some(stop), thread: Some(thread) }
    }

    /// Asks the control port, by its address.
    pub(crate) fn ask(&self, line: &str, fields: &[(&str, &str)], body: &str) -> Answer {
        let host = self.control.to_string();
        let fields = [&[("Host", &*host)], fields].concat();
        ask(self.control, line, &fields, body).unwrap().expect("an answer")
    }

    /// A refresh of OAuth 2.0 at the server; `None` if the connection was closed instead of an answer.
    pub(crate) fn refresh(&self, refresh_token: &str) -> Option<Answer> {
        let form = format!("grant_type=refresh_token&refresh_token={refresh_token}&client_id=app");
        let fields = [("Host", "mock"), ("Content-Type", "application/x-www-form-urlencoded")];
        ask(self.server, "POST /connect/token", &fields, &form).unwrap()
    }
}

impl Drop for Ports {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// One refresh that is answered, and one whose answer is lost.
pub(crate) fn metrics_after_two_refreshes() -> String {
    let ports = Ports::open(settings());
    let org = ports.ask("POST /orgs", &[JSON], "").json(201);
    let token = org["credentials"]["oauth2"]["refresh_token"].as_str().unwrap();
    let answer = ports.refresh(token).unwrap().json(200);
    let fate = r#"{ "fate": "lose_answer", "seen_as": "closed" }"#;
    ports.ask(&format!("POST /orgs/{}/fate", org["org"]), &[JSON], fate).json(200);
    assert!(ports.refresh(answer["refresh_token"].as_str().unwrap()).is_none());
    ports.ask("GET /metrics", &[], "").body
}

#[test]
fn a_client_in_an_integration_test_loses_an_answer_and_is_saved() {
    let ports = Ports::open(settings());
    let org = ports.ask("POST /orgs", &[JSON], r#"{ "cohort": "bigco" }"#).json(201);
    let number = &org["org"];
    let token = org["credentials"]["oauth2"]["refresh_token"].as_str().unwrap();
    let fate = r#"{ "fate": "lose_answer", "seen_as": "closed" }"#;
    ports.ask(&format!("POST /orgs/{number}/fate"), &[JSON], fate).json(200);

    assert!(ports.refresh(token).is_none(), "the connection is closed instead of an answer");
    let sheet = ports.ask(&format!("GET /orgs/{number}"), &[], "").json(200);
    assert_eq!((&sheet["newest"], &sheet["state"]), (&json!("T1"), &json!("stale")));
    assert_eq!(sheet["ledger"][0]["delivery"], "lost_closed");
    assert_eq!(ports.refresh(token).unwrap().json(400)["error"], "invalid_grant");

    ports.ask("POST /amnesty/start", &[JSON], "").json(200);
    let saved = ports.refresh(token).unwrap().json(200);
    assert!(saved["access_token"].is_string());
    let sheet = ports.ask(&format!("GET /orgs/{number}"), &[], "").json(200);
    assert_eq!((&sheet["stored"], &sheet["state"]), (&json!("T1"), &json!("connected")));
    let held = &sheet["credentials"]["oauth2"];
    assert_eq!(held["refresh_token"], saved["refresh_token"], "it holds what it was given");
    assert_eq!(held["access_token"], saved["access_token"]);
}

#[test]
fn every_answer_is_locked_down() {
    let ports = Ports::open(settings());
    for (line, status) in [("GET /", 200), ("GET /status", 200), ("GET /nowhere", 404)] {
        let answer = ports.ask(line, &[], "");
        assert_eq!(answer.status, status, "{line}");
        let policy = answer.field("Content-Security-Policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        for (name, value) in [
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ] {
            assert_eq!(answer.field(name), Some(value), "{line}");
        }
        assert_eq!(answer.field("Access-Control-Allow-Origin"), None);
    }
    let wrong = ports.ask("POST /status", &[JSON], "");
    assert_eq!((wrong.status, wrong.field("Allow")), (405, Some("GET, HEAD")));
    let head = ports.ask("HEAD /status", &[], "");
    assert_eq!((head.status, &*head.body), (200, ""));
    let long = "x".repeat(1 << 17);
    assert_eq!(ports.ask("POST /orgs", &[JSON], &long).status, 413);
}

#[test]
fn pages_elsewhere_cannot_ask() {
    let ports = Ports::open(settings());
    let fate = r#"{ "fate": "lose_answer" }"#;
    let simple = [("Content-Type", "text/plain")];
    assert_eq!(ports.ask("POST /orgs/0/fate", &simple, fate).status, 415);
    assert_eq!(ports.ask("POST /reset", &[], "").status, 415);
    assert_eq!(ports.ask("DELETE /orgs/0/fate", &[], "").status, 415);
    let foreign = [JSON, ("Origin", "https://evil.example")];
    assert_eq!(ports.ask("POST /orgs/0/fate", &foreign, fate).status, 403);
    let preflight = [
        ("Origin", "https://evil.example"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type"),
    ];
    assert_eq!(ports.ask("OPTIONS /orgs/0/fate", &preflight, "").status, 403);
    let rebound = ask(ports.control, "GET /status", &[("Host", "evil.example")], "");
    assert_eq!(rebound.unwrap().unwrap().status, 403);
    // An absolute target names the host as well, and wins (RFC 9112 §3.2.2).
    let absolute = ports.ask("GET http://evil.example/status", &[], "");
    assert_eq!(absolute.status, 403);
    assert_eq!(ports.ask("GET /status", &[], "").json(200)["waiting_fates"], 0);
    assert_eq!(ports.ask("POST /orgs/0/fate", &[(HEADER, "1")], fate).status, 200);
}

#[test]
fn a_token_guards_everything_but_the_empty_page() {
    let ports = Ports::open(Settings { token: Some("sesame".to_owned()), ..settings() });
    let bearer = ("Authorization", "Bearer sesame");
    for path in ["/", "/page.css", "/page.js", "/icon.svg"] {
        let answer = ports.ask(&format!("GET {path}"), &[], "");
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.body.contains("house"), "{path} tells nothing of the scenario");
    }
    for path in ["/status", "/metrics", "/openapi.json", "/ledger.csv", "/orgs", "/nowhere"] {
        let refused = ports.ask(&format!("GET {path}"), &[], "");
        assert_eq!(refused.status, 401, "{path}");
        assert_eq!(refused.field("WWW-Authenticate"), Some("Bearer realm=\"amnesty\""));
    }
    assert_eq!(ports.ask("GET /status", &[bearer], "").status, 200);
    assert_eq!(ports.ask("POST /reset", &[JSON], "").status, 401);
    assert_eq!(ports.ask("POST /reset", &[JSON, bearer], "").status, 200);
}

#[test]
fn a_port_on_the_network_does_not_open_without_a_token() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let refused = runtime.block_on(Control::bind(everywhere, site(true, &[]), settings()));
    let error = refused.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    assert_eq!(
        error.to_string(),
        "0.0.0.0:0 can be reached from other machines, so it needs a token"
    );
}
