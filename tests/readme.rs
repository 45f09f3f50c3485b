//! The commands of the README are executed, on a smaller swarm where they run one.
#![expect(clippy::unwrap_used, reason = "a test ends where something is wrong")]

use std::path::Path;
use std::process::Command;

use amnesty::scenario::{Overrides, load};

/// The commands in the README's `console` blocks, in order.
fn commands(readme: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            line if inside => commands.extend(line.strip_prefix("$ ").map(str::to_owned)),
            _ => {}
        }
    }
    commands
}

#[test]
fn the_readme_s_commands_work() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let commands = commands(&readme);
    assert!(commands.len() >= 5, "found only {commands:?}");
    let folder = tempfile::tempdir().unwrap();
    copy(&root.join("scenarios"), &folder.path().join("scenarios"));
    copy(&root.join("results"), &folder.path().join("results"));
    let flagship = root.join("scenarios/xero-2018-03-12.yaml");
    let flagship = load(&flagship, &Overrides::default()).unwrap();
    let cohorts = flagship.arms[0].world.cohorts.iter();
    let few = cohorts
        .fold(String::new(), |few, cohort| format!("{few} --set swarm.{}.partners=2", cohort.name));
    for command in commands {
        // This is the test command; and cargo has already built what `cargo run` would.
        if command.starts_with("cargo test") || command.starts_with("cargo bench") {
            continue;
        }
        let amnesty = command.replace("cargo run --release -- ", "amnesty ");
        let live = amnesty.contains("--cross-check");
        let plays = amnesty.starts_with("amnesty run") || amnesty.starts_with("amnesty check");
        // Forty minutes of a live run in a second.
        let amnesty =
            if live { amnesty.replace("--time-scale 60", "--time-scale 2400") } else { amnesty };
        let smaller = match (plays, live) {
            (true, true) => " --arm without_amnesty".to_owned(),
            (true, false) => format!(" --replications 2{few}"),
            (false, _) if amnesty.starts_with("amnesty sweep") => {
                " --replications 1 --set swarm.apps.partners=2".to_owned()
            }
            (false, _) => String::new(),
        };
        let executed = format!("{amnesty}{smaller}");
        let bin = Path::new(env!("CARGO_BIN_EXE_amnesty")).parent().unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let output = Command::new("sh")
            .args(["-c", &executed])
            .env("PATH", path)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        // A small swarm may miss an expectation or its baseline; that is an answer too.
        let answered = match output.status.code() {
            Some(0) => true,
            // So compressed, a live run may stray further than is tried.
            Some(3 | 4) => live || amnesty.starts_with("amnesty check"),
            Some(_) | None => false,
        };
        assert!(answered, "`{command}` as `{executed}`: {stderr}");
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
