/** Discrete Fourier transform of a power-of-two length, in place (Cooley & Tukey 1965, decimation in time). */
import { invariant } from "../../errors.ts";

/** @param re @param im [2^k] each; transformed with exp(−2πi·jk/N), not scaled */
export function fft(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  invariant(im.length === size && (size & (size - 1)) === 0, "two arrays of one power of two");
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j]!, re[i]!];
      [im[i], im[j]] = [im[j]!, im[i]!];
    }
  }
  // One table of roots, each by its own sine: a recurrence would lose digits.
  const cos = new Float64Array(size >> 1);
  const sin = new Float64Array(size >> 1);
  for (let k = 0; k < cos.length; k++) {
    cos[k] = Math.cos((2 * Math.PI * k) / size);
    sin[k] = -Math.sin((2 * Math.PI * k) / size);
  }
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half);
    // This pass's roots side by side: the table's own steps would miss the cache.
    const c = new Float64Array(half);
    const s = new Float64Array(half);
    for (let k = 0; k < half; k++) {
      c[k] = cos[k * stride]!;
      s[k] = sin[k * stride]!;
    }
    for (let start = 0; start < size; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const a = start + k;
        const b = a + half;
        const re2 = re[b]! * c[k]! - im[b]! * s[k]!;
        const im2 = re[b]! * s[k]! + im[b]! * c[k]!;
        re[b] = re[a]! - re2;
        im[b] = im[a]! - im2;
        re[a] = re[a]! + re2;
        im[a] = im[a]! + im2;
      }
    }
  }
}

/** Undoes `fft`: conj, transform, conj, over the length. */
export function inverseFft(re: Float64Array, im: Float64Array): void {
  for (let i = 0; i < im.length; i++) im[i] = -im[i]!;
  fft(re, im);
  for (let i = 0; i < re.length; i++) {
    re[i] = re[i]! / re.length;
    im[i] = -im[i]! / re.length;
  }
}
