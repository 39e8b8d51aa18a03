//! Files that the platform fetches by itself.

use super::*;
use slipway_model::preflight::Severity;
use slipway_simulators::Origin;

const QUERY: &str = "sig=SECRET0123456789abcdefSECRET";

async fn origin(whole: &Bytes) -> Origin {
    Origin::start(whole.clone(), QUERY).await.unwrap()
}

/// A draft of a file that is at this address.
fn online(url: &str) -> Draft {
    let mut draft = draft(&Bytes::new());
    draft.file_name = "夏.mp4".into();
    draft.fields.remove("ReferenceId");
    draft.online = Some(url.into());
    draft
}

impl Bench {
    /// Asks for it; the job.
    async fn ask(&self, draft: &Draft) -> Result<Remote> {
        let opened = self.open(draft).await?;
        assert_eq!(opened.cuts, Cuts::none());
        self.ask_with(draft, opened.ticket).await
    }

    async fn ask_with(&self, draft: &Draft, ticket: Ticket) -> Result<Remote> {
        match self.commit(draft, ticket, &[]).await? {
            Step::Accepted(remote) => Ok(remote),
            Step::Published(remote) => panic!("{remote:?} was not looked at"),
        }
    }

    async fn look(&self, remote: &Remote) -> Review {
        self.adapter.watch(&self.session, remote).await.unwrap()
    }

    /// Waits for the one video, and looks.
    async fn one_video(&self, remote: &Remote, whole: &Bytes) -> Remote {
        self.platform.until(|seen| seen.published() == 1).await;
        let Review::Published(done) = self.look(remote).await else {
            panic!("transcoding takes no time here");
        };
        published_once(&self.platform.inspect(), whole);
        assert_eq!(self.platform.glance().jobs.len(), 1);
        done
    }
}

#[tokio::test]
async fn a_file_that_is_online_becomes_one_video_with_every_field_and_the_same_bytes() {
    let bench = Bench::with(&[
        ("workflow_id", "wf-1"),
        ("callback_url", "https://example.test/cb"),
    ])
    .await;
    let whole = noise(3 * MIB + 5, 200);
    let origin = origin(&whole).await;
    let url = origin.url("%E5%A4%8F%20a,b.mp4");
    let mut draft = online(&url);
    draft.cover = Some(cover(noise(3000, 201)));
    bench.platform.switches(|s| s.holds_jobs = true);
    let asked = bench.ask(&draft).await.unwrap();
    assert!(asked.id.starts_with("job:"), "{asked:?}");
    let announced = bench.keeper.announced.lock().clone();
    assert_eq!(announced.len(), 1, "announced before it was asked for");
    assert!(!format!("{announced:?} {draft:?}").contains("SECRET"));
    let Review::Pending(waits) = bench.look(&asked).await else {
        panic!("it waits");
    };
    assert_eq!(
        (waits.words.as_deref(), &waits.id),
        (Some("PENDING"), &asked.id)
    );

    bench.platform.switches(|s| s.holds_jobs = false);
    let done = bench.one_video(&asked, &whole).await;
    let seen = bench.platform.inspect();
    let video = seen.videos()[0];
    assert_eq!((&done.id, origin.given()), (&video.id, 1));
    for (name, value) in [
        ("SourceURL", url.as_str()),
        ("Title", "夏日 Vlog*~1"),
        ("Description", "海边 & <tags> \"quoted\""),
        ("Tags", "旅行,sea+sun,a b"),
        ("CateId", "1001"),
        ("WorkflowId", "wf-1"),
    ] {
        assert_eq!(video.params[name], value, "{name}");
    }
    let mut media = seen.media.iter();
    let image = media.find(|media| media.kind == "image").unwrap();
    let shown = format!("https://cdn.example.test/{}", image.key);
    assert_eq!(video.params["CoverURL"], shown);
    let data: serde_json::Value = serde_json::from_str(&video.params["UserData"]).unwrap();
    assert_eq!(data["Extend"]["taskId"], "42");
    assert_eq!(
        data["MessageCallback"]["CallbackURL"],
        "https://example.test/cb"
    );
    assert!(!video.params.contains_key("FileName"));
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_and_nothing_is_asked_for_twice() {
    for late in [false, true] {
        let bench = Bench::on(&[], |s| s.media_id_late = late).await;
        bench
            .platform
            .fault(Fault::AnswerLost { reset: true }.on(On::UploadMediaByUrl));
        let whole = noise(MIB, 202);
        let origin = origin(&whole).await;
        let draft = online(&origin.url("a.mp4"));
        bench.ask(&draft).await.unwrap_err();
        let found = bench.ask_with(&draft, bench.keeper.last()).await.unwrap();
        assert_eq!(bench.count(On::UploadMediaByUrl), 1, "late: {late}");
        bench.one_video(&found, &whole).await;
    }
}

#[tokio::test]
async fn a_crash_before_the_request_asks_for_it_once_and_not_for_anothers() {
    let bench = Bench::new().await;
    let whole = noise(MIB, 203);
    let origin = origin(&whole).await;
    let first = online(&origin.url("a.mp4"));
    bench.ask(&first).await.unwrap();
    // The same file once more: the first one's job is not taken for this one's.
    let again = online(&origin.url("a.mp4"));
    *bench.keeper.crash_at.lock() = Some(2);
    bench.ask(&again).await.unwrap_err();
    assert_eq!(bench.count(On::UploadMediaByUrl), 1);
    bench.ask_with(&again, bench.keeper.last()).await.unwrap();
    assert_eq!(bench.count(On::UploadMediaByUrl), 2);
    assert_eq!(bench.platform.glance().jobs.len(), 2);
}

#[tokio::test]
async fn a_request_that_was_heard_before_is_unclear_and_not_refused() {
    let bench = Bench::new().await;
    bench
        .platform
        .fault(Fault::error(400, "SessionIdRepeated").on(On::UploadMediaByUrl));
    let error = bench
        .ask(&online("http://a.example/a.mp4"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unclear);
}

#[tokio::test]
async fn a_refused_request_is_told_in_the_platforms_words_without_the_query() {
    let bench = Bench::new().await;
    bench
        .platform
        .fault(Fault::error(400, "InvalidParameter.UploadURLs").on(On::UploadMediaByUrl));
    let error = bench
        .ask(&online("http://a.example/a.mp4"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::Refused, "aliyun_vod_address_refused")
    );
    bench
        .platform
        .fault(Fault::error(400, "Throttling.User").on(On::UploadMediaByUrl));
    let error = bench
        .ask(&online("http://a.example/a.mp4"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::RateLimited { wait: None });
}

#[tokio::test]
async fn a_download_that_fails_says_why() {
    let bench = Bench::new().await;
    let origin = origin(&noise(10, 204)).await;
    let asked = bench
        .ask(&online(&origin.url("a.mp4").replace(QUERY, "sig=over")))
        .await
        .unwrap();
    let failed = |seen: &Inspection| seen.jobs[0].status == "DOWNLOAD_FAIL";
    bench.platform.until(failed).await;
    let Review::Refused(cause) = bench.look(&asked).await else {
        panic!("it failed");
    };
    assert_eq!(cause.code, "aliyun_vod_address_refused");
    assert_eq!(cause.params["message"], "the server answered 403");
    assert_eq!(cause.params["code"], "URLInvalidError");
    let gone = Remote {
        id: "job:nothing".into(),
        ..Remote::default()
    };
    let Review::Refused(cause) = bench.look(&gone).await else {
        panic!("there is no such job");
    };
    assert_eq!(cause.code, "aliyun_vod_job_gone");
}

#[tokio::test]
async fn a_job_is_taken_back_only_before_it_begins() {
    let bench = Bench::on(&[], |s| s.holds_jobs = true).await;
    let whole = noise(MIB, 205);
    let origin = origin(&whole).await;
    let back = async |remote: &Remote| {
        let adapter = &bench.adapter;
        adapter.take_back(&bench.session, remote).await.unwrap()
    };
    let asked = bench.ask(&online(&origin.url("a.mp4"))).await.unwrap();
    assert!(back(&asked).await);
    assert!(bench.platform.glance().jobs[0].cancelled);

    // Asked for, and the answer lost: the ticket alone finds it.
    bench
        .platform
        .fault(Fault::AnswerLost { reset: false }.on(On::UploadMediaByUrl));
    bench.ask(&online(&origin.url("b.mp4"))).await.unwrap_err();
    let ticket = bench.keeper.last();
    bench.adapter.abort(&bench.session, &ticket).await.unwrap();
    assert!(bench.platform.glance().jobs[1].cancelled);

    bench.platform.switches(|s| s.holds_jobs = false);
    let asked = bench.ask(&online(&origin.url("c.mp4"))).await.unwrap();
    bench.platform.until(|seen| seen.published() == 1).await;
    assert!(!back(&asked).await, "it had begun");
    assert_eq!(origin.given(), 1);
    let video = Remote {
        id: "0a1b".into(),
        ..Remote::default()
    };
    assert!(!back(&video).await, "a video is no job");
}

#[tokio::test]
async fn an_address_without_an_extension_needs_one_and_far_regions_are_warned_of() {
    let bench = Bench::with(&[("region", "eu-central-1")]).await;
    let notes = |bench: &Bench, fields: &Fields, name: &str| -> Vec<(Severity, String)> {
        let found = bench.adapter.online_notes(&bench.session, fields, name);
        let found = found.into_iter();
        found.map(|one| (one.severity, one.cause.code)).collect()
    };
    let region = (Severity::Amber, "aliyun_vod_online_region".to_owned());
    let end = (Severity::Red, "aliyun_vod_online_extension".to_owned());
    let none = Fields::new();
    assert_eq!(notes(&bench, &none, "a.MP4"), std::slice::from_ref(&region));
    assert_eq!(notes(&bench, &none, "download"), [end, region]);
    let named: Fields = [("FileExtension".to_owned(), "mp4".to_owned())].into();
    let near = Bench::new().await;
    assert!(notes(&near, &named, "download").is_empty());

    let whole = noise(100, 206);
    let origin = origin(&whole).await;
    let mut draft = online(&origin.url("download"));
    draft.fields.insert("FileExtension".into(), ".MP4".into());
    let asked = near.ask(&draft).await.unwrap();
    near.one_video(&asked, &whole).await;

    let service = Bench::with(&[("auth", "service")]).await;
    let needs_key = (Severity::Red, "aliyun_vod_online_needs_key".to_owned());
    assert_eq!(notes(&service, &none, "a.mp4"), [needs_key]);
}
