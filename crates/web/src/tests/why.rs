//! The reasons for the tags of a mention.

use axum::http::StatusCode;
use domain::Language;

use super::angry;
use crate::test_support::TestApp;

#[tokio::test]
async fn the_words_behind_each_tag_are_marked_and_nothing_in_them_is_markup() {
    let test = TestApp::new().await;
    let cookie = test.log_in().await;
    let mention = angry(1);
    let key = mention.mention.key.clone();
    test.index(vec![mention]).await;
    let address = format!("/mentions/why?source={}&amp;id={}", key.source, key.external_id);
    let list = test.get("/search", &cookie).await.body;
    assert!(list.contains(&address.replace("&amp;", "&#38;")) || list.contains(&address), "{list}");
    let page = test.get(&address.replace("&amp;", "&"), &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("<mark>perdu</mark>"), "{}", page.body);
    assert!(!page.body.contains("<b>"), "{}", page.body);
    assert!(page.body.contains("Aucun mot ne l’emporte") && page.body.contains("incertain"), "{}", page.body);
    let unknown = test.get("/mentions/why?source=rss&id=none", &cookie).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_language_that_is_not_read_is_said() {
    let test = TestApp::new().await;
    let cookie = test.log_in().await;
    let mut foreign = testkit::tagged(2, "荷物がまだ届きません", &testkit::angry_delivery_complaint());
    foreign.language = Language::new("ja");
    let key = foreign.mention.key.clone();
    test.index(vec![foreign]).await;
    let list = test.get("/search", &cookie).await.body;
    assert!(list.contains("Langue non prise en charge") && !list.contains("data-why"), "{list}");
    let address = format!("/mentions/why?source={}&id={}", key.source, key.external_id);
    let page = test.get(&address, &cookie).await.body;
    assert!(
        page.contains("Le modèle ne lit pas cette langue") && !page.contains("class=\"reason\""),
        "{page}"
    );
}

#[tokio::test]
async fn what_the_model_no_longer_finds_is_said_to_be_taken_over() {
    let test = TestApp::new().await;
    let cookie = test.log_in().await;
    let mention = angry(1);
    let key = mention.mention.key.clone();
    test.index(vec![mention]).await;
    let address = format!("/mentions/why?source={}&id={}", key.source, key.external_id);
    let page = test.get(&address, &cookie).await.body;
    assert_eq!(page.matches("elle vient du premier texte").count(), 2, "delivery and answer: {page}");
}
