//! Benches beside peers: runs a case of ours and of a Python script in turns, so that whatever else the machine
//! does hits both, and prints what each took beside the memory bandwidth of the same minutes.
//!
//! The script runs as a child with the interpreter of `GRATICULE_PEERS`, or that of `target/peers`, which
//! `benches/peers.sh` makes. Without one, ours run alone.

use std::hint::black_box;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

/// A case of ours, which the peer's script knows by the same name.
pub struct Case<'a> {
    pub name: String,
    /// Bytes that have to be read (and written) at least.
    pub bytes: usize,
    pub run: Box<dyn FnMut() + 'a>,
}

impl<'a> Case<'a> {
    pub fn new<T>(name: impl Into<String>, bytes: usize, mut run: impl FnMut() -> T + 'a) -> Case<'a> {
        Case { name: name.into(), bytes, run: Box::new(move || drop(black_box(run()))) }
    }
}

/// A Python script that serves the same cases (`benches/support/peer.py`).
pub struct Peer {
    child: Child,
    ask: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    /// What it is, with versions.
    pub versions: String,
}

impl Peer {
    /// Starts `benches/SCRIPT` with some arguments; `None` where there is no interpreter or the script fails.
    pub fn start(script: &str, arguments: &[String]) -> Option<Peer> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = std::env::var_os("GRATICULE_PEERS")
            .map_or_else(|| root.join("target/peers/bin/python"), PathBuf::from);
        let mut child = Command::new(python)
            .arg(root.join("benches").join(script))
            .args(arguments)
            .env("PYTHONPATH", root.join("benches/support"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .inspect_err(|e| eprintln!("no peer ({e}): `benches/peers.sh` makes its environment"))
            .ok()?;
        let (ask, out) = (child.stdin.take()?, child.stdout.take()?);
        let mut answers = BufReader::new(out).lines();
        let ready = answers.next()?.ok()?;
        let versions = ready.strip_prefix("ready: ")?.to_string();
        Some(Peer { child, ask, answers, versions })
    }

    /// The seconds that a case takes; `None` if the script does not know it.
    pub fn seconds(&mut self, case: &str) -> Option<f64> {
        writeln!(self.ask, "{case}").ok()?;
        self.answers.next()?.ok()?.parse().ok()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Whether the bench is only to show that it works (`cargo test --benches`): small data, one round, no peer.
pub fn only_test() -> bool {
    std::env::args().any(|a| a == "--test")
}

/// Words of the command line that name the cases to run.
fn wanted(name: &str) -> bool {
    let mut words = std::env::args().skip(1).filter(|a| !a.starts_with('-')).peekable();
    words.peek().is_none() || words.any(|w| name.contains(&w))
}

/// The best of some rounds of ours and the peer's, in turns, after one of each that does not count.
pub struct Best {
    pub ours: f64,
    pub peer: Option<f64>,
}

/// Runs a case of ours and the peer's in turns.
pub fn measure(case: &mut Case, peer: &mut Option<Peer>, rounds: usize) -> Best {
    let mut best = Best { ours: f64::INFINITY, peer: None };
    for round in 0..=rounds {
        let start = Instant::now();
        (case.run)();
        let ours = start.elapsed().as_secs_f64();
        let theirs = peer.as_mut().and_then(|p| p.seconds(&case.name));
        if round > 0 || rounds == 0 {
            best.ours = best.ours.min(ours);
            best.peer = theirs.map(|s| best.peer.map_or(s, |b| b.min(s)));
        }
    }
    best
}

/// Bytes a second that all cores read from memory: the sum of all these numbers.
pub fn bandwidth(values: &[f32]) -> f64 {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    let mut best = 0f64;
    for _ in 0..3 {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for part in values.chunks(values.len().div_ceil(threads).max(1)) {
                scope.spawn(move || black_box(sum(part)));
            }
        });
        best = best.max(size_of_val(values) as f64 / start.elapsed().as_secs_f64());
    }
    best
}

/// In many lanes, so that memory is what it waits for.
fn sum(values: &[f32]) -> f32 {
    let mut lanes = [0f32; 64];
    let (chunks, rest) = values.as_chunks::<64>();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(a, b)| *a += b);
    }
    lanes.iter().chain(rest).sum()
}

/// Runs all cases that the command line wants, and prints a line for each. `bandwidth` (bytes a second) makes the
/// last column: what share of it ours reach.
pub fn table(title: &str, cases: &mut [Case], peer: &mut Option<Peer>, rounds: usize, bandwidth: f64) {
    println!("\n{title}");
    if let Some(peer) = peer {
        println!("beside {}", peer.versions);
    }
    println!("memory gives {:.1} GB/s to all cores in this run\n", bandwidth / 1e9);
    println!("{:34} {:>11} {:>8} {:>11} {:>8} {:>10}", "case", "ours", "GB/s", "peer", "ratio", "bandwidth");
    for case in cases.iter_mut().filter(|c| wanted(&c.name)) {
        let best = measure(case, peer, rounds);
        let speed = case.bytes as f64 / best.ours;
        let (theirs, ratio) = match best.peer {
            Some(s) => (time(s), format!("{:.1}x", s / best.ours)),
            None => ("-".into(), "-".into()),
        };
        println!(
            "{:34} {:>11} {:>8.2} {:>11} {:>8} {:>9.0}%",
            case.name,
            time(best.ours),
            speed / 1e9,
            theirs,
            ratio,
            100.0 * speed / bandwidth
        );
    }
}

/// Seconds in a unit that suits them.
fn time(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.1} us", s * 1e6),
        s if s < 1.0 => format!("{:.1} ms", s * 1e3),
        s => format!("{s:.3} s"),
    }
}
