//! The position in a stream, in a file.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::PathBuf,
};

use sse_runtime::client::LastEventId;

/// Where a listener is, and the file that says so in the next process.
///
/// One process to a file: two would take turns in overwriting it.
pub(crate) struct Place {
    path: PathBuf,
    position: Option<LastEventId>,
}

impl Place {
    /// What an earlier process has kept; no position where there is no file.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        let about = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let position = match fs::read_to_string(&path) {
            // What is no position is told, and not taken for none: that would skip events.
            Ok(text) => Some(
                text.parse::<LastEventId>()
                    .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, about(&error)))?,
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(io::Error::new(error.kind(), about(&error))),
        };
        Ok(Self { path, position })
    }

    pub(crate) const fn position(&self) -> Option<&LastEventId> {
        self.position.as_ref()
    }

    /// Keeps it. Written beside the old one, and then put in its place in one step: whenever the
    /// process ends, one of them is there, whole.
    ///
    /// It waits for the disk, and so do the events; whoever has thousands in a second keeps each
    /// hundredth position, and gets up to a hundred events again.
    pub(crate) fn keep(&mut self, position: &LastEventId) -> io::Result<()> {
        if self.position.as_ref() == Some(position) {
            return Ok(());
        }
        let mut beside = self.path.clone().into_os_string();
        beside.push(".new");
        let mut file = File::create(&beside)?;
        file.write_all(position.as_str().as_bytes())?;
        // Else a power cut may leave the new name with nothing in it.
        file.sync_data()?;
        fs::rename(&beside, &self.path)?;
        self.position = Some(position.clone());
        Ok(())
    }
}
