/** Attendance by NIP and PIN, for who cannot use their face. */

import { Digits, Pad } from "./digits.js";
import { byId } from "./dom.js";
import { ask } from "./link.js";
import { Sheet } from "./sheets.js";
import { say } from "./words.js";

const NIP_DIGITS = 18;
const PIN_DIGITS = 6;
const IDLE_S = 60;

/** The two fields that a person is known by here, and what is wrong with them. */
export class Credentials {
  /** @param {string} name the form's: its fields are `name`-nip and `name`-pin */
  constructor(name) {
    this.nip = new Digits(`${name}-nip`, NIP_DIGITS, true);
    this.pin = new Digits(`${name}-pin`, PIN_DIGITS, false);
    this.pad = new Pad(`${name}-pad`, [this.nip, this.pin]);
  }

  /** What is missing, or nothing. */
  missing() {
    if (!this.nip.full) return say("pin_nip_wrong");
    return this.pin.full ? "" : say("pin_pin_wrong");
  }
}

export class PinSheet {
  constructor() {
    this.form = byId("pin-form", HTMLFormElement);
    this.said = byId("pin-said", HTMLElement);
    this.typed = new Credentials("pin");
    this.sheet = new Sheet("pin", IDLE_S, () => this.clear());
    this.sends = false;
    this.form.addEventListener("submit", (event) => { event.preventDefault(); void this.send(); });
  }

  open() {
    this.clear();
    this.sheet.open();
    this.typed.pad.begin();
  }

  clear() {
    this.form.reset();
    this.typed.pad.clear();
    this.said.textContent = "";
  }

  async send() {
    if (this.sends) return; // an answer takes its time, and a second touch would be a second try
    const reason = new FormData(this.form).get("reason");
    this.said.textContent = this.typed.missing() || (reason === null ? say("pin_reason_wrong") : "");
    if (this.said.textContent !== "") return;
    this.said.textContent = say("processing");
    this.sends = true;
    const { status, data } = await ask("/pin", { nip: this.typed.nip.value, pin: this.typed.pin.value, reason });
    this.sends = false;
    if (status === 200) { this.sheet.close(); return; } // the screen shows what became of it
    this.typed.pin.set("");
    this.typed.pin.input.focus();
    this.said.textContent = data?.text ?? say("failed");
  }
}
