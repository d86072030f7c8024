//! The API as a program meets it.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use serde_json::{Value, json};

use super::angry;
use crate::test_support::{Answer, TestApp, request};

/// Somebody who is logged in and speaks JSON.
pub(super) struct Program<'a> {
    test: &'a TestApp,
    cookie: String,
    csrf: String,
}

impl<'a> Program<'a> {
    pub(super) async fn log_in(test: &'a TestApp) -> Self {
        let cookie = test.log_in().await;
        let csrf = test.get("/", &cookie).await.csrf();
        Self { test, cookie, csrf }
    }

    pub(super) async fn get(&self, path: &str) -> (StatusCode, Value) {
        parsed(&self.test.get(path, &self.cookie).await)
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = request(Method::POST, path, &self.cookie)
            .header("x-csrf-token", &self.csrf)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT_LANGUAGE, "en");
        parsed(&self.test.send(request.body(Body::from(body.to_string())).unwrap()).await)
    }
}

fn parsed(answer: &Answer) -> (StatusCode, Value) {
    (answer.status, serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("no JSON: {}", answer.body)))
}

#[tokio::test]
async fn incidents_are_listed_acknowledged_and_resolved_once() {
    let test = TestApp::new().await;
    let id = test.raise_incident().await;
    let program = Program::log_in(&test).await;
    let (_, list) = program.get("/api/v1/incidents").await;
    assert_eq!((&list[0]["id"], &list[0]["subject_of"]), (&id.into(), &"delivery".into()));
    let (_, one) = program.get(&format!("/api/v1/incidents/{id}")).await;
    assert_eq!((&one["status"], one["alerts"][0]["observed"].as_u64() >= Some(5)), (&"open".into(), true));
    let mut live = test.state.live.subscribe();
    let (_, acknowledged) = program.post(&format!("/api/v1/incidents/{id}/acknowledge"), &json!({})).await;
    assert_eq!(acknowledged["acknowledged_by"], "anne");
    assert!(matches!(live.try_recv(), Ok(domain::LiveEvent::Incident(incident)) if incident.id == id));
    let resolve = format!("/api/v1/incidents/{id}/resolve");
    assert_eq!(program.post(&resolve, &json!({})).await.1["status"], "resolved");
    let (status, late) = program.post(&resolve, &json!({})).await;
    assert_eq!((status, &late["error"]), (StatusCode::CONFLICT, &"conflict".into()));
    assert_eq!(program.get("/api/v1/incidents/999").await.0, StatusCode::NOT_FOUND);
    assert_eq!(program.get("/api/v1/incidents").await.1, json!([]));
    assert_eq!(program.get("/api/v1/incidents?resolved=true").await.1[0]["resolved_by"], "anne");
}

#[tokio::test]
async fn mentions_are_filtered_by_tags_that_exist() {
    let test = TestApp::new().await;
    test.index(vec![angry(1)]).await;
    let program = Program::log_in(&test).await;
    let (_, mentions) = program.get("/api/v1/mentions?emotion=anger").await;
    assert_eq!(
        (&mentions["total"], &mentions["mentions"][0]["emotions"][0]["tag"]),
        (&1.into(), &"anger".into())
    );
    assert_eq!(program.get("/api/v1/mentions?emotion=joy").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(program.get("/api/v1/mentions?cursor=nonsense").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_search_finds_counts_and_pages() {
    let test = TestApp::new().await;
    test.index((1..=3).map(angry).collect()).await;
    let program = Program::log_in(&test).await;
    let (_, first) = program.get("/api/v1/search?q=perdu&limit=2&facets=true").await;
    assert_eq!((&first["total"], &first["mentions"][0]["external_id"]), (&3.into(), &"3".into()));
    assert_eq!(first["facets"]["emotion"], json!([{"value": "anger", "mentions": 3}]));
    let (start, end) = (&first["mentions"][0]["highlights"][0][0], &first["mentions"][0]["highlights"][0][1]);
    let text = first["mentions"][0]["text"].as_str().unwrap();
    assert_eq!(&text[start.as_u64().unwrap() as usize..end.as_u64().unwrap() as usize], "perdu");
    let next = first["next"].as_str().unwrap();
    let (_, second) = program.get(&format!("/api/v1/search?q=perdu&limit=2&cursor={next}")).await;
    assert_eq!((&second["mentions"][0]["external_id"], &second["next"]), (&"1".into(), &Value::Null));
    let (status, refused) = program.get("/api/v1/search?q=perdu+%28").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!((&refused["error"], &refused["column"]), (&"query-unclosed-parenthesis".into(), &7.into()));
}

#[tokio::test]
async fn a_case_is_taken_answered_and_closed_and_remembers_it() {
    let test = TestApp::new().await;
    test.open_cases(vec![angry(1)]).await;
    let program = Program::log_in(&test).await;
    let (_, list) = program.get("/api/v1/cases?status=new&emotion=anger&order=reach_first").await;
    let case = &list["cases"][0];
    assert_eq!((&list["total"], &case["status"], &case["revision"]), (&1.into(), &"new".into(), &1.into()));
    let (id, mut revision) = (case["id"].as_i64().unwrap(), 1);
    let path = |action: &str| format!("/api/v1/cases/{id}/{action}");
    for action in ["assign", "release", "assign"] {
        let (status, changed) = program.post(&path(action), &json!({"revision": revision})).await;
        revision += 1;
        assert_eq!((status, &changed["revision"]), (StatusCode::OK, &revision.into()), "{action}");
    }
    let wrong = json!({"revision": revision, "text": "Bonjour", "url": "javascript:alert(1)"});
    let (status, refused) = program.post(&path("answer"), &wrong).await;
    assert_eq!((status, &refused["error"]), (StatusCode::UNPROCESSABLE_ENTITY, &"case-invalid".into()));
    let right = json!({"revision": revision, "text": "Bonjour, nous cherchons votre colis."});
    assert_eq!(program.post(&path("answer"), &right).await.1["status"], "answered");
    let close = json!({"revision": revision + 1, "reason": "colis retrouvé"});
    assert_eq!(program.post(&path("close"), &close).await.1["author_handle"], Value::Null);
    let (_, detail) = program.get(&format!("/api/v1/cases/{id}")).await;
    let kinds: Vec<_> = detail["history"].as_array().unwrap().iter().map(|event| &event["kind"]).collect();
    assert_eq!(kinds, ["opened", "assigned", "released", "assigned", "answered", "closed"]);
    assert_eq!(program.get("/api/v1/cases/counts").await.1["closed"], 1);
}

#[tokio::test]
async fn a_case_that_somebody_took_says_by_whom() {
    let test = TestApp::new().await;
    test.open_cases(vec![angry(1)]).await;
    test.state.casework.assign(1, "bruno", 1).await.unwrap();
    let program = Program::log_in(&test).await;
    let (status, refused) = program.post("/api/v1/cases/1/assign", &json!({"revision": 1})).await;
    assert_eq!((status, &refused["error"]), (StatusCode::CONFLICT, &"case-taken".into()));
    assert!(refused["message"].as_str().unwrap().starts_with("bruno has already taken"), "{refused}");
    assert_eq!(
        program.post("/api/v1/cases/9/assign", &json!({"revision": 1})).await.0,
        StatusCode::NOT_FOUND
    );
    let (status, refused) = program.post("/api/v1/cases/1/assign", &json!({"revision": "one"})).await;
    assert_eq!((status, &refused["error"]), (StatusCode::BAD_REQUEST, &"bad-request".into()));
}

#[tokio::test]
async fn every_route_of_the_api_is_described() {
    let test = TestApp::new().await;
    let (_, document) = Program::log_in(&test).await.get("/api/v1/openapi.json").await;
    let described: Vec<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
    let sources = ["cases", "incidents", "mentions", "search", "status", "trends"].map(|module| {
        std::fs::read_to_string(format!("{}/src/api/{module}.rs", env!("CARGO_MANIFEST_DIR"))).unwrap()
    });
    let routes = sources.iter().flat_map(|source| {
        source.split(".route(\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned())
    });
    let mut routes: Vec<_> = routes.collect();
    routes.sort();
    assert_eq!(described, routes);
}
