/** The installed page: its service worker, and a way to be sure that what is loaded is what the coordinator serves now. */

export function keepShell(): void {
  // A browser that allows none (a private window, plain http) shows the page all the same, online.
  navigator.serviceWorker?.register("/sw.js", { type: "module" }).catch(() => {});
}

/** Without anything this browser kept: pages and scripts are asked for anew. */
export async function reloadFresh(): Promise<void> {
  for (const registration of (await navigator.serviceWorker?.getRegistrations().catch(() => undefined)) ?? [])
    await registration.unregister();
  for (const name of (await globalThis.caches?.keys().catch(() => undefined)) ?? []) await caches.delete(name);
  location.reload();
}
