//! The folder that holds everything Vigie keeps on one machine.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{ErrorKind, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use rand::Rng;

/// Length of the key that turns author handles into pseudonyms.
const KEY_BYTES: usize = 32;

/// The data dir. Only [`DataDir::lock`] gives the right to run the stages in it.
#[derive(Debug, Clone)]
pub struct DataDir {
    path: PathBuf,
}

/// Held by the one process that runs the stages; given back when dropped or when the process ends, however it ends.
#[derive(Debug)]
pub struct DataDirLock {
    _file: File,
}

impl DataDir {
    /// Opens or makes the folder, for its owner only.
    pub fn open(chosen: Option<&Path>) -> Result<Self> {
        let path = match chosen {
            Some(path) => path.to_owned(),
            None => default_path()?,
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&path).with_context(|| {
            format!("cannot make the data dir {}; choose another with --data-dir", path.display())
        })?;
        // Child processes are given paths inside it, and they may have another working directory.
        let path = path.canonicalize().with_context(|| format!("cannot open {}", path.display()))?;
        Ok(Self { path })
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A path inside.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Takes the lock, or says who has it.
    pub fn lock(&self) -> Result<DataDirLock> {
        match self.try_lock()? {
            Some(lock) => Ok(lock),
            None => {
                let holder = fs::read_to_string(self.join("lock")).unwrap_or_default();
                let holder = if holder.trim().is_empty() {
                    String::new()
                } else {
                    format!(" (pid {})", holder.trim())
                };
                bail!(
                    "the data dir {} is in use by another vigie{holder}; stop it, or choose another dir with --data-dir",
                    self.path.display()
                )
            }
        }
    }

    /// Takes the lock unless another process has it.
    pub fn try_lock(&self) -> Result<Option<DataDirLock>> {
        let path = self.join("lock");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
        file.set_len(0)?;
        write!(file, "{}", std::process::id())?;
        Ok(Some(DataDirLock { _file: file }))
    }

    /// The key of the author pseudonyms, made at the first start. Whoever has it can test a handle against a pseudonym.
    pub fn pseudonym_key(&self) -> Result<Vec<u8>> {
        let path = self.join("pseudonym.key");
        match fs::read(&path) {
            Ok(key) if key.len() == KEY_BYTES => return Ok(key),
            Ok(_) => bail!(
                "{} is damaged: it must hold {KEY_BYTES} bytes; restore it from a backup",
                path.display()
            ),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
        let mut key = vec![0; KEY_BYTES];
        rand::rng().fill_bytes(&mut key);
        let made = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path);
        match made {
            Ok(mut file) => file.write_all(&key).and_then(|()| file.sync_all()),
            // Another process made it in the meantime: its key is the one to use.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                key.clear();
                File::open(&path).and_then(|mut file| file.read_to_end(&mut key)).map(|_| ())
            }
            Err(error) => Err(error),
        }
        .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(key)
    }
}

fn default_path() -> Result<PathBuf> {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    from("XDG_DATA_HOME")
        .or_else(|| from("HOME").map(|home| home.join(".local/share")))
        .map(|base| base.join("vigie"))
        .context("neither XDG_DATA_HOME nor HOME is set; choose a data dir with --data-dir")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time_and_the_next_is_told_who_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(Some(&folder.path().join("new/dir"))).unwrap();
        let lock = data_dir.lock().unwrap();
        let error = data_dir.lock().unwrap_err().to_string();
        assert!(error.contains(&format!("pid {}", std::process::id())), "{error}");
        drop(lock);
        data_dir.lock().unwrap();
    }

    #[test]
    fn the_pseudonym_key_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(Some(folder.path())).unwrap();
        let key = data_dir.pseudonym_key().unwrap();
        assert_eq!(key, data_dir.pseudonym_key().unwrap());
        fs::write(data_dir.join("pseudonym.key"), "short").unwrap();
        assert!(data_dir.pseudonym_key().is_err());
    }
}
