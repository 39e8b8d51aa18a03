// A small WebDriver client: what a test of the real window needs, over fetch. Knows nothing of Slipway.
//
// Every wait ends when its condition holds, and a wait that runs out says what it waited for.

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const POLL_MS = 50;
/** A driver whose application has gone may never answer. */
const ANSWER_MS = 15_000;

/** Waits until `probe` gives something true, and gives it back. */
export async function until(what, probe, withinMs = 20_000) {
  const end = Date.now() + withinMs;
  let last;
  for (;;) {
    try {
      last = await probe();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited ${withinMs} ms for: ${what}; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`);
    await new Promise((go) => setTimeout(go, POLL_MS));
  }
}

export class Element {
  constructor(session, id) {
    this.session = session;
    this.id = id;
  }
  #call = (method, path, body) => this.session.call(method, `/element/${this.id}${path}`, body);
  click = () => this.#call("POST", "/click", {});
  clear = () => this.#call("POST", "/clear", {});
  type = (text) => this.#call("POST", "/value", { text });
  text = () => this.session.run("return arguments[0].textContent", this);
  attribute = (name) => this.#call("GET", `/attribute/${name}`);
  property = (name) => this.#call("GET", `/property/${name}`);
  isShown = () => this.session.run("const r = arguments[0].getBoundingClientRect(); return r.width > 0 && r.height > 0 && arguments[0].checkVisibility()", this);
}

export class Session {
  constructor(address, id) {
    this.address = address;
    this.id = id;
  }

  /** Starts the application under the driver at `address`. */
  static async start(address, application, args = []) {
    const value = await send("POST", `${address}/session`, {
      capabilities: { alwaysMatch: { "tauri:options": { application, args } } },
    });
    return new Session(address, value.sessionId);
  }

  call = (method, path, body) => send(method, `${this.address}/session/${this.id}${path}`, body);
  end = () => this.call("DELETE", "");

  /** Runs a function body in the page. */
  async run(script, ...args) {
    const sent = args.map((arg) => (arg instanceof Element ? { [ELEMENT]: arg.id } : arg));
    return this.#receive(await this.call("POST", "/execute/sync", { script, args: sent }));
  }

  async all(css) {
    return (await this.call("POST", "/elements", { using: "css selector", value: css })).map((found) => this.#receive(found));
  }

  /** The first element that matches and is shown; waits for it. */
  async find(css, text) {
    return until(`${css}${text === undefined ? "" : ` with the text '${text}'`}`, async () => {
      for (const element of await this.all(css)) {
        if (!(await element.isShown())) continue;
        if (text === undefined || (await element.text()).includes(text)) return element;
      }
      return null;
    });
  }

  async click(css, text) {
    await until(`a click on ${css}`, async () => {
      await (await this.find(css, text)).click();
      return true;
    });
  }

  async screenshot() {
    return Buffer.from(await this.call("GET", "/screenshot"), "base64");
  }

  #receive(value) {
    return value !== null && typeof value === "object" && ELEMENT in value ? new Element(this, value[ELEMENT]) : value;
  }
}

async function send(method, url, body) {
  const answer = await fetch(url, {
    method,
    headers: { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${new URL(url).pathname}: ${value?.error}: ${value?.message}`);
  return value;
}
