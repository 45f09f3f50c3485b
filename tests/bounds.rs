//! Input made to do harm, as the command meets it: files without end, files that are none of the
//! scenario's, text that would steer a terminal.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is wrong")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const SMALL: &str = "
name: small
replications: 2
clock: { start: 2018-03-11T22:00:00Z, duration: 1d }
server: { policy: strict, access_token_ttl: 30m, service_time: 1ms }
swarm:
  - { name: all, partners: 1, orgs_per_partner: 10, client: cron-15m }
incident:
  - { phase: losing, from: 2018-03-12T01:00:00Z, for: 1h, response_lost: { probability: 100%, seen_as: silence } }
";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn amnesty(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_amnesty"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .env_remove("GITHUB_STEP_SUMMARY")
        .output()
        .unwrap()
}

/// What a command says when it ends with `code`: standard output and error.
#[track_caller]
fn said(folder: &Path, arguments: &[&str], code: i32) -> String {
    let output = amnesty(folder, arguments);
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
    out + &err
}

fn measured(of: &str) -> String {
    SMALL.replace("service_time: 1ms", &format!("service_time: {{ empirical: {{ {of} }} }}"))
}

/// Base64 (RFC 4648 §4), for bytes that no file of text holds.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place > three.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

/// A log with `lines` histograms without counts, whose headers say so.
fn log(lines: usize, length: u32, digits: u32, high: u64) -> String {
    let mut bytes = Vec::new();
    for number in [0x1c84_9313, length, 0, digits] {
        bytes.extend(number.to_be_bytes());
    }
    bytes.extend(1_u64.to_be_bytes());
    bytes.extend(high.to_be_bytes());
    bytes.extend(1.0_f64.to_be_bytes());
    format!("0.000,1.000,1.000,{}\n", base64(&bytes)).repeat(lines)
}

#[test]
fn logs_of_measured_values_cost_what_they_hold() {
    let hlog = measured("hlog: x.hlog, unit: ms");
    let long = log(1, u32::MAX, 3, 1 << 40);
    let empty = log(20_000, 0, 5, i64::MAX as u64);
    for (log, message) in [
        (long, "histogram 1: its header says 4294967295 bytes, and 0 follow"),
        (empty, "the file has no values"),
    ] {
        let folder = folder(&[("s.yaml", &hlog), ("x.hlog", &log)]);
        // So little memory that neither what the first promises nor the cells of the second fit.
        let script = "ulimit -v 400000 && exec \"$0\" validate s.yaml";
        let output = Command::new("sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_amnesty")])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && said.contains(message), "{said}");
    }
}

#[test]
fn columns_of_measured_values_are_read_by_rfc_4180() {
    let csv = "\u{feff}path,ms\r\n\"/token,7\",90\r\n\"/token,\n7\",120\r\n";
    let scenario = measured("csv: x.csv, column: ms, unit: ms");
    let folder = folder(&[("s.yaml", &scenario), ("x.csv", csv)]);
    let told = said(folder.path(), &["explain", "s.yaml"], 0);
    assert!(told.contains("105ms"), "{told}");
}

#[test]
fn files_that_a_scenario_names_lie_in_its_folder_or_are_allowed() {
    let secret = "root:$6$salt$hash:19000:0:99999:7:::\n";
    let folder = folder(&[
        ("in/ext.yaml", "extends: ../out/base.yaml\nname: ext\n"),
        ("in/csv.yaml", &measured("csv: ../out/x.csv, column: ms, unit: ms")),
        ("in/near.yaml", "extends: base.yaml\nname: near\n"),
        ("in/base.yaml", SMALL),
        ("out/base.yaml", SMALL),
        ("out/x.csv", "ms\n90\n120\n"),
        ("out/secret", secret),
        ("in/steal.yaml", "extends: ../out/secret\nname: steal\n"),
        ("in/own.yaml", "extends: secret\nname: own\n"),
        ("in/secret", secret),
        ("in/map.yaml", "extends: settings.yaml\nname: map\n"),
        ("in/settings.yaml", "name: other\npassword: hash\n"),
        ("in/broken.yaml", "extends: broken.txt\nname: broken\n"),
        ("in/broken.txt", "a: b\n\"hash\": [\n"),
        ("in/column.yaml", &measured("csv: secret, column: ms, unit: ms")),
        ("in/values.yaml", &measured("csv: values, column: ms, unit: ms")),
        ("in/values", "ms\nhash\n"),
    ]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("../out/base.yaml", folder.path().join("in/link.yaml")).unwrap();
    #[cfg(unix)]
    std::fs::write(folder.path().join("in/linked.yaml"), "extends: link.yaml\nname: l\n").unwrap();
    let path = folder.path();
    said(path, &["validate", "in/near.yaml"], 0);
    for name in ["in/ext.yaml", "in/csv.yaml", "in/linked.yaml"] {
        for verb in ["validate", "explain", "run", "check"] {
            let told = said(path, &[verb, name], 2);
            assert!(told.contains("this one lies elsewhere"), "{told}");
            assert!(told.contains("--allow-path"), "{told}");
        }
        said(path, &["validate", name, "--allow-path", "out"], 0);
    }
    for (name, why) in [
        ("in/steal.yaml", "this file is no scenario"),
        ("in/own.yaml", "this file is no scenario"),
        ("in/map.yaml", "it has none of a scenario's keys"),
        ("in/broken.yaml", "is no YAML from column"),
        ("in/column.yaml", "none of its 1 columns is named `ms`"),
        ("in/values.yaml", "line 2: expected a number of at least 0, found 4 characters"),
    ] {
        let told = said(path, &["validate", name, "--allow-path", "out"], 2);
        assert!(told.contains(why), "{told}");
        assert!(!told.contains("hash"), "{told}");
    }
    let told = said(path, &["validate", "in/near.yaml", "--allow-path", "nowhere"], 2);
    assert!(told.contains("there is no such folder"), "{told}");
    let steal = "/etc/passwd";
    std::fs::write(path.join("in/etc.yaml"), format!("extends: {steal}\nname: etc\n")).unwrap();
    let told = said(path, &["validate", "in/etc.yaml"], 2);
    assert!(told.contains("lies elsewhere") && !told.contains("root:"), "{told}");
}

/// Text that hides or steers, as YAML and JSON write it.
const HOSTILE: &str = "\\u001b]0;owned\\u0007 \\u202egnp.exe \\u200b \\u009b31m | ` <b>";

/// Whether a character has no place in what a person reads.
fn is_hostile(letter: char) -> bool {
    letter.is_control() && letter != '\n'
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[track_caller]
fn is_harmless(what: &str, text: &str) {
    if let Some(at) = text.find(is_hostile) {
        let around: String = text[at..].chars().take(40).collect();
        panic!("{what}: {around:?}");
    }
}

/// All files of text below `folder`.
fn texts(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.extend(self::texts(&path));
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            texts.push((path, text));
        }
    }
    texts
}

#[test]
fn text_of_files_is_written_out_wherever_it_is_shown() {
    let scenario = format!(
        "{SMALL}about: \"{HOSTILE}\"\nassumptions: [\"{HOSTILE}\"]\nexpect: [\"needed_person(as_is)  <=\\t5%\"]\n"
    );
    let wrong = format!("{scenario}\"{HOSTILE}\": 1\nseed: \"{HOSTILE}\"\n");
    let raw = "name: \u{202e}x\u{9b}\nabout: \u{200b}\nfoo\u{2066}: 1\n";
    let folder = folder(&[("s.yaml", &scenario), ("wrong.yaml", &wrong), ("raw.yaml", raw)]);
    let path = folder.path();
    let mut shown = 0;
    for (arguments, code) in [
        (&["validate", "s.yaml"][..], 0),
        (&["explain", "s.yaml"], 0),
        (&["run", "s.yaml"], 0),
        (&["run", "s.yaml", "--format", "markdown"], 0),
        (&["run", "s.yaml", "--format", "json"], 0),
        (&["check", "s.yaml", "--github", "--junit", "results/junit.xml"], 3),
        (&["sweep", "s.yaml", "--over", "server.access_token_ttl=30m,1h"], 0),
        (&["validate", "wrong.yaml"], 2),
        (&["validate", "raw.yaml"], 2),
        (&["run", "s.yaml", "--arm", "\u{1b}[31mx\u{202e}"], 2),
        (&["run", "s.yaml", "--set", "server.\u{202e}=1"], 2),
        (&["report", "no\u{1b}such"], 2),
    ] {
        let told = said(path, arguments, code);
        is_harmless(&format!("{arguments:?}"), &told);
        shown += told.matches("\\u{202e}gnp.exe").count();
    }
    assert!(shown >= 4, "{shown}");
    // Earlier results that somebody else wrote.
    let summary = path.join("results/small/summary.json");
    let mut text = std::fs::read_to_string(&summary).unwrap();
    text = text.replace("\"as_is\"", &format!("\"a\\n::error::{HOSTILE}\""));
    let before = path.join("before/small");
    std::fs::create_dir_all(&before).unwrap();
    std::fs::write(before.join("summary.json"), &text).unwrap();
    let told = said(path, &["check", "s.yaml", "--baseline", "before"], 3);
    is_harmless("against a baseline", &told);
    assert!(told.contains("gone    a\\n::error::\\u{1b}]0;owned"), "{told}");
    std::fs::write(&summary, &text).unwrap();
    let timeline = path.join("results/small/timeline.csv");
    let rows = std::fs::read_to_string(&timeline).unwrap();
    std::fs::write(&timeline, rows.replace("\nas_is,", "\n\"a\u{1b}\u{202e}\",")).unwrap();
    is_harmless("report", &said(path, &["report", "results/small"], 0));
    for (file, text) in texts(&path.join("results")) {
        let name = file.file_name().unwrap();
        // Data that was written by hand here.
        if name != "timeline.csv" {
            is_harmless(&file.display().to_string(), &text);
        }
    }
}

#[test]
fn a_data_file_that_is_none_is_refused() {
    let folder = folder(&[("r/timeline.csv", "x")]);
    let large = std::fs::File::create(folder.path().join("r/summary.json")).unwrap();
    large.set_len(1 << 30).unwrap();
    let told = said(folder.path(), &["report", "r"], 2);
    assert!(told.contains("is larger than 65536 KiB, the most that is read"), "{told}");
}

/// The command under limits that a shell sets first.
fn limited(folder: &Path, limits: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let script = format!("ulimit {limits} && exec \"$0\" \"$@\"");
    let output = Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_amnesty")])
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code(), out + &err)
}

/// So many orgs that refresh within seconds.
fn live(orgs: u32) -> String {
    format!(
        "
name: live
clock: {{ start: 2018-03-11T22:00:00Z, duration: 3s }}
server: {{ policy: strict, access_token_ttl: 2s, service_time: 1ms }}
swarm:
  - {{ name: all, partners: 1, orgs_per_partner: {orgs}, client: {{ trigger: {{ periodic: {{ every: 1s, schedule: spread }} }}, timeout: 1s }} }}
"
    )
}

#[test]
fn a_live_run_without_descriptors_is_refused_before_it_begins() {
    let folder = folder(&[("s.yaml", &live(1_000))]);
    let run = ["run", "s.yaml", "--engine", "live"];
    let (code, told) = limited(folder.path(), "-n 40", &run);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("1000 orgs can need 6064 descriptors"), "{told}");
    assert!(told.contains("this process may open 40"), "{told}");
    assert!(!folder.path().join("results/live-live").exists());
    let fewer = [&run[..], &["--connections", "20"]].concat();
    let (code, told) = limited(folder.path(), "-n 120", &fewer);
    assert_eq!(code, Some(2), "{told}");
    // A soft limit is raised.
    let (code, told) = limited(folder.path(), "-S -n 40", &fewer);
    assert_eq!(code, Some(0), "{told}");
}

#[test]
fn limits_that_would_serve_nobody_are_refused() {
    let folder = folder(&[("s.yaml", &live(1))]);
    for arguments in [
        &["serve", "s.yaml", "--max-connections", "0"][..],
        &["serve", "s.yaml", "--max-header-bytes", "0"],
        &["run", "s.yaml", "--engine", "live", "--connections", "0"],
    ] {
        let told = said(folder.path(), arguments, 2);
        assert!(told.contains("expected at least 1"), "{told}");
    }
    let serve = ["serve", "s.yaml", "--max-connections", "1000"];
    let (code, told) = limited(folder.path(), "-n 256", &serve);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("this process may open 256"), "{told}");
    assert!(told.contains("take --max-connections 192"), "{told}");
}

#[test]
fn ports_that_are_none_are_refused() {
    let folder = folder(&[("s.yaml", &live(1))]);
    for (url, port) in [("http://127.0.0.1:99999/", "99999"), ("http://127.0.0.1:0/t", "0")] {
        let told = said(folder.path(), &["swarm", "s.yaml", "--token-url", url], 2);
        assert!(told.contains(&format!("found `{port}`")), "{told}");
    }
}

#[test]
fn the_control_port_answers_while_clients_hold_all_connections() {
    let folder = folder(&[("s.yaml", &live(1))]);
    let script =
        "ulimit -n 64 && exec \"$0\" serve s.yaml --listen 127.0.0.1:0 --control 127.0.0.1:0";
    let mut serving = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_amnesty")])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(serving.stdout.take().unwrap()).lines();
    let mut address = |before: &str| -> SocketAddr {
        let line = lines.find(|line| line.as_ref().unwrap().contains(before)).unwrap().unwrap();
        line.rsplit_once("http://").unwrap().1.trim_end_matches('/').parse().unwrap()
    };
    let (server, control) = (address("serving"), address("control port"));
    let idle: Vec<_> = (0..100).map(|_| TcpStream::connect(server).unwrap()).collect();
    let ask = || {
        let mut stream = TcpStream::connect(control).unwrap();
        let head = format!("GET /metrics HTTP/1.1\r\nHost: {control}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let answer = ask();
    serving.kill().unwrap();
    serving.wait().unwrap();
    drop(idle);
    assert!(answer.contains("amnesty_failed_accepts_total 0"), "{answer}");
}

#[test]
fn quoted_credentials_are_sent_without_their_quotes() {
    let credentials = "org,refresh_token\r\n0,\"abc,1\"\r\n";
    let folder = folder(&[("s.yaml", &live(1)), ("c.csv", credentials)]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap());
    // The first connection only asks whether somebody is there.
    let server = std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = vec![0; 4_096];
            let mut text = String::new();
            while !text.contains("refresh_token=") {
                match stream.read(&mut head).unwrap_or(0) {
                    0 => break,
                    read => text.push_str(&String::from_utf8_lossy(&head[..read])),
                }
            }
            if text.contains("refresh_token=") {
                return text;
            }
        }
        String::new()
    });
    let arguments = ["swarm", "s.yaml", "--token-url", &url, "--credentials", "c.csv", "--quiet"];
    said(folder.path(), &["validate", "s.yaml"], 0);
    amnesty(folder.path(), &arguments);
    let sent = server.join().unwrap();
    assert!(sent.contains("refresh_token=abc%2C1"), "{sent}");
}
