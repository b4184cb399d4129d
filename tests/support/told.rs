//! What is told by `tracing` while something runs.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};

/// Keeps the messages of events of some targets, behind their topic if they have one.
#[derive(Clone)]
struct Told {
    target: &'static str,
    messages: Arc<Mutex<Vec<String>>>,
}

/// What `f` gives, and the messages of events of targets that begin so.
pub fn told_by<R>(target: &'static str, f: impl FnOnce() -> R) -> (R, Vec<String>) {
    let told = Told { target, messages: Arc::default() };
    let result = tracing::subscriber::with_default(told.clone(), f);
    let messages = told.messages.lock().unwrap().clone();
    (result, messages)
}

#[derive(Default)]
struct Fields {
    topic: Option<String>,
    message: String,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            "topic" => self.topic = Some(format!("{value:?}").trim_matches('"').to_string()),
            _ => {}
        }
    }
}

impl tracing::Subscriber for Told {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with(self.target)
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let message = match fields.topic {
            Some(topic) => format!("{topic}: {}", fields.message),
            None => fields.message,
        };
        self.messages.lock().unwrap().push(message);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
