/** Pictures and matrices as text, so that they can be kept with the figures of a run. */

/** The bytes of an array in base64. */
export function toBase64(array: Uint8ClampedArray | Float32Array | Float64Array): string {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The bytes of {@link toBase64}. */
export const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** The numbers of {@link toBase64}. */
export const floatsOf = (text: string): Float32Array => new Float32Array(bytesOf(text).buffer);
