use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::logs::Level;

use crate::schedule::ScheduleArgs;

/// Turns piles of crawled Chinese report pages into clean tables.
#[derive(Debug, Parser)]
#[command(name = "taosha", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// How results are printed
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    /// How log lines are written
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) log_format: Format,

    /// Log to this file instead of standard error; a new one each day, named FILE.YYYY-MM-DD
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) log_file: Option<PathBuf>,

    /// What is logged, such as `debug` or `info,taosha_decode=debug` [default: info; warn on a
    /// terminal that shows progress]
    #[arg(long, global = true, env = "TAOSHA_LOG", value_name = "FILTER")]
    pub(crate) log_level: Option<String>,
}

/// For people or for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs: one JSON object per result or log line
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say what is wrong with a pipeline file, or what it will do
    Check(FileArgs),

    /// Run a pipeline to its end
    Run(RunArgs),

    /// Kill runs of a pipeline at random and compare what they write with an undisturbed run
    Torture(TortureArgs),

    /// Run a pipeline whenever its [schedule] says, until told to end
    Schedule(ScheduleArgs),

    /// Show what runs have logged
    Logs(LogsArgs),

    /// Tell the story of one page: where it came from, what became of it and why
    Why(RecordArgs),

    /// List, show, retry or export dead letters
    Dead {
        #[command(subcommand)]
        command: DeadCommand,
    },

    /// Tell what was collapsed and what it costs to remember it
    Dedupe {
        #[command(subcommand)]
        command: DedupeCommand,
    },

    /// List the runs of a pipeline
    Runs(FileArgs),

    /// Print the text of a report, also of a copy that was collapsed, to the letter
    Restore(RecordArgs),

    /// Build the tables of one sink anew from what is sealed
    Replay(ReplayArgs),

    /// Check everything a pipeline keeps
    Doctor(DoctorArgs),

    /// Show how a sentence is read: each number, what it was taken for and by which rule
    Facts(FactsArgs),

    /// Draw a pipeline
    Graph(GraphArgs),

    /// Print the JSON Schema of pipeline files, for editors
    Schema,

    /// Begin a stage of your own
    New {
        #[command(subcommand)]
        command: NewCommand,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum NewCommand {
    /// Write a crate with a stage, a binary that has it, tests and a pipeline
    Stage(NewStageArgs),
}

#[derive(Debug, Args)]
pub(crate) struct NewStageArgs {
    /// What the stage is called in pipeline files: lower-case words with hyphens
    pub(crate) name: String,

    /// The folder to make [default: the name]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dir: Option<PathBuf>,

    /// The source of taosha [default: where this program was built]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) taosha: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct FileArgs {
    /// The pipeline file
    pub(crate) file: PathBuf,

    /// Put a value in place of the file's: `run.workers=2`, `jsonl.dir=elsewhere`
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,

    /// Stop after N pages; the next run goes on behind them
    #[arg(long, value_name = "N")]
    pub(crate) sample: Option<u64>,

    /// Try the stages on all pages: write to no sink and keep nothing
    #[arg(long)]
    pub(crate) no_sinks: bool,

    /// Forget what earlier runs did, read all pages again and replace what the sinks hold
    #[arg(long, conflicts_with = "no_sinks")]
    pub(crate) anew: bool,

    /// Keep the state and all targets below DIR, and count the pages of `sample` from the first
    /// run there on: for `taosha torture`
    #[arg(long, hide = true, value_name = "DIR", conflicts_with_all = ["no_sinks", "anew"])]
    pub(crate) scratch: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct TortureArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,

    /// How many times runs are killed in all
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = at_least_one)]
    pub(crate) kills: usize,

    /// How many pages of the pipeline's sources are read
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub(crate) sample: u64,

    /// Kill each run within so many seconds: more kills in a round, fewer rounds [default: as long
    /// as a whole run takes]
    #[arg(long, value_name = "SECONDS", value_parser = above_zero)]
    pub(crate) within: Option<f64>,

    /// Draw the same instants, workers and epochs as before [default: random]
    #[arg(long, value_name = "S")]
    pub(crate) seed: Option<u64>,

    /// Keep the folder with all runs; it is kept anyway when something differs
    #[arg(long)]
    pub(crate) keep: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,

    /// Go on showing what is logged, until Ctrl-C
    #[arg(short, long)]
    pub(crate) follow: bool,

    /// Only lines of this source, stage or sink
    #[arg(long, value_name = "ID")]
    pub(crate) stage: Option<String>,

    /// Only lines of this level and worse: error, warn, info, debug or trace
    #[arg(long, value_enum, hide_possible_values = true, value_name = "LEVEL")]
    pub(crate) level: Option<Level>,

    /// Only lines with this value in this field, such as `code=decode.not_text`; may be given more
    /// than once, then all must hold
    #[arg(long = "where", value_name = "KEY=VALUE", value_parser = key_and_value)]
    pub(crate) fields: Vec<(String, String)>,

    /// The lines as they were written, one JSON object each; as `--format json`
    #[arg(long)]
    pub(crate) raw: bool,

    /// Only the last N lines; lines that are counted together are one [default: all; 10 with -f]
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) lines: Option<usize>,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(0) => Err("with none there is nothing to see".to_owned()),
        parsed => parsed.map_err(|error| error.to_string()),
    }
}

fn above_zero(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(secs) if secs.is_finite() && secs > 0.0 => Ok(secs),
        Ok(_) => Err("it must be more than nothing".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".to_owned()),
    }
}

#[derive(Debug, Args)]
pub(crate) struct RecordArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,

    /// The id of a page, report or dead letter, or as much of it as is unique; for `why` also the URI
    /// of a page, as in documents.uri
    #[arg(value_name = "ID")]
    pub(crate) what: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadCommand {
    /// List dead letters, and count them by code
    List(DeadArgs),

    /// Show all that is known of one, with its first bytes
    Show(RecordArgs),

    /// Try dead letters again, with the file as it is today, each from where it died
    Retry(DeadArgs),

    /// Write the bytes of dead letters to a folder, and index.jsonl beside them
    Export(DeadExportArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum DedupeCommand {
    /// Count clusters, relations and passages, and the bytes kept for each report
    Stats(FileArgs),
}

#[derive(Debug, Args)]
pub(crate) struct DeadArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,

    #[command(flatten)]
    pub(crate) choice: DeadChoice,
}

#[derive(Debug, Args)]
pub(crate) struct DeadChoice {
    /// Only these; as much of an id as is unique [default: all]
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,

    /// Only letters with this code, such as `decode.empty`
    #[arg(long)]
    pub(crate) code: Option<String>,

    /// Only letters that this stage or source refused
    #[arg(long, value_name = "ID")]
    pub(crate) stage: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DeadExportArgs {
    #[command(flatten)]
    pub(crate) letters: DeadArgs,

    /// The folder, made if needed; what is there is never overwritten
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,

    /// The sink
    #[arg(long, value_name = "ID")]
    pub(crate) sink: String,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,

    /// Make anew what can be derived from the rest
    #[arg(long)]
    pub(crate) repair: bool,
}

#[derive(Debug, Args)]
pub(crate) struct FactsArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,

    /// The words to read, with the rules of the file's stage `extract`
    #[arg(long, value_name = "TEXT")]
    pub(crate) explain: String,
}

#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,

    /// The drawing language
    #[arg(long, value_enum, default_value_t = Drawing::Mermaid)]
    pub(crate) drawing: Drawing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Drawing {
    /// Shown by GitHub and many editors
    Mermaid,
    /// Graphviz
    Dot,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
