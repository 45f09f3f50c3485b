//! The commands of the README are executed, on a smaller swarm where they run one.

use std::path::Path;
use std::process::Command;

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
    for command in commands {
        // This is the test command; and cargo has already built what `cargo run` would.
        if command.starts_with("cargo test") || command.starts_with("cargo bench") {
            continue;
        }
        let runs = ["run", "check"].iter().any(|verb| command.contains(&format!(" {verb} ")));
        let smaller = if runs { " --replications 2 --set swarm.xero-net.partners=2" } else { "" };
        let executed = command
            .replace("cargo run --release -- ", "amnesty ")
            .replace("./target/release/amnesty ", "amnesty ");
        let executed = match executed.split_once(" > ") {
            Some((left, right)) => format!("{left}{smaller} > {right}"),
            None => format!("{executed}{smaller}"),
        };
        let bin = Path::new(env!("CARGO_BIN_EXE_amnesty")).parent().unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let output = Command::new("sh")
            .args(["-c", &executed])
            .env("PATH", path)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`{command}` as `{executed}`: {stderr}");
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
