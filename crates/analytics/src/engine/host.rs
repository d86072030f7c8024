//! What the child process does: loads the ClickHouse library and serves until its parent is gone.

use std::{
    env,
    ffi::{CStr, CString, c_char, c_int, c_void},
    io::Read,
    path::Path,
    process::ExitCode,
};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use nix::sys::signal::{Signal, raise};

use super::config::{DATA, PORT, SERVER_CONFIG};

/// Runs the engine: the first argument is the library, the second the engine's folder. Returns only if the engine cannot run.
///
/// The process ends as soon as its standard input is closed. Its parent holds the other end of that pipe, so whatever way the
/// parent ends, the engine ends with it.
#[must_use]
pub fn run_engine_host(arguments: &[String]) -> ExitCode {
    let [library, dir] = arguments else {
        eprintln!("vigie engine is started by vigie itself: run vigie serve");
        return ExitCode::FAILURE;
    };
    let reason = match serve(Path::new(library), Path::new(dir)) {
        Ok(error) => error.unwrap_or_else(|| "the engine returned".to_owned()),
        Err(reason) => reason,
    };
    // The first line says it; below follow addresses inside the library.
    eprintln!("{}", reason.lines().next().unwrap_or_default());
    ExitCode::FAILURE
}

/// Returns what the engine says of its end, or why it could not be started.
fn serve(library: &Path, dir: &Path) -> Result<Option<String>, String> {
    env::set_current_dir(dir).map_err(|error| format!("cannot enter the engine's folder: {error}"))?;
    end_with_parent()?;
    let arguments = [
        "clickhouse".to_owned(),
        format!("--path={}", dir.join(DATA).display()),
        "--http_port=0".to_owned(),
        "--tcp_port=0".to_owned(),
        "--listen_host=127.0.0.1".to_owned(),
        format!("--config-file={SERVER_CONFIG}"),
        "--query".to_owned(),
        statements(),
    ];
    run_command_line(library, &arguments)
}

/// The session's statements: listen, say where, wait. Waiting by sleeping needs no right to read files, which everybody who
/// connects as this user would have too.
fn statements() -> String {
    format!(
        "SYSTEM START LISTEN HTTP;
         SELECT getServerPort('http_port') INTO OUTFILE '{PORT}' TRUNCATE FORMAT TSV;
         SELECT sleepEachRow(3) FROM system.numbers FORMAT Null
         SETTINGS max_block_size = 1, max_execution_time = 0, function_sleep_max_microseconds_per_block = 100000000"
    )
}

/// Ends this process when the pipe on its standard input closes.
///
/// A signal on the parent's death (`PR_SET_PDEATHSIG`) would follow the parent's *thread*, and the threads of an asynchronous
/// runtime come and go. The end is abrupt because the engine cannot be interrupted while it waits; nothing that it acknowledged
/// is lost.
fn end_with_parent() -> Result<(), String> {
    let watch = || {
        let mut buffer = [0; 64];
        while std::io::stdin().read(&mut buffer).is_ok_and(|length| length > 0) {}
        // Not `exit`, which would run the library's destructors under the feet of its running threads.
        if raise(Signal::SIGKILL).is_err() {
            std::process::abort();
        }
    };
    let started = std::thread::Builder::new().name("parent watch".to_owned()).spawn(watch);
    started.map(drop).map_err(|error| format!("cannot watch the parent: {error}"))
}

type SetSignalHandlers = unsafe extern "C" fn(c_int);
type QueryCommandLine = unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut c_void;
type ResultError = unsafe extern "C" fn(*mut c_void) -> *const c_char;

/// Calls the library the way its own command line would.
#[expect(unsafe_code, reason = "the library speaks C")]
fn run_command_line(library: &Path, arguments: &[String]) -> Result<Option<String>, String> {
    let unusable = |error: libloading::Error| format!("cannot load the library: {error}");
    // SAFETY: the library's initialisers have no preconditions; it is the pinned build that `make setup` checked.
    let library = unsafe { Library::open(Some(library), RTLD_NOW | RTLD_LOCAL) }.map_err(unusable)?;
    let arguments: Vec<CString> = arguments
        .iter()
        .map(|argument| CString::new(argument.as_str()).map_err(|_| "an argument has a zero byte".to_owned()))
        .collect::<Result<_, _>>()?;
    let mut pointers: Vec<*mut c_char> =
        arguments.iter().map(|argument| argument.as_ptr().cast_mut()).collect();
    let count = c_int::try_from(pointers.len()).map_err(|error| error.to_string())?;
    pointers.push(std::ptr::null_mut());
    // SAFETY: the signatures are those of the library's header; `arguments` outlives the call, its array ends with a null as
    // `argv` does, and the library copies what it keeps. The result is asked for its error before anything frees it.
    let error = unsafe {
        let set_signal_handlers =
            library.get::<SetSignalHandlers>(b"chdb_set_signal_handlers_enabled").map_err(unusable)?;
        let query_command_line = library.get::<QueryCommandLine>(b"chdb_query_cmdline").map_err(unusable)?;
        let result_error = library.get::<ResultError>(b"chdb_result_error").map_err(unusable)?;
        set_signal_handlers(0);
        let result = query_command_line(count, pointers.as_mut_ptr());
        let message = if result.is_null() { std::ptr::null() } else { result_error(result) };
        (!message.is_null()).then(|| CStr::from_ptr(message).to_string_lossy().into_owned())
    };
    // Its threads may still run, so its code must stay mapped.
    std::mem::forget(library);
    Ok(error)
}
