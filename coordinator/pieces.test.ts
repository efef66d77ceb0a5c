import { expect, it } from "vitest";
import { pieceOf } from "./pieces.ts";

const file = Uint8Array.from({ length: 10 }, (_, i) => i);

it.each([
  ["bytes=0-3", 206, [0, 1, 2, 3], "bytes 0-3/10"],
  ["bytes=8-99", 206, [8, 9], "bytes 8-9/10"],
  ["bytes=9-", 206, [9], "bytes 9-9/10"],
  ["bytes=10-12", 416, [], "bytes */10"],
  ["bytes=5-4", 416, [], "bytes */10"],
  ["bytes=0-1,4-5", 200, [...file], undefined],
  ["bytes=-3", 200, [...file], undefined],
  [undefined, 200, [...file], undefined],
])("%s", (range, status, bytes, told) => {
  const piece = pieceOf(file, range);
  expect([piece.status, [...piece.bytes], piece.headers["content-range"]]).toEqual([status, bytes, told]);
});
