//! What breaks around the program, and what it does then.
#![allow(clippy::unwrap_used)]

use std::{net::TcpListener, os::unix::fs::symlink, process::Command, time::Duration};

use chrono::{TimeDelta, Utc};
use vigie_tests::{
    Post, Serving, Site, World, angry_burst, eventually, everyday_history, feed, generated, jsonl, kill,
    repository,
};

const BRAND: &str = r#"
[[brands]]
id = "colisio"
name = "Colisio"
queries = ["colisio"]
"#;

/// Writes posts to a file and imports it.
fn import(world: &World, name: &str, posts: &[Post]) {
    let file = format!("{name}.jsonl");
    world.write(&file, jsonl(posts));
    world.run(&["import", &file, "--brand", "colisio", "--source", name]).succeeded();
}

#[test]
fn serve_goes_on_while_its_engine_dies_and_others_come_and_go() {
    let world = World::new(BRAND);
    let serving = world.serve();
    a_second_serve_is_told_who_is_there(&world, &serving);
    the_engine_dies_under_an_import_and_nothing_is_lost(&world, &serving);
    strangers_learn_nothing(&serving);
    let (status, time) = serving.terminated();
    assert_eq!(status.code(), Some(0), "SIGTERM is an orderly end");
    assert!(time < Duration::from_secs(10), "it took {time:?} to end");
}

fn a_second_serve_is_told_who_is_there(world: &World, serving: &Serving) {
    let pid = format!("pid {}", serving.pid());
    world.run(&["serve", "--listen", "127.0.0.1:0"]).failed_saying(&[
        "in use by another vigie",
        &pid,
        "--data-dir",
    ]);
    assert_eq!(serving.get("/health").status, 200, "the first one is none the worse");
}

fn the_engine_dies_under_an_import_and_nothing_is_lost(world: &World, serving: &Serving) {
    import(world, "semaine", &everyday_history(Utc::now()));
    world.write("foule.jsonl", jsonl(&generated("foule", 200, Utc::now())));
    let crowd = world.start(&["import", "foule.jsonl", "--brand", "colisio", "--source", "foule"]);
    let engine = serving.engine_pid();
    kill(engine);
    import(world, "colere", &angry_burst(Utc::now()));

    // Pages, search, incidents and cases do not wait for ClickHouse.
    eventually("the burst is an incident", 30, || {
        let incidents = serving.api("/incidents?brand=colisio");
        incidents.as_array().is_some_and(|incidents| !incidents.is_empty()).then_some(())
    });
    eventually("the angry are in the inbox", 30, || (serving.cases("colisio") > 0).then_some(()));
    for page in ["/", "/inbox", "/search?q=colisio", "/trends"] {
        let response = serving.get(page);
        assert_eq!(response.status, 200, "{page}: {}", response.body);
    }
    crowd.output().succeeded();
    world.wait_until_read();
    let expected = 128 + 200 + 15;
    assert_eq!(serving.found("brand:colisio"), expected);
    assert_eq!(serving.trend_mentions("colisio"), Some(expected), "trends have everything after the restart");
    assert_ne!(serving.engine_pid(), engine);
    eventually("health recovers", 20, || (serving.get("/health").status == 200).then_some(()));
}

fn strangers_learn_nothing(serving: &Serving) {
    let ask = |path: &str| vigie_tests::request(serving.host(), "GET", path, &[], None).unwrap();
    for path in
        ["/api/v1/mentions", "/api/v1/incidents", "/api/v1/cases", "/api/v1/trends/totals", "/api/v1/nothing"]
    {
        assert_eq!(ask(path).status, 401, "{path}");
    }
    assert_eq!(ask("/inbox").status, 303);
    assert_eq!(ask("/health").status, 200);
    let foreign = vigie_tests::request(
        serving.host(),
        "POST",
        "/login/token",
        &[("Origin", "http://evil.example")],
        Some("token=x"),
    );
    assert_eq!(foreign.unwrap().status, 403);
}

#[test]
fn what_is_missing_or_damaged_is_named_with_what_to_do() {
    let world = World::new(BRAND);
    let mut no_library = world.command(&["serve", "--listen", "127.0.0.1:0"]);
    no_library.env("VIGIE_CHDB_LIBRARY", "/nowhere/libchdb.so");
    world.run_command(&mut no_library).failed_saying(&["/nowhere/libchdb.so", "setup"]);

    world.write("vigie.toml", format!("[classifier]\nmodel_dir = 'no-model'\n{BRAND}"));
    world.run_with_input(&["classify"], b"{\"id\":1,\"text\":\"x\"}\n").failed_saying(&["no-model"]);
    world.run(&["serve", "--listen", "127.0.0.1:0"]).failed_saying(&["no-model"]);

    copy_model_with_short_weights(&world);
    world.write("vigie.toml", format!("[classifier]\nmodel_dir = 'short-model'\n{BRAND}"));
    world
        .run_with_input(&["classify"], b"{\"id\":1,\"text\":\"x\"}\n")
        .failed_saying(&["encoder.safetensors"]);
    world.run(&["serve", "--listen", "127.0.0.1:0"]).failed_saying(&["encoder.safetensors"]);
}

/// The model with half of its encoder; everything else is linked.
fn copy_model_with_short_weights(world: &World) {
    let model = repository().join("models/tagger");
    let copy = world.path("short-model");
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(&model).unwrap().map(Result::unwrap) {
        if entry.file_name() != "encoder.safetensors" {
            symlink(entry.path(), copy.join(entry.file_name())).unwrap();
        }
    }
    let weights = std::fs::read(model.join("encoder.safetensors")).unwrap();
    std::fs::write(copy.join("encoder.safetensors"), &weights[..weights.len() / 2]).unwrap();
}

#[test]
fn a_wrong_configuration_is_refused_with_its_line() {
    let world = World::new("");
    for (config, words) in [
        ("[web]\n\nlisen = 'x'\n", &["line 3", "lisen", "listen"][..]),
        ("[journal]\nmax_megabytes = 'beaucoup'\n", &["line 2", "u64"]),
        ("[web\n", &["line 1"]),
        ("[[sources]]\ntype = 'rss'\nurl = 'https://presse.example/flux.xml'\n", &["[[brands]]"]),
        ("[[sources]]\ntype = 'rsss'\nurl = 'https://presse.example/'\n", &["rsss", "mastodon, rss"]),
        ("[[sources]]\ntype = 'rss'\nurl = 'file:///etc/passwd'\n", &["http"]),
        (
            "[[sources]]\ntype = 'mastodon'\ninstance = 'https://m.example'\nhashtag = ['x']\n",
            &["hashtag", "hashtags"],
        ),
        ("[[brands]]\nid = 'A b'\nname = 'A'\nqueries = ['a']\n", &["A b", "lower-case"]),
        ("[[brands]]\nid = 'a'\nname = 'A'\nqueries = ['NOT a']\n", &["brand a", "column"]),
        ("[[brands]]\nid = 'a'\nname = 'A'\nqueries = []\n", &["brand a", "queries"]),
        ("[web]\ntls_key = 'key.pem'\n", &["tls_certificate"]),
    ] {
        world.write("vigie.toml", config);
        let told = world.run(&["serve"]).failed_saying(words);
        assert!(told.stderr.contains("vigie.toml"), "{}", told.stderr);
    }
    // What only shows when it is used.
    for (config, words) in [
        ("[web]\nlisten = '0.0.0.0:0'\n", &["0.0.0.0", "behind_tls_proxy"]),
        ("[[webhooks]]\nname = 'w'\nurl = 'http://127.0.0.1:1/'\n", &["webhook w", "secret_file"]),
    ] {
        world.write("vigie.toml", config);
        world.run(&["serve"]).failed_saying(words);
    }
}

#[test]
fn a_source_that_misbehaves_is_named_and_holds_up_nobody() {
    let site = Site::new();
    let article = Post::new("article-1", "Colisio ouvre un dépôt", Utc::now() - TimeDelta::hours(1));
    let good = feed(std::slice::from_ref(&article));
    site.page("/bon.xml", "application/rss+xml", good.clone());
    site.page("/page.xml", "text/html", "<!doctype html><html><body>Bienvenue chez Colisio</body></html>");
    site.page("/coupe.xml", "application/rss+xml", &good[..good.len() / 2]);
    site.page("/enorme.xml", "application/rss+xml", vec![b' '; 6 << 20]);
    site.redirect("/ailleurs.xml", "file:///etc/passwd");
    site.slow_page("/lent.xml", "application/rss+xml", &good, Duration::from_secs(300));
    let faulty = [
        ("page", "HTML, not RSS"),
        ("coupe", "breaks off"),
        ("enorme", "larger than 5 MB"),
        ("ailleurs", "of no use"),
        ("absent", "HTTP 404"),
        ("lent", "timed out"),
    ];
    let source = |name: &str| {
        format!("[[sources]]\ntype = 'rss'\nname = '{name}'\nurl = '{}'\n", site.url(&format!("/{name}.xml")))
    };
    let names = faulty.map(|(name, _)| name).into_iter().chain(["bon"]);
    let config = format!(
        "{}{BRAND}[collectors]\nallow_private_addresses = true\n",
        names.map(source).collect::<String>()
    );
    let world = World::new(&config);
    let serving = world.serve();
    eventually("the good source is read beside the others", 20, || {
        (serving.found("source:rss") == 1).then_some(())
    });
    for (name, reason) in faulty {
        let told = eventually(&format!("{name} is unhealthy"), 30, || serving.source_error(name));
        assert!(told.contains(reason), "{name}: {told}");
    }
    assert_eq!(serving.source_error("bon"), None);
    assert_eq!(serving.get("/").status, 200);
    let (status, time) = serving.terminated();
    assert!(status.success() && time < Duration::from_secs(10), "{status} after {time:?}");

    // Inside one's own network only on purpose.
    world.write("vigie.toml", config.replace("allow_private_addresses = true", ""));
    let strict = world.run(&["check"]);
    assert_eq!(strict.code, Some(1), "{}", strict.both());
    let is_refused =
        |line: &&str| line.starts_with("FAIL  source") && line.contains("allow_private_addresses = true");
    assert_eq!(strict.stdout.lines().filter(is_refused).count(), faulty.len() + 1, "{}", strict.both());
}

#[test]
fn a_port_that_others_hold_is_told_before_anything_runs() {
    let world = World::new(BRAND);
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap().to_string();
    world.run(&["serve", "--listen", &address]).failed_saying(&[&address, "choose another port"]);
    // Nothing of it is left: the data dir is free at once.
    assert!(world.run(&["check"]).succeeded().stdout.contains("free"));
}

/// Runs in a mount namespace of its own, which only root may have; elsewhere there is nothing to test with.
#[test]
fn a_full_disk_is_named_and_nothing_is_damaged() {
    let may = Command::new("unshare")
        .args(["--mount", "true"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !may {
        eprintln!("skipped: a small disk can only be mounted as root");
        return;
    }
    let world = World::new(BRAND);
    std::fs::create_dir(world.data_dir()).unwrap();
    world.write("un.jsonl", jsonl(&generated("un", 20, Utc::now())));
    world.write("deux.jsonl", jsonl(&generated("deux", 400, Utc::now())));
    // `$1` is the data dir, the others are the program and its arguments.
    let script = r#"
        mount -t tmpfs -o size=200m tmpfs "$1" || exit 90
        "$2" import un.jsonl --brand colisio || exit 91
        dd if=/dev/zero of="$1/filler" bs=64k 2>/dev/null
        if "$2" import deux.jsonl --brand colisio 2>full.log; then exit 92; fi
        rm "$1/filler"
        "$2" import deux.jsonl --brand colisio || exit 93
        "$2" search brand:colisio --json --limit 1000 >found.jsonl || exit 94
        "$2" check || exit 95
    "#;
    let mut command = world.command(&[]);
    let program = command.get_program().to_owned();
    let environment: Vec<_> =
        command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
    command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script, "sh"]).arg(world.data_dir()).arg(program);
    command.envs(environment).current_dir(world.path(""));
    let output = world.run_command(&mut command).succeeded();
    let full = std::fs::read_to_string(world.path("full.log")).unwrap();
    assert!(full.contains("full") || full.contains("No space left"), "{full}");
    assert!(!full.contains("panicked"), "{full}");
    let found = std::fs::read_to_string(world.path("found.jsonl")).unwrap();
    assert_eq!(found.lines().count(), 420, "{}", output.both());
    assert!(output.stdout.contains("420 mentions"), "{}", output.both());
}
