/** The catalogue in the screen's language: the page has no text of its own. */

import { read } from "./link.js";

/** @import { Labels } from "./types.js" */

/** @type {Labels} */
let labels = { language: "id", words: {} };

/** Get the catalogue and label the page with it. Whether the kiosk gave it. */
export async function learn() {
  const { status, data } = await read("/words.json");
  if (status !== 200) return false;
  labels = data;
  document.documentElement.lang = labels.language;
  label("[data-word]", "word", (element, text) => { element.textContent = text; });
  label("[data-word-label]", "wordLabel", (element, text) => { element.setAttribute("aria-label", text); });
  label("[data-word-alt]", "wordAlt", (element, text) => { element.setAttribute("alt", text); });
  return true;
}

/**
 * A phrase with its {places} filled.
 * @param {string} key
 * @param {Record<string, string | number>} [places]
 */
export function say(key, places = {}) {
  const phrase = labels.words[key];
  if (phrase === undefined) throw new Error(`the catalogue has no phrase ${key}`);
  return phrase.replace(/\{(\w+)\}/g, (_, name) => String(places[name]));
}

/** The tag of the language for dates. */
export function locale() {
  return labels.language === "id" ? "id-ID" : "en-GB";
}

/**
 * @param {string} selector
 * @param {string} name
 * @param {(element: HTMLElement, text: string) => void} put
 */
function label(selector, name, put) {
  for (const element of document.querySelectorAll(selector)) {
    if (element instanceof HTMLElement) put(element, say(String(element.dataset[name])));
  }
}
