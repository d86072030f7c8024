//! The contracts of the command line.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use chrono::Utc;
use serde_json::{Value, json};
use vigie_tests::{Post, World, jsonl};

const EMOTIONS: [&str; 5] = ["anger", "exasperation", "annoyance", "frustration", "disappointment"];
const CAUSES: [&str; 12] = [
    "delivery",
    "unreachable",
    "repetition",
    "refund",
    "promotion",
    "recognition",
    "billing",
    "contract",
    "product",
    "outage",
    "store",
    "fraud",
];

/// The lines that `classify` prints.
fn results(stdout: &str) -> Vec<Value> {
    stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn keys(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Every key is there, every score is a number from 0 to 1, every tag is known.
fn assert_complete(line: &Value) {
    let all = ["id", "language", "emotions", "causes", "complaint", "answer", "tags"];
    let told = keys(line).into_iter().filter(|key| *key != "unsupported").collect::<BTreeSet<_>>();
    assert_eq!(told, all.into(), "{line}");
    assert_eq!(keys(&line["emotions"]), EMOTIONS.into(), "{line}");
    assert_eq!(keys(&line["causes"]), CAUSES.into(), "{line}");
    let scores = [&line["emotions"], &line["causes"]]
        .into_iter()
        .flat_map(|group| group.as_object().unwrap().values());
    for score in scores.chain([&line["complaint"], &line["answer"]]) {
        assert!(score.as_f64().is_some_and(|score| (0.0..=1.0).contains(&score)), "{line}");
    }
    for tag in line["tags"].as_array().unwrap() {
        let tag = tag.as_str().unwrap();
        assert!(
            EMOTIONS.contains(&tag) || CAUSES.contains(&tag) || ["complaint", "answer"].contains(&tag),
            "{tag}"
        );
    }
}

#[test]
fn classify_answers_every_text_in_its_order_however_odd() {
    let world = World::new("");
    let texts = [
        ("plainte", json!("Toujours pas remboursé après cinq appels, c’est honteux !")),
        ("vide", json!("")),
        ("espaces", json!(" \t\n ")),
        ("emojis", json!("😡😡😡🔥💩")),
        ("arabe", json!("خدمة العملاء سيئة جدا ولم يصل الطرد بعد")),
        ("nul", json!("colis\u{0}perdu\u{0}")),
        ("énorme", json!("colis perdu ".repeat(90_000))),
        ("un seul mot énorme", json!("é".repeat(500_000))),
        ("éloge", json!("Livraison parfaite, merci beaucoup à toute l’équipe")),
        ("english", json!("I have been waiting for my refund for three months, nobody answers the phone")),
    ];
    let mut lines: String =
        texts.iter().map(|(id, text)| format!("{}\n", json!({"id": id, "text": text}))).collect();
    // A number as id, a key that nobody knows, an empty line.
    lines.push_str("\n{\"id\": 12, \"text\": \"Bonjour\", \"lang\": \"fr\", \"étoiles\": 3}\n");
    world.write("textes.jsonl", &lines);

    let from_file = world.run(&["classify", "textes.jsonl"]).succeeded();
    let lines_out = results(&from_file.stdout);
    lines_out.iter().for_each(assert_complete);
    let ids: Vec<Value> = lines_out.iter().map(|line| line["id"].clone()).collect();
    let expected: Vec<Value> = texts.iter().map(|(id, _)| json!(id)).chain([json!(12)]).collect();
    assert_eq!(ids, expected);
    let by_id = |id: &str| lines_out.iter().find(|line| line["id"] == id).unwrap();
    assert!(
        by_id("plainte")["tags"].as_array().unwrap().contains(&json!("complaint")),
        "{}",
        by_id("plainte")
    );
    assert_eq!(by_id("éloge")["tags"], json!([]));
    assert_eq!(by_id("vide")["tags"], json!([]));
    for (id, language) in [("plainte", "fr"), ("english", "en"), ("arabe", "ar")] {
        assert_eq!(by_id(id)["language"], language);
    }

    assert_eq!(by_id("arabe")["unsupported"], json!(true));
    assert_eq!(by_id("plainte").get("unsupported"), None);

    let from_input = world.run_with_input(&["classify"], lines.as_bytes()).succeeded();
    assert_eq!(from_input.stdout, from_file.stdout, "the same from standard input");
}

#[test]
fn classify_lists_lines_it_cannot_read_and_goes_on() {
    let world = World::new("");
    let input = b"{\"id\":1,\"text\":\"Bonjour\"}\n{\"id\":2,\"text\":\"\xff\xfe\"}\nnot json\n{\"id\":4}\n{\"id\":5,\"text\":\"Merci\"}\n";
    let output = world.run_with_input(&["classify"], input);
    assert_eq!(output.code, Some(1), "{}", output.both());
    let ids: Vec<Value> = results(&output.stdout).iter().map(|line| line["id"].clone()).collect();
    assert_eq!(ids, [json!(1), json!(5)]);
    for line in ["line 2", "line 3", "line 4"] {
        assert!(output.stderr.contains(line), "{}", output.both());
    }
    let empty = world.run_with_input(&["classify"], b"").succeeded();
    assert_eq!(empty.stdout, "");
    world.run(&["classify", "missing.jsonl"]).failed_saying(&["missing.jsonl"]);
}

#[test]
fn evaluate_measures_and_writes_what_to_read() {
    let world = World::new("");
    let line = |id: &str, source: &str, text: &str, emotions: &[&str], complaint: bool| {
        json!({"id": id, "lang": "fr", "source": source, "text": text, "emotions": emotions, "causes": [],
               "complaint": complaint, "answer": false})
    };
    let lines = [
        line("juste", "avis", "Bande de voleurs, c’est une honte, fuyez !!!", &["anger"], true),
        line("faux", "forum", "Livraison rapide, merci, tout est parfait", &["anger"], true),
    ];
    world.write("lus.jsonl", format!("{}\n{}\n", lines[0], lines[1]));
    let output = world.run(&["evaluate", "lus.jsonl", "--report", "rapport"]).succeeded();
    for words in ["anger", "macro-F1", "avis", "forum", "carried / tagged", "uncertain: "] {
        assert!(output.stdout.contains(words), "{words}: {}", output.stdout);
    }
    let read = |name: &str| std::fs::read_to_string(world.path(name)).unwrap();
    assert!(read("rapport/calibration.svg").starts_with("<svg"));
    assert!(read("rapport/report.txt").contains("tagger-"));
    let errors = read("rapport/errors.jsonl");
    let first: Value = serde_json::from_str(errors.lines().next().unwrap()).unwrap();
    assert_eq!(first["id"], "faux");
    assert!(first["missed"]["anger"].is_number(), "{first}");
    world.write("vide.jsonl", "\n");
    world.run(&["evaluate", "vide.jsonl"]).failed_saying(&["vide.jsonl", "no labelled text"]);
    let wrong = world.run(&["classify", "--precision", "f64", "lus.jsonl"]);
    assert_eq!(wrong.code, Some(2), "{}", wrong.both());
    assert!(wrong.stderr.contains("give f32 or bf16"), "{}", wrong.both());
}

#[test]
fn search_points_at_what_is_wrong_and_finds_what_is_right() {
    let world = World::new("");
    let quote = world.run(&["search", "colis \"jamais"]).failed_saying(&["column 7", "quotation mark"]);
    let lines: Vec<&str> = quote.stderr.lines().collect();
    let mark = lines.iter().position(|line| line.trim() == "^").expect("a mark under the query");
    assert_eq!(lines[mark].find('^'), lines[mark - 1].find('"'), "{}", quote.stderr);
    world.run(&["search", "emotoin:anger"]).failed_saying(&["column 1", "emotion"]);
    world.run(&["search", "é OR"]).failed_saying(&["column 3"]);

    world.write(
        "un.jsonl",
        jsonl(&[Post::new("1", "Les livraisons de Colisio sont lentes\u{1b}[31m", Utc::now())]),
    );
    world.run(&["import", "un.jsonl", "--brand", "Colisio"]).succeeded();
    let found = world.run(&["search", "livraison"]).succeeded();
    assert!(found.stdout.contains("Les livraisons de Colisio"), "{}", found.both());
    assert!(!found.stdout.contains('\u{1b}'), "a text must not reach the terminal's controls");
    assert_eq!(world.search("livraison NOT lentes").len(), 0);
    assert_eq!(world.search("source:import").len(), 1);
}

#[test]
fn check_says_what_works_and_what_does_not() {
    let world = World::new("[[brands]]\nid = 'colisio'\nname = 'Colisio'\nqueries = ['colisio']\n");
    let good = world.run(&["check"]).succeeded();
    for part in ["configuration", "model", "data dir", "ClickHouse"] {
        assert!(
            good.stdout.lines().any(|line| line.starts_with("ok") && line.contains(part)),
            "{}",
            good.both()
        );
    }
    assert!(good.stdout.contains("everything works"), "{}", good.both());

    world.write("vigie.toml", "[web]\nlisen = '127.0.0.1:1'\n");
    let bad = world.run(&["check"]);
    assert_eq!(bad.code, Some(1), "{}", bad.both());
    let line = bad.stdout.lines().find(|line| line.starts_with("FAIL")).expect("what fails is said");
    assert!(line.contains("configuration") && line.contains("line 2") && line.contains("lisen"), "{line}");
}

#[test]
fn help_names_every_command_and_user_makes_links_and_passwords() {
    let world = World::new("");
    let help = world.run(&["--help"]).succeeded();
    for command in ["demo", "serve", "import", "classify", "search", "train", "evaluate", "check", "user"] {
        assert!(help.stdout.lines().any(|line| line.trim().starts_with(command)), "{}", help.stdout);
        let own = world.run(&[command, "--help"]).succeeded();
        assert!(own.stdout.contains("Usage: vigie"), "{}", own.stdout);
    }
    assert!(!help.stdout.contains("engine"), "nobody is meant to start the engine");
    assert!(world.run(&["--version"]).succeeded().stdout.starts_with("vigie "));

    let first = world.run(&["user", "anne"]).succeeded();
    assert!(first.stdout.contains("user anne added"), "{}", first.both());
    let link = |stdout: &str| stdout.split("token=").nth(1).unwrap_or_default().trim().to_owned();
    let again = world.run(&["user", "anne"]).succeeded();
    assert!(!again.stdout.contains("added"), "{}", again.both());
    assert!(link(&first.stdout).len() > 20 && link(&first.stdout) != link(&again.stdout));
    world.run(&["user", "an ne"]).failed_saying(&["an ne", "letters"]);
    world.run_with_input(&["user", "bob", "--password-stdin"], b"short\n").failed_saying(&["characters"]);
    world.run_with_input(&["user", "bob", "--password-stdin"], b"").failed_saying(&["password"]);
    let password = "une phrase que personne ne devine";
    let bob = world
        .run_with_input(&["user", "bob", "--password-stdin"], format!("{password}\n").as_bytes())
        .succeeded();
    assert!(!bob.both().contains(password) && !bob.stdout.contains("token="), "{}", bob.both());
}

#[test]
fn wrong_arguments_are_refused_with_what_was_expected() {
    let world = World::new("");
    for (arguments, expected) in [
        (&["serv"][..], "serve"),
        (&["serve", "--listen", "here"], "--listen"),
        (&["import", "x.csv"], "--brand"),
        (&["import", "--brand", "x"], "FILE"),
        (&["demo", "--speed", "0"], "above 0"),
        (&["demo", "--port", "70000"], "--port"),
        (&["search"], "QUERY"),
        (&["user"], "NAME"),
    ] {
        let output = world.run(arguments);
        assert_eq!(output.code, Some(2), "{arguments:?}: {}", output.both());
        assert!(output.stderr.contains(expected), "{arguments:?}: {}", output.both());
    }
    world.run(&["import", "missing.csv", "--brand", "x"]).failed_saying(&["missing.csv"]);
    world.write("posts.txt", "bonjour");
    world.run(&["import", "posts.txt", "--brand", "x"]).failed_saying(&["posts.txt", "--columns"]);
    world.write("avis.csv", "a;b\n1;2\n");
    world
        .run(&["import", "avis.csv", "--brand", "x", "--columns", "text=Avis"])
        .failed_saying(&["Avis", "avis.csv"]);
    world.run(&["import", "avis.csv", "--brand", "!!"]).failed_saying(&["--brand"]);
    world.run(&["search", "x", "--config", "nowhere.toml"]).failed_saying(&["nowhere.toml"]);
}
