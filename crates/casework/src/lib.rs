#![doc = include_str!("../README.md")]

mod actions;
mod error;
mod filter;
mod intake;
mod rows;

use std::collections::HashMap;

use domain::{Brand, BrandId};
use state::{Database, Migrations};

pub use actions::Answer;
pub use error::CaseError;
pub use filter::{CaseCounts, CaseFilter, CaseOrder, CasePage};
pub use intake::Intake;
pub use rows::{CaseEvent, CaseEventKind};

/// The tables of the inbox.
pub const MIGRATIONS: Migrations = Migrations { component: "casework", steps: &[include_str!("schema.sql")] };

/// The inbox. Clones share it.
#[derive(Clone)]
pub struct Casework {
    database: Database,
    sla_minutes: HashMap<BrandId, u32>,
}

impl Casework {
    /// The inbox of these brands; the database must have [`MIGRATIONS`].
    pub fn new(database: Database, brands: &[Brand]) -> Self {
        let sla_minutes =
            brands.iter().map(|brand| (brand.id.clone(), brand.first_response_sla_minutes)).collect();
        Self { database, sla_minutes }
    }

    /// The stage that opens cases for what the tagged log brings.
    pub fn reader(&self) -> Intake {
        Intake::new(self.database.clone(), self.sla_minutes.clone())
    }
}
