//! The embedded engine: ClickHouse in a child process, started again whenever it ends.

mod config;
mod error;
mod host;
mod process;
mod supervisor;

use std::{
    env, fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

pub(crate) use config::{DATABASE, GATE_HEADER, Keys, USER};
pub use error::EngineError;
pub use host::run_engine_host;
use process::EngineProcess;

/// The environment variable that says where the library is; known when the program is built, too.
const LIBRARY_VARIABLE: &str = "VIGIE_CHDB_LIBRARY";
/// How long an engine that still has the folder is waited for.
const PREDECESSOR_TIMEOUT: Duration = Duration::from_secs(3);
const PREDECESSOR_PAUSE: Duration = Duration::from_millis(200);

/// How to run the embedded engine.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// The program that hosts the engine: one that calls [`run_engine_host`] with its remaining arguments.
    pub program: PathBuf,
    /// What makes it do so, such as `engine`.
    pub arguments: Vec<String>,
    /// `libchdb.so`; none takes the one that `make setup` fetched.
    pub library: Option<PathBuf>,
    /// The engine's own folder, made if it is missing.
    pub data_dir: PathBuf,
    /// What it may use of the memory.
    pub max_memory_bytes: u64,
}

impl EngineOptions {
    fn library(&self) -> Result<PathBuf, EngineError> {
        let chosen = self.library.clone().or_else(default_library).ok_or(EngineError::LibraryUnknown)?;
        if chosen.is_file() { Ok(chosen) } else { Err(EngineError::LibraryMissing(chosen)) }
    }
}

/// Where `make setup` put the library: told by the environment, else by the environment of the build.
fn default_library() -> Option<PathBuf> {
    let told = env::var_os(LIBRARY_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    told.or_else(|| option_env!("VIGIE_CHDB_LIBRARY").map(PathBuf::from))
}

/// How the engine is doing.
#[derive(Debug, Clone, Default)]
pub(crate) struct EngineState {
    /// Where it listens; none while it is not ready.
    pub(crate) url: Option<String>,
    /// The child process.
    pub(crate) pid: Option<u32>,
    /// Why it is not ready.
    pub(crate) error: Option<String>,
}

/// A running embedded engine. Dropping it ends the child process; [`Engine::stop`] also waits for the end.
pub struct Engine {
    state: watch::Receiver<EngineState>,
    keys: Keys,
    stopping: CancellationToken,
    supervisor: Option<tokio::task::JoinHandle<()>>,
}

impl Engine {
    /// Starts the child process and returns once it answers.
    ///
    /// # Errors
    /// The library is missing or cannot be loaded, the folder cannot be used or is in use, or the engine does not come up.
    pub async fn start(options: EngineOptions) -> Result<Self, EngineError> {
        let library = options.library()?;
        let dir = &options.data_dir;
        let keys = config::prepare(dir, options.max_memory_bytes)
            .map_err(|source| EngineError::Folder { dir: dir.clone(), source })?;
        let launch = process::Launch {
            program: from_anywhere(options.program),
            arguments: [options.arguments, vec![text(&library)?, text(dir)?]].concat(),
            dir: options.data_dir,
            keys: keys.clone(),
        };
        let (process, url) = start_patiently(&launch).await?;
        let (sender, state) = watch::channel(EngineState { url: Some(url), pid: process.pid(), error: None });
        let stopping = CancellationToken::new();
        let supervisor = tokio::spawn(supervisor::supervise(process, launch, sender, stopping.clone()));
        Ok(Self { state, keys, stopping, supervisor: Some(supervisor) })
    }

    /// The address of its HTTP interface; none while it is being started again. It changes with each start.
    pub fn endpoint(&self) -> Option<String> {
        self.state.borrow().url.clone()
    }

    /// The child process; none between its end and the next start.
    pub fn pid(&self) -> Option<u32> {
        self.state.borrow().pid
    }

    /// Why it is not ready; none while all is well.
    pub fn error(&self) -> Option<String> {
        self.state.borrow().error.clone()
    }

    /// Ends the child process and waits until it is gone.
    pub async fn stop(mut self) {
        self.stopping.cancel();
        if let Some(supervisor) = self.supervisor.take()
            && let Err(error) = supervisor.await
        {
            tracing::error!(%error, "the watch over the ClickHouse engine failed");
        }
    }

    pub(crate) fn watch(&self) -> watch::Receiver<EngineState> {
        self.state.clone()
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Engine").field("state", &*self.state.borrow()).finish_non_exhaustive()
    }
}

/// The engine of a program that was just killed may need a moment to end.
async fn start_patiently(launch: &process::Launch) -> Result<(EngineProcess, String), EngineError> {
    let deadline = Instant::now() + PREDECESSOR_TIMEOUT;
    loop {
        match EngineProcess::start(launch).await {
            Err(EngineError::InUse(_)) if Instant::now() < deadline => sleep(PREDECESSOR_PAUSE).await,
            started => return started,
        }
    }
}

/// The child has another working directory, so a path to the program must not depend on ours; a bare name is looked up.
fn from_anywhere(program: PathBuf) -> PathBuf {
    if program.components().count() > 1 { std::path::absolute(&program).unwrap_or(program) } else { program }
}

fn text(path: &Path) -> Result<String, EngineError> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.to_str().map(str::to_owned).ok_or(EngineError::Path(absolute))
}
