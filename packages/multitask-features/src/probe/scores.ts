export interface BinaryScores {
  /** Share of labels that the sign of the score names. */
  readonly accuracy: number;
  /** Probability that a positive scores above a negative, ties counting half; NaN with one class. */
  readonly auc: number;
  /** Mean of log(1 + exp(-y score)). */
  readonly logLoss: number;
}

/** @param y -1 and 1 */
export function binaryScores(scores: Float64Array, y: Float64Array): BinaryScores {
  const n = scores.length;
  let [right, loss] = [0, 0];
  for (let i = 0; i < n; i++) {
    const margin = y[i]! * scores[i]!;
    if (scores[i]! >= 0 === y[i]! > 0) right++;
    loss += Math.log1p(Math.exp(-Math.abs(margin))) + Math.max(0, -margin);
  }
  return { accuracy: right / n, auc: areaUnderCurve(scores, y), logLoss: loss / n };
}

/** By mean ranks: (sum of ranks of positives - p (p + 1) / 2) / (p q). */
function areaUnderCurve(scores: Float64Array, y: Float64Array): number {
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!);
  let [ranks, positives] = [0, 0];
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to++;
    for (let at = from; at < to; at++)
      if (y[order[at]!]! > 0) {
        ranks += (from + to + 1) / 2;
        positives++;
      }
    from = to;
  }
  const negatives = scores.length - positives;
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}
