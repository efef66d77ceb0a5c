/** What a storm says on a socket: messages of tabs and witnesses that are nearly right, and at each layer below what no library sends. */
import { parcelLength } from "../../../shared/round/2-shares.ts";
import { nonceLength } from "../../../shared/secure-sum/graph.ts";
import { shareLength } from "../../../shared/secure-sum/shares.ts";
import { tabMessages } from "../../../shared/wire.ts";
import type { Dice } from "./dice.ts";
import { mutate } from "./mutate.ts";
import { frame } from "./websocket.ts";

/** What a stranger who listens knows */
export interface Known {
  run: string;
  invite: string;
  /** Ed25519, hex */
  identity: string;
  /** Hashes that came from the coordinator, hex */
  hashes: readonly string[];
}

const tabEvents = [...(Object.keys(tabMessages) as (keyof typeof tabMessages)[]), "piece" as const];

/** The right shape, with hashes and numbers that may even be right */
function message(dice: Dice, event: (typeof tabEvents)[number], known: Known): unknown {
  const { run, invite, identity } = known;
  const hash = () => (known.hashes.length > 0 && !dice.oneIn(4) ? dice.of(known.hashes) : dice.hex(32));
  const from = dice.below(16);
  const signed = (body: object) => ({ body, signature: dice.hex(64) });
  switch (event) {
    case "hello":
      return { run, invite, identity, signature: dice.hex(64), ledgerSize: dice.below(50) };
    case "ready":
      return signed({
        announcementHash: hash(),
        identity,
        maskKey: dice.hex(32),
        boxKey: dice.hex(32),
        commitment: hash(),
        ...(dice.oneIn(8) && { kemKey: dice.hex(1184) }),
      });
    case "nonce":
      return { rosterHash: hash(), nonce: dice.hex(nonceLength) };
    case "shares": {
      const boxes = new Uint8Array(dice.below(16) * parcelLength(dice.oneIn(4) ? { postQuantum: true } : {}));
      return { shares: signed({ rosterHash: hash(), from, commitment: hash(), boxesHash: hash() }), boxes };
    }
    case "masked":
      return signed({ rosterHash: hash(), from, deliveryHash: hash(), sha256: hash() });
    case "piece":
      return dice.oneIn(30) ? new Uint8Array(2 ** 18 + dice.below(2 ** 17)) : dice.bytes(4000);
    case "agreement":
      return signed({ survivorsHash: hash(), from });
    case "unmask": {
      const shares = new Uint8Array(dice.below(20) * shareLength);
      return { unmask: signed({ survivorsHash: hash(), from, sharesHash: hash() }), shares };
    }
    case "withdraw":
      return {};
    case "decline":
      return { announcementHash: hash(), reason: dice.of(["balance-spent", "", "x".repeat(64)]) };
  }
}

const text = (packet: string) => frame(1, Buffer.from(packet));

/**
 * An event as socket.io's protocol 5 has it: bytes apart from the rest, in frames of their own.
 * @param answer number of the answer that is asked for; undefined for none
 */
export function event(namespace: string, answer: number | undefined, parameters: readonly unknown[]): Buffer[] {
  const attachments: Uint8Array[] = [];
  const json = JSON.stringify(apart(parameters, attachments));
  const head = attachments.length > 0 ? `5${attachments.length}-` : "2";
  return [text(`4${head}${namespace},${answer ?? ""}${json}`), ...attachments.map((bytes) => frame(2, bytes))];
}

function apart(value: unknown, attachments: Uint8Array[]): unknown {
  if (value instanceof Uint8Array) return { _placeholder: true, num: attachments.push(value) - 1 };
  // An array may have been given another «constructor», which map would ask.
  if (Array.isArray(value)) return Array.from(value, (item) => apart(item, attachments));
  if (typeof value !== "object" || value === null) return value;
  // Not by assignment, which would lose «__proto__».
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, apart(item, attachments)]));
}

/** Enters the tabs' namespace */
export const connectTab: Buffer = text("40/tab,");

type Kind = "message" | "namespace" | "packet" | "attachments" | "bytes" | "frame";

/** One thing said: what it is, and the bytes of it */
export function said(dice: Dice, known: Known): { kind: Kind; bytes: Buffer } {
  const kind = dice.of(kinds);
  return { kind, bytes: Buffer.concat(makers[kind](dice, known)) };
}

/** What ends the connection comes less often than what does not. */
const kinds: Kind[] = [
  ...Array<Kind>(40).fill("message"),
  ...Array<Kind>(3).fill("namespace"),
  ...Array<Kind>(2).fill("packet"),
  "attachments",
  "bytes",
  "frame",
];

const makers: Record<Kind, (dice: Dice, known: Known) => Uint8Array[]> = {
  message: (dice, known) => {
    const name = dice.of(tabEvents);
    const right = message(dice, name, known);
    const said = dice.oneIn(6) ? right : mutate(dice, right);
    const more = dice.oneIn(20) ? [mutate(dice, right), dice.below(9)] : [];
    return event("/tab", dice.oneIn(10) ? undefined : dice.below(1e6), [name, said, ...more]);
  },
  namespace: (dice, known) => {
    const namespace = dice.of(["/witness", "/console", "/", "/nowhere", "/tab?x=1", "/\u0000"]);
    const hello = { witness: dice.hex(32), signature: dice.hex(64) };
    return dice.oneIn(2)
      ? [
          text(
            `40${namespace},${dice.of(["", '{"key":"x"}', "{", "[]", JSON.stringify(mutate(dice, { key: known.invite }))])}`,
          ),
        ]
      : event(namespace, dice.below(9), [
          dice.of(["hello", "run", "connect", "disconnect", "error"]),
          mutate(dice, hello),
        ]);
  },
  packet: (dice) => [
    text(
      dice.of([
        `4${dice.below(10)}${dice.of(["", "/tab,", "/tab"])}${dice.of(["", "1", "99999999999999999999"])}${dice.of(["", "[", "[]", "{}", '["hello"]', "[1,2]", '[{"a":1}]', "null", '["disconnect"]'])}`,
        `${dice.below(10)}${dice.of(["", "probe", "{", '{"sid":"x"}'])}`,
        String.fromCharCode(...dice.bytes(60)),
      ]),
    ),
  ],
  attachments: (dice) => {
    const head = `45${dice.of(["0", "1", "2", "10", "11", "-1", "1e9", "99999999999", "x"])}-/tab,`;
    const place = `{"_placeholder":true,"num":${dice.of([0, 1, -1, 5, '"x"'])}}`;
    // As deep as who calls itself for each level would not like.
    const depth = dice.of([0, 0, 1, 5_000, 60_000]);
    const deep = "[".repeat(depth) + place + "]".repeat(depth);
    const rest = Array.from({ length: dice.below(4) }, () => frame(2, dice.bytes(200)));
    return [text(`${dice.oneIn(4) ? "42/tab," : head}["${dice.of(tabEvents)}",${deep}]`), ...rest];
  },
  bytes: (dice) => [frame(dice.of([1, 2]), dice.bytes(3000))],
  frame: (dice) => {
    const payload = dice.bytes(300);
    const whole = frame(dice.below(16), payload, dice.oneIn(2));
    switch (dice.below(5)) {
      case 0:
        // Without a mask
        whole[1]! &= 0x7f;
        return [whole];
      case 1:
        // Bits that nobody has defined
        whole[0]! |= 0x10 << dice.below(3);
        return [whole];
      case 2:
        // 2^60 bytes are to come
        return [Buffer.from([0x82, 0xff, 0x10, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]), payload];
      case 3:
        return [whole.subarray(0, dice.below(whole.length)), dice.bytes(50)];
      default:
        return [whole];
    }
  },
};
