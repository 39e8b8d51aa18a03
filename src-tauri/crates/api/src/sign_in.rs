//! Signing in on a platform's own page in the browser: which page, where the browser comes back to, and what it brings.
//!
//! One sign-in at a time for each account. Always holds: what comes back is only taken with the very `state` that went out, it is taken once, and it
//! never shows in an error or a log; this machine listens on loopback alone, for one path, while somebody waits for it.

use crate::{
    Api, Failure,
    wire::{AccountChecked, Empty, SignInEnd, SignInStarted},
};
use slipway_model::AccountId;
use slipway_platforms::{Platform, Session, SignIn};
use std::{collections::HashMap, net::Ipv4Addr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{oneshot, watch},
};
use url::Url;

/// How long the browser may take.
const PATIENCE: Duration = Duration::from_mins(10);
/// A request's head longer than this is no browser's that comes back.
const HEAD_BYTES_MAX: usize = 16 * 1024;
const HEAD_PATIENCE: Duration = Duration::from_secs(10);

/// Sign-ins that have begun, by account.
pub(crate) type Begun = HashMap<AccountId, Pending>;

/// Dropping it ends whoever waits for it.
#[derive(Debug)]
pub(crate) struct Pending {
    state: String,
    /// Taken by whoever waits for the browser.
    landing: Option<Landing>,
    over: watch::Sender<()>,
}

impl Api {
    /// Prepares a sign-in and says which page to open. A later one for the same account takes its place.
    pub async fn account_sign_in(&self, account: AccountId) -> Result<SignInStarted, Failure> {
        let (platform, session) = self.engine.in_person(account).await?;
        let way = way(&platform, &session)?;
        let state = uuid::Uuid::new_v4().simple().to_string();
        let landing = match way.comes_back() {
            Some(path) => Some(Landing::open(path, state.clone()).await?),
            None => None,
        };
        let here = landing.as_ref().map(|landing| &landing.url);
        let page = way.begin(&session, &state, here).await?;
        let comes_back = landing.is_some();
        let pending = Pending {
            state,
            landing,
            over: watch::Sender::new(()),
        };
        self.signing_in.lock().insert(account, pending);
        Ok(SignInStarted {
            page: page.into(),
            comes_back,
        })
    }

    /// Ends a sign-in: with what was pasted, or else with what the browser brings, for which it waits. Then the account is checked.
    pub async fn account_sign_in_end(&self, end: SignInEnd) -> Result<AccountChecked, Failure> {
        let (platform, session) = self.engine.in_person(end.account).await?;
        let way = way(&platform, &session)?;
        let label = session.label();
        let not_begun = || Failure::new("sign_in_not_begun").with("account", &label);
        let came_back = if let Some(pasted) = end.pasted {
            let signing_in = self.signing_in.lock();
            let pending = signing_in.get(&end.account).ok_or_else(not_begun)?;
            came_back(&pasted.0, &pending.state)?
        } else {
            let (mut landing, mut over) = {
                let mut signing_in = self.signing_in.lock();
                let pending = signing_in.get_mut(&end.account).ok_or_else(not_begun)?;
                let landing = pending.landing.take().ok_or_else(not_begun)?;
                (landing, pending.over.subscribe())
            };
            tokio::select! {
                biased;
                // Nothing is ever sent: it ends when the sign-in is called off, begun anew, or ended by what was pasted.
                _ = over.changed() => return Err(Failure::new("sign_in_cancelled")),
                came_back = landing.wait() => came_back?,
            }
        };
        // Its state is spent. One that was begun in the meantime has another, and stays.
        let brought = came_back.query_pairs().find(|(name, _)| name == "state");
        let brought = brought.map(|(_, state)| state.into_owned());
        {
            let mut signing_in = self.signing_in.lock();
            if signing_in
                .get(&end.account)
                .is_some_and(|pending| brought.as_ref() == Some(&pending.state))
            {
                signing_in.remove(&end.account);
            }
        }
        if let Some((_, reason)) = came_back.query_pairs().find(|(name, _)| name == "error") {
            let failure = Failure::new("sign_in_refused").with("account", &label);
            return Err(failure.with("reason", reason));
        }
        way.finish(&session, &came_back).await?;
        self.account_check(end.account).await
    }
}

impl Api {
    /// Calls a sign-in off: this machine listens no longer, and whoever waits for the browser hears `sign_in_cancelled`.
    pub async fn account_sign_in_cancel(&self, account: AccountId) -> Result<Empty, Failure> {
        self.signing_in.lock().remove(&account);
        Ok(Empty {})
    }
}

fn way<'a>(platform: &'a Arc<dyn Platform>, session: &Session) -> Result<&'a dyn SignIn, Failure> {
    let spec = platform.spec();
    platform.sign_in().ok_or_else(|| {
        let code = if spec.secrets.is_empty() {
            "sign_in_not_needed"
        } else {
            "sign_in_by_secrets"
        };
        Failure::new(code)
            .with("platform", &spec.name)
            .with("account", session.label())
    })
}

/// What was pasted, as the address that the browser came back to: the whole address, its query, or the code alone.
fn came_back(pasted: &str, state: &str) -> Result<Url, Failure> {
    let pasted = pasted.trim();
    if pasted.is_empty() {
        return Err(Failure::new("sign_in_nothing_pasted"));
    }
    let nowhere = || Url::parse("https://pasted.invalid/").expect("an address");
    let is_address = pasted.starts_with("http://") || pasted.starts_with("https://");
    let url = if is_address {
        Url::parse(pasted).map_err(|_| Failure::new("sign_in_nothing_pasted"))?
    } else if pasted.contains("code=") || pasted.contains("error=") {
        let mut url = nowhere();
        url.set_query(Some(pasted.trim_start_matches('?')));
        url
    } else {
        // The code alone was read off a page by the person who asked for it: there is no state to compare.
        let mut url = nowhere();
        url.query_pairs_mut()
            .append_pair("code", pasted)
            .append_pair("state", state);
        url
    };
    if !has_state(&url, state) {
        return Err(Failure::new("sign_in_state_differs"));
    }
    Ok(url)
}

fn has_state(url: &Url, state: &str) -> bool {
    let mut states = url.query_pairs().filter(|(name, _)| name == "state");
    states.next().is_some_and(|(_, value)| value == state) && states.next().is_none()
}

/// Where the browser comes back to on this machine. Dropping it closes it.
#[derive(Debug)]
struct Landing {
    url: Url,
    came_back: oneshot::Receiver<Url>,
    task: tokio::task::JoinHandle<()>,
}

impl Landing {
    async fn open(path: &str, state: String) -> Result<Self, Failure> {
        let unusable = |error: std::io::Error| {
            let mut failure = Failure::new("sign_in_cannot_listen");
            failure.detail = error.to_string();
            failure
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(unusable)?;
        let address = listener.local_addr().map_err(unusable)?;
        let url = format!("http://{address}{path}");
        let url = Url::parse(&url).map_err(|_| Failure::new("sign_in_cannot_listen"))?;
        let (found, came_back) = oneshot::channel();
        let here = url.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let greeted = tokio::time::timeout(HEAD_PATIENCE, greet(stream, &here, &state));
                if let Ok(Some(url)) = greeted.await {
                    let _ = found.send(url);
                    return;
                }
            }
        });
        Ok(Self {
            url,
            came_back,
            task,
        })
    }

    async fn wait(&mut self) -> Result<Url, Failure> {
        let waited = tokio::time::timeout(PATIENCE, &mut self.came_back).await;
        match waited {
            Ok(Ok(url)) => Ok(url),
            _ => Err(Failure::new("sign_in_not_finished")),
        }
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers one request; the address when it is the one that is waited for.
async fn greet(mut stream: TcpStream, here: &Url, state: &str) -> Option<Url> {
    let mut head = Vec::new();
    let mut piece = [0; 2048];
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let read = stream.read(&mut piece).await.ok()?;
        if read == 0 || head.len() + read > HEAD_BYTES_MAX {
            return None;
        }
        head.extend_from_slice(&piece[..read]);
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.lines().next().unwrap_or_default().split(' ');
    let target = match (words.next(), words.next()) {
        (Some("GET"), Some(target)) if target.starts_with('/') => target,
        _ => "",
    };
    let url = here.join(target).ok().filter(|url| {
        !target.is_empty()
            && url.origin() == here.origin()
            && url.path() == here.path()
            && has_state(url, state)
    });
    let (status, text) = if url.is_some() {
        (
            "200 OK",
            "Slipway has what it needs. You can close this page. · 可以关闭此页面。 · このページを閉じてください。",
        )
    } else {
        ("404 Not Found", "Nothing here.")
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n{text}",
        text.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_is_an_address_its_query_or_the_code() {
        let code = |pasted: &str| {
            let url = came_back(pasted, "s1").map_err(|failure| failure.code)?;
            let found = url.query_pairs().find(|(name, _)| name == "code");
            Ok(found.map(|(_, code)| code.into_owned()))
        };
        let abc = Ok(Some("a+b/c".to_owned()));
        assert_eq!(code(" a+b/c\n"), abc);
        assert_eq!(code("https://x.example/cb?code=a%2Bb/c&state=s1"), abc);
        assert_eq!(code("?state=s1&code=a%2Bb/c"), abc);
        for (pasted, failure) in [
            ("", "sign_in_nothing_pasted"),
            ("https://x.example/cb?code=a", "sign_in_state_differs"),
            (
                "https://x.example/cb?code=a&state=s2",
                "sign_in_state_differs",
            ),
            ("code=a&state=s1&state=s2", "sign_in_state_differs"),
            ("http://", "sign_in_nothing_pasted"),
        ] {
            assert_eq!(code(pasted), Err(failure.to_owned()), "{pasted}");
        }
    }

    async fn get(at: &Url, target: &str) -> String {
        let address = format!("127.0.0.1:{}", at.port().unwrap());
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nhost: x\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn the_browser_is_heard_once_with_the_right_state_alone() {
        let mut landing = Landing::open("/back", "s1".into()).await.unwrap();
        let at = landing.url.clone();
        for wrong in [
            "/",
            "/back",
            "/back?code=x&state=s2",
            "/other?code=x&state=s1",
            "//evil.example/back?state=s1",
            "http://evil.example/back?state=s1",
        ] {
            assert!(get(&at, wrong).await.starts_with("HTTP/1.1 404"), "{wrong}");
        }
        let good = get(&at, "/back?code=c1&state=s1").await;
        assert!(good.starts_with("HTTP/1.1 200") && good.contains("close this page"));
        let url = landing.wait().await.unwrap();
        assert!(url.as_str().ends_with("/back?code=c1&state=s1"));
    }
}
