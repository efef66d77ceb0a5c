/**
 * Shamir shares of a 32-byte secret over GF(256), always behind a commitment: too few or tampered shares silently combine
 * to a wrong secret. The audited `shamir-secret-sharing` splits; its `combine` interpolates each byte anew, 3.4 ms a
 * secret for 87 shares, so the coordinator, to whom the secret is public by then, interpolates by itself, once for all.
 */
import { split } from "shamir-secret-sharing";
import { type Sha256, sha256, toHex } from "../canonical.ts";
import { invariant } from "../errors.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** GF(256) has 255 places besides the secret's own; an even degree uses 254 of them. */
export const largestSharing = 254;

/** A share carries its secret's 32 bytes and one byte for its place. */
export const shareLength = 33;

/** One share for each of `holders`; any `threshold` of them give the secret. */
export async function shareOut(secret: Bytes, holders: number, threshold: number): Promise<Bytes[]> {
  invariant(holders <= largestSharing, `at most ${largestSharing} shares`);
  return (await split(secret, holders, threshold)).map((share) => new Uint8Array(share));
}

/** A secret that was put together, and whose shares did not fit it. */
export interface Recovered {
  secret: Bytes;
  /**
   * Holders whose share stood in the way, for it is not on the secret's polynomial: they, or who dealt it to them, altered
   * it. Where the first shares that were tried give the secret, the others are not looked at.
   */
  misfits: number[];
}

/** Sets of shares that are tried before a secret is given up; a set costs some 50 µs. */
const largestSearch = 400;

/**
 * The secret that `isRight` accepts, or undefined. Where the first `threshold` shares give a wrong one, others are
 * tried: every run of shares in a row, so that bad ones side by side do no harm, then sets drawn at random.
 * @param shares by holder
 */
export async function recover(
  shares: ReadonlyMap<number, Bytes>,
  threshold: number,
  isRight: (secret: Bytes) => Promise<boolean>,
): Promise<Recovered | undefined> {
  const places = new Set<number>();
  const usable: { holder: number; share: Bytes }[] = [];
  const unusable: number[] = [];
  for (const [holder, share] of shares) {
    const place = share[shareLength - 1];
    // A second share for one place is a copy, or a lie: either way it adds nothing.
    if (share.length !== shareLength || !place || places.has(place)) {
      unusable.push(holder);
      continue;
    }
    places.add(place);
    usable.push({ holder, share });
  }
  if (usable.length < threshold) return undefined;
  let best: Recovered | undefined;
  let first = true;
  for (const set of candidates(usable, threshold)) {
    const points = set.map(({ share }) => share);
    const secret = interpolate(points, 0);
    const right = await isRight(secret);
    if (right && first) return { secret, misfits: unusable };
    first = false;
    if (!right) continue;
    const fits = ({ share }: { share: Bytes }) => {
      const expected = interpolate(points, share[shareLength - 1]!);
      return expected.every((byte, i) => byte === share[i]);
    };
    const misfits = [...unusable, ...usable.filter((one) => !fits(one)).map(({ holder }) => holder)];
    if (!best || misfits.length < best.misfits.length) best = { secret, misfits };
    // False shares may cancel out at the secret and put honest ones in the wrong. That takes more liars than are named
    // here, if so many fit.
    if (shares.size - misfits.length >= threshold + misfits.length) break;
  }
  return best;
}

function* candidates<T>(items: T[], size: number): Generator<T[]> {
  const runs = items.length === size ? 1 : items.length;
  for (let from = 0; from < runs; from++) yield [...items, ...items].slice(from, from + size);
  // Which sets are tried is nobody's secret: any fixed sequence that scatters well will do.
  let state = 1;
  for (let tries = runs; runs > 1 && tries < largestSearch; tries++) {
    const rest = [...items];
    yield Array.from({ length: size }, () => {
      state = (state * 48271) % 0x7fffffff;
      return rest.splice(state % rest.length, 1)[0]!;
    });
  }
}

/** GF(256) modulo x⁸ + x⁴ + x³ + x + 1, the library's field: powers and logarithms of the generator x + 1. */
const powers = new Uint8Array(510);
const logarithms = new Uint8Array(256);
for (let i = 0, x = 1; i < 255; i++) {
  powers[i] = x;
  powers[i + 255] = x;
  logarithms[x] = i;
  x ^= x & 0x80 ? ((x << 1) ^ 0x11b) & 0xff : x << 1;
}

/**
 * Lagrange: the 32 bytes at place `x` of the polynomials through `points`, whose places are non-zero and distinct.
 * Its time depends on the shares, which whoever calls this may know.
 */
function interpolate(points: readonly Bytes[], x: number): Bytes {
  const count = points.length;
  const places = Uint8Array.from(points, (point) => point[shareLength - 1]!);
  const value = new Uint8Array(shareLength - 1);
  for (let i = 0; i < count; i++) {
    const place = places[i]!;
    let weight = 0;
    let zero = false;
    for (let j = 0; j < count; j++) {
      if (i === j) continue;
      // Addition and subtraction are the same here.
      if (places[j] === x) zero = true;
      weight += logarithms[x ^ places[j]!]! - logarithms[place ^ places[j]!]! + 255;
    }
    if (zero) continue;
    weight %= 255;
    const point = points[i]!;
    for (let b = 0; b < value.length; b++) {
      const byte = point[b]!;
      if (byte !== 0) value[b]! ^= powers[logarithms[byte]! + weight]!;
    }
  }
  return value;
}

/** Binds a self-mask seed to its owner and roster before anyone depends on it. */
export async function seedCommitment(
  seed: Bytes,
  owner: number,
  rosterHash: Bytes,
  digest: Sha256 = sha256,
): Promise<string> {
  const bytes = new Uint8Array(1 + 32 + 4 + 32);
  bytes[0] = 0x62;
  bytes.set(seed, 1);
  new DataView(bytes.buffer).setUint32(33, owner);
  bytes.set(rosterHash, 37);
  return toHex(await digest(bytes));
}
