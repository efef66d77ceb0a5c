/**
 * From a fresh clone to something that runs: the Node version, the dependencies, the build. Each is done only when it
 * is missing or stale, so that a prepared folder starts at once. Nothing is written to standard output.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { SetupFailure, say } from "./failure.mjs";
import { withLock } from "./lock.mjs";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const commandEntry = join(root, "dist", "command", "murmur.js");
const buildStamp = join(root, "dist", ".murmur-build");

export async function prepare() {
  checkNode();
  if (isInstalled() && isBuilt()) return;
  await withLock(join(root, "dist", ".murmur-lock"), async () => {
    if (!isInstalled()) await install();
    if (!isBuilt()) await build();
  });
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new SetupFailure(`Node ${process.versions.node} is too old; install Node 20.19 or later (22 or 24 will do).`);
}

/** npm leaves `node_modules/.package-lock.json` when it has finished; it must hold what our lock asks for. */
function isInstalled() {
  const found = readJson(join(root, "node_modules", ".package-lock.json"))?.packages;
  if (!found) return false;
  const wanted = readJson(join(root, "package-lock.json"))?.packages;
  if (!wanted) return true;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "") return true;
    // Optional packages are those of other operating systems: npm leaves them out.
    if (!found[path]) return entry.optional === true || entry.devOptional === true || entry.peer === true;
    return found[path].version === entry.version;
  });
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

async function install() {
  say("installing the dependencies (once; about a minute)");
  // Not `npm ci`: it refuses a lock without the packages that only other operating systems install. With --no-save,
  // `install` takes the lock's versions and hashes as well and leaves the lock as it is; and NODE_ENV=production
  // would leave out what the build needs.
  const { code, errors } = await npm(["install", "--no-save", "--include=dev", "--no-progress", "--loglevel=error"]);
  if (code === 0) return;
  if (/ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH/.test(errors)) {
    throw new SetupFailure(
      "npm cannot reach its registry; connect to the network (or set npm's proxy) and start again.",
    );
  }
  throw new SetupFailure(`npm install failed; its own message stands above.`);
}

/** Runs npm with all its output on our standard error. */
function npm(parameters) {
  // Started by npm, we know which npm it was; else it is looked up on the PATH (a .cmd file on Windows).
  const script = process.env.npm_execpath?.endsWith(".js") ? process.env.npm_execpath : undefined;
  const child = script
    ? spawn(process.execPath, [script, ...parameters], { cwd: root, stdio: ["ignore", 2, "pipe"] })
    : spawn("npm", parameters, { cwd: root, stdio: ["ignore", 2, "pipe"], shell: process.platform === "win32" });
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
    process.stderr.write(chunk);
  });
  return new Promise((resolve, reject) => {
    child.on("error", () =>
      reject(new SetupFailure("npm was not found; install Node from nodejs.org, npm comes with it.")),
    );
    child.on("close", (code) => resolve({ code, errors }));
  });
}

const isBuilt = () => existsSync(commandEntry) && readText(buildStamp) === sourceHash();

function readText(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

async function build() {
  say("building");
  const hash = sourceHash();
  // A process of its own: the bundler's memory is not the coordinator's.
  const child = spawn(process.execPath, [join(root, "setup", "build.mjs")], { cwd: root, stdio: ["ignore", 2, 2] });
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) throw new SetupFailure("the build failed; its own message stands above.");
  writeFileSync(buildStamp, hash);
}

/** SHA-256 over the names and bytes of all that the build reads. */
function sourceHash() {
  const hash = createHash("sha256");
  const files = [
    "murmur.ts",
    "package.json",
    "package-lock.json",
    "vite.config.ts",
    "tsconfig.base.json",
    "tsconfig.json",
  ];
  for (const folder of ["shared", "kernels", "client", "coordinator", "demo", "tasks", "setup"]) {
    if (!existsSync(join(root, folder))) continue;
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || /\.(test|bench)\.tsx?$/.test(entry.name)) continue;
      files.push(relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));
    }
  }
  for (const file of files.sort()) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(`${file}\0`).update(createHash("sha256").update(readFileSync(path)).digest());
  }
  return hash.digest("hex");
}
