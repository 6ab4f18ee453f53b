//! `fedctl`: see the library for what it does.

use std::process::ExitCode;

use clap::Parser;
use fedctl::args::Args;
use fedctl::exit::Exit;
use fedctl::ui::Ui;

fn main() -> ExitCode {
    fedctl::process::seal();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return answer(&error).into(),
    };
    fedctl::config::logging(args.verbose);
    let mut ui = Ui::of_process(args.quiet);
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fedctl::failure::Failure::from(error).show(&mut ui).into(),
    };
    let exit = runtime.block_on(fedctl::run(args, &mut ui));
    // A question that nobody answered is still waited for by a thread.
    runtime.shutdown_background();
    exit.into()
}

/// Help and version are no errors; everything else is a matter of usage.
fn answer(error: &clap::Error) -> Exit {
    match error.print() {
        _ if error.use_stderr() => Exit::Usage,
        Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => {
            fedctl::ui::lost(&cause).show(&mut Ui::of_process(false))
        }
        Ok(()) | Err(_) => Exit::Done,
    }
}
