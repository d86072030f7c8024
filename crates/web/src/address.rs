//! Addresses of our own pages, put together so that any value may stand in them.

use std::fmt::Write;

/// A path with its parameters; those without a value are left out.
pub(crate) fn address(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut address = path.to_owned();
    let mut separator = '?';
    for (name, value) in parameters {
        if let Some(value) = value {
            // Writing to a string cannot fail.
            let _ = write!(address, "{separator}{name}={}", encode(value));
            separator = '&';
        }
    }
    address
}

/// A text as the value of a query parameter. What needs no escape stays as it is, so that people can read the address.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b':' | b'*' => {
                encoded.push(char::from(byte));
            }
            b' ' => encoded.push('+'),
            other => {
                let _ = write!(encoded, "%{other:02X}");
            }
        }
    }
    encoded
}

/// The search for a query.
pub(crate) fn search_address(query: &str) -> String {
    address("/search", &[("q", Some(query))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_value_may_stand_in_an_address() {
        assert_eq!(address("/inbox", &[("a", None), ("b", Some("x"))]), "/inbox?b=x");
        assert_eq!(
            search_address("cause:delivery été & #1"),
            "/search?q=cause:delivery+%C3%A9t%C3%A9+%26+%231"
        );
    }
}
