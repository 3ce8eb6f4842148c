/** The panel: the line that stands, the hint to who stands there, or the card with a visit's result. */

import { byId, calm, made, tell } from "./dom.js";
import { iconOf } from "./guide.js";
import { ask } from "./link.js";
import { say } from "./words.js";

/** @import { Banner, Card, Choice } from "./types.js" */

const BANNERS = { idle: "face", starting: "wait", said: "message", inactive: "list", camera_lost: "camera-off", away: "link-off", reopen: "lock" };
/** Cards whose title is a greeting and a name, as that of a question is. */
const NAMING = new Set(["ok", "repeat", "practice"]);
const LONG = 30;

export class Panel {
  constructor() {
    this.panel = byId("panel", HTMLElement);
    this.title = byId("panel-title", HTMLElement);
    this.choices = byId("choices", HTMLElement);
    /** @type {string} what is shown, so that the same is not shown anew */
    this.shown = "";
    this.timer = 0;
  }

  /** @param {Banner} banner */
  banner(banner) {
    if (this.is(`banner ${banner.title} ${banner.help}`)) return;
    const name = banner.key in BANNERS ? BANNERS[/** @type {keyof typeof BANNERS} */ (banner.key)] : banner.tone;
    this.put(banner.tone, name === "plain" ? "message" : name, banner.title, banner.help);
  }

  /**
   * @param {string} key
   * @param {string} hint
   */
  hint(key, hint) {
    if (this.is(`hint ${key}`)) return;
    this.put("plain", iconOf(key), hint, "");
  }

  /** @param {Card} card */
  card(card) {
    if (this.is(`card ${card.id} ${card.title} ${card.text}`)) {
      if (card.choices.length === 0) this.close(); // it is asked no more: somebody else stands there
      return;
    }
    const asks = card.choices.some((choice) => choice.name === "yes");
    this.put(card.tone, asks ? "question" : card.tone === "plain" ? "message" : card.tone, card.title, card.text);
    if (NAMING.has(card.tone) || asks) this.greet(card.title);
    byId("panel-notes", HTMLElement).replaceChildren(...card.notes.map((note) => made("li", note)));
    this.receipt(card.receipt);
    this.offer(card);
    if (!calm()) this.panel.animate([{ opacity: 0.3 }, {}], { duration: 220, easing: "ease-out" });
  }

  /** @param {string} what */
  is(what) {
    if (what === this.shown) return true;
    this.shown = what;
    return false;
  }

  /**
   * @param {string} tone
   * @param {string} name the icon's
   * @param {string} title
   * @param {string} text
   */
  put(tone, name, title, text) {
    this.panel.dataset.tone = tone;
    byId("panel-icon", SVGUseElement).setAttribute("href", `#i-${name}`);
    this.title.textContent = title;
    this.title.toggleAttribute("data-long", title.length > LONG);
    tell(byId("panel-text", HTMLElement), text);
    tell(byId("panel-answer", HTMLElement), "");
    byId("panel-notes", HTMLElement).replaceChildren();
    this.receipt(null);
    this.close();
  }

  /** The name on a line of its own: it is what somebody looks for. @param {string} title */
  greet(title) {
    const [greeting = "", ...rest] = title.split(/(?<=, )/);
    const name = rest.join("");
    const parts = name === "" ? [["name", greeting]] : [["greeting", greeting], ["name", name]];
    this.title.replaceChildren(...parts.map(([kind = "", text]) => {
      const part = made("span", text);
      part.className = kind;
      return part;
    }));
  }

  /** @param {string | null} receipt */
  receipt(receipt) {
    byId("receipt", HTMLElement).hidden = receipt === null;
    this.panel.toggleAttribute("data-full", receipt !== null);
    if (receipt === null) return;
    byId("receipt-code", HTMLElement).textContent = receipt;
    byId("receipt-qr", HTMLImageElement).src = `/receipt/${encodeURIComponent(receipt)}.svg`;
  }

  /** @param {Card} card */
  offer(card) {
    if (card.choices.length === 0) return;
    const until = performance.now() + 1000 * card.choose_s;
    this.choices.hidden = false;
    this.choices.style.setProperty("--choose", `${card.choose_s}s`);
    this.choices.replaceChildren(...card.choices.map((choice) => this.button(card, choice, until)));
    this.timer = setTimeout(() => this.close(), 1000 * card.choose_s);
  }

  /**
   * @param {Card} card
   * @param {Choice} choice
   * @param {number} until
   */
  button(card, choice, until) {
    const button = made("button", choice.label);
    button.type = "button";
    const left = made("span");
    left.className = "left";
    left.setAttribute("aria-hidden", "true"); // a count that is read out each second helps nobody
    button.append(left);
    const count = () => {
      if (!button.isConnected && left.textContent !== "") return;
      const seconds = Math.max(0, Math.ceil((until - performance.now()) / 1000));
      left.textContent = String(seconds);
      if (seconds > 0) setTimeout(count, 200);
    };
    count();
    button.addEventListener("click", () => this.answer(card, choice));
    return button;
  }

  /**
   * @param {Card} card
   * @param {Choice} choice
   */
  async answer(card, choice) {
    this.close();
    const { status, data } = await ask("/answer", { card: card.id, choice: choice.name });
    if (this.shown.startsWith(`card ${card.id}`)) {
      tell(byId("panel-answer", HTMLElement), status === 0 ? say("failed") : (data?.text ?? ""));
    }
  }

  close() {
    clearTimeout(this.timer);
    this.choices.hidden = true;
    this.choices.replaceChildren();
  }
}
