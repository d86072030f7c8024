//! Other processes: who is whose child, who still runs, and ending them.

use std::fs;

use nix::{
    sys::signal::{self, Signal},
    unistd::Pid,
};

use crate::eventually;

/// The children of a process, of all its threads.
pub fn children_of(pid: u32) -> Vec<u32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let lists = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let children = lists.collect::<Vec<_>>().join(" ");
    children.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

/// Whether a process exists and is no zombie.
pub fn is_running(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The state stands behind the name, which is in parentheses and may hold anything.
    status.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

/// Sends SIGKILL, which nothing can catch.
///
/// # Panics
/// There is no such process.
pub fn kill(pid: u32) {
    send(pid, Signal::SIGKILL);
}

pub(crate) fn send(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid.try_into().expect("Linux's process ids fit"));
    signal::kill(pid, signal).expect("the process was started by the test and is there");
}

/// Returns once a process has ended.
///
/// # Panics
/// It goes on for longer than the seconds.
pub fn wait_until_gone(pid: u32, seconds: u64) {
    eventually(&format!("process {pid} ends"), seconds, || (!is_running(pid)).then_some(()));
}
