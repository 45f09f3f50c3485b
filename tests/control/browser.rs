//! A headless Chromium, driven over its debugging pipe: a tool of some lines, not of a library.
//!
//! The browser reads commands from descriptor 3 and writes answers to descriptor 4, JSON with a NUL behind
//! each (`--remote-debugging-pipe` of the Chrome `DevTools` Protocol).

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// Longer than anything here takes on a busy machine: a test that hangs ends.
const PATIENCE: Duration = Duration::from_secs(120);

/// The names that Chromium goes by.
const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/// A browser with one page.
pub(crate) struct Browser {
    child: Child,
    commands: ChildStdin,
    answers: Receiver<Json>,
    session: Option<String>,
    asked: u64,
    /// What the page complained about: exceptions, refused requests, breaches of its policy.
    complaints: Vec<String>,
    _profile: TempDir,
}

impl Browser {
    /// Opens a browser, if there is one. Says so past the test harness's capture if there is none, so that
    /// nobody takes the test for passed.
    pub(crate) fn open(test: &str) -> Option<Self> {
        Self::open_with(test, &[])
    }

    /// As [`Self::open`], with these variables in its environment.
    pub(crate) fn open_with(test: &str, environment: &[(&str, &Path)]) -> Option<Self> {
        let Some(program) = find() else {
            // The macros are captured; the handle is not.
            let _ = writeln!(std::io::stderr(), "test {test} ... skipped: no Chromium");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null", "sh"])
            .arg(program)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--disable-background-networking", "--disable-extensions"])
            .args(["--no-proxy-server", "--window-size=1200,1000", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let commands = child.stdin.take().unwrap();
        let mut read = BufReader::new(child.stdout.take().unwrap());
        let (tell, answers) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while read.read_until(0, &mut message).is_ok_and(|bytes| bytes > 0) {
                message.pop();
                if tell.send(serde_json::from_slice(&message).unwrap()).is_err() {
                    break;
                }
                message.clear();
            }
        });
        let mut browser = Self {
            child,
            commands,
            answers,
            session: None,
            asked: 0,
            complaints: Vec::new(),
            _profile: profile,
        };
        browser.attach();
        Some(browser)
    }

    fn attach(&mut self) {
        let target = self.command("Target.createTarget", &json!({ "url": "about:blank" }));
        let to = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = self.command("Target.attachToTarget", &to);
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log"] {
            self.command(&format!("{domain}.enable"), &json!({}));
        }
    }

    /// Sends a command and waits for its answer; notes what the page complains about meanwhile.
    pub(crate) fn command(&mut self, method: &str, parameters: &Json) -> Json {
        self.asked += 1;
        let mut message = json!({ "id": self.asked, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.commands.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let answer = self.answers.recv_timeout(PATIENCE);
            let mut answer = answer.unwrap_or_else(|_| panic!("{method}: no answer"));
            if answer["id"] == self.asked {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].take();
            }
            self.note(&answer);
        }
    }

    fn note(&mut self, event: &Json) {
        let complaint = match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => &event["params"]["exceptionDetails"],
            Some("Log.entryAdded") if event["params"]["entry"]["level"] == "error" => {
                &event["params"]["entry"]["text"]
            }
            _ => return,
        };
        self.complaints.push(complaint.to_string());
    }

    /// What the page complained about since it was last asked.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        // An evaluation drains the events before it.
        self.evaluate("0");
        std::mem::take(&mut self.complaints)
    }

    /// Goes to an address.
    pub(crate) fn go(&mut self, address: &str) {
        self.command("Page.navigate", &json!({ "url": address }));
    }

    /// The value of an expression on the page; promises are awaited.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Json {
        let asked = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true,
        });
        let mut found = self.command("Runtime.evaluate", &asked);
        assert!(found.get("exceptionDetails").is_none(), "{expression}: {found}");
        found["result"]["value"].take()
    }

    /// Waits until an expression is true on the page.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, expression: &str) {
        let seconds = PATIENCE.as_secs() / 4;
        let waiting = format!(
            "new Promise((tell) => {{
                const until = Date.now() + {seconds} * 1000;
                const look = () => {{
                    let is = false;
                    try {{ is = Boolean({expression}); }} catch {{}}
                    if (is || Date.now() > until) tell(is); else setTimeout(look, 20);
                }};
                look();
            }})"
        );
        let came = self.evaluate(&waiting) == json!(true);
        if !came {
            let page = self.evaluate("document.body.innerText");
            panic!("never came: {expression}\n{}", page.as_str().unwrap_or_default());
        }
    }

    /// Clicks what a selector finds, as a mouse does.
    #[track_caller]
    pub(crate) fn click(&mut self, selector: &str) {
        let find = format!(
            "(() => {{
                const element = document.querySelector({selector:?});
                element.scrollIntoView({{ block: 'center', behavior: 'instant' }});
                const {{ x, y, width, height }} = element.getBoundingClientRect();
                const at = [x + width / 2, y + height / 2];
                return element.contains(document.elementFromPoint(...at)) ? at : null;
            }})()"
        );
        let at = self.evaluate(&find);
        assert!(at.is_array(), "{selector} can be clicked");
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1,
            });
            self.command("Input.dispatchMouseEvent", &event);
        }
    }

    /// Fills a field, or chooses of a list, as a person does.
    pub(crate) fn fill(&mut self, selector: &str, value: &str) {
        self.evaluate(&format!(
            "(() => {{
                const field = document.querySelector({selector:?});
                field.value = {value:?};
                field.dispatchEvent(new Event('input', {{ bubbles: true }}));
                field.dispatchEvent(new Event('change', {{ bubbles: true }}));
            }})()"
        ));
    }

    /// The text that a person reads in what a selector finds; nothing where it is hidden.
    pub(crate) fn text(&mut self, selector: &str) -> String {
        let text = self.evaluate(&format!(
            "(() => {{
                const element = document.querySelector({selector:?});
                return element.checkVisibility() ? element.innerText : '';
            }})()"
        ));
        text.as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Closed in order, it ends its own processes too.
        let _ = self.commands.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let ended = (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(50));
            self.child.try_wait().is_ok_and(|ended| ended.is_some())
        });
        if !ended {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let all = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    all.into_iter().find(|program| program.is_file())
}
