/** Who leaves, crashes or sleeps: attacks 19 to 22. */
import { coordinator, dropouts, fleet, masked, members, privacy, sum, unmask } from "./paths.mjs";

export default {
  19: [
    {
      sabotage: "both of a pair add their mask",
      change: [sum("masks"), "own < other ? 1 : -1", "1"],
      red: [dropouts, "[19] G6 every dropout pattern at n = %i gives the exact sum of the survivors or nothing"],
    },
    {
      sabotage: "the masks that dropouts left behind stay in the sum",
      change: [unmask, "await addMasks(sum, masks[-1], 1, plan.bits, env.cipher);", ""],
      red: [dropouts, "[19] G6 every dropout pattern at n = %i gives the exact sum of the survivors or nothing"],
    },
    {
      sabotage: "any number of survivors is company enough",
      change: [masked, "&& survivors >= minimumCohort(env.task)", ""],
      red: [coordinator, "[19] fewer than the task's minimum, although there is noise enough"],
    },
    {
      sabotage: "the coordinator reads the sum of whoever stayed",
      change: [unmask, "const survivors = closeUploads(env, state);", "const survivors = [...state.received].sort();"],
      red: [members, "[19] [20] of too few survivors is never unmasked"],
    },
  ],
  20: [
    {
      sabotage: "a tab reveals shares although too little noise is left",
      change: [unmask, "!enoughSurvivors(survivors.size, state.plan, env) ||", ""],
      red: [coordinator, "[20] fewer than the plan makes noise for"],
    },
    {
      sabotage: "the coordinator unmasks although one dropout is too many",
      change: [masked, "survivors >= plan.survivors &&", ""],
      red: [fleet, "[20] n = 100: the sum is exact with as many dropouts as the task tolerates"],
    },
    {
      sabotage: "a tab's share of noise is a tenth too small",
      change: ["shared/plan.ts", "deviation ** 2 / honest", "deviation ** 2 / (1.1 * honest)"],
      red: [privacy("encode.test"), "8.20 G4 the decoded sum of %i tabs carries the noise that is promised"],
    },
  ],
  21: [
    {
      sabotage: "a coordinator that starts again forgets what was charged",
      change: ["coordinator/run.ts", "await runs.charges(row.id)", "[]"],
      red: ["e2e/crash.test.ts", "[21] killed in each phase, a run goes on to its end"],
    },
    {
      sabotage: "the model is not kept with its round",
      change: ["coordinator/store/runs.ts", ".set({ attempt: 1, ...learnerColumns(learner) })", ".set({ attempt: 1 })"],
      red: ["coordinator/store/crash.test.ts", "[21] six times killed with SIGKILL, a coordinator loses nothing"],
    },
  ],
  22: [
    {
      sabotage: "a round lasts as long as the machine's clock says",
      change: ["coordinator/run.ts", "const began = performance", "const performance = Date, began = performance"],
      red: ["e2e/clocks.test.ts", "8.22 at each phase one tab sleeps and the clock is set back by a day"],
    },
  ],
};
