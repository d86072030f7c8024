//! Numbered steps that bring a component's tables up to date.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::StateError;

/// The tables of one component, as SQL steps. A step that was released never changes; a new one is appended.
#[derive(Debug, Clone, Copy)]
pub struct Migrations {
    /// Whose tables: the name under which the steps are counted.
    pub component: &'static str,
    /// SQL of step 1, step 2, and so on.
    pub steps: &'static [&'static str],
}

impl Migrations {
    /// Applies the steps that the file lacks, all in one transaction.
    pub(crate) fn apply(&self, connection: &mut Connection) -> Result<(), StateError> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(
            "CREATE TABLE IF NOT EXISTS schema_steps (component TEXT PRIMARY KEY, steps INTEGER NOT NULL) STRICT",
        )?;
        let applied: usize = transaction
            .query_row("SELECT steps FROM schema_steps WHERE component = ?1", [self.component], |row| {
                row.get(0)
            })
            .optional()?
            .unwrap_or(0);
        if applied > self.steps.len() {
            return Err(StateError::FromTheFuture {
                component: self.component,
                found: applied,
                known: self.steps.len(),
            });
        }
        for step in &self.steps[applied..] {
            transaction.execute_batch(step)?;
        }
        transaction.execute(
            "INSERT INTO schema_steps VALUES (?1, ?2) ON CONFLICT (component) DO UPDATE SET steps = excluded.steps",
            params![self.component, self.steps.len()],
        )?;
        transaction.commit()?;
        Ok(())
    }
}
