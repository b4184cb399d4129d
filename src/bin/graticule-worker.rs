//! The worker without kernels of anybody's own.

fn main() -> std::process::ExitCode {
    graticule::cluster::worker_main()
}
