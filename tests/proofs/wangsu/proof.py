"""Drives the simulator of Wangsu with the platform's own clients. Fails on the first difference.

SLIPWAY_SIMULATOR holds the line of JSON that `slipway-simulators wangsu` prints when it is ready.
"""

import hashlib
import json
import logging
import os
import random
import sys
import tempfile
import time
from importlib.metadata import version
from types import SimpleNamespace
from urllib.request import Request, urlopen

SIMULATOR = json.loads(os.environ["SLIPWAY_SIMULATOR"])
URL = SIMULATOR["url"]
MIB = 1 << 20
FOLDER = tempfile.TemporaryDirectory(prefix="slipway-proof-")

# The record's folder is read when the module is loaded.
from wcs.commons.config import Config  # noqa: E402

Config.tmp_record_folder = os.path.join(FOLDER.name, "records")
Config.ishttps = False
Config.connection_retries = 0

from wcs.commons.auth import Auth  # noqa: E402
from wcs.commons.util import etag, urlsafe_base64_decode  # noqa: E402
from wcs.services.multipartupload import MultipartUpload  # noqa: E402
from wcs.services.simpleupload import SimpleUpload  # noqa: E402

from wangsu.common.Constant.Constant import Constant  # noqa: E402
from wangsu.common.auth.AkSkAuth import AkSkAuth  # noqa: E402
from wangsu.common.auth.AkSkConfig import AkSkConfig  # noqa: E402
from wangsu.common.auth.HttpRequestMsg import HttpRequestMsg  # noqa: E402
from wangsu.manageassets.models import (  # noqa: E402
    DeleteVideoResponse,
    GetCategoryListResponse,
    GetVideoListResponse,
    VideoEditRequest,
    VideoEditResponse,
)
from wangsu.playback.models import GetPublishCodeResponse  # noqa: E402
from wangsu.uploadassets.models import GetUploadTokenRequest, GetUploadTokenResponse  # noqa: E402

# It knows https alone.
Constant.HTTPS_REQUEST_PREFIX = "http://"
logging.disable(logging.CRITICAL)
for client in ("wcs-python3-sdk", "wangsu-sdk-python"):
    assert version(client), client


def proved(client, what):
    print(f"proved {client} {version(client)}: {what}", flush=True)


def same(found, wanted, what):
    if found != wanted:
        raise AssertionError(f"{what}: {found!r} instead of {wanted!r}")


def control(path, body=None, method=None):
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{URL}/__sim/{path}", data=data, method=method or ("POST" if data else "GET"))
    with urlopen(request) as answer:
        return json.loads(answer.read())


def stored(key):
    return control("inspect")["stored"][f"{SIMULATOR['bucket']}:{key}"]


def read_back(key, path):
    seen = stored(key)
    with open(seen["path"], "rb") as theirs, open(path, "rb") as ours:
        same(theirs.read() == ours.read(), True, f"the bytes of {key}")
    same(seen["etag"], etag(path), "the hash of the stored file")


def file(name, content):
    path = os.path.join(FOLDER.name, name)
    with open(path, "wb") as out:
        out.write(content)
    return path


def noise(length, seed):
    return random.Random(seed).randbytes(length)


# ---- the video API ----


def call(path, fields, access_key=None, secret_key=None):
    config = AkSkConfig()
    config.access_key = access_key or SIMULATOR["access_key"]
    config.secret_key = secret_key or SIMULATOR["secret_key"]
    config.uri = path
    config.end_point = URL.removeprefix("http://")
    config.method = "POST"
    config.custom_headers = {"x-cnc-auth-method": "AKSK"}
    # What the client's own test does: the header is signed, so it must be there before.
    message = AkSkAuth.transfer_http_request_msg(config, json.dumps(fields))
    message.headers["Content-Type"] = "application/json"
    AkSkAuth.get_auth_and_set_headers(message, config.access_key, config.secret_key, config.custom_headers)
    from wangsu.common.util.HttpUtils import HttpUtils

    return json.loads(HttpUtils.call(message))


def fits(model, answer):
    """The answer's data, once the client's own model is content with all of it."""
    same(answer["code"], 200, str(answer))
    read = model().from_map(answer)
    read.validate()
    data = getattr(read, "data", None)
    for part in data if isinstance(data, list) else [data]:
        if hasattr(part, "validate"):
            part.validate()
    return answer.get("data")


def place(name, file_id, **more):
    request = GetUploadTokenRequest()
    request.from_map({"originFileName": name, "fileId": file_id, "overwrite": 1, **more})
    answer = call("/vod/videoManage/getUploadToken", request.to_map())
    return SimpleNamespace(**fits(GetUploadTokenResponse, answer))


def prove_signatures():
    client = "wangsu-sdk-python"
    body = '{"originFileName":"uploadtest.mp4","fileId":"0123456789abcdef0123456789abcdef","overwrite":"1"}'
    message = HttpRequestMsg()
    message.method, message.uri, message.body = "POST", "/vod/videoManage/getUploadToken", body
    message.headers = {"Content-Type": "application/json", "Host": "open.chinanetcenter.com"}
    made = AkSkAuth.get_signature(message, "made-up-secret-0123456789abcdef", "1700000000")
    same(made, "efe1ac3c96fa4090e0c82b179160d0a46b1b163531484ada60f9679c877254f7", "the CNC vector")
    proved(client, "the CNC vector is what it signs")

    first = place("a.mp4", "f" * 32)
    proved(client, "a signed getUploadToken is accepted and its answer fits the model")
    time.sleep(1.1)  # the same signature is refused within the second
    again = place("a.mp4", "f" * 32)
    same((again.fileKey, again.videoId), (first.fileKey, first.videoId), "the same file id")
    same(again.uploadToken != first.uploadToken, True, "a fresh token")
    proved(client, "the same file id brings the same place and a fresh token")

    category = call("/vod/videoCategory/getCategoryList", {"pageSize": 10, "pageIndex": 1})
    fits(GetCategoryListResponse, category)
    proved(client, "categories fit the model")

    wrong = call("/vod/videoManage/getVideoList", {"pageSize": 1}, secret_key="wrong")
    same(wrong["code"], 4005, "a wrong signature")
    unknown = call("/vod/videoManage/getVideoList", {"pageSize": 2}, access_key="nobody")
    same(unknown["code"], 4002, "an unknown access key")
    codes = []
    for _ in range(6):  # two of them fall into one second
        codes.append(call("/vod/videoManage/getVideoList", {"pageSize": 3})["code"])
    same(4006 in codes and 200 in codes, True, f"a replay within a second: {codes}")
    proved(client, "a wrong signature, an unknown key and a replay are refused")
    for fields, code in (
        ({"originFileName": "x" * 41}, 1500),
        ({"originFileName": ""}, 1606),
        ({"originFileName": "x" * 40, "overwrite": 2}, 1608),
        ({"originFileName": "x", "fileMd5": ""}, 1604),
        ({"originFileName": "x", "fileId": "y" * 33}, 1605),
    ):
        same(call("/vod/videoManage/getUploadToken", fields)["code"], code, str(fields))
    proved(client, "1500, 1604, 1605, 1606 and 1608 where they belong")


# ---- the storage ----


def pattern(length):
    return bytes(i % 251 for i in range(251)) * (length // 251) + bytes(range(length % 251))


def prove_hashes():
    for length, hash_ in (
        (100, "Fh5mNL-uvANIKYEFkj0PJuR6oz_1"),
        (4 * MIB - 1, "Fn9tkLHM2wFqBpgIZJ4NMMYVKZLl"),
        (4 * MIB, "Fgd8eREZ4FXnoK5eUHCJo_kRSDb1"),
        (4 * MIB + 1, "lgV4TNEnA2AXSRVyDqVW4bohMKad"),
        (10 * MIB, "lpWW94Kd7uuN_TCTi_xpbr4WtvSz"),
        (21 * MIB, "lrerHBqsa0z93U64B0Aiezd0sAer"),
    ):
        same(etag(file("pattern", pattern(length))), hash_, f"the hash of {length} bytes")
    proved("wcs-python3-sdk", "the vectors of the whole file's hash")


def prove_forms():
    for number, length in enumerate((1, 1000, 4 * MIB, 5 * MIB + 7)):
        path = file("small.mp4", noise(length, number))
        given = place("small.mp4", f"{number:032}")
        told = SimpleUpload(URL).upload(path, given.uploadToken, key="海边.mp4")
        same(told[0], 200, f"a form of {length} bytes: {told}")
        same(json.loads(told[1])["hash"], etag(path), "the form's hash")
        read_back(given.fileKey, path)
    damaged = given.uploadToken[:-8] + "AAAAAAA="
    same(SimpleUpload(URL).upload(path, damaged, key="a")[0], 401, "a damaged token")
    proved("wcs-python3-sdk", "forms, read back; a damaged token is refused")


def uploader(block, chunk):
    Config.block_size, Config.bput_size = block, chunk
    return MultipartUpload(URL)


def prove_blocks():
    client = "wcs-python3-sdk"
    for number, (length, block, chunk) in enumerate((
        (100, 4 * MIB, 4 * MIB),
        (9 * MIB + 5, 4 * MIB, 4 * MIB),
        (9 * MIB + 5, 4 * MIB, 256 * 1024),
        (8 * MIB, 4 * MIB, MIB),
        (21 * MIB, 8 * MIB, MIB),
    )):
        path = file("large.mp4", noise(length, 10 + number))
        given = place("large.mp4", f"{10 + number:032}")
        told = uploader(block, chunk).upload(path, given.uploadToken)
        same(told[0], 200, f"{length} bytes in {block} and {chunk}: {told}")
        same(told[1]["hash"], etag(path), "the hash of the joined file")
        read_back(given.fileKey, path)
    proved(client, "blocks of one chunk and of many, read back")

    path = file("retried.mp4", noise(9 * MIB, 20))
    given = place("retried.mp4", f"{20:032}")
    control("fault", {"fault": "status", "status": 500, "call": "mkblk", "count": 1})
    same(uploader(4 * MIB, 4 * MIB).upload(path, given.uploadToken)[0], 200, "one 500")
    read_back(given.fileKey, path)
    proved(client, "a 500 on a block is retried")

    path = file("resumed.mp4", noise(9 * MIB, 21))
    given = place("resumed.mp4", f"{21:032}")
    control("fault", {"fault": "status", "status": 503, "call": "mkblk", "part": 2, "count": 0})
    failed = uploader(4 * MIB, MIB).upload(path, given.uploadToken)
    same(isinstance(failed, dict), True, "a block that fails for good")
    control("fault", method="DELETE")
    before = len(control("inspect")["answers"])
    time.sleep(1.1)
    fresh = place("resumed.mp4", f"{21:032}")
    told = uploader(4 * MIB, MIB).upload(path, fresh.uploadToken, failed["uploadBatch"])
    same(told[0], 200, f"the second run: {told}")
    calls = [seen["call"] for seen in control("inspect")["answers"][before:]]
    same(
        {call: calls.count(call) for call in ("mkblk", "bput", "mkfile")},
        {"mkblk": 1, "bput": 3, "mkfile": 1},
        "only the failed block is sent",
    )
    read_back(given.fileKey, path)
    proved(client, "a second run with a new token sends only the block that failed")

    given = place("purged.mp4", f"{22:032}")
    control("fault", {"fault": "purge", "all": True, "call": "mkfile"})
    same(uploader(4 * MIB, 4 * MIB).upload(path, given.uploadToken)[0], 412, "purged blocks")
    proved(client, "blocks that were purged are a 412")


def prove_own_tokens():
    auth = Auth(SIMULATOR["storage_access_key"], SIMULATOR["storage_secret_key"])
    path = file("own.mp4", noise(5 * MIB, 30))
    token = auth.uploadtoken({"scope": f"{SIMULATOR['bucket']}:own/name.mp4", "deadline": 600, "overwrite": 1})
    same(uploader(4 * MIB, MIB).upload(path, token)[0], 200, "the client's own token")
    read_back("own/name.mp4", path)
    given = place("own.mp4", f"{30:032}")
    policy = json.loads(urlsafe_base64_decode(given.uploadToken.split(":")[2]))
    same(policy["scope"], f"{given.bucketName}:{given.fileKey}", "a given token's scope")
    wrong = Auth(SIMULATOR["storage_access_key"], "wrong")
    token = wrong.uploadtoken({"scope": f"{SIMULATOR['bucket']}:own/name.mp4", "deadline": 600})
    failed = uploader(4 * MIB, 4 * MIB).upload(path, token)
    same("'code': 401" in str(failed) or '"code": 401' in str(failed), True, f"a wrong signature: {failed}")
    token = auth.uploadtoken({"scope": f"{SIMULATOR['bucket']}:own/name.mp4", "deadline": -1})
    same(SimpleUpload(URL).upload(path, token, key="a")[0], 401, "a token that has ended")
    token = auth.uploadtoken({"scope": "nowhere:a", "deadline": 600})
    same(SimpleUpload(URL).upload(path, token, key="a")[0], 631, "an unknown bucket")
    proved("wcs-python3-sdk", "tokens it signs are accepted; wrong, ended and homeless ones are not")


def prove_whole():
    """The bytes by one client, the video by the other."""
    path = file("whole.mp4", noise(9 * MIB, 40))
    given = place("whole.mp4", f"{40:032}", categoryNames='[{"parentName":"News"}]')
    uploader(4 * MIB, MIB).upload(path, given.uploadToken)
    edit = VideoEditRequest()
    edit.from_map({"videoId": given.videoId, "videoName": "另一个", "videoDescription": "说明"})
    fits(VideoEditResponse, call("/vod/videoManage/videoEdit", edit.to_map()))
    listed = fits(GetVideoListResponse, call("/vod/videoManage/getVideoList", {"videoId": given.videoId}))
    row = listed["videoListInfo"][0]
    same((row["videoName"], row["videoDescription"]), ("另一个", "说明"), "the edited video on the list")
    same((row["videoSize"], row["transcodeState"]), (str(9 * MIB), 1), "its size and state")
    codes = fits(GetPublishCodeResponse, call("/vod/videoManage/getPublishCode", {"videoId": given.videoId}))
    same(codes["videoUrl"][0]["originUrl"].endswith(given.fileKey), True, "its address")
    found = next(video for video in control("inspect")["videos"] if video["id"] == given.videoId)
    same(found["asked"]["categoryNames"], '[{"parentName":"News"}]', "the manuscript's category")
    same(found["file"]["sha256"], hashlib.sha256(open(path, "rb").read()).hexdigest(), "the bytes")
    fits(DeleteVideoResponse, call("/vod/videoManage/deleteVideo", {"videoId": given.videoId}))
    time.sleep(1.1)
    same(call("/vod/videoManage/deleteVideo", {"videoId": given.videoId})["code"], 1502, "deleted twice")
    proved(
        "wangsu-sdk-python",
        "a video uploaded by wcs-python3-sdk is listed, edited, addressed and deleted; each answer fits its model",
    )


def main():
    sys.stdout.reconfigure(line_buffering=True)
    prove_signatures()
    prove_hashes()
    prove_forms()
    prove_blocks()
    prove_own_tokens()
    prove_whole()


if __name__ == "__main__":
    try:
        main()
    finally:
        FOLDER.cleanup()
