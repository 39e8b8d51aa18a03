//! What may be written on the command line. Names and meanings here are a contract with scripts.
//!
//! Secrets are taken as they are and looked at elsewhere: an error made here would quote them.

pub(crate) mod line;
pub(crate) mod network;
pub(crate) mod watch;
mod words;

use crate::exit::Exit;
use clap::{Args, Parser, Subcommand, ValueEnum, error::ErrorKind};
use line::{Limit, LineWish, Speed, TurtleWord, speed, turtle};
use network::Network;
use slipway_api::wire;
use slipway_model::{PhaseName, UploadId, finish::Finish};
use std::path::PathBuf;
use words::{ended, last_moment, life, milliseconds, moment, pair, phase, time, upload_id};

/// Uploads videos to the platforms you publish on, whatever the network does.
#[derive(Debug, Parser)]
#[command(name = "slipway", version, arg_required_else_help = true, after_help = AFTER)]
pub(crate) struct Line {
    /// Folder of queue, settings and logs [default: the system's data folder]
    #[arg(
        long,
        global = true,
        env = "SLIPWAY_DATA_DIR",
        hide_env_values = true,
        value_name = "DIR"
    )]
    pub(crate) data_dir: Option<PathBuf>,
    /// Print JSON: a document for a listing, a line for each event of `run` and `upload`
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER: &str = "\
Exit status: 0 done; 1 an upload failed; 2 the command line or an input is wrong; 3 uploads wait for a person;
4 the data folder cannot be used; 130 or 143 stopped by a signal before the work was done.
SLIPWAY_PASSPHRASE opens the vault where the system has no keychain; SLIPWAY_LOG sets what is logged;
SLIPWAY_ANY_NETWORK=1 lets uploads use any network, for servers where nobody can answer.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List platforms; with NAME its settings, secrets, fields and limits
    Platforms { name: Option<String> },
    /// Add, look at and change accounts
    #[command(subcommand)]
    Accounts(Accounts),
    /// Put files into the queue and print the ids of their uploads
    Add(Add),
    /// Add files and upload just these
    Upload(Upload),
    /// List the queue
    List(List),
    /// Show one upload with its timeline
    Show {
        #[arg(value_parser = upload_id)]
        id: UploadId,
    },
    /// Hold uploads where they are
    Pause(Pause),
    /// Let held uploads go on
    Resume(Which),
    /// Give uploads up and free what the platform reserved
    Cancel(Which),
    /// Try failed uploads again
    Retry(Which),
    /// Take ended uploads out of the queue
    Remove(Which),
    /// Change an upload's place in the queue
    Move(Move),
    /// Change fields of uploads that are not submitted yet
    Set(Set),
    /// Named sets of fields, accounts and choices, for `add --template` and lists
    #[command(subcommand)]
    Templates(Templates),
    /// Start uploads now, or at a time
    Start {
        #[command(flatten)]
        which: Which,
        /// Not before this time (RFC 3339)
        #[arg(long, value_name = "TIME", value_parser = time)]
        at: Option<i64>,
    },
    /// Submit what is ready and waits for a time or for its group
    Release(Which),
    /// Take uploads out of the groups they are submitted with
    Leave(Which),
    /// Show or set the hours of the day in which bytes move
    Hours {
        /// For example 22:00-06:00,12:00-13:30, or off
        #[arg(value_name = "HOURS|off")]
        hours: Option<String>,
        /// Only of this account
        #[arg(long, value_name = "L", requires = "hours")]
        account: Option<String>,
    },
    /// Show the network in use, whether it costs, and what may go over it
    Network {
        #[command(subcommand)]
        command: Option<Network>,
    },
    /// Show the speed caps, or set one, effective at once
    Limit(Limit),
    /// Show, put on or let go the turtle, a low speed cap at hand
    Turtle {
        /// on, off, or how slow it is, for example 500kB/s
        #[arg(value_parser = turtle, value_name = "on|off|RATE")]
        word: Option<TurtleWord>,
    },
    /// Settings as one file without secrets, and where everything lies
    #[command(subcommand)]
    Settings(Settings),
    /// Show or set the proxy of all accounts that have none of their own, effective at once
    Proxy(ProxyWish),
    /// Show or set how uploads share the line
    Line(LineWish),
    /// Show or set what the machine does when nothing is left to send
    WhenDone {
        /// Once; `nothing` takes it back, also in its last minute
        #[arg(value_parser = finish, value_name = "nothing|sleep|hibernate|shut-down")]
        then: Option<Finish>,
        /// Also when some failed or wait for a person
        #[arg(long, requires = "then")]
        even_if_failed: bool,
    },
    /// Folders whose new videos become uploads by themselves
    #[command(subcommand)]
    Watch(watch::Watch),
    /// Run the engine in the foreground
    Run(Run),
    /// Change a refused work on its platform and submit it again; nothing is uploaded again
    Resubmit {
        #[arg(value_parser = upload_id)]
        id: UploadId,
        /// A field of the work, as for `add`
        #[arg(long = "set", required = true, value_name = "K=V", value_parser = pair)]
        fields: Vec<(String, String)>,
    },
    /// List everything that was ever sent, newest first
    History(History),
    /// Prove one delivery
    Receipt {
        #[arg(value_parser = upload_id)]
        id: UploadId,
        /// Write a page to keep and to print
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
    },
    /// Upload what was sent before once more, with the same text
    Resend {
        #[arg(value_parser = upload_id)]
        id: UploadId,
        /// Upload although it went to the same account before
        #[arg(long)]
        again: bool,
        /// Add, but do not start
        #[arg(long)]
        hold: bool,
    },
    /// Show what happened to one upload lately: requests, parts, retries
    Log {
        #[arg(value_parser = upload_id)]
        id: UploadId,
        /// Go on with what happens from now on, until it has ended
        #[arg(long, short)]
        follow: bool,
    },
    /// Show logs and settings for support, without secrets, or write them into a file
    Diagnostics {
        /// Without one, all that it would hold is shown
        #[arg(value_name = "FILE.zip")]
        file: Option<PathBuf>,
        /// Leave names of files and folders in it
        #[arg(long)]
        names: bool,
    },
    /// Print what a shell needs to complete `slipway` by the Tab key
    Completions { shell: clap_complete::Shell },
    /// Write the manual's pages into a folder
    #[command(hide = true)]
    Manual { folder: PathBuf },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Accounts {
    /// Make an account and print its id
    Add {
        /// One of `slipway platforms`
        platform: String,
        /// Your name for it, unique
        #[arg(long)]
        label: String,
        #[command(flatten)]
        values: AccountValues,
        /// Keep it without asking the platform
        #[arg(long)]
        no_check: bool,
    },
    /// List accounts and their health
    List,
    /// Ask the platform whether an account can upload
    Check { account: String },
    /// Change settings and secrets of an account
    Set {
        account: String,
        /// Settings; an empty value removes one
        #[arg(value_name = "K=V", value_parser = pair)]
        settings: Vec<(String, String)>,
        /// A new label
        #[arg(long)]
        label: Option<String>,
        #[arg(long = "secret", value_name = SECRET)]
        secrets: Vec<String>,
    },
    /// Forget an account and its secrets
    Remove { account: String },
    /// Sign in on the platform's own page
    SignIn(SignIn),
    /// Upload tokens that let others upload into an account
    #[command(subcommand)]
    Tokens(Tokens),
    /// List what an account has on its platform, or change it
    Works(Works),
    /// List what the platform offers an account for a field
    Choices {
        account: String,
        /// By the platform's own name, see `slipway platforms NAME`
        field: String,
    },
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Works {
    #[arg(required = true)]
    pub(crate) account: Option<String>,
    /// From 1
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) page: u32,
    #[command(subcommand)]
    pub(crate) act: Option<WorkAct>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WorkAct {
    /// Change some fields of a work; the platform may review it again
    Edit {
        account: String,
        #[arg(value_name = "ID")]
        work: String,
        /// A field of the work, as for `add`
        #[arg(long = "set", value_name = "K=V", value_parser = pair)]
        fields: Vec<(String, String)>,
        /// An image for the cover
        #[arg(long, value_name = "IMG")]
        cover: Option<PathBuf>,
    },
    /// Delete a work for good
    Delete {
        account: String,
        #[arg(value_name = "ID")]
        work: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SignIn {
    pub(crate) account: String,
    /// Print the page's address instead of opening it
    #[arg(long)]
    pub(crate) no_browser: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Tokens {
    /// Make a token and print it
    Create {
        account: String,
        /// Its life, for example 90s, 30m, 12h or 7d; without this until it is deleted
        #[arg(long, value_name = "TIME", value_parser = life)]
        ttl: Option<std::time::Duration>,
    },
    /// List the tokens that are good now, newest first
    List { account: String },
    /// Show one token
    Show {
        account: String,
        #[arg(value_name = TOKEN)]
        token: String,
    },
    /// Put one token on the terminal's clipboard
    Copy {
        account: String,
        #[arg(value_name = TOKEN)]
        token: String,
    },
    /// End one token at once
    Delete {
        account: String,
        #[arg(value_name = TOKEN)]
        token: String,
    },
}

const TOKEN: &str = "TOKEN|@FILE|env:VAR|-";

const SECRET: &str = "K=V|K=@FILE|K=env:VAR|K=-";

#[derive(Debug, Args)]
pub(crate) struct AccountValues {
    /// A setting, see `slipway platforms NAME`
    #[arg(long = "set", value_name = "K=V", value_parser = pair)]
    pub(crate) settings: Vec<(String, String)>,
    /// A secret: its value, or where it is read: a file, a variable, or a line of the standard input
    #[arg(long = "secret", value_name = SECRET)]
    pub(crate) secrets: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Files, or http and https addresses of files that the platform is to fetch
    #[arg(
        required_unless_present = "from",
        conflicts_with = "from",
        value_name = "FILE|URL"
    )]
    pub(crate) files: Vec<PathBuf>,
    /// A list of manuscripts, one in each row; `slipway templates csv` prints its columns
    #[arg(long, value_name = "LIST.csv|LIST.json")]
    pub(crate) from: Option<PathBuf>,
    /// Look at the list, and add nothing
    #[arg(long, requires = "from")]
    pub(crate) check: bool,
    /// Labels of accounts, one upload each
    #[arg(long = "account", required_unless_present_any = ["from", "template"], value_name = "L[,L…]")]
    pub(crate) accounts: Vec<String>,
    /// A field of the manuscript: title, description, tags, language, visibility, publish_at, captions, cover_crop, or PLATFORM.field
    #[arg(long = "set", value_name = "K=V", value_parser = pair)]
    pub(crate) fields: Vec<(String, String)>,
    /// A template for what is not said here; fills in variables
    #[arg(long, value_name = "T")]
    pub(crate) template: Option<String>,
    /// Fill in {date:%F}, {index:03}, {filename}, {folder} and {duration} in fields
    #[arg(long)]
    pub(crate) variables: bool,
    /// An image for the cover: JPEG, PNG, WebP, GIF or BMP
    #[arg(long, value_name = "IMG")]
    pub(crate) cover: Option<PathBuf>,
    /// Take the cover from the video itself, so many seconds after its beginning, e.g. 12.5
    #[arg(long, value_name = "SECONDS", conflicts_with_all = ["cover", "from"], value_parser = milliseconds)]
    pub(crate) cover_at: Option<u64>,
    /// Captions in a language, as SubRip or WebVTT; once for each language
    #[arg(long = "caption", value_name = "LANG=FILE", value_parser = pair)]
    pub(crate) captions: Vec<(String, String)>,
    /// Add, but do not start
    #[arg(long)]
    pub(crate) hold: bool,
    /// [default: the template's, or normal]
    #[arg(long, value_enum)]
    pub(crate) priority: Option<Priority>,
    /// Upload even what went to the same account before
    #[arg(long)]
    pub(crate) again: bool,
    /// Do not start before this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) start_at: Option<i64>,
    /// Submit all of these together, when the last of them is ready
    #[arg(long, conflicts_with = "from")]
    pub(crate) together: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Upload {
    #[command(flatten)]
    pub(crate) add: Add,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Priority {
    Low,
    Normal,
    High,
}

impl From<Priority> for wire::Priority {
    fn from(priority: Priority) -> Self {
        match priority {
            Priority::Low => Self::Low,
            Priority::Normal => Self::Normal,
            Priority::High => Self::High,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Set {
    /// Uploads, then fields as for `add`; an empty value takes one away
    #[arg(required = true, value_name = "ID|K=V", value_parser = word)]
    pub(crate) words: Vec<Word>,
    /// The whole queue
    #[arg(long)]
    pub(crate) all: bool,
    /// Fill in {date:%F}, {index:03}, {filename}, {folder} and {duration}
    #[arg(long)]
    pub(crate) variables: bool,
}

/// An upload, or a field with its value.
#[derive(Debug, Clone)]
pub(crate) enum Word {
    Upload(UploadId),
    Field(String, String),
}

fn word(text: &str) -> Result<Word, String> {
    if text.contains('=') {
        pair(text).map(|(name, value)| Word::Field(name, value))
    } else {
        upload_id(text).map(Word::Upload)
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Templates {
    /// List templates
    List,
    /// Show one template
    Show {
        #[arg(value_name = "T")]
        name: String,
    },
    /// Keep a template; variables in its fields are filled in for each file
    Save(TemplateSave),
    /// Forget a template
    Remove {
        #[arg(value_name = "T")]
        name: String,
    },
    /// Take all templates of a file
    Import {
        #[arg(value_name = "FILE.json")]
        file: PathBuf,
        /// Also those that are called so already
        #[arg(long)]
        replace: bool,
    },
    /// Print templates as a file for `import`; without T all of them
    Export {
        #[arg(value_name = "T")]
        names: Vec<String>,
    },
    /// Print the first line of a list for `add --from`, with all fields of these platforms
    Csv {
        #[arg(value_name = "PLATFORM")]
        platforms: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct TemplateSave {
    #[arg(value_name = "T")]
    pub(crate) name: String,
    /// Labels of accounts
    #[arg(long = "account", value_name = "L[,L…]")]
    pub(crate) accounts: Vec<String>,
    /// A field as for `add`, for example title="{date:%F} {filename}"; a brace is written twice
    #[arg(long = "set", value_name = "K=V", value_parser = pair)]
    pub(crate) fields: Vec<(String, String)>,
    #[arg(long)]
    pub(crate) hold: bool,
    #[arg(long, value_enum)]
    pub(crate) priority: Option<Priority>,
    /// Also where one is called so already
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only uploads in this phase
    #[arg(long, value_parser = phase)]
    pub(crate) phase: Option<PhaseName>,
    /// Only uploads of this account
    #[arg(long, value_name = "L")]
    pub(crate) account: Option<String>,
    /// Only uploads with this text in title, file name or account
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct History {
    /// Only uploads with this text in title, file name, link, remote id or account
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub(crate) platform: Option<String>,
    /// Only uploads to this account, also one that was removed
    #[arg(long, value_name = "L")]
    pub(crate) account: Option<String>,
    /// Only uploads in this state: published, failed, cancelled, or processing
    #[arg(long, value_name = "STATE", value_parser = ended)]
    pub(crate) state: Option<PhaseName>,
    /// From this day or moment: 2026-03-01, or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) since: Option<i64>,
    /// To the end of this day, or to before this moment
    #[arg(long, value_name = "TIME", value_parser = last_moment)]
    pub(crate) until: Option<i64>,
    /// Print CSV
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
    /// Begin the CSV with a byte order mark, which some spreadsheets want
    #[arg(long, requires = "csv")]
    pub(crate) bom: bool,
}

#[derive(Debug, Args)]
#[group(required = true)]
pub(crate) struct Which {
    #[arg(value_name = "ID", value_parser = upload_id, conflicts_with = "all")]
    pub(crate) ids: Vec<UploadId>,
    /// The whole queue
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Pause {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Go on by itself after so long, e.g. 45m, 1h or 2d; with --all
    #[arg(long = "for", value_name = "TIME", value_parser = life, requires = "all")]
    pub(crate) span: Option<std::time::Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct Move {
    #[arg(value_parser = upload_id)]
    pub(crate) id: UploadId,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Place {
    /// Before this upload
    #[arg(long, value_name = "ID", value_parser = upload_id)]
    pub(crate) before: Option<UploadId>,
    /// After this upload
    #[arg(long, value_name = "ID", value_parser = upload_id)]
    pub(crate) after: Option<UploadId>,
    #[arg(long)]
    pub(crate) first: bool,
    #[arg(long)]
    pub(crate) last: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// End when nothing can move any more
    #[arg(long)]
    pub(crate) until_idle: bool,
    /// Uploads in flight at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) max_uploads: Option<u32>,
    /// Set the global speed cap, for example 20MB/s, or off
    #[arg(long, value_parser = speed, value_name = "RATE")]
    pub(crate) limit: Option<Speed>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Settings {
    /// Print the folder of queue, settings and logs
    Folder,
    /// Write settings, accounts, templates and watched folders into a file, without secrets
    Export {
        #[arg(value_name = "FILE.json")]
        file: PathBuf,
        /// Also over a file that is there
        #[arg(long)]
        force: bool,
    },
    /// Take all of such a file, or nothing; accounts that are here stay as they are
    Import {
        #[arg(value_name = "FILE.json")]
        file: PathBuf,
        /// Only say what would change
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ProxyWish {
    /// system, off, or an address such as http://host:3128 or socks5://user@host:1080
    #[arg(value_name = "system|off|URL")]
    pub(crate) way: Option<String>,
    /// Its password: - (standard input), @FILE or env:VAR
    #[arg(long, value_name = "FROM")]
    pub(crate) password: Option<String>,
    /// Hosts that are reached straight, separated by commas, as in NO_PROXY
    #[arg(long, value_name = "LIST")]
    pub(crate) except: Option<String>,
}

fn finish(text: &str) -> Result<Finish, String> {
    match text {
        "nothing" => Ok(Finish::Nothing),
        "sleep" => Ok(Finish::Sleep),
        "hibernate" => Ok(Finish::Hibernate),
        "shut-down" => Ok(Finish::ShutDown),
        _ => Err("write nothing, sleep, hibernate or shut-down".into()),
    }
}

/// Reads the command line. Help goes to stdout, a mistake to stderr, and both end here.
pub(crate) fn read() -> Result<Line, Exit> {
    Line::try_parse().map_err(|error| {
        let _ = error.print();
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Done,
            _ => {
                if std::env::args_os().any(|arg| arg == "--json") {
                    let text = error.render().to_string();
                    let message = text.lines().next().unwrap_or_default();
                    let message = message.strip_prefix("error: ").unwrap_or(message);
                    crate::out::error_line("usage", message, &slipway_model::Params::new());
                }
                Exit::Wrong
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Line::command().debug_assert();
    }
}
