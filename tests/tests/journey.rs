//! The journey of a mention, from a file or a site to every store, the pages, the inbox and a webhook.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use chrono::{TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use vigie_tests::{
    Post, Serving, Site, World, angry_burst, csv, eventually, everyday_history, feed, hashtag_timeline, jsonl,
};

const SECRET: &str = "un secret d’au moins seize caractères";
/// The posts of `write_reviews` and `write_posts` that can be read.
const IMPORTED: u64 = 7;
const COMPLAINT: &str = "Colis perdu depuis trois semaines, cinq appels à Colisio et toujours aucune réponse. \
                         C’est une honte, répondez-moi !";

/// One brand, two sites, one webhook.
fn config(site: &Site) -> String {
    format!(
        r##"
        [collectors]
        allow_private_addresses = true

        [[brands]]
        id = "colisio"
        name = "Colisio"
        queries = ["colisio OR #colisio"]
        official_accounts = ["mastodon:@colisio"]

        [[sources]]
        type = "rss"
        name = "presse"
        url = "{feed}"

        [[sources]]
        type = "mastodon"
        name = "toots"
        instance = "{instance}"
        hashtags = ["colisio"]

        [[webhooks]]
        name = "astreinte"
        url = "{hook}"
        secret_file = "secret"
        "##,
        feed = site.url("/flux.xml"),
        instance = site.url(""),
        hook = site.url("/crochet"),
    )
}

fn site_with_news() -> Site {
    let site = Site::new();
    let at = |hours| Utc::now() - TimeDelta::hours(hours);
    let news = [
        Post::new("article-1", "Colisio ouvre un centre de tri à Angers", at(20)),
        Post::new("article-2", "Un autre transporteur recrute", at(18)),
    ];
    site.page("/flux.xml", "application/rss+xml", feed(&news));
    let toots = [Post::new("9001", "Merci #colisio, colis arrivé en avance et livreur adorable", at(5))];
    site.timeline("colisio", &hashtag_timeline(&toots));
    site.accept("/crochet");
    site
}

/// A French spreadsheet of four reviews, of which the third row has a date that is none.
fn write_reviews(world: &World) {
    let at = |hours| Utc::now() - TimeDelta::hours(hours);
    let mut reviews = vec![
        Post::new("avis-1", "Livraison Colisio rapide, rien à redire", at(50)),
        Post::new("avis-2", "Le point relais ; fermé sans prévenir, \"bravo\" Colisio", at(40)),
        Post::new("avis-3", "Cette ligne n’a pas de date", at(30)),
        Post::new(
            "avis-4",
            "Carton arrivé écrasé, je suis très déçu, je m’attendais à mieux après dix ans",
            at(26),
        ),
    ];
    for (review, stars) in reviews.iter_mut().zip([5, 2, 3, 1]) {
        review.rating = Some(stars);
    }
    let broken =
        csv(&reviews).replace(&reviews[2].published_at.format("%d/%m/%Y %H:%M").to_string(), "avant-hier");
    world.write("avis.csv", broken);
}

fn write_posts(world: &World) {
    let at = |hours| Utc::now() - TimeDelta::hours(hours);
    let posts = [
        Post::new("p-1", COMPLAINT, at(3)),
        Post::new("p-2", "Colisio recrute à Rennes, l’équipe est sympa", at(9)),
        Post::new("p-3", "Mon colis est parti ce matin, suivi très clair", at(8)),
        Post::new("p-4", "Quelqu’un connaît les horaires du dépôt Colisio de Brest ?", at(7)),
    ];
    world.write("posts.jsonl", format!("{}{{\"id\": \"p-5\", \"text\": \n", jsonl(&posts)));
}

#[test]
fn a_mention_travels_from_files_and_sites_to_every_store_and_to_people() {
    let site = site_with_news();
    let world = World::new(&config(&site));
    world.write("secret", SECRET);
    write_reviews(&world);
    write_posts(&world);

    bad_rows_are_listed_and_the_rest_is_kept(&world);
    the_command_line_finds_what_was_imported(&world);
    let serving = world.serve();
    every_store_has_what_was_imported(&serving);
    an_angry_complaint_became_a_case(&serving);
    sites_are_read(&serving);
    importing_again_changes_nothing(&world, &serving);
    a_burst_of_anger_is_an_incident_and_is_told(&world, &serving, &site);
    let log = serving.log();
    assert!(!log.contains("WARN") && !log.contains("ERROR"), "an ordinary day is nothing to warn of:\n{log}");
    assert!(!log.contains("Colisio ment"), "no text of a mention is logged");
    assert!(serving.terminated().0.success());
}

fn bad_rows_are_listed_and_the_rest_is_kept(world: &World) {
    let output = world.run(&["import", "avis.csv", "posts.jsonl", "--brand", "Colisio", "--source", "avis"]);
    assert_eq!(output.code, Some(1), "bad rows must show in the exit code: {}", output.both());
    // The header is line 1.
    assert!(output.stderr.contains("avis.csv, line 4:"), "{}", output.both());
    assert!(output.stderr.contains("avant-hier"), "{}", output.both());
    assert!(output.stderr.contains("posts.jsonl, line 5:"), "{}", output.both());
    for text in ["Livraison Colisio rapide", "une honte"] {
        assert!(!output.both().contains(text), "a text of a mention is nothing to print: {}", output.both());
    }
}

fn the_command_line_finds_what_was_imported(world: &World) {
    let ids = |query: &str| -> BTreeSet<String> {
        let ids =
            world.search(query).into_iter().map(|hit| hit["key"]["external_id"].as_str().unwrap().to_owned());
        ids.collect()
    };
    let all = ids("brand:colisio");
    assert_eq!(all, ["avis-1", "avis-2", "avis-4", "p-1", "p-2", "p-3", "p-4"].map(str::to_owned).into());
    // The importer knows the brand: the text need not name it.
    assert_eq!(ids("carton écrasé"), ["avis-4".to_owned()].into());
    assert_eq!(ids("rating:1"), ["avis-4".to_owned()].into());
    let review = &world.search("relais NEAR/3 fermé")[0];
    assert_eq!(review["text"], "Le point relais ; fermé sans prévenir, \"bravo\" Colisio");
    assert_eq!(review["rating"], 2.0);
    assert!(review["author"].as_str().is_some_and(|author| !author.contains("auteur")), "{review}");
}

fn every_store_has_what_was_imported(serving: &Serving) {
    assert_eq!(serving.found("source:avis"), IMPORTED);
    let mentions = serving.api("/mentions?brand=colisio&limit=500");
    let mentions = mentions["mentions"].as_array().unwrap();
    let complaint =
        mentions.iter().find(|mention| mention["external_id"] == "p-1").expect("the complaint is there");
    assert_eq!(complaint["text"], COMPLAINT);
    assert_eq!(complaint["language"], "fr");
    assert!(mentions.iter().any(|mention| mention["external_id"] == "p-2" && mention["complaint"] == false));
    assert_eq!(serving.trend_mentions_of("colisio", "avis"), IMPORTED);
    let timeline = serving.api("/trends/timeline?brand=colisio&source=avis&period=90d");
    let points = timeline["points"].as_array().unwrap();
    assert_eq!(points.iter().filter_map(|point| point["mentions"].as_u64()).sum::<u64>(), IMPORTED);
    assert!(points.iter().any(|point| point["complaints"].as_u64() > Some(0)), "{timeline}");
}

fn an_angry_complaint_became_a_case(serving: &Serving) {
    let cases = serving.api("/cases?brand=colisio");
    let cases = cases["cases"].as_array().unwrap();
    let case = cases.iter().find(|case| case["external_id"] == "p-1").expect("the complaint is in the inbox");
    assert_eq!(case["status"], "new");
    assert_eq!(case["text"], COMPLAINT);
    assert_eq!(case["author_handle"], "auteur-p-1");
    // Two hours are the default, and the post is three hours old.
    assert_eq!(case["sla_breached"], true);
    let holds = |list: &str, tag: &str| case[list].as_array().unwrap().iter().any(|known| known == tag);
    assert!(holds("emotions", "exasperation") || holds("emotions", "anger"), "{case}");
    assert!(case["causes"].as_array().is_some_and(|causes| !causes.is_empty()), "{case}");
    assert!(!cases.iter().any(|case| case["external_id"] == "p-2"), "nobody has to answer praise");
}

fn sites_are_read(serving: &Serving) {
    eventually("the article and the toot are found", 30, || {
        (serving.found("source:rss") == 1 && serving.found("source:mastodon") == 1).then_some(())
    });
    let toots = serving.api("/search?q=source%3Amastodon");
    let toot = &toots["mentions"][0];
    assert!(toot["external_id"].as_str().is_some_and(|id| id.starts_with("9001@")), "{toot}");
    assert_eq!(toot["text"], "Merci #colisio, colis arrivé en avance et livreur adorable");
    assert_eq!((&toot["reach"], &toot["reposts"]), (&Value::from(120), &Value::from(2)));
    assert_eq!(serving.api("/search?q=source%3Arss")["mentions"][0]["kind"], "article");
}

fn importing_again_changes_nothing(world: &World, serving: &Serving) {
    let before = serving.cases("colisio");
    let again = world.run(&["import", "avis.csv", "posts.jsonl", "--brand", "colisio", "--source", "avis"]);
    assert_eq!(again.code, Some(1), "the bad rows are as bad as before: {}", again.both());
    world.wait_until_read();
    assert_eq!(serving.found("source:avis"), IMPORTED);
    assert_eq!(serving.cases("colisio"), before);
    assert_eq!(serving.trend_mentions_of("colisio", "avis"), IMPORTED);
    assert_eq!(serving.trend_mentions("colisio"), Some(IMPORTED + 2), "the sites' mentions count too");
}

fn a_burst_of_anger_is_an_incident_and_is_told(world: &World, serving: &Serving, site: &Site) {
    assert_eq!(serving.api("/incidents"), Value::Array(Vec::new()), "an ordinary week is no incident");
    world.write("semaine.jsonl", jsonl(&everyday_history(Utc::now())));
    world.run(&["import", "semaine.jsonl", "--brand", "colisio"]).succeeded();
    world.wait_until_read();
    assert_eq!(serving.api("/incidents"), Value::Array(Vec::new()), "history is no news");
    world.write("colere.jsonl", jsonl(&angry_burst(Utc::now())));
    world.run(&["import", "colere.jsonl", "--brand", "colisio"]).succeeded();

    // It opens with the first few and grows with the others.
    let incident = eventually("the burst is an incident", 30, || {
        let incidents = serving.api("/incidents?brand=colisio");
        let incident = incidents.as_array()?.first()?.clone();
        (incident["mention_count"].as_u64() >= Some(5)).then_some(incident)
    });
    assert_eq!(incident["status"], "open");
    let alert = &incident["alerts"][0];
    assert!(alert["observed"].as_f64() > alert["expected"].as_f64(), "{alert}");
    let action = format!("/incidents/{}/acknowledge", incident["id"]);
    assert!(serving.get("/").body.contains(&action), "the page of alerts shows it");

    let told = eventually("the webhook hears of it", 15, || site.requests("/crochet").into_iter().next());
    let header = |name: &str| told.headers.get(name).expect("the notification is signed").to_str().unwrap();
    let mut hmac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    hmac.update(header("X-Vigie-Timestamp").as_bytes());
    hmac.update(b".");
    hmac.update(&told.body);
    let expected: String = hmac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(header("X-Vigie-Signature"), format!("sha256={expected}"));
    let body: Value = serde_json::from_slice(&told.body).unwrap();
    assert_eq!((&body["event"], &body["incident"]["id"]), (&Value::from("incident.opened"), &incident["id"]));
    assert!(!String::from_utf8_lossy(&told.body).contains("Colisio ment"), "a notification holds no text");
}
