//! HTML to text: no tags, no footnotes, no line breaks but the author's.

use std::collections::HashMap;

use html2text::{config::with_decorator, render::TrivialDecorator};

/// More HTML than this is cut before it is read: the text in it is long enough.
const MAX_HTML_BYTES: usize = 256 * 1024;
/// Deeper nesting is nobody's text; reading it would need a stack as deep.
const MAX_DEPTH: usize = 400;
/// Lines are not wrapped, so this only has to be wider than any text.
const WIDTH: usize = 2 * MAX_HTML_BYTES;

/// The text of a piece of HTML, or of what may be HTML.
pub(super) fn to_text(content: &str) -> String {
    if !looks_like_markup(content) {
        return content.trim().to_owned();
    }
    let html = &content[..content.floor_char_boundary(MAX_HTML_BYTES)];
    // Some write XHTML's `<br/>` as a pair, which HTML reads as two line breaks.
    let html = &html.replace("</br>", "");
    if depth(html) > MAX_DEPTH {
        return without_tags(html);
    }
    let config =
        with_decorator(TrivialDecorator::new()).raw_mode(true).no_link_wrapping().allow_width_overflow();
    let text = config.string_from_read(html.as_bytes(), WIDTH).unwrap_or_else(|_| without_tags(html));
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim().to_owned()
}

/// Whether there is a tag or an entity: `a < b & c` is plain text.
fn looks_like_markup(content: &str) -> bool {
    let starts = |index: usize, wanted: fn(char) -> bool| content[index + 1..].starts_with(wanted);
    let is_tag = |index| starts(index, |next| next.is_ascii_alphabetic() || matches!(next, '/' | '!'));
    let is_entity = |index| {
        starts(index, |next| next.is_ascii_alphabetic() || next == '#')
            && content[index + 1..]
                .chars()
                .take(32)
                .find(|next| !next.is_ascii_alphanumeric() && *next != '#')
                == Some(';')
    };
    content.match_indices('<').any(|(index, _)| is_tag(index))
        || content.match_indices('&').any(|(index, _)| is_entity(index))
}

/// How deep elements may nest at most. A closing tag counts only against an opening tag of its own name, because others close nothing.
fn depth(html: &str) -> usize {
    let mut open: HashMap<&str, usize> = HashMap::new();
    let (mut depth, mut deepest) = (0, 0);
    for (index, _) in html.match_indices('<') {
        let tag = &html[index + 1..];
        let (closing, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        let length =
            tag.find(|next: char| next.is_ascii_whitespace() || "/><".contains(next)).unwrap_or(tag.len());
        let name = &tag[..length];
        // These never hold one of their own kind.
        if !name.starts_with(|first: char| first.is_ascii_alphabetic())
            || ["p", "br", "li", "img", "hr"].contains(&name)
        {
            continue;
        }
        let count = open.entry(name).or_default();
        if !closing {
            *count += 1;
            depth += 1;
            deepest = deepest.max(depth);
        } else if *count > 0 {
            *count -= 1;
            depth -= 1;
        }
    }
    deepest
}

/// What is outside of angle brackets.
fn without_tags(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    for (index, piece) in html.split('<').enumerate() {
        let outside =
            if index == 0 { piece } else { piece.split_once('>').map_or("", |(_, outside)| outside) };
        text.push_str(outside);
        text.push(' ');
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn handles_hashtags_links_and_paragraphs_read_as_people_see_them() {
        let html = "<p><span class=\"h-card\"><a href=\"https://s.example/@colisio\" class=\"u-url mention\">@<span>colisio</span></a></span> \
             colis <b>perdu</b>, 3<sup>e</sup> relance&nbsp;!<br>Honteux.</p><p><a href=\"https://s.example/tags/sav\">#<span>SAV</span></a> \
             <a href=\"https://a.example/b\"><span class=\"invisible\">https://</span><span>a.example/b</span></a></p>";
        let text = to_text(html);
        assert!(text.starts_with("@colisio colis perdu, 3"), "{text}");
        assert!(text.contains("\u{a0}!\nHonteux.") || text.contains(" !\nHonteux."), "{text}");
        assert!(text.ends_with("#SAV https://a.example/b"), "{text}");
    }

    #[test]
    fn plain_text_stays_and_entities_are_opened() {
        assert_eq!(to_text("délai < 3 jours & plus, a<3"), "délai < 3 jours & plus, a<3");
        assert_eq!(to_text("L&#8217;&eacute;t&eacute; &amp; vous"), "L’été & vous");
        assert_eq!(to_text("<script>alert(1)</script><p>Bonjour</p>"), "Bonjour");
    }

    #[test]
    fn long_texts_are_not_wrapped() {
        let sentence = "toujours rien reçu ".repeat(2_000);
        assert_eq!(to_text(&format!("<p>{sentence}</p>")).lines().count(), 1);
    }

    #[test]
    fn nesting_without_end_is_read_without_a_deep_stack() {
        for opening in ["<div>", "<b>", "<div></x>", "<svg><source>", "<table><td>", "<blockquote>"] {
            let html = format!("{}colis", opening.repeat(20_000));
            assert_eq!(to_text(&html), "colis", "{opening}");
        }
        assert!(to_text(&"<table><tr><td colspan=4000000000 rowspan=4000000000>a".repeat(50)).contains('a'));
    }

    proptest! {
        #[test]
        fn no_html_panics(html in "(<(/?)(p|b|a|div|table|td|ul|li|pre|svg|sup|x)( [a-z]+=\"?[^>]{0,8})?/?>|&[a-z#0-9]{0,6};?|.|\n){0,60}") {
            to_text(&html);
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            to_text(&text);
        }
    }
}
