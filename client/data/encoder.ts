/** An encoder's file from the coordinator, checked against the hash in the task, and kept in the browser's cache. */
import { toHex } from "../../shared/canonical.ts";
import { type EncoderFile, readEncoderFile } from "../../shared/text/encoder-file.ts";

const cacheName = "murmur-encoders";

/** Without a secure context there is no cache: then the file is fetched each time. */
const openCache = async (): Promise<Cache | undefined> =>
  "caches" in globalThis ? caches.open(cacheName).catch(() => undefined) : undefined;

const hashOf = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

/**
 * @param onProgress told of the bytes that are there, and of all of them where they are known
 * @throws Error `encoder: …` when it cannot be had, or is another one than the task names
 */
export async function fetchEncoder(
  url: string,
  sha256: string,
  onProgress: (loaded: number, total: number | undefined) => void,
): Promise<EncoderFile> {
  const address = `${url}/encoders/${sha256}.safetensors`;
  const cache = await openCache();
  const known = await cache?.match(address);
  if (known) {
    const bytes = new Uint8Array(await known.arrayBuffer());
    if ((await hashOf(bytes)) === sha256) return readEncoderFile(bytes);
    await cache?.delete(address);
  }
  const response = await fetch(address).catch(() => undefined);
  if (!response?.ok || !response.body) throw new Error("encoder: the coordinator did not send it");
  const bytes = await collect(response.body, Number(response.headers.get("content-length")) || undefined, onProgress);
  if ((await hashOf(bytes)) !== sha256) throw new Error("encoder: it is not the one that the task names");
  // Where the disk is full it will be fetched again, no more.
  await cache?.put(address, new Response(bytes)).catch(() => {});
  return readEncoderFile(bytes);
}

async function collect(
  stream: ReadableStream<Uint8Array>,
  total: number | undefined,
  onProgress: (loaded: number, total: number | undefined) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let loaded = 0;
  const reader = stream.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    pieces.push(piece.value);
    loaded += piece.value.length;
    onProgress(loaded, total);
  }
  const bytes = new Uint8Array(loaded);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
