import { expect, test } from "vitest";
import { Bursts } from "./bursts.ts";

test("one computes at a time; what they say goes out when their whole group is done, without those who left", async () => {
  const bursts = new Bursts(250);
  const sent: number[] = [];
  let computing = 0;
  let done = 0;
  const over = new Promise<void>((resolve) => {
    for (let client = 0; client < 250; client++)
      bursts.inTurn(async () => {
        expect(++computing).toBe(1);
        await Promise.resolve();
        computing--;
        if (client % 10 === 3) bursts.leave(client);
        else {
          await bursts.meet(client);
          sent.push(client);
        }
        done++;
        // The second group still computes while the first has sent.
        if (client === 150) expect(sent.length).toBe(90);
        if (done === 250) resolve();
      });
  });
  await over;
  expect(sent).toEqual(Array.from({ length: 250 }, (_, i) => i).filter((i) => i % 10 !== 3));
});
