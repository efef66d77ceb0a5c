/** Figures as pixels. A Chromium draws them, which the demonstration needs anyway: no renderer comes with the house. */
import { chromium } from "playwright";
import { findBrowser, launchArguments } from "../../setup/browser.mjs";

/** Pixels for each of the figure's, so that print is not coarse */
const scale = 2;

/** @throws Error in one sentence where there is no browser */
export async function pngsOf(svgs: readonly string[]): Promise<Buffer[]> {
  const browser = await chromium.launch({ executablePath: await findBrowser(), args: launchArguments() });
  try {
    const page = await browser.newPage({ deviceScaleFactor: scale });
    const pngs: Buffer[] = [];
    for (const svg of svgs) {
      await page.setContent(`<!doctype html><style>body { margin: 0 } svg { display: block }</style>${svg}`);
      pngs.push(await page.locator("svg").first().screenshot({ type: "png" }));
    }
    return pngs;
  } finally {
    await browser.close();
  }
}
