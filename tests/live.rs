//! The commands of the live engine, as a person runs them.
#![expect(clippy::unwrap_used, reason = "a test ends where something is wrong")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// Ten orgs that refresh every nine minutes, half of whose answers are lost in the second half hour.
const SCENARIO: &str = "
name: live-test
about: A world for tests.
replications: 2
clock: { start: 2018-03-12T00:00:00Z, duration: 1h }
server: { protocol: oauth2, policy: strict, access_token_ttl: 10m, service_time: 100ms }
swarm:
  - name: jobs
    partners: 1
    orgs_per_partner: 10
    client: { trigger: { before_expiry: { lead: 1m } }, timeout: 20s }
incident:
  - phase: degraded
    from: 2018-03-12T00:30:00Z
    for: 30m
    response_lost: { probability: 50%, seen_as: { silence: 50%, reset: 50% } }
";

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live-test.yaml");
    std::fs::write(&path, SCENARIO).unwrap();
    (folder, path)
}

fn amnesty() -> Command {
    Command::new(env!("CARGO_BIN_EXE_amnesty"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Sends Ctrl-C and waits for the end.
fn interrupt(child: Child) -> Output {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    child.wait_with_output().unwrap()
}

/// A running `amnesty serve` and its two ports.
struct Serving {
    child: Child,
    server: String,
    control: String,
}

fn serve(scenario: &Path, more: &[&str]) -> Serving {
    let mut child = amnesty()
        .arg("serve")
        .arg(scenario)
        .args(["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"])
        .args(more)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    let mut address = |mark: &str| {
        let line = lines.next().unwrap().unwrap();
        assert!(line.contains(mark), "{line}");
        line.split("http://").nth(1).unwrap().trim_end_matches('/').to_owned()
    };
    let (server, control) = (address("serving live-test"), address("control port"));
    let rest: Vec<_> = lines.by_ref().take(2).map(Result::unwrap).collect();
    assert!(rest[1].starts_with("signatures and secrets are not verified"), "{rest:?}");
    Serving { child, server, control }
}

fn ask(address: &str, method: &str, path: &str, kind: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: {kind}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn serve_meets_a_client_and_writes_its_ledger_at_the_end() {
    let (folder, scenario) = folder();
    let ledger = folder.path().join("ledger.csv");
    let serving = serve(&scenario, &["--by-hand", "--ledger", ledger.to_str().unwrap()]);
    let json = "application/json";
    let org = ask(&serving.control, "GET", "/orgs/3", json, "");
    let token = org.split("\"refresh_token\"").nth(1).unwrap().split('"').nth(1).unwrap();
    let lost = "{ \"fate\": \"lose_answer\", \"seen_as\": \"closed\" }";
    let ordered = ask(&serving.control, "POST", "/orgs/3/fate", json, lost);
    assert!(ordered.starts_with("HTTP/1.1 2"), "{ordered}");
    let form = "application/x-www-form-urlencoded";
    let refresh = format!("grant_type=refresh_token&client_id=app&refresh_token={token}");
    let answers: Vec<_> =
        (0..2).map(|_| ask(&serving.server, "POST", "/connect/token", form, &refresh)).collect();
    assert_eq!(answers[0], "", "the answer is lost");
    assert!(answers[1].contains("invalid_grant"), "{}", answers[1]);
    assert!(ask(&serving.control, "GET", "/metrics", json, "").contains("# TYPE"));
    let output = interrupt(serving.child);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines = std::fs::read_to_string(ledger).unwrap();
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!(lines.len(), 3 + 10, "two attempts, and how ten orgs ended: {lines:?}");
    assert!(text(&output.stdout).contains("stopped; wrote 12 rows to"), "{:?}", output.stdout);
    assert!(
        lines[6].contains(",3,,,,,,,,,") && lines[6].contains(",end,stale,never,"),
        "{lines:?}"
    );
    assert!(lines[1].contains(",3,1,0,T0,") && lines[1].contains(",T1,lost_closed,"), "{lines:?}");
    assert!(lines[2].contains(",refused,answered,"), "{lines:?}");
}

/// A ledger without its end, as far as it can be read.
fn read_cut(path: &Path) -> String {
    let file = std::fs::File::open(path).unwrap();
    let mut reader: Box<dyn std::io::Read> = match path.extension().and_then(|it| it.to_str()) {
        Some("gz") => Box::new(flate2::read::GzDecoder::new(file)),
        Some("zst") => match zstd::Decoder::new(file) {
            Ok(decoder) => Box::new(decoder),
            Err(_) => return String::new(),
        },
        _ => Box::new(file),
    };
    let (mut found, mut chunk) = (Vec::new(), [0; 4_096]);
    while let Ok(read @ 1..) = reader.read(&mut chunk) {
        found.extend_from_slice(&chunk[..read]);
    }
    text(&found)
}

/// Killed, it leaves what was done: rows come to the file while it serves.
#[test]
fn a_killed_server_leaves_its_ledger() {
    let (folder, scenario) = folder();
    for name in ["ledger.csv", "ledger.csv.gz", "ledger.csv.zst"] {
        let ledger = folder.path().join(name);
        let mut serving = serve(&scenario, &["--by-hand", "--ledger", ledger.to_str().unwrap()]);
        let json = "application/json";
        let form = "application/x-www-form-urlencoded";
        for org in 0..3 {
            let org = ask(&serving.control, "GET", &format!("/orgs/{org}"), json, "");
            let token = org.split("\"refresh_token\"").nth(1).unwrap().split('"').nth(1).unwrap();
            let refresh = format!("grant_type=refresh_token&client_id=app&refresh_token={token}");
            let answer = ask(&serving.server, "POST", "/connect/token", form, &refresh);
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        }
        // What is asked of the server meanwhile takes time, and nothing else waits for it.
        let is_there = || read_cut(&ledger).lines().count() == 4;
        let mut asked = 0;
        while !is_there() && asked < 20_000 {
            ask(&serving.control, "GET", "/status", json, "");
            asked += 1;
        }
        serving.child.kill().unwrap();
        serving.child.wait().unwrap();
        let found = read_cut(&ledger);
        let lines: Vec<_> = found.lines().collect();
        assert_eq!(lines.len(), 4, "{name}: {found}");
        assert!(found.ends_with('\n') && lines[0].starts_with("arm,replication,org,"), "{found}");
        for (org, line) in lines[1..].iter().enumerate() {
            assert!(line.starts_with(&format!("as_is,0,{org},1,0,T0,")), "{name}: {found}");
            assert!(line.contains(",stored_T1,") && line.contains(",attempt,"), "{name}: {found}");
        }
    }
}

#[test]
fn a_swarm_drives_a_server_that_is_already_serving() {
    let (folder, scenario) = folder();
    let serving = serve(&scenario, &["--time-scale", "1800"]);
    let out = folder.path().join("out");
    let output = amnesty()
        .arg("swarm")
        .arg(&scenario)
        .args(["--token-url", &format!("http://{}/connect/token", serving.server)])
        .args(["--time-scale", "1800", "--ledger", "--quiet", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let ledger = std::fs::read_to_string(out.join("live-test-swarm/ledger.csv")).unwrap();
    // Ten orgs, an hour, a refresh every nine minutes and some retries.
    assert!(ledger.lines().count() > 60, "{ledger}");
    assert!(ledger.contains(",stored_T1,"), "{ledger}");
    assert_eq!(ledger.lines().filter(|line| line.contains(",end,")).count(), 10, "{ledger}");
    // Half of the answers are lost, and a client cannot know.
    assert!(text(&output.stdout).contains("only the clients' side is known"));
    interrupt(serving.child);
}

#[test]
fn a_swarm_without_a_server_finds_nothing() {
    let (folder, scenario) = folder();
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let output = amnesty()
        .arg("swarm")
        .arg(&scenario)
        .args(["--token-url", &format!("http://127.0.0.1:{port}/token"), "--time-scale", "3600"])
        .args(["--quiet", "--out"])
        .arg(folder.path().join("out"))
        .output()
        .unwrap();
    let shown = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert!(shown.contains(&format!("reach a server at 127.0.0.1:{port}")), "{shown}");
    assert!(output.stdout.is_empty(), "nothing was found");
    assert!(!folder.path().join("out/live-test-swarm").exists(), "nothing was written");
}

/// What a stranger's server answers.
const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const ELSEWHERE: &str =
    "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const TOO_MANY: &str =
    "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const A_PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>";
const GARBAGE: &str = "hello, is this the mail server?\r\n";

/// A server that gives everybody this answer; after so many requests it is gone. Its port.
fn stranger(answer: impl Fn(usize) -> String + Send + 'static, requests: usize) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut served = 0;
        while served < requests {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            let mut bytes = [0; 4_096];
            // The form of a refresh is short, and comes with its head.
            while !head.windows(4).any(|four| four == b"\r\n\r\n") {
                match stream.read(&mut bytes) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => head.extend_from_slice(&bytes[..read]),
                }
            }
            if !head.is_empty() {
                // A client that has gone needs no answer.
                stream.write_all(answer(served).as_bytes()).ok();
                served += 1;
            }
        }
    });
    port
}

/// The swarm of the scenario against a server at a port of this machine.
fn swarm_at(port: u16) -> (Output, serde_json::Value) {
    let (folder, scenario) = folder();
    let output = amnesty()
        .arg("swarm")
        .arg(&scenario)
        .args(["--token-url", &format!("http://127.0.0.1:{port}/wrong")])
        .args(["--time-scale", "1200", "--quiet", "--out"])
        .arg(folder.path())
        .output()
        .unwrap();
    let summary = folder.path().join("live-test-swarm/summary.json");
    let summary = std::fs::read_to_string(summary).unwrap();
    (output, serde_json::from_str(&summary).unwrap())
}

#[test]
fn a_swarm_that_gets_not_one_token_fails_and_says_what_it_saw() {
    for (answer, seen) in [
        (NOT_FOUND, "404 × "),
        (ELSEWHERE, "302 × "),
        (TOO_MANY, "429 × "),
        (A_PAGE, "200 without a token × "),
        (GARBAGE, "connection broken × "),
    ] {
        let (output, summary) = swarm_at(stranger(move |_| answer.to_owned(), usize::MAX));
        let (shown, error) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(1), "{seen}: {error}");
        assert!(error.contains("error: Not one of ") && error.contains(seen), "{seen}: {error}");
        assert!(shown.starts_with("! Not one of "), "{seen}: {shown}");
        assert!(!shown.contains("Nobody was ever disconnected"), "{seen}: {shown}");
        let total = &summary["arms"][0]["total"];
        // Ten orgs have the token that they start with for ten minutes of the hour.
        let hours = total["org_hours_without_access"]["mean"].as_f64().unwrap();
        assert!((hours - 10.0 * 50.0 / 60.0).abs() < 0.01, "{seen}: {hours}");
        let failed = &summary["live"]["failures"][0];
        assert_eq!(format!("{} × ", failed["how"].as_str().unwrap()), seen);
        // On a busy machine an attempt can time out, or be under way when the clock stops.
        let [failed, all] = [&failed["attempts"], &total["attempts"]["total"]["mean"]];
        let (failed, all) = (failed.as_f64().unwrap(), all.as_f64().unwrap());
        assert!(failed <= all && failed > 0.9 * all, "{seen}: {failed} of {all}");
    }
}

#[test]
fn a_swarm_whose_server_refuses_all_connections_fails() {
    // The first connection only tries whether somebody listens.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || drop(listener.accept()));
    let (output, summary) = swarm_at(port);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("connection refused × "), "{error}");
    assert_eq!(summary["live"]["failures"][0]["how"], "connection refused");
}

#[test]
fn a_live_run_without_one_success_fails_after_writing_what_it_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live-test.yaml");
    let storm = SCENARIO
        .replace(
            "from: 2018-03-12T00:30:00Z\n    for: 30m",
            "from: 2018-03-12T00:00:00Z\n    for: 1h",
        )
        .replace(
            "response_lost: { probability: 50%, seen_as: { silence: 50%, reset: 50% } }",
            "error: { probability: 100%, status: 503 }",
        );
    std::fs::write(&path, storm).unwrap();
    let output = amnesty()
        .arg("run")
        .arg(&path)
        .args(["--engine", "live", "--time-scale", "1200", "--quiet", "--out"])
        .arg(folder.path())
        .output()
        .unwrap();
    let (shown, error) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.starts_with("error: Not one of ") && error.contains("503 × "), "{error}");
    assert!(shown.starts_with("! Not one of "), "{shown}");
    assert!(folder.path().join("live-test-live/summary.json").exists());
}

#[test]
fn a_server_that_is_killed_half_way_is_seen() {
    let token = |n: usize| {
        let body = format!(
            r#"{{"access_token":"a{n}","refresh_token":"r{n}","token_type":"Bearer","expires_in":600}}"#
        );
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        )
    };
    // Ten orgs have two tokens each, of nine minutes, and then there is nobody.
    let (output, summary) = swarm_at(stranger(token, 20));
    let shown = text(&output.stdout).replace('\n', " ");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(shown.starts_with("Nobody lost credentials, but orgs were without access"), "{shown}");
    assert!(shown.contains("connection refused × "), "{shown}");
    let total = &summary["arms"][0]["total"];
    assert_eq!(total["attempts"]["stored"]["mean"], 20);
    let hours = total["org_hours_without_access"]["mean"].as_f64().unwrap();
    assert!(hours > 10.0 * 30.0 / 60.0, "{hours}");
}

#[test]
fn the_engines_are_held_against_each_other() {
    let (folder, scenario) = folder();
    let output = amnesty()
        .arg("run")
        .arg(&scenario)
        .args(["--engine", "live", "--time-scale", "1200", "--cross-check", "--ledger", "--out"])
        .arg(folder.path())
        .output()
        .unwrap();
    // A slow machine strays further from the model than a minute of an hour's incident bears.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert!(shown.contains("of 10 orgs have the same fate in both engines"), "{shown}");
    assert!(text(&output.stderr).contains("1 replications, 1h each at time scale 1200"));
    for told in ["from when it was meant to be sent", "from when it was."] {
        assert!(shown.replace('\n', " ").contains(told), "{shown}");
    }
    let folder = folder.path().join("live-test-live");
    let summary = std::fs::read_to_string(folder.join("summary.json")).unwrap();
    assert!(summary.contains("\"engine\": \"live\""), "{summary}");
    assert!(folder.join("ledger.csv").exists());
    let page = std::fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(page.contains("meant to be sent") && page.contains("--time-scale 1200"), "{page}");
    assert!(!page.contains("the same bytes"), "no two live runs are alike");
}

#[test]
fn ctrl_c_ends_a_live_run_with_whole_results() {
    let (folder, scenario) = folder();
    let child = amnesty()
        .arg("run")
        .arg(&scenario)
        .args(["--engine", "live", "--time-scale", "60", "--ledger", "--out"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_secs(3));
    let output = interrupt(child);
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("The run was ended early"), "{}", text(&output.stdout));
    let ledger = folder.path().join("live-test-live-interrupted/ledger.csv");
    let ledger = std::fs::read_to_string(ledger).unwrap();
    // What was under way has ended, or had never begun.
    assert!(!ledger.contains("unfinished"), "{ledger}");
}

#[test]
fn the_virtual_engine_writes_a_ledger_too() {
    let (folder, scenario) = folder();
    let output = amnesty()
        .arg("run")
        .arg(&scenario)
        .args(["--ledger", "--quiet", "--out"])
        .arg(folder.path())
        .output();
    assert!(output.unwrap().status.success());
    let ledger = folder.path().join("live-test/ledger.csv");
    let ledger = std::fs::read_to_string(ledger).unwrap();
    assert!(ledger.starts_with("arm,replication,org,refresh,attempt,"), "{ledger}");
    assert!(ledger.contains(",lost_silence,") && ledger.contains(",lost_reset,"), "{ledger}");
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let (_folder, scenario) = folder();
    for (arguments, message) in [
        (vec!["run", "--time-scale", "60"], "add --engine live"),
        (vec!["swarm", "--token-url", "https://example.test/token"], "speaks plain http"),
        (vec!["swarm", "--token-url", "nonsense"], "is no URL such as"),
        (vec!["serve", "--time-scale", "0"], "a time scale is a number"),
        (vec!["serve", "--control", "0.0.0.0:0", "--control-token", " "], "visible characters"),
    ] {
        let output = amnesty().args(&arguments).arg(&scenario).output().unwrap();
        let shown = text(&output.stderr);
        assert!(shown.contains(message), "{arguments:?}: {shown}");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}
