//! `fedctl`: see the library for what it does.

use std::process::ExitCode;

use clap::Parser;
use fedctl::args::Args;
use fedctl::exit::Exit;
use fedctl::ui::Ui;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        // Help and version are no errors; everything else is a matter of usage.
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            let _: std::io::Result<()> = error.print();
            return exit.into();
        }
    };
    fedctl::config::logging(args.verbose);
    let mut ui = Ui::of_process(args.quiet);
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fedctl::failure::Failure::from(error).show(&mut ui).into(),
    };
    runtime.block_on(fedctl::run(args, &mut ui)).into()
}
