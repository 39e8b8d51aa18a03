//! What an adapter can do. What is data is in its `spec.toml`; what talks is behind this trait.

use crate::{Digests, Named, Part, Result, Session};
use async_trait::async_trait;
use bytes::Bytes;
use secrecy::SecretString;
use slipway_model::{
    Allowance, Cuts, Field, Fields, Health, Receipt, Remote, Spec, Ticket, preflight::Finding,
};

/// A manuscript as an adapter needs it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The file's own name, as the system gave it, made printable; never a path.
    pub file_name: String,
    /// 0 for a file that is online.
    pub size_bytes: u64,
    /// The whole address of a file that is online, for a platform that fetches it; may be a bearer secret.
    pub online: Option<SecretString>,
    /// Values by the platform's own field names, resolved and checked.
    pub fields: Fields,
    pub cover: Option<Cover>,
    /// What the file's own header says of its picture, where it can be read.
    pub picture: Option<Picture>,
    /// Its bytes lie there until `commit` is let through: where there is a choice, they go the way on which nobody sees them before.
    pub held_back: bool,
    /// Hash of fields and cover: names this manuscript in receipts and ledgers.
    pub manuscript_hash: String,
    /// A random name, chosen once for each upload and never changed: for record keys and working names.
    pub key: String,
}

/// A video's picture as it is shown: turned as the file asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    pub width_px: u32,
    pub height_px: u32,
    pub duration_ms: Option<u64>,
}

#[derive(Debug, Clone)]
pub struct Cover {
    pub file_name: String,
    /// `image/jpeg` or `image/png`, by its first bytes.
    pub mime: &'static str,
    pub bytes: Bytes,
}

/// A reserved place, and how the file is cut for it.
#[derive(Debug, Clone)]
pub struct Opened {
    pub ticket: Ticket,
    pub cuts: Cuts,
}

/// What the platform says it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// It cannot be asked: our receipts are the truth.
    Unknown,
    /// These parts, ascending, compared by size and checksum where it tells them.
    Parts(Vec<u32>),
}

/// How a commit ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The platform took it and goes on by itself: [`Platform::watch`] tells how it goes.
    Accepted(Remote),
    /// It is where its audience can see it.
    Published(Remote),
}

/// How the platform's own work on a manuscript stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Review {
    /// Still at it; `remote.words` says how it calls the state.
    Pending(Remote),
    Published(Remote),
    /// Refused or gone; the cause carries the platform's own words.
    Refused(slipway_model::Cause),
}

/// What only a person asks for, and may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    /// Signing in on a page of the platform's.
    pub signs_in: bool,
    /// Making upload tokens for others.
    pub hands_out_tokens: bool,
}

/// Keeps a commit's steps durably, as they are done. Given by the engine.
#[async_trait]
pub trait Keeper: Send + Sync {
    /// Keeps a changed ticket. Returns when it is on disk.
    async fn keep(&self, ticket: &Ticket) -> Result<()>;
    /// To be called when all that may be done before the public act is done: the platform's own work on the bytes, the merge, the cover. Returns when
    /// the act is due. Until then the ticket is kept and the commit is dropped; it is begun again from there, with whatever goes stale done afresh.
    async fn ready(&self, ticket: &Ticket) -> Result<()>;
    /// To be called right before the call that publishes: waits for the account's turn to submit, then keeps the ticket and writes
    /// 'about to submit' into the ledger. Whoever finds such a ticket again must look before it submits.
    async fn about_to_submit(&self, ticket: &Ticket) -> Result<()>;
}

/// A site that takes videos.
#[async_trait]
pub trait Platform: Send + Sync {
    fn spec(&self) -> &Spec;

    /// The bounds for this account: the spec's, changed by the account's settings.
    fn limits(&self, _session: &Session) -> slipway_model::Limits {
        self.spec().limits.clone()
    }

    /// The fields of a manuscript for this account: the spec's, changed by the account's settings.
    fn fields(&self, _session: &Session) -> Vec<Field> {
        self.spec().fields.clone()
    }

    /// What is to be said beyond the fields' own rules. `fields` are resolved; `file_name` is the file's own.
    fn notes(&self, _session: &Session, _fields: &Fields, _file_name: &str) -> Vec<Finding> {
        Vec::new()
    }

    /// What is left of what an upload takes up, where it can be asked at any time and without a network.
    ///
    /// # Errors
    /// Why an upload would have to wait now.
    async fn left(&self, _session: &Session) -> Result<Vec<Allowance>> {
        Ok(Vec::new())
    }

    /// What is to be said of a file that is online and is called so. Asked only of platforms that take such files.
    fn online_notes(&self, _session: &Session, _fields: &Fields, _name: &str) -> Vec<Finding> {
        Vec::new()
    }

    /// Signing in by a consent page, for platforms that have one.
    fn sign_in(&self) -> Option<&dyn SignIn> {
        None
    }

    /// Tokens for uploading that the account can hand to others, for platforms that have them.
    fn upload_tokens(&self) -> Option<&dyn UploadTokens> {
        None
    }

    /// What a person can do for this account, given its settings.
    fn abilities(&self, _session: &Session) -> Abilities {
        Abilities {
            signs_in: self.sign_in().is_some(),
            hands_out_tokens: self.upload_tokens().is_some(),
        }
    }

    /// What the account has on the platform already, for platforms that let it be changed from here.
    fn works(&self) -> Option<&dyn Works> {
        None
    }

    /// What the account may put into a field that the spec calls listed, as the platform has it now.
    async fn choices(&self, _session: &Session, _field: &str) -> Result<Vec<Named>> {
        Ok(Vec::new())
    }

    /// Asks the platform who this account is. Publishes nothing.
    async fn check(&self, session: &Session) -> Result<Health>;

    /// Reserves a place and says how the file is cut. May be repeated: it publishes nothing. A file that is online is not cut, and `commit` follows
    /// at once.
    /// `lanes` is how many parts are expected in flight.
    async fn open(&self, session: &Session, draft: &Draft, lanes: u32) -> Result<Opened>;

    /// Which parts the platform holds: a resumed upload starts from the truth.
    async fn held(&self, session: &Session, ticket: &Ticket, cuts: &Cuts) -> Result<Held>;

    /// As [`Self::held`], with what we have of the parts that landed, by number, for platforms that tell more of a part than that it is there.
    async fn held_against(
        &self,
        session: &Session,
        ticket: &Ticket,
        cuts: &Cuts,
        _landed: &[(u32, Receipt)],
    ) -> Result<Held> {
        self.held(session, ticket, cuts).await
    }

    /// Digests of each part that `send` wants besides the CRC-64 that is always taken.
    fn digests(&self, _session: &Session) -> Digests {
        Digests::default()
    }

    /// Sends one part, beside others up to `limits().parts_at_once`. The receipt is kept for `commit`.
    ///
    /// # Cancellation
    /// Dropping the future abandons the part: it may or may not have landed, so the next step is `held`, never a guess.
    async fn send(&self, session: &Session, ticket: &Ticket, part: Part) -> Result<Receipt>;

    /// Publishes, keeping each step by `keeper`. After a crash it is called again with the last ticket kept, and looks for the first manuscript
    /// before it makes one.
    ///
    /// `whole_crc64` is the CRC-64/NVME of all bytes as they were read, combined from the receipts; `None` when one lacks it, and where `spec().whole_checksum` does not ask for it.
    async fn commit(
        &self,
        session: &Session,
        ticket: Ticket,
        receipts: &[Receipt],
        whole_crc64: Option<u64>,
        draft: &Draft,
        keeper: &dyn Keeper,
    ) -> Result<Step>;

    /// How the platform's own work stands, for those that work on after `commit`.
    async fn watch(&self, _session: &Session, remote: &Remote) -> Result<Review> {
        Ok(Review::Published(remote.clone()))
    }

    /// How long to wait before look number `looks` (from 1) at an accepted work that was accepted `since` ago; zero means at once.
    fn watch_after(&self, _looks: u32, _since: std::time::Duration) -> std::time::Duration {
        std::time::Duration::ZERO
    }

    /// Takes an accepted work back where the platform has not begun with it. `false`: it goes on there.
    async fn take_back(&self, _session: &Session, _remote: &Remote) -> Result<bool> {
        Ok(false)
    }

    /// Gives the reserved place back where the platform can; nothing to do otherwise.
    async fn abort(&self, _session: &Session, _ticket: &Ticket) -> Result<()> {
        Ok(())
    }
}

/// Signing in by a page in the browser that ends in a code.
#[async_trait]
pub trait SignIn: Send + Sync {
    /// The page to open. `state` is random and comes back unchanged; compare it exactly.
    ///
    /// # Errors
    /// `Refused` when a setting is missing.
    fn consent_page(&self, session: &Session, state: &str) -> Result<url::Url>;

    /// Trades the code for tokens and keeps them in the account's secrets.
    ///
    /// # Errors
    /// `SignedOut` when the code is spent or wrong.
    async fn exchange(&self, session: &Session, code: SecretString) -> Result<()>;

    /// The path on this machine that the browser comes back to, for platforms that allow it; the port is any.
    fn comes_back(&self) -> Option<&'static str> {
        None
    }

    /// Prepares a sign-in with the platform and says which page to open. `here` is where this machine listens, when the browser comes back.
    async fn begin(
        &self,
        session: &Session,
        state: &str,
        _here: Option<&url::Url>,
    ) -> Result<url::Url> {
        self.consent_page(session, state)
    }

    /// Ends a sign-in with the address that the browser came back to. `state` has been compared by then.
    ///
    /// # Errors
    /// `SignedOut` when consent was refused, or the code is spent or wrong.
    async fn finish(&self, session: &Session, came_back: &url::Url) -> Result<()> {
        let code = came_back.query_pairs().find(|(name, _)| name == "code");
        let code = code.map_or_else(String::new, |(_, code)| code.into_owned());
        self.exchange(session, code.into()).await
    }
}

/// A token that lets its holder upload into the account, and nothing else.
#[derive(Debug, Clone)]
pub struct UploadToken {
    pub token: SecretString,
    /// Its life when it was made, in seconds; 0: until it is deleted.
    pub ttl_s: u64,
    /// As the platform writes it.
    pub created_at: Option<String>,
    /// As the platform writes it; `None`: until it is deleted.
    pub expires_at: Option<String>,
}

/// Making and taking back upload tokens.
#[async_trait]
pub trait UploadTokens: Send + Sync {
    /// Makes a token that ends after `life`, or only when it is deleted.
    ///
    /// # Errors
    /// `Refused` when the platform takes no such life.
    async fn create(
        &self,
        session: &Session,
        life: Option<std::time::Duration>,
    ) -> Result<UploadToken>;

    /// Those that are good now, newest first.
    async fn list(&self, session: &Session) -> Result<Vec<UploadToken>>;

    /// # Errors
    /// `Refused` with `upload_token_unknown` when there is none or it has ended.
    async fn show(&self, session: &Session, token: &SecretString) -> Result<UploadToken>;

    /// Ends a token at once, also for uploads under way.
    ///
    /// # Errors
    /// As [`Self::show`].
    async fn delete(&self, session: &Session, token: &SecretString) -> Result<()>;
}

/// A work that is on the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub remote: Remote,
    pub title: String,
    /// By the platform's clock, in ms since 1970 UTC.
    pub created_ms: i64,
    /// How the platform's own work on it stands, with its words.
    pub review: Review,
}

/// A page of an account's works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Works in all.
    pub total: u64,
    pub works: Vec<Listed>,
}

/// An account's works on the platform: listed, edited, deleted.
#[async_trait]
pub trait Works: Send + Sync {
    /// A page of them, from 1, in the platform's order.
    async fn list(&self, session: &Session, page: u32) -> Result<Listing>;

    /// Changes some of a work's fields, and its cover when one is given; the platform may review it again.
    ///
    /// # Errors
    /// `Refused` for a field that cannot be changed once it is there.
    async fn edit(
        &self,
        session: &Session,
        id: &str,
        changes: &Fields,
        cover: Option<&Cover>,
    ) -> Result<()>;

    /// Which of a refused work's fields may be changed so that it is looked at again; none where that cures nothing.
    fn cures(&self, _refusal: &slipway_model::Cause) -> &'static [&'static str] {
        &[]
    }

    /// Deletes a work for good. One that is deleted already is no error.
    async fn delete(&self, session: &Session, id: &str) -> Result<()>;
}
