/** What runs by itself in the socialisation while nobody is there. It can be paused. */

import { byId, made } from "./dom.js";
import { say } from "./words.js";

const SLIDES = [
  { icon: "face", title: "tutorial_stand", text: "tutorial_stand_help" },
  { icon: "arrow", title: "tutorial_turn", text: "tutorial_turn_help" },
  { icon: "ok", title: "tutorial_done", text: "tutorial_done_help" },
  { icon: "lock", title: "tutorial_stored", text: "tutorial_stored_help" },
  { icon: "message", title: "tutorial_ask", text: "tutorial_ask_help" },
];
const SLIDE_MS = 7000;

export class Tutorial {
  constructor() {
    this.section = byId("tutorial", HTMLElement);
    this.key = byId("tutorial-pause", HTMLButtonElement);
    this.at = 0;
    this.timer = 0;
    this.runs = true;
    byId("tutorial-dots", HTMLElement).replaceChildren(...SLIDES.map(() => made("li")));
    byId("tutorial-next", HTMLElement).addEventListener("click", () => this.turn());
    this.key.addEventListener("click", () => this.run(!this.runs));
  }

  /** @param {boolean} wanted */
  show(wanted) {
    if (wanted === !this.section.hidden) return;
    this.section.hidden = !wanted;
    clearTimeout(this.timer);
    this.at = 0;
    this.run(true);
    if (wanted) this.draw();
  }

  /** @param {boolean} runs */
  run(runs) {
    this.runs = runs;
    this.key.textContent = say(runs ? "tutorial_pause" : "tutorial_play");
    this.wait();
  }

  wait() {
    clearTimeout(this.timer);
    if (this.runs && !this.section.hidden) this.timer = setTimeout(() => this.turn(), SLIDE_MS);
  }

  turn() {
    this.at = (this.at + 1) % SLIDES.length;
    this.draw();
    this.wait();
  }

  draw() {
    const slide = SLIDES[this.at];
    if (slide === undefined) throw new Error("the tutorial has no such slide");
    byId("tutorial-icon", SVGUseElement).setAttribute("href", `#i-${slide.icon}`);
    byId("tutorial-title", HTMLElement).textContent = say(slide.title);
    byId("tutorial-text", HTMLElement).textContent = say(slide.text);
    for (const [at, dot] of [...byId("tutorial-dots", HTMLElement).children].entries()) {
      dot.toggleAttribute("data-now", at === this.at);
    }
  }
}
