//! The tokenizer with only the pieces that are kept.

use serde_json::Value;

/// Trims a Unigram `tokenizer.json` to the pieces with these ids, whose order they keep.
///
/// Special tokens must be among them, and the ids that the file itself speaks of are renumbered.
pub(super) fn trim(json: &[u8], kept: &[u32]) -> Result<Vec<u8>, String> {
    let mut tokenizer: Value = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    let new_id = |old: &Value| -> Result<Value, String> {
        let old = old.as_u64().ok_or("an id is no number")?;
        let position = kept.iter().position(|id| u64::from(*id) == old);
        position.map(Value::from).ok_or_else(|| format!("special token {old} is not among the kept ids"))
    };

    let model = &mut tokenizer["model"];
    if model["type"] != "Unigram" {
        return Err(format!("expected a Unigram tokenizer, found {}", model["type"]));
    }
    model["unk_id"] = new_id(&model["unk_id"])?;
    let pieces = model["vocab"].as_array_mut().ok_or("the tokenizer has no vocabulary")?;
    let mut trimmed = Vec::with_capacity(kept.len());
    for &id in kept {
        let piece = pieces.get_mut(id as usize).ok_or_else(|| format!("the tokenizer has no piece {id}"))?;
        trimmed.push(piece.take());
    }
    *pieces = trimmed;

    for token in tokenizer["added_tokens"].as_array_mut().into_iter().flatten() {
        token["id"] = new_id(&token["id"])?;
    }
    let special = tokenizer["post_processor"]["special_tokens"].as_object_mut();
    for token in special.into_iter().flat_map(|tokens| tokens.values_mut()) {
        for id in token["ids"].as_array_mut().into_iter().flatten() {
            *id = new_id(id)?;
        }
    }
    serde_json::to_vec(&tokenizer).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"{"added_tokens":[{"id":0,"content":"<s>"},{"id":5,"content":"<mask>"}],
        "post_processor":{"special_tokens":{"<s>":{"ids":[0]}}},
        "model":{"type":"Unigram","unk_id":1,"vocab":[["<s>",0.0],["<unk>",0.0],["a",-1.5],["b",-2.5],["c",-3.5],["<mask>",0.0]]}}"#;

    #[test]
    fn keeps_pieces_in_order_and_renumbers_special_tokens() {
        let trimmed: Value = serde_json::from_slice(&trim(SMALL.as_bytes(), &[0, 1, 3, 5]).unwrap()).unwrap();
        assert_eq!(trimmed["model"]["vocab"][2], serde_json::json!(["b", -2.5]));
        assert_eq!(trimmed["model"]["vocab"].as_array().unwrap().len(), 4);
        assert_eq!(trimmed["added_tokens"][1]["id"], 3);
        assert_eq!(trimmed["model"]["unk_id"], 1);
    }

    #[test]
    fn special_tokens_cannot_be_dropped() {
        assert!(trim(SMALL.as_bytes(), &[0, 1, 2]).unwrap_err().contains("special token 5"));
    }
}
