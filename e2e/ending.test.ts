/** The end of a run, as a tab sees it: what it explains its own rows against must be what the ledger says. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { serve } from "../coordinator/command/serve.ts";
import { Room } from "../coordinator/room.ts";
import type { ModelContext, ModelFile } from "../shared/model-file.ts";
import type { CoordinatorToTab } from "../shared/wire.ts";
import { joinWith } from "./node-tab.ts";
import { smallTask, zeros } from "./small-task.ts";

type Ended = Parameters<CoordinatorToTab["ended"]>[0];

beforeEach(() => void vi.stubEnv("MURMUR_LOG", "silent"));
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** What each tab makes of a run whose coordinator says at its end what `lie` makes of the truth: a model, or a reason. */
async function endings(lie: (truth: Ended) => Ended): Promise<(ModelFile | undefined | string)[]> {
  const folder = mkdtempSync(join(tmpdir(), "murmur-ending-"));
  const server = await serve({ port: 0, dataDir: join(folder, "data") });
  const send = Room.prototype.send;
  vi.spyOn(Room.prototype, "send").mockImplementation(function (this: Room, to, event, ...rest) {
    const all = event === "ended" ? [lie(structuredClone(rest[0]) as Ended)] : rest;
    send.call(this, to, event, ...(all as typeof rest));
  });
  try {
    const task = smallTask(1);
    const run = await server.coordinator.launchTask(task, 1);
    const invite = new URL(run.detail().invitation).searchParams.get("invite")!;
    const ends = Array.from({ length: 5 }, async () => {
      let end: (made: ModelFile | undefined | string) => void = () => {};
      const ended = new Promise<ModelFile | undefined | string>((resolve) => {
        end = resolve;
      });
      const { session } = await joinWith({
        url: server.url,
        run: run.id,
        invite,
        compute: zeros(task),
        events: {
          onEnded: (_state, _reason, model) => end(model),
          onDecline: ({ reason }) => end(reason),
        },
      });
      const made = await ended;
      session.leave();
      return made;
    });
    return await Promise.all(ends);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

test("each tab gets the model it was asked about, with the context that the ledger names", async () => {
  let truth: Ended | undefined;
  const models = await endings((said) => {
    truth = said;
    return said;
  });
  expect(models).toHaveLength(5);
  for (const model of models) expect(model).toMatchObject({ context: truth!.model!.context });
});

const lies: [string, (context: ModelContext) => void][] = [
  ["counts of another background", ({ marginals }) => void marginals[Object.keys(marginals)[0]!]!.fill(7)],
  [
    "directions that nobody measured",
    (context) => void Object.assign(context, { components: { mean: [], shares: [], vectors: [[]] } }),
  ],
];

test.each(lies)("a tab takes no model with %s", async (_, lie) => {
  const reasons = await endings((said) => {
    lie(said.model!.context);
    return said;
  });
  expect(reasons).toEqual(Array(5).fill("not-in-ledger"));
});

test("nor with a proof of another entry", async () => {
  const made = await endings((said) => {
    const { evidence } = said.model!;
    return { ...said, model: { ...said.model!, evidence: { ...evidence, index: evidence.index - 1 } } };
  });
  expect(made).toEqual(Array(5).fill("not-in-ledger"));
});
