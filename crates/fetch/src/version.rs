use std::fs::Metadata;
use std::time::{Duration, SystemTime};

/// File systems stamp a change with the time of the last clock tick. Within this time a second change
/// could carry the same stamp, so it would not be seen; 2 s is the coarsest clock in use (FAT).
const TICK: Duration = Duration::from_secs(2);

/// What changes whenever a file does: its size, and the times of its last change of content and of
/// anything. Programs may set the former to what they like (`cp -p`, `rsync -t`), the latter, on
/// Unix, only the system sets. `None` where the file changed a moment ago.
pub(crate) fn version(metadata: &Metadata, now: SystemTime) -> Option<String> {
    let changed = metadata.modified().ok()?;
    let (stamp, changed) = stamp(metadata, changed)?;
    let is_settled = now.duration_since(changed).is_ok_and(|age| age > TICK);
    is_settled.then_some(stamp)
}

#[cfg(unix)]
fn stamp(metadata: &Metadata, modified: SystemTime) -> Option<(String, SystemTime)> {
    use std::os::unix::fs::MetadataExt;
    let (len, inode) = (metadata.len(), metadata.ino());
    let (seconds, nanos) = (metadata.ctime(), metadata.ctime_nsec());
    let since = Duration::new(seconds.try_into().ok()?, nanos.try_into().ok()?);
    let changed = SystemTime::UNIX_EPOCH + since;
    let modified = modified.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let stamp = format!("{len}-{}-{seconds}.{nanos:09}-{inode}", modified.as_nanos());
    Some((stamp, changed))
}

/// Without a time that only the system sets, a stamp would be no proof: every file is read.
#[cfg(not(unix))]
fn stamp(_: &Metadata, _: SystemTime) -> Option<(String, SystemTime)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_change_that_keeps_size_and_time_is_another_version() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.html");
        std::fs::write(&path, "old").unwrap();
        let written = path.metadata().unwrap().modified().unwrap();
        let later = written + Duration::from_secs(60);
        let version_now = || version(&path.metadata().unwrap(), later);
        let before = version_now().unwrap();
        let time = path.metadata().unwrap().modified().unwrap();
        assert_eq!(version_now(), Some(before.clone()));

        // The clock of file systems ticks a few hundred times a second.
        std::thread::sleep(Duration::from_millis(20));
        std::fs::write(&path, "new").unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(time).unwrap();
        assert_ne!(version_now(), Some(before));
    }

    #[test]
    fn a_file_that_changed_a_moment_ago_has_no_version_yet() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.html");
        std::fs::write(&path, "new").unwrap();
        let metadata = path.metadata().unwrap();
        let written = metadata.modified().unwrap();
        assert_eq!(version(&metadata, written + Duration::from_secs(1)), None);
    }
}
