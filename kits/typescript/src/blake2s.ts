/** BLAKE2s (RFC 7693) with a digest of two bytes, as partitions are computed; Node has that of 32 bytes alone. */

const BEGINNING = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
] as const;
/** Which words of the block each round mixes in. */
const ROUNDS = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];
/** The words that the eight mixings of a round change: columns, then diagonals. */
const MIXED = [
  [0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15],
  [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14],
] as const;
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 2;

/** The digest of a text's bytes as a big-endian number. */
export function blake2sOfTwoBytes(bytes: Uint8Array): number {
  const state = Uint32Array.from(BEGINNING);
  state[0] = at(state, 0) ^ 0x01010000 ^ DIGEST_BYTES;
  const blocks = Math.max(1, Math.ceil(bytes.length / BLOCK_BYTES));
  for (let block = 0; block < blocks; block++) {
    const words = new DataView(new ArrayBuffer(BLOCK_BYTES));
    bytes.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES).forEach((one, n) => words.setUint8(n, one));
    compress(state, words, Math.min(bytes.length, (block + 1) * BLOCK_BYTES), block === blocks - 1);
  }
  return ((at(state, 0) & 0xff) << 8) | ((at(state, 0) >>> 8) & 0xff);
}

function compress(state: Uint32Array, block: DataView, bytesSoFar: number, last: boolean): void {
  const mixed = Uint32Array.from([...state, ...BEGINNING]);
  mixed[12] = at(mixed, 12) ^ bytesSoFar;
  if (last) mixed[14] = ~at(mixed, 14);
  for (const order of ROUNDS) {
    for (const [n, [a, b, c, d]] of MIXED.entries()) {
      for (const [half, turnD, turnB] of [[0, 16, 12], [1, 8, 7]] as const) {
        mixed[a] = at(mixed, a) + at(mixed, b) + block.getUint32(4 * (order[2 * n + half] ?? 0), true);
        mixed[d] = turned(at(mixed, d) ^ at(mixed, a), turnD);
        mixed[c] = at(mixed, c) + at(mixed, d);
        mixed[b] = turned(at(mixed, b) ^ at(mixed, c), turnB);
      }
    }
  }
  for (let n = 0; n < 8; n++) state[n] = at(state, n) ^ at(mixed, n) ^ at(mixed, n + 8);
}

function turned(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function at(words: Uint32Array, number: number): number {
  return words[number] ?? 0;
}
