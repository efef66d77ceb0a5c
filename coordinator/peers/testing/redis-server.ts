/**
 * A Redis server of a test's own: on loopback, with nothing on disk. Debian's package `redis-server` has the program; without
 * it the tests are skipped and say so.
 */
import { spawn, spawnSync } from "node:child_process";
import { createClient } from "@redis/client";
import { freePort } from "../../free-port.ts";

export const hasRedis: boolean = spawnSync("redis-server", ["--version"]).status === 0;

if (!hasRedis) console.warn("redis-server is not here: its tests are skipped");

export interface RedisServer {
  url: string;
  /** Everybody's connection breaks; they come back by themselves. */
  breakConnections(): Promise<void>;
  /** It answers nobody until it goes on. */
  pause(): void;
  goOn(): void;
  /** All that it knew is gone. */
  forget(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRedis(): Promise<RedisServer> {
  const port = await freePort();
  const child = spawn(
    "redis-server",
    ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
    { stdio: "ignore", cwd: "/" },
  );
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const url = `redis://127.0.0.1:${port}`;
  const client = createClient({ url, socket: { reconnectStrategy: 100 } });
  client.on("error", () => {});
  await client.connect();
  return {
    url,
    breakConnections: async () => {
      await client.sendCommand(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    },
    pause: () => void child.kill("SIGSTOP"),
    goOn: () => void child.kill("SIGCONT"),
    forget: async () => {
      await client.flushAll();
    },
    stop: async () => {
      client.destroy();
      child.kill("SIGKILL");
      await gone;
    },
  };
}
