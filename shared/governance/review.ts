/**
 * Ethics review: what the reviewers whom a task names have signed, and what follows from it. The names and keys are in
 * the task, hence in its hash, so a coordinator can neither add a reviewer nor pass for one; a tab checks the approvals
 * itself before it trains, and `murmur verify` checks them again.
 *
 *   proposed ──approved by every reviewer──▶ launched ──▶ … ──▶ over ──▶ exported
 *      └── rejected by one: over                 │                 └── a gate fails: not before an exception, signed by
 *                                                │                     every reviewer, for this very model
 *                                                └── withdrawn by one: stopped, and not exported
 */
import { z } from "zod";
import { isSignedBy, type Signed } from "../round/signed.ts";
import type { Task } from "../task.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);

export const decisions = ["approve", "reject", "withdraw", "except"] as const;
export type Decision = (typeof decisions)[number];

const statementSchema = z.strictObject({
  run: z.string().min(1).max(64),
  /** What is decided about: a task with one letter changed needs a new decision */
  taskHash: hash,
  /** Ed25519 key of the reviewer, as the task names it, hex */
  reviewer: hash,
  /** `except`: the model may leave although gates of its task are not met */
  decision: z.enum(decisions),
  /** Of an exception: the model it is for */
  modelHash: hash.optional(),
  /** In the reviewer's own words; they go into the public ledger and name nobody */
  reasons: z.string().min(10).max(4000),
  at: z.iso.datetime(),
});

export type Statement = z.output<typeof statementSchema>;

export const signedStatementSchema = z.strictObject({
  body: statementSchema,
  signature: z.string().regex(/^[0-9a-f]{128}$/),
});

export type SignedStatement = Signed<Statement>;

type Policy = NonNullable<Task["review"]>;

/** Whether a statement is about this run and task, and signed by a reviewer whom the task names. */
export async function isReviewersOwn(
  task: Task,
  run: { run: string; taskHash: string },
  statement: SignedStatement,
): Promise<boolean> {
  const { body } = statement;
  if (body.run !== run.run || body.taskHash !== run.taskHash) return false;
  if ((body.decision === "except") !== (body.modelHash !== undefined)) return false;
  if (!task.review?.reviewers.some(({ key }) => key === body.reviewer)) return false;
  return isSignedBy("review", statement, body.reviewer);
}

/** Whether all whom the task names approve; true for a task that names nobody. What a tab asks before it trains. */
export async function isApproved(
  task: Task,
  run: { run: string; taskHash: string },
  approvals: readonly SignedStatement[],
): Promise<boolean> {
  const own = await Promise.all(approvals.map((statement) => isReviewersOwn(task, run, statement)));
  const approving = approvals.filter(({ body }, i) => own[i] && body.decision === "approve");
  return (task.review?.reviewers ?? []).every(({ key }) => approving.some(({ body }) => body.reviewer === key));
}

export interface Standing {
  state: "open" | "approved" | "rejected" | "withdrawn" | "expired";
  /** By reviewer: the last word, exceptions not counted */
  reviewers: { name: string; key: string; decision: Exclude<Decision, "except"> | null; at: string | null }[];
  /** Models that may leave although a gate is not met */
  excepted: string[];
}

/**
 * Where a review stands. An approval is good for as many days as the policy says; then the reviewers look again.
 * @param statements in their order, all of them verified
 * @param now ms since 1970
 */
export function standingOf(policy: Policy, statements: readonly SignedStatement[], now: number): Standing {
  const bodies = statements.map(({ body }) => body);
  const reviewers = policy.reviewers.map(({ name, key }) => {
    const last = bodies.filter((body) => body.reviewer === key && body.decision !== "except").at(-1);
    return {
      name,
      key,
      decision: (last?.decision ?? null) as Exclude<Decision, "except"> | null,
      at: last?.at ?? null,
    };
  });
  const excepted = [...new Set(bodies.flatMap((body) => body.modelHash ?? []))].filter((model) =>
    reviewers.every(({ key }) => bodies.some((body) => body.reviewer === key && body.modelHash === model)),
  );
  const has = (decision: Decision) => reviewers.some((r) => r.decision === decision);
  const state = has("reject")
    ? "rejected"
    : has("withdraw")
      ? "withdrawn"
      : !reviewers.every((r) => r.decision === "approve")
        ? "open"
        : reviewers.some((r) => now - Date.parse(r.at!) > policy.validDays * 86_400_000)
          ? "expired"
          : "approved";
  return { state, reviewers, excepted };
}
