import { expect, test } from "vitest";
import { audit } from "./audit.ts";
import { auditPage } from "./audit-page.ts";

test("the real build passes, every twin is caught, and the page shows both beside the claim", async () => {
  const detail = await audit({
    noiseMultiplier: 1,
    delta: 1e-5,
    trials: 3000,
    canaries: 100,
    significance: 0.01,
    repeat: 1,
  });
  const { audit: result } = detail;
  expect(result).toMatchObject({ ok: true, flagged: false, runs: 1, unit: "participant", relation: "add-remove" });
  expect(result.lowerBound).toBeLessThanOrEqual(result.claimed);
  expect(Object.keys(result.twins)).toHaveLength(4);
  for (const twin of Object.values(result.twins)) {
    expect(twin.flagged).toBe(true);
    expect(twin.lowerBound).toBeGreaterThan(result.claimed);
  }
  expect(result.canaries).toMatchObject({ flagged: false, rounds: 3, twin: { flagged: true } });
  expect(result.picture).toEqual({ flagged: false, twin: { flagged: true } });
  const page = auditPage(detail);
  expect(page.match(/Scores of canaries/g)).toHaveLength(2);
  expect(page).toContain(`ε = ${result.claimed.toFixed(3)} at δ = 0.00001, for one participant added or removed`);
  expect(page.match(/<figure>/g)).toHaveLength(6);
  expect(page).not.toMatch(/<script|https?:|NaN|undefined/);
});
