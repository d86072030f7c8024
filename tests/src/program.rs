//! The program under test.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::repository;

/// Names a program to test instead of the one that is built here, such as a release build.
const PROGRAM_VARIABLE: &str = "VIGIE_TEST_PROGRAM";

/// Where the program is. It is built at the first call of a test process, so that no test meets an old one.
///
/// # Panics
/// It does not build.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| match env::var_os(PROGRAM_VARIABLE) {
        Some(chosen) => PathBuf::from(chosen),
        None => build(),
    })
}

fn build() -> PathBuf {
    // A test's own program is target/<profile>/deps/<test>.
    let test = env::current_exe().expect("a process knows its program");
    let profile = test.ancestors().nth(2).expect("cargo puts tests two folders below the profile's");
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // The whole workspace and one of its tests make cargo choose the features that `cargo test --workspace` chose: with others it
    // would compile nearly everything a second time.
    command.args(["build", "--locked", "--quiet", "--workspace", "--bin", "vigie", "--test", "architecture"]);
    command.current_dir(repository());
    if profile.ends_with("release") {
        command.arg("--release");
    }
    let built = command.output().expect("cargo runs: it runs this test");
    assert!(built.status.success(), "vigie does not build:\n{}", String::from_utf8_lossy(&built.stderr));
    profile.join("vigie")
}
