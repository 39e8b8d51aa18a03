import "./style/tokens.css";
import "./style/base.css";
import "./queue/queue.css";
import "./queue/drawer.css";
import "./manuscript/manuscript.css";
import "./accounts/accounts.css";
import "./settings/settings.css";
import "./first/first.css";
import "./style/narrow.css";
import { html, render } from "lit-html";
import { tauri } from "./backend/tauri";

const backend = tauri();
const start = await backend.call("start", {});
render(html`<main class="screen"><h1>${start.suggested_folder}</h1></main>`, document.body);
