import { decodeSegments } from './decode-segments';
import { checkId, type Tokenizer } from './tokenizer';

/**
 * One id a byte of UTF-8: 0 to 255, then `[EOS]` (also `[BOS]`) 256 and `[MASK]` 257. Any text can be written; bytes that
 * are no UTF-8 come back as U+FFFD.
 */
export function byteTokenizer(): Tokenizer {
  const self = { name: 'byte', vocabSize: 258 };
  const [eosId, maskId] = [256, 257];
  const special = new Map([
    [eosId, '[EOS]'],
    [maskId, '[MASK]'],
  ]);
  const bytesOf = (id: number): Uint8Array => Uint8Array.of(checkId(id, self));
  return {
    ...self,
    maskId,
    eosId,
    bosId: eosId,
    encode: (text) => Int32Array.from(new TextEncoder().encode(text)),
    decode: (ids) => decodeSegments(ids, { special, bytesOf }),
    token: (id) => special.get(id) ?? new TextDecoder().decode(bytesOf(id)),
  };
}
