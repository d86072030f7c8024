//! What can go wrong with ClickHouse as a store, and what to do about it.

use clickhouse::error::Error;

/// Why ClickHouse could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum AnalyticsError {
    /// Nobody answers at the moment.
    #[error(
        "ClickHouse does not answer ({0}): it is tried again by itself; if that does not help, check the address in [analytics] and the server"
    )]
    Unavailable(String),
    /// The embedded engine is being started again.
    #[error("ClickHouse is not ready ({0}): try again in a moment")]
    EngineDown(String),
    /// It did not answer in time.
    #[error(
        "ClickHouse did not answer within {0} seconds: ask for a shorter period, or give the machine more room"
    )]
    Timeout(u64),
    /// User or password are wrong.
    #[error("ClickHouse refuses the user or the password: check user and password_file in [analytics]")]
    Login,
    /// The user may not do what is needed.
    #[error("the ClickHouse user lacks a right ({0}): grant it all rights on its database")]
    Rights(String),
    /// The database is missing and the user may not make it.
    #[error(
        "ClickHouse has no database {0:?} and it could not be made: make it, or grant the user the right to"
    )]
    NoDatabase(String),
    /// The server's memory limit is reached.
    #[error(
        "ClickHouse has run out of memory: raise max_memory_megabytes in [analytics], or the server's limit"
    )]
    OutOfMemory,
    /// No space is left for the data.
    #[error("the disk of ClickHouse is full: free some space, writing then goes on by itself")]
    DiskFull,
    /// The database was written by a newer program.
    #[error(
        "the ClickHouse tables are at step {found}, this program knows {known}: use a newer vigie, or a backup made before the upgrade"
    )]
    FromTheFuture {
        /// Steps applied to the database.
        found: u32,
        /// Steps that this program has.
        known: u32,
    },
    /// A value in the store is none that this program writes.
    #[error(
        "ClickHouse holds the unknown {what} {value:?}: use the version of vigie that wrote it, or a newer one"
    )]
    Unknown {
        /// What it should be.
        what: &'static str,
        /// What it is.
        value: String,
    },
    /// More points than anybody can look at.
    #[error("the period has more than {0} points: ask for days instead of hours, or for a shorter period")]
    TooManyPoints(usize),
    /// Any other refusal of the server. Its message may quote data, so only the code is told.
    #[error(
        "ClickHouse failed with code {0}: its own log says more; if the tables were changed by hand, restore them"
    )]
    Server(String),
    /// Question and answer do not fit together.
    #[error(
        "the answer of ClickHouse cannot be read ({0}): check that the address in [analytics] is a ClickHouse server's"
    )]
    Protocol(String),
}

impl From<Error> for AnalyticsError {
    fn from(error: Error) -> Self {
        match error {
            Error::BadResponse(message) => refusal(&message),
            Error::Network(source) => Self::Unavailable(chain(source.as_ref())),
            Error::TimedOut => Self::Unavailable("timeout".to_owned()),
            Error::InvalidParams(source) => Self::Unavailable(format!("invalid address: {source}")),
            other => Self::Protocol(other.to_string()),
        }
    }
}

/// An error with the errors behind it: "client error (Connect)" alone helps nobody.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The server's messages look like `Code: 60. DB::Exception: … (UNKNOWN_TABLE) (version …)`.
fn refusal(message: &str) -> AnalyticsError {
    let Some((_, rest)) = message.split_once("Code: ") else {
        return AnalyticsError::Protocol("no ClickHouse message".to_owned());
    };
    let code = rest.split('.').next().unwrap_or_default();
    match code {
        "516" | "192" | "193" | "194" => AnalyticsError::Login,
        "497" => AnalyticsError::Rights(missing_right(rest)),
        "241" => AnalyticsError::OutOfMemory,
        "243" => AnalyticsError::DiskFull,
        "159" | "394" => AnalyticsError::Unavailable("the query was given up".to_owned()),
        _ => {
            let name = rest.rsplit('(').map(|part| part.split(')').next().unwrap_or_default());
            let is_name =
                |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
            let name = name.take(3).find(is_name).unwrap_or("UNKNOWN");
            let code: String = code.chars().filter(char::is_ascii_digit).take(6).collect();
            AnalyticsError::Server(format!("{code} {name}"))
        }
    }
}

fn missing_right(message: &str) -> String {
    let right = message
        .split_once("have the grant ")
        .map(|(_, rest)| rest.split(['.', '(']).next().unwrap_or_default());
    right.unwrap_or("unknown").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_by_what_can_be_done_and_quote_no_data() {
        let login =
            refusal("Code: 516. DB::Exception: vigie: Authentication failed: … (AUTHENTICATION_FAILED)");
        assert!(matches!(login, AnalyticsError::Login));
        let rights = refusal(
            "Code: 497. DB::Exception: vigie: Not enough privileges. To execute this query, it's necessary to have the grant \
             CREATE DATABASE ON vigie.*. (ACCESS_DENIED) (version 26.7.2.1)",
        );
        assert!(rights.to_string().contains("CREATE DATABASE ON vigie"), "{rights}");
        let other = refusal(
            "Code: 62. DB::Exception: Syntax error: 'my secret (TEXT)'. (SYNTAX_ERROR) (version 26.7.2.1)",
        );
        assert_eq!(other.to_string().matches("62 SYNTAX_ERROR").count(), 1, "{other}");
        assert!(!other.to_string().contains("secret"));
        assert!(matches!(refusal("<html>nginx</html>"), AnalyticsError::Protocol(_)));
    }
}
