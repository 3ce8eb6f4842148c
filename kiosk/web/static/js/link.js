/** Requests to the kiosk. The token comes once in the address's fragment and is kept for this tab alone. */

const TOKEN = "kiosk-token";

/** @typedef {object} Answer
 * @property {number} status 0 when it did not get through
 * @property {any} data
 */

/** Begin a session with the token. Whether the kiosk accepted it. */
export async function openSession() {
  const shown = location.hash.slice(1);
  if (shown !== "") {
    sessionStorage.setItem(TOKEN, shown);
    history.replaceState(null, "", location.pathname);
  }
  const token = sessionStorage.getItem(TOKEN);
  if (token === null) return false;
  return (await ask("/session", { token })).status === 204;
}

/**
 * Ask for something to be done.
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<Answer>}
 */
export function ask(path, body = {}) {
  const headers = { "Content-Type": "application/json", "X-Kiosk": "1" };
  return answer(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/**
 * Read something again and again; what happens to a read is told by its status.
 * @param {string} path
 * @returns {Promise<Answer>}
 */
export function read(path) {
  return answer(path, {});
}

/**
 * Read what must be there.
 * @param {string} path
 */
export async function get(path) {
  const { status, data } = await read(path);
  if (status !== 200) throw new Error(`${path} was answered with ${status}`);
  return data;
}

/**
 * @param {string} path
 * @param {RequestInit} options
 * @returns {Promise<Answer>}
 */
async function answer(path, options) {
  try {
    const response = await fetch(path, { ...options, cache: "no-store" });
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
    return { status: response.status, data: isJson ? await response.json() : null };
  } catch (error) {
    if (error instanceof TypeError) return { status: 0, data: null }; // the kiosk is away, which the page shows
    throw error;
  }
}

/** @param {number} ms */
export function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}
