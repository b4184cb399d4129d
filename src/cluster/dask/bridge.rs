//! The process between this one and a Dask cluster: Python, since Dask's own wire is Python's.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, BufWriter};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_bytes::{ByteBuf, Bytes};

use super::options::{DaskOptions, Scheduler};
use crate::cluster::batch::Batch;
use crate::cluster::frames::{Frame, receive, send};
use crate::cluster::worker::{Counts, PROTOCOL};
use crate::error::{Error, ErrorKind, Result};

/// Lines of the bridge's stderr that an error shows.
const LINES: usize = 15;

/// How long a bridge may take to end when it is told to: runs have a minute to stop.
const ENDING: Duration = Duration::from_secs(90);

/// How long one listens for why a bridge has ended.
const LAST_WORDS: Duration = Duration::from_secs(5);

mod told {
    pub(super) const HELLO: u8 = 1;
    pub(super) const PLAN: u8 = 2;
    pub(super) const SUBMIT: u8 = 3;
    pub(super) const RELEASE: u8 = 4;
    pub(super) const CANCEL: u8 = 5;
    pub(super) const END: u8 = 6;
}

mod heard {
    pub(super) const READY: u8 = 1;
    pub(super) const DONE: u8 = 2;
    pub(super) const RESULT: u8 = 3;
    pub(super) const ERROR: u8 = 4;
    pub(super) const WORKERS: u8 = 5;
    pub(super) const END: u8 = 6;
}

/// A worker of the cluster.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Worker {
    pub(super) address: String,
    pub(super) threads: usize,
    /// Bytes; 0 where there is no limit.
    pub(super) memory: usize,
}

/// What a bridge says.
#[derive(Debug)]
pub(super) enum Event {
    Ready(Vec<Worker>),
    Done { run: String, id: usize, counts: Counts },
    Result { run: String, id: usize, data: Vec<u8> },
    Failed { run: Option<String>, id: Option<usize>, error: Error },
    Workers(Vec<Worker>),
    End { run: String },
}

#[derive(Serialize)]
struct Hello<'a> {
    protocol: u32,
    version: &'a str,
    address: Option<&'a str>,
    scheduler_file: Option<&'a str>,
    hook: Option<&'a str>,
    ca_file: Option<String>,
    client_cert: Option<String>,
    client_key: Option<String>,
    insecure: bool,
    timeout: f64,
    library: Option<String>,
    program: Option<Vec<String>>,
}

#[derive(Serialize)]
struct OfRun<'a> {
    run: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'a Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    batches: Option<&'a [Submitted]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ids: Option<&'a [usize]>,
}

/// A batch as the bridge gets it.
#[derive(Serialize)]
pub(super) struct Submitted {
    pub(super) id: usize,
    pub(super) stage: usize,
    pub(super) kind: &'static str,
    pub(super) spec: ByteBuf,
    pub(super) inputs: Vec<usize>,
    pub(super) gather: bool,
}

/// What kind of work a batch is, for Dask's displays.
pub(super) fn kind_of(batch: &Batch) -> &'static str {
    match batch {
        Batch::Chunks { .. } => "chunks",
        Batch::Segments { .. } => "segments",
        Batch::Merge { .. } => "merge",
    }
}

/// A bridge that is connected.
#[derive(Debug)]
pub(super) struct Bridge {
    child: Child,
    to: Option<BufWriter<ChildStdin>>,
    events: Receiver<Result<Event>>,
    stderr: Arc<Mutex<VecDeque<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl Bridge {
    /// Starts a bridge and has it connect; the workers that are there.
    ///
    /// # Errors
    /// If there is no such Python or no package in it, or whatever the bridge finds wrong with the cluster.
    pub(super) fn connect(scheduler: &Scheduler, options: &DaskOptions) -> Result<(Bridge, Vec<Worker>)> {
        let mut bridge = Bridge::start(options)?;
        let text = |path: &std::path::Path| path.display().to_string();
        let file = match scheduler {
            Scheduler::File(path) => Some(text(path)),
            _ => None,
        };
        let security = options.security.as_ref();
        let hello = Hello {
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION"),
            address: if let Scheduler::Address(a) = scheduler { Some(a) } else { None },
            scheduler_file: file.as_deref(),
            hook: if let Scheduler::Hook(h) = scheduler { Some(h) } else { None },
            ca_file: security.map(|s| text(&s.ca_file)),
            client_cert: security.map(|s| text(&s.client_cert)),
            client_key: security.map(|s| text(&s.client_key)),
            insecure: options.insecure,
            timeout: options.timeout.as_secs_f64(),
            library: options.library.as_deref().map(text),
            program: options.program.as_deref().map(|p| vec![text(p), "serve".to_string()]),
        };
        bridge.tell(told::HELLO, &hello)?;
        // The bridge keeps to the time itself, for the scheduler and again for workers; a Python that hangs does not.
        let until = Instant::now() + 2 * options.timeout + Duration::from_secs(60);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match bridge.next(left)? {
                Some(Event::Ready(workers)) => return Ok((bridge, workers)),
                Some(Event::Failed { error, .. }) => {
                    return Err(error.at(format!("connecting to {scheduler:?}")));
                }
                Some(_) => {}
                None => return Err(bridge.gone("the bridge to Dask does not answer")),
            }
        }
    }

    fn start(options: &DaskOptions) -> Result<Bridge> {
        let mut child = Command::new(&options.python)
            .args(["-m", "graticule_dask"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| {
                Error::new(ErrorKind::NotFound, "Python cannot be started")
                    .caused_by(e)
                    .at(options.python.display().to_string())
                    .help("name one with `DaskOptions::python` or GRATICULE_DASK_PYTHON")
            })?;
        let broken = || Error::internal("a pipe to the bridge is missing");
        let to = child.stdin.take().map(BufWriter::new);
        let mut from = BufReader::new(child.stdout.take().ok_or_else(broken)?);
        let mut lines = BufReader::new(child.stderr.take().ok_or_else(broken)?);
        let stderr = Arc::new(Mutex::new(VecDeque::new()));
        let last = stderr.clone();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            while matches!(lines.read_until(b'\n', &mut bytes), Ok(1..)) {
                let line = String::from_utf8_lossy(&bytes).trim_end().to_string();
                bytes.clear();
                tracing::debug!(target: "graticule::dask", "{line}");
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                last.push_back(line);
                if last.len() > LINES {
                    last.pop_front();
                }
            }
        });
        let (sender, events) = channel();
        let reader = std::thread::spawn(move || {
            while let Some(frame) = receive(&mut from).transpose() {
                let event = frame.and_then(|frame| event_of(&frame));
                let last = event.is_err();
                if sender.send(event).is_err() || last {
                    break;
                }
            }
        });
        Ok(Bridge { child, to, events, stderr, reader: Some(reader) })
    }

    /// The next event; `None` if none comes in this time.
    ///
    /// # Errors
    /// If the bridge has ended.
    pub(super) fn next(&mut self, wait: Duration) -> Result<Option<Event>> {
        match self.events.recv_timeout(wait) {
            Ok(event) => event.map(Some),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(self.gone("the bridge to Dask has ended")),
        }
    }

    pub(super) fn plan(&mut self, run: &str, plan: &[u8]) -> Result<()> {
        self.tell(told::PLAN, &OfRun { run, plan: Some(Bytes::new(plan)), batches: None, ids: None })
    }

    pub(super) fn submit(&mut self, run: &str, batches: &[Submitted]) -> Result<()> {
        self.tell(told::SUBMIT, &OfRun { run, plan: None, batches: Some(batches), ids: None })
    }

    pub(super) fn release(&mut self, run: &str, ids: &[usize]) -> Result<()> {
        self.tell(told::RELEASE, &OfRun { run, plan: None, batches: None, ids: Some(ids) })
    }

    pub(super) fn cancel(&mut self, run: &str) -> Result<()> {
        self.tell(told::CANCEL, &OfRun { run, plan: None, batches: None, ids: None })
    }

    pub(super) fn end(&mut self, run: &str) -> Result<()> {
        self.tell(told::END, &OfRun { run, plan: None, batches: None, ids: None })
    }

    fn tell(&mut self, kind: u8, message: &impl Serialize) -> Result<()> {
        let Some(to) = &mut self.to else { return Err(Error::internal("the bridge is closed")) };
        match send(to, kind, message) {
            Err(e) if e.kind() == ErrorKind::Storage => {
                // Why it ended it has said before that.
                while let Ok(event) = self.events.recv_timeout(LAST_WORDS) {
                    if let Ok(Event::Failed { error, .. }) = event {
                        return Err(error);
                    }
                }
                Err(self.gone("the bridge to Dask has ended"))
            }
            done => done,
        }
    }

    /// The error of a bridge that is not there, with what it said last.
    fn gone(&mut self, what: &str) -> Error {
        let _ = self.child.kill();
        let status = self.child.wait().map_or(String::new(), |status| format!(" ({status})"));
        let lines = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        let text = lines.iter().cloned().collect::<Vec<_>>().join("\n");
        let error = Error::internal(format!("{what}{status}"));
        match text.contains("No module named") {
            true => error.at(text).help("install the package there: `pip install graticule-dask`"),
            false => error.at(text),
        }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // The end of its input tells a bridge to release everything.
        drop(self.to.take());
        let begun = Instant::now();
        while begun.elapsed() < ENDING {
            if let Ok(Some(_)) = self.child.try_wait() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

fn event_of(frame: &Frame) -> Result<Event> {
    #[derive(Deserialize)]
    struct Workers {
        workers: Vec<Worker>,
    }
    #[derive(Deserialize)]
    struct Done {
        run: String,
        id: usize,
        #[serde(flatten)]
        counts: Counts,
    }
    #[derive(Deserialize)]
    struct Value {
        run: String,
        id: usize,
        data: ByteBuf,
    }
    #[derive(Deserialize)]
    struct Failed {
        run: Option<String>,
        id: Option<usize>,
        error: Error,
        worker: Option<String>,
        trace: Option<String>,
    }
    #[derive(Deserialize)]
    struct End {
        run: String,
    }
    Ok(match frame.kind {
        heard::READY => Event::Ready(frame.as_value::<Workers>()?.workers),
        heard::DONE => {
            let Done { run, id, counts } = frame.as_value()?;
            Event::Done { run, id, counts }
        }
        heard::RESULT => {
            let Value { run, id, data } = frame.as_value()?;
            Event::Result { run, id, data: data.into_vec() }
        }
        heard::ERROR => {
            let Failed { run, id, error, worker, trace } = frame.as_value()?;
            if let Some(trace) = trace {
                tracing::debug!(target: "graticule::dask", "{trace}");
            }
            let error = match worker {
                Some(worker) => error.at(format!("worker {worker}")),
                None => error,
            };
            Event::Failed { run, id, error }
        }
        heard::WORKERS => Event::Workers(frame.as_value::<Workers>()?.workers),
        heard::END => Event::End { run: frame.as_value::<End>()?.run },
        other => return Err(Error::internal(format!("the bridge says something of type {other}"))),
    })
}
