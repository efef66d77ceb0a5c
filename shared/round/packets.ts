/**
 * Something of one length for each of several members, end to end in ascending order of their index: both ends know who
 * they are. What is signed is its hash. A thousand members' packets as texts by index would be millions of strings.
 */
type Bytes = Uint8Array<ArrayBuffer>;

/** @param packets all of `length` bytes */
export function joinPackets(packets: readonly Uint8Array[], length: number): Bytes {
  const joined = new Uint8Array(packets.length * length);
  for (const [i, packet] of packets.entries()) joined.set(packet, i * length);
  return joined;
}

/** Of any lengths. */
export function concat(parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The packet at this place, where it lies: a copy of each would be a hundred thousand buffers a phase. */
export const packetAt = (packets: Bytes, place: number, length: number): Bytes =>
  packets.subarray(place * length, (place + 1) * length);
