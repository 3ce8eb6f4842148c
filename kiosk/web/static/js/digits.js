/** Fields of digits and the pad that types into them. What is typed stays in the field and goes when it is cleared. */

import { byId, icon, made } from "./dom.js";
import { say } from "./words.js";

/** One field. A NIP is hidden as soon as another field is the one being typed in. */
export class Digits {
  /**
   * @param {string} id
   * @param {number} length
   * @param {boolean} hides
   */
  constructor(id, length, hides) {
    this.input = byId(id, HTMLInputElement);
    this.length = length;
    this.hides = hides;
    this.value = "";
    this.now = false;
    this.input.addEventListener("input", () => this.set(this.input.value));
  }

  /** @param {string} text */
  set(text) {
    this.value = text.replace(/[^0-9]/g, "").slice(0, this.length);
    this.draw();
  }

  /** @param {boolean} now whether it is the one being typed in */
  turn(now) {
    this.now = now;
    this.input.toggleAttribute("data-now", now);
    this.draw();
  }

  get full() {
    return this.value.length === this.length;
  }

  draw() {
    const shown = this.hides && !this.now && this.full ? hidden(this.value) : this.value;
    if (this.input.value !== shown) this.input.value = shown;
  }
}

/** A pad of ten digits for some fields, one after the other. */
export class Pad {
  /**
   * @param {string} id
   * @param {Digits[]} fields
   */
  constructor(id, fields) {
    this.fields = fields;
    this.pad = byId(id, HTMLElement);
    for (const field of fields) field.input.addEventListener("focus", () => this.to(field));
    for (const field of fields) field.input.addEventListener("input", () => this.onward(field));
    // The field keeps the focus, so that pad and keyboard can be used together.
    this.pad.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  /** Make the keys, in the screen's language, and begin with the first field. */
  begin() {
    const keys = [..."123456789"].map((digit) => this.key(made("span", digit), digit, (value) => value + digit));
    keys.push(this.key(icon("cross"), say("pad_clear"), () => ""));
    keys.push(this.key(made("span", "0"), "0", (value) => value + "0"));
    keys.push(this.key(icon("delete"), say("pad_delete"), (value) => value.slice(0, -1)));
    this.pad.replaceChildren(...keys);
    this.clear();
    this.fields[0]?.input.focus();
  }

  clear() {
    for (const field of this.fields) field.set("");
  }

  /** @param {Digits} field */
  to(field) {
    for (const other of this.fields) other.turn(other === field);
  }

  /** @param {Digits} field */
  onward(field) {
    const next = this.fields[this.fields.indexOf(field) + 1];
    if (field.full && next !== undefined && !next.full) next.input.focus();
  }

  /**
   * @param {Element} face
   * @param {string} name
   * @param {(value: string) => string} change
   */
  key(face, name, change) {
    const button = made("button");
    button.type = "button";
    button.setAttribute("aria-label", name);
    button.append(face);
    button.addEventListener("click", () => {
      const field = this.fields.find((one) => one.now);
      if (field === undefined) return;
      field.set(change(field.value));
      this.onward(field);
    });
    return button;
  }
}

/** @param {string} nip */
function hidden(nip) {
  return `${nip.slice(0, 4)}•••• •••••• • ${nip.slice(-3)}`;
}
