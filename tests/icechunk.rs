//! Datasets in Icechunk repositories: snapshots, commits and conflicts, with the Python package as peer.
#![cfg(feature = "icechunk")]

mod support;

use std::process::{Command, Stdio};
use std::sync::Arc;

use graticule::io::store::icechunk::{Repository, Session, Version};
use graticule::io::store::{Access, ByteRange, Store, keys_below};
use graticule::io::zarr::{WriteMode, WriteOptions, ZarrFormat};
use graticule::lazy::LazyArray;
use graticule::plan::{Plan, Target};
use graticule::prelude::*;
use support::Ramp;
use support::python::{python, run_script};
#[cfg(feature = "remote")]
use support::s3::S3;

/// What a process that a test starts has to do.
const WORK: &str = "GRATICULE_TEST_WORK";

fn write(ds: &Dataset, session: &Session, options: &WriteOptions) -> Result<Report> {
    ds.to_zarr_with(session.store(), options, &Local::new())
}

fn replace() -> WriteOptions {
    WriteOptions::new().mode(WriteMode::Replace)
}

/// `n` days from day `start` on, at three places, in chunks of two days.
fn days(start: i64, n: usize) -> Dataset {
    support::days(start, n).chunk("time", 2).unwrap()
}

fn values(session: &Session) -> Vec<f64> {
    open_dataset(session.store()).unwrap().get("t").unwrap().to_vec::<f64>().unwrap()
}

fn counted(n: usize) -> Vec<f64> {
    (0..n).map(|i| i as f64).collect()
}

/// A repository with the days up to the 8th in it, and the id of their snapshot.
fn with_days(place: impl Into<graticule::io::store::Location>) -> (Repository, String) {
    let repo = Repository::create(place).unwrap();
    let session = repo.writable_session("main").unwrap();
    write(&days(0, 8), &session, &WriteOptions::new()).unwrap();
    let id = session.commit("eight days").unwrap();
    (repo, id)
}

/// This program again, for the work of one test.
fn process(test: &str, work: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads", "1"]).env(WORK, work);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

#[test]
fn repositories_of_python_are_read_at_ids_tags_and_branches() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (path, copies) = (dir.path().join("repo"), dir.path().join("copies"));
    let args = ["make", path.to_str().unwrap(), copies.to_str().unwrap()];
    let made = run_script(&python, "icechunk_repo.py", &args);
    let repo = Repository::open(&path).unwrap();
    let mut ids = Vec::new();
    for line in made.lines() {
        let (name, id) = line.split_once(' ').unwrap();
        let session = repo.readonly_session(Version::snapshot(id)).unwrap();
        let (found, expected) =
            (open_dataset(session.store()).unwrap(), open_dataset(copies.join(name)).unwrap());
        assert!(expected.sizes()["time"] >= 8 && expected.data_vars().len() >= 6, "{name}");
        assert!(found.identical(&expected).unwrap(), "{name}:\n{found}\n{expected}");
        ids.push(id);
    }
    assert_eq!(repo.lookup_tag("v1").unwrap(), ids[0]);
    assert_eq!(repo.readonly_session("main").unwrap().snapshot_id(), ids[1]);
    assert_eq!(repo.readonly_session("dev").unwrap().snapshot_id(), ids[3]);
    assert_eq!(repo.readonly_session(Version::tag("v1")).unwrap().snapshot_id(), ids[0]);
    let history = repo.ancestry("dev").unwrap();
    let messages: Vec<&str> = history.iter().map(|s| &*s.message).collect();
    assert_eq!(messages[..3], ["in shards", "four days anew", "ten days"]);
    assert_eq!(history[1].parent_id.as_deref(), Some(ids[0]));
}

#[test]
fn python_reads_what_is_committed_in_all_modes_and_goes_on() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("repo");
    let version = run_script(&python, "icechunk_repo.py", &["spec-version"]).trim().parse().unwrap();
    let repo = Repository::create_spec_version(&path, version).unwrap();
    let commit = |ds: &Dataset, options: &WriteOptions, message: &str| {
        let session = repo.writable_session("main").unwrap();
        write(ds, &session, options).unwrap();
        session.commit(message).unwrap()
    };
    let copies = std::cell::Cell::new(0);
    let read_by_python = |id: &str, group: &[&str]| {
        copies.set(copies.get() + 1);
        let out = dir.path().join(format!("copy-{}.zarr", copies.get()));
        let args = [&["copy", path.to_str().unwrap(), id, out.to_str().unwrap()], group].concat();
        run_script(&python, "icechunk_repo.py", &args);
        open_dataset(out).unwrap()
    };
    let check = |id: &str, expected: &Dataset| {
        let session = repo.readonly_session(Version::snapshot(id)).unwrap();
        assert!(open_dataset(session.store()).unwrap().identical(expected).unwrap());
        let found = read_by_python(id, &[]);
        assert!(found.identical(expected).unwrap(), "{found}\n{expected}");
    };
    let first = commit(&days(0, 7), &WriteOptions::new(), "w-");
    check(&first, &days(0, 7));
    // The last chunk is half full before, and three are new.
    let second = commit(&days(7, 6), &WriteOptions::append("time"), "append");
    check(&second, &days(0, 13));
    let part = (&days(2, 4) * 10.0).unwrap();
    let third =
        commit(&part.drop_vars(["x", "time"]).unwrap(), &WriteOptions::region([("time", 2..6)]), "region");
    let expected = concat(&[days(0, 2), part, days(6, 7)], "time", &ConcatOptions::default()).unwrap();
    check(&third, &expected);
    let more = days(0, 13).rename([("t", "more")]).unwrap();
    let fourth = commit(&more, &WriteOptions::new().mode(WriteMode::Append), "a");
    check(&fourth, &expected.assign([("more", more.get("more").unwrap())]).unwrap());
    let fifth = commit(&(&days(0, 13) + 1.0).unwrap(), &WriteOptions::new().mode(WriteMode::Modify), "r+");
    let expected = (&days(0, 13) + 1.0).unwrap().assign([("more", more.get("more").unwrap())]).unwrap();
    check(&fifth, &expected);
    let sixth = commit(&days(0, 3), &WriteOptions::new().group("model/run1"), "group");
    check(&sixth, &expected);
    assert!(read_by_python(&sixth, &["model/run1"]).identical(&days(0, 3)).unwrap());
    let seventh = commit(&days(5, 4), &replace(), "w");
    check(&seventh, &days(5, 4));
    // All the old is still there.
    for (id, expected) in [(&first, days(0, 7)), (&second, days(0, 13)), (&seventh, days(5, 4))] {
        check(id, &expected);
    }
    // Python appends to what we wrote, of its own data.
    let (made, copies) = (dir.path().join("theirs"), dir.path().join("copies"));
    let args = ["make", made.to_str().unwrap(), copies.to_str().unwrap()];
    run_script(&python, "icechunk_repo.py", &args);
    // Texts have another dtype in stores of ours.
    let theirs = |name: &str| {
        let ds = open_dataset(dir.path().join("copies").join(name)).unwrap();
        ds.drop_vars(["name", "label"]).unwrap()
    };
    commit(&theirs("first"), &replace(), "theirs");
    let id = run_script(&python, "icechunk_repo.py", &["append", path.to_str().unwrap(), "10", "7"]);
    let found = open_dataset(repo.readonly_session("main").unwrap().store()).unwrap();
    assert_eq!(repo.lookup_branch("main").unwrap(), id.trim());
    assert!(found.identical(&theirs("second")).unwrap(), "{found}");
}

#[test]
fn a_session_that_is_left_or_killed_leaves_the_old_snapshot() {
    if let Ok(path) = std::env::var(WORK) {
        let session = Repository::open(&path).unwrap().writable_session("main").unwrap();
        write(&days(0, 300), &session, &replace()).unwrap();
        write(&days(300, 100), &session, &WriteOptions::append("time")).unwrap();
        assert_eq!(values(&session), counted(1200));
        println!("\nabout to die");
        std::process::abort();
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("repo");
    let (repo, id) = with_days(&path);
    let mut child =
        process("a_session_that_is_left_or_killed_leaves_the_old_snapshot", path.to_str().unwrap());
    let output = child.output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("about to die"));
    let session = repo.writable_session("main").unwrap();
    write(&days(0, 2), &session, &replace()).unwrap();
    assert!(session.has_uncommitted_changes().unwrap());
    // Another session sees nothing of that.
    assert_eq!(values(&repo.readonly_session("main").unwrap()), counted(24));
    drop(session);
    assert_eq!(repo.lookup_branch("main").unwrap(), id);
    assert_eq!(values(&Repository::open(&path).unwrap().readonly_session("main").unwrap()), counted(24));
    // The next one is not disturbed by what was left.
    let session = repo.writable_session("main").unwrap();
    write(&days(8, 3), &session, &WriteOptions::append("time")).unwrap();
    session.commit("after the killed one").unwrap();
    assert_eq!(values(&repo.readonly_session("main").unwrap()), counted(33));
}

#[test]
fn conflicting_commits_are_errors_that_name_them_and_nothing_is_lost() {
    for (version, place) in [(1, "memory://conflicts of 1"), (2, "memory://conflicts of 2")] {
        let repo = Repository::create_spec_version(place, version).unwrap();
        let session = repo.writable_session("main").unwrap();
        write(&days(0, 8), &session, &WriteOptions::new()).unwrap();
        session.commit("eight days").unwrap();
        let part = |start: i64, factor: f64| {
            let part = (&days(start, 2) * factor).unwrap().drop_vars(["x", "time"]).unwrap();
            let region = start as usize..start as usize + 2;
            (part, WriteOptions::region([("time", region)]))
        };
        let begin = |start: i64, factor: f64| {
            let session = repo.writable_session("main").unwrap();
            let (part, options) = part(start, factor);
            write(&part, &session, &options).unwrap();
            session
        };
        let (a, same, other) = (begin(2, 10.0), begin(2, 100.0), begin(6, 1000.0));
        let first = a.commit("days 2 and 3").unwrap();
        let e = same.commit("days 2 and 3 too").unwrap_err().to_string();
        assert!(
            e.contains("another session has committed to the branch `main`") && e.contains(&first),
            "{e}"
        );
        assert!(e.contains("rebase"), "{e}");
        for e in [same.rebase().unwrap_err(), same.commit_rebasing("again", 3).unwrap_err()] {
            let e = e.to_string();
            assert!(
                e.contains("both write chunks [1, 0] of `t`") && e.contains(&first) && e.contains(place),
                "{e}"
            );
        }
        // Neither the other's work is lost nor one's own.
        let mut expected = counted(24);
        expected[6..12].iter_mut().for_each(|v| *v *= 10.0);
        assert_eq!(values(&repo.readonly_session("main").unwrap()), expected);
        assert_eq!(values(&same)[6..12], [600.0, 700.0, 800.0, 900.0, 1000.0, 1100.0]);
        assert!(!same.read_only() && same.has_uncommitted_changes().unwrap());
        // What does not conflict is put on top.
        assert!(other.commit("days 6 and 7").is_err());
        other.rebase().unwrap();
        assert_eq!(other.snapshot_id(), first);
        let second = other.commit("days 6 and 7").unwrap();
        expected[18..24].iter_mut().for_each(|v| *v *= 1000.0);
        let opened = repo.readonly_session(Version::snapshot(&second)).unwrap();
        assert_eq!(values(&opened), expected);
        // Appends of two sessions change the same metadata.
        let (a, b) = (repo.writable_session("main").unwrap(), repo.writable_session("main").unwrap());
        write(&days(8, 2), &a, &WriteOptions::append("time")).unwrap();
        write(&days(8, 2), &b, &WriteOptions::append("time")).unwrap();
        a.commit("a").unwrap();
        let e = b.commit_rebasing("b", 3).unwrap_err().to_string();
        assert!(e.contains("both change the metadata of `t`") || e.contains("of `time`"), "{e}");
        assert_eq!(values(&repo.readonly_session("main").unwrap()).len(), 30);
    }
}

#[test]
fn sessions_of_many_threads_and_processes_commit_to_one_folder() {
    let append = |path: &str, k: i64| {
        let repo = Repository::open(path).unwrap();
        let session = repo.writable_session("main").unwrap();
        let part = (&days(2 * k, 2) * 10.0).unwrap().drop_vars(["x", "time"]).unwrap();
        let region = 2 * k as usize..2 * k as usize + 2;
        write(&part, &session, &WriteOptions::region([("time", region)])).unwrap();
        session.commit_rebasing(&format!("part {k}"), 50).unwrap()
    };
    if let Ok(work) = std::env::var(WORK) {
        let (k, path) = work.split_once(' ').unwrap();
        append(path, k.parse().unwrap());
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("repo");
    let path = path.to_str().unwrap();
    let repo = Repository::create(path).unwrap();
    let session = repo.writable_session("main").unwrap();
    write(&days(0, 24), &session, &WriteOptions::new()).unwrap();
    session.commit("all days").unwrap();
    let test = "sessions_of_many_threads_and_processes_commit_to_one_folder";
    let children: Vec<_> = (0..4).map(|k| process(test, &format!("{k} {path}")).spawn().unwrap()).collect();
    std::thread::scope(|threads| {
        for k in 4..12 {
            threads.spawn(move || append(path, k));
        }
    });
    assert!(children.into_iter().all(|mut child| child.wait().unwrap().success()));
    let tenfold: Vec<f64> = counted(72).iter().map(|v| v * 10.0).collect();
    assert_eq!(values(&repo.readonly_session("main").unwrap()), tenfold);
    let mut messages: Vec<String> = repo.ancestry("main").unwrap().into_iter().map(|s| s.message).collect();
    messages.sort();
    messages.dedup();
    assert_eq!(messages.len(), 14, "{messages:?}");
}

#[test]
fn what_does_not_exist_is_an_error_that_lists_what_does() {
    let dir = tempfile::tempdir().unwrap();
    for version in [1, 2] {
        let path = dir.path().join(format!("repo {version}"));
        let repo = Repository::create_spec_version(&path, version).unwrap();
        let session = repo.writable_session("main").unwrap();
        write(&days(0, 8), &session, &WriteOptions::new()).unwrap();
        let id = session.commit("eight days").unwrap();
        repo.create_branch("develop", &id).unwrap();
        repo.create_tag("v1.0", &id).unwrap();
        let told = |result: Result<Session>| {
            let e = result.unwrap_err();
            assert!(e.is_not_found(), "{e}");
            e.to_string()
        };
        for e in [told(repo.readonly_session("develpo")), told(repo.writable_session("develpo"))] {
            assert!(e.contains("no branch named `develpo`") && e.contains("develop, main"), "{e}");
            assert!(e.contains("did you mean `develop`?") && e.contains("repo"), "{e}");
        }
        let e = told(repo.readonly_session(Version::tag("v2.0")));
        assert!(e.contains("no tag named `v2.0`") && e.contains("known: v1.0"), "{e}");
        let absent = "ZZZZZZZZZZZZZZZZZZZG";
        let e = told(repo.readonly_session(Version::snapshot(absent)));
        assert!(e.contains(absent) && e.contains(&format!("{id} (eight days)")), "{e}");
        let e = repo.create_tag("v2.0", absent).unwrap_err().to_string();
        assert!(e.contains(absent) && e.contains(&id), "{e}");
        let e = repo.readonly_session(Version::snapshot("main")).unwrap_err().to_string();
        assert!(e.contains("`main` is no id of a snapshot") && e.contains("Version::branch"), "{e}");
        let e = repo.create_branch("develop", &id).unwrap_err().to_string();
        assert!(e.contains("there is a branch named `develop` already"), "{e}");
        let e = repo.create_tag("v1.0", &id).unwrap_err().to_string();
        assert!(e.contains("there is a tag named `v1.0` already"), "{e}");
        let e = Repository::create(&path).unwrap_err().to_string();
        assert!(e.contains("there is something at") && e.contains("Repository::open"), "{e}");
    }
    let e = Repository::open(dir.path().join("nothing")).unwrap_err();
    assert!(e.is_not_found() && e.to_string().contains("nothing"), "{e}");
    let e = Repository::open("gopher://x/y").unwrap_err();
    assert!(e.is_unsupported() && e.to_string().contains("gopher"), "{e}");
    let e = Repository::open(graticule::io::store::MemoryStore::new("in hand")).unwrap_err().to_string();
    assert!(e.contains("memory://in hand"), "{e}");
}

#[test]
fn a_session_that_only_reads_or_is_committed_cannot_be_written() {
    let (repo, _) = with_days("memory://read only");
    let session = repo.readonly_session("main").unwrap();
    for options in [WriteOptions::new(), replace(), WriteOptions::append("time")] {
        let e = write(&days(8, 2), &session, &options).unwrap_err().to_string();
        assert!(e.contains("can only be read") || e.contains("already"), "{e}");
    }
    let e = session.commit("no").unwrap_err().to_string();
    assert!(e.contains("only reads") && e.contains("writable_session"), "{e}");
    let session = repo.writable_session("main").unwrap();
    let e = session.commit("nothing").unwrap_err().to_string();
    assert!(e.contains("nothing to commit"), "{e}");
    write(&days(8, 2), &session, &WriteOptions::append("time")).unwrap();
    {
        let _running = session.store().lock(Access::Shared).unwrap();
        let e = session.commit("too early").unwrap_err().to_string();
        assert!(e.contains("a run is writing the session"), "{e}");
    }
    let id = session.commit("ten days").unwrap();
    assert!(session.read_only() && session.snapshot_id() == id);
    assert_eq!(values(&session), counted(30));
    let e = write(&days(10, 2), &session, &WriteOptions::append("time")).unwrap_err().to_string();
    assert!(e.contains("is committed") && e.contains("writable_session(\"main\")"), "{e}");
    assert_eq!(values(&repo.readonly_session("main").unwrap()), counted(30));
}

#[test]
fn a_failed_run_leaves_the_dataset_of_its_session() {
    let repo = Repository::create("memory://failures").unwrap();
    let session = repo.writable_session("main").unwrap();
    let ramp = |rows: usize, panics: Option<usize>| {
        let ramp = Ramp::new(&[rows, 4], &[2, 4]);
        let ramp = panics.map_or(ramp, |row| Ramp::new(&[rows, 4], &[2, 4]).panicking_at(row));
        let data = LazyArray::from_source(Arc::new(ramp));
        let a = DataArray::new(Variable::new(["time", "x"], data).unwrap(), Coords::new());
        a.unwrap().to_dataset("t")
    };
    let rows = |n: usize| (0..4 * n).map(|i| i as f32).collect::<Vec<f32>>();
    let found = || open_dataset(session.store()).unwrap().get("t").unwrap().to_vec::<f32>().unwrap();
    write(&ramp(5, None), &session, &WriteOptions::new()).unwrap();
    assert_eq!(found(), rows(5));
    for (options, panics) in [(replace(), 6), (WriteOptions::append("time"), 9)] {
        let e = write(&ramp(10, Some(panics)), &session, &options).unwrap_err().to_string();
        assert!(e.contains("this row panics"), "{e}");
        assert_eq!(found(), rows(5));
        let names = session.store().list("").unwrap();
        assert_eq!(names, ["t", "zarr.json"]);
    }
    // A shorter append without values does not bring back chunks of the one that failed.
    write(&ramp(5, None), &session, &WriteOptions::append("time").compute(false)).unwrap();
    let there = found();
    assert_eq!((there.len(), &there[..20]), (40, &rows(5)[..]));
    assert!(there[24..].iter().all(|v| v.is_nan() || *v == 0.0), "{there:?}");
    session.discard_changes().unwrap();
    assert!(open_dataset(session.store()).unwrap_err().is_not_found());
    write(&ramp(5, None), &session, &WriteOptions::new()).unwrap();
    write(&ramp(10, None), &session, &WriteOptions::append("time")).unwrap();
    assert_eq!(found(), [rows(5), rows(10)].concat());
    session.commit("both").unwrap();
    let opened = open_dataset(repo.readonly_session("main").unwrap().store()).unwrap();
    assert_eq!(opened.get("t").unwrap().to_vec::<f32>().unwrap(), [rows(5), rows(10)].concat());
}

#[test]
fn a_dataset_replaces_the_one_that_it_is_computed_from() {
    let (repo, id) = with_days("memory://itself");
    let session = repo.writable_session("main").unwrap();
    let opened = open_dataset(session.store()).unwrap();
    let doubled = (&opened * 2.0).unwrap();
    write(&doubled.rename([("t", "c")]).unwrap(), &session, &replace()).unwrap();
    session.commit("doubled").unwrap();
    let session = repo.readonly_session("main").unwrap();
    let found = open_dataset(session.store()).unwrap();
    let twice: Vec<f64> = counted(24).iter().map(|v| 2.0 * v).collect();
    assert_eq!(found.get("c").unwrap().to_vec::<f64>().unwrap(), twice);
    assert!(found.get("t").is_err());
    assert_eq!(values(&repo.readonly_session(Version::snapshot(id)).unwrap()), counted(24));
    // A part of the next snapshot is computed from the one before, but not from itself.
    let before = repo.writable_session("main").unwrap();
    write(&days(0, 8), &before, &replace()).unwrap();
    let opened = open_dataset(before.store()).unwrap();
    before.commit("as before").unwrap();
    let session = repo.writable_session("main").unwrap();
    let part =
        |ds: &Dataset| (&ds.isel("time", 2..4).unwrap() * 2.0).unwrap().drop_vars(["x", "time"]).unwrap();
    let region = WriteOptions::region([("time", 2..4)]);
    write(&part(&opened), &session, &region).unwrap();
    assert_eq!(values(&session)[6..12], twice[6..12]);
    let itself = open_dataset(session.store()).unwrap();
    let e = write(&part(&itself), &session, &region).unwrap_err().to_string();
    assert!(e.contains("computed from the array that they would overwrite"), "{e}");
    // An array may be called as the folder of chunks is.
    let session = repo.writable_session("main").unwrap();
    write(&days(0, 4), &session, &replace()).unwrap();
    assert!(open_dataset(session.store()).unwrap().get("c").is_err());
    assert_eq!(values(&session), counted(12));
}

#[test]
fn the_store_keeps_documents_and_chunks_and_nothing_else() {
    let (repo, _) = with_days("memory://keys");
    let session = repo.writable_session("main").unwrap();
    let store = session.store();
    let keys = keys_below(&*store, "").unwrap();
    let of_t = ["t/c/0/0", "t/c/1/0", "t/c/2/0", "t/c/3/0", "t/zarr.json"];
    assert_eq!(keys.iter().filter(|k| k.starts_with("t/")).collect::<Vec<_>>(), of_t);
    assert!(keys.contains(&"zarr.json".to_string()) && keys.iter().all(|k| !k.starts_with('.')), "{keys:?}");
    let document = store.read("zarr.json", ByteRange::Whole { limit: 1 << 20 }).unwrap().unwrap();
    assert!(!String::from_utf8(document).unwrap().contains("consolidated"));
    let size = store.size("t/c/1/0").unwrap().unwrap();
    let whole = store.read("t/c/1/0", ByteRange::Whole { limit: size }).unwrap().unwrap();
    assert!(store.read("t/c/1/0", ByteRange::Whole { limit: size - 1 }).is_err());
    assert_eq!(store.read("t/c/1/0", ByteRange::Last(5)).unwrap().unwrap(), whole[whole.len() - 5..]);
    assert_eq!(
        store.read("t/c/1/0", ByteRange::Part { offset: 2, length: 3 }).unwrap().unwrap(),
        whole[2..5]
    );
    assert!(store.read("t/c/1/0", ByteRange::Part { offset: 2, length: 0 }).unwrap().unwrap().is_empty());
    assert!(store.read("t/c/1/0", ByteRange::Part { offset: 2, length: size }).is_err());
    for absent in [".zgroup", "t/.zarray", "t/c/9/9", "t/c/9", "no/zarr.json", "no/c/0", "t/other", ""] {
        assert_eq!(store.size(absent).unwrap(), None, "{absent}");
        assert_eq!(store.read(absent, ByteRange::Last(0)).unwrap(), None, "{absent}");
        store.remove(absent).map_or_else(|e| panic!("{absent}: {e}"), |()| ());
        if absent.is_empty() {
            assert!(keys_below(&*store, "").unwrap().is_empty());
        } else {
            assert_eq!(keys_below(&*store, "").unwrap(), keys, "{absent}");
        }
    }
    session.discard_changes().unwrap();
    store.rename("t", "deep/er").unwrap();
    assert_eq!(keys_below(&*store, "t").unwrap(), Vec::<String>::new());
    assert_eq!(store.read("deep/er/c/1/0", ByteRange::Whole { limit: size }).unwrap().unwrap(), whole);
    store.remove("deep").unwrap();
    assert!(keys_below(&*store, "deep").unwrap().is_empty());
    session.discard_changes().unwrap();
    let v2 = replace().format(ZarrFormat::V2);
    let e = write(&days(0, 2), &session, &v2).unwrap_err();
    assert!(e.is_unsupported() && e.to_string().contains("ZarrFormat::V3"), "{e}");
    assert_eq!(values(&session), counted(24));
    assert_eq!(keys_below(&*store, "").unwrap(), keys);
}

#[test]
fn a_plan_that_reads_a_snapshot_runs_in_another_process() {
    let test = "a_plan_that_reads_a_snapshot_runs_in_another_process";
    if let Ok(path) = std::env::var(WORK) {
        let plan = Plan::from_bytes(&std::fs::read(path).unwrap()).unwrap();
        match Local::new().run(&plan) {
            Ok(outcome) => println!("\nvalues {:?}", outcome.blocks[0].to_vec::<f64>().unwrap()),
            Err(e) => println!("\nfailed {e}"),
        }
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let there = |session: &Session| {
        let total = open_dataset(session.store()).unwrap().get("t").unwrap().sum("time").unwrap();
        let plan = Plan::new(&[Target::Memory(total.variable().data().clone())]).unwrap();
        let path = dir.path().join("plan");
        std::fs::write(&path, plan.to_bytes().unwrap()).unwrap();
        let output = process(test, path.to_str().unwrap()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let (repo, id) = with_days(dir.path().join("repo"));
    let reader = repo.readonly_session(Version::snapshot(&id)).unwrap();
    assert!(!reader.store().is_local() && reader.store().describe().contains(&id));
    let said = there(&reader);
    assert!(said.contains("values [84.0, 92.0, 100.0]"), "{said}");
    // One that is written stays where it is, until it is committed.
    let session = repo.writable_session("main").unwrap();
    write(&days(8, 2), &session, &WriteOptions::append("time")).unwrap();
    assert!(session.store().is_local());
    let said = there(&session);
    assert!(said.contains("failed") && said.contains("lives in the process that began it"), "{said}");
    assert!(said.contains("commit it"), "{said}");
    let store = session.store();
    session.commit("ten days").unwrap();
    assert!(!store.is_local());
    let said = there(&session);
    assert!(said.contains("values [135.0, 145.0, 155.0]"), "{said}");
    let (memory, _) = with_days("memory://here only");
    let session = memory.readonly_session("main").unwrap();
    assert!(session.store().is_local());
    let said = there(&session);
    assert!(said.contains("failed") && said.contains("there for its process"), "{said}");
}

#[test]
fn programs_of_a_run_read_a_snapshot_and_the_session_gets_their_blocks() {
    use graticule::cluster::{Processes, Staged};
    let dir = tempfile::tempdir().unwrap();
    let (repo, _) = with_days(dir.path().join("repo"));
    let opened = open_dataset(repo.readonly_session("main").unwrap().store()).unwrap();
    let session = repo.writable_session("main").unwrap();
    let workers = Processes::new(env!("CARGO_BIN_EXE_graticule-worker")).at_once(2);
    let executor = Staged::new(dir.path().join("job").to_str().unwrap(), workers).unwrap();
    let twice = (&opened * 2.0).unwrap();
    twice.to_zarr_with(session.store(), &replace(), &executor).unwrap();
    session.commit("by others").unwrap();
    let found = open_dataset(repo.readonly_session("main").unwrap().store()).unwrap();
    assert!(found.identical(&(&days(0, 8) * 2.0).unwrap()).unwrap(), "{found}");
}

#[test]
fn more_than_the_memory_holds_is_written_and_read() {
    let dir = tempfile::tempdir().unwrap();
    let repo = Repository::create(dir.path().join("repo")).unwrap();
    let session = repo.writable_session("main").unwrap();
    // 64 MB in chunks of half a megabyte, with an eighth of that as memory.
    let data = LazyArray::from_source(Arc::new(Ramp::new(&[128, 131_072], &[1, 131_072])));
    let a = DataArray::new(Variable::new(["time", "x"], data).unwrap(), Coords::new()).unwrap();
    let local = || Local::new().threads(2).memory(8 << 20);
    let report = a.to_dataset("a").to_zarr_with(session.store(), &WriteOptions::new(), &local()).unwrap();
    assert!(report.peak_bytes <= 8 << 20, "{}", report.peak_bytes);
    session.commit("a ramp").unwrap();
    let opened = open_dataset(repo.readonly_session("main").unwrap().store()).unwrap().get("a").unwrap();
    let difference = (&opened - &a).unwrap().abs().unwrap().max(()).unwrap();
    let targets = [Target::Memory(difference.variable().data().clone())];
    let outcome = local().run(&Plan::new(&targets).unwrap()).unwrap();
    assert_eq!(outcome.blocks[0].to_vec::<f32>().unwrap(), [0.0]);
    assert!(outcome.report.peak_bytes <= 8 << 20, "{}", outcome.report.peak_bytes);
}

#[cfg(feature = "remote")]
#[test]
fn a_repository_lies_in_a_bucket() {
    if std::env::var(WORK).is_ok() {
        let place = "s3://bucket/deep/repo";
        let (repo, id) = with_days(place);
        assert!(repo.readonly_session("main").unwrap().store().requests() > 1);
        let again = Repository::open(place).unwrap();
        let (a, b) = (repo.writable_session("main").unwrap(), again.writable_session("main").unwrap());
        write(&days(8, 2), &a, &WriteOptions::append("time")).unwrap();
        write(&days(0, 2), &b, &replace()).unwrap();
        a.commit("ten days").unwrap();
        let e = b.commit("two days").unwrap_err().to_string();
        assert!(e.contains("another session has committed") && e.contains(place), "{e}");
        assert_eq!(values(&again.readonly_session("main").unwrap()), counted(30));
        assert_eq!(values(&again.readonly_session(Version::snapshot(id)).unwrap()), counted(24));
        let e = Repository::open("s3://bucket/elsewhere").unwrap_err();
        assert!(e.is_not_found(), "{e}");
        println!("\nall is well");
        return;
    }
    let Some(python) = python() else { return };
    let server = S3::start(&python);
    let mut child = process("a_repository_lies_in_a_bucket", "bucket");
    child.env("AWS_ENDPOINT_URL", server.url()).env("AWS_REGION", "us-east-1");
    child.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test").stderr(Stdio::piped());
    let output = child.output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("all is well"), "{said}\n{errors}");
}
