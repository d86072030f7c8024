//! The stage that watches the tagged log: counts, detects, opens and extends incidents.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{Alert, BrandId, Change, Incident, LiveEvent, TaggedMention};
use journal::{Entry, ReaderError, TaggedReader};
use state::{Database, rusqlite::Transaction};

use crate::{
    IncidentError, Webhooks,
    detector::{BrandState, LONGEST_WINDOW},
    grouping::{behind, subject_and_scope},
    incident::OpenIncident,
    notify::{Occasion, outbox},
    observation::Observation,
    rows,
};

/// The reader `alerting` of the tagged log.
pub struct Detector {
    database: Database,
    webhooks: Webhooks,
    /// What is known of each brand, as last committed.
    brands: HashMap<BrandId, BrandState>,
}

impl Detector {
    pub(crate) fn new(database: Database, webhooks: Webhooks) -> Self {
        Self { database, webhooks, brands: HashMap::new() }
    }
}

#[async_trait]
impl TaggedReader for Detector {
    fn name(&self) -> &'static str {
        "alerting"
    }

    async fn stored_offset(&mut self) -> Option<u64> {
        let offset = self.database.read(rows::offset).await;
        offset.inspect_err(|error| tracing::error!(%error, "cannot tell where alerting stands")).ok()
    }

    async fn apply(&mut self, batch: &[Entry<TaggedMention>]) -> Result<Vec<LiveEvent>, ReaderError> {
        let batch = batch.to_vec();
        let webhooks = self.webhooks.clone();
        // Only what the transaction committed may be remembered, so it works on copies of the brands it touches.
        let touched = batch.iter().flat_map(|entry| &entry.record.mention.brands);
        let known: HashMap<BrandId, BrandState> =
            touched.filter_map(|brand| Some((brand.clone(), self.brands.get(brand)?.clone()))).collect();
        let (known, changed) = self
            .database
            .write(move |transaction| {
                let mut work =
                    Work { transaction, webhooks, brands: known, open: HashMap::new(), now: Utc::now() };
                let done = rows::offset(transaction)?;
                for entry in batch.iter().filter(|entry| entry.offset > done) {
                    for brand in &entry.record.mention.brands {
                        work.take_in(brand, &entry.record)?;
                    }
                }
                if let Some(last) = batch.last().filter(|last| last.offset > done) {
                    rows::set_offset(transaction, last.offset)?;
                }
                work.finish()
            })
            .await?;
        self.brands.extend(known);
        Ok(changed.into_iter().map(|incident| LiveEvent::Incident(Box::new(incident))).collect())
    }
}

/// An incident while a batch is applied.
struct InHand {
    open: OpenIncident,
    changed: bool,
}

/// One batch inside its transaction.
struct Work<'a> {
    transaction: &'a Transaction<'a>,
    webhooks: Webhooks,
    brands: HashMap<BrandId, BrandState>,
    /// The incidents of each touched brand that are not resolved.
    open: HashMap<BrandId, Vec<InHand>>,
    now: DateTime<Utc>,
}

impl Work<'_> {
    fn take_in(&mut self, brand: &BrandId, tagged: &TaggedMention) -> Result<(), IncidentError> {
        let mention = &tagged.mention;
        if mention.official {
            return Ok(());
        }
        match mention.change {
            Change::EngagementUpdated => Ok(()),
            Change::Deleted => self.forget(brand, tagged),
            Change::Posted | Change::Edited => self.count(brand, tagged),
        }
    }

    /// Counts a mention that is new, and looks whether it sets off an alert; an edit of a known one changes its quotation.
    fn count(&mut self, brand: &BrandId, tagged: &TaggedMention) -> Result<(), IncidentError> {
        let observation = Observation::new(tagged);
        self.load(brand, observation.published_at)?;
        let is_new = rows::count_once(self.transaction, brand, &observation, self.now)?;
        let open = self.open.entry(brand.clone()).or_default();
        if !is_new {
            for held in open.iter_mut() {
                held.changed |= tagged.mention.change == Change::Edited && held.open.reword(&observation);
            }
            return Ok(());
        }
        let at = observation.published_at;
        let state = self.brands.entry(brand.clone()).or_insert_with(|| BrandState::new(at));
        let alert = state.observe(observation.clone(), tagged.mention.collected_at);
        for held in open.iter_mut() {
            let incident = &mut held.open;
            let is_in_time = at >= incident.incident.opened_at - LONGEST_WINDOW && incident.is_active(at);
            if is_in_time && incident.scope.holds(&observation) {
                incident.count(&observation);
                if incident.incident.alerts.first().is_some_and(|first| state.is_unusual(first.series, at)) {
                    incident.last_unusual_at = incident.last_unusual_at.max(at);
                }
                held.changed = true;
            }
        }
        match alert {
            Some(alert) => self.raise(brand, alert),
            None => Ok(()),
        }
    }

    /// An alert joins the incident that it is about, or opens one.
    fn raise(&mut self, brand: &BrandId, alert: Alert) -> Result<(), IncidentError> {
        let Some(state) = self.brands.get(brand) else { return Ok(()) };
        let mentions = behind(state, &alert);
        let (subject, scope) = subject_and_scope(&alert, &mentions);
        let open = self.open.entry(brand.clone()).or_default();
        let same_event = open.iter_mut().find(|held| held.open.takes_in(&alert, &subject, &mentions));
        if let Some(held) = same_event {
            held.open.extend(alert, subject, scope, &state.window);
            held.changed = true;
            return Ok(());
        }
        let mut incident = OpenIncident::new(brand.clone(), subject, scope, &alert);
        for observation in &state.window {
            if incident.scope.holds(observation) {
                incident.count(observation);
            }
        }
        incident.find_first(&state.window);
        incident.join(alert);
        rows::save(self.transaction, &mut incident)?;
        tracing::info!(%brand, incident = incident.incident.id, mentions = incident.incident.mention_count, "incident opened");
        outbox::enqueue(self.transaction, &self.webhooks, Occasion::Opened, &incident.incident, self.now)?;
        open.push(InHand { open: incident, changed: true });
        Ok(())
    }

    /// The author removed the text: its words go, the counts stay.
    fn forget(&mut self, brand: &BrandId, tagged: &TaggedMention) -> Result<(), IncidentError> {
        let key = &tagged.mention.key;
        self.load(brand, tagged.mention.published_at)?;
        rows::forget_record(self.transaction, key)?;
        if let Some(state) = self.brands.get_mut(brand) {
            state.window.retain(|observation| observation.key != *key);
        }
        for held in self.open.entry(brand.clone()).or_default() {
            held.changed |= held.open.forget(key);
        }
        let resolved = rows::incidents(
            self.transaction,
            "brand = ?1 AND status = 'resolved' AND instr(detail, ?2)",
            &[&brand.as_str(), &rows::to_json(key)],
        )?;
        for mut incident in resolved {
            if incident.forget(key) {
                rows::save(self.transaction, &mut incident)?;
            }
        }
        Ok(())
    }

    fn load(&mut self, brand: &BrandId, at: DateTime<Utc>) -> Result<(), IncidentError> {
        if !self.brands.contains_key(brand) {
            let state = rows::brand_state(self.transaction, brand)?;
            self.brands.insert(brand.clone(), state.unwrap_or_else(|| BrandState::new(at)));
        }
        if !self.open.contains_key(brand) {
            let open =
                rows::incidents(self.transaction, "brand = ?1 AND status <> 'resolved'", &[&brand.as_str()])?;
            let in_hand = open.into_iter().map(|open| InHand { open, changed: false }).collect();
            self.open.insert(brand.clone(), in_hand);
        }
        Ok(())
    }

    /// Writes what changed; returns the brands as they now are, and the changed incidents by number.
    fn finish(mut self) -> Result<(HashMap<BrandId, BrandState>, Vec<Incident>), IncidentError> {
        for (brand, state) in &self.brands {
            rows::save_brand_state(self.transaction, brand, state)?;
        }
        let mut changed = BTreeMap::new();
        for held in self.open.values_mut().flatten().filter(|held| held.changed) {
            rows::save(self.transaction, &mut held.open)?;
            changed.insert(held.open.incident.id, held.open.incident.clone());
        }
        Ok((self.brands, changed.into_values().collect()))
    }
}
