/** An enrolment as it goes: which poses are taken, which is next, and what the officer decides. */

import { byId, drawn, tell } from "./dom.js";
import { ask } from "./link.js";
import { say } from "./words.js";

/** @import { Enrolment, Pose } from "./types.js" */

/** On the mirrored screen the person's left is left.
 * @type {Record<Pose, [number, number]>} */
const PLACES = { ahead: [100, 100], left: [35, 100], right: [165, 100], up: [100, 35], down: [100, 165] };

export class EnrolmentPanel {
  constructor() {
    this.section = byId("enrolment", HTMLElement);
    this.keep = byId("enrolment-keep", HTMLButtonElement);
    this.keep.addEventListener("click", () => this.send("/officer/enrol/answer", { although_alike: true }));
    byId("enrolment-cancel", HTMLElement).addEventListener("click", () => this.leave());
    /** @type {Enrolment | null} */
    this.enrolment = null;
  }

  /** @param {Enrolment | null} enrolment */
  show(enrolment) {
    this.enrolment = enrolment;
    if (enrolment === null) return;
    const { phase, poses, taken } = enrolment;
    const tones = { look: "plain", alike: "warning", done: "ok", refused: "refused" };
    this.section.dataset.tone = tones[phase];
    byId("enrolment-name", HTMLElement).textContent = enrolment.name;
    const next = poses[taken];
    const wanted = phase === "look" ? (next === undefined ? "processing" : `enrol_${next}`) : `enrol_${phase}`;
    byId("enrolment-pose", HTMLElement).textContent = enrolment.text || say(wanted);
    tell(byId("enrolment-count", HTMLElement), phase === "look" ? say("enrol_count", { taken, all: poses.length }) : "");
    byId("poses", SVGSVGElement).replaceChildren(...poses.map((pose, at) => dot(pose, at < taken ? "taken" : at === taken ? "next" : "")));
    this.keep.hidden = phase !== "alike";
    byId("enrolment-cancel", HTMLElement).textContent = say(phase === "alike" ? "enrol_not_alike" : phase === "look" ? "cancel" : "close");
    tell(byId("enrolment-answer", HTMLElement), "");
  }

  leave() {
    return this.enrolment?.phase === "alike"
      ? this.send("/officer/enrol/answer", { although_alike: false })
      : this.send("/officer/enrol/cancel", {});
  }

  /**
   * @param {string} path
   * @param {object} body
   */
  async send(path, body) {
    const { status, data } = await ask(path, body);
    if (status !== 200) tell(byId("enrolment-answer", HTMLElement), data?.text ?? say("failed"));
  }
}

/**
 * @param {Pose} pose
 * @param {string} name
 */
function dot(pose, name) {
  const [x, y] = PLACES[pose];
  const group = drawn("g", { class: name, transform: `translate(${x} ${y})` });
  group.append(drawn("circle", { r: 24 }), drawn("path", { d: "M-10 1l7 7 13-15" }));
  return group;
}
