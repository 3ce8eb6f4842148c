/** Sheets over the page: one opens at a time, and each closes by itself when nobody touches it. */

import { byId } from "./dom.js";

export class Sheet {
  /**
   * @param {string} id
   * @param {number} idle_s it closes after so long without a touch; 0 for never
   * @param {() => void} closed
   */
  constructor(id, idle_s, closed = () => {}) {
    this.dialog = byId(id, HTMLDialogElement);
    this.idle_s = idle_s;
    this.timer = 0;
    for (const shut of this.dialog.querySelectorAll("[data-shut]")) shut.addEventListener("click", () => this.close());
    for (const name of ["pointerdown", "keydown"]) this.dialog.addEventListener(name, () => this.stay(), { passive: true });
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog) this.close(); }); // beside it
    this.dialog.addEventListener("close", () => { clearTimeout(this.timer); closed(); });
  }

  open() {
    if (!this.dialog.open) this.dialog.showModal();
    this.stay();
  }

  close() {
    this.dialog.close();
  }

  stay() {
    clearTimeout(this.timer);
    if (this.idle_s > 0) this.timer = setTimeout(() => this.close(), 1000 * this.idle_s);
  }
}
