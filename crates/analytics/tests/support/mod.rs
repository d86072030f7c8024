//! A real engine in a folder of its own, and what the tests ask it behind the crate's back.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::{path::Path, time::Duration};

use clickhouse::{Client, RowOwned, RowRead};
use domain::TaggedMention;
use journal::{Entry, TaggedReader};
use tempfile::TempDir;
use vigie_analytics::{Analytics, Engine, EngineOptions};

/// How long a test waits for the engine before it fails.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct TestEngine {
    pub(crate) engine: Engine,
    pub(crate) folder: TempDir,
}

pub(crate) fn options(dir: &Path) -> EngineOptions {
    EngineOptions {
        program: env!("CARGO_BIN_EXE_vigie-engine-host").into(),
        arguments: Vec::new(),
        library: None,
        data_dir: dir.to_owned(),
        max_memory_bytes: 1 << 30,
    }
}

pub(crate) async fn start() -> TestEngine {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let engine = Engine::start(options(folder.path())).await.expect("the engine starts");
    TestEngine { engine, folder }
}

impl TestEngine {
    pub(crate) async fn analytics(&self) -> Analytics {
        Analytics::embedded(&self.engine).await.expect("the tables are made")
    }

    pub(crate) fn password(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("password")).expect("the password is kept")
    }

    /// The value of the header that every request must carry.
    pub(crate) fn gate(&self) -> String {
        let config =
            std::fs::read_to_string(self.folder.path().join("server.xml")).expect("the configuration");
        let (_, rest) = config.split_once("<X-Vigie-Engine>").expect("the header is configured");
        rest.split('<').next().unwrap_or_default().to_owned()
    }

    /// A client that got past the gate.
    pub(crate) fn client(&self, user: &str, password: &str) -> Client {
        let url = self.engine.endpoint().expect("the engine runs");
        Client::default()
            .with_url(url)
            .with_user(user)
            .with_password(password)
            .with_header("X-Vigie-Engine", self.gate())
    }

    /// Asks the engine as the program's own user.
    pub(crate) async fn ask<T: RowOwned + RowRead>(&self, sql: &str) -> Vec<T> {
        let client = self.client("vigie", &self.password()).with_database("vigie");
        client.query_raw(sql).fetch_all().await.expect("an answer")
    }

    /// The difference between the counts that are kept and those that the mentions give: none, if all is well.
    pub(crate) async fn miscounted(&self) -> u64 {
        let sql = "SELECT count() FROM (
            SELECT hour, brands, source, language, emotions, causes, complaint FROM
            (
                SELECT toStartOfHour(toDateTime(published_at)) AS hour, brands, source, language, emotions, causes, complaint,
                    toInt64(1) AS n, toInt64(reach) AS r
                FROM current_mentions WHERE NOT official
                UNION ALL
                SELECT hour, brands, source, language, emotions, causes, complaint, -mentions, -reach FROM mention_hours
            )
            GROUP BY ALL HAVING sum(n) != 0 OR sum(r) != 0)";
        self.ask::<u64>(sql).await[0]
    }
}

/// Entries with offsets from `first` on.
pub(crate) fn entries(first: u64, mentions: Vec<TaggedMention>) -> Vec<Entry<TaggedMention>> {
    (first..).zip(mentions).map(|(offset, record)| Entry { offset, record }).collect()
}

pub(crate) async fn apply(reader: &mut impl TaggedReader, mentions: Vec<TaggedMention>) {
    let batch = entries(1, mentions);
    reader.apply(&batch).await.expect("the batch is applied");
}

/// Waits for what another process does: there is nothing to be told by, so it looks again and again.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let waiting = async {
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        while !holds().await {
            looks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{what}, within {PATIENCE:?}"));
}
