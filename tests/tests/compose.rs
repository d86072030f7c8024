//! What the container files say, held against what the program and the repository have. No container is run.
#![allow(clippy::unwrap_used)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value;
use vigie_tests::{World, repository};

fn read(name: &str) -> String {
    fs::read_to_string(repository().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn compose() -> Value {
    serde_saphyr::from_str(&read("docker-compose.yml")).unwrap()
}

fn configuration() -> toml::Table {
    read("docker/vigie.toml").parse().unwrap()
}

/// The instructions of the Dockerfile, continued lines joined, without comments.
fn dockerfile() -> Vec<(String, String)> {
    let text = read("Dockerfile");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let joined = lines.join("\n").replace("\\\n", " ");
    let instructions = joined.lines().filter_map(|line| line.split_once(' '));
    instructions.map(|(name, rest)| (name.to_owned(), rest.trim().to_owned())).collect()
}

fn instructions(name: &str) -> Vec<String> {
    dockerfile().into_iter().filter(|(known, _)| known == name).map(|(_, rest)| rest).collect()
}

/// The variables of all `ENV` lines.
fn environment() -> BTreeMap<String, String> {
    let lines = instructions("ENV");
    let pairs = lines.iter().flat_map(|line| line.split_whitespace()).filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(|item| item.as_str().unwrap().to_owned()).collect()
}

/// Where the last stage's `COPY` puts what comes from `source`.
fn copied_to(source: &str) -> String {
    let copies = instructions("COPY");
    let copy = copies.iter().rev().find(|copy| copy.split_whitespace().rev().nth(1) == Some(source));
    let copy = copy.unwrap_or_else(|| panic!("the Dockerfile does not copy {source}"));
    copy.split_whitespace().next_back().unwrap().to_owned()
}

/// All source text of the program and its crates.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn the_program_takes_the_commands_and_the_environment() {
    let world = World::new("");
    let compose = compose();
    let command = strings(&compose["services"]["vigie"]["command"]);
    let help = world.run(&[&command[0], "--help"]).succeeded().stdout;
    for flag in command[1..].iter().filter(|word| word.starts_with("--")) {
        assert!(help.contains(flag.as_str()), "{} does not know {flag}", command[0]);
    }
    let default: Vec<String> = serde_json::from_str(&instructions("CMD")[0]).unwrap();
    assert!(world.run(&[&default[0], "--help"]).succeeded().stdout.contains("Usage: vigie"));

    let mut text = String::new();
    sources(&repository().join("crates"), &mut text);
    text.push_str(&read("scripts/setup.py"));
    let in_compose = compose["services"]["vigie"]["environment"].as_object().unwrap().keys().cloned();
    let in_dockerfile = environment().into_keys();
    for variable in in_compose.chain(in_dockerfile).filter(|name| name.starts_with("VIGIE_")) {
        assert!(text.contains(&format!("\"{variable}\"")), "nothing reads {variable}");
    }
}

#[test]
fn the_configuration_is_accepted() {
    let world = World::new("");
    let path = repository().join("docker/vigie.toml");
    // Here is neither the container's model nor its ClickHouse, so that these fail; the configuration must not.
    let check = world.run(&["check", "--config", path.to_str().unwrap()]);
    assert!(check.stdout.lines().any(|line| line.starts_with("ok    configuration")), "{}", check.both());
    // A configuration without a key would pass above as well.
    assert!(configuration().contains_key("analytics"));
}

#[test]
fn clickhouse_is_the_service_beside_it_with_the_same_account() {
    let (compose, configuration) = (compose(), configuration());
    let analytics = configuration["analytics"].as_table().unwrap();
    let text = |key: &str| analytics[key].as_str().unwrap().to_owned();
    let url = text("url");
    let (host, port) = url.strip_prefix("http://").unwrap().split_once(':').unwrap();
    let server = &compose["services"][host];
    assert!(server.is_object(), "no service is called {host}");
    assert_eq!(port, "8123", "the port of ClickHouse's HTTP interface");
    assert_eq!(server["image"], "clickhouse/clickhouse-server:26.7");
    assert_eq!(server["environment"]["CLICKHOUSE_USER"], text("user"));
    assert_eq!(server["environment"]["CLICKHOUSE_DB"], text("database"));
    assert!(server["environment"].get("CLICKHOUSE_PASSWORD").is_none(), "the password stays in its file");
    assert_eq!(compose["services"]["vigie"]["depends_on"][host]["condition"], "service_healthy");
    assert!(server["healthcheck"]["test"].is_array(), "a service that is waited for says when it is healthy");

    let secret =
        text("password_file").strip_prefix("/run/secrets/").expect("where secrets are mounted").to_owned();
    assert_eq!(server["environment"]["CLICKHOUSE_PASSWORD_FILE"], text("password_file"));
    for service in ["vigie", host] {
        assert!(
            strings(&compose["services"][service]["secrets"]).contains(&secret),
            "{service} lacks {secret}"
        );
    }
    let file = compose["secrets"][&secret]["file"].as_str().unwrap();
    let file = file.trim_start_matches("./");
    assert!(
        read(".gitignore").lines().any(|line| line == "/secrets"),
        "{file} must not get into the repository"
    );
    assert!(
        read(".dockerignore").lines().any(|line| line.trim_matches('/') == "secrets"),
        "nor into an image"
    );
    let head = read("docker-compose.yml");
    assert!(
        head.lines().any(|line| line.starts_with('#') && line.contains(file)),
        "the first lines say how to make it"
    );
}

#[test]
fn only_this_machine_reaches_the_pages_and_what_is_mounted_is_declared() {
    let (compose, configuration) = (compose(), configuration());
    let listen = configuration["web"]["listen"].as_str().unwrap();
    let listen_port = listen.rsplit_once(':').unwrap().1;
    assert_eq!(instructions("EXPOSE"), [listen_port]);
    for (name, service) in compose["services"].as_object().unwrap() {
        for port in strings(&service["ports"]) {
            let parts: Vec<&str> = port.split(':').collect();
            assert_eq!(parts.first(), Some(&"127.0.0.1"), "{name} opens {port} to other machines");
            assert_eq!(parts.last(), Some(&listen_port), "{name} publishes a port that nobody listens at");
        }
        for volume in strings(&service["volumes"]) {
            let from = volume.split(':').next().unwrap();
            let is_there = match from.strip_prefix("./") {
                Some(path) => repository().join(path).exists(),
                None => compose["volumes"].as_object().unwrap().contains_key(from),
            };
            assert!(is_there, "{name} mounts {from}, which is not there");
        }
    }
    let mounts = strings(&compose["services"]["vigie"]["volumes"]);
    let is_mounted = |place: &str| mounts.iter().any(|mount| mount.split(':').nth(1) == Some(place));
    assert!(is_mounted(&environment()["VIGIE_DATA_DIR"]), "the data would be gone with the container");
    assert!(is_mounted(&environment()["VIGIE_CONFIG"]), "the configuration could not be changed");
}

#[test]
fn the_image_holds_what_the_configuration_points_to() {
    let configuration = configuration();
    let environment = environment();
    assert_eq!(
        copied_to("/source/models/tagger"),
        configuration["classifier"]["model_dir"].as_str().unwrap()
    );
    assert_eq!(copied_to("docker/vigie.toml"), environment["VIGIE_CONFIG"]);
    assert_eq!(instructions("VOLUME"), [environment["VIGIE_DATA_DIR"].as_str()]);
    assert_eq!(copied_to("/source/target/release/vigie"), "/usr/local/bin/vigie");
    assert_eq!(serde_json::from_str::<Vec<String>>(&instructions("ENTRYPOINT")[0]).unwrap(), ["vigie"]);

    // The program looks for libtorch where setup.py put it.
    let cache = environment.get("VIGIE_CACHE").expect("a fixed place");
    let torch = format!("{cache}/libtorch-2.4.0/lib");
    assert_eq!(copied_to(&torch), torch);
    assert!(
        read("scripts/setup.py").contains("libtorch-2.4.0")
            || read("scripts/setup.py").contains("libtorch-{")
    );

    let ignored: BTreeSet<String> =
        read(".dockerignore").lines().map(|line| line.trim_matches('/').to_owned()).collect();
    for copy in instructions("COPY") {
        let words: Vec<&str> = copy.split_whitespace().filter(|word| !word.starts_with("--")).collect();
        for source in &words[..words.len() - 1] {
            let path = source.strip_prefix("/source/").unwrap_or(source);
            let is_built = path.starts_with("target/") || path.starts_with('/');
            assert!(
                is_built || repository().join(path).exists(),
                "the Dockerfile copies {source}, which is not there"
            );
            let first = path.split('/').next().unwrap();
            assert!(
                is_built || !ignored.contains(first),
                "{first} is kept out of the image by .dockerignore"
            );
        }
    }
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let rust = manifest["workspace"]["package"]["rust-version"].as_str().unwrap();
    assert!(
        instructions("FROM")[0].starts_with(&format!("rust:{rust}-")),
        "the compiler that Cargo.toml names"
    );
}
