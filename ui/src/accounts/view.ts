import { html } from "lit-html";
export const accountsView = () => html`<h1>accounts</h1>`;
