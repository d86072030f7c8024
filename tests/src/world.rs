//! A world of its own for a test: a folder, a configuration, a data dir, and the program run in it.

use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use state::rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::{Serving, eventually, pause, program};

/// No command of a test may take longer.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// What a command left.
#[derive(Debug)]
pub struct Output {
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Output {
    /// Both streams, for the message of an assertion.
    pub fn both(&self) -> String {
        format!("exit code {:?}\n{}\n{}", self.code, self.stdout, self.stderr)
    }

    /// The same output, of a command that must have succeeded.
    ///
    /// # Panics
    /// It did not.
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.both());
        self
    }

    /// The same output, of a command that must have failed with code 1 and one line that holds all of `words`.
    ///
    /// # Panics
    /// It did something else.
    pub fn failed_saying(self, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(1), "{}", self.both());
        assert!(!self.stderr.contains("panicked"), "{}", self.both());
        let line = self.stderr.lines().find(|line| line.starts_with("vigie: "));
        let line = line.unwrap_or_else(|| panic!("no line says what happened: {}", self.both()));
        // The configuration's line is quoted below the message.
        let told = &self.stderr[self.stderr.find(line).unwrap_or_default()..];
        for word in words {
            assert!(told.contains(word), "{word:?} is not in: {told}");
        }
        self
    }
}

/// A command that runs.
pub struct Running {
    child: Child,
    name: String,
    readers: Vec<thread::JoinHandle<String>>,
}

impl Running {
    fn start(command: &mut Command, input: &[u8]) -> Self {
        let name = format!("{command:?}");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let mut stdin = child.stdin.take().expect("it is piped");
        let input = input.to_vec();
        // A command that does not read what it is given is no fault.
        thread::spawn(move || drop(stdin.write_all(&input)));
        let stdout = read_all(child.stdout.take().expect("it is piped"));
        let stderr = read_all(child.stderr.take().expect("it is piped"));
        Self { child, name, readers: vec![stdout, stderr] }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended yet.
    ///
    /// # Panics
    /// The system does not tell.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child can be waited for").is_none()
    }

    /// Ends it with SIGKILL; returns what it had written.
    pub fn killed(mut self) -> Output {
        // It may have ended in the meantime.
        drop(self.child.kill());
        self.output()
    }

    /// Waits for it.
    ///
    /// # Panics
    /// It takes longer than two minutes.
    pub fn output(mut self) -> Output {
        let deadline = Instant::now() + TIME_LIMIT;
        while self.is_running() && Instant::now() < deadline {
            pause();
        }
        let is_late = self.is_running();
        drop(self.child.kill());
        let code = self.child.wait().expect("a child can be waited for").code();
        let texts = self.readers.drain(..).map(|reader| reader.join().unwrap_or_default());
        let [stdout, stderr] =
            <[String; 2]>::try_from(texts.collect::<Vec<_>>()).expect("there are two streams");
        let output = Output { code, stdout, stderr };
        assert!(!is_late, "{} did not end: {}", self.name, output.both());
        output
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn read_all(mut stream: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        drop(stream.read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// A folder with a configuration and a data dir; gone when dropped.
pub struct World {
    folder: TempDir,
}

impl World {
    /// A world with this configuration.
    ///
    /// # Panics
    /// No folder can be made.
    pub fn new(config: &str) -> Self {
        let folder =
            tempfile::Builder::new().prefix("vigie-test-").tempdir().expect("a temporary folder can be made");
        let world = Self { folder };
        world.write("vigie.toml", config);
        world
    }

    /// A path inside.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The data dir.
    pub fn data_dir(&self) -> PathBuf {
        self.path("data")
    }

    /// Writes a file.
    ///
    /// # Panics
    /// It cannot be written.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, contents).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        path
    }

    /// The program with its configuration and data dir, and nothing of the developer's own.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(arguments).current_dir(self.folder.path());
        for variable in ["VIGIE_LOG", "VIGIE_LOG_FORMAT", "RUST_BACKTRACE"] {
            command.env_remove(variable);
        }
        command.env("VIGIE_CONFIG", self.path("vigie.toml")).env("VIGIE_DATA_DIR", self.data_dir());
        command
    }

    /// Runs a command of the program.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.start(arguments).output()
    }

    /// Runs a command that reads standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Output {
        Running::start(&mut self.command(arguments), input).output()
    }

    /// Runs a prepared command.
    pub fn run_command(&self, command: &mut Command) -> Output {
        Running::start(command, b"").output()
    }

    /// Starts a command of the program without waiting for it.
    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::start(&mut self.command(arguments), b"")
    }

    /// Starts `vigie serve` on a free port and logs in.
    pub fn serve(&self) -> Serving {
        Serving::start(self)
    }

    /// What `vigie search --json` finds, at most 1,000.
    pub fn search(&self, query: &str) -> Vec<Value> {
        let found = self.run(&["search", query, "--json", "--limit", "1000"]).succeeded();
        let read =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        found.stdout.lines().map(read).collect()
    }

    /// Returns once every stage has passed everything that is in the journal.
    pub fn wait_until_read(&self) {
        // Trimming removes entries, so that the highest offset ever given says where each log ends.
        let lag = "SELECT coalesce(sum(logs.seq - readers.offset), 0) FROM readers
                   JOIN sqlite_sequence AS logs ON logs.name = readers.log";
        eventually("every stage has read everything", 120, || {
            (self.number("journal.db", lag)? == 0).then_some(())
        });
    }

    /// One number out of a store, such as `("journal.db", "SELECT count(*) FROM collected")`; none while there is no such
    /// file or table.
    pub fn number(&self, store: &str, sql: &str) -> Option<u64> {
        let path: &Path = &self.data_dir().join(store);
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
        connection.query_row(sql, (), |row| row.get(0)).ok()
    }
}
