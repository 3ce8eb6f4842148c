/** What an officer can try out, and how it went. */

import { byId, icon, made } from "../dom.js";
import { say } from "../words.js";

/** @import { Answer } from "../link.js" */
/** @import { CheckMessage } from "../types.js" */

const TESTS = ["all", "camera", "place", "sound", "broker"];

export class TestsView {
  /**
   * @param {(what: string) => Promise<Answer>} ask
   * @param {() => void} sound what the kiosk cannot hear itself: its own tone
   */
  constructor(ask, sound) {
    this.ask = ask;
    this.sound = sound;
    this.list = byId("officer-checks", HTMLElement);
  }

  /** Make the buttons, in the screen's language. */
  begin() {
    byId("officer-tests", HTMLElement).replaceChildren(...TESTS.map((what) => {
      const button = made("button", say(`test_${what}`));
      button.type = "button";
      button.classList.toggle("main", what === "all");
      button.addEventListener("click", () => this.run(what));
      return button;
    }));
  }

  /** @param {string} what */
  async run(what) {
    this.list.replaceChildren(made("li", say("test_running")));
    if (what === "sound" || what === "all") this.sound();
    const { status, data } = await this.ask(what);
    /** @type {CheckMessage[]} */
    const checks = status === 200 ? data.checks : [];
    this.list.replaceChildren(...checks.map(row));
  }
}

/** @param {CheckMessage} check */
function row(check) {
  const item = made("li");
  const sign = made("span");
  sign.dataset.good = String(check.ok);
  sign.append(icon(check.ok ? "ok" : "warning"));
  const words = made("div");
  words.append(made("b", `${say(`test_${check.what}`)} · ${say(check.ok ? "test_ok" : "test_bad")}`), made("p", check.text));
  item.append(sign, words);
  return item;
}
