//! Runs the conformance cases: steps named after xarray's methods, with the results that xarray gives.
//!
//! `cargo test --release --test conformance -- --nocapture` prints a line for each group and the sum.
//! `CONFORMANCE_CASES` names other folders of case files (colon-separated), `CONFORMANCE_ONLY` part of
//! the ids to run, `CONFORMANCE_REPORT` a file that gets one JSON line for each case.

mod conformance_runner;

use conformance_runner::{case, report::Report, run};

#[test]
fn cases_give_what_xarray_gives() {
    let cases = case::load(&case::folders());
    assert!(!cases.is_empty(), "no conformance cases found");
    let mut report = Report::default();
    run::quietly(|| {
        for case in &cases {
            report.add(case, run::run(case));
        }
    });
    report.write();
    print!("{}", report.table());
    let failures = report.failures();
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
}
