//! The engine as a process: who may use it, how it ends, how it comes back.

mod support;

use std::{os::unix::process::ExitStatusExt, path::Path, process::Stdio};

use clickhouse::Client;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use support::{TestEngine, eventually, options, start};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use vigie_analytics::{Analytics, AnalyticsError, Engine, EngineError, EngineOptions, ServerOptions};

fn is_running(pid: u32) -> bool {
    // A zombie would have a process, but no memory.
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status.contains("VmRSS")
}

async fn refusal(client: &Client, sql: &str) -> String {
    match client.query_raw(sql).fetch_all::<String>().await {
        Ok(rows) => panic!("{sql} was answered with {} rows", rows.len()),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn only_the_program_gets_in() {
    let test = start().await;
    let analytics = test.analytics().await;
    assert_eq!(analytics.count().await.unwrap(), 0);
    let password = test.password();
    for sql in
        ["SELECT 'anything'", "SELECT file('/etc/passwd')", "SELECT toString(count()) FROM vigie.mentions"]
    {
        for (user, password) in [("default", ""), ("vigie", password.as_str())] {
            for gate in ["", "guessed"] {
                let anybody = test.client(user, password).with_header("X-Vigie-Engine", gate);
                let refused = refusal(&anybody, sql).await;
                assert!(refused.contains("There is no handle"), "{user}, {sql}: {refused}");
            }
        }
    }
    // Past the gate there is still the password,
    for (user, password) in [("vigie", ""), ("vigie", "guessed"), ("default", "guessed"), ("admin", "")] {
        let refused = refusal(&test.client(user, password), "SELECT 'anything'").await;
        assert!(refused.contains("Authentication failed"), "{user}: {refused}");
    }
    // and the rights.
    for (user, sql) in [
        ("default", "SELECT toString(count()) FROM vigie.mentions"),
        ("default", "SELECT line FROM file('/etc/passwd', LineAsString, 'line String')"),
        ("vigie", "SELECT line FROM file('/etc/passwd', LineAsString, 'line String')"),
        ("vigie", "SELECT line FROM url('http://127.0.0.1:1/', LineAsString, 'line String')"),
        ("vigie", "CREATE TABLE vigie.files (line String) ENGINE = File(LineAsString, '/etc/passwd')"),
    ] {
        let password = if user == "vigie" { password.as_str() } else { "" };
        let refused = refusal(&test.client(user, password), sql).await;
        assert!(refused.contains("ACCESS_DENIED"), "{user}, {sql}: {refused}");
    }
    test.engine.stop().await;
}

#[tokio::test]
async fn a_wrong_password_and_a_dead_address_are_told_apart() {
    let test = start().await;
    // A server of one's own has no gate: a proxy here stands for it.
    let url = open_gate(&test).await;
    let mut server = ServerOptions {
        url,
        user: "vigie".to_owned(),
        password: "wrong".to_owned(),
        database: "vigie".to_owned(),
    };
    let error = Analytics::connect(&server).await.unwrap_err();
    assert!(matches!(error, AnalyticsError::Login), "{error}");
    server.password = test.password();
    assert_eq!(Analytics::connect(&server).await.unwrap().count().await.unwrap(), 0);
    server.database = "somebody_elses".to_owned();
    let error = Analytics::connect(&server).await.unwrap_err();
    assert!(matches!(error, AnalyticsError::NoDatabase(_)), "{error}");
    server.url = "http://127.0.0.1:1".to_owned();
    let error = Analytics::connect(&server).await.unwrap_err();
    assert!(matches!(error, AnalyticsError::Unavailable(_)), "{error}");
    assert!(error.to_string().contains("[analytics]"), "{error}");
}

/// An address at which the engine looks like any other server: puts the gate's header into each request.
async fn open_gate(test: &TestEngine) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    let engine = test.engine.endpoint().expect("the engine runs").replace("http://", "");
    let header = format!("X-Vigie-Engine: {}\r\n", test.gate());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut server = TcpStream::connect(&engine).await.expect("the engine listens");
            let mut line = Vec::new();
            while !line.ends_with(b"\r\n") {
                line.push(client.read_u8().await.expect("a request"));
            }
            line.extend_from_slice(header.as_bytes());
            // One request a connection, because only the first one gets the header.
            line.extend_from_slice(b"Connection: close\r\n");
            server.write_all(&line).await.expect("the engine reads");
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
        }
    });
    url
}

#[tokio::test]
async fn tables_of_a_newer_program_are_left_alone() {
    let test = start().await;
    test.analytics().await;
    let client = test.client("vigie", &test.password()).with_database("vigie");
    let sql = "INSERT INTO schema_migrations (version, name) VALUES (99, 'later')";
    client.query_raw(sql).execute().await.unwrap();
    let error = Analytics::embedded(&test.engine).await.unwrap_err();
    assert!(matches!(error, AnalyticsError::FromTheFuture { found: 99, .. }), "{error}");
}

#[tokio::test]
async fn a_missing_or_broken_library_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("nowhere.so");
    let with = |library: &Path| EngineOptions {
        library: Some(library.to_owned()),
        ..options(&folder.path().join("engine"))
    };
    let error = Engine::start(with(&missing)).await.unwrap_err();
    assert!(matches!(error, EngineError::LibraryMissing(_)), "{error}");
    assert!(error.to_string().contains("make setup") && error.to_string().contains("nowhere.so"), "{error}");

    let broken = folder.path().join("broken.so");
    std::fs::write(&broken, "not a library").unwrap();
    let error = Engine::start(with(&broken)).await.unwrap_err();
    assert!(matches!(error, EngineError::LibraryUnusable(_)), "{error}");

    let gone =
        EngineOptions { program: folder.path().join("gone"), ..options(&folder.path().join("engine")) };
    let error = Engine::start(gone).await.unwrap_err();
    assert!(matches!(error, EngineError::Spawn { .. }), "{error}");
}

#[tokio::test]
async fn a_folder_has_one_engine_at_a_time_and_stopping_leaves_nothing_running() {
    let test = start().await;
    let pid = test.engine.pid().unwrap();
    let error = Engine::start(options(test.folder.path())).await.unwrap_err();
    assert!(matches!(error, EngineError::InUse(_)), "{error}");
    assert!(error.to_string().contains("stop the other vigie"), "{error}");
    assert!(is_running(pid), "the first one is left alone");
    let analytics = test.analytics().await;
    test.engine.stop().await;
    assert!(!is_running(pid));
    let error = analytics.count().await.unwrap_err();
    assert!(matches!(error, AnalyticsError::EngineDown(_)), "{error}");

    let again = Engine::start(options(test.folder.path())).await.unwrap();
    let pid = again.pid().unwrap();
    drop(again);
    eventually("a dropped engine ends", || async { !is_running(pid) }).await;
}

#[tokio::test]
async fn an_engine_that_dies_comes_back_with_its_data() {
    let test = start().await;
    let analytics = test.analytics().await;
    let mut reader = analytics.reader();
    support::apply(&mut reader, vec![testkit::tagged(1, "x", &[])]).await;
    let first = test.engine.pid().unwrap();
    kill(Pid::from_raw(first.cast_signed()), Signal::SIGKILL).unwrap();
    eventually("the end is noticed", || async { test.engine.pid() != Some(first) }).await;
    eventually("another one runs", || async { test.engine.pid().is_some() }).await;
    assert_eq!(test.engine.error(), None);
    assert_eq!(analytics.count().await.unwrap(), 1);
    test.engine.stop().await;
}

#[tokio::test]
async fn the_engine_ends_with_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    // Makes the files, as every start does.
    let engine = Engine::start(options(folder.path())).await.unwrap();
    engine.stop().await;
    std::fs::remove_file(folder.path().join("port")).unwrap();
    let library = std::env::var("VIGIE_CHDB_LIBRARY").unwrap();
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_vigie-engine-host"))
        .args([library.as_str(), folder.path().to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let port = folder.path().join("port");
    eventually("the engine listens", || async { std::fs::read(&port).is_ok_and(|port| !port.is_empty()) })
        .await;
    // What the kernel does with the pipe of a parent that was killed.
    drop(child.stdin.take());
    let status = child.wait().await.unwrap();
    assert_eq!(status.signal(), Some(Signal::SIGKILL as i32));
}
