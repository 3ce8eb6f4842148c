/** Server-sent events, read by hand: an EventSource tells neither heartbeats nor why it was refused. */

import { followForever } from "./stream.js";

/** @typedef {object} Listener
 * @property {(name: string, data: any) => void} event
 * @property {(silent: boolean) => void} silent
 * @property {() => Promise<void>} refused
 */

/** @param {Listener} listener */
export function listen(listener) {
  return followForever("/events", {
    silent: listener.silent,
    refused: listener.refused,
    follow: async (body, heard) => {
      let held = "";
      for await (const text of lines(body)) {
        heard();
        held += text;
        const blocks = held.split("\n\n");
        held = String(blocks.pop());
        for (const block of blocks) dispatch(block, listener);
      }
    },
  });
}

/** @param {ReadableStream<Uint8Array>} body */
async function* lines(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield decoder.decode(value, { stream: true }).replaceAll("\r", "");
  }
}

/**
 * @param {string} block
 * @param {Listener} listener
 */
function dispatch(block, listener) {
  let name = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
  }
  if (data.length > 0) listener.event(name, JSON.parse(data.join("\n")));
}
