//! The handle that the other crates hold: it finds the server, wherever it is at the moment.

use std::{fmt, sync::Arc};

use clickhouse::{Client, Compression};
use journal::TaggedReader;
use tokio::sync::watch;

use crate::{
    AnalyticsError, Engine,
    engine::{self, EngineState},
    migrations,
    writer::MentionWriter,
};

/// What every request asks of the server, whatever its own defaults are.
const SETTINGS: [(&str, &str); 5] = [
    // The writer's own batches are large enough, and it must know when one is stored.
    ("async_insert", "0"),
    // Two batches may change the counts in the same way: the second one is no repetition.
    ("insert_deduplicate", "0"),
    // An import may bring posts of many years.
    ("max_partitions_per_insert_block", "0"),
    // A deletion is accepted at once and carried out in the background: nobody waits for it.
    ("mutations_sync", "0"),
    // A batch names the keys that it wants to know of.
    ("max_query_size", "67108864"),
];

/// A ClickHouse server of one's own.
#[derive(Clone)]
pub struct ServerOptions {
    /// Where it listens, such as `http://clickhouse:8123`.
    pub url: String,
    /// The user that owns the database.
    pub user: String,
    /// Its password.
    pub password: String,
    /// The database that holds the tables; made if it is missing and the user may.
    pub database: String,
}

impl fmt::Debug for ServerOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ServerOptions")
            .field("url", &self.url)
            .field("user", &self.user)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

/// The mentions in ClickHouse. Clones share its connections.
#[derive(Clone)]
pub struct Analytics {
    place: Arc<Place>,
    /// Everything but the address.
    client: Client,
}

enum Place {
    Engine(watch::Receiver<EngineState>),
    Server(String),
}

impl Analytics {
    /// The tables in the embedded engine, brought up to date.
    ///
    /// # Errors
    /// The engine is not ready, or its tables were written by a newer program.
    pub async fn embedded(engine: &Engine) -> Result<Self, AnalyticsError> {
        let keys = engine.keys();
        let client = client(engine::USER, &keys.password, engine::DATABASE)
            .with_header(engine::GATE_HEADER, &keys.gate);
        Self::open(Place::Engine(engine.watch()), client, engine::DATABASE).await
    }

    /// The tables on a server of one's own, brought up to date. One program at a time may write to a database.
    ///
    /// # Errors
    /// The server does not answer, refuses the user, or its tables were written by a newer program.
    pub async fn connect(options: &ServerOptions) -> Result<Self, AnalyticsError> {
        let client = client(&options.user, &options.password, &options.database);
        Self::open(Place::Server(options.url.clone()), client, &options.database).await
    }

    async fn open(place: Place, client: Client, database: &str) -> Result<Self, AnalyticsError> {
        let analytics = Self { place: Arc::new(place), client };
        migrations::apply(&analytics.client()?, database).await?;
        Ok(analytics)
    }

    /// The stage that follows the journal and fills the tables.
    pub fn reader(&self) -> impl TaggedReader + use<> {
        MentionWriter::new(self.clone())
    }

    /// A client for where the server is now.
    pub(crate) fn client(&self) -> Result<Client, AnalyticsError> {
        let url = match self.place.as_ref() {
            Place::Server(url) => url.clone(),
            Place::Engine(state) => {
                let state = state.borrow();
                let reason = || state.error.clone().unwrap_or_else(|| "it was stopped".to_owned());
                state.url.clone().ok_or_else(|| AnalyticsError::EngineDown(reason()))?
            }
        };
        Ok(self.client.clone().with_url(url))
    }

    /// The name of the database.
    pub(crate) fn database(&self) -> &str {
        self.client.database().unwrap_or_default()
    }
}

impl fmt::Debug for Analytics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Analytics").field("database", &self.database()).finish_non_exhaustive()
    }
}

fn client(user: &str, password: &str, database: &str) -> Client {
    let client = Client::default()
        .with_user(user)
        .with_password(password)
        .with_database(database)
        .with_compression(Compression::None);
    SETTINGS.iter().fold(client, |client, (name, value)| client.with_setting(*name, *value))
}
