/** Nobody is enrolled who has not read what it is for and agreed. */

import { byId } from "../dom.js";
import { Sheet } from "../sheets.js";
import { say } from "../words.js";

/** @import { Answer } from "../link.js" */
/** @import { OverviewPerson } from "../types.js" */

const IDLE_S = 120;

export class Consent {
  /**
   * @param {(path: string, body: object) => Promise<Answer>} ask
   * @param {() => void} begun told when the enrolment has begun
   */
  constructor(ask, begun) {
    this.ask = ask;
    this.begun = begun;
    this.person = "";
    this.tick = byId("consent-tick", HTMLInputElement);
    this.start = byId("consent-start", HTMLButtonElement);
    this.said = byId("consent-said", HTMLElement);
    this.sheet = new Sheet("consent", IDLE_S);
    this.tick.addEventListener("change", () => { this.start.disabled = !this.tick.checked; });
    byId("consent-form", HTMLFormElement).addEventListener("submit", (event) => { event.preventDefault(); void this.begin(); });
  }

  /** @param {OverviewPerson} person */
  open(person) {
    this.person = person.id;
    this.tick.checked = false;
    this.start.disabled = true;
    this.said.textContent = "";
    byId("consent-who", HTMLElement).textContent = say("consent_who", { name: person.name });
    this.sheet.open();
  }

  async begin() {
    if (!this.tick.checked) return;
    const { status, data } = await this.ask("/officer/enrol", { person: this.person, consent: true });
    if (status !== 200) { this.said.textContent = data?.text ?? say("failed"); return; }
    this.sheet.close();
    this.begun();
  }
}
