/**
 * A file that the task names by its hash, from the coordinator: an encoder, or a catalogue of items.
 *
 * It comes in pieces, and each is kept in the browser's cache as it comes: whoever loses the connection, or closes the tab,
 * goes on behind the last piece.
 */
import { toHex } from "../../shared/canonical.ts";

const cacheName = "murmur-encoders";

/** At 1 Mbit/s a piece takes eight seconds, which is what a lost connection costs. */
export const pieceBytes = 2 ** 20;
/** Pauses before a piece is asked for again, ms */
const pauses = [1000, 3000, 9000];

/** Where pieces are kept: the part of the browser's cache that is used here. */
export type Kept = Pick<Cache, "match" | "put" | "delete">;

/** Without a secure context there is no cache: then the file is fetched each time. */
const openCache = async (): Promise<Kept | undefined> =>
  "caches" in globalThis ? caches.open(cacheName).catch(() => undefined) : undefined;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @param onProgress told of the bytes that are there, and of all of them
 * @throws Error `named file: …` when it cannot be had, or is another one than the task names
 */
export async function fetchNamed(
  url: string,
  sha256: string,
  onProgress: (loaded: number, total: number) => void,
  { kept = openCache(), wait = pause }: { kept?: Promise<Kept | undefined>; wait?: typeof pause } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const address = `${url}/encoders/${sha256}.safetensors`;
  const cache = await kept;
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let total = Number.POSITIVE_INFINITY;
  let wasKept = false;
  for (let at = 0; at < total; at += pieces.at(-1)!.length) {
    const place = `${address}?from=${at}`;
    const known = await cache?.match(place);
    const answer = known ?? (await ask(address, at, wait));
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const range = answer.headers.get("content-range") ?? "";
    total = Number(/\/(\d+)$/.exec(range)?.[1]);
    // A piece of nothing would be asked for again and again.
    if (bytes.length === 0 || !(total > 0)) throw new Error("named file: the coordinator did not send it in pieces");
    // Where the disk is full it will be fetched again, no more.
    if (!known) await cache?.put(place, new Response(bytes, { headers: { "content-range": range } })).catch(() => {});
    wasKept ||= known !== undefined;
    pieces.push(bytes);
    onProgress(at + bytes.length, total);
  }
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  const hash = toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", whole)));
  if (hash === sha256) return whole;
  for (let from = 0, i = 0; i < pieces.length; from += pieces[i++]!.length)
    await cache?.delete(`${address}?from=${from}`);
  // What was kept may have been spoilt on the disk; what comes anew may not.
  if (wasKept) return fetchNamed(url, sha256, onProgress, { kept: Promise.resolve(cache), wait });
  throw new Error("named file: it is not the one that the task names");
}

/** One piece. A connection that fails is tried again. */
async function ask(address: string, from: number, wait: typeof pause): Promise<Response> {
  for (const ms of [...pauses, undefined]) {
    const range = `bytes=${from}-${from + pieceBytes - 1}`;
    const answer = await fetch(address, { headers: { range } })
      // A piece that breaks off in the middle is one that did not come.
      .then(async (response) => (response.ok ? new Response(await response.arrayBuffer(), response) : undefined))
      .catch(() => undefined);
    if (answer) return answer;
    if (ms !== undefined) await wait(ms);
  }
  throw new Error("named file: the coordinator did not send it");
}
