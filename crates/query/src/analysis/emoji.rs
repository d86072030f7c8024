//! Emoji as words: `😡`, `😡🏽` and `😡️` are one, a flag is one, a family is one.

const ZERO_WIDTH_JOINER: char = '\u{200D}';
/// More than the longest emoji in use; a longer chain is cut into several words.
const MAX_JOINED: usize = 8;

pub(crate) fn is_emoji(character: char) -> bool {
    matches!(character as u32,
        0x231A..=0x231B | 0x23E9..=0x23FA | 0x2600..=0x27BF | 0x2B1B..=0x2B1C | 0x2B50 | 0x2B55
        | 0x1F004 | 0x1F0CF | 0x1F1E6..=0x1F1FF | 0x1F300..=0x1FAFF)
}

fn is_regional_indicator(character: char) -> bool {
    matches!(character as u32, 0x1F1E6..=0x1F1FF)
}

/// Colour of skin, choice between coloured and plain rendering, key caps and tags: these vary a sign without changing it.
fn is_variation(character: char) -> bool {
    matches!(character as u32, 0xFE0E | 0xFE0F | 0x20E3 | 0x1F3FB..=0x1F3FF | 0xE0020..=0xE007F)
}

fn is_gender(character: char) -> bool {
    matches!(character, '♀' | '♂')
}

/// Reads the emoji that `text` begins with: its word, and the bytes it takes.
pub(crate) fn read_emoji(text: &str) -> (String, usize) {
    let mut characters = text.char_indices().peekable();
    let Some((_, first)) = characters.next() else { return (String::new(), 0) };
    let mut word = String::from(first);
    if is_regional_indicator(first)
        && let Some((_, second)) = characters.next_if(|(_, next)| is_regional_indicator(*next))
    {
        word.push(second);
    }
    for _ in 0..MAX_JOINED {
        while characters.next_if(|(_, next)| is_variation(*next)).is_some() {}
        let mut ahead = characters.clone();
        let joiner = ahead.next().is_some_and(|(_, next)| next == ZERO_WIDTH_JOINER);
        let joined = ahead.next().map(|(_, next)| next).filter(|next| joiner && is_emoji(*next));
        let Some(joined) = joined else { break };
        if !is_gender(joined) {
            word.push(ZERO_WIDTH_JOINER);
            word.push(joined);
        }
        characters = ahead;
    }
    let length = characters.peek().map_or(text.len(), |(index, _)| *index);
    (word, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_one_sign_at_a_time() {
        assert_eq!(read_emoji("😡😡"), ("😡".to_owned(), 4));
        assert_eq!(read_emoji("😡🏽!"), ("😡".to_owned(), 8));
        assert_eq!(read_emoji("❤️"), ("❤".to_owned(), "❤️".len()));
        assert_eq!(read_emoji("🇫🇷🇧🇪").0, "🇫🇷");
        assert_eq!(read_emoji("🤦‍♀️ non"), ("🤦".to_owned(), "🤦‍♀️".len()));
        assert_eq!(read_emoji("👨‍👩‍👧").0, "👨‍👩‍👧");
    }
}
