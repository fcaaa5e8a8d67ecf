use std::sync::Arc;

use super::{super::outgoing_tests::*, *};
use crate::queue::{OutgoingQueue, WhenFull};

fn dashboard() -> DashboardId {
    DashboardId::new("d").unwrap()
}

fn opened(path: &Path) -> (QueueFile, OutgoingQueue) {
    let mut file = QueueFile::new(path, &dashboard());
    let opened = file.open().unwrap();
    assert!(opened.set_aside.is_none());
    let queue = OutgoingQueue::new(EPOCH, ROOMY, WhenFull::Wait, identity());
    let queue = match opened.stored {
        Some(stored) => queue.restore(stored),
        None => {
            let mut queue = queue;
            queue.keep_everything();
            queue
        }
    };
    (file, queue)
}

fn store(file: &mut QueueFile, queue: &mut OutgoingQueue) {
    let change = queue.take_change().unwrap();
    file.commit(&change).unwrap();
    queue.settle(&change);
}

fn sent(queue: &mut OutgoingQueue) -> usize {
    std::iter::from_fn(|| queue.next_frame(true)).count()
}

#[test]
fn a_file_holds_what_its_changes_say() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("made/queue.sqlite");
    let mut kept = Kept::default();
    let (mut file, mut queue) = opened(&path);
    for step in 0..200_u64 {
        match step % 7 {
            0..3 => drop(queue.publish(event(step), now())),
            3 => drop(queue.publish(alert(step), now())),
            4 => drop(queue.number(ROOMY, now())),
            5 => drop(sent(&mut queue)),
            _ => drop(queue.acknowledge(queue.last_sent().saturating_sub(2))),
        }
        if let Some(change) = queue.take_change() {
            kept.make(&change);
            file.commit(&change).unwrap();
            queue.settle(&change);
        }
        if step % 50 == 49 {
            drop(file);
            let mut again = QueueFile::new(&path, &dashboard());
            assert_eq!(again.open().unwrap().stored, kept.stored());
            file = again;
        }
    }
}

#[test]
fn a_second_client_is_told_who_is_in_the_way() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("queue");
    let (first, _) = opened(&path);
    let error = QueueFile::new(&path, &dashboard()).open().unwrap_err();
    assert_eq!(error, QueueFileError::InUse { path: path.clone() });
    assert!(error.is_final());
    drop(first);
    opened(&path);
}

#[test]
fn files_of_others_are_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("queue");
    let (mut file, mut queue) = opened(&path);
    store(&mut file, &mut queue);
    drop(file);
    let other = QueueFile::new(&path, &DashboardId::new("other").unwrap()).open().unwrap_err();
    assert_eq!(other, QueueFileError::OtherDashboard { path: path.clone(), found: "d".into() });
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 9).unwrap();
    let newer = QueueFile::new(&path, &dashboard()).open().unwrap_err();
    assert_eq!(newer, QueueFileError::NewerFormat { path, found: 9, known: FORMAT });

    let path = directory.path().join("other.sqlite");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let before = fs::read(&path).unwrap();
    let foreign = QueueFile::new(&path, &dashboard()).open().unwrap_err();
    assert_eq!(foreign, QueueFileError::NotAQueue { path: path.clone() });
    assert_eq!(fs::read(&path).unwrap(), before);
    assert!([other, newer, foreign].iter().all(QueueFileError::is_final));
}

/// A file with a hundred events, damaged by `damage`, is set aside as it is, and a new one works.
fn assert_set_aside(damage: impl FnOnce(&Path)) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("queue");
    let (mut file, mut queue) = opened(&path);
    for n in 0..100 {
        queue.publish(event(n), now());
    }
    store(&mut file, &mut queue);
    drop(file);
    damage(&path);
    let damaged = fs::read(&path).unwrap();

    let mut file = QueueFile::new(&path, &dashboard());
    let opened = file.open().unwrap();
    assert!(opened.stored.is_none());
    let (kept, reason) = opened.set_aside.unwrap();
    assert!(!reason.is_empty());
    assert_eq!(fs::read(kept).unwrap(), damaged);
    let mut queue = OutgoingQueue::new(EPOCH, ROOMY, WhenFull::Wait, identity());
    queue.publish(event(1), now());
    queue.keep_everything();
    store(&mut file, &mut queue);
}

#[test]
fn a_damaged_file_is_set_aside() {
    assert_set_aside(|path| fs::write(path, [0x5a; 8192]).unwrap());
    // Cut short.
    assert_set_aside(|path| {
        let file = OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    });
    // A page in the middle that is no page.
    assert_set_aside(|path| {
        let mut bytes = fs::read(path).unwrap();
        let middle = bytes.len() / 2 / 4096 * 4096;
        bytes[middle..middle + 4096].fill(0xff);
        fs::write(path, bytes).unwrap();
    });
    for damage in [
        "UPDATE messages SET body = '{' WHERE place = 50",
        "UPDATE messages SET kind = 'NEWS' WHERE place = 50",
        "UPDATE messages SET body = x'ff' WHERE place = 50",
        "UPDATE session SET epoch = 'none'",
        "UPDATE session SET acknowledged = -1",
        "UPDATE session SET last_place = 7",
        "DROP TABLE messages",
    ] {
        assert_set_aside(|path| {
            let connection = Connection::open(path).unwrap();
            connection.execute_batch(damage).unwrap();
        });
    }
}

#[test]
fn a_file_that_was_made_and_never_written_is_new() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("queue");
    drop(opened(&path));
    fs::write(directory.path().join("empty"), "").unwrap();
    for name in ["queue", "empty"] {
        let mut file = QueueFile::new(&directory.path().join(name), &dashboard());
        let opened = file.open().unwrap();
        assert!(opened.stored.is_none() && opened.set_aside.is_none());
    }
}

#[test]
fn a_full_disk_changes_nothing_and_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("queue");
    let (mut file, mut queue) = opened(&path);
    queue.publish(event(1), now());
    store(&mut file, &mut queue);
    let connection = file.connection.as_ref().unwrap();
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    connection.pragma_update(None, "max_page_count", pages).unwrap();
    for n in 2..1_000 {
        queue.publish(event(n), now());
    }
    let change = Arc::new(queue.take_change().unwrap());
    let error = file.commit(&change).unwrap_err();
    assert_eq!(error, QueueFileError::DiskFull { path: path.clone() });
    assert!(!error.is_final());
    // Not before it was looked at again.
    assert!(matches!(file.commit(&change), Err(QueueFileError::Unusable { .. })));
    assert_eq!(file.open().unwrap().stored.unwrap().messages.len(), 1);
    queue.keep_everything();
    store(&mut file, &mut queue);
    drop(file);
    let mut file = QueueFile::new(&path, &dashboard());
    assert_eq!(file.open().unwrap().stored.unwrap().messages.len(), 999);
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("queue");
    let (mut file, mut queue) = opened(&path);
    store(&mut file, &mut queue);
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let mode = fs::metadata(with_suffix(&path, suffix)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{suffix}");
    }
}
