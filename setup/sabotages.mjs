/**
 * What each of the thirty attacks' tests must notice (shared/round/adversarial/README.md has the attacks by number). A
 * sabotage is one defence taken away: the file, a text that stands in it once, and what stands there instead. `red` is
 * the test that must fail then, with its number in its name (%s and the like as in the source). An attack that meets
 * several defences has a sabotage for each. `npm run mutations` does them (mutations.mjs); sabotages.test.ts sees that
 * files, texts and names are still there.
 *
 * Keep texts short: whoever rewrites a line for another reason should not have to come by here.
 */
import coordinator from "./sabotages/coordinator.mjs";
import failures from "./sabotages/failures.mjs";
import members from "./sabotages/members.mjs";
import numerics from "./sabotages/numerics.mjs";

/** Sabotages by the attack's number. */
export const sabotages = { ...coordinator, ...members, ...failures, ...numerics };
