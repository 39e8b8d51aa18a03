import { html } from "lit-html";
export const manuscriptView = () => html`<h1>new</h1>`;
