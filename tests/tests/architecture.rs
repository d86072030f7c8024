//! The invariants of ARCHITECTURE.md, read from `cargo metadata` and from the files themselves.
#![allow(clippy::unwrap_used)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// The storeys of the house: a crate may use those below its own, never its neighbours.
const STOREYS: [&[&str]; 5] = [
    &["vigie-domain", "vigie-state"],
    &["vigie-query", "vigie-journal"],
    &[
        "vigie-collectors",
        "vigie-classifier",
        "vigie-analytics",
        "vigie-search",
        "vigie-alerting",
        "vigie-casework",
    ],
    &["vigie-web"],
    &["vigie"],
];

/// Crates for development only; nothing that ships may use them.
const DEVELOPMENT: [&str; 2] = ["vigie-testkit", "vigie-tests"];

/// Libraries that only some crates may know.
const HOMES: [(&str, &[&str]); 6] = [
    ("clickhouse", &["vigie-analytics"]),
    ("tantivy", &["vigie-search"]),
    ("tch", &["vigie-classifier"]),
    ("rust-bert", &["vigie-classifier"]),
    ("reqwest", &["vigie-collectors", "vigie-alerting"]),
    ("rusqlite", &["vigie-state"]),
];

/// What waits, speaks to the network or runs threads.
const ASYNCHRONOUS: [&str; 6] = ["tokio", "tokio-util", "async-trait", "futures", "reqwest", "axum"];

/// The longest source file, in lines.
const MAX_LINES: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn packages() -> Vec<Package> {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap();
    metadata.packages
}

/// What each crate needs to be built and run; not what its tests need.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let shipped = |package: &Package| {
        let dependencies = package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development);
        dependencies.map(|dependency| dependency.name.clone()).collect()
    };
    packages().iter().map(|package| (package.name.to_string(), shipped(package))).collect()
}

fn storey(name: &str) -> Option<usize> {
    STOREYS.iter().position(|crates| crates.contains(&name))
}

#[test]
fn every_crate_has_its_storey_and_no_arrow_runs_up_or_sideways() {
    for (name, uses) in dependencies() {
        let Some(own) = storey(&name) else {
            assert!(DEVELOPMENT.contains(&name.as_str()), "{name} is on no storey; add it to STOREYS");
            continue;
        };
        for used in uses.iter().filter(|used| used.starts_with("vigie")) {
            let below = storey(used);
            assert!(below.is_some_and(|below| below < own), "{name} must not use {used}");
        }
    }
}

#[test]
fn each_store_and_the_network_have_one_home() {
    for (name, uses) in dependencies() {
        for (library, homes) in HOMES {
            let is_home = homes.contains(&name.as_str());
            assert!(
                is_home || !uses.contains(library),
                "{name} must not use {library}: its home is {homes:?}"
            );
        }
    }
}

#[test]
fn domain_and_query_neither_wait_nor_touch_the_world() {
    let dependencies = dependencies();
    for name in ["vigie-domain", "vigie-query"] {
        for library in ASYNCHRONOUS {
            assert!(!dependencies[name].contains(library), "{name} must not use {library}");
        }
        for file in rust_files(&root().join("crates").join(name.trim_start_matches("vigie-")).join("src")) {
            let text = fs::read_to_string(&file).unwrap();
            for world in ["std::fs", "std::net", "std::process", "async fn"] {
                assert!(!text.contains(world), "{} uses {world}", file.display());
            }
        }
    }
}

#[test]
fn every_crate_introduces_itself_and_every_file_is_short() {
    for package in packages() {
        let folder = package.manifest_path.parent().unwrap().as_std_path().to_owned();
        if package.name.as_str() != "vigie-tests" {
            let readme = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
            assert!(readme.lines().count() > 3, "{} has no README.md that introduces it", package.name);
        }
        for file in rust_files(&folder) {
            let text = fs::read_to_string(&file).unwrap();
            let lines = text.lines().count();
            assert!(lines <= MAX_LINES, "{} has {lines} lines; split it", file.display());
            let first = text.lines().next().unwrap_or_default();
            assert!(
                first.starts_with("//!") || first.starts_with("#!["),
                "{} does not say what it is",
                file.display()
            );
        }
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
