/// <reference lib="webworker" />
/**
 * The offline shell: this site's own pages and their scripts, and nothing else. A page is always asked of the
 * coordinator first, and only where it does not answer is the kept one shown, which then says so: an old bundle never
 * meets a new protocol. Scripts have their content's hash in their name, so a kept one is the right one. What the API,
 * the ledger or a file says is never kept.
 */
import { keptPages, type Shell, shellPath } from "./shell-files.ts";

declare const self: ServiceWorkerGlobalScope;

const cacheName = "murmur-shell";

self.addEventListener("install", (event) => event.waitUntil(renew().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && keptPages.includes(url.pathname))
    event.respondWith(pageOf(event, url.pathname));
  else if (url.pathname.startsWith("/assets/")) event.respondWith(assetOf(event.request));
});

async function pageOf(event: FetchEvent, path: string): Promise<Response> {
  try {
    const answer = await fetch(event.request);
    if (answer.ok) event.waitUntil(renew());
    return answer;
  } catch (error) {
    const kept = await (await caches.open(cacheName)).match(path);
    if (!kept) throw error;
    return kept;
  }
}

async function assetOf(request: Request): Promise<Response> {
  return (await (await caches.open(cacheName)).match(request.url)) ?? fetch(request);
}

/** Keeps the pages and scripts of the build that is served now, and lets go of those of any other. */
async function renew(): Promise<void> {
  const answer = await fetch(shellPath, { cache: "no-store" }).catch(() => undefined);
  if (!answer?.ok) return;
  const { assets } = (await answer.json()) as Shell;
  const wanted = [...keptPages, ...assets];
  const cache = await caches.open(cacheName);
  const kept = (await cache.keys()).map(({ url }) => new URL(url).pathname);
  await Promise.all(kept.filter((path) => !wanted.includes(path)).map((path) => cache.delete(path)));
  const fresh = wanted.filter((path) => keptPages.includes(path) || !kept.includes(path));
  await Promise.all(fresh.map((path) => cache.add(new Request(path, { cache: "no-cache" })).catch(() => {})));
}
