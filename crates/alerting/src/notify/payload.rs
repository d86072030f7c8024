//! What a webhook receives: the facts of an incident, no text and no author.

use domain::Incident;
use serde_json::{Value, json};

use super::Occasion;

/// The body of a notification. `version` grows when a field changes its meaning; new fields may come at any time.
pub(super) fn payload(occasion: Occasion, incident: &Incident) -> Value {
    let counts = |counts: Vec<(String, u32)>| -> Vec<Value> {
        counts.into_iter().map(|(value, mentions)| json!({"value": value, "mentions": mentions})).collect()
    };
    json!({
        "version": 1,
        "event": occasion.as_str(),
        "incident": {
            "id": incident.id,
            "brand": incident.brand,
            "subject": incident.subject,
            "status": incident.status,
            "opened_at": incident.opened_at,
            "updated_at": incident.updated_at,
            "acknowledged_by": incident.acknowledged_by,
            "resolved_by": incident.resolved_by,
            "resolved_at": incident.resolved_at,
            "mention_count": incident.mention_count,
            "reach": incident.reach,
            "emotions": counts(incident.emotions.iter().map(|(tag, n)| (tag.to_string(), *n)).collect()),
            "causes": counts(incident.causes.iter().map(|(tag, n)| (tag.to_string(), *n)).collect()),
            "sources": counts(incident.sources.clone()),
            "alerts": incident.alerts,
        },
    })
}
