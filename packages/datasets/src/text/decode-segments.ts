/** Decodes runs of ids that stand for bytes, with special ids between them: a character may span several ids. */
export function decodeSegments(
  ids: ArrayLike<number>,
  {
    special,
    bytesOf,
  }: { readonly special: ReadonlyMap<number, string>; readonly bytesOf: (id: number) => Uint8Array },
): string {
  const decoder = new TextDecoder();
  let text = '';
  for (const id of Array.from(ids)) {
    const shown = special.get(id);
    text += shown === undefined ? decoder.decode(bytesOf(id), { stream: true }) : decoder.decode() + shown;
  }
  return text + decoder.decode();
}
