/** The page put together: what the kiosk says goes to the parts that show it. */

import { byId } from "./dom.js";
import { EnrolmentPanel } from "./enrolment.js";
import { listen } from "./events.js";
import { Guidance, iconOf } from "./guide.js";
import { get, openSession, pause } from "./link.js";
import { OfficerArea } from "./officer/area.js";
import { Panel } from "./panel.js";
import { watch } from "./picture.js";
import { PinSheet } from "./pin.js";
import { Sheet } from "./sheets.js";
import { Sound } from "./sound.js";
import { Status } from "./status.js";
import { Tutorial } from "./tutorial.js";
import { learn, say } from "./words.js";

/** @import { State } from "./types.js" */

const REFUSED_MS = 5000;
const FAILED_MS = 3000;
const LONG = 34;

class Page {
  constructor() {
    /** @type {State | null} */
    this.state = null;
    this.status = new Status();
    this.sound = new Sound((muted) => this.status.mute(muted));
    this.panel = new Panel();
    this.tutorial = new Tutorial();
    this.enrolment = new EnrolmentPanel();
    this.officer = new OfficerArea(() => this.sound.play("/static/sounds/success.wav"));
    this.officer.tests.begin();
    this.guidance = new Guidance((key, hint) => this.hinted(key, hint));
    this.silent = false;
    this.known = true;
    const pin = new PinSheet();
    this.privacy = new Sheet("privacy", 90);
    byId("open-pin", HTMLElement).addEventListener("click", () => pin.open());
    byId("open-privacy", HTMLElement).addEventListener("click", () => this.privacy.open());
    byId("open-officer", HTMLElement).addEventListener("click", () => this.officer.show());
    this.follow();
  }

  follow() {
    void watch(() => this.state !== null && this.state.chips?.stage !== "inactive", () => this.guidance.draw());
    void listen({
      event: (name, data) => {
        if (name === "state") { if (this.state === null) void this.settle(); this.show(data); }
        if (name === "guide") { this.guidance.show(data); void this.sound.guide(data); }
      },
      silent: (silent) => { this.silent = silent; this.draw(); },
      refused: () => this.enter(),
    });
  }

  /** The kiosk does not know this page: show the token again. */
  async enter() {
    this.known = await openSession();
    this.draw();
    if (!this.known) await pause(REFUSED_MS);
  }

  async settle() {
    const settings = await get("/settings.json");
    this.sound.volume = settings.volume;
  }

  /** @param {State} state */
  show(state) {
    const before = this.state;
    const enrolled = before?.enrolment != null && state.enrolment === null;
    this.state = state;
    this.status.show(state.chips);
    this.enrolment.show(state.enrolment);
    byId("open-pin", HTMLElement).hidden = state.chips?.stage === "inactive";
    if (state.card !== null && state.card.id !== before?.card?.id) this.privacy.close(); // it hides what can be objected to
    if (state.card !== null) void this.sound.result(state.card);
    this.draw();
    if (enrolled && this.officer.open) void this.officer.show();
  }

  draw() {
    const state = this.state;
    const away = this.known ? (this.silent ? "away" : "") : "reopen";
    const card = away === "" ? (state?.card ?? null) : null;
    const key = away === "" && card === null ? this.guidance.key : "";
    const enrols = away === "" && state?.enrolment != null;
    const alone = away === "" && card === null && !enrols && key === "" && state?.banner.key === "idle";
    const teaches = alone && state.chips?.stage === "socialisation";
    this.tutorial.show(teaches);
    byId("enrolment", HTMLElement).hidden = !enrols;
    byId("panel", HTMLElement).hidden = teaches || enrols;
    byId("hint", HTMLElement).hidden = key === "";
    document.body.toggleAttribute("data-card", card !== null);
    if (away !== "") this.panel.banner({ key: away, title: say(away), help: say(`${away}_help`), tone: "warning" });
    else if (card !== null) this.panel.card(card);
    else if (key !== "" && state?.banner.tone === "plain") this.panel.hint(key, this.guidance.guide.hint);
    else if (state !== null) this.panel.banner(state.banner);
  }

  /**
   * @param {string} key
   * @param {string} hint
   */
  hinted(key, hint) {
    byId("hint", HTMLElement).toggleAttribute("data-long", hint.length > LONG);
    byId("hint-text", HTMLElement).textContent = hint;
    byId("hint-icon", SVGUseElement).setAttribute("href", `#i-${iconOf(key)}`);
    this.draw();
  }
}

// A part that has failed would stand still until somebody comes; a page of before an upgrade lacks the words of today.
for (const failure of ["error", "unhandledrejection"]) addEventListener(failure, () => setTimeout(() => location.reload(), FAILED_MS));

while (!(await learn())) await pause(1000);
if (location.hash !== "") await openSession();
new Page();
