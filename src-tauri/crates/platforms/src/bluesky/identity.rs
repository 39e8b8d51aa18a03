//! From what the user calls an account to the server it lives on: handle or DID, directory, server, the server's own name.
//!
//! Invariants: a handle counts only when the DID document names it too; an address on this machine is taken from a document only when the directory is
//! on this machine as well. Source: atproto.com/specs/did and /handle, read 2026-08-20. DNS records are not asked: the resolver asks them for us.

use super::{
    NAME, codes,
    wire::{Api, CALL_TIMEOUT, Fault},
};
use crate::{
    Result,
    http::{Act, endpoint},
};
use serde::Deserialize;
use slipway_model::{Cause, ErrorKind};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use url::Url;

/// How long an answer is believed. Source: the same, 'at most 10 minutes during login flows'.
const BELIEVED: Duration = Duration::from_mins(10);
const FINDING: &str = "finding the account's server";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) did: String,
    /// As the document names it.
    pub(super) handle: Option<String>,
    pub(super) server: Url,
    /// Whom tokens for the server are made out to.
    pub(super) server_did: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Document {
    id: String,
    #[serde(rename = "alsoKnownAs", default)]
    also_known_as: Vec<String>,
    #[serde(default)]
    service: Vec<Service>,
}

#[derive(Debug, Deserialize)]
struct Service {
    #[serde(default)]
    id: String,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(rename = "serviceEndpoint", default)]
    endpoint: serde_json::Value,
}

impl Document {
    /// The server's address as it is written: the first entry that is one.
    fn server(&self) -> Option<&str> {
        let mut servers = self.service.iter().filter(|service| {
            service.id.ends_with("#atproto_pds") && service.kind == "AtprotoPersonalDataServer"
        });
        servers.next()?.endpoint.as_str()
    }

    fn handle(&self) -> Option<String> {
        let names = self.also_known_as.iter();
        names
            .filter_map(|name| name.strip_prefix("at://"))
            .map(str::to_lowercase)
            .next()
    }
}

/// The account's identity, looked up at most every ten minutes.
pub(super) async fn find(api: &Api<'_>) -> Result<Arc<Identity>> {
    if let Some((at, found)) = &*api.memory.identity.lock()
        && at.elapsed() < BELIEVED
    {
        return Ok(found.clone());
    }
    let act = Act::new(NAME, FINDING);
    let name = api.settings().needed(act, "identifier")?;
    let name = name.trim().trim_start_matches('@').to_owned();
    if name.contains('@') {
        let cause = Cause::new("bluesky_handle_wanted").with("name", codes::shown(&name));
        return Err(act.error(ErrorKind::Refused, cause));
    }
    let (did, handle) = if name.starts_with("did:") {
        (name.clone(), None)
    } else {
        let handle = name.to_lowercase();
        (resolve(api, act, &handle).await?, Some(handle))
    };
    let document = document(api, act, &did).await?;
    let known = document.handle();
    if let Some(handle) = &handle
        && known.as_ref() != Some(handle)
    {
        let cause = Cause::new("bluesky_handle_unproven")
            .with("handle", handle)
            .with("did", &did);
        return Err(act.error(ErrorKind::Refused, cause));
    }
    let server = server(api, act, &document)?;
    let server_did = server_did(api, act, &server).await?;
    let found = Arc::new(Identity {
        did,
        handle: known,
        server,
        server_did,
    });
    *api.memory.identity.lock() = Some((Instant::now(), found.clone()));
    Ok(found)
}

/// The DID behind a handle: what the resolver says, else what the handle's own site says.
async fn resolve(api: &Api<'_>, act: Act, handle: &str) -> Result<String> {
    let url = super::wire::address(
        &api.settings().endpoint(act, "resolver")?,
        "xrpc/com.atproto.identity.resolveHandle",
        &[("handle", handle)],
    );
    let unknown = || {
        let cause = Cause::new("bluesky_handle_unknown").with("handle", handle);
        act.error(ErrorKind::Refused, cause)
    };
    match api.public(act, url).await {
        Ok(told) => told["did"]
            .as_str()
            .filter(|did| did.starts_with("did:"))
            .map(str::to_owned)
            .ok_or_else(unknown),
        Err(Fault::Said(said, _)) if said.status == 400 => {
            of_site(api, act, handle).await.ok_or_else(unknown)
        }
        Err(fault) => Err(fault.into()),
    }
}

/// `https://<handle>/.well-known/atproto-did`: a line of text.
async fn of_site(api: &Api<'_>, act: Act, handle: &str) -> Option<String> {
    let url = endpoint("identifier", &format!("https://{handle}/"))
        .ok()?
        .join(".well-known/atproto-did")
        .ok()?;
    let http = api.session.http();
    let answer = http
        .call(act, http.calls.get(url), CALL_TIMEOUT)
        .await
        .ok()?;
    let text = std::str::from_utf8(&answer.body).ok()?.trim();
    (answer.status.is_success() && text.starts_with("did:") && text.len() < 300)
        .then(|| text.to_owned())
}

/// The DID of any handle, for mentions; `None` when there is no such one.
pub(super) async fn did_of(api: &Api<'_>, act: Act, handle: &str) -> Result<Option<String>> {
    match resolve(api, act, &handle.to_lowercase()).await {
        Ok(did) => Ok(Some(did)),
        Err(error) if error.cause.code == "bluesky_handle_unknown" => Ok(None),
        Err(error) => Err(error),
    }
}

async fn document(api: &Api<'_>, act: Act, did: &str) -> Result<Document> {
    let settings = api.settings();
    let invalid = || {
        let cause = Cause::new("bluesky_did_invalid").with("did", codes::shown(did));
        act.error(ErrorKind::Refused, cause)
    };
    let url = if let Some(host) = did.strip_prefix("did:web:") {
        web(host).ok_or_else(invalid)?
    } else if did.starts_with("did:plc:")
        && did.bytes().all(|b| b.is_ascii_alphanumeric() || b == b':')
    {
        settings
            .endpoint(act, "plc")?
            .join(&format!("./{did}"))
            .map_err(|_| invalid())?
    } else {
        return Err(invalid());
    };
    let told = match api.public(act, url).await {
        Ok(told) => told,
        Err(Fault::Said(said, _)) if matches!(said.status, 404 | 410) => {
            let cause = Cause::new("bluesky_did_unknown").with("did", did);
            return Err(act.error(ErrorKind::Refused, cause));
        }
        Err(fault) => return Err(fault.into()),
    };
    let document: Document = serde_json::from_value(told).map_err(|_| invalid())?;
    if document.id == did {
        Ok(document)
    } else {
        Err(invalid())
    }
}

/// Host-level names alone; a port only on this machine.
fn web(host: &str) -> Option<Url> {
    let host = host.replace("%3A", ":").replace("%3a", ":");
    let local = host == "localhost" || host.starts_with("localhost:");
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if !local && !host.chars().all(plain) {
        return None;
    }
    let scheme = if local { "http" } else { "https" };
    endpoint("identifier", &format!("{scheme}://{host}/"))
        .ok()?
        .join(".well-known/did.json")
        .ok()
}

fn server(api: &Api<'_>, act: Act, document: &Document) -> Result<Url> {
    let settings = api.settings();
    if let Some(url) = settings.server(act)? {
        return Ok(url);
    }
    let none = || {
        let cause = Cause::new("bluesky_no_server").with("did", &document.id);
        act.error(ErrorKind::Refused, cause)
    };
    let url = endpoint("endpoint.pds", document.server().ok_or_else(none)?).map_err(|_| none())?;
    if url.scheme() == "http" && settings.endpoint(act, "plc")?.scheme() != "http" {
        return Err(none());
    }
    Ok(url)
}

/// The server's own name. It differs from its host's where it answers under a second one; the host's is taken where it does not tell.
async fn server_did(api: &Api<'_>, act: Act, server: &Url) -> Result<String> {
    let url = super::wire::address(server, "xrpc/com.atproto.server.describeServer", &[]);
    let by_host = || format!("did:web:{}", server.host_str().unwrap_or_default());
    match api.public(act, url).await {
        Ok(told) => Ok(told["did"]
            .as_str()
            .filter(|did| did.starts_with("did:"))
            .map_or_else(by_host, str::to_owned)),
        Err(Fault::Said(_, error)) if error.kind == ErrorKind::Refused => Ok(by_host()),
        Err(fault) => Err(fault.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Document {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_server_is_the_entry_that_is_one_and_not_the_first() {
        let document = read(
            r##"{"id":"did:plc:a","alsoKnownAs":["at://Maker.Example.com"],"service":[
                {"id":"#bsky_notif","type":"BskyNotificationService","serviceEndpoint":"https://other.example"},
                {"id":"did:plc:a#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":"https://pds7.example.net"}]}"##,
        );
        assert_eq!(document.server(), Some("https://pds7.example.net"));
        assert_eq!(document.handle().as_deref(), Some("maker.example.com"));
        let none = read(
            r##"{"id":"did:plc:a","service":[{"id":"#atproto_pds","type":"Other","serviceEndpoint":"https://a.example"}]}"##,
        );
        assert_eq!(none.server(), None);
    }

    #[test]
    fn a_web_name_is_a_host_and_has_a_port_on_this_machine_alone() {
        let text = |host: &str| web(host).map(String::from);
        assert_eq!(
            text("a.example").as_deref(),
            Some("https://a.example/.well-known/did.json")
        );
        assert_eq!(
            text("localhost%3A2583").as_deref(),
            Some("http://localhost:2583/.well-known/did.json")
        );
        for host in ["a.example%3A80", "a.example:path", "a/b", "user@a", ""] {
            assert_eq!(text(host), None, "{host}");
        }
    }
}
