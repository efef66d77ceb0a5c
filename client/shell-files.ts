/** What the service worker keeps: pages by their address, and the scripts that the build lists. */

/** Pages that say something useful without a coordinator. */
export const keptPages: readonly string[] = ["/"];

/** Written by the build */
export const shellPath = "/shell.json";

export interface Shell {
  /** Addresses of the pages' scripts and styles */
  assets: string[];
}
