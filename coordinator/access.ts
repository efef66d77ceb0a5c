/**
 * Who may do what. Operator and researcher are known by a key of the coordinator's, a reviewer by a signature with a key
 * that stands in the task, a participant by an invitation and a signature; what is public needs none of them.
 */
import { timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";

/** A researcher reads what came of runs, and changes nothing; Prometheus reads with the same key. */
export type KeyedRole = "operator" | "researcher";

export type Keys = Readonly<Record<KeyedRole, string>>;

export function roleOf(key: string, keys: Keys): KeyedRole | undefined {
  const given = Buffer.from(key);
  const isRight = (right: Buffer) => given.length === right.length && timingSafeEqual(given, right);
  return (["operator", "researcher"] as const).find((role) => isRight(Buffer.from(keys[role])));
}

/** Lets a request through with a key of one of these roles. */
export const only =
  (keys: Keys, ...roles: KeyedRole[]): MiddlewareHandler =>
  async (c, next) => {
    const role = bearer(c, keys);
    if (role && roles.includes(role)) return next();
    const problem = role ? `is a ${role}'s, who may not do this` : "is missing or wrong";
    const fix = `Use the ${roles[0]}'s key, from ${roles[0]}.key in the coordinator's data folder.`;
    return c.json({ error: { field: "authorization", problem: `the key ${problem}`, fix } }, role ? 403 : 401);
  };

export function bearer(c: Context, keys: Keys): KeyedRole | undefined {
  const [scheme, key] = (c.req.header("authorization") ?? "").split(" ");
  return scheme === "Bearer" ? roleOf(key ?? "", keys) : undefined;
}
