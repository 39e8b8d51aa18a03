//! api.video: a container, its file in parts, its words and picture, and the encoding that follows; or a file by an upload token alone.
//!
//! What its codes mean is in `codes`, how far an upload has come in `ticket`, and what it leaves open in `settings`. With a delegated token the API key
//! stays away from the requests that carry the file.

mod bearer;
mod captions;
mod codes;
mod commit;
mod lists;
mod manuscript;
mod memory;
mod place;
mod send;
mod settings;
mod status;
mod ticket;
mod upload_tokens;
mod wire;

#[cfg(test)]
mod tests;

use crate::{
    Draft, Held, Keeper, Named, Opened, Part, Platform, Result, Review, Session, Step,
    health::checked,
    http::Act,
    platform::{Abilities, UploadTokens},
    registry,
};
use async_trait::async_trait;
use memory::Kind;
use reqwest::multipart;
use secrecy::ExposeSecret as _;
use settings::Auth;
use slipway_model::{
    Cause, Credential, Cuts, ErrorKind, Field, Fields, Finding, Health, Limits, Receipt, Remote,
    Spec, Ticket,
};
use status::Received;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use ticket::Kept;
use wire::{Api, CALL_TIMEOUT, Call, Failure, Video};

pub(crate) const NAME: &str = "api-video";
const CHECKING: &str = "checking the account";
const HELD: &str = "looking for what was sent";
/// From here on a request must say which part it is. Source: upload guide, read 2026-06-25.
const WHOLE_MAX_BYTES: u64 = 200 << 20;

/// The adapter.
#[derive(Debug)]
pub struct Adapter {
    spec: Spec,
}

impl Default for Adapter {
    fn default() -> Self {
        Self {
            spec: registry::spec(include_str!("spec.toml")),
        }
    }
}

impl Adapter {
    fn api<'a>(&'a self, session: &'a Session) -> Api<'a> {
        Api::new(session, &self.spec)
    }

    /// Asks with the key, or shows the token with a form that holds no file: the token is looked at first.
    async fn ask(&self, api: &Api<'_>) -> Result<()> {
        let act = Act::new(NAME, CHECKING);
        if api.settings().auth() == Auth::Key {
            let call = Call {
                query: &[("pageSize", "1")],
                ..Call::get(CHECKING, &["videos"])
            };
            return Ok(api.order(call).await?);
        }
        let token = api.secret(act, "upload_token").await?;
        api.may_call(act, Kind::Upload)?;
        let query = [("token", token.expose_secret().trim())];
        let url = api.address(act, &["upload"], &query)?;
        let http = api.session.http();
        let request = http.calls.post(url).multipart(multipart::Form::new());
        let answer = http.call(act, request, CALL_TIMEOUT).await?;
        match api.read(act, Kind::Upload, &answer) {
            Ok(_) => Ok(()),
            // What it lacks is the file, or a form at all: the token was good.
            Err(Failure::Said(said, _)) if said.status == 400 => Ok(()),
            Err(failure) => Err(failure.into()),
        }
    }
}

#[async_trait]
impl Platform for Adapter {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn limits(&self, session: &Session) -> Limits {
        self.api(session).settings().limits()
    }

    fn fields(&self, session: &Session) -> Vec<Field> {
        manuscript::fields(&self.spec, &self.api(session).settings())
    }

    fn notes(&self, session: &Session, fields: &Fields, _: &str) -> Vec<Finding> {
        manuscript::notes(&self.api(session).settings(), fields)
    }

    async fn choices(&self, session: &Session, field: &str) -> Result<Vec<Named>> {
        lists::choices(&self.api(session), field).await
    }

    fn upload_tokens(&self) -> Option<&dyn UploadTokens> {
        Some(self)
    }

    fn abilities(&self, session: &Session) -> Abilities {
        Abilities {
            signs_in: false,
            hands_out_tokens: self.api(session).settings().auth() == Auth::Key,
        }
    }

    async fn check(&self, session: &Session) -> Result<Health> {
        let api = self.api(session);
        let asked = self.ask(&api).await;
        let settings = api.settings();
        let environment = if settings.is_sandbox() {
            "sandbox"
        } else {
            "production"
        };
        let health = Health {
            place: Some(environment.to_owned()),
            credential: Some(match settings.auth() {
                Auth::Key => Credential::ApiKey,
                Auth::UploadToken => Credential::UploadToken,
            }),
            allowances: Vec::from_iter(api.memory.scarcest(now_ms())),
            ..Health::default()
        };
        checked(health, asked)
    }

    async fn open(&self, session: &Session, draft: &Draft, lanes: u32) -> Result<Opened> {
        place::open(&self.api(session), draft, lanes).await
    }

    async fn held(&self, session: &Session, ticket: &Ticket, cuts: &Cuts) -> Result<Held> {
        let act = Act::new(NAME, HELD);
        let kept = Kept::read(ticket)?;
        let api = self.api(session);
        let (Auth::Key, Some(id)) = (api.settings().auth(), &kept.video_id) else {
            return Ok(Held::Unknown);
        };
        let differs = |detail: String| {
            let cause = Cause::new("api_video_container_differs").detail(detail);
            Err(act.error(ErrorKind::TicketLost, cause))
        };
        let numbers: Vec<u32> = match place::status(&api, HELD, id).await?.received() {
            Received::Nothing => Vec::new(),
            Received::Ranges => return differs("byte ranges were sent".into()),
            Received::Parts(_, Some(total)) if total != u64::from(cuts.len()) => {
                return differs(format!("{total} parts there, {} here", cuts.len()));
            }
            Received::Parts(parts, _) => {
                let within = 1..=cuts.len();
                parts.into_iter().filter(|n| within.contains(n)).collect()
            }
            Received::Whole(_) => (1..=cuts.len()).collect(),
        };
        api.memory.learn(id, numbers.iter().copied());
        Ok(Held::Parts(numbers))
    }

    async fn held_against(
        &self,
        session: &Session,
        ticket: &Ticket,
        cuts: &Cuts,
        landed: &[(u32, Receipt)],
    ) -> Result<Held> {
        let kept = Kept::read(ticket)?;
        let first = landed.iter().find(|(number, _)| *number == 1);
        if kept.video_id.is_none() {
            let memory = self.api(session).memory;
            return match first.and_then(|(_, receipt)| receipt.etag.as_deref()) {
                Some(video) => {
                    memory.begin(&kept.name, video);
                    Ok(Held::Unknown)
                }
                // Without the first part the others have no place: whatever is there of them is of another video.
                None => {
                    memory.ended(&kept.name);
                    Ok(Held::Parts(Vec::new()))
                }
            };
        }
        self.held(session, ticket, cuts).await
    }

    async fn send(&self, session: &Session, ticket: &Ticket, part: Part) -> Result<Receipt> {
        send::send(&self.api(session), &Kept::read(ticket)?, part).await
    }

    async fn commit(
        &self,
        session: &Session,
        ticket: Ticket,
        receipts: &[Receipt],
        _: Option<u64>,
        draft: &Draft,
        keeper: &dyn Keeper,
    ) -> Result<Step> {
        let commit = commit::Commit {
            api: self.api(session),
            kept: Kept::read(&ticket)?,
            draft,
            keeper,
        };
        commit.run(receipts).await
    }

    async fn watch(&self, session: &Session, remote: &Remote) -> Result<Review> {
        const WATCHING: &str = "asking about the encoding";
        let api = self.api(session);
        let path = ["videos", remote.id.as_str(), "status"];
        match api.call::<status::Status>(Call::get(WATCHING, &path)).await {
            Ok(status) => {
                let review = status.review(remote);
                let Review::Published(open) = review else {
                    return Ok(review);
                };
                let path = ["videos", remote.id.as_str()];
                let video = api.call::<Video>(Call::get(WATCHING, &path)).await;
                // Where it is to be seen is worth a question, and not worth a failure.
                let player = video.ok().and_then(|v| v.assets).and_then(|a| a.player);
                Ok(Review::Published(Remote {
                    url: player.or(open.url),
                    ..open
                }))
            }
            Err(Failure::Said(said, error)) if said.code == codes::NOT_FOUND => {
                Ok(Review::Refused(error.cause))
            }
            Err(failure) => Err(failure.into()),
        }
    }

    fn watch_after(&self, looks: u32, since: Duration) -> Duration {
        status::look_after(looks, since)
    }

    async fn abort(&self, session: &Session, ticket: &Ticket) -> Result<()> {
        let kept = Kept::read(ticket)?;
        let api = self.api(session);
        if let (Auth::Key, Some(id)) = (api.settings().auth(), &kept.video_id) {
            upload_tokens::clear(&api, id, kept.token.as_ref()).await;
            place::remove(&api, id).await?;
        }
        Ok(())
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
