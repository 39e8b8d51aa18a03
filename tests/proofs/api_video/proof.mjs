// Drives the simulator of api.video with the platform's own clients. Fails on the first difference.
//
// SLIPWAY_SIMULATOR holds the line of JSON that `slipway-simulators api-video` prints when it is ready.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const require = createRequire(import.meta.url);
const ApiVideoClient = require("@api.video/nodejs-client");
const simulator = JSON.parse(process.env.SLIPWAY_SIMULATOR);
const MIB = 1024 * 1024;

const versionOf = async (name) =>
  JSON.parse(await readFile(new URL(`node_modules/${name}/package.json`, import.meta.url), "utf8")).version;
const proved = async (name, what) => console.log(`proved ${name} ${await versionOf(name)}: ${what}`);
const node = (what) => proved("@api.video/nodejs-client", what);
const browser = (what) => proved("@api.video/video-uploader", what);

const inspect = async () => (await fetch(`${simulator.url}/__sim/inspect`)).json();
const control = async (path, body) => {
  const answer = await fetch(`${simulator.url}/__sim/${path}`, { method: "POST", body: JSON.stringify(body) });
  assert.equal(answer.status, 200);
};
const videoSeen = async (id) => (await inspect()).videos.find((video) => video.id === id);
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** Bytes that differ everywhere, the same for the same seed. */
function noise(length, seed) {
  const bytes = Buffer.alloc(length);
  let x = seed >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    x ^= x << 13; x >>>= 0; x ^= x >>> 17; x ^= x << 5; x >>>= 0;
    bytes[i] = x & 255;
  }
  return bytes;
}

/** What a refused call says: the client keeps it in `problemDetails`. */
async function refused(call, status, code) {
  const error = await call.then(() => assert.fail(`${code} was expected`), (error) => error);
  assert.equal(error.code, status, String(error));
  assert.ok(String(error.problemDetails?.type).endsWith(`/${code}`), JSON.stringify(error.problemDetails));
}

const folder = await mkdtemp(join(tmpdir(), "slipway-proof-"));
try {
  await prove(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function prove(folder) {
  const client = (apiKey, chunkSize) => new ApiVideoClient({ apiKey, baseUri: simulator.url, chunkSize });
  const owner = client(simulator.api_key, 5 * MIB);
  const file = async (name, bytes) => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return path;
  };
  const small = noise(100_000, 1);
  const large = noise(11 * MIB + 7, 2);
  const smallFile = await file("small.mp4", small);
  const largeFile = await file("large.mp4", large);

  // Signing in.
  const access = await owner.getAccessToken();
  assert.equal(access.expiresIn ?? access.expires_in, 3600);
  await refused(client("wrong").videos.list(), 401, "authentication-invalid-api-key");
  await refused(client(simulator.other_key).videos.list(), 401, "authentication-invalid-api-key");
  await node("key taken, a wrong key and the other environment's refused, access token issued");

  // Two steps.
  const fields = { title: "Bench build", description: "oak", _public: false, tags: ["wood"], metadata: [{ key: "item", value: "42" }] };
  const one = await owner.videos.create(fields);
  const filled = await owner.videos.upload(one.videoId, smallFile);
  assert.equal(filled.videoId, one.videoId);
  let seen = await videoSeen(one.videoId);
  assert.equal(seen.sha256, sha256(small));
  assert.equal(seen.fields.title, "Bench build");
  assert.equal(seen.fields.public, false);
  await refused(owner.videos.upload(one.videoId, smallFile), 400, "video-source-already-uploaded");
  await node("two-step upload of a small file, bytes equal, filled once");

  const two = await owner.videos.create({ title: "Large" });
  await owner.videos.upload(two.videoId, largeFile);
  seen = await videoSeen(two.videoId);
  assert.equal(seen.sha256, sha256(large));
  assert.deepEqual(Object.keys(seen.parts), ["1", "2", "3"]);
  await node("progressive upload by part n/total, bytes equal");

  const three = await owner.videos.create({ title: "Session" });
  const session = owner.videos.createUploadProgressiveSession(three.videoId);
  const first = await file("first", large.subarray(0, 6 * MIB));
  const rest = await file("rest", large.subarray(6 * MIB));
  await session.uploadPart(first);
  let status = await owner.videos.getStatus(three.videoId);
  assert.equal(status.ingest.status, "uploading");
  assert.deepEqual(status.ingest.receivedParts.parts, [1]);
  await session.uploadLastPart(rest);
  assert.equal((await videoSeen(three.videoId)).sha256, sha256(large));
  await node("progressive session by part n/*, status tells the received parts");

  // Delegated tokens.
  const token = await owner.uploadTokens.createToken({ ttl: 3600 });
  assert.equal((await owner.uploadTokens.getToken(token.token)).ttl, 3600);
  const listed = await owner.uploadTokens.list({ sortBy: "ttl", pageSize: 100 });
  assert.ok(listed.data.some((known) => known.token === token.token));
  const byToken = await client(undefined).videos.uploadWithUploadToken(token.token, smallFile);
  seen = await videoSeen(byToken.videoId);
  assert.equal(seen.sha256, sha256(small));
  assert.equal(seen.fields.title, "small.mp4");
  const delegated = client(undefined).videos.createUploadWithUploadTokenProgressiveSession(token.token);
  const part = await delegated.uploadPart(first);
  const last = await delegated.uploadLastPart(rest);
  assert.equal(part.videoId, last.videoId);
  assert.equal((await videoSeen(last.videoId)).sha256, sha256(large));
  await control("clock", { advance_s: 3601 });
  await refused(client(undefined).videos.uploadWithUploadToken(token.token, smallFile), 401, "authentication-invalid-upload-token");
  await refused(owner.uploadTokens.getToken(token.token), 404, "resource-not-found");
  const other = await owner.uploadTokens.createToken();
  await owner.uploadTokens.deleteToken(other.token);
  await refused(client(undefined).videos.uploadWithUploadToken(other.token, smallFile), 401, "authentication-invalid-upload-token");
  await node("upload tokens made, listed, shown, used, ended, deleted; videoId carried by the second part");

  // The client's own defect: without videoId every chunk makes a video, as it does on the platform.
  const before = (await inspect()).videos.length;
  const forever = await owner.uploadTokens.createToken();
  await client(undefined, 5 * MIB).videos.uploadWithUploadToken(forever.token, largeFile).catch(() => {});
  assert.equal((await inspect()).videos.length, before + 3);
  await node("chunks without videoId make a video each, as on the platform (nodejs-client#216)");

  // Words, picture, captions, encoding.
  await owner.videos.update(one.videoId, { title: "Renamed", tags: ["a", "b"] });
  const picture = await file("picture.jpg", Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), noise(1000, 3)]));
  await owner.videos.uploadThumbnail(one.videoId, picture);
  await refused(owner.videos.uploadThumbnail(one.videoId, smallFile), 400, "uploaded-file-extension-invalid");
  await owner.videos.pickThumbnail(one.videoId, { timecode: "00:00:01.00" });
  const words = await file("words.vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n");
  const caption = await owner.captions.upload(one.videoId, "fr-CA", words);
  assert.equal(caption.srclang, "fr-CA");
  await refused(owner.captions.upload(one.videoId, "fr_CA", words), 400, "invalid-attribute");
  await refused(owner.captions.upload(one.videoId, "en", smallFile), 400, "uploaded-file-invalid-file");
  const made = await owner.captions.update(one.videoId, "fr-CA", { _default: true });
  assert.equal(made._default, true);
  const video = await owner.videos.get(one.videoId);
  assert.equal(video.title, "Renamed");
  assert.deepEqual(video.tags, ["a", "b"]);
  await control("clock", { advance_s: 3600 });
  status = await owner.videos.getStatus(one.videoId);
  assert.equal(status.ingest.status, "ingested");
  assert.equal(status.encoding.playable, true);
  const found = await owner.videos.list({ metadata: { item: "42" } });
  assert.deepEqual(found.data.map((video) => video.videoId), [one.videoId]);
  const players = await owner.playerThemes.list({ pageSize: 100, currentPage: 2 });
  assert.equal(players.pagination.itemsTotal, 130);
  assert.match(players.data[0].playerId, /^pl/);
  const [watermark] = (await owner.watermarks.list({})).data;
  assert.match(watermark.watermarkId, /^watermark_/);
  const tags = await owner.tags.list({});
  assert.deepEqual(tags.data.map((tag) => [tag.value, tag.videoCount]), [["a", 1], ["b", 1]]);
  await node("players, watermarks and tags listed");
  await owner.videos.delete(one.videoId);
  await refused(owner.videos.get(one.videoId), 404, "resource-not-found");
  await refused(owner.videos.create({}), 400, "attribute-required");
  await node("patch, thumbnail, captions, status to playable, search by metadata, delete");

  await byTheBrowsersUploader(owner, small, large);
}

/** The browser's uploader needs a window, and insists on https: both are stood in for here, its requests stay its own. */
async function byTheBrowsersUploader(owner, small, large) {
  const requests = [];
  class Xhr {
    upload = {};
    headers = {};
    open(method, url) {
      this.method = method;
      this.url = url.replace(/^https:\/\/[^/]+/, simulator.url);
    }
    setRequestHeader(name, value) {
      this.headers[name] = value;
    }
    getResponseHeader(name) {
      return this.answer?.headers.get(name) ?? null;
    }
    abort() {}
    async send(body) {
      requests.push({ fields: [...body.keys()], range: this.headers["Content-Range"] });
      try {
        this.answer = await fetch(this.url, { method: this.method, headers: this.headers, body });
        this.status = this.answer.status;
        this.readyState = 4;
        this.responseText = this.response = await this.answer.text();
        this.onreadystatechange?.({});
        this.onload?.({});
      } catch (error) {
        this.onerror?.(error);
      }
    }
  }
  globalThis.window = globalThis;
  globalThis.XMLHttpRequest = Xhr;
  const { VideoUploader } = require("@api.video/video-uploader");
  const token = (await owner.uploadTokens.createToken()).token;
  const send = (bytes, name, more) =>
    new VideoUploader({ uploadToken: token, file: new File([bytes], name), apiHost: "simulator", ...more }).upload();

  const one = await send(small, "small.mp4");
  assert.equal((await videoSeen(one.videoId)).sha256, sha256(small));
  requests.length = 0;
  const many = await send(large, "large.mp4", { chunkSize: 5 * MIB });
  assert.equal((await videoSeen(many.videoId)).sha256, sha256(large));
  assert.deepEqual(requests.map((request) => request.range), ["part 1/3", "part 2/3", "part 3/3"]);
  assert.deepEqual(requests.at(-1).fields, ["videoId", "file"]);
  await control("fault", { fault: "http_status", status: 502, call: "upload" });
  const again = await send(small, "again.mp4");
  assert.equal((await videoSeen(again.videoId)).sha256, sha256(small));
  await browser("one request and parts, videoId before the file, a 502 passed over, bytes equal");
}
