//! Every way a proxy is taken, and every way one fails.

use super::{ACT, part};
use crate::{
    Result,
    http::{Answer, Http, Route, check_proxy, may_have_arrived, proxy_setting},
};
use secrecy::{ExposeSecret as _, SecretString};
use slipway_model::{ErrorKind, proxy::Way};
use slipway_simulators::{Manner, Proxy};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// Signs that mean something in an address.
const PASSWORD: &str = "p@ss:w/ö%41+&#?";

#[test]
fn a_proxy_is_system_off_or_an_address_and_its_password_comes_apart() {
    let way = |text: &str| Route::parse(text).unwrap().proxy.way;
    assert_eq!(
        [" System ", "off", "none"].map(way),
        [Way::System, Way::Off, Way::Off]
    );
    for (text, written, password) in [
        ("http://p.example:3128", "http://p.example:3128", None),
        ("https://p.example", "https://p.example", None),
        ("socks5h://u@p.example:9", "socks5://u@p.example:9", None),
        ("socks5://[::1]:1080/", "socks5://[::1]:1080", None),
        (
            "http://u%40x:a%2Fb%3A+c@10.0.0.1:80",
            "http://u%40x@10.0.0.1",
            Some("a/b:+c"),
        ),
    ] {
        let route = Route::parse(text).unwrap();
        assert_eq!(proxy_setting(&route.proxy), written);
        let found = route.password.as_ref().map(SecretString::expose_secret);
        assert_eq!(found, password, "{text}");
        assert!(!format!("{route:?}").contains("a/b"), "{route:?}");
        let again = Route::parse(written).unwrap().proxy;
        assert_eq!(again.way, route.proxy.way);
        assert_eq!(
            (again.host, again.user),
            (route.proxy.host, route.proxy.user)
        );
    }
    for text in [
        "",
        "p.example:3128",
        "ftp://p.example",
        "http://",
        "socks5://",
        "socks5://u:secret@:1",
        "http://p.example:99999",
        "socks5://a b:1",
    ] {
        let cause = Route::parse(text).unwrap_err();
        assert_eq!(cause.code, "proxy_invalid", "{text}");
        assert!(!format!("{cause:?}").contains("secret"));
    }
    for host in ["", "a b", "u:p@host", "host/path", "host:1", "host#x"] {
        for way in [Way::Http, Way::Socks5] {
            let proxy = slipway_model::proxy::Proxy {
                way,
                host: host.to_owned(),
                port: Some(1),
                ..slipway_model::proxy::Proxy::default()
            };
            assert!(check_proxy(&proxy).is_err(), "{host} for {way:?}");
        }
    }
}

/// The way by a proxy, loopback included.
fn by(way: Way, at: SocketAddr, password: Option<&str>) -> Route {
    let proxy = slipway_model::proxy::Proxy {
        way,
        host: at.ip().to_string(),
        port: Some(at.port()),
        user: password.map_or_else(String::new, |_| "us er".to_owned()),
        except: String::new(),
    };
    Route {
        proxy,
        password: password.map(SecretString::from),
    }
}

async fn far(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut read = vec![0; 4096];
            let _ = stream.read(&mut read).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    address
}

async fn call(route: &Route, url: &str) -> Result<Answer> {
    let http = Http::new(route).unwrap();
    http.call(ACT, http.calls.get(url), Duration::from_secs(10))
        .await
}

async fn start(way: Way, to: SocketAddr, user: Option<(&str, &str)>) -> Proxy {
    match way {
        Way::Socks5 => Proxy::socks5(to, user).await.unwrap(),
        _ => Proxy::http(to, user).await.unwrap(),
    }
}

#[tokio::test]
async fn calls_and_parts_take_the_proxy_with_its_password_and_it_looks_names_up() {
    let to = far("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}").await;
    for way in [Way::Http, Way::Socks5] {
        let proxy = start(way, to, Some(("us er", PASSWORD))).await;
        let route = by(way, proxy.address(), Some(PASSWORD));
        let http = Http::new(&route).unwrap();
        let url = "http://far.invalid:81/upload?upload_token=t";
        call(&route, url).await.unwrap();
        let request = http.parts.post(url).body(part(vec![Ok(b"abcde")], 5));
        http.send_part(ACT, request).await.unwrap();
        let seen = proxy.seen();
        assert_eq!(seen.targets, ["far.invalid:81", "far.invalid:81"]);
        assert_eq!(seen.unknown_users, 0);
    }
}

#[tokio::test]
async fn what_is_excepted_goes_straight() {
    let to = far("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}").await;
    let proxy = start(Way::Http, to, None).await;
    let mut route = by(Way::Http, proxy.address(), None);
    for (except, is_straight) in [
        ("", false),
        (slipway_model::proxy::EXCEPT, true),
        ("far.example, 127.0.0.0/8", true),
        ("far.example", false),
    ] {
        route.proxy.except = except.to_owned();
        let before = proxy.seen().targets.len();
        call(&route, &format!("http://{to}/")).await.unwrap();
        let straight = proxy.seen().targets.len() == before;
        assert_eq!(straight, is_straight, "{except}");
    }
    let before = proxy.seen().targets.len();
    route.proxy.except = "*".to_owned();
    let named = format!("http://localhost:{}/", to.port());
    call(&route, &named).await.unwrap();
    assert_eq!(proxy.seen().targets.len(), before);
}

/// The code of a failure, which is the proxy's, waits without limit, and names it.
async fn code(route: &Route, url: &str) -> String {
    let error = match call(route, url).await {
        Err(error) => error,
        Ok(answer) => answer.json::<serde_json::Value>().unwrap_err(),
    };
    assert_eq!(error.kind, ErrorKind::Offline, "{error:?}");
    let named = format!("127.0.0.1:{}", route.proxy.port.unwrap());
    assert_eq!(error.cause.params["proxy"], named, "{error:?}");
    assert_eq!(error.cause.params["host"], "far.invalid", "{error:?}");
    assert!(!format!("{error:?}").contains(PASSWORD), "{error:?}");
    let sent_to_platform = error.cause.code == "proxy_page";
    assert_eq!(may_have_arrived(&error), sent_to_platform, "{error:?}");
    error.cause.code
}

const TUNNELLED: &str = "https://far.invalid/a";
const FORWARDED: &str = "http://far.invalid/a";

#[tokio::test]
async fn what_fails_at_the_proxy_is_said_of_the_proxy_and_waits() {
    let to = far("").await;
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let (http, socks) = (
        start(Way::Http, to, Some(("us er", PASSWORD))).await,
        start(Way::Socks5, to, Some(("us er", PASSWORD))).await,
    );
    let open_socks = start(Way::Socks5, to, None).await;
    for url in [TUNNELLED, FORWARDED] {
        for way in [Way::Http, Way::Https, Way::Socks5] {
            let route = by(way, nobody, None);
            assert_eq!(
                code(&route, url).await,
                "proxy_unreachable",
                "{way:?} {url}"
            );
        }
        for (way, at) in [(Way::Http, http.address()), (Way::Socks5, socks.address())] {
            for password in [None, Some("wrong"), Some("")] {
                let route = by(way, at, password);
                assert_eq!(code(&route, url).await, "proxy_sign_in", "{way:?} {url}");
            }
        }
        // It wants no password: what the other kind of server does is no less a refusal of ours.
        let route = by(Way::Socks5, open_socks.address(), Some(PASSWORD));
        assert_eq!(code(&route, url).await, "proxy_sign_in");
    }
    // HTTP spoken to one that speaks SOCKS5.
    let route = by(Way::Http, socks.address(), None);
    assert_eq!(code(&route, TUNNELLED).await, "proxy_wrong_kind");
    // What answers is a server of the web, and no proxy at all.
    let web = far("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>").await;
    let route = by(Way::Socks5, web, None);
    assert_eq!(code(&route, TUNNELLED).await, "proxy_wrong_kind");

    let mine = |way, at| by(way, at, Some(PASSWORD));
    for answer in [
        "HTTP/1.1 302 Found\r\nlocation: http://login.invalid/\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 403 Forbidden\r\ncontent-type: text/html\r\n\r\n<html>Forbidden</html>",
        "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n",
    ] {
        http.behave(Manner::Answer(answer));
        let route = mine(Way::Http, http.address());
        assert_eq!(code(&route, TUNNELLED).await, "proxy_refused", "{answer}");
    }
    // A page of its own, at once or where the tunnel should be.
    let page =
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<!DOCTYPE html><html>Sign in</html>";
    http.behave(Manner::Answer(page));
    let route = mine(Way::Http, http.address());
    assert_eq!(code(&route, TUNNELLED).await, "proxy_tls_failed");
    assert_eq!(code(&route, FORWARDED).await, "proxy_page");

    for status in 1..=8 {
        socks.behave(Manner::Status(status));
        for url in [TUNNELLED, FORWARDED] {
            let route = mine(Way::Socks5, socks.address());
            assert_eq!(code(&route, url).await, "proxy_refused", "{status} {url}");
        }
    }
    let unknown = Route::parse("http://no-such-proxy.invalid:1").unwrap();
    let error = call(&unknown, TUNNELLED).await.unwrap_err();
    assert_eq!(
        (
            error.cause.code.as_str(),
            error.cause.params["proxy"].as_str()
        ),
        ("proxy_not_found", "no-such-proxy.invalid:1")
    );
}

#[tokio::test]
async fn what_fails_behind_the_proxy_is_not_said_of_the_proxy() {
    let busy = "HTTP/1.1 503 Busy\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    let to = far(busy).await;
    let proxy = start(Way::Http, to, None).await;
    let answer = call(&by(Way::Http, proxy.address(), None), FORWARDED).await;
    assert_eq!(answer.unwrap().refusal().cause.code, "http_server_fault");
}
