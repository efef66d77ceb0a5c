/** The pages by one hash: what the ledger has of them, and what anybody can compare with a build of their own. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { z } from "zod";
import { hashOf } from "../shared/canonical.ts";
import { InputError } from "../shared/errors.ts";

const pageFiles = z.array(z.strictObject({ path: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }));
/** Sorted by path */
export type PageFiles = z.infer<typeof pageFiles>;

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Every file of a folder of built pages. */
export async function pagesIn(folder: string): Promise<PageFiles> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const files = await Promise.all(
    paths.map(async (path) => ({
      path: path.slice(folder.length + 1).replaceAll(sep, "/"),
      sha256: sha256(await readFile(path)),
    })),
  );
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * The files that a coordinator names, with hashes of what it really serves under their addresses.
 * @throws InputError where it names none
 */
export async function pagesAt(url: string): Promise<PageFiles> {
  const answer = await fetch(new URL("/pages.json", url)).catch(() => undefined);
  const named = answer?.ok ? pageFiles.safeParse(await answer.json()) : undefined;
  if (!named?.success) throw new InputError("--url", `${url} names no pages`, "Give the address of a coordinator.");
  return Promise.all(
    named.data.map(async ({ path }) => {
      const page = await fetch(new URL(path, url));
      return { path, sha256: sha256(new Uint8Array(await page.arrayBuffer())) };
    }),
  );
}

/** SHA-256 of the canonical list, hex */
export const pagesHash = (files: PageFiles): Promise<string> => hashOf(files);
