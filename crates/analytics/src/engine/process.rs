//! One run of the child process, from its start to its end.

use std::{
    collections::VecDeque, os::unix::process::ExitStatusExt, path::PathBuf, process::Stdio, time::Duration,
};

use nix::libc::SIGKILL;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, ChildStderr, ChildStdin, Command},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

use super::{
    EngineError,
    config::{GATE_HEADER, Keys, PORT, USER},
};

/// The library is half a gigabyte: the first start may have to read all of it from a slow disk.
const START_TIMEOUT: Duration = Duration::from_secs(90);
/// How often a starting engine is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an engine may take to end when asked to.
const END_TIMEOUT: Duration = Duration::from_secs(5);
/// What is kept of the child's last words.
const KEPT_LINES: usize = 8;
const KEPT_CHARS: usize = 200;
/// What the child needs of the environment. The rest holds the program's secrets.
const PASSED_ON: [&str; 4] = ["PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR"];

/// How the child process is started.
pub(super) struct Launch {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) dir: PathBuf,
    pub(super) keys: Keys,
}

/// The running child process.
pub(super) struct EngineProcess {
    child: Child,
    /// Closing it ends the child.
    pipe: Option<ChildStdin>,
    last_words: JoinHandle<Vec<String>>,
    dir: PathBuf,
}

impl EngineProcess {
    /// Starts the child and returns it with its address once it answers.
    pub(super) async fn start(launch: &Launch) -> Result<(Self, String), EngineError> {
        let mut process = Self::spawn(launch)?;
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            if let Some(url) = process.answering(&launch.keys).await {
                return Ok((process, url));
            }
            tokio::select! {
                error = process.ended() => return Err(error),
                () = sleep(LOOK_EVERY) => {}
            }
            if Instant::now() > deadline {
                process.stop().await;
                return Err(EngineError::Silent(START_TIMEOUT.as_secs()));
            }
        }
    }

    fn spawn(launch: &Launch) -> Result<Self, EngineError> {
        let failed = |source| EngineError::Spawn { program: launch.program.clone(), source };
        // The port of an earlier run would be taken for this one's.
        let port = launch.dir.join(PORT);
        if let Err(source) = std::fs::remove_file(&port)
            && source.kind() != std::io::ErrorKind::NotFound
        {
            return Err(EngineError::Folder { dir: launch.dir.clone(), source });
        }
        let environment = PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        let mut child = Command::new(&launch.program)
            .args(&launch.arguments)
            .current_dir(&launch.dir)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Ctrl-C in the terminal must reach the program only, which ends the engine after its last writes.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let pipe = child.stdin.take();
        let last_words = tokio::spawn(keep_last_words(child.stderr.take()));
        Ok(Self { child, pipe, last_words, dir: launch.dir.clone() })
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Its address, once it listens and answers.
    async fn answering(&self, keys: &Keys) -> Option<String> {
        let text = tokio::fs::read_to_string(self.dir.join(PORT)).await.ok()?;
        // Without its line end the number may still be incomplete.
        let port: u16 = text.strip_suffix('\n')?.parse().ok()?;
        let answered = timeout(ANSWER_TIMEOUT, answers(port, keys)).await;
        matches!(answered, Ok(Ok(true))).then(|| format!("http://127.0.0.1:{port}"))
    }

    /// Returns once the child has ended, with the reason.
    pub(super) async fn ended(&mut self) -> EngineError {
        let status = self.child.wait().await;
        let last_words = (&mut self.last_words).await.unwrap_or_default();
        let by_signal = status.as_ref().ok().and_then(ExitStatusExt::signal);
        let how = match status {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        reason(&last_words, by_signal, how, &self.dir)
    }

    /// Asks the child to end, then makes it; returns when it is gone.
    pub(super) async fn stop(&mut self) {
        drop(self.pipe.take());
        if timeout(END_TIMEOUT, self.child.wait()).await.is_ok() {
            return;
        }
        if let Err(error) = self.child.kill().await {
            tracing::error!(%error, "the ClickHouse engine could not be ended");
        }
    }
}

async fn keep_last_words(stderr: Option<ChildStderr>) -> Vec<String> {
    let mut kept = VecDeque::new();
    let Some(stderr) = stderr else { return Vec::new() };
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if line.trim().is_empty() {
            continue;
        }
        if kept.len() == KEPT_LINES {
            kept.pop_front();
        }
        kept.push_back(line.chars().take(KEPT_CHARS).collect());
    }
    kept.into()
}

/// What a person can do about the child's end.
fn reason(last_words: &[String], by_signal: Option<i32>, how: String, dir: &std::path::Path) -> EngineError {
    let says = |what: &str| last_words.iter().any(|line| line.contains(what));
    if let Some(line) = last_words.iter().find(|line| line.contains("cannot load the library")) {
        return EngineError::LibraryUnusable(line.clone());
    }
    if says("Code: 76.") || says("Cannot lock file") {
        return EngineError::InUse(dir.to_owned());
    }
    if says("Code: 243.") || says("No space left on device") {
        return EngineError::DiskFull;
    }
    if says("Code: 241.") || says("Cannot allocate memory") {
        return EngineError::OutOfMemory;
    }
    match last_words.last() {
        Some(line) => EngineError::Ended(line.clone()),
        None if by_signal == Some(SIGKILL) => EngineError::Ended(
            "killed from outside, perhaps because the machine ran out of memory".to_owned(),
        ),
        None => EngineError::Ended(how),
    }
}

/// Whether the engine answers the program. `/ping` lies behind the gate, too, so it is asked something.
async fn answers(port: u16, keys: &Keys) -> std::io::Result<bool> {
    let Keys { password, gate } = keys;
    let request = format!(
        "GET /?query=SELECT%201 HTTP/1.0\r\n{GATE_HEADER}: {gate}\r\nX-ClickHouse-User: {USER}\r\nX-ClickHouse-Key: {password}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer).await?;
    Ok(answer.ends_with(b"1\n"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn message(lines: &[&str], by_signal: Option<i32>) -> String {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        reason(&lines, by_signal, "exit status: 1".to_owned(), Path::new("/d")).to_string()
    }

    #[test]
    fn the_end_of_the_child_is_told_by_what_can_be_done() {
        let in_use = message(&["Code: 76. DB::Exception: Cannot lock file /d/data/status."], None);
        assert!(in_use.contains("/d") && in_use.contains("stop the other vigie"), "{in_use}");
        let memory = message(&["Code: 241. DB::Exception: (total) memory limit exceeded"], None);
        assert!(memory.contains("max_memory_megabytes"), "{memory}");
        let library = message(&["cannot load the library: x.so: file too short"], None);
        assert!(library.contains("make setup") && library.contains("file too short"), "{library}");
        let disk = message(&["Code: 243. DB::Exception: Cannot reserve 1.00 MiB"], None);
        assert!(disk.contains("free some space"), "{disk}");
        let killed = message(&[], Some(SIGKILL));
        assert!(killed.contains("killed from outside"), "{killed}");
        assert!(message(&[], None).contains("exit status: 1"));
    }
}
