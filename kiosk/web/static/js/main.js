/** The page put together: what the kiosk says goes to the parts that show it. */

import { byId, tell } from "./dom.js";
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
    this.officer = new OfficerArea();
    this.officer.tests.begin();
    this.guidance = new Guidance((key, hint) => this.hinted(key, hint));
    this.silent = false;
    this.known = true;
    const pin = new PinSheet();
    const privacy = new Sheet("privacy", 90);
    byId("open-pin", HTMLElement).addEventListener("click", () => pin.open());
    byId("open-privacy", HTMLElement).addEventListener("click", () => privacy.open());
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
      silent: (silent) => { this.silent = silent; this.away(); },
      refused: () => this.enter(),
    });
  }

  /** The kiosk does not know this page: show the token again. */
  async enter() {
    this.known = await openSession();
    this.away();
    if (!this.known) await pause(REFUSED_MS);
  }

  async settle() {
    const settings = await get("/settings.json");
    this.sound.volume = settings.volume;
  }

  /** @param {State} state */
  show(state) {
    const enrolled = this.state?.enrolment != null && state.enrolment === null;
    this.state = state;
    this.status.show(state.chips);
    this.enrolment.show(state.enrolment);
    byId("open-pin", HTMLElement).hidden = state.chips?.stage === "inactive";
    if (state.card !== null) void this.sound.result(state.card);
    this.draw();
    if (enrolled && this.officer.open) void this.officer.show();
  }

  draw() {
    const state = this.state;
    if (state === null) return;
    const key = this.guidance.key;
    const alone = state.card === null && state.enrolment === null && key === "" && state.banner.key === "idle";
    const teaches = alone && state.chips?.stage === "socialisation";
    this.tutorial.show(teaches);
    byId("panel", HTMLElement).hidden = teaches || state.enrolment !== null;
    document.body.toggleAttribute("data-card", state.card !== null);
    if (state.card !== null) this.panel.card(state.card);
    else if (key !== "" && state.banner.tone === "plain") this.panel.hint(key, this.guidance.guide.hint);
    else this.panel.banner(state.banner);
  }

  /**
   * @param {string} key
   * @param {string} hint
   */
  hinted(key, hint) {
    byId("hint", HTMLElement).hidden = key === "";
    byId("hint", HTMLElement).toggleAttribute("data-long", hint.length > LONG);
    byId("hint-text", HTMLElement).textContent = hint;
    byId("hint-icon", SVGUseElement).setAttribute("href", `#i-${iconOf(key)}`);
    this.draw();
  }

  away() {
    const why = this.known ? (this.silent ? "away" : "") : "reopen";
    byId("away", HTMLElement).hidden = why === "";
    tell(byId("away-title", HTMLElement), why && say(why));
    tell(byId("away-help", HTMLElement), why && say(`${why}_help`));
  }
}

while (!(await learn())) await pause(1000);
if (location.hash !== "") await openSession();
new Page();
