declare module 'virtual:gallery/temperatures' {
  const degrees: readonly number[];
  export default degrees;
}

declare module 'virtual:gallery/papers' {
  const papers: Readonly<Record<string, { readonly title: string; readonly arxiv: string }>>;
  export default papers;
}

declare module 'virtual:gallery/report' {
  const report:
    | {
        readonly scales: readonly string[];
        readonly papers: Readonly<Record<string, { readonly held: number; readonly claims: number }>>;
      }
    | undefined;
  export default report;
}

declare module 'virtual:gallery/digits' {
  const digits: {
    /** 28 by 28 grey levels of 0 to 255, two hexadecimal digits each. */
    readonly images: readonly string[];
    readonly labels: readonly number[];
  };
  export default digits;
}

declare module 'virtual:gallery/weights' {
  /** Address of a model's file, unless it was not there when the site was built. */
  interface Weights {
    readonly isThere: boolean;
    readonly source: string | undefined;
  }
  const weights: Readonly<Record<'digits-flow' | 'digits-classifier' | 'sentences', Weights>>;
  export default weights;
}
