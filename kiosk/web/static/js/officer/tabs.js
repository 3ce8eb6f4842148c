/** Tabs as the keyboard knows them: arrows go from one to the next. */

import { byId } from "../dom.js";

export class Tabs {
  /** @param {string} id of the list of tabs; each names what it shows by aria-controls */
  constructor(id) {
    this.tabs = [...byId(id, HTMLElement).querySelectorAll("button")];
    for (const tab of this.tabs) tab.addEventListener("click", () => this.choose(tab));
    byId(id, HTMLElement).addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? 0;
      const at = this.tabs.findIndex((tab) => tab === document.activeElement);
      const next = this.tabs[(at + step + this.tabs.length) % this.tabs.length];
      if (step === 0 || at < 0 || next === undefined) return;
      this.choose(next);
      next.focus();
    });
    if (this.tabs[0]) this.choose(this.tabs[0]);
  }

  /** @param {HTMLButtonElement} chosen */
  choose(chosen) {
    for (const tab of this.tabs) {
      const isIt = tab === chosen;
      tab.setAttribute("aria-selected", String(isIt));
      tab.tabIndex = isIt ? 0 : -1;
      byId(String(tab.getAttribute("aria-controls")), HTMLElement).hidden = !isIt;
    }
  }
}
