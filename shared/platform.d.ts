// What both ends of the wire have and the ES library does not name: the Web Crypto and text encoding
// that browsers and Node share. Declared by hand so that nothing else of the DOM or of Node is in reach.

type BufferSource = ArrayBufferView | ArrayBuffer;
interface CryptoKey {
  readonly type: string;
  readonly extractable: boolean;
}
interface SubtleCrypto {
  digest(algorithm: string, data: BufferSource): Promise<ArrayBuffer>;
  generateKey(
    algorithm: object | string,
    extractable: boolean,
    usages: string[],
  ): Promise<{ publicKey: CryptoKey; privateKey: CryptoKey }>;
  importKey(
    format: string,
    key: BufferSource | object,
    algorithm: object | string,
    extractable: boolean,
    usages: string[],
  ): Promise<CryptoKey>;
  exportKey(format: string, key: CryptoKey): Promise<ArrayBuffer>;
  deriveBits(algorithm: object, key: CryptoKey, length: number): Promise<ArrayBuffer>;
  encrypt(algorithm: object, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  sign(algorithm: object | string, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  verify(algorithm: object | string, key: CryptoKey, signature: BufferSource, data: BufferSource): Promise<boolean>;
}
declare const crypto: { readonly subtle: SubtleCrypto; getRandomValues<T extends ArrayBufferView>(array: T): T };
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean });
  decode(bytes: BufferSource): string;
}
declare function btoa(text: string): string;
declare function atob(text: string): string;
