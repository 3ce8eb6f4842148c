/** What an officer sees: the kiosk today, and the people of its roster. */

import { byId, icon, made } from "../dom.js";
import { say } from "../words.js";

/** @import { Overview, OverviewPerson } from "../types.js" */

/** @param {Overview} overview */
export function showToday(overview) {
  const facts = [
    fact("officer_stage", say(`stage_${overview.stage}`)),
    fact("officer_decree", overview.decree ?? say("officer_none")),
    fact("officer_unsent", String(overview.unsent)),
    fact("officer_waiting", String(overview.waiting)),
    fact("officer_version", overview.version),
  ];
  byId("officer-facts", HTMLElement).replaceChildren(...facts);
  const rows = overview.entries.map((entry) => {
    const row = made("tr");
    const time = entry.at.slice(11, 16).replace(":", ".");
    row.append(made("td", time), made("td", entry.text), made("td", entry.masked ?? ""));
    return row;
  });
  const table = byId("officer-entries", HTMLTableElement);
  table.hidden = rows.length === 0;
  table.tBodies[0]?.replaceChildren(...rows);
  byId("officer-no-entries", HTMLElement).hidden = rows.length > 0;
}

/**
 * @param {string} key
 * @param {string} value
 */
function fact(key, value) {
  const pair = made("div");
  pair.append(made("dt", say(key)), made("dd", value));
  return pair;
}

export class PeopleView {
  /** @param {(person: OverviewPerson) => void} enrol */
  constructor(enrol) {
    this.enrol = enrol;
    /** @type {OverviewPerson[]} */
    this.people = [];
    this.search = byId("officer-search", HTMLInputElement);
    this.missing = byId("officer-missing-only", HTMLInputElement);
    this.search.addEventListener("input", () => this.draw());
    this.missing.addEventListener("change", () => this.draw());
  }

  /** @param {OverviewPerson[]} people */
  show(people) {
    this.people = people;
    this.draw();
  }

  draw() {
    const wanted = this.search.value.trim().toLowerCase();
    const found = this.people.filter(
      (person) => person.name.toLowerCase().includes(wanted) && !(this.missing.checked && person.enrolled),
    );
    byId("officer-people", HTMLElement).replaceChildren(...found.map((person) => this.row(person)));
    byId("officer-nobody", HTMLElement).hidden = found.length > 0;
  }

  /** @param {OverviewPerson} person */
  row(person) {
    const row = made("li");
    const state = made("span");
    state.dataset.has = String(person.enrolled);
    state.append(icon(person.enrolled ? "ok" : "face"));
    const who = made("div");
    const facts = [person.masked_nip, say(person.enrolled ? "officer_enrolled" : "officer_missing")];
    const line = made("p", facts.filter(Boolean).join(" · "));
    line.className = "help";
    who.append(made("b", person.name), line);
    const button = made("button", say(person.enrolled ? "officer_enrol_again" : "officer_enrol"));
    button.type = "button";
    button.addEventListener("click", () => this.enrol(person));
    row.append(state, who, button);
    return row;
  }
}
