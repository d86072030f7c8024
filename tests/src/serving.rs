//! A running `vigie serve` with somebody logged in.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::{
    Response, World, children_of, eventually,
    http::{percent_encoded, request},
    process, wait_until_gone,
};

/// Loading model and engine may take this long on a busy machine.
const START: Duration = Duration::from_secs(60);
/// Who is logged in.
const USER: &str = "anne";

/// A running `vigie serve`; killed when dropped.
pub struct Serving {
    child: Child,
    host: String,
    cookie: String,
    log: Arc<Mutex<String>>,
}

impl Serving {
    pub(crate) fn start(world: &World) -> Self {
        let mut command = world.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program was built and can be started");
        let log = Arc::<Mutex<String>>::default();
        let (sender, addresses) = channel();
        follow(child.stdout.take().expect("it is piped"), log.clone(), Some(sender));
        follow(child.stderr.take().expect("it is piped"), log.clone(), None);
        let mut serving = Self { child, host: String::new(), cookie: String::new(), log };
        serving.host = serving.wait_for_address(&addresses);
        serving.cookie = serving.log_in(world);
        serving
    }

    fn wait_for_address(&self, addresses: &Receiver<String>) -> String {
        addresses.recv_timeout(START).unwrap_or_else(|_| panic!("serve does not listen:\n{}", self.log()))
    }

    /// Uses up a login link, as the button on its page does.
    fn log_in(&self, world: &World) -> String {
        let output = world.run(&["user", USER]).succeeded();
        let token = output.stdout.split("token=").nth(1).map(str::trim);
        let token = token.unwrap_or_else(|| panic!("no login link: {}", output.both()));
        let form = format!("token={}", percent_encoded(token));
        let response =
            request(&self.host, "POST", "/login/token", &[], Some(&form)).expect("the pages answer");
        assert_eq!(response.status, 303, "{}", response.body);
        let cookie = response.headers.get("set-cookie").expect("a login sets the session's cookie");
        cookie.split(';').next().unwrap_or_default().to_owned()
    }

    /// What it has written so far, standard output and log.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// `address:port`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The process id of its ClickHouse engine.
    ///
    /// # Panics
    /// It has none.
    pub fn engine_pid(&self) -> u32 {
        eventually("the engine runs", 20, || children_of(self.pid()).first().copied())
    }

    /// Asks for a page.
    ///
    /// # Panics
    /// There is no answer at all.
    pub fn get(&self, path: &str) -> Response {
        let headers = [("Cookie", self.cookie.as_str()), ("Accept-Language", "en")];
        match request(&self.host, "GET", path, &headers, None) {
            Ok(response) => response,
            Err(error) => panic!("GET {path}: {error}\n{}", self.log()),
        }
    }

    /// Asks the API; `path` is relative to `/api/v1`.
    ///
    /// # Panics
    /// The answer is not 200 with JSON.
    pub fn api(&self, path: &str) -> Value {
        let response = self.get(&format!("/api/v1{path}"));
        assert_eq!(response.status, 200, "GET {path}: {}\n{}", response.body, self.log());
        response.json()
    }

    /// How many mentions the search page finds.
    pub fn found(&self, query: &str) -> u64 {
        let answer = self.api(&format!("/search?limit=1&q={}", percent_encoded(query)));
        answer["total"].as_u64().unwrap_or_else(|| panic!("no total in {answer}"))
    }

    /// The totals of the trends (ClickHouse) of a brand over its last 90 days; none while they cannot be had.
    pub fn trend_mentions(&self, brand: &str) -> Option<u64> {
        let response = self.get(&format!("/api/v1/trends/totals?brand={brand}&period=90d"));
        (response.status == 200).then(|| response.json()["mentions"].as_u64())?
    }

    /// How many mentions of a source the trends (ClickHouse) count for a brand.
    pub fn trend_mentions_of(&self, brand: &str, source: &str) -> u64 {
        let counts = self.api(&format!("/trends/sources?brand={brand}&period=90d"));
        let rows = counts.as_array().into_iter().flatten();
        rows.filter(|row| row["value"] == source).find_map(|row| row["mentions"].as_u64()).unwrap_or(0)
    }

    /// How many cases the inbox has.
    pub fn cases(&self, brand: &str) -> u64 {
        let answer = self.api(&format!("/cases?brand={brand}"));
        answer["total"].as_u64().unwrap_or_else(|| panic!("no total in {answer}"))
    }

    /// Why a source cannot be read; none while it is well.
    pub fn source_error(&self, name: &str) -> Option<String> {
        let status = self.api("/status");
        let rows = status["sources"].as_array().into_iter().flatten();
        rows.filter(|row| row["name"] == name).find_map(|row| row["last_error"].as_str().map(str::to_owned))
    }

    /// Ends it with SIGTERM; returns how, and after how long. Its children must be gone with it.
    ///
    /// # Panics
    /// It does not end, or leaves a child.
    pub fn terminated(mut self) -> (ExitStatus, Duration) {
        let children = children_of(self.pid());
        let started = Instant::now();
        process::send(self.pid(), Signal::SIGTERM);
        let status = eventually("serve ends after SIGTERM", 30, || self.child.try_wait().ok().flatten());
        for child in children {
            wait_until_gone(child, 1);
        }
        (status, started.elapsed())
    }

    /// Ends it with SIGKILL; its engine has to notice by itself.
    ///
    /// # Panics
    /// The engine goes on.
    pub fn killed(mut self) {
        let children = children_of(self.pid());
        drop(self.child.kill());
        drop(self.child.wait());
        for child in children {
            wait_until_gone(child, 10);
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        if thread::panicking() {
            eprintln!("── what serve wrote\n{}", self.log());
        }
    }
}

/// Keeps what a stream says; tells the address when a line names it.
fn follow(stream: impl Read + Send + 'static, log: Arc<Mutex<String>>, address: Option<Sender<String>>) {
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let found = line.split_once("listens at http://").map(|(_, host)| host.trim().to_owned());
            if let (Some(host), Some(address)) = (found, &address) {
                drop(address.send(host));
            }
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.push_str(&line);
            log.push('\n');
        }
    });
}
