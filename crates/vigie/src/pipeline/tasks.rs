//! The tasks of the pipeline: a stage that ends before its time ends the program, with its reason.

use std::{future::Future, sync::Arc, time::Duration};

use anyhow::{Result, anyhow, bail};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long the stages may take to finish their batches.
const DRAIN: Duration = Duration::from_secs(20);

/// Named tasks that end on one token.
pub(super) struct Tasks {
    tracker: TaskTracker,
    shutdown: CancellationToken,
    /// The first stage that ended before its time, and why.
    failure: Arc<watch::Sender<Option<String>>>,
}

impl Tasks {
    pub(super) fn new(shutdown: CancellationToken) -> Self {
        Self { tracker: TaskTracker::new(), shutdown, failure: Arc::new(watch::Sender::new(None)) }
    }

    /// What ends all tasks.
    pub(super) fn shutdown(&self) -> &CancellationToken {
        &self.shutdown
    }

    /// Runs a stage that ends only when it is told to.
    pub(super) fn spawn(&self, name: &'static str, stage: impl Future<Output = Result<()>> + Send + 'static) {
        let (shutdown, failure) = (self.shutdown.clone(), self.failure.clone());
        let running = tokio::spawn(stage);
        self.tracker.spawn(async move {
            let ended = running.await.unwrap_or_else(|error| Err(anyhow!("it panicked: {error}")));
            let reason = match ended {
                // Notifications without a webhook have nothing to do.
                Ok(()) => return,
                Err(error) => format!("the stage {name} ended: {error:#}"),
            };
            tracing::error!("{reason}");
            failure.send_if_modified(|held| held.is_none() && held.replace(reason).is_none());
            shutdown.cancel();
        });
    }

    /// Does something again and again; an error is logged and the next turn tries again.
    pub(super) fn spawn_every<F>(
        &self,
        name: &'static str,
        period: Duration,
        turn: impl Fn() -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let shutdown = self.shutdown.clone();
        self.tracker.spawn(async move {
            let mut ticks = interval(period);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    _ = ticks.tick() => {}
                    () = shutdown.cancelled() => return,
                }
                if let Err(error) = turn().await {
                    tracing::error!("{name} failed, it will be tried again: {error:#}");
                }
            }
        });
    }

    /// Returns once a stage ended before its time.
    pub(super) async fn failed(&self) -> String {
        let mut failure = self.failure.subscribe();
        match failure.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Waits for the stages to finish what they have in hand.
    pub(super) async fn drain(&self) {
        self.tracker.close();
        if tokio::time::timeout(DRAIN, self.tracker.wait()).await.is_err() {
            tracing::warn!(
                "some stages did not finish in time; their batches are read again at the next start"
            );
        }
    }

    /// The failure that ended everything, if one did.
    pub(super) fn result(&self) -> Result<()> {
        match self.failure.borrow().as_ref() {
            Some(reason) => bail!("{reason}"),
            None => Ok(()),
        }
    }
}
