//! Killed anywhere, the program loses nothing and counts nothing twice.
#![allow(clippy::unwrap_used)]

use chrono::Utc;
use vigie_tests::{World, children_of, eventually, generated, jsonl, wait_until_gone};

/// Enough that an import can be killed in the middle.
const POSTS: usize = 600;
const EVERYTHING: u64 = POSTS as u64;

const CONFIG: &str = r#"
[[brands]]
id = "colisio"
name = "Colisio"
queries = ["colisio"]
"#;

/// Mentions that were ever tagged, also those that the journal has forgotten since.
const TAGGED: &str = "SELECT seq FROM sqlite_sequence WHERE name = 'tagged'";

const IMPORT: [&str; 4] = ["import", "posts.jsonl", "--brand", "colisio"];

#[test]
fn killed_in_the_middle_an_import_is_made_good_by_the_next() {
    let world = World::new(CONFIG);
    world.write("posts.jsonl", jsonl(&generated("p", POSTS, Utc::now())));

    let mut import = world.start(&IMPORT);
    let tagged = eventually("some mentions are tagged", 60, || {
        assert!(import.is_running(), "the import ended before it could be killed");
        world.number("journal.db", TAGGED).filter(|tagged| *tagged > 0)
    });
    let children = children_of(import.pid());
    let killed = import.killed();
    assert_eq!(killed.code, None, "killed by a signal: {}", killed.both());
    assert!(tagged < EVERYTHING, "all {tagged} were tagged: nothing was left to lose");
    // The next one must cope with whatever is left at once; but the engine may not stay for ever.
    world.run(&IMPORT).succeeded();
    for child in children {
        wait_until_gone(child, 1);
    }

    let serving = world.serve();
    assert_eq!(serving.found("brand:colisio"), EVERYTHING);
    assert_eq!(serving.trend_mentions("colisio"), Some(EVERYTHING));
    let cases = serving.cases("colisio");
    let cases_by_mention =
        world.number("state.db", "SELECT count(DISTINCT source || external_id) FROM cases");
    assert_eq!(cases_by_mention, Some(cases), "one case a mention");
    // Alerting counts each mention once as well: its counts are committed with its offset.
    serving.killed();

    let serving = world.serve();
    assert_eq!(serving.found("brand:colisio"), EVERYTHING);
    assert_eq!(serving.trend_mentions("colisio"), Some(EVERYTHING));
    assert_eq!(serving.cases("colisio"), cases);
    let (status, _) = serving.terminated();
    assert!(status.success(), "{status}");
}

#[test]
fn killed_while_it_reads_serve_goes_on_where_it_was() {
    let world = World::new(CONFIG);
    world.write("posts.jsonl", jsonl(&generated("p", POSTS / 2, Utc::now())));
    let serving = world.serve();
    let import = world.start(&IMPORT);
    eventually("some mentions are tagged", 60, || {
        world.number("journal.db", TAGGED).filter(|tagged| *tagged > 0)
    });
    serving.killed();
    drop(import);

    // What the import could still append is read now; the rest comes with the next import.
    let serving = world.serve();
    world.run(&IMPORT).succeeded();
    world.wait_until_read();
    assert_eq!(serving.found("brand:colisio"), EVERYTHING / 2);
    assert_eq!(serving.trend_mentions("colisio"), Some(EVERYTHING / 2));
    assert_eq!(serving.log().matches("panicked").count(), 0, "{}", serving.log());
}
