/** Tones for results, and spoken prompts where they were made. A name is never spoken. */

/** @import { Card, Guide } from "./types.js" */

const TONES = { plain: "attention", ok: "success", practice: "success", repeat: "repeat", warning: "attention", refused: "refusal" };

export class Sound {
  /** @param {(muted: boolean) => void} muted told when the browser keeps sound back, and when it does no more */
  constructor(muted) {
    /** 0 to 1 */
    this.volume = 1;
    this.muted = muted;
    /** @type {HTMLAudioElement | null} */
    this.playing = null;
    /** @type {Set<string>} prompts that were not made */
    this.absent = new Set();
    this.card = "";
    this.asked = "";
    addEventListener("pointerdown", () => this.muted(false), { passive: true });
  }

  /** @param {Card} card */
  async result(card) {
    if (card.id === this.card) return;
    this.card = card.id;
    await this.play(`/static/sounds/${TONES[card.tone]}.wav`);
    if (card.voice !== null && card.id === this.card) await this.speak(card.voice);
  }

  /** @param {Guide} guide */
  async guide(guide) {
    const asked = guide.asked ?? "";
    if (asked === this.asked) return;
    this.asked = asked;
    if (asked !== "") await this.speak(asked);
  }

  /** @param {string} key of a phrase */
  async speak(key) {
    if (this.absent.has(key)) return;
    if (!(await this.play(`/voice/${key}.wav`))) this.absent.add(key);
  }

  /**
   * Play a sound to its end, in place of the one before. Whether it is there.
   * @param {string} url
   * @returns {Promise<boolean>}
   */
  async play(url) {
    this.playing?.pause();
    const audio = new Audio(url);
    audio.volume = this.volume;
    this.playing = audio;
    const over = new Promise((done) => {
      for (const name of ["ended", "pause", "error"]) audio.addEventListener(name, done, { once: true });
    });
    try {
      await audio.play();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      if (error.name === "NotAllowedError") this.muted(true);
      return error.name !== "NotSupportedError";
    }
    await over;
    return true;
  }
}
