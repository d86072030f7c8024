//! Hashtag timelines.

use domain::{Change, MentionKind};
use vigie_collectors::{Collector, Relevance};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, path, query_param, query_param_is_missing},
};

use crate::{client, read_fixture, source};

const TIMELINE: &str = "/api/v1/timelines/tag/colisio";

fn collector(server: &MockServer, hashtags: &[&str]) -> Box<dyn Collector> {
    let entry = serde_json::json!({"type": "mastodon", "instance": server.uri(), "hashtags": hashtags});
    source(entry).collector(&client())
}

fn timeline(body: impl Into<Vec<u8>>) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body, "application/json; charset=utf-8")
}

#[tokio::test]
async fn posts_are_read_with_who_how_far_and_what_they_answer() {
    let server = MockServer::start().await;
    Mock::given(path(TIMELINE))
        .respond_with(timeline(read_fixture("mastodon/hashtag.json")))
        .mount(&server)
        .await;
    let page = collector(&server, &["Colisio"]).page(None).await.unwrap();
    let host = server.address().to_string();
    let [edited, reply, first] = page.posts.as_slice() else { panic!("{page:?}") };
    assert_eq!(edited.external_id, format!("115240000000000103@{host}"));
    assert_eq!(edited.text, "@colisio troisième fois que j’écris, toujours aucune réponse. #Colisio");
    assert_eq!(edited.author_handle.as_deref(), Some(format!("@solene@{host}").as_str()));
    assert_eq!((edited.reach, edited.engagement.total()), (1830, 47));
    assert_eq!(edited.declared_language.as_deref(), Some("fr"));
    assert!(edited.edited_at.is_some());
    assert_eq!(reply.in_reply_to.as_ref(), Some(&first.external_id));
    assert_eq!(reply.kind, MentionKind::Comment);
    assert_eq!(
        first.text,
        "Livraison, encore\nColis annoncé livré, jamais reçu.\nQui répond ? #Colisio\n\nhttps://photos.example/porte/vide"
    );
    assert_eq!(first.reach, 0);
    assert!(!page.more);

    let brand = domain::Brand {
        official_accounts: vec!["mastodon:@colisio@social.example".to_owned()],
        ..testkit::brand()
    };
    let relevance = Relevance::new(&[brand], b"key").unwrap();
    let mention = |post: &vigie_collectors::Post| {
        relevance.mention("mastodon", post.clone(), testkit::at(86_400)).unwrap()
    };
    assert_eq!(mention(edited).change, Change::Edited);
    assert!(mention(reply).official && !mention(first).official);
}

#[tokio::test]
async fn paging_goes_forward_from_the_newest_post_known() {
    let server = MockServer::start().await;
    let get = || Mock::given(method("GET")).and(path(TIMELINE)).and(query_param("limit", "40"));
    let first = timeline(read_fixture("mastodon/hashtag.json")).insert_header(
        "link",
        format!("<{0}{TIMELINE}?max_id=101>; rel=\"next\", <{0}{TIMELINE}?min_id=115240000000000103>; rel=\"prev\"", server.uri()),
    );
    get().and(query_param_is_missing("min_id")).respond_with(first).expect(1).mount(&server).await;
    let full = timeline(read_fixture("mastodon/full_page.json"));
    get().and(query_param("min_id", "115240000000000103")).respond_with(full).expect(1).mount(&server).await;
    get()
        .and(query_param("min_id", "115240000000000240"))
        .respond_with(timeline("[]"))
        .expect(2)
        .mount(&server)
        .await;

    let collector = collector(&server, &["colisio"]);
    let first = collector.page(None).await.unwrap();
    let second = collector.page(Some(&first.cursor)).await.unwrap();
    assert_eq!((second.posts.len(), second.more), (40, true));
    let third = collector.page(Some(&second.cursor)).await.unwrap();
    assert_eq!((third.posts.len(), third.more), (0, false));
    let fourth = collector.page(Some(&third.cursor)).await.unwrap();
    assert_eq!(fourth.cursor, third.cursor);
}

#[tokio::test]
async fn a_round_reads_every_hashtag() {
    let server = MockServer::start().await;
    let answer = |request: &Request| match request.url.path() {
        TIMELINE => timeline(read_fixture("mastodon/hashtag.json")),
        _ => timeline("[]"),
    };
    Mock::given(method("GET")).respond_with(answer).mount(&server).await;
    let collector = collector(&server, &["colisio", "colisioSAV", "été"]);
    let mut cursor = None;
    let mut more = Vec::new();
    for _ in 0..3 {
        let page = collector.page(cursor.as_deref()).await.unwrap();
        more.push(page.more);
        cursor = Some(page.cursor);
    }
    assert_eq!(more, [true, true, false]);
    let asked: Vec<String> = server
        .received_requests()
        .await
        .unwrap()
        .iter()
        .map(|request| request.url.path().to_owned())
        .collect();
    assert_eq!(asked, [TIMELINE, "/api/v1/timelines/tag/colisiosav", "/api/v1/timelines/tag/%C3%A9t%C3%A9"]);
}

#[tokio::test]
async fn what_is_no_timeline_is_named_and_an_odd_post_is_left_out() {
    for (answer, expected) in [
        (timeline("<html></html>"), "no timeline"),
        (timeline("{\"error\": \"x\"}"), "no timeline"),
        (timeline("[{\"id\": 1}]"), "no post in it"),
        (ResponseTemplate::new(401).set_body_raw("{\"error\": \"x\"}", "application/json"), "wants a login"),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("GET")).respond_with(answer).mount(&server).await;
        let error = collector(&server, &["colisio"]).page(None).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{expected}: {error}");
    }
    let mut posts: Vec<serde_json::Value> =
        serde_json::from_str(&read_fixture("mastodon/hashtag.json")).unwrap();
    posts.push(serde_json::json!({"id": "1", "content": null}));
    let server = MockServer::start().await;
    let answer = timeline(serde_json::to_vec(&posts).unwrap());
    Mock::given(method("GET")).respond_with(answer).mount(&server).await;
    assert_eq!(collector(&server, &["colisio"]).page(None).await.unwrap().posts.len(), 3);
}
