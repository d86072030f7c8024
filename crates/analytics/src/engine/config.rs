//! The files in the engine's folder: the password, and a configuration that locks everybody else out.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use rand::Rng;
use sha2::{Digest, Sha256};

/// The user that the program connects as.
pub(crate) const USER: &str = "vigie";
/// The database that this user owns. Not `default`, which the engine makes as an overlay of files.
pub(crate) const DATABASE: &str = "vigie";
/// Where ClickHouse keeps its data, inside the engine's folder.
pub(crate) const DATA: &str = "data";
/// Where the engine says on which port it listens.
pub(crate) const PORT: &str = "port";
/// The configuration of the server.
pub(crate) const SERVER_CONFIG: &str = "server.xml";

const USERS_CONFIG: &str = "users.xml";
const PASSWORD: &str = "password";
const PASSWORD_BYTES: usize = 32;
/// The header that every request must carry.
pub(crate) const GATE_HEADER: &str = "X-Vigie-Engine";
/// The kinds of tables that the program makes. Others read files or start programs.
const TABLE_ENGINES: [&str; 6] =
    ["MergeTree", "ReplacingMergeTree", "SummingMergeTree", "Null", "View", "MaterializedView"];

/// What opens the engine to the program.
#[derive(Clone)]
pub(crate) struct Keys {
    /// The password of [`USER`].
    pub(crate) password: String,
    /// The value of [`GATE_HEADER`].
    pub(crate) gate: String,
}

/// Makes the folder and writes its files, readable by their owner only.
pub(crate) fn prepare(dir: &Path, max_memory_bytes: u64) -> io::Result<Keys> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let password = password(dir)?;
    write_private(&dir.join(USERS_CONFIG), &users(&password))?;
    // Made from the password, so that no configuration holds the password itself.
    let gate = hash(&format!("gate {password}"));
    write_private(&dir.join(SERVER_CONFIG), &server(&gate, max_memory_bytes))?;
    Ok(Keys { password, gate })
}

/// The password of earlier starts, or a new one. It is kept so that a person can look into the data with a client of their own.
fn password(dir: &Path) -> io::Result<String> {
    let path = dir.join(PASSWORD);
    match fs::read_to_string(&path) {
        Ok(password) if password.len() == 2 * PASSWORD_BYTES => return Ok(password),
        // A file cut short by a full disk or a crash is replaced: the engine learns the new password at each start.
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut random = [0_u8; PASSWORD_BYTES];
    rand::rng().fill_bytes(&mut random);
    let password = hexadecimal(&random);
    write_private(&path, &password)?;
    Ok(password)
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The server's configuration. Paths are relative to the engine's folder, which is the child's working directory, so nothing needs
/// escaping.
///
/// The host's own session is the user `default` without a password, and anybody on this machine could log in as it. Taking its
/// rights away is not enough: the function `file('/etc/passwd')` needs none. So the listener answers only requests that carry the
/// gate's header, whoever they come from; to all others there is nothing here.
fn server(gate: &str, max_memory_bytes: u64) -> String {
    format!(
        "<clickhouse>
  <logger><level>none</level></logger>
  <users_config>{USERS_CONFIG}</users_config>
  <max_server_memory_usage>{max_memory_bytes}</max_server_memory_usage>
  <mark_cache_size>134217728</mark_cache_size>
  <http_handlers>
    <rule>
      <headers><{GATE_HEADER}>{gate}</{GATE_HEADER}></headers>
      <handler><type>dynamic_query_handler</type><query_param_name>query</query_param_name></handler>
    </rule>
  </http_handlers>
</clickhouse>
"
    )
}

/// The users: the host's session may start the listener and wait, the program owns its database.
fn users(password: &str) -> String {
    let password = hash(password);
    let table_engines: String =
        TABLE_ENGINES.map(|engine| format!("<query>GRANT TABLE ENGINE ON {engine}</query>")).concat();
    format!(
        "<clickhouse>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users>
    <default>
      <password/>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants>
        <query>GRANT SYSTEM LISTEN ON *.*</query>
        <query>GRANT CREATE TEMPORARY TABLE ON *.*</query>
        <query>GRANT SELECT ON system.numbers</query>
      </grants>
    </default>
    <{USER}>
      <password_sha256_hex>{password}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants>
        <query>GRANT ALL ON {DATABASE}.*</query>
        <query>GRANT SELECT ON system.*</query>
        {table_engines}
      </grants>
    </{USER}>
  </users>
</clickhouse>
"
    )
}

fn hash(text: &str) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_password_is_kept_and_no_configuration_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("engine");
        let password = prepare(&dir, 1).unwrap().password;
        assert_eq!(prepare(&dir, 1).unwrap().password, password);
        for name in [USERS_CONFIG, SERVER_CONFIG] {
            assert!(!fs::read_to_string(dir.join(name)).unwrap().contains(&password));
        }
        for entry in fs::read_dir(&dir).unwrap() {
            assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_password_that_was_cut_short_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let first = prepare(folder.path(), 1).unwrap().password;
        fs::write(folder.path().join(PASSWORD), &first[..7]).unwrap();
        let second = prepare(folder.path(), 1).unwrap().password;
        assert_eq!(second.len(), 2 * PASSWORD_BYTES);
        assert_ne!(first, second);
    }
}
