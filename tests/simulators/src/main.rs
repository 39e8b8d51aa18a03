//! The simulators as a program: one line of JSON on standard output when ready, then it serves until it is told to stop.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde_json::{Value, json};
use slipway_simulators::aliyun_vod;
use slipway_simulators::api_video;
use slipway_simulators::bilibili::{self, Profile, Review, Simulator, Storage};
use slipway_simulators::bluesky;
use slipway_simulators::{Line, Sink, wangsu};
use tokio::sync::oneshot;
use url::Url;

/// Video platforms on loopback, for tests.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
    /// Stop when standard input is closed, so that a parent's death is enough.
    #[arg(long, global = true)]
    until_stdin_closes: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The Bilibili Open Platform.
    Bilibili(Bilibili),
    /// api.video.
    ApiVideo(ApiVideo),
    /// Wangsu Cloud VoD with its storage.
    Wangsu(wangsu::command::Options),
    /// Alibaba Cloud ApsaraVideo VOD with its storage, STS and a user's own service.
    AliyunVod(AliyunVod),
    /// Bluesky's video service, with a personal data server and its directory beside it.
    Bluesky(Bluesky),
    /// Takes any body and throws it away.
    Sink {
        /// 0 is any free port.
        #[arg(long, default_value_t = 0)]
        port: u16,
    },
    /// A line in front of a server: capped, delayed, broken.
    Line {
        /// Address of the server.
        #[arg(long)]
        to: SocketAddr,
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Bytes per second towards the server.
        #[arg(long)]
        up: Option<u64>,
        /// Bytes per second towards the client.
        #[arg(long)]
        down: Option<u64>,
        /// One way, in milliseconds.
        #[arg(long, default_value_t = 0)]
        delay_ms: u64,
        /// The connection that carries this byte up falls silent.
        #[arg(long)]
        stall_after: Vec<u64>,
        /// The connection that carries this byte up is reset.
        #[arg(long)]
        reset_after: Vec<u64>,
    },
    /// Every platform and the sink.
    All(Bilibili),
}

#[derive(Debug, Args)]
struct Bilibili {
    /// Says what is official, what is inferred and what every switch does, and ends.
    #[arg(long)]
    about: bool,
    /// 0 is any free port.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Folder for parts and merged files; a temporary one without this.
    #[arg(long)]
    data: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = ProfileName::Docs)]
    profile: ProfileName,
    /// Throw parts away and compute nothing.
    #[arg(long, conflicts_with = "digests")]
    discard: bool,
    /// Keep digests of parts instead of parts.
    #[arg(long)]
    digests: bool,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, default_value_t = 2)]
    users: usize,
    /// Time between two submissions of one user, on the virtual clock.
    #[arg(long, default_value_t = 30_000)]
    spacing_ms: u64,
    #[arg(long, value_enum, default_value_t = Pace::Usual)]
    review: Pace,
    /// An address on loopback that is told what becomes of manuscripts.
    #[arg(long)]
    webhook: Option<Url>,
}

#[derive(Debug, Args)]
struct ApiVideo {
    /// Says what is official, what is inferred and what every switch does, and ends.
    #[arg(long)]
    about: bool,
    /// 0 is any free port.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Folder for parts; a temporary one without this.
    #[arg(long)]
    data: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = ProfileName::Docs)]
    profile: ProfileName,
    /// Throw parts away.
    #[arg(long)]
    discard: bool,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The sandbox instead of production.
    #[arg(long)]
    sandbox: bool,
    #[arg(long, value_enum, default_value_t = Pace::Usual)]
    encoding: Pace,
}

#[derive(Debug, Args)]
struct AliyunVod {
    /// 0 is any free port.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Folder for parts; a temporary one without this.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Throw parts away and compute nothing.
    #[arg(long, conflicts_with = "digests")]
    discard: bool,
    /// Keep checksums of parts instead of parts.
    #[arg(long)]
    digests: bool,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Args)]
struct Bluesky {
    /// 0 is any free port.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Count videos and throw them away.
    #[arg(long)]
    discard: bool,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, default_value_t = 2)]
    users: usize,
    /// Size of parts in bytes.
    #[arg(long, default_value_t = 8 << 20)]
    part_bytes: u64,
    /// Another directory, where accounts of a real server are found.
    #[arg(long)]
    directory: Option<Url>,
    /// A job shows every state on its way.
    #[arg(long)]
    slow_jobs: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ProfileName {
    Docs,
    Strict,
    Sloppy,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Pace {
    /// Seconds for each step.
    Usual,
    /// A fraction of a second for each step.
    Fast,
    Immediate,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match arguments.what {
        What::Bilibili(bilibili) if bilibili.about => {
            writeln!(
                std::io::stdout(),
                "{}",
                serde_json::to_string_pretty(&bilibili::about())?
            )?;
        }
        What::Bilibili(bilibili) => {
            let simulator = bilibili.start().await?;
            serve(&told(&simulator), arguments.until_stdin_closes).await?;
            simulator.stop().await;
        }
        What::ApiVideo(api_video) if api_video.about => {
            writeln!(
                std::io::stdout(),
                "{}",
                serde_json::to_string_pretty(&api_video::about())?
            )?;
        }
        What::ApiVideo(api_video) => {
            let simulator = api_video.start().await?;
            serve(&told_api_video(&simulator), arguments.until_stdin_closes).await?;
            simulator.stop().await;
        }
        What::Wangsu(options) if options.about => {
            let about = serde_json::to_string_pretty(&wangsu::about())?;
            writeln!(std::io::stdout(), "{about}")?;
        }
        What::Wangsu(options) => {
            let simulator = options.start().await?;
            let told = wangsu::command::told(&simulator);
            serve(&told, arguments.until_stdin_closes).await?;
            simulator.stop().await;
        }
        What::AliyunVod(platform) => {
            let simulator = platform.start().await?;
            serve(&simulator.told(), arguments.until_stdin_closes).await?;
            simulator.stop().await;
        }
        What::Bluesky(bluesky) => {
            let simulator = bluesky.start().await?;
            serve(&simulator.told(), arguments.until_stdin_closes).await?;
            simulator.stop().await;
        }
        What::Sink { port } => {
            let sink = Sink::start(port).await.context("starting the sink")?;
            serve(&json!({ "url": sink.url() }), arguments.until_stdin_closes).await?;
            sink.stop().await;
        }
        What::Line {
            to,
            port,
            up,
            down,
            delay_ms,
            stall_after,
            reset_after,
        } => {
            let mut line = Line::to(to)
                .port(port)
                .delay(Duration::from_millis(delay_ms));
            line = up
                .into_iter()
                .fold(line, slipway_simulators::LineBuilder::up);
            line = down
                .into_iter()
                .fold(line, slipway_simulators::LineBuilder::down);
            line = stall_after
                .into_iter()
                .fold(line, slipway_simulators::LineBuilder::stall_after);
            line = reset_after
                .into_iter()
                .fold(line, slipway_simulators::LineBuilder::reset_after);
            let line = line.start().await.context("starting the line")?;
            serve(&json!({ "url": line.url() }), arguments.until_stdin_closes).await?;
            line.stop().await;
        }
        What::All(bilibili) => {
            let videos = ApiVideo::beside(&bilibili).start().await?;
            let aliyun_vod = AliyunVod::beside(&bilibili).start().await?;
            let bluesky = Bluesky::beside(&bilibili).start().await?;
            let data = bilibili.data.as_ref().map(|folder| folder.join("wangsu"));
            let wangsu = wangsu::command::Options::beside(data, bilibili.discard);
            let wangsu = wangsu.start().await?;
            let simulator = bilibili.start().await?;
            let sink = Sink::start(0).await.context("starting the sink")?;
            let all = json!({
                "aliyun-vod": aliyun_vod.told(),
                "bilibili": told(&simulator),
                "api-video": told_api_video(&videos),
                "bluesky": bluesky.told(),
                "wangsu": wangsu::command::told(&wangsu),
                "sink": { "url": sink.url() },
            });
            serve(&all, arguments.until_stdin_closes).await?;
            simulator.stop().await;
            videos.stop().await;
            aliyun_vod.stop().await;
            bluesky.stop().await;
            wangsu.stop().await;
            sink.stop().await;
        }
    }
    Ok(())
}

impl AliyunVod {
    /// With what was asked for all of them.
    fn beside(all: &Bilibili) -> Self {
        Self {
            port: 0,
            data: all.data.as_ref().map(|folder| folder.join("aliyun-vod")),
            discard: all.discard,
            digests: all.digests,
            seed: all.seed,
        }
    }

    async fn start(self) -> anyhow::Result<aliyun_vod::Simulator> {
        let mut builder = aliyun_vod::Simulator::builder()
            .port(self.port)
            .seed(self.seed)
            .storage(match (self.discard, self.digests) {
                (true, _) => aliyun_vod::Storage::Discard,
                (_, true) => aliyun_vod::Storage::Digests,
                _ => aliyun_vod::Storage::Files,
            });
        if let Some(folder) = self.data {
            builder = builder.data(folder);
        }
        builder
            .try_start()
            .await
            .context("starting the ApsaraVideo VOD simulator")
    }
}

impl Bilibili {
    async fn start(self) -> anyhow::Result<Simulator> {
        let mut builder = Simulator::builder()
            .port(self.port)
            .seed(self.seed)
            .users(self.users)
            .spacing(Duration::from_millis(self.spacing_ms))
            .profile(match self.profile {
                ProfileName::Docs => Profile::Docs,
                ProfileName::Strict => Profile::Strict,
                ProfileName::Sloppy => Profile::Sloppy,
            })
            .review(match self.review {
                Pace::Usual => Review::default(),
                Pace::Fast => Review::fast(),
                Pace::Immediate => Review::immediate(),
            })
            .storage(match (self.discard, self.digests) {
                (true, _) => Storage::Discard,
                (_, true) => Storage::Digests,
                _ => Storage::Files,
            });
        if let Some(folder) = self.data {
            builder = builder.data(folder);
        }
        if let Some(address) = self.webhook {
            builder = builder.webhook(address);
        }
        builder
            .try_start()
            .await
            .context("starting the Bilibili simulator")
    }
}

impl ApiVideo {
    /// With what was asked for all of them.
    fn beside(all: &Bilibili) -> Self {
        Self {
            about: false,
            port: 0,
            data: all.data.as_ref().map(|folder| folder.join("api-video")),
            profile: all.profile,
            discard: all.discard,
            seed: all.seed,
            sandbox: false,
            encoding: all.review,
        }
    }

    async fn start(self) -> anyhow::Result<api_video::Simulator> {
        let mut builder = api_video::Simulator::builder()
            .port(self.port)
            .seed(self.seed)
            .profile(match self.profile {
                ProfileName::Docs => api_video::Profile::Docs,
                ProfileName::Strict => api_video::Profile::Strict,
                ProfileName::Sloppy => api_video::Profile::Sloppy,
            })
            .encoding(match self.encoding {
                Pace::Usual => api_video::Encoding::default(),
                Pace::Fast => api_video::Encoding {
                    ingest_ms: 200,
                    quality_ms: 200,
                },
                Pace::Immediate => api_video::Encoding::immediate(),
            });
        if self.discard {
            builder = builder.discarding();
        }
        if self.sandbox {
            builder = builder.sandbox();
        }
        if let Some(folder) = self.data {
            builder = builder.data(folder);
        }
        builder
            .try_start()
            .await
            .context("starting the api.video simulator")
    }
}

fn told_api_video(simulator: &api_video::Simulator) -> Value {
    json!({
        "url": simulator.url(),
        "api_key": simulator.api_key(),
        "other_key": simulator.other_key(),
        "upload_token": simulator.upload_token(0),
    })
}

impl Bluesky {
    /// With what was asked for all of them.
    fn beside(all: &Bilibili) -> Self {
        Self {
            port: 0,
            discard: all.discard,
            seed: all.seed,
            users: all.users,
            part_bytes: 8 << 20,
            directory: None,
            slow_jobs: false,
        }
    }

    async fn start(self) -> anyhow::Result<bluesky::Simulator> {
        let mut builder = bluesky::simulator()
            .port(self.port)
            .seed(self.seed)
            .users(self.users)
            .switches(|switches| {
                switches.part_bytes = self.part_bytes.max(1);
                switches.slow_jobs = self.slow_jobs;
            });
        if self.discard {
            builder = builder.discarding();
        }
        if let Some(url) = self.directory {
            builder = builder.directory(url);
        }
        builder
            .try_start()
            .await
            .context("starting the Bluesky simulator")
    }
}

/// Everything a client has to be told. The secrets are invented and worth nothing.
fn told(simulator: &Simulator) -> Value {
    let mut told = json!(simulator.credentials());
    told["url"] = json!(simulator.url());
    told["users"] = (0..simulator.users())
        .map(|user| json!(simulator.user(user)))
        .collect();
    told
}

/// Says that it is ready, then waits for the end.
async fn serve(ready: &Value, until_stdin_closes: bool) -> anyhow::Result<()> {
    let terminated = terminated()?;
    let (closed, end_of_input) = oneshot::channel();
    if until_stdin_closes {
        // A thread of its own: a read of standard input cannot be cancelled.
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            let _ = closed.send(());
        });
    } else {
        std::mem::forget(closed);
    }
    let mut out = std::io::stdout();
    writeln!(out, "{ready}")?;
    out.flush()?;
    tokio::select! {
        () = terminated => {}
        _ = tokio::signal::ctrl_c() => {}
        _ = end_of_input => {}
    }
    Ok(())
}

/// Ready when the system asks the program to end.
#[cfg(unix)]
fn terminated() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        terminate.recv().await;
    })
}

#[cfg(not(unix))]
fn terminated() -> std::io::Result<impl Future<Output = ()>> {
    Ok(std::future::pending())
}
