//! Faults of the disk under the index.

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use domain::MentionKey;
use journal::{Entry, TaggedReader};
use query::parse;
use tantivy::directory::{
    Directory, DirectoryLock, FileHandle, Lock, RamDirectory, WatchCallback, WatchHandle, WritePtr,
    error::{DeleteError, LockError, OpenReadError, OpenWriteError},
};

use crate::{PageRequest, SearchError, SearchIndex};

/// A disk that can run full.
#[derive(Debug, Clone)]
struct SmallDisk {
    files: RamDirectory,
    full: Arc<AtomicBool>,
}

impl SmallDisk {
    fn check(&self) -> io::Result<()> {
        if self.full.load(Ordering::SeqCst) { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl Directory for SmallDisk {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.files.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.files.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.files.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.check().map_err(|error| OpenWriteError::wrap_io_error(error, path.to_owned()))?;
        self.files.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.files.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.check()?;
        self.files.atomic_write(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.check()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.files.acquire_lock(lock)
    }

    fn watch(&self, watch_callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.files.watch(watch_callback)
    }
}

fn entries(ids: std::ops::Range<u64>) -> Vec<Entry<domain::TaggedMention>> {
    ids.map(|id| Entry { offset: id, record: testkit::tagged(id, "Mon colis est perdu", &[]) }).collect()
}

#[tokio::test]
async fn a_full_disk_is_told_and_passes() {
    let disk = SmallDisk { files: RamDirectory::create(), full: Arc::default() };
    let index = SearchIndex::open_for_writing(Box::new(disk.clone()), Path::new("small")).unwrap();
    let mut stage = index.reader_stage();
    stage.apply(&entries(1..4)).await.unwrap();

    disk.full.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let error = stage.apply(&entries(4..6)).await.unwrap_err();
        let told = error.downcast_ref::<SearchError>();
        assert!(matches!(told, Some(SearchError::DiskFull)), "{error}");
        let page = index.search(&parse("colis").unwrap(), &PageRequest::first(10)).await.unwrap();
        assert_eq!(page.total, 3, "what was indexed is still found");
    }

    disk.full.store(false, Ordering::SeqCst);
    stage.apply(&entries(4..6)).await.unwrap();
    assert_eq!(index.count().await.unwrap(), 5);
    assert_eq!(index.offset().await.unwrap(), 5);
    assert!(index.get(&MentionKey::new("test", "5")).await.unwrap().is_some());
}
