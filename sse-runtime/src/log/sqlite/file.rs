//! The file itself: whose it is, and whether it is still the one that was opened.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::log::store::StoreError;

/// A file that belongs to this process.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: PathBuf,
    /// Beside the file, because SQLite gives up its own locks when any handle of it is closed.
    /// Let go when it is dropped, also where the process is killed.
    _lock: fs::File,
}

/// Which file stands under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity(Option<(u64, u64)>);

impl File {
    pub(super) fn lock(path: &Path) -> Result<Self, StoreError> {
        let unusable = |error: std::io::Error| {
            StoreError::Unusable(format!("{} cannot be opened: {error}", path.display()))
        };
        // Whatever becomes of the working directory.
        let path = std::path::absolute(path).map_err(unusable)?;
        let mut beside = path.clone().into_os_string();
        beside.push(".lock");
        let lock = fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&beside)
            .map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(fs::TryLockError::WouldBlock) => Err(StoreError::InUse(path.display().to_string())),
            Err(fs::TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    /// Which file it is now; none where there is none, or where nobody can tell.
    pub(super) fn identity(&self) -> Identity {
        Identity(identity(&self.path))
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

/// Elsewhere a file that is open cannot be taken away.
#[cfg(not(unix))]
fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|_| (0, 0))
}
