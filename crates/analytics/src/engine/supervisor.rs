//! Starts the child process again whenever it ends.

use std::time::Duration;

use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    EngineState,
    process::{EngineProcess, Launch},
};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// An engine that ran this long did not fail because of how it was started.
const STEADY_AFTER: Duration = Duration::from_secs(60);

/// Watches the process until told to stop. Readers of the state learn each new address, and in between why there is none.
pub(super) async fn supervise(
    mut process: EngineProcess,
    launch: Launch,
    state: watch::Sender<EngineState>,
    stopping: CancellationToken,
) {
    let mut pause = FIRST_PAUSE;
    loop {
        let started = Instant::now();
        let error = tokio::select! {
            error = process.ended() => error,
            () = stopping.cancelled() => {
                process.stop().await;
                state.send_replace(EngineState::default());
                return;
            }
        };
        if started.elapsed() > STEADY_AFTER {
            pause = FIRST_PAUSE;
        }
        tracing::error!("{error}; it is started again");
        state.send_replace(EngineState { error: Some(error.to_string()), ..EngineState::default() });
        process = loop {
            tokio::select! {
                () = sleep(pause) => {}
                () = stopping.cancelled() => return,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
            // Dropped in the middle of a start, the process ends with its handle.
            let started = tokio::select! {
                started = EngineProcess::start(&launch) => started,
                () = stopping.cancelled() => return,
            };
            match started {
                Ok((process, url)) => {
                    tracing::info!("the ClickHouse engine runs again");
                    state.send_replace(EngineState { url: Some(url), pid: process.pid(), error: None });
                    break process;
                }
                Err(error) => {
                    let error = error.to_string();
                    let known = state.borrow().error.as_deref() == Some(error.as_str());
                    if !known {
                        tracing::error!("{error}");
                    }
                    state.send_replace(EngineState { error: Some(error), ..EngineState::default() });
                }
            }
        };
    }
}
