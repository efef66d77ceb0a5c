/** The installed page: what it keeps, that it opens without a coordinator, and that it never prefers what it kept. */
import { expect, test } from "@playwright/test";
import { expectAccessible } from "./accessible.ts";
import { bankTask, startServing } from "./serving.ts";

test.use({ serviceWorkers: "allow", viewport: { width: 360, height: 740 } });

test("the shell opens offline, keeps nothing but itself, and gives way to what is served", async ({ page }) => {
  const serving = await startServing();
  const { invitation } = await serving.launch(bankTask(3, 3));
  const manifest = await (await page.request.get(`${serving.url}/manifest.webmanifest`)).json();
  for (const { src } of manifest.icons) expect((await page.request.get(serving.url + src)).ok(), src).toBe(true);

  await page.goto(invitation);
  await page.getByTestId("sample").click();
  await expect(page.getByTestId("state")).toHaveAttribute("data-state", "consenting");
  const kept = () =>
    page.evaluate(async () => {
      const all = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
      return all.flat().map(({ url }) => new URL(url).pathname + new URL(url).search);
    });
  const { assets } = await (await page.request.get(`${serving.url}/shell.json`)).json();
  await expect.poll(async () => (await kept()).sort()).toEqual(["/", ...assets].sort());

  // A script of another build is let go of with the next page, and a page that was kept is not shown while there is a new one.
  await page.evaluate(async () => {
    const cache = await caches.open("murmur-shell");
    await cache.put("/assets/old.js", new Response("old"));
    await cache.put("/", new Response("<title>old</title>", { headers: { "content-type": "text/html" } }));
  });
  await page.goto(invitation);
  await expect(page.getByTestId("state")).toHaveAttribute("data-state", "choosing");
  await expect.poll(async () => (await kept()).sort()).toEqual(["/", ...assets].sort());

  serving.kill();
  await page.goto(invitation);
  await expect(page.getByTestId("offline")).toContainText("tries again by itself");
  await expectAccessible(page);
  await page.screenshot({ path: test.info().outputPath("offline-shell.png"), fullPage: true });
  serving.close();
});
