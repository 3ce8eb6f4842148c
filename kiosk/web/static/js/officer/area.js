/** The officer's area: sign-in, a session that ends by itself, three views. */

import { byId } from "../dom.js";
import { ask, read } from "../link.js";
import { Credentials } from "../pin.js";
import { Sheet } from "../sheets.js";
import { say } from "../words.js";
import { Consent } from "./consent.js";
import { Tabs } from "./tabs.js";
import { TestsView } from "./tests.js";
import { PeopleView, showToday } from "./views.js";

const SESSION_S = 180;
const WARN_S = 30;
const IDLE_S = 60;

export class OfficerArea {
  /** @param {() => void} sound plays a tone */
  constructor(sound) {
    this.typed = new Credentials("sign-in");
    this.said = byId("officer-said", HTMLElement);
    this.asked = byId("sign-in-said", HTMLElement);
    this.door = new Sheet("sign-in", IDLE_S, () => this.typed.pad.clear());
    this.sheet = new Sheet("officer", 0, () => this.closed());
    this.consent = new Consent((path, body) => this.ask(path, body), () => this.step());
    this.people = new PeopleView((person) => this.consent.open(person));
    this.tests = new TestsView((what) => this.ask("/officer/test", { what }), sound);
    new Tabs("officer-tabs");
    this.endsAt = 0;
    this.enrols = this.enters = false;
    setInterval(() => this.tick(), 1000);
    byId("sign-in-form", HTMLFormElement).addEventListener("submit", (event) => { event.preventDefault(); void this.enter(); });
    byId("officer-out", HTMLElement).addEventListener("click", () => this.leave());
    byId("officer-stay", HTMLElement).addEventListener("click", () => this.load());
    byId("officer-refresh", HTMLElement).addEventListener("click", () => this.load());
  }

  /** Whether somebody is signed in. */
  get open() {
    return this.endsAt > 0;
  }

  async show() {
    this.enrols = false;
    if (this.open && (await this.load())) { this.sheet.open(); return; }
    this.asked.textContent = "";
    this.door.open();
    this.typed.pad.begin();
  }

  async enter() {
    if (this.enters) return;
    this.asked.textContent = this.typed.missing();
    if (this.asked.textContent !== "") return;
    this.asked.textContent = say("processing");
    this.enters = true;
    const { status, data } = await ask("/officer/sign-in", { nip: this.typed.nip.value, pin: this.typed.pin.value });
    this.enters = false;
    if (status !== 200) {
      this.typed.pin.set("");
      this.typed.pin.input.focus();
      this.asked.textContent = data?.text ?? say("failed");
      return;
    }
    this.door.close();
    byId("officer-name", HTMLElement).textContent = say("officer_hello", { name: data.name });
    this.stay();
    if (await this.load()) this.sheet.open();
  }

  /** Step aside for an enrolment: the session goes on. */
  step() {
    this.enrols = true;
    this.sheet.close();
  }

  /** Whoever closes the sheet leaves: the next who comes is no officer. */
  closed() {
    if (this.open && !this.enrols) void this.leave();
  }

  async leave() {
    this.end(""); // at once: nothing of the session is used while the kiosk is told
    await ask("/officer/sign-out");
  }

  /** Read what there is to see anew. */
  async load() {
    const answer = await read("/officer/overview");
    if (!this.heard(answer)) return false;
    showToday(answer.data);
    this.people.show(answer.data.people);
    return true;
  }

  /**
   * @param {string} path
   * @param {object} body
   */
  async ask(path, body) {
    const answer = await ask(path, body);
    this.heard(answer);
    return answer;
  }

  /** @param {import("../link.js").Answer} answer */
  heard({ status, data }) {
    if (status === 401) this.end(say("officer_ended"));
    else if (status !== 0) this.stay();
    this.said.textContent = status === 200 || status === 401 ? "" : (data?.text ?? say("failed"));
    return status === 200;
  }

  stay() {
    this.endsAt = performance.now() + 1000 * SESSION_S;
    this.tick();
  }

  tick() {
    if (!this.open) return;
    const left = Math.ceil((this.endsAt - performance.now()) / 1000);
    const ends = byId("officer-ends", HTMLElement);
    ends.hidden = left > WARN_S;
    if (!ends.hidden && ends.firstElementChild) ends.firstElementChild.textContent = say("officer_ends", { seconds: Math.max(0, left) });
    if (left <= 0) void this.leave();
  }

  /** @param {string} why */
  end(why) {
    this.endsAt = 0;
    const stood = this.sheet.dialog.open;
    this.consent.sheet.close();
    this.sheet.close();
    this.people.show([]);
    if (why === "" || !stood) return;
    this.door.open();
    this.typed.pad.begin();
    this.asked.textContent = why;
  }
}
