import "./style/tokens.css";
import "./style/base.css";
import "./style/window.css";
import "./queue/queue.css";
import "./queue/drawer.css";
import "./history/history.css";
import "./manuscript/manuscript.css";
import "./manuscript/checks.css";
import "./manuscript/cover.css";
import "./templates/templates.css";
import "./accounts/accounts.css";
import "./settings/settings.css";
import "./settings/speed.css";
import "./network/network.css";
import "./watch/watch.css";
import "./first/first.css";
import "./style/narrow.css";
import { effect } from "@preact/signals-core";
import { draw } from "./app/draw";
import { go } from "./app/go";
import { windowKey } from "./app/keys";
import { closeMenu } from "./app/menu";
import { settleDialogs } from "./app/parts";
import { endToast } from "./app/toast";
import { windowView } from "./app/view";
import { begin, looks, now } from "./app/world";
import type { Backend } from "./backend/port";
import { hearDrag } from "./first/drag";
import { chooseLanguage } from "./i18n";
import { loadDrafts, save } from "./manuscript/drafts";
import { offer } from "./manuscript/files";
import { loadNetwork } from "./network/state";
import { remember, sample } from "./queue/pulse";
import { soon } from "./history/state";
import { loadWatches } from "./watch/state";
import { afterHistory } from "./history/view";
import { applyPatch } from "./queue/state";
import { afterDrawing } from "./queue/view";
import icons from "./style/icons.svg?raw";

const SECOND_MS = 1000;

async function connect(): Promise<Backend> {
  if (import.meta.env.MODE !== "fake") return (await import("./backend/tauri")).tauri();
  const { fake, past } = await import("./backend/fake");
  remember(past());
  return fake();
}

document.body.append(document.importNode(new DOMParser().parseFromString(icons, "image/svg+xml").documentElement, true));
const root = document.createElement("div");
root.className = "window";
document.body.prepend(root);

const backend = await connect();
looks.value = await backend.looks().catch(() => looks.value);
effect(() => chooseLanguage(looks.value.language));
effect(() => {
  const { theme } = looks.value;
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
});

draw(windowView, root, () => {
  settleDialogs();
  afterDrawing();
  afterHistory();
});

await backend.watch((patch) => {
  applyPatch(patch);
  if (patch.queue_stale) soon();
  if (patch.network_stale) void loadNetwork();
  if (patch.watches_stale) void loadWatches().catch(() => {});
  if (patch.offered.length > 0) offer(patch.offered);
});
await backend.onDrag(hearDrag);
await begin(backend);
await loadDrafts().catch(() => {});
await loadWatches().catch(() => {});
offer(await backend.call("files_offered", {}).catch(() => []));
await backend.onGo(go);

setInterval(() => {
  now.value = Date.now();
  sample();
}, SECOND_MS);
addEventListener("keydown", windowKey);
addEventListener("resize", closeMenu);
// What was removed is removed for good before the page goes: nobody could undo it any more.
addEventListener("pagehide", endToast);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) return;
  endToast();
  void save();
});
addEventListener("pagehide", () => void save());
