/** What is asked of a file by a Range header of one range (RFC 9110, section 14); any other header is for all of it. */
export interface Piece {
  status: 200 | 206 | 416;
  bytes: Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
}

export function pieceOf(file: Uint8Array<ArrayBuffer>, range: string | undefined): Piece {
  const asked = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(range ?? "");
  if (!asked) return { status: 200, bytes: file, headers: { "accept-ranges": "bytes" } };
  const first = Number(asked[1]);
  const last = Math.min(file.length - 1, asked[2] ? Number(asked[2]) : Number.POSITIVE_INFINITY);
  if (first > last)
    return { status: 416, bytes: new Uint8Array(0), headers: { "content-range": `bytes */${file.length}` } };
  return {
    status: 206,
    bytes: file.subarray(first, last + 1),
    headers: { "content-range": `bytes ${first}-${last}/${file.length}` },
  };
}
