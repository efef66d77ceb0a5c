/**
 * What a socket read last lives on behind four bytes: ws keeps the mask of a frame, a view of the 64 kB that it came in, until
 * the next frame. Of a thousand tabs that have sent their last piece and wait for the others that would be 64 MB.
 */
import type { Socket } from "socket.io";

const maskBytes = 4;

/** As ws has it inside; where a version of it has not, nothing is forgotten and nothing breaks. */
export interface Receiving {
  socket?: { _receiver?: { _mask?: Uint8Array | undefined } };
}

/**
 * To be called when a message is here. The mask is copied, not dropped: ws may be in the middle of the next frame already, whose
 * mask this is then.
 */
export function forgetSlab({ conn }: { conn: Pick<Socket["conn"], "transport"> }): void {
  const receiver = (conn.transport as unknown as Receiving).socket?._receiver;
  if (!receiver?._mask) return;
  const own = Buffer.alloc(maskBytes);
  own.set(receiver._mask);
  receiver._mask = own;
}
