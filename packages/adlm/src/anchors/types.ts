/**
 * Which tokens of a clean sequence are anchors: 1 or 0 for each, [length].
 *
 * @param sequence token ids of one sequence, to be read alone
 */
export type AnchorSelector = (sequence: Int32Array) => Uint8Array;
