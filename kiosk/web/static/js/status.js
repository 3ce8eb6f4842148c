/** Clock, date, how the kiosk is doing, and the stage's mark, which stands on every sheet too. */

import { byId, icon, made, tell } from "./dom.js";
import { locale, say } from "./words.js";

/** @import { Chips } from "./types.js" */

/** @type {Intl.DateTimeFormatOptions} */
const DAY = { weekday: "long", day: "numeric", month: "long", year: "numeric" };

export class Status {
  constructor() {
    /** @type {Chips | null} */
    this.chips = null;
    this.muted = false;
    this.shown = "";
    this.ahead = 0;
    setInterval(() => this.tick(), 200);
  }

  /** @param {Chips | null} chips */
  show(chips) {
    const at = this.chips?.at;
    this.chips = chips;
    if (chips === null) return;
    if (chips.at !== at) this.ahead = wallTime(chips.at) - performance.now(); // what changes between two seconds is no new time
    byId("zone", HTMLElement).textContent = chips.zone;
    this.tick();
    this.stage(chips.stage);
    this.list();
  }

  /** Sound is kept back by the browser until somebody touches the page. @param {boolean} muted */
  mute(muted) {
    this.muted = muted;
    this.list();
  }

  tick() {
    if (this.chips === null) return;
    const now = new Date(performance.now() + this.ahead);
    const time = now.toISOString().slice(11, 16).replace(":", ".");
    if (time === this.shown) return;
    this.shown = time;
    byId("time", HTMLTimeElement).textContent = time;
    const day = new Intl.DateTimeFormat(locale(), { ...DAY, timeZone: "UTC" });
    byId("date", HTMLElement).textContent = day.format(now);
  }

  /** @param {Chips["stage"]} stage */
  stage(stage) {
    document.body.dataset.stage = stage;
    const mark = stage === "active" ? "" : say(`mark_${stage}`);
    tell(byId("mark", HTMLElement), mark);
    for (const element of document.querySelectorAll("[data-mark]")) {
      if (element instanceof HTMLElement) tell(element, stage === "active" ? "" : say(`stage_${stage}`));
    }
  }

  list() {
    const chips = this.chips;
    if (chips === null) return;
    const sent = chips.waiting === 0;
    const items = [
      chip(chips.online ? "link" : "link-off", say(chips.online ? "chip_online" : "chip_offline"), !chips.online),
      chip(sent ? "sent" : "waiting", sent ? say("sent") : say("chip_waiting", { count: chips.waiting })),
      chip("place", say(chips.place === "gnss" ? "chip_gnss" : "chip_site")),
      chip("clock", say(chips.clock ? "chip_clock_ok" : "chip_clock"), !chips.clock),
    ];
    if (!chips.room) items.push(chip("disk", say("chip_room"), true));
    if (!chips.careful) items.push(chip("warning", say("chip_careless"), true));
    if (this.muted) items.push(chip("muted", say("chip_muted"), true));
    byId("chips", HTMLElement).replaceChildren(...items);
  }
}

/**
 * @param {string} name the icon's
 * @param {string} text
 * @param {boolean} warn
 */
function chip(name, text, warn = false) {
  const item = made("li");
  item.toggleAttribute("data-warn", warn);
  item.append(icon(name), made("span", text));
  return item;
}

/**
 * The wall's time as if its zone were UTC: the kiosk's zone counts, not the browser's.
 * @param {string} at ISO 8601 with its offset
 */
export function wallTime(at) {
  return Date.parse(`${at.slice(0, 19)}Z`);
}
