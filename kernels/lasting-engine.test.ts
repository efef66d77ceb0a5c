import { afterAll, describe, expect, it } from "vitest";
import { sharedDevice } from "./device.ts";
import { Engine } from "./engine.ts";
import { LastingEngine } from "./lasting-engine.ts";
import { dawnDevice } from "./testing/dawn.ts";
import {
  madeUpParameters,
  madeUpRows,
  madeUpWitness,
  perceptron,
  randomSource,
  range,
  tables,
} from "./testing/rows.ts";

const device = await dawnDevice();
afterAll(() => device?.destroy());

const architecture = perceptron(11, [9], "tanh");
const clip = { norm: 1, unit: 2 ** 16 };
const random = randomSource(53);
const rows = madeUpRows(600, 11, random);
const parameters = madeUpParameters(architecture, random);
const witness = madeUpWitness(random);
const batches = Array.from({ length: 1000 }, (_, i) => range(600).subarray((i % 20) * 30, (i % 20) * 30 + 30));
const options = { learningRate: 0.1 };

/** Opens new devices, and remembers them. */
function opener() {
  const opened: GPUDevice[] = [];
  const open = async () => {
    const next = (await dawnDevice())!;
    opened.push(next);
    return next;
  };
  return { opened, open };
}

async function undisturbed() {
  const engine = await Engine.create(device!, architecture, tables);
  engine.load(rows);
  return engine;
}

describe.skipIf(device === undefined)("an adapter that is lost", () => {
  it("in the middle of 1,000 steps: the same parameters as an undisturbed run", async () => {
    const engine = await undisturbed();
    const expected = await engine.localTraining(parameters, batches, witness, options);
    engine.dispose();
    const { opened, open } = opener();
    const lasting = await LastingEngine.create(open, architecture, tables);
    await lasting.load(rows);
    await lasting.scores(parameters, range(5));
    const { queue } = opened[0]!;
    const submit = queue.submit;
    let submits = 0;
    queue.submit = (commands) => {
      submit.call(queue, commands);
      if (++submits === 100) opened[0]!.destroy();
    };
    const training = lasting.localTraining(parameters, batches, witness, options);
    expect(await training).toEqual(expected);
    expect(submits).toBeGreaterThanOrEqual(100);
    expect(opened).toHaveLength(2);
    lasting.dispose();
  });

  it("between calls and in two calls at once: one new device, and both answers", async () => {
    const engine = await undisturbed();
    const expected = await engine.privateSum(parameters, range(600), witness, clip);
    engine.dispose();
    const { opened, open } = opener();
    const lasting = await LastingEngine.create(open, architecture, tables);
    await lasting.load(rows);
    opened[0]!.destroy();
    const sums = [1, 2].map(() => lasting.privateSum(parameters, range(600), witness, clip));
    expect(await Promise.all(sums)).toEqual([expected, expected]);
    expect(opened).toHaveLength(2);
    lasting.dispose();
    await expect(lasting.scores(parameters, range(1))).rejects.toThrow("disposed");
  });

  it("again and again: the call gives up and says why", async () => {
    const { opened, open } = opener();
    const lost = async () => {
      const next = await open();
      next.destroy();
      return next;
    };
    await expect(LastingEngine.create(lost, architecture, tables)).rejects.toThrow("adapter lost");
    expect(opened).toHaveLength(3);
    const { opened: one, open: openOne } = opener();
    const once = await LastingEngine.create(
      async () => {
        if (one.length > 0) throw new Error("no adapter");
        return openOne();
      },
      architecture,
      tables,
    );
    one[0]!.destroy();
    await expect(once.load(rows)).rejects.toThrow(/^adapter lost: .*, and no other engine could be made: no adapter$/);
    const gone = async (): Promise<GPUDevice> => {
      throw new Error("no adapter");
    };
    await expect(LastingEngine.create(gone, architecture, tables)).rejects.toThrow("no adapter");
  });
});

describe.skipIf(device === undefined)("an adapter without room", () => {
  it("of several who share a device all get the next one", async () => {
    const { opened, open } = opener();
    const shared = sharedDevice(open);
    const [first, same] = await Promise.all([shared(), shared()]);
    expect(same).toBe(first);
    first.destroy();
    await first.lost;
    expect(await shared()).not.toBe(first);
    expect(await shared()).toBe(opened[1]);
    opened[1]!.destroy();
    const failing = sharedDevice(async () => {
      throw new Error("no adapter");
    });
    await expect(failing()).rejects.toThrow("no adapter");
    await expect(failing()).rejects.toThrow("no adapter");
  });

  it("gets smaller micro-batches, with the same sum", async () => {
    const engine = await undisturbed();
    const expected = await engine.privateSum(parameters, range(600), witness, clip);
    engine.dispose();
    const own = (await dawnDevice())!;
    const lasting = await LastingEngine.create(async () => own, architecture, tables);
    await lasting.load(rows);
    // No adapter here can be filled in a test, so its answer is: no room where a layer has more than 100 rows.
    const { createBuffer, pushErrorScope, popErrorScope } = own;
    const filters: GPUErrorFilter[] = [];
    let largest = 0;
    let refusals = 0;
    own.createBuffer = (descriptor) => {
      if (descriptor.label === "activation 1") largest = descriptor.size;
      return createBuffer.call(own, descriptor);
    };
    own.pushErrorScope = (filter) => {
      filters.push(filter);
      pushErrorScope.call(own, filter);
    };
    own.popErrorScope = async () => {
      const filter = filters.pop();
      const full = filter === "out-of-memory" && largest > 4 * 12 * 112;
      const real = await popErrorScope.call(own);
      if (!full) return real;
      refusals++;
      return { message: "out of memory" } as GPUOutOfMemoryError;
    };
    expect(await lasting.privateSum(parameters, range(600), witness, clip)).toEqual(expected);
    expect(largest).toBeLessThanOrEqual(4 * 12 * 112);
    // 4,096 rows at most, then 2,048 …: all 600 fit until 512, and 100 do first at 64.
    expect(refusals).toBe(6);
    lasting.dispose();
    own.destroy();
  });
});

describe.skipIf(device === undefined)("memory", () => {
  it("1,000 steps after the first allocate nothing", async () => {
    const engine = await undisturbed();
    await engine.localTraining(parameters, batches, witness, options);
    const { createBuffer } = device!;
    let allocated = 0;
    device!.createBuffer = (descriptor) => {
      allocated += descriptor.size;
      return createBuffer.call(device!, descriptor);
    };
    try {
      await engine.localTraining(parameters, batches, witness, options);
    } finally {
      device!.createBuffer = createBuffer;
    }
    expect(allocated).toBe(0);
    engine.dispose();
  });
});
