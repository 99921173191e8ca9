use std::panic::PanicHookInfo;
use std::process::ExitCode;

use clap::Parser;
use taosha_core::Registry;

use crate::args::{Cli, Command, NewCommand};
use crate::terminal::Terminal;
use crate::{Exit, builtin, commands, supervise};

/// A `taosha` binary: the built-in parts and those added to them.
pub struct App {
    registry: Registry,
}

impl App {
    /// The parts that come with `taosha`.
    pub fn builtin() -> Self {
        let mut registry = Registry::new();
        builtin::register(&mut registry);
        App { registry }
    }

    /// Adds the parts of another crate.
    #[must_use]
    pub fn with(mut self, register: fn(&mut Registry)) -> Self {
        register(&mut self.registry);
        self
    }

    /// What this binary knows, for tests and other front ends.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Does what the command line says.
    pub fn run(self) -> ExitCode {
        let cli = match Cli::try_parse() {
            Ok(cli) => cli,
            Err(error) => {
                let _ = error.print();
                // `--help` and `--version` come as errors too.
                return if error.use_stderr() {
                    Exit::Usage
                } else {
                    Exit::Ok
                }
                .into();
            }
        };
        if supervise::is_child() {
            supervise::end_with_parent();
        }
        let terminal = Terminal::new();
        std::panic::set_hook(Box::new(report_panic));
        let exit = match &cli.command {
            Command::Check(args) => commands::check(args, &cli.output, &self.registry, terminal),
            Command::Run(args) => commands::run(args, &cli.output, &self.registry, terminal),
            Command::Torture(args) => {
                commands::torture(args, &cli.output, &self.registry, terminal)
            }
            Command::Schedule(args) => commands::schedule(args, &self.registry, terminal),
            Command::Logs(args) => commands::logs(args, &cli.output, &self.registry, terminal),
            Command::Why(args) => commands::why(args, &cli.output, &self.registry, terminal),
            Command::Dead { command } => {
                commands::dead(command, &cli.output, &self.registry, terminal)
            }
            Command::Dedupe { command } => {
                commands::dedupe(command, &cli.output, &self.registry, terminal)
            }
            Command::Runs(args) => commands::runs(args, &cli.output, &self.registry, terminal),
            Command::Restore(args) => {
                commands::restore(args, &cli.output, &self.registry, terminal)
            }
            Command::Replay(args) => commands::replay(args, &cli.output, &self.registry, terminal),
            Command::Doctor(args) => commands::doctor(args, &cli.output, &self.registry, terminal),
            Command::Facts(args) => commands::facts(args, &cli.output, &self.registry, terminal),
            Command::Graph(args) => commands::graph(args, &self.registry, terminal),
            Command::New {
                command: NewCommand::Stage(args),
            } => commands::new_stage(args, &cli.output, &self.registry, terminal),
            Command::Schema => commands::schema(&self.registry, terminal),
        };
        let exit = exit.unwrap_or_else(|error| {
            terminal.error(&format!("taosha: failed to {error:#}"));
            Exit::Failed
        });
        exit.into()
    }
}

/// A panic inside a stage becomes a dead letter and needs no words here; any other is our bug.
fn report_panic(info: &PanicHookInfo<'_>) {
    if taosha_engine::in_stage() {
        tracing::debug!("a stage panicked: {info}");
        return;
    }
    Terminal::new().error(&format!(
        "taosha: this is a bug of ours, please report it with the command you ran: {info}"
    ));
}
