/** Angles at which the prediction is drawn. */
export const grid = Array.from({ length: 181 }, (_, i) => -Math.PI + (i * Math.PI) / 90);
