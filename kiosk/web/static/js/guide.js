/** What is drawn over the picture: where the face is or should be, how far it has come, which way to turn. */

import { byId } from "./dom.js";

/** @import { Guide } from "./types.js" */

/** Of the picture, where a face should be: x, y, width, height. It is the same mirrored.
 * @type {[number, number, number, number]} */
const PLACE = [0.36, 0.2, 0.28, 0.5];
const MISPLACED = new Set(["out_of_picture", "too_far", "no_landmarks", "come_closer"]);
const SIDES = { turn_left: "left", turn_right: "right" };
const ICONS = {
  turn_left: "arrow", turn_right: "arrow-right", enrol_left: "arrow", enrol_right: "arrow-right",
  come_closer: "come_closer", too_far: "come_closer", blink: "eye", eyes_closed: "eye", open_mouth: "mouth", processing: "wait", two_faces: "person",
};
const HINT_STANDS_MS = 500;

/** @param {string} key */
export function iconOf(key) {
  return key in ICONS ? ICONS[/** @type {keyof typeof ICONS} */ (key)] : "face";
}

export class Guidance {
  /** @param {(key: string, hint: string) => void} hinted told when the hint is another one */
  constructor(hinted) {
    this.hinted = hinted;
    /** @type {Guide} */
    this.guide = { box: null, hint: "", key: "", asked: null, progress: 0 };
    this.key = "";
    this.at = 0;
    this.timer = 0;
    this.canvas = byId("picture", HTMLCanvasElement);
    this.overlay = byId("overlay", SVGSVGElement);
    this.arrow = byId("arrow", HTMLElement);
  }

  /** @param {Guide} guide */
  show(guide) {
    this.guide = guide;
    this.draw();
    const side = guide.asked === "turn_left" || guide.asked === "turn_right" ? SIDES[guide.asked] : "";
    this.arrow.hidden = side === "";
    this.arrow.dataset.side = side;
    byId("arrow-icon", SVGUseElement).setAttribute("href", `#i-${iconOf(guide.asked ?? "")}`);
    clearTimeout(this.timer);
    const stood = performance.now() - this.at;
    const wait = guide.asked !== null || guide.key === "" ? 0 : HINT_STANDS_MS - stood; // one that changes with every frame is not read
    this.timer = setTimeout(() => this.hint(), Math.max(0, wait));
  }

  hint() {
    if (this.guide.key === this.key) return;
    this.key = this.guide.key;
    this.at = performance.now();
    this.hinted(this.key, this.guide.hint);
  }

  draw() {
    const { width, height } = this.canvas;
    const { box, key, progress, asked } = this.guide;
    this.overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const [x, y, wide, high] = box ?? PLACE;
    const face = oval((1 - x - wide / 2) * width, (y + high / 2) * height, wide * 0.66 * width, high * 0.74 * height);
    const place = oval(0.5 * width, (PLACE[1] + PLACE[3] / 2) * height, (PLACE[2] / 2) * width, (PLACE[3] / 2) * height);
    const measured = asked !== null || key === "processing" || key === "steady";
    put("target", place, box === null || MISPLACED.has(key));
    put("frame-back", face, box !== null);
    put("frame-face", face, box !== null);
    put("frame-done", face, box !== null && measured && progress > 0);
    byId("frame-done", SVGPathElement).setAttribute("stroke-dasharray", `${100 * progress} 100`);
  }
}

/**
 * @param {string} id
 * @param {string} path
 * @param {boolean} shown
 */
function put(id, path, shown) {
  const element = byId(id, SVGPathElement);
  element.setAttribute("d", path);
  element.toggleAttribute("hidden", !shown);
}

/**
 * An oval that begins at its top and goes round as a clock does.
 * @param {number} x of its centre
 * @param {number} y of its centre
 * @param {number} wide half its width
 * @param {number} high half its height
 */
function oval(x, y, wide, high) {
  return `M${x} ${y - high}a${wide} ${high} 0 0 1 0 ${2 * high}a${wide} ${high} 0 0 1 0 ${-2 * high}`;
}
