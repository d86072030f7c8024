//! What people, and time, do with incidents.

use chrono::{DateTime, Utc};
use domain::{BrandId, Incident, IncidentStatus};
use state::rusqlite::Connection;

use crate::{
    Alerting, IncidentError,
    grouping::QUIET,
    incident::OpenIncident,
    notify::{Occasion, outbox},
    rows,
};

impl Alerting {
    /// The incidents that are not resolved, the newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn open(&self, brand: Option<&BrandId>) -> Result<Vec<Incident>, IncidentError> {
        self.list("status <> 'resolved'", brand, None).await
    }

    /// The newest incidents whatever their state, at most `limit`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn recent(
        &self,
        brand: Option<&BrandId>,
        limit: usize,
    ) -> Result<Vec<Incident>, IncidentError> {
        self.list("TRUE", brand, Some(limit)).await
    }

    async fn list(
        &self,
        condition: &'static str,
        brand: Option<&BrandId>,
        limit: Option<usize>,
    ) -> Result<Vec<Incident>, IncidentError> {
        let brand = brand.map(|brand| brand.as_str().to_owned());
        // SQLite takes a negative limit as none.
        let limit = limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
        self.database
            .read(move |connection| {
                let condition = format!(
                    "{condition} AND (?1 IS NULL OR brand = ?1) ORDER BY opened_at DESC, id DESC LIMIT ?2"
                );
                let incidents = rows::incidents(connection, &condition, &[&brand, &limit])?;
                Ok(incidents.into_iter().map(|open| open.incident).collect())
            })
            .await
    }

    /// One incident.
    ///
    /// # Errors
    /// There is none of this number, or the store failed.
    pub async fn find(&self, id: i64) -> Result<Incident, IncidentError> {
        self.database.read(move |connection| Ok(rows::find(connection, id)?.incident)).await
    }

    /// `user` is on it.
    ///
    /// # Errors
    /// There is none of this number, it is resolved, or the store failed.
    pub async fn acknowledge(&self, id: i64, user: &str) -> Result<Incident, IncidentError> {
        let user = user.to_owned();
        self.act(id, move |_, open, now| {
            // Whoever was first stays: the second click is of somebody who saw an older page.
            if open.incident.status == IncidentStatus::Open {
                open.incident.status = IncidentStatus::Acknowledged;
                open.incident.acknowledged_by = Some(user);
                open.incident.acknowledged_at = Some(now);
            }
            Ok(())
        })
        .await
    }

    /// `user` says that it is over.
    ///
    /// # Errors
    /// There is none of this number, it is resolved already, or the store failed.
    pub async fn resolve(&self, id: i64, user: &str) -> Result<Incident, IncidentError> {
        let user = user.to_owned();
        let webhooks = self.webhooks.clone();
        self.act(id, move |connection, open, now| {
            open.incident.resolved_by = Some(user);
            open.incident.status = IncidentStatus::Resolved;
            open.incident.resolved_at = Some(now);
            outbox::enqueue(connection, &webhooks, Occasion::Resolved, &open.incident, now)
        })
        .await
    }

    /// Resolves the incidents whose series has been as usual for six hours, and forgets what is too old to be needed. The program calls
    /// this every minute.
    ///
    /// # Errors
    /// The store failed.
    pub async fn resolve_quiet(&self, now: DateTime<Utc>) -> Result<Vec<Incident>, IncidentError> {
        let webhooks = self.webhooks.clone();
        self.database
            .write(move |transaction| {
                rows::forget_counted(transaction, now)?;
                let quiet_since = (now - QUIET).timestamp_millis();
                let condition = "status <> 'resolved' AND last_unusual_at < ?1";
                let mut resolved = rows::incidents(transaction, condition, &[&quiet_since])?;
                for open in &mut resolved {
                    open.incident.status = IncidentStatus::Resolved;
                    open.incident.resolved_at = Some(now);
                    open.incident.updated_at = now;
                    rows::save(transaction, open)?;
                    outbox::enqueue(transaction, &webhooks, Occasion::Resolved, &open.incident, now)?;
                }
                Ok(resolved.into_iter().map(|open| open.incident).collect())
            })
            .await
    }

    async fn act(
        &self,
        id: i64,
        action: impl FnOnce(&Connection, &mut OpenIncident, DateTime<Utc>) -> Result<(), IncidentError>
        + Send
        + 'static,
    ) -> Result<Incident, IncidentError> {
        self.database
            .write(move |transaction| {
                let mut open = rows::find(transaction, id)?;
                if open.incident.status == IncidentStatus::Resolved {
                    return Err(IncidentError::Resolved(id));
                }
                let now = Utc::now();
                action(transaction, &mut open, now)?;
                open.incident.updated_at = now;
                rows::save(transaction, &mut open)?;
                Ok(open.incident)
            })
            .await
    }
}
