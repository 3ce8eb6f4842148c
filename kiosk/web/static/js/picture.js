/** The camera's picture: multipart JPEG read part by part, so that a picture that has stopped is noticed. */

import { byId } from "./dom.js";
import { followForever } from "./stream.js";

const HEAD_END = [13, 10, 13, 10];

/**
 * Show the picture while it is wanted.
 * @param {() => boolean} wanted
 * @param {() => void} shown told when a picture of another size is there
 */
export function watch(wanted, shown) {
  const canvas = byId("picture", HTMLCanvasElement);
  const stopped = byId("stopped", HTMLElement);
  const surface = canvas.getContext("bitmaprenderer");
  if (surface === null) throw new Error("this browser cannot draw pictures");
  const follower = {
    silent: (/** @type {boolean} */ silent) => {
      stopped.hidden = !silent;
      if (silent) surface.transferFromImageBitmap(null); // nobody stays on the wall who has left
    },
    refused: async () => {},
    follow: async (/** @type {ReadableStream<Uint8Array>} */ body, /** @type {() => void} */ heard) => {
      for await (const jpeg of parts(body)) {
        const bitmap = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
        const resized = canvas.width !== bitmap.width || canvas.height !== bitmap.height;
        if (resized) [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
        surface.transferFromImageBitmap(bitmap);
        if (resized) shown();
        heard();
      }
    },
  };
  return followForever("/preview.mjpeg", follower, wanted);
}

/**
 * The bodies of the parts, each of the length that its head says.
 * @param {ReadableStream<Uint8Array>} body
 */
async function* parts(body) {
  const reader = body.getReader();
  let held = new Uint8Array(0);
  const more = async () => {
    const { done, value } = await reader.read();
    if (!done) held = joined(held, value);
    return !done;
  };
  for (;;) {
    let end = headEnd(held);
    for (; end < 0; end = headEnd(held)) if (!(await more())) return;
    const head = new TextDecoder().decode(held.subarray(0, end));
    const length = Number(/content-length:\s*(\d+)/i.exec(head)?.[1]);
    if (!(length > 0)) throw new Error("a part of the preview has no length");
    const start = end + HEAD_END.length;
    while (held.length < start + length) if (!(await more())) return;
    yield held.slice(start, start + length);
    held = held.slice(start + length);
  }
}

/**
 * @param {Uint8Array} first
 * @param {Uint8Array} second
 */
function joined(first, second) {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** @param {Uint8Array} bytes */
function headEnd(bytes) {
  return bytes.findIndex((_, at) => HEAD_END.every((byte, next) => bytes[at + next] === byte));
}
