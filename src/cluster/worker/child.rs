//! The worker as a program: the child of a Dask worker, or a run of some batches of a stored plan.

use std::fs::File;
use std::io::BufReader;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{About, Core, Counts};
use crate::cluster::frames::{Frame, receive, send};
use crate::cluster::staged;
use crate::error::{Error, Result};

/// What a parent asks for.
mod asked {
    pub(super) const LIMITS: u8 = 1;
    pub(super) const PLAN: u8 = 2;
    pub(super) const RUN: u8 = 3;
    pub(super) const CANCEL: u8 = 4;
    pub(super) const FORGET: u8 = 5;
    pub(super) const ABOUT: u8 = 6;
}

const VALUE: u8 = 1;
const ERROR: u8 = 2;

/// All that is asked for; each message has some of it.
#[derive(Deserialize)]
struct Request {
    call: u64,
    #[serde(default)]
    run: String,
    #[serde(default)]
    threads: usize,
    #[serde(default)]
    memory: usize,
    #[serde(default)]
    plan: ByteBuf,
    #[serde(default)]
    spec: ByteBuf,
    #[serde(default)]
    inputs: Vec<ByteBuf>,
}

#[derive(Serialize, Default)]
struct Answer {
    call: u64,
    data: ByteBuf,
    #[serde(flatten)]
    counts: Counts,
}

#[derive(Serialize)]
struct Failure<'a> {
    call: u64,
    error: &'a Error,
}

const USAGE: &str = "usage: graticule-worker serve            (the child of a Dask worker: messages on stdin and stdout)
       graticule-worker run JOB STEP PART   (part number PART of a step of the job in the folder or store JOB)";

/// The whole program of a worker: the `main` of a binary that has your kernels and sources in it.
///
/// `graticule-worker` is this and nothing else.
///
/// ```no_run
/// // src/bin/worker.rs: the crate with the kernels must be named for them to be linked.
/// // use my_kernels as _;
/// fn main() -> std::process::ExitCode {
///     graticule::cluster::worker_main()
/// }
/// ```
pub fn worker_main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["serve"] => serve(),
        ["run", job, step, part] => staged::run_part(job, step, part),
        ["--version"] => {
            println!("graticule-worker {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        _ => Err(Error::invalid(USAGE)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}

/// Answers messages until the parent has ended.
fn serve() -> Result<()> {
    let wire = Mutex::new(own_stdout()?);
    let mut from = BufReader::new(std::io::stdin().lock());
    let core = Core::of_process();
    std::thread::scope(|scope| {
        while let Ok(Some(frame)) = receive(&mut from) {
            let Ok(request) = frame.as_value::<Request>() else {
                eprintln!("a message that cannot be read has come");
                std::process::exit(1);
            };
            let wire = &wire;
            // The parent asks for no more at the same time than it has threads.
            match frame.kind {
                asked::RUN => drop(scope.spawn(move || answer(wire, &frame, request, core))),
                _ => answer(wire, &frame, request, core),
            }
        }
        // Whatever is still at work has nobody to tell.
        std::process::exit(0)
    })
}

fn answer(wire: &Mutex<File>, frame: &Frame, request: Request, core: &Core) {
    let call = request.call;
    let done = answered(frame.kind, request, core);
    let mut wire = wire.lock().unwrap_or_else(PoisonError::into_inner);
    let sent = match done {
        Ok(answer) => send(&mut *wire, VALUE, &answer),
        Err(e) => send(&mut *wire, ERROR, &Failure { call, error: &e }),
    };
    if let Err(e) = sent {
        tracing::warn!("the answer cannot be sent: {e}");
    }
}

fn answered(kind: u8, request: Request, core: &Core) -> Result<Answer> {
    let Request { call, run, threads, memory, plan, spec, inputs } = request;
    let mut answer = Answer { call, ..Answer::default() };
    match kind {
        asked::LIMITS => core.limit_worker(threads, memory)?,
        asked::PLAN => core.plan(&run, &plan)?,
        asked::RUN => {
            let inputs: Vec<&[u8]> = inputs.iter().map(|i| &i[..]).collect();
            let value = core.run_sent(&run, &spec, &inputs)?;
            answer = Answer { call, data: ByteBuf::from(value.parcel), counts: value.counts };
        }
        asked::CANCEL => core.cancel(&run),
        asked::FORGET => core.forget(&run),
        asked::ABOUT => answer.data = ByteBuf::from(About::told()?),
        other => return Err(Error::internal(format!("no message has the type {other}"))),
    }
    Ok(answer)
}

/// What was stdout, for messages alone: what kernels print goes to stderr.
#[cfg(unix)]
fn own_stdout() -> Result<File> {
    use std::os::fd::AsFd;
    let wire = std::io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(std::io::stderr().as_fd()).map_err(std::io::Error::from)?;
    Ok(File::from(wire))
}

#[cfg(windows)]
fn own_stdout() -> Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(File::from(std::io::stdout().as_handle().try_clone_to_owned()?))
}
