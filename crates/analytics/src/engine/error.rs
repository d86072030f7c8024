//! Why the embedded engine does not run, and what to do about it.

use std::{io, path::PathBuf};

/// Why the embedded ClickHouse engine could not be started or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Nobody said where the library is.
    #[error(
        "the ClickHouse library has not been fetched: run `make setup`, or name it with library = '…' in [analytics]"
    )]
    LibraryUnknown,
    /// The library is not where it should be.
    #[error("the ClickHouse library {} is missing: run `make setup`, or name it with library = '…' in [analytics]", .0.display())]
    LibraryMissing(PathBuf),
    /// The library is there but cannot be loaded.
    #[error("the ClickHouse library cannot be loaded ({0}): run `make setup` to fetch it again")]
    LibraryUnusable(String),
    /// The folder cannot be made or written to.
    #[error("the folder of the ClickHouse engine, {}, cannot be used ({source}): check that it belongs to the user that runs vigie", dir.display())]
    Folder {
        /// Where it should lie.
        dir: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The path has characters that cannot be passed on.
    #[error("the path {} is no UTF-8 text: choose another data dir", .0.display())]
    Path(PathBuf),
    /// Another engine has the folder.
    #[error("the ClickHouse data in {} are in use by another engine: stop the other vigie, or choose another data dir", .0.display())]
    InUse(PathBuf),
    /// The engine has used up what it may use, or the machine has nothing left.
    #[error(
        "the ClickHouse engine has run out of memory: raise max_memory_megabytes in [analytics], or free memory on this machine"
    )]
    OutOfMemory,
    /// No space is left for the data.
    #[error("the disk is full: free some space, the ClickHouse engine then starts again by itself")]
    DiskFull,
    /// The child process cannot be started.
    #[error("the ClickHouse engine cannot be started with {} ({source}): check that the program is still there", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The child process ended without being asked to.
    #[error(
        "the ClickHouse engine ended by itself ({0}): if it does so again, move its folder away, and it is filled anew from the journal"
    )]
    Ended(String),
    /// The child process runs but does not answer.
    #[error(
        "the ClickHouse engine did not answer within {0} seconds: the machine may be too busy, try again"
    )]
    Silent(u64),
}
