//! One text that the model refuses must not hold up the others.

use domain::Tags;

use crate::{ClassifierError, TextTagger};

/// A text that any working model takes.
const HARMLESS: &str = "ok";

/// Tags texts; when the model refuses them together, halves are tried, down to the text at fault, which gets nothing.
///
/// # Errors
/// The model refuses a harmless text too: then it is the model that fails, and no text is to blame.
pub(crate) async fn tag_isolating(
    tagger: &dyn TextTagger,
    texts: Vec<String>,
) -> Result<Vec<Option<Tags>>, ClassifierError> {
    let mut found: Vec<Option<Tags>> = vec![None; texts.len()];
    let mut ranges = Vec::new();
    if !texts.is_empty() {
        ranges.push(0..texts.len());
    }
    while let Some(range) = ranges.pop() {
        match tagger.tag(texts[range.clone()].to_vec()).await {
            Ok(tags) => {
                for (place, tags) in range.zip(tags) {
                    found[place] = Some(tags);
                }
            }
            Err(error) if range.len() == 1 => {
                tagger.tag(vec![HARMLESS.to_owned()]).await?;
                tracing::warn!(%error, "the model refuses one text");
            }
            Err(_) => {
                let middle = range.start + range.len() / 2;
                ranges.push(middle..range.end);
                ranges.push(range.start..middle);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::FakeTagger;

    #[tokio::test]
    async fn only_the_text_at_fault_gets_nothing() {
        let tagger = FakeTagger::refusing("poison");
        let texts: Vec<String> = (0..20)
            .map(|index| if index == 13 { "poison".into() } else { format!("texte {index}") })
            .collect();
        let found = tag_isolating(&tagger, texts).await.unwrap();
        let missing: Vec<usize> = (0..20).filter(|place| found[*place].is_none()).collect();
        assert_eq!(missing, [13]);
    }

    #[tokio::test]
    async fn a_model_that_refuses_everything_is_itself_at_fault() {
        let tagger = FakeTagger::refusing("");
        assert!(tag_isolating(&tagger, vec!["a".into(), "b".into()]).await.is_err());
        assert!(tag_isolating(&tagger, vec![]).await.unwrap().is_empty());
    }
}
