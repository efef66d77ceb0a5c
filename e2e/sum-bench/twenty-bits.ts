/**
 * Stands in for shared/plan.ts in this bench: 20 bits a coordinate, which are enough once vectors are rotated before they
 * are rounded. Without that, the plan asks for as many as hold a whole update in one coordinate.
 */
import * as original from "../../shared/plan.ts";

export const planOf: typeof original.planOf = (task) => original.planOf(task);

export const roundPlan: typeof original.roundPlan = (...all) => ({ ...original.roundPlan(...all), bits: 20 });
