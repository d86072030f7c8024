//! Inline SVG icons: they take the colour of the text, and the strict policy for styles and images holds.

use std::fmt;

/// An icon, hidden from screen readers: the text beside it says the same.
pub(crate) struct Icon(&'static str);

impl fmt::Display for Icon {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            r#"<svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{}</svg>"#,
            self.0
        )
    }
}

impl askama::filters::HtmlSafe for Icon {}

/// The icon of a name; an unknown name is a circle, which a test refuses.
pub(crate) fn icon(name: &str) -> Icon {
    Icon(shape(name).unwrap_or(r#"<circle cx="12" cy="12" r="8"/>"#))
}

fn shape(name: &str) -> Option<&'static str> {
    Some(match name {
        "alerts" => {
            r#"<path d="M6 9a6 6 0 0 1 12 0c0 6 2.5 7 2.5 7h-17S6 15 6 9"/><path d="M10 20a2.2 2.2 0 0 0 4 0"/>"#
        }
        "trends" => r#"<path d="M3 20h18"/><path d="M4 15l5-5 4 3.5L20 6"/><path d="M15.5 6H20v4.5"/>"#,
        "inbox" => {
            r#"<path d="M4 13l2.6-7.2A1.2 1.2 0 0 1 7.700 5h8.6a1.200 1.200 0 0 1 1.100.8L20 13v5a1.500 1.500 0 0 1-1.500 1.500h-13A1.500 1.500 0 0 1 4 18z"/><path d="M4 13h4.500l1.200 2.500h4.600l1.200-2.500H20"/>"#
        }
        "search" => r#"<circle cx="11" cy="11" r="6.5"/><path d="M16 16l4.500 4.500"/>"#,
        "logout" => {
            r#"<path d="M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4"/><path d="M15 8l4 4-4 4"/><path d="M19 12H9"/>"#
        }
        "sun" => {
            r#"<circle cx="12" cy="12" r="4"/><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.600 5.600L7 7M17 17l1.400 1.400M18.400 5.600L17 7M7 17l-1.400 1.400"/>"#
        }
        "moon" => r#"<path d="M19.500 14.500A8 8 0 0 1 9.500 4.500a8 8 0 1 0 10 10z"/>"#,
        "auto" => {
            r#"<circle cx="12" cy="12" r="8"/><path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor" stroke="none"/>"#
        }
        "link" => {
            r#"<path d="M14 5h5v5"/><path d="M19 5l-8 8"/><path d="M18 14v4a1.500 1.500 0 0 1-1.500 1.500h-10A1.500 1.500 0 0 1 5 18V8a1.500 1.500 0 0 1 1.500-1.500h4"/>"#
        }
        "story" => {
            r#"<path d="M17 3l3 3-3 3"/><path d="M4 11V9a3 3 0 0 1 3-3h13"/><path d="M7 21l-3-3 3-3"/><path d="M20 13v2a3 3 0 0 1-3 3H4"/>"#
        }
        "reach" => {
            r#"<circle cx="9" cy="8" r="3.200"/><path d="M3 19c0-3.300 2.700-5.500 6-5.500s6 2.200 6 5.500"/><path d="M15.500 5.200a3.200 3.200 0 0 1 0 5.600M17.500 14c2.100.8 3.500 2.600 3.500 5"/>"#
        }
        "rise" => r#"<path d="M5 18L12 7l3 4 4-6"/><path d="M14.500 5H19v4.500"/>"#,
        "clock" => r#"<circle cx="12" cy="12" r="8"/><path d="M12 7.500V12l3 2"/>"#,
        "check" => r#"<path d="M5 12.500l4.500 4.500L19 7.500"/>"#,
        "eye" => {
            r#"<path d="M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12z"/><circle cx="12" cy="12" r="3"/>"#
        }
        "user" => r#"<circle cx="12" cy="8" r="3.500"/><path d="M5 20c0-3.600 3-6 7-6s7 2.400 7 6"/>"#,
        "warning" | "flag-complaint" => {
            r#"<path d="M12 4L2.800 19.500h18.400z"/><path d="M12 10v4.500M12 17v.2"/>"#
        }
        "answer" | "flag-answer" => r#"<path d="M20 11.500a7 7 0 0 1-7 7H5l1.800-3A7 7 0 1 1 20 11.500z"/>"#,
        "star" => {
            r#"<path d="M12 4l2.400 5.100 5.600.7-4.100 3.800 1.100 5.500-5-2.800-5 2.800 1.100-5.500L4 9.800l5.600-.7z"/>"#
        }
        "calm" => {
            r#"<path d="M3 9c2 0 2.500-1.500 4.500-1.500S10 9 12 9s2.500-1.500 4.500-1.500S19 9 21 9M3 14.500c2 0 2.500-1.500 4.500-1.500s2.500 1.500 4.500 1.500 2.500-1.500 4.500-1.500 2.500 1.500 4.500 1.500"/>"#
        }
        "chevron" => r#"<path d="M8 10l4 4 4-4"/>"#,
        "keyboard" => {
            r#"<rect x="3" y="6.500" width="18" height="11" rx="2"/><path d="M7 10.500h.1M11 10.500h.1M15 10.500h.1M8.500 14h7"/>"#
        }
        "hand" => {
            r#"<path d="M4 13.500V19h3.500"/><path d="M4 15h3l4.500 1.500c1 .4 1 2-.2 2H9"/><path d="M11.500 18h2.700l5.300-2.500c1.300-.7.700-2.600-.8-2.300L14.500 14.500"/><circle cx="13.500" cy="7" r="3"/>"#
        }
        "back" => r#"<path d="M9 7L4.500 11.500 9 16"/><path d="M5 11.500h9a5 5 0 0 1 0 8h-2"/>"#,
        "close" => r#"<path d="M6.500 6.500l11 11M17.500 6.500l-11 11"/>"#,
        "history" => {
            r#"<path d="M4.500 12a7.500 7.500 0 1 0 2.300-5.400L4.500 9"/><path d="M4.500 4.500V9H9"/><path d="M12 8v4l2.500 1.500"/>"#
        }
        "help" => {
            r#"<circle cx="12" cy="12" r="8.500"/><path d="M9.500 9.500a2.500 2.500 0 1 1 3.600 2.300c-.8.400-1.100.9-1.100 1.700M12 16.500v.1"/>"#
        }
        "arrow-up" => r#"<path d="M12 19V6M6.500 11.500L12 6l5.500 5.500"/>"#,
        // One shape per emotion, so that no chip depends on its colour.
        "emotion-anger" => r#"<path d="M12 4l9 16H3z" fill="currentColor"/>"#,
        "emotion-exasperation" => r#"<path d="M5 5l7 7 7-7M5 12.500l7 7 7-7" stroke-width="3.500"/>"#,
        "emotion-annoyance" => {
            r#"<path d="M3 12c2.200-6 4.500-6 6.500 0s4.300 6 5.500 0 4-6 6 0" stroke-width="3.200"/>"#
        }
        "emotion-frustration" => {
            r#"<rect x="4.500" y="4.500" width="15" height="15" rx="2" fill="currentColor"/>"#
        }
        "emotion-disappointment" => {
            r#"<path d="M12 3.500c4 5 6.500 8 6.500 11a6.500 6.500 0 0 1-13 0c0-3 2.500-6 6.500-11z" fill="currentColor"/>"#
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_emotion_has_a_shape_of_its_own() {
        let shapes: std::collections::HashSet<_> = domain::Emotion::ALL
            .iter()
            .map(|emotion| shape(&format!("emotion-{emotion}")).expect("a shape"))
            .collect();
        assert_eq!(shapes.len(), 5);
        assert!(shape("nothing").is_none());
    }

    #[test]
    fn icons_named_in_templates_exist() {
        fn check(folder: &std::path::Path) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    check(&path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).unwrap();
                for (start, opening) in text.match_indices("icon(\"") {
                    let name = text[start + opening.len()..].split('"').next().unwrap();
                    assert!(shape(name).is_some(), "{}: no icon {name}", path.display());
                }
            }
        }
        check(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dashboards/web/templates"));
    }
}
