/** Finds a Chromium to run participants' tabs in, and the software Vulkan driver that comes with it. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { SetupFailure, say } from "./failure.mjs";

const advice = "install Chrome, or run `npx playwright install chromium`, or set MURMUR_CHROMIUM to a browser's path";

/**
 * Path of a Chromium-family browser. With `install`, a Debian run as root gets what is missing through apt-get;
 * with `forTests`, also Vulkan's loader (for Dawn in Node) and Chinese fonts (for screenshots).
 */
export async function findBrowser({ install = false, forTests = false } = {}) {
  const chosen = process.env.MURMUR_CHROMIUM;
  if (chosen && !existsSync(chosen)) {
    throw new SetupFailure(`MURMUR_CHROMIUM: there is no file ${chosen}; correct it or leave it unset.`);
  }
  let found = chosen || installedBrowser() || (await playwrightsBrowser());
  if (install && isDebianRoot()) {
    aptInstall({ browser: found === undefined, forTests });
    found ??= installedBrowser();
  }
  if (!found) throw new SetupFailure(`no Chromium, Chrome or Edge was found; ${advice}.`);
  return found;
}

function installedBrowser() {
  return usualPlaces().find((path) => existsSync(path) && !isSnapStub(path));
}

function usualPlaces() {
  if (process.platform === "darwin") {
    const names = ["Google Chrome", "Chromium", "Microsoft Edge"];
    return ["/Applications", join(homedir(), "Applications")].flatMap((folder) =>
      names.map((name) => `${folder}/${name}.app/Contents/MacOS/${name}`),
    );
  }
  if (process.platform === "win32") {
    const folders = [process.env.PROGRAMFILES, process.env["PROGRAMFILES(X86)"], process.env.LOCALAPPDATA];
    const programs = [
      "Google/Chrome/Application/chrome.exe",
      "Chromium/Application/chrome.exe",
      "Microsoft/Edge/Application/msedge.exe",
    ];
    return programs.flatMap((program) => folders.filter(Boolean).map((folder) => join(folder, program)));
  }
  // The headless shell first: it opens no windows, and starts a dozen tabs in a quarter of the time.
  const names = [
    "chromium-headless-shell",
    "chromium",
    "google-chrome",
    "google-chrome-stable",
    "chromium-browser",
    "microsoft-edge",
  ];
  const folders = [...(process.env.PATH ?? "").split(delimiter).filter(Boolean), "/usr/bin", "/snap/bin"];
  return [...names.flatMap((name) => folders.map((folder) => join(folder, name))), "/opt/google/chrome/chrome"];
}

/** Ubuntu's chromium package is a script of a few lines that asks for the snap, where there may be no snapd. */
function isSnapStub(path) {
  if (process.platform !== "linux" || existsSync("/snap/bin/chromium")) return false;
  const start = readFileSync(path).subarray(0, 4096).toString("latin1");
  return start.startsWith("#!") && start.includes("/snap/bin/chromium");
}

async function playwrightsBrowser() {
  const { chromium } = await import("playwright");
  const path = chromium.executablePath();
  return path && existsSync(path) ? path : undefined;
}

const isRoot = () => process.platform === "linux" && process.getuid?.() === 0;
const isDebianRoot = () => isRoot() && existsSync("/etc/debian_version") && existsSync("/usr/bin/apt-get");

/** Not every Debian and Ubuntu has the headless shell as a package of its own. */
function debianBrowser() {
  const known = spawnSync("apt-cache", ["show", "chromium-headless-shell"], { stdio: "ignore" }).status === 0;
  return known ? "chromium-headless-shell" : "chromium";
}

function packagesForTests() {
  const loader = spawnSync("ldconfig", ["-p"], { encoding: "utf8" }).stdout?.includes("libvulkan.so.1");
  const fonts = existsSync("/usr/share/doc/fonts-noto-cjk");
  return [...(loader ? [] : ["libvulkan1"]), ...(fonts ? [] : ["fonts-noto-cjk"])];
}

function aptInstall({ browser, forTests }) {
  const others = forTests ? packagesForTests() : [];
  if (!browser && others.length === 0) return;
  const run = (...parameters) =>
    spawnSync("apt-get", parameters, {
      stdio: ["ignore", 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    }).status === 0;
  say("asking apt-get what it has");
  const known = run("-qq", "update");
  const packages = [...(browser ? [debianBrowser()] : []), ...others];
  say(`installing ${packages.join(", ")} with apt-get`);
  if (!known || !run("-qq", "install", "-y", "--no-install-recommends", ...packages)) {
    throw new SetupFailure(`apt-get could not install ${packages.join(", ")} (its message stands above); ${advice}.`);
  }
}

/** Flags for a headless browser in which WebGPU works and which calls nobody by itself. */
export function launchArguments() {
  const quiet = [
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
  ];
  // Several tabs train in one browser; those in the background must not be slowed down.
  const steady = [
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
  ];
  // Headless Chromium on Linux has no WebGPU adapter but SwiftShader, which computes on the CPU; elsewhere the system's is used.
  const adapter = process.platform === "linux" ? ["--use-webgpu-adapter=swiftshader"] : [];
  return ["--enable-unsafe-webgpu", ...adapter, ...quiet, ...steady, ...(isRoot() ? ["--no-sandbox"] : [])];
}

/** Value of VK_ICD_FILENAMES under which Dawn in Node computes on the CPU; undefined: leave Vulkan to the system. */
export function findVulkanDriver(browser) {
  if (process.env.VK_ICD_FILENAMES) return process.env.VK_ICD_FILENAMES;
  const folders = ["/usr/lib/chromium", "/opt/google/chrome"];
  if (browser) folders.push(dirname(realpathSync(browser)));
  return folders.map((folder) => join(folder, "vk_swiftshader_icd.json")).find((file) => existsSync(file));
}
