//! Notifications reach their webhook, signed, and are tried again when it is down.
#![allow(clippy::unwrap_used)]

use std::{fs, path::Path};

use chrono::TimeDelta;
use journal::{Entry, TaggedReader};
use sha2::{Digest, Sha256};
use state::Database;
use vigie_alerting::{Alerting, HourCount, MIGRATIONS, Notifier, WebhookConfig};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn webhook(server: &MockServer, folder: &Path) -> WebhookConfig {
    let secret_file = folder.join("secret");
    fs::write(&secret_file, format!("{SECRET}\n")).unwrap();
    WebhookConfig {
        name: "astreinte".into(),
        url: server.uri().parse().unwrap(),
        secret_file: Some(secret_file),
        secret_env: None,
        brands: None,
    }
}

/// An incident that was just opened.
async fn with_incident(webhooks: &[WebhookConfig]) -> (Alerting, Database) {
    let database = Database::open_in_memory(&[MIGRATIONS]).unwrap();
    let alerting = Alerting::new(database.clone(), webhooks);
    let old =
        HourCount { at: testkit::at(0) - TimeDelta::days(3), series: domain::Series::Mentions, mentions: 1 };
    assert!(alerting.warm_up(&testkit::brand_id(), &[old]).await.unwrap());
    let tagged = |id| testkit::tagged(id, "colis volé", &testkit::angry_delivery_complaint());
    let entries: Vec<_> = (1..=10).map(|id| Entry { offset: id, record: tagged(id) }).collect();
    assert_eq!(alerting.reader().apply(&entries).await.unwrap().len(), 1);
    (alerting, database)
}

/// HMAC-SHA256 as RFC 2104 defines it, apart from the library that the program uses.
fn hmac(key: &[u8], message: &[u8]) -> String {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let padded = |byte: u8| block.map(|b| b ^ byte);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    let outer = Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize();
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_notification_is_signed_and_holds_no_text() {
    let folder = tempfile::tempdir().unwrap();
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(204)).expect(1).mount(&server).await;
    let (alerting, _) = with_incident(&[webhook(&server, folder.path())]).await;
    let notifier = Notifier::new(&alerting).unwrap();
    assert_eq!(notifier.deliver_due().await.unwrap(), 1);
    assert_eq!(notifier.deliver_due().await.unwrap(), 0);
    let request = &server.received_requests().await.unwrap()[0];
    let header = |name: &str| request.headers[name].to_str().unwrap().to_owned();
    let signed = [header("x-vigie-timestamp").as_bytes(), b".", &request.body].concat();
    assert_eq!(header("x-vigie-signature"), format!("sha256={}", hmac(SECRET.as_bytes(), &signed)));
    let body = String::from_utf8(request.body.clone()).unwrap();
    assert!(body.contains("incident.opened") && body.contains("colisio"), "{body}");
    assert!(!body.contains("colis volé") && !body.contains("someone") && !body.contains("author-"), "{body}");
    assert_eq!(alerting.deliveries(10).await.unwrap()[0].status, "delivered");
}

#[tokio::test]
async fn a_failed_notification_is_tried_again_and_given_up_after_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(500)).mount(&server).await;
    let (alerting, database) = with_incident(&[webhook(&server, folder.path())]).await;
    let notifier = Notifier::new(&alerting).unwrap();
    let make_due = |sql: &'static str| {
        let database = database.clone();
        async move { database.write(move |t| Ok::<_, state::StateError>(t.execute(sql, [])?)).await.unwrap() }
    };
    notifier.deliver_due().await.unwrap();
    let first = alerting.deliveries(1).await.unwrap().remove(0);
    assert_eq!((first.status.as_str(), first.attempts), ("waiting", 1));
    assert!(first.last_error.unwrap().contains("500"));
    assert_eq!(notifier.deliver_due().await.unwrap(), 0, "its pause is not over");
    make_due("UPDATE deliveries SET next_attempt_at = 0, created_at = created_at - 90000000").await;
    notifier.deliver_due().await.unwrap();
    assert_eq!(alerting.deliveries(1).await.unwrap()[0].status, "dead");
    make_due("UPDATE deliveries SET next_attempt_at = 0").await;
    assert_eq!(notifier.deliver_due().await.unwrap(), 0);
}

#[test]
fn a_webhook_without_a_good_secret_is_refused_with_its_name() {
    let config = |secret_env: Option<&str>| WebhookConfig {
        name: "astreinte".into(),
        url: "https://hooks.example/x".parse().unwrap(),
        secret_file: None,
        secret_env: secret_env.map(str::to_owned),
        brands: None,
    };
    let error = config(None).secret().unwrap_err().to_string();
    assert!(error.contains("astreinte") && error.contains("secret_file"), "{error}");
    let error = config(Some("VIGIE_NO_SUCH_VARIABLE")).secret().unwrap_err().to_string();
    assert!(error.contains("$VIGIE_NO_SUCH_VARIABLE"), "{error}");
    let other = WebhookConfig { url: "ftp://hooks.example/x".parse().unwrap(), ..config(Some("HOME")) };
    assert!(other.secret().unwrap_err().to_string().contains("https://"));
}
