/** A stream that never ends: read, watched for silence, begun anew. */

import { pause } from "./link.js";

const SILENT_MS = 2000;
const GIVE_UP_MS = 5000;
const AGAIN_MS = 500;

/** @typedef {object} Follower
 * @property {(body: ReadableStream<Uint8Array>, heard: () => void) => Promise<void>} follow read it to its end
 * @property {(silent: boolean) => void} silent told when nothing was heard for two seconds, and when that is over
 * @property {() => Promise<void>} refused the kiosk does not know this page
 */

/**
 * Follow a stream for as long as `wanted` says so, whatever becomes of the kiosk.
 * @param {string} path
 * @param {Follower} follower
 * @param {() => boolean} wanted
 */
export async function followForever(path, follower, wanted = () => true) {
  let heardAt = performance.now();
  let control = new AbortController();
  let silent = false;
  const tell = (/** @type {boolean} */ now) => { if (now !== silent) follower.silent((silent = now)); };
  const heard = () => { heardAt = performance.now(); tell(false); };
  setInterval(() => {
    if (!wanted()) { control.abort(); heard(); return; }
    const quiet = performance.now() - heardAt;
    tell(quiet > SILENT_MS);
    if (quiet > GIVE_UP_MS) { control.abort(); heardAt = performance.now() - SILENT_MS; }
  }, 250);
  for (;;) {
    if (wanted()) {
      control = new AbortController();
      await attempt(path, follower, heard, control.signal);
    }
    await pause(AGAIN_MS);
  }
}

/**
 * @param {string} path
 * @param {Follower} follower
 * @param {() => void} heard
 * @param {AbortSignal} signal
 */
async function attempt(path, follower, heard, signal) {
  try {
    const response = await fetch(path, { cache: "no-store", signal });
    if (response.status === 401) await follower.refused();
    else if (response.ok && response.body !== null) await follower.follow(response.body, heard);
  } catch (error) {
    const gone = error instanceof TypeError || (error instanceof DOMException && error.name === "AbortError");
    if (!gone) throw error; // the kiosk is away, or was silent for too long: it is tried again
  }
}
