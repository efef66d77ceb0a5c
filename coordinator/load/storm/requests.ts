/** What a storm asks over HTTP: calls that are nearly right, and bytes that are no request at all. */
import type { Dice } from "./dice.ts";
import { mutate } from "./mutate.ts";

export interface Asked {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
}

/** What a storm is told: the run that goes on, and the keys */
export interface Told {
  run: string;
  operator: string;
  researcher: string;
  /** A task file that is right */
  yaml: string;
}

const statement = {
  body: { run: "x", taskHash: "00", reviewer: "00", decision: "approve", at: "2026-01-01T00:00:00.000Z" },
  signature: "00",
};
const methods = ["GET", "GET", "GET", "POST", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"];

/** Without a key that opens anything, or with a researcher's: any call at all */
function asStranger(dice: Dice, { run, researcher, yaml }: Told): Asked {
  const id = dice.oneIn(3)
    ? run
    : dice.of(["", "x", "..", "%00", "%2e%2e", "__proto__", run.toUpperCase(), dice.hex(6)]);
  const path = dice.of([
    "/",
    "/console",
    "/healthz",
    "/readyz",
    "/metrics",
    "/pages.json",
    "/task.schema.json",
    "/api/open",
    "/api/tasks",
    `/api/sample/${id}`,
    "/api/runs",
    `/api/runs/${id}`,
    `/api/runs/${id}/${dice.of(["ledger", "model", "invitations", "hold", "resume", "stop", "documents/card.md"])}`,
    `/api/runs/${id}/model?format=${dice.of(["onnx", "json", "safetensors", "x", "%ff", ""])}`,
    `/api/runs/${id}/documents/${dice.of(["model-card.md", "report.html", "../../x", "%2e%2e%2f", ""])}`,
    `/api/reviews/${id}`,
    `/api/participants/${dice.of([dice.hex(32), "x", id])}`,
    "/api/lab",
    `/api/lab/files/${dice.of(["x", "..%2f..%2foperator.key", "cells.csv"])}`,
    `/ledger/${dice.of(["checkpoint", "tile/0/000", "tile/0/000.p/1", "tile/63/x999/000", "tile/-1/0", "tile/entries/000", "..%2f", ""])}`,
    `/encoders/${dice.of([dice.hex(32), "x", "..%2f..%2foperator.key"])}.safetensors`,
    `/${dice.of(["assets/", "..%2foperator.key", "%c0%ae%c0%ae/", "socket.io/?EIO=4&transport=polling", "socket.io/", "index.html"])}`,
  ]);
  const method = dice.of(methods);
  const hasBody = method !== "GET" && method !== "HEAD";
  return {
    method,
    path: dice.oneIn(5) ? cut(dice, path) : path,
    headers: {
      ...(dice.oneIn(2) && {
        authorization: dice.of([
          "Bearer",
          "Bearer x",
          "Basic eDp4",
          `Bearer ${researcher}`,
          `Bearer ${researcher}x`,
          `bearer  ${dice.hex(32)}`,
        ]),
      }),
      ...(dice.oneIn(6) && {
        range: dice.of(["bytes=0-1", "bytes=-", "bytes=9-1", "bytes=0-99999999999", "x", "bytes=-5,3-"]),
      }),
      ...(dice.oneIn(8) && { "x-forwarded-for": dice.of(["1.2.3.4", "x".repeat(200), "::1", ","]) }),
      ...(dice.oneIn(8) && { "if-none-match": "x", "accept-encoding": dice.of(["gzip", "br;q=x", "*"]) }),
      ...(hasBody && {
        "content-type": dice.of(["application/json", "text/plain", "multipart/form-data; boundary=x", "x"]),
      }),
    },
    ...(hasBody && { body: body(dice, yaml) }),
  };
}

/**
 * With the operator's: what would hold, stop or forget the run that is looked at stays out, and so does what would start a lab.
 */
function asOperator(dice: Dice, { run, operator, yaml }: Told): Asked {
  const authorization = `Bearer ${operator}`;
  const json = { authorization, "content-type": "application/json" };
  switch (dice.below(5)) {
    case 0:
      return { method: "POST", path: "/api/runs", headers: json, body: JSON.stringify({ yaml: spoilt(dice, yaml) }) };
    case 1: {
      const path = `/api/runs/${dice.of(["x", dice.hex(6)])}/${dice.of(["invitations", "hold", "resume", "stop"])}`;
      return { method: "POST", path, headers: json, body: body(dice, yaml) };
    }
    case 2:
      return {
        method: "POST",
        path: `/api/runs/${run}/invitations`,
        headers: json,
        body: `{"count":${dice.of(["0", "-1", "1e9", "1.5", '"1"', "null", "[1]"])}}`,
      };
    case 3:
      return {
        method: "DELETE",
        path: `/api/participants/${dice.oneIn(2) ? dice.hex(32) : "x"}`,
        headers: { authorization },
      };
    default:
      return {
        method: "GET",
        path: `/api/runs/${run}/${dice.of(["model?format=onnx", "ledger", "documents/x", "model?format=json", ""])}`,
        headers: { authorization },
      };
  }
}

export const request = (dice: Dice, told: Told): Asked =>
  dice.oneIn(8) ? asOperator(dice, told) : asStranger(dice, told);

function body(dice: Dice, yaml: string): string | Uint8Array {
  const right = dice.of<unknown>([statement, { yaml }, { count: 3 }, { cell: 0 }, { yaml: "x: 1" }]);
  const json = JSON.stringify(dice.oneIn(8) ? right : mutate(dice, right)) ?? "";
  return dice.oneIn(6) ? dice.bytes(5000) : dice.oneIn(6) ? cut(dice, json) : json;
}

/** A task file with a line lost, doubled, or with another's value: never right, so that no run comes of it */
function spoilt(dice: Dice, yaml: string): string {
  const lines = yaml.split("\n");
  for (let times = 1 + dice.below(3); times > 0; times--) {
    const at = dice.below(lines.length);
    const [, key = "", value = ""] = /^(\s*-?\s*\S+:)\s*(.*)$/.exec(lines[at]!) ?? [];
    const other = dice.of([
      "",
      "-1",
      "0",
      "1e308",
      ".nan",
      "[]",
      "{}",
      "null",
      "true",
      "'x'",
      "*a",
      "&a [*a]",
      "9".repeat(40),
      value.repeat(200),
    ]);
    const way = dice.below(5);
    if (way === 0) lines.splice(at, 1);
    else if (way === 1) lines.splice(at, 0, lines[dice.below(lines.length)]!);
    else lines[at] = `${key} ${other}`;
  }
  return `${lines.join("\n")}\nnothing-that-a-task-knows: 1\n`;
}

function cut(dice: Dice, text: string): string {
  const at = dice.below(text.length + 1);
  return (
    text.slice(0, at) +
    dice.of(["", "%", "%zz", "//", "?", "a".repeat(500), "€"]) +
    text.slice(dice.oneIn(2) ? at : text.length)
  );
}

/** What may not even be a request */
export function rawRequest(dice: Dice): Buffer {
  const head = `${dice.of(methods)} ${dice.of(["/", "/api/open", "*", "http://x/", "/\u0000"])} HTTP/${dice.of(["1.1", "1.0", "2.0", "9"])}\r\nHost: x\r\n`;
  const parts = [
    head,
    dice.of([
      "",
      "Content-Length: 5\r\n",
      "Content-Length: -1\r\n",
      "Content-Length: 99999999999\r\n",
      "Transfer-Encoding: chunked\r\n",
      "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
    ]),
    dice.of([
      "",
      "X: y\r\n",
      `X: ${"y".repeat(dice.below(40_000))}\r\n`,
      "X:y\r\n".repeat(dice.below(3000)),
      "\u0000: 1\r\n",
      " folded\r\n",
      "Expect: 100-continue\r\n",
      "Upgrade: h2c\r\nConnection: upgrade\r\n",
    ]),
    dice.of(["\r\n", "\r\n", "\n", ""]),
    dice.of(["", "hello", "5\r\nhello\r\n0\r\n\r\n", "fffffffff\r\n", "-1\r\n", "x\r\n"]),
  ];
  const bytes = Buffer.from(parts.join(""), "latin1");
  if (dice.oneIn(6)) return Buffer.from(dice.bytes(2000));
  return dice.oneIn(3) ? bytes.subarray(0, dice.below(bytes.length + 1)) : bytes;
}

/** Headers and query of an upgrade that may be wrong */
export function upgrade(dice: Dice): { path: string; headers: Record<string, string> } {
  const right = "/socket.io/?EIO=4&transport=websocket";
  if (!dice.oneIn(12)) return { path: right, headers: {} };
  return {
    path: dice.of([
      right,
      "/socket.io/?EIO=3&transport=websocket",
      "/socket.io/",
      "/other",
      `${right}&sid=x`,
      `${right}&sid[]=x`,
      "/socket.io/?EIO=4&transport=__proto__",
    ]),
    headers: dice.of<Record<string, string>>([
      {},
      { origin: "http://foreign.example" },
      { "sec-websocket-version": "12" },
      { "sec-websocket-key": "x" },
      { upgrade: "x" },
      { "sec-websocket-extensions": "permessage-deflate; server_max_window_bits=99" },
      { "sec-websocket-protocol": "a,,b" },
    ]),
  };
}
