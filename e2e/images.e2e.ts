/** Three browser tabs with pictures of their own, in folders or beside a table, learn to tell clothes apart. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync, gunzipSync } from "node:zlib";
import { expect, type Page, test } from "@playwright/test";
import { fetchData } from "../coordinator/command/data.ts";
import { expectAccessible } from "./accessible.ts";
import { findLeaks } from "./leaks.ts";
import { type Serving, startServing } from "./serving.ts";
import { tap } from "./wiretap.ts";

const root = join(import.meta.dirname, "..");
const originals = join(process.env.MURMUR_TEST_DATA ?? "", "fashion-mnist");
const there = process.env.MURMUR_TEST_DATA !== undefined && existsSync(originals);

const tabs = 3;
const side = 28;
const classes = ["t-shirt", "trouser", "bag"];
/** Of Fashion-MNIST */
const numberOf: Record<string, number> = { "t-shirt": 0, trouser: 1, bag: 8 };
const each = 16;

const task = readFileSync(join(root, "tasks/clothes.yaml"), "utf8")
  .replace(/classes: \[.*\]/, `classes: [${classes.join(", ")}]`)
  .replace("outputs: 10", `outputs: ${classes.length}`)
  .replace(/minimum: \d+/, `minimum: ${tabs}`)
  .replace(/maximum: \d+/, `maximum: ${tabs}`)
  .replace(/dropoutTolerance: [\d.]+/, "dropoutTolerance: 0.34")
  .replace(/heldBack: [\d.]+/, "heldBack: 0.3")
  .replace(/epsilon: 4/, "epsilon: 100")
  .replace(/atMost: 4/, "atMost: 100")
  .replace(/rounds: \d+/, "rounds: 4");

/** The pixels of all test images of a class, [images][side · side]. */
function imagesOf(name: string): Buffer[] {
  const unpacked = (file: string) => gunzipSync(readFileSync(join(originals, `${file}.gz`)));
  const pixels = unpacked("t10k-images-idx3-ubyte").subarray(16);
  const labels = unpacked("t10k-labels-idx1-ubyte").subarray(8);
  const places = Array.from(labels.keys()).filter((i) => labels[i] === numberOf[name]);
  return places.map((i) => pixels.subarray(i * side * side, (i + 1) * side * side));
}

/** PNG (W3C, third edition): 8 bits of grey, no filter. */
function png(pixels: Uint8Array, width: number, height: number): Buffer {
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const lines = Buffer.concat(
    Array.from({ length: height }, (_, y) =>
      Buffer.concat([Buffer.of(0), pixels.subarray(y * width, (y + 1) * width)]),
    ),
  );
  const signature = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(lines)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A tab's folder: a sub-folder a class. @returns its path, and the pixels in the order in which files are read */
function folderFor(tab: number, below: string): { path: string; pixels: Buffer[] } {
  const path = join(below, `album-${tab}`);
  const pixels = [...classes].sort().flatMap((name) => {
    mkdirSync(join(path, name), { recursive: true });
    const own = imagesOf(name).slice(tab * each, (tab + 1) * each);
    own.forEach((image, i) => {
      writeFileSync(join(path, name, `${i + 1}.png`), png(image, side, side));
    });
    return own;
  });
  return { path, pixels };
}

/** What a person sees of their first picture, [side · side] of grey. */
const drawnIn = (page: Page, place: number) =>
  page
    .locator(".thumbnails canvas")
    .nth(place)
    .evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      return Array.from(data).filter((_, i) => i % 4 === 0);
    });

let serving: Serving;
const expectState = (page: Page, state: string) =>
  expect(page.getByTestId("state")).toHaveAttribute("data-state", state, { timeout: 120_000 });

test.describe("a task that reads images", () => {
  test.skip(!there, "needs MURMUR_TEST_DATA, a folder with fashion-mnist/");
  test.beforeAll(async () => {
    serving = await startServing();
  });
  test.afterAll(() => serving.close());

  test("tabs learn from folders of images, see what the task sees, and send none of it", async ({ browser }, info) => {
    test.setTimeout(300_000);
    const below = info.outputPath("data");
    const run = await serving.launch(task);
    const wire = await tap(serving.url);
    const invitation = run.invitation.replace(new URL(run.invitation).origin, wire.url);
    const contexts = await Promise.all(
      Array.from({ length: tabs }, (_, i) =>
        browser.newContext({ viewport: i === 0 ? { width: 360, height: 740 } : { width: 1280, height: 800 } }),
      ),
    );
    const pages = await Promise.all(contexts.map((context) => context.newPage()));
    const [page, second] = pages as [Page, Page, Page];
    const folders = pages.map((_, tab) => folderFor(tab, below));
    for (const [tab, own] of pages.entries()) await own.goto(`${invitation}&lang=${tab === 0 ? "zh" : "en"}`);

    await expectState(page, "choosing");
    await expect(page.getByText("从不请求摄像头")).toBeVisible();
    await expectAccessible(page);
    await page.screenshot({ path: info.outputPath("1-choose-zh.png"), fullPage: true });
    writeFileSync(join(folders[0]!.path, "bag", "broken.png"), "no image");
    await page.getByTestId("folder").setInputFiles(folders[0]!.path);
    await expectState(page, "consenting");
    await expect(page.getByText("album-0/", { exact: true })).toBeVisible();
    await expect(page.locator(".thumbnails canvas")).toHaveCount(12);
    // Pixel by pixel what the files hold, once they are as large as the task wants them.
    const shown = await drawnIn(page, 0);
    expect(shown).toEqual(Array.from(folders[0]!.pixels[0]!));
    await page.locator("summary.problems").click();
    await expect(page.getByRole("row").filter({ hasText: "读不出的图像" })).toContainText("broken.png");
    await expectAccessible(page);
    await page.screenshot({ path: info.outputPath("2-look-zh.png"), fullPage: true });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);

    // A table that names its images; one of them is wide and bright in its middle alone.
    const wide = Buffer.alloc(3 * side * side, 20);
    for (let y = 0; y < side; y++) wide.fill(200, y * 3 * side + side, y * 3 * side + 2 * side);
    const named = classes.flatMap((name, k) =>
      imagesOf(name)
        .slice(each, 2 * each)
        .map((image, i) => ({ name: `p${k}-${i}.png`, label: name, buffer: png(image, side, side) })),
    );
    named.unshift({ name: "a-wide.png", label: "bag", buffer: png(wide, 3 * side, side) });
    const csv = ["file,label", ...named.map(({ name, label }) => `${name},${label}`)].join("\n");
    await second
      .getByTestId("file")
      .setInputFiles([
        { name: "labels.csv", mimeType: "text/csv", buffer: Buffer.from(csv) },
        ...named.map(({ name, buffer }) => ({ name, mimeType: "image/png", buffer })),
      ]);
    await expect(second.locator("#column-image")).toBeVisible();
    await second.locator("#column-image").selectOption("file");
    await second.getByTestId("columns").getByRole("button").click();
    await expectState(second, "consenting");
    expect(new Set(await drawnIn(second, 0))).toEqual(new Set([200]));
    await expectAccessible(second);
    await second.screenshot({ path: info.outputPath("2-look-en.png"), fullPage: true });

    await pages[2]!.getByTestId("folder").setInputFiles(folders[2]!.path);
    for (const own of pages) await own.getByTestId("consent").click();
    await expectState(page, "finished");
    const detail = await serving.run(run.run);
    expect([detail.state, detail.rounds.at(-1)!.question]).toEqual(["finished", "evaluate"]);
    expect(detail.rounds.at(-1)!.classes!.byClass!.map(({ name }) => name)).toEqual(classes);
    // The model on one of one's own: three outcomes that add up, and where it looks.
    const looked = page.getByTestId("try-image");
    await looked.getByRole("button").first().click();
    await expect(looked.getByTestId("tried")).toBeVisible();
    const shares = await looked.locator("tbody td.number").allTextContents();
    const sum = shares.map((share) => Number.parseFloat(share)).reduce((a, b) => a + b, 0);
    expect([shares.length, Math.abs(sum - 100) < 0.3]).toEqual([3, true]);
    await expect(looked.locator(".weighed rect")).toHaveCount(49);
    await expectAccessible(page);
    await page.screenshot({ path: info.outputPath("3-finished-zh.png"), fullPage: true });

    const heard = wire.heard();
    expect(heard.filter(({ frames }) => frames.length > 0).length).toBeGreaterThanOrEqual(tabs);
    expect(
      findLeaks(heard, { texts: ["album-", "broken.png", "a-wide", "labels.csv"], numbers: [], vectors: [] }),
    ).toEqual([]);
    const pieces = folders.flatMap(({ pixels }) => pixels.map((image) => image.subarray(14 * side, 15 * side)));
    const sent = Buffer.concat(heard.map(({ raw, frames }) => Buffer.concat([raw, ...frames.map(({ data }) => data)])));
    expect(
      pieces.filter((piece) => sent.includes(piece) || sent.includes(piece.toString("base64").slice(0, 32))),
    ).toEqual([]);
    wire.close();
    await Promise.all(contexts.map((context) => context.close()));
  });

  test("who has no pictures takes public ones, where the coordinator has fetched some", async ({ page }) => {
    await fetchData("fashion-mnist", { dataDir: originals });
    const run = await serving.launch(task);
    await page.goto(run.invitation);
    await page.getByTestId("sample").click();
    await expectState(page, "consenting");
    await expect(page.locator(".thumbnails canvas")).toHaveCount(12);
  });
});

test("the camera is off: no page asks for it, and none would get it", async ({ page, context }) => {
  const own = await startServing();
  await context.grantPermissions(["camera", "microphone"], { origin: own.url });
  for (const path of ["/", "/console", "/lab", "/help"]) {
    const policy = (await page.request.get(own.url + path)).headers()["permissions-policy"];
    expect(policy, path).toContain("camera=()");
    expect(policy, path).toContain("microphone=()");
  }
  await page.goto(own.url);
  // What the browser makes of it, whatever its owner has allowed.
  const allowed = await page.evaluate(() => {
    const { featurePolicy } = document as Document & { featurePolicy: { allowsFeature(name: string): boolean } };
    return ["camera", "microphone", "geolocation", "fullscreen"].filter((name) => featurePolicy.allowsFeature(name));
  });
  expect(allowed).toEqual(["fullscreen"]);
  // Of all the pages' own code.
  const scripts = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  const codes = await Promise.all(
    scripts.filter((name) => name.endsWith(".js")).map((name) => fetch(name).then((a) => a.text())),
  );
  expect(codes.length).toBeGreaterThan(0);
  expect(codes.filter((code) => /getUserMedia|capture=/.test(code))).toEqual([]);
  own.close();
});
