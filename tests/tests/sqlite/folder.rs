//! A folder for one test.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// It is gone when it is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let name = format!("sse-store-{}-{}", std::process::id(), fastrand::u64(..));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.join("numbers.db")
    }

    /// All that is in it, in another.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new();
        for entry in fs::read_dir(&self.0).expect("a folder") {
            let path = entry.expect("a file").path();
            let name = path.file_name().expect("a name");
            fs::copy(&path, copy.0.join(name)).expect("a copy");
        }
        copy
    }

    pub(crate) fn clear(&self) {
        for entry in fs::read_dir(&self.0).expect("a folder") {
            fs::remove_file(entry.expect("a file").path()).expect("to remove it");
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left_behind = fs::remove_dir_all(&self.0);
    }
}
