//! Values of addresses and forms, as browsers send them.

use serde::{Deserialize, Deserializer, de::IntoDeserializer};

/// A value that may be missing. A form sends a field that was left alone as an empty text, which counts as missing.
pub(crate) fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let text = Option::<String>::deserialize(deserializer)?;
    match text.filter(|text| !text.trim().is_empty()) {
        Some(text) => T::deserialize(text.into_deserializer()).map(Some),
        None => Ok(None),
    }
}

/// A box that is ticked: its presence with any value counts.
pub(crate) fn ticked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(!matches!(text.as_str(), "" | "0" | "false"))
}
