/** Elements of the page, found and made. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * The element with this id, of this kind; an error when the page has none.
 * @template {Element} T
 * @param {string} id
 * @param {new (...args: any[]) => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} with the id ${id}`);
  return found;
}

/**
 * An element with a text.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {string} [text]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function made(name, text = "") {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

/**
 * An element of a drawing with its attributes.
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 */
export function drawn(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

/** @param {string} name the symbol's, without its i- */
export function icon(name) {
  const element = drawn("svg", { class: "icon", "aria-hidden": "true" });
  element.append(drawn("use", { href: `#i-${name}` }));
  return element;
}

/**
 * Show a text in an element, or hide it when there is none.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function tell(element, text) {
  element.textContent = text;
  element.hidden = text === "";
}

/** Whether somebody asked their browser for less motion. */
export function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
