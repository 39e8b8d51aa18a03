"""Drives the simulator with the vendor's own clients: what they send is accepted, what they read is what they sent, and what is wrong is refused.

`SLIPWAY_SIMULATOR` holds the line of JSON that `slipway-simulators aliyun-vod` prints when it is ready.
"""

import base64
import hashlib
import json
import os
import random
import sys
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from urllib.parse import quote, urlparse

TOLD = json.loads(os.environ["SLIPWAY_SIMULATOR"])
URL, KEY, SECRET, REGION = TOLD["url"], TOLD["access_key_id"], TOLD["access_key_secret"], TOLD["region"]
HOST = urlparse(URL).netloc
DATA = random.Random(7).randbytes(3 * 1024 * 1024 + 17)
SMALL = DATA[:1234]


def proved(package, what):
    print(f"proved {package} {version(package)}: {what}", flush=True)


def same(one, other, what):
    if one != other:
        sys.exit(f"{what}: {one!r} is not {other!r}")


def refused(call, code, what):
    """The call must fail, and its error must name the code."""
    try:
        call()
    except Exception as error:  # each client has its own kinds
        if code in f"{error!r} {error} {getattr(error, 'code', '')} {getattr(error, 'details', '')}":
            return
        cause = getattr(error, "__cause__", None) or getattr(error, "unwrap", lambda: None)()
        if code in f"{cause!r} {cause}":
            return
        sys.exit(f"{what}: refused, but with {error!r}")
    sys.exit(f"{what}: accepted")


def control(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{URL}/__sim/{path}", data=data)) as answer:
        return json.load(answer)


def video(video_id):
    return next(media for media in control("inspect")["media"] if media["id"] == video_id)


def stored(video_id, data, what):
    thing = video(video_id)["object"]
    same((thing["bytes"], thing["sha256"]), (len(data), hashlib.sha256(data).hexdigest()), what)


def decode(text):
    return json.loads(base64.b64decode(text))


def file_of(data):
    handle, path = tempfile.mkstemp(suffix=".mp4")
    os.write(handle, data)
    os.close(handle)
    return path


def vod_client(algorithm=None, secret=SECRET, key=KEY, token=None):
    from alibabacloud_tea_openapi.models import Config
    from alibabacloud_vod20170321.client import Client

    config = Config(protocol="http", endpoint=HOST, region_id=REGION, access_key_id=key, access_key_secret=secret)
    if algorithm:
        config.signature_algorithm = algorithm
    if token:
        config.security_token, config.type = token, "sts"
    return Client(config)


def create(client, data, title="证明 *~+ &"):
    from alibabacloud_vod20170321 import models

    request = models.CreateUploadVideoRequest(
        title=title, file_name="a b+夏.mp4", file_size=len(data), tags="one,two", cate_id=1001, description="x & <y>"
    )
    made = client.create_upload_video(request).body
    return made.video_id, decode(made.upload_address), decode(made.upload_auth)


def prove_vod(algorithm, name):
    from alibabacloud_vod20170321 import models

    client = vod_client(algorithm)
    video_id, address, auth = create(client, SMALL)
    params = video(video_id)["params"]
    same((params["Title"], params["FileName"], params["CateId"]), ("证明 *~+ &", "a b+夏.mp4", "1001"), "fields")
    same(set(address) >= {"Endpoint", "Bucket", "FileName"}, True, "UploadAddress")
    same(set(auth) >= {"AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"}, True, "UploadAuth")
    again = client.refresh_upload_video(models.RefreshUploadVideoRequest(video_id=video_id)).body
    same(decode(again.upload_address)["FileName"], address["FileName"], "the place after a renewal")
    info = client.get_video_info(models.GetVideoInfoRequest(video_id=video_id)).body.video
    same((info.status, info.title), ("Uploading", "证明 *~+ &"), "state")
    client.update_video_info(models.UpdateVideoInfoRequest(video_id=video_id, title="other", cover_url="https://a.example/c.png"))
    same(video(video_id)["params"]["Title"], "other", "changed title")
    image = client.create_upload_image(models.CreateUploadImageRequest(image_type="cover", image_ext="png")).body
    same(bool(image.image_url and image.upload_auth), True, "image")
    attached = models.CreateUploadAttachedMediaRequest(business_type="subtitle", file_name="a.srt")
    same(bool(client.create_upload_attached_media(attached).body.media_id), True, "attached media")
    found = client.get_categories(models.GetCategoriesRequest(page_size=100)).body
    same([one.cate_id for one in found.sub_categories.category], [1001, 1002, 1003], "categories")
    below = client.get_categories(models.GetCategoriesRequest(cate_id=1001)).body
    same(below.sub_categories.category[0].parent_id, 1001, "categories below")
    groups = client.list_transcode_template_group(models.ListTranscodeTemplateGroupRequest()).body
    same(groups.transcode_template_group_list[0].is_default, "Default", "template groups")
    same(groups.transcode_template_group_list[1].name, "Usual", "template groups' names")
    by_url = models.UploadMediaByURLRequest(upload_urls="https%3A%2F%2Fa.example%2Fa%20b.mp4")
    job = client.upload_media_by_url(by_url).body.upload_jobs[0]
    seen = client.get_urlupload_infos(models.GetURLUploadInfosRequest(job_ids=job.job_id)).body
    same(seen.urlupload_info_list[0].job_id, job.job_id, "upload by address")
    refused(lambda: create(vod_client(algorithm, secret="wrong"), SMALL), "SignatureDoesNotMatch", "a wrong secret")
    refused(lambda: create(vod_client(algorithm, key="LTAI-NOBODY"), SMALL), "InvalidAccessKeyId.NotFound", "a wrong key")
    missing = models.GetVideoInfoRequest(video_id="0" * 32)
    refused(lambda: client.get_video_info(missing), "InvalidVideo.NotFound", "a video that is not there")
    client.delete_video(models.DeleteVideoRequest(video_ids=video_id))
    proved("alibabacloud-vod20170321", f"{name}: records, renewal, images, attached media, categories, upload by address, state; wrong keys refused")


class Origin(BaseHTTPRequestHandler):
    """A web server with one file, for whoever knows its query."""

    def do_GET(self):
        self.send_response(200 if self.path.endswith("?key=1") else 403)
        self.send_header("Content-Length", str(len(DATA)))
        self.end_headers()
        self.wfile.write(DATA)

    def log_message(self, *_):
        pass


def prove_by_url(algorithm, name):
    from alibabacloud_vod20170321 import models

    server = ThreadingHTTPServer(("127.0.0.1", 0), Origin)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}/"
    client = vod_client(algorithm)

    def ask(path, session, **about):
        url = base + path
        request = models.UploadMediaByURLRequest(
            upload_urls=quote(url, safe=""), session_id=session, user_data=json.dumps({"Extend": {"a": "1"}}),
            upload_metadatas=json.dumps([{"SourceURL": url, "Title": "夏 *~+ &", "Tags": "one,two", "CateId": 1001, **about}]),
        )
        return client.upload_media_by_url(request).body.upload_jobs[0].job_id, url

    def info(**by):
        return client.get_urlupload_infos(models.GetURLUploadInfosRequest(**by)).body.urlupload_info_list

    def until(job, state):
        deadline = time.monotonic() + 60
        while (seen := info(job_ids=job)[0]).status != state:
            same(time.monotonic() < deadline, True, f"{state}, but it is {seen.status}")
            time.sleep(0.05)
        return seen

    session = f"proof-{name}".replace(" ", "-")
    job, url = ask("a%20b.mp4?key=1", session, ReferenceId=session)
    done = until(job, "SUCCESS")
    stored(done.media_id, DATA, "what was fetched")
    same((done.upload_url, done.file_size, json.loads(done.user_data)), (url, str(len(DATA)), {"Extend": {"a": "1"}}), "what is told of it")
    same([one.job_id for one in info(upload_urls=quote(url, safe=""))][-1], job, "the job by its address")
    video_of = client.get_video_info(models.GetVideoInfoRequest(reference_id=session)).body.video
    same((video_of.video_id, video_of.title, video_of.cate_id), (done.media_id, "夏 *~+ &", 1001), "the video by its own name")
    refused(lambda: ask("c.mp4?key=1", session), "SessionId", "the same session again")
    refused(lambda: ask("c.mp4?key=1", session + "-2", ReferenceId=session), "InvalidReferenceId", "the same name again")
    refused(lambda: ask("none?key=1", session + "-3"), "InvalidParameter.UploadURLs", "an address without an extension")
    raw = models.UploadMediaByURLRequest(upload_urls=url)
    refused(lambda: client.upload_media_by_url(raw), "InvalidParameter.UploadURLs", "an address that is not encoded")
    failed = until(ask("d.mp4?key=2", session + "-4")[0], "DOWNLOAD_FAIL")
    same((failed.error_code, "403" in failed.error_message), ("URLInvalidError", True), "why it failed")
    control("switches", {"holds_jobs": True})
    waits, _ = ask("e.mp4?key=1", session + "-5")
    same(info(job_ids=waits)[0].status, "PENDING", "a job that waits")
    cancel = lambda job: client.cancel_url_upload_jobs(models.CancelUrlUploadJobsRequest(job_ids=job)).body
    same(cancel(waits).canceled_jobs, [waits], "cancelled before it began")
    same(cancel(job).canceled_jobs, [], "not cancelled once it began")
    same(cancel("0" * 32).non_exists, ["0" * 32], "a job that is not there")
    control("switches", {})
    server.shutdown()
    proved("alibabacloud-vod20170321", f"{name}: upload by address, progress, cancel; repeated session and name, raw address, missing extension refused")


def prove_sts():
    from alibabacloud_sts20150401 import models
    from alibabacloud_sts20150401.client import Client
    from alibabacloud_tea_openapi.models import Config

    client = Client(Config(protocol="http", endpoint=HOST, region_id=REGION, access_key_id=KEY, access_key_secret=SECRET))
    request = models.AssumeRoleRequest(role_arn=TOLD["role_arn"], role_session_name="proof", duration_seconds=900)
    made = client.assume_role(request).body.credentials
    for algorithm in (None, "v2"):
        temporary = vod_client(algorithm, key=made.access_key_id, secret=made.access_key_secret, token=made.security_token)
        same(len(create(temporary, SMALL)[0]), 32, "a record by a temporary key")
        wrong = vod_client(algorithm, key=made.access_key_id, secret=made.access_key_secret, token="wrong")
        refused(lambda: create(wrong, SMALL), "InvalidSecurityToken", "another token")
    proved("alibabacloud-sts20150401", "AssumeRole; its key makes records by ACS3 and by V1; another token refused")


def prove_oss2(auth_version):
    import oss2

    oss2.defaults.connect_timeout = 20
    client = vod_client()
    for data in (SMALL, DATA):
        video_id, address, auth = create(client, data)

        def bucket(secret):
            keys = (auth["AccessKeyId"], secret, auth["SecurityToken"])
            signer = oss2.StsAuth(*keys, auth_version=auth_version)
            return oss2.Bucket(signer, address["Endpoint"], address["Bucket"], region=REGION)

        key = address["FileName"]
        refused(lambda: bucket("wrong").put_object(key, b"x"), "SignatureDoesNotMatch", "a wrong signature")
        refused(lambda: bucket(auth["AccessKeySecret"]).put_object("other", b"x"), "AccessDenied", "another object")
        good = bucket(auth["AccessKeySecret"])
        path = file_of(data)
        oss2.resumable_upload(
            good, key, path, multipart_threshold=1 << 20, part_size=1 << 20, num_threads=3,
            store=oss2.ResumableStore(root=tempfile.mkdtemp()),
        )
        stored(video_id, data, "what oss2 sent")
        head = good.head_object(key)
        same(head.content_length, len(data), "length")
        os.unlink(path)
    # By hand: parts, the list page by page, the golden checksums, and completions that are refused.
    first, second = b"a" * 102_400, b"b" * 1000
    video_id, address, auth = create(client, first + second)
    good = oss2.Bucket(
        oss2.StsAuth(auth["AccessKeyId"], auth["AccessKeySecret"], auth["SecurityToken"], auth_version=auth_version),
        address["Endpoint"], address["Bucket"], region=REGION,
    )
    key = address["FileName"]
    upload = good.init_multipart_upload(key).upload_id
    swapped = [good.upload_part(key, upload, 1, second), good.upload_part(key, upload, 2, first)]
    infos = [oss2.models.PartInfo(n, part.etag) for n, part in enumerate(swapped, 1)]
    refused(lambda: good.complete_multipart_upload(key, upload, infos), "EntityTooSmall", "a small part that is not the last")
    parts = [good.upload_part(key, upload, 1, first), good.upload_part(key, upload, 2, second)]
    same([part.crc for part in parts], [12696911168479852064, 16208029625697213207], "checksums of parts")
    listed = list(oss2.PartIterator(good, key, upload, max_parts=1))
    same([(part.part_number, part.size) for part in listed], [(1, 102_400), (2, 1000)], "list of parts")
    wrong = [oss2.models.PartInfo(1, parts[0].etag), oss2.models.PartInfo(2, parts[0].etag)]
    refused(lambda: good.complete_multipart_upload(key, upload, wrong), "InvalidPart", "another ETag")
    infos = [oss2.models.PartInfo(n, part.etag, 0, part.crc) for n, part in enumerate(parts, 1)]
    done = good.complete_multipart_upload(key, upload, infos)
    same(done.crc, 10189816783531802777, "checksum of the whole")
    refused(lambda: good.upload_part(key, upload, 3, second), "NoSuchUpload", "a part after the end")
    upload = good.init_multipart_upload(key).upload_id
    refused(lambda: good.upload_part(key, upload, 0, second), "InvalidArgument", "part 0")
    refused(lambda: good.upload_part(key, upload, 10_001, second), "InvalidArgument", "part 10001")
    good.abort_multipart_upload(key, upload)
    refused(lambda: good.abort_multipart_upload(key, upload), "NoSuchUpload", "a second abort")
    proved("oss2", f"signature {auth_version}: one request, parts, list by pages, checksums, abort; wrong signature, object, ETag, order refused")


def prove_oss_v2():
    import alibabacloud_oss_v2 as oss

    client = vod_client()
    for data in (SMALL, DATA):
        video_id, address, auth = create(client, data)

        def storage(secret, attempts=3):
            config = oss.config.load_default()
            config.credentials_provider = oss.credentials.StaticCredentialsProvider(auth["AccessKeyId"], secret, auth["SecurityToken"])
            config.endpoint, config.region, config.retry_max_attempts = address["Endpoint"], REGION, attempts
            return oss.Client(config)

        place = {"bucket": address["Bucket"], "key": address["FileName"]}
        wrong = storage("wrong", 1)
        refused(lambda: wrong.put_object(oss.PutObjectRequest(**place, body=b"x")), "SignatureDoesNotMatch", "a wrong signature")
        good = storage(auth["AccessKeySecret"])
        path = file_of(data)
        uploader = good.uploader(part_size=1 << 20, parallel_num=3, enable_checkpoint=True, checkpoint_dir=tempfile.mkdtemp())
        uploader.upload_file(oss.PutObjectRequest(**place), path)
        stored(video_id, data, "what alibabacloud-oss-v2 sent")
        head = good.head_object(oss.HeadObjectRequest(**place))
        same(head.content_length, len(data), "length")
        os.unlink(path)
    # The owner's own key reads the bytes back.
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(KEY, SECRET)
    config.endpoint, config.region = address["Endpoint"], REGION
    read = oss.Client(config).get_object(oss.GetObjectRequest(**place))
    same(hashlib.sha256(read.body.content).hexdigest(), hashlib.sha256(DATA).hexdigest(), "bytes read back")
    # A part that fails is sent again by the client itself.
    video_id, address, auth = create(client, DATA)
    place = {"bucket": address["Bucket"], "key": address["FileName"]}
    control("fault", {"fault": "error", "status": 500, "code": "InternalError", "call": "upload_part", "part": 2})
    path = file_of(DATA)
    storage(auth["AccessKeySecret"]).uploader(part_size=1 << 20, parallel_num=2).upload_file(oss.PutObjectRequest(**place), path)
    stored(video_id, DATA, "after a fault")
    os.unlink(path)
    proved("alibabacloud-oss-v2", "signature V4: one request, parts, bytes read back, a fault survived; wrong signature refused")


def prove_uploader():
    os.environ["HTTP_PROXY"] = os.environ["http_proxy"] = URL
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    try:
        from voduploadsdk.AliyunVodUploader import AliyunVodUploader
        from voduploadsdk.UploadVideoRequest import UploadVideoRequest

        for data in (SMALL, DATA):
            path = file_of(data)
            uploader = AliyunVodUploader(KEY, SECRET)
            uploader.setMultipartUpload(1 << 20, 1 << 20, 1)
            request = UploadVideoRequest(path, "proof")
            made = uploader.uploadLocalVideo(request)
            stored(made["MediaId"] if "MediaId" in made else made["VideoId"], data, "what voduploadsdk sent")
            os.unlink(path)
        proved("voduploadsdk", "end to end through a proxy: record, bytes, progress reports")
        proved("aliyun-python-sdk-vod", "RPC V1, as voduploadsdk uses it")
    finally:
        for name in ("HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"):
            os.environ.pop(name, None)


prove_vod(None, "ACS3")
prove_vod("v2", "RPC V1")
prove_by_url(None, "ACS3")
prove_by_url("v2", "RPC V1")
prove_sts()
prove_oss2("v4")
prove_oss2("v1")
prove_oss_v2()
prove_uploader()
